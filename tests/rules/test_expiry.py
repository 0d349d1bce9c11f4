from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.demand import MONTH
from inventory.rules.expiry import ProjectedLot, project

ON = date(2026, 1, 15)


def lot(key, quantity, days, order=0):
    return ProjectedLot(
        key, quantity, None if days is None else ON + timedelta(days=days), date(2025, 1, 1), order
    )


def a_day(units):
    """The monthly demand that is `units` a day."""
    return units * MONTH


def expiring(projection):
    return {each.key: each.expiring for each in projection.per_lot}


@pytest.mark.parametrize(
    ("lots", "buffer", "expected"),
    [
        pytest.param([("A", 100, 120)], 0, {"A": 0}, id="F1"),
        pytest.param([("A", 100, 60)], 0, {"A": 40}, id="F2"),
        pytest.param([("A", 50, 30), ("B", 100, 90)], 0, {"A": 20, "B": 40}, id="F3"),
        pytest.param([("A", 30, 0), ("B", 40, 20)], 0, {"A": 30, "B": 20}, id="F5"),
        pytest.param([("A", 100, 90)], 30, {"A": 40}, id="F7"),
    ],
)
def test_vectors_of_the_handbook(lots, buffer, expected):
    result = project([lot(*each) for each in lots], a_day(1), ON, buffer_days=buffer)
    assert expiring(result) == expected
    assert result.projected_expired == sum(expected.values())
    assert result.effective_stock == sum(quantity for _, quantity, _ in lots) - sum(expected.values())


def test_f3_has_ninety_days_of_stock():
    assert project([lot("A", 50, 30), lot("B", 100, 90)], a_day(1), ON).first_stock_out == ON + timedelta(
        days=90
    )


def test_f10_rounds_the_cumulated_use():
    lots = [lot("A", 1000, 105), lot("B", 1500, 351)]
    assert lots[1].expires_on == date(2027, 1, 1)
    result = project(lots, Fraction(120), ON)
    assert (expiring(result), result.projected_expired) == ({"A": 586, "B": 530}, 1116)


def test_unknown_demand_gives_no_figure():
    result = project([lot("A", 100, 60)], None, ON)
    assert (result.projected_expired, result.effective_stock, result.first_stock_out, result.per_lot) == (
        None,
        None,
        None,
        (),
    )


def test_without_demand_everything_dated_within_the_horizon_expires():
    result = project(
        [lot("A", 10, 100), lot("B", 20, 365), lot("C", 40, 366), lot("D", 80, None)], Fraction(0), ON
    )
    assert expiring(result) == {"A": 10, "B": 20, "C": 0, "D": 0}
    assert (result.projected_expired, result.effective_stock, result.first_stock_out) == (30, 120, None)


def test_lots_without_expiry_are_used_last_and_never_expire():
    result = project([lot("N", 10, None), lot("A", 40, 30)], a_day(1), ON)
    assert [each.key for each in result.per_lot] == ["A", "N"]
    assert expiring(result) == {"A": 10, "N": 0}
    assert result.first_stock_out == ON + timedelta(days=40)


def test_no_stock_is_out_today():
    result = project([], a_day(1), ON)
    assert (result.projected_expired, result.effective_stock, result.first_stock_out) == (0, 0, ON)


def test_a_stock_out_past_the_end_of_the_calendar_is_none():
    assert project([lot("A", 10**9, None)], Fraction(1), ON).first_stock_out is None


lots_of = st.lists(st.tuples(st.integers(0, 60), st.integers(-3, 60)), max_size=6).map(
    lambda rows: [lot(i, quantity, days, order=i) for i, (quantity, days) in enumerate(rows)]
)
demands = st.fractions(0, 150, max_denominator=7)
buffers = st.integers(0, 20)


def exact(lots, monthly, buffer, key):
    """Day by day: what is out of date is dropped, then the day's demand is taken in the order of `key`."""
    left = {each.key: Fraction(each.quantity) for each in lots}
    ordered = sorted(lots, key=key)
    for day in range(1, 70):
        wanted = monthly / MONTH
        for each in ordered:
            if (each.expires_on - ON).days - buffer >= day:
                taken = min(wanted, left[each.key])
                left[each.key] -= taken
                wanted -= taken
    return left


def first_expired(each):
    return (each.expires_on, each.order)


@given(lots_of, demands, buffers)
def test_it_is_what_a_day_by_day_simulation_gives(lots, monthly, buffer):
    result = project(lots, monthly, ON, buffer)
    left = exact(lots, monthly, buffer, first_expired)
    assert (
        sum(left.values()) - Fraction(1, 2) <= result.projected_expired <= sum(left.values()) + Fraction(1, 2)
    )
    for each in result.per_lot:
        assert abs(each.expiring - left[each.key]) <= 1


@given(lots_of, demands, buffers)
def test_what_is_used_and_what_expires_add_up(lots, monthly, buffer):
    result = project(lots, monthly, ON, buffer)
    quantities = {each.key: each.quantity for each in lots}
    assert all(each.used + each.expiring == quantities[each.key] for each in result.per_lot)
    assert all(each.used >= 0 and each.expiring >= 0 for each in result.per_lot)
    assert result.effective_stock + result.projected_expired == sum(quantities.values())


@given(lots_of, demands, demands, buffers)
def test_more_demand_never_lets_more_expire(lots, one, other, buffer):
    less, more = sorted((one, other))
    assert (
        project(lots, more, ON, buffer).projected_expired <= project(lots, less, ON, buffer).projected_expired
    )


@given(lots_of, st.integers(0, 60), st.integers(-3, 60), demands)
def test_another_lot_never_lets_less_expire(lots, quantity, days, monthly):
    added = [*lots, lot("new", quantity, days, order=99)]
    assert project(added, monthly, ON).projected_expired >= project(lots, monthly, ON).projected_expired


@given(lots_of.flatmap(lambda lots: st.tuples(st.just(lots), st.permutations(lots))), demands)
def test_the_order_of_input_is_irrelevant(two, monthly):
    assert project(two[0], monthly, ON) == project(two[1], monthly, ON)


@given(lots_of, demands)
def test_first_expired_first_out_never_lets_more_expire_than_first_in_first_out(lots, monthly):
    fefo = exact(lots, monthly, 0, first_expired)
    fifo = exact(lots, monthly, 0, lambda each: each.order)
    assert sum(fefo.values()) <= sum(fifo.values())


@given(lots_of, st.fractions(Fraction(1, 2), 150, max_denominator=7))
def test_the_stock_out_is_when_the_last_usable_unit_is_used_up(lots, monthly):
    result = project(lots, monthly, ON)
    used = sum(each.quantity for each in lots) - sum(exact(lots, monthly, 0, first_expired).values())
    days = (result.first_stock_out - ON).days
    assert (days - 1) * monthly / MONTH < used <= days * monthly / MONTH or used == days == 0
