"""Relais: medical supplies from a donor's gift to a dispensary's shelf, and word of it back to the donor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application for `settings`, or for those of the environment. Raises `SettingError` for a wrong one."""
    from config import ROOT, load_settings
    from inventory import api, cli, web
    from inventory.db import db, prepare_engine
    from inventory.extensions import babel, csrf, current_language, login_manager, migrate

    known = settings or load_settings()
    app = Flask(
        __name__,
        instance_path=str(known.instance),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.from_mapping(known.flask_config())
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    login_manager.init_app(app)
    babel.init_app(
        app,
        default_translation_directories=str(ROOT / "inventory" / "translations"),
        locale_selector=lambda: current_language().catalogue,
    )
    web.register(app)
    api.register(app)
    cli.register(app)
    return app
