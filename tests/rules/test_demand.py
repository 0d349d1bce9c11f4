from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.demand import MONTH, LotDay, Usage, monthly_demand, rounded, usage

TODAY = date(2026, 6, 30)
LONG_AGO = TODAY - timedelta(days=1000)


def ago(days):
    return TODAY - timedelta(days=days)


def row(day, change, dispensed=0, lot="A", expires_on=None, recalled_on=None):
    return LotDay(lot, expires_on, recalled_on, day, change, dispensed)


def test_i3_consumption_is_corrected_for_days_out():
    # 3,000 in six months, 61 days of them out of stock (the day on which stock ran out is not one of them).
    rows = [row(LONG_AGO, 3000), row(ago(61), -3000, 3000)]
    found = usage(rows, today=TODAY)
    assert (found.days, found.months, found.days_out, found.dispensed) == (182, 6, 61, 3000)
    assert rounded(found.amc, 4) == Decimal("750.7708")
    assert found.basis == "dispensed"


def test_i1_consumption_of_three_months():
    rows = [row(LONG_AGO, 1000), row(ago(80), -300, 300), row(ago(50), -330, 330), row(ago(20), -270, 270)]
    assert usage(rows, today=TODAY, lookback_months=3).amc == 300


def test_i6_no_day_in_stock_is_no_figure_rather_than_none_used():
    found = usage([row(LONG_AGO, 5), row(ago(300), -5, 5)], today=TODAY)
    assert (found.amc, found.basis, found.days_out) == (None, "no_in_stock_days", 182)


def test_nothing_dispensed_while_in_stock_is_zero():
    found = usage([row(LONG_AGO, 5)], today=TODAY)
    assert (found.amc, found.basis, found.days_out) == (0, "dispensed", 0)


@pytest.mark.parametrize("rows", [[], [row(TODAY + timedelta(days=1), 5)]])
def test_what_never_came_has_no_figure(rows):
    assert usage(rows, today=TODAY) == Usage(None, "never_received", None, 0, Fraction(0), 0, None)


def test_the_look_back_ends_today_and_begins_floor_of_its_months_before():
    rows = [
        row(LONG_AGO, 100),
        row(ago(182), -1, 1),
        row(ago(181), -2, 2),
        row(TODAY, -4, 4),
        row(ago(-1), -8, 8),
    ]
    found = usage(rows, today=TODAY)
    assert (found.first_day, found.dispensed) == (ago(181), 6)


def test_a_first_receipt_cuts_the_look_back_short():
    found = usage([row(ago(59), 100), row(ago(10), -60, 60)], today=TODAY)
    assert (found.days, found.first_day) == (60, ago(59))
    assert found.months == 60 / MONTH
    assert found.amc == 60 / (60 / MONTH)


def test_a_first_receipt_on_the_first_day_cuts_nothing():
    found = usage([row(ago(181), 100), row(TODAY, -60, 60)], today=TODAY)
    assert (found.days, found.months, found.amc) == (182, 6, 10)


def test_received_today_and_looking_back_a_single_day():
    assert usage([row(TODAY, 5)], today=TODAY).amc == 0
    found = usage([row(ago(9), 5), row(TODAY, -1, 1)], today=TODAY, lookback_months=Fraction(1, 30))
    assert (found.days, found.days_out, found.amc) == (1, 0, 30)


def test_an_expiry_at_the_end_of_the_calendar_never_comes():
    assert usage([row(LONG_AGO, 5, expires_on=date.max)], today=TODAY).days_out == 0


def test_a_first_receipt_elsewhere_at_the_site_can_be_told():
    found = usage([row(ago(9), 100)], today=TODAY, first_receipt=ago(29))
    assert (found.days, found.days_out) == (30, 20)


def test_the_first_day_without_stock_is_not_out_nor_is_that_of_its_return():
    rows = [row(LONG_AGO, 10), row(ago(20), -10, 10), row(ago(15), 10)]
    assert usage(rows, today=TODAY).days_out == 4


def test_a_day_that_ends_with_stock_parts_two_spells():
    rows = [row(LONG_AGO, 10), row(ago(20), -10), row(ago(15), 10), row(ago(14), -10), row(ago(10), 1)]
    assert usage(rows, today=TODAY).days_out == 4 + 3


