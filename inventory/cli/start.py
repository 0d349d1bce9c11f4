"""`flask prepare`: what `make run` does before it serves."""

import click

COMMANDS: tuple[click.Command, ...] = ()
