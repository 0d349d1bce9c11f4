"""The pages: each room loads, asks one floor down, and answers."""

from importlib import import_module

from flask import Flask

ROOMS = (
    "account",
    "adjustments",
    "alert_rules",
    "alerts",
    "attachments",
    "auth",
    "authorisations",
    "bins",
    "board",
    "consumptions",
    "count_accuracy",
    "count_cycles",
    "count_finals",
    "count_lines",
    "count_sheets",
    "counts",
    "default_levels",
    "demand",
    "donations",
    "donors",
    "excursions",
    "expiry_calendar",
    "exports",
    "holds",
    "homes",
    "import_columns",
    "imports",
    "items",
    "mail",
    "kits",
    "kitting",
    "label_pages",
    "network",
    "packing",
    "permits",
    "policies",
    "put_aways",
    "rationing",
    "recall_holders",
    "recalls",
    "receipt_list",
    "receipts",
    "registers",
    "requisition_forms",
    "requisitions",
    "scan",
    "setup",
    "shipments",
    "shipping",
    "sites",
    "stock",
    "stock_events",
    "suggestions",
    "surplus",
    "temperatures",
    "users",
)
"""The modules of this floor that hold a blueprint named `bp`."""


def register(app: Flask) -> None:
    """Put every page, the guard before them and the words for templates into `app`."""
    from inventory.web import context, guard, problems, serving, words

    guard.install(app)
    words.install(app)
    context.install(app)
    problems.install(app)
    serving.install(app)
    for room in ROOMS:
        app.register_blueprint(import_module(f"inventory.web.{room}").bp)
