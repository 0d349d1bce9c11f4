"""The rows of an uploaded file into the house, a slice in each transaction; before that the same, undone again.

A slice holds whole documents where it can. How far a file has come stands in its own row, which moves in the
transaction of the slice: two at once, a reload, a server that was killed take every row once.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.errors import Conflict, msg
from inventory.exchange.fields import Kind, RowFault
from inventory.exchange.mapping import fit
from inventory.exchange.source import SourceRow, as_text
from inventory.exchange.spool import BAD, DONE, GOOD, KNOWN, LEFT_OUT, Entry, Spool
from inventory.exchange.uploads import Uploads
from inventory.exchange.writing import csv_lines, write_xlsx
from inventory.models import ImportFile
from inventory.models.importing import ImportStatus
from inventory.services import alerts, audit
from inventory.services.import_files import REASON, get_file, mapping_of
from inventory.services.import_reading import row_of
from inventory.services.importing import take_some
from inventory.services.importing_job import Outcome, Pending

TRIED = 20_000
"""A longer file is not tried out as a whole before it is taken: its rows are checked by themselves alone."""
WHOLE = 20_000
"""A longer file cannot be taken all or nothing: that is one transaction."""
AT_ONCE = 1000
DOCUMENTS = 40
"""A slice is at most so many rows, of about so many documents."""

PAIRS = 25
"""Alerts of so many pairs of site and item are looked at together, after the last slice."""


@dataclass(frozen=True, slots=True)
class _How:
    """What is needed to take entries of a file."""

    kind: Kind
    formats: dict[str, list[str]]
    columns: dict[str, str]


class NotWhole(Exception):
    """A row of a file that is to be taken whole cannot be."""


def check_some(session: Session, actor: Actor, uploads: Uploads, file_id: int) -> bool:
    """Try the next rows out and undo them; what cannot be taken is kept with its reason. True after the last."""
    file = get_file(session, actor, file_id, lock=True)
    if file.status != ImportStatus.CHECKING:
        return True
    with uploads.spool(str(file.stored)) as spool:
        entries = _next(file, spool) if file.rows <= TRIED else []
        if entries:
            trial = session.begin_nested()
            try:
                with alerts.later(session):
                    outcome, _, _ = _take(session, actor, file, spool, entries)
            finally:
                trial.rollback()
                session.expire_all()
            file = get_file(session, actor, file_id)
            with spool.writing():
                spool.judge(_refusals(outcome))
                _warn(spool, outcome)
            file.position += len(entries)
            return False
        counts = spool.counts()
        file.refused, file.warnings = counts.get(BAD, 0), spool.count_notes()
        file.known, file.position = counts.get(KNOWN, 0), 0
        file.status = ImportStatus.CHECKED
        spool.line_up()
    return True


def start(session: Session, actor: Actor, uploads: Uploads, file_id: int, *, whole: bool) -> ImportFile:
    """Begin to take the rows. A `whole` file that has bad rows is refused at once, and nothing of it taken."""
    file = get_file(session, actor, file_id, lock=True)
    if file.status in (ImportStatus.RUNNING, ImportStatus.DONE, ImportStatus.REFUSED):
        return file
    if file.status != ImportStatus.CHECKED:
        raise Conflict(msg("The file is not checked yet."))
    if whole and file.rows > WHOLE:
        raise Conflict(
            msg(
                "A file of more than %(most)s rows is too large for all or nothing: take its good rows.",
                most=WHOLE,
            )
        )
    file.whole, file.position = whole, 0
    audit.note(session, actor, "import", f"file {file.id}", name=file.name, kind=file.kind, whole=whole)
    if whole and file.refused:
        refuse(session, uploads, file)
    else:
        file.status = ImportStatus.RUNNING
    return file


def run_some(session: Session, actor: Actor, uploads: Uploads, file_id: int) -> bool:
    """Take the next rows; of a file that is to be taken whole, all. True after the last.

    Raises `NotWhole` where one of a whole file cannot be taken after all: the caller undoes it and calls `refuse`.
    """
    file = get_file(session, actor, file_id, lock=True)
    if file.status != ImportStatus.RUNNING:
        return True
    with uploads.spool(str(file.stored)) as spool:
        while entries := _next(file, spool):
            outcome, already, touched = _take(session, actor, file, spool, entries)
            bad = _refusals(outcome)
            states: dict[int, tuple[str, list[RowFault]]] = {
                each.line: (KNOWN if each.line in already else DONE, []) for each in entries
            }
            with spool.writing():
                spool.judge(states | bad)
                spool.touch(touched)
                _warn(spool, outcome)
            if bad and file.whole:
                raise NotWhole
            file.position += len(entries)
            file.imported += outcome.imported
            if not file.whole:
                return False
        while pairs := spool.touched(file.position - spool.lined_up(), PAIRS):
            alerts.refresh(session, pairs)
            file.position += len(pairs)
            if not file.whole:
                return False
        _close(uploads, file, spool, ImportStatus.DONE)
    return True


def refuse(session: Session, uploads: Uploads, file: ImportFile) -> None:
    """Nothing of the file is taken: a row of it is bad, and it was to be taken whole."""
    file.imported = 0
    with uploads.spool(str(file.stored)) as spool:
        _close(uploads, file, spool, ImportStatus.REFUSED)
    session.flush()


def headers_of(file: ImportFile, spool: Spool) -> tuple[list[str], dict[str, str]]:
    """The headers of a file whose columns were told, and those that are fields, by field."""
    mapping, _ = mapping_of(Kind(file.kind), file.told)
    table = fit([spool.sheet(name=file.told.get("file", {}).get("sheet"))], mapping)
    return table.table.headers, table.columns


def places(file: ImportFile, spool: Spool) -> dict[str, int]:
    """header -> which cell of a row stands below it, from 0."""
    headers, _ = headers_of(file, spool)
    cells = _header_cells(file, spool)
    return dict(zip(headers, [at for at, cell in enumerate(cells) if cell], strict=False))


def _close(uploads: Uploads, file: ImportFile, spool: Spool, status: ImportStatus) -> None:
    """The file is done with; only its refused rows are kept."""
    counts = spool.counts()
    file.refused, file.warnings = counts.get(BAD, 0), spool.count_notes()
    file.known = (
        file.rows - file.imported - file.refused - counts.get(LEFT_OUT, 0)
        if status == ImportStatus.DONE
        else 0
    )
    file.status, file.finished_at = status, clock.now()
    if file.refused:
        keep_refused(uploads, file, spool)
    file.refused_kept = bool(file.refused)


def clear(uploads: Uploads, file: ImportFile) -> None:
    """Remove what is no longer needed of a file that is done with; after the transaction that settled it."""
    if file.stored is not None and file.status in (ImportStatus.DONE, ImportStatus.REFUSED):
        uploads.drop(file.stored, refused=False)


def keep_refused(uploads: Uploads, file: ImportFile, spool: Spool) -> None:
    """Write the bad rows as they stand in the file, and why each is bad, in the file's own format."""
    headers = _header_cells(file, spool)
    key = str(file.stored)
    rows = ([*_padded(cells, len(headers)), _reason(faults)] for cells, faults in spool.refused())
    if uploads.is_workbook(key):
        write_xlsx(uploads.refused(key, "xlsx"), [*headers, REASON], rows, file.kind)
        return
    path = uploads.refused(key, "csv")
    with path.open("w", encoding="utf-8", newline="") as stream:
        path.chmod(0o600)
        stream.writelines(csv_lines([*headers, REASON], rows, bom=True))


