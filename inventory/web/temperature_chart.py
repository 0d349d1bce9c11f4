"""The chart of what a logger read: the lowest and highest of each stretch, limits, excursions, silences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil, floor
from zoneinfo import ZoneInfo

from inventory.models import Excursion
from inventory.queries.temperatures import Bucket
from inventory.rules.temperature import Range, is_gap
from inventory.web.charts import Chart, Mark, Shape

SIZES = ((720, 280), (350, 240))
COLUMNS = 640
"""So many stretches are asked of the database: about one for each pixel."""


@dataclass(frozen=True, slots=True)
class Words:
    """How the chart says things in the reader's language."""

    degrees: Callable[[Decimal], str]
    moment: Callable[[datetime], str]
    label: Callable[[datetime, timedelta], str]
    excursion: Callable[[Excursion], str]
    readings: str
    highest: str
    lowest: str
    froze: str


def draw(
    size: tuple[int, int],
    buckets: Sequence[Bucket],
    found: Sequence[Excursion],
    limits: Range,
    span: tuple[datetime, datetime],
    interval: timedelta | None,
    zone: ZoneInfo,
    words: Words,
    *,
    freezes: bool,
) -> Chart:
    """The chart of a stretch of time. Where a line is missing nothing was read."""
    chart = Chart(*size)
    start, end = span
    lines = [*((limits.low, limits.high)), *((Decimal(0),) if freezes else ())]
    lowest = min([*(each.low for each in buckets), *lines])
    highest = max([*(each.high for each in buckets), *lines])
    low, high, ticks = _scale(float(lowest), float(highest))
    tall = chart.bottom - chart.top
    wide = (chart.right - chart.left) / (end - start).total_seconds()

    def y(celsius: Decimal | float) -> float:
        return round(chart.bottom - (float(celsius) - low) * tall / (high - low), 1)

    def x(at: datetime) -> float:
        seconds = (min(max(at, start), end) - start).total_seconds()
        return round(chart.left + seconds * wide, 1)

    chart.across = [Mark(y(each), words.degrees(Decimal(each))) for each in ticks]
    top, ground = y(limits.high), y(limits.low)
    chart.shapes.append(
        Shape("allowed", "", "", chart.left, top, chart.right - chart.left, max(0.5, ground - top))
    )
    for each in found:
        begins = x(each.started_at)
        kind = "decided" if each.outcome else each.kind
        chart.shapes.append(
            Shape(
                f"out-{kind}",
                words.excursion(each),
                "",
                begins,
                chart.top,
                max(3.0, round(x(each.ended_at) - begins, 1)),
                tall,
            )
        )
    for part in _parts(buckets, interval):
        chart.shapes.append(Shape("readings", words.readings, _outline(part, x, y)))
    chart.lines = [
        Mark(top, words.highest, top - 5, "limit"),
        Mark(ground, words.lowest, ground + 14, "limit"),
    ]
    if freezes:
        chart.lines.append(Mark(y(0), words.froze, y(0) + 14, "frost"))
    chart.along = _along(start, end, zone, x, words, size[0])
    return chart


def _scale(lowest: float, highest: float) -> tuple[float, float, list[int]]:
    """(the bottom of the axis, its top, the degrees to write along it): whole and round, at most seven."""
    reach = max(highest - lowest, 1.0)
    step = next(each for each in (1, 2, 5, 10, 20, 50) if reach / each <= 5)
    low, high = floor(lowest / step) * step, ceil(highest / step) * step
    if highest > high - step / 10:
        high += step
    if lowest < low + step / 10:
        low -= step
    return float(low), float(high), list(range(low, high + 1, step))


def _parts(buckets: Sequence[Bucket], interval: timedelta | None) -> list[list[Bucket]]:
    """The stretches between silences."""
    parts: list[list[Bucket]] = []
    for each in buckets:
        if parts and not is_gap(each.first_at - parts[-1][-1].last_at, interval):
            parts[-1].append(each)
        else:
            parts.append([each])
    return parts


def _outline(
    part: Sequence[Bucket], x: Callable[[datetime], float], y: Callable[[Decimal | float], float]
) -> str:
    """The highest forward in time, the lowest back; what is one reading alone is as wide as a dot."""
    if len(part) == 1 and part[0].first_at == part[0].last_at:
        at = x(part[0].first_at)
        return f"{at - 1},{y(part[0].high)} {at + 1},{y(part[0].high)} {at + 1},{y(part[0].low)}"
    upper = [f"{x(_middle(each))},{y(each.high)}" for each in part]
    lower = [f"{x(_middle(each))},{y(each.low)}" for each in reversed(part)]
    return " ".join(upper + lower)


def _middle(bucket: Bucket) -> datetime:
    return bucket.first_at + (bucket.last_at - bucket.first_at) / 2


def _along(
    start: datetime, end: datetime, zone: ZoneInfo, x: Callable[[datetime], float], words: Words, width: int
) -> list[Mark]:
    """Round hours, days or months at the place, as many as there is room for."""
    reach = end - start
    most = 8 if width > 500 else 4
    hours = next(
        (
            each
            for each in (1, 3, 6, 12, 24, 48, 7 * 24, 14 * 24, 31 * 24)
            if reach / timedelta(hours=each) <= most
        ),
        61 * 24,
    )
    step = timedelta(hours=hours)
    local = start.astimezone(zone)
    if hours > 24 * 20:
        at = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    else:
        at = local.replace(hour=0, minute=0, second=0, microsecond=0)
    marks: list[Mark] = []
    while at.astimezone(UTC) <= end:
        if at.astimezone(UTC) >= start:
            place = x(at.astimezone(UTC))
            edge = not 46 < place < width - 26
            marks.append(Mark(place, "" if edge else words.label(at, step)))
        if hours > 24 * 20:
            months = 1 if hours == 31 * 24 else 2
            for _ in range(months):
                at = (at + timedelta(days=32)).replace(day=1)
        elif hours >= 24:
            at = at + step  # the same time of day, also where clocks are changed
        else:
            at = (at.astimezone(UTC) + step).astimezone(zone)
    return marks
