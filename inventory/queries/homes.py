"""What waits for each role, for the home pages and the numbers in the navigation."""

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from inventory.access import Actor, Role
from inventory.models import Alert, Requisition, Shipment, Site


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many alerts, requisitions and shipments wait for somebody of this role at these sites."""
    return {
        "alerts": _count(
            session,
            Alert,
            Alert.resolved_at.is_(None),
            Alert.acknowledged_at.is_(None),
            at_sites(actor, Alert.site_id),
        ),
        "requisitions": _count(
            session,
            Requisition,
            Requisition.status.in_(_waiting_requisitions(actor)),
            at_sites(actor, Requisition.site_id),
        ),
        "shipments": _count(
            session,
            Shipment,
            Shipment.status.in_(["dispatched", "arrived"]),
            or_(at_sites(actor, Shipment.destination_id), at_sites(actor, Shipment.origin_id)),
        ),
    }


def _waiting_requisitions(actor: Actor) -> list[str]:
    if actor.can("requisitions.approve"):
        return ["submitted"]
    return ["approved"] if actor.role is Role.WAREHOUSE else ["draft"]


def at_sites(actor: Actor, column: object) -> ColumnElement[bool]:
    """A condition that keeps a site column to the actor's sites; a warehouse also sees whom it supplies."""
    if actor.sites is None:
        return column.is_not(None)  # type: ignore[attr-defined, no-any-return]
    sites: ColumnElement[bool] = column.in_(list(actor.sites))  # type: ignore[attr-defined]
    if column is Requisition.site_id and actor.role is Role.WAREHOUSE:
        supplied = select(Site.id).where(Site.supplied_by_id.in_(list(actor.sites)))
        return or_(sites, column.in_(supplied))
    return sites


def _count(session: Session, table: type, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
