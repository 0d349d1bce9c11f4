"""Temperature loggers: written down, put somewhere, moved, retired."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, NotFound, msg
from inventory.models import Bin, Excursion, Shipment, Site, TemperatureLogger
from inventory.models.words import Temperature
from inventory.rules.temperature import HIGHEST, LOWEST, allowed
from inventory.services import audit
from inventory.services.alert_temperatures import refresh_logger
from inventory.services.checks import Checks, not_closed

_PLACES = (TemperatureLogger.site, TemperatureLogger.bin, TemperatureLogger.shipment)


def add_logger(session: Session, actor: Actor, fields: Mapping[str, Any]) -> TemperatureLogger:
    """Write down a logger.

    `code` (its serial number is best: files say it) and `site` or `shipment` are needed; `bin` of the site, `name`,
    `temperature` (the storage class that it watches over), `low` and `high` (°C, in place of what the class allows),
    `holds_freeze_sensitive` and `calibrated_until` (a day) may be given. Raises Invalid, or Conflict for a code that is
    taken.
    """
    require(actor, "temperatures.write")
    checks = Checks(session)
    logger = TemperatureLogger(code=checks.code(fields.get("code")), temperature=Temperature.COLD_CHAIN)
    _describe(checks, logger, fields)
    place = _place(checks, actor, fields)
    checks.check()
    taken = session.scalars(select(TemperatureLogger.id).where(TemperatureLogger.code == logger.code)).first()
    if taken is not None:
        text = msg("There is a logger with the code %(code)s already.", code=logger.code)
        raise Conflict(text, [FieldError("/code", text)])
    logger.site_id, logger.bin_id, logger.shipment_id = place
    session.add(logger)
    session.flush()
    audit.note(session, actor, "logger", f"logger {logger.code}", temperature=logger.temperature)
    refresh_logger(session, logger)
    return get_logger(session, actor, logger.code, "temperatures.write")


def change_logger(
    session: Session, actor: Actor, code: str, fields: Mapping[str, Any]
) -> tuple[TemperatureLogger, bool]:
    """Put right what is said of a logger, its code and place apart; whether other limits hold from now on.

    The class cannot change while excursions wait for a decision: nobody would know any more which goods they concern.
    """
    logger = get_logger(session, actor, code, "temperatures.write", lock=True)
    checks = Checks(session)
    before = _limits(logger)
    with session.no_autoflush:
        _describe(checks, logger, fields)
        checks.check()
    after = _limits(logger)
    if after[0] != before[0] and _undecided(session, logger):
        text = msg("Decide on its excursions first: they are judged by the class that it had.")
        raise Conflict(text, [FieldError("/temperature", text)])
    session.flush()
    audit.note(session, actor, "logger_change", f"logger {logger.code}", fields=sorted(fields))
    refresh_logger(session, logger)
    return logger, after != before


def move_logger(session: Session, actor: Actor, code: str, fields: Mapping[str, Any]) -> TemperatureLogger:
    """Put a logger elsewhere: `site` and perhaps `bin`, or `shipment`; `since` (an instant, now where none is given).

    What it read before that is kept, and not judged for the new place.
    """
    logger = get_logger(session, actor, code, "temperatures.write", lock=True)
    if logger.retired:
        raise Conflict(msg("This logger is retired. Bring it back first."))
    checks = Checks(session)
    site_id, bin_id, shipment_id = _place(checks, actor, fields)
    since: datetime = fields.get("since") or clock.now()
    if since > clock.now() + timedelta(minutes=5):
        checks.add("/since", msg("This lies in the future."))
    if logger.placed_at is not None and since < logger.placed_at:
        checks.add("/since", msg("It was moved to where it is now after that."))
    checks.check()
    old = logger.site_id, logger.bin_id, logger.shipment_id
    if old == (site_id, bin_id, shipment_id):
        raise Conflict(msg("It is there already."))
    left = _home(session, logger)
    logger.site_id, logger.bin_id, logger.shipment_id = site_id, bin_id, shipment_id
    logger.placed_at = since
    session.flush()
    data = {name: value for name, value in fields.items() if name in ("site", "bin", "shipment") and value}
    audit.note(session, actor, "logger_move", f"logger {logger.code}", since=since.isoformat(), **data)
    refresh_logger(session, logger, also=left)
    return get_logger(session, actor, logger.code, "temperatures.write")


def retire_logger(session: Session, actor: Actor, code: str, *, retired: bool = True) -> TemperatureLogger:
    """Say that a logger is not used any more (or is again): nobody is reminded of it. What it read stays."""
    logger = get_logger(session, actor, code, "temperatures.write", lock=True)
    if logger.retired != retired:
        logger.retired = retired
        session.flush()
        audit.note(session, actor, "logger_retire" if retired else "logger_return", f"logger {logger.code}")
        refresh_logger(session, logger)
    return logger


def get_logger(
    session: Session, actor: Actor, code: str, permission: str, *, lock: bool = False
) -> TemperatureLogger:
    """The logger of that code with its place, if it is the actor's business."""
    require(actor, permission)
    query = select(TemperatureLogger).where(TemperatureLogger.code == code)
    query = query.options(*(selectinload(each) for each in _PLACES)).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update(of=TemperatureLogger) if lock else query).one_or_none()
    if found is None or not _mine(actor, found):
        raise NotFound(msg("There is no logger with the code %(code)s.", code=code))
    return found


