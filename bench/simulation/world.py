"""What happens whoever plans: patients, gifts, roads, lead times and what suppliers deliver.

All of it is drawn beforehand from a seed, so that every policy meets the same days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pattern = Literal["smooth", "seasonal", "intermittent"]
Kind = Literal["warehouse", "dispensary", "mobile"]

START = date(2024, 1, 1)
YEAR = 365
MONTH = 30.4375
WAREHOUSE = 0
"""The place that all others are supplied from."""

GIFT_SHARE = 0.4
"""How much of all that patients need is given; the budget has to do for the rest."""
BUDGET_SLACK = 1.3


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is. The days before `warm_up` are not measured."""

    items: int = 30
    days: int = 914
    warm_up: int = 183


@dataclass(frozen=True, slots=True)
class Item:
    """`course` base units are what one patient gets; goods come in packs of `pack`; `price` is of a base unit."""

    code: str
    ven: str
    pattern: Pattern
    course: int
    pack: int
    price: float


@dataclass(frozen=True, slots=True)
class Place:
    """`lead` days from the warehouse, or for the warehouse from its suppliers; reviewed each `review` days."""

    code: str
    kind: Kind
    weight: float
    lead: int
    review: int
    offset: int
    winter: bool = False
    """Whether the road is closed each winter, as everybody knows beforehand."""


PLACES = (
    Place("WH", "warehouse", 0.0, 90, 28, 0),
    Place("D1", "dispensary", 1.0, 7, 28, 14),
    Place("D2", "dispensary", 0.7, 10, 28, 14),
    Place("D3", "dispensary", 1.4, 12, 28, 14, winter=True),
    Place("M1", "mobile", 0.5, 2, 14, 0),
    Place("M2", "mobile", 0.3, 3, 14, 0),
    Place("M3", "mobile", 0.4, 4, 14, 0, winter=True),
)
WINTER = ((12, 10), (3, 1))
"""From one day to before another, each year."""


@dataclass(frozen=True, slots=True)
class Gift:
    """What comes to the warehouse on a day and may be used through day `expires`."""

    day: int
    item: int
    quantity: int
    expires: int


@dataclass(frozen=True, slots=True)
class Winter:
    """A road closed from day `first` to before day `until`."""

    first: int
    until: int


@dataclass(frozen=True, slots=True)
class World:
    """One draw. `demand[day]` are (place, item, base units) asked for; `mean[place][item]` what is usual in a month."""

    seed: int
    size: Size
    items: tuple[Item, ...]
    mean: tuple[tuple[float, ...], ...]
    season: tuple[tuple[float, ...], ...]
    """By item and day of the year, 1 on average."""
    demand: tuple[tuple[tuple[int, int, int], ...], ...]
    gifts: tuple[Gift, ...]
    closed: tuple[tuple[bool, ...], ...]
    """By place and day: the road to it."""
    winters: tuple[tuple[Winter, ...], ...]
    lead: tuple[tuple[int, ...], ...]
    """By place and day: days on the road of what leaves then."""
    supplier_lead: tuple[tuple[int, ...], ...]
    """By item and day of the order."""
    supplier_share: tuple[tuple[float, ...], ...]
    supplier_life: tuple[tuple[int, ...], ...]
    opening: tuple[tuple[int, int, int, int], ...]
    """(place, item, base units, last day of use) on the first day."""
    budget: float
    """What may be ordered for at one review of the warehouse."""

    def day(self, number: int) -> date:
        """The date of a day."""
        return START + timedelta(days=number)


def build(seed: int, size: Size = Size()) -> World:
    """Draw a world; the same seed and size give the same."""
    streams = [np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(6)]
    items = _items(size.items, streams[0])
    mean = _means(items, streams[0])
    season = _seasons(items, streams[0])
    winters = tuple(_winters(size) if place.winter else () for place in PLACES)
    suppliers = streams[4]
    shape = (len(items), size.days)
    share = np.where(suppliers.random(shape) < 0.8, 1.0, suppliers.random(shape) * 0.9)
    monthly = sum(sum(row[i] for row in mean) * item.price for i, item in enumerate(items))
    return World(
        seed=seed,
        size=size,
        items=items,
        mean=mean,
        season=tuple(tuple(row) for row in season.tolist()),
        demand=_demand(items, mean, season, size, streams[1]),
        gifts=_gifts(items, mean, size, streams[2]),
        closed=_closed(winters, size, streams[3]),
        winters=winters,
        lead=tuple(_leads(place, size, streams[3]) for place in PLACES),
        supplier_lead=tuple(tuple(row) for row in suppliers.integers(60, 121, shape).tolist()),
        supplier_share=tuple(tuple(row) for row in share.tolist()),
        supplier_life=tuple(tuple(row) for row in suppliers.integers(300, 721, shape).tolist()),
        opening=_opening(items, mean, streams[5]),
        budget=monthly * PLACES[WAREHOUSE].review / MONTH * (1 - GIFT_SHARE) * BUDGET_SLACK,
    )


def _items(number: int, rng: Generator) -> tuple[Item, ...]:
    patterns: tuple[Pattern, ...] = ("smooth", "intermittent", "seasonal", "smooth", "intermittent")
    items = []
    for n in range(number):
        course = int(rng.choice([1, 1, 6, 10, 20]))
        pack = course * int(rng.choice([1, 5, 10]))
        price = float(rng.lognormal(0.5, 0.8)) / course
        items.append(
            Item(f"I{n + 1:02}", "VEEN"[n % 4], patterns[n % len(patterns)], course, pack, round(price, 4))
        )
    return tuple(items)


