from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from inventory.documents import ArrivedLine, render_receipt_note, render_shipment_note
from inventory.documents.goods_received import receipt_note
from tests.documents.examples import AMBULANCE, AMOXICILLIN, RECEIPT, SHIPMENT, pages, reader, text, wording


def test_a_receipt_tells_who_what_when_and_where():
    found = text(render_receipt_note(RECEIPT, **reader("en")))
    for said in [
        "Goods received note GRN-2026-000042",
        "Association Relais",
        "69003 Lyon",
        "Depot Lyon (FR-LYS)",
        "Hôpital Saint-Joseph",
        "DON-2026-000017",
        "28 Apr 2026",
        "20 Apr 2026",
        "MoH/2026/118",
        "Claire Dubois",
        "Rezan Karim",
        "Amoxicillin 500 mg, capsule",
        "B24-1187",
        "29 Feb 2028",
        "12,000",
        "11,980",
        "Carton 12",
        "24.5 kg gross",
        "0.035 EUR each",
        "Quarantine",
        "Issued on 30 Apr 2026",
        "Page 1 of 1",
    ]:
        assert said in found


def test_a_month_is_not_given_a_day_that_nobody_printed():
    found = text(render_receipt_note(RECEIPT, **reader("en")))
    assert "Dec 2026" in found
    assert "31 Dec 2026" in found  # in the warning alone
    assert found.count("31 Dec 2026") == 1


def test_a_warning_stands_with_who_accepted_the_line():
    found = text(render_receipt_note(RECEIPT, **reader("en")))
    assert "Short-dated — Expires 31 Dec 2026. Accepted by Dr Haddad: Used by June" in found


def test_what_differs_from_the_declared_quantity_is_told():
    found = text(render_receipt_note(RECEIPT, **reader("en")))
    assert "Quantity — Short by 20" in found
    over = replace(RECEIPT, lines=[replace(RECEIPT.lines[0], declared=11000)])
    assert "Over by 980" in text(render_receipt_note(over, **reader("en")))
    even = replace(RECEIPT, lines=[replace(RECEIPT.lines[0], declared=11980)])
    assert "Short by" not in text(render_receipt_note(even, **reader("en")))


def test_an_acceptance_without_its_warning_is_not_lost():
    line = replace(RECEIPT.lines[1], warnings=[])
    assert "Accepted by Dr Haddad" in text(
        render_receipt_note(replace(RECEIPT, lines=[line]), **reader("en"))
    )


def test_totals_are_a_row_a_unit_and_unknown_where_one_is():
    totals = receipt_note(RECEIPT, wording())["totals"]
    assert [row["unit"] for row in totals] == ["capsule", "vial", "piece"]
    assert totals[0]["values"] == ["12,000", "11,980", "40"]
    assert totals[2]["values"] == ["–", "1", "0"]


def test_the_value_is_told_with_what_it_covers():
    assert receipt_note(RECEIPT, wording())["value"] == "Value of the lines that tell it: 419.30 EUR"
    first = RECEIPT.lines[0]
    dollars = replace(first, unit_value=Decimal("1"), currency="USD", counted=2)
    whole = receipt_note(replace(RECEIPT, lines=[first, dollars]), wording())
    assert whole["value"] == "Value: 419.30 EUR + 2.00 USD"
    silent = receipt_note(replace(RECEIPT, lines=RECEIPT.lines[1:]), wording())
    assert silent["value"] is None


def test_absent_facts_leave_no_empty_label():
    bare = replace(RECEIPT, donor="", donation="", arrived_in_country_on=None, consent_reference="")
    found = text(render_receipt_note(bare, **reader("en")))
    for label in ("Donor", "Donation", "Arrived in the country", "Consent reference"):
        assert label not in found


def test_a_reversed_receipt_says_so():
    gone = replace(RECEIPT, reversed_on=date(2026, 5, 2), reversal_reason="Wrong lot typed")
    found = text(render_receipt_note(gone, **reader("en")))
    assert "Reversed on 2 May 2026: this note no longer holds. Wrong lot typed" in found


def test_french():
    found = text(render_receipt_note(RECEIPT, **reader("fr")))
    for said in ["Bon de réception", "29 févr. 2028", "12 000", "0,035 EUR", "Manque 20", "Page 1 sur 1"]:
        assert said in found
    assert "Accepté par Dr Haddad : Used by June" in found
    assert "Établi le 30 avr. 2026" in found


def test_a_shipment_tells_what_was_sent_and_what_came():
    found = text(render_shipment_note(SHIPMENT, **reader("en")))
    for said in ["SHP-2026-000009", "Depot Lyon", "Hub Erbil", "Iraq", "CSQU3054383", "FR88120", "By sea"]:
        assert said in found
    assert "6,000 capsule 5,940 20 60" in found
    assert "50 vial 50 0 0" in found


def test_before_it_is_counted_it_is_a_form_to_fill_in():
    lines = [ArrivedLine(goods=AMOXICILLIN, sent=6000), ArrivedLine(goods=AMBULANCE, sent=1)]
    found = text(render_shipment_note(replace(SHIPMENT, received_on=None, lines=lines), **reader("en")))
    assert "To fill in" in found
    assert "6,000" in found
    assert "Received on" not in found
    assert "–" not in found.split("Total")[1]


@pytest.mark.parametrize("count", [500])
def test_long_lists_repeat_their_header_and_number_their_pages(count):
    lines = [
        replace(RECEIPT.lines[i % 2], goods=replace(AMOXICILLIN, lot=f"LOT{i:04d}")) for i in range(count)
    ]
    found = pages(render_receipt_note(replace(RECEIPT, lines=lines), **reader("en")))
    assert len(found) > 10
    for number, page in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in page
        assert ("Lot or serial" in page) == ("LOT" in page)
        assert "GRN-2026-000042" in page
    whole = " ".join(found)
    assert all(f"LOT{i:04d}" in whole for i in range(count))
    assert "Checked by" in found[-1]
