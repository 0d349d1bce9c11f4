"""Shipping: what was packed leaves, arrives, is counted; what is missing is found or written off."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, msg
from inventory.ledger import Entry, Move
from inventory.models import Item, Location, Lot, PackageLine, Posting, Shipment, ShipmentReceiptLine, Site
from inventory.models.words import SiteKind
from inventory.rules import fefo
from inventory.rules.effects import ZONES, LocationKind, PostingKind
from inventory.rules.transitions import check
from inventory.services import alerts, audit, stock
from inventory.services.checks import Checks, not_closed
from inventory.services.receipt_holds import hold_arrived
from inventory.services.requisitions import follow_shipment
from inventory.services.shipments import approved, at_site, get_shipment, locked_shipment, packed_lines, past


@dataclass(frozen=True, slots=True)
class ArrivedLine:
    """What came of a lot number: `received` is all of it, `damaged` of it goes to quarantine, the rest to `zone`."""

    item: str
    lot: str
    received: int
    damaged: int = 0
    zone: str = "stock"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One sitting of unloading; `final` closes the shipment and makes the rest missing."""

    received_at: datetime
    lines: Sequence[ArrivedLine]
    final: bool = True
    uuid: UUID | None = None


@dataclass(frozen=True, slots=True)
class MissingLine:
    """So much of a missing lot number that was found, or is given up."""

    item: str
    lot: str
    quantity: int


@dataclass(frozen=True, slots=True)
class _Share:
    """Part of a line: so many units of one lot."""

    lot_id: int
    item_id: int
    quantity: int


def dispatch(
    session: Session, actor: Actor, number: str, dispatched_at: datetime, waybill: str | None = None
) -> Shipment:
    """Everything packed leaves the origin's stock and is in transit."""
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    origin = session.get_one(Site, shipment.origin_id)
    at_site(actor, "shipments.write", origin)
    following = check("shipment", shipment.status, "dispatch")
    approved(shipment)
    not_closed(session.get_one(Site, shipment.destination_id))
    checks = Checks(session)
    past(checks, dispatched_at, "/dispatched_at")
    dispatched_at = min(dispatched_at, clock.now())
    shipment.waybill = checks.text(waybill, "/waybill") or shipment.waybill
    checks.check()
    lines = packed_lines(session, shipment)
    if not lines:
        raise Conflict(msg("There is nothing in this shipment yet. Pack it first."))
    day = clock.today(origin.timezone, dispatched_at)
    _refuse_unfit(lines, shipment, max(day, shipment.eta or day))
    source = ledger.place(session, LocationKind.STOCK, site_id=origin.id)
    transit = ledger.place(session, LocationKind.IN_TRANSIT, shipment_id=shipment.id)
    shipment.status, shipment.dispatched_at = following, dispatched_at
    session.flush()
    entry = Entry(
        kind=PostingKind.DISPATCH,
        occurred_on=day,
        occurred_at=dispatched_at,
        moves=[
            Move(line.lot_id, line.quantity, source.id, transit.id, reserved=True, pointer=f"/lines/{index}")
            for index, line in enumerate(lines)
        ],
        document=shipment.number,
        site_id=origin.id,
        shipment_id=shipment.id,
        user_id=actor.user_id,
        by=actor.name,
    )
    asked = follow_shipment(session, actor, shipment.requisition_id, "ship")
    stock.post(session, entry, also=asked | {(shipment.destination_id, line.item_id) for line in lines})
    alerts.refresh_shipment(session, shipment)
    audit.note(session, actor, "dispatch", shipment.number)
    return get_shipment(session, actor, number)


def _refuse_unfit(lines: Sequence[PackageLine], shipment: Shipment, usable_on: date) -> None:
    """Raise Conflict for every packed lot that was recalled since, or would not last."""
    wrong = []
    for index, line in enumerate(lines):
        facts = {"item": line.item.code, "lot": line.lot.number}
        if line.lot.recalled_on is not None:
            text = msg("Lot %(lot)s of %(item)s was recalled. Take it out of its package.", **facts)
        elif not fefo.may_be_used(line.lot.expires_on, usable_on, shipment.minimum_shelf_life_days):
            text = msg("Lot %(lot)s of %(item)s would expire before it can be used. Take it out.", **facts)
        else:
            continue
        wrong.append(FieldError(f"/lines/{index}/lot", text))
    if wrong:
        raise Conflict(msg("Some of what is packed cannot be sent."), wrong)


