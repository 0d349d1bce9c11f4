"""How much of the stock at hand will expire before it is used, if demand stays what it is."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, lcm
from typing import Generic, TypeVar

from inventory.rules.course import MONTH, Course

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ProjectedLot(Generic[K]):
    """A usable lot at a site: not in quarantine, recalled or reserved for leaving."""

    key: K
    quantity: int
    expires_on: date | None
    received_on: date
    order: int


@dataclass(frozen=True, slots=True)
class LotProjection(Generic[K]):
    """What becomes of one lot, in base units: `used` + `expiring` is its quantity."""

    key: K
    used: int
    expiring: int


@dataclass(frozen=True, slots=True)
class Projection(Generic[K]):
    """What becomes of all lots, in the order in which they are used; no figures where demand is unknown.

    `effective_stock` is what is on hand less what will expire within the horizon. `first_stock_out` is the
    day on which the last unit that can be used is used up; None where nothing is used, or not in any year to
    come.
    """

    per_lot: tuple[LotProjection[K], ...]
    projected_expired: int | None
    effective_stock: int | None
    first_stock_out: date | None


def project(
    lots: Iterable[ProjectedLot[K]],
    demand: Course | Fraction | None,
    on: date,
    buffer_days: int = 0,
    horizon_days: int | None = 365,
) -> Projection[K]:
    """Project lots used first-expired-first-out, beginning the day after `on`, at a demand that is known for the
    time to come or the same each month (base units).

    A lot is used through its expiry date, or `buffer_days` less (the length of a course). What is left of it
    then is expiring, if that lies within `horizon_days` (None: no end). Whole units come of rounding the
    cumulated use, so that the parts add up. Exact where everything is on hand and unmet demand is lost
    (handbook, 3.3).
    """
    if demand is None:
        return Projection((), None, None, None)
    course = demand if isinstance(demand, Course) else Course(demand, on)
    ordered = sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.received_on, lot.order))
    days = [
        None if lot.expires_on is None else max(0, (lot.expires_on - on).days - buffer_days)
        for lot in ordered
    ]
    # In whole numbers of the parts that the demand is made of: exact, and several times as quick as fractions.
    wanted, unit = _in_parts(course, days)
    used, used_whole, undated = 0, 0, 0
    per_lot: list[LotProjection[K]] = []
    for lot, left, demanded in zip(ordered, days, wanted, strict=True):
        if left is None:
            undated += lot.quantity
            per_lot.append(LotProjection(lot.key, lot.quantity, 0))
            continue
        used += min(lot.quantity * unit, max(0, demanded - used))
        whole = (2 * used + unit) // (2 * unit)
        within = horizon_days is None or left <= horizon_days
        expiring = lot.quantity - (whole - used_whole) if within else 0
        used_whole = whole
        per_lot.append(LotProjection(lot.key, lot.quantity - expiring, expiring))
    return Projection(
        tuple(per_lot),
        sum(lot.expiring for lot in per_lot),
        sum(lot.used for lot in per_lot),
        _day_used_up(course, Fraction(used, unit) + undated),
    )


def _in_parts(course: Course, days: Sequence[int | None]) -> tuple[list[int], int]:
    """The demand of the next so many days, each as a whole number of parts of a base unit (None: 0), and how many parts
    make one."""
    if not course.by_hand:
        daily = course.monthly.numerator * MONTH.denominator
        return [daily * (each or 0) for each in days], course.monthly.denominator * MONTH.numerator
    exact = [course.within(each or 0) for each in days]
    unit = lcm(*(each.denominator for each in exact))
    return [int(each * unit) for each in exact], unit


def _day_used_up(course: Course, used: Fraction) -> date | None:
    days = course.lasts(used)
    if days is None:
        return None
    day = course.on.toordinal() + ceil(days)
    return date.fromordinal(day) if day <= date.max.toordinal() else None
