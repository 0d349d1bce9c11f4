"""What time it is, in UTC, and which day it is at a site."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "UTC"


_pretended: ContextVar[datetime | None] = ContextVar("relais_pretended", default=None)


def now() -> datetime:
    """The present instant, timezone-aware, in UTC."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretend(moment: datetime) -> Iterator[None]:
    """Inside, it is `moment`: for the demonstration, whose past is recorded as it would have been then."""
    token = _pretended.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _pretended.reset(token)


@cache
def zone(name: str | None) -> ZoneInfo:
    """The time zone of that IANA name; an empty name is UTC."""
    return ZoneInfo(name or DEFAULT_ZONE)


def today(timezone: str | None = None, at: datetime | None = None) -> date:
    """The calendar day at a place in `timezone` (IANA name, UTC if none), at `at` or now."""
    return (at or now()).astimezone(zone(timezone)).date()


def noon(day: date, timezone: str | None = None) -> datetime:
    """The instant of local noon on `day`: what is only dated is taken to have happened then."""
    return datetime.combine(day, time(12), zone(timezone)).astimezone(UTC)


def end_of_day(day: date, timezone: str | None = None) -> datetime:
    """The last microsecond of `day` at a place in `timezone`."""
    start_of_next = datetime.combine(day + timedelta(days=1), time(0), zone(timezone))
    return (start_of_next - timedelta(microseconds=1)).astimezone(UTC)
