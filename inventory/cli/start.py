"""`flask prepare`: what `make run` does before it serves."""

import click
from flask import current_app

from config import Settings
from inventory.cli.schema import bring_up_to_date
from inventory.db import atomically, session
from inventory.services import demo, setup


@click.command("prepare")
def prepare() -> None:
    """Bring the database up to date, fill an empty one, and say how to get in.

    An empty database gets the demonstration, or with DEMO=no a link with which the first administrator makes an
    account.
    """
    settings: Settings = current_app.config["RELAIS"]
    bring_up_to_date(session())
    empty = setup.nobody(session())
    if empty and settings.demo:
        click.echo("Loading the demonstration ...")
        atomically(demo.load)
    click.echo(f"Relais: {settings.base_url}")
    if demo.is_loaded(session()):
        click.echo(f"This is a demonstration. One login per role, the password is {demo.PASSWORD}:")
        for login in demo.logins():
            click.echo(f"  {login['role']:<12} {login['email']}")
    elif empty:
        token = setup.token(str(current_app.config["SECRET_KEY"]))
        click.echo(
            "Nobody has an account yet. Make the first administrator's within a day (the link works once):"
        )
        click.echo(f"  {settings.base_url}/first?token={token}")


COMMANDS: tuple[click.Command, ...] = (prepare,)
