"""Shipments as pages: the list, a new one, packing, and what donors may see."""

import pytest

from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.services import packing, shipments
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewShipment
from tests.factories import stock_up
from tests.web.world import World, make_world, number_of, rows

NEW = {"origin": "HUB", "destination": "CLINIC", "mode": "road"}
AT = "2026-01-01T10:00"


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def packed(*lines, **more):
    return {"pack-kind": "carton", **rows("pack-lines", *lines), **more}


def test_drafted_packed_and_listed(world):
    number = number_of(world.post("warehouse", "/shipments/new", NEW))
    lines = packed({"item": "PARA", "quantity": 450}, **{"pack-gross_weight_kg": "12,5"})
    assert world.post("warehouse", f"/shipments/{number}/packages", lines).status_code == 303
    page = world.get("warehouse", f"/shipments/{number}").text
    assert "EARLY" in page
    assert "LATE" in page
    assert "12.5" in page
    listed = world.get("clinic", "/shipments?status=draft&site=CLINIC&mode=road").text
    assert number in listed
    assert "12.5" in listed
    assert number not in world.get("clinic", "/shipments?status=received").text
    assert number not in world.get("elsewhere", "/shipments").text


def test_for_a_requisition_everything_approved_is_packed_in_one_click(world):
    data = {
        "site": "CLINIC",
        "kind": "regular",
        "submit_now": "1",
        **rows("lines", {"item": "PARA", "quantity": 70}),
    }
    asked = number_of(world.post("clinic", "/requisitions/new", data))
    world.post("coordinator", f"/requisitions/{asked}/approve", {"as_asked": "1"})
    page = world.get("warehouse", f"/shipments/new?requisition={asked}").text
    assert asked in page
    number = number_of(world.post("warehouse", "/shipments/new", NEW | {"requisition": asked}))
    assert "Pack everything approved" in world.get("warehouse", f"/shipments/{number}").text
    assert world.post("warehouse", f"/shipments/{number}/pack-all", {"kind": "carton"}).status_code == 303
    page = world.get("warehouse", f"/shipments/{number}").text
    assert "Pack everything approved" not in page
    assert number in world.get("clinic", f"/requisitions/{asked}").text


def test_a_lot_that_jumps_the_queue_needs_a_reason(world):
    number = world.shipment(quantity=10)
    data = packed({"item": "PARA", "quantity": 5, "lot": "LATE"})
    answer = world.post("warehouse", f"/shipments/{number}/packages", data)
    assert answer.status_code == 422
    assert "Say why these are taken" in answer.text
    assert 'value="LATE"' in answer.text
    data["pack-reason"] = "The clinic needs a long date"
    assert world.post("warehouse", f"/shipments/{number}/packages", data).status_code == 303


def test_every_short_line_is_told_and_all_is_kept(world):
    number = world.shipment(quantity=10)
    data = packed({"item": "PARA", "quantity": 5000}, {"item": "ORS", "quantity": 3})
    answer = world.post("warehouse", f"/shipments/{number}/packages", data)
    assert answer.status_code == 409
    assert "Only 990 of PARA can be taken, not 5000" in answer.text
    assert "Only 0 of ORS can be taken, not 3" in answer.text
    assert 'value="5000"' in answer.text


def test_the_same_package_twice_is_packed_once(world):
    number = world.shipment(quantity=10)
    data = packed({"item": "PARA", "quantity": 7}, **{"pack-token": "6b5b3c2e-0000-4000-8000-000000000002"})
    for _ in range(2):
        assert world.post("warehouse", f"/shipments/{number}/packages", data).status_code == 303
    assert world.get("warehouse", f"/shipments/{number}").text.count(">7</bdi>") == 1


def test_what_would_be_taken_is_told(world):
    number = world.shipment(quantity=10)
    path = f"/shipments/{number}/hints?item=PARA&quantity=500&lot=&item=PARA&quantity=5&lot=LATE&item=&quantity=&lot="
    first, second, third = world.get("warehouse", path).get_json()["hints"]
    assert "390 of lot EARLY" in first["text"]
    assert "110 of lot LATE" in first["text"]
    assert second["text"].startswith("Other lots expire first.")
    assert third is None


def test_a_package_is_taken_out_again(world):
    number = world.shipment(quantity=10)
    shipment = world.session
    label = shipments.get_shipment(shipment, SYSTEM, number).packages[0].label
    assert world.post("warehouse", f"/shipments/{number}/packages/{label}/remove").status_code == 303
    assert "Nothing is packed yet" in world.get("warehouse", f"/shipments/{number}").text
    assert world.post("warehouse", f"/shipments/{number}/packages/{label}/remove").status_code == 404


