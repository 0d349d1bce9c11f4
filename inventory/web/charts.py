"""The geometry of the charts of an item at a site: numbers in, shapes for `templates/macros/chart.html` out.

A chart is drawn on the server, twice: wide and for a phone; without script, on paper too. Time runs from left to right
in every language, as on the papers that people know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor, log10
from typing import Any

from inventory.ledger.projection import Key, Part, Window
from inventory.rules.arrivals import Simulation

LABEL = 15
"""Least distance between the base lines of two labels."""

LEFT, RIGHT, TOP, BOTTOM = 52, 10, 14, 28


@dataclass(frozen=True, slots=True)
class Mark:
    """A text or a line at a place of the chart."""

    at: float
    text: str = ""
    label_at: float = 0.0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled outline (`points`) or a bar, what it is, and what it says when one points at it."""

    kind: str
    title: str = ""
    points: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class Chart:
    """A drawing of `width` by `height`; the plot lies between `left`, `right`, `top` and `bottom`."""

    width: int
    height: int
    left: float = LEFT
    top: float = TOP
    shapes: list[Shape] = field(default_factory=list)
    across: list[Mark] = field(default_factory=list)
    along: list[Mark] = field(default_factory=list)
    lines: list[Mark] = field(default_factory=list)
    uprights: list[Mark] = field(default_factory=list)
    arrivals: list[Mark] = field(default_factory=list)

    @property
    def right(self) -> float:
        """Where the plot ends."""
        return self.width - RIGHT

    @property
    def bottom(self) -> float:
        """Where its ground is."""
        return self.height - BOTTOM


Number = Callable[[Any], str]
Words = Callable[[date], str]


def scale(most: float) -> tuple[float, list[int]]:
    """(the top of an axis from 0, the values to write along it): whole, round, at most five of them."""
    if most <= 4:
        top = max(1, ceil(most))
        return float(top), list(range(top + 1))
    raw = most / 4
    power = 10 ** floor(log10(raw))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= raw and each * power >= 1)
    step = ceil(step)
    count = ceil(most / step)
    return float(step * count), [step * n for n in range(count + 1)]


def _round(value: float) -> float:
    return round(value, 1)


def _axis(chart: Chart, most: float, number: Number) -> Callable[[float], float]:
    top, ticks = scale(most)
    height = chart.bottom - chart.top

    def y(value: float) -> float:
        return _round(chart.bottom - min(value, top) * height / top)

    chart.across = [Mark(y(each), number(each)) for each in ticks]
    return y


def _apart(marks: list[Mark], top: float, bottom: float) -> list[Mark]:
    """Labels moved so that none lies on another, from the highest down, and then up again where there is no room."""
    placed: list[float] = []
    ordered = sorted(marks, key=lambda mark: mark.at)
    for mark in ordered:
        placed.append(max(mark.at - 4, (placed[-1] + LABEL) if placed else top + 8))
    limit = bottom - 4
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - LABEL
    return [Mark(mark.at, mark.text, _round(at), mark.kind) for mark, at in zip(ordered, placed, strict=True)]


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the chart: `kind` maximum, reorder, emergency or demand."""

    kind: str
    quantity: Fraction
    text: str


def projection(
    width: int,
    height: int,
    parts: Sequence[Part],
    simulation: Simulation[Key],
    today: date,
    levels: Sequence[Level],
    *,
    number: Number,
    month: Words,
    title: Callable[[Part, int], str],
) -> Chart | None:
    """The stock to come, lot upon lot: those used last at the bottom, so that each band stays where it is until it is
    used; hatched in each what will not be used. None where there is nothing to draw."""
    told = simulation.levels
    if not told or not simulation.per_lot:
        return None
    end = _end(simulation, parts, today)
    shown = [level for level in told if level.day <= end]
    chart = Chart(width, height)
    days = max(1, (end - today).days)
    most = max(*(float(level.total) for level in shown), *(float(each.quantity) for each in levels), 1)
    y = _axis(chart, most * 1.04, number)
    across = (chart.right - chart.left) / days

    def x(day: date) -> float:
        return _round(chart.left + (day - today).days * across)

    known = {part.key: part for part in parts}
    below = [0] * len(shown)
    for index in range(len(simulation.per_lot) - 1, -1, -1):
        lot = simulation.per_lot[index]
        heights = [level.quantities[index] for level in shown]
        part = known[lot.key]
        words = title(part, lot.expiring)
        kind = "coming" if part.shipment else ("here", "here-too")[index % 2]
        chart.shapes.append(Shape(kind, words, _band(shown, below, heights, x, y)))
        if lot.expiring:
            left = [min(each, lot.expiring) for each in heights]
            chart.shapes.append(Shape("waste", words, _band(shown, below, left, x, y)))
        below = [low + each for low, each in zip(below, heights, strict=True)]
    chart.lines = _apart(
        [Mark(y(float(each.quantity)), each.text, kind=each.kind) for each in levels], chart.top, chart.bottom
    )
    chart.along = _months(today, end, x, month, width)
    chart.arrivals = [
        Mark(x(max(part.expected, today)), part.shipment or "")
        for part in parts
        if part.shipment and part.expected is not None and part.expected <= end
    ]
    out = simulation.first_stock_out
    if out is not None and today <= out <= end:
        chart.uprights = [Mark(x(out), kind="out")]
    return chart


def _end(simulation: Simulation[Key], parts: Sequence[Part], today: date) -> date:
    """The last day to draw: a little after the last thing that happens, three months at least, a year at most."""
    final = simulation.levels[-1].day
    last = max((level.day for level in simulation.levels if level.total), default=today)
    known = [last, simulation.first_stock_out, *(part.expected for part in parts)]
    happens = [day + timedelta(days=21) for day in known if day is not None and day <= final]
    return min(final, max(today + timedelta(days=90), *happens))


def _band(
    levels: Sequence[Any],
    below: Sequence[int],
    heights: Sequence[int],
    x: Callable[[date], float],
    y: Callable[[float], float],
) -> str:
    """The outline of a band: its upper edge forward in time, its lower edge back. Where there is none of it before and
    after, it is left out."""
    last = max((n for n, each in enumerate(heights) if each), default=-1)
    first = next((n for n, each in enumerate(heights) if each), 0)
    if last < 0:
        return ""
    first, last = max(0, first - 1), min(len(heights) - 1, last + 1)
    upper = [f"{x(levels[n].day)},{y(below[n] + heights[n])}" for n in range(first, last + 1)]
    lower = [f"{x(levels[n].day)},{y(below[n])}" for n in range(last, first - 1, -1)]
    return " ".join(upper + lower)


def _months(start: date, end: date, x: Callable[[date], float], month: Words, width: int) -> list[Mark]:
    """The first days of months, with words where there is room for them."""
    found: list[date] = []
    day = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    while day <= end:
        found.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    words = [month(each) for each in found]
    room = max(1, ceil(len(found) * _wide(words) / max(1, width - LEFT - RIGHT)))
    return [
        Mark(x(each), text if n % room == 0 and x(each) < width - 24 else "")
        for n, (each, text) in enumerate(zip(found, words, strict=True))
    ]


def _wide(words: Sequence[str]) -> float:
    """The room that the longest of some labels takes, with what parts it from the next."""
    return 14 + 6.5 * max((len(text) for text in words), default=0)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected to be used from the day `first` to `last`; `by_hand`: a person set it."""

    first: date
    last: date
    quantity: Fraction
    by_hand: bool


