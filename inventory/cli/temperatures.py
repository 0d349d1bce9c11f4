"""`flask temperatures import`."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from inventory.access import SYSTEM
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.exchange.logger_files import Asked
from inventory.exchange.source import UnreadableFile
from inventory.services import loggers
from inventory.services import temperatures as service

temperatures = AppGroup("temperatures", help="Readings of temperature loggers.")
COMMANDS = (temperatures,)


@temperatures.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--logger", "code", metavar="CODE", help="Whose readings; else the file's serial number says it."
)
@click.option("--dates", type=click.Choice(["dmy", "mdy"]), help="The order of day and month in the file.")
@click.option("--fahrenheit/--celsius", default=None, help="The unit, where the file does not say it.")
@click.option("--sensor", metavar="NAME", help="The column, where the file has several temperatures.")
@click.option(
    "--whatever-serial", is_flag=True, help="Take the file although it is of another serial number."
)
def import_command(
    file: Path,
    code: str | None,
    dates: str | None,
    fahrenheit: bool | None,
    sensor: str | None,
    whatever_serial: bool,
) -> None:
    """Take in a logger's FILE: CSV, text or XLSX, as it or its program wrote it. The same file again does no harm.

    The last line printed is JSON: how many readings were new, known, skipped, and how many excursions are to be decided
    on. Exit 1 if the file is refused, 2 if it is unreadable.
    """
    asked = Asked("dmy" if dates == "dmy" else "mdy" if dates == "mdy" else None, fahrenheit, sensor)
    try:
        if not file.is_file():
            raise click.UsageError(f"There is no file {file}.")
        found = service.named_in(session(), SYSTEM, file) if code is None else None
        if code is None and found is None:
            raise click.UsageError(
                "The file says no serial number that is known: name the logger with --logger."
            )
        known = found or loggers.get_logger(session(), SYSTEM, code or "", "temperatures.import")
        survey = service.look(session(), SYSTEM, file, asked, known)
        name = known.code

        def work(current: Session) -> service.Taken:
            return service.take_file(
                current, SYSTEM, name, file.name, survey, whatever_serial=whatever_serial
            )

        taken = atomically(work)
    except UnreadableFile as error:
        click.echo(f"{file}: {error.message}", err=True)
        raise SystemExit(2) from None
    except DomainError as error:
        click.echo(f"{file}: {error.message}", err=True)
        raise SystemExit(1) from None
    click.echo(json.dumps({"logger": name} | taken.as_json()))
