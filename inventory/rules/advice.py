"""Levels that the data speak for, to be looked at by a person: never applied unasked."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from inventory.rules.levels import SERVICE_LEVELS, Levels, service_levels_for

USUAL_DAYS = {
    "warehouse": (60, 30, 30),
    "hospital": (14, 30, 7),
    "dispensary": (14, 30, 7),
    "mobile_clinic": (7, 14, 3),
}
"""kind of site -> (lead time, review period, days that an emergency delivery takes at the longest): what is usual in
the field. A mobile clinic is restocked at its base every week or two, a dispensary or hospital monthly; a warehouse
waits for donations from abroad."""

MOST_MONTHS = Decimal(120)


@dataclass(frozen=True, slots=True)
class Advice:
    """Better levels in base units, and what they were worked out from."""

    levels: Levels
    monthly: Fraction
    deviation: float
    lead_time_days: int
    review_period_days: int
    emergency_days: int | None
    service_level: Decimal

    def in_months(self, level: int) -> Decimal:
        """A level in months of demand, rounded up to a tenth."""
        exact = Fraction(level) / self.monthly
        tenths = Decimal(-(-exact.numerator * 10 // exact.denominator)) / 10
        return min(MOST_MONTHS, tenths.quantize(Decimal("0.1"), ROUND_CEILING))


def advise(
    monthly: Fraction | None,
    deviation: float | None,
    ven: str | None,
    lead_time_days: int,
    review_period_days: int,
    emergency_days: int | None = None,
) -> Advice | None:
    """Levels for the service level of a VEN class (of essential items where it has none); None without a demand."""
    if not monthly or monthly < 0 or deviation is None:
        return None
    service = Decimal(str(SERVICE_LEVELS[ven or "E"]))
    found = service_levels_for(
        monthly, deviation, lead_time_days, review_period_days, service, emergency_days
    )
    return Advice(found, monthly, deviation, lead_time_days, review_period_days, emergency_days, service)
