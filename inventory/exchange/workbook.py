"""XLSX as people have it, read row by row so that memory stays flat."""

import re
import zipfile
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from inventory.errors import msg
from inventory.exchange.source import RawRow, Sheet, UnreadableFile, Value

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_RATIO = 300
MAX_MEMBERS = 5000
MAX_SHARED = 256 * 1024 * 1024
"""The shared strings are the one part that openpyxl holds in memory whole."""


class Closable(Protocol):
    def close(self) -> None: ...


def open_workbook(path: Path) -> tuple[list[Sheet], Closable]:
    """Every sheet of an XLSX file, lazily, and what to close after reading.

    A merged cell's text or date stands for each of its rows; a merged number stands in the first alone, so
    that nothing is counted twice. Formulas give the value that was last computed.
    Raises `UnreadableFile` for old or encrypted workbooks, broken ones, and zip bombs.
    """
    from openpyxl import load_workbook

    _check_size(path)
    stream = path.open("rb")  # by its name openpyxl would judge the file by its ending
    try:
        book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        stream.close()
        raise UnreadableFile(msg("The workbook cannot be opened; it may be damaged.")) from error
    try:
        sheets = [
            Sheet(sheet.title, _rows(sheet, _merged(path, sheet)), sheet.max_row)
            for sheet in book.worksheets
            if hasattr(sheet, "reset_dimensions")
        ]
    except Exception as error:
        stream.close()
        raise UnreadableFile(msg("The workbook cannot be opened; it may be damaged.")) from error
    if not sheets:
        stream.close()
        raise UnreadableFile(msg("The workbook has no sheet with cells."))
    return sheets, stream


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFile(msg("The file is larger than %(limit)s MB.", limit=MAX_BYTES >> 20))
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise UnreadableFile(msg("The workbook cannot be opened; it may be damaged.")) from error
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise UnreadableFile(msg("The file is a ZIP archive but no XLSX workbook."))
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    shared = sum(m.file_size for m in members if m.filename.lower().endswith("sharedstrings.xml"))
    swollen = unpacked > MAX_UNPACKED or (unpacked > 16 * 1024 * 1024 and unpacked > MAX_RATIO * packed)
    if swollen or shared > MAX_SHARED or len(members) > MAX_MEMBERS:
        raise UnreadableFile(msg("The workbook unpacks to far more than it should; it was not opened."))


def _rows(sheet: Any, merged: "_Merged") -> Iterator[RawRow]:
    sheet.reset_dimensions()  # what the file claims about its size is often wrong and would cut rows off
    try:
        for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            row = [_value(cell) for cell in cells]
            merged.fill(line, row)
            yield line, row
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile(msg("The sheet %(sheet)s is damaged.", sheet=sheet.title)) from error


def _value(cell: Any) -> Value:
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else Decimal(repr(cell))
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, date):
        return cell
    return str(cell)


class _Merged:
    """The merged areas of a sheet that span rows, and what their first cells said."""

    def __init__(self, areas: list[tuple[int, int, int]]) -> None:
        """`areas`: (first line, last line, column from 0)."""
        self._areas = sorted(areas)
        self._starts = [first for first, _, _ in self._areas]
        self._open: list[tuple[int, int, Value]] = []
        self._next = 0

    def fill(self, line: int, row: list[Value]) -> None:
        """Complete `row`; must be called for each line in order."""
        if not self._areas:
            return
        self._open = [area for area in self._open if area[0] >= line]
        for _, column, value in self._open:
            if column < len(row) and row[column] is None:
                row[column] = value
            elif column >= len(row):
                row.extend([None] * (column - len(row)) + [value])
        until = bisect_right(self._starts, line)
        for first, last, column in self._areas[self._next : until]:
            value = row[column] if first == line and column < len(row) else None
            if isinstance(value, str | date) and last > line:
                self._open.append((last, column, value))
        self._next = until


_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)[\"']")
_WINDOW = 1 << 20
_MAX_AREAS = 100_000


def _merged(path: Path, sheet: Any) -> _Merged:
    """Merged areas by a pass over the sheet's XML: read-only mode leaves them out."""
    from openpyxl.utils import range_boundaries

    areas: list[tuple[int, int, int]] = []
    member = str(sheet._worksheet_path).lstrip("/")
    with zipfile.ZipFile(path) as archive, archive.open(member) as xml:
        tail = b""
        while chunk := xml.read(_WINDOW):
            window = tail + chunk
            end = 0
            for found in _MERGE.finditer(window):
                end = found.end()
                column, first, _, last = (edge or 0 for edge in range_boundaries(found[1].decode("ascii")))
                if last > first and len(areas) < _MAX_AREAS:
                    areas.append((first, last, column - 1))
            tail = window[max(end, len(window) - 128) :]
    return _Merged(areas)
