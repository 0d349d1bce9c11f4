"""How much of the stock at hand will expire before it is used, if demand stays what it is."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Generic, TypeVar

from inventory.rules.course import Course

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
    used, used_whole, undated = Fraction(0), 0, 0
    per_lot: list[LotProjection[K]] = []
    for lot in sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.received_on, lot.order)):
        if lot.expires_on is None:
            undated += lot.quantity
            per_lot.append(LotProjection(lot.key, lot.quantity, 0))
            continue
        days = max(0, (lot.expires_on - on).days - buffer_days)
        used += min(Fraction(lot.quantity), max(Fraction(0), course.within(days) - used))
        whole = floor(used + Fraction(1, 2))
        within = horizon_days is None or days <= horizon_days
        expiring = lot.quantity - (whole - used_whole) if within else 0
        used_whole = whole
        per_lot.append(LotProjection(lot.key, lot.quantity - expiring, expiring))
    return Projection(
        tuple(per_lot),
        sum(lot.expiring for lot in per_lot),
        sum(lot.used for lot in per_lot),
        _day_used_up(course, used + undated),
    )


def _day_used_up(course: Course, used: Fraction) -> date | None:
    days = course.lasts(used)
    if days is None:
        return None
    day = course.on.toordinal() + ceil(days)
    return date.fromordinal(day) if day <= date.max.toordinal() else None
