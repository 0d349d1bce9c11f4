"""The rows of an uploaded file by field: read in short stretches, every fault kept in its cell, nothing written.

After the last row, what the file calls its items is compared with the catalogue; what nobody knows waits for a person.
"""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.errors import Message, msg
from inventory.exchange import bundled, scms
from inventory.exchange.fields import Kind, RowFault, RowRefusedError, parse, parse_row
from inventory.exchange.mapping import MappedRow, fit
from inventory.exchange.notes import Note, Notes
from inventory.exchange.rows import ConsumptionRow, MonthRow, ReceiptRow, ReferenceRow, Row, ShipmentRow
from inventory.exchange.source import Value, as_text, is_blank
from inventory.exchange.spool import BAD, GOOD, KNOWN, LEFT_OUT, Entry, Spool
from inventory.exchange.uploads import Uploads
from inventory.models import ImportedRow, ImportFile, Item, Site
from inventory.models.importing import ImportStatus
from inventory.models.words import SiteKind
from inventory.rules import matching
from inventory.rules.text import is_code
from inventory.services.import_files import get_file, mapping_of
from inventory.services.importing_job import content_of, numbered_digest
from inventory.services.importing_stock import HEADER

CHUNK = 400
NEAR = 75
"""A new item that is so like one of ours (0 to 100) is asked about."""
MATCHED_AT_ONCE = 25

_FACTS = ("name", "inn", "strength", "dosage_form")


class Reader:
    """What is needed to read rows of one file: its mapping, the person's sites, the codes of ours."""

    def __init__(self, session: Session, actor: Actor, file: ImportFile) -> None:
        self.session = session
        self.kind = Kind(file.kind)
        self.told: dict[str, Any] = file.told
        self.mapping, self.adapt = mapping_of(self.kind, file.told)
        self.bound = _Bound(session, actor)
        self.translated: dict[str, str] = file.told.get("items", {})
        self.leave_repeats = bool(file.told.get("leave_repeats"))
        self.items: set[str] = set()
        if self.kind is Kind.ITEMS and self.translated:
            self.items = set(session.scalars(select(Item.code)))

    def rows(self, spool: Spool, after: int) -> tuple[Iterator[MappedRow], dict[str, str], Notes]:
        """The mapped rows after the line `after`, the file's headers by field, and what is odd as it is found."""
        notes, plain = Notes(), self.adapt is bundled.as_it_is
        sheet = spool.sheet(after if plain else 0, self.told.get("file", {}).get("sheet"))
        table = fit([sheet], self.mapping)
        return (row for row in self.adapt(table, notes) if row.line > after), table.columns, notes


def read_some(session: Session, actor: Actor, uploads: Uploads, file: ImportFile, until: float) -> bool:
    """Read rows until the monotonic time `until`, or the last; True when all is read and compared. Writes no row."""
    reader = Reader(session, actor, file)
    with uploads.spool(str(file.stored)) as spool:
        after = spool.last_entry()
        if after < spool.last_raw():
            rows, columns, notes = reader.rows(spool, after)
            if not _read(reader, spool, rows, columns, notes, until):
                return False
        return _match(reader, spool, until)


def finish(session: Session, actor: Actor, uploads: Uploads, file_id: int) -> None:
    """All is read: ask for the items that nobody knows, else go on to the check."""
    file = get_file(session, actor, file_id, lock=True)
    if file.status != ImportStatus.READING:
        return
    with uploads.spool(str(file.stored)) as spool:
        file.status = ImportStatus.MATCHING if spool.unknown() else ImportStatus.CHECKING
        spool.line_up()
        counts = spool.counts()
        file.position, file.rows, file.refused = 0, sum(counts.values()), counts.get(BAD, 0)
        file.known, file.warnings = counts.get(KNOWN, 0), spool.count_notes()


def progress(file: ImportFile, spool: Spool) -> tuple[int, int]:
    """How many rows of the present step are done, of how many."""
    if file.status == ImportStatus.READING:
        return spool.last_entry(), spool.last_raw()
    return file.position, file.rows


def row_of(kind: Kind, entry: Entry, formats: dict[str, list[str]], columns: dict[str, str]) -> Row:
    """The typed row of an entry that could be read before."""
    return parse(kind, entry.line, entry.told, formats, columns)


def _read(
    reader: Reader,
    spool: Spool,
    rows: Iterator[MappedRow],
    columns: dict[str, str],
    notes: Notes,
    until: float,
) -> bool:
    """Stretches of rows, each kept at once; True after the last."""
    while True:
        stretch: list[tuple[Entry, bool]] = []
        with spool.writing():
            met: dict[str, tuple[int, dict[str, str]]] = {}
            for row in rows:
                entry = _entry(reader, spool, row, columns, notes, met)
                spool.add([entry])
                stretch.append((entry, entry.state == GOOD))
                if len(stretch) == CHUNK:
                    break
            _mark_known(reader.session, spool, [entry for entry, good in stretch if good])
            spool.meet(met)
            spool.warn((note.line, note.column, note.message) for note in notes.found)
            notes.found.clear()
        if len(stretch) < CHUNK:
            return True
        if time.monotonic() > until:
            return False