def receive(session: Session, actor: Actor, number: str, command: Arrival) -> Shipment:
    """Count what arrived into the destination's zones; the final sitting makes the rest missing."""
    require(actor, "shipments.receive")
    shipment = locked_shipment(session, actor, number)
    destination = session.get_one(Site, shipment.destination_id)
    at_site(actor, "shipments.receive", destination)
    if command.uuid is not None and _posted(session, shipment, command.uuid):
        return get_shipment(session, actor, number)
    following = check("shipment", shipment.status, "receive" if command.final else "receive_part")
    checks = Checks(session)
    past(checks, command.received_at, "/received_at")
    received_at = min(command.received_at, clock.now())
    if shipment.dispatched_at is not None and received_at < shipment.dispatched_at:
        checks.add("/received_at", msg("It cannot be received before it was dispatched."))
    if not command.lines and not command.final:
        checks.lines([])
    transit = ledger.place(session, LocationKind.IN_TRANSIT, shipment_id=shipment.id)
    shares = _arrived(session, checks, command, transit)
    moves = _into_zones(session, destination, transit, shares)
    if command.final:
        moves += _rest(session, shipment, transit, moves)
    posting_id = None
    if moves:
        posting_id = _post(
            session, actor, shipment, PostingKind.SHIPMENT_RECEIPT, moves, received_at, uuid=command.uuid
        )
    for line, parts in shares:
        for share, damaged in parts:
            session.add(
                ShipmentReceiptLine(
                    shipment_id=shipment.id,
                    lot_id=share.lot_id,
                    received=share.quantity,
                    damaged=damaged,
                    zone=line.zone,
                    posting_id=posting_id,
                    received_at=received_at,
                )
            )
    hold_arrived(session, actor, destination, shipment.number, shares)
    shipment.status = following
    if command.final:
        shipment.received_at = received_at
    session.flush()
    if command.final:
        follow_shipment(session, actor, shipment.requisition_id, "fulfil")
    alerts.refresh_shipment(session, shipment)
    audit.note(session, actor, "receive", shipment.number, final=command.final)
    _tell_waiting(session, destination)
    return get_shipment(session, actor, number)


def found(session: Session, actor: Actor, number: str, lines: Sequence[MissingLine]) -> Shipment:
    """What was missing turned up after all: it goes into the destination's stock."""
    require(actor, "shipments.receive")
    shipment = locked_shipment(session, actor, number)
    destination = session.get_one(Site, shipment.destination_id)
    at_site(actor, "shipments.receive", destination)
    check("shipment", shipment.status, "find")
    target = _target(session, destination, "stock")
    return _settle_missing(session, actor, shipment, PostingKind.FOUND, lines, target, None)


def write_off(
    session: Session, actor: Actor, number: str, reason: str | None, lines: Sequence[MissingLine] = ()
) -> Shipment:
    """Give up what is missing, for a reason; without lines, all of it."""
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    check("shipment", shipment.status, "write_off")
    checks = Checks(session)
    text = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    checks.check()
    if not lines:
        missing = ledger.place(session, LocationKind.MISSING, shipment_id=shipment.id)
        lines = [
            MissingLine(item, number, quantity)
            for (item, number), quantity in _by_number(session, missing).items()
        ]
    lost = ledger.place(session, LocationKind.LOST)
    return _settle_missing(session, actor, shipment, PostingKind.WRITE_OFF, lines, lost, text)


