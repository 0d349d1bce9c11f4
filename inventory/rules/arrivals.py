"""What becomes of the stock at hand and of what is on its way, day by day, and when there will be none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil, lcm
from typing import Generic

from inventory.rules.course import Course
from inventory.rules.expiry import K, LotProjection, ProjectedLot


@dataclass(frozen=True, slots=True)
class Arrival(Generic[K]):
    """A lot that is expected on `lot.received_on`; what should be here already is counted on for tomorrow.

    Without an expiry date it is used last and never expires. What is known to come damaged is not `usable`: it is
    left out of every figure.
    """

    lot: ProjectedLot[K]
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Level:
    """What is at hand at the end of a day, in base units, lot by lot in the order of `Simulation.per_lot`; a lot's last
    day is the last on which it is here."""

    day: date
    quantities: tuple[int, ...]

    @property
    def total(self) -> int:
        """All lots together."""
        return sum(self.quantities)


@dataclass(frozen=True, slots=True)
class Simulation(Generic[K]):
    """What becomes of all lots, those on their way included, in the order in which they are used.

    `effective_stock` is what is on hand and comes within the horizon less what will expire in it. `first_stock_out` is
    the day on which the stock is used up before a day's demand that cannot be met; None where there is no such day
    within the horizon. `lost_demand` is what cannot be given within the horizon. No figures where demand is unknown.
    """

    per_lot: tuple[LotProjection[K], ...]
    projected_expired: int | None
    effective_stock: int | None
    first_stock_out: date | None
    lost_demand: Fraction | None
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Use(Generic[K]):
    """What is used of a lot, exact: on the days `first` to `last` from today (None: no end), the last of it on `until`
    (None where nothing is used)."""

    key: K
    used: Fraction
    first: int
    last: int | None
    until: date | None


@dataclass(slots=True)
class _Held(Generic[K]):
    """A lot on its way through time: usable on the days `first` (0: it is here) to `last` (None: for ever), counted
    from `on`. What is `left` of it and `quantity` are whole numbers of a part of a base unit (`simulate`)."""

    key: K
    quantity: int
    first: int
    last: int | None
    left: int = 0
    met: int = 0
    """The demand of all days up to the last one on which some of it was used, in parts too."""

    def usable(self, day: int) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def simulate(
    lots: Iterable[ProjectedLot[K]],
    arrivals: Iterable[Arrival[K]],
    demand: Course | Fraction | None,
    on: date,
    buffer_days: int = 0,
    horizon_days: int = 365,
    level_days: int | None = None,
) -> Simulation[K]:
    """Each day from the one after `on`: what comes is put to the stock, what may not be used any more is dropped, the
    day's demand is taken from the earliest expiry, and what cannot be met is lost (handbook, 3.3).

    The same as `expiry.project` where nothing is on its way; `demand`, `buffer_days` and the rounding to whole units
    are as there. What comes after the horizon is left out. `levels` are told for today, for every `level_days` days and
    for the days on which something comes or goes; None: not at all. Days on which neither happens are not walked
    through, so that a year costs no more than its events.
    """
    if demand is None:
        return Simulation((), None, None, None, None)
    walk = _walk(lots, arrivals, demand, on, buffer_days, horizon_days, level_days)
    per_lot = _whole(walk)
    return Simulation(
        per_lot,
        sum(each.expiring for each in per_lot),
        sum(each.used for each in per_lot),
        walk.first_stock_out,
        Fraction(walk.lost, walk.unit),
        tuple(walk.levels),
    )


def uses(
    lots: Iterable[ProjectedLot[K]],
    arrivals: Iterable[Arrival[K]],
    demand: Course | Fraction,
    on: date,
    buffer_days: int = 0,
    horizon_days: int = 365,
) -> list[Use[K]]:
    """What is used of each lot within the horizon, before anything is rounded, in the order in which they are used."""
    walk = _walk(lots, arrivals, demand, on, buffer_days, horizon_days, None)
    return [
        Use(
            each.key,
            Fraction(each.quantity * walk.unit - each.left, walk.unit),
            each.first,
            each.last,
            _used_up(walk.course, Fraction(each.met, walk.unit)) if each.met else None,
        )
        for each in walk.held
    ]


@dataclass(slots=True)
class _Walk(Generic[K]):
    """The lots after all days of the horizon; quantities in parts, of which `unit` make a base unit."""

    course: Course
    horizon: int
    held: list[_Held[K]]
    unit: int = 1
    lost: int = 0
    first_stock_out: date | None = None
    levels: list[Level] = field(default_factory=list)


def _walk(
    lots: Iterable[ProjectedLot[K]],
    arrivals: Iterable[Arrival[K]],
    demand: Course | Fraction,
    on: date,
    buffer_days: int,
    horizon_days: int,
    level_days: int | None,
) -> _Walk[K]:
    course = demand if isinstance(demand, Course) else Course(demand, on)
    horizon = min(horizon_days, date.max.toordinal() - on.toordinal())
    held = _in_order(lots, arrivals, on, buffer_days, horizon)
    stops = {horizon, *(range(0, horizon + 1, level_days) if level_days is not None else ())}
    for each in held:
        stops.update((each.first - 1, *(() if each.last is None else (each.last, each.last + 1))))
        if level_days is not None:
            stops.add(each.first)
    days = sorted(each for each in stops if 0 < each <= horizon)
    reached = [course.within(each) for each in days]
    # In whole numbers of the parts that every demand is made of: exact, and quicker than fractions.
    walk = _Walk(course, horizon, held, lcm(*(each.denominator for each in reached)))
    for each in held:
        each.left = each.quantity * walk.unit
    if level_days is not None:
        walk.levels.append(_level(walk, 0, on))
    passed = 0
    for stop, demanded in zip(days, (int(each * walk.unit) for each in reached), strict=True):
        met = _use(held, stop, passed, demanded)
        if met < demanded and walk.first_stock_out is None:
            walk.first_stock_out = _used_up(course, Fraction(met, walk.unit))
        walk.lost += demanded - met
        passed = demanded
        if level_days is not None:
            walk.levels.append(_level(walk, stop, on))
    return walk


def _in_order(
    lots: Iterable[ProjectedLot[K]],
    arrivals: Iterable[Arrival[K]],
    on: date,
    buffer_days: int,
    horizon: int,
) -> list[_Held[K]]:
    """All lots that play a part, in the order in which they are used."""
    found = [(lot, 0) for lot in lots]
    for arrival in arrivals:
        first = max(1, (arrival.lot.received_on - on).days)
        if arrival.usable and arrival.lot.quantity > 0 and first <= horizon:
            found.append((arrival.lot, first))
    found.sort(key=lambda pair: (pair[0].expires_on or date.max, pair[0].received_on, pair[0].order))
    return [
        _Held(
            lot.key,
            lot.quantity,
            first,
            None if lot.expires_on is None else max(0, (lot.expires_on - on).days - buffer_days),
        )
        for lot, first in found
    ]


def _use(held: Sequence[_Held[K]], day: int, passed: int, demanded: int) -> int:
    """Take the demand of the days up to `day`, which all find the same lots here: from `passed` to `demanded`, both
    counted from the beginning. How far it was met."""
    for lot in held:
        if passed == demanded:
            break
        if lot.left and lot.usable(day):
            taken = min(demanded - passed, lot.left)
            lot.left -= taken
            passed += taken
            lot.met = passed
    return passed


def _used_up(course: Course, met: Fraction) -> date | None:
    """The day on which a demand of `met` in all has come, as `expiry.project` counts it."""
    days = course.lasts(met)
    return None if days is None else date.fromordinal(course.on.toordinal() + ceil(days))


def _whole(walk: _Walk[K]) -> tuple[LotProjection[K], ...]:
    """What is used of each lot, the cumulated use rounded to whole units."""
    used, used_whole = 0, 0
    per_lot: list[LotProjection[K]] = []
    for lot in walk.held:
        if lot.last is None or lot.last > walk.horizon:
            per_lot.append(LotProjection(lot.key, lot.quantity, 0))
            continue
        used += lot.quantity * walk.unit - lot.left
        whole = _rounded(used, walk.unit)
        expiring = lot.quantity - (whole - used_whole)
        used_whole = whole
        per_lot.append(LotProjection(lot.key, lot.quantity - expiring, expiring))
    return tuple(per_lot)


def _level(walk: _Walk[K], day: int, on: date) -> Level:
    """What is here at the end of a day, rounded so that the lots add up to the rounded whole."""
    here, told, quantities = 0, 0, []
    for lot in walk.held:
        if lot.usable(day):
            here += lot.left
        whole = _rounded(here, walk.unit)
        quantities.append(whole - told)
        told = whole
    return Level(date.fromordinal(on.toordinal() + day), tuple(quantities))


def _rounded(parts: int, unit: int) -> int:
    return (2 * parts + unit) // (2 * unit)
