"""Adjustments, disposals and moves between the zones of a site."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import FieldError, msg
from inventory.ledger import Move
from inventory.models import Item, StockEvent
from inventory.models.words import DisposalMethod, StockEventKind
from inventory.rules.effects import ZONES, AdjustmentReason, LocationKind, PostingKind, adjustment_effect
from inventory.rules.text import fold
from inventory.services import holds
from inventory.services.checks import Checks
from inventory.services.stock_events import (
    known_event,
    known_lots,
    new_event,
    out_of,
    post_event,
    refuse_shortages,
)


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """A signed correction of a lot's quantity, for a reason."""

    item: str
    lot: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What was found, lost, damaged, stolen or put right at a site."""

    site: str
    occurred_on: date
    lines: Sequence[AdjustmentLine]
    occurred_at: datetime | None = None
    uuid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class DisposalLine:
    """So much of a lot disposed of, from one zone if it is named, else from the worst zone first."""

    item: str
    lot: str
    quantity: int
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Disposal:
    """What a site disposed of, how and where, who watched, which authority allowed it, and the certificate of it."""

    site: str
    occurred_on: date
    method: str
    lines: Sequence[DisposalLine]
    certificate: str | None = None
    place: str | None = None
    witness: str | None = None
    authority: str | None = None
    note: str | None = None
    uuid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class ZoneMoveLine:
    """So much of a lot from one zone of the site to another."""

    item: str
    lot: str
    quantity: int
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class ZoneMove:
    """Lots moved between the zones of a site; `cause` is why those are held that leave the stock (`rules/holding`)."""

    site: str
    lines: Sequence[ZoneMoveLine]
    note: str | None = None
    cause: str = "by_hand"
    uuid: UUID = field(default_factory=uuid4)


def adjust(session: Session, actor: Actor, command: Adjustment) -> StockEvent:
    """Post found, lost, damaged, stolen or corrected quantities of the `stock` zone."""
    require(actor, "adjustments.write")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.own_stock(site)
    checks.lines(list(command.lines))
    today = clock.today(site.timezone if site else None)
    checks.day(command.occurred_on, "/occurred_on", latest=today)
    parsed: list[tuple[Item, str, int, str, str]] = []
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        number = checks.lot(line.lot, f"{at}/lot")
        reason = checks.word(line.reason, AdjustmentReason, f"{at}/reason", required=True)
        if line.quantity == 0:
            checks.add(f"{at}/quantity", msg("This must be more or less than 0."))
        checks.quantity(abs(line.quantity), f"{at}/quantity", least=0)
        if reason and line.quantity and adjustment_effect(AdjustmentReason(reason), line.quantity) is None:
            checks.add(
                f"{at}/quantity",
                msg("What is found is more than 0; what is lost, damaged or stolen is less than 0."),
            )
        if item is not None and reason is not None:
            parsed.append((item, number, line.quantity, reason, at))
    checks.check()
    assert site is not None
    require_site(actor, "adjustments.write", site.id)
    event = new_event(
        session, actor, StockEventKind.ADJUSTMENT, site, command.occurred_on, command.occurred_at
    )
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    lost, found = ledger.place(session, LocationKind.LOST), ledger.place(session, LocationKind.FOUND)
    moves: list[Move] = []
    short: list[FieldError] = []
    for item, number, quantity, reason, at in parsed:
        if quantity > 0:
            lot = known_lots(session, item, number, f"{at}/lot", site)[0]
            moves.append(Move(lot.id, quantity, found.id, zone.id, reason, pointer=f"{at}/quantity"))
        else:
            parts = out_of(session, [zone], item, number, -quantity, at, moves, short, command.occurred_on)
            moves += [
                Move(lot_id, part, source, lost.id, reason, pointer=f"{at}/quantity")
                for source, lot_id, part in parts
            ]
    refuse_shortages(short)
    return post_event(session, actor, event, site, PostingKind.ADJUSTMENT, moves, command.uuid)


def dispose(session: Session, actor: Actor, command: Disposal) -> StockEvent:
    """Post what was disposed of, from refused, then quarantine, then stock unless a zone is named."""
    require(actor, "disposals.write")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.lines(list(command.lines))
    today = clock.today(site.timezone if site else None)
    checks.day(command.occurred_on, "/occurred_on", latest=today)
    if not command.method:
        checks.add("/method", msg("Say how it was disposed of."))
    checks.word(command.method or None, DisposalMethod, "/method")
    told = {
        name: checks.text(getattr(command, name), f"/{name}")
        for name in ("certificate", "place", "authority")
    }
    told["note"] = checks.text(command.note, "/note", most=2000, lines=True)
    witness = another(checks, actor, command.witness)
    parsed: list[tuple[Item, str, DisposalLine, str]] = []
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        number = checks.lot(line.lot, f"{at}/lot")
        checks.quantity(line.quantity, f"{at}/quantity")
        checks.word(line.zone, ZONES, f"{at}/zone")
        if item is not None:
            parsed.append((item, number, line, at))
    checks.check()
    assert site is not None
    require_site(actor, "disposals.write", site.id)
    event = new_event(session, actor, StockEventKind.DISPOSAL, site, command.occurred_on, None)
    event.method = command.method
    for name, text in told.items():
        setattr(event, name, text)
    zones = ledger.zones(session, site.id)
    disposed = ledger.place(session, LocationKind.DISPOSED)
    moves: list[Move] = []
    short: list[FieldError] = []
    for item, number, line, at in parsed:
        order = [LocationKind.REFUSED, LocationKind.QUARANTINE, LocationKind.STOCK]
        sources = [zones[kind] for kind in order if line.zone in (None, kind)]
        parts = out_of(session, sources, item, number, line.quantity, at, moves, short, command.occurred_on)
        moves += [
            Move(lot_id, part, source, disposed.id, pointer=f"{at}/quantity")
            for source, lot_id, part in parts
        ]
    refuse_shortages(short)
    return post_event(session, actor, event, site, PostingKind.DISPOSAL, moves, command.uuid, witness=witness)


def another(checks: Checks, actor: Actor, name: str | None, pointer: str = "/witness") -> str | None:
    """The name of a second person, who is not the one that acts."""
    witness = checks.text(name, pointer)
    if witness is not None and fold(witness) == fold(actor.name):
        checks.add(pointer, msg("A witness is somebody else than you."))
    return witness


def move_zones(session: Session, actor: Actor, command: ZoneMove) -> StockEvent:
    """Post moves between the zones of a site. What leaves the stock is held for the command's cause."""
    require(actor, "zone_moves.write")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.lines(list(command.lines))
    note = checks.text(command.note, "/note", most=2000, lines=True)
    parsed: list[tuple[Item, str, ZoneMoveLine, str]] = []
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        number = checks.lot(line.lot, f"{at}/lot")
        checks.quantity(line.quantity, f"{at}/quantity")
        source = checks.word(line.source, ZONES, f"{at}/from", required=True)
        destination = checks.word(line.destination, ZONES, f"{at}/to", required=True)
        if source is not None and source == destination:
            checks.add(f"{at}/to", msg("Choose another zone than the one it comes from."))
        if item is not None and source is not None and destination is not None:
            parsed.append((item, number, line, at))
    checks.check()
    assert site is not None
    require_site(actor, "zone_moves.write", site.id)
    event = new_event(session, actor, StockEventKind.ZONE_MOVE, site, clock.today(site.timezone), None)
    event.note = note
    zones = ledger.zones(session, site.id)
    moves: list[Move] = []
    short: list[FieldError] = []
    for item, number, line, at in parsed:
        taken_from, put_to = zones[LocationKind(line.source)], zones[LocationKind(line.destination)]
        parts = out_of(
            session, [taken_from], item, number, line.quantity, at, moves, short, event.occurred_on
        )
        moves += [
            Move(lot_id, part, source_id, put_to.id, pointer=f"{at}/quantity")
            for source_id, lot_id, part in parts
        ]
    refuse_shortages(short)
    post_event(session, actor, event, site, PostingKind.ZONE_MOVE, moves, command.uuid)
    aside = [move for move in moves if move.source_id == zones[LocationKind.STOCK].id]
    detail = msg("%(note)s", note=note) if note else None
    holds.open_for(session, actor, site, aside, command.cause, detail, event.number)
    return event
