"""What stands in a person's digest, read at the moment it is written: bounded, however much is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from inventory.access import Actor, Role
from inventory.models import Alert, Requisition, Shipment, Site
from inventory.queries.alerts import visible as alerts_visible
from inventory.queries.documents import requisitions_visible

FEW = 15
"""How many alerts a mail lists; it says how many more there are."""
FEW_SITES = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One alert, with its site, item and shipment; whether it is new to the reader, whether it was ignored too long."""

    alert: Alert
    new: bool
    escalated: bool


@dataclass(frozen=True, slots=True)
class SiteLine:
    """The open alerts of one site."""

    site: Site
    critical: int
    warning: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What a person is told: the gravest alerts, how many there are by gravity, and what waits for the person.

    `fresh` counts those that were opened or escalated since the last digest; there is none before the first one.
    """

    lines: Sequence[Line]
    counts: dict[str, int]
    fresh: int
    sites: Sequence[SiteLine] = ()
    to_approve: int = 0
    to_prepare: int = 0
    arrived: int = 0
    arriving: int = 0
    proposed: int = 0

    @property
    def total(self) -> int:
        """The open alerts of the gravities that the reader asked for."""
        return sum(self.counts.values())

    @property
    def more(self) -> int:
        """The alerts that are open and not listed."""
        return self.total - len(self.lines)

    @property
    def waiting(self) -> int:
        """What waits for the reader to act, beside alerts. What is still on its way does not."""
        return self.to_approve + self.to_prepare + self.arrived + self.proposed

    def __bool__(self) -> bool:
        return bool(self.total or self.waiting)


def read(session: Session, actor: Actor, gravities: Sequence[str], since: datetime | None) -> Digest:
    """What is open at the sites of `actor`, of these gravities, that nobody has taken on, and what waits for them."""
    mine = [*_open(gravities), alerts_visible(actor)]
    return Digest(
        _lines(session, mine, since),
        _counts(session, mine),
        _fresh(session, mine, since),
        _sites(session, mine, actor),
        **_waiting(session, actor),
    )


def read_urgent(session: Session, actor: Actor, gravities: Sequence[str], since: datetime | None) -> Digest:
    """The same for somebody who is told at once: the alerts alone, and nothing where none of them is new."""
    mine = [*_open(gravities), alerts_visible(actor)]
    fresh = _fresh(session, mine, since)
    if since is not None and not fresh:
        return Digest((), {}, 0)
    return Digest(_lines(session, mine, since), _counts(session, mine), fresh)


def _open(gravities: Sequence[str]) -> list[ColumnElement[bool]]:
    return [
        Alert.resolved_at.is_(None),
        Alert.acknowledged_at.is_(None),
        Alert.severity.in_(list(gravities)),
    ]


def _news(since: datetime) -> ColumnElement[bool]:
    return or_(Alert.opened_at > since, Alert.escalated_at > since)


def _lines(session: Session, mine: list[ColumnElement[bool]], since: datetime | None) -> list[Line]:
    gravity = case({"critical": 0, "warning": 1}, value=Alert.severity, else_=2)
    new = literal(0) if since is None else case((_news(since), 1), else_=0)
    rows = session.execute(
        select(Alert, new.label("new"))
        .where(*mine)
        .options(selectinload(Alert.site), selectinload(Alert.item), selectinload(Alert.shipment))
        .order_by(gravity, new.desc(), Alert.escalation.desc(), Alert.opened_at.desc(), Alert.id.desc())
        .limit(FEW)
    )
    return [Line(alert, bool(fresh), alert.escalation > 0) for alert, fresh in rows]


def _counts(session: Session, mine: list[ColumnElement[bool]]) -> dict[str, int]:
    rows = session.execute(select(Alert.severity, func.count()).where(*mine).group_by(Alert.severity))
    return {severity: many for severity, many in rows}


def _fresh(session: Session, mine: list[ColumnElement[bool]], since: datetime | None) -> int:
    if since is None:
        return 0
    return session.scalar(select(func.count()).select_from(Alert).where(*mine, _news(since))) or 0


def _sites(session: Session, mine: list[ColumnElement[bool]], actor: Actor) -> list[SiteLine]:
    """The sites in the worst state, where the reader has several."""
    if actor.sites is not None and len(actor.sites) < 2:
        return []
    critical = func.sum(case((Alert.severity == "critical", 1), else_=0))
    warning = func.sum(case((Alert.severity == "warning", 1), else_=0))
    rows = session.execute(
        select(Alert.site_id, critical, warning)
        .where(*mine, Alert.site_id.is_not(None))
        .group_by(Alert.site_id)
        .having(critical + warning > 0)
        .order_by(critical.desc(), warning.desc(), Alert.site_id)
        .limit(FEW_SITES)
    ).all()
    known = {
        site.id: site for site in session.scalars(select(Site).where(Site.id.in_([row[0] for row in rows])))
    }
    return [SiteLine(known[site_id], int(grave), int(less)) for site_id, grave, less in rows]


def _waiting(session: Session, actor: Actor) -> dict[str, int]:
    def requisitions(status: str) -> int:
        query = select(func.count()).select_from(Requisition)
        query = query.where(Requisition.status == status, *requisitions_visible(actor))
        return session.scalar(query) or 0

    def shipments(*conditions: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(Shipment).where(*conditions)) or 0

    def ours(column: InstrumentedAttribute[int]) -> list[ColumnElement[bool]]:
        return [] if actor.sites is None else [column.in_(list(actor.sites))]

    real, to_us = Shipment.historical.is_(False), ours(Shipment.destination_id)
    proposed = Shipment.status == "draft", Shipment.needs_approval.is_(True)
    receives = actor.can("shipments.receive")
    return {
        "to_approve": requisitions("submitted") if actor.can("requisitions.approve") else 0,
        "to_prepare": requisitions("approved") if actor.role is Role.WAREHOUSE else 0,
        "arrived": shipments(Shipment.status == "arrived", real, *to_us) if receives else 0,
        "arriving": shipments(Shipment.status == "dispatched", real, *to_us),
        "proposed": (shipments(*proposed, *ours(Shipment.origin_id)) if actor.can("shipments.write") else 0),
    }
