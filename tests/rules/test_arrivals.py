from datetime import date, timedelta
from fractions import Fraction
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.rules.arrivals import Arrival, simulate
from inventory.rules.course import MONTH, SetMonth, course
from inventory.rules.expiry import ProjectedLot, project

ON = date(2026, 1, 15)


def day(days):
    return ON + timedelta(days=days)


def lot(key, quantity, days, order=0):
    return ProjectedLot(key, quantity, None if days is None else day(days), date(2025, 1, 1), order)


def coming(key, quantity, days, arrives, order=0, usable=True):
    return Arrival(
        ProjectedLot(key, quantity, None if days is None else day(days), day(arrives), order), usable
    )


def a_day(units):
    return units * MONTH


def parts(simulation):
    return {each.key: (each.used, each.expiring) for each in simulation.per_lot}


def test_what_comes_in_time_closes_the_gap():
    result = simulate([lot("A", 20, 60)], [coming("B", 30, 300, 21)], a_day(1), ON)
    assert parts(result) == {"A": (20, 0), "B": (30, 0)}
    assert (result.projected_expired, result.effective_stock) == (0, 50)
    assert result.first_stock_out == day(50)
    assert result.lost_demand == 365 - 50


def test_what_comes_late_leaves_days_without_stock():
    result = simulate([lot("A", 20, 60)], [coming("B", 30, 300, 26)], a_day(1), ON, horizon_days=50)
    assert (result.first_stock_out, result.lost_demand) == (day(20), 5)


def test_a_day_that_is_met_in_part_is_a_day_without_stock():
    assert simulate([lot("A", 5, 60)], [], a_day(2), ON, horizon_days=9).first_stock_out == day(3)


def test_no_stock_out_within_the_horizon_is_none():
    result = simulate([lot("A", 20, 60)], [], a_day(1), ON, horizon_days=20)
    assert (result.first_stock_out, result.lost_demand) == (None, 0)


def test_what_comes_with_an_earlier_expiry_goes_first_and_lets_what_is_here_expire():
    result = simulate([lot("A", 40, 50)], [coming("B", 20, 30, 10)], a_day(1), ON)
    assert parts(result) == {"B": (20, 0), "A": (30, 10)}


def test_what_comes_expired_expires_whole_and_what_comes_damaged_counts_for_nothing():
    result = simulate(
        [], [coming("A", 10, 5, 6), coming("B", 20, 200, 6, usable=False)], a_day(1), ON, horizon_days=30
    )
    assert parts(result) == {"A": (0, 10)}
    assert (result.effective_stock, result.lost_demand) == (0, 30)


def test_what_comes_without_an_expiry_date_is_used_last_and_never_expires():
    result = simulate([lot("A", 10, 50)], [coming("B", 500, None, 2)], a_day(1), ON)
    assert parts(result) == {"A": (10, 0), "B": (500, 0)}
    assert [each.key for each in result.per_lot] == ["A", "B"]


def test_what_is_late_is_counted_on_for_tomorrow_and_what_comes_after_the_horizon_is_not():
    result = simulate([], [coming("A", 10, 100, -5), coming("B", 10, 400, 31)], a_day(1), ON, horizon_days=30)
    assert parts(result) == {"A": (10, 0)}
    assert result.first_stock_out == day(10)


def test_unknown_demand_gives_no_figure():
    result = simulate([lot("A", 10, 10)], [], None, ON, level_days=7)
    assert (result.per_lot, result.projected_expired, result.first_stock_out, result.levels) == (
        (),
        None,
        None,
        (),
    )


def test_the_levels_show_what_comes_and_what_goes():
    result = simulate(
        [lot("A", 20, 10)], [coming("B", 30, 300, 5)], a_day(1), ON, horizon_days=14, level_days=7
    )
    assert {(each.day - ON).days: each.quantities for each in result.levels} == {
        0: (20, 0),
        4: (16, 0),
        5: (15, 30),
        7: (13, 30),
        10: (10, 30),
        11: (0, 29),
        14: (0, 26),
    }
    assert result.levels[-1].total == 26


def test_a_month_set_by_hand_is_used_as_it_is():
    winter = course(Fraction(0), ON, [SetMonth(date(2026, 3, 1), Fraction(31))])
    result = simulate([lot("A", 40, 60)], [], winter, ON)
    # From 1 to 16 March, the lot's last day, one a day.
    assert parts(result) == {"A": (16, 24)}


def test_the_calendar_ends():
    end = date.max - timedelta(days=3)
    assert simulate([], [], Fraction(1), end).lost_demand == 3 / MONTH


lots_of = st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(-3, 60)), max_size=5).map(
    lambda rows: [lot(i, quantity, days, order=i) for i, (quantity, days) in enumerate(rows)]
)
arrivals_of = st.lists(
    st.tuples(st.integers(0, 60), st.none() | st.integers(-3, 70), st.integers(-2, 60), st.booleans()),
    max_size=4,
).map(lambda rows: [coming(10 + i, *row[:3], order=10 + i, usable=row[3]) for i, row in enumerate(rows)])
monthlies = st.fractions(0, 150, max_denominator=7)
buffers = st.integers(0, 20)
courses = st.builds(
    lambda monthly, months: course(monthly, ON, [SetMonth(month, q) for month, q in months.items()]),
    monthlies,
    st.dictionaries(st.sampled_from([date(2026, m, 1) for m in (1, 2, 3, 5)]), monthlies, max_size=3),
)


def agree(lots, demand, buffer, horizon):
    simulated = simulate(lots, [], demand, ON, buffer, horizon)
    projected = project(lots, demand, ON, buffer, horizon)
    assert simulated.per_lot == projected.per_lot
    assert simulated.projected_expired == projected.projected_expired
    assert simulated.effective_stock == projected.effective_stock
    if simulated.first_stock_out is None:
        assert simulated.lost_demand == 0
    else:
        assert simulated.first_stock_out == projected.first_stock_out


