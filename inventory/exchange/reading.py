"""Open a CSV or XLSX file of rows and find its header; rows come one at a time."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from inventory.errors import msg
from inventory.exchange.source import (
    RawRow,
    Sheet,
    SourceRow,
    UnreadableFile,
    Value,
    as_text,
    clean,
    folded,
    is_blank,
)
from inventory.exchange.text_file import open_text
from inventory.exchange.workbook import open_workbook

HEADER_WITHIN = 50
"""The header is looked for in so many first rows."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What a mapping's `[file]` may say; whatever is None is found out from the file."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None


@dataclass(slots=True)
class Table:
    """An open file: its header, the text above it, and its rows, read as they are asked for.

    `columns` finds a header by its folded words; `lines` is about how many lines the file has, for progress.
    """

    headers: list[str]
    header_line: int
    titles: list[str]
    sheet: str | None
    lines: int | None
    rows: Iterator[SourceRow]
    columns: dict[str, str] = field(default_factory=dict)

    def header(self, wanted: str) -> str | None:
        """The file's own words for the header that `wanted` means, or None."""
        return self.columns.get(folded(wanted))


@contextmanager
def open_table(
    path: Path, options: FileOptions | None = None, wanted: Collection[str] = (), needed: Collection[str] = ()
) -> Iterator[Table]:
    """Open `path` and find its header by the `wanted` header names (any row within the first fifty).

    `needed` are those of them without which the file is of no use. The format is told by the content, not by
    the name. Raises `UnreadableFile` where there is nothing to read or no such header; so may the rows later.
    """
    options = options or FileOptions()
    with open_sheets(path, options) as sheets:
        yield find_table(sheets, options, wanted, needed)


@contextmanager
def open_sheets(path: Path, options: FileOptions) -> Iterator[list[Sheet]]:
    """Every sheet of the file, its rows read as they are asked for. Raises `UnreadableFile`; so may the rows later."""
    try:
        with path.open("rb") as raw:
            magic = raw.read(8)
        if magic.startswith(b"PK"):
            sheets, handle = open_workbook(path)
            close: Callable[[], None] = handle.close
        elif magic == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise UnreadableFile(
                msg("This is an old .xls or a workbook with a password; save it as .xlsx without one.")
            )
        else:
            sheet, stream = open_text(path, options.encoding, options.delimiter)
            sheets, close = [sheet], stream.close
    except OSError as error:
        raise UnreadableFile(
            msg("The file cannot be read: %(why)s.", why=error.strerror or type(error).__name__)
        ) from error
    try:
        yield sheets
    finally:
        close()


def find_table(
    sheets: list[Sheet], options: FileOptions, wanted: Collection[str] = (), needed: Collection[str] = ()
) -> Table:
    """The table of the one sheet that has the header. Raises `UnreadableFile` where none has, or several."""
    return _table(chosen(sheets, options.sheet), options.header_row, wanted, needed)


def chosen(sheets: list[Sheet], name: str | None) -> list[Sheet]:
    """The sheet of that name; all of them where none is named. Raises `UnreadableFile` where there is none such."""
    if name is None or sheets[0].name is None:
        return sheets
    found = [sheet for sheet in sheets if sheet.name == name] or [
        sheet for sheet in sheets if folded(sheet.name or "") == folded(name)
    ]
    if not found:
        raise UnreadableFile(
            msg(
                "There is no sheet named %(name)s; the file has: %(sheets)s.",
                name=name,
                sheets=_names(sheets),
            )
        )
    return found[:1]


def _table(
    sheets: list[Sheet], header_row: int | None, wanted: Collection[str], needed: Collection[str]
) -> Table:
    """The table of the one sheet that has the header; several that have it must be told apart by name."""
    found = [one for sheet in sheets if (one := _headed(sheet, header_row, wanted, needed)) is not None]
    best = max((score for score, _ in found), default=None)
    tables = [table for score, table in found if score == best]
    if len(tables) > 1:
        raise UnreadableFile(
            msg("Several sheets hold such rows; name one with --sheet: %(sheets)s.", sheets=_names(tables))
        )
    if not tables:
        if header_row is not None:
            raise UnreadableFile(msg("There is no header in row %(row)s.", row=header_row))
        names = ", ".join(needed or wanted)
        raise UnreadableFile(msg("No header row was found; it should name: %(names)s.", names=names))
    return tables[0]


def _headed(
    sheet: Sheet, header_row: int | None, wanted: Collection[str], needed: Collection[str]
) -> tuple[tuple[int, int], Table] | None:
    head = list(islice(sheet.rows, max(HEADER_WITHIN, header_row or 0)))
    at = _given(head, header_row) if header_row is not None else _header(head, wanted, needed)
    if at is None:
        return None
    score = _score(head[at][1], _folded(wanted), _folded(needed))
    line, cells = head[at]
    names = _unique([as_text(cell) for cell in cells])
    titles = [as_text(cell) for _, row in head[:at] for cell in row if not is_blank(cell)]
    columns: dict[str, str] = {}
    for name in names:
        if name:
            columns.setdefault(folded(name), name)
    rows = _source_rows(names, chain(head[at + 1 :], sheet.rows))
    return score, Table(
        [name for name in names if name], line, titles, sheet.name, sheet.lines, rows, columns
    )


def _given(head: list[RawRow], header_row: int) -> int | None:
    for index, (line, cells) in enumerate(head):
        if line == header_row and any(not is_blank(cell) for cell in cells):
            return index
    return None


def _header(head: list[RawRow], wanted: Collection[str], needed: Collection[str]) -> int | None:
    """The row that has most of the wanted names; where none is wanted, the first with most text cells."""
    scores = [_score(cells, _folded(wanted), _folded(needed)) for _, cells in head]
    best = max(scores, default=(0, 0))
    return scores.index(best) if best > (0, 0) else None


def _score(cells: list[Value], wanted: set[str], needed: set[str]) -> tuple[int, int]:
    words = {folded(cell) for cell in cells if isinstance(cell, str) and clean(cell)}
    if not wanted and not needed:
        return len(words), 0
    return len(words & needed), len(words & (wanted | needed))


def _folded(names: Collection[str]) -> set[str]:
    return {folded(name) for name in names}


def _source_rows(names: list[str], rows: Iterator[RawRow]) -> Iterator[SourceRow]:
    for line, cells in rows:
        values: dict[str, Value] = {name: None for name in names if name}
        filled = False
        for name, cell in zip(names, cells, strict=False):
            if name and not is_blank(cell):
                values[name] = cell
                filled = True
        beyond = sum(not is_blank(cell) for cell in cells[len(names) :])
        if filled or beyond:
            yield SourceRow(line, values, beyond)


def _unique(names: list[str]) -> list[str]:
    """Headers that occur twice are told apart by a number."""
    seen: dict[str, int] = {}
    told: list[str] = []
    for name in names:
        key = folded(name)
        if name:
            seen[key] = seen.get(key, 0) + 1
        told.append(f"{name} ({seen[key]})" if name and seen[key] > 1 else name)
    return told


def _names(found: list[Sheet] | list[Table]) -> str:
    return ", ".join((item.name if isinstance(item, Sheet) else item.sheet) or "" for item in found)
