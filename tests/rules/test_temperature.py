"""Ranges, runs out of range, gaps, and the mean kinetic temperature with the vectors of the handbook."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inventory.models.words import Temperature
from inventory.rules import temperature as rules
from inventory.rules.temperature import Range, Run, Settled, allowed, excursions, gaps, mean_kinetic

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
STEP = timedelta(minutes=10)
COLD = allowed("cold_chain")


def at(index: float) -> datetime:
    return START + index * STEP


def readings(*values: object) -> list[tuple[datetime, Decimal]]:
    """One reading every ten minutes; None is a reading that is missing."""
    return [(at(index), Decimal(str(each))) for index, each in enumerate(values) if each is not None]


def runs(*values: object, limits: Range = COLD, **more: object) -> list[Run]:
    return list(excursions(readings(*values), limits, interval=STEP, **more))  # type: ignore[arg-type]


def test_every_class_has_a_range():
    assert set(rules.ALLOWED) == {each.value for each in Temperature}
    assert Decimal(2) in COLD and Decimal(8) in COLD
    assert Decimal("8.01") not in COLD and Decimal("1.99") not in COLD
    assert allowed("frozen") == Range(Decimal(-25), Decimal(-10))
    assert allowed("ambient", high=Decimal(25)) == Range(Decimal(2), Decimal(25))


def test_a_run_begins_and_ends_with_readings_out_of_range():
    (run,) = runs(5, 8, 8.1, 12.5, 9, 8, 5)
    assert (run.kind, run.limit, run.extreme, run.readings) == ("heat", 8, Decimal("12.5"), 3)
    assert (run.started_at, run.ended_at) == (at(2), at(4))
    assert run.duration == timedelta(minutes=20)


def test_one_reading_is_a_run_and_so_is_what_the_readings_end_with():
    first, last = runs(9, 5, 5, 1.9)
    assert (first.kind, first.duration, first.readings) == ("heat", timedelta(0), 1)
    assert (last.kind, last.limit, last.extreme) == ("cold", 2, Decimal("1.9"))
    assert runs() == [] and runs(2, 8) == []


def test_one_missing_reading_does_not_divide_a_run_but_two_do():
    assert [run.readings for run in runs(9, None, 9)] == [2]
    assert [run.readings for run in runs(9, None, None, 9)] == [1, 1]
    assert [run.readings for run in runs(9, 5, 9)] == [1, 1]
    spread = list(excursions(readings(9, None, None, None, 9), COLD))
    assert [run.readings for run in spread] == [2], "nobody knows how often it reads"


def test_too_hot_and_too_cold_are_two():
    assert [run.kind for run in runs(9, 1)] == ["heat", "cold"]


def test_what_must_not_freeze_is_frozen_by_one_reading():
    assert [run.kind for run in runs(0, limits=allowed("ambient"))] == ["cold"]
    (run,) = runs(1.5, 0, 1, freeze_sensitive=True)
    assert (run.kind, run.limit, run.extreme, run.readings) == ("freezing", 0, 0, 3)
    assert [run.kind for run in runs(1.5, 0.01, freeze_sensitive=True)] == ["cold"]
    wide = Range(Decimal(-5), Decimal(8))
    assert [run.kind for run in runs(1, "-0.1", limits=wide, freeze_sensitive=True)] == ["freezing"]


def test_what_was_decided_is_not_judged_again():
    decided = Settled("heat", at(1), at(2))
    assert runs(5, 9, 9, 5, settled=[decided]) == []
    (grown,) = runs(5, 9, 9, 10, 11, settled=[decided])
    assert (grown.started_at, grown.extreme, grown.readings) == (at(3), 11, 2)
    cold = Settled("cold", at(0), at(2))
    assert runs(1, 1, 1, settled=[cold]) == []
    (frozen,) = runs(1, "-1", 1, settled=[cold], freeze_sensitive=True)
    assert (frozen.kind, frozen.readings) == ("freezing", 1), (
        "whoever called it cold did not know that it froze"
    )
    assert runs("-1", 1, settled=[Settled("freezing", at(0), at(1))], freeze_sensitive=True) == []


def test_what_was_read_elsewhere_is_judged_by_nobody():
    (run,) = runs(20, 20, 20, since=at(2))
    assert (run.started_at, run.readings) == (at(2), 1)


def test_the_usual_interval_is_the_median():
    assert rules.usual_interval([at(0), at(1), at(2), at(30)]) == STEP
    assert rules.usual_interval([at(2), at(1), at(1), at(0)]) == STEP
    assert rules.usual_interval([at(0)]) is None
    assert rules.usual_interval([at(0), at(0)]) is None


def test_gaps_are_told_from_an_hour_on():
    times = [at(0), at(1), at(3), at(3 + 54), at(58)]
    (gap,) = gaps(times, STEP)
    assert (gap.started_at, gap.ended_at, gap.hours) == (at(3), at(57), 9)
    assert list(gaps(times, None)) == []
    assert list(gaps([at(0), at(5)], STEP)) == [], "fifty minutes"
    assert list(gaps([at(0), at(6), at(12)], timedelta(hours=1))) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([25, 25, 25, 35], "28.602"),
        ([5, 5, 5, 5, 5, 15, 15], None),
        ([*[5] * 22, 15, 15], "6.462"),
        ([20, 22, 25, 30, 28], "25.704"),
    ],
)
def test_mean_kinetic_temperature_of_usp_1160(values, expected):
    found = mean_kinetic(Decimal(each) for each in values)
    if expected is not None:
        assert abs(found - Decimal(expected)) <= Decimal("0.005")
    assert found >= Decimal(sum(values)) / len(values), "warm hours weigh more"


def test_mean_kinetic_temperature_of_little():
    assert mean_kinetic([]) is None
    assert mean_kinetic([Decimal("5.55")]) == Decimal("5.55")
    assert mean_kinetic([Decimal(-20)] * 3) == Decimal("-20.00")


def test_mean_kinetic_temperature_over_a_window():
    known = readings(40, *[25] * 6, 35)
    window = timedelta(minutes=40)
    found = rules.kinetic_at(known, [at(7), at(2), at(99)], window)
    assert found == {
        at(7): mean_kinetic([Decimal(each) for each in (25, 25, 25, 35)]),
        at(2): mean_kinetic([Decimal(each) for each in (40, 25, 25)]),
    }


def test_fahrenheit():
    assert rules.from_fahrenheit(Decimal(41)) == 5
    assert rules.rounded(rules.from_fahrenheit(Decimal("45.9"))) == Decimal("7.72")
    frozen = rules.rounded(Decimal("-0.001"))
    assert rules.judged(frozen, COLD, freeze_sensitive=True) == "freezing"
