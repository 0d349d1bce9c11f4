"""How far a recall has come, and how long a drill took."""

from datetime import UTC, datetime, timedelta

from inventory.rules.recalling import Held, progress

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def test_nobody_answered():
    found = progress(START, [Held(100), Held(0)])
    assert (found.holders, found.answered, found.percent) == (2, 0, 0)
    assert found.first is found.last is found.complete is None


def test_complete_when_the_last_unit_is_located():
    held = [Held(60, 60, after(10)), Held(40, 45, after(30)), Held(0, 0, after(90))]
    found = progress(START, held)
    assert found.percent == 100
    assert found.complete == timedelta(minutes=30)
    assert (found.first, found.last) == (timedelta(minutes=10), timedelta(minutes=90))
    assert (found.surplus, found.short) == (5, 0)


def test_what_is_short_is_never_complete():
    found = progress(START, [Held(200, 199, after(5))])
    assert (found.percent, found.short, found.complete) == (99, 1, None)


def test_a_batch_that_nobody_holds():
    found = progress(START, [])
    assert (found.percent, found.quantity, found.complete) == (100, 0, None)
