"""Readings of temperature loggers: taken in, each once, and judged: what was out of range is an excursion."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, extract, func, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.db import write_rows
from inventory.errors import Conflict, FieldError, Invalid, msg
from inventory.exchange.logger_files import Asked, Survey, readings, serial_of, survey
from inventory.models import Excursion, Site, TemperatureFile, TemperatureLogger, TemperatureReading
from inventory.rules.temperature import (
    HIGHEST,
    LEAST_GAP,
    LOWEST,
    WINDOWS,
    Gap,
    Reading,
    Run,
    Settled,
    allowed,
    excursions,
    is_gap,
    joins_within,
    kinetic_at,
    rounded,
    usual_interval,
)
from inventory.rules.text import fold
from inventory.services import audit
from inventory.services.alert_temperatures import refresh_logger
from inventory.services.loggers import get_logger

BATCH = 5_000
LOOKED_AT = 200
"""So many readings tell how often a logger reads."""
MOST_GAPS = 3
MOST_AT_ONCE = 10_000
"""So many readings may be sent at once."""

_READING: Any = TemperatureReading.__table__


@dataclass(slots=True)
class Taken:
    """What came of readings: how many were new, there already with the same value, there with another (which stays),
    without a value; how many came from before the logger was put where it is; what is open now. `before` names when
    the same file was taken in before. `gaps` are of what was touched, the longest first."""

    new: int = 0
    known: int = 0
    differing: int = 0
    skipped: int = 0
    elsewhere: int = 0
    opened: int = 0
    first_at: str | None = None
    last_at: str | None = None
    before: str | None = None
    gaps: list[tuple[str, str, int]] | None = None
    looks_fahrenheit: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def look(session: Session, actor: Actor, path: Path, asked: Asked, logger: TemperatureLogger) -> Survey:
    """What is in a file; times without a zone are those of the logger's site. Raises `UnreadableFile`."""
    require(actor, "temperatures.import")
    site = session.get(Site, logger.site_id) if logger.site_id is not None else None
    return survey(path, clock.zone(site.timezone if site else None), clock.now(), asked)


def logger_of(session: Session, actor: Actor, serial: str | None) -> TemperatureLogger | None:
    """The one logger of the actor's that bears this serial number; None where it is none, or several."""
    if not serial:
        return None
    rows = session.scalars(select(TemperatureLogger).where(TemperatureLogger.retired.is_(False))).all()
    found = [row.code for row in rows if bears(row, serial)]
    if len(found) != 1:
        return None
    return get_logger(session, actor, found[0], "temperatures.import")


def named_in(session: Session, actor: Actor, path: Path) -> TemperatureLogger | None:
    """The logger whose serial number a file says; None where it says none that is known. Raises `UnreadableFile`."""
    return logger_of(session, actor, serial_of(path))


def bears(logger: TemperatureLogger, serial: str) -> bool:
    """Whether a logger's code or name says that serial number."""
    wanted = _bare(serial)
    return bool(wanted) and any(
        wanted == said or (len(wanted) >= 5 and wanted in said) or (len(said) >= 5 and said in wanted)
        for said in (_bare(logger.code), _bare(logger.name or ""))
        if said
    )


def _bare(text: str) -> str:
    return "".join(each for each in fold(text) if each.isalnum())


def take_file(
    session: Session,
    actor: Actor,
    code: str,
    name: str,
    found: Survey,
    *,
    whatever_serial: bool = False,
) -> Taken:
    """Take in a file that was surveyed. The same file again brings nothing; one that overlaps what is new in it.

    Raises Conflict where the file is of another logger, unless `whatever_serial`, or the logger is retired.
    """
    logger = get_logger(session, actor, code, "temperatures.import", lock=True)
    _check_usable(logger)
    if found.serial and not bears(logger, found.serial):
        other = logger_of(session, actor, found.serial)
        if other is not None:
            text = msg(
                "The file is of the logger %(other)s, not of %(code)s.", other=other.code, code=logger.code
            )
            raise Conflict(text, [FieldError("/logger", text)])
        if not whatever_serial:
            text = msg(
                "The file is of the serial number %(serial)s, and this is logger %(code)s. Choose the right one, or"
                " say that it is this one all the same.",
                serial=found.serial[:64],
                code=logger.code,
            )
            raise Conflict(text, [FieldError("/whatever_serial", text)])
    before = session.scalars(
        select(TemperatureFile).where(
            TemperatureFile.logger_id == logger.id, TemperatureFile.sha256 == found.sha256
        )
    ).one_or_none()
    if before is not None:
        return Taken(known=before.readings, before=before.recorded_at.isoformat())
    assert found.first_at is not None and found.last_at is not None
    taken = _take(session, logger, readings(found))
    taken.skipped = found.skipped
    taken.looks_fahrenheit = _looks_fahrenheit(logger, found)
    session.add(
        TemperatureFile(
            logger_id=logger.id,
            name="".join(each for each in name if each.isprintable())[-200:] or "file",
            sha256=found.sha256,
            readings=found.readings,
            first_at=found.first_at,
            last_at=found.last_at,
            by_id=actor.user_id,
            by=actor.name,
        )
    )
    audit.note(session, actor, "temperatures", f"logger {logger.code}", new=taken.new, file=name[-200:])
    return _judged(session, logger, taken, found.first_at, found.last_at)


