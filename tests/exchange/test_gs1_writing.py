"""What a label's barcode says is read back by a decoder and by our own reader."""

from datetime import date

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.exchange import gs1, gs1_writing
from inventory.exchange.gs1_writing import Unwritable, under_code

GTIN = "04012345678901"
SSCC = "340123450000000000"
DAY = date(2027, 4, 30)
WORDS = st.text("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz", min_size=1, max_size=20)


FIXED = {"00", "01", "02", "17"}


def element_string(elements):
    """As a scanner sends it: FNC1 as U+001D after what has no fixed length, but for the last."""
    *before, last = elements
    return "".join(ai + value + ("" if ai in FIXED else gs1.FNC1) for ai, value in before) + "".join(last)


def decoded(barcode):
    [found] = zxingcpp.read_barcodes(barcode.to_image(scale=3))
    assert found.symbology_identifier[:2] in ("]d", "]C")
    assert found.content_type == zxingcpp.ContentType.GS1
    return found.symbology_identifier, found.bytes.decode("ascii")


@given(WORDS, WORDS, st.integers(1, 99_999_999))
@settings(deadline=None, max_examples=60)
def test_a_lot_is_read_back(number, serial, count):
    elements = gs1_writing.lot(number, item_code="AMOX-500", expires_on=DAY, serial=serial, count=count)
    symbology, text = decoded(gs1_writing.data_matrix(elements))
    assert text == element_string(elements)
    scan = gs1.read(symbology + text)
    assert (scan.item_code, scan.lot, scan.serial) == ("AMOX-500", number, serial)
    assert (scan.expires_on, scan.count, scan.warnings) == (DAY, count, [])


def test_a_pack_with_a_gtin():
    elements = gs1_writing.lot("L1", gtin="04006381333931", expires_on=DAY)
    assert under_code(elements) == "(01)04006381333931(17)270430(10)L1"
    symbology, text = decoded(gs1_writing.data_matrix(elements))
    assert (symbology, text) == ("]d2", "01040063813339311727043010L1")


def test_a_parcel():
    elements = gs1_writing.parcel("106141412345678908", gtin="04006381333931", packs=12, lot_number="L1")
    symbology, text = decoded(gs1_writing.gs1_128(elements))
    scan = gs1.read(symbology + text)
    assert symbology == "]C1"
    assert (scan.sscc, scan.gtin, scan.count, scan.of_packs, scan.lot) == (
        "106141412345678908",
        "04006381333931",
        12,
        True,
        "L1",
    )
    assert gs1_writing.parcel("106141412345678908") == (("00", "106141412345678908"),)


@pytest.mark.parametrize("number", ["", "L" * 21, "دفعة", "L\x1d1", "L 1", "L😀", "[10]"])
def test_lots_that_gs1_cannot_write(number):
    with pytest.raises(Unwritable):
        gs1_writing.lot(number, item_code="A")


def test_wrong_check_digits():
    with pytest.raises(Unwritable):
        gs1_writing.lot("L1", gtin=GTIN[:-1] + "0")
    with pytest.raises(Unwritable):
        gs1_writing.parcel("106141412345678900")
    with pytest.raises(Unwritable):
        gs1_writing.lot("L1")