@given(lots_of, courses, buffers, st.sampled_from([20, 40, 365]))
def test_without_arrivals_it_is_what_the_projection_says(lots, demand, buffer, horizon):
    agree(lots, demand, buffer, horizon)


def test_without_arrivals_it_is_what_the_projection_says_two_thousand_times():
    dice = Random(3)
    for _ in range(2000):
        lots = [
            lot(i, dice.randrange(200), dice.choice([None, *range(-5, 120)]), order=i)
            for i in range(dice.randrange(8))
        ]
        agree(lots, Fraction(dice.randrange(400), dice.randint(1, 9)), dice.choice([0, 0, 7, 30]), 90)


def day_by_day(lots, arrivals, demand, buffer, horizon, order):
    """(what is left of each lot that is of use no more, lost demand), naively."""
    held = [(each, -9) for each in lots]
    held += [(each.lot, (each.lot.received_on - ON).days) for each in arrivals if each.usable]
    held = sorted((pair for pair in held if pair[1] <= horizon), key=lambda pair: order(pair[0]))
    left = {each.key: Fraction(each.quantity) for each, _ in held}
    lost = Fraction(0)
    for today in range(1, horizon + 1):
        wanted = demand.within(today) - demand.within(today - 1)
        for each, first in held:
            last = 10**6 if each.expires_on is None else (each.expires_on - ON).days - buffer
            if first <= today <= last:
                taken = min(wanted, left[each.key])
                left[each.key] -= taken
                wanted -= taken
        lost += wanted
    return {
        each.key: left[each.key]
        for each, _ in held
        if each.expires_on is not None and (each.expires_on - ON).days - buffer <= horizon
    }, lost


def first_expired(each):
    return (each.expires_on or date.max, each.received_on, each.order)


@settings(max_examples=300)
@given(lots_of, arrivals_of, courses, buffers)
def test_it_is_what_a_walk_through_every_day_gives(lots, arrivals, demand, buffer):
    result = simulate(lots, arrivals, demand, ON, buffer, 80)
    left, lost = day_by_day(lots, arrivals, demand, buffer, 80, first_expired)
    assert result.lost_demand == lost
    assert abs(result.projected_expired - sum(left.values())) <= Fraction(1, 2)
    found = {each.key: each.expiring for each in result.per_lot}
    assert all(abs(found[key] - rest) <= 1 for key, rest in left.items() if rest or key in found)


@given(lots_of, arrivals_of, courses, buffers)
def test_parts_add_up_and_so_do_the_levels(lots, arrivals, demand, buffer):
    result = simulate(lots, arrivals, demand, ON, buffer, 80, level_days=7)
    quantities = {each.key: each.quantity for each in lots}
    quantities |= {each.lot.key: each.lot.quantity for each in arrivals if each.usable and each.lot.quantity}
    assert {each.key: each.used + each.expiring for each in result.per_lot} == quantities
    assert all(each.used >= 0 and each.expiring >= 0 for each in result.per_lot)
    assert result.effective_stock + result.projected_expired == sum(quantities.values())
    assert all(len(level.quantities) == len(result.per_lot) for level in result.levels)
    assert all(quantity >= 0 for level in result.levels for quantity in level.quantities)
    assert [level.day for level in result.levels] == sorted({level.day for level in result.levels})


@given(lots_of, arrivals_of, monthlies, monthlies, buffers)
def test_more_demand_never_lets_more_expire(lots, arrivals, one, other, buffer):
    less, more = sorted((one, other))
    assert (
        simulate(lots, arrivals, more, ON, buffer, 80).projected_expired
        <= simulate(lots, arrivals, less, ON, buffer, 80).projected_expired
    )


@given(lots_of, arrivals_of, st.integers(0, 60), st.integers(-3, 60), st.integers(0, 60), courses)
def test_another_arrival_never_lets_less_expire(lots, arrivals, quantity, days, arrives, demand):
    added = [*arrivals, coming("new", quantity, days, arrives, order=99)]
    assert (
        simulate(lots, added, demand, ON).projected_expired
        >= simulate(lots, arrivals, demand, ON).projected_expired
    )


@given(
    lots_of.flatmap(lambda lots: st.tuples(st.just(lots), st.permutations(lots))),
    arrivals_of.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))),
    courses,
)
def test_the_order_of_input_is_irrelevant(lots, arrivals, demand):
    assert simulate(lots[0], arrivals[0], demand, ON, level_days=30) == simulate(
        lots[1], arrivals[1], demand, ON, level_days=30
    )


@given(lots_of, arrivals_of, courses)
def test_first_expired_first_out_never_lets_more_expire_than_first_in_first_out(lots, arrivals, demand):
    fefo, _ = day_by_day(lots, arrivals, demand, 0, 80, first_expired)
    fifo, _ = day_by_day(lots, arrivals, demand, 0, 80, lambda each: (each.received_on, each.order))
    assert sum(fefo.values()) <= sum(fifo.values())


@pytest.mark.parametrize("level_days", [None, 7])
def test_a_hundred_items_of_a_page_take_no_time(level_days):
    lots = [lot(i, 500, 40 * i + 17, order=i) for i in range(10)]
    arrivals = [coming(20 + i, 300, 300 + i, 30 * i, order=20 + i) for i in range(6)]
    winter = course(Fraction(1000, 7), ON, [SetMonth(date(2026, 2, 1), Fraction(10))])
    started = perf_counter()
    for _ in range(100):
        simulate(lots, arrivals, winter, ON, level_days=level_days)
    assert perf_counter() - started < 3