def _looks_fahrenheit(logger: TemperatureLogger, found: Survey) -> bool:
    """Whether every reading of a cold store is far too high, as degrees Fahrenheit without a word of it would be."""
    limits = allowed(logger.temperature, logger.low, logger.high)
    unsaid = found.channel.fahrenheit is None and not found.fahrenheit
    return unsaid and found.lowest is not None and found.lowest > max(limits.high, Decimal(30))


def add_readings(session: Session, actor: Actor, code: str, given: Sequence[Reading]) -> Taken:
    """Add readings, as a program sends them: an instant and degrees Celsius each. Sent again, nothing happens."""
    logger = get_logger(session, actor, code, "temperatures.import", lock=True)
    _check_usable(logger)
    latest = clock.now() + timedelta(days=1)
    faults = []
    for index, (at, celsius) in enumerate(given):
        if at > latest:
            faults.append(FieldError(f"/readings/{index}/at", msg("This lies in the future.")))
        if not celsius.is_finite() or not LOWEST <= celsius <= HIGHEST:
            text = msg("This must be between %(low)s and %(high)s °C.", low=str(LOWEST), high=str(HIGHEST))
            faults.append(FieldError(f"/readings/{index}/celsius", text))
    if faults:
        raise Invalid(faults)
    if not given:
        return Taken()
    rows = sorted({at: rounded(celsius) for at, celsius in reversed(given)}.items())
    return _judged(session, logger, _take(session, logger, rows), rows[0][0], rows[-1][0])


def judge_again(session: Session, actor: Actor, code: str) -> int:
    """Judge everything anew that a logger has read where it is, under the limits that it has now; what was decided
    stays. How many excursions are open afterwards."""
    logger = get_logger(session, actor, code, "temperatures.write", lock=True)
    ends = session.execute(
        select(TemperatureReading.at)
        .where(TemperatureReading.logger_id == logger.id)
        .order_by(TemperatureReading.at.desc())
        .limit(1)
    ).first()
    first = session.scalars(
        select(TemperatureReading.at)
        .where(TemperatureReading.logger_id == logger.id)
        .order_by(TemperatureReading.at)
        .limit(1)
    ).first()
    if ends is None or first is None:
        return 0
    start = first if logger.placed_at is None else max(first, logger.placed_at)
    _judge(session, logger, start, ends[0])
    refresh_logger(session, logger)
    return len(_open(session, logger))


def _check_usable(logger: TemperatureLogger) -> None:
    if logger.retired:
        raise Conflict(msg("The logger %(code)s is retired. Bring it back first.", code=logger.code))


def _take(session: Session, logger: TemperatureLogger, given: Iterable[Reading]) -> Taken:
    """Write what is new among readings, some thousands at a time; the logger's row is locked."""
    taken = Taken()
    rows = iter(given)
    while batch := dict(islice(rows, BATCH)):
        known: dict[datetime, Decimal] = {
            at: celsius
            for at, celsius in session.execute(
                select(TemperatureReading.at, TemperatureReading.celsius).where(
                    TemperatureReading.logger_id == logger.id,
                    TemperatureReading.at.between(min(batch), max(batch)),
                )
            )
        }
        fresh = [(logger.id, at, celsius) for at, celsius in batch.items() if at not in known]
        same = sum(known.get(at) == celsius for at, celsius in batch.items())
        taken.new += len(fresh)
        taken.known += same
        taken.differing += len(batch) - len(fresh) - same
        if logger.placed_at is not None:
            taken.elsewhere += sum(at < logger.placed_at for _, at, _ in fresh)
        write_rows(session, cast(Table, _READING), ("logger_id", "at", "celsius"), fresh)
    return taken


def _judged(
    session: Session, logger: TemperatureLogger, taken: Taken, first: datetime, last: datetime
) -> Taken:
    """Judge what was touched, and tell of it."""
    taken.first_at, taken.last_at = first.isoformat(), last.isoformat()
    if taken.new:
        before = {each.id for each in _open(session, logger)}
        _judge(session, logger, first, last)
        refresh_logger(session, logger)
        taken.opened = sum(each.id not in before for each in _open(session, logger))
    taken.gaps = [
        (gap.started_at.isoformat(), gap.ended_at.isoformat(), gap.hours)
        for gap in _gaps(session, logger, first, last)
    ]
    return taken


def _open(session: Session, logger: TemperatureLogger) -> Sequence[Excursion]:
    query = select(Excursion).where(Excursion.logger_id == logger.id, Excursion.outcome.is_(None))
    return session.scalars(query).all()


