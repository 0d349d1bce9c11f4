"""`flask ledger verify` and `flask alerts evaluate`."""

from datetime import datetime

import click
from flask.cli import AppGroup

from inventory.cli.rounds import go_round, on_terminal
from inventory.db import session
from inventory.ledger import verify as verify_ledger
from inventory.services.checks import EARLIEST, LATEST

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
    """Bring every alert up to date for what time alone changes, one site after the other.

    Safe to run twice at once; killed midway, the next run begins with the sites that are left.
    """
    if on is not None and not EARLIEST <= on.date() <= LATEST:
        raise click.BadParameter("This date cannot be right.", param_hint="--on")
    done = go_round(on.date() if on is not None else None, on_terminal)
    for fault, sites in done.failed.items():
        click.echo(f"{sites} sites could not be evaluated: {fault}", err=True)
    left = f", {done.left} sites left to another evaluation" if done.left else ""
    click.echo(f"{done.pairs} pairs of site and item looked at{left}")
    if done.failed:
        raise SystemExit(1)
