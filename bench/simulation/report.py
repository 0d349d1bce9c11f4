"""What came of each policy, over all seeds: mean and standard deviation, and beside another in the same worlds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from bench.report import markdown, plain
from bench.simulation.engine import Result

Results = Mapping[str, Sequence[Result]]
"""By policy: one result for each seed, in the order of the seeds."""

MEASURES: dict[str, Callable[[Result], float]] = {
    "out": lambda r: 100 * r.days_out / r.site_days,
    "fill": lambda r: 100 * r.given / r.asked,
    "wasted": lambda r: r.wasted,
    "wasted_share": lambda r: 100 * r.wasted / r.came,
    "wasted_value": lambda r: r.wasted_value,
    "on_hand": lambda r: r.on_hand,
    "closing": lambda r: r.closing,
    "spent": lambda r: r.spent,
    "orders": lambda r: r.orders,
    "moves": lambda r: r.moves,
    "moved": lambda r: r.moved,
}
COMPARED = ("out", "wasted", "fill")
HEADER = (
    "policy",
    "seeds",
    "days out %",
    "given %",
    "wasted",
    "wasted %",
    "on hand",
    "spent",
    "orders",
    "moves",
)
BESIDE = ("policy", "seeds", "days out", "less out", "wasted", "less wasted")


def tables(results: Results, beside: Mapping[str, str], *, document: bool = False) -> str:
    """All policies, and each beside another (`beside`: name -> name); for a terminal or for a document."""
    shape = markdown if document else plain
    return "\n".join(
        [
            shape("Policies", HEADER, (_row(name, found) for name, found in results.items())),
            *(
                shape(
                    f"Beside {base}, in the same worlds",
                    BESIDE,
                    (_beside(name, results, base) for name in results if beside[name] == base != name),
                )
                for base in dict.fromkeys(beside.values())
            ),
        ]
    )


def as_json(results: Results, beside: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """For a program: percentages, courses of treatment, money."""
    return {
        "run": dict(facts),
        "policies": {
            name: {
                "seeds": len(found),
                **{key: _figures(map(measure, found)) for key, measure in MEASURES.items()},
            }
            for name, found in results.items()
        },
        "beside": {
            name: {
                "policy": beside[name],
                **{
                    key: _figures(_differences(results, name, beside[name], MEASURES[key]))
                    for key in COMPARED
                },
            }
            for name in results
            if name != beside[name]
        },
    }


def _figures(values: Iterable[float]) -> dict[str, Any]:
    told = list(values)
    return {
        "mean": round(mean(told), 3),
        "sd": round(stdev(told), 3) if len(told) > 1 else None,
        "by_seed": [round(each, 3) for each in told],
    }


def _row(name: str, found: Sequence[Result]) -> list[str]:
    def told(key: str, form: str = ",.0f") -> str:
        values = [MEASURES[key](each) for each in found]
        spread = f" ± {format(stdev(values), form)}" if len(values) > 1 else ""
        return format(mean(values), form) + spread

    return [
        name,
        str(len(found)),
        told("out", ".1f"),
        told("fill", ".1f"),
        told("wasted"),
        told("wasted_share", ".1f"),
        told("on_hand"),
        told("spent"),
        told("orders"),
        told("moves"),
    ]


def _differences(results: Results, name: str, base: str, measure: Callable[[Result], float]) -> list[float]:
    return [measure(one) - measure(other) for one, other in zip(results[name], results[base], strict=False)]


def _beside(name: str, results: Results, base: str) -> list[str]:
    out = _differences(results, name, base, MEASURES["out"])
    wasted = _differences(results, name, base, MEASURES["wasted"])
    before = mean(MEASURES["wasted"](each) for each in results[base][: len(wasted)])
    return [
        name,
        str(len(out)),
        f"{mean(out):+.1f} points",
        f"{sum(each < 0 for each in out)} of {len(out)}",
        f"{100 * mean(wasted) / before:+.0f} %",
        f"{sum(each < 0 for each in wasted)} of {len(wasted)}",
    ]
