"""Receipts, what is in stock, and what happens to it."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, stock_up

TODAY = clock.today()
LATER = (TODAY + timedelta(days=800)).isoformat()
LINE = {"item": "PARA500", "lot": "L1", "expires_on": LATER, "quantity": 100}


def receipt(**fields):
    return {"site": "DEPOT", "donor": "GIVER", "received_on": TODAY.isoformat(), "lines": [LINE]} | fields


def event(**fields):
    return {"site": "DEPOT", "occurred_on": TODAY.isoformat()} | fields


def test_a_receipt_says_where_each_line_went(admin, depot, item, donor):
    soon = (TODAY + timedelta(days=100)).isoformat()
    gone = (TODAY - timedelta(days=1)).isoformat()
    taken = [{"rule": "short_dated", "accepted_by": "A pharmacist", "reason": "used at once"}]
    lines = [
        LINE | {"damaged": 5},
        LINE | {"lot": "L2", "expires_on": soon},
        LINE | {"lot": "L3", "expires_on": gone},
        LINE | {"lot": "L4", "expires_on": soon, "exceptions": taken},
    ]
    told = good(admin.post("/receipts", receipt(lines=lines)), 201)
    assert told["number"].startswith("GRN-")
    assert [line["zone"] for line in told["lines"]] == ["stock", "quarantine", "refused", "stock"]
    assert "short_dated" in {each["rule"] for each in told["lines"][1]["warnings"]}
    assert "expired" in {each["rule"] for each in told["lines"][2]["warnings"]}
    assert all(each["detail"] for line in told["lines"] for each in line["warnings"])
    assert good(admin.get(f"/receipts/{told['number']}")) == told
    stock = good(admin.get("/stock?site=DEPOT&lot=L1"))["data"]
    assert {(row["zone"], row["on_hand"], row["available"]) for row in stock} == {
        ("stock", 95, 95),
        ("quarantine", 5, 0),
    }


def test_receipts_that_cannot_be(admin, depot, item, donor):
    cases = {
        "/site": receipt(site="NONE"),
        "/donor": receipt(donor="NONE"),
        "/donation": receipt(donation="DON-2026-999999"),
        "/received_on": receipt(received_on=LATER),
        "/lines": receipt(lines=[]),
        "/lines/0/item": receipt(lines=[LINE | {"item": "NONE"}]),
        "/lines/0/lot": receipt(lines=[LINE | {"lot": None}]),
        "/lines/0/quantity": receipt(lines=[LINE | {"quantity": 0}]),
        "/lines/0/damaged": receipt(lines=[LINE | {"damaged": 101}]),
        "/lines/0/expires_on": receipt(lines=[LINE | {"expires_on": None}]),
        "/lines/0/currency": receipt(lines=[LINE | {"unit_value": "1.5"}]),
        "/lines/0/zone": receipt(lines=[LINE | {"zone": "refused"}]),
    }
    for pointer, body in cases.items():
        assert pointers(admin.post("/receipts", body)) == [pointer], pointer
    assert good(admin.get("/stock"))["data"] == []
    assert pointers(admin.post("/receipts", receipt(lines=[LINE, LINE | {"quantity": -1}]))) == [
        "/lines/1/quantity"
    ]
    assert good(admin.get("/stock"))["data"] == []  # whole or not at all


def test_a_serial_comes_in_once(admin, session, depot, donor):
    create_item(
        session, "AMBULANCE", category="vehicle", base_unit="piece", serialised=True, tracks_expiry=False
    )
    line = {"item": "AMBULANCE", "serial": "WDB9066331S123456", "quantity": 1}
    told = good(admin.post("/receipts", receipt(lines=[line])), 201)
    assert told["lines"][0]["serial"] == "WDB9066331S123456"
    assert "vin" in {each["rule"] for each in told["lines"][0]["warnings"]}
    problem(admin.post("/receipts", receipt(lines=[line])), 409)
    assert "/lines/0/serial" in pointers(admin.post("/receipts", receipt(lines=[line | {"serial": "SHORT"}])))
    assert pointers(admin.post("/receipts", receipt(lines=[line | {"quantity": 2}]))) == ["/lines/0/quantity"]


def test_only_at_ones_own_site(program, depot, clinic, item, donor):
    theirs = program(Role.CLINIC, [clinic])
    problem(theirs.post("/receipts", receipt()), 403)
    number = good(program(Role.WAREHOUSE, [depot]).post("/receipts", receipt()), 201)["number"]
    problem(theirs.get(f"/receipts/{number}"), 404)
    problem(theirs.get("/stock?site=DEPOT"), 403)
    problem(theirs.get("/stock?site=NONE"), 404)
    problem(theirs.get("/movements?site=DEPOT"), 403)
    problem(theirs.get("/sites/DEPOT/stock-status"), 403)
    assert good(theirs.get("/stock"))["data"] == []
    assert good(theirs.get("/movements"))["data"] == []


def test_stock_filters_and_pages(admin, session, depot, item, donor):
    for number in range(3):
        stock_up(session, depot, item, 10, lot=f"L{number}", donor=donor if number else None)
    page = good(admin.get("/stock?limit=2"))
    rest = good(admin.get(f"/stock?limit=2&cursor={page['next']}"))
    assert [row["lot"] for row in page["data"] + rest["data"]] == ["L0", "L1", "L2"]
    assert [row["lot"] for row in good(admin.get("/stock?donor=GIVER"))["data"]] == ["L1", "L2"]
    assert good(admin.get("/stock?item=NONE"))["data"] == []
    assert pointers(admin.get("/stock?zone=attic")) == ["/zone"]
    assert pointers(admin.get("/stock?as_of=yesterday")) == ["/as_of"]
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert good(admin.get(f"/stock?as_of={yesterday}"))["data"] == []
    assert len(good(admin.get(f"/stock?as_of={TODAY}&limit=2"))["data"]) == 2


def test_dispensing_first_expired_first_out(admin, session, depot, item):
    stock_up(session, depot, item, 10, lot="LATE", expires_in=900)
    stock_up(session, depot, item, 10, lot="SOON", expires_in=400)
    told = good(
        admin.post("/consumptions", event(consultations=4, lines=[{"item": "PARA500", "quantity": 12}])), 201
    )
    assert [(line["lot"], line["quantity"]) for line in told["lines"]] == [("SOON", 10), ("LATE", 2)]
    assert told["site"] == "DEPOT"
    assert told["consultations"] == 4
    rows = good(admin.get(f"/movements?site=DEPOT&item=PARA500&document={told['number']}"))["data"]
    assert [row["balance"] for row in rows] == [10, 8]
    assert rows[0]["source"] == "DEPOT/stock"
    assert rows[0]["destination"] == "patients"


def test_too_little_names_every_short_line_and_does_nothing(admin, session, depot, item):
    create_item(session, "OTHER")
    stock_up(session, depot, item, 5)
    lines = [{"item": "PARA500", "quantity": 6}, {"item": "OTHER", "quantity": 1}]
    assert pointers(admin.post("/consumptions", event(lines=lines)), 409) == [
        "/lines/0/quantity",
        "/lines/1/quantity",
    ]
    assert good(admin.get("/stock"))["data"][0]["on_hand"] == 5


@pytest.mark.parametrize("quantity", [0, -1, 10**9 + 1, 2**53])
def test_quantities_that_cannot_be(admin, depot, item, quantity):
    body = event(lines=[{"item": "PARA500", "quantity": quantity}])
    assert pointers(admin.post("/consumptions", body)) == ["/lines/0/quantity"]


def test_adjustments(admin, session, depot, item):
    stock_up(session, depot, item, 10, lot="L1")
    line = {"item": "PARA500", "lot": "L1"}
    told = good(admin.post("/adjustments", event(lines=[line | {"quantity": -3, "reason": "lost"}])), 201)
    assert [(each["quantity"], each["reason"]) for each in told["lines"]] == [(-3, "lost")]
    good(admin.post("/adjustments", event(lines=[line | {"quantity": 2, "reason": "found"}])), 201)
    assert good(admin.get("/stock"))["data"][0]["on_hand"] == 9
    for wrong in ({"quantity": 1, "reason": "theft"}, {"quantity": 0, "reason": "lost"}):
        assert pointers(admin.post("/adjustments", event(lines=[line | wrong]))) == ["/lines/0/quantity"]
    assert pointers(admin.post("/adjustments", event(lines=[line | {"quantity": 1, "reason": "magic"}]))) == [
        "/lines/0/reason"
    ]
    problem(admin.post("/adjustments", event(lines=[line | {"quantity": -30, "reason": "lost"}])), 409)


def test_zone_moves_and_disposals(admin, session, depot, item):
    stock_up(session, depot, item, 10, lot="L1")
    line = {"item": "PARA500", "lot": "L1", "quantity": 4}
    told = good(
        admin.post("/zone-moves", {"site": "DEPOT", "lines": [line | {"from": "stock", "to": "quarantine"}]}),
        201,
    )
    assert told["lines"] == [line | {"from": "stock", "to": "quarantine", "reason": None}]
    told = good(admin.post("/disposals", event(method="incineration", certificate="C-1", lines=[line])), 201)
    assert told["method"] == "incineration"
    assert told["certificate"] == "C-1"
    assert [(row["zone"], row["on_hand"]) for row in good(admin.get("/stock"))["data"]] == [("stock", 6)]
    problem(admin.post("/disposals", event(method="sewer", lines=[line | {"quantity": 7}])), 409)
    assert pointers(admin.post("/disposals", event(method="river", lines=[line]))) == ["/method"]
    same = {"site": "DEPOT", "lines": [line | {"from": "stock", "to": "stock"}]}
    assert pointers(admin.post("/zone-moves", same)) == ["/lines/0/to"]


def test_a_count_posts_its_differences(admin, session, depot, item):
    stock_up(session, depot, item, 10, lot="L1")
    stock_up(session, depot, item, 10, lot="L2")
    lines = [{"item": "PARA500", "lot": "L1", "counted": 8}, {"item": "PARA500", "lot": "L2", "counted": 11}]
    told = good(
        admin.post("/counts", {"site": "DEPOT", "counted_on": TODAY.isoformat(), "lines": lines}), 201
    )
    assert told["number"].startswith("CNT-")
    assert [(each["expected"], each["counted"], each["difference"]) for each in told["lines"]] == [
        (10, 8, -2),
        (10, 11, 1),
    ]
    assert [row["on_hand"] for row in good(admin.get("/stock"))["data"]] == [8, 11]
    wrong = [lines[0] | {"counted": -1}, lines[1] | {"lot": "UNKNOWN"}]
    body = {"site": "DEPOT", "counted_on": TODAY.isoformat(), "lines": wrong}
    assert pointers(admin.post("/counts", body)) == ["/lines/0/counted"]


def test_a_recall_names_every_holder(admin, session, depot, clinic, item):
    stock_up(session, depot, item, 10, lot="BAD")
    stock_up(session, clinic, item, 3, lot="BAD")
    told = good(admin.post("/recalls", {"item": "PARA500", "lot": "BAD", "reason": "a notice"}), 201)
    assert sorted((each["site"], each["quantity"]) for each in told["holders"]) == [
        ("CLINIC", 3),
        ("DEPOT", 10),
    ]
    assert {row["status"] for row in good(admin.get("/stock"))["data"]} == {"recalled"}
    problem(admin.post("/consumptions", event(lines=[{"item": "PARA500", "quantity": 1}])), 409)
    assert pointers(admin.post("/recalls", {"item": "NONE", "lot": "BAD", "reason": "x"})) == ["/item"]


def test_movements_since_an_instant_and_page_by_page(admin, session, depot, item):
    for number in range(3):
        stock_up(session, depot, item, 10, lot=f"L{number}")
    seen, cursor = [], None
    while True:
        page = good(
            admin.get("/movements?site=DEPOT&item=PARA500&limit=1" + (f"&cursor={cursor}" if cursor else ""))
        )
        seen += page["data"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [row["balance"] for row in seen] == [10, 20, 30]
    assert len({row["id"] for row in seen}) == 3
    since = (clock.now() + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert good(admin.get(f"/movements?since={since}"))["data"] == []
    assert pointers(admin.get("/movements?since=2026-01-01")) == ["/since"]
    assert len(good(admin.get("/movements?since=2026-01-01T00:00:00%2B02:00"))["data"]) == 3


def test_stock_status(admin, session, depot, item):
    create_item(session, "NEVER")
    stock_up(session, depot, item, 10)
    good(admin.post("/consumptions", event(lines=[{"item": "PARA500", "quantity": 4}])), 201)
    fixed = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 10}
    good(admin.put("/sites/DEPOT/policies/PARA500", fixed))
    good(admin.put("/sites/DEPOT/policies/NEVER", fixed))
    rows = {row["item"]: row for row in good(admin.get("/sites/DEPOT/stock-status"))["data"]}
    para = rows["PARA500"]
    assert para["available"] == 6
    assert para["amc_basis"] == "dispensed"
    assert para["reorder_point"] == 50
    assert para["status"] == "emergency"
    assert para["days_out"] == 0
    assert isinstance(para["amc"], str)
    assert len(para["amc"].partition(".")[2]) == 2
    never = rows["NEVER"]
    assert never["amc"] is None
    assert never["amc_basis"] == "never_received"
    assert never["suggested_quantity"] == 100
    assert never["status"] == "stock_out"
    first = good(admin.get("/sites/DEPOT/stock-status?limit=1"))
    rest = good(admin.get(f"/sites/DEPOT/stock-status?limit=1&cursor={first['next']}"))
    assert [first["data"][0]["item"], rest["data"][0]["item"]] == ["NEVER", "PARA500"]
    problem(admin.get("/sites/NONE/stock-status"), 404)
