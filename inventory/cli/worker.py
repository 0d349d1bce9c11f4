"""`flask worker`: what cron or timers would do, in one program that goes on until it is told to end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from inventory.cli.mail import NO_SERVER, send_due, settings, write_digests
from inventory.cli.rounds import go_round
from inventory.db import atomically, db, session
from inventory.exchange.uploads import Uploads
from inventory.rules.mailing import MORNING
from inventory.services import import_files, outbox


@click.command("worker")
@click.option(
    "--every", type=click.IntRange(1, 86400), default=60, show_default=True, help="Seconds between rounds."
)
@click.option(
    "--alerts-every",
    type=click.IntRange(1, 86400),
    default=3600,
    show_default=True,
    help="Seconds between looks at what time alone changes.",
)
@click.option(
    "--from",
    "from_hour",
    type=click.IntRange(0, 23),
    default=MORNING,
    show_default=True,
    help="Daily and weekly digests not before this hour where the reader is.",
)
@click.option("--once", is_flag=True, help="One round, then end.")
def worker(every: int, alerts_every: int, from_hour: int, once: bool) -> None:
    """Bring alerts up to date, write digests, send mail; again and again until SIGTERM.

    Several may run at once, also beside cron: none does what another has done.
    """
    if settings().smtp_url is None:
        click.echo(f"{NO_SERVER} Mails wait in the outbox until then.")
    looked: float | None = None
    with until_told() as stop:
        while True:
            look = looked is None or time.monotonic() - looked >= alerts_every
            try:
                _round(look, from_hour, stop.is_set)
                looked = time.monotonic() if look else looked
            except SQLAlchemyError as error:
                if once:
                    raise click.ClickException(_first_line(error)) from None
                click.echo(f"This round failed, the next one follows: {_first_line(error)}", err=True)
                current_app.logger.debug("round failed", exc_info=error)
            finally:
                db.session.remove()
            if once or stop.wait(every):
                break
    if not once:
        click.echo("Ended.")


COMMANDS = (worker,)


def _round(look: bool, from_hour: int, stopping: Callable[[], bool]) -> None:
    """One round; what did something is told, what had nothing to do is silent."""
    if look:
        done, forgotten = go_round(), atomically(outbox.forget)
        uploads = Uploads(settings().instance)
        atomically(lambda s: import_files.sweep(s, uploads))
        click.echo(f"{done.pairs} pairs of site and item looked at")
        for fault, sites in done.failed.items():
            click.echo(f"{sites} sites could not be evaluated: {fault}", err=True)
        if forgotten:
            click.echo(f"{forgotten} old mails emptied")
    if stopping():
        return
    written, failed = write_digests(from_hour)
    if written or failed:
        click.echo(f"{written} digests written" + (f", {failed} could not be" if failed else ""))
    server = settings().smtp_url
    if server is None or stopping():
        return
    outcome = send_due(server, stopping)
    if outcome.sent or outcome.later or outcome.given_up:
        click.echo(str(outcome))
    if outcome.trouble:
        click.echo(f"No mail for now: {outcome.trouble}", err=True)
    session().rollback()


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set: what is being done is finished, nothing new is begun."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
