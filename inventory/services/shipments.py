"""Shipments: drafted, told of by milestones, cancelled. Packing and shipping have files of their own."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, msg
from inventory.models import (
    Package,
    PackageLine,
    Requisition,
    Shipment,
    ShipmentEvent,
    ShipmentReceiptLine,
    Site,
)
from inventory.models.words import Classifier, Container, Milestone, Mode
from inventory.rules.effects import LocationKind
from inventory.rules.transitions import check
from inventory.services import alerts, audit
from inventory.services.checks import Checks, not_closed
from inventory.services.numbers import next_number
from inventory.services.requisitions import follow_shipment

SKEW = timedelta(minutes=5)
"""How far a clock may run ahead of ours."""


@dataclass(frozen=True, slots=True)
class NewShipment:
    """A journey from one site to another, perhaps for a requisition."""

    origin: str
    destination: str
    mode: str
    eta: date | None = None
    requisition: str | None = None
    container: str | None = None
    minimum_shelf_life_days: int | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A milestone: it happened (`actual`), or is expected (`estimated`, `planned`)."""

    milestone: str
    occurred_at: datetime
    classifier: str = Classifier.ACTUAL
    place: str | None = None
    note: str | None = None


def draft(session: Session, actor: Actor, command: NewShipment) -> Shipment:
    """Start a shipment."""
    require(actor, "shipments.write")
    checks = Checks(session)
    origin = checks.site(command.origin, "/origin")
    destination = checks.site(command.destination, "/destination")
    if origin is not None and destination is not None and origin.id == destination.id:
        checks.add("/destination", msg("Choose another site than the one it leaves from."))
    if not command.mode:
        checks.add("/mode", msg("Say how it travels."))
    checks.word(command.mode or None, Mode, "/mode")
    checks.word(command.container or None, Container, "/container")
    checks.day(command.eta, "/eta", required=False)
    days = command.minimum_shelf_life_days or 0
    if not 0 <= days <= 3650:
        checks.add("/minimum_shelf_life_days", msg("This must be between 0 and 3650 days."))
    reference = checks.text(command.reference, "/reference")
    requisition = _requisition(session, checks, command, destination)
    checks.check()
    assert origin is not None and destination is not None
    require_site(actor, "shipments.write", origin.id)
    not_closed(origin)
    not_closed(destination)
    shipment = Shipment(
        number=next_number(session, "SHP"),
        origin_id=origin.id,
        destination_id=destination.id,
        mode=command.mode,
        status="draft",
        eta=command.eta,
        requisition_id=requisition.id if requisition else None,
        container=command.container or None,
        minimum_shelf_life_days=days,
        reference=reference,
        created_by_id=actor.user_id,
        packages=[],
        events=[],
        receipt_lines=[],
    )
    session.add(shipment)
    session.flush()
    audit.note(session, actor, "create", shipment.number)
    return get_shipment(session, actor, shipment.number)


def _requisition(
    session: Session, checks: Checks, command: NewShipment, destination: Site | None
) -> Requisition | None:
    if not command.requisition:
        return None
    found = session.scalars(
        select(Requisition).where(Requisition.number == command.requisition).with_for_update()
    ).one_or_none()
    if found is None:
        text = msg("There is no requisition with the number %(number)s.", number=command.requisition)
        checks.add("/requisition", text)
    elif destination is not None and found.site_id != destination.id:
        checks.add("/requisition", msg("%(number)s was asked by another site.", number=command.requisition))
    elif found.status not in ("approved", "in_shipment"):
        text = msg("%(number)s is not approved.", number=command.requisition)
        raise Conflict(text, [FieldError("/requisition", text)])
    return found


def record_event(session: Session, actor: Actor, number: str, command: NewEvent) -> Shipment:
    """Append a milestone. That it was actually delivered makes a shipment `arrived`."""
    require(actor, "shipments.receive")
    shipment = locked_shipment(session, actor, number)
    checks = Checks(session)
    checks.word(command.milestone or None, Milestone, "/milestone")
    if not command.milestone:
        checks.add("/milestone", msg("Say what happened."))
    checks.word(command.classifier, Classifier, "/classifier")
    place = checks.text(command.place, "/place")
    note = checks.text(command.note, "/note", most=2000, lines=True)
    actual = command.classifier == Classifier.ACTUAL
    past(checks, command.occurred_at if actual else None, "/occurred_at")
    checks.check()
    delivered = actual and command.milestone == Milestone.DELIVERED
    status = check("shipment", shipment.status, "deliver" if delivered else "record")
    if delivered and shipment.dispatched_at is not None and command.occurred_at < shipment.dispatched_at:
        raise Invalid.at("/occurred_at", msg("It cannot be delivered before it was dispatched."))
    session.add(
        ShipmentEvent(
            shipment_id=shipment.id,
            milestone=command.milestone,
            classifier=command.classifier,
            occurred_at=command.occurred_at,
            place=place,
            note=note,
            recorded_by_id=actor.user_id,
        )
    )
    shipment.status = status
    session.flush()
    alerts.refresh_shipment(session, shipment)
    return get_shipment(session, actor, number)


