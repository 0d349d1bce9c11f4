"""Shipments as they are read: by staff of either end, and by the donors whose gifts they carry."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory.access import Actor, Role
from inventory.errors import NotFound, msg
from inventory.ledger import permits
from inventory.models import (
    Balance,
    Donation,
    Item,
    Location,
    Lot,
    Package,
    PackageLine,
    Shipment,
    ShipmentEvent,
    ShipmentReceiptLine,
    Site,
)
from inventory.queries.kit_lots import WHAT_IS_INSIDE, in_package
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import escape_like
from inventory.queries.trace import HIDDEN
from inventory.rules import packing
from inventory.rules.effects import LocationKind
from inventory.rules.finding import Finding

ON_THE_WAY = ("dispatched", "arrived")


@dataclass(frozen=True, slots=True)
class ShipmentFilter:
    """What to show: words and codes, or None for all. `site` is either end; `q` looks in numbers and references."""

    status: str | None = None
    site: str | None = None
    mode: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A lot that did not arrive whole and sound: `missing` is what is still missing of it."""

    item: Item
    lot: str
    sent: int
    received: int
    damaged: int
    missing: int


def visible(actor: Actor) -> ColumnElement[bool]:
    """Which shipments an actor may know of: of their sites; for a donor, those with their goods or their money."""
    if actor.role is Role.DONOR:
        return false() if actor.donor_id is None else visible_to_donor(actor.donor_id)
    if actor.sites is None:
        return Shipment.id.is_not(None)
    sites = list(actor.sites)
    return or_(Shipment.origin_id.in_(sites), Shipment.destination_id.in_(sites))


def visible_to_donor(donor_id: int) -> ColumnElement[bool]:
    """Shipments with something that a donor gave in them, or that their money is for."""
    carrying = (
        select(Package.shipment_id)
        .join(PackageLine, PackageLine.package_id == Package.id)
        .where(in_package(Lot.donor_id == donor_id))
    )
    paid = select(Donation.shipment_id).where(
        Donation.donor_id == donor_id, Donation.shipment_id.is_not(None)
    )
    return or_(Shipment.id.in_(carrying), Shipment.id.in_(paid)) & ~Shipment.status.in_(HIDDEN)


def read_for_outsiders(query: Select[Any]) -> Select[Any]:
    """`query` over shipments, with what `for_outsiders` tells of them."""
    lines = selectinload(Shipment.packages).selectinload(Package.lines)
    return query.options(
        selectinload(Shipment.origin),
        selectinload(Shipment.destination),
        selectinload(Shipment.packages).lazyload(Package.parent),
        lines.selectinload(PackageLine.item),
        lines.selectinload(PackageLine.lot).selectinload(Lot.contents).options(*WHAT_IS_INSIDE),
        selectinload(Shipment.events),
    )


_HEADER = (
    selectinload(Shipment.origin),
    selectinload(Shipment.destination),
    selectinload(Shipment.requisition),
)


def shipment(session: Session, actor: Actor, number: str) -> Shipment:
    """A shipment read whole, if the actor may know of it."""
    lines = selectinload(Shipment.packages).selectinload(Package.lines)
    query = select(Shipment).where(Shipment.number == number, visible(actor))
    query = query.options(
        *_HEADER,
        selectinload(Shipment.packages).lazyload(Package.parent),
        lines.selectinload(PackageLine.item),
        lines.selectinload(PackageLine.lot).selectinload(Lot.donor),
        lines.selectinload(PackageLine.lot).selectinload(Lot.contents).options(*WHAT_IS_INSIDE),
        selectinload(Shipment.events),
        selectinload(Shipment.receipt_lines).selectinload(ShipmentReceiptLine.lot),
    )
    found: Shipment | None = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found


def shipments_slice(session: Session, actor: Actor, after: int | None, limit: int) -> Slice[Shipment]:
    """Shipments, oldest first: their headers; `totals_of` has the rest that lists tell."""
    return after_id(
        session, select(Shipment).where(visible(actor)).options(*_HEADER), Shipment.id, after, limit
    )


