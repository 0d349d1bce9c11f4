"""One item at one site, past and to come: what was used month by month, what is on its way, what becomes of it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.models import Balance, Location, Lot, Shipment, Site, StockDay
from inventory.rules import demand
from inventory.rules.arrivals import Arrival, Simulation, simulate
from inventory.rules.course import Course
from inventory.rules.effects import LocationKind
from inventory.rules.expiry import ProjectedLot

HORIZON = 365
"""Days that are looked ahead, as `figures` does."""

Key = tuple[int, int]
"""(lot id, shipment id; 0 where the lot is here already)"""


@dataclass(frozen=True, slots=True)
class Window:
    """What was used from the day `first` to `last`, about a month, and on how many days there was nothing to give."""

    first: date
    last: date
    used: int
    days_out: int

    @property
    def days(self) -> int:
        """Its length."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a lot that is here and free, or on its way in `shipment`.

    `expected` is when it should come: what the shipment says (`eta`), or else its departure and how long it takes to
    this site (`lead_time`); None where neither is known: it is counted nowhere then. `late`: that day has passed.
    """

    key: Key
    lot: str
    expires_on: date | None
    received_on: date
    quantity: int
    shipment: str | None = None
    origin: str | None = None
    expected: date | None = None
    expected_by: Literal["eta", "lead_time"] | None = None
    late: bool = False


def windows(session: Session, site_id: int, item_id: int, today: date, months: int = 24) -> list[Window]:
    """The history of an item at a site in windows of a month, oldest first; the newest ends today."""
    rows = session.execute(
        select(
            StockDay.lot_id,
            Lot.expires_on,
            Lot.recalled_on,
            StockDay.day,
            StockDay.change,
            StockDay.dispensed,
        )
        .join(Lot, Lot.id == StockDay.lot_id)
        .where(StockDay.site_id == site_id, StockDay.item_id == item_id, StockDay.day <= today)
        .where((StockDay.change != 0) | (StockDay.dispensed != 0))
    )
    found: list[Window] = []
    last = today
    for period in reversed(demand.periods([demand.LotDay(*row) for row in rows], today, months)):
        first = last - timedelta(days=period.days - 1)
        found.append(Window(first, last, max(0, period.quantity), period.days_out))
        last = first - timedelta(days=1)
    return found[::-1]


def parts_here(session: Session, site_id: int, item_id: int, today: date) -> list[Part]:
    """The lots that may be used today at a site, with what is free of each."""
    rows = session.execute(
        select(Lot, Balance.on_hand - Balance.reserved)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.site_id == site_id, Location.kind == LocationKind.STOCK)
        .where(Lot.item_id == item_id, Balance.on_hand > Balance.reserved)
        .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
    )
    return [Part((lot.id, 0), lot.number, lot.expires_on, lot.received_on, free) for lot, free in rows]


def parts_coming(session: Session, site: Site, item_id: int, today: date) -> list[Part]:
    """What is on its way to a site and may be used, shipment by shipment, the soonest first."""
    rows = session.execute(
        select(Lot, Balance.on_hand, Shipment, Site.name)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .join(Shipment, Shipment.id == Location.shipment_id)
        .join(Site, Site.id == Shipment.origin_id)
        .where(Location.kind == LocationKind.IN_TRANSIT, Shipment.destination_id == site.id)
        .where(Lot.item_id == item_id, Balance.on_hand > 0)
        .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
    )
    found = [
        _part_coming(lot, on_hand, shipment, origin, site, today) for lot, on_hand, shipment, origin in rows
    ]
    return sorted(found, key=lambda each: (each.expected or date.max, each.shipment or "", each.lot))


def _part_coming(lot: Lot, on_hand: int, shipment: Shipment, origin: str, site: Site, today: date) -> Part:
    expected, by = shipment.eta, None if shipment.eta is None else "eta"
    if expected is None and shipment.dispatched_at is not None and site.lead_time_days is not None:
        left = shipment.dispatched_at.astimezone(clock.zone(site.timezone)).date()
        expected, by = left + timedelta(days=site.lead_time_days), "lead_time"
    return Part(
        key=(lot.id, shipment.id),
        lot=lot.number,
        expires_on=lot.expires_on,
        received_on=lot.received_on,
        quantity=on_hand,
        shipment=shipment.number,
        origin=origin,
        expected=expected,
        expected_by=by,  # type: ignore[arg-type]
        late=expected is not None and expected < today,
    )


def project_parts(
    here: Sequence[Part],
    coming: Sequence[Part],
    demand_to_come: Course | None,
    today: date,
    buffer_days: int = 0,
    level_days: int = 7,
) -> Simulation[Key]:
    """What becomes of the parts within a year; those on their way of which no day is known are left out."""
    lots = [ProjectedLot(p.key, p.quantity, p.expires_on, p.received_on, p.key[0]) for p in here]
    arrivals = [
        Arrival(ProjectedLot(p.key, p.quantity, p.expires_on, max(p.expected, today), p.key[0]))
        for p in coming
        if p.expected is not None
    ]
    return simulate(lots, arrivals, demand_to_come, today, buffer_days, HORIZON, level_days)
