"""The import wizard with real files, whole."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from inventory.ledger import verify
from inventory.models import Item, PackageLine, ReceiptLine, Shipment
from tests.web.importing import begin, count, guessed, name_items, start_clean, take, tell, work
from tests.web.world import World, make_world

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SCMS = DATA / "scms" / "scms_sample.csv"
COUNT = DATA / "stock_count_fr" / "zanmi_lasante_two_rooms.xlsx"
DEMO_STOCK = DATA / "openboxes_demo" / "mainWarehouseInventory.csv"
CATALOGUE = DATA / "catalogues" / "msf_items_sample.csv"


def needs(path: Path) -> Any:
    return pytest.mark.skipif(not path.exists(), reason=f"the shared file {path.name} is not on this machine")


@pytest.fixture
def world(app, session) -> World:
    start_clean(app)
    return make_world(app, session)


@needs(COUNT)
def test_the_french_count_whole(world):
    at = begin(world, "coordinator", "receipts", COUNT.name, COUNT.read_bytes())
    page = world.get("coordinator", f"{at}/columns")
    assert "French stock count" in page.text
    names = re.findall(r'<select[^>]* name="sheet".*?</select>', page.text, re.S)
    assert len(names) == 1
    answer = tell(world, "coordinator", at, {"constant-site": "HUB"})
    assert answer.status_code == 303, answer.text
    assert work(world, "coordinator", at).status == "matching"
    file = name_items(world, "coordinator", at)
    before = count(world, ReceiptLine)
    done = take(world, "coordinator", at)
    assert done.imported == file.rows - file.refused
    assert count(world, ReceiptLine) == before + done.imported
    assert verify(world.session).faults == []


@needs(SCMS)
def test_scms_whole(world):
    at = begin(world, "admin", "shipments", SCMS.name, SCMS.read_bytes())
    assert tell(world, "admin", at).status_code == 303
    name_items(world, "admin", at)
    file = take(world, "admin", at)
    assert (file.rows, file.imported, file.refused) == (2203, 2203, 0)
    world.session.expire_all()
    assert count(world, Shipment) == 1446
    quantity = world.session.scalar(select(func.sum(PackageLine.quantity)))
    assert quantity == 37_608_913
    assert verify(world.session).faults == []


@needs(DEMO_STOCK)
def test_another_systems_stock_is_guessed(world):
    at = begin(world, "coordinator", "receipts", DEMO_STOCK.name, DEMO_STOCK.read_bytes())
    found = guessed(world.get("coordinator", f"{at}/columns"))
    assert {"item", "lot", "expires_on", "quantity", "item_name"} <= set(found.values()), found


@needs(CATALOGUE)
def test_another_catalogue_becomes_items(world):
    at = begin(world, "coordinator", "items", CATALOGUE.name, CATALOGUE.read_bytes())
    page = world.get("coordinator", f"{at}/columns")
    found = guessed(page)
    assert "code" in found.values()
    answer = tell(
        world, "coordinator", at, {"constant-base_unit": "piece", "constant-category": "consumable"}
    )
    assert answer.status_code == 303, answer.text
    name_items(world, "coordinator", at)
    before = count(world, Item)
    file = take(world, "coordinator", at)
    assert file.imported == file.rows - file.refused
    assert count(world, Item) == before + file.imported
    assert file.rows == 1181
