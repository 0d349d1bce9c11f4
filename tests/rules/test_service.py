"""Levels for a service level, and the levels that the data speak for."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.advice import USUAL_DAYS, advise
from inventory.rules.course import MONTH, SetMonth, course
from inventory.rules.demand import Usage
from inventory.rules.forecast import Forecast
from inventory.rules.reorder import Policy, check_policy
from inventory.rules.service import Expected, expected, worked

TODAY = date(2026, 6, 30)
POLICY = Policy("service", lead_time_days=30, review_period_days=30, service_level=Decimal("0.95"))
SEEN = Forecast(Fraction(300), "blend", "smooth", 1.0, 0.1, 40.0, 12)


def usage(months):
    return Usage(Fraction(300), "dispensed", 0, 900, Fraction(months), int(months * MONTH), TODAY)


def test_three_months_of_history_are_forecast():
    assert expected(usage(3), SEEN, (Fraction(280), "dispensed")) == Expected(Fraction(300), "forecast", 40.0)


@pytest.mark.parametrize("seen", [SEEN, None])
def test_less_than_three_months_are_not_trusted(seen):
    found = expected(usage(Fraction(29, 10)), seen, (Fraction(100), "kit"))
    assert found == Expected(Fraction(100), "kit", 10.0)


def test_what_a_person_set_strays_at_least_as_far_as_the_history():
    assert expected(usage(6), SEEN, (Fraction(100), "override")) == Expected(Fraction(100), "override", 40.0)
    assert expected(usage(6), SEEN, (Fraction(10_000), "override")).deviation == 100


def test_what_other_sites_use_strays_as_theirs_does():
    use = (Fraction(100), "supplied_sites")
    assert expected(usage(6), SEEN, use, 55.0) == Expected(Fraction(100), "supplied_sites", 55.0)
    assert expected(usage(6), SEEN, use, 3.0).deviation == 10
    assert expected(usage(6), SEEN, use).deviation == 10


def test_nothing_known_is_nothing_expected():
    assert expected(usage(1), None, (None, "never_received")) == Expected(None, "never_received", 0.0)


def test_levels_worked_by_hand():
    found = worked(POLICY, course(Fraction(300), TODAY), 60.0)
    safety = NormalDist().inv_cdf(0.95) * 60 * sqrt(60 / MONTH)
    lead = 300 * 30 / float(MONTH)
    assert found.reorder_point == ceil(2 * lead + safety)
    assert found.maximum == ceil(3 * lead + safety)
    assert found.emergency_point == ceil(lead / 2)


def test_months_by_hand_count_for_the_wait_and_the_review_to_come():
    by_hand = [SetMonth(date(2026, 7, 1), Fraction(0)), SetMonth(date(2026, 8, 1), Fraction(0))]
    assert worked(POLICY, course(Fraction(300), TODAY, by_hand), 60.0).maximum == 0
    # The 60 days to come: the 31 of July with 620, and 29 with the usual 300 / 30.4375 a day.
    winter = course(Fraction(300), TODAY, [SetMonth(date(2026, 7, 1), Fraction(620))])
    monthly = (620 + 29 * 300 / MONTH) * MONTH / 60
    same = worked(POLICY, course(monthly, TODAY), 60.0)
    assert worked(POLICY, winter, 60.0) == same


@pytest.mark.parametrize(
    "policy",
    [
        Policy("fixed"),
        Policy("months"),
        replace(POLICY, service_level=None),
        replace(POLICY, lead_time_days=None),
    ],
)
def test_other_policies_have_none(policy):
    assert worked(policy, course(Fraction(300), TODAY), 60.0) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"service_level": Decimal("0.4999")}, "service_level"),
        ({"service_level": Decimal(1)}, "service_level"),
        ({"service_level": Decimal("Infinity")}, "service_level"),
        ({"lead_time_days": -1}, "lead_time_days"),
        ({"lead_time_days": 1001}, "lead_time_days"),
        ({"review_period_days": 0}, "review_period_days"),
        ({"emergency_days": -1}, "emergency_days"),
    ],
)
def test_a_wrong_service_level_is_named(wrong, field):
    assert field in [name for name, _text in check_policy(replace(POLICY, **wrong))]
    assert check_policy(POLICY) == []


@given(
    st.fractions(min_value=0, max_value=10**7),
    st.floats(min_value=0, max_value=10**6),
    st.integers(0, 1000),
    st.integers(1, 1000),
    st.decimals(Decimal("0.5"), Decimal("0.9999"), places=4),
    st.one_of(st.none(), st.integers(0, 1000)),
)
def test_whatever_may_be_set_has_levels_in_order(monthly, deviation, lead, review, level, emergency):
    policy = Policy(
        "service",
        lead_time_days=lead,
        review_period_days=review,
        service_level=level,
        emergency_days=emergency,
    )
    assert check_policy(policy) == []
    found = worked(policy, course(monthly, TODAY), deviation)
    assert 0 <= found.emergency_point <= found.reorder_point <= found.maximum


# ---- advice -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ven", ["V", "E", "N", None])
def test_advice_is_for_the_service_level_of_its_class(ven):
    found = advise(Fraction(300), 60.0, ven, 14, 30)
    assert found.service_level == {"V": Decimal("0.98"), "E": Decimal("0.95"), "N": Decimal("0.9")}.get(
        ven, Decimal("0.95")
    )
    policy = Policy("service", lead_time_days=14, review_period_days=30, service_level=found.service_level)
    same = worked(policy, course(Fraction(300), TODAY), 60.0)
    assert (found.levels.reorder_point, found.levels.maximum) == (same.reorder_point, same.maximum)


@pytest.mark.parametrize(("monthly", "deviation"), [(None, 1.0), (Fraction(0), 1.0), (Fraction(1), None)])
def test_without_a_demand_there_is_no_advice(monthly, deviation):
    assert advise(monthly, deviation, "V", 14, 30) is None


def test_advice_in_months_is_rounded_up_to_a_tenth():
    found = advise(Fraction(300), 60.0, "V", 14, 30)
    assert found.in_months(300) == 1
    assert found.in_months(301) == Decimal("1.1")
    assert found.in_months(0) == 0
    assert found.in_months(10**9) == 120


@pytest.mark.parametrize("kind", USUAL_DAYS)
def test_the_usual_days_are_a_policy_that_may_be_set(kind):
    lead, review, emergency = USUAL_DAYS[kind]
    assert emergency <= lead
    fields = {"lead_time_days": lead, "review_period_days": review, "emergency_days": emergency}
    assert check_policy(Policy("service", service_level=Decimal("0.98"), **fields)) == []
