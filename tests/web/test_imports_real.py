"""The import wizard with real files, whole."""

import csv
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
DEMO_PRODUCTS = DATA / "openboxes_demo" / "products.csv"
DEMO_STOCK = DATA / "openboxes_demo" / "mainWarehouseInventory.csv"
RED_CROSS = DATA / "catalogues" / "ifrc_eic_items.csv"
WHO_LIST = DATA / "catalogues" / "openboxes_who_products.csv"
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


def numbers(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


@needs(DEMO_STOCK)
def test_another_systems_products_and_then_its_stock(world):
    """Every product, and of the stock every lot of which there is something, with the file's total."""
    at = begin(world, "coordinator", "items", "products.csv", DEMO_PRODUCTS.read_bytes())
    found = guessed(world.get("coordinator", f"{at}/columns"))
    assert (found["ProductCode"], found["Id"], found["ControlledSubstance"]) == ("code", "", "controlled")
    assert tell(world, "coordinator", at).status_code == 303
    name_items(world, "coordinator", at)
    file = take(world, "coordinator", at)
    assert (file.rows, file.imported, file.refused) == (57, 57, 0)
    world.session.expire_all()
    controlled = world.session.scalars(select(Item.code).where(Item.controlled)).all()
    assert len(controlled) == numbers(DEMO_PRODUCTS, "ControlledSubstance").count("TRUE") > 0

    at = begin(world, "coordinator", "receipts", DEMO_STOCK.name, DEMO_STOCK.read_bytes())
    before = world.session.scalar(select(func.coalesce(func.sum(ReceiptLine.quantity), 0)))
    told = {"constant-site": "HUB", "constant-received_on": "2022-12-01", "constant-opening_stock": "true"}
    assert tell(world, "coordinator", at, told).status_code == 303
    name_items(world, "coordinator", at)
    file = take(world, "coordinator", at)
    quantities = [int(each) for each in numbers(DEMO_STOCK, "Physical QOH")]
    assert (file.rows, file.imported, file.refused) == (57, 57 - quantities.count(0), quantities.count(0))
    world.session.expire_all()
    after = world.session.scalar(select(func.sum(ReceiptLine.quantity)))
    assert after - before == sum(quantities)
    assert verify(world.session).faults == []


@needs(RED_CROSS)
def test_the_red_cross_catalogue_tells_litres(world):
    """A header that says litres is not taken for cubic metres."""
    at = begin(world, "coordinator", "items", RED_CROSS.name, RED_CROSS.read_bytes())
    page = world.get("coordinator", f"{at}/columns").text
    assert re.search(r'<option value="l" selected>', page)
    assert re.search(r'<option value="kg" selected>', page)


@needs(WHO_LIST)
def test_a_list_of_names_alone_becomes_items(world):
    """The WHO list bears no codes: each name gets one, the same each time."""
    for imported in (729, 0):
        at = begin(world, "coordinator", "items", WHO_LIST.name, WHO_LIST.read_bytes())
        told = {"columns": {"Category": ""}, "constant-category": "medicine"}
        assert tell(world, "coordinator", at, told).status_code == 303
        name_items(world, "coordinator", at)
        file = take(world, "coordinator", at)
        assert (file.rows, file.imported, file.refused) == (729, imported, 0)
    world.session.expire_all()
    assert world.session.scalar(select(func.count()).where(Item.controlled)) == 19
