"""Scans typed on a keyboard that is set to another country than the scanner believes."""

import csv
import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.exchange import gs1, keyboards, typed_scans
from tests.exchange.test_gs1 import DATA, GTIN, needs_data, rules

PACK = f"01{GTIN}17281231" + "10LOT-4xZ/b\x1d21SN9.Yq"


def typed_on(layout, text):
    """What the keys of `text` give on a keyboard of that layout."""
    given = {key: character for character, key in reversed(keyboards.LAYOUTS[layout].items())}
    return "".join(given.get(key, key) for key in text)


@pytest.mark.parametrize("layout", ["fr", "be", "ar"])
@pytest.mark.parametrize("prefix", ["", "]d2", "]C1"])
def test_each_layout_is_undone(layout, prefix):
    scan, found = typed_scans.read(typed_on(layout, prefix + PACK))
    assert (scan.gtin, scan.lot, scan.serial) == (GTIN, "LOT-4xZ/b", "SN9.Yq")
    assert scan.expires_on == date(2028, 12, 31)
    assert rules(scan) == []
    assert found == layout


def test_a_german_keyboard_is_known_by_the_prefix():
    """Its digits are ours: without the prefix nothing tells that Y and Z have changed places."""
    scan, found = typed_scans.read(typed_on("de", "]d2" + PACK))
    assert (scan.lot, found) == ("LOT-4xZ/b", "de")


def test_as_it_looks_on_paper():
    """Typed by hand, not by the tables: the digits of a French keyboard."""
    scan, found = typed_scans.read("""à&àç(à-ààà&"'"(é&èéè&é"&&àLOT&""")
    assert (scan.gtin, found) == (GTIN, "fr")


def test_the_arabic_key_of_two_letters_and_the_two_keys():
    scan, found = typed_scans.read("01" + GTIN + "10" + "لا1")
    assert (scan.lot, found) == ("b1", "ar")


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])
def test_digits_of_arabic_and_persian_keyboards(digits):
    text = "".join(digits[int(digit)] for digit in f"01{GTIN}17281200")
    scan, found = typed_scans.read(text)
    assert (scan.gtin, scan.expires_on, found) == (GTIN, date(2028, 12, 31), "digits")


def test_capitals_that_were_swapped():
    scan, found = typed_scans.read(("]d2" + PACK).swapcase())
    assert (scan.lot, scan.serial, found) == ("LOT-4xZ/b", "SN9.Yq", "caps")


def test_a_link_on_a_french_keyboard():
    scan, found = typed_scans.read(typed_on("fr", f"https://id.gs1.org/01/{GTIN}/10/AB1?17=281231"))
    assert (scan.gtin, scan.lot, scan.expires_on, found) == (GTIN, "AB1", date(2028, 12, 31), "fr")


def test_the_keys_that_the_browser_saw_are_tried_first():
    scan, found = typed_scans.read("؟؟؟؟؟", keys="]d2" + PACK)
    assert (scan.lot, found) == ("LOT-4xZ/b", "keys")


def test_what_reads_well_is_left_alone():
    scan, found = typed_scans.read(PACK, keys="]d201" + GTIN + "10OTHER")
    assert (scan.lot, found) == ("LOT-4xZ/b", None)


def test_a_wrong_check_digit_is_no_reason_to_guess():
    wrong = f"01{GTIN[:-1]}3"
    scan, found = typed_scans.read(typed_on("de", wrong))
    assert (rules(scan), found) == (["check_digit"], None)
    with pytest.raises(gs1.Unreadable):
        typed_scans.read(typed_on("fr", wrong))


@pytest.mark.parametrize("text", ["", "hello", "مرحبا", "çà et là", "\x1d\x1d", "Ünß"])
def test_nothing_to_be_read(text):
    with pytest.raises(gs1.Unreadable):
        typed_scans.read(text)


@given(
    st.sampled_from(sorted(keyboards.LAYOUTS)),
    st.text(alphabet="ABCXYZabcxyz0123456789-./", min_size=1, max_size=20),
)
def test_any_lot_comes_back(layout, lot):
    scan, _ = typed_scans.read(typed_on(layout, f"]d201{GTIN}10{lot}"))
    assert scan.lot == lot


@given(st.text(max_size=40))
def test_nothing_breaks_it(text):
    try:
        typed_scans.read(text, keys=text[::-1])
    except gs1.Unreadable:
        return


def vectors(*kinds):
    """What GS1's own tests hold of a kind."""
    known = json.loads((DATA / "gs1_vectors_sample.json").read_text(encoding="utf-8"))["vectors"]
    return [each for each in known if each["kind"] in kinds]


@needs_data
def test_the_scans_of_gs1():
    """What a reader sends, with each symbology's prefix: the number and the lot that stand in what it is to give."""
    read = 0
    for vector in vectors("scan_data"):
        if vector["valid"] and re.search(r"\d{13}", vector["input"]):
            scan = gs1.read(vector["input"])
            assert scan.gtin is not None, vector
            assert scan.gtin.lstrip("0") in vector["expected"], vector
            assert (scan.lot is not None and f"10{scan.lot}" in vector["expected"]) == (
                "10ABC" in vector["expected"]
            )
            assert scan.warnings == [], vector
            read += 1
    assert read >= 6


@needs_data
def test_the_links_of_gs1():
    for vector in vectors("digital_link"):
        if vector["valid"]:
            scan = gs1.read(vector["input"])
            for number in (scan.gtin, scan.sscc, scan.lot, scan.serial):
                assert number is None or number in vector["expected"], vector
            assert (scan.gtin is not None) == bool(re.search(r"\^01\d{14}", vector["expected"])), vector


@needs_data
@pytest.mark.parametrize("layout", ["fr", "be", "ar"])
def test_the_packs_of_public_documents_on_other_keyboards(layout):
    with (DATA / "medicine_udi_samples.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            text = row["element_string_GS_as_tag"].replace("<GS>", "\x1d")
            if row["check_digit_ok"] == "yes":
                scan, found = typed_scans.read(typed_on(layout, "]d2" + text))
                assert (scan, found) == (gs1.read(text), layout)