def _entry(
    reader: Reader,
    spool: Spool,
    row: MappedRow,
    columns: dict[str, str],
    notes: Notes,
    met: dict[str, tuple[int, dict[str, str]]],
) -> Entry:
    kind, values = reader.kind, dict(row.values)
    left_out = _translate(reader, values, met, columns)
    if left_out is not None:
        notes.found.append(Note(row.line, columns.get("code"), left_out))
        return Entry(row.line, LEFT_OUT, values)
    mapped = MappedRow(row.line, values, row.source)
    try:
        read = parse_row(kind, mapped, reader.mapping.dates, columns)
    except RowRefusedError as refused:
        return Entry(row.line, BAD, values, refused.faults)
    fault = reader.bound.fault(kind, read)
    if fault is not None:
        return Entry(row.line, BAD, values, [RowFault(row.line, columns.get(fault[0], fault[0]), fault[1])])
    content = content_of(kind, read)
    base = numbered_digest(content, 0)
    before, first = spool.earlier(base)
    state = GOOD
    if before:
        notes.found.append(Note(row.line, None, msg("The same stands in line %(line)s.", line=first or 0)))
        state = LEFT_OUT if reader.leave_repeats else GOOD
    sort, group = _order(kind, read)
    return Entry(row.line, state, values, (), base, numbered_digest(content, before + 1), sort, group)


def _translate(
    reader: Reader,
    values: dict[str, Value],
    met: dict[str, tuple[int, dict[str, str]]],
    columns: dict[str, str],
) -> Message | None:
    """Put our code in place of what the file calls the item; why the row is left out, where it is."""
    if reader.kind is Kind.SITES:
        return None
    own = reader.kind is Kind.ITEMS
    field = "code" if own else "item"
    if is_blank(values.get(field)) and not own:
        values[field] = values.get("item_name")
    text = " ".join(as_text(values.get(field)).split())[:200]
    if not text:
        return None
    said = reader.translated.get(text)
    if own and said not in (None, "+"):
        return msg("This item is ours already, as %(code)s.", code=said) if said else msg("Left out by hand.")
    if said == "+":
        values[field] = text if is_code(text) else scms.item_code(text)
    elif said:
        values[field] = said
    elif said is None:
        rows, facts = met.get(text, (0, {}))
        met[text] = rows + 1, facts or _facts(values, own)
    return None


def _facts(values: dict[str, Value], own: bool) -> dict[str, str]:
    prefix = "" if own else "item_"
    told = {name: " ".join(as_text(values.get(prefix + name)).split())[:200] for name in _FACTS}
    return {name: text for name, text in told.items() if text}


def _mark_known(session: Session, spool: Spool, entries: Sequence[Entry]) -> None:
    digests = {str(entry.digest): entry for entry in entries}
    found = session.scalars(select(ImportedRow.digest).where(ImportedRow.digest.in_(list(digests))))
    spool.judge({digests[digest].line: (KNOWN, ()) for digest in found})


def _match(reader: Reader, spool: Spool, until: float) -> bool:
    """Candidates for every item that the catalogue has not under that code; True after the last."""
    if not spool.unmatched(1):
        return True
    ours = _catalogue(reader.session)
    by_case = {code.casefold(): code for code in ours}
    own = reader.kind is Kind.ITEMS
    while waiting := spool.unmatched(MATCHED_AT_ONCE):
        found: dict[str, list[tuple[str, int]] | None] = {}
        for each in waiting:
            if each.text in ours:
                found[each.text] = None
                continue
            wanted = matching.known(*each.facts.values(), *(() if is_code(each.text) else (each.text,)))
            same = by_case.get(each.text.casefold())
            near = [(match.code, match.score) for match in matching.best(wanted, ours) if match.code != same]
            near = [(same, 100), *near] if same is not None else near
            found[each.text] = near if not own or (near and near[0][1] >= NEAR) else None
        with spool.writing():
            spool.match(found)
        if time.monotonic() > until:
            return not spool.unmatched(1)
    return True


def _catalogue(session: Session) -> dict[str, matching.Known]:
    query = select(Item.code, Item.name_fr, Item.name, Item.inn, Item.strength, Item.dosage_form)
    return {code: matching.known(*texts, name_fr=name_fr) for code, name_fr, *texts in session.execute(query)}


def _order(kind: Kind, row: Row) -> tuple[str, str]:
    """By what rows are sorted, and which of them make one document."""
    if isinstance(row, ReferenceRow):
        return "", ""
    if isinstance(row, ReceiptRow):
        day = row.received_on or date.max
        return day.isoformat(), json.dumps([getattr(row, name) for name in HEADER], default=str)
    if isinstance(row, ConsumptionRow):
        return f"1 {row.occurred_on.isoformat()}", f"{row.occurred_on.isoformat()} {row.site}"
    if isinstance(row, MonthRow):
        return f"0 {row.site} {row.item} {row.month.isoformat()}", f"month {row.site}"
    assert isinstance(row, ShipmentRow)
    return row.origin, f"{row.origin} {row.reference}"


class _Bound:
    """The sites of a person who works at some of them alone."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._actor = actor
        self._sites: dict[str, tuple[int, str]] = {}
        if actor.sites is not None:
            rows = session.execute(select(Site.code, Site.id, Site.kind))
            self._sites = {code: (site_id, kind) for code, site_id, kind in rows}

    def fault(self, kind: Kind, row: Row) -> tuple[str, Message] | None:
        """The field that names a site which is not the person's own, and the words for it."""
        if self._actor.sites is None or kind not in (Kind.RECEIPTS, Kind.CONSUMPTION, Kind.SHIPMENTS):
            return None
        field = "site"
        if isinstance(row, ShipmentRow):
            _, origin = self._sites.get(row.origin, (0, SiteKind.PARTNER))
            field = "destination" if origin == SiteKind.PARTNER else "origin"
        code = str(getattr(row, field))
        if code in self._sites and self._actor.sees_site(self._sites[code][0]):
            return None
        return field, msg("The site %(site)s is not one of yours. Ask an administrator to add it.", site=code)
