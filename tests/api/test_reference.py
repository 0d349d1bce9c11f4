"""Items, sites, donors, policies."""

import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, create_site, stock_up

ITEM = {"code": "AMOX250", "name": "Amoxicilline", "base_unit": "capsule", "category": "medicine"}
SITE = {"code": "ERBIL", "name": "Erbil", "kind": "dispensary", "country": "IQ"}
FIXED = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 10}
MONTHS = {"method": "months", "minimum_months": 1, "maximum_months": "2.5", "emergency_months": 0.5}


def test_an_item_is_added_told_and_changed(admin):
    told = good(admin.post("/items", ITEM), 201)
    assert told["tracks_expiry"] is True
    assert told["serialised"] is False
    assert told["temperature"] == "ambient"
    assert told["gtins"] == []
    change = {
        "unit_weight_kg": 0.001,
        "unit_volume_m3": "0.0000020",
        "gtins": [{"gtin": "9506000134352", "quantity": 10}],
    }
    told = good(admin.patch("/items/AMOX250", change))
    assert told["unit_weight_kg"] == "0.001"
    assert told["unit_volume_m3"] == "0.000002"
    assert told["gtins"] == [{"gtin": "09506000134352", "quantity": 10}]
    assert good(admin.get("/items/AMOX250")) == told
    assert (
        good(admin.patch("/items/AMOX250", {"inn": "amoxicillin", "code": "AMOX250"}))["inn"] == "amoxicillin"
    )
    assert good(admin.patch("/items/AMOX250", {"inn": None}))["inn"] is None


def test_items_that_cannot_be(admin):
    good(admin.post("/items", ITEM), 201)
    problem(admin.post("/items", ITEM), 409)
    problem(admin.post("/items", ITEM | {"code": "amox250"}), 409)
    wrong = {
        "code": "a b",
        "name": "",
        "base_unit": None,
        "ven": "X",
        "temperature": "hot",
        "controlled": "yes",
    }
    expected = ["/base_unit", "/category", "/controlled", "/temperature", "/ven"]
    assert sorted(pointers(admin.post("/items", wrong))) == expected
    assert pointers(admin.post("/items", ITEM | {"code": "a b", "name": " "})) == ["/code", "/name"]
    gtins = [{"gtin": "9506000134353", "quantity": 1}]
    assert pointers(admin.post("/items", ITEM | {"code": "B", "gtins": gtins})) == ["/gtins/0/gtin"]
    assert pointers(admin.patch("/items/AMOX250", {"code": "OTHER"})) == ["/code"]
    problem(admin.patch("/items/NONE", {"name": "x"}), 404)


@pytest.mark.parametrize("amount", ["1e3", "NaN", "-1", "0.0000000001", True, "12,5", 10**30, "٣"])
def test_weights_that_cannot_be(admin, amount):
    assert pointers(admin.post("/items", ITEM | {"unit_weight_kg": amount})) == ["/unit_weight_kg"]


def test_items_are_searched_and_paged(admin, session):
    for number in range(5):
        create_item(session, f"I{number}", name=f"Gauze {number}")
    create_item(session, "PARA", name="Paracétamol")
    assert [row["code"] for row in good(admin.get("/items?q=paracetamol"))["data"]] == ["PARA"]
    seen, cursor = [], ""
    while cursor is not None:
        page = good(admin.get(f"/items?limit=2&cursor={cursor}" if cursor else "/items?limit=2"))
        seen += [row["code"] for row in page["data"]]
        cursor = page["next"]
    assert seen == ["I0", "I1", "I2", "I3", "I4", "PARA"]


def test_a_site_is_added_told_and_changed(admin, depot):
    told = good(admin.post("/sites", SITE), 201)
    assert told["sensitive"] is True
    assert told["status"] == "open"
    assert told["supplied_by"] is None
    told = good(
        admin.patch("/sites/ERBIL", {"supplied_by": "DEPOT", "timezone": "Asia/Baghdad", "lead_time_days": 3})
    )
    assert told["supplied_by"] == "DEPOT"
    assert good(admin.get("/sites/ERBIL")) == told
    assert good(admin.patch("/sites/ERBIL", {"supplied_by": None}))["supplied_by"] is None
    assert [row["code"] for row in good(admin.get("/sites"))["data"]] == ["DEPOT", "ERBIL"]


