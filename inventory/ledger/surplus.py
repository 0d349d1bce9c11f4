"""What would expire unused at one site and can be used in time at another, over all sites as they stand now.

Read by pages that propose it and by the service that acts on it. Sites that may give and take are open and ours. A
store that passes goods on counts the use of the sites that it supplies as its own need; what would be left of that, or
would reach patients too late if it waited to be asked for, it gives to those sites before they ask.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.ledger._sql import among, chunks
from inventory.ledger.figures import Figures, figures, figures_at
from inventory.ledger.outlook import current_plans
from inventory.models import Balance, Item, Location, Lot, Package, PackageLine, Shipment, Site
from inventory.models.words import SiteKind, SiteStatus, Temperature
from inventory.rules.arrivals import Arrival
from inventory.rules.course import Course
from inventory.rules.effects import LocationKind
from inventory.rules.expiry import ProjectedLot, project
from inventory.rules.redistribution import Holding, propose

HORIZON_DAYS = 365
USUAL_DAYS = 7
"""How long a journey takes where nobody said it."""

STORE_BUFFER_DAYS = 30
"""Goods need so long from a store to patients, at least: what expires sooner is too late there (docs/simulation.md)."""

ENOUGH_MONTHS = 1
"""For how long an item must have been there to be used before its use says what will expire: what came yesterday and
was not dispensed yet is no surplus."""

COLD = (Temperature.COLD_CHAIN, Temperature.FROZEN)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Move `quantity` base units of a lot, `expiring` of which would expire at its origin. `monthly` is the demand at
    the destination, `worth` what they are worth where that is known."""

    origin: Site
    destination: Site
    item: Item
    lot: Lot
    quantity: int
    expiring: int
    arrives_on: date
    used_by: date
    monthly: Fraction
    worth: Decimal | None
    currency: str | None

    @property
    def key(self) -> tuple[int, int, int]:
        """(lot, origin, destination), which names it."""
        return self.lot.id, self.origin.id, self.destination.id


@dataclass(frozen=True, slots=True)
class Surplus:
    """The proposals, by origin and destination, and what would expire within a year: site id -> (lots, base units)."""

    proposals: list[Proposal]
    expiring: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _World:
    """What was read of the sites that take part, by site id and (site id, item id)."""

    sites: dict[int, Site]
    figures: dict[tuple[int, int], Figures] = field(default_factory=dict)
    lots: dict[tuple[int, int], list[ProjectedLot[int]]] = field(default_factory=lambda: defaultdict(list))
    arrivals: dict[tuple[int, int], list[Arrival[int]]] = field(default_factory=lambda: defaultdict(list))
    promised: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    values: dict[int, Fraction] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    plans: frozenset[int] = frozenset()


def surplus(session: Session, today: date) -> Surplus:
    """What to move where today. Writes nothing; what an open draft carries is not proposed again."""
    world = _World(_sites(session))
    items = _expiring_items(session, world, today)
    if not items:
        return Surplus([])
    _read(session, world, today, items)
    holdings = [_holding(world, *pair) for pair in sorted(world.figures)]
    transfers = propose(holdings, lambda a, b: _days(world, a, b), today, HORIZON_DAYS)
    lots = _by_id(session, {each.lot for each in transfers})
    found = [
        Proposal(
            origin=world.sites[each.origin],
            destination=world.sites[each.destination],
            item=world.items[lots[each.lot].item_id],
            lot=lots[each.lot],
            quantity=each.quantity,
            expiring=each.expiring,
            arrives_on=each.arrives_on,
            used_by=each.used_by,
            monthly=world.figures[each.destination, lots[each.lot].item_id].demand or Fraction(0),
            worth=_worth(lots[each.lot], each.quantity),
            currency=lots[each.lot].currency,
        )
        for each in transfers
    ]
    found.sort(
        key=lambda p: (p.origin.code, p.destination.code, p.lot.expires_on or date.max, p.item.code, p.lot.id)
    )
    return Surplus(found, _told(holdings, today))


