"""Labels of bins, written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.bin_codes import BinCode, InvalidPattern, bin_code, expand, parse_bin_code

CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", fullmatch=True)


@given(CODES, CODES)
def test_what_is_printed_is_read(site, code):
    assert parse_bin_code(bin_code(site, code)) == BinCode(site, code)


@pytest.mark.parametrize("text", ["BIN:WH:A-01", " bin:WH:A-01\r\n", "]Q1BIN:WH:A-01", "]d1BIN:WH:A-01"])
def test_forms_of_a_scan(text):
    assert parse_bin_code(text) == BinCode("WH", "A-01")


@pytest.mark.parametrize(
    "text",
    ["", "BIN", "BIN:", "BIN:WH", "BIN:WH:", "BIN::A", "BIN:WH:A:1", "(01)0123", "BIN:WH:مخزن", "BIN:W H:A"],
)
def test_what_is_no_bin(text):
    assert parse_bin_code(text) is None


@pytest.mark.parametrize(("site", "code"), [("", "A"), ("WH", ""), ("W:H", "A"), ("WH", "رف 1")])
def test_what_is_no_code(site, code):
    with pytest.raises(ValueError, match="no codes"):
        bin_code(site, code)


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ("A-01", ["A-01"]),
        ("BOX-4", ["BOX-4"]),
        ("A-01, B-07", ["A-01", "B-07"]),
        ("A-09..A-11", ["A-09", "A-10", "A-11"]),
        ("A-09..11", ["A-09", "A-10", "A-11"]),
        ("A-01..A-02 × 2 levels", ["A-01-1", "A-01-2", "A-02-1", "A-02-2"]),
        ("A-01..A-02 x 2", ["A-01-1", "A-01-2", "A-02-1", "A-02-2"]),
        ("C x 3", ["C-1", "C-2", "C-3"]),
        ("A-01, A-01", ["A-01"]),
    ],
)
def test_rows(pattern, codes):
    assert expand(pattern) == codes


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        " , ",
        "A-5..A-1",
        "A-01..B-02",
        "A..B",
        "رف-1",
        "A 1",
        "A-0001..A-9999",
        "A" * 40,
        "A-1..A-20 x 99",
    ],
)
def test_what_is_no_row(pattern):
    with pytest.raises(InvalidPattern):
        expand(pattern)
