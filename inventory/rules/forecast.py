"""What a month's demand will be, from the months before it, and how far it strays from that.

The forecast lies halfway between two summaries of the past that forget alike: the discounted mean (simple
exponential smoothing), which keeps the total right but runs after every peak, and the discounted median,
which peaks do not move but which falls short of the total. Where an item has gone quiet, the method of Teunter,
Syntetos and Babai lets its demand die away. `docs/forecast.md` has what else was tried, and the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Literal

from inventory.rules.course import MONTH

Method = Literal["mean", "blend", "tsb", "zero"]
"""`mean`: discounted mean (too little history for more); `blend`: halfway between discounted mean and median;
`tsb`: Teunter-Syntetos-Babai; `zero`: nothing was used although there was stock."""

Pattern = Literal["smooth", "intermittent", "erratic", "lumpy", "obsolescent", "none"]
"""The four of Syntetos, Boylan and Croston; `obsolescent`: demand seems to have stopped; `none`: never any."""

LONGEST = 24
"""So many periods are looked at, the latest; what is older would weigh a thousandth."""

FEWEST_FOR_MEDIAN = 3
ADI_LIMIT = 1.32
CV2_LIMIT = 0.49
QUIET_PERIODS = 4
MONTHS_COVERED = 3
"""What lead time and review period usually come to; `deviation` is meant for the stock over as long."""

TSB_ALPHA, TSB_BETA = 0.1, 0.3
"""Sizes are smoothed as is usual for few observations; the chance of demand dies away over a few months."""

_MONTH = float(MONTH)
# A period weighs three quarters of the one after it: smoothing with 1/4, in whole numbers.
_WEIGHTS = [4**age * 3 ** (LONGEST - 1 - age) for age in range(LONGEST)]


@dataclass(frozen=True, slots=True)
class Period:
    """A window of history, about a month: base units used in `days` days, `days_out` of them without stock."""

    quantity: int
    days: int
    days_out: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The demand to expect, in base units a month of 30.4375 days.

    `deviation` is the standard deviation of one month's demand around `monthly`, the doubt about `monthly`
    itself included, so that over L months it is deviation * sqrt(L). `adi` is the average interval
    between periods with demand, in periods, and `cv2` the squared coefficient of variation of the sizes of
    demand; both None where there was none. `periods` counts those with at least a day in stock.
    """

    monthly: Fraction
    method: Method
    pattern: Pattern
    adi: float | None
    cv2: float | None
    deviation: float
    periods: int


def forecast(history: Sequence[Period]) -> Forecast | None:
    """Forecast a month's demand from its history, oldest first; None if no period had a day in stock.

    A period counts by its days in stock, so that one half out of stock weighs half and its use is not taken
    for that of a whole one; a period wholly out of stock is missing, not zero. Less than nothing used (more
    was taken back) counts as nothing.
    """
    counted = [
        (max(0, p.quantity), p.days - max(0, p.days_out)) for p in history if p.days > max(0, p.days_out)
    ]
    counted = counted[-LONGEST:]
    if not counted:
        return None
    rates = [quantity * _MONTH / days for quantity, days in counted]
    pattern, adi, cv2 = classify(rates)
    exposure = [weight * days for weight, (_, days) in zip(_weights(counted), counted, strict=True)]
    monthly, method = _expected(counted, rates, exposure, pattern)
    deviation = _deviation(counted, rates, exposure, monthly)
    return Forecast(monthly, method, pattern, adi, cv2, deviation, len(counted))


def classify(demand: Sequence[float]) -> tuple[Pattern, float | None, float | None]:
    """(pattern, ADI, CV2) of the demand of equally long periods, oldest first.

    Syntetos, Boylan and Croston, J. Oper. Res. Soc. 56 (2005): at ADI < 1.32 smooth or, from CV2 = 0.49 on,
    erratic; above, intermittent or lumpy. CV2 is that of the population of sizes. Obsolescent (ours): the
    silence at the end is at least four periods, and at least twice as long as demand used to be apart.
    """
    sizes = [size for size in demand if size > 0]
    if not sizes:
        return "none", None, None
    adi = len(demand) / len(sizes)
    mean = sum(sizes) / len(sizes)
    cv2 = sum((size / mean - 1) ** 2 for size in sizes) / len(sizes)
    quiet = next(at for at, size in enumerate(reversed(demand)) if size > 0)
    usual = (len(demand) - quiet) / len(sizes)
    if quiet >= QUIET_PERIODS and quiet >= 2 * usual:
        return "obsolescent", adi, cv2
    if adi < ADI_LIMIT:
        return ("smooth" if cv2 < CV2_LIMIT else "erratic"), adi, cv2
    return ("intermittent" if cv2 < CV2_LIMIT else "lumpy"), adi, cv2


