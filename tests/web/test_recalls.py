"""Recalls as pages: a lot blocked, and who holds it."""

import pytest

from tests.factories import stock_up
from tests.web.world import World, make_world

RECALL = {"item": "PARA", "lot": "EARLY", "reason": "Particles were seen"}


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def test_a_lot_is_blocked_and_its_holders_are_listed(world):
    number = world.shipment(sent=True, quantity=60)
    answer = world.post("coordinator", "/recalls/new", RECALL)
    assert answer.status_code == 303
    page = world.get("coordinator", answer.headers["Location"]).text
    assert "340" in page
    assert number in page
    assert "Particles were seen" in page
    assert "EARLY" in world.get("viewer", "/recalls").text


def test_one_sees_the_holders_of_ones_own_sites(world):
    stock_up(world.session, world.other, world.item, 8, lot="EARLY")
    where = world.post("coordinator", "/recalls/new", RECALL).headers["Location"]
    page = world.get("elsewhere", where).text
    assert "Site OTHER" in page
    assert "Site HUB" not in page


@pytest.mark.parametrize("name", ["item", "lot", "reason"])
def test_each_field_is_needed(world, name):
    answer = world.post("coordinator", "/recalls/new", RECALL | {name: ""})
    assert answer.status_code == 422
    kept = "Particles were seen" if name != "reason" else 'value="EARLY"'
    assert kept in answer.text


def test_twice_is_once(world):
    data = RECALL | {"token": "6b5b3c2e-0000-4000-8000-000000000007"}
    first, second = (world.post("coordinator", "/recalls/new", data) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_who_may_and_what_is_not_there(world):
    for role in ("warehouse", "clinic", "viewer", "donor"):
        assert world.get(role, "/recalls/new").status_code == 403
        assert world.post(role, "/recalls/new", RECALL).status_code == 403
    assert world.get("coordinator", "/recalls/999999").status_code == 404
    assert world.get("donor", "/recalls").status_code == 403
    assert world.get("nobody", "/recalls").status_code == 302
