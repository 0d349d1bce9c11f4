"""The reference without us: the same rows read and written by Python's sqlite3 alone (WAL, synchronous=FULL)."""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Rows = dict[str, list[tuple[object, ...]]]


def _open(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None, timeout=15)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF", "cache_size=-32000"):
        database.execute(f"PRAGMA {pragma}")
    return database


def reader(file: Path, query: str) -> Callable[[], object]:
    """Reads `query` and writes the rows as JSON, as an answer would be."""
    database = _open(file)

    def read() -> str:
        found = database.execute(query)
        names = [column[0] for column in found.description]
        return json.dumps([dict(zip(names, row, strict=True)) for row in found])

    return read


def _tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [name for (name,) in found]


@dataclass
class Before:
    """A copy of a database and where each of its tables ended: what is written after it can be told and repeated."""

    file: Path
    copy: Path
    ends: dict[str, int]


def remember(file: Path, copy: Path) -> Before:
    """Copy the database in `file` and note where its tables end."""
    database = sqlite3.connect(file)
    with sqlite3.connect(copy) as target:
        database.backup(target)
    target.close()
    ends = {
        name: database.execute(f'SELECT coalesce(max(rowid), 0) FROM "{name}"').fetchone()[0]
        for name in _tables(database)
    }
    database.close()
    return Before(file, copy, ends)


def written_since(before: Before) -> Rows:
    """table -> the rows that were added (what was changed in place is not counted)."""
    with sqlite3.connect(before.file) as database:
        found = {
            name: database.execute(
                f'SELECT * FROM "{name}" WHERE rowid > ? ORDER BY rowid', (end,)
            ).fetchall()
            for name, end in before.ends.items()
        }
    database.close()
    return {name: rows for name, rows in found.items() if rows}


def write_again(before: Before, transactions: int) -> tuple[float, int]:
    """Write the same rows into the copy in so many transactions. Seconds, and how many rows."""
    rows = written_since(before)
    database = _open(before.copy)
    inserts = {
        name: f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(found[0]))})'
        for name, found in rows.items()
    }
    begun = time.perf_counter()
    for number in range(transactions):
        database.execute("BEGIN IMMEDIATE")
        for name, found in rows.items():
            share = found[number * len(found) // transactions : (number + 1) * len(found) // transactions]
            database.executemany(inserts[name], share)
        database.execute("COMMIT")
    seconds = time.perf_counter() - begun
    database.close()
    return seconds, sum(map(len, rows.values()))
