"""The demand to come: so much a month, but for calendar months that a person set by hand."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

MONTH = Fraction(487, 16)
"""Days in a month: 30.4375, a twelfth of 365.25."""


@dataclass(frozen=True, slots=True)
class SetMonth:
    """The demand of one calendar month, in base units; `month` is its first day."""

    month: date
    quantity: Fraction


@dataclass(frozen=True, slots=True)
class Course:
    """Demand from the day after `on`: `monthly` base units a month (30.4375 days), other in the months `by_hand`.

    `by_hand` is in order and holds no month twice (`course`).
    """

    monthly: Fraction
    on: date
    by_hand: tuple[SetMonth, ...] = ()

    def within(self, days: Fraction | int) -> Fraction:
        """The demand of the next `days` days, in base units; part of a day counts in part."""
        if not self.by_hand:
            return self.monthly * days / MONTH
        total, left = Fraction(0), Fraction(days)
        for length, daily in self._stretches():
            step = left if length is None else min(left, Fraction(length))
            total += daily * step
            left -= step
            if not left:
                break
        return total

    def lasts(self, quantity: Fraction | int) -> Fraction | None:
        """For how many days a quantity lasts; None where it is never used up."""
        if not self.by_hand:
            return quantity * MONTH / self.monthly if self.monthly else None
        passed, left = Fraction(0), Fraction(quantity)
        for length, daily in self._stretches():
            if daily and (length is None or daily * length >= left):
                return passed + left / daily
            if length is None:
                return None
            passed += length
            left -= daily * length
        return None

    def _stretches(self) -> Iterator[tuple[int | None, Fraction]]:
        """(days, base units a day), one after the other; the last has no end."""
        usual, day = self.monthly / MONTH, self.on + timedelta(days=1)
        for each in self.by_hand:
            days = monthrange(each.month.year, each.month.month)[1]
            if each.month > day:
                yield (each.month - day).days, usual
                day = each.month
            end = each.month + timedelta(days=days)
            if end > day:
                yield (end - day).days, each.quantity / days
                day = end
        yield None, usual


def together(courses: Iterable[Course], on: date) -> Course:
    """What several places need: a month that one of them set by hand is set by hand, with what the others use in it."""
    each = list(courses)
    months = sorted({hand.month for one in each for hand in one.by_hand})
    return Course(
        sum((one.monthly for one in each), Fraction(0)),
        on,
        tuple(SetMonth(month, sum((_in_month(one, month) for one in each), Fraction(0))) for month in months),
    )


def _in_month(one: Course, month: date) -> Fraction:
    set_by_hand = next((hand.quantity for hand in one.by_hand if hand.month == month), None)
    if set_by_hand is not None:
        return set_by_hand
    return one.monthly * monthrange(month.year, month.month)[1] / MONTH


def course(monthly: Fraction | int, on: date, by_hand: Collection[SetMonth] = ()) -> Course:
    """The course of a demand; months before that of `on` do not matter any more. No month may be there twice."""
    if not by_hand:
        return Course(monthly if type(monthly) is Fraction else Fraction(monthly), on)
    first = on.replace(day=1)
    coming = tuple(sorted((each for each in by_hand if each.month >= first), key=lambda each: each.month))
    return Course(Fraction(monthly), on, coming)
