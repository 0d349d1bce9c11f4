"""Tolerance, recounts, the instant of a figure, and how a difference falls on the lots of one number."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inventory.errors import Message
from inventory.rules.counting import (
    Basis,
    Place,
    Seen,
    Tolerance,
    Verdict,
    counted_at,
    is_strict,
    spread,
    verdict,
    within,
)

OPENED = datetime(2026, 5, 4, 8, 0, 30, tzinfo=UTC)
NOW = OPENED + timedelta(hours=3)


@pytest.mark.parametrize(
    ("expected", "counted", "fine"),
    [
        (1000, 1000, True),
        (1000, 990, True),
        (1000, 989, False),
        (1000, 1011, False),
        (0, 1, False),
        (99, 98, False),
    ],
)
def test_one_percent_either_way(expected, counted, fine):
    assert within(Tolerance(), expected, counted) is fine


def test_units_or_percent_whichever_is_more():
    tolerance = Tolerance(units=3, percent=Decimal("0.5"))
    assert within(tolerance, 10, 7)
    assert not within(tolerance, 10, 6)
    assert within(tolerance, 2000, 1990)


def test_never_more_than_the_value_where_one_is_known():
    tolerance = Tolerance(units=10, value=Decimal(5))
    assert within(tolerance, 100, 95, unit_value=Decimal(1))
    assert not within(tolerance, 100, 94, unit_value=Decimal(1))
    assert within(tolerance, 100, 94)


def test_controlled_and_vital_goods_have_no_tolerance():
    assert [is_strict(True, None), is_strict(False, "V"), is_strict(False, "E")] == [True, True, False]
    assert not within(Tolerance(units=10), 1000, 999, strict=True)
    assert within(Tolerance(units=10), 1000, 1000, strict=True)


def test_what_stands_after_one_look_and_after_two():
    first = Seen(100, 95)
    assert verdict(None, None, again=False) == Verdict(Basis.UNCOUNTED, 0)
    assert verdict(first, None, again=False) == Verdict(Basis.ONCE, -5)
    assert verdict(first, None, again=True) == Verdict(Basis.NOT_AGAIN, -5)
    assert verdict(first, Seen(100, 100), again=True) == Verdict(Basis.BOOKS, 0)
    assert verdict(first, Seen(100, 95), again=True) == Verdict(Basis.AGREED, -5)
    assert verdict(first, Seen(100, 97), again=True) == Verdict(Basis.CONTESTED, -3)


def test_two_looks_agree_though_stock_moved_between_them():
    assert verdict(Seen(100, 95), Seen(60, 55), again=True) == Verdict(Basis.AGREED, -5)


def test_the_instant_of_a_figure():
    hour = timedelta(hours=1)
    assert counted_at(None, OPENED, NOW) == NOW
    assert counted_at(OPENED + hour, OPENED, NOW) == OPENED + hour
    assert counted_at(OPENED.replace(second=0), OPENED, NOW) == OPENED  # given to the minute
    assert counted_at(NOW + hour, OPENED, NOW) == NOW
    assert isinstance(counted_at(NOW + 25 * hour, OPENED, NOW), Message)
    assert isinstance(counted_at(OPENED - hour, OPENED, NOW), Message)


def test_a_difference_falls_on_the_lots_due_first():
    rows = [Place(1, 3), Place(2, 10)]
    assert spread(rows, -5) == {1: -3, 2: -2}
    assert spread(rows, 4) == {2: 4}
    assert spread([Place(1, 0), Place(2, 1)], -3) == {2: -3}
    assert sum(spread(rows, -20).values()) == -20
    assert spread(rows, 0) == {}
