"""The commands: `flask ...`."""

from flask import Flask


def register(app: Flask) -> None:
    """Put every command into `app`."""
    from inventory.cli import (
        accounts,
        backup,
        demand,
        demo,
        ledger,
        mail,
        start,
        tables,
        temperatures,
        worker,
    )

    for room in (accounts, backup, demand, demo, ledger, mail, start, tables, temperatures, worker):
        for command in room.COMMANDS:
            app.cli.add_command(command)