def _means(items: tuple[Item, ...], rng: Generator) -> tuple[tuple[float, ...], ...]:
    """By place and item: base units a month."""
    patients = [
        rng.uniform(3, 12) if item.pattern == "intermittent" else rng.uniform(40, 300) for item in items
    ]
    return tuple(
        tuple(
            place.weight * float(patients[i]) * float(rng.lognormal(0, 0.3)) * item.course
            for i, item in enumerate(items)
        )
        for place in PLACES
    )


def _seasons(items: tuple[Item, ...], rng: Generator) -> NDArray[np.float64]:
    days = np.arange(YEAR)
    rows = np.ones((len(items), YEAR))
    for i, item in enumerate(items):
        if item.pattern == "seasonal":
            curve = np.exp(rng.uniform(0.7, 1.2) * np.cos(2 * np.pi * (days - rng.integers(0, YEAR)) / YEAR))
            rows[i] = curve / curve.mean()
    return rows


def _demand(
    items: tuple[Item, ...],
    mean: tuple[tuple[float, ...], ...],
    season: NDArray[np.float64],
    size: Size,
    rng: Generator,
) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Patients come by chance (Poisson); those who need a rare item now and then come several at once."""
    days = np.arange(size.days)
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(size.days)]
    influx_at, influx_on = int(rng.integers(1, len(PLACES))), int(rng.integers(size.warm_up, size.days - 120))
    for p, place in enumerate(PLACES):
        if place.kind == "warehouse":
            continue
        level = _level(size.days, rng)
        if p == influx_at:
            level = level * np.where(days >= influx_on, 1.6, 1.0)
        open_days = np.isin(days % 7, (0, 2, 4)) * 7 / 3 if place.kind == "mobile" else np.ones(size.days)
        for i, item in enumerate(items):
            rate = mean[p][i] / item.course / MONTH * level * season[i][days % YEAR] * open_days
            if item.pattern == "intermittent":
                patients = rng.poisson(rate / 2.5) * rng.integers(1, 5, size.days)
            else:
                patients = rng.poisson(rate)
            for day in np.nonzero(patients)[0].tolist():
                found[day].append((p, i, int(patients[day]) * item.course))
    return tuple(tuple(each) for each in found)


def _level(days: int, rng: Generator) -> NDArray[np.float64]:
    """How much a site is visited, month by month: it strays and comes back."""
    value, steps = 0.0, []
    for _ in range(days // 30 + 1):
        value = 0.8 * value + float(rng.normal(0, 0.08))
        steps.append(value)
    level: NDArray[np.float64] = np.exp(np.repeat(steps, 30)[:days])
    return level


def _gifts(
    items: tuple[Item, ...], mean: tuple[tuple[float, ...], ...], size: Size, rng: Generator
) -> tuple[Gift, ...]:
    """Seldom, much at once, half of it short-dated."""
    gifts = []
    for i, item in enumerate(items):
        network = sum(row[i] for row in mean)
        day = 0.0
        while True:
            day += float(rng.exponential(2.5 / GIFT_SHARE)) * MONTH
            months = float(rng.gamma(2.0, 1.25))
            short, life = rng.random() < 0.5, float(rng.random())
            if day >= size.days:
                break
            quantity = max(1, round(months * network / item.pack)) * item.pack
            lasts = 45 + 195 * life if short else 365 + 355 * life
            gifts.append(Gift(int(day), i, quantity, int(day + lasts)))
    return tuple(sorted(gifts, key=lambda each: (each.day, each.item)))


def _winters(size: Size) -> tuple[Winter, ...]:
    found = []
    for year in range(START.year - 1, START.year + size.days // YEAR + 1):
        first = (date(year, *WINTER[0]) - START).days
        until = (date(year + 1, *WINTER[1]) - START).days
        if until > 0 and first < size.days:
            found.append(Winter(first, until))
    return tuple(found)


def _closed(
    winters: tuple[tuple[Winter, ...], ...], size: Size, rng: Generator
) -> tuple[tuple[bool, ...], ...]:
    """Winters, and two closures a year that nobody knows of before."""
    rows = []
    for p, place in enumerate(PLACES):
        row = np.zeros(size.days, dtype=bool)
        if place.kind != "warehouse":
            for winter in winters[p]:
                row[max(0, winter.first) : winter.until] = True
            for first in rng.integers(0, size.days, round(2 * size.days / YEAR)).tolist():
                row[first : first + int(rng.integers(7, 36))] = True
        rows.append(tuple(row.tolist()))
    return tuple(rows)


def _leads(place: Place, size: Size, rng: Generator) -> tuple[int, ...]:
    return tuple(np.maximum(1, np.round(place.lead * rng.uniform(0.7, 1.6, size.days))).astype(int).tolist())


def _opening(
    items: tuple[Item, ...], mean: tuple[tuple[float, ...], ...], rng: Generator
) -> tuple[tuple[int, int, int, int], ...]:
    found = []
    for i, item in enumerate(items):
        for p, place in enumerate(PLACES):
            months = 4 if place.kind == "warehouse" else 2
            usual = sum(row[i] for row in mean) if place.kind == "warehouse" else mean[p][i]
            quantity = max(1, round(months * usual / item.pack)) * item.pack
            found.append((p, i, quantity, int(rng.integers(240, 601))))
    return tuple(found)
