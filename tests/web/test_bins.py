"""Bins as pages: made in rows, filled from the work list, looked into, moved between, closed."""

import re

import pytest
from sqlalchemy import select

from inventory import ledger
from inventory.access import SYSTEM
from inventory.ledger import bins as places
from inventory.models import Bin, Lot
from inventory.queries.picks import would_take
from inventory.rules.effects import LocationKind
from tests.factories import create_item, stock_up
from tests.web.driving import fields
from tests.web.world import World, make_world


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def bins(world: World, codes: str = "A-1..A-2", **more: str) -> list[Bin]:
    data = {"site": "HUB", "codes": codes, "zone": "stock", "temperature": "ambient"}
    answer = world.post("warehouse", "/bins/new", data | more)
    assert answer.status_code == 303, answer.text
    return list(world.session.scalars(select(Bin).order_by(Bin.sequence)))


def lying(world: World) -> dict[tuple[str, str], int]:
    world.session.expire_all()
    found = places.in_bins(world.session, world.hub.id)
    assert ledger.verify(world.session).faults == []
    return {(row.bin.code, row.lot.number): row.quantity for row in found}


def work_list(world: World, role: str = "warehouse"):
    return dict(fields(world.get(role, "/put-away?site=HUB")))


def test_nothing_yet(world):
    page = world.get("warehouse", "/bins?site=HUB").text
    assert "This site has no bins yet" in page
    assert "New bins" in page
    assert "This site has no bins yet" in world.get("warehouse", "/put-away?site=HUB").text
    assert "Choose a site" in world.get("coordinator", "/bins").text
    assert "Choose a site" in world.get("coordinator", "/put-away").text


def test_made_in_a_row_and_listed_on_the_walk(world):
    made = bins(world, "A-01..A-02 × 2", volume_m3="1,5", name="رف 💊")
    assert [row.code for row in made] == ["A-01-1", "A-01-2", "A-02-1", "A-02-2"]
    page = world.get("viewer", "/bins?site=HUB").text
    assert "A-02-2" in page
    assert "رف 💊" in page
    assert "0% of its volume" in page
    again = world.post(
        "warehouse", "/bins/new", {"site": "HUB", "codes": "A-01-1", "zone": "stock", "temperature": "cool"}
    )
    assert again.status_code == 409
    assert "already" in again.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("codes", "B..A"), ("codes", ""), ("volume_m3", "-1"), ("sequence", "-4"), ("temperature", "warm")],
)
def test_wrongly_typed(world, name, value):
    given = {"site": "HUB", "codes": "A-1", "zone": "stock", "temperature": "ambient", "name": "Kept typed"}
    answer = world.post("warehouse", "/bins/new", given | {name: value})
    assert answer.status_code == 422
    assert "Kept typed" in answer.text
    assert world.session.scalars(select(Bin)).all() == []


def test_who_may(world):
    bins(world)
    for path in ("/bins?site=HUB", "/bins/HUB/A-1"):
        assert world.get("viewer", path).status_code == 200
        assert world.get("donor", path).status_code == 403
        assert world.get("elsewhere", path).status_code == 403
    for path in ("/bins/new", "/bins/HUB/A-1/edit"):
        assert world.get("clinic", path).status_code == 403
    assert world.get("viewer", "/put-away?site=HUB").status_code == 403
    assert world.get("elsewhere", "/put-away?site=HUB").status_code == 403
    assert world.get("warehouse", "/bins?site=NONE").status_code == 404
    assert world.get("warehouse", "/bins/HUB/NONE").status_code == 404
    for verb in ("close", "open"):
        assert world.post("viewer", f"/bins/HUB/A-1/{verb}").status_code == 403


def test_all_suggestions_confirmed_at_once_and_only_once(world):
    bins(world)
    data = work_list(world)
    assert {data[name] for name in data if name.endswith("-to")} <= {"A-1", "A-2"}
    answer = world.post("warehouse", "/put-away?site=HUB", data)
    assert answer.status_code == 303
    assert sum(lying(world).values()) == 1000
    assert world.post("warehouse", "/put-away?site=HUB", data).status_code == 303
    assert sum(lying(world).values()) == 1000
    assert "Everything is put away" in world.get("warehouse", "/put-away?site=HUB").text


def test_a_line_changed_by_a_scan_and_one_left(world):
    bins(world)
    data = work_list(world)
    data["lines-0-to"] = "BIN:HUB:A-2"
    data["lines-0-quantity"] = "7"
    data["lines-1-to"] = ""
    assert world.post("warehouse", "/put-away?site=HUB", data).status_code == 303
    assert [(key[0], quantity) for key, quantity in lying(world).items()] == [("A-2", 7)]


