"""Files on their way in: uploaded, their columns told, their unknown items named; and the mappings kept for others."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import EVERYWHERE, Actor, require
from inventory.errors import Conflict, FieldError, Invalid, NotFound, msg
from inventory.exchange import bundled, guessing
from inventory.exchange.fields import FIELDS, Kind
from inventory.exchange.mapping import MappedRow, MappedTable, MappingError, fit, from_told
from inventory.exchange.mapping import Mapping as FieldMapping
from inventory.exchange.measures import unit_in
from inventory.exchange.notes import Notes
from inventory.exchange.reading import FileOptions, Table, chosen, find_table, open_sheets
from inventory.exchange.source import Sheet, UnreadableFile, folded
from inventory.exchange.spool import Spool
from inventory.exchange.uploads import Uploads
from inventory.models import Donor, ImportFile, ImportMapping, Item, Site
from inventory.models.importing import ImportStatus
from inventory.services.checks import Checks

SECTIONS = ("columns", "constants", "dates", "units", "skip")
HEAD = 60
REASON = "reason"
"""The column that tells in a file of refused rows why each was; no part of the file's own header."""
UNNAMED_FILE = "file"


@dataclass(frozen=True, slots=True)
class Look:
    """A file as its first rows show it: where its header is, and its columns with what stands in them."""

    header_line: int
    titles: list[str]
    columns: list[guessing.Column]

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


def may_import(actor: Actor, kind: Kind) -> bool:
    """Whether the actor's role may import that kind."""
    return actor.can(f"imports.{kind}")


def get_file(session: Session, actor: Actor, file_id: int, *, lock: bool = False) -> ImportFile:
    """A file of the actor's own; coordinators and administrators see all. Raises NotFound."""
    query = select(ImportFile).where(ImportFile.id == file_id).execution_options(populate_existing=True)
    file = session.scalars(query.with_for_update() if lock else query).one_or_none()
    leads = actor.role in EVERYWHERE and actor.can("imports.items")
    if file is None or not (leads or file.created_by_id == actor.user_id):
        raise NotFound(msg("Not found."))
    require(actor, f"imports.{file.kind}")
    return file


def upload(
    session: Session, actor: Actor, kind: Kind, name: str, key: str, size: int, sheet: str | None
) -> ImportFile:
    """Note a file that was kept and unpacked."""
    require(actor, f"imports.{kind}")
    if actor.user_id is None:
        raise Conflict(msg("Only a person uploads a file; programs use the command."))
    name = "".join(each for each in name if each.isprintable()).replace("\\", "/").rpartition("/")[2]
    file = ImportFile(
        kind=kind,
        name=name[-200:] or UNNAMED_FILE,
        size=size,
        stored=key,
        status=ImportStatus.UPLOADED,
        told={"file": {"sheet": sheet} if sheet else {}},
        created_by_id=actor.user_id,
        by=actor.name,
    )
    session.add(file)
    session.flush()
    return file


def unpack(uploads: Uploads, key: str, kind: Kind, sheet: str | None) -> str | None:
    """Take the rows of a file into its spool; the sheet that was taken. Raises `UnreadableFile`.

    Of several sheets, and none named, the one whose header is known best.
    """
    with open_sheets(uploads.upload(key), FileOptions()) as sheets:
        one = chosen(sheets, sheet)[0] if sheet else _likeliest(sheets, kind)
        with uploads.spool(key) as spool:
            if spool.fill(one.rows) == 0:
                raise UnreadableFile(msg("The file is empty."))
        return one.name


def sheets_of(uploads: Uploads, key: str) -> list[str]:
    """The names of a workbook's sheets; none for text."""
    if not uploads.is_workbook(key):
        return []
    with open_sheets(uploads.upload(key), FileOptions()) as sheets:
        return [sheet.name for sheet in sheets if sheet.name is not None]


def look(spool: Spool, kind: Kind, header_row: int | None = None) -> Look:
    """The file's header, as told or as found, and its columns. Raises `UnreadableFile`."""
    options = FileOptions(header_row=header_row)
    try:
        table = find_table([spool.sheet()], options, guessing.wanted_headers(kind))
    except UnreadableFile:
        table = find_table([spool.sheet()], options)
    return Look(table.header_line, table.titles, guessing.profile(table.headers, _values(table)))


