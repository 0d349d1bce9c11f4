"""Gifts, what became of them, and what their donors may see."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.api.test_shipments import at
from tests.factories import create_donor, stock_up

TODAY = clock.today()
GOODS = {
    "donor": "GIVER",
    "kind": "goods",
    "pledged_on": TODAY.isoformat(),
    "reference": "PL-7",
    "lines": [{"item": "PARA500", "quantity": 100}],
}
MONEY = {
    "donor": "GIVER",
    "kind": "money",
    "pledged_on": TODAY.isoformat(),
    "amount": "250.5",
    "currency": "EUR",
}


def test_goods_and_money(admin, item, donor):
    told = good(admin.post("/donations", GOODS), 201)
    assert told["number"].startswith("DON-")
    assert told["lines"] == GOODS["lines"]
    assert good(admin.get(f"/donations/{told['number']}")) == told
    money = good(admin.post("/donations", MONEY), 201)
    assert money["amount"] == "250.50"
    assert money["currency"] == "EUR"
    assert [row["number"] for row in good(admin.get("/donations"))["data"]] == [
        told["number"],
        money["number"],
    ]


def test_donations_that_cannot_be(admin, item, donor):
    for body, pointer in (
        (GOODS | {"donor": "NONE"}, "/donor"),
        (GOODS | {"kind": "love"}, "/kind"),
        (GOODS | {"lines": []}, "/lines"),
        (GOODS | {"lines": [{"item": "NONE", "quantity": 1}]}, "/lines/0/item"),
        (GOODS | {"amount": "1"}, "/amount"),
        (MONEY | {"amount": None}, "/amount"),
        (MONEY | {"amount": "1.234"}, "/amount"),
        (MONEY | {"amount": "-5"}, "/amount"),
        (MONEY | {"currency": "XYZ"}, "/currency"),
        (MONEY | {"currency": None}, "/currency"),
        (MONEY | {"shipment": "SHP-2026-999999"}, "/shipment"),
        (MONEY | {"lines": GOODS["lines"]}, "/lines"),
    ):
        assert pointer in pointers(admin.post("/donations", body)), body
    problem(admin.get("/donations/DON-2026-999999"), 404)
    problem(admin.get("/donations/DON-2026-999999/trace"), 404)


@pytest.fixture
def gift(admin, session, depot, clinic, item, donor):
    """A gift of a hundred: sixty sent, fifty-five came, ten were dispensed. Another donor's goods travel with it."""
    other = create_donor(session, "OTHER")
    stock_up(session, depot, item, 50, lot="OTHERS-LOT", donor=other, expires_in=900)
    number = good(admin.post("/donations", GOODS), 201)["number"]
    later = (TODAY + timedelta(days=800)).isoformat()
    line = {"item": "PARA500", "lot": "OURS", "expires_on": later, "quantity": 100}
    receipt = {"site": "DEPOT", "donation": number, "received_on": TODAY.isoformat(), "lines": [line]}
    good(admin.post("/receipts", receipt | {"consent_reference": "C"}), 201)
    body = {"origin": "DEPOT", "destination": "CLINIC", "mode": "road", "reference": "secret-ref"}
    shipment = good(admin.post("/shipments", body), 201)["number"]
    lines = [
        {"item": "PARA500", "quantity": 60, "lot": "OURS"},
        {"item": "PARA500", "quantity": 20, "lot": "OTHERS-LOT"},
    ]
    box = {"kind": "carton", "seal": "SEAL-9", "lines": lines}
    good(admin.post(f"/shipments/{shipment}/packages", box), 201)
    good(admin.post(f"/shipments/{shipment}/dispatch", {"dispatched_at": at(-60), "waybill": "WAYBILL-1"}))
    note = {"milestone": "customs_held", "occurred_at": at(-30), "place": "Secret gate", "note": "Call Ahmed"}
    good(admin.post(f"/shipments/{shipment}/events", note))
    arrived = [
        {"item": "PARA500", "lot": "OURS", "received": 55},
        {"item": "PARA500", "lot": "OTHERS-LOT", "received": 20},
    ]
    good(admin.post(f"/shipments/{shipment}/receive", {"received_at": at(), "lines": arrived}))
    used = {"site": "CLINIC", "occurred_on": TODAY.isoformat()}
    good(
        admin.post("/consumptions", used | {"lines": [{"item": "PARA500", "lot": "OURS", "quantity": 10}]}),
        201,
    )
    return number, shipment