def _header_cells(file: ImportFile, spool: Spool) -> list[str]:
    mapping, _ = mapping_of(Kind(file.kind), file.told)
    line = fit([spool.sheet()], mapping).table.header_line
    return [" ".join(as_text(cell).split()) for cell in spool.cells([line])[line]]


def _padded(cells: list[Any], width: int) -> list[Any]:
    return [*cells, *[None] * (width - len(cells))]


def _reason(faults: list[RowFault]) -> str:
    return "; ".join(
        f"{each.column}: {each.message}" if each.column else str(each.message) for each in faults
    )


def _next(file: ImportFile, spool: Spool) -> list[Entry]:
    kind = Kind(file.kind)
    if kind is Kind.SITES:
        return spool.slice(file.position, TRIED, 2, whole=True)  # one may be supplied by another further down
    return spool.slice(file.position, AT_ONCE, DOCUMENTS, whole=kind is Kind.SHIPMENTS)


def _take(
    session: Session, actor: Actor, file: ImportFile, spool: Spool, entries: list[Entry]
) -> tuple[Outcome, set[int], set[tuple[int, int]]]:
    kind = Kind(file.kind)
    mapping, _ = mapping_of(kind, file.told)
    _, columns = headers_of(file, spool)
    how = _How(kind, mapping.dates, columns)
    before = spool.taken_before(file.position, entries[0].group) if kind is Kind.CONSUMPTION else None
    rows = [_pending(how, entry) for entry in entries if entry.state in (GOOD, KNOWN, DONE)]
    return take_some(
        session, actor, kind, columns, rows, [_pending(how, before)] if before is not None else []
    )


def _pending(how: _How, entry: Entry) -> Pending:
    row = row_of(how.kind, entry, how.formats, how.columns)
    return Pending(row, SourceRow(entry.line, {}), str(entry.digest))


def _refusals(outcome: Outcome) -> dict[int, tuple[str, list[RowFault]]]:
    return {refused.source.line: (BAD, refused.faults) for refused in outcome.refused}


def _warn(spool: Spool, outcome: Outcome) -> None:
    spool.warn((note.line, note.column, note.message) for note in outcome.notes.found)
