"""When a digest is due, and when a mail is tried again."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from inventory.access import Role
from inventory.rules.mailing import (
    GRAVITIES,
    TRIES,
    Every,
    Wish,
    at_least,
    due,
    frequency,
    next_try,
)

BAGHDAD, UTC_ZONE = ZoneInfo("Asia/Baghdad"), ZoneInfo("UTC")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def daily(**more) -> Wish:
    return Wish(Every.DAILY, **more)


def weekly(weekday: int = 0, **more) -> Wish:
    return Wish(Every.WEEKLY, weekday, **more)


@pytest.mark.parametrize("role", Role)
def test_every_role_has_its_custom(role):
    usual = frequency(role, Every.BY_ROLE)
    assert usual is (Every.NEVER if role in ("donor", "viewer") else Every.DAILY)
    assert frequency(role, Every.WEEKLY) is (Every.NEVER if role == "donor" else Every.WEEKLY)


def test_gravities():
    assert at_least("critical") == ("critical",)
    assert at_least("warning") == ("critical", "warning")
    assert at_least("info") == GRAVITIES == at_least("unheard of")


def test_once_a_day_where_the_reader_is():
    late = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)  # half past midnight on Tuesday in Baghdad
    found = due("clinic", daily(last_on=date(2026, 11, 23)), late, BAGHDAD)
    assert (found.period, found.day) == ("2026-11-24", date(2026, 11, 24))
    assert due("clinic", daily(last_on=date(2026, 11, 23)), late, UTC_ZONE) is None
    assert due("clinic", daily(last_on=date(2026, 11, 24)), late, BAGHDAD) is None


def test_not_before_the_morning():
    early = datetime(2026, 11, 23, 2, 59, tzinfo=UTC)
    assert due("clinic", daily(), early, BAGHDAD, 6) is None
    assert due("clinic", daily(), early + timedelta(minutes=1), BAGHDAD, 6).period == "2026-11-23"


def test_once_a_week_on_the_day_that_was_chosen():
    days = [MONDAY + timedelta(days=shift) for shift in range(14)]
    wish, told = weekly(2, last_on=date(2026, 11, 18)), []
    for now in days:
        if found := due("clinic", wish, now, UTC_ZONE):
            told.append(found.day)
            wish = weekly(2, last_on=found.day)
    assert told == [date(2026, 11, 25), date(2026, 12, 2)]


def test_a_week_whose_day_was_missed_is_made_up_for():
    wish = weekly(0, last_on=date(2026, 11, 16), chosen_on=date(2026, 10, 1))
    found = due("clinic", wish, MONDAY + timedelta(days=3), UTC_ZONE)
    assert (found.period, found.day) == ("2026-11-23", date(2026, 11, 26))


def test_who_has_just_chosen_a_day_waits_for_it():
    wednesday = MONDAY + timedelta(days=2)
    wish = weekly(0, chosen_on=wednesday.date())
    assert due("clinic", wish, wednesday, UTC_ZONE) is None
    assert due("clinic", wish, MONDAY + timedelta(days=7), UTC_ZONE) is not None


def test_at_once_is_an_hour_after_the_last():
    wish = Wish(Every.IMMEDIATELY, last_at=MONDAY)
    assert due("clinic", wish, MONDAY + timedelta(minutes=59), UTC_ZONE, 6) is None
    night = Wish(Every.IMMEDIATELY, last_at=MONDAY - timedelta(hours=8))
    assert due("clinic", night, MONDAY - timedelta(hours=7), UTC_ZONE, 6).period == "2026-11-23T02"


def test_never():
    assert due("clinic", Wish(Every.NEVER), MONDAY, UTC_ZONE) is None
    assert due("viewer", Wish(), MONDAY, UTC_ZONE) is None
    assert due("donor", daily(), MONDAY, UTC_ZONE) is None


@pytest.mark.parametrize("zone", ["America/Havana", "Pacific/Apia", "Asia/Beirut"])
def test_one_a_day_through_changes_of_the_clock(zone):
    place, now, told, wish = ZoneInfo(zone), datetime(2026, 3, 1, tzinfo=UTC), [], daily()
    for _ in range(24 * 60):
        if found := due("clinic", wish, now, place, 6):
            told.append(found.period)
            wish = daily(last_on=found.day)
        now += timedelta(hours=1)
    assert len(told) == len(set(told))
    assert len(told) in (60, 61)


def test_tries_grow_rarer_and_end():
    waits = [next_try(attempts, 0) for attempts in range(1, TRIES)]
    assert [round(wait.total_seconds() / 60) for wait in waits[:4]] == [1, 5, 25, 120]
    assert all(earlier < later for earlier, later in pairwise(waits))
    assert next_try(TRIES, 0) is None
    assert next_try(TRIES + 5, 0.5) is None


@pytest.mark.parametrize("attempts", range(1, TRIES))
def test_luck_spreads_tries_and_never_hastens_them(attempts):
    wait = next_try(attempts, 0)
    assert wait < next_try(attempts, 0.5) < next_try(attempts, 0.999) < wait * 1.25