def test_the_parts_add_up(admin, gift):
    told = good(admin.get(f"/donations/{gift[0]}/trace"))
    parts = {
        name: told[name] for name in ("in_stock", "in_transit", "dispensed", "disposed", "lost", "missing")
    }
    assert told["donated"] == 100
    assert parts == {"in_stock": 85, "in_transit": 0, "dispensed": 10, "disposed": 0, "lost": 0, "missing": 5}
    assert sum(parts.values()) + told["delivered_to_partner"] == told["donated"]
    assert told["lines"][0]["item"] == "PARA500"
    assert told["shipments"][0]["destination"] == "CLINIC"


def test_a_donor_sees_their_own_and_nothing_else(program, admin, gift, donor):
    number, shipment = gift
    giver = program(Role.DONOR, donor=donor)
    assert [row["number"] for row in good(giver.get("/donations"))["data"]] == [number]
    good(giver.get(f"/donations/{number}"))
    trace = giver.get(f"/donations/{number}/trace")
    assert good(trace)["dispensed"] == 10
    assert good(trace)["shipments"][0]["destination"] == "IQ"
    listed = giver.get("/shipments")
    assert [row["number"] for row in good(listed)["data"]] == [shipment]
    told = giver.get(f"/shipments/{shipment}")
    assert good(told)["status"] == "received"
    assert good(told)["lines"] == [{"item": "PARA500", "name": "Paracetamol 500 mg", "quantity": 60}]
    for answer in (trace, listed, told, giver.get(f"/donations/{number}")):
        text = answer.get_data(as_text=True)
        for secret in (
            "CLINIC",
            "OTHER",
            "SEAL-9",
            "WAYBILL-1",
            "Secret",
            "Ahmed",
            "secret-ref",
            "admin person",
        ):
            assert secret not in text, secret
    assert not {"packages", "totals", "discrepancies", "warnings", "waybill"} & good(told).keys()


def test_what_a_donor_may_not_have(program, gift, donor):
    _, shipment = gift
    giver = program(Role.DONOR, donor=donor)
    for paper in ("packing-list", "waybill", "goods-received-note"):
        problem(giver.get(f"/shipments/{shipment}/{paper}.pdf"), 403)
    certificate = giver.get(f"/shipments/{shipment}/gift-certificate.pdf")
    assert certificate.get_data().startswith(b"%PDF")
    for path in (
        "/items",
        "/sites",
        "/donors",
        "/stock",
        "/movements",
        "/requisitions",
        "/alerts",
        "/sync/events",
    ):
        problem(giver.get(path), 403)


def test_another_donor_does_not_know_of_it(program, session, gift):
    number, shipment = gift
    stranger = program(Role.DONOR, donor=create_donor(session, "STRANGER"))
    for path in (
        f"/donations/{number}",
        f"/donations/{number}/trace",
        f"/shipments/{shipment}",
        f"/shipments/{shipment}/gift-certificate.pdf",
    ):
        problem(stranger.get(path), 404)
    assert good(stranger.get("/donations"))["data"] == []
    assert good(stranger.get("/shipments"))["data"] == []


def test_a_donor_of_money_sees_the_shipment_that_it_is_for(program, admin, session, gift):
    _, shipment = gift
    payer = create_donor(session, "PAYER")
    number = good(admin.post("/donations", MONEY | {"donor": "PAYER", "shipment": shipment}), 201)["number"]
    caller = program(Role.DONOR, donor=payer)
    assert good(caller.get(f"/donations/{number}"))["shipment"] == shipment
    told = good(caller.get(f"/shipments/{shipment}"))
    assert told["lines"] == []
    assert [row["number"] for row in good(caller.get(f"/donations/{number}/trace"))["shipments"]] == [
        shipment
    ]
