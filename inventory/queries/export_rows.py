"""What all exports share: what was asked for, and rows read from the database as they are written out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from inventory.queries.paging import Slice

BATCH = 1000
Row = TypeVar("Row")

Table = tuple[Sequence[str], Iterator[Sequence[Any]]]
"""The names of the columns, and the rows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows to export: codes, words and days, or None for all. A table heeds those that its list page has."""

    site: str | None = None
    donor: str | None = None
    item: str | None = None
    lot: str | None = None
    status: str | None = None
    kind: str | None = None
    mode: str | None = None
    zone: str | None = None
    category: str | None = None
    severity: str | None = None
    state: str | None = None
    cause: str | None = None
    q: str | None = None
    since: date | None = None
    until: date | None = None


def stream(session: Session, query: Any) -> Iterator[Sequence[Any]]:
    """The rows of a query, a batch at a time."""
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        yield [plain(cell) for cell in row]


def every(slice_after: Callable[[Any], Slice[Row]]) -> Iterator[Row]:
    """The rows of all slices, one after the other; `slice_after(None)` is the first of them."""
    after = None
    while True:
        part = slice_after(after)
        yield from part.rows
        if part.next is None:
            return
        after = part.next


def plain(cell: Any) -> Any:
    """Decimals without the noughts that their column pads them with."""
    if not isinstance(cell, Decimal):
        return cell
    return cell.quantize(Decimal(1)) if cell == cell.to_integral_value() else cell.normalize()
