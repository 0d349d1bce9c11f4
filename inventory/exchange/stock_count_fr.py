"""A French stock count: what its mapping cannot say column by column.

Below titles and a header, a row per lot; the `#` is blank for further lots of the same item; a row that has
only a figure is a subtotal, of the item above or of all items of the same name above; it is
checked, never imported.
"""

import calendar
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from inventory.errors import msg
from inventory.exchange.mapping import MappedRow, MappedTable
from inventory.exchange.notes import Notes
from inventory.exchange.source import Value, as_text, folded, is_blank

MADE = frozenset[str]()

_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre",
    "novembre", "decembre",
)  # fmt: skip


def adapt(table: MappedTable, notes: Notes) -> Iterator[MappedRow]:
    """The lots of the count; `received_on` is the count's day and `reference` its title, where told."""
    counted_on = count_day(table.table.titles)
    reference = _reference(table)
    sums = _Sums(notes, table.columns.get("quantity"))
    above: dict[str, Value] = {}
    for row in table.rows():
        values = dict(row.values)
        if _is_subtotal(values):
            sums.check(row.line, values.get("quantity"))
            continue
        if is_blank(values.get("item")) and not is_blank(values.get("lot")):
            for name in ("item", "item_name"):
                values[name] = values.get(name) or above.get(name)
        above = values
        sums.add(as_text(values.get("item_name")), values.get("quantity"))
        if counted_on is not None and is_blank(values.get("received_on")):
            values["received_on"] = counted_on
        if reference and is_blank(values.get("reference")):
            values["reference"] = reference
        _expiry(row.line, values, counted_on, table.columns.get("expires_on"), notes)
        yield MappedRow(row.line, values, row.source)


def count_day(titles: Iterable[str]) -> date | None:
    """The last day of the month that a title names: `INVENTAIRE MOIS DE DECEMBRE 2013` is 2013-12-31."""
    for title in titles:
        found = re.search(rf"\b({'|'.join(_MONTHS)})\s+((?:19|20)\d\d)\b", folded(title))
        if found:
            month, year = _MONTHS.index(found[1]) + 1, int(found[2])
            return date(year, month, calendar.monthrange(year, month)[1])
    return None


def _reference(table: MappedTable) -> str:
    title = next((title for title in table.table.titles if "inventaire" in folded(title)), "")
    return ", ".join(part for part in (" ".join(title.split()), table.table.sheet or "") if part)[:200]


def _is_subtotal(values: dict[str, Value]) -> bool:
    named = ("item", "item_name", "lot", "expires_on", "manufacturer")
    return not is_blank(values.get("quantity")) and all(is_blank(values.get(name)) for name in named)


def _expiry(
    line: int, values: dict[str, Value], counted_on: date | None, column: str | None, notes: Notes
) -> None:
    """Take a real date as it stands, but say where a spreadsheet may have made it out of `YY-MM`.

    Typed in the year of the count, `15-11` becomes the 15th of November of that year.
    """
    found = values.get("expires_on")
    if not isinstance(found, date) or isinstance(found, datetime) or counted_on is None:
        return
    if found.year == counted_on.year and found.day > 12:
        notes.warn(
            line,
            column,
            msg(
                "%(date)s is a real date and was kept; if %(typed)s was typed it means %(month)s.",
                date=found.isoformat(),
                typed=f"{found.day:02d}-{found.month:02d}",
                month=f"20{found.day:02d}-{found.month:02d}",
            ),
        )


class _Sums:
    """The lots above a subtotal, to check it with. Some subtotals run on over items of the same name."""

    def __init__(self, notes: Notes, column: str | None) -> None:
        self._notes = notes
        self._column = column
        self._name = ""
        self._running = 0

    def add(self, name: str, quantity: Value) -> None:
        told = as_text(quantity)
        if folded(name) != self._name:
            self._name, self._running = folded(name), 0
        self._running += int(told) if told.isdigit() else 0

    def check(self, line: int, subtotal: Value) -> None:
        if as_text(subtotal) != str(self._running):
            self._notes.warn(
                line,
                self._column,
                msg(
                    "The subtotal %(told)s differs from the lots above, %(sum)s.",
                    told=as_text(subtotal),
                    sum=self._running,
                ),
            )
