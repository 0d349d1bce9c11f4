from dataclasses import replace

from inventory.documents import render_gift_certificate
from inventory.documents.gift_certificate import gift_certificate
from tests.documents.examples import GIFTS, HUB, reader, text, wording


def test_it_certifies_a_gift_that_is_not_for_sale():
    found = text(render_gift_certificate(GIFTS, **reader("en")))
    for said in [
        "Gift certificate SHP-2026-000009",
        "Association Relais certifies that the goods listed below are a gift",
        "medical aid in Iraq.",
        "not for sale",
        "customs and insurance only",
        "Amoxicillin 500 mg",
        "6,000 capsule",
        "210.00 EUR",
        "VF1MA000155555555",
        "48,000.50 EUR",
        "Total value 48,210.50 EUR",
        "Basis of value: Wholesale price, Iraq",
        "Page 1 of 1",
    ]:
        assert said in found


def test_nothing_of_the_packing_nor_of_a_site_that_was_left_out():
    found = text(render_gift_certificate(GIFTS, **reader("en")))
    for unsaid in ["Consignee", "Seal", "Lot or serial", "Expiry", "kg", "Erbil"]:
        assert unsaid not in found


def test_a_consignee_that_may_be_known_is_named():
    found = text(render_gift_certificate(replace(GIFTS, consignee=HUB, donor="Firm"), **reader("en")))
    assert "Consignee Hub Erbil (IQ-EBL)" in found
    assert "Donor Firm" in found


def test_without_values_there_is_no_column_for_them():
    free = replace(GIFTS, gifts=[replace(gift, value=None) for gift in GIFTS.gifts])
    found = text(render_gift_certificate(free, **reader("en")))
    assert "no commercial value" in found
    assert "Total" not in found
    assert "Basis of value" not in found


def test_a_partial_total_says_that_it_is_one_and_currencies_are_not_mixed():
    gifts = [replace(GIFTS.gifts[0], value=None), GIFTS.gifts[1], replace(GIFTS.gifts[1], currency="USD")]
    totals = gift_certificate(replace(GIFTS, gifts=gifts), wording())["totals"]
    assert totals == [
        {"label": "Total of the values that are known", "value": "48,000.50 EUR"},
        {"label": "Total of the values that are known", "value": "48,000.50 USD"},
    ]


def test_french():
    found = text(render_gift_certificate(replace(GIFTS, country="AM"), **reader("fr")))
    assert "Certificat de don" in found
    assert "Arménie" in found
    assert "48 210,50 EUR" in found


def test_without_a_country():
    found = text(render_gift_certificate(replace(GIFTS, country=None), **reader("en")))
    assert "humanitarian and medical aid. They are given" in found
