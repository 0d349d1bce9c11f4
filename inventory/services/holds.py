"""Holds: why something stands in quarantine or was refused; opened as it comes there, settled as it leaves.

`open_for` is called by whoever puts goods aside; `follow` after every posting. What two people decide is in
`hold_decisions`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from inventory import clock
from inventory.access import Actor
from inventory.errors import Message
from inventory.ledger import Move
from inventory.models import Balance, Hold, Location, Lot, Movement, Posting, Site, StockEvent
from inventory.models.words import HoldOutcome, HoldStatus
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services.numbers import next_numbers

ASIDE = (LocationKind.QUARANTINE, LocationKind.REFUSED)
"""The zones in which goods wait for a decision."""

_MOVERS = frozenset(
    {
        PostingKind.ADJUSTMENT,
        PostingKind.DISPOSAL,
        PostingKind.COUNT,
        PostingKind.ZONE_MOVE,
        PostingKind.FOUND,
        PostingKind.REVERSAL,
    }
)
"""Postings that may take goods out of quarantine, or bring some there without a service that says why."""


def open_for(
    session: Session,
    actor: Actor,
    site: Site,
    moves: Iterable[Move],
    cause: str,
    detail: Message | Mapping[str, Any] | None = None,
    document: str | None = None,
) -> list[Hold]:
    """One hold for each lot and zone of `site` to which `moves` (posted already) bring goods; other moves do not count.

    `cause` is the rule that failed (`rules/holding.CAUSES`), `detail` what is to be told of it, `document` the number
    of the receipt, shipment or event. Where the same document holds them already for `by_hand`, the cause is put right
    instead. No more is ever held than the zone has.
    """
    wanted = list(moves)
    zones = _zones(session, site, [move.destination_id for move in wanted])
    totals: dict[tuple[str, int], int] = defaultdict(int)
    for move in wanted:
        if move.destination_id in zones:
            totals[(zones[move.destination_id], move.lot_id)] += move.quantity
    if not totals:
        return []
    session.flush()
    lots = {lot_id for _, lot_id in totals}
    waiting = _waiting(session, site.id, lots)
    balances = _balances(session, zones, lots)
    told = dict(detail) if isinstance(detail, Mapping) else detail.as_json() if detail else None
    found: list[Hold] = []
    new: list[tuple[str, int, int]] = []
    for (zone, lot_id), quantity in totals.items():
        held = waiting.get((zone, lot_id), [])
        for hold in held if cause != "by_hand" and document else ():
            if (
                quantity
                and hold.document == document
                and hold.cause == "by_hand"
                and hold.quantity <= quantity
            ):
                hold.cause, hold.detail = cause, told
                quantity -= hold.quantity
                found.append(hold)
        quantity = min(quantity, balances.get((zone, lot_id), 0) - sum(hold.quantity for hold in held))
        if quantity > 0:
            new.append((zone, lot_id, quantity))
    items = _items(session, lots) if new else {}
    for number, (zone, lot_id, quantity) in zip(next_numbers(session, "HLD", len(new)), new, strict=True):
        hold = Hold(
            number=number,
            site_id=site.id,
            item_id=items[lot_id],
            lot_id=lot_id,
            zone=zone,
            quantity=quantity,
            cause=cause,
            detail=told,
            document=document,
            status=HoldStatus.OPEN,
            opened_by_id=actor.user_id,
            opened_by=actor.name,
            opened_at=clock.now(),
        )
        session.add(hold)
        found.append(hold)
    session.flush()
    return found


def unexplained(session: Session, site_id: int, lot_id: int, zone: str) -> int:
    """How much of a lot stands in a zone without a hold that says why."""
    there = session.scalar(
        select(Balance.on_hand)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.site_id == site_id, Location.kind == zone, Balance.lot_id == lot_id)
    )
    held = _waiting(session, site_id, {lot_id}).get((zone, lot_id), [])
    return (there or 0) - sum(hold.quantity for hold in held)


@dataclass(frozen=True, slots=True)
class _Moved:
    """Goods of a lot that went into or out of a zone where goods wait."""

    lot_id: int
    quantity: int
    site_id: int | None
    source: str
    destination: str
    site_to: int | None


def follow(session: Session, posting: Posting) -> None:
    """After `posting` was made by another way than a decision: settle what has left, the oldest hold first.

    The outcome is what happened, the decider who did it. What was only moved between quarantine and refused stays
    held; what a reversal brings back is held for what it was held before.
    """
    if posting.kind not in _MOVERS:
        return
    moved = _moved(session, posting)
    if not moved:
        return
    by = (posting.user_id, posting.by)
    number = posting.document or ""
    event = session.scalars(select(StockEvent).where(StockEvent.number == number)).one_or_none()
    waiting: dict[int, dict[tuple[str, int], list[Hold]]] = {}
    for move in moved:
        if move.source in ASIDE and move.site_id is not None:
            if move.site_id not in waiting:
                lots = {each.lot_id for each in moved}
                waiting[move.site_id] = _waiting(session, move.site_id, lots, lock=True)
            held = waiting[move.site_id].get((move.source, move.lot_id), [])
            if posting.kind == PostingKind.REVERSAL:
                held = sorted(held, key=lambda hold: (hold.document != number, hold.id))
            _settle(session, held, move, event, by)
        elif move.destination in ASIDE and move.site_to is not None:
            _brought(session, posting, move, event, by)
    session.flush()


def _settle(
    session: Session,
    held: Sequence[Hold],
    move: _Moved,
    event: StockEvent | None,
    by: tuple[int | None, str | None],
) -> None:
    left = move.quantity
    for hold in held:
        if not left or hold.status == HoldStatus.DECIDED:
            continue
        part = hold if hold.quantity <= left else split(session, hold, left)
        left -= part.quantity
        if move.destination == LocationKind.QUARANTINE:
            part.zone = LocationKind.QUARANTINE.value
            reopen(part)
            continue
        settle(part, _outcome(move, event), by, event)
        if move.destination == LocationKind.REFUSED:
            carry(session, part, by, event)


def settle(
    hold: Hold, outcome: HoldOutcome, by: tuple[int | None, str | None], event: StockEvent | None
) -> None:
    """A hold is decided: what became of it, by whom (account id, name), and the document that carried it out."""
    hold.status, hold.outcome = HoldStatus.DECIDED, outcome
    hold.decided_by_id, hold.decided_by = by
    hold.decided_at = clock.now()
    hold.event_id = event.id if event else None


def carry(session: Session, hold: Hold, by: tuple[int | None, str | None], event: StockEvent | None) -> Hold:
    """Goods that were refused still wait to be returned or destroyed: a hold in that zone, for the same cause."""
    made = _copy(session, hold, hold.quantity)
    made.zone = LocationKind.REFUSED.value
    made.document = event.number if event else hold.document
    made.opened_by_id, made.opened_by = by
    made.opened_at = clock.now()
    reopen(made)
    session.flush()
    return made


def split(session: Session, hold: Hold, quantity: int) -> Hold:
    """So much of a hold as a hold of its own, with another number; the rest keeps this one."""
    part = _copy(session, hold, quantity)
    hold.quantity -= quantity
    session.flush()
    return part


def reopen(hold: Hold) -> None:
    """Whatever was proposed for a hold is so no more."""
    hold.status, hold.outcome, hold.reason = HoldStatus.OPEN, None, None
    hold.proposed_by_id, hold.proposed_by, hold.proposed_at = None, None, None
    hold.decided_by_id, hold.decided_by, hold.decided_at = None, None, None
    hold.event_id = None


_KEPT = (
    "site_id",
    "item_id",
    "lot_id",
    "zone",
    "cause",
    "detail",
    "document",
    "status",
    "outcome",
    "reason",
    "proposed_by_id",
    "proposed_by",
    "proposed_at",
    "opened_by_id",
    "opened_by",
    "opened_at",
)


def _copy(session: Session, hold: Hold, quantity: int) -> Hold:
    facts = {name: getattr(hold, name) for name in _KEPT}
    if facts["status"] == HoldStatus.DECIDED:
        facts["status"] = HoldStatus.OPEN
    made = Hold(number=next_numbers(session, "HLD", 1)[0], quantity=quantity, **facts)
    session.add(made)
    return made


def _outcome(move: _Moved, event: StockEvent | None) -> HoldOutcome:
    if move.destination == LocationKind.STOCK:
        return HoldOutcome.RELEASE
    if move.destination == LocationKind.REFUSED:
        return HoldOutcome.REFUSE
    if move.destination == LocationKind.DISPOSED:
        returned = event is not None and event.method == "return"
        return HoldOutcome.RETURN if returned else HoldOutcome.DESTROY
    return HoldOutcome.GONE


def _brought(
    session: Session,
    posting: Posting,
    move: _Moved,
    event: StockEvent | None,
    by: tuple[int | None, str | None],
) -> None:
    """Goods that came to a zone of waiting by a count, were found, or are back by a reversal."""
    site_id = move.site_to or 0
    left = move.quantity
    if posting.kind == PostingKind.REVERSAL:
        if event is None:
            return
        query = select(Hold).where(
            Hold.event_id == event.id, Hold.lot_id == move.lot_id, Hold.zone == move.destination
        )
        for hold in session.scalars(query.order_by(Hold.id)):
            back = min(left, hold.quantity)
            if back:
                made = _copy(session, hold, back)
                reopen(made)
                left -= back
        return
    if posting.kind not in (PostingKind.COUNT, PostingKind.FOUND):
        return
    lot = session.get_one(Lot, move.lot_id)
    expired = lot.expires_on is not None and lot.expires_on < posting.occurred_on
    session.add(
        Hold(
            number=next_numbers(session, "HLD", 1)[0],
            site_id=site_id,
            item_id=lot.item_id,
            lot_id=lot.id,
            zone=move.destination,
            quantity=left,
            cause="expired" if expired else "counted",
            document=posting.document,
            status=HoldStatus.OPEN,
            opened_by_id=by[0],
            opened_by=by[1],
            opened_at=clock.now(),
        )
    )


def _moved(session: Session, posting: Posting) -> list[_Moved]:
    source, destination = aliased(Location), aliased(Location)
    rows = session.execute(
        select(
            Movement.lot_id,
            Movement.quantity,
            source.site_id,
            source.kind,
            destination.kind,
            destination.site_id,
        )
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .where(Movement.posting_id == posting.id)
        .where(source.kind.in_(ASIDE) | destination.kind.in_(ASIDE))
        .order_by(Movement.id)
    )
    return [_Moved(*row) for row in rows]


def _zones(session: Session, site: Site, ids: Sequence[int]) -> dict[int, str]:
    """location id -> its kind, of those among `ids` where goods of the site wait."""
    wanted = select(Location.id, Location.kind).where(
        Location.site_id == site.id, Location.kind.in_(ASIDE), Location.id.in_(set(ids))
    )
    return {location_id: kind for location_id, kind in session.execute(wanted)}


def _waiting(
    session: Session, site_id: int, lot_ids: Iterable[int], *, lock: bool = False
) -> dict[tuple[str, int], list[Hold]]:
    """(zone, lot id) -> the holds that are not decided, the oldest first."""
    query = (
        select(Hold)
        .where(Hold.site_id == site_id, Hold.lot_id.in_(set(lot_ids)), Hold.status != HoldStatus.DECIDED)
        .order_by(Hold.id)
        .execution_options(populate_existing=True)
    )
    found: dict[tuple[str, int], list[Hold]] = defaultdict(list)
    for hold in session.scalars(query.with_for_update() if lock else query):
        found[(hold.zone, hold.lot_id)].append(hold)
    return found


def _balances(
    session: Session, zones: Mapping[int, str], lot_ids: Iterable[int]
) -> dict[tuple[str, int], int]:
    rows = session.execute(
        select(Balance.location_id, Balance.lot_id, func.sum(Balance.on_hand))
        .where(Balance.location_id.in_(zones), Balance.lot_id.in_(set(lot_ids)))
        .group_by(Balance.location_id, Balance.lot_id)
    )
    return {(zones[location_id], lot_id): int(on_hand) for location_id, lot_id, on_hand in rows}


def _items(session: Session, lot_ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(select(Lot.id, Lot.item_id).where(Lot.id.in_(set(lot_ids))))
    return {lot_id: item_id for lot_id, item_id in rows}
