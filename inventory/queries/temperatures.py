"""Temperature loggers, what they read and what was out of range, as pages and programs ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, extract, func, or_, select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor, Role, require
from inventory.models import (
    Bin,
    Excursion,
    Shipment,
    Site,
    TemperatureFile,
    TemperatureLogger,
    TemperatureReading,
)
from inventory.models.words import ExcursionKind
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import check_site
from inventory.rules.temperature import usual_interval

LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class LoggerRow:
    """A logger, what it read last and when, and how many of its excursions wait for a decision."""

    logger: TemperatureLogger
    last_at: datetime | None
    celsius: Decimal | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """The readings of a stretch of time: when the first and the last were, the lowest, the highest, how many."""

    index: int
    first_at: datetime
    last_at: datetime
    low: Decimal
    high: Decimal
    count: int


def _mine(actor: Actor, table: Any) -> ColumnElement[bool]:
    """Loggers or excursions of the actor's sites, and of shipments from or to them."""
    if actor.role is Role.DONOR:
        return table.id.is_(None)  # type: ignore[no-any-return]
    if actor.sites is None:
        return table.id.is_not(None)  # type: ignore[no-any-return]
    ends = list(actor.sites)
    sent = select(Shipment.id).where(or_(Shipment.origin_id.in_(ends), Shipment.destination_id.in_(ends)))
    return or_(table.site_id.in_(ends), table.shipment_id.in_(sent))


def _loggers(session: Session, actor: Actor, site: str | None, *, retired: bool) -> Select[Any]:
    require(actor, "temperatures.see")
    check_site(session, actor, site)
    query = select(TemperatureLogger).where(_mine(actor, TemperatureLogger))
    if site is not None:
        query = query.where(TemperatureLogger.site_id.in_(select(Site.id).where(Site.code == site)))
    if not retired:
        query = query.where(TemperatureLogger.retired.is_(False))
    return query.options(
        selectinload(TemperatureLogger.site),
        selectinload(TemperatureLogger.bin),
        selectinload(TemperatureLogger.shipment),
    )


def loggers_page(
    session: Session, actor: Actor, site: str | None, number: int, size: int, *, retired: bool = False
) -> Page[LoggerRow]:
    """Loggers for people, those first that somebody has to decide about."""
    waiting = _waiting()
    query = _loggers(session, actor, site, retired=retired)
    query = query.order_by(case((waiting > 0, 0), else_=1), TemperatureLogger.retired, TemperatureLogger.code)
    page = numbered(session, query, number, size)
    return Page(_rows(session, [row[0] for row in page.rows]), page.number, page.size, page.total)


def loggers_slice(
    session: Session, actor: Actor, site: str | None, after: int | None, limit: int
) -> Slice[LoggerRow]:
    """Loggers for programs, the retired ones too, the oldest first."""
    found = after_id(
        session, _loggers(session, actor, site, retired=True), TemperatureLogger.id, after, limit
    )
    return Slice(_rows(session, found.rows), found.next)


def logger_row(session: Session, logger: TemperatureLogger) -> LoggerRow:
    """One logger, as it is listed."""
    return _rows(session, [logger])[0]


def _waiting() -> ColumnElement[int]:
    return (
        select(func.count())
        .where(Excursion.logger_id == TemperatureLogger.id, Excursion.outcome.is_(None))
        .correlate(TemperatureLogger)
        .scalar_subquery()
    )


def _rows(session: Session, loggers: Sequence[TemperatureLogger]) -> list[LoggerRow]:
    last = (
        select(func.max(TemperatureReading.at))
        .where(TemperatureReading.logger_id == TemperatureLogger.id)
        .correlate(TemperatureLogger)
        .scalar_subquery()
    )
    query = (
        select(TemperatureLogger.id, TemperatureReading.at, TemperatureReading.celsius, _waiting())
        .outerjoin(
            TemperatureReading,
            (TemperatureReading.logger_id == TemperatureLogger.id) & (TemperatureReading.at == last),
        )
        .where(TemperatureLogger.id.in_([each.id for each in loggers]))
    )
    told = {row[0]: row for row in session.execute(query)}
    return [LoggerRow(each, *told[each.id][1:]) for each in loggers]


# ---- readings ----------------------------------------------------------------------------------------------------


def span(session: Session, logger_id: int) -> tuple[datetime, datetime] | None:
    """When a logger read first and last; None where it never did."""
    first, last = session.execute(
        select(func.min(TemperatureReading.at), func.max(TemperatureReading.at)).where(
            TemperatureReading.logger_id == logger_id
        )
    ).one()
    return None if first is None or last is None else (first, last)


def interval(session: Session, logger_id: int, last: datetime) -> timedelta | None:
    """How often a logger read, up to that time."""
    query = (
        select(TemperatureReading.at)
        .where(TemperatureReading.logger_id == logger_id, TemperatureReading.at <= last)
        .order_by(TemperatureReading.at.desc())
        .limit(LOOKED_AT)
    )
    return usual_interval(session.scalars(query).all())


