"""`flask mail`: digests are written into the outbox, and what is in it is sent. Any of it may run twice at once."""

import os
import random
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from config import Settings, mail_host
from inventory.cli.letters import digest_letter
from inventory.cli.smtp import Postman, Refused, Unreachable
from inventory.db import atomically, session
from inventory.queries import digests as reading
from inventory.queries.mails import state_of_outbox
from inventory.rules.mailing import Every
from inventory.services import digests, outbox
from inventory.services.outbox import Claimed

group = AppGroup("mail", help="Digests and the outbox.")
COMMANDS = (group,)

NO_SERVER = "SMTP_URL is not set, so no mail is sent: set it to smtp://USER:PASSWORD@HOST:PORT or smtps://…"


@dataclass(slots=True)
class Sending:
    """How one run over the outbox went. `trouble` is what kept it from going on, in one line."""

    sent: int = 0
    later: int = 0
    given_up: int = 0
    trouble: str | None = None

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.later} to be tried again later, {self.given_up} given up"


def settings() -> Settings:
    """The settings of this program."""
    known: Settings = current_app.config["RELAIS"]
    return known


def write_digests(from_hour: int = 0) -> tuple[int, int]:
    """Write the digests that are due; how many were written, and how many could not be.

    Each person's is a transaction of its own. A digest that cannot be written is told in the log and keeps no other
    from being written.
    """
    written = failed = 0
    for account_id in digests.maybe_due(session(), from_hour):
        try:
            written += atomically(partial(_write_digest, account_id=account_id, from_hour=from_hour))
        except Exception:
            failed += 1
            current_app.logger.exception("the digest of account %s could not be written", account_id)
    session().rollback()
    return written, failed


def _write_digest(current: Session, account_id: int, from_hour: int) -> bool:
    turn = digests.take_turn(current, account_id, from_hour)
    if turn is None:
        return False
    read = reading.read_urgent if turn.due.every is Every.IMMEDIATELY else reading.read
    found = read(current, turn.actor, turn.gravities, turn.since)
    if not found:
        digests.nothing_to_tell(current, turn)
        return False
    digests.supersede(current, turn)
    known = settings()
    new = outbox.write(current, digest_letter(turn, found, known), mail_host(known.base_url))
    digests.told(current, turn)
    return new


def send_due(server: str, stopping: Callable[[], bool] = lambda: False) -> Sending:
    """Send what is due, one mail after the other, until nothing is or the server is in trouble.

    Each mail is claimed in one transaction, sent outside any, and settled in another.
    """
    known, outcome = settings(), Sending()
    sender = f"{socket.gethostname()[:60]}-{os.getpid()}-{secrets.token_hex(4)}"
    with Postman(server, known.mail_from, mail_host(known.base_url)) as postman:
        while outcome.trouble is None and not stopping():
            mail = atomically(lambda s: outbox.claim(s, sender))
            if mail is None:
                break
            _hand_over(postman, mail, sender, outcome)
    return outcome


def _hand_over(postman: Postman, mail: Claimed, sender: str, outcome: Sending) -> None:
    try:
        postman.send(mail)
    except Unreachable as trouble:
        outcome.trouble = told = str(trouble)
        atomically(lambda s: outbox.release(s, mail.id, sender, told))
    except Refused as refusal:
        why, permanent, luck = str(refusal), refusal.permanent, random.random()  # nosec B311
        if atomically(lambda s: outbox.failed(s, mail.id, sender, why, luck, permanent=permanent)):
            outcome.given_up += 1
        else:
            outcome.later += 1
    except BaseException as ended:
        name = type(ended).__name__
        atomically(lambda s: outbox.release(s, mail.id, sender, name))
        raise
    else:
        atomically(lambda s: outbox.sent(s, mail.id))
        outcome.sent += 1


@group.command("digests")
@click.option(
    "--from",
    "from_hour",
    type=click.IntRange(0, 23),
    default=0,
    show_default=True,
    help="Daily and weekly ones not before this hour where the reader is.",
)
def digests_command(from_hour: int) -> None:
    """Write the digests that are due into the outbox. A second time it writes none."""
    written, failed = write_digests(from_hour)
    click.echo(f"{written} digests written")
    if failed:
        raise click.ClickException(f"{failed} digests could not be written: see the log.")


@group.command("send")
def send() -> None:
    """Send what is in the outbox and due. Exit 1 if the mail server cannot be used."""
    server = settings().smtp_url
    if server is None:
        waiting = state_of_outbox(session()).waiting
        raise click.ClickException(f"{NO_SERVER} ({waiting} wait in the outbox)")
    outcome = send_due(server)
    click.echo(str(outcome))
    atomically(outbox.forget)
    if outcome.trouble:
        raise click.ClickException(outcome.trouble)


@group.command("status")
def status() -> None:
    """How many mails wait, failed, or were sent in the last seven days."""
    known = state_of_outbox(session())
    click.echo(
        f"waiting  {known.waiting}" + (f", {known.refused} of them refused so far" if known.refused else "")
    )
    click.echo(f"failed   {known.failed}")
    click.echo(f"sent     {known.sent} in the last 7 days")
    if known.oldest is not None:
        click.echo(f"oldest   written {known.oldest:%Y-%m-%d %H:%M} UTC, still waiting")
    if settings().smtp_url is None:
        click.echo(NO_SERVER)
