"""The HTTP API of contract.md, under /api/v1, and /healthz."""

from importlib import import_module

from flask import Flask

ROOMS = (
    *("items", "sites", "donors"),
    *("receipts", "stock", "stock_events", "count_sheets", "holds", "kits", "recalls", "scan"),
    *("requisitions", "shipments", "surplus", "papers", "labels", "tracking"),
    *("donations", "alerts", "sync", "controlled", "temperatures", "attachments"),
)
"""The modules of this floor that hang their views on the blueprint `api`."""


def register(app: Flask) -> None:
    """Put the API, its guard and its description into `app`."""
    from inventory.api import base, health, openapi
    from inventory.extensions import csrf

    for room in ROOMS:
        import_module(f"inventory.api.{room}")
    csrf.exempt(base.bp)  # it knows bearer tokens alone, which no other site can send
    base.install(app)
    openapi.install(app)
    app.register_blueprint(health.bp)
