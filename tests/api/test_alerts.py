"""Alerts as programs read and acknowledge them."""

from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import stock_up

FIXED = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}


def test_opened_acknowledged_and_resolved(admin, session, depot, item):
    stock_up(session, depot, item, 30)
    good(admin.put("/sites/DEPOT/policies/PARA500", FIXED))
    alert = good(admin.get("/alerts?site=DEPOT&open=true"))["data"][0]
    assert alert["kind"] == "reorder"
    assert alert["item"] == "PARA500"
    assert alert["threshold"] == 50
    assert alert["suggested_quantity"] == 70
    assert "PARA500" in alert["message"]
    told = good(admin.post(f"/alerts/{alert['id']}/acknowledge", {"note": "ordered"}))
    assert told["acknowledged_by"] == "admin person"
    assert told["note"] == "ordered"
    assert told["resolved_at"] is None
    stock_up(session, depot, item, 50)
    assert good(admin.get("/alerts?open=true"))["data"] == []
    assert [each["id"] for each in good(admin.get("/alerts?open=false"))["data"]] == [alert["id"]]
    assert [each["id"] for each in good(admin.get("/alerts?kind=reorder"))["data"]] == [alert["id"]]


def test_each_site_sees_its_own(program, admin, session, depot, clinic, item):
    good(admin.put("/sites/CLINIC/policies/PARA500", FIXED))
    alert = good(admin.get("/alerts"))["data"][0]["id"]
    own, other = program(Role.CLINIC, [clinic]), program(Role.WAREHOUSE, [depot])
    assert good(own.get("/alerts"))["data"]
    assert good(other.get("/alerts"))["data"] == []
    problem(other.get("/alerts?site=CLINIC"), 403)
    problem(other.post(f"/alerts/{alert}/acknowledge"), 404)
    problem(program(Role.VIEWER).post(f"/alerts/{alert}/acknowledge"), 403)
    good(own.post(f"/alerts/{alert}/acknowledge"))


def test_questions_that_cannot_be(admin):
    assert pointers(admin.get("/alerts?kind=doom")) == ["/kind"]
    assert pointers(admin.get("/alerts?open=maybe")) == ["/open"]
    problem(admin.get("/alerts?site=NONE"), 404)
    for number in ("999999999", "x", "-1", "9" * 40):
        problem(admin.post(f"/alerts/{number}/acknowledge"), 404)
