"""Counts as pages: the list, the differences before anything is posted, the result."""

import re

import pytest

from inventory import clock
from tests.factories import stock_up
from tests.web.world import World, make_world, number_of, rows

NEW = "/counts/new?site=CLINIC"


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    stock_up(session, made.clinic, made.second, 30, lot="SALT")
    return made


def counted(here: str, salt: str = "", expected: tuple[int, int] = (100, 30), **more):
    lines = [
        {"item": "PARA", "lot": "HERE", "expected": expected[0], "counted": here},
        {"item": "ORS", "lot": "SALT", "expected": expected[1], "counted": salt},
    ]
    return {"counted_on": clock.today().isoformat(), "note": "shelf B"} | rows("known", *lines) | more


def test_the_list_is_made_blind_or_not(world):
    page = world.get("clinic", NEW).text
    assert "HERE" in page
    assert "In the books" in page
    blind = world.get("clinic", f"{NEW}&blind=1").text
    assert "HERE" in blind
    assert "In the books" not in blind
    assert not re.search(r"\b100\b", re.sub(r"<svg.*?</svg>|<head.*?</head>", "", blind, flags=re.S))


def test_differences_are_shown_and_then_posted(world):
    review = world.post("clinic", NEW, counted("97"))
    assert review.status_code == 200
    assert "−3" in review.text
    assert "not counted" in review.text
    assert "shelf B" in review.text
    number = number_of(world.post("clinic", NEW, counted("97", confirm="1")))
    page = world.get("viewer", f"/counts/{number}").text
    assert "−3" in page
    assert "SALT" not in page
    assert number in world.get("clinic", "/counts").text
    assert number not in world.get("elsewhere", "/counts").text


def test_a_count_without_difference(world):
    number = number_of(world.post("clinic", NEW, counted("100", "30", confirm="1")))
    assert "nothing had to be corrected" in world.get("clinic", f"/counts/{number}").text


def test_books_that_moved_since_are_shown_again(world):
    answer = world.post("clinic", NEW, counted("97", expected=(90, 30), confirm="1"))
    assert answer.status_code == 409
    assert "Stock has moved" in answer.text
    assert 'value="97"' in answer.text


def test_a_lot_that_is_not_on_the_list(world):
    data = counted("100", confirm="1") | rows("others", {"item": "PARA", "lot": "EARLY", "counted": "4"})
    number = number_of(world.post("clinic", NEW, data))
    assert "EARLY" in world.get("clinic", f"/counts/{number}").text
    data = counted("104", confirm="1") | rows("others", {"item": "PARA", "lot": "UNKNOWN", "counted": "4"})
    answer = world.post("clinic", NEW, data | {"known-0-expected": "100"})
    assert answer.status_code == 422
    assert "is not known" in answer.text
    assert 'value="UNKNOWN"' in answer.text


@pytest.mark.parametrize(
    ("typed", "says"), [("-1", "at least 0"), ("ten", "is no number"), ("1.5", "no whole number")]
)
def test_what_is_no_count(world, typed, says):
    answer = world.post("clinic", NEW, counted(typed, confirm="1"))
    assert answer.status_code == 422
    assert says in answer.text


def test_the_same_count_twice_is_one(world):
    data = counted("97", confirm="1", token="6b5b3c2e-0000-4000-8000-000000000005")
    first = world.post("clinic", NEW, data)
    second = world.post("clinic", NEW, data | {"known-0-expected": "97"})
    assert number_of(first) == number_of(second)


def test_a_site_is_chosen_first(world):
    page = world.get("coordinator", "/counts/new").text
    assert "Choose a site" in page
    assert "Count of" in world.get("clinic", "/counts/new").text  # has one alone


def test_who_may_and_what_is_not_there(world):
    assert world.get("viewer", NEW).status_code == 403
    assert world.post("viewer", NEW, counted("1")).status_code == 403
    assert "Count of" not in world.get("elsewhere", NEW).text
    assert world.get("clinic", "/counts/CNT-2026-999999").status_code == 404
    number = number_of(world.post("clinic", NEW, counted("97", confirm="1")))
    assert world.get("elsewhere", f"/counts/{number}").status_code == 404
    assert world.get("donor", "/counts").status_code == 403
    assert world.get("nobody", "/counts").status_code == 302
