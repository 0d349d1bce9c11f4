"""`flask import` and `flask export`: CSV and XLSX."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from inventory.access import SYSTEM
from inventory.db import atomically, session
from inventory.exchange import writing
from inventory.exchange.bundled import BUNDLED
from inventory.exchange.fields import Kind, RowFault
from inventory.exchange.mapping import open_mapped
from inventory.exchange.notes import Note
from inventory.exchange.source import UnreadableFile
from inventory.queries import exports
from inventory.services import importing
from inventory.services.importing import Outcome, Source

SHOWN = 3
"""So many of the warnings that say the same are told with their lines."""


class _NothingWritten(Exception):
    """The file was read to its end and nothing of it is to stay."""

    def __init__(self, outcome: Outcome, headers: list[str]) -> None:
        super().__init__()
        self.outcome = outcome
        self.headers = headers


@click.command("import")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    metavar="FILE",
    help=f"A TOML file that says which column is which field, or one of: {', '.join(sorted(BUNDLED))}.",
)
@click.option("--site", metavar="CODE", help="The site of every row (receipts and consumption).")
@click.option("--sheet", metavar="NAME", help="The sheet of a workbook.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; write nothing.")
@click.option("--skip-bad", is_flag=True, help="Take the good rows; write the others to FILE.refused.csv.")
@with_appcontext
def import_command(
    kind: str,
    file: Path,
    mapping: str | None,
    site: str | None,
    sheet: str | None,
    dry_run: bool,
    skip_bad: bool,
) -> None:
    """Import rows from a CSV or XLSX file, each of them once.

    Without a mapping the columns bear the API's names. One bad row stops the whole file unless --skip-bad. The last
    line printed is JSON: rows, imported, refused, warnings. Exit 1 if a row was refused, 2 if the file is unreadable.
    """
    try:
        source = importing.source_for(Kind(kind), mapping, site, sheet)
        outcome, headers, kept = _run(file, source, dry_run, skip_bad)
    except UnreadableFile as error:
        click.echo(f"{file}: {error.message}", err=True)
        raise SystemExit(2) from None
    _tell(file, outcome)
    if skip_bad and outcome.refused and not dry_run:
        click.echo(f"The refused rows are in {_write_refused(file, headers, outcome)}.", err=True)
    if dry_run:
        click.echo("Dry run: nothing was written.", err=True)
    elif not kept:
        click.echo(
            "Nothing was imported: put the rows right, or take the good ones with --skip-bad.", err=True
        )
    click.echo(json.dumps(outcome.as_json()))
    if outcome.refused:
        raise SystemExit(1)


@click.command("export")
@click.argument("kind", type=click.Choice(list(exports.TABLES)))
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def export_command(kind: str, file: Path) -> None:
    """Export a table to FILE: XLSX where its name ends so, else CSV. Columns bear the names that an import takes."""
    if file.suffix.lower() not in (".csv", ".xlsx"):
        raise click.UsageError("FILE must end in .csv or .xlsx.")
    header, rows = exports.table(session(), kind)
    try:
        count = writing.write(file, header, rows, kind)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None
    click.echo(f"{count} rows of {kind} written to {file}")


COMMANDS = (import_command, export_command)


def _run(file: Path, source: Source, dry_run: bool, skip_bad: bool) -> tuple[Outcome, list[str], bool]:
    """What became of the file, its headers, and whether it was kept."""

    def work(current: Session) -> tuple[Outcome, list[str]]:
        with open_mapped(file, source.mapping) as table, _progress(table.table.lines) as progress:
            outcome = importing.take(current, SYSTEM, table, source, progress)
            if dry_run or (outcome.refused and not skip_bad):
                raise _NothingWritten(outcome, table.table.headers)
            return outcome, table.table.headers

    try:
        return *atomically(work), True
    except _NothingWritten as undone:
        if undone.outcome.refused and not skip_bad:
            undone.outcome.imported = 0
        return undone.outcome, undone.headers, False


@contextmanager
def _progress(lines: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    with click.progressbar(length=lines or 0, label="Importing", file=sys.stderr, show_pos=True) as bar:
        yield bar.update
        bar.update(max((lines or 0) - bar.pos, 0))


def _tell(file: Path, outcome: Outcome) -> None:
    """Each fault on a line, warnings of the same words together."""
    by_text: dict[str, list[Note]] = defaultdict(list)
    for note in sorted(outcome.notes.found, key=lambda note: note.line):
        by_text[note.message.text].append(note)
    for notes in by_text.values():
        for note in notes[:SHOWN]:
            click.echo(f"{file}: warning: {_place(note)}: {note.message}", err=True)
        if len(notes) > SHOWN:
            click.echo(f"{file}: warning: … and {len(notes) - SHOWN} more like this", err=True)
    for row in sorted(outcome.refused, key=lambda row: row.source.line):
        for fault in row.faults:
            click.echo(f"{file}: {_place(fault)}: {fault.message}", err=True)


def _place(what: Note | RowFault) -> str:
    return f"line {what.line}" if what.column is None else f"line {what.line}, {what.column}"


def _write_refused(file: Path, headers: list[str], outcome: Outcome) -> Path:
    path = file.with_name(f"{file.name}.refused.csv")
    rows = (
        [
            *(row.source.values.get(header) for header in headers),
            "; ".join(
                f"{fault.column}: {fault.message}" if fault.column else str(fault.message)
                for fault in row.faults
            ),
        ]
        for row in sorted(outcome.refused, key=lambda row: row.source.line)
    )
    try:
        writing.write_csv(path, [*headers, "reason"], rows)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None
    return path