def _interval(session: Session, logger: TemperatureLogger, last: datetime) -> timedelta | None:
    """How often a logger read, up to that time."""
    query = (
        select(TemperatureReading.at)
        .where(TemperatureReading.logger_id == logger.id, TemperatureReading.at <= last)
        .order_by(TemperatureReading.at.desc())
        .limit(LOOKED_AT)
    )
    return usual_interval(session.scalars(query).all())


def _stream(
    session: Session, logger: TemperatureLogger, first: datetime, last: datetime
) -> Iterator[Reading]:
    query = (
        select(TemperatureReading.at, TemperatureReading.celsius)
        .where(TemperatureReading.logger_id == logger.id, TemperatureReading.at.between(first, last))
        .order_by(TemperatureReading.at)
    )
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        yield row.at, row.celsius


def _gaps(session: Session, logger: TemperatureLogger, first: datetime, last: datetime) -> list[Gap]:
    """The longest silences from the reading before `first` on, the longest first."""
    at = TemperatureReading.at
    start = session.scalars(
        select(func.max(at)).where(TemperatureReading.logger_id == logger.id, at < first)
    ).one()
    usual = _interval(session, logger, last)
    if usual is None:
        return []
    steps = (
        select(at.label("at"), func.lag(at, type_=at.type).over(order_by=at).label("before"))
        .where(TemperatureReading.logger_id == logger.id, at.between(start or first, last))
        .subquery()
    )
    silence = (extract("epoch", steps.c.at) - extract("epoch", steps.c.before)).label("silence")
    rows = session.execute(
        select(steps.c.before, steps.c.at)
        .where(silence >= max(LEAST_GAP, joins_within(usual)).total_seconds())
        .order_by(silence.desc(), steps.c.at)
        .limit(MOST_GAPS + 1)
    )
    found = [Gap(*row) for row in rows]
    return [gap for gap in found if is_gap(gap.duration, usual)][:MOST_GAPS]


def _judge(session: Session, logger: TemperatureLogger, first: datetime, last: datetime) -> None:
    """Bring the excursions of a logger between two readings, and those that touch these, up to date.

    What was decided stays as it is, and what it covers is not judged again: a run that goes on after it is another.
    """
    interval = _interval(session, logger, last)
    reach = joins_within(interval) if interval is not None else timedelta(0)
    touched = session.scalars(
        select(Excursion)
        .where(Excursion.logger_id == logger.id)
        .where(Excursion.started_at <= last + reach, Excursion.ended_at >= first - reach)
        .order_by(Excursion.started_at, Excursion.id)
    ).all()
    start = min([first, *(each.started_at for each in touched)])
    end = max([last, *(each.ended_at for each in touched)])
    decided = [each for each in touched if each.outcome is not None]
    waiting = [each for each in touched if each.outcome is None]
    runs = list(
        excursions(
            _stream(session, logger, start, end),
            allowed(logger.temperature, logger.low, logger.high),
            freeze_sensitive=logger.holds_freeze_sensitive,
            interval=interval,
            settled=[Settled(cast(Any, each.kind), each.started_at, each.ended_at) for each in decided],
            since=logger.placed_at,
        )
    )
    kinetic = _kinetic(session, logger, runs)
    for old in waiting:
        if logger.placed_at is not None and old.started_at < logger.placed_at:
            continue  # it belongs to where the logger was then
        match = next((run for run in runs if _is_same(old, run)), None)
        if match is None:
            session.delete(old)
        else:
            runs.remove(match)
            _write(old, match, kinetic)
    session.flush()
    for run in runs:
        if any(_is_same(each, run) and each.started_at == run.started_at for each in decided):
            continue
        fresh = Excursion(
            logger_id=logger.id,
            site_id=logger.site_id,
            bin_id=logger.bin_id,
            shipment_id=logger.shipment_id,
        )
        _write(fresh, run, kinetic)
        session.add(fresh)
    session.flush()


def _is_same(old: Excursion, run: Run) -> bool:
    """Whether a run is what an excursion has become: as warm or as cold, at the same time."""
    alike = (old.kind == "heat") == (run.kind == "heat")
    return alike and old.started_at <= run.ended_at and old.ended_at >= run.started_at


def _write(excursion: Excursion, run: Run, kinetic: dict[datetime, Decimal]) -> None:
    excursion.kind, excursion.limit, excursion.extreme = run.kind, run.limit, run.extreme
    excursion.started_at, excursion.ended_at, excursion.readings = run.started_at, run.ended_at, run.readings
    excursion.mkt = None if run.below else kinetic.get(run.ended_at)


def _kinetic(session: Session, logger: TemperatureLogger, runs: Sequence[Run]) -> dict[datetime, Decimal]:
    """The mean kinetic temperature at the end of each run of heat."""
    window = WINDOWS.get(logger.temperature)
    ends = [run.ended_at for run in runs if not run.below]
    if window is None or not ends:
        return {}
    since = min(ends) - window
    if logger.placed_at is not None:
        since = max(since, min(logger.placed_at, *ends))
    return kinetic_at(_stream(session, logger, since, max(ends)), ends, window)
