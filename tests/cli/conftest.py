"""A demonstration that is loaded once for each kind of database, and databases without a table."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from inventory.cli.schema import needed_revision
from inventory.db import atomically, db
from inventory.services import demo
from tests.conftest import Backend, _new_app, settings_for


@contextlib.contextmanager
def stamped(url: str, folder: Path, **settings: str) -> Iterator[Flask]:
    """An app on a database with every table, marked as up to date."""
    app = _new_app(settings_for(url, folder, **settings))
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            )
            connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": needed_revision()})
        yield app
        db.session.remove()
        db.engine.dispose()
    db._app_engines.pop(app, None)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app that holds the demonstration. Tests that use it leave it as it is."""
    backend: Backend = request.getfixturevalue(f"_{request.param}_backend")
    with backend.fresh() as url, stamped(url, tmp_path_factory.mktemp("demo")) as app:
        assert atomically(demo.load)
        yield app


@pytest.fixture
def ready_app(real_db: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on an empty database that is up to date."""
    with stamped(real_db, tmp_path) as app:
        yield app