def croston(demand: Sequence[float], alpha: float = 0.1) -> float:
    """Croston's forecast for the next period (Oper. Res. Q. 23, 1972): size over interval, each smoothed when
    there is demand. It starts with the first demand and the periods until then; 0 where there was none."""
    size = interval = 0.0
    gap = 0
    for quantity in demand:
        gap += 1
        if quantity > 0:
            size, interval = (
                (size + alpha * (quantity - size), interval + alpha * (gap - interval))
                if interval
                else (float(quantity), float(gap))
            )
            gap = 0
    return size / interval if interval else 0.0


def sba(demand: Sequence[float], alpha: float = 0.1) -> float:
    """Croston's forecast less its bias (Syntetos and Boylan, Int. J. Forecasting 21, 2005): times 1 - a/2."""
    return (1 - alpha / 2) * croston(demand, alpha)


def tsb(demand: Sequence[float], alpha: float = 0.1, beta: float = 0.1) -> float:
    """Teunter, Syntetos and Babai (Eur. J. Oper. Res. 214, 2011): size times the chance of any demand, and the
    chance is brought up to date every period, so that the forecast decays once demand has stopped.

    It starts with the first demand and one over the periods until then; 0 where there was none.
    """
    size = chance = 0.0
    for at, quantity in enumerate(demand, start=1):
        if not chance:
            if quantity > 0:
                size, chance = float(quantity), 1 / at
        elif quantity > 0:
            size += alpha * (quantity - size)
            chance += beta * (1 - chance)
        else:
            chance -= beta * chance
    return size * chance


Counted = list[tuple[int, int]]
"""(base units used, days in stock), oldest first."""


def _expected(
    counted: Counted, rates: list[float], exposure: list[int], pattern: Pattern
) -> tuple[Fraction, Method]:
    if pattern == "none":
        return Fraction(0), "zero"
    if pattern == "obsolescent":
        return Fraction(tsb(rates, TSB_ALPHA, TSB_BETA)).limit_denominator(10**6), "tsb"
    mean = _discounted_mean(counted, exposure)
    if len(counted) < FEWEST_FOR_MEDIAN:
        return mean, "mean"
    return (mean + _discounted_median(counted, rates, exposure)) / 2, "blend"


def _discounted_mean(counted: Counted, exposure: list[int]) -> Fraction:
    """Exponential smoothing, whose weights are those of the periods there are (no start value to choose)."""
    used = sum([weight * quantity for weight, (quantity, _) in zip(_weights(counted), counted, strict=True)])
    return used * MONTH / sum(exposure)


def _discounted_median(counted: Counted, rates: list[float], exposure: list[int]) -> Fraction:
    """The rate that as much weight lies below as above."""
    left = sum(exposure)
    for at in sorted(range(len(rates)), key=rates.__getitem__):
        left -= 2 * exposure[at]
        if left <= 0:
            break
    quantity, days = counted[at]
    return quantity * MONTH / days


def _deviation(counted: Counted, rates: list[float], exposure: list[int], monthly: Fraction) -> float:
    """The discounted root mean square error, and what is not known of the forecast itself.

    Months stray each their own way, and their errors partly cancel; an error of the forecast is the same in
    each and adds up. Over h months with n periods behind them the variance is h * s2 + h**2 * s2 / n: that of a
    month is counted as s2 * (1 + h / n), with h = 3. It is at least that of a Poisson process (patients come by
    chance, so what looked steadier had luck), and where one or two periods say nothing of how demand varies,
    at least the square of the forecast.
    """
    expected = float(monthly)
    weights = _weights(counted)
    total = sum(weights)
    # The rate of part of a month strays further than that of a whole one: its square by one over the part.
    squares = sum([days * (rate - expected) ** 2 for days, rate in zip(exposure, rates, strict=True)])
    variance = squares / total / _MONTH
    equal_periods = total * total / sum([weight * weight for weight in weights])
    if equal_periods > 1:
        variance *= equal_periods / (equal_periods - 1)
    variance = max(variance * (1 + MONTHS_COVERED / equal_periods), expected)
    if len(counted) < FEWEST_FOR_MEDIAN:
        variance = max(variance, expected**2)
    return sqrt(variance)


def _weights(counted: Counted) -> list[int]:
    return _WEIGHTS[-len(counted) :]
