"""Dispensing: what a site gave to patients, and in how many consultations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.ledger import Move
from inventory.models import StockEvent
from inventory.models.words import StockEventKind
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import late
from inventory.services.checks import Checks
from inventory.services.picking import Wanted, pick
from inventory.services.stock_events import known_event, new_event, post_event


@dataclass(frozen=True, slots=True)
class ConsumptionLine:
    """So many base units of an item dispensed, of one lot if it is named."""

    item: str
    quantity: int
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a site dispensed to patients on a day, and in how many consultations."""

    site: str
    occurred_on: date
    lines: Sequence[ConsumptionLine]
    consultations: int | None = None
    occurred_at: datetime | None = None
    uuid: UUID = field(default_factory=uuid4)


def consume(session: Session, actor: Actor, command: Consumption) -> StockEvent:
    """Post what was dispensed; without a lot first-expired-first-out decides."""
    require(actor, "consumptions.write")
    known = known_event(session, actor, command.uuid)
    if known is not None:
        return known
    checks = Checks(session)
    site = checks.site(command.site)
    checks.lines(list(command.lines))
    checks.know_items(line.item for line in command.lines)
    wanted = []
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        quantity = checks.quantity(line.quantity, f"{at}/quantity")
        lot = checks.lot(line.lot, f"{at}/lot") if line.lot else None
        if item is not None:
            wanted.append(Wanted(item, quantity, lot, at))
    if command.consultations is not None:
        checks.quantity(command.consultations, "/consultations", least=0)
    today = clock.today(site.timezone if site else None)
    checks.day(command.occurred_on, "/occurred_on", latest=today)
    checks.check()
    assert site is not None
    require_site(actor, "consumptions.write", site.id)
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    patients = ledger.place(session, LocationKind.PATIENTS)
    event = new_event(
        session, actor, StockEventKind.CONSUMPTION, site, command.occurred_on, command.occurred_at
    )
    event.consultations = command.consultations
    since = command.occurred_on if command.occurred_on < today else None
    if command.occurred_at is not None:
        picked = late.pick_at(session, actor, site, zone, wanted, event, since=since)
    else:
        picked = pick(session, zone, wanted, usable_on=command.occurred_on, since=since)
    moves = [
        Move(taken.lot.lot_id, taken.quantity, zone.id, patients.id, pointer=f"{taken.pointer}/quantity")
        for taken in picked.taken
    ]
    return post_event(session, actor, event, site, PostingKind.CONSUMPTION, moves, command.uuid)
