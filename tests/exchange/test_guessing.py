"""Columns are guessed by their headers, in three languages, and by what stands below."""

from datetime import date

import pytest

from inventory.exchange.fields import FIELDS, Kind
from inventory.exchange.guessing import date_forms, guess, profile
from inventory.exchange.synonyms import SYNONYMS

CODES = {"item": {"para", "ors"}, "site": {"hub", "clinic"}, "donor": set()}


def guessed(kind, headers, *rows, codes=CODES):
    return guess(kind, profile(headers, [dict(zip(headers, row, strict=True)) for row in rows]), codes)


@pytest.mark.parametrize(
    ("headers", "row"),
    [
        (
            ["Site", "Product code", "Batch no.", "Expiry date", "Qty received"],
            ["HUB", "PARA", "L1", "2030-04", "5"],
        ),
        (
            ["Dépôt", "Code article", "N° de lot", "Date de péremption", "Qté"],
            ["HUB", "PARA", "L1", "04/2030", "5"],
        ),
        (
            ["المستودع", "رمز المادة", "رقم التشغيلة", "تاريخ الانتهاء", "الكمية"],
            ["HUB", "PARA", "L1", "04/2030", "5"],
        ),
    ],
)
def test_headers_in_three_languages(headers, row):
    assert guessed(Kind.RECEIPTS, headers, row) == dict(
        zip(["site", "item", "lot", "expires_on", "quantity"], headers, strict=True)
    )


def test_values_speak_where_headers_do_not():
    found = guessed(Kind.RECEIPTS, ["Col A", "Col B"], ["PARA", "HUB"], ["ORS", "CLINIC"])
    assert found == {"item": "Col A", "site": "Col B"}


def test_a_header_is_not_believed_against_its_values():
    found = guessed(Kind.CONSUMPTION, ["Quantity", "Total"], ["many", "5"], ["few", "7"])
    assert found == {"quantity": "Total"}


def test_one_column_is_one_field():
    found = guessed(Kind.ITEMS, ["Code", "Description", "Unit"], ["A", "Paracetamol", "tablet"])
    assert found == {"code": "Code", "name": "Description", "base_unit": "Unit"}


@pytest.mark.parametrize(
    ("values", "forms", "ambiguous"),
    [
        (["2026-03-31"], ["%Y-%m-%d"], False),
        (["31/03/2026", "01/02/2026"], ["%d/%m/%Y"], False),
        (["01/31/2025", "12/01/2025"], ["%m/%d/%Y"], False),
        (["03/04/2026", "05/06/2026"], ["%d/%m/%Y"], True),
        (["15-11", "16-02", "jamais", ""], ["%y-%m"], False),
        (["11/13/06", "2-Jun-06"], ["%m/%d/%y", "%d-%b-%y"], False),
        ([date(2026, 1, 1)], [], False),
        (["soon"], [], False),
    ],
)
def test_forms_of_dates(values, forms, ambiguous):
    found = date_forms(values)
    assert (sorted(found.forms), found.ambiguous) == (sorted(forms), ambiguous)


def test_every_field_has_words():
    assert {name for fields in FIELDS.values() for name in fields} <= set(SYNONYMS)
