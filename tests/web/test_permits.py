"""Permits for controlled medicines as pages."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.models import Permit
from tests.factories import create_item, create_site, stock_up
from tests.web.world import World, make_world, rows

TODAY = clock.today()


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    made.morphine = create_item(session, "MORPH", name="Morphine", controlled=True)
    return made


def paper(*lines, **changed: str) -> dict[str, str]:
    data = {
        "kind": "import",
        "number": "IQ-77 🩺",
        "authority": "وزارة الصحة",
        "importer": "Hub",
        "exporter": "Depot",
        "cites": "",
        "valid_from": (TODAY - timedelta(days=9)).isoformat(),
        "valid_until": (TODAY + timedelta(days=200)).isoformat(),
        "site": "HUB",
        "shipment": "",
    }
    return data | rows("lines", *(lines or ({"item": "MORPH", "quantity": "200"},))) | changed


def permits(world: World) -> list[Permit]:
    world.session.expire_all()
    return list(world.session.scalars(select(Permit)))


def test_written_down_put_right_and_ended(world):
    assert "There is no permit yet" in world.get("viewer", "/permits").text
    assert world.post("coordinator", "/permits/new", paper()).status_code == 303
    (one,) = permits(world)
    page = world.get("warehouse", "/permits").text
    assert "IQ-77 🩺" in page
    assert "وزارة الصحة" in page
    assert "0 of 200 used" in page
    assert "Put right" not in page
    path = f"/permits/{one.id}/edit"
    assert 'value="IQ-77 🩺"' in world.get("coordinator", path).text
    assert world.post("coordinator", path, paper({"item": "Morphine", "quantity": ""})).status_code == 303
    assert "any quantity" in world.get("viewer", "/permits").text
    for _ in range(2):
        assert world.post("coordinator", f"/permits/{one.id}/end").status_code == 303
    assert "IQ-77" not in world.get("viewer", "/permits").text
    assert "IQ-77" in world.get("viewer", "/permits?state=all&kind=import&site=HUB").text
    assert "No permit fits" in world.get("viewer", "/permits?kind=export").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"number": ""}, "Give its number."),
        ({"valid_until": "2020-01-01"}, "The last day is before the first."),
        ({"kind": "export"}, "names the import authorisation that it rests on"),
        ({"site": "", "shipment": "SHP-2026-999999"}, "There is no shipment"),
        ({"lines-0-item": "PARA"}, "not marked as a controlled medicine"),
        ({"lines-0-quantity": "many"}, "many"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_lost(world, changed, said):
    answer = world.post("coordinator", "/permits/new", paper(**changed))
    assert answer.status_code == 422
    assert said in answer.text
    assert "وزارة الصحة" in answer.text
    assert permits(world) == []


def test_sent_twice_it_is_there_once_and_a_known_number_is_refused(world):
    data = paper(token="4a1b0a51-52b5-4a4e-a3a2-9a2f5a6c1d22")
    assert [world.post("coordinator", "/permits/new", data).status_code for _ in range(2)] == [303, 303]
    again = world.post("coordinator", "/permits/new", paper())
    assert again.status_code == 409
    assert "is there already" in again.text
    assert len(permits(world)) == 1


def test_who_may(world):
    world.post("coordinator", "/permits/new", paper())
    (one,) = permits(world)
    for role, status in (("donor", 403), ("nobody", 302)):
        assert world.get(role, "/permits").status_code == status
    for role in ("viewer", "warehouse", "clinic", "donor"):
        assert world.get(role, "/permits/new").status_code == 403
        assert world.post(role, "/permits/new", paper(number="2")).status_code == 403
        assert world.post(role, f"/permits/{one.id}/end").status_code == 403
    assert "IQ-77" not in world.get("clinic", "/permits").text
    assert world.get("coordinator", "/permits/999999/edit").status_code == 404
    assert world.get("coordinator", f"/permits/{10**30}/edit").status_code == 404


def test_a_row_is_added_without_script(world):
    answer = world.post("coordinator", "/permits/new", paper(add_line="lines"))
    assert answer.status_code == 200
    assert "lines-1-item" in answer.text
    assert permits(world) == []


def test_a_shipment_across_a_border_says_that_it_needs_one(world):
    abroad = create_site(world.session, "LYON", country="FR")
    stock_up(world.session, world.hub, world.morphine, 50)
    made = world.post(
        "coordinator", "/shipments/new", {"origin": "HUB", "destination": abroad.code, "mode": "air"}
    )
    number = made.headers["Location"].rpartition("/")[2]
    lines = rows("pack-lines", {"item": "MORPH", "quantity": 20})
    packed = world.post(
        "warehouse", f"/shipments/{number}/packages", {"pack-kind": "carton"} | lines, follow_redirects=True
    )
    assert "neither a model form nor export and import authorisations" in packed.text
    world.post("coordinator", "/permits/new", paper(kind="model_form", site="", shipment=number))
    assert "neither a model form" not in world.get("warehouse", f"/shipments/{number}").text
    told = world.of("coordinator").get("/exports/permits.csv?names=api", buffered=True).text
    assert number in told
