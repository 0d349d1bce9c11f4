"""Holds, disposals' certificates and recalls as programs use them."""

import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import stock_up


@pytest.fixture
def hold(admin, session, clinic, item):
    """20 set aside at the clinic, as the API tells them."""
    stock_up(session, clinic, item, 50, lot="L1")
    line = {"item": "PARA500", "lot": "L1", "quantity": 20, "from": "stock", "to": "quarantine"}
    good(admin.post("/zone-moves", {"site": "CLINIC", "note": "wet 💧", "lines": [line]}), 201)
    return good(admin.get("/holds"))["data"][0]


def test_what_is_held_is_listed(admin, hold):
    assert hold["number"].startswith("HLD-")
    assert {name: hold[name] for name in ("site", "item", "lot", "zone", "quantity", "cause", "detail")} == {
        "site": "CLINIC",
        "item": "PARA500",
        "lot": "L1",
        "zone": "quarantine",
        "quantity": 20,
        "cause": "by_hand",
        "detail": "wet 💧",
    }
    assert good(admin.get("/holds?status=decided"))["data"] == []
    assert len(good(admin.get("/holds?site=CLINIC&item=PARA500&cause=by_hand&days=0"))["data"]) == 1
    assert pointers(admin.get("/holds?status=odd")) == ["/status"]


def test_one_proposes_another_decides(admin, program, clinic, hold):
    nurse = program(Role.CLINIC, [clinic])
    asked = {"outcome": "release", "reason": "dry", "quantity": 15}
    told = good(nurse.post(f"/holds/{hold['number']}/propose", asked))
    assert (told["status"], told["quantity"], told["outcome"]) == ("proposed", 15, "release")
    problem(nurse.post(f"/holds/{hold['number']}/decide", {"confirm": True}), 403)
    done = good(admin.post(f"/holds/{hold['number']}/decide", {"confirm": True}))
    assert done["status"] == "decided" and done["event"].startswith("ZMV-")
    problem(admin.post(f"/holds/{hold['number']}/decide", {"confirm": True}), 409)
    assert [each["quantity"] for each in good(admin.get("/holds?limit=1&status=open"))["data"]] == [5]


def test_the_same_account_never_decides(admin, hold):
    good(admin.post(f"/holds/{hold['number']}/propose", {"outcome": "refuse", "reason": "x"}))
    problem(admin.post(f"/holds/{hold['number']}/decide", {"confirm": True}), 403)


def test_what_is_wrong_is_named(admin, program, depot, hold):
    at = f"/holds/{hold['number']}"
    assert pointers(admin.post(f"{at}/propose", {"outcome": "accept", "reason": "x"})) == ["/outcome"]
    assert pointers(admin.post(f"{at}/propose", {"outcome": "release"})) == ["/reason"]
    assert pointers(admin.post(f"{at}/propose", {"outcome": "release", "reason": "x", "quantity": 21})) == [
        "/quantity"
    ]
    good(admin.post(f"{at}/propose", {"outcome": "destroy", "reason": "mould"}))
    other = program(Role.ADMIN)
    assert pointers(other.post(f"{at}/decide", {"confirm": True})) == ["/method"]
    assert pointers(other.post(f"{at}/decide", {"confirm": False})) == ["/reason"]
    elsewhere = program(Role.CLINIC, [depot])
    problem(elsewhere.post(f"{at}/propose", {"outcome": "release", "reason": "x"}), 404)
    assert good(elsewhere.get("/holds"))["data"] == []
    problem(program(Role.VIEWER).post(f"{at}/propose", {"outcome": "release", "reason": "x"}), 403)


def test_a_direct_move_stays_as_it_was_and_settles(admin, hold):
    line = {"item": "PARA500", "lot": "L1", "quantity": 20, "from": "quarantine", "to": "stock"}
    good(admin.post("/zone-moves", {"site": "CLINIC", "lines": [line]}), 201)
    assert [(each["status"], each["outcome"]) for each in good(admin.get("/holds"))["data"]] == [
        ("decided", "release")
    ]


def test_a_disposal_and_its_certificate(admin, program, depot, hold):
    body = {
        "site": "CLINIC",
        "occurred_on": hold["opened_at"][:10],
        "method": "incineration",
        "witness": "Dr Ŝ",
        "place": "Duhok",
        "authority": "DoH",
        "note": "mould",
        "lines": [{"item": "PARA500", "lot": "L1", "quantity": 20}],
    }
    told = good(admin.post("/disposals", body), 201)
    assert {name: told[name] for name in ("witness", "place", "authority", "note")} == {
        "witness": "Dr Ŝ",
        "place": "Duhok",
        "authority": "DoH",
        "note": "mould",
    }
    paper = admin.get(f"/disposals/{told['number']}/certificate.pdf?lang=fr")
    assert paper.status_code == 200 and paper.data.startswith(b"%PDF")
    problem(program(Role.CLINIC, [depot]).get(f"/disposals/{told['number']}/certificate.pdf"), 404)
    problem(admin.get("/disposals/DSP-2020-000001/certificate.pdf"), 404)


def test_a_recall_is_followed(admin, program, session, clinic, depot, hold):
    made = good(admin.post("/recalls", {"item": "PARA500", "lot": "L1", "reason": "x", "source": "WHO"}), 201)
    told = good(admin.get(f"/recalls/{made['id']}"))
    assert told["progress"] == {
        "holders": 1,
        "answered": 0,
        "quantity": 50,
        "located": 0,
        "percent": 0,
        "complete_minutes": None,
    }
    assert [(each["site"], each["quantity"], each["reply"]) for each in told["notices"]] == [
        ("CLINIC", 50, "open")
    ]
    assert good(program(Role.CLINIC, [depot]).get(f"/recalls/{made['id']}"))["notices"] == []
    problem(admin.get("/recalls/999999"), 404)


def test_a_drill_blocks_nothing(admin, session, hold):
    body = {"item": "PARA500", "lot": "L1", "reason": "drill", "drill": True}
    made = good(admin.post("/recalls", body), 201)
    assert made["drill"] is True
    assert {row["status"] for row in good(admin.get("/stock"))["data"]} == {"usable", "quarantine"}
