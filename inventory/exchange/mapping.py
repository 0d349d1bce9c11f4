"""Mappings: which column of a file is which field, told in TOML."""

import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.errors import Message, msg
from inventory.exchange.fields import FIELDS, Kind
from inventory.exchange.measures import MEASURES, in_ours
from inventory.exchange.reading import FileOptions, Table, find_table, open_sheets
from inventory.exchange.source import Sheet, SourceRow, UnreadableFile, Value, as_text, folded

_SECTIONS = ("file", "columns", "constants", "dates", "units", "skip")
_FILE = {"encoding": str, "delimiter": str, "sheet": str, "header_row": int}


class MappingError(UnreadableFile):
    """The mapping cannot be used, or does not fit the file; `message` names what is at fault."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """`columns`: header by field; `dates`: formats by field; `units`: in what a weight or volume is told, by field,
    where that is not ours; `skip`: values by header that leave rows out."""

    kind: Kind
    file: FileOptions = field(default_factory=FileOptions)
    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Value] = field(default_factory=dict)
    dates: dict[str, list[str]] = field(default_factory=dict)
    skip: dict[str, list[str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    plain: bool = False
    """True where there is no mapping: the columns bear the fields' own names and any may be missing."""
    made: frozenset[str] = frozenset()
    """Fields that code beside the mapping fills in, so that neither column nor constant need be told."""

    def fixed(self, sheet: str | None = None, **constants: Value) -> "Mapping":
        """This mapping with what the command line says instead of it."""
        told = {name: value for name, value in constants.items() if value is not None}
        columns = {name: header for name, header in self.columns.items() if name not in told}
        options = replace(self.file, sheet=sheet) if sheet else self.file
        return replace(self, file=options, columns=columns, constants={**self.constants, **told})


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A line's cells by field, beside the line as it stands in the file."""

    line: int
    values: dict[str, Value]
    source: SourceRow


@dataclass(slots=True)
class MappedTable:
    """An open file read through a mapping. `columns` are the file's own headers by field."""

    table: Table
    mapping: Mapping
    columns: dict[str, str]
    unused: list[str]

    def rows(self) -> Iterator[MappedRow]:
        """Each line that is not skipped, in order, as it is read."""
        skip = {header: {folded(value) for value in values} for header, values in self._skip().items()}
        for row in self.table.rows:
            if any(folded(as_text(row.values.get(header))) in values for header, values in skip.items()):
                continue
            values: dict[str, Value] = dict(self.mapping.constants)
            for name, header in self.columns.items():
                cell = row.values.get(header)
                if cell is not None or name not in values:
                    unit = self.mapping.units.get(name)
                    values[name] = cell if unit is None else in_ours(name, unit, cell)
            yield MappedRow(row.line, values, row)

    def _skip(self) -> dict[str, list[str]]:
        return {self.table.header(header) or header: values for header, values in self.mapping.skip.items()}


def plain(kind: Kind) -> Mapping:
    """No mapping: the columns bear the API's names."""
    return Mapping(kind, columns={name: name for name in FIELDS[kind]}, plain=True)


def load(path: Path, kind: Kind) -> Mapping:
    """A mapping from a TOML file. Raises `MappingError`."""
    try:
        content = path.read_text("utf-8-sig")
    except OSError as error:
        raise MappingError(
            msg("The mapping %(path)s cannot be read: %(why)s.", path=path, why=error.strerror or "")
        ) from error
    except UnicodeError as error:
        raise MappingError(msg("The mapping %(path)s is not UTF-8 text.", path=path)) from error
    return parse(content, kind, str(path))


def parse(content: str, kind: Kind, name: str) -> Mapping:
    """A mapping from TOML text; `name` is for messages. Raises `MappingError`."""
    try:
        told = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(
            msg("The mapping %(name)s is not TOML: %(why)s.", name=name, why=str(error))
        ) from error
    return from_told(told, kind, name)


def from_told(told: dict[str, Any], kind: Kind, name: str) -> Mapping:
    """A mapping from its sections; `name` is for messages. Raises `MappingError`."""
    _known(name, told, _SECTIONS, "")
    for section in _SECTIONS:
        if not isinstance(told.get(section, {}), dict):
            raise MappingError(
                msg("In the mapping %(name)s, [%(section)s] must be a table.", name=name, section=section)
            )
    columns, constants = told.get("columns", {}), told.get("constants", {})
    dates, skip = told.get("dates", {}), told.get("skip", {})
    fields = FIELDS[kind]
    _known(name, columns, fields, "columns")
    _known(name, constants, fields, "constants")
    _known(name, told.get("units", {}), [each for each in fields if each in MEASURES], "units")
    _known(name, dates, [each for each, how in fields.items() if how.dated], "dates")
    for header in columns.values():
        if not isinstance(header, str) or not header.strip():
            raise _wrong(name, "columns", msg("a field's header must be text"))
    return Mapping(
        kind,
        _options(name, told.get("file", {})),
        columns,
        {key: _constant(name, key, value) for key, value in constants.items()},
        {key: _formats(name, key, value) for key, value in dates.items()},
        {key: _texts(name, key, value) for key, value in skip.items()},
        {key: _unit(name, key, value) for key, value in told.get("units", {}).items()},
    )