def where(actor: Actor, wanted: ShipmentFilter) -> list[ColumnElement[bool]]:
    """The conditions of the shipments that were asked for, as far as the actor may know of them."""
    found = [visible(actor)]
    if wanted.status:
        words = ON_THE_WAY if wanted.status == "on_the_way" else (wanted.status,)
        found.append(Shipment.status.in_(words))
    if wanted.mode:
        found.append(Shipment.mode == wanted.mode)
    if wanted.site:
        ends = select(Site.id).where(Site.code == wanted.site)
        found.append(or_(Shipment.origin_id.in_(ends), Shipment.destination_id.in_(ends)))
    if wanted.q:
        text = f"%{escape_like(wanted.q.strip())}%"
        columns = (Shipment.number, Shipment.reference, Shipment.waybill)
        found.append(or_(*(column.ilike(text, escape="\\") for column in columns)))
    return found


def shipments_page(
    session: Session, actor: Actor, wanted: ShipmentFilter, number: int, size: int
) -> Page[Shipment]:
    """Shipments for people, the newest first: their headers; `totals_of` has the rest that lists show."""
    query = select(Shipment.id).where(*where(actor, wanted))
    page = numbered(session, query.order_by(Shipment.id.desc()), number, size)
    ids = [row[0] for row in page.rows]
    found = {
        each.id: each
        for each in session.scalars(select(Shipment).where(Shipment.id.in_(ids)).options(*_HEADER))
    }
    return Page([found[each] for each in ids], page.number, page.size, page.total)


def totals(found: Shipment) -> packing.Totals:
    """Weight, volume and number of packages of a shipment."""
    return packing.totals([package.as_rule() for package in found.packages])


def totals_of(session: Session, ids: Collection[int]) -> dict[int, packing.Totals]:
    """shipment id -> its totals. Read as plain rows: fifty shipments hold thousands of lines."""
    here = Package.shipment_id.in_(ids)
    contents: dict[int, list[packing.Content]] = defaultdict(list)
    for package_id, quantity, weight, volume in session.execute(
        select(PackageLine.package_id, PackageLine.quantity, Item.unit_weight_kg, Item.unit_volume_m3)
        .join(Package, Package.id == PackageLine.package_id)
        .join(Item, Item.id == PackageLine.item_id)
        .where(here)
    ):
        contents[package_id].append(packing.Content(quantity, False, weight, volume))
    outer = aliased(Package)
    packages: dict[int, list[packing.Package]] = {shipment_id: [] for shipment_id in ids}
    for shipment_id, package_id, label, kind, parent, weight, volume in session.execute(
        select(
            Package.shipment_id,
            Package.id,
            Package.label,
            Package.kind,
            outer.label,
            Package.gross_weight_kg,
            Package.volume_m3,
        )
        .outerjoin(outer, outer.id == Package.parent_id)
        .where(here)
        .order_by(Package.id)
    ):
        held = tuple(contents[package_id])
        packages[shipment_id].append(
            packing.Package(label, packing.PackageKind(kind), parent, weight, volume, contents=held)
        )
    return {shipment_id: packing.totals(found) for shipment_id, found in packages.items()}


def warnings(session: Session, found: Shipment) -> list[Finding]:
    """What is to be said of a shipment's packages, and of the permits that it travels on."""
    said = packing.warnings([p.as_rule() for p in found.packages], found.container)
    return [*(each.finding for each in said), *permits.lacking(session, found)]


def warnings_by_label(session: Session, found: Shipment) -> dict[str | None, list[Finding]]:
    """Label of the package (None: the shipment as a whole) -> what is to be said of it."""
    said: dict[str | None, list[Finding]] = defaultdict(list)
    said[None] += permits.lacking(session, found)
    for each in packing.warnings([p.as_rule() for p in found.packages], found.container):
        said[each.label].append(each.finding)
    return said


def sent(found: Shipment) -> dict[int, tuple[Item, Lot, int]]:
    """lot id -> (item, lot, base units packed) over all packages of a shipment read whole."""
    lots: dict[int, tuple[Item, Lot, int]] = {}
    for package in found.packages:
        for line in package.lines:
            before = lots[line.lot_id][2] if line.lot_id in lots else 0
            lots[line.lot_id] = (line.item, line.lot, before + line.quantity)
    return lots


