from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from inventory.documents import DisposalCertificate, DisposedLine, render_disposal_certificate
from inventory.documents.disposal_certificate import METHODS, disposal_certificate
from inventory.models.words import DisposalMethod
from tests.documents.examples import (
    AMOXICILLIN,
    DAY,
    HUB,
    INSULIN,
    ORGANISATION,
    pages,
    reader,
    text,
    wording,
)

BURNT = DisposalCertificate(
    organisation=ORGANISATION,
    number="DSP-2026-000007",
    issued_on=DAY,
    disposed_on=date(2026, 4, 28),
    site=HUB,
    method="incineration",
    lines=[
        DisposedLine(
            goods=AMOXICILLIN,
            quantity=1200,
            zone="refused",
            cause="expired",
            weight_kg=Decimal("0.72"),
            value=Decimal("42.00"),
            currency="EUR",
        ),
        DisposedLine(goods=INSULIN, quantity=30, zone="quarantine"),
    ],
    reason="Expired, and a fridge that failed",
    place="Cement works, Tasluja",
    done_by="Claire Dubois",
    witness="Rêbîn Ŝêrko 🌿",
    authority="Directorate of Health",
    certificate="DoH 118/26",
)


def test_it_says_what_how_where_and_before_whom():
    found = text(render_disposal_certificate(BURNT, **reader("en")))
    for said in [
        "Certificate of destruction DSP-2026-000007",
        "Association Relais certifies that the goods listed below were destroyed",
        "Burnt in an incinerator",
        "Amoxicillin 500 mg",
        "B24-1187",
        "29 Feb 2028",
        "1,200 capsule",
        "Expired",
        "Quarantine",
        "Cement works, Tasluja",
        "Directorate of Health",
        "DoH 118/26",
        "Witness",
        "Rêbîn Ŝêrko",
        "Claire Dubois",
        "For the authority",
        "Total of the weights that are known 0.72 kg",
        "Total of the values that are known 42.00 EUR",
        "Page 1 of 1",
    ]:
        assert said in found
    assert "WHO/EDM/PAR/99.2" in found.replace(" ", "")


def test_a_return_is_no_destruction():
    found = text(render_disposal_certificate(replace(BURNT, method="return"), **reader("en")))
    assert "Certificate of return" in found and "handed back" in found
    assert "destroyed" not in found


def test_one_that_was_taken_back_is_marked():
    assert "Taken back" in text(render_disposal_certificate(replace(BURNT, reversed_on=DAY), **reader("en")))


def test_without_weights_and_values_there_are_no_columns_for_them():
    bare = replace(BURNT, lines=[replace(BURNT.lines[1])], reason="", place="", authority="", certificate="")
    made = disposal_certificate(bare, wording())
    assert not made["weighed"] and not made["valued"] and made["totals"] == []
    assert "Weight" not in text(render_disposal_certificate(bare, **reader("en")))


@pytest.mark.parametrize("method", list(DisposalMethod))
def test_every_method_is_in_words(method):
    assert method in METHODS


@pytest.mark.parametrize("locale", ["fr", "ar", "ckb", "kmr-Arab", "hy"])
def test_every_language_and_many_lines(locale):
    long = replace(BURNT, lines=[BURNT.lines[0]] * 60)
    assert len(pages(render_disposal_certificate(long, **reader(locale)))) > 1
