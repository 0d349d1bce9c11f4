"""`flask alerts evaluate` on 100,000 pairs of site and item; beside raw SQLite reading and writing the same rows."""

import sqlite3
import time
from pathlib import Path

from bench import raw
from bench.serving import Place, sqlite_place
from bench.writes import Rate

SITES, ITEMS, LOTS, MOVEMENTS = 50, 2000, 40_000, 400_000
PAIRS = SITES * ITEMS
_READ = (
    "SELECT site_id, item_id, lot_id, day, change, dispensed FROM stock_day",
    """SELECT b.*, l.site_id, l.kind, t.item_id, t.expires_on, t.recalled_on, t.received_on FROM balance b
    JOIN location l ON l.id = b.location_id JOIN lot t ON t.id = b.lot_id WHERE b.on_hand > 0""",
    "SELECT * FROM policy",
    "SELECT * FROM alert WHERE resolved_at IS NULL",
)
"""What an evaluation cannot do without."""


def evaluated(folder: Path) -> list[Rate]:
    """Pairs a second, from the start of the command to its end: the first time, when an alert is opened for whatever is
    amiss in a world without one, and again, when all of that is there already."""
    place = sqlite_place(folder)
    _world(place)
    before = raw.remember(place.file, folder / "evaluation.db")
    _said, first = place.flask("alerts", "evaluate")
    writing, written = raw.write_again(before, SITES)
    reading = _reading(before.copy)
    _said, again = place.flask("alerts", "evaluate")
    return [
        Rate(
            "flask alerts evaluate, the first time",
            PAIRS,
            first,
            "pairs",
            PAIRS / (reading + writing),
            note=f"{first:.1f} s, {written} rows written",
        ),
        Rate(
            "flask alerts evaluate, again",
            PAIRS,
            again,
            "pairs",
            PAIRS / _reading(place.file),
            note=f"{again:.1f} s",
        ),
    ]


def on_postgresql(place: Place, rates: list[Rate]) -> None:
    """The same on an empty database there; the rates are put beside those of `evaluated`."""
    _world(place)
    for rate in rates:
        rate.postgresql = PAIRS / place.flask("alerts", "evaluate")[1]


def _world(place: Place) -> None:
    place.flask("db", "upgrade")
    sizes = {"sites": SITES, "items": ITEMS, "lots": LOTS, "movements": MOVEMENTS}
    place.flask(
        "demo", "generate", *(word for name, many in sizes.items() for word in (f"--{name}", str(many)))
    )


def _reading(file: Path) -> float:
    database = sqlite3.connect(file)
    begun = time.perf_counter()
    for query in _READ:
        database.execute(query).fetchall()
    seconds = time.perf_counter() - begun
    database.close()
    return seconds
