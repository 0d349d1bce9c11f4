"""Rows to CSV or XLSX, one at a time, so that a file of any length needs little memory.

Text that a spreadsheet would run as a formula is made harmless; numbers and dates stay numbers and dates.
"""

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EXACT = 10**15
"""Beyond this a spreadsheet rounds; such numbers are written as text."""
_CELL_LIMIT = 32_767
_ROW_LIMIT = 1_048_575
"""Rows below the header that a sheet holds; more go to a further sheet."""


def csv_lines(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    bom: bool = False,
    tags: Sequence[str] | None = None,
) -> Iterator[str]:
    """CSV text, a line each, with commas. `bom` helps spreadsheets that guess the encoding; `tags` (HXL) stand below
    the header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if bom:
        buffer.write("\ufeff")
    writer.writerow([_guarded(name) for name in header])
    if tags is not None:
        writer.writerow(tags)
    yield _taken(buffer)
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        yield _taken(buffer)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV file and give the number of rows; `path` appears only when it is complete."""
    with _Replacing(path) as part, part.open("w", encoding="utf-8", newline="") as stream:
        count = -1
        for line in csv_lines(header, rows):
            stream.write(line)
            count += 1
    return count


def write_xlsx(
    target: Path | IO[bytes],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str,
    tags: Sequence[str] | None = None,
) -> int:
    """Write a workbook with typed cells, a frozen header and a filter, and give the number of rows.

    `title` names the sheet; `tags` (HXL) stand below the header and stay in sight with it. A file at a path appears
    only when it is complete.
    """
    if isinstance(target, Path):
        with _Replacing(target) as part:
            return _workbook(str(part), header, rows, title, tags)
    return _workbook(target, header, rows, title, tags)


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> int:
    """CSV, or XLSX where the name ends so. Gives the number of rows."""
    if path.suffix.lower() == ".xlsx":
        return write_xlsx(path, header, rows, title)
    return write_csv(path, header, rows)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_cell(cell: Any) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return cell
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return _instant(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return _guarded(str(cell))


def _guarded(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula: a quote before the sign, NUL left out."""
    plain = text.replace("\x00", "")
    first = plain.lstrip(" \u00a0\ufeff")[:1]
    risky = plain[:1] in ("\t", "\r") or first in ("=", "+", "-", "@")
    return f"'{plain}" if risky and not _NUMBER.fullmatch(plain) else plain


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _workbook(
    target: str | IO[bytes],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str,
    tags: Sequence[str] | None,
) -> int:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(target, options)
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    name = re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:26] or "Sheet"
    sheet = None
    above = 0 if tags is None else 1
    total = within = sheets = 0
    try:
        for row in _with_first(rows):
            if sheet is None or within + above == _ROW_LIMIT:
                _close_sheet(sheet, within + above, len(header))
                sheets += 1
                sheet, within = book.add_worksheet(name if sheets == 1 else f"{name} {sheets}"), 0
                _head(sheet, header, row, bold, tags)
            if row is not None:
                within += 1
                total += 1
                for column, cell in enumerate(row):
                    _write_cell(sheet, within + above, column, cell, day, moment)
        _close_sheet(sheet, within + above, len(header))
    finally:
        book.close()
    return total


def _with_first(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any] | None]:
    """The rows, or None once where there are none: the header is written all the same."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        yield None


def _head(
    sheet: "Worksheet",
    header: Sequence[str],
    sample: Sequence[Any] | None,
    bold: Any,
    tags: Sequence[str] | None,
) -> None:
    for column, name in enumerate(header):
        seen = len(_csv_text(sample[column])) if sample is not None and column < len(sample) else 0
        sheet.set_column(column, column, min(max(len(name), seen, 8) + 3, 60))
        sheet.write_string(0, column, _printable(name), bold)
    for column, tag in enumerate(tags or ()):
        sheet.write_string(1, column, tag)
    sheet.freeze_panes(1 if tags is None else 2, 0)


def _close_sheet(sheet: "Worksheet | None", rows: int, columns: int) -> None:
    if sheet is not None and columns:
        sheet.autofilter(0, 0, rows, columns - 1)


def _write_cell(sheet: "Worksheet", row: int, column: int, cell: Any, day: Any, moment: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | Decimal) and -_EXACT < cell < _EXACT:
        sheet.write_number(row, column, cell)
    elif isinstance(cell, datetime):
        sheet.write_datetime(
            row, column, cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell, moment
        )
    elif isinstance(cell, date) and cell.year >= 1900:
        sheet.write_datetime(row, column, cell, day)
    else:
        sheet.write_string(row, column, _printable(_csv_text(cell)))


def _csv_text(cell: Any) -> str:
    return str(cell) if isinstance(cell, str) else str(_csv_cell(cell))


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("", text)[:_CELL_LIMIT]


class _Replacing:
    """A temporary file beside `path` that takes its place when all went well and is gone otherwise."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        os.close(handle)
        self._part = Path(name)
        self._part.chmod(0o666 & ~_umask())
        return self._part

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
