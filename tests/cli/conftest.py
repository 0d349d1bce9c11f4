"""A demonstration that is loaded once for each kind of database, and databases without a table."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture
def run(app, tmp_path):
    """Run `flask import|export`; gives the exit code, the JSON of the last line where there is one, and stderr."""

    def invoke(*arguments: object) -> tuple[int, Any, str]:
        result = app.test_cli_runner().invoke(args=[str(each) for each in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        lines = result.stdout.splitlines()
        told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None
        return result.exit_code, told, result.stderr

    return invoke


@pytest.fixture
def file(tmp_path):
    """Write a text file and give its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
