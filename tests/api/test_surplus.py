"""Surplus as programs read it, and shipments made of it approved."""

from decimal import Decimal

import pytest

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.db import atomically
from inventory.ledger.surplus import surplus
from inventory.services import levels
from inventory.services import surplus as service
from inventory.services.surplus import Chosen
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, create_site, stock_up


@pytest.fixture
def ends(session):
    """What two items at A expire of is used at B."""
    a, b = create_site(session, "A", kind="dispensary"), create_site(session, "B", kind="dispensary")
    for code in ("ORS", "ZINC"):
        item = create_item(session, code)
        for site, monthly in ((a, 0), (b, 300)):
            body = {
                "method": "fixed",
                "reorder_point": 0,
                "maximum": 5000,
                "emergency_point": 0,
                "demand_override": {"quantity": Decimal(monthly), "reason": "a test says so"},
            }
            atomically(
                lambda s, site=site, item=item, body=body: levels.set_policy(
                    s, SYSTEM, site.code, item.code, body
                )
            )
        stock_up(session, a, item, 100, lot=f"L-{code}", expires_in=80)
    return a, b


def test_it_is_listed_page_by_page(admin, ends):
    first = good(admin.get("/surplus?limit=1"))
    assert first["data"][0] | {"used_by": None, "arrives_on": None, "expires_on": None} == {
        "origin": "A",
        "destination": "B",
        "item": "ORS",
        "lot": "L-ORS",
        "expires_on": None,
        "quantity": 100,
        "expiring": 100,
        "arrives_on": None,
        "used_by": None,
        "value": None,
        "currency": None,
    }
    second = good(admin.get(f"/surplus?limit=1&cursor={first['next']}"))
    assert [each["item"] for each in second["data"]] == ["ZINC"]
    assert second["next"] is None
    assert pointers(admin.get("/surplus?cursor=x")) == ["/cursor"]


def test_who_sees_it(program, nobody, donor, ends):
    a, b = ends
    assert len(good(program(Role.VIEWER).get("/surplus"))["data"]) == 2
    assert len(good(program(Role.CLINIC, [a, b]).get("/surplus"))["data"]) == 2
    assert good(program(Role.CLINIC, [a]).get("/surplus"))["data"] == []
    problem(program(Role.DONOR, donor=donor).get("/surplus"), 403)
    problem(nobody.get("/surplus"), 401)


def test_a_shipment_of_it_is_told_with_its_reason_and_leaves_once_approved(admin, program, ends):
    def work(s):
        chosen = [
            Chosen(each.lot.id, each.origin.id, each.destination.id, each.quantity)
            for each in surplus(s, clock.today()).proposals
        ]
        return service.draft_moves(s, SYSTEM, chosen)[0].number

    number = atomically(work)
    told = good(admin.get(f"/shipments/{number}"))
    assert (told["saves"], told["needs_approval"], told["approved_at"]) == (200, True, None)
    assert "200 units would expire unused at Site A." in told["reason"]
    problem(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": clock.now().isoformat()}), 409)
    problem(program(Role.WAREHOUSE, list(ends)).post(f"/shipments/{number}/approve"), 403)
    assert good(admin.post(f"/shipments/{number}/approve"))["approved_by"] == "admin person"
    problem(admin.post(f"/shipments/{number}/approve"), 409)
    problem(admin.post("/shipments/SHP-2020-000001/approve"), 404)
    good(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": clock.now().isoformat()}))
