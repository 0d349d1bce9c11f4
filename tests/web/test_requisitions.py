"""Requisitions as pages: written, sent, decided; who may, what is refused, what is not there."""

import pytest

from inventory.access import SYSTEM
from inventory.services import sites
from tests.web.world import World, make_world, number_of, rows


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def ask(world: World, quantity: int = 50, **more: str) -> str:
    data = {
        "site": "CLINIC",
        "kind": "regular",
        **rows("lines", {"item": "PARA", "quantity": quantity}),
        **more,
    }
    return number_of(world.post("clinic", "/requisitions/new", data))


def test_a_clinic_asks_a_coordinator_approves(world):
    number = ask(world, submit_now="1")
    page = world.get("coordinator", f"/requisitions/{number}").text
    assert "Approve these quantities" in page
    assert "of 1,000 in stock there" in page
    answer = world.post("coordinator", f"/requisitions/{number}/approve", rows("lines", {"approved": 30}))
    assert answer.status_code == 303
    page = world.get("warehouse", f"/requisitions/{number}").text
    assert "Prepare the shipment" in page
    assert "30" in page


def test_approving_all_as_asked_is_one_click(world):
    number = ask(world, submit_now="1")
    assert world.post("coordinator", f"/requisitions/{number}/approve", {"as_asked": "1"}).status_code == 303
    assert "Approved" in world.get("clinic", f"/requisitions/{number}").text


def test_every_shortage_is_told_at_once(world):
    data = {"site": "CLINIC", "kind": "emergency", "submit_now": "1"}
    data |= rows("lines", {"item": "PARA", "quantity": 5000}, {"item": "ORS", "quantity": 20})
    number = number_of(world.post("clinic", "/requisitions/new", data))
    page = world.get("coordinator", f"/requisitions/{number}").text
    assert "Paracetamol: 5,000 asked for, 1,000 free." in page
    assert "Rehydration salts: 20 asked for, 0 free." in page


def test_nothing_typed_is_lost_on_an_error(world):
    data = {"site": "CLINIC", "kind": "regular", "note": "before the feast"}
    data |= rows("lines", {"item": "PARA", "quantity": "0"}, {"item": "nothing like it", "quantity": "7"})
    answer = world.post("clinic", "/requisitions/new", data)
    assert answer.status_code == 422
    assert "before the feast" in answer.text
    assert "nothing like it" in answer.text
    assert 'value="7"' in answer.text


def test_a_quantity_that_is_no_whole_number(world):
    data = {"site": "CLINIC", "kind": "regular", **rows("lines", {"item": "PARA", "quantity": "1.5"})}
    answer = world.post("clinic", "/requisitions/new", data)
    assert answer.status_code == 422
    assert "no whole number" in answer.text


def test_more_than_asked_cannot_be_approved(world):
    number = ask(world, submit_now="1")
    answer = world.post("coordinator", f"/requisitions/{number}/approve", rows("lines", {"approved": 51}))
    assert answer.status_code == 422
    assert "No more can be approved than was asked for" in answer.text
    assert 'value="51"' in answer.text


def test_a_rejection_needs_its_reason(world):
    number = ask(world, submit_now="1")
    assert world.post("coordinator", f"/requisitions/{number}/reject", {}).status_code == 422
    answer = world.post("coordinator", f"/requisitions/{number}/reject", {"reason": "Enough is on its way"})
    assert answer.status_code == 303
    assert "Enough is on its way" in world.get("clinic", f"/requisitions/{number}").text


def test_a_stale_page_is_told(world):
    number = ask(world, submit_now="1")
    world.post("coordinator", f"/requisitions/{number}/approve", {"as_asked": "1"})
    answer = world.post("coordinator", f"/requisitions/{number}/reject", {"reason": "too late"})
    assert answer.status_code == 409
    assert "This requisition is approved" in answer.text


