"""What every template may use."""

from typing import Any

from flask import Flask, g

from inventory.access import Role
from inventory.db import session
from inventory.extensions import actor, current_language, spoken
from inventory.queries.homes import counts


def can(permission: str) -> bool:
    """Whether who asks holds a permission; nobody holds none."""
    who = actor()
    return who is not None and who.can(permission)


def install(app: Flask) -> None:
    """Give the templates their globals and the context of every page."""
    app.jinja_env.globals.update(
        can=can,
        current_locale=current_language,
        languages=spoken,
        organisation_name=app.config["RELAIS"].org_name,
    )
    app.jinja_env.add_extension("jinja2.ext.do")

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        who = actor()
        known = {"actor": who, "site_codes": g.get("site_codes", [])}
        if who is not None and who.role is not Role.DONOR:
            known["nav_counts"] = counts(session(), who)
        return known
