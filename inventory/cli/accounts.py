"""`flask users` and `flask tokens`."""

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import SYSTEM, Role
from inventory.db import atomically
from inventory.errors import DomainError
from inventory.models import User
from inventory.services import accounts

users = AppGroup("users", help="Accounts.")
tokens = AppGroup("tokens", help="API tokens.")
COMMANDS = (users, tokens)


def refuse(error: DomainError) -> click.ClickException:
    """What went wrong, as the command line says it: each field at fault on a line."""
    lines = [f"{each.pointer.lstrip('/')}: {each.message}" for each in error.errors]
    return click.ClickException("\n".join(lines) or str(error.message))


@users.command("create")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option(
    "--site", "sites", multiple=True, metavar="CODE", help="A site that the account works at (repeatable)."
)
@click.option("--donor", metavar="CODE", help="The donor that the account belongs to.")
@click.option("--password", help="Asked for when it is not given.")
def create_user(
    email: str, name: str, role: str, sites: tuple[str, ...], donor: str | None, password: str | None
) -> None:
    """Make an account."""
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    command = accounts.NewUser(email, name, role, sites, donor, secret)
    try:
        user = atomically(lambda s: accounts.add_user(s, SYSTEM, command).email)
    except DomainError as error:
        raise refuse(error) from None
    click.echo(f"Account {user} made, role {role}.")


@tokens.command("create")
@click.option("--email", required=True, help="The account that the token stands for.")
def create_token(email: str) -> None:
    """Print a new API token, alone on a line. It is shown this once."""

    def make(session: Session) -> str:
        user = session.scalars(
            select(User).where(User.email == email.strip().lower(), User.active)
        ).one_or_none()
        if user is None:
            raise click.ClickException(f"There is no active account {email}.")
        return accounts.make_token(session, user)

    click.echo(atomically(make))
