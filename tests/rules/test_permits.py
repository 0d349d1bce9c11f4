"""Permits for controlled medicines: how they stand, what was used of them, what a journey lacks."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.permits import Paper, Use, covered, lacking, left_of, state, used, used_up

DAY = date(2026, 5, 1)
MORPHINE, TRAMADOL = 1, 2


def paper(
    key: int = 1,
    kind: str = "import",
    first: int = -30,
    last: int = 30,
    items: dict[int, int | None] | None = None,
    ended: int | None = None,
    owner: tuple[str, int] = ("site", 1),
) -> Paper:
    return Paper(
        key,
        kind,
        owner,
        DAY + timedelta(days=first),
        DAY + timedelta(days=last),
        None if ended is None else DAY + timedelta(days=ended),
        items or {MORPHINE: 100},
    )


@pytest.mark.parametrize(
    ("given_paper", "expected"),
    [
        (paper(), "ends_soon"),
        (paper(last=31), "valid"),
        (paper(last=0), "ends_soon"),
        (paper(last=-1), "expired"),
        (paper(first=1), "not_yet"),
        (paper(ended=0), "ended"),
    ],
)
def test_how_it_stands(given_paper, expected):
    assert state(given_paper, [given_paper], DAY, 30, {}) == expected


def test_used_up_is_said_before_it_ends():
    one = paper(last=90)
    assert state(one, [one], DAY, 30, {(1, MORPHINE): 100}) == "used_up"
    assert state(one, [one], DAY, 30, {(1, MORPHINE): 99}) == "valid"
    two = paper(items={MORPHINE: 10, TRAMADOL: None})
    assert not used_up(two, {(1, MORPHINE): 50})


def test_another_takes_over():
    old = paper(last=5)
    new = paper(2, first=6, last=400)
    assert covered(old, [old, new], DAY)
    assert state(old, [old, new], DAY, 30, {}) == "valid"
    gone = paper(last=-5)
    assert state(gone, [gone, paper(2, first=-2, last=400)], DAY, 30, {}) == "replaced"


@pytest.mark.parametrize(
    "other",
    [
        paper(2, first=7, last=400),
        paper(2, kind="export", first=0, last=400),
        paper(2, first=0, last=400, items={TRAMADOL: 5}),
        paper(2, first=0, last=400, owner=("site", 2)),
        paper(2, first=0, last=400, ended=0),
        paper(2, first=0, last=4),
    ],
)
def test_what_does_not_take_over(other):
    old = paper(last=5)
    assert not covered(old, [old, other], DAY)


def test_uses_go_under_the_permit_that_ends_first_as_far_as_it_reaches():
    soon, late = paper(1, last=10), paper(2, last=60)
    spent = used([late, soon], [Use(MORPHINE, DAY, 70), Use(MORPHINE, DAY + timedelta(days=1), 70)])
    assert spent == {(1, MORPHINE): 100, (2, MORPHINE): 40}
    assert left_of(soon, MORPHINE, spent) == 0
    assert left_of(late, MORPHINE, spent) == 60
    assert left_of(late, TRAMADOL, spent) == 0


def test_what_goes_beyond_them_all_shows_on_the_last():
    assert used([paper()], [Use(MORPHINE, DAY, 130)]) == {(1, MORPHINE): 130}
    assert used([paper()], [Use(MORPHINE, DAY + timedelta(days=31), 5)]) == {}


def test_any_quantity_has_no_end():
    one = paper(items={MORPHINE: None})
    spent = used([one], [Use(MORPHINE, DAY, 10**6)])
    assert spent == {(1, MORPHINE): 10**6}
    assert left_of(one, MORPHINE, spent) is None


@given(
    papers=st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 9), st.integers(1, 50)), max_size=5),
    uses=st.lists(st.tuples(st.integers(-6, 10), st.integers(1, 40)), max_size=12),
)
def test_every_use_that_a_permit_was_valid_for_is_counted_once(papers, uses):
    listed = [
        paper(key, first=first, last=first + days, items={MORPHINE: most})
        for key, (first, days, most) in enumerate(papers)
    ]
    told = [Use(MORPHINE, DAY + timedelta(days=day), quantity) for day, quantity in uses]
    spent = used(listed, told)
    expected = sum(use.quantity for use in told if any(each.holds(use.day) for each in listed))
    assert sum(spent.values()) == expected
    assert all(quantity >= 0 for quantity in spent.values())


NEEDED = {MORPHINE: 50}
ARRIVES = DAY + timedelta(days=20)


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ([], {MORPHINE: "both"}),
        ([paper(kind="model_form")], {}),
        ([paper(kind="model_form", items={MORPHINE: 49})], {MORPHINE: "both"}),
        ([paper(kind="model_form", items={MORPHINE: None})], {}),
        ([paper(kind="model_form", items={TRAMADOL: 99})], {MORPHINE: "both"}),
        ([paper(kind="import")], {MORPHINE: "export"}),
        ([paper(kind="export")], {MORPHINE: "import"}),
        ([paper(kind="import"), paper(2, "export")], {}),
        ([paper(kind="import", last=10), paper(2, "export")], {MORPHINE: "import"}),
        ([paper(kind="import"), paper(2, "export", last=5)], {}),
        ([paper(kind="import"), paper(2, "export", last=-1)], {MORPHINE: "export"}),
        ([paper(kind="import"), paper(2, "export", ended=0)], {MORPHINE: "export"}),
        ([paper(kind="import", items={MORPHINE: 30}), paper(2, "import", items={MORPHINE: 20}),
          paper(3, "export")], {}),
        ([paper(kind="licence", items={MORPHINE: None})], {MORPHINE: "both"}),
    ],
)  # fmt: skip
def test_what_a_journey_lacks(papers, expected):
    assert lacking(NEEDED, papers, {}, DAY, ARRIVES) == expected


def test_what_was_used_is_not_there_for_the_next():
    papers = [paper(kind="model_form")]
    assert lacking(NEEDED, papers, {(1, MORPHINE): 50}, DAY, ARRIVES) == {}
    assert lacking(NEEDED, papers, {(1, MORPHINE): 51}, DAY, ARRIVES) == {MORPHINE: "both"}
