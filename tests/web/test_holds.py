"""Held goods as pages: the list of work, one proposes, another decides."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.models import Hold
from tests.factories import stock_up
from tests.web.world import World, make_world, rows


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


@pytest.fixture
def held(world) -> str:
    """20 of HERE set aside at the clinic: the number of their hold."""
    line = {"item": "PARA", "lot": "HERE", "quantity": 20, "source": "stock", "destination": "quarantine"}
    data = {"site": "CLINIC", "note": "غرق 💧"} | rows("lines", line)
    assert world.post("clinic", "/zone-moves/new", data).status_code == 303
    return world.session.scalars(select(Hold.number)).one()


def test_an_empty_list_says_so(world):
    assert "Nothing waits here" in world.get("clinic", "/holds").text
    assert "Nothing was decided yet" in world.get("clinic", "/holds?status=decided").text


def test_set_aside_proposed_and_decided(world, held):
    page = world.get("clinic", "/holds").text
    assert held in page and "Set aside by hand" in page
    page = world.get("clinic", f"/holds/{held}").text
    assert "غرق 💧" in page and "Propose" in page and 'id="decide"' not in page
    given = {"outcome": "release", "quantity": "15", "reason": "dry again"}
    assert world.post("clinic", f"/holds/{held}/propose", given).status_code == 303
    assert held in world.get("coordinator", "/holds?status=proposed").text
    assert "dry again" in world.get("coordinator", f"/holds/{held}").text
    assert world.post("clinic", f"/holds/{held}/decide", {"verdict": "confirm"}).status_code == 403
    assert world.post("coordinator", f"/holds/{held}/decide", {"verdict": "confirm"}).status_code == 303
    page = world.get("clinic", f"/holds/{held}").text
    assert "Release to stock" in page and "coordinator person" in page and "ZMV-" in page
    assert world.session.scalars(select(Hold.quantity).order_by(Hold.id)).all() == [15, 5]


def test_who_proposed_is_not_offered_to_decide(world, held):
    given = {"outcome": "refuse", "quantity": "20", "reason": "soaked"}
    world.post("coordinator", f"/holds/{held}/propose", given)
    page = world.get("coordinator", f"/holds/{held}").text
    assert "another person decides" in page and 'value="confirm"' not in page
    answer = world.post("coordinator", f"/holds/{held}/decide", {"verdict": "confirm"})
    assert answer.status_code == 403


def test_sent_back_needs_a_reason_and_keeps_nothing_done(world, held):
    world.post(
        "clinic", f"/holds/{held}/propose", {"outcome": "destroy", "quantity": "20", "reason": "mould"}
    )
    answer = world.post("admin", f"/holds/{held}/decide", {"verdict": "back"})
    assert answer.status_code == 422
    answer = world.post("admin", f"/holds/{held}/decide", {"verdict": "confirm", "place": "Duhok kiln"})
    assert answer.status_code == 422
    assert "Say how it was disposed of" in answer.text and 'value="Duhok kiln"' in answer.text
    assert (
        world.post("admin", f"/holds/{held}/decide", {"verdict": "back", "reason": "photo?"}).status_code
        == 303
    )
    assert "photo?" in world.get("clinic", f"/holds/{held}").text


def test_destroyed_with_method_and_witness(world, held):
    world.post(
        "clinic", f"/holds/{held}/propose", {"outcome": "destroy", "quantity": "20", "reason": "mould"}
    )
    told = {"verdict": "confirm", "method": "incineration", "witness": "Dr Ŝ", "authority": "DoH Duhok"}
    assert world.post("admin", f"/holds/{held}/decide", told).status_code == 303
    number = re.search(r"DSP-\d{4}-\d{6}", world.get("admin", f"/holds/{held}").text).group()
    page = world.get("admin", f"/stock-events/{number}").text
    assert "Dr Ŝ" in page and "DoH Duhok" in page and "mould" in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"outcome": ""}, "Choose one of the list"),
        ({"reason": ""}, "Say why"),
        ({"quantity": "21"}, "No more than 20"),
        ({"quantity": "5,5"}, "is no whole number"),
        ({"outcome": "accept"}, "No exception is foreseen"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(world, held, given, says):
    typed = {"outcome": "release", "quantity": "7", "reason": "typed this"} | given
    answer = world.post("clinic", f"/holds/{held}/propose", typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert typed["reason"] in answer.text and f'value="{typed["quantity"]}"' in answer.text


def test_twice_is_once(world, held):
    given = {
        "outcome": "refuse",
        "quantity": "5",
        "reason": "x",
        "token": "6b5b3c2e-0000-4000-8000-000000000018",
    }
    first, second = (world.post("clinic", f"/holds/{held}/propose", given) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(world.session.scalars(select(Hold)).all()) == 2


def test_a_recalled_lot_says_why_it_is_not_released(world, held):
    world.post("coordinator", "/recalls/new", {"item": "PARA", "lot": "HERE", "reason": "crystals"})
    page = world.get("clinic", f"/holds/{held}").text
    assert "no exception releases it" in page and 'value="release"' not in page


def test_what_stands_there_without_a_reason(world):
    stock_up(world.session, world.clinic, world.item, 9, lot="OLD", zone="quarantine")
    world.session.delete(world.session.scalars(select(Hold)).one())
    world.session.commit()
    assert "No reason recorded" in world.get("clinic", "/holds").text
    asked = {"site": "CLINIC", "item": "PARA", "lot": "OLD", "zone": "quarantine"}
    assert world.post("clinic", "/holds/explain", asked | {"reason": ""}).status_code == 303
    assert world.session.scalars(select(Hold)).all() == []
    answer = world.post("clinic", "/holds/explain", asked | {"reason": "no papers"})
    assert "no papers" in world.get("clinic", answer.headers["Location"]).text
    assert "No reason recorded" not in world.get("clinic", "/holds").text


def test_filters(world, held):
    hold = world.session.scalars(select(Hold)).one()
    hold.opened_at = clock.now() - timedelta(days=40)
    world.session.commit()
    for fits in ("site=CLINIC", "cause=by_hand", "days=30", "q=here", f"q={held}", "item=PARA"):
        assert held in world.get("coordinator", f"/holds?{fits}").text
    for other in ("site=HUB", "cause=label", "days=90", "q=nothing", "status=decided", "item=ORS"):
        assert held not in world.get("coordinator", f"/holds?{other}").text


def test_zone_moves_out_of_quarantine_lead_here(world, held):
    answer = world.get("clinic", "/zone-moves/new?zone=quarantine&site=CLINIC&item=PARA&lot=HERE")
    assert answer.status_code == 303
    assert held in world.get("clinic", answer.headers["Location"]).text


def test_who_may(world, held):
    for role in ("donor", "nobody"):
        assert world.get(role, "/holds").status_code in (302, 403)
    assert held not in world.get("elsewhere", "/holds").text
    assert world.get("elsewhere", f"/holds/{held}").status_code == 404
    assert world.post("viewer", f"/holds/{held}/propose", {}).status_code == 403
    assert world.post("clinic", f"/holds/{held}/decide", {}).status_code == 403
    assert 'id="propose"' not in world.get("viewer", f"/holds/{held}").text
    assert world.get("clinic", "/holds/HLD-2026-999999").status_code == 404
