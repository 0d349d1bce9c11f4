"""A month's stock report (LMIS style): what of it must be booked so that the books say what the report says."""

from dataclasses import dataclass
from datetime import date, timedelta

from inventory.rules.shelf_life import month_end

BEFORE_THE_END = timedelta(days=2)
"""What a month took away is dated so long before its last day.

A look-back counts whole days: 182 for six months, up to two days more than six calendar months have, so that what is
dated on the last day of the month before it could be counted too. Dated so, a look-back of N months holds exactly N
reports on every day from the end of the last month told until 24 days after it.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a site says of one item in one month, in base units; `adjusted` is signed, None is not told."""

    dispensed: int
    opening: int | None = None
    received: int | None = None
    adjusted: int | None = None
    closing: int | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """The month in the books: `before` + `difference` = `opening`; `expected` + `breach` = `closing`.

    `expected` is opening + received + adjusted - dispensed, the conservation check of domain.md 2.1. A `closing` below
    zero cannot be booked.
    """

    before: int
    opening: int
    received: int
    adjusted: int
    dispensed: int
    closing: int

    @property
    def moves(self) -> bool:
        """Whether anything came, went or was put right."""
        return any((self.difference, self.received, self.adjusted, self.dispensed, self.breach))

    @property
    def difference(self) -> int:
        return self.opening - self.before

    @property
    def expected(self) -> int:
        return self.opening + self.received + self.adjusted - self.dispensed

    @property
    def breach(self) -> int:
        return self.closing - self.expected


def book(report: Report, before: int, *, first: bool) -> Booked:
    """The month after `before` units were left; of the `first` one known, nobody can say what was there before it.

    What a report does not tell follows from the rest: the opening is what was left (of the first month, what the
    closing needs), the closing what is expected.
    """
    received, adjusted = report.received or 0, report.adjusted or 0
    change = received + adjusted - report.dispensed
    opening = report.opening
    if opening is None:
        derived = first and report.closing is not None
        opening = max(0, (report.closing or 0) - change) if derived else before
    closing = opening + change if report.closing is None else report.closing
    return Booked(before, opening, received, adjusted, report.dispensed, closing)


def came_on(month: date) -> date:
    """The day on which all that a month added is dated: its first, so that what was dispensed had been there."""
    return month.replace(day=1)


def went_on(month: date) -> date:
    """The day on which all that a month took away is dated."""
    return month_end(month.year, month.month) - BEFORE_THE_END


def next_month(month: date) -> date:
    """The first day of the month after."""
    return month_end(month.year, month.month) + timedelta(days=1)
