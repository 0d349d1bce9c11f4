"""Packing: packages with their labels, what lies in them picked first-expired-first-out and reserved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, Invalid, NotFound, msg
from inventory.ledger import permits
from inventory.models import Package, PackageLine, Requisition, RequisitionLine, Shipment, Site
from inventory.rules import packing as rules
from inventory.rules.effects import LocationKind
from inventory.rules.finding import Finding
from inventory.rules.identifiers import sscc
from inventory.rules.transitions import check
from inventory.services import alerts, audit
from inventory.services.checks import Checks
from inventory.services.numbers import count_up
from inventory.services.picking import Wanted, pick
from inventory.services.shipments import locked_shipment

COMPANY_PREFIX = "2000000"
"""In the range that GS1 leaves for use inside one organisation; a licensed prefix may take its place."""


@dataclass(frozen=True, slots=True)
class PackedLine:
    """So many base units of an item, of one lot if it is named."""

    item: str
    quantity: int
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class NewPackage:
    """A package and what goes into it; `parent` is the label of the package that it lies in.

    `reason` says why a named lot jumps the queue of first expired, first out.
    """

    kind: str
    lines: Sequence[PackedLine] = ()
    parent: str | None = None
    container_number: str | None = None
    seal: str | None = None
    gross_weight_kg: Decimal | None = None
    volume_m3: Decimal | None = None
    reason: str | None = None


def pack(
    session: Session, actor: Actor, number: str, command: NewPackage, *, reason_needed: bool = False
) -> tuple[Package, list[Finding]]:
    """Add a package to a draft: its lots are picked and reserved. The package, and what is to be said of it.

    With `reason_needed` a lot that jumps the queue is taken only for a reason. Raises Conflict with every short line.
    """
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    require_site(actor, "shipments.write", shipment.origin_id)
    check("shipment", shipment.status, "pack")
    checks = Checks(session)
    parent = _parent(session, checks, shipment, command)
    checks.know_items(line.item for line in command.lines)
    wanted: list[Wanted] = []
    for index, line in enumerate(command.lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        quantity = checks.quantity(line.quantity, f"{at}/quantity")
        lot = checks.lot(line.lot, f"{at}/lot") if line.lot else None
        if item is not None:
            wanted.append(Wanted(item, quantity, lot, at))
    package = _package(checks, shipment, command)
    checks.check()
    package.label = sscc(0, COMPANY_PREFIX, count_up(session, "SSCC"))
    package.parent_id = parent.id if parent is not None else None
    session.add(package)
    session.flush()
    if wanted:
        _fill(session, shipment, package, wanted, command, reason_needed)
    _changed(shipment)
    audit.note(session, actor, "pack", shipment.number, label=package.label)
    packages = packages_of(session, shipment)
    found = rules.warnings_for(package.label, [each.as_rule() for each in packages], shipment.container)
    made = next(each for each in packages if each.id == package.id)
    return made, [*found, *permits.lacking(session, shipment)]


def pack_requisition(session: Session, actor: Actor, number: str, command: NewPackage) -> Package | None:
    """Put into one package what was approved and no shipment carries yet; None if nothing is left."""
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    left = remaining(session, shipment)
    if not left:
        return None
    lines = [PackedLine(item, quantity) for item, quantity in left.items()]
    return pack(session, actor, number, replace(command, lines=lines))[0]


def remaining(session: Session, shipment: Shipment) -> dict[str, int]:
    """item code -> what its requisition was approved for and no shipment of it carries yet."""
    if shipment.requisition_id is None:
        return {}
    requisition = session.scalars(
        select(Requisition)
        .where(Requisition.id == shipment.requisition_id)
        .options(selectinload(Requisition.lines).selectinload(RequisitionLine.item))
    ).one()
    left: dict[str, int] = {}
    for line in requisition.lines:
        left[line.item.code] = left.get(line.item.code, 0) + (line.approved or 0)
    packed = session.scalars(
        select(PackageLine)
        .join(Package, Package.id == PackageLine.package_id)
        .join(Shipment, Shipment.id == Package.shipment_id)
        .where(Shipment.requisition_id == shipment.requisition_id, Shipment.status != "cancelled")
        .options(selectinload(PackageLine.item))
    )
    for packed_line in packed:
        code = packed_line.item.code
        if code in left:
            left[code] -= packed_line.quantity
    return {code: quantity for code, quantity in left.items() if quantity > 0}


def unpack(session: Session, actor: Actor, number: str, label: str) -> None:
    """Take a package out of a draft; what was reserved for it is free again. Refused while others lie in it."""
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    require_site(actor, "shipments.write", shipment.origin_id)
    check("shipment", shipment.status, "pack")
    package = session.scalars(
        select(Package)
        .where(Package.shipment_id == shipment.id, Package.label == label)
        .options(selectinload(Package.lines))
    ).one_or_none()
    if package is None:
        raise NotFound(msg("Not found."))
    if session.scalar(select(Package.id).where(Package.parent_id == package.id).limit(1)) is not None:
        raise Conflict(msg("Other packages lie in this one. Take them out first."))
    touched = {(shipment.origin_id, line.item_id) for line in package.lines}
    stock = ledger.place(session, LocationKind.STOCK, site_id=shipment.origin_id)
    ledger.release(session, stock, [(line.lot_id, line.quantity) for line in package.lines])
    session.delete(package)
    _changed(shipment)
    session.flush()
    alerts.refresh(session, touched)
    audit.note(session, actor, "unpack", shipment.number, label=label)


def _changed(shipment: Shipment) -> None:
    """What somebody approved is not what lies in it any more."""
    if shipment.approved_at is not None:
        shipment.approved_at = shipment.approved_by_id = shipment.approved_by = None


def packages_of(session: Session, shipment: Shipment) -> list[Package]:
    """The packages of a shipment with lines, items, lots and parents."""
    lines = selectinload(Package.lines)
    return list(
        session.scalars(
            select(Package)
            .where(Package.shipment_id == shipment.id)
            .options(
                lazyload(Package.parent),  # one of these packages: it is there already
                lines.selectinload(PackageLine.item),
                lines.selectinload(PackageLine.lot),
            )
            .order_by(Package.id)
            .execution_options(populate_existing=True)
        )
    )


def _parent(session: Session, checks: Checks, shipment: Shipment, command: NewPackage) -> Package | None:
    kind = checks.word(command.kind or None, rules.PackageKind, "/kind")
    if not command.kind:
        checks.add("/kind", msg("Say what kind of package it is."))
    if not command.parent:
        return None
    parent = session.scalars(
        select(Package).where(Package.shipment_id == shipment.id, Package.label == command.parent)
    ).one_or_none()
    if parent is None:
        checks.add(
            "/parent", msg("No package of this shipment has the label %(label)s.", label=command.parent)
        )
    elif kind is not None:
        wrong = rules.check_nesting(rules.PackageKind(kind), rules.PackageKind(parent.kind))
        if wrong is not None:
            checks.add("/parent", wrong)
    return parent


def _package(checks: Checks, shipment: Shipment, command: NewPackage) -> Package:
    return Package(
        shipment_id=shipment.id,
        kind=command.kind,
        container_number=checks.text(command.container_number, "/container_number", most=32),
        seal=checks.text(command.seal, "/seal", most=32),
        gross_weight_kg=checks.amount(command.gross_weight_kg, "/gross_weight_kg", places=9, most=1_000_000),
        volume_m3=checks.amount(command.volume_m3, "/volume_m3", places=9, most=10_000),
        fefo_reason=checks.text(command.reason, "/reason", most=2000),
        lines=[],
    )


def _fill(
    session: Session,
    shipment: Shipment,
    package: Package,
    wanted: Sequence[Wanted],
    command: NewPackage,
    reason_needed: bool,
) -> None:
    origin = session.get_one(Site, shipment.origin_id)
    today = clock.today(origin.timezone)
    stock = ledger.place(session, LocationKind.STOCK, site_id=shipment.origin_id)
    picked = pick(
        session,
        stock,
        wanted,
        usable_on=max(shipment.eta or today, today),
        minimum_shelf_life_days=shipment.minimum_shelf_life_days,
    )
    if picked.out_of_turn and reason_needed and not package.fefo_reason:
        items = ", ".join(item.code for item in picked.out_of_turn)
        raise Invalid.at(
            "/reason", msg("Other lots of %(items)s expire first. Say why these are taken.", items=items)
        )
    ledger.reserve(
        session,
        stock,
        [(taken.lot.lot_id, taken.quantity, f"{taken.pointer}/quantity") for taken in picked.taken],
    )
    package.lines = [
        PackageLine(item_id=taken.item.id, lot_id=taken.lot.lot_id, quantity=taken.quantity)
        for taken in picked.taken
    ]
    session.flush()
    alerts.refresh(session, {(shipment.origin_id, taken.item.id) for taken in picked.taken})
