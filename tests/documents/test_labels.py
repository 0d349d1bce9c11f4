"""Labels are printed, decoded by zxing, and read by our own reader into the same facts."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import zxingcpp
from PIL import Image

from inventory.documents.labels import BinLabel, Label, LotLabel, PackageLabel, Symbol, labels, render_labels
from inventory.documents.press import press
from inventory.exchange import gs1, gs1_writing
from inventory.rules import identifiers
from inventory.rules.bin_codes import BinCode, bin_code, parse_bin_code
from inventory.rules.label_sheets import SHEETS, InvalidSheet, for_packages
from tests.documents.examples import AMOXICILLIN, reader, text, wording

EXPIRY = date(2027, 4, 30)
NAME = "Amoxicillin/clavulanic acid 500 mg/125 mg film-coated tablets, blister of 10, " * 3
SIZES = sorted(SHEETS)


def lot(number: str = "AB(1)2-7", serial: str | None = None, **changed) -> LotLabel:
    elements = gs1_writing.lot(
        None if serial else number, item_code="AMOX-500", expires_on=EXPIRY, serial=serial
    )
    symbol = Symbol(gs1_writing.svg(gs1_writing.data_matrix(elements)), 1, gs1_writing.under_code(elements))
    goods = replace(AMOXICILLIN, lot=serial or number, expires_on=EXPIRY)
    made = LotLabel(organisation="Help 🌍", goods=goods, symbol=symbol, serialised=serial is not None)
    return replace(made, **changed)


def sscc(number: int) -> str:
    return identifiers.sscc(1, "0614141", number)


def package(number: int = 1) -> PackageLabel:
    elements = gs1_writing.parcel(sscc(number))
    return PackageLabel(
        organisation="Help 🌍",
        sscc=sscc(number),
        symbol=Symbol(gs1_writing.svg(gs1_writing.gs1_128(elements)), 10),
        shipment="SHP-2026-000009",
        origin="WH-ERBIL",
        destination="Irak",
        kind="carton",
        number=number,
        count=12,
        weight_kg=Decimal("18.25"),
        temperatures=["ambient", "cold_chain"],
        freeze_sensitive=True,
        dangerous=True,
        un_numbers=["UN 1170"],
    )


def shelf(code: str = "A-01-2") -> BinLabel:
    return BinLabel(
        organisation="Help 🌍",
        site="مستودع أربيل 😀 (HUB)",
        code=code,
        symbol=Symbol(gs1_writing.svg(gs1_writing.qr_code(bin_code("HUB", code))), 4),
        name="Refrigerator by the door",
        zone="quarantine",
        temperature="cold_chain",
        frost_free=True,
        locked=True,
        for_dangerous=True,
    )


def pictures(wanted: list[tuple[Label, int]], size: str, start: int = 1, language: str = "en"):
    """Each page in grey as a printer has it: 300 dots an inch on paper, 203 on a label printer."""
    sheet = SHEETS[size]
    payload = labels(wanted, sheet, start, wording(language))
    made = press("labels", payload, form="png", ppi=300 if len(sheet) > 1 else 203)
    return [Image.open(io.BytesIO(each)).convert("L") for each in made]


def decoded(picture: Image.Image) -> list[tuple[str, str]]:
    """(symbology, what a scanner would send) of all in a picture."""
    found = zxingcpp.read_barcodes(picture)
    return [(each.symbology_identifier, each.bytes.decode("utf-8")) for each in found]


def box(picture: Image.Image, size: str, position: int) -> Image.Image:
    """One label, cut out of its sheet."""
    sheet = SHEETS[size]
    x, y = sheet.place(position)
    across, down = picture.width / sheet.page[0], picture.height / sheet.page[1]
    right, bottom = x + sheet.label[0], y + sheet.label[1]
    return picture.crop((round(x * across), round(y * down), round(right * across), round(bottom * down)))


@pytest.mark.parametrize("size", SIZES)
def test_a_lot_is_read_back(size):
    last = len(SHEETS[size])
    [picture] = pictures([(lot(), 1)], size, last)
    [(symbology, told)] = decoded(picture)
    scan = gs1.read(symbology + told)
    assert symbology == "]d2"
    assert (scan.item_code, scan.lot, scan.expires_on) == ("AMOX-500", "AB(1)2-7", EXPIRY)
    assert scan.warnings == []
    assert decoded(box(picture, size, last - 1)) == [(symbology, told)]


@pytest.mark.parametrize("size", ["a4-4x12", "50x30", "100x150"])
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_fullest_label_on_the_smallest_sheets(size, language):
    """With all that GS1 has room for, a long name, and in Arabic the other way round."""
    full = lot(
        "aB(1)" * 4, goods=replace(lot().goods, item_name=NAME, lot="aB(1)" * 4, freeze_sensitive=True)
    )
    [(symbology, told)] = decoded(pictures([(full, 1)], size, language=language)[0])
    assert gs1.read(symbology + told).lot == "aB(1)" * 4


def test_a_serial():
    [(symbology, told)] = decoded(pictures([(lot(serial="SN-00017"), 1)], "60x40")[0])
    scan = gs1.read(symbology + told)
    assert (scan.serial, scan.lot, scan.item_code) == ("SN-00017", None, "AMOX-500")


@pytest.mark.parametrize("size", [name for name in SIZES if for_packages(SHEETS[name])])
def test_a_package_is_read_back(size):
    last = len(SHEETS[size])
    [picture] = pictures([(package(), 1)], size, last)
    assert decoded(box(picture, size, last - 1)) == [("]C1", "00" + sscc(1))]
    assert gs1.read("]C1" + "00" + sscc(1)).sscc == sscc(1)


@pytest.mark.parametrize("size", SIZES)
def test_a_bin_is_read_back(size):
    [picture] = pictures([(shelf(), 1)], size)
    [(symbology, told)] = decoded(picture)
    assert symbology[:2] == "]Q"
    assert parse_bin_code(symbology + told) == BinCode("HUB", "A-01-2")


@pytest.mark.parametrize("size", ["a4-3x7", "a4-2x7", "a4-3x8", "a4-4x12", "a4-2x2"])
def test_every_label_of_a_full_sheet_is_found(size):
    count = len(SHEETS[size])
    [picture] = pictures([(lot(f"LOT-{number}"), 1) for number in range(count)], size)
    found = [decoded(box(picture, size, number)) for number in range(count)]
    told = [gs1.read("".join(each)).lot for each in (one[0] for one in found)]
    assert told == [f"LOT-{number}" for number in range(count)]
    assert len(decoded(picture)) == count


def test_a_sheet_of_packages():
    [picture] = pictures([(package(number), 1) for number in range(1, 5)], "a4-2x2")
    assert sorted(told for _, told in decoded(picture)) == [f"00{sscc(number)}" for number in range(1, 5)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_printed_at_the_edge_of_a_label(size, language):
    """Whatever the names are: within a millimetre of the edge a label is white."""
    long = replace(
        lot().goods, item_name=NAME, inn="محلول وريدي " * 20, lot="دفعة 😀 " * 12, item_code="X" * 32
    )
    wanted: list[tuple[Label, int]] = [(lot(goods=long, left_out=True), 1), (shelf("W" * 32), 1)]
    if for_packages(SHEETS[size]):
        wanted.append((replace(package(), destination="W" * 90, organisation=NAME), 1))
    sheet = SHEETS[size]
    for number, picture in enumerate(pictures(wanted, size, language=language)):
        for position in range(len(wanted) if len(sheet) > 1 else 1):
            if number and len(sheet) > 1:
                continue
            label = box(picture, size, position)
            edge = round(label.width / (sheet.label[0] / 100))
            inside = label.crop((edge, edge, label.width - edge, label.height - edge))
            label.paste(255, (edge, edge, edge + inside.width, edge + inside.height))
            assert label.getextrema()[0] == 255


def test_words():
    found = text(render_labels([(lot(), 1), (package(2), 1), (shelf(), 1)], SHEETS["100x50"], **reader("en")))
    for said in (
        "AB(1)2-7",
        "30 Apr 2027",
        "2–8 °C",
        "Do not freeze",
        "2 of 12",
        "18.25 kg",
        "UN 1170",
        "A-01-2",
        "Quarantine",
        "Help",
    ):
        assert said in found.replace("\u00a0", " ")
    assert "Lot not in the barcode" in text(
        render_labels([(lot(left_out=True), 1)], SHEETS["60x40"], **reader("en"))
    )
    without = lot(symbol=None)
    assert "No barcode" in text(render_labels([(without, 1)], SHEETS["60x40"], **reader("en")))


def test_too_many():
    with pytest.raises(InvalidSheet):
        render_labels([(lot(), 2001)], SHEETS["60x40"], **reader("en"))


def test_many_different_ones_are_made_apart():
    wanted = [(shelf(f"B-{number:02}"), 1) for number in range(60)]
    found = text(render_labels(wanted, SHEETS["a4-3x8"], **reader("ar")))
    assert all(f"B-{number:02}" in found for number in range(60))
