"""The life of an alert, by hand: horizons, escalation, hysteresis, thresholds."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules import alerting
from inventory.rules.alerting import Rule, Rules, Thresholds


@pytest.mark.parametrize(
    ("days_left", "horizon"),
    [(91, None), (90, 90), (61, 90), (60, 60), (31, 60), (30, 30), (0, 30), (-5, 30)],
)
def test_the_nearest_horizon_that_is_reached(days_left, horizon):
    assert Thresholds().horizon(days_left) == horizon


def test_the_last_of_several_horizons_is_critical():
    assert [each for each in (90, 60, 30) if Thresholds().last_horizon(each)] == [30]
    assert not Thresholds(horizons=(30,)).last_horizon(30)


def test_the_narrowest_rule_that_says_something_holds():
    rules = Rules(
        [
            Rule(horizons=(120, 60), escalate_after_days=5, least_risk=9),
            Rule(category="medicine", escalate_after_days=4, least_risk=8),
            Rule(site_id=1, escalate_after_days=3),
            Rule(site_id=1, category="medicine", horizons=(45,)),
        ]
    )
    assert rules.of("medicine") == Thresholds((45,), 3, 8)
    assert rules.of("dressing") == Thresholds((120, 60), 3, 9)
    assert rules.of(None) == Thresholds((120, 60), 3, 9)
    assert Rules([]).of("medicine") == Thresholds()


def test_patience():
    usual, quick = Thresholds(), Thresholds(escalate_after_days=1)
    assert [usual.patience(each) for each in ("critical", "warning", "info")] == [2, 7, None]
    assert [quick.patience(each) for each in ("critical", "warning", "info")] == [1, 1, None]


@pytest.mark.parametrize(("days", "times"), [(0, 0), (6, 0), (7, 1), (13, 1), (14, 2), (21, 3), (400, 3)])
def test_it_grows_louder_again_and_again_but_not_for_ever(days, times):
    assert alerting.escalations(days, 7, 0) == times


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 60))
def test_how_often_one_looks_does_not_matter(first, second, patience):
    """Looked at on two days or on the second alone, it was escalated as often, and was told so on the same day."""
    once = alerting.escalations(first + second, patience, 0)
    before = alerting.escalations(first, patience, 0)
    after = alerting.escalations(first + second - before * patience, patience, before)
    assert before + after == once


@pytest.mark.parametrize(
    ("usable", "position", "goes_on"),
    [
        (21, 21, True),  # a unit above the emergency point, and nothing is on its way
        (35, 35, True),  # below the minimum of 50 still
        (50, 50, True),
        (51, 51, False),
        (51, 10, False),  # what is kept back for others is another matter
        (22, 60, True),  # enough is coming, but it is hardly above the emergency point
        (23, 60, False),  # a twentieth of the minimum above it
    ],
)
def test_an_emergency_goes_on_until_the_minimum(usable, position, goes_on):
    found = alerting.emergency_goes_on(usable, Fraction(position), Fraction(20), Fraction(50))
    assert found is goes_on


def test_an_overstock_goes_on_a_little_where_the_maximum_moves():
    for usable, moves, goes_on in (
        (100, True, True),
        (98, True, True),
        (97, True, False),
        (100, False, False),
    ):
        found = alerting.overstock_goes_on(usable, Fraction(100), Fraction(50), moves=moves)
        assert found is goes_on, usable


@pytest.mark.parametrize(
    ("kind", "seen", "now", "is_worse"),
    [
        ("reorder", 40, 39, False),
        ("reorder", 40, 20, True),
        ("reorder", 0, 0, False),
        ("stock_out", 0, 0, False),
        ("expired", 10, 19, False),
        ("expired", 10, 20, True),
        ("discrepancy", 5, 2, False),
        ("shipment_late", 1, 2, False),
        ("shipment_late", 1, 8, True),
        ("shipment_late", 10, 17, False),
        ("shipment_late", 10, 20, True),
        ("expiring", 10, 100, False),
        ("recall", None, 100, False),
    ],
)
def test_how_much_worse_it_must_be_for_another_look(kind, seen, now, is_worse):
    assert alerting.worse(kind, seen, now) is is_worse


def test_a_nearer_horizon():
    assert alerting.nearer("expiring", 90, 60)
    assert not alerting.nearer("expiring", 60, 60)
    assert not alerting.nearer("expiring", None, 60)
    assert not alerting.nearer("reorder", 90, 60)


@pytest.mark.parametrize(
    ("demand", "days", "own", "feeds", "fixed", "known"),
    [
        (None, 182, True, False, False, False),
        (Fraction(30), 182, True, False, False, True),
        (Fraction(30), 29, True, False, False, False),
        (Fraction(30), 0, False, False, False, True),  # a person said so
        (Fraction(30), 182, True, True, True, True),
        (Fraction(0), 182, True, False, False, True),  # a gift that nobody uses
        (Fraction(0), 89, True, False, False, False),  # it has only just come
        (Fraction(0), 182, True, True, False, False),  # a warehouse
        (Fraction(0), 182, True, False, True, False),  # a reserve
        (Fraction(0), 0, False, False, False, True),  # a person said that nothing is used
    ],
)
def test_when_a_projection_says_something(demand, days, own, feeds, fixed, known):
    assert alerting.risk_is_known(demand, days, own, feeds_others=feeds, fixed=fixed) is known


def test_horizons_as_they_are_stored():
    assert alerting.write_horizons([30, 90, 60]) == "90,60,30"
    assert alerting.read_horizons("90,60,30") == (90, 60, 30)
