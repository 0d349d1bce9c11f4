"""`flask backup` and `flask restore`: one format for both databases, so that either can be moved to the other.

A backup is gzipped lines of JSON: a header; for each table a line that names its columns and tells how many rows
follow, then the rows; and a last line, so that a file that was cut short is found out.
"""

import base64
import gzip
import json
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import click
import psycopg
from sqlalchemy import Column, Date, LargeBinary, Table, Uuid, delete, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from inventory import clock
from inventory.cli.schema import bring_up_to_date, needed_revision, stored_revision
from inventory.db import (
    Base,
    Instant,
    Scaled,
    continue_counting,
    session,
    snapshot,
    transaction,
    write_rows,
)

FORMAT = "relais-backup-1"
END = {"end": True}
_CHUNK = 2000
_BROKEN = (OSError, EOFError, zlib.error, KeyError, TypeError, ValueError, ArithmeticError)
_REFUSED = (SQLAlchemyError, sqlite3.Error, psycopg.Error)


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything to FILE, as it is at one moment, while the app serves. Only its owner can read the file."""
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)  # made with mode 0600
    except OSError as error:
        raise click.ClickException(f"{file.parent}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as raw:
            with snapshot() as current, gzip.open(raw, "wt", compresslevel=5, encoding="utf-8") as out:
                if stored_revision(current) != needed_revision():
                    raise click.ClickException(
                        "The database is not up to date: run `flask db upgrade` first."
                    )
                total = _write(current, out)
            raw.flush()
            os.fsync(raw.fileno())
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    click.echo(f"{total} rows written to {file}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Even if there is something in the database: it is deleted.")
def restore(file: Path, force: bool) -> None:
    """Put the contents of FILE into an empty database, all of it or nothing."""
    bring_up_to_date(session())
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            _check_header(json.loads(next(lines, "null")))
            with transaction() as current:
                _make_room(current, force=force)
                total = _read(current, lines)
                continue_counting(current)
    except (*_BROKEN, *_REFUSED) as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(f"{file} is no whole backup ({reason}). Nothing was changed.") from None
    click.echo(f"{total} rows restored from {file}")


COMMANDS = (backup, restore)


def _write(current: Session, out: IO[str]) -> int:
    total = 0
    header = {"format": FORMAT, "revision": needed_revision(), "made_at": clock.now().isoformat()}
    _line(out, header)
    for table in Base.metadata.sorted_tables:
        many = current.scalar(select(func.count()).select_from(table)) or 0
        _line(out, {"table": table.name, "columns": [column.name for column in table.columns], "rows": many})
        query = select(table).order_by(*table.primary_key.columns)
        for row in current.execute(query, execution_options={"yield_per": _CHUNK}):
            _line(out, [_plain(value) for value in row])
        total += many
    _line(out, END)
    return total


def _line(out: IO[str], value: Any) -> None:
    out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    out.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    kind = column.type
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Scaled):
        return Decimal(value)
    if isinstance(kind, Uuid):
        return UUID(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return value


def _check_header(header: Any) -> None:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("its first line is not that of a backup")
    if header.get("revision") != needed_revision():
        raise click.ClickException(
            f"The backup is of schema {header.get('revision')}, this program has {needed_revision()}:"
            " restore it with the version that made it, and upgrade then."
        )


def _make_room(current: Session, *, force: bool) -> None:
    tables = Base.metadata.sorted_tables
    filled = [table.name for table in tables if current.execute(select(table).limit(1)).first() is not None]
    if filled and not force:
        raise click.ClickException(
            f"There is something in the database ({', '.join(filled[:3])} ...): --force deletes it first."
        )
    if filled and current.get_bind().dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables)
        current.execute(text(f"TRUNCATE {names}"))
    elif filled:
        for table in reversed(tables):
            current.execute(delete(table))


def _read(current: Session, lines: Iterator[str]) -> int:
    total = 0
    for line in lines:
        told = json.loads(line)
        if told == END:
            return total
        table = Base.metadata.tables[told["table"]]
        total += _fill(current, table, told["columns"], told["rows"], lines)
    raise EOFError("it was cut short")


def _fill(current: Session, table: Table, names: list[str], many: int, lines: Iterator[str]) -> int:
    """Write the rows of a table. What refers to the same table is filled in afterwards: it may come later."""
    columns = [table.c[name] for name in names]
    own = [i for i, c in enumerate(columns) if any(key.column.table is table for key in c.foreign_keys)]
    keys = [names.index(column.name) for column in table.primary_key.columns]
    later: list[list[Any]] = []

    def rows() -> Iterator[list[Any]]:
        for _ in range(many):
            row = [_value(c, v) for c, v in zip(columns, json.loads(next(lines, "null")), strict=True)]
            if any(row[index] is not None for index in own):
                later.append(list(row))
                for index in own:
                    row[index] = None
            yield row

    written = write_rows(current, table, names, rows())
    for row in later:
        which = [table.c[names[key]] == row[key] for key in keys]
        current.execute(update(table).where(*which).values({names[index]: row[index] for index in own}))
    return written
