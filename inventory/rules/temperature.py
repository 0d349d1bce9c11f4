"""Temperatures of stored medicines: what a class allows, what was out of it and for how long, the mean kinetic one.

Ranges are those of labels (WHO TRS 908 Annex 9, USP <659>): defaults, which a logger's own limits replace. Celsius
throughout. Nothing excuses freezing: what must not freeze and read 0 °C once is suspect, whatever the mean says.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from math import exp, log
from typing import Literal

Kind = Literal["heat", "cold", "freezing"]
Reading = tuple[datetime, Decimal]
"""An instant, in UTC, and degrees Celsius."""

HUNDREDTH = Decimal("0.01")
LOWEST, HIGHEST = Decimal(-100), Decimal(150)
"""No store of medicines is colder or hotter: a sensor that says so is broken."""
FREEZES = Decimal(0)


@dataclass(frozen=True, slots=True)
class Range:
    """What is allowed, both ends included."""

    low: Decimal
    high: Decimal

    def __contains__(self, celsius: Decimal) -> bool:
        return self.low <= celsius <= self.high


ALLOWED: Mapping[str, Range] = {
    "ambient": Range(Decimal(2), Decimal(30)),
    "cool": Range(Decimal(8), Decimal(15)),
    "cold_chain": Range(Decimal(2), Decimal(8)),
    "frozen": Range(Decimal(-25), Decimal(-10)),
}
"""By storage class, where a logger has no limits of its own."""

WINDOWS: Mapping[str, timedelta] = {
    "ambient": timedelta(days=30),
    "cool": timedelta(hours=24),
    "cold_chain": timedelta(hours=24),
}
"""The time over which the mean kinetic temperature is taken (USP <1160>, <1079.2>); frozen goods have none."""


def allowed(temperature: str, low: Decimal | None = None, high: Decimal | None = None) -> Range:
    """What a storage class allows, with a logger's own limits in its place where there are some."""
    usual = ALLOWED[temperature]
    return Range(usual.low if low is None else low, usual.high if high is None else high)


def judged(celsius: Decimal, limits: Range, *, freeze_sensitive: bool) -> Kind | None:
    """What is wrong with one reading; None where it is as it should be."""
    if freeze_sensitive and celsius <= FREEZES:
        return "freezing"
    if celsius < limits.low:
        return "cold"
    return "heat" if celsius > limits.high else None


@dataclass(slots=True)
class Run:
    """Readings out of range in a row. `limit` is the one that was passed, `extreme` the reading furthest beyond it."""

    kind: Kind
    limit: Decimal
    extreme: Decimal
    started_at: datetime
    ended_at: datetime
    readings: int = 1

    @property
    def duration(self) -> timedelta:
        """From the first reading out of range to the last."""
        return self.ended_at - self.started_at

    @property
    def below(self) -> bool:
        """Whether it was too cold."""
        return self.kind != "heat"


@dataclass(frozen=True, slots=True)
class Settled:
    """An excursion that somebody has decided on: its readings are not judged again, unless they froze."""

    kind: Kind
    started_at: datetime
    ended_at: datetime

    def covers(self, kind: Kind, at: datetime) -> bool:
        """Whether what was decided holds for such a reading at that time."""
        if not self.started_at <= at <= self.ended_at:
            return False
        return kind == self.kind or (kind == "cold" and self.kind == "freezing")


def excursions(
    readings: Iterable[Reading],
    limits: Range,
    *,
    freeze_sensitive: bool = False,
    interval: timedelta | None = None,
    settled: Sequence[Settled] = (),
    since: datetime | None = None,
) -> Iterator[Run]:
    """The runs of readings out of range, in the order of time, as they end.

    A run ends at its last reading out of range. One missing reading does not divide it (`interval` is the usual time
    between two), a longer silence does: nobody knows what was in it. A run with one frozen reading is `freezing` as a
    whole. Readings before `since`, and those of what is `settled`, belong to no run.
    """
    patience = None if interval is None else joins_within(interval)
    run: Run | None = None
    for at, celsius in readings:
        kind = judged(celsius, limits, freeze_sensitive=freeze_sensitive)
        if kind is not None and (
            (since is not None and at < since) or any(each.covers(kind, at) for each in settled)
        ):
            kind = None
        if run is not None and (
            kind is None
            or (kind != "heat") != run.below
            or (patience is not None and at - run.ended_at > patience)
        ):
            yield run
            run = None
        if kind is None:
            continue
        if run is None:
            run = Run(kind, _limit(kind, limits), celsius, at, at)
            continue
        run.ended_at, run.readings = at, run.readings + 1
        run.extreme = min(run.extreme, celsius) if run.below else max(run.extreme, celsius)
        if kind == "freezing" and run.kind != "freezing":
            run.kind, run.limit = kind, _limit(kind, limits)
    if run is not None:
        yield run