@contextmanager
def open_mapped(path: Path, mapping: Mapping) -> Iterator[MappedTable]:
    """Open `path` as the mapping says and check that its columns are there.

    Raises `UnreadableFile`, or `MappingError` naming every column that the file lacks.
    """
    with open_sheets(path, mapping.file) as sheets:
        yield fit(sheets, mapping)


def fit(sheets: list[Sheet], mapping: Mapping) -> MappedTable:
    """The table among the sheets that the mapping is for, with its columns found.

    Raises `UnreadableFile`, or `MappingError` naming every column that the file lacks.
    """
    fields = FIELDS[mapping.kind]
    given = {*mapping.constants, *mapping.made}
    required = [name for name, how in fields.items() if how.required and name not in given]
    needed = [mapping.columns[name] for name in required if name in mapping.columns]
    wanted = [*mapping.columns.values(), *mapping.skip]
    table = find_table(sheets, mapping.file, wanted, needed if mapping.plain else wanted)
    must = needed if mapping.plain else wanted
    spared = [name for name in required if _told_instead(name, mapping, table)]
    missing = [
        header for header in must if table.header(header) is None and not (mapping.plain and header in spared)
    ]
    missing += [name for name in required if name not in mapping.columns and name not in spared]
    if missing:
        raise MappingError(
            msg(
                "The file lacks: %(missing)s. Its columns are: %(columns)s.",
                missing=", ".join(dict.fromkeys(missing)),
                columns=", ".join(table.headers),
            )
        )
    found = {
        name: header for name, told in mapping.columns.items() if (header := table.header(told)) is not None
    }
    used = {*found.values(), *(table.header(header) for header in mapping.skip)}
    unused = [header for header in table.headers if header not in used] if mapping.plain else []
    return MappedTable(table, mapping, found, unused)


def _told_instead(name: str, mapping: Mapping, table: Table) -> bool:
    """Whether `name` is a field that the file need not have because of another that it has."""
    other = FIELDS[mapping.kind][name].instead
    if other is None:
        return False
    told = mapping.columns.get(other)
    return other in mapping.constants or (told is not None and table.header(told) is not None)


def _known(name: str, told: dict[str, Any], known: Any, section: str) -> None:
    unknown = [key for key in told if key not in known]
    if unknown:
        where = f"[{section}] " if section else ""
        raise MappingError(
            msg(
                "The mapping %(name)s has unknown keys: %(where)s%(unknown)s. Known are: %(known)s.",
                name=name,
                where=where,
                unknown=", ".join(unknown),
                known=", ".join(known),
            )
        )


def _wrong(name: str, section: str, why: Message) -> MappingError:
    return MappingError(
        msg("In the mapping %(name)s, [%(section)s]: %(why)s.", name=name, section=section, why=str(why))
    )


def _options(name: str, told: dict[str, Any]) -> FileOptions:
    _known(name, told, _FILE, "file")
    for key, value in told.items():
        if type(value) is not _FILE[key] or value in ("", 0) or (isinstance(value, int) and value < 0):
            raise _wrong(name, "file", msg("%(key)s has no usable value", key=key))
    delimiter = told.get("delimiter")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise _wrong(name, "file", msg("the delimiter must be one character"))
    return FileOptions(**told)


def _constant(name: str, key: str, value: Any) -> Value:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str | bool | int | date | datetime):
        return value
    raise _wrong(name, "constants", msg("%(key)s must be one value", key=key))


def _formats(name: str, key: str, value: Any) -> list[str]:
    formats = value if isinstance(value, list) else [value]
    for form in formats:
        try:
            time.strptime(date(2001, 2, 3).strftime(form), form)
        except (ValueError, TypeError) as error:
            raise _wrong(name, "dates", msg("%(key)s has no usable format", key=key)) from error
    if not formats:
        raise _wrong(name, "dates", msg("%(key)s has no usable format", key=key))
    return [str(form) for form in formats]


def _unit(name: str, key: str, value: Any) -> str:
    known = MEASURES.get(key, {})
    if value not in known:
        raise _wrong(
            name, "units", msg("%(key)s is told in one of %(units)s", key=key, units=", ".join(known))
        )
    return str(value)


def _texts(name: str, key: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, dict | list) for each in values):
        raise _wrong(name, "skip", msg("%(key)s must be a list of values", key=key))
    return [as_text(_constant(name, key, each)) for each in values]