def test_a_draft_is_edited_only_as_it_was_seen(world):
    number = ask(world)
    page = world.get("clinic", f"/requisitions/{number}/edit").text
    assert 'value="50"' in page
    data = {
        "site": "CLINIC",
        "kind": "regular",
        "version": "1",
        **rows("lines", {"item": "PARA", "quantity": 70}),
    }
    assert world.post("clinic", f"/requisitions/{number}/edit", data).status_code == 303
    answer = world.post("clinic", f"/requisitions/{number}/edit", data)
    assert answer.status_code == 409
    assert "Somebody else has changed" in answer.text


def test_the_same_form_twice_asks_once(world):
    data = {"site": "CLINIC", "kind": "regular", "token": "6b5b3c2e-0000-4000-8000-000000000001"}
    data |= rows("lines", {"item": "PARA", "quantity": 5})
    first, second = (
        world.post("clinic", "/requisitions/new", data),
        world.post("clinic", "/requisitions/new", data),
    )
    assert number_of(first) == number_of(second)


def test_suggestions_fill_the_rows(world):
    policy = {"method": "fixed", "reorder_point": 200, "maximum": 500, "emergency_point": 10}
    sites.set_policy(world.session, SYSTEM, "CLINIC", "PARA", policy)
    world.session.commit()
    answer = world.post("clinic", "/requisitions/new", {"site": "CLINIC", "kind": "regular", "suggest": "1"})
    assert answer.status_code == 200
    assert 'value="500"' in answer.text
    told = world.get("clinic", "/requisitions/hints?site=CLINIC&item=PARA&item=ORS").get_json()["hints"]
    assert "Suggested: 500" in told[0]["text"]


def test_rows_without_script(world):
    data = {
        "site": "CLINIC",
        "kind": "regular",
        "add_line": "1",
        **rows("lines", {"item": "PARA", "quantity": "x"}),
    }
    answer = world.post("clinic", "/requisitions/new", data)
    assert answer.status_code == 200
    assert "lines-1-quantity" in answer.text


@pytest.mark.parametrize("role", ["viewer", "donor"])
def test_who_may_not_write(world, role):
    assert world.get(role, "/requisitions/new").status_code == 403
    assert world.post(role, "/requisitions/new", {}).status_code == 403


def test_a_clinic_never_approves(world):
    number = ask(world, submit_now="1")
    for action in ("approve", "reject"):
        assert world.post("clinic", f"/requisitions/{number}/{action}", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("path", ["", "/edit"])
def test_another_sites_is_not_there(world, path):
    number = ask(world)
    assert world.get("elsewhere", f"/requisitions/{number}{path}").status_code == 404
    assert world.get("elsewhere", f"/requisitions/REQ-2026-999999{path}").status_code == 404


@pytest.mark.parametrize("action", ["submit", "cancel", "approve", "reject"])
def test_what_is_not_there_cannot_be_acted_on(world, action):
    answer = world.post(
        "coordinator", f"/requisitions/REQ-2026-999999/{action}", {"reason": "x", "as_asked": "1"}
    )
    assert answer.status_code == 404


def test_the_list_and_its_filters(world):
    number = ask(world)
    assert number in world.get("clinic", "/requisitions").text
    assert number in world.get("warehouse", "/requisitions?status=draft&kind=regular&site=CLINIC").text
    assert number not in world.get("clinic", "/requisitions?status=approved").text
    assert number not in world.get("elsewhere", "/requisitions").text
    assert world.get("donor", "/requisitions").status_code == 403
    assert world.get("nobody", "/requisitions").status_code == 302


def test_another_sites_requisition_cannot_be_written(world):
    data = {"site": "OTHER", "kind": "regular", **rows("lines", {"item": "PARA", "quantity": 5})}
    assert world.post("clinic", "/requisitions/new", data).status_code == 422


def test_cancelling(world):
    number = ask(world)
    assert world.post("clinic", f"/requisitions/{number}/cancel").status_code == 303
    assert world.post("clinic", f"/requisitions/{number}/submit").status_code == 409
