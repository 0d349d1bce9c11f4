from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.demand import MONTH
from inventory.rules.expiry import ProjectedLot, project
from inventory.rules.reorder import Policy, assess, check_policy

ON = date(2026, 1, 15)
FIXED = Policy("fixed", reorder_point=50, maximum=100, emergency_point=20)
MONTHS = Policy(
    "months", minimum_months=Decimal("1.5"), maximum_months=Decimal("2.5"), emergency_months=Decimal("0.5")
)


def stand(policy, available, demand=None, usable=None, inbound=0, open_requisitions=0, days=None, **more):
    lots = [ProjectedLot("A", available, None if days is None else ON + timedelta(days=days), ON, 1)]
    return assess(
        policy,
        usable=available if usable is None else usable,
        available=available,
        inbound=inbound,
        open_requisitions=open_requisitions,
        demand=None if demand is None else Fraction(demand),
        projection=project(lots, None if demand is None else Fraction(demand), ON),
        **more,
    )


def test_i2_months_of_stock():
    assert stand(FIXED, 450, demand=300).months_of_stock == Fraction(3, 2)


def test_i8_a_months_policy():
    found = stand(MONTHS, 90, demand=120)
    assert (found.reorder_point, found.maximum, found.suggested_quantity, found.status) == (
        180,
        300,
        210,
        "reorder",
    )


def test_i22_a_suggestion_is_rounded_up():
    policy = replace(MONTHS, minimum_months=Decimal(2), maximum_months=Decimal(3))
    found = assess(
        policy,
        usable=41,
        available=41,
        inbound=0,
        open_requisitions=0,
        demand=Fraction(33),
        projection=project([ProjectedLot("A", 41, None, ON, 1)], Fraction(33), ON),
    )
    assert found.suggested_quantity == ceil(3 * 33 - 41) == 58


@pytest.mark.parametrize(
    ("available", "status", "suggested"),
    [
        (0, "stock_out", 100),
        (20, "emergency", 80),
        (21, "reorder", 79),
        (50, "reorder", 50),
        (51, "ok", 0),
        (100, "ok", 0),
        (101, "overstock", 0),
    ],
)
def test_a_fixed_policy_at_its_levels(available, status, suggested):
    found = stand(FIXED, available)
    assert (found.status, found.suggested_quantity, found.position) == (status, suggested, available)


def test_one_unit_is_no_stock_out_and_one_missing_is_asked_for():
    policy = Policy("fixed", reorder_point=5, maximum=6, emergency_point=0)
    assert stand(policy, 1).status == "reorder"
    assert (stand(policy, 5).status, stand(policy, 5).suggested_quantity) == ("reorder", 1)


def test_what_is_coming_counts_in_the_position_but_not_against_the_emergency():
    found = stand(FIXED, 10, inbound=30, open_requisitions=20)
    assert (found.status, found.position, found.suggested_quantity) == ("emergency", 60, 0)


def test_what_is_reserved_is_usable_but_not_in_the_position():
    found = stand(FIXED, 10, usable=60)
    assert (found.status, found.position, found.suggested_quantity) == ("reorder", 10, 90)


def test_what_will_expire_does_not_count_in_the_position():
    found = stand(FIXED, 90, demand=a_day(1), days=40)
    assert (found.effective_stock, found.position, found.status, found.suggested_quantity) == (
        40,
        40,
        "reorder",
        60,
    )
    assert found.effective_months == 40 / MONTH
    assert found.months_of_stock == 90 / MONTH


def a_day(units):
    return units * MONTH


def test_a_fresh_item_that_nobody_has_used_yet_is_in_order():
    assert stand(FIXED, 80, demand=0, days=1000).status == "ok"


def test_the_order_multiple_rounds_up():
    assert stand(replace(FIXED, order_multiple=30), 49).suggested_quantity == 60
    assert stand(replace(FIXED, order_multiple=17), 49).suggested_quantity == 51


def test_months_without_demand_say_nothing_but_whether_there_is_stock():
    found = stand(MONTHS, 90)
    assert (
        found.status,
        found.suggested_quantity,
        found.reorder_point,
        found.maximum,
        found.emergency_point,
    ) == ("unknown", None, None, None, None)
    assert (found.months_of_stock, found.effective_months, found.effective_stock, found.position) == (
        None,
        None,
        None,
        90,
    )
    assert stand(MONTHS, 0).status == "stock_out"