def _limit(kind: Kind, limits: Range) -> Decimal:
    return FREEZES if kind == "freezing" else limits.low if kind == "cold" else limits.high


def joins_within(interval: timedelta) -> timedelta:
    """Readings so far apart still belong together: one between them is missing, and clocks are not exact."""
    return interval * 2.25


def usual_interval(times: Sequence[datetime]) -> timedelta | None:
    """The time between two readings, the median of those in a row; None where there are not two."""
    steps = sorted(abs(after - before) for before, after in pairwise(times) if after != before)
    return steps[len(steps) // 2] if steps else None


LEAST_GAP = timedelta(hours=1)
"""A shorter silence is not worth a word."""


@dataclass(frozen=True, slots=True)
class Gap:
    """No reading between these two."""

    started_at: datetime
    ended_at: datetime

    @property
    def duration(self) -> timedelta:
        """How long nothing was read."""
        return self.ended_at - self.started_at

    @property
    def hours(self) -> int:
        """The same in whole hours, at least one."""
        return max(1, self.duration // timedelta(hours=1))


def is_gap(silence: timedelta, interval: timedelta | None) -> bool:
    """Whether so long a silence is a gap where readings come at that interval: more than one is missing, for an hour or
    longer."""
    return interval is not None and silence >= LEAST_GAP and silence > joins_within(interval)


def gaps(times: Iterable[datetime], interval: timedelta | None) -> Iterator[Gap]:
    """The silences between times in order."""
    before: datetime | None = None
    for at in times:
        if before is not None and is_gap(at - before, interval):
            yield Gap(before, at)
        before = at


# ---- mean kinetic temperature ------------------------------------------------------------------------------------

ACTIVATION = 83.144
"""Activation energy, kJ/mol (USP <1160>)."""
GAS = 0.0083144
"""The gas constant, kJ/(mol K)."""
KELVIN = 273.15
_RATIO = ACTIVATION / GAS


def mean_kinetic(celsius: Iterable[Decimal]) -> Decimal | None:
    """The mean kinetic temperature of readings at even times, to a hundredth; None of none.

    USP <1160>: T = (dH/R) / -ln(mean(exp(-dH / (R Ti)))), in kelvin.
    """
    total, count = 0.0, 0
    for each in celsius:
        total, count = total + _weight(each), count + 1
    return _kinetic(total, count)


def kinetic_at(
    readings: Iterable[Reading], ends: Iterable[datetime], window: timedelta
) -> dict[datetime, Decimal]:
    """The mean kinetic temperature of the `window` up to each of `ends`; readings in the order of time, read once."""
    wanted = set(ends)
    found: dict[datetime, Decimal] = {}
    held: deque[tuple[datetime, float]] = deque()
    total = 0.0
    for at, celsius in readings:
        weight = _weight(celsius)
        held.append((at, weight))
        total += weight
        while held[0][0] <= at - window:
            total -= held.popleft()[1]
        if at in wanted:
            value = _kinetic(total, len(held))
            if value is not None:
                found[at] = value
    return found


def _weight(celsius: Decimal) -> float:
    return exp(-_RATIO / (float(celsius) + KELVIN))


def _kinetic(total: float, count: int) -> Decimal | None:
    if not count or total <= 0:
        return None
    return Decimal(_RATIO / -log(total / count) - KELVIN).quantize(HUNDREDTH, ROUND_HALF_EVEN)


def from_fahrenheit(degrees: Decimal) -> Decimal:
    """Degrees Celsius, not rounded."""
    return (degrees - 32) * 5 / 9


def rounded(celsius: Decimal) -> Decimal:
    """To the hundredth that is kept. What froze stays frozen: -0.001 is -0.00, which is not above 0."""
    return celsius.quantize(HUNDREDTH, ROUND_HALF_EVEN)
