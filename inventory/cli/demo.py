"""`flask demo`: the demonstration."""

import click
from flask.cli import AppGroup

from inventory.cli.accounts import refuse
from inventory.db import atomically
from inventory.errors import DomainError
from inventory.services import demo

group = AppGroup("demo", help="Made-up data.")
COMMANDS = (group,)


@group.command("load")
def load() -> None:
    """Load the demonstration into an empty database. A second time it changes nothing."""
    try:
        loaded = atomically(demo.load)
    except DomainError as error:
        raise refuse(error) from None
    click.echo("The demonstration is loaded." if loaded else "The demonstration is there already.")
    for login in demo.logins():
        click.echo(f"  {login['role']:<12} {login['email']:<26} {login['password']}")