def sent_of(found: Shipment, donor_id: int) -> list[tuple[Item, Lot, int]]:
    """(item, lot, base units) that a donor gave of what is packed, by themselves or in kits."""
    given = []
    for item, lot, quantity in sent(found).values():
        if lot.donor_id == donor_id:
            given.append((item, lot, quantity))
        inside = [each for each in lot.contents if each.lot.donor_id == donor_id]
        given += [(each.lot.item, each.lot, each.quantity * quantity) for each in inside]
    return given


def balances_in(session: Session, found: Shipment, kind: LocationKind) -> dict[int, int]:
    """lot id -> what is in transit in a shipment, or missing from it."""
    rows = session.execute(
        select(Balance.lot_id, Balance.on_hand)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.shipment_id == found.id, Location.kind == kind, Balance.on_hand > 0)
    )
    return {lot_id: on_hand for lot_id, on_hand in rows}


def discrepancies(session: Session, found: Shipment) -> list[Discrepancy]:
    """The lot numbers of a shipment (read whole) at fault: damaged or not all received; what was found was received."""
    missing = balances_in(session, found, LocationKind.MISSING)
    came: dict[int, int] = defaultdict(int)
    damaged: dict[int, int] = defaultdict(int)
    for line in found.receipt_lines:
        came[line.lot_id] += line.received
        damaged[line.lot_id] += line.damaged
    for lot_id, quantity in _turned_up(session, found).items():
        came[lot_id] += quantity
    rows: dict[tuple[str, str], Discrepancy] = {}
    closed = found.status == "received"
    for lot_id, (item, lot, quantity) in sent(found).items():
        before = rows.get((item.code, lot.number))
        rows[(item.code, lot.number)] = Discrepancy(
            item,
            lot.number,
            quantity + (before.sent if before else 0),
            came[lot_id] + (before.received if before else 0),
            damaged[lot_id] + (before.damaged if before else 0),
            missing.get(lot_id, 0) + (before.missing if before else 0),
        )
    return [row for row in rows.values() if row.damaged or (closed and row.received != row.sent)]


def _turned_up(session: Session, found: Shipment) -> dict[int, int]:
    from inventory.models import Movement, Posting

    rows = session.execute(
        select(Movement.lot_id, func.sum(Movement.quantity))
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Posting.shipment_id == found.id, Posting.kind == "found")
        .group_by(Movement.lot_id)
    )
    return {lot_id: int(quantity) for lot_id, quantity in rows}


@dataclass(frozen=True, slots=True)
class PublicStep:
    """A milestone as outsiders are told of it: no place of a sensitive site, no note."""

    milestone: str
    classifier: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class PublicShipment:
    """A shipment as outsiders see it: no site names where they are sensitive, nothing of others' goods."""

    number: str
    status: str
    mode: str | None
    origin: str
    destination: str
    eta: date | None
    dispatched_at: datetime | None
    received_at: datetime | None
    steps: Sequence[PublicStep]
    gross_weight_kg: Decimal
    lines: Sequence[tuple[Item, int]]


def place_for_outsiders(site: Site) -> str:
    """The country alone of a sensitive site; else its name."""
    return site.country if site.sensitive else site.name


def for_outsiders(found: Shipment, donor_id: int | None) -> PublicShipment:
    """What a donor may know of a shipment (read for outsiders): their own goods, milestones, where it goes by country.

    A future departure is not told: times of a draft stay inside.
    """
    mine: dict[int, tuple[Item, int]] = {}
    for item, _, quantity in sent_of(found, donor_id) if donor_id is not None else ():
        before = mine[item.id][1] if item.id in mine else 0
        mine[item.id] = (item, before + quantity)
    return PublicShipment(
        number=found.number,
        status=found.status,
        mode=found.mode,
        origin=place_for_outsiders(found.origin),
        destination=place_for_outsiders(found.destination),
        eta=found.eta,
        dispatched_at=found.dispatched_at,
        received_at=found.received_at,
        steps=[PublicStep(e.milestone, e.classifier, e.occurred_at) for e in _told(found.events)],
        gross_weight_kg=totals(found).gross_weight_kg,
        lines=sorted(mine.values(), key=lambda each: each[0].code),
    )


def _told(events: Sequence[ShipmentEvent]) -> list[ShipmentEvent]:
    return [event for event in events if event.classifier == "actual" or event.milestone != "departed"]
