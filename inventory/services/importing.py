"""Files of rows into the house: every row at most once, the whole file or nothing, each bad row named.

The kinds live beside this: `importing_reference` (items, sites), `importing_stock` (receipts, consumption),
`importing_shipments`. What a row becomes goes through the same services as what a person types. The wizard in the
browser (`import_wizard`) hands over the rows of the same files in slices.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.errors import msg
from inventory.exchange import bundled, mapping
from inventory.exchange.fields import Kind, RowRefusedError, parse_row
from inventory.exchange.mapping import MappedRow, MappedTable, Mapping, MappingError
from inventory.exchange.notes import Notes
from inventory.services import stock
from inventory.services.importing_job import Handler, Job, Outcome, Pending, digest, split
from inventory.services.importing_months import Consumption
from inventory.services.importing_reference import Items, Sites
from inventory.services.importing_shipments import Shipments
from inventory.services.importing_stock import Receipts

__all__ = ["Outcome", "Source", "source_for", "take", "take_some"]

CHUNK = 400

_HANDLERS: dict[Kind, Callable[[Job], Handler]] = {
    Kind.ITEMS: Items,
    Kind.SITES: Sites,
    Kind.RECEIPTS: Receipts,
    Kind.CONSUMPTION: Consumption,
    Kind.SHIPMENTS: Shipments,
}


@dataclass(frozen=True, slots=True)
class Source:
    """How a file is to be read: its mapping, and code that belongs to a mapping which comes with the app."""

    mapping: Mapping
    adapt: Callable[[MappedTable, Notes], Iterator[MappedRow]]


def source_for(kind: Kind, name: str | None, site: str | None = None, sheet: str | None = None) -> Source:
    """The mapping called `name`, else in the TOML file of that name, else none. Raises `MappingError`."""
    if site is not None and kind not in (Kind.RECEIPTS, Kind.CONSUMPTION):
        raise MappingError(msg("--site goes with receipts and consumption only."))
    told = {"site": site} if site is not None else {}
    if name is None:
        return Source(mapping.plain(kind).fixed(sheet, **told), bundled.as_it_is)
    if name in bundled.BUNDLED:
        known = bundled.BUNDLED[name]
        if known.kind is not kind:
            raise MappingError(msg("The mapping %(name)s is for %(kind)s.", name=name, kind=str(known.kind)))
        return Source(bundled.load(name).fixed(sheet, **told), known.adapt)
    if not Path(name).exists():
        names = ", ".join(sorted(bundled.BUNDLED))
        raise MappingError(
            msg("There is no mapping %(name)s: neither a file nor one of %(names)s.", name=name, names=names)
        )
    return Source(mapping.load(Path(name), kind).fixed(sheet, **told), bundled.as_it_is)


def take(
    session: Session,
    actor: Actor,
    table: MappedTable,
    source: Source,
    progress: Callable[[int], None] = lambda rows: None,
) -> Outcome:
    """Import every row of an open file that was not imported before.

    Rows that cannot be taken are told in the outcome; undoing the whole file because of them is up to the edge that
    opened the transaction. `progress` hears how many rows were settled since the last time.
    """
    kind = source.mapping.kind
    job = Job(session, actor, kind, table.columns, Outcome(), progress)
    for header in table.unused:
        job.outcome.notes.warn(
            table.table.header_line, header, msg("There is no such field; the column was left out.")
        )
    handler = _HANDLERS[kind](job)
    waiting: list[Pending] = []
    with stock.alerts_at_the_end(session):
        for row in source.adapt(table, job.outcome.notes):
            job.outcome.rows += 1
            try:
                read = parse_row(kind, row, source.mapping.dates, table.columns)
            except RowRefusedError as refused:
                job.refuse(row.source, refused.faults)
                continue
            waiting.append(Pending(read, row.source, digest(kind, read, job.seen)))
            if len(waiting) == CHUNK:
                _hand_over(job, handler, waiting)
                waiting = []
        _hand_over(job, handler, waiting)
        handler.finish()
    if job.outcome.rows == 0:
        job.outcome.notes.warn(table.table.header_line, None, msg("The file has no rows."))
    return job.outcome


def take_some(
    session: Session,
    actor: Actor,
    kind: Kind,
    columns: dict[str, str],
    rows: Sequence[Pending],
    before: Sequence[Pending] = (),
) -> tuple[Outcome, set[int], set[tuple[int, int]]]:
    """Import rows of a file that is handed over in slices.

    Besides the outcome, the lines of rows that were imported before, and the (site, item) pairs whose alerts are to be
    looked at after the last slice. Rows of one document come in one slice, or next to each other: `before` are rows
    of an earlier slice that belong to the same day and site and were taken.
    """
    job = Job(session, actor, kind, columns, Outcome(rows=len(rows)), lambda done: None)
    handler = _HANDLERS[kind](job)
    already: set[int] = set()
    with stock.alerts_left() as touched:
        handler.take([], list(before))
        for start in range(0, len(rows), CHUNK):
            new, known = split(session, list(rows[start : start + CHUNK]))
            already |= {each.row.line for each in known}
            handler.take(new, known)
        handler.finish()
    return job.outcome, already, touched


def _hand_over(job: Job, handler: Handler, waiting: list[Pending]) -> None:
    new, known = split(job.session, waiting)
    job.progress(len(known))
    handler.take(new, known)