def _told(holdings: Iterable[Holding[int, int]], today: date) -> dict[int, tuple[int, int]]:
    told: dict[int, tuple[int, int]] = {}
    for each in holdings:
        projected = project(each.lots, each.demand, today, each.buffer_days, HORIZON_DAYS)
        lots, units = told.get(each.site, (0, 0))
        lots += sum(1 for lot in projected.per_lot if lot.expiring)
        units += projected.projected_expired or 0
        if units:
            told[each.site] = lots, units
    return told


def _worth(lot: Lot, quantity: int) -> Decimal | None:
    if lot.unit_value is None or lot.currency is None:
        return None
    return lot.unit_value * quantity


def _sites(session: Session) -> dict[int, Site]:
    wanted = (
        select(Site).where(Site.status == SiteStatus.OPEN, Site.kind != SiteKind.PARTNER).order_by(Site.id)
    )
    return {site.id: site for site in session.scalars(wanted)}


def _expiring_items(session: Session, world: _World, today: date) -> set[int]:
    """The items of which something would expire somewhere, before the use of supplied sites is counted."""
    rows = session.execute(
        select(Location.site_id, Lot.item_id)
        .join(Balance, Balance.location_id == Location.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(
            Location.kind == LocationKind.STOCK,
            Balance.on_hand > Balance.reserved,
            Lot.recalled_on.is_(None),
            Lot.expires_on >= today,
            Lot.expires_on <= today + timedelta(days=HORIZON_DAYS),
        )
        .distinct()
    )
    dated: dict[int, set[int]] = defaultdict(set)
    for site_id, item_id in rows:
        if site_id in world.sites:
            dated[site_id].add(item_id)
    return {
        item_id
        for site_id, item_ids in sorted(dated.items())
        for item_id, entry in figures(session, site_id, today, item_ids).items()
        if entry.projection.projected_expired
    }


def _read(session: Session, world: _World, today: date, items: Collection[int]) -> None:
    for site_id, known in figures_at(session, dict.fromkeys(world.sites, today), items).items():
        for item_id, entry in known.items():
            world.figures[site_id, item_id] = entry
    for ids in chunks(items):
        world.items |= {item.id: item for item in session.scalars(select(Item).where(*among(Item.id, ids)))}
        _lots(session, world, today, ids)
        _in_transit(session, world, today, ids)
        _in_drafts(session, world, today, ids)
    plans = current_plans(session, world.sites, today)
    world.plans = frozenset(site_id for site_id, plan in plans.items() if plan.for_supplied)


def _lots(session: Session, world: _World, today: date, ids: list[int] | None) -> None:
    rows = session.execute(
        select(Location.site_id, Lot, Balance.on_hand - Balance.reserved)
        .join(Balance, Balance.location_id == Location.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(
            Location.kind == LocationKind.STOCK, Balance.on_hand > Balance.reserved, Lot.recalled_on.is_(None)
        )
        .where(Lot.expires_on.is_(None) | (Lot.expires_on >= today), *among(Lot.item_id, ids))
    )
    for site_id, lot, free in rows:
        if site_id in world.sites:
            world.lots[site_id, lot.item_id].append(
                ProjectedLot(lot.id, int(free), lot.expires_on, lot.received_on, lot.id)
            )
            if lot.unit_value is not None:
                world.values[lot.id] = Fraction(lot.unit_value)


def _in_transit(session: Session, world: _World, today: date, ids: list[int] | None) -> None:
    rows = session.execute(
        select(Shipment.destination_id, Shipment.eta, Lot, Balance.on_hand)
        .join(Location, Location.shipment_id == Shipment.id)
        .join(Balance, Balance.location_id == Location.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Location.kind == LocationKind.IN_TRANSIT, Balance.on_hand > 0, *among(Lot.item_id, ids))
    )
    for site_id, eta, lot, quantity in rows:
        world.arrivals[site_id, lot.item_id].append(_arrival(lot, quantity, eta, today))


def _in_drafts(session: Session, world: _World, today: date, ids: list[int] | None) -> None:
    """What is packed and has not left: it comes too, and where nobody asked for it, it counts for the maximum."""
    rows = session.execute(
        select(Shipment, Lot, PackageLine.quantity)
        .join(Package, Package.shipment_id == Shipment.id)
        .join(PackageLine, PackageLine.package_id == Package.id)
        .join(Lot, Lot.id == PackageLine.lot_id)
        .where(Shipment.status == "draft", *among(Lot.item_id, ids))
    )
    for shipment, lot, quantity in rows:
        key = shipment.destination_id, lot.item_id
        world.arrivals[key].append(_arrival(lot, quantity, shipment.eta, today))
        if shipment.requisition_id is None:
            world.promised[key] += quantity


def _arrival(lot: Lot, quantity: int, eta: date | None, today: date) -> Arrival[int]:
    comes = max(eta or today + timedelta(days=USUAL_DAYS), today + timedelta(days=1))
    return Arrival(ProjectedLot(lot.id, quantity, lot.expires_on, comes, lot.id), lot.recalled_on is None)


def _holding(world: _World, site_id: int, item_id: int) -> Holding[int, int]:
    entry, item, site = world.figures[site_id, item_id], world.items[item_id], world.sites[site_id]
    supplied = [other.id for other in world.sites.values() if other.supplied_by_id == site_id]
    tried = entry.basis != "dispensed" or entry.usage.months_in_stock >= ENOUGH_MONTHS
    demand: Course | None = entry.course if tried else None
    if supplied and site_id not in world.plans:
        # A store that nobody planned for: what its sites use will leave it, though none of it is dispensed there.
        use = sum((world.figures[other, item_id].demand or Fraction(0) for other in supplied), Fraction(0))
        demand = replace(demand, monthly=demand.monthly + use) if demand is not None else None
    lots = tuple(world.lots.get((site_id, item_id), ()))
    # An open vial is not known as such: outside a store, cold goods stay where they are.
    stays = item.temperature in COLD and site.kind != SiteKind.WAREHOUSE
    level = entry.assessment
    store = bool(supplied) or site_id in world.plans
    buffer_days = entry.policy.expiry_buffer_days if entry.policy is not None else 0
    return Holding(
        item=item_id,
        site=site_id,
        lots=lots,
        demand=demand,
        position=level.position + world.promised.get((site_id, item_id), 0),
        minimum=level.reorder_point,
        arrivals=tuple(world.arrivals.get((site_id, item_id), ())),
        buffer_days=max(buffer_days, STORE_BUFFER_DAYS) if store else buffer_days,
        gives=not item.controlled,
        takes=not item.controlled and not store,
        fixed=frozenset(lot.key for lot in lots) if stays else frozenset(),
        values={lot.key: world.values[lot.key] for lot in lots if world.values.get(lot.key)},
        pack=(entry.policy.order_multiple if entry.policy is not None else None) or 1,
    )


def _days(world: _World, origin_id: int, destination_id: int) -> int | None:
    """How long a journey takes: from the store that supplies it, or over the one that supplies both, in one country."""
    origin, destination = world.sites[origin_id], world.sites[destination_id]
    if origin.id == destination.id or origin.country != destination.country:
        return None
    there = USUAL_DAYS if destination.lead_time_days is None else destination.lead_time_days
    back = USUAL_DAYS if origin.lead_time_days is None else origin.lead_time_days
    if origin.supplied_by_id == destination.id:
        return back
    if origin.supplied_by_id is None or destination.supplied_by_id == origin.id:
        return there
    return back + there


def _by_id(session: Session, ids: Collection[int]) -> dict[int, Lot]:
    found: list[Lot] = []
    for some in chunks(ids):
        found += session.scalars(select(Lot).where(*among(Lot.id, some)))
    return {lot.id: lot for lot in found}


def totals(proposals: Sequence[Proposal]) -> tuple[int, dict[str, Decimal]]:
    """How many base units are saved, and what those whose value is known are worth, by currency."""
    worth: dict[str, Decimal] = defaultdict(Decimal)
    for each in proposals:
        if each.worth is not None and each.currency is not None:
            worth[each.currency] += each.worth
    return sum(each.quantity for each in proposals), dict(worth)