def _mine(actor: Actor, logger: TemperatureLogger) -> bool:
    if logger.shipment is not None:
        ends = logger.shipment.origin_id, logger.shipment.destination_id
        return any(actor.sees_site(each) for each in ends)
    return actor.sees_site(logger.site_id)


def _home(session: Session, logger: TemperatureLogger) -> int | None:
    """The site whose alerts a logger is among."""
    if logger.shipment_id is None:
        return logger.site_id
    return session.scalar(select(Shipment.destination_id).where(Shipment.id == logger.shipment_id))


def _limits(logger: TemperatureLogger) -> tuple[str, Decimal | None, Decimal | None, bool]:
    return logger.temperature, logger.low, logger.high, logger.holds_freeze_sensitive


def _undecided(session: Session, logger: TemperatureLogger) -> int:
    query = select(func.count()).where(Excursion.logger_id == logger.id, Excursion.outcome.is_(None))
    return session.scalar(query) or 0


def _place(
    checks: Checks, actor: Actor, fields: Mapping[str, Any]
) -> tuple[int | None, int | None, int | None]:
    """(site id, bin id, shipment id) of where a logger is put; what is wrong goes to `checks`."""
    if fields.get("shipment"):
        return None, None, _shipment(checks, actor, str(fields["shipment"]))
    site: Site | None = checks.site(fields.get("site"))
    if site is None:
        return None, None, None
    if not actor.sees_site(site.id):
        checks.add("/site", msg("This site is not one of yours."))
        return None, None, None
    checks.own_stock(site)
    not_closed(site)
    if not fields.get("bin"):
        return site.id, None, None
    query = select(Bin.id).where(Bin.site_id == site.id, Bin.code == fields["bin"], Bin.closed_on.is_(None))
    bin_id = checks.session.scalars(query).one_or_none()
    if bin_id is None:
        checks.add("/bin", msg("There is no bin %(code)s at this site.", code=str(fields["bin"])[:32]))
    return site.id, bin_id, None


def _shipment(checks: Checks, actor: Actor, number: str) -> int | None:
    mine = True if actor.sites is None else None
    query = select(Shipment.id, Shipment.status).where(Shipment.number == number)
    if mine is None:
        ends = list(actor.sites or ())
        query = query.where(or_(Shipment.origin_id.in_(ends), Shipment.destination_id.in_(ends)))
    row = checks.session.execute(query).one_or_none()
    if row is None:
        checks.add("/shipment", msg("There is no shipment with the number %(number)s.", number=number[:32]))
        return None
    if row.status == "cancelled":
        checks.add("/shipment", msg("This shipment was cancelled."))
    return int(row.id)


def _describe(checks: Checks, logger: TemperatureLogger, fields: Mapping[str, Any]) -> None:
    """Set what `fields` says of a logger; what it leaves out stays."""
    if "name" in fields:
        logger.name = checks.text(fields["name"], "/name")
    if fields.get("temperature") is not None:
        word = checks.word(fields["temperature"], Temperature, "/temperature", required=True)
        logger.temperature = word or logger.temperature
    for name in ("low", "high"):
        if name in fields:
            setattr(logger, name, _degrees(checks, fields[name], f"/{name}"))
    if fields.get("holds_freeze_sensitive") is not None:
        logger.holds_freeze_sensitive = bool(fields["holds_freeze_sensitive"])
    if "calibrated_until" in fields:
        day: date | None = fields["calibrated_until"]
        logger.calibrated_until = None
        if day is not None and checks.day(day, "/calibrated_until"):
            logger.calibrated_until = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    limits = allowed(logger.temperature, logger.low, logger.high)
    if limits.low >= limits.high:
        checks.add(
            "/high",
            msg("The highest must be above the lowest, which is %(low)s °C.", low=f"{limits.low:.1f}"),
        )
    if logger.holds_freeze_sensitive and logger.temperature == Temperature.FROZEN:
        checks.add("/holds_freeze_sensitive", msg("What must not freeze does not lie in a freezer."))


def _degrees(checks: Checks, value: Decimal | None, pointer: str) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or not LOWEST <= value <= HIGHEST:
        checks.add(
            pointer, msg("This must be between %(low)s and %(high)s °C.", low=str(LOWEST), high=str(HIGHEST))
        )
        return None
    if value != round(value, 2):
        checks.add(pointer, msg("At most %(places)s decimals are allowed.", places=2))
        return None
    return value
