"""When a person's digest is due, and when a mail that could not be sent is tried again. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Every(StrEnum):
    """How often somebody wants the digest. Who never chose has what suits the role."""

    IMMEDIATELY = "immediately"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"
    BY_ROLE = "by_role"


GRAVITIES = ("critical", "warning", "info")
"""The gravest first."""

NO_DIGEST = frozenset({"donor"})
"""Roles that see no alerts: nothing could stand in their digest."""

_BY_ROLE = {
    "admin": Every.DAILY,
    "coordinator": Every.DAILY,
    "warehouse": Every.DAILY,
    "clinic": Every.DAILY,
    "viewer": Every.NEVER,
    "donor": Every.NEVER,
}

MORNING = 6
"""The local hour before which a program that runs around the clock writes no daily or weekly digest."""

AT_MOST_EVERY = timedelta(hours=1)
"""Between two mails to somebody who wants them immediately."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody chose. `weekday` counts from Monday, 0. `chosen_on` is the local day of the choice, if any."""

    every: Every = Every.BY_ROLE
    weekday: int = 0
    least: str = "warning"
    chosen_on: date | None = None
    last_on: date | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that is due. `period` names it among those of one person; two of one period are never written."""

    every: Every
    period: str
    day: date


def frequency(role: str, every: Every) -> Every:
    """How often a person of `role` gets the digest, in words that leave nothing open."""
    if role in NO_DIGEST:
        return Every.NEVER
    return _BY_ROLE[role] if every is Every.BY_ROLE else every


def at_least(least: str) -> tuple[str, ...]:
    """The gravities from the gravest down to `least`."""
    return GRAVITIES[: GRAVITIES.index(least) + 1] if least in GRAVITIES else GRAVITIES


def due(role: str, wish: Wish, now: datetime, zone: ZoneInfo, from_hour: int = 0) -> Due | None:
    """The digest that is due at `now` to somebody who lives in `zone`; None for none.

    Daily: one each local day. Weekly: one each week, on the chosen weekday or, where nobody ran the command on that
    day, on the first day on which somebody does. Neither before `from_hour`. Immediately: an hour after the last.
    """
    every = frequency(role, wish.every)
    local = now.astimezone(zone)
    today = local.date()
    if every is Every.IMMEDIATELY:
        if wish.last_at is not None and now - wish.last_at < AT_MOST_EVERY:
            return None
        return Due(every, now.astimezone(UTC).strftime("%Y-%m-%dT%H"), today)
    if every is Every.NEVER or local.hour < from_hour:
        return None
    if every is Every.DAILY:
        return Due(every, today.isoformat(), today) if wish.last_on != today else None
    begun = today - timedelta(days=(today.weekday() - wish.weekday) % 7)
    told = wish.last_on is not None and wish.last_on >= begun
    early = wish.chosen_on is not None and wish.chosen_on > begun
    return None if told or early else Due(every, begun.isoformat(), today)


SUPERSEDED = "superseded"
UNSUBSCRIBED = "unsubscribed"
CLOSED = "account closed"
NO_FAULT = (SUPERSEDED, UNSUBSCRIBED, CLOSED)
"""Why a mail is given up although nothing failed."""

TRIES = 8
"""After so many a mail is given up; an administrator can have it tried again."""

_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=25),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)


def next_try(attempts: int, luck: float) -> timedelta | None:
    """How long to wait after `attempts` tries that failed; None to give up.

    `luck` in [0, 1) spreads those that failed together over a quarter of the wait, so that they do not come back as
    one crowd.
    """
    if attempts >= TRIES:
        return None
    wait = _WAITS[min(max(attempts, 1), len(_WAITS)) - 1]
    return wait + wait * 0.25 * luck
