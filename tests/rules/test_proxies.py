"""Needs without a history. Vectors: the domain handbook, 2.3."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest

from inventory.rules.proxies import need_by_contacts, need_by_morbidity, use_per_thousand, with_losses


def test_i13_morbidity():
    need = need_by_morbidity(10_000, Decimal("0.25"), Decimal("0.8"), 20, 3)
    assert need == 10_000
    assert ceil(with_losses(need, Decimal("0.10"))) == 11_112
    assert need * (1 + Fraction(1, 10)) == 11_000  # the manuals' way: a tenth lost of that leaves 9,900


def test_i14_contacts_of_similar_sites():
    rate = use_per_thousand(12_000, 8_000)
    assert rate == 1_500
    assert need_by_contacts(rate, 1_200) == 1_800


def test_no_contacts_no_rate():
    assert use_per_thousand(5, 0) is None


@pytest.mark.parametrize("loss", [1, Decimal("-0.1"), 2])
def test_not_everything_is_lost(loss):
    with pytest.raises(ValueError, match="share"):
        with_losses(100, loss)
