"""A file of rows while it is being imported: unpacked once into a small database of its own.

So no step has to hold it in memory, any row is found again, and whoever goes on after a break knows where it stood.
The rows as they stand in the file (`raw`), what they are by field and what is to be said of them (`entry`), the order
in which they are taken (`queue`), and the items that nobody knows here (`item`).
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.errors import Message, msg
from inventory.exchange.fields import RowFault
from inventory.exchange.reading import HEADER_WITHIN
from inventory.exchange.source import RawRow, Sheet, UnreadableFile, Value

MAX_ROWS = 250_000
MAX_COLUMNS = 500

GOOD, BAD, KNOWN, LEFT_OUT, DONE = "good", "bad", "known", "left_out", "done"
"""What a row is: to be taken, at fault, taken before, left out on purpose, taken now."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS raw (line INTEGER PRIMARY KEY, cells TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
  line INTEGER PRIMARY KEY, state TEXT NOT NULL, base TEXT, digest TEXT, sort TEXT, grp TEXT, told TEXT,
  faults TEXT, odd INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS entry_base ON entry (base);
CREATE INDEX IF NOT EXISTS entry_state ON entry (state, line);
CREATE TABLE IF NOT EXISTS note (line INTEGER, place TEXT, said TEXT, UNIQUE (line, place, said));
CREATE TABLE IF NOT EXISTS queue (seq INTEGER PRIMARY KEY, line INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS touched (site INTEGER, item INTEGER, UNIQUE (site, item));
CREATE TABLE IF NOT EXISTS item (text TEXT PRIMARY KEY, rows INTEGER NOT NULL, facts TEXT NOT NULL, matches TEXT);
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row below the header. `told`: its cells by field; `faults`: why it cannot be taken.

    Rows with the same `group` make one document; `sort` is their order. `base` is the same for the same content.
    """

    line: int
    state: str
    told: Mapping[str, Value] = field(default_factory=dict)
    faults: Sequence[RowFault] = ()
    base: str | None = None
    digest: str | None = None
    sort: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a file calls an item that is not in the catalogue under that code; `matches`: (code, score), or None yet."""

    text: str
    rows: int
    facts: dict[str, str]
    matches: list[tuple[str, int]] | None


class Spool:
    """The database of one file. Everything inside `writing()` is kept together or not at all."""

    def __init__(self, path: Path) -> None:
        new = not path.exists()
        if new:
            path.touch(mode=0o600)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=OFF")
        if new:
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # ---- the file as it stands -------------------------------------------------------------------------------

    def fill(self, rows: Iterable[RawRow]) -> int:
        """Take in every row of a sheet instead of what was there. Raises `UnreadableFile` where there are too many."""
        with self.writing():
            for table in ("raw", "entry", "note", "queue", "item"):
                self._db.execute(f"DELETE FROM {table}")  # nosec B608: names of our own tables
            self._db.executemany("INSERT INTO raw VALUES (?, ?)", _packed(rows))
            return int(self._db.execute("SELECT count(*) FROM raw").fetchone()[0])

    def sheet(self, after: int = 0, name: str | None = None) -> Sheet:
        """The sheet again: its first rows, in which the header is, and those after the line `after`."""
        return Sheet(name, self._raw(after), None)

    def _raw(self, after: int) -> Iterator[RawRow]:
        found = self._db.execute(
            "SELECT line, cells FROM raw WHERE line <= ? OR line > ? ORDER BY line",
            (HEADER_WITHIN * 2, after),
        )
        for line, cells in found:
            yield line, unpack(cells)

    def cells(self, lines: Sequence[int]) -> dict[int, list[Value]]:
        """line -> its cells as they stand in the file."""
        marks = ",".join("?" * len(lines))
        found = self._db.execute(f"SELECT line, cells FROM raw WHERE line IN ({marks})", list(lines))  # nosec B608
        return {line: unpack(cells) for line, cells in found}

    def last_raw(self) -> int:
        """The last line of the file that holds anything."""
        return int(self._db.execute("SELECT coalesce(max(line), 0) FROM raw").fetchone()[0])

    # ---- the rows by field -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget what was made of the rows."""
        with self.writing():
            for table in ("entry", "note", "queue", "item"):
                self._db.execute(f"DELETE FROM {table}")  # nosec B608: names of our own tables

    def last_entry(self) -> int:
        """The line of the last row that was read; 0 where none was."""
        return int(self._db.execute("SELECT coalesce(max(line), 0) FROM entry").fetchone()[0])

    def earlier(self, base: str) -> tuple[int, int | None]:
        """How many rows with that content were read, and the line of the first."""
        count, first = self._db.execute(
            "SELECT count(*), min(line) FROM entry WHERE base = ?", (base,)
        ).fetchone()
        return int(count), first

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep rows that were read; within `writing()`."""
        self._db.executemany(
            "INSERT OR REPLACE INTO entry (line, state, base, digest, sort, grp, told, faults) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    each.line, each.state, each.base, each.digest, each.sort, each.group,
                    pack_told(each.told) if each.told else None, _pack_faults(each.faults),
                )
                for each in entries
            ),
        )  # fmt: skip

    def judge(self, states: Mapping[int, tuple[str, Sequence[RowFault]]]) -> None:
        """Set what became of rows, by line; within `writing()`."""
        rows = [(state, _pack_faults(faults), line) for line, (state, faults) in states.items()]
        self._db.executemany("UPDATE entry SET state = ?, faults = ? WHERE line = ?", rows)

    def warn(self, notes: Iterable[tuple[int, str | None, Message]]) -> None:
        """Keep what is odd; the same is kept once; within `writing()`."""
        self._db.executemany(
            "INSERT OR IGNORE INTO note VALUES (?, ?, ?)",
            ((line, place or "", json.dumps(message.as_json())) for line, place, message in notes),
        )

    def count_notes(self) -> int:
        """How many warnings there are; each row that has one is marked."""
        self._db.execute("UPDATE entry SET odd = 1 WHERE line IN (SELECT line FROM note)")
        return int(self._db.execute("SELECT count(*) FROM note").fetchone()[0])

    def counts(self) -> dict[str, int]:
        """How many rows are what."""
        return dict(self._db.execute("SELECT state, count(*) FROM entry GROUP BY state").fetchall())

    # ---- in the order of their documents -------------------------------------------------------------------------

    def line_up(self) -> int:
        """Put the rows that are to be taken, and those taken before, in the order of their documents; how many."""
        with self.writing():
            self._db.execute("DELETE FROM queue")
            self._db.execute(
                "INSERT INTO queue SELECT row_number() OVER (ORDER BY sort, grp, line), line FROM entry "
                "WHERE state IN (?, ?)",
                (GOOD, KNOWN),
            )
        return self.lined_up()

    def lined_up(self) -> int:
        """How many rows the queue has."""
        return int(self._db.execute("SELECT count(*) FROM queue").fetchone()[0])

    def slice(self, after: int, most: int, groups: int, whole: bool) -> list[Entry]:
        """The next rows of the queue: at most `most`, of about so many `groups`; a group never parted where `whole`."""
        found: list[Entry] = []
        seen: set[str] = set()
        for row in self._db.execute(
            "SELECT e.line, state, told, faults, base, digest, sort, grp FROM queue JOIN entry e USING (line) "
            "WHERE seq > ? ORDER BY seq",
            (after,),
        ):
            entry = _entry(row)
            if found and entry.group != found[-1].group and (len(found) >= most or len(seen) >= groups):
                break
            if len(found) >= most and not whole:
                break
            found.append(entry)
            seen.add(entry.group)
        return found

    def taken_before(self, after: int, group: str) -> Entry | None:
        """A row of that group among the first `after` of the queue that was taken, now or before."""
        row = self._db.execute(
            "SELECT e.line, state, told, faults, base, digest, sort, grp FROM queue JOIN entry e USING (line) "
            "WHERE seq <= ? AND grp = ? AND state IN (?, ?) ORDER BY seq DESC LIMIT 1",
            (after, group, KNOWN, DONE),
        ).fetchone()
        return None if row is None else _entry(row)

    def touch(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Note pairs of ids that are to be looked at when the last row is taken; within `writing()`."""
        self._db.executemany("INSERT OR IGNORE INTO touched VALUES (?, ?)", pairs)

    def touched(self, after: int, most: int) -> list[tuple[int, int]]:
        """What was noted, in order, without the first `after`; at most so many."""
        query = "SELECT site, item FROM touched ORDER BY site, item LIMIT ? OFFSET ?"
        return self._db.execute(query, (most, after)).fetchall()

    # ---- to be shown ---------------------------------------------------------------------------------------------

    def page(self, what: str, number: int, size: int) -> tuple[list[Entry], int]:
        """Rows of the file for people: `all`, a state, or `odd` (with warnings); and how many there are of them."""
        where, values = {"all": ("1", []), "odd": ("odd", [])}.get(what, ("state = ?", [what]))
        total = int(self._db.execute(f"SELECT count(*) FROM entry WHERE {where}", values).fetchone()[0])  # nosec B608
        rows = self._db.execute(
            "SELECT line, state, told, faults, base, digest, sort, grp FROM entry "  # nosec B608
            f"WHERE {where} ORDER BY line LIMIT ? OFFSET ?",
            [*values, size, (number - 1) * size],
        )
        return [_entry(row) for row in rows], total

    def notes(self, lines: Sequence[int]) -> dict[int, list[tuple[str, Message]]]:
        """line -> its warnings: the column (or nothing) and the words."""
        found: dict[int, list[tuple[str, Message]]] = {}
        marks = ",".join("?" * len(lines))
        query = f"SELECT line, place, said FROM note WHERE line IN ({marks})"  # nosec B608
        for line, place, said in self._db.execute(query, list(lines)):
            found.setdefault(line, []).append((place, Message.from_json(json.loads(said))))
        return found

    def refused(self) -> Iterator[tuple[list[Value], list[RowFault]]]:
        """The cells of every bad row, and why it is one."""
        with closing(self._db.cursor()) as cursor:
            query = "SELECT e.line, cells, faults FROM entry e JOIN raw USING (line) WHERE state = ? ORDER BY e.line"
            for line, cells, faults in cursor.execute(query, (BAD,)):
                yield unpack(cells), _unpack_faults(line, faults)

    # ---- items that nobody knows here --------------------------------------------------------------------------

    def meet(self, items: Mapping[str, tuple[int, dict[str, str]]]) -> None:
        """Count what the file calls its items: text -> (rows, what is said of it first); within `writing()`."""
        self._db.executemany(
            "INSERT INTO item (text, rows, facts) VALUES (?, ?, ?) "
            "ON CONFLICT (text) DO UPDATE SET rows = rows + excluded.rows",
            ((text, rows, json.dumps(facts)) for text, (rows, facts) in items.items()),
        )

    def unmatched(self, most: int) -> list[Unknown]:
        """Items for which nobody has looked yet."""
        query = "SELECT text, rows, facts, matches FROM item WHERE matches IS NULL LIMIT ?"
        return [_unknown(row) for row in self._db.execute(query, (most,))]

    def match(self, found: Mapping[str, Sequence[tuple[str, int]] | None]) -> None:
        """Keep candidates by text; None for what is known and needs none; within `writing()`."""
        self._db.executemany(
            "DELETE FROM item WHERE text = ?", [(text,) for text, has in found.items() if has is None]
        )
        self._db.executemany(
            "UPDATE item SET matches = ? WHERE text = ?",
            [(json.dumps(list(has)), text) for text, has in found.items() if has is not None],
        )

    def unknown(self) -> list[Unknown]:
        """Every item that is not known here, the one with most rows first."""
        query = (
            "SELECT text, rows, facts, matches FROM item WHERE matches IS NOT NULL ORDER BY rows DESC, text"
        )
        return [_unknown(row) for row in self._db.execute(query)]


def pack_told(told: Mapping[str, Value]) -> str:
    """Cells by field as text."""
    return json.dumps({name: _packed_cell(value) for name, value in told.items() if value is not None})


def unpack(cells: str) -> list[Value]:
    """The cells of a packed row."""
    return [_cell(each) for each in json.loads(cells)]


def _packed(rows: Iterable[RawRow]) -> Iterator[tuple[int, str]]:
    count = 0
    for line, cells in rows:
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MAX_ROWS:
            raise UnreadableFile(
                msg("The file has more than %(most)s rows: divide it into several.", most=MAX_ROWS)
            )
        if len(cells) > MAX_COLUMNS:
            raise UnreadableFile(
                msg(
                    "Line %(line)s has more than %(most)s cells: this is no table of rows.",
                    line=line,
                    most=MAX_COLUMNS,
                )
            )
        yield line, json.dumps([_packed_cell(cell) for cell in cells], ensure_ascii=False)


def _packed_cell(cell: Value) -> Any:
    if isinstance(cell, datetime):
        return {"at": cell.isoformat()}
    if isinstance(cell, date):
        return {"on": cell.isoformat()}
    if isinstance(cell, Decimal):
        return {"is": str(cell)}
    return cell


def _cell(stored: Any) -> Value:
    if not isinstance(stored, dict):
        return stored  # type: ignore[no-any-return]
    kind, text = next(iter(stored.items()))
    if kind == "at":
        return datetime.fromisoformat(text)
    return date.fromisoformat(text) if kind == "on" else Decimal(text)


def _pack_faults(faults: Sequence[RowFault]) -> str | None:
    return json.dumps([[fault.column, fault.message.as_json()] for fault in faults]) if faults else None


def _unpack_faults(line: int, stored: str | None) -> list[RowFault]:
    return [RowFault(line, column, Message.from_json(said)) for column, said in json.loads(stored or "[]")]


def _entry(row: Sequence[Any]) -> Entry:
    line, state, told, faults, base, digest, sort, group = row
    read = {name: _cell(value) for name, value in json.loads(told or "{}").items()}
    return Entry(line, state, read, _unpack_faults(line, faults), base, digest, sort or "", group or "")


def _unknown(row: Sequence[Any]) -> Unknown:
    text, rows, facts, matches = row
    found = None if matches is None else [(code, score) for code, score in json.loads(matches)]
    return Unknown(text, rows, json.loads(facts), found)
