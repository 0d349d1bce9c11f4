"""What waits for each role, for the home pages and the numbers in the navigation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, Role
from inventory.models import (
    Alert,
    ApiToken,
    Balance,
    Donation,
    Item,
    Location,
    Lot,
    Requisition,
    Shipment,
    Site,
    StockEvent,
    User,
)
from inventory.queries import count_sheets, cycle_counts
from inventory.queries.alerts import visible as alerts_visible
from inventory.queries.documents import requisitions_visible
from inventory.queries.register import unsigned_count
from inventory.queries.shipments import visible as shipments_visible
from inventory.rules.counting import Tolerance
from inventory.rules.effects import LocationKind

FEW = 6
"""How many of each kind a home page shows."""


@dataclass(frozen=True, slots=True)
class SiteState:
    """One site at a glance: its open alerts by gravity, and when it last told what it dispensed."""

    site: Site
    critical: int
    warning: int
    last_told: date | None


@dataclass(slots=True)
class Home:
    """What waits for somebody, and how much of it there is in all."""

    counts: dict[str, int]
    alerts: Sequence[Alert] = ()
    requisitions: Sequence[Requisition] = ()
    arriving: Sequence[Shipment] = ()
    to_pack: Sequence[Shipment] = ()
    aside: Sequence[tuple[Item, Lot, Site, int]] = ()
    sites: Sequence[SiteState] = ()
    figures: dict[str, int] = field(default_factory=dict)
    sheets: dict[str, int] = field(default_factory=dict)
    to_count: Sequence[tuple[Site, int]] = ()
    unsigned: int = 0


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many alerts, requisitions and shipments wait for somebody of this role at these sites."""
    return {
        "alerts": _count(
            session,
            Alert,
            Alert.resolved_at.is_(None),
            Alert.acknowledged_at.is_(None),
            Alert.severity != "info",
            alerts_visible(actor),
        ),
        "requisitions": _count(
            session, Requisition, Requisition.status.in_(_waiting(actor)), *requisitions_visible(actor)
        ),
        "shipments": _count(
            session, Shipment, Shipment.status.in_(["dispatched", "arrived"]), shipments_visible(actor)
        ),
    }


def home(session: Session, actor: Actor) -> Home:
    """The home page of a member of staff."""
    found = Home(counts(session, actor))
    gravest = select(Alert).where(Alert.resolved_at.is_(None), alerts_visible(actor))
    gravest = gravest.where(Alert.acknowledged_at.is_(None), Alert.severity != "info")
    found.alerts = session.scalars(
        gravest.options(selectinload(Alert.site), selectinload(Alert.item), selectinload(Alert.shipment))
        .order_by(Alert.severity, Alert.opened_at.desc(), Alert.id.desc())
        .limit(FEW)
    ).all()
    waiting = select(Requisition).where(Requisition.status.in_(_waiting(actor)), *requisitions_visible(actor))
    found.requisitions = session.scalars(
        waiting.options(selectinload(Requisition.site), selectinload(Requisition.lines))
        .order_by(Requisition.kind, Requisition.id)
        .limit(FEW)
    ).all()
    ends = selectinload(Shipment.origin), selectinload(Shipment.destination)
    arriving = select(Shipment).where(
        Shipment.status.in_(["dispatched", "arrived"]), shipments_visible(actor)
    )
    found.arriving = session.scalars(
        arriving.options(*ends).order_by(Shipment.eta, Shipment.id).limit(FEW)
    ).all()
    if actor.can("shipments.write"):
        drafts = select(Shipment).where(Shipment.status == "draft", shipments_visible(actor))
        found.to_pack = session.scalars(drafts.options(*ends).order_by(Shipment.id).limit(FEW)).all()
        found.aside = _aside(session, actor)
    if actor.can("register.sign"):
        found.unsigned = unsigned_count(session, actor)
    if actor.can("counts.write"):
        found.sheets = count_sheets.waiting(session, actor)
        found.to_count = _to_count(session, actor)
    if actor.sites is None:
        found.sites = _states(session)
    if actor.role is Role.ADMIN:
        found.figures = _figures(session)
    return found


def _to_count(session: Session, actor: Actor) -> list[tuple[Site, int]]:
    """How many items are due for a cycle count at each site of somebody who works at a few."""
    if actor.sites is None or len(actor.sites) > FEW:
        return []
    sites = session.scalars(select(Site).where(Site.id.in_(actor.sites), Site.status != "closed"))
    due = [(site, len(cycle_counts.cycle(session, site, Tolerance()).due)) for site in sites]
    return [(site, many) for site, many in due if many]


def _waiting(actor: Actor) -> list[str]:
    """The states of requisitions that wait for this role."""
    if actor.can("requisitions.approve") or actor.role is Role.VIEWER:
        return ["submitted"]
    return ["approved"] if actor.role is Role.WAREHOUSE else ["draft"]


def _aside(session: Session, actor: Actor) -> list[tuple[Item, Lot, Site, int]]:
    """Lots in quarantine, the first to expire first: somebody must decide on them."""
    query = (
        select(Item, Lot, Site, Balance.on_hand)
        .select_from(Balance)
        .join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Location.kind == LocationKind.QUARANTINE, Balance.on_hand > 0, *_at(actor, Location.site_id))
        .order_by(func.coalesce(Lot.expires_on, date.max), Lot.id)
        .limit(FEW)
    )
    return [(item, lot, site, on_hand) for item, lot, site, on_hand in session.execute(query)]


def _at(actor: Actor, column: Any) -> list[ColumnElement[bool]]:
    return [] if actor.sites is None else [column.in_(list(actor.sites))]


def _states(session: Session) -> list[SiteState]:
    rows = session.execute(
        select(Alert.site_id, Alert.severity, func.count())
        .where(Alert.resolved_at.is_(None))
        .group_by(Alert.site_id, Alert.severity)
    )
    open_alerts = {(site_id, severity): many for site_id, severity, many in rows}
    told = {
        site_id: day
        for site_id, day in session.execute(
            select(StockEvent.site_id, func.max(StockEvent.occurred_on))
            .where(StockEvent.kind == "consumption")
            .group_by(StockEvent.site_id)
        )
    }
    sites = session.scalars(
        select(Site).where(Site.kind != "partner", Site.status != "closed").order_by(Site.kind, Site.code)
    )
    states = [
        SiteState(
            site,
            open_alerts.get((site.id, "critical"), 0),
            open_alerts.get((site.id, "warning"), 0),
            told.get(site.id),
        )
        for site in sites
    ]
    return sorted(states, key=lambda each: (-each.critical, -each.warning, each.site.code))


def _figures(session: Session) -> dict[str, int]:
    since = clock.now() - timedelta(days=30)
    return {
        "accounts": _count(session, User, User.active.is_(True)),
        "signed_in": _count(session, User, User.last_login_at >= since),
        "tokens": _count(session, ApiToken, ApiToken.revoked_at.is_(None)),
        "sites": _count(session, Site, Site.status != "closed"),
        "items": _count(session, Item),
        "donations": _count(session, Donation),
    }


def _count(session: Session, table: type, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
