"""A donor's packing list, a file or pasted from a spreadsheet: columns are guessed, cells kept as they were typed."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import msg
from inventory.exchange.fields import Kind
from inventory.exchange.guessing import guess, profile, wanted_headers
from inventory.exchange.reading import open_table
from inventory.exchange.source import UnreadableFile, Value, as_text, is_blank
from inventory.rules.text import UnfitText, clean

MOST = 300
"""Lots of a list that a person can count on one page."""

_NAMES = ("item", "item_name")


@dataclass(frozen=True, slots=True)
class ListedLot:
    """A line of the list, in the words that stand there; empty where there are none."""

    item: str
    lot: str = ""
    expires_on: str = ""
    declared: str = ""
    carton: str = ""
    weight: str = ""
    manufacturer: str = ""


def read_packing_list(data: bytes) -> list[ListedLot]:
    """The lots of a CSV, pasted text or XLSX. Raises `UnreadableFile` where there is no table with items in it."""
    if not data.strip():
        raise UnreadableFile(msg("Paste the packing list, or choose its file."))
    handle, name = tempfile.mkstemp(prefix="relais-list-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return _read(path)
    finally:
        path.unlink(missing_ok=True)


def _read(path: Path) -> list[ListedLot]:
    with open_table(path, wanted=wanted_headers(Kind.RECEIPTS)) as table:
        rows = []
        for row in table.rows:
            if not all(is_blank(value) for value in row.values.values()):
                rows.append(row.values)
            if len(rows) > MOST:
                text = msg(
                    "The list has more than %(most)s lines: import it as a receipt instead.", most=MOST
                )
                raise UnreadableFile(text)
        columns = guess(Kind.RECEIPTS, profile(table.headers, rows))
    named = [columns[name] for name in _NAMES if name in columns]
    if not named:
        raise UnreadableFile(msg("No column of the list is about items: head it “Item”."))
    found = [_listed(row, columns, named) for row in rows]
    return [each for each in found if each.item and (each.lot or each.declared)]


def _listed(row: Mapping[str, Value], columns: Mapping[str, str], named: list[str]) -> ListedLot:
    def cell(name: str) -> str:
        return _words(row.get(columns[name])) if name in columns else ""

    return ListedLot(
        item=next((text for header in named if (text := _words(row.get(header)))), ""),
        lot=cell("lot"),
        expires_on=cell("expires_on"),
        declared=cell("declared") or cell("quantity"),
        carton=cell("carton"),
        weight=cell("gross_weight_kg"),
        manufacturer=cell("manufacturer"),
    )


def _words(value: Value) -> str:
    """A cell as a person would have typed it into a form."""
    try:
        return clean(" ".join(as_text(value).split()))[:200] if not is_blank(value) else ""
    except UnfitText:
        return ""
