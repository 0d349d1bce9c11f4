"""Alerts as they are listed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, or_, select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor, Role
from inventory.errors import NotFound, msg
from inventory.models import Alert, Shipment, Site
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import check_site


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What to show: codes and words, or None for all."""

    site: str | None = None
    kind: str | None = None
    severity: str | None = None
    open: bool | None = None
    acknowledged: bool | None = None


def visible(actor: Actor) -> ColumnElement[bool]:
    """Alerts of the actor's sites; those of a shipment also at the site that it left. Donors see none."""
    if actor.role is Role.DONOR:
        return Alert.id.is_(None)
    if actor.sites is None:
        return Alert.id.is_not(None)
    mine = list(actor.sites)
    sent = select(Shipment.id).where(Shipment.origin_id.in_(mine))
    return or_(Alert.site_id.in_(mine), Alert.shipment_id.in_(sent))


def where(session: Session, actor: Actor, wanted: AlertFilter) -> list[ColumnElement[bool]]:
    """The conditions of the alerts that were asked for, as far as they are the actor's business."""
    check_site(session, actor, wanted.site)
    found = [visible(actor)]
    if wanted.site is not None:
        found.append(Alert.site_id.in_(select(Site.id).where(Site.code == wanted.site)))
    if wanted.kind is not None:
        found.append(Alert.kind == wanted.kind)
    if wanted.severity is not None:
        found.append(Alert.severity == wanted.severity)
    if wanted.open is not None:
        found.append(Alert.resolved_at.is_(None) if wanted.open else Alert.resolved_at.is_not(None))
    if wanted.acknowledged is not None:
        seen = Alert.acknowledged_at
        found.append(seen.is_not(None) if wanted.acknowledged else seen.is_(None))
    return found


def _query(session: Session, actor: Actor, wanted: AlertFilter) -> Select[Any]:
    query = select(Alert).where(*where(session, actor, wanted))
    return query.options(
        selectinload(Alert.site),
        selectinload(Alert.item),
        selectinload(Alert.lot),
        selectinload(Alert.shipment),
    )


def alerts_slice(
    session: Session, actor: Actor, wanted: AlertFilter, after: int | None, limit: int
) -> Slice[Alert]:
    """Alerts, oldest first."""
    return after_id(session, _query(session, actor, wanted), Alert.id, after, limit)


def alerts_page(
    session: Session, actor: Actor, wanted: AlertFilter, number: int, size: int, *, by_site: bool = False
) -> Page[Alert]:
    """Alerts for people: the gravest first, then the newest; site after site if one likes."""
    gravity = case({"critical": 0, "warning": 1}, value=Alert.severity, else_=2)
    order: list[Any] = [gravity, Alert.opened_at.desc(), Alert.id.desc()]
    query = _query(session, actor, wanted)
    if by_site:
        query = query.outerjoin(Site, Site.id == Alert.site_id)
        order = [Site.name.asc().nulls_last(), Site.id, *order]
    query = query.order_by(*order)
    page = numbered(session, query, number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def earlier(session: Session, alerts: Iterable[Alert]) -> dict[int, Alert]:
    """alert id -> the alert that it is the return of, for those that came back."""
    wanted = {each.previous_id: each.id for each in alerts if each.previous_id is not None}
    rows = session.scalars(select(Alert).where(Alert.id.in_(list(wanted))))
    return {wanted[row.id]: row for row in rows}


def alert(session: Session, actor: Actor, alert_id: int, *, lock: bool = False) -> Alert:
    """The alert of that id, if it is the actor's business; locked if something is about to follow from it."""
    query = select(Alert).where(Alert.id == alert_id, visible(actor))
    about = (Alert.site, Alert.item, Alert.lot, Alert.shipment)
    query = query.options(*(selectinload(each) for each in about))
    query = query.execution_options(populate_existing=True)
    found: Alert | None = session.scalars(query.with_for_update(of=Alert) if lock else query).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found
