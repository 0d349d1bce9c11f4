"""What people can know beforehand: that a road is closed each winter, and roughly when more patients come."""

from datetime import date
from fractions import Fraction

import numpy as np

from bench.simulation.world import MONTH, PLACES, WAREHOUSE, YEAR, World
from inventory.rules.course import SetMonth

AHEAD = 60
"""So many days before a road is closed for the winter people provide for it."""
ERROR = 0.2
"""How far their figure of a month strays from the truth (the standard deviation of its logarithm)."""


def closed_days(world: World, place: int, day: int) -> int:
    """Until when from today a road will be closed, if that begins soon; else 0."""
    for winter in world.winters[place]:
        if winter.first - AHEAD <= day < winter.first:
            return winter.until - day
    return 0


def seasons(world: World) -> dict[tuple[int, int], tuple[SetMonth, ...]]:
    """(place, item) -> the months that someone who knows the place sets for an item with a season.

    They know what is usual there, not who will come this time: no influx, no fluctuation, and not exactly.
    """
    rng = np.random.default_rng([world.seed, 1])
    first = world.day(0)
    months = [date(first.year + n // 12, n % 12 + 1, 1) for n in range(world.size.days // 30 + 14)]
    found = {}
    for i, item in enumerate(world.items):
        if item.pattern != "seasonal":
            continue
        told: list[list[float]] = []
        for p in range(len(PLACES)):
            errors = rng.lognormal(0, ERROR, len(months))
            told.append(
                [
                    world.mean[p][i] * _season(world, i, month, first) * errors[n]
                    for n, month in enumerate(months)
                ]
            )
        told[WAREHOUSE] = [sum(column) for column in zip(*told[1:], strict=True)]
        for p, row in enumerate(told):
            found[p, i] = tuple(
                SetMonth(month, Fraction(round(quantity)))
                for month, quantity in zip(months, row, strict=True)
            )
    return found


def _season(world: World, item: int, month: date, first: date) -> float:
    """Of a month beside the mean of the year, for its true length."""
    begin = (month - first).days
    length = ((month.replace(day=28) - month).days + 4) // 31 + 30
    days = [world.season[item][(begin + n) % YEAR] for n in range(length)]
    return sum(days) / MONTH
