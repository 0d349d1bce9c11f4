"""What is printed for a lot or a package leads a scan back to it."""

import io
from datetime import date

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from inventory.access import SYSTEM
from inventory.documents.labels import Label, LotLabel, labels
from inventory.documents.press import press
from inventory.documents.wording import Wording
from inventory.models import Item, Lot
from inventory.queries.labels import Wanted, printable
from inventory.queries.scanning import Scanned, scan
from inventory.rules.label_sheets import SHEETS
from inventory.services.catalogue import Pack
from tests.factories import create_item, create_site, stock_up
from tests.web.world import make_world

ONE, BOX, CASE = "04006381333931", "09520000000011", "09520000000035"


def printed(label: Label) -> str:
    """What a scanner reads from the label as printed."""
    payload = labels(
        [(label, 1)], SHEETS["60x40"], 1, Wording("en", "ltr", lambda told: told.text % told.params)
    )
    [picture] = press("labels", payload, form="png", ppi=203)
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    return found.symbology_identifier + found.bytes.decode("ascii")


def label_of(session, lot: Lot) -> LotLabel:
    wanted = Wanted("lot", lot.number, "DEPOT", session.get_one(Item, lot.item_id).code)
    [found] = printable(session, SYSTEM, wanted, "Help", "en")
    assert isinstance(found.label, LotLabel)
    return found.label


def scanned(session, lot: Lot) -> Scanned:
    found = scan(session, printed(label_of(session, lot)))
    assert found.warnings == []
    assert found.item is not None
    assert found.item.id == lot.item_id
    return found


@pytest.fixture
def depot(session):
    return create_site(session, "DEPOT")


def item_with(session, *packs: tuple[str, int]) -> Item:
    return create_item(session, gtins=[Pack(gtin, quantity) for gtin, quantity in packs])


@pytest.mark.parametrize(
    ("packs", "gtin"),
    [
        ([], None),
        ([(BOX, 100)], BOX),
        ([(BOX, 100), (ONE, 1)], ONE),
        ([(BOX, 100), (CASE, 1000)], None),
    ],
)
def test_a_lot(session, depot, packs, gtin):
    lot = stock_up(session, depot, item_with(session, *packs), 10, lot="Ab(1)/2")
    found = scanned(session, lot)
    assert (found.gtin, found.lot, found.expires_on) == (gtin, "Ab(1)/2", lot.expires_on)


def test_without_an_expiry_and_one_in_another_century(session, depot):
    item = create_item(session, tracks_expiry=False)
    lot = stock_up(session, depot, item, 10, lot="NONE", expires_in=None)
    assert scanned(session, lot).expires_on is None
    far = stock_up(session, depot, create_item(session), 10, lot="FAR")
    far.expires_on = date(2099, 12, 31)
    session.commit()
    assert scanned(session, far).expires_on is None


def test_a_serial(session, depot):
    item = create_item(session, serialised=True, tracks_expiry=False, category="equipment", base_unit="piece")
    lot = stock_up(session, depot, item, 1, lot="SN-17", expires_in=None)
    found = scanned(session, lot)
    assert (found.serial, found.lot) == ("SN-17", "SN-17")


@pytest.mark.parametrize("number", ["دفعة 7", "L 1", "😀", "L[1]", "L" * 21])
def test_a_lot_that_gs1_cannot_write(session, depot, number):
    lot = stock_up(session, depot, create_item(session), 10, lot=number)
    assert label_of(session, lot).left_out
    assert label_of(session, lot).goods.lot == number
    found = scanned(session, lot)
    assert (found.lot, found.expires_on) == (None, lot.expires_on)


def test_an_item_whose_code_is_too_long(session, depot):
    item = create_item(session, "C" * 32)
    label = label_of(session, stock_up(session, depot, item, 10, lot="L1"))
    assert label.symbol is None


def test_the_same_lot_of_two_donors_is_one_label(app, session):
    world = make_world(app, session)
    stock_up(session, world.hub, world.item, 5, lot="LATE", expires_in=600)
    assert len(session.scalars(select(Lot).where(Lot.number == "LATE")).all()) == 2
    assert len(printable(session, SYSTEM, Wanted("lot", "LATE", "HUB"), "Help", "en")) == 1


def test_a_package(app, session):
    number = make_world(app, session).shipment()
    [found] = printable(session, SYSTEM, Wanted("shipment", number), "Help", "fr")
    assert scan(session, printed(found.label)).sscc == found.code