def test_cancelling_and_a_stale_page(world):
    number = world.shipment()
    assert world.post("warehouse", f"/shipments/{number}/cancel").status_code == 303
    answer = world.post("warehouse", f"/shipments/{number}/packages", packed({"item": "PARA", "quantity": 1}))
    assert answer.status_code == 409
    assert "This shipment was cancelled" in answer.text


def test_when_it_is_expected_can_change(world):
    number = world.shipment()
    assert world.post("warehouse", f"/shipments/{number}/eta", {"eta-eta": "2031-02-03"}).status_code == 303
    assert "3 Feb 2031" in world.get("clinic", f"/shipments/{number}").text
    answer = world.post("warehouse", f"/shipments/{number}/eta", {"eta-eta": "soon"})
    assert answer.status_code == 422
    assert "soon" in answer.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"destination": "HUB"}, "Choose another site"),
        ({"mode": ""}, "Say how it travels"),
        ({"eta": "31/31/2026"}, "not read as a date"),
        ({"minimum_shelf_life_days": "-3"}, "between 0 and 3650"),
        ({"requisition": "REQ-2026-999999"}, "There is no requisition"),
    ],
)
def test_what_a_new_one_refuses(world, change, says):
    answer = world.post("warehouse", "/shipments/new", NEW | {"reference": "kept"} | change)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="kept"' in answer.text


@pytest.mark.parametrize("role", ["clinic", "viewer", "donor"])
def test_who_may_not_send(world, role):
    number = world.shipment()
    assert world.get(role, "/shipments/new").status_code == 403
    for path in ("/packages", "/pack-all", "/dispatch", "/cancel", "/eta"):
        assert world.post(role, f"/shipments/{number}{path}").status_code == 403


def test_what_is_not_there(world):
    assert world.get("warehouse", "/shipments/SHP-2026-999999").status_code == 404
    number = world.shipment()
    assert world.get("elsewhere", f"/shipments/{number}").status_code == 404
    for path in ("/packages", "/pack-all", "/dispatch", "/cancel", "/eta", "/events", "/settle"):
        data = {"send-dispatched_at": AT, "event-milestone": "packed", "event-occurred_at": AT}
        assert world.post("coordinator", f"/shipments/SHP-2026-999999{path}", data).status_code == 404


def test_a_donor_sees_what_carries_their_gift_and_no_more(world):
    stock_up(world.session, world.hub, world.second, 50, lot="OTHERS", donor=None)
    number = world.shipment(sent=True)
    page = world.get("donor", f"/shipments/{number}").text
    assert "Paracetamol" in page
    assert "Iraq" in page
    for secret in ("Secret camp", "CLINIC", "EARLY", "system", "Packing list", "packing-list"):
        assert secret not in page
    assert number in world.get("donor", "/shipments").text
    assert "Secret camp" not in world.get("donor", "/shipments").text
    assert world.get("stranger", f"/shipments/{number}").status_code == 404
    assert number not in world.get("stranger", "/shipments").text


def test_a_donor_learns_nothing_of_others_goods(world):
    stock_up(world.session, world.hub, world.second, 50, lot="OTHERS")

    def work(s):
        made = shipments.draft(s, SYSTEM, NewShipment("HUB", "CLINIC", "road"))
        lines = [PackedLine("PARA", 5), PackedLine("ORS", 5)]
        packing.pack(s, SYSTEM, made.number, NewPackage("carton", lines))
        return made.number

    number = atomically(work)
    page = world.get("donor", f"/shipments/{number}").text
    assert "Paracetamol" in page
    assert "Rehydration" not in page


@pytest.mark.parametrize("name", ["packing-list", "waybill", "goods-received-note", "gift-certificate"])
def test_papers(world, name):
    number = world.shipment(sent=True)
    answer = world.get("viewer", f"/shipments/{number}/{name}.pdf?lang=fr")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")
    mine = 200 if name == "gift-certificate" else 403
    assert world.get("donor", f"/shipments/{number}/{name}.pdf").status_code == mine
    assert world.get("elsewhere", f"/shipments/{number}/{name}.pdf").status_code == 404
    assert world.get("nobody", f"/shipments/{number}/{name}.pdf").status_code == 302


def test_a_list_asks_few_questions(world, count_queries):
    for _ in range(3):
        world.shipment(quantity=5)
    with count_queries() as few:
        world.get("coordinator", "/shipments")
    for _ in range(5):
        world.shipment(quantity=5)
    with count_queries() as many:
        world.get("coordinator", "/shipments")
    assert len(many) == len(few)
