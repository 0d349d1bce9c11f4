"""A month's stock report in the books: nothing is lost on the way, and look-backs hold whole months."""

from datetime import date, timedelta
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.demand import MONTH
from inventory.rules.monthly_report import Report, book, came_on, next_month, went_on
from inventory.rules.shelf_life import month_end

amounts = st.integers(0, 10**6)
maybe = st.none() | amounts
reports = st.builds(
    Report,
    dispensed=amounts,
    opening=maybe,
    received=maybe,
    adjusted=st.none() | st.integers(-(10**6), 10**6),
    closing=maybe,
)


@given(reports, amounts, st.booleans())
def test_every_unit_is_accounted_for(report, before, first):
    booked = book(report, before, first=first)
    assert before + booked.difference == booked.opening
    assert booked.expected + booked.breach == booked.closing
    assert booked.closing == (
        before + booked.difference + booked.received + booked.adjusted + booked.breach - booked.dispensed
    )
    assert booked.dispensed == report.dispensed
    if report.opening is not None:
        assert booked.opening == report.opening
    if report.closing is not None:
        assert booked.closing == report.closing
    else:
        assert booked.breach == 0


@given(reports, amounts, st.booleans())
def test_no_day_of_the_month_is_below_zero(report, before, first):
    booked = book(report, before, first=first)
    if booked.closing < 0:
        assert report.closing is None
        return
    gains = max(booked.adjusted, 0) + max(booked.breach, 0)
    assert booked.opening >= 0
    assert booked.opening + booked.received + gains >= booked.dispensed


@pytest.mark.parametrize(
    ("report", "before", "first", "opening", "closing", "difference", "breach"),
    [
        # Vector I20 of domain.md: counted 80 where 85 is expected.
        (Report(60, 100, 50, -5, 80), 100, False, 100, 80, 0, -5),
        (Report(20, 10, 0, 10, 0), 0, True, 10, 0, 10, 0),
        (Report(20), 50, False, 50, 30, 0, 0),
        (Report(20, closing=5), 0, True, 25, 5, 25, 0),
        (Report(20, received=30, closing=5), 0, True, 0, 5, 0, -5),
        (Report(20, closing=5), 30, False, 30, 5, 0, -5),
        (Report(20, opening=10), 0, True, 10, -10, 10, 0),
    ],
)
def test_what_is_not_told_follows_from_the_rest(report, before, first, opening, closing, difference, breach):
    booked = book(report, before, first=first)
    assert (booked.opening, booked.closing, booked.difference, booked.breach) == (
        opening,
        closing,
        difference,
        breach,
    )


def test_a_look_back_holds_as_many_reports_as_it_has_months():
    month, months = date(2015, 1, 1), []
    while month < date(2028, 1, 1):
        months.append(month)
        month = next_month(month)
    days = {went_on(each) for each in months}
    assert all(came_on(each) <= went_on(each) < month_end(each.year, each.month) for each in months)
    for many in (1, 2, 3, 4, 5, 6, 9, 12, 24):
        length = timedelta(days=floor(many * MONTH) - 1)
        for last in months[24:-1]:
            for later in (0, 1, 10, 24):
                today = month_end(last.year, last.month) + timedelta(days=later)
                assert sum(today - length <= day <= today for day in days) == many, (many, today)