def guess(session: Session, kind: Kind, seen: Look) -> dict[str, Any]:
    """What the columns probably are, as the sections of a mapping."""
    columns = guessing.guess(kind, seen.columns, known_codes(session))
    by_header = {column.header: column for column in seen.columns}
    dates = {
        name: forms
        for name, header in columns.items()
        if FIELDS[kind][name].dated and (forms := guessing.date_forms(by_header[header].values).forms)
    }
    units = {name: unit for name, header in columns.items() if (unit := unit_in(name, header))}
    empty = guessing.where_empty(kind, columns, by_header)
    return {"columns": columns, "constants": empty, "dates": dates, "units": units, "skip": {}}


def known_codes(session: Session) -> dict[str, frozenset[str]]:
    """The codes of items, sites and donors, folded."""
    return {
        name: frozenset(folded(code) for code in session.scalars(select(model.code)))
        for name, model in (("item", Item), ("site", Site), ("donor", Donor))
    }


def bundled_told(name: str) -> dict[str, Any]:
    """A mapping that comes with the app, as sections."""
    mapping = bundled.load(name)
    told = {section: dict(getattr(mapping, section)) for section in SECTIONS}
    return {**told, "bundled": name}


def fitting_bundled(kind: Kind, headers: Iterable[str]) -> list[str]:
    """The names of the mappings that come with the app and whose columns the file has."""
    there = {folded(header) for header in headers}
    return [
        name
        for name, each in bundled.BUNDLED.items()
        if each.kind is kind
        and all(folded(header) in there for header in bundled.load(name).columns.values())
    ]


def headers_digest(headers: Iterable[str]) -> str:
    """What files with the same header have in common."""
    told = sorted({folded(header) for header in headers} - {REASON})
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def mapping_of(
    kind: Kind, told: Mapping[str, Any]
) -> tuple[FieldMapping, Callable[[MappedTable, Notes], Iterator[MappedRow]]]:
    """The mapping that the sections tell, and the code beside it. Raises `MappingError`."""
    sections: dict[str, Any] = {name: dict(told.get(name, {})) for name in SECTIONS}
    for section in ("dates", "units"):
        told_of = sections[section].items()
        sections[section] = {name: how for name, how in told_of if name in sections["columns"]}
    header_row = told.get("file", {}).get("header_row")
    sections["file"] = {"header_row": header_row} if header_row else {}
    mapping = from_told(sections, kind, "")
    known = bundled.BUNDLED.get(told.get("bundled") or "")
    made = set(known.made) if known is not None else set()
    if "item" in FIELDS[kind] and "item" not in sections["columns"] and "item_name" in sections["columns"]:
        made.add("item")
    if kind is Kind.ITEMS and "code" not in sections["columns"] and "name" in sections["columns"]:
        made.add("code")
    mapping = replace(mapping, made=frozenset(made))
    return mapping, known.adapt if known is not None else bundled.as_it_is


def tell_columns(
    session: Session,
    actor: Actor,
    uploads: Uploads,
    file_id: int,
    told: Mapping[str, Any],
    save_as: str | None,
) -> ImportFile:
    """Say which column is which field; reading may begin. `save_as` keeps the mapping under that name.

    Raises Invalid where the mapping does not fit the file.
    """
    file = _open(session, actor, file_id)
    kind = Kind(file.kind)
    checks = Checks(session)
    name = checks.text(save_as, "/save_as")
    headers: list[str] = []
    try:
        mapping, _ = mapping_of(kind, told)
        with uploads.spool(str(file.stored)) as spool:
            headers = fit([spool.sheet()], mapping).table.headers
            spool.begin()
    except MappingError as error:
        checks.add("/columns", error.message)
    except UnreadableFile as error:
        checks.add("/header_row", error.message)
    checks.check()
    file.told = dict(told)
    file.mapping_name = name or file.mapping_name
    file.status = ImportStatus.READING
    file.rows = file.imported = file.refused = file.known = file.warnings = file.position = 0
    if name:
        _keep(session, actor, kind, name, headers, file.told)
    return file