def buckets(session: Session, logger_id: int, start: datetime, end: datetime, most: int) -> list[Bucket]:
    """The readings from `start` until `end`, put together by the database into at most `most` stretches as long."""
    seconds = max(1, -(-int((end - start).total_seconds()) // most))
    since = int(start.timestamp())
    index = (cast(extract("epoch", TemperatureReading.at), BigInteger) - since) // seconds
    rows = session.execute(
        select(
            index.label("n"),
            func.min(TemperatureReading.at),
            func.max(TemperatureReading.at),
            func.min(TemperatureReading.celsius),
            func.max(TemperatureReading.celsius),
            func.count(),
        )
        .where(TemperatureReading.logger_id == logger_id)
        .where(TemperatureReading.at >= start, TemperatureReading.at < end)
        .group_by("n")
        .order_by("n")
    )
    return [Bucket(*row) for row in rows]


def readings_slice(
    session: Session, logger_id: int, since: datetime | None, after: datetime | None, limit: int
) -> Slice[TemperatureReading]:
    """Readings from `since` on, the oldest first."""
    query = select(TemperatureReading).where(TemperatureReading.logger_id == logger_id)
    if since is not None:
        query = query.where(TemperatureReading.at >= since)
    if after is not None:
        query = query.where(TemperatureReading.at > after)
    rows = list(session.scalars(query.order_by(TemperatureReading.at).limit(limit + 1)))
    more = len(rows) > limit
    return Slice(rows[:limit], rows[limit - 1].at if more else None)


def files(session: Session, logger_id: int, most: int) -> Sequence[TemperatureFile]:
    """The files that were taken in last."""
    query = select(TemperatureFile).where(TemperatureFile.logger_id == logger_id)
    return session.scalars(query.order_by(TemperatureFile.id.desc()).limit(most)).all()


# ---- excursions --------------------------------------------------------------------------------------------------

_ABOUT = (Excursion.logger, Excursion.site, Excursion.bin, Excursion.shipment)


def _excursions(session: Session, actor: Actor, site: str | None, waiting: bool | None) -> Select[Any]:
    require(actor, "temperatures.see")
    check_site(session, actor, site)
    query = select(Excursion).where(_mine(actor, Excursion))
    if site is not None:
        ids = select(Site.id).where(Site.code == site)
        coming = select(Shipment.id).where(Shipment.destination_id.in_(ids))
        query = query.where(or_(Excursion.site_id.in_(ids), Excursion.shipment_id.in_(coming)))
    if waiting is not None:
        query = query.where(Excursion.outcome.is_(None) if waiting else Excursion.outcome.is_not(None))
    return query.options(*(selectinload(each) for each in _ABOUT))


def excursions_page(
    session: Session, actor: Actor, site: str | None, waiting: bool | None, number: int, size: int
) -> Page[Excursion]:
    """Excursions for people: those that froze something first, then the newest."""
    query = _excursions(session, actor, site, waiting)
    frost = case(
        ((Excursion.kind == ExcursionKind.FREEZING) & Excursion.outcome.is_(None), 0),
        else_=1,
    )
    page = numbered(
        session, query.order_by(frost, Excursion.started_at.desc(), Excursion.id.desc()), number, size
    )
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def excursions_slice(
    session: Session, actor: Actor, site: str | None, waiting: bool | None, after: int | None, limit: int
) -> Slice[Excursion]:
    """Excursions for programs, as they were found."""
    return after_id(session, _excursions(session, actor, site, waiting), Excursion.id, after, limit)


def excursions_of(
    session: Session, logger_id: int, start: datetime, end: datetime, most: int = 200
) -> Sequence[Excursion]:
    """The excursions of a logger that touch a stretch of time, in its order."""
    query = select(Excursion).where(Excursion.logger_id == logger_id)
    query = query.where(Excursion.started_at < end, Excursion.ended_at >= start)
    return session.scalars(query.order_by(Excursion.started_at, Excursion.id).limit(most)).all()


def at_site(session: Session, site_id: int) -> tuple[int, int]:
    """(loggers in use at a site, excursions of the site that wait for a decision)."""
    loggers = session.scalar(
        select(func.count()).where(TemperatureLogger.site_id == site_id, TemperatureLogger.retired.is_(False))
    )
    waiting = session.scalar(
        select(func.count()).where(Excursion.site_id == site_id, Excursion.outcome.is_(None))
    )
    return loggers or 0, waiting or 0


def places(session: Session, actor: Actor) -> tuple[list[tuple[Site, list[Bin]]], list[Shipment]]:
    """Where a logger may be put: the actor's open sites with their bins, and shipments that have not arrived."""
    sites = select(Site).where(Site.status != "closed", Site.kind != "partner").order_by(Site.code)
    shipments = select(Shipment).where(Shipment.status.in_(["draft", "dispatched"])).order_by(Shipment.id)
    if actor.sites is not None:
        ends = list(actor.sites)
        sites = sites.where(Site.id.in_(ends))
        shipments = shipments.where(or_(Shipment.origin_id.in_(ends), Shipment.destination_id.in_(ends)))
    found = session.scalars(sites).all()
    bins = session.scalars(
        select(Bin)
        .where(Bin.site_id.in_([each.id for each in found]), Bin.closed_on.is_(None))
        .order_by(Bin.site_id, Bin.sequence, Bin.code)
    ).all()
    under = [(site, [each for each in bins if each.site_id == site.id]) for site in found]
    return under, list(session.scalars(shipments.limit(200)).all())