@pytest.mark.parametrize(
    ("name", "value", "status", "told"),
    [
        ("lines-0-to", "Z-9", 422, "There is no bin Z-9"),
        ("lines-0-to", "BIN:CLINIC:A-1", 422, "This is a bin of CLINIC"),
        ("lines-0-quantity", "99999", 409, "are not put away yet"),
        ("lines-0-quantity", "many", 422, "many"),
        ("lines-0-quantity", "0", 422, "at least 1"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(world, name, value, status, told):
    bins(world)
    data = work_list(world) | {name: value}
    answer = world.post("warehouse", "/put-away?site=HUB", data)
    assert answer.status_code == status
    assert told in answer.text
    assert value in answer.text
    assert lying(world) == {}


def test_cold_goods_are_never_suggested_nor_put_warm(world):
    vaccine = create_item(world.session, "VAC", temperature="cold_chain", freeze_sensitive=True, name="لقاح")
    stock_up(world.session, world.hub, vaccine, 50, lot="V1")
    bins(world)
    page = world.get("warehouse", "/put-away?site=HUB").text
    assert "it goes only to a refrigerator" in page
    data = work_list(world)
    row = next(name[: -len("-item")] for name in data if name.endswith("-item") and data[name] == "VAC")
    assert not data[f"{row}-to"]
    data[f"{row}-to"] = "A-1"
    data["reason"] = "no other place"
    answer = world.post("warehouse", "/put-away?site=HUB", data)
    assert answer.status_code == 409
    assert "it goes only to a refrigerator" in answer.text
    assert lying(world) == {}


def test_moved_put_right_and_closed(world):
    bins(world)
    data = work_list(world)
    for name in data:
        if name.endswith("-to"):
            data[name] = "A-1"
    world.post("warehouse", "/put-away?site=HUB", data)
    page = world.get("warehouse", "/bins/HUB/A-1").text
    assert "Move to another bin" in page
    assert "BIN:HUB:A-1" in page
    lot = places.in_bins(world.session, world.hub.id)[0].lot
    given = {"lot": str(lot.id), "quantity": "5", "to": "a"}
    wrong = world.post("warehouse", "/bins/HUB/A-1/move", given)
    assert wrong.status_code == 422
    assert "There is no bin a" in wrong.text
    assert world.post("warehouse", "/bins/HUB/A-1/move", given | {"to": "A-2"}).status_code == 303
    assert lying(world)[("A-2", lot.number)] == 5
    assert world.post("warehouse", "/bins/HUB/A-1/close").status_code == 409
    assert world.post("warehouse", "/bins/HUB/A-2/move", given | {"to": ""}).status_code == 303
    assert world.post("warehouse", "/bins/HUB/A-2/close").status_code == 303
    assert "A-2" not in world.get("warehouse", "/bins?site=HUB&zone=stock").text.split("<main")[1]
    assert "A-2" in world.get("warehouse", "/bins?site=HUB&closed=1").text
    assert world.post("warehouse", "/bins/HUB/A-2/open").status_code == 303
    edited = dict(fields(world.get("warehouse", "/bins/HUB/A-1/edit"))) | {
        "name": "By the door",
        "zone": "refused",
    }
    refused = world.post("warehouse", "/bins/HUB/A-1/edit", edited)
    assert refused.status_code == 409
    assert "By the door" in refused.text
    assert world.post("warehouse", "/bins/HUB/A-1/edit", edited | {"zone": "stock"}).status_code == 303
    assert "By the door" in world.get("warehouse", "/bins/HUB/A-1").text


def test_what_lies_wrongly_is_shown(world):
    bins(world)
    data = work_list(world)
    world.post(
        "warehouse", "/put-away?site=HUB", data | {name: "A-1" for name in data if name.endswith("-to")}
    )
    place = world.session.scalars(select(Bin).where(Bin.code == "A-1")).one()
    place.temperature = "cold_chain"
    world.session.commit()
    assert "Wrong place" in world.get("viewer", "/bins?site=HUB").text
    assert "It is kept at room temperature" in world.get("viewer", "/bins/HUB/A-1").text


def test_a_scan_opens_the_bin(world):
    bins(world)
    for path in ("/bins/open?code=BIN:HUB:A-1", "/bins?site=HUB&q=BIN:HUB:A-1"):
        answer = world.get("warehouse", path)
        assert answer.status_code == 302
        assert answer.location.endswith("/bins/HUB/A-1")
    assert world.get("warehouse", "/bins/open?code=nothing").status_code == 404
    assert "A-1" in world.get("warehouse", "/bins?site=HUB&q=a-1").text
    assert "No bin fits" in world.get("warehouse", "/bins?site=HUB&q=%F0%9F%92%8A").text


def test_pick_lists_and_dispensing_name_the_bins(world):
    """What is fetched first lies loose, then the bins in the order of the walk: told before anybody walks."""
    (first, second) = bins(world)
    lot = world.session.scalars(select(Lot).where(Lot.number == "EARLY")).one()
    there = ledger.balances_of(world.session, zone_of_hub(world))[lot.id][0]
    for row, quantity in ((first, 30), (second, there - 30)):
        places.put(world.session, [places.Put(lot.id, quantity, None, row)], by=SYSTEM)
    world.session.commit()
    number = world.shipment(quantity=50)
    page = world.get("warehouse", f"/shipments/{number}").text
    picked = re.findall(r'<bdi class="code">(A-\d)</bdi>', page)
    assert picked == ["A-1", "A-2"]
    told = would_take(world.session, SYSTEM, "HUB", world.item.code, 10)
    assert told is not None
    assert told.bins == ["A-1"]
    elsewhere = would_take(world.session, SYSTEM, "CLINIC", world.item.code, 10)
    assert elsewhere is not None
    assert elsewhere.bins == []


def zone_of_hub(world: World) -> int:
    return ledger.place(world.session, LocationKind.STOCK, site_id=world.hub.id).id
