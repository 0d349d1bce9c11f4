"""Controlled medicines over the API: the second person, the register, permits."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.models import ControlledSignature
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, create_site, stock_up

TODAY = clock.today()
NAME = "نادية حسن 🩺"


@pytest.fixture
def morphine(session, clinic):
    made = create_item(session, "MORPH", controlled=True)
    stock_up(session, clinic, made, 100, lot="M1")
    return made


@pytest.fixture
def nurse(program, clinic):
    return program(Role.CLINIC, [clinic], name="Shilan")


def dispensed(**more):
    return {
        "site": "CLINIC",
        "occurred_on": TODAY.isoformat(),
        "lines": [{"item": "MORPH", "quantity": 5}],
    } | more


def test_a_witness_signs_and_without_one_it_stands_unsigned(nurse, morphine):
    good(nurse.post("/consumptions", dispensed(witness=NAME)), 201)
    good(nurse.post("/consumptions", dispensed(witness=None)), 201)
    good(nurse.post("/consumptions", dispensed()), 201)
    page = good(nurse.get("/register?site=CLINIC&item=MORPH"))
    assert page["next"] is None
    told = [(e["sequence"], e["change"], e["balance"], e["second_person"]) for e in page["data"]]
    assert told == [(1, 100, 100, None), (2, -5, 95, NAME), (3, -5, 90, None), (4, -5, 85, None)]
    assert [e["by"] for e in page["data"]] == ["system", "Shilan", "Shilan", "Shilan"]


def test_ones_own_name_and_what_is_no_name_are_refused(nurse, morphine):
    for name in ("shilan", "x" * 201):
        assert pointers(nurse.post("/consumptions", dispensed(witness=name))) == ["/witness"]
    assert pointers(nurse.post("/consumptions", dispensed(witness=7))) == ["/witness"]
    assert len(good(nurse.get("/register?site=CLINIC&item=MORPH"))["data"]) == 1


def test_every_document_takes_a_witness(nurse, morphine, session):
    lot = {"item": "MORPH", "lot": "M1"}
    day = TODAY.isoformat()
    site = {"site": "CLINIC", "witness": NAME}
    bodies = {
        "/adjustments": site | {"occurred_on": day, "lines": [lot | {"quantity": -1, "reason": "lost"}]},
        "/disposals": site | {"occurred_on": day, "method": "incineration", "lines": [lot | {"quantity": 1}]},
        "/zone-moves": site
        | {"note": "wet", "lines": [lot | {"quantity": 1, "from": "stock", "to": "quarantine"}]},
        "/counts": site | {"counted_on": day, "lines": [lot | {"counted": 90}]},
        "/receipts": site
        | {
            "received_on": day,
            "lines": [
                {"item": "MORPH", "lot": "N1", "quantity": 5, "expires_on": str(TODAY + timedelta(days=900))}
            ],
        },
    }
    for path, body in bodies.items():
        good(nurse.post(path, body), 201)
    assert session.scalars(select(ControlledSignature.by)).all() == [NAME] * len(bodies)


def test_what_a_device_recorded_takes_its_own_witness(nurse, morphine):
    def event(**data):
        return {
            "id": str(uuid4()),
            "type": "consumption",
            "occurred_at": clock.now().isoformat(),
            "data": dispensed(**data),
        }

    events = [event(witness=NAME), event()]
    good(nurse.post("/sync", {"device": "tablet", "sent_at": clock.now().isoformat(), "events": events}))
    told = good(nurse.get("/register?site=CLINIC&item=MORPH"))["data"]
    assert [e["second_person"] for e in told] == [None, NAME, None]


def test_the_register_comes_in_pages_to_who_may_see_it(nurse, morphine, program, donor, session):
    for _ in range(4):
        good(nurse.post("/consumptions", dispensed()), 201)
    path = "/register?site=CLINIC&item=MORPH&limit=2"
    seen, cursor = [], ""
    while cursor is not None:
        page = good(nurse.get(path + (f"&cursor={cursor}" if cursor else "")))
        seen += [e["sequence"] for e in page["data"]]
        cursor = page["next"]
    assert seen == [1, 2, 3, 4, 5]
    assert good(program(Role.VIEWER).get(path))["data"]
    problem(program(Role.DONOR, donor=donor).get(path), 403)
    problem(program(Role.CLINIC, [create_site(session)]).get(path), 403)
    problem(nurse.get("/register?site=CLINIC&item=NOTHING"), 404)
    assert pointers(nurse.get("/register?site=CLINIC")) == ["/item"]
    assert pointers(nurse.get(path + "&cursor=x")) == ["/cursor"]


def permit(**changed):
    return {
        "kind": "import",
        "number": "IQ-77",
        "authority": "وزارة الصحة 🏛",
        "valid_from": (TODAY - timedelta(days=9)).isoformat(),
        "valid_until": (TODAY + timedelta(days=90)).isoformat(),
        "site": "CLINIC",
        "lines": [{"item": "MORPH", "quantity": 50}],
    } | changed


def test_permits_are_written_and_listed(admin, nurse, morphine, program, donor):
    made = good(admin.post("/permits", permit()), 201)
    assert (made["state"], made["lines"]) == ("valid", [{"item": "MORPH", "quantity": 50, "used": 0}])
    good(admin.post("/permits", permit(number="2", lines=[{"item": "MORPH"}])), 201)
    assert pointers(admin.post("/permits", permit()), 409) == ["/number"]
    assert pointers(admin.post("/permits", permit(kind="export", number="3"))) == ["/cites"]
    assert pointers(admin.post("/permits", permit(number="4", lines=[]))) == ["/lines"]
    assert pointers(admin.post("/permits", permit(kind="pass"))) == ["/kind"]
    first = good(nurse.get("/permits?limit=1"))
    rest = good(nurse.get(f"/permits?limit=1&cursor={first['next']}"))
    assert [each["number"] for each in first["data"] + rest["data"]] == ["IQ-77", "2"]
    assert rest["next"] is None
    assert rest["data"][0]["lines"][0]["quantity"] is None
    assert good(nurse.get("/permits?state=expired"))["data"] == []
    problem(nurse.post("/permits", permit(number="5")), 403)
    problem(program(Role.DONOR, donor=donor).get("/permits"), 403)


def test_a_package_and_a_shipment_warn_without_a_permit(admin, morphine, session, depot):
    create_site(session, "LYON", country="FR")
    stock_up(session, depot, morphine, 50)
    body = {"origin": "DEPOT", "destination": "LYON", "mode": "air"}
    number = good(admin.post("/shipments", body), 201)["number"]
    line = {"item": "MORPH", "quantity": 20}
    package = good(admin.post(f"/shipments/{number}/packages", {"kind": "carton", "lines": [line]}), 201)
    assert [each["rule"] for each in package["warnings"]] == ["permit"]
    at = {"dispatched_at": clock.now().isoformat(), "witness": NAME}
    sent = good(admin.post(f"/shipments/{number}/dispatch", at))
    assert "permit" in [each["rule"] for each in sent["warnings"]]
    good(admin.post("/permits", permit(kind="model_form", site=None, shipment=number)), 201)
    assert "permit" not in [each["rule"] for each in good(admin.get(f"/shipments/{number}"))["warnings"]]
