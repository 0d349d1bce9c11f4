"""Average monthly consumption, corrected for the days on which there was nothing to give."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from math import floor
from typing import Literal, NamedTuple

from inventory.rules.course import MONTH as MONTH
from inventory.rules.forecast import LONGEST, Period

Basis = Literal[
    "override",
    "forecast",
    "supplied_sites",
    "dispensed",
    "per_consultation",
    "similar_sites",
    "kit",
    "assumed",
    "no_in_stock_days",
    "never_received",
]
ENOUGH_MONTHS = 3
"""Months in stock from which a site's own consumption is trusted before any other basis (handbook, 2.2)."""


class LotDay(NamedTuple):
    """What one day did to one lot in zone `stock` of a site.

    `change` is the net change of the zone's balance that day, `dispensed` what patients were given that day,
    net of reversals. From `recalled_on` on, and after `expires_on`, the lot is not usable.
    """

    lot: Hashable
    expires_on: date | None
    recalled_on: date | None
    day: date
    change: int
    dispensed: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The consumption of one item at one site, and what it rests on.

    `amc` is base units a month, exact; None where there was no day in stock, as `basis` says. `days` is the
    length of the look-back that begins on `first_day`, `months` the same in months, `days_out` the days of it
    out of stock.
    """

    amc: Fraction | None
    basis: Basis
    days_out: int | None
    dispensed: int
    months: Fraction
    days: int
    first_day: date | None

    @property
    def months_in_stock(self) -> Fraction:
        """How many months of the look-back there was something to give."""
        return self.months - (self.days_out or 0) / MONTH

    @property
    def enough(self) -> bool:
        """Whether that is long enough to be trusted before any other basis."""
        days = self.days * MONTH.denominator - (self.days_out or 0) * MONTH.denominator
        # The look-back in days is rounded down from months: only at the edge the exact months decide.
        if abs(days - ENOUGH_MONTHS * MONTH.numerator) > MONTH.denominator:
            return days > ENOUGH_MONTHS * MONTH.numerator
        return self.months_in_stock >= ENOUGH_MONTHS


def usage(
    rows: Iterable[LotDay],
    *,
    today: date,
    lookback_months: Fraction | Decimal | int = 6,
    first_receipt: date | None = None,
) -> Usage:
    """The average monthly consumption of one item at one site.

    `rows` is the complete history of the site's zone `stock` for the item, in any order; days after `today`
    are left out. The look-back is the floor(months * 30.4375) days that end today, and begins no earlier than
    the first receipt (`first_receipt`, or else the first day in `rows`). A day is out of stock when the
    usable balance was 0 at its end and at the end of the day before. AMC = dispensed / (months - days out /
    30.4375) (MDS-3, chapter 20, as the contract words it).
    """
    known = [row for row in rows if row.day <= today]
    months, days = _look_back(lookback_months)
    if first_receipt is None:
        first_receipt = min((row.day for row in known), default=None)
    if first_receipt is None or first_receipt > today or days < 1:
        return Usage(None, "never_received", None, 0, Fraction(0), 0, None)
    first_day = date.fromordinal(max(1, today.toordinal() - days + 1))
    if first_receipt > first_day:
        first_day = first_receipt
        days = (today - first_day).days + 1
        months = _in_months(days)
    # A reversal told later than what it takes back can leave less than nothing.
    dispensed = max(0, sum(row.dispensed for row in known if row.day >= first_day))
    out = sum(_overlap(spell, first_day, today) for spell in _spells(known, today))
    if out == days:
        return Usage(None, "no_in_stock_days", out, dispensed, months, days, first_day)
    # dispensed / (months - out / MONTH), as one fraction of whole numbers: this is asked for very many items at once.
    below, above = months.denominator * MONTH.numerator, months.numerator * MONTH.numerator
    in_stock = above - out * MONTH.denominator * months.denominator
    return Usage(Fraction(dispensed * below, in_stock), "dispensed", out, dispensed, months, days, first_day)


@cache
def _look_back(months: Fraction | Decimal | int) -> tuple[Fraction, int]:
    """A look-back in months, exact, and in days."""
    exact = Fraction(months)
    return exact, floor(exact * MONTH)


@cache
def _in_months(days: int) -> Fraction:
    return days / MONTH


def periods(rows: Iterable[LotDay], today: date, months: int = LONGEST) -> list[Period]:
    """The history of one item at one site in windows of a month, oldest first; the newest ends today.

    `rows` as for `usage`. A window begins floor(n * 30.4375) days before today's end; there are as many as the months
    since the first receipt, `months` at most, and the oldest begins no earlier than that receipt.
    """
    known = [row for row in rows if row.day <= today]
    first_receipt = min((row.day for row in known), default=None)
    if first_receipt is None:
        return []
    spells = list(_spells(known, today))
    found: list[Period] = []
    last_day = today
    for number in range(1, months + 1):
        start = max(first_receipt, today - timedelta(days=floor(number * MONTH) - 1))
        used = sum(row.dispensed for row in known if start <= row.day <= last_day)
        out = sum(_overlap(spell, start, last_day) for spell in spells)
        found.append(Period(used, (last_day - start).days + 1, out))
        if start == first_receipt:
            break
        last_day = start - timedelta(days=1)
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of the demand at a site besides its own consumption, in base units a month; None is not known.

    `supplied_sites` is what the sites that a store supplies use, where it plans for them: it counts beside what the
    store hands out itself. The others stand in the order in which they are believed: the site's own use per
    consultation times the consultations planned; the use per consultation of similar sites times the same; the
    content of the kit it was opened with, scaled by the people it serves; a figure that a person assumes (handbook,
    2.2).
    """

    supplied_sites: Fraction | None = None
    per_consultation: Fraction | None = None
    similar_sites: Fraction | None = None
    kit: Fraction | None = None
    assumed: Fraction | None = None