def set_eta(session: Session, actor: Actor, number: str, eta: date | None) -> Shipment:
    """Change when a shipment is expected; the old date stays in the audit log."""
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    checks = Checks(session)
    checks.day(eta, "/eta", required=False)
    checks.check()
    if shipment.status not in ("draft", "dispatched"):
        check("shipment", shipment.status, "pack")
    audit.note(session, actor, "eta", shipment.number, before=str(shipment.eta), after=str(eta))
    shipment.eta = eta
    alerts.refresh_shipment(session, shipment)
    return get_shipment(session, actor, number)


def cancel(session: Session, actor: Actor, number: str) -> Shipment:
    """Drop a draft: what was reserved for it is free again.

    Its requisition waits for another shipment, or is fulfilled if others of it have been received.
    """
    require(actor, "shipments.write")
    shipment = locked_shipment(session, actor, number)
    require_site(actor, "shipments.write", shipment.origin_id)
    shipment.status = check("shipment", shipment.status, "cancel")
    session.flush()
    lines = packed_lines(session, shipment)
    if lines:
        stock = ledger.place(session, LocationKind.STOCK, site_id=shipment.origin_id)
        ledger.release(session, stock, [(line.lot_id, line.quantity) for line in lines])
        alerts.refresh(session, {(shipment.origin_id, line.item_id) for line in lines})
    follow_shipment(session, actor, shipment.requisition_id, "fulfil")
    audit.note(session, actor, "cancel", shipment.number)
    session.flush()
    return get_shipment(session, actor, number)


def get_shipment(session: Session, actor: Actor, number: str) -> Shipment:
    """A shipment with all that belongs to it, for staff of either end."""
    found = session.scalars(
        select(Shipment)
        .where(Shipment.number == number)
        .options(*everything())
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or not (actor.sees_site(found.origin_id) or actor.sees_site(found.destination_id)):
        raise NotFound(msg("Not found."))
    return found


def everything() -> tuple[ExecutableOption, ...]:
    """The loading options that read a shipment whole."""
    lines = selectinload(Shipment.packages).selectinload(Package.lines)
    return (
        selectinload(Shipment.origin),
        selectinload(Shipment.destination),
        selectinload(Shipment.requisition),
        selectinload(Shipment.packages).lazyload(Package.parent),
        lines.selectinload(PackageLine.item),
        lines.selectinload(PackageLine.lot),
        selectinload(Shipment.events),
        selectinload(Shipment.receipt_lines).selectinload(ShipmentReceiptLine.lot),
    )


def locked_shipment(session: Session, actor: Actor, number: str) -> Shipment:
    """The shipment alone, locked until the transaction ends, for staff of either end."""
    found = session.scalars(
        select(Shipment)
        .where(Shipment.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or not (actor.sees_site(found.origin_id) or actor.sees_site(found.destination_id)):
        raise NotFound(msg("Not found."))
    return found


def packed_lines(session: Session, shipment: Shipment) -> list[PackageLine]:
    """Every line of every package, with its lot and item."""
    return list(
        session.scalars(
            select(PackageLine)
            .join(Package, Package.id == PackageLine.package_id)
            .where(Package.shipment_id == shipment.id)
            .options(selectinload(PackageLine.lot), selectinload(PackageLine.item))
            .order_by(PackageLine.id)
        )
    )


def past(checks: Checks, at: datetime | None, pointer: str) -> None:
    """What happened cannot lie ahead."""
    if at is not None and at > clock.now() + SKEW:
        checks.add(pointer, msg("This has not happened yet: the time lies ahead."))


def at_site(actor: Actor, permission: str, site: Site) -> None:
    """Raise Forbidden unless the actor may do this at that end of the shipment."""
    require(actor, permission)
    if not actor.sees_site(site.id):
        raise Forbidden(msg("Only the team of %(site)s can do this.", site=site.code))


def approved(shipment: Shipment) -> None:
    """Raise Conflict where a person has to approve it before it may leave, and nobody has."""
    if shipment.needs_approval and shipment.approved_at is None:
        raise Conflict(
            msg(
                "This shipment was proposed to save stock from expiring: a coordinator has to approve it first."
            )
        )
