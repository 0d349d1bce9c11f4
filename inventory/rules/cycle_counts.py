"""Cycle counts: which goods are to be counted again, and when, by value and by risk. Pure.

A stock is parted by the value used in a year: A are the items that make up the first 80 % of it, B the next 15 %, C
the last 5 %; usual practice is to count A four times a year, B twice and C once (inventoryturns.com, "Inventory record
accuracy"; the Logistics Cluster's LOG guide, "Monitoring and counting", gives the same 80/20 rule). Value says nothing
of harm, so the risks of medicines shorten the interval: controlled and vital ones, the cold chain, what expires soon,
and what was wrong last time. Those intervals are this program's own choice; all can be changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from inventory.rules.counting import is_strict

Key = TypeVar("Key", int, str)

DEFAULTS: Mapping[str, int] = {
    "controlled": 30,
    "inaccurate": 30,
    "short_expiry": 60,
    "vital": 90,
    "cold_chain": 90,
    "A": 91,
    "B": 182,
    "C": 365,
}
"""Group -> after how many days its goods are counted again, unless an administrator says otherwise; 0: never."""

A_SHARE, B_SHARE = Decimal("0.80"), Decimal("0.95")
SOON = timedelta(days=90)
"""What expires within it is of short expiry."""
COLD = frozenset({"cold_chain", "frozen"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an item at a site."""

    controlled: bool = False
    ven: str | None = None
    temperature: str = "ambient"
    first_expiry: date | None = None
    inaccurate: bool = False
    grade: str = "C"


def grades(values: Mapping[Key, Decimal]) -> dict[Key, str]:
    """Each key's class A, B or C by its share of the total; C where it is worth nothing.

    An item is A while those worth more make up less than 80 % of all, B while they make up less than 95 %.
    """
    total = sum(values.values(), Decimal(0))
    found: dict[Key, str] = {}
    before = Decimal(0)
    for key in sorted(values, key=lambda each: (-values[each], each)):
        if not values[key]:
            found[key] = "C"
        else:
            found[key] = "A" if before < A_SHARE * total else "B" if before < B_SHARE * total else "C"
        before += values[key]
    return found


def groups_of(facts: Facts, today: date) -> list[str]:
    """Every group that an item is in, the riskiest first."""
    found = []
    if facts.controlled:
        found.append("controlled")
    if facts.inaccurate:
        found.append("inaccurate")
    if facts.first_expiry is not None and facts.first_expiry <= today + SOON:
        found.append("short_expiry")
    if is_strict(False, facts.ven):
        found.append("vital")
    if facts.temperature in COLD:
        found.append("cold_chain")
    return [*found, facts.grade]


@dataclass(frozen=True, slots=True)
class Plan:
    """When an item is counted next: `group` is what asks for it soonest. None: never."""

    group: str
    interval: int
    next_on: date | None

    def overdue(self, today: date) -> int:
        """Days since it was due; below 0 where it is still to come."""
        return -(10**6) if self.next_on is None else (today - self.next_on).days


def plan(facts: Facts, last: date, today: date, intervals: Mapping[str, int]) -> Plan:
    """The next count of an item that was last counted (or came first) on a day."""
    groups = groups_of(facts, today)
    asked = [(intervals.get(group, DEFAULTS[group]), rank, group) for rank, group in enumerate(groups)]
    days, _, group = min((each for each in asked if each[0] > 0), default=(0, 0, facts.grade))
    return Plan(group, days, last + timedelta(days=days) if days else None)


def turn(plan: Plan, today: date) -> Fraction:
    """What comes first: how late an item is for what it is, as a share of its interval."""
    return Fraction(plan.overdue(today), plan.interval) if plan.interval else Fraction(-(10**6))


def workload(planned: Iterable[tuple[int, int]]) -> Fraction:
    """Lines to count a day, of (lines, interval in days)."""
    return sum((Fraction(lines, days) for lines, days in planned if days), Fraction(0))


def fill(wanted: Sequence[tuple[Key, int]], most: int) -> list[Key]:
    """The first of the wanted (key, lines) that make a sheet of at most `most` lines; one at least."""
    found: list[Key] = []
    left = most
    for key, lines in wanted:
        if lines <= left or not found:
            found.append(key)
            left -= lines
        if left <= 0:
            break
    return found
