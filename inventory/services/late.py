"""What is told late of a time before a count: a count holds, so it does not come off the counted stock again.

A count says "at this moment I saw so many". What happened before it and is told afterwards was in what was seen, so
it changes the books of the time before the count and not those after it: at the count, the opposite is posted.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from inventory import ledger
from inventory.access import Actor
from inventory.ledger import Entry, Move
from inventory.models import CountLine, Location, Movement, Site, StockEvent
from inventory.models.words import Zone
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import stock
from inventory.services.picking import Picked, Wanted, pick


def pick_at(
    session: Session,
    actor: Actor,
    site: Site,
    zone: Location,
    wanted: Sequence[Wanted],
    event: StockEvent,
    *,
    since: date | None,
) -> Picked:
    """Choose the lots of a consumption that happened at `event.occurred_at`.

    Of lots that were counted since, what the books say of the time before that count may be taken, and it is given
    back at the count. The event itself is posted afterwards, by the caller.
    """
    at = event.occurred_at
    counted = _counted_after(session, site, at, item_ids={line.item.id for line in wanted})
    then = {
        lot_id: max(0, ledger.least_between(session, zone.id, lot_id, at, seen_at(line)))
        for lot_id, line in counted.items()
    }
    picked = pick(session, zone, wanted, usable_on=event.occurred_on, since=since, instead=then)
    taken: dict[int, int] = defaultdict(int)
    for each in picked.taken:
        taken[each.lot.lot_id] -= each.quantity
    _settle(session, actor, site, taken, counted)
    return picked


def hold_counts(
    session: Session, actor: Actor, site: Site, moves: Iterable[Move | Movement], at: datetime
) -> None:
    """After what happened at `at` was posted: undo its effect on the `stock` zone at the counts that came after it."""
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    changes: dict[int, int] = defaultdict(int)
    for move in moves:
        if move.destination_id == zone.id:
            changes[move.lot_id] += move.quantity
        if move.source_id == zone.id:
            changes[move.lot_id] -= move.quantity
    if changes:
        _settle(session, actor, site, changes, _counted_after(session, site, at, lot_ids=changes.keys()))


def _counted_after(
    session: Session,
    site: Site,
    at: datetime,
    *,
    item_ids: Collection[int] = (),
    lot_ids: Collection[int] = (),
) -> dict[int, CountLine]:
    """lot id -> the line of the first count after an instant that saw it, for lots of the items or among the lots.

    Only what was counted in the whole of the `stock` zone: of a lot counted in some of its bins alone, nobody knows
    whether what was used before came out of those.
    """
    instant = func.coalesce(CountLine.counted_at, StockEvent.occurred_at)
    query = (
        select(CountLine)
        .join(StockEvent, StockEvent.id == CountLine.event_id)
        .where(
            StockEvent.site_id == site.id,
            instant > at,
            CountLine.zone == Zone.STOCK,
            CountLine.partial.is_(False),
            StockEvent.reversed_by_id.is_(None),
            CountLine.lot_id.in_(list(lot_ids)) if lot_ids else CountLine.item_id.in_(list(item_ids)),
        )
        .options(joinedload(CountLine.event))
        .order_by(instant.desc(), StockEvent.id.desc())
    )
    return {line.lot_id: line for line in session.scalars(query)}


def seen_at(line: CountLine) -> datetime:
    """The instant at which a line was counted."""
    return line.counted_at or line.event.occurred_at


def _settle(
    session: Session, actor: Actor, site: Site, changes: dict[int, int], counted: dict[int, CountLine]
) -> None:
    """Post at each count the opposite of what changed before it; its line expects what the books say now."""
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    lost, found = ledger.place(session, LocationKind.LOST), ledger.place(session, LocationKind.FOUND)
    moves: dict[int, list[Move]] = defaultdict(list)
    for lot_id, change in sorted(changes.items()):
        line = counted.get(lot_id)
        if line is None or change == 0:
            continue
        source, destination = (zone, lost) if change > 0 else (found, zone)
        moves[line.event_id].append(Move(lot_id, abs(change), source.id, destination.id))
        line.expected += change
    for line in {line.event_id: line for line in counted.values() if line.event_id in moves}.values():
        event = line.event
        entry = Entry(
            kind=PostingKind.COUNT,
            occurred_on=event.occurred_on,
            occurred_at=event.occurred_at,
            moves=moves[event.id],
            document=event.number,
            site_id=site.id,
            user_id=actor.user_id,
            by=actor.name,
        )
        stock.post(session, entry)
