from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.documents import Goods, Party
from inventory.documents.wording import by_unit, clean
from inventory.errors import msg
from tests.documents.examples import DAY, wording

LOCALES = ["en", "fr", "ar", "ckb", "kmr-Arab", "hy"]


@pytest.mark.parametrize(
    ("locale", "day"),
    [
        ("en", "30 Apr 2026"),
        ("fr", "30 avr. 2026"),
        ("ar", "30 نيسان 2026"),
        ("ckb", "30 نیسان 2026"),
        ("kmr-Arab", "30 نیسان 2026"),
        ("hy", "30 ապր 2026"),
        ("xx", "30 Apr 2026"),
    ],
)
def test_days_are_written_out_with_latin_digits(locale, day):
    assert wording(locale).day(DAY) == day


@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_have_latin_digits_everywhere(locale):
    said = wording(locale).number(1234567) + wording(locale).money(Decimal("1234.5"), "EUR")
    assert {c for c in said if c.isdigit()} <= set("0123456789")


def test_numbers_and_money_are_told_whole():
    assert wording().number(None) == "–"
    assert wording().number(Decimal("0.060")) == "0.06"
    assert wording("fr").number(1234567) == "1\u202f234\u202f567"
    assert wording().money(Decimal("0.0035"), "EUR") == "0.0035 EUR"
    assert wording().money(Decimal("48000"), "EUR") == "48,000.00 EUR"
    assert wording().money(Decimal("1E+3"), "IQD") == "1,000.00 IQD"


def test_expiry_by_day_by_month_and_none():
    goods = Goods(item_code="A", item_name="A", unit="piece", expires_on=date(2026, 4, 30))
    assert wording().expiry(goods) == "30 Apr 2026"
    month = Goods(
        item_code="A",
        item_name="A",
        unit="piece",
        expires_on=date(2026, 4, 30),
        expiry_precision="month",
    )
    assert wording().expiry(month) == "Apr 2026"
    assert wording().expiry(Goods(item_code="A", item_name="A", unit="piece")) == "–"


def test_a_party_has_its_country_in_the_readers_language():
    party = Party(name="Hub", code="EBL", address="Road 1\n\nErbil", country="IQ")
    assert wording("fr").party(party) == ["Hub (EBL)", "Road 1", "Erbil", "Irak"]
    assert wording("ckb").party(party)[-1] == "عێراق"
    assert wording().party(Party(name="Hub", country="ZZ"))[0] == "Hub"


def test_typed_text_is_isolated_in_a_right_to_left_sentence():
    sentence = msg("Carton %(carton)s", carton="A-1")
    assert wording("ar").say(sentence) == "Carton \u2068A-1\u2069"
    assert wording("en").say(sentence) == "Carton A-1"
    assert wording("en").say(msg("Carton %(carton)s", carton="صندوق")) == "Carton \u2068صندوق\u2069"


def test_a_percent_sign_in_typed_text_is_only_that():
    assert wording().say("Glucose 5 %(s)") == "Glucose 5 %(s)"
    assert wording().say(msg("Carton %(carton)s", carton="5 %(s)d")) == "Carton 5 %(s)d"


def test_control_characters_and_overrides_are_left_out():
    assert clean("a\x00b\u202ec\u2066d\ufeff\r\ne\rf\ud800 ") == "abcd\ne\nf\ufffd"
    assert clean("ناو\u200cی 👩‍⚕️") == "ناو\u200cی 👩‍⚕️"


@given(st.text())
def test_what_is_clean_can_be_written_and_stays_so(typed):
    once = clean(typed)
    once.encode()
    assert clean(once) == once
    assert "\x00" not in once


def test_totals_by_unit():
    assert by_unit([("a", 1), ("b", 2), ("a", 3)]) == {"a": 4, "b": 2}
    assert by_unit([("a", 1), ("a", None), ("a", 3)]) == {"a": None}
    assert by_unit([]) == {}