def history(
    width: int,
    height: int,
    windows: Sequence[Window],
    expected: Sequence[Expected],
    demand: Level | None,
    *,
    number: Number,
    month: Words,
    title: Callable[[Window | Expected], str],
) -> Chart | None:
    """What was used in each window, marked below where there was nothing to give, and then what is expected. None where
    nothing was ever used and nothing is expected to be."""
    if not windows or not (any(each.used for each in windows) or any(each.quantity for each in expected)):
        return None
    chart = Chart(width, height)
    quantities = [float(each.used) for each in windows] + [float(each.quantity) for each in expected]
    if demand is not None:
        quantities.append(float(demand.quantity))
    y = _axis(chart, max(*quantities, 1.0), number)
    many = len(windows) + len(expected)
    step = min((chart.right - chart.left) / many, 44.0)
    wide = max(2.0, step * 0.72)
    entries: list[Window | Expected] = [*windows, *expected]
    middles = [each.first + (each.last - each.first) / 2 for each in entries]
    room = max(1, ceil(_wide([month(each) for each in middles]) / step))
    for n, each in enumerate(entries):
        at = chart.left + n * step + (step - wide) / 2
        quantity = float(each.used) if isinstance(each, Window) else float(each.quantity)
        words = title(each)
        kind = "used" if isinstance(each, Window) else "by-hand" if each.by_hand else "expected"
        top = y(quantity)
        chart.shapes.append(
            Shape(kind, words, "", _round(at), top, _round(wide), _round(max(chart.bottom - top, 0.5)))
        )
        if isinstance(each, Window) and each.days_out:
            part = max(2.0, wide * each.days_out / each.days)
            for mark, length in (("out-ground", wide), ("out", part)):
                chart.shapes.append(
                    Shape(mark, words, "", _round(at), _round(chart.bottom + 1), _round(length), 6.0)
                )
        if n % room == room // 2:
            chart.along.append(Mark(_round(at + wide / 2), month(middles[n])))
    if expected:
        chart.uprights = [Mark(_round(chart.left + len(windows) * step), kind="today")]
    if demand is not None:
        chart.lines = _apart(
            [Mark(y(float(demand.quantity)), demand.text, kind=demand.kind)], chart.top, chart.bottom
        )
    return chart


@dataclass(frozen=True, slots=True)
class Pair:
    """A bar of two shares from 0 to 1, the `inner` part of the `outer`."""

    label: str
    outer: Fraction
    inner: Fraction
    title: str


def shares(width: int, height: int, bars: Sequence[Pair]) -> Chart:
    """A bar for each, from 0 to 100 %: the outer share, and in front of it the inner one."""
    chart = Chart(width, height)
    tall = chart.bottom - chart.top
    chart.across = [
        Mark(_round(chart.bottom - tall * each / 100), f"{each} %") for each in (0, 25, 50, 75, 100)
    ]
    step = min((chart.right - chart.left) / len(bars), 60.0)
    wide = max(3.0, step * 0.6)
    room = max(1, ceil(_wide([each.label for each in bars]) / step))
    for n, each in enumerate(bars):
        at = chart.left + n * step + (step - wide) / 2
        for kind, share, width_, left in (
            ("expected", each.outer, wide, at),
            ("used", each.inner, wide * 0.55, at + wide * 0.225),
        ):
            high = tall * float(share)
            chart.shapes.append(
                Shape(
                    kind,
                    each.title,
                    "",
                    _round(left),
                    _round(chart.bottom - high),
                    _round(width_),
                    _round(max(high, 0.5)),
                )
            )
        if n % room == 0:
            chart.along.append(Mark(_round(at + wide / 2), each.label))
    return chart
