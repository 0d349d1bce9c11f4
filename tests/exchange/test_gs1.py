"""GS1 data as scanners send it, with vectors made here, and those in `../shared/data/gs1` where they are there."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import clock
from inventory.exchange import gs1

DATA = Path(__file__).parents[3] / "shared" / "data" / "gs1"
GTIN = "09506000134352"


def rules(scan):
    return [each.rule for each in scan.warnings]


@pytest.mark.parametrize("separator", ["\x1d", "<GS>", "{GS}", "[FNC1]", "^", "\\x1d", "␝", "\x1e"])
def test_the_separator_as_it_is_written(separator):
    scan = gs1.read(f"01{GTIN}10AB{separator}21S1")
    assert (scan.lot, scan.serial, rules(scan)) == ("AB", "S1", [])


def test_the_day_00_is_the_last_of_the_month():
    assert gs1.read("17280200").expires_on == date(2028, 2, 29)


def test_an_expiry_with_its_hour():
    assert gs1.read("70032803311200").expires_on == date(2028, 3, 31)


def test_a_year_lies_in_the_nearest_century():
    year = clock.today().year
    assert abs(gs1.read(f"17{(year + 40) % 100:02d}0101").expires_on.year - year) == 40


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        ("]E09506000134352", "gtin", GTIN),
        ("]E4" + "12345670", "gtin", "00000012345670"),
        ("]I19506000134352".replace("]I1", "]I10"), "gtin", GTIN),
        ("]E3" + "9506000134352" + "12", "gtin", GTIN),
        ("036000291452", "gtin", "00036000291452"),
        ("00106141412345678908", "sscc", "106141412345678908"),
        ("106141412345678908", "sscc", "106141412345678908"),
        ("HTTPS://A/STEM/01/9506000134352/10/AB%2F1", "lot", "AB/1"),
        ("https://a/gtin/09506000134352?exp=301231&x=1", "expires_on", date(2030, 12, 31)),
    ],
)
def test_forms(data, field, value):
    assert getattr(gs1.read(data), field) == value


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (f"01{GTIN}02{GTIN}37" + "5", "malformed"),
        (f"02{GTIN}", "malformed"),
        (f"(01){GTIN}(01)09506000134369", "malformed"),
        (f"(01){GTIN}(99999)X", "malformed"),
        (f"(01){GTIN}(8999)X", "unknown_ai"),
        (f"01{GTIN}10" + "X" * 25, "malformed"),
        ("17301301" + "10L", "invalid_date"),
        (f"01{GTIN}10AB117301231", "malformed"),
        (f"01{GTIN}10AB11730123121S1", "malformed"),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_is_read(data, found):
    assert found in rules(gs1.read(data))


@given(st.text(max_size=60))
def test_nothing_breaks_it(text):
    try:
        scan = gs1.read(text)
    except gs1.Unreadable:
        return
    assert scan.lot is None or scan.lot.isascii()


@given(st.text(alphabet="0123456789()^]d2C1Q3e/:htps?=&ABC\x1d", max_size=60))
def test_nothing_nearly_right_breaks_it(text):
    try:
        gs1.read(text)
    except gs1.Unreadable:
        return


needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared vectors are not here")


@needs_data
def test_packs_found_in_public_documents():
    with (DATA / "medicine_udi_samples.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            scan = gs1.read(row["element_string_GS_as_tag"])
            assert (scan.gtin, scan.lot, scan.serial) == (row["gtin"], row["lot"], row["serial"])
            assert ("check_digit" in rules(scan)) == (row["check_digit_ok"] == "no")
            if "does not exist" in row["expiry"]:
                assert "invalid_date" in rules(scan)
            else:
                assert scan.expires_on == date.fromisoformat(row["expiry"])


@needs_data
def test_the_vectors_of_gs1():
    """Valid element strings are read without a word, invalid ones not. Combinations beyond ours are not judged."""
    vectors = json.loads((DATA / "gs1_vectors_sample.json").read_text(encoding="utf-8"))["vectors"]
    for vector in vectors:
        if vector["kind"] == "element_string":
            try:
                clean = not gs1.read(vector["input"]).warnings
            except gs1.Unreadable:
                clean = False
            assert clean == vector["valid"], vector
