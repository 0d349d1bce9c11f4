"""Kits as programs put them together and take them apart."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from inventory.ledger import verify
from inventory.models import Item
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, create_site, stock_up

TODAY = clock.today()


@pytest.fixture
def depot(session):
    return create_site(session, "KITHUB")


@pytest.fixture
def bill(admin, session, depot) -> Item:
    """A kit of two gauzes and a soap; five and four of them are there, in two lots of gauze."""
    kit, gauze, soap = (create_item(session, code) for code in ("KIT", "GAUZE", "SOAP"))
    stock_up(session, depot, gauze, 5, lot="G1", expires_in=400)
    stock_up(session, depot, gauze, 5, lot="G2", expires_in=800)
    stock_up(session, depot, soap, 4, lot="S1", expires_in=600)
    lines = [{"item": "GAUZE", "quantity": 2}, {"item": "SOAP", "quantity": 1}]
    told = good(admin.put("/kits/KIT", {"people": 10, "months": "3", "lines": lines}))
    assert told == {"item": "KIT", "people": 10, "months": "3", "lines": lines}
    return kit


def asked(quantity: int = 3, **more):
    return {"site": "KITHUB", "kit": "KIT", "quantity": quantity, "occurred_on": TODAY.isoformat(), **more}


def test_put_together_and_taken_apart(admin, session, bill):
    told = good(admin.post("/kit-assemblies", asked(note="for Tel Uskuf 🧼 تل أسقف")), 201)
    assert (told["kind"], told["site"]) == ("kit_assembly", "KITHUB")
    rows = good(admin.get("/stock?site=KITHUB&item=KIT"))["data"]
    assert sum(row["on_hand"] for row in rows) == 3
    first = (TODAY + timedelta(days=400)).isoformat()
    assert rows[0]["expires_on"] == first
    left = {row["lot"]: row["on_hand"] for row in good(admin.get("/stock?site=KITHUB"))["data"]}
    assert (left["G2"], left["S1"]) == (4, 1)
    gone = {"lot": rows[0]["lot"], "quantity": rows[0]["on_hand"]}
    body = asked(**gone)
    apart = good(admin.post("/kit-disassemblies", body), 201)
    assert apart["kind"] == "kit_disassembly"
    session.expire_all()
    assert verify(session).faults == []


def test_missing_components_are_named(admin, bill):
    answer = admin.post("/kit-assemblies", asked(6))
    assert pointers(answer, 409) == ["/components/0", "/components/1"]


def test_what_is_wrong_is_named(admin, bill):
    assert pointers(admin.post("/kit-assemblies", asked(0))) == ["/quantity"]
    assert pointers(admin.post("/kit-assemblies", asked(kit="SOAP"))) == ["/kit"]
    assert pointers(admin.post("/kit-disassemblies", asked(lot="NONE"))) == ["/lot"]
    assert pointers(admin.put("/kits/KIT", {"lines": [{"item": "NONE", "quantity": 1}]})) == ["/lines/0/item"]


def test_who_may(program, session, bill, depot):
    other = create_site(session, "ELSE")
    problem(program(Role.CLINIC, [depot]).post("/kit-assemblies", asked()), 403)
    problem(program(Role.WAREHOUSE, [other]).post("/kit-assemblies", asked()), 403)
    problem(program(Role.VIEWER).put("/kits/KIT", {"lines": [{"item": "SOAP", "quantity": 1}]}), 403)
    good(program(Role.WAREHOUSE, [depot]).post("/kit-assemblies", asked(1)), 201)
    assert len(good(program(Role.VIEWER).get("/kits"))["data"]) == 1


def test_sent_twice_it_is_done_once(admin, bill):
    headers = {"Idempotency-Key": "kits-1"}
    first = good(admin.post("/kit-assemblies", asked(1), headers=headers), 201)
    assert good(admin.post("/kit-assemblies", asked(1), headers=headers), 201) == first
    assert sum(row["on_hand"] for row in good(admin.get("/stock?item=KIT"))["data"]) == 1
