"""Levels worked out for a service level: from a site's own history, or what is assumed where that is too short."""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from inventory.rules.course import MONTH, Course
from inventory.rules.demand import ENOUGH_MONTHS, Basis, Usage
from inventory.rules.forecast import Forecast
from inventory.rules.levels import service_levels_for
from inventory.rules.reorder import Policy, Worked


@dataclass(frozen=True, slots=True)
class Expected:
    """A month's demand, what it rests on, and the standard deviation of one month's demand."""

    monthly: Fraction | None
    basis: Basis
    deviation: float


def expected(
    usage: Usage,
    seen: Forecast | None,
    otherwise: tuple[Fraction | None, Basis],
    supplied_deviation: float | None = None,
) -> Expected:
    """The demand that a `service` policy reckons with.

    Of three months in stock or more it is the forecast `seen`, else `otherwise`, what is known besides
    (`demand.monthly_demand`); what a person set, or what other sites use, stands above both. `supplied_deviation` is
    how far the demand of those sites strays, all together. Where nothing tells how far demand strays, it is taken to
    come by chance: the deviation of a Poisson process, which is also the least.
    """
    monthly, basis = otherwise
    by_chance = sqrt(max(0, monthly or 0))
    if basis == "supplied_sites":
        return Expected(monthly, basis, max(by_chance, supplied_deviation or 0.0))
    if seen is not None and usage.months_in_stock >= ENOUGH_MONTHS:
        if basis != "override":
            return Expected(seen.monthly, "forecast", seen.deviation)
        return Expected(monthly, basis, max(by_chance, seen.deviation))
    return Expected(monthly, basis, by_chance)


def worked(policy: Policy, coming: Course, deviation: float) -> Worked | None:
    """The levels that a `service` policy asks for; None for another method or a policy that is not whole.

    A month's demand is that of the lead time and review period to come, so that months set by hand count.
    """
    lead, review, level = policy.lead_time_days, policy.review_period_days, policy.service_level
    if policy.method != "service" or lead is None or review is None or level is None:
        return None
    span = lead + review
    monthly = coming.within(span) * MONTH / span if span else coming.monthly
    if not monthly:
        deviation = 0.0
    found = service_levels_for(monthly, deviation, lead, review, level, policy.emergency_days)
    return Worked(found.reorder_point, found.maximum, found.emergency_point)
