"""Authorisations: which state each is in, and whether another takes over."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from inventory.rules.authorising import covered, state

TODAY = date(2026, 3, 10)


@dataclass
class Paper:
    place: str = "Camp Khanke"
    valid_from: date = TODAY - timedelta(days=100)
    valid_until: date = TODAY
    ended_on: date | None = None


def paper(first: int, last: int, **fields) -> Paper:
    return Paper(valid_from=TODAY + timedelta(days=first), valid_until=TODAY + timedelta(days=last), **fields)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (-9, 31, "valid"),
        (-9, 30, "ends_soon"),
        (0, 0, "ends_soon"),
        (-9, -1, "expired"),
        (1, 99, "not_yet"),
    ],
)
def test_the_state_of_one(first, last, found):
    one = paper(first, last)
    assert state(one, [one], TODAY, 30) == found


def test_one_that_is_ended_is_ended():
    assert state(paper(-9, -1, ended_on=TODAY), [], TODAY, 30) == "ended"


@pytest.mark.parametrize(
    ("first", "last", "takes_over"),
    [
        (6, 100, True),  # from the day after on
        (7, 100, False),  # the team would stand a day without
        (-9, 100, True),
        (-9, 5, False),  # it lasts no longer
    ],
)
def test_another_takes_over_where_no_day_is_without(first, last, takes_over):
    old = paper(-9, 5)
    assert covered(old, [old, paper(first, last)], TODAY) is takes_over


def test_what_has_begun_meanwhile_takes_over_although_there_was_a_gap():
    old = paper(-90, -30)
    assert state(old, [old, paper(-10, 100)], TODAY, 30) == "replaced"
    assert state(old, [old, paper(1, 100)], TODAY, 30) == "expired"


def test_a_place_is_the_same_however_it_is_written():
    old = paper(-9, 5)
    assert covered(old, [paper(0, 90, place="  camp  KHANKE ")], TODAY)
    assert not covered(old, [paper(0, 90, place="Camp Esyan")], TODAY)
    assert not covered(old, [paper(0, 90, ended_on=TODAY)], TODAY)
