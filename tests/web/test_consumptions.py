"""Dispensing as pages, and taking back what was written down by mistake."""

import pytest

from inventory import clock
from tests.factories import stock_up
from tests.web.world import World, make_world, number_of, rows


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def given(*lines, **more):
    data = {"site": "CLINIC", "occurred_on": clock.today().isoformat(), "consultations": "12"}
    return data | rows("lines", *lines) | more


def test_written_down_and_shown_lot_by_lot(world):
    stock_up(world.session, world.clinic, world.item, 10, lot="FIRST", expires_in=30)
    answer = world.post("clinic", "/consumptions/new", given({"item": "PARA", "quantity": 15}))
    number = number_of(answer)
    page = world.get("viewer", f"/consumptions/{number}").text
    assert "FIRST" in page
    assert "HERE" in page
    assert ">12<" in page
    assert number in world.get("clinic", "/consumptions?site=CLINIC").text
    assert number not in world.get("elsewhere", "/consumptions").text


def test_the_site_is_there_already(world):
    assert '<option selected value="CLINIC">' in world.get("clinic", "/consumptions/new").text


def test_which_lot_to_take_is_told(world):
    stock_up(world.session, world.clinic, world.item, 10, lot="FIRST", expires_in=30)
    path = "/consumptions/hints?site=CLINIC&item=PARA&quantity=5&lot=&item=PARA&quantity=900&lot=&item=&quantity=&lot="
    one, many, nothing = world.get("clinic", path).get_json()["hints"]
    assert one["text"].startswith("Take lot FIRST, expires")
    assert many["tone"] == "danger"
    assert "110" in many["text"]
    assert nothing is None
    assert world.get("elsewhere", path).status_code == 403
    assert world.get("viewer", path).status_code == 403


def test_too_little_names_every_line_and_keeps_what_was_typed(world):
    lines = [{"item": "PARA", "quantity": 101}, {"item": "ORS", "quantity": 2, "lot": "X"}]
    answer = world.post("clinic", "/consumptions/new", given(*lines))
    assert answer.status_code == 409
    assert "Only 100 of PARA can be taken, not 101" in answer.text
    assert "of ORS, lot X" in answer.text
    assert 'value="101"' in answer.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"occurred_on": "2099-01-01"}, "This day has not come yet"),
        ({"occurred_on": ""}, "Give the day"),
        ({"site": "NOWHERE"}, "Choose one of the list"),
        ({"consultations": "-1"}, "at least 0"),
        ({"lines-0-quantity": "two"}, "is no number"),
        ({"lines-0-item": "no such thing"}, "No item fits"),
    ],
)
def test_what_the_form_refuses(world, change, says):
    data = given({"item": "PARA", "quantity": 3, "lot": "HERE"}) | change
    answer = world.post("clinic", "/consumptions/new", data)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="HERE"' in answer.text


def test_a_line_is_needed(world):
    answer = world.post("clinic", "/consumptions/new", given({"item": "", "quantity": ""}))
    assert answer.status_code == 422
    assert "Add at least one line" in answer.text


def test_the_same_form_twice_takes_once(world):
    data = given({"item": "PARA", "quantity": 60}, token="6b5b3c2e-0000-4000-8000-000000000004")
    first, second = (world.post("clinic", "/consumptions/new", data) for _ in range(2))
    assert number_of(first) == number_of(second)


def test_taken_back_for_a_reason_once(world):
    number = number_of(world.post("clinic", "/consumptions/new", given({"item": "PARA", "quantity": 100})))
    path = f"/stock-events/{number}/undo"
    assert world.post("clinic", path, {"reason": ""}).status_code == 422
    assert world.post("clinic", path, {"reason": "Wrong patient list"}).status_code == 303
    page = world.get("clinic", f"/consumptions/{number}").text
    assert "Wrong patient list" in page
    assert "Taken back" in page
    assert world.post("clinic", path, {"reason": "again"}).status_code == 409
    answer = world.post("clinic", "/consumptions/new", given({"item": "PARA", "quantity": 100}))
    assert answer.status_code == 303


def test_who_may_and_what_is_not_there(world):
    number = number_of(world.post("clinic", "/consumptions/new", given({"item": "PARA", "quantity": 1})))
    assert world.get("elsewhere", f"/consumptions/{number}").status_code == 404
    assert world.get("clinic", "/consumptions/CON-2026-999999").status_code == 404
    assert world.get("donor", f"/consumptions/{number}").status_code == 403
    assert world.get("viewer", "/consumptions/new").status_code == 403
    assert world.post("viewer", "/consumptions/new", given()).status_code == 403
    undo = {"reason": "x"}
    assert world.post("viewer", f"/stock-events/{number}/undo", undo).status_code == 403
    assert world.post("elsewhere", f"/stock-events/{number}/undo", undo).status_code == 404
    assert world.get("nobody", "/consumptions").status_code == 302
    assert (
        world.post("elsewhere", "/consumptions/new", given({"item": "PARA", "quantity": 1})).status_code
        == 422
    )
