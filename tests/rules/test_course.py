"""The demand to come, day by day where months were set by hand."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.course import MONTH, Course, SetMonth, course, together
from inventory.rules.expiry import ProjectedLot, project

ON = date(2026, 11, 25)
months = st.builds(
    lambda offset: date(2026 + (10 + offset) // 12, (10 + offset) % 12 + 1, 1), st.integers(0, 12)
)
by_hand = st.dictionaries(months, st.fractions(0, 1000, max_denominator=8), max_size=4).map(
    lambda found: [SetMonth(month, quantity) for month, quantity in found.items()]
)
rates = st.fractions(0, 500, max_denominator=16)


def walked(found: Course, days: int) -> Fraction:
    """The same, a day at a time."""
    total = Fraction(0)
    for ahead in range(1, days + 1):
        day = found.on + timedelta(days=ahead)
        set_month = [each for each in found.by_hand if each.month == day.replace(day=1)]
        if set_month:
            length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - day.replace(day=1)).days
            total += set_month[0].quantity / length
        else:
            total += found.monthly / MONTH
    return total


def test_the_same_each_month():
    assert course(300, ON).within(MONTH * 2) == 600
    assert course(300, ON).lasts(450) == MONTH * Fraction(3, 2)


def test_a_blocked_road_in_december():
    """Five days of November at 487/16 a month, one a day; nothing in December; then one a day again."""
    found = course(MONTH, ON, [SetMonth(date(2026, 12, 1), Fraction(0))])
    assert found.within(5) == 5
    assert found.within(36) == 5
    assert found.within(40) == 9
    assert found.lasts(5) == 5
    assert found.lasts(6) == 37


def test_months_that_are_over_do_not_matter():
    assert course(MONTH, ON, [SetMonth(date(2026, 10, 1), Fraction(0))]).by_hand == ()


def test_the_month_of_today_counts_from_tomorrow():
    found = course(0, ON, [SetMonth(date(2026, 11, 1), Fraction(30))])
    assert found.within(100) == 5
    assert found.lasts(5) == 5
    assert found.lasts(6) is None


def test_what_is_never_used_lasts_for_ever():
    assert course(0, ON).lasts(1) is None
    assert course(0, ON).lasts(0) is None


@given(rates, by_hand, st.integers(0, 500))
def test_it_is_what_walking_day_by_day_gives(rate, hand, days):
    found = course(rate, ON, hand)
    assert found.within(days) == walked(found, days)


@given(rates, by_hand, rates, by_hand, st.integers(0, 500))
def test_several_places_together_need_what_each_needs(rate, hand, other_rate, other_hand, days):
    one, other = course(rate, ON, hand), course(other_rate, ON, other_hand)
    assert together([one, other], ON).within(days) == one.within(days) + other.within(days)


@given(rates, by_hand, st.fractions(Fraction(1, 8), 5000, max_denominator=8))
def test_how_long_it_lasts_is_when_it_is_used_up(rate, hand, quantity):
    found = course(rate, ON, hand)
    days = found.lasts(quantity)
    if days is None:
        assert found.within(5000) < quantity
    else:
        assert found.within(days) == quantity


@given(rates, by_hand, st.fractions(0, 400, max_denominator=4), st.fractions(0, 400, max_denominator=4))
def test_more_days_never_need_less(rate, hand, one, other):
    found = course(rate, ON, hand)
    assert found.within(min(one, other)) <= found.within(max(one, other))


def test_a_set_month_changes_what_expires():
    """A lot of 100 through 2 January, at one a day: 62 are expiring; 93 with December closed."""
    lot = [ProjectedLot("A", 100, date(2027, 1, 2), ON, 1)]
    assert project(lot, MONTH, ON).projected_expired == 62
    closed = course(MONTH, ON, [SetMonth(date(2026, 12, 1), Fraction(0))])
    assert project(lot, closed, ON).projected_expired == 93
    assert project(lot, closed, ON).first_stock_out == date(2027, 1, 2)
