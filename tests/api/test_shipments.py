"""Shipments: packed, sent, followed, received, and what is missing."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_site, stock_up


def at(minutes=0):
    return (clock.now() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def stocked(session, depot, clinic, item):
    """A hundred tablets in the depot."""
    return stock_up(session, depot, item, 100, lot="L1")


def drafted(admin, **fields):
    body = {"origin": "DEPOT", "destination": "CLINIC", "mode": "road"} | fields
    return good(admin.post("/shipments", body), 201)["number"]


def packed(admin, quantity=10, **fields):
    number = drafted(admin, **fields)
    good(admin.post(f"/shipments/{number}/packages", carton(quantity)), 201)
    return number


def carton(quantity=10, **fields):
    return {
        "kind": "carton",
        "gross_weight_kg": 4.5,
        "lines": [{"item": "PARA500", "quantity": quantity}],
    } | fields


def sent(admin, quantity=10):
    number = packed(admin, quantity)
    good(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": at(-60), "waybill": "W-1"}))
    return number


def line(**fields):
    return {"item": "PARA500", "lot": "L1"} | fields


def test_the_whole_way(admin, stocked):
    number = drafted(admin, eta=(clock.now() + timedelta(days=20)).date().isoformat(), container="20DC")
    pallet = good(admin.post(f"/shipments/{number}/packages", {"kind": "pallet", "volume_m3": "1.2"}), 201)
    told = good(admin.post(f"/shipments/{number}/packages", carton(parent=pallet["label"])), 201)
    assert told["parent"] == pallet["label"]
    assert told["lines"][0]["lot"] == "L1"
    assert good(admin.get("/stock?site=DEPOT"))["data"][0]["reserved"] == 10
    told = good(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": at(-60)}))
    assert told["status"] == "dispatched"
    assert told["totals"] == {"gross_weight_kg": "4.5", "volume_m3": "1.2", "packages": "2"}
    told = good(admin.post(f"/shipments/{number}/events", {"milestone": "departed", "occurred_at": at(-50)}))
    assert told["status"] == "dispatched"
    delivered = {"milestone": "delivered", "occurred_at": at(-10), "place": "Gate", "note": "a dent"}
    told = good(admin.post(f"/shipments/{number}/events", delivered))
    assert told["status"] == "arrived"
    assert [event["milestone"] for event in told["events"]] == ["departed", "delivered"]
    part = {"received_at": at(), "final": False, "lines": [line(received=4)]}
    assert good(admin.post(f"/shipments/{number}/receive", part))["status"] == "arrived"
    rest = {"received_at": at(), "lines": [line(received=3, damaged=1)]}
    told = good(admin.post(f"/shipments/{number}/receive", rest))
    assert told["status"] == "received"
    assert told["discrepancies"] == [line(sent=10, received=7, damaged=1, missing=3)]
    told = good(admin.post(f"/shipments/{number}/found", {"lines": [line(quantity=1)]}))
    assert told["discrepancies"][0]["missing"] == 2
    told = good(admin.post(f"/shipments/{number}/write-off", {"reason": "lost"}))
    assert told["discrepancies"][0]["missing"] == 0
    assert good(admin.get(f"/shipments/{number}")) == told
    rows = good(admin.get("/stock?site=CLINIC"))["data"]
    assert {(row["zone"], row["on_hand"]) for row in rows} == {("stock", 7), ("quarantine", 1)}


def test_the_list_has_headers_alone(admin, stocked):
    packed(admin)
    row = good(admin.get("/shipments"))["data"][0]
    assert row["totals"]["packages"] == "1"
    assert not {"packages", "events", "discrepancies", "warnings"} & row.keys()


def test_shipments_that_cannot_be(admin, stocked):
    body = {"origin": "DEPOT", "destination": "CLINIC", "mode": "road"}
    for wrong, pointer in (
        ({"origin": "NONE"}, "/origin"),
        ({"destination": "DEPOT"}, "/destination"),
        ({"mode": "camel"}, "/mode"),
        ({"container": "53DC"}, "/container"),
        ({"requisition": "REQ-2026-999999"}, "/requisition"),
        ({"minimum_shelf_life_days": -1}, "/minimum_shelf_life_days"),
        ({"eta": "soon"}, "/eta"),
    ):
        assert pointers(admin.post("/shipments", body | wrong)) == [pointer]
    problem(admin.get("/shipments/SHP-2026-999999"), 404)


def test_packages_that_cannot_be(admin, stocked):
    number = drafted(admin)
    path = f"/shipments/{number}/packages"
    box = good(admin.post(path, carton(1)), 201)["label"]
    for wrong, pointer in (
        ({"kind": "bag"}, "/kind"),
        ({"parent": box}, "/parent"),
        ({"parent": "000000000000000000"}, "/parent"),
        ({"gross_weight_kg": -1}, "/gross_weight_kg"),
        ({"lines": [{"item": "NONE", "quantity": 1}]}, "/lines/0/item"),
        ({"lines": [{"item": "PARA500", "quantity": 0}]}, "/lines/0/quantity"),
    ):
        assert pointers(admin.post(path, carton(1) | {"kind": "carton"} | wrong)) == [pointer]
    assert pointers(admin.post(path, carton(100)), 409) == ["/lines/0/quantity"]
    assert [each["label"] for each in good(admin.get(f"/shipments/{number}"))["packages"]] == [box]


def test_a_package_taken_out_frees_its_stock(admin, stocked):
    number = drafted(admin)
    label = good(admin.post(f"/shipments/{number}/packages", carton()), 201)["label"]
    assert admin.delete(f"/shipments/{number}/packages/{label}").status_code == 204
    assert good(admin.get("/stock?site=DEPOT"))["data"][0]["reserved"] == 0
    problem(admin.delete(f"/shipments/{number}/packages/{label}"), 404)


def test_what_its_state_does_not_allow(admin, stocked):
    number = drafted(admin)
    problem(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": at(-1)}), 409)  # nothing in it
    problem(
        admin.post(f"/shipments/{number}/receive", {"received_at": at(), "lines": [line(received=1)]}), 409
    )
    problem(admin.post(f"/shipments/{number}/found", {"lines": [line(quantity=1)]}), 409)
    assert good(admin.post(f"/shipments/{number}/cancel"))["status"] == "cancelled"
    problem(admin.post(f"/shipments/{number}/packages", carton(1)), 409)
    number = sent(admin)
    problem(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": at(-1)}), 409)
    problem(admin.post(f"/shipments/{number}/cancel"), 409)
    too_much = {"received_at": at(), "lines": [line(received=11)]}
    assert pointers(admin.post(f"/shipments/{number}/receive", too_much), 409) == ["/lines/0/received"]
    assert good(admin.get(f"/shipments/{number}"))["status"] == "dispatched"


def test_times_that_cannot_be(admin, stocked):
    number = packed(admin)
    path = f"/shipments/{number}/dispatch"
    assert pointers(admin.post(path, {"dispatched_at": at(60)})) == ["/dispatched_at"]
    assert pointers(admin.post(path, {})) == ["/dispatched_at"]
    number = sent(admin)
    early = {"received_at": at(-120), "lines": [line(received=1)]}
    assert pointers(admin.post(f"/shipments/{number}/receive", early)) == ["/received_at"]
    event = {"milestone": "delivered", "occurred_at": at(60)}
    assert pointers(admin.post(f"/shipments/{number}/events", event)) == ["/occurred_at"]
    planned = good(admin.post(f"/shipments/{number}/events", event | {"classifier": "planned"}))
    assert planned["status"] == "dispatched"


def test_each_end_does_its_own_part(program, admin, session, depot, clinic, stocked):
    here, there = program(Role.WAREHOUSE, [depot]), program(Role.CLINIC, [clinic])
    elsewhere = program(Role.WAREHOUSE, [create_site(session, "ELSEWHERE")])
    number = sent(admin)
    for caller in (here, there):
        good(caller.get(f"/shipments/{number}"))
        assert len(good(caller.get("/shipments"))["data"]) == 1
    problem(elsewhere.get(f"/shipments/{number}"), 404)
    problem(elsewhere.get(f"/shipments/{number}/waybill.pdf"), 404)
    assert good(elsewhere.get("/shipments"))["data"] == []
    arrival = {"received_at": at(), "lines": [line(received=10)]}
    problem(here.post(f"/shipments/{number}/receive", arrival), 403)
    problem(elsewhere.post(f"/shipments/{number}/receive", arrival), 404)
    assert good(there.post(f"/shipments/{number}/receive", arrival))["status"] == "received"


def test_for_a_requisition(admin, session, stocked):
    asked = {"site": "CLINIC", "kind": "regular", "lines": [{"item": "PARA500", "quantity": 10}]}
    requisition = good(admin.post("/requisitions", asked), 201)["number"]
    body = {"origin": "DEPOT", "destination": "CLINIC", "mode": "hand", "requisition": requisition}
    problem(admin.post("/shipments", body), 409)
    good(admin.post(f"/requisitions/{requisition}/submit"))
    good(admin.post(f"/requisitions/{requisition}/approve"))
    number = packed(admin, requisition=requisition)
    good(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": at(-5)}))
    assert good(admin.get(f"/requisitions/{requisition}"))["status"] == "in_shipment"
    good(admin.post(f"/shipments/{number}/receive", {"received_at": at(), "lines": [line(received=10)]}))
    assert good(admin.get(f"/requisitions/{requisition}"))["status"] == "fulfilled"


@pytest.mark.parametrize("paper", ["packing-list", "waybill", "gift-certificate", "goods-received-note"])
@pytest.mark.parametrize("language", ["fr", "ckb", "nonsense"])
def test_papers(admin, stocked, paper, language):
    number = sent(admin)
    answer = admin.get(f"/shipments/{number}/{paper}.pdf?lang={language}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.get_data().startswith(b"%PDF")
    assert number in answer.headers["Content-Disposition"]
    problem(admin.get(f"/shipments/SHP-2026-999999/{paper}.pdf"), 404)
