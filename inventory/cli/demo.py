"""`flask demo`: the demonstration, and artificial worlds of any size."""

import time

import click
from flask.cli import AppGroup

from inventory.cli.accounts import refuse
from inventory.db import atomically
from inventory.errors import DomainError
from inventory.services import demo
from inventory.services.demo.artificial import Size
from inventory.services.demo.artificial import generate as make

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


@group.command("generate")
@click.option("--sites", type=click.IntRange(min=1), required=True)
@click.option("--items", type=click.IntRange(min=1), required=True)
@click.option("--lots", type=click.IntRange(min=1), required=True)
@click.option("--movements", type=click.IntRange(min=1), required=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same world.")
def generate(sites: int, items: int, lots: int, movements: int, seed: int) -> None:
    """Make an artificial world of exactly that size in an empty database."""
    begun = time.perf_counter()
    try:
        atomically(lambda s: make(s, Size(sites, items, lots, movements), seed))
    except DomainError as error:
        raise refuse(error) from None
    seconds = time.perf_counter() - begun
    rate = f"{movements / seconds:,.0f} movements a second"
    click.echo(f"{sites} sites, {items} items, {lots} lots, {movements} movements: {rate}")