def test_sites_that_cannot_be(admin, session, depot, item):
    problem(admin.post("/sites", SITE | {"code": "DEPOT"}), 409)
    wrong = {"country": "XX", "timezone": "Mars/Base", "supplied_by": "NONE", "lead_time_days": -1}
    assert sorted(pointers(admin.post("/sites", SITE | wrong))) == [f"/{name}" for name in sorted(wrong)]
    assert pointers(admin.post("/sites", SITE | {"kind": "shop"})) == ["/kind"]
    assert pointers(admin.patch("/sites/DEPOT", {"supplied_by": "DEPOT"})) == ["/supplied_by"]
    stock_up(session, depot, item, 1)
    problem(admin.patch("/sites/DEPOT", {"status": "closed"}), 409)
    problem(admin.get("/sites/NONE"), 404)


def test_donors(admin):
    told = good(admin.post("/donors", {"code": "D1", "name": "A firm", "email": "Gifts@Example.org"}), 201)
    assert told == {"code": "D1", "name": "A firm", "email": "gifts@example.org"}
    assert good(admin.get("/donors")) == {"data": [told], "next": None}
    problem(admin.post("/donors", {"code": "D1", "name": "Again"}), 409)
    assert pointers(admin.post("/donors", {"code": "D2", "name": "N", "email": "nobody"})) == ["/email"]


def test_a_fixed_policy(admin, depot, item):
    told = good(admin.put("/sites/DEPOT/policies/PARA500", FIXED | {"order_multiple": 10}))
    assert told == FIXED | {
        "site": "DEPOT",
        "item": "PARA500",
        "demand_override": None,
        "order_multiple": 10,
        "expiry_buffer_days": 0,
    }
    assert good(admin.get("/sites/DEPOT/policies/PARA500")) == told


def test_a_policy_by_months(admin, depot, item):
    override = {"quantity": "12.5", "reason": "a new site"}
    told = good(admin.put("/sites/DEPOT/policies/PARA500", MONTHS | {"demand_override": override}))
    assert told["minimum_months"] == "1"
    assert told["maximum_months"] == "2.5"
    assert told["emergency_months"] == "0.5"
    assert told["lookback_months"] == "6"
    assert told["demand_override"] == override
    assert "reorder_point" not in told


def test_policies_that_cannot_be(admin, depot, item):
    put = "/sites/DEPOT/policies/PARA500"
    assert pointers(admin.put(put, {"method": "guess"})) == ["/method"]
    assert pointers(admin.put(put, FIXED | {"minimum_months": 1})) == ["/minimum_months"]
    assert pointers(admin.put(put, FIXED | {"maximum": 40})) == ["/maximum"]
    assert pointers(admin.put(put, FIXED | {"demand_override": {"quantity": 5}})) == [
        "/demand_override/reason"
    ]
    assert pointers(admin.put(put, MONTHS | {"maximum_months": 200})) == ["/maximum_months"]
    for path in ("/sites/NONE/policies/PARA500", "/sites/DEPOT/policies/NONE"):
        problem(admin.put(path, FIXED), 404)
        problem(admin.get(path), 404)
    problem(admin.get(put), 404)


def test_the_policy_of_another_teams_site(program, admin, depot, clinic, item):
    good(admin.put("/sites/CLINIC/policies/PARA500", FIXED))
    good(program(Role.CLINIC, [clinic]).get("/sites/CLINIC/policies/PARA500"))
    problem(program(Role.CLINIC, [depot]).get("/sites/CLINIC/policies/PARA500"), 403)


def test_a_site_pages_by_its_cursor(admin, session):
    for number in range(3):
        create_site(session, f"S{number}")
    first = good(admin.get("/sites?limit=2"))
    assert [row["code"] for row in first["data"]] == ["S0", "S1"]
    rest = good(admin.get(f"/sites?limit=2&cursor={first['next']}"))
    assert [row["code"] for row in rest["data"]] == ["S2"]
    assert rest["next"] is None
