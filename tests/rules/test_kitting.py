"""Kits put together: nothing is lost or made up, the soonest-expiring goes first, all kits of a batch are alike."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.fefo import Candidate, may_be_used, sort_key
from inventory.rules.kitting import Component, holding_back, plan, possible

TODAY = date(2026, 6, 1)


def lot(key: str, available: int, days: int | None = 100, order: int = 0) -> Candidate[str]:
    expires_on = None if days is None else TODAY + timedelta(days=days)
    return Candidate(key, expires_on, TODAY, order, available)


def made(found):
    return [(batch.kits, dict(batch.contents), batch.expires_on) for batch in found.batches]


def test_one_lot_of_each_makes_one_batch():
    found = plan([Component(2, [lot("a", 20, 50)]), Component(1, [lot("b", 9, None)])], 9, usable_on=TODAY)
    assert made(found) == [(9, {"a": 2, "b": 1}, TODAY + timedelta(days=50))]
    assert found.possible == 9


def test_a_lot_that_ends_in_the_middle_of_a_kit_makes_a_kit_of_both():
    lots = [lot("late", 100, 90), lot("soon", 7, 10)]
    found = plan([Component(3, lots)], 5, usable_on=TODAY)
    soon, late = (TODAY + timedelta(days=days) for days in (10, 90))
    assert made(found) == [(2, {"soon": 3}, soon), (1, {"soon": 1, "late": 2}, soon), (2, {"late": 3}, late)]


def test_nothing_with_a_date_is_a_kit_without_one():
    assert made(plan([Component(1, [lot("a", 5, None)])], 2, usable_on=TODAY)) == [(2, {"a": 1}, None)]


def test_what_is_missing_is_told_with_how_many_can_be_made():
    parts = [Component(2, [lot("a", 15)]), Component(1, [lot("b", 100)]), Component(4, [lot("old", 100, -1)])]
    found = plan(parts, 10, usable_on=TODAY)
    assert found.batches == []
    assert [(each.index, each.needed, each.available, each.quantity) for each in found.missing] == [
        (0, 20, 15, 5),
        (2, 40, 0, 40),
    ]
    assert found.possible == possible(parts, usable_on=TODAY) == 0
    assert plan(parts[:2], 10, usable_on=TODAY).possible == 7
    assert possible([], usable_on=TODAY) == 0


def test_no_kits_or_no_components_are_a_mistake():
    for parts, kits in (([], 1), ([Component(1, [])], 0), ([Component(0, [])], 1)):
        with pytest.raises(ValueError, match="a kit needs"):
            plan(parts, kits, usable_on=TODAY)


def test_what_holds_a_kit_back():
    a, b = TODAY, TODAY + timedelta(days=9)
    assert holding_back([("x", a), ("y", b), ("z", a), ("w", None)]) == (["x", "z"], b)
    assert holding_back([("x", a), ("w", None)]) == (["x"], None)
    assert holding_back([("w", None)]) == ([], None)


LOT = st.tuples(st.integers(0, 25), st.one_of(st.none(), st.integers(-5, 40)))
PARTS = st.lists(st.tuples(st.integers(1, 7), st.lists(LOT, max_size=6)), min_size=1, max_size=4)


def components(told) -> list[Component[tuple[int, int]]]:
    return [
        Component(
            per_kit,
            [
                Candidate(
                    (at, n), None if days is None else TODAY + timedelta(days=days), TODAY, n, available
                )
                for n, (available, days) in enumerate(lots)
            ],
        )
        for at, (per_kit, lots) in enumerate(told)
    ]


@given(PARTS, st.integers(1, 40))
def test_every_unit_is_accounted_for(told, kits):
    parts = components(told)
    found = plan(parts, kits, usable_on=TODAY)
    there = [
        sum(each.available for each in part.lots if may_be_used(each.expires_on, TODAY)) for part in parts
    ]
    most = min(have // part.per_kit for have, part in zip(there, parts, strict=True))
    assert found.possible == most == possible(parts, usable_on=TODAY)
    assert bool(found.batches) == (kits <= most)
    assert {each.index for each in found.missing} == {
        at for at, part in enumerate(parts) if there[at] < part.per_kit * kits
    }
    if not found.batches:
        return
    assert sum(batch.kits for batch in found.batches) == kits
    known = {each.key: each for part in parts for each in part.lots}
    taken: dict[tuple[int, int], int] = defaultdict(int)
    for batch in found.batches:
        assert batch.kits > 0
        for at, part in enumerate(parts):
            assert sum(many for key, many in batch.contents.items() if key[0] == at) == part.per_kit
        dates = [day for key in batch.contents if (day := known[key].expires_on) is not None]
        assert batch.expires_on == min(dates, default=None)
        assert batch.expires_on is None or batch.expires_on >= TODAY
        for key, many in batch.contents.items():
            assert many > 0
            taken[key] += many * batch.kits
    for key, many in taken.items():
        assert many <= known[key].available
    for part in parts:  # nothing is left of a lot while a later-expiring one is taken
        usable = [each for each in part.lots if each.available and may_be_used(each.expires_on, TODAY)]
        left = sum(taken[each.key] for each in usable)
        assert left == part.per_kit * kits
        for each in sorted(usable, key=sort_key):
            assert taken[each.key] == min(left, each.available)
            left -= taken[each.key]
    for before, after in zip(found.batches, found.batches[1:], strict=False):
        assert before.contents != after.contents
        assert (before.expires_on or date.max) <= (after.expires_on or date.max)


@given(PARTS)
def test_one_more_than_possible_is_always_missing_something(told):
    parts = components(told)
    most = possible(parts, usable_on=TODAY)
    assert plan(parts, most + 1, usable_on=TODAY).missing
    if most:
        assert plan(parts, most, usable_on=TODAY).batches
