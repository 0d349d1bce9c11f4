"""Alerts about temperatures: excursions that nobody has decided on, loggers that fell silent or need calibrating.

Excursions of one logger are one alert, those that froze what must not freeze another: a refrigerator that goes up and
down all night is one matter.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.errors import Message, msg
from inventory.ledger.thresholds import rules_at
from inventory.models import Alert, Excursion, Shipment, Site, TemperatureLogger, TemperatureReading
from inventory.models.words import AlertKind, ExcursionKind, SiteStatus, Temperature
from inventory.rules import alerting
from inventory.services.alert_causes import Finding
from inventory.services.alert_life import settle

CALIBRATION_DAYS = 30
"""So many days before a calibration ends somebody is told."""


def refresh_logger(session: Session, logger: TemperatureLogger, also: int | None = None) -> None:
    """Bring the temperature alerts of the site of a logger, and of the site `also`, up to date."""
    session.flush()
    home = logger.site_id
    if logger.shipment_id is not None:
        home = session.scalar(select(Shipment.destination_id).where(Shipment.id == logger.shipment_id))
    refresh_temperatures(session, {each for each in (home, also) if each is not None})


def refresh_temperatures(session: Session, site_ids: Iterable[int]) -> None:
    """Bring the temperature alerts of some sites up to date."""
    session.flush()
    ids = sorted(set(site_ids))
    session.execute(select(Site.id).where(Site.id.in_(ids)).order_by(Site.id).with_for_update(read=True))
    for site in session.scalars(select(Site).where(Site.id.in_(ids)).order_by(Site.id)).all():
        settle_temperatures(session, site, rules_at(session, site.id), None)


def settle_temperatures(session: Session, site: Site, rules: alerting.Rules, on: date | None) -> None:
    """Open, freshen and resolve the temperature alerts of a site whose row is locked, as of its day or of `on`."""
    today = clock.today(site.timezone)
    moment = clock.now() if on in (None, today) else clock.noon(on or today, site.timezone)
    closed = site.status == SiteStatus.CLOSED
    found = [
        *about_excursions(session, site),
        *(() if closed else _about_loggers(session, site, rules, moment)),
    ]
    settle(session, found, [AlertKind.TEMPERATURE], [Alert.site_id == site.id], moment)


def about_excursions(session: Session, site: Site) -> Iterator[Finding]:
    """What was too warm, too cold or frozen at a site, or on its way there, and waits for a decision."""
    froze = case((Excursion.kind == ExcursionKind.FREEZING, 1), else_=0)
    rows = session.execute(
        select(TemperatureLogger.id, froze, func.count())
        .join(TemperatureLogger, TemperatureLogger.id == Excursion.logger_id)
        .where(Excursion.outcome.is_(None), _here(Excursion, site))
        .group_by(TemperatureLogger.id, froze)
        .order_by(TemperatureLogger.id, froze)
    ).all()
    for logger_id, frozen, count in rows:
        logger = session.get_one(TemperatureLogger, logger_id)
        worst = session.scalars(_worst(site, logger_id, bool(frozen))).first()
        if worst is None:
            continue
        grave = frozen or logger.temperature == Temperature.COLD_CHAIN
        yield Finding(
            AlertKind.TEMPERATURE,
            f"{'freezing' if frozen else 'excursion'} {logger_id}",
            _told(worst, logger, site, bool(frozen)),
            site.id,
            shipment_id=worst.shipment_id,
            quantity=int(count),
            document=logger.code,
            severity="critical" if grave else "warning",
        )


def _told(worst: Excursion, logger: TemperatureLogger, site: Site, frozen: bool) -> Message:
    facts: dict[str, Any] = {
        "site": site.code,
        "logger": logger.name or logger.code,
        "degrees": f"{worst.extreme:.1f}",
        "limit": f"{worst.limit:.1f}",
        "day": clock.today(site.timezone, worst.started_at).isoformat(),
    }
    if frozen:
        return msg(
            "%(site)s: %(logger)s read %(degrees)s °C on %(day)s where goods must not freeze. Decide about them.",
            **facts,
        )
    if worst.kind == ExcursionKind.HEAT:
        return msg(
            "%(site)s: %(logger)s read %(degrees)s °C on %(day)s, above %(limit)s °C. Decide about the goods.",
            **facts,
        )
    return msg(
        "%(site)s: %(logger)s read %(degrees)s °C on %(day)s, below %(limit)s °C. Decide about the goods.",
        **facts,
    )


def _worst(site: Site, logger_id: int, frozen: bool) -> Select[Excursion]:
    kind = Excursion.kind == ExcursionKind.FREEZING
    return (
        select(Excursion)
        .where(Excursion.outcome.is_(None), Excursion.logger_id == logger_id, _here(Excursion, site))
        .where(kind if frozen else ~kind)
        .order_by(func.abs(Excursion.extreme - Excursion.limit).desc(), Excursion.id)
        .limit(1)
    )


def _here(table: Any, site: Site) -> ColumnElement[bool]:
    """Rows of a site, and of the shipments to it."""
    coming = select(Shipment.id).where(Shipment.destination_id == site.id)
    return or_(table.site_id == site.id, table.shipment_id.in_(coming))


def _about_loggers(
    session: Session, site: Site, rules: alerting.Rules, moment: datetime
) -> Iterator[Finding]:
    """The loggers of a site that say nothing any more, or are due for calibration."""
    last = (
        select(func.max(TemperatureReading.at))
        .where(TemperatureReading.logger_id == TemperatureLogger.id)
        .correlate(TemperatureLogger)
        .scalar_subquery()
    )
    rows = session.execute(
        select(TemperatureLogger, last)
        .where(TemperatureLogger.site_id == site.id, TemperatureLogger.retired.is_(False))
        .order_by(TemperatureLogger.id)
    ).all()
    patience = rules.of(None).silent_days
    for logger, heard in rows:
        facts = {"site": site.code, "logger": logger.name or logger.code}
        since = max(filter(None, (heard, logger.placed_at, logger.created_at)))
        days = (moment - since).days
        if days >= patience:
            yield Finding(
                AlertKind.TEMPERATURE,
                f"silent {logger.id}",
                msg(
                    "%(site)s: nothing has come from %(logger)s for %(days)s days. Import what it has read.",
                    **facts,
                    days=days,
                ),
                site.id,
                quantity=days,
                threshold=patience,
                document=logger.code,
                severity="warning",
            )
        yield from _about_calibration(site, logger, facts, moment)


def _about_calibration(
    site: Site, logger: TemperatureLogger, facts: dict[str, str], moment: datetime
) -> Iterator[Finding]:
    until = logger.calibrated_until
    if until is None or until - moment > timedelta(days=CALIBRATION_DAYS):
        return
    facts = {**facts, "until": until.date().isoformat()}
    over = until.date() < clock.today(site.timezone, moment)
    text = (
        msg("%(site)s: the calibration of %(logger)s ended on %(until)s. Have it calibrated.", **facts)
        if over
        else msg("%(site)s: the calibration of %(logger)s ends on %(until)s. Have it calibrated.", **facts)
    )
    yield Finding(
        AlertKind.TEMPERATURE,
        f"calibration {logger.id}",
        text,
        site.id,
        document=logger.code,
        severity="warning" if over else "info",
    )


__all__ = ["CALIBRATION_DAYS", "refresh_logger", "refresh_temperatures", "settle_temperatures"]
