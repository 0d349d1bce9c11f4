"""The first start: tables, then the demonstration or a link for the first administrator."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.cli.schema import needed_revision, stored_revision
from inventory.db import atomically, db
from inventory.errors import NotFound
from inventory.models import Site, User
from inventory.services import setup
from scripts.postgres import Server
from tests.conftest import SECRET, _new_app, settings_for
from tests.web.driving import changed, fields, send


@pytest.fixture
def bare_app(backend_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database without a table, that is not to load the demonstration."""
    url = f"sqlite:///{tmp_path}/new.db"
    if backend_name == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.create(f"n{uuid4().hex}")
    app = _new_app(settings_for(url, tmp_path, DEMO="no"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    db._app_engines.pop(app, None)


def link(output: str) -> str:
    found = re.search(r"https?://\S+(/first\?token=\S+)", output)
    assert found, output
    return found[1]


FIRST = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}


def test_from_nothing_to_the_first_administrator(bare_app: Flask):
    runner = bare_app.test_cli_runner()
    assert stored_revision(db.session()) is None
    db.session.rollback()
    result = runner.invoke(args=["prepare"])
    assert result.exit_code == 0, result.output
    assert stored_revision(db.session()) == needed_revision()
    address = link(result.output)
    client, other = bare_app.test_client(), bare_app.test_client()
    answer = send(client, address, FIRST, password="short")
    assert answer.status_code == 422
    assert "ada@example.org" in answer.text
    assert send(client, address).status_code == 422
    late = changed(fields(other.get(address)), FIRST | {"email": "eve@example.org"})
    assert send(client, address, FIRST).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(User.role)).all() == [Role.ADMIN]
    assert client.get(address).status_code == 404
    assert other.post(address, data=late).status_code == 404
    assert send(client, "/login", email=FIRST["email"], password=FIRST["password"]).status_code == 303
    result = runner.invoke(args=["prepare"])
    assert "token" not in result.output
    assert db.session.scalars(select(Site.id)).all() == []


def test_a_second_start_loads_no_migration_tools(ready_app: Flask, monkeypatch: pytest.MonkeyPatch):
    atomically(
        lambda s: setup.add_first(s, SECRET, setup.token(SECRET), "A", "a@example.org", "a long password").id
    )
    monkeypatch.setitem(sys.modules, "flask_migrate", None)
    result = ready_app.test_cli_runner().invoke(args=["prepare"])
    assert result.exit_code == 0, result.output
    assert result.output == "Relais: http://localhost\n"


@pytest.mark.parametrize(
    "token",
    ["", "x", pytest.param(setup.token("another secret key of another place"), id="another place"), "\x00"],
)
def test_a_wrong_link(client, token: str):
    assert client.get("/first", query_string={"token": token}).status_code == 404


def test_an_old_link(session):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("itsdangerous.timed.time.time", lambda: clock.now().timestamp() - 25 * 3600)
        old = setup.token(SECRET)
    assert not setup.is_good(session, SECRET, old)
    with pytest.raises(NotFound):
        setup.add_first(session, SECRET, old, "A", "a@example.org", "a long password")
