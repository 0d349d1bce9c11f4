"""Reorder points and maxima that give a service level, and those by months of stock."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, exp, isfinite, log1p, sqrt
from statistics import NormalDist
from typing import Literal

from inventory.rules.course import MONTH

Number = int | float | Decimal | Fraction
Control = Literal["forced", "continuous", "standard"]

SERVICE_LEVELS = {"V": 0.98, "E": 0.95, "N": 0.90}
"""The chance of getting from one delivery to the next without a stock-out, by VEN class (our default)."""

LEAST_SERVICE = 0.5
MOST_SERVICE = 0.9999
SLOW = 10
"""From this mean on, over lead time and review, demand is taken for normal; below it is counted."""


@dataclass(frozen=True, slots=True)
class Levels:
    """In whole base units; 0 <= `emergency_point` <= `reorder_point` <= `maximum`."""

    reorder_point: int
    maximum: int
    emergency_point: int
    safety_stock: int


def service_levels_for(
    monthly: Number,
    deviation: Number,
    lead_time_days: int,
    review_period_days: int,
    service_level: Number,
    emergency_days: int | None = None,
) -> Levels:
    """The levels that cover lead time and review period with the chance `service_level`.

    `monthly` is a month's demand in base units, `deviation` the standard deviation of one. With D, L and R in
    months: safety stock SS = z * deviation * sqrt(L + R), reorder point D * (L + R) + SS, maximum D * R above
    it (the Logistics Handbook's `standard` control: on a review date, only what is at or below the minimum.
    What is left above it lasts until the next review has come in; `docs/simulation.md` tells what it costs to
    reckon with the lead time alone). Of a slow mover SS is what a quantile of the counted demand leaves above
    its mean (`count_quantile`). The emergency point is the use of `emergency_days`, the longest that an
    emergency delivery takes: half the lead time where it is not known, and never above the reorder point. All
    are rounded up. ValueError for anything negative or endless, and for a service level outside 0.5 to 0.9999.
    """
    demand, spread, service = float(monthly), float(deviation), float(service_level)
    if not (LEAST_SERVICE <= service <= MOST_SERVICE):
        raise ValueError("a service level is between 0.5 and 0.9999")
    if not all(isfinite(value) and value >= 0 for value in (demand, spread)):
        raise ValueError("demand and its deviation are numbers from 0 on")
    if min(lead_time_days, review_period_days, emergency_days or 0) < 0:
        raise ValueError("no time is negative")
    exact = Fraction(monthly)
    lead, review = lead_time_days / MONTH, review_period_days / MONTH
    safety = safety_stock(demand, spread, lead + review, service) if demand else 0.0
    reorder_point = _up(exact * (lead + review) + Fraction(safety))
    emergency = exact * lead / 2 if emergency_days is None else exact * emergency_days / MONTH
    return Levels(
        reorder_point=reorder_point,
        maximum=_up(exact * (lead + 2 * review) + Fraction(safety)),
        emergency_point=min(_up(emergency), reorder_point),
        safety_stock=_up(Fraction(safety)),
    )


def safety_stock(monthly: float, deviation: float, months: Number, service_level: float) -> float:
    """What to hold above the mean demand of `months` (lead time and review), so that it lasts with the chance
    `service_level`: z * deviation * sqrt(months), or for slow movers a quantile of counted demand."""
    span = float(months)
    mean = monthly * span
    if mean < SLOW:
        return max(0.0, count_quantile(mean, deviation**2 * span, service_level) - mean)
    return max(0.0, NormalDist().inv_cdf(service_level) * deviation * sqrt(span))


def order_up_to(
    monthly: float, deviation: float, lead_months: float, review_months: float, service_level: float
) -> float:
    """S of periodic review, not rounded: D * (L + R) + safety stock."""
    span = lead_months + review_months
    return monthly * span + safety_stock(monthly, deviation, span, service_level)


def count_quantile(mean: float, variance: float, chance: float) -> int:
    """The least n with P(demand <= n) >= chance: of a Poisson distribution, or of a negative binomial one
    where the variance is above the mean (moments matched; Syntetos, Babai and Altay, Int. J. Prod. Res. 50,
    2012, find it fits slow movers best)."""
    total = 0.0
    for n, mass in enumerate(_masses(mean, variance)):
        total += mass
        # The sum may stay a hair below 1; beyond mean / (1 - chance) no quantile lies (Markov).
        if total >= chance or n > mean / (1 - chance):
            break
    return n


def _masses(mean: float, variance: float) -> Iterator[float]:
    """P(0), P(1), ... without end; each from the one before."""
    excess = (variance - mean) / mean if mean > 0 else 0.0
    if excess <= 1e-9:
        mass, n = exp(-mean), 0
        while True:
            yield mass
            n += 1
            mass *= mean / n
    size = mean / excess
    odds = mean / (size + mean)
    mass, n = exp(-size * log1p(excess)), 0
    while True:
        yield mass
        mass *= (size + n) / (n + 1) * odds
        n += 1


def min_max_months(
    control: Control, lead_months: Number, review_months: Number, safety_months: Number
) -> tuple[Fraction, Fraction]:
    """(minimum, maximum) in months of stock, by how a site is resupplied (USAID | DELIVER, The Logistics
    Handbook, 2011): the minimum is lead time + safety stock, under `standard` control (asked only on review
    dates, only for what is at or below the minimum) one review period more; the maximum is the minimum + the
    review period."""
    minimum = Fraction(lead_months) + Fraction(safety_months)
    if control == "standard":
        minimum += Fraction(review_months)
    return minimum, minimum + Fraction(review_months)


def order_to(maximum: Number, position: Number) -> int:
    """What brings a position up to the maximum, in whole base units, rounded up; never less than nothing."""
    return max(0, _up(Fraction(maximum) - Fraction(position)))


def _up(value: Fraction) -> int:
    """Rounded up, but for what floating point left over."""
    return ceil(value - Fraction(1, 10**9))
