"""Cells become typed values, or a reason that a person understands."""

import contextlib
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.exchange import parsing
from inventory.exchange.fields import Kind, RowRefusedError, parse
from inventory.exchange.parsing import CellError, Expiry
from inventory.exchange.rows import ReceiptRow, ReferenceRow

quantity = parsing.whole(1)
money = parsing.decimal(6, 1_000_000)


@pytest.mark.parametrize("value", [12, "12", " 12 ", "12.0", "١٢", Decimal("12.0"), "+12"])
def test_whole_numbers(value):
    assert quantity(value, ()) == 12


@pytest.mark.parametrize("value", ["1 652 000", "1\u00a0652\u00a0000", "1\u202f652\u202f000", "1652000"])
def test_blanks_between_thousands(value):
    assert quantity(value, ()) == 1_652_000


@pytest.mark.parametrize(
    "value",
    [
        "1,000",
        "12.5",
        "1e3",
        "0",
        "-3",
        "",
        "twelve",
        "1_000",
        "0x10",
        True,
        date(2026, 1, 1),
        10**12,
        "9" * 40,
    ],
)
def test_what_is_no_quantity(value):
    with pytest.raises(CellError):
        quantity(value, ())


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        (Decimal("0.07"), "0.07"),
        ("0,125", "0.125"),
        ("1.234", "1.234"),
        (0, "0"),
    ],
)
def test_decimals(value, read):
    assert money(value, ()) == Decimal(read)


@pytest.mark.parametrize("value", ["1,234", "1.2345678", "-1", "nan", "inf", "1.2.3"])
def test_what_is_no_decimal(value):
    with pytest.raises(CellError):
        money(value, ())


@given(st.text(max_size=30))
def test_no_text_breaks_a_parser(text):
    for parser in (quantity, money, parsing.code, parsing.day, parsing.expiry, parsing.truth, parsing.gtins):
        with contextlib.suppress(CellError):
            parser(text, ())


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2090, 1, 1)))
def test_iso_dates_come_back(day):
    assert parsing.day(day.isoformat(), ()) == day
    assert parsing.expiry(day.isoformat(), ()) == Expiry(day)


@pytest.mark.parametrize(
    ("value", "formats", "read"),
    [
        ("15-11", ["%y-%m"], Expiry(date(2015, 11, 30), "month")),
        ("2028-02", (), Expiry(date(2028, 2, 29), "month")),
        ("13/02/2026", ["%m/%d/%Y", "%d/%m/%Y"], Expiry(date(2026, 2, 13))),
        ("11/13/06", ["%d-%b-%y", "%m/%d/%y"], Expiry(date(2006, 11, 13))),
        ("2-Jun-06", ["%d-%b-%y"], Expiry(date(2006, 6, 2))),
        ("3 févr. 2026", ["%d %b %Y"], Expiry(date(2026, 2, 3))),
        (date(2013, 11, 15), ["%y-%m"], Expiry(date(2013, 11, 15))),
        (datetime(2013, 11, 15, 8), (), Expiry(date(2013, 11, 15))),
    ],
)
def test_expiry_dates(value, formats, read):
    assert parsing.expiry(value, formats) == read


@pytest.mark.parametrize("value", ["2026-02-30", "13/02/2026", "2026", "soon", 20260213])
def test_impossible_dates_are_told_the_form(value):
    with pytest.raises(CellError, match="YYYY-MM-DD"):
        parsing.day(value, ())


def test_words_countries_and_packs():
    assert parsing.word(("V", "E", "N"))("v", ()) == "V"
    assert parsing.country("iq", ()) == "IQ"
    assert parsing.country("Armenia", ()) == "AM"
    assert parsing.truth("Oui", ()) is True
    assert parsing.languages("en, fr;ar", ()) == ["en", "fr", "ar"]
    assert parsing.gtins("5712345678903:100 05712345678910", ()) == [
        {"gtin": "05712345678903", "quantity": 100},
        {"gtin": "05712345678910", "quantity": 1},
    ]
    for parser, value in [
        (parsing.word(("a", "b")), "c"),
        (parsing.country, "Atlantis"),
        (parsing.currency, "EURO"),
        (parsing.timezone, "Asia/Nowhere"),
        (parsing.code, "has blank"),
        (parsing.code, "x" * 33),
        (parsing.gtins, "12"),
        (parsing.languages, "e"),
        (parsing.text(3), "four"),
    ]:
        with pytest.raises(CellError):
            parser(value, ())


def test_every_fault_of_a_line_is_told_with_its_column():
    values = {"site": "HUB", "item": None, "quantity": "1,000", "expires_on": "31/12/2026"}
    with pytest.raises(RowRefusedError) as caught:
        parse(Kind.RECEIPTS, 7, values, {}, {"quantity": "Qty", "expires_on": "Expiry"})
    told = {(fault.line, fault.column): str(fault.message) for fault in caught.value.faults}
    assert set(told) == {(7, "item"), (7, "Qty"), (7, "Expiry")}
    assert '"1,000" is no whole number' in told[(7, "Qty")]


def test_typed_rows():
    row = parse(
        Kind.RECEIPTS, 3, {"site": "HUB", "item": "A1", "quantity": "5", "lot": 1234, "expires_on": "2026-04"}
    )
    assert isinstance(row, ReceiptRow)
    assert (row.lot, row.expires_on, row.expiry_precision) == ("1234", date(2026, 4, 30), "month")
    item = parse(
        Kind.ITEMS,
        2,
        {"code": "A1", "name": "Gauze", "base_unit": "piece", "category": "dressing", "inn": ""},
    )
    assert isinstance(item, ReferenceRow)
    assert item.values == {"code": "A1", "name": "Gauze", "base_unit": "piece", "category": "dressing"}
