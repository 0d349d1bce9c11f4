"""What a site asks for, and what is decided."""

import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item

BODY = {
    "site": "CLINIC",
    "kind": "regular",
    "note": "for June",
    "lines": [{"item": "PARA500", "quantity": 10}],
}


@pytest.fixture
def nurse(program, clinic):
    return program(Role.CLINIC, [clinic])


def submitted(nurse):
    number = good(nurse.post("/requisitions", BODY), 201)["number"]
    return good(nurse.post(f"/requisitions/{number}/submit"))["number"]


def test_from_a_draft_to_an_approval(nurse, admin, item):
    told = good(nurse.post("/requisitions", BODY), 201)
    assert told["number"].startswith("REQ-")
    assert told["status"] == "draft"
    assert told["note"] == "for June"
    number = told["number"]
    assert good(nurse.post(f"/requisitions/{number}/submit", {}))["status"] == "submitted"
    approval = {"lines": [{"item": "PARA500", "approved": 4}]}
    problem(nurse.post(f"/requisitions/{number}/approve", approval), 403)
    told = good(admin.post(f"/requisitions/{number}/approve", approval))
    assert told["status"] == "approved"
    assert told["lines"] == [{"item": "PARA500", "quantity": 10, "approved": 4}]
    assert good(nurse.get(f"/requisitions/{number}")) == told
    problem(admin.post(f"/requisitions/{number}/approve"), 409)
    problem(admin.post(f"/requisitions/{number}/reject", {"reason": "late"}), 409)


def test_approving_without_a_body_approves_as_asked(nurse, admin, item):
    told = good(admin.post(f"/requisitions/{submitted(nurse)}/approve"))
    assert told["lines"][0]["approved"] == 10


def test_approvals_that_cannot_be(nurse, admin, item):
    at = f"/requisitions/{submitted(nurse)}/approve"
    for lines, pointer in (
        ([{"item": "PARA500", "approved": 11}], "/lines/0/approved"),
        ([{"item": "PARA500", "approved": -1}], "/lines/0/approved"),
        ([{"item": "OTHER", "approved": 1}], "/lines/0/item"),
        ([{"item": "PARA500", "approved": 0}], "/lines"),
        ([{"item": "PARA500", "approved": 1}, {"item": "PARA500", "approved": 2}], "/lines/1/item"),
    ):
        assert pointer in pointers(admin.post(at, {"lines": lines}))
    assert good(admin.get(at.removesuffix("/approve")))["status"] == "submitted"


def test_rejecting_needs_a_reason(nurse, admin, item):
    at = f"/requisitions/{submitted(nurse)}/reject"
    assert pointers(admin.post(at, {})) == ["/reason"]
    told = good(admin.post(at, {"reason": "too much"}))
    assert told["status"] == "rejected"
    assert told["reason"] == "too much"


def test_cancelling(nurse, item):
    number = submitted(nurse)
    assert good(nurse.post(f"/requisitions/{number}/cancel"))["status"] == "cancelled"
    problem(nurse.post(f"/requisitions/{number}/submit"), 409)


def test_requisitions_that_cannot_be(nurse, admin, session, item):
    create_item(session, "OTHER")
    twice = BODY | {"lines": [*BODY["lines"], *BODY["lines"]]}
    assert pointers(admin.post("/requisitions", BODY | {"lines": []})) == ["/lines"]
    assert pointers(admin.post("/requisitions", BODY | {"kind": "urgent"})) == ["/kind"]
    assert pointers(admin.post("/requisitions", twice)) == ["/lines/1/item"]
    assert pointers(admin.post("/requisitions", BODY | {"site": "NONE"})) == ["/site"]
    assert good(admin.get("/requisitions"))["data"] == []


def test_those_of_others_are_not_known(program, nurse, depot, session, item):
    from tests.factories import create_site

    number = good(nurse.post("/requisitions", BODY), 201)["number"]
    other = program(Role.CLINIC, [create_site(session, "ELSEWHERE", kind="dispensary")])
    supplier = program(Role.WAREHOUSE, [depot])
    for path in (f"/requisitions/{number}", "/requisitions/REQ-2026-999999"):
        problem(other.get(path), 404)
    problem(other.post(f"/requisitions/{number}/submit"), 404)
    problem(other.post("/requisitions", BODY), 403)
    assert good(other.get("/requisitions"))["data"] == []
    assert [row["number"] for row in good(supplier.get("/requisitions"))["data"]] == [number]
