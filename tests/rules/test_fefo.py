from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.fefo import Candidate, is_first_expired_first_out, may_be_used, passed_over, pick

TODAY = date(2026, 3, 10)


def lot(key, expires=None, available=10, received=0, order=0):
    """A lot that expires `expires` days from TODAY and was received `received` days after 2026-01-01."""
    expires_on = None if expires is None else TODAY + timedelta(days=expires)
    return Candidate(key, expires_on, date(2026, 1, 1) + timedelta(days=received), order, available)


def test_earliest_expiry_first_lots_without_one_last():
    lots = [lot("none"), lot("late", 300), lot("soon", 20)]
    assert pick(lots, 25, usable_on=TODAY).taken == [("soon", 10), ("late", 10), ("none", 5)]


def test_same_expiry_takes_the_earliest_received_then_the_oldest_lot():
    lots = [lot("c", 20, received=1, order=3), lot("b", 20, order=2), lot("a", 20, order=1)]
    assert [key for key, _ in pick(lots, 30, usable_on=TODAY).taken] == ["a", "b", "c"]


def test_a_lot_may_be_used_through_its_expiry_date():
    assert pick([lot("a", 0)], 1, usable_on=TODAY).taken == [("a", 1)]
    assert pick([lot("a", -1)], 1, usable_on=TODAY) == pick([], 1, usable_on=TODAY)


def test_a_lot_on_its_last_day_is_passed_over_unless_a_minimum_is_asked_for():
    lots = [lot("today", 0), lot("later", 5)]
    assert may_be_used(TODAY, TODAY)
    assert passed_over({"later": 1}, lots, usable_on=TODAY) == ["today"]
    assert not is_first_expired_first_out({"later": 1}, lots, usable_on=TODAY)
    assert is_first_expired_first_out({"later": 1}, lots, usable_on=TODAY, minimum_shelf_life_days=1)


def test_nothing_taken_of_a_lot_is_no_choice():
    assert passed_over({"none": 0, "x": 0}, [lot("a", 5), lot("none")], usable_on=TODAY) == []


def test_minimum_shelf_life_counts_from_the_day_of_use():
    lots = [lot("a", 40), lot("b", 41)]
    eta = TODAY + timedelta(days=11)
    assert pick(lots, 5, usable_on=eta, minimum_shelf_life_days=30).taken == [("b", 5)]
    assert may_be_used(None, eta, 10**9)
    assert not may_be_used(date.max, eta, 10**9)


def test_what_is_not_there_is_short():
    assert (
        pick(
            [lot("a", 5, available=3), lot("b", 9, available=0), lot("c", 9, available=-2)],
            10,
            usable_on=TODAY,
        ).short
        == 7
    )


def test_nothing_wanted_takes_nothing():
    result = pick([lot("a", 5)], 0, usable_on=TODAY)
    assert (result.taken, result.short) == ([], 0)


def test_negative_quantity_is_refused():
    with pytest.raises(ValueError, match="negative"):
        pick([lot("a")], -1, usable_on=TODAY)


def test_choosing_a_later_lot_passes_over_the_earlier():
    lots = [lot("a", 5), lot("b", 9), lot("old", -1), lot("none")]
    assert passed_over({"b": 4}, lots, usable_on=TODAY) == ["a"]
    assert passed_over({"none": 1, "a": 10}, lots, usable_on=TODAY) == ["b"]
    assert is_first_expired_first_out({"a": 10, "b": 1}, lots, usable_on=TODAY)
    assert is_first_expired_first_out({"b": 1}, lots, usable_on=TODAY, minimum_shelf_life_days=6)
    assert is_first_expired_first_out({}, lots, usable_on=TODAY)


def test_any_choice_among_lots_of_one_expiry_is_first_expired_first_out():
    assert is_first_expired_first_out({"new": 3}, [lot("old", 5), lot("new", 5, received=9)], usable_on=TODAY)


def test_a_lot_that_is_no_candidate_cannot_be_judged():
    with pytest.raises(ValueError, match="no candidate"):
        passed_over({"x": 1}, [lot("a")], usable_on=TODAY)


days = st.one_of(st.none(), st.integers(-30, 30))
candidates = st.lists(st.tuples(days, st.integers(0, 5), st.integers(-2, 50)), max_size=12).map(
    lambda rows: [lot(i, e, available=q, received=r, order=i) for i, (e, r, q) in enumerate(rows)]
)


@given(candidates, st.integers(0, 400), st.integers(-5, 20))
def test_a_pick_is_whole_exact_and_in_order(lots, wanted, minimum):
    result = pick(lots, wanted, usable_on=TODAY, minimum_shelf_life_days=minimum)
    by_key = {c.key: c for c in lots}
    assert sum(part for _, part in result.taken) + result.short == wanted
    assert all(0 < part <= by_key[key].available for key, part in result.taken)
    assert all(part == by_key[key].available for key, part in result.taken[:-1])
    expiries = [by_key[key].expires_on or date.max for key, _ in result.taken]
    assert expiries == sorted(expiries)
    assert all((e - TODAY).days >= minimum for e in expiries)
    fit = sum(max(0, c.available) for c in lots if may_be_used(c.expires_on, TODAY, minimum))
    assert result.short == max(0, wanted - fit)
    assert is_first_expired_first_out(
        dict(result.taken), lots, usable_on=TODAY, minimum_shelf_life_days=minimum
    )


@given(candidates.flatmap(lambda lots: st.tuples(st.just(lots), st.permutations(lots))), st.integers(0, 100))
def test_the_order_of_input_is_irrelevant(two, wanted):
    one, other = two
    assert pick(one, wanted, usable_on=TODAY) == pick(other, wanted, usable_on=TODAY)