def test_a_fixed_policy_without_demand_rests_on_what_is_available():
    found = stand(FIXED, 40, inbound=5)
    assert (found.position, found.effective_stock, found.suggested_quantity) == (45, None, 55)


def test_no_demand_at_all_asks_for_nothing():
    found = stand(MONTHS, 40, demand=0, days=100)
    assert (found.status, found.suggested_quantity, found.months_of_stock) == ("overstock", 0, None)


def test_without_a_policy_only_a_stock_out_of_what_was_there_is_told():
    assert (stand(None, 5).status, stand(None, 5).suggested_quantity) == (None, None)
    assert stand(None, 0).status is None
    assert stand(None, 0, has_history=True).status == "stock_out"


@given(
    st.integers(0, 300),
    st.integers(0, 200),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(1, 40),
    st.none() | st.fractions(0, 90, max_denominator=5),
    st.none() | st.integers(0, 500),
)
def test_a_suggestion_fills_up_to_the_maximum_and_no_further_than_a_multiple(
    available, inbound, emergency, more, still_more, multiple, demand, days
):
    policy = Policy(
        "fixed", emergency + more, emergency + more + still_more, emergency, order_multiple=multiple
    )
    assert check_policy(policy) == []
    found = stand(policy, available, demand, inbound=inbound, days=days)
    suggested = found.suggested_quantity
    assert suggested % multiple == 0
    if found.position > found.reorder_point:
        assert suggested == 0
    else:
        assert found.position + suggested >= found.maximum
        assert suggested == 0 or found.position + suggested - multiple < found.maximum
    if available <= emergency:
        assert found.status in ("stock_out", "emergency")
    if found.status == "reorder":
        assert suggested > 0


def faults(policy):
    return [field for field, _ in check_policy(policy)]


def test_the_limits_are_allowed():
    policy = replace(
        MONTHS, maximum_months=Decimal(120), lookback_months=Decimal(120), expiry_buffer_days=3650
    )
    assert faults(policy) == []
    assert faults(replace(policy, lookback_months=Decimal("0.04"))) == []
    assert faults(replace(policy, lookback_months=Decimal("0.03"))) == ["lookback_months"]
    assert (FIXED.lookback_months, FIXED.expiry_buffer_days) == (6, 0)


def test_good_policies():
    assert faults(FIXED) == []
    assert faults(MONTHS) == []
    assert (
        faults(
            replace(
                MONTHS,
                minimum_months=Decimal(1),
                emergency_months=Decimal(1),
                demand_override=Decimal(0),
                override_reason="closed",
                order_multiple=10,
                expiry_buffer_days=7,
            )
        )
        == []
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reorder_point": 101}, "maximum"),
        ({"emergency_point": 51}, "emergency_point"),
        ({"emergency_point": -1}, "emergency_point"),
        ({"maximum": None}, "maximum"),
        ({"order_multiple": 0}, "order_multiple"),
        ({"expiry_buffer_days": -1}, "expiry_buffer_days"),
        ({"expiry_buffer_days": 99999}, "expiry_buffer_days"),
        ({"demand_override": Decimal(5)}, "demand_override/reason"),
        ({"demand_override": Decimal(-5), "override_reason": "x"}, "demand_override/quantity"),
        ({"demand_override": Decimal("NaN"), "override_reason": "x"}, "demand_override/quantity"),
    ],
)
def test_bad_fixed_policies(changed, field):
    assert faults(replace(FIXED, **changed)) == [field]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"minimum_months": Decimal(3)}, "maximum_months"),
        ({"maximum_months": Decimal(121)}, "maximum_months"),
        ({"minimum_months": None}, "minimum_months"),
        ({"emergency_months": Decimal("1.6")}, "emergency_months"),
        ({"emergency_months": Decimal("Infinity")}, "emergency_months"),
        ({"lookback_months": Decimal(0)}, "lookback_months"),
        ({"lookback_months": Decimal(-1)}, "lookback_months"),
        ({"lookback_months": Decimal(1000)}, "lookback_months"),
    ],
)
def test_bad_months_policies(changed, field):
    assert faults(replace(MONTHS, **changed)) == [field]
