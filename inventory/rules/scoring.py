"""How far forecasts of demand were from what came: ours beside the averages that are in use."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from inventory.rules.forecast import Period, forecast, sba, tsb

AHEAD = 3
"""So many months after the origin are compared with its forecast."""


@dataclass(frozen=True, slots=True)
class Month:
    """What a site told of an item for one month. `number` is year * 12 + month - 1; `out`: the month began and
    ended without stock and none came, so that what was used says nothing of the demand."""

    number: int
    used: int
    out: bool = False


Series = Collection[Sequence[Month]]
"""For each site and item the months told, in any order, none twice. A month that was not told is missing: not
zero, left out of every method's history and of the comparison."""

Method = Callable[[Sequence[Month]], float]
"""From the months up to the origin, oldest first, to the forecast of each month after it."""


@dataclass(frozen=True, slots=True)
class Score:
    """`points` months compared, of which `used` base units in all. `mae` is the mean absolute error; `wape`
    the sum of the absolute errors over what was used, `bias` what was forecast too much (or, negative, too
    little) over what was used; both None where nothing was."""

    points: int
    used: int
    mae: float
    wape: float | None
    bias: float | None


def ours(history: Sequence[Month]) -> float:
    """The forecast that the app uses; where it knows nothing, 0."""
    found = forecast([Period(m.used, _days(m), _days(m) if m.out else 0) for m in history])
    return float(found.monthly) if found else 0.0


def _days(month: Month) -> int:
    return monthrange(month.number // 12, month.number % 12 + 1)[1]


def three_month_mean(history: Sequence[Month]) -> float:
    """The mean of the last three months told, as they stand: the first baseline."""
    return fmean(month.used for month in history[-3:])


def six_month_median(history: Sequence[Month]) -> float:
    """The median of the last six months told, as they stand: the second baseline."""
    return float(median(month.used for month in history[-6:]))


def six_month_mean(history: Sequence[Month]) -> float:
    """The average monthly consumption of most manuals."""
    return fmean(month.used for month in history[-6:])


def _sba(history: Sequence[Month]) -> float:
    return sba([month.used for month in history if not month.out])


def _tsb(history: Sequence[Month]) -> float:
    return tsb([month.used for month in history if not month.out])


def _with_stock_only(method: Method) -> Method:
    def given_the_same(history: Sequence[Month]) -> float:
        in_stock = [month for month in history if not month.out]
        return method(in_stock) if in_stock else 0.0

    return given_the_same


OURS = "relais"
BASELINES: Mapping[str, Method] = {
    "three_month_mean": three_month_mean,
    "six_month_median": six_month_median,
}
METHODS: Mapping[str, Method] = {
    OURS: ours,
    **BASELINES,
    "six_month_mean": six_month_mean,
    "sba": _sba,
    "tsb": _tsb,
}
CORRECTED: Mapping[str, Method] = {
    f"{name}_in_stock": _with_stock_only(method) for name, method in BASELINES.items()
}
"""The baselines given our knowledge of the months without stock, for information."""


def score(
    series: Series, methods: Mapping[str, Method], *, rolling: bool, in_stock: bool
) -> dict[str, Score]:
    """Compare each method's forecast with the three months after each origin, over all series.

    The origin is the third month before the last of all series, or, `rolling`, every month from the first on.
    A series counts at an origin when a month until then and one of the three after it were told; no method
    sees anything after the origin. `in_stock`: months without stock are known as such and are not compared,
    since nobody can say what would have been used; otherwise every month stands as it was told, zeros too.
    ValueError when nothing can be compared.
    """
    last = max((month.number for months in series for month in months), default=0)
    scored: dict[str, list[tuple[float, int]]] = {name: [] for name in methods}
    for months in series:
        known = sorted(months, key=lambda month: month.number)
        if not in_stock:
            known = [Month(month.number, month.used) for month in known]
        for history, came in _origins(known, last, rolling):
            for name, method in methods.items():
                expected = method(history)
                scored[name].extend((expected, used) for used in came)
    return {name: _summed(pairs) for name, pairs in scored.items()}


def _origins(months: list[Month], last: int, rolling: bool) -> Iterator[tuple[list[Month], list[int]]]:
    """(history, what was used in the months after it that count)."""
    first = months[0].number if rolling and months else last - AHEAD
    for origin in range(first, last - AHEAD + 1):
        history = [month for month in months if month.number <= origin]
        came = [m.used for m in months if origin < m.number <= origin + AHEAD and not m.out]
        if history and came:
            yield history, came


def _summed(pairs: Iterable[tuple[float, int]]) -> Score:
    compared = list(pairs)
    if not compared:
        raise ValueError("no month can be compared with a forecast")
    used = sum(came for _, came in compared)
    off = sum(abs(expected - came) for expected, came in compared)
    over = sum(expected - came for expected, came in compared)
    return Score(
        points=len(compared),
        used=used,
        mae=off / len(compared),
        wape=off / used if used else None,
        bias=over / used if used else None,
    )
