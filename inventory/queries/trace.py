"""What became of a gift: one GROUP BY over the balances of its lots, and the shipments that carried it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload
from sqlalchemy.sql.base import ExecutableOption

from inventory.access import Actor, Role
from inventory.errors import NotFound, msg
from inventory.models import (
    Balance,
    Donation,
    DonationLine,
    Item,
    KitContent,
    Location,
    Lot,
    Package,
    PackageLine,
    Shipment,
)
from inventory.queries.kit_lots import in_package
from inventory.queries.paging import Slice, after_id
from inventory.rules.effects import SOURCES, ZONES, LocationKind


@dataclass(slots=True)
class Fate:
    """Base units by what became of them. `donated` is what was received; the other parts add up to it.

    What was put into kits is where the kits are.
    `lost` is net of what was found, so it can be below zero where counts found more than came.
    """

    donated: int = 0
    in_stock: int = 0
    in_transit: int = 0
    dispensed: int = 0
    disposed: int = 0
    lost: int = 0
    missing: int = 0
    delivered_to_partner: int = 0

    def add(self, kind: LocationKind, quantity: int) -> None:
        """Count what stands at a location of that kind."""
        name = PARTS[kind]
        setattr(self, name, getattr(self, name) + (-quantity if kind in SOURCES else quantity))

    def plus(self, other: "Fate") -> None:
        """Add another's figures to these."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


PARTS = {
    **dict.fromkeys(SOURCES, "donated"),
    **dict.fromkeys(ZONES, "in_stock"),
    LocationKind.IN_TRANSIT: "in_transit",
    LocationKind.PATIENTS: "dispensed",
    LocationKind.DISPOSED: "disposed",
    LocationKind.LOST: "lost",
    LocationKind.FOUND: "lost",
    LocationKind.MISSING: "missing",
    LocationKind.PARTNER: "delivered_to_partner",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a donation in all, and by item."""

    total: Fate
    lines: Sequence[tuple[Item, Fate]]
    shipments: Sequence[Shipment]


def visible_donation(session: Session, actor: Actor, number: str) -> Donation:
    """The donation of that number, for staff or for the donor who gave it."""
    found = session.scalars(
        select(Donation).where(Donation.number == number).options(*_whole_donation())
    ).one_or_none()
    if found is None or (actor.role is Role.DONOR and found.donor_id != actor.donor_id):
        raise NotFound(msg("Not found."))
    return found


def _whole_donation() -> tuple[ExecutableOption, ...]:
    return (
        selectinload(Donation.donor),
        selectinload(Donation.lines).selectinload(DonationLine.item),
    )


def donations_slice(session: Session, actor: Actor, after: int | None, limit: int) -> Slice[Donation]:
    """Donations, oldest first; a donor sees their own."""
    query = select(Donation).options(*_whole_donation())
    if actor.role is Role.DONOR:
        query = query.where(Donation.donor_id == actor.donor_id)
    return after_id(session, query, Donation.id, after, limit)


def shipment_numbers(session: Session, donations: Sequence[Donation]) -> dict[int, str]:
    """shipment id -> number, of the shipments that gifts of money are for."""
    ids = {donation.shipment_id for donation in donations if donation.shipment_id is not None}
    rows = session.execute(select(Shipment.id, Shipment.number).where(Shipment.id.in_(ids)))
    return {shipment_id: number for shipment_id, number in rows}


def trace(session: Session, donation: Donation) -> Trace:
    """What became of every unit of a donation of goods; for money, the shipment that it is for."""
    fates = fates_of(session, [donation.id]).get(donation.id, {})
    items = {
        item.id: item for item in session.scalars(select(Item).where(Item.id.in_(fates)).order_by(Item.code))
    }
    total = Fate()
    for fate in fates.values():
        total.plus(fate)
    lines = [(items[item_id], fates[item_id]) for item_id in items]
    return Trace(total, lines, shipments_of(session, donation))


def fates_of(session: Session, donation_ids: Sequence[int]) -> dict[int, dict[int, Fate]]:
    """donation id -> item id -> what became of it."""
    ids = list(donation_ids)
    given = aliased(Lot)
    alone = (
        select(given.donation_id, given.item_id, Location.kind, func.sum(Balance.on_hand))
        .join(Balance, Balance.lot_id == given.id)
        .join(Location, Location.id == Balance.location_id)
    )
    in_kits = (
        select(
            given.donation_id, given.item_id, Location.kind, func.sum(Balance.on_hand * KitContent.quantity)
        )
        .join(KitContent, KitContent.lot_id == given.id)
        .join(Balance, Balance.lot_id == KitContent.kit_lot_id)
        .join(Location, Location.id == Balance.location_id)
    )
    found: dict[int, dict[int, Fate]] = defaultdict(lambda: defaultdict(Fate))
    for query in (alone, in_kits):
        rows = session.execute(
            query.where(given.donation_id.in_(ids), Location.kind != LocationKind.KITTED).group_by(
                given.donation_id, given.item_id, Location.kind
            )
        )
        for donation_id, item_id, kind, quantity in rows:
            if donation_id is not None:
                found[donation_id][item_id].add(LocationKind(kind), int(quantity))
    return {key: dict(value) for key, value in found.items()}


def shipments_of(session: Session, donation: Donation) -> list[Shipment]:
    """The shipments that left with something of a donation, by itself or in kits, or that its money is for."""
    carrying = (
        select(Package.shipment_id)
        .join(PackageLine, PackageLine.package_id == Package.id)
        .where(in_package(Lot.donation_id == donation.id))
    )
    query = (
        select(Shipment)
        .where(
            or_(Shipment.id.in_(carrying), Shipment.id == donation.shipment_id),
            ~Shipment.status.in_(HIDDEN),
        )
        .options(
            selectinload(Shipment.origin), selectinload(Shipment.destination), selectinload(Shipment.events)
        )
        .order_by(Shipment.id)
    )
    return list(session.scalars(query))


HIDDEN = ("cancelled",)
"""Shipments that never left and that nobody outside need hear of."""
