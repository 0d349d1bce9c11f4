"""The figures as a table that one can read, and as one that a document can hold."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bench.measuring import Bench, Latency
from bench.talk import Figures
from bench.weights import Weight
from bench.writes import Rate

Shape = Callable[[str, Sequence[str], Iterable[Sequence[str]]], str]
LATENCY = (
    "",
    "best ms",
    "p50",
    "p95",
    "bare p50",
    "times",
    "raw p50",
    "times",
    "SQL",
    "PostgreSQL p50",
    "p95",
)
RATES = ("", "a second", "bare Flask", "share", "raw SQLite", "share", "PostgreSQL", "what")
WEIGHTS = ("", "page kB", "page gzipped", "requests", "the rest kB")


def tables(bench: Bench, shape: Shape) -> str:
    """All tables, after a line about the run."""
    facts = bench.facts
    head = (
        f"{facts['cores']} cores (load {facts['busy']} at the start), Python {facts['python']}, "
        f"{facts['tries']} tries each, the whole run {facts['seconds']} s.\n"
        f"The demonstration was loaded in {facts['demonstration_seconds']} s; "
        f"`make run` served it {facts['start_seconds']} s after its second start.\n"
    )
    parts = [
        shape("Pages", LATENCY, (_latency(name, each) for name, each in bench.pages.items())),
        shape("API", LATENCY, (_latency(name, each) for name, each in bench.calls.items())),
        shape("Rates", RATES, map(_rate, bench.rates)),
        shape("First visit", WEIGHTS, (_weight(name, each) for name, each in bench.weights.items())),
    ]
    if "postgresql" in facts:
        parts.append(f"PostgreSQL was not measured: {facts['postgresql']}")
    return "\n".join([head, *parts])


def as_json(bench: Bench) -> dict[str, Any]:
    """For a program: milliseconds, rates a second, bytes."""
    return {
        "run": bench.facts,
        "pages": {name: _figures(each) for name, each in bench.pages.items()},
        "api": {name: _figures(each) for name, each in bench.calls.items()},
        "rates": [asdict(each) | {"rate": each.rate} for each in bench.rates],
        "weights": {name: asdict(each) for name, each in bench.weights.items()},
    }


def _figures(found: Latency) -> dict[str, Any]:
    told: dict[str, Any] = {"bytes": found.size, "statements": found.statements}
    for name in ("ours", "bare", "raw", "postgresql"):
        figures: Figures | None = getattr(found, name)
        if figures is not None:
            told[name] = {
                "best": round(figures.at(0), 3),
                "p50": round(figures.p50, 3),
                "p95": round(figures.p95, 3),
            }
    return told


def _latency(name: str, found: Latency) -> list[str]:
    statements = "" if found.statements is None else str(found.statements)
    beside = [milliseconds(found.bare), times(found.ours.p50 / found.bare.p50)]
    beside += [milliseconds(found.raw), times(found.ours.p50 / found.raw.p50 if found.raw else None)]
    there = [milliseconds(found.postgresql), milliseconds(found.postgresql, 0.95)]
    ours = [milliseconds(found.ours, share) for share in (0.0, 0.5, 0.95)]
    return [name, *ours, *beside, statements, *there]


def _rate(found: Rate) -> list[str]:
    beside = [
        amount(found.bare),
        share(found.rate, found.bare),
        amount(found.raw),
        share(found.rate, found.raw),
    ]
    return [found.name, amount(found.rate), *beside, amount(found.postgresql), found.note]


def _weight(name: str, found: Weight) -> list[str]:
    return [name, kilobytes(found.page), kilobytes(found.packed), str(found.requests), kilobytes(found.parts)]


def milliseconds(figures: Figures | None, share: float = 0.5) -> str:
    """`12.3`"""
    return "" if figures is None else f"{figures.at(share):.1f}"


def times(value: float | None) -> str:
    """How many times as much: `4.2×`"""
    return "" if value is None else f"{value:.0f}×" if value >= 10 else f"{value:.1f}×"


def amount(value: float | None) -> str:
    """A rate: `1,234`, `12.3`"""
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def share(ours: float, theirs: float | None) -> str:
    """How much of the reference's rate ours is: `12 %`"""
    return (
        ""
        if theirs is None
        else f"{100 * ours / theirs:.1f} %"
        if ours < theirs / 10
        else f"{100 * ours / theirs:.0f} %"
    )


def kilobytes(value: int) -> str:
    """`12.3`"""
    return f"{value / 1000:.1f}"


def plain(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """For a terminal: the first column to the left, the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def shown(line: Sequence[str]) -> str:
        rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        return "  ".join([line[0].ljust(widths[0]), *rest]).rstrip()

    head, *body = lines
    return "\n".join([title, shown(head), "-" * len(shown(head)), *(shown(line) for line in body), ""])


def markdown(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """For docs/benchmarks.md."""
    marks = ["---", *["---:"] * (len(header) - 1)]
    lines = [header, marks, *rows]
    return "\n".join([f"## {title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])
