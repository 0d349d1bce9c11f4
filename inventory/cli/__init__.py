"""The commands: `flask ...`."""

from flask import Flask


def register(app: Flask) -> None:
    """Put every command into `app`."""
    from inventory.cli import accounts, backup, demo, ledger, start, tables

    for room in (accounts, backup, demo, ledger, start, tables):
        for command in room.COMMANDS:
            app.cli.add_command(command)