def tell_items(
    session: Session, actor: Actor, uploads: Uploads, file_id: int, said: Mapping[str, str]
) -> ImportFile:
    """Say which of our items the file's are: text -> our code, `+` for a new item, nothing for none."""
    file = _open(session, actor, file_id)
    known = set(session.scalars(select(Item.code)))
    wrong = [text for text, code in said.items() if code not in ("", "+") and code not in known]
    if wrong:
        errors = [
            FieldError("/items", msg("There is no item with the code %(code)s.", code=said[text]))
            for text in wrong
        ]
        raise Invalid(errors)
    file.told = {**file.told, "items": {**file.told.get("items", {}), **said}}
    file.status = ImportStatus.READING
    with uploads.spool(str(file.stored)) as spool:
        spool.begin()
    if file.mapping_name:
        kept = _kept(session, file.kind, file.mapping_name)
        if kept is not None:
            kept.told = {**kept.told, "items": file.told["items"]}
            kept.changed_at, kept.by = clock.now(), actor.name
    return file


def go_back(session: Session, actor: Actor, file_id: int) -> ImportFile:
    """Back to the columns, as long as nothing was taken."""
    file = _open(session, actor, file_id)
    file.status = ImportStatus.UPLOADED
    return file


def change_sheet(
    session: Session, actor: Actor, file_id: int, sheet: str | None, header_row: int | None
) -> ImportFile:
    """Note another sheet or row of the header; what was told of the columns no longer holds."""
    file = _open(session, actor, file_id)
    file.told = {
        "file": {key: value for key, value in (("sheet", sheet), ("header_row", header_row)) if value}
    }
    file.status = ImportStatus.UPLOADED
    return file


def forget(session: Session, actor: Actor, uploads: Uploads, file_id: int) -> None:
    """Remove a file that is not done with: nothing of it was or will be taken. Of one that is, its refused rows."""
    file = get_file(session, actor, file_id, lock=True)
    if file.status == ImportStatus.RUNNING:
        raise Conflict(msg("Its rows are being taken. Let it come to its end first."))
    if file.stored is not None:
        uploads.drop(file.stored)
    if file.status in (ImportStatus.DONE, ImportStatus.REFUSED):
        file.refused_kept, file.stored = False, None
    else:
        session.delete(file)


def sweep(session: Session, uploads: Uploads) -> None:
    """Forget what is a week old: files nobody went on with, and refused rows nobody fetched."""
    uploads.sweep()
    for file in session.scalars(select(ImportFile).where(ImportFile.stored.is_not(None))):
        key = str(file.stored)
        if file.status in (ImportStatus.DONE, ImportStatus.REFUSED):
            if file.refused_kept and not any(uploads.refused(key, end).exists() for end in ("csv", "xlsx")):
                file.refused_kept, file.stored = False, None
        elif not uploads.has(key):
            if file.imported:  # given up midway: what was taken stays on record
                file.status, file.stored, file.finished_at = ImportStatus.DONE, None, clock.now()
            else:
                session.delete(file)


def _open(session: Session, actor: Actor, file_id: int) -> ImportFile:
    file = get_file(session, actor, file_id, lock=True)
    if file.status in (ImportStatus.RUNNING, ImportStatus.DONE, ImportStatus.REFUSED):
        raise Conflict(msg("This file is done with. Upload it again to read it otherwise."))
    return file


def _keep(
    session: Session, actor: Actor, kind: Kind, name: str, headers: list[str], told: dict[str, Any]
) -> None:
    kept = _kept(session, kind, name)
    if kept is None:
        kept = ImportMapping(kind=kind, name=name)
        session.add(kept)
    kept.headers, kept.by, kept.changed_at = headers_digest(headers), actor.name, clock.now()
    kept.told = {**told, "file": {}}


def _kept(session: Session, kind: str, name: str) -> ImportMapping | None:
    query = select(ImportMapping).where(ImportMapping.kind == str(kind), ImportMapping.name == name)
    return session.scalars(query).one_or_none()


def _likeliest(sheets: list[Sheet], kind: Kind) -> Sheet:
    """The sheet with most known words in one of its first rows, rebuilt with the rows that were looked at."""
    if len(sheets) == 1:
        return sheets[0]
    words = {folded(word) for word in guessing.wanted_headers(kind)}
    best, best_score = sheets[0], -1
    for sheet in sheets:
        head = list(islice(sheet.rows, HEAD))
        score = max(
            (len({folded(str(cell)) for cell in cells if cell is not None} & words) for _, cells in head),
            default=0,
        )
        if score > best_score:
            best, best_score = Sheet(sheet.name, _again(head, sheet.rows), sheet.lines), score
    return best


def _again(head: list[Any], rest: Iterator[Any]) -> Iterator[Any]:
    yield from head
    yield from rest


def _values(table: Table) -> Iterator[Mapping[str, Any]]:
    for row in table.rows:
        yield row.values