def _settle_missing(
    session: Session,
    actor: Actor,
    shipment: Shipment,
    kind: PostingKind,
    lines: Sequence[MissingLine],
    target: Location,
    reason: str | None,
) -> Shipment:
    missing = ledger.place(session, LocationKind.MISSING, shipment_id=shipment.id)
    checks = Checks(session)
    checks.lines(list(lines))
    wanted = []
    checks.know_items(line.item for line in lines)
    for index, line in enumerate(lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        lot = checks.lot(line.lot, f"{at}/lot")
        wanted.append((item, lot, checks.quantity(line.quantity, f"{at}/quantity"), f"{at}/quantity"))
    checks.check()
    shares = _shares(session, missing, [each for each in wanted if each[0] is not None])  # type: ignore[misc]
    moves = [
        Move(share.lot_id, share.quantity, missing.id, target.id, pointer=pointer)
        for pointer, parts in shares
        for share in parts
    ]
    _post(session, actor, shipment, kind, moves, clock.now(), reason=reason)
    alerts.refresh_shipment(session, shipment)
    audit.note(session, actor, kind, shipment.number, reason=reason)
    if kind is PostingKind.FOUND:
        _tell_waiting(session, session.get_one(Site, shipment.destination_id))
    return get_shipment(session, actor, shipment.number)


def _tell_waiting(session: Session, site: Site) -> None:
    """What a device recorded and could not be posted may have waited for these goods."""
    from inventory.services.sync import retry_waiting  # whose postings lead here again

    session.flush()
    retry_waiting(session, [site.id])


def _arrived(
    session: Session, checks: Checks, command: Arrival, transit: Location
) -> list[tuple[ArrivedLine, list[tuple[_Share, int]]]]:
    """Each line with the lots that make it up, and how many of each are damaged (those due first)."""
    wanted = []
    checks.know_items(line.item for line in command.lines)
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        lot = checks.lot(line.lot, f"{at}/lot")
        quantity = checks.quantity(line.received, f"{at}/received", least=0)
        checks.quantity(line.damaged, f"{at}/damaged", least=0)
        if line.damaged > quantity >= 0:
            checks.add(f"{at}/damaged", msg("More cannot be damaged than came."))
        checks.word(line.zone, ZONES, f"{at}/zone")
        wanted.append((item, lot, quantity, f"{at}/received"))
    checks.check()
    shares = _shares(session, transit, [each for each in wanted if each[0] is not None])  # type: ignore[misc]
    result = []
    for line, (_, parts) in zip(command.lines, shares, strict=True):
        left, with_damage = line.damaged, []
        for share in parts:
            damaged = min(left, share.quantity)
            left -= damaged
            with_damage.append((share, damaged))
        result.append((line, with_damage))
    return result


def _shares(
    session: Session, place: Location, wanted: Sequence[tuple[Item, str, int, str]]
) -> list[tuple[str, list[_Share]]]:
    """Spread (item, lot number, quantity, pointer) over the lots of that number at a place; Conflict names excess."""
    here = ledger.lots_at(session, place.id, {item.id for item, *_ in wanted}, lock=True)
    left = {lot.lot_id: lot.on_hand for lots in here.values() for lot in lots}
    shares: list[tuple[str, list[_Share]]] = []
    wrong = []
    for item, number, quantity, pointer in wanted:
        lots = [lot for lot in here.get(item.id, []) if lot.number == number]
        rest, parts = quantity, []
        for lot in lots:
            part = min(rest, left[lot.lot_id])
            if part > 0:
                parts.append(_Share(lot.lot_id, item.id, part))
                left[lot.lot_id] -= part
                rest -= part
        if rest:
            text = msg(
                "Only %(there)s of %(item)s, lot %(lot)s, are still expected.",
                there=quantity - rest,
                item=item.code,
                lot=number,
            )
            wrong.append(FieldError(pointer, text))
        shares.append((pointer, parts))
    if wrong:
        raise Conflict(msg("This is more than was sent."), wrong)
    return shares


def _target(session: Session, destination: Site, zone: str) -> Location:
    """Where goods go at a destination: one of its zones, or out of our stock at a partner's."""
    if destination.kind == SiteKind.PARTNER:
        return ledger.place(session, LocationKind.PARTNER, site_id=destination.id)
    return ledger.place(session, LocationKind(zone), site_id=destination.id)


def _into_zones(
    session: Session,
    destination: Site,
    transit: Location,
    shares: Sequence[tuple[ArrivedLine, list[tuple[_Share, int]]]],
) -> list[Move]:
    moves = []
    for index, (line, parts) in enumerate(shares):
        sound, aside = _target(session, destination, line.zone), _target(session, destination, "quarantine")
        for share, damaged in parts:
            for quantity, target in ((share.quantity - damaged, sound), (damaged, aside)):
                if quantity:
                    pointer = f"/lines/{index}/received"
                    moves.append(Move(share.lot_id, quantity, transit.id, target.id, pointer=pointer))
    return moves


def _rest(session: Session, shipment: Shipment, transit: Location, moves: Sequence[Move]) -> list[Move]:
    """What is in transit and did not come: it is missing."""
    came: dict[int, int] = defaultdict(int)
    for move in moves:
        came[move.lot_id] += move.quantity
    missing = ledger.place(session, LocationKind.MISSING, shipment_id=shipment.id)
    return [
        Move(lot_id, on_hand - came[lot_id], transit.id, missing.id)
        for lot_id, (on_hand, _) in sorted(ledger.balances_of(session, transit.id).items())
        if on_hand > came[lot_id]
    ]


def _by_number(session: Session, place: Location) -> dict[tuple[str, str], int]:
    """(item code, lot number) -> what is at a place."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    found = ledger.balances_of(session, place.id)
    held = {lot_id: on_hand for lot_id, (on_hand, _) in found.items() if on_hand > 0}
    rows = session.execute(
        select(Lot.id, Item.code, Lot.number).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(held))
    )
    for lot_id, item, number in rows:
        totals[(item, number)] += held[lot_id]
    return totals


def _posted(session: Session, shipment: Shipment, uuid: UUID) -> bool:
    posted = select(Posting.id).where(Posting.uuid == uuid, Posting.shipment_id == shipment.id)
    return session.scalar(posted) is not None


def _post(
    session: Session,
    actor: Actor,
    shipment: Shipment,
    kind: PostingKind,
    moves: Sequence[Move],
    at: datetime,
    *,
    reason: str | None = None,
    uuid: UUID | None = None,
) -> int:
    """Post what happened at the destination, on the day that it is there."""
    destination = session.get_one(Site, shipment.destination_id)
    entry = Entry(
        kind=kind,
        occurred_on=clock.today(destination.timezone, at),
        occurred_at=at,
        moves=moves,
        document=shipment.number,
        site_id=shipment.destination_id,
        shipment_id=shipment.id,
        user_id=actor.user_id,
        by=actor.name,
        reason=reason,
        uuid=uuid or uuid4(),
    )
    items = set(
        session.scalars(select(Lot.item_id).where(Lot.id.in_({move.lot_id for move in moves})).distinct())
    )
    also = {(shipment.destination_id, item_id) for item_id in items}
    return stock.post(session, entry, also=also).posting.id
