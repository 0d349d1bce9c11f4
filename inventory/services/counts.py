"""Physical counts: what was seen, and the posting of its difference from the books."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, FieldError, Message, msg
from inventory.ledger import LotBalance, Move
from inventory.models import CountLine, Item, Lot, Site, StockEvent
from inventory.models.words import StockEventKind
from inventory.rules.effects import LocationKind, PostingKind
from inventory.rules.fefo import Candidate, sort_key
from inventory.services import late
from inventory.services.checks import Checks
from inventory.services.stock_events import known_event, known_lots, new_event, post_event


@dataclass(frozen=True, slots=True)
class CountedLine:
    """How many base units of a lot number were counted in the `stock` zone."""

    item: str
    lot: str
    counted: int


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted at a site on a day, at `counted_at` where that is known."""

    site: str
    counted_on: date
    lines: Sequence[CountedLine]
    counted_at: datetime | None = None
    note: str | None = None
    uuid: UUID = field(default_factory=uuid4)


def count(session: Session, actor: Actor, command: Count) -> StockEvent:
    """Post the differences between what was counted and what the books say of that day.

    A lot number that several donors gave is counted as one: a shortage is taken from the lots that are due first, a
    surplus is added to the one due last. Raises Conflict where more is missing than is free now.
    """
    require(actor, "counts.write")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.own_stock(site)
    checks.lines(list(command.lines))
    today = clock.today(site.timezone if site else None)
    checks.day(command.counted_on, "/counted_on", latest=today)
    note = checks.text(command.note, "/note", most=2000, lines=True)
    seen: dict[tuple[str, str], int] = {}
    parsed: list[tuple[Item, str, int, str]] = []
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        number = checks.lot(line.lot, f"{at}/lot")
        checks.quantity(line.counted, f"{at}/counted", least=0)
        first = seen.setdefault((line.item, number), index)
        if first != index:
            checks.add(f"{at}/lot", msg("This lot is counted in line %(line)s already.", line=first + 1))
        if item is not None:
            parsed.append((item, number, line.counted, at))
    checks.check()
    assert site is not None
    require_site(actor, "counts.write", site.id)
    event = new_event(session, actor, StockEventKind.COUNT, site, command.counted_on, command.counted_at)
    event.note = note
    moment = command.counted_at or (command.counted_on if command.counted_on < today else None)
    moves = _differences(session, site, event, parsed, moment)
    if moves:
        post_event(session, actor, event, site, PostingKind.COUNT, moves, command.uuid)
        if command.counted_at is not None:
            late.hold_counts(session, actor, site, moves, command.counted_at)
    session.flush()
    return event


def _differences(
    session: Session,
    site: Site,
    event: StockEvent,
    counted: Sequence[tuple[Item, str, int, str]],
    moment: date | datetime | None,
) -> list[Move]:
    """The movements that make the books of that moment (None: now) agree with the count; its lines are kept."""
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    lost, found = ledger.place(session, LocationKind.LOST), ledger.place(session, LocationKind.FOUND)
    session.flush()
    here = ledger.lots_at(session, zone.id, {item.id for item, *_ in counted}, lock=True)
    moves: list[Move] = []
    short: list[FieldError] = []
    for item, number, quantity, at in counted:
        lots = sorted((lot for lot in here.get(item.id, []) if lot.number == number), key=_turn)
        known = known_lots(session, item, number, f"{at}/lot", site)
        then = (
            ledger.on_hand_at(session, zone.id, [lot.id for lot in known], moment)
            if moment is not None
            else {lot.lot_id: lot.on_hand for lot in lots}
        )
        expected = sum(then.values())
        _keep(session, event, item, known, then, quantity)
        if quantity > expected:
            lot_id = lots[-1].lot_id if lots else known[0].id
            moves.append(Move(lot_id, quantity - expected, found.id, zone.id, pointer=f"{at}/counted"))
            continue
        left = expected - quantity
        lowest = ledger.lowest_since(session, zone, [lot.lot_id for lot in lots], event.occurred_on)
        for lot in lots:
            part = min(left, lot.free, lot.on_hand + lowest.get(lot.lot_id, 0))
            if part > 0:
                moves.append(Move(lot.lot_id, part, zone.id, lost.id, pointer=f"{at}/counted"))
                left -= part
        if left:
            reserved = sum(lot.reserved for lot in lots)
            short.append(
                FieldError(f"{at}/counted", too_few(item, reserved, number, expected - quantity, left))
            )
    if short:
        raise Conflict(msg("The books cannot agree with what was counted."), short)
    return moves


def too_few(item: Item, reserved: int, number: str, missing: int, left: int) -> Message:
    """Why a shortage cannot be posted: what is missing is packed, or was used on a day since."""
    if reserved >= left:
        return msg(
            "%(lot)s of %(item)s: %(reserved)s of it are reserved for shipments. "
            "Unpack them, or count what is packed too.",
            lot=number,
            item=item.code,
            reserved=reserved,
        )
    return msg(
        "%(lot)s of %(item)s: %(missing)s would be missing, but only %(possible)s can be: the rest has left since.",
        lot=number,
        item=item.code,
        missing=missing,
        possible=missing - left,
    )


def _turn(lot: LotBalance) -> tuple[date, date, int]:
    return sort_key(Candidate(lot.lot_id, lot.expires_on, lot.received_on, lot.lot_id, lot.on_hand))


def _keep(
    session: Session, event: StockEvent, item: Item, known: Sequence[Lot], then: dict[int, int], counted: int
) -> None:
    """One line of the count for each lot row of that number: the surplus or shortage stands on the last."""
    rows = [lot for lot in known if then.get(lot.id)] or [known[0]]
    left = counted
    for index, lot in enumerate(rows):
        expected = then.get(lot.id, 0)
        seen = left if index == len(rows) - 1 else min(left, expected)
        left -= seen
        session.add(
            CountLine(event_id=event.id, item_id=item.id, lot_id=lot.id, expected=expected, counted=seen)
        )
