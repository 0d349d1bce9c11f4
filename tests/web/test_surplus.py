"""The page of surplus: read, chosen from, made into drafts; approval on the shipment's page."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Balance, Shipment
from inventory.services import levels
from tests.factories import create_site, stock_up
from tests.web.driving import changed, fields
from tests.web.world import make_world


@pytest.fixture
def world(app, session):
    """At CLINIC 300 of ORS expire in eighty days, of which it uses none; OTHER uses 300 a month."""
    made = make_world(app, session)
    for site, monthly in ((made.clinic, 0), (made.other, 300)):
        body = {
            "method": "fixed",
            "reorder_point": 0,
            "maximum": 5000,
            "emergency_point": 0,
            "demand_override": {"quantity": Decimal(monthly), "reason": "a test says so"},
        }
        atomically(lambda s, site=site, body=body: levels.set_policy(s, SYSTEM, site.code, "ORS", body))
    stock_up(session, made.clinic, made.second, 300, lot="OLD", expires_in=80)
    return made


def key_of(page):
    """The key of the one proposal on a page."""
    return next(name[2:] for name in fields(page, "/surplus") if name.startswith("q-"))


def choose(world, role="coordinator", **changes):
    page = world.get(role, "/surplus")
    key = key_of(page)
    data = changed(fields(page, "/surplus"), {"take": key} | {f"{k}{key}": v for k, v in changes.items()})
    answer = world.of(role).post("/surplus", data=data)
    world.session.expire_all()
    return answer


def reserved(world):
    world.session.expire_all()
    return sum(world.session.scalars(select(Balance.reserved)))


@pytest.mark.parametrize("role", ["admin", "coordinator", "viewer"])
def test_those_who_see_both_sites_see_the_proposal(world, role):
    page = world.get(role, "/surplus")
    assert page.status_code == 200
    assert "OLD" in page.text and "Site OTHER" in page.text
    assert ("Make draft shipments" in page.text) is (role != "viewer")


@pytest.mark.parametrize("role", ["warehouse", "clinic", "elsewhere"])
def test_those_who_see_one_site_see_none(world, role):
    page = world.get(role, "/surplus")
    assert page.status_code == 200
    assert "OLD" not in page.text


@pytest.mark.parametrize(("role", "status"), [("donor", 403), ("stranger", 403), ("nobody", 302)])
def test_others_see_nothing_of_it(world, role, status):
    answer = world.get(role, "/surplus")
    assert answer.status_code == status
    assert "OLD" not in answer.text


def test_the_way_to_it_stands_in_the_navigation_of_staff(world):
    assert 'href="/surplus"' in world.get("viewer", "/").text
    assert 'href="/surplus"' not in world.get("donor", "/").text


def test_a_chosen_line_becomes_a_draft_that_waits(world):
    answer = choose(world)
    assert answer.status_code == 303
    shipment = world.session.scalars(select(Shipment)).one()
    assert answer.headers["Location"].endswith(f"/shipments/{shipment.number}")
    assert (shipment.saves, shipment.needs_approval, reserved(world)) == (300, True, 300)
    page = world.get("coordinator", f"/shipments/{shipment.number}").text
    assert "Waits for approval" in page and "would expire unused at" in page
    assert 'id="send"' not in page
    assert "No surplus" in world.get("coordinator", "/surplus").text


def test_less_may_be_chosen_and_more_may_not(world):
    refused = choose(world, **{"q-": "301"})
    assert refused.status_code == 409
    assert "Only 300 are proposed now." in refused.text
    assert fields(refused, "/surplus")["take"]
    assert fields(refused, "/surplus")[f"q-{key_of(refused)}"] == "301"
    assert reserved(world) == 0
    assert choose(world, **{"q-": "120"}).status_code == 303
    assert reserved(world) == 120


@pytest.mark.parametrize("typed", ["", "0", "-4", "many", "1.5"])
def test_what_is_no_quantity_is_refused_and_stays(world, typed):
    refused = choose(world, **{"q-": typed})
    assert refused.status_code == 422
    assert fields(refused, "/surplus")[f"q-{key_of(refused)}"] == typed
    assert world.session.scalars(select(Shipment)).all() == []


def test_nothing_chosen_is_said(world):
    answer = world.post("coordinator", "/surplus")
    assert answer.status_code == 422
    assert "Choose at least one line." in answer.text


@pytest.mark.parametrize("take", ["x", "1-2", "1-2-3-4", "9999999999999999999999-1-2", "٣-1-2"])
def test_keys_that_are_none_choose_nothing(world, take):
    assert world.post("coordinator", "/surplus", {"take": take}).status_code == 422


def test_what_was_moved_meanwhile_is_named(world):
    page = world.get("coordinator", "/surplus")
    data = changed(fields(page, "/surplus"), {"take": key_of(page)})
    assert choose(world, "admin").status_code == 303
    answer = world.of("coordinator").post("/surplus", data=data)
    assert answer.status_code == 409
    assert "Rehydration salts, lot OLD: not proposed any more." in answer.text
    assert reserved(world) == 300


def test_a_page_sent_twice_does_it_once(world):
    page = world.get("coordinator", "/surplus")
    data = changed(fields(page, "/surplus"), {"take": key_of(page)})
    first, second = (world.of("coordinator").post("/surplus", data=data) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert reserved(world) == 300


@pytest.mark.parametrize(
    ("role", "status"), [("warehouse", 403), ("clinic", 403), ("viewer", 403), ("donor", 403)]
)
def test_only_those_who_lead_make_drafts_and_approve(world, role, status):
    assert world.post(role, "/surplus", {"take": "1-1-1"}).status_code == status
    choose(world)
    number = world.session.scalars(select(Shipment.number)).one()
    assert world.post(role, f"/shipments/{number}/approve").status_code == status


def test_without_the_token_of_the_form_nothing_is_done(world):
    page = world.get("coordinator", "/surplus")
    data = changed(fields(page, "/surplus"), {"take": key_of(page), "csrf_token": "wrong"})
    assert world.of("coordinator").post("/surplus", data=data).status_code in (400, 422)
    assert reserved(world) == 0


def test_it_is_sent_only_after_the_approval(world):
    choose(world)
    number = world.session.scalars(select(Shipment.number)).one()
    refused = world.post(
        "coordinator", f"/shipments/{number}/dispatch", {"send-dispatched_at": "2026-01-01T10:00"}
    )
    assert refused.status_code == 409
    assert "has to approve it first" in refused.text
    assert world.post("coordinator", f"/shipments/{number}/approve").status_code == 303
    page = world.get("coordinator", f"/shipments/{number}")
    assert 'id="send"' in page.text and "coordinator person" in page.text
    again = world.post("admin", f"/shipments/{number}/approve")
    assert again.status_code == 409
    assert "was approved by coordinator person already" in again.text
    data = {name: value for name, value in fields(page, "/dispatch#send").items()}
    assert world.of("coordinator").post(f"/shipments/{number}/dispatch", data=data).status_code == 303


def test_approving_what_is_not_there(world):
    assert world.post("coordinator", "/shipments/SHP-2020-000001/approve").status_code == 404


def test_the_empty_page_says_why(world, session):
    lonely = create_site(session, "FAR", kind="dispensary", country="AM")
    body = {
        "method": "fixed",
        "reorder_point": 0,
        "maximum": 10,
        "emergency_point": 0,
        "demand_override": {"quantity": Decimal(0), "reason": "a test says so"},
    }
    atomically(lambda s: levels.set_policy(s, SYSTEM, "FAR", "ORS", body))
    stock_up(session, lonely, world.second, 20, expires_in=30)
    choose(world)
    text = world.get("coordinator", "/surplus").text
    assert "Nothing can be moved in time" in text and "1 lot would expire unused" in text