NOTHING = Hints()


def monthly_demand(
    found: Usage, override: Decimal | Fraction | int | None, hints: Hints = NOTHING
) -> tuple[Fraction | None, Basis]:
    """A month's demand and what it rests on: what a person set (0 too), or else the first that is known of the
    consumption of three months in stock, the hints in their order, and a shorter consumption."""
    if override is not None:
        return Fraction(override), "override"
    if hints.supplied_sites is not None:
        return hints.supplied_sites + (found.amc or 0), "supplied_sites"
    if found.amc is not None and found.enough:
        return found.amc, found.basis
    known: tuple[tuple[Basis, Fraction | None], ...] = (
        ("per_consultation", hints.per_consultation),
        ("similar_sites", hints.similar_sites),
        ("kit", hints.kit),
        ("assumed", hints.assumed),
    )
    for basis, monthly in known:
        if monthly is not None:
            return monthly, basis
    return found.amc, found.basis


def rounded(value: Fraction | int | None, places: int = 2) -> Decimal | None:
    """An exact figure as it is told to people and programs: rounded half up."""
    if value is None:
        return None
    scaled = floor(abs(value) * 10**places + Fraction(1, 2))
    # Put together from its digits: arithmetic on decimals would round to 28 of them.
    return Decimal((int(value < 0 < scaled), tuple(map(int, str(scaled))), -places))


Spell = tuple[date, date]
"""The first and the last day out of stock."""


def _spells(rows: list[LotDay], today: date) -> Iterator[Spell]:
    """The spells without stock until today; the day on which the stock ran out is none of them."""
    balance = 0
    empty_since = date.min
    for day, change in _balance_changes(rows):
        if day > today:
            break
        before, balance = balance, balance + change
        if before > 0 >= balance:
            empty_since = day
        elif before <= 0 < balance:
            yield empty_since + timedelta(days=1), day - timedelta(days=1)
    if balance <= 0:
        yield empty_since + timedelta(days=1), today


def _overlap(spell: Spell, first_day: date, last_day: date) -> int:
    """How many days of a spell lie between both dates."""
    return max(0, (min(spell[1], last_day) - max(spell[0], first_day)).days + 1)


def _balance_changes(rows: list[LotDay]) -> list[tuple[date, int]]:
    """The days on which the usable balance changes, in order, and by how much."""
    changes: dict[date, int] = defaultdict(int)
    left: dict[date, int] = defaultdict(int)
    for _lot, expires_on, recalled_on, day, change, _dispensed in rows:
        if expires_on is None and recalled_on is None:
            changes[day] += change
            continue
        end = _unusable_from(expires_on, recalled_on)
        if end is None:
            changes[day] += change
        elif day < end:
            changes[day] += change
            left[end] += change
    for end, rest in left.items():
        changes[end] -= rest
    return sorted(changes.items())


@lru_cache(maxsize=8192)
def _unusable_from(expires_on: date | None, recalled_on: date | None) -> date | None:
    ends = [] if recalled_on is None else [recalled_on]
    if expires_on is not None and expires_on < date.max:
        ends.append(expires_on + timedelta(days=1))
    return min(ends, default=None)