def test_received_and_used_up_on_one_day_is_a_day_out():
    found = usage([row(TODAY, 0, 5)], today=TODAY)
    assert (found.amc, found.days_out, found.dispensed) == (None, 1, 5)


def test_expired_stock_is_no_stock_from_the_day_after_its_expiry():
    rows = [row(LONG_AGO, 10, expires_on=ago(11)), row(ago(3), -10, expires_on=ago(11))]
    # Used up to and on the eleventh day before today; of the ten without it the first ended one with stock.
    assert usage(rows, today=TODAY).days_out == 10


def test_recalled_stock_is_no_stock_from_that_day_on():
    assert usage([row(LONG_AGO, 10, recalled_on=ago(10))], today=TODAY).days_out == 10


def test_what_moves_after_expiry_changes_nothing():
    rows = [
        row(LONG_AGO, 10, expires_on=ago(11)),
        row(ago(5), 7, expires_on=ago(11)),
        row(ago(30), 1, lot="B"),
    ]
    assert usage(rows, today=TODAY).days_out == 0


def test_a_reversal_cannot_make_it_negative():
    assert usage([row(LONG_AGO, 10), row(ago(5), 5, -5)], today=TODAY).amc == 0


def test_an_override_wins_even_with_zero():
    found = usage([row(LONG_AGO, 5)], today=TODAY)
    assert monthly_demand(found, Decimal("12.5")) == (Fraction(25, 2), "override")
    assert monthly_demand(found, 0) == (0, "override")
    assert monthly_demand(found, None) == (0, "dispensed")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(1, 3), "0.33"),
        (Fraction(1, 200), "0.01"),
        (Fraction(-1, 200), "-0.01"),
        (2, "2.00"),
        (Fraction(-1, 900), "0.00"),
        (None, None),
        (10**30, "1" + "0" * 30 + ".00"),
    ],
)
def test_figures_are_told_rounded_half_up(value, shown):
    assert rounded(value) == (None if shown is None else Decimal(shown))
    assert shown is None or str(rounded(value)) == shown


def day_by_day(rows, today, months):
    """The contract's words, a day at a time."""
    rows = [r for r in rows if r.day <= today]
    if not rows:
        return None, None
    first = max(min(r.day for r in rows), today - timedelta(days=int(months * MONTH) - 1))
    whole = first == today - timedelta(days=int(months * MONTH) - 1)
    window = [first + timedelta(days=n) for n in range((today - first).days + 1)]

    def balance(day):
        return sum(
            r.change
            for r in rows
            if r.day <= day
            and (r.expires_on is None or day <= r.expires_on)
            and (r.recalled_on is None or day < r.recalled_on)
        )

    out = sum(balance(day) == 0 and balance(day - timedelta(days=1)) == 0 for day in window)
    if out == len(window):
        return None, out
    length = Fraction(months) if whole else len(window) / MONTH
    return sum(r.dispensed for r in rows if r.day >= first) / (length - out / MONTH), out


@st.composite
def histories(draw):
    """Lots that come, are used and are thrown away, so that no balance is ever negative."""
    rows = []
    for lot in range(draw(st.integers(0, 4))):
        days = sorted(draw(st.sets(st.integers(0, 120), min_size=1, max_size=6)), reverse=True)
        expires_on = draw(st.none() | st.integers(-20, 120).map(ago))
        recalled_on = draw(st.none() | st.integers(-20, 120).map(ago))
        left = 0
        for day in days:
            came = draw(st.integers(0, 8))
            gone = draw(st.integers(0, left + came) | st.just(left + came))
            dispensed = draw(st.integers(0, gone))
            left += came - gone
            rows.append(row(ago(day), came - gone, dispensed, lot, expires_on, recalled_on))
    return draw(st.permutations(rows))


@given(histories(), st.sampled_from([1, 2, 3, 6, Fraction(1, 2), Fraction(5, 2)]))
def test_it_is_what_counting_day_by_day_gives(rows, months):
    found = usage(rows, today=TODAY, lookback_months=months)
    assert (found.amc, found.days_out) == day_by_day(rows, TODAY, months)
