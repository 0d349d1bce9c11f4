"""`flask ledger verify` and `flask alerts evaluate`."""

from datetime import date, datetime

import click
from flask.cli import AppGroup

from inventory.db import atomically, session
from inventory.ledger import verify as verify_ledger
from inventory.services import alerts as alert_service

ledger = AppGroup("ledger", help="The ledger of stock.")
alerts = AppGroup("alerts", help="Alerts per site.")
COMMANDS = (ledger, alerts)


@ledger.command("verify")
def verify() -> None:
    """Check every invariant of the ledger. Exit 0 with a count, or 1 with each fault on a line."""
    verdict = verify_ledger(session())
    for fault in verdict.faults:
        click.echo(fault)
    if verdict.faults:
        raise SystemExit(1)
    click.echo(
        f"{verdict.postings} postings, {verdict.movements} movements, {verdict.balances} balances: all in order"
    )


@alerts.command("evaluate")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="As if it were this day.")
def evaluate(on: datetime | None) -> None:
    """Bring every alert up to date for what time alone changes."""
    day: date | None = on.date() if on is not None else None
    looked_at = atomically(lambda s: alert_service.evaluate(s, day))
    click.echo(f"{looked_at} pairs of site and item looked at")
