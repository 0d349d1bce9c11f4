"""What every test may ask for. Each test that asks for `app` (or anything made of it) runs once on SQLite and once
on PostgreSQL.

app, client, session   One app per backend for the whole run. A test sees a database without rows: everything that it
                       does runs in an outer transaction on one connection, undone afterwards; what the code commits
                       is a savepoint in there. `session` is the session of an app context that is kept open for the
                       test; requests through `client` run in contexts of their own, as in life, on the same
                       connection. What `client` changed is read again after `session.expire_all()`; commit what a
                       service is to find, for `transaction()` first lets go of what is not.
real_db, live_app      A database of the test's own (its address; an app on it), with real connections: for threads,
                       processes, backups, anything that must see a true commit.
live_server            gunicorn on `real_db`, in a process of its own.
count_queries          `with count_queries() as queries: ...; assert len(queries) <= 4`
"""

import contextlib
import contextvars
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import ROOT, Settings, load_settings
from inventory.db import Base, db
from scripts.postgres import PostgresMissing, Server, serving

IN_CI = bool(os.environ.get("CI"))
SECRET = "only-for-tests-" + "0" * 32

db.session.session_factory.configure(join_transaction_mode="create_savepoint")


def missing(what: str) -> None:
    """Skip the test for want of a part of the machine; in CI that is a failure."""
    if IN_CI:
        pytest.fail(f"missing: {what}", pytrace=False)
    pytest.skip(f"MISSING: {what}")


def settings_for(database_url: str, instance: Path, **more: str) -> Settings:
    """Settings of a test's app: nothing of the machine's own environment."""
    return load_settings(
        {
            "DATABASE_URL": database_url,
            "RELAIS_INSTANCE": str(instance),
            "SECRET_KEY": SECRET,
            "BASE_URL": "http://localhost",
            **more,
        }
    )


def _new_app(settings: Settings) -> Flask:
    from inventory import create_app  # the tests of the pure floors do without it

    app = create_app(settings)
    app.config["TESTING"] = True
    app.test_client_class = Client
    return app


class Client(FlaskClient):
    """A test client whose requests never share an app context (nor `g`) with the test."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)


class Backend:
    """One kind of database: an app that lives as long as the run, and fresh copies for who needs real commits."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = _new_app(settings_for(self.template_url(), folder))
        with self.app.app_context():
            self.engine = db.engine
            Base.metadata.create_all(self.engine)
        self.settle()

    def template_url(self) -> str:
        """The address of the database that is made once."""
        raise NotImplementedError

    def settle(self) -> None:
        """Called when its tables are there: let it be copied."""
        raise NotImplementedError

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The address of a new database with every table and no rows."""
        raise NotImplementedError


class SQLite(Backend):
    name = "sqlite"

    def template_url(self) -> str:
        return f"sqlite:///{self.folder}/template.db"

    def settle(self) -> None:
        self.engine.dispose()
        shutil.copyfile(self.folder / "template.db", self.folder / "copy.db")

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        path = self.folder / f"{uuid.uuid4().hex}.db"
        shutil.copyfile(self.folder / "copy.db", path)
        yield f"sqlite:///{path}"
        for left in self.folder.glob(f"{path.name}*"):
            left.unlink()


class PostgreSQL(Backend):
    name = "postgresql"

    def __init__(self, folder: Path, server: Server) -> None:
        self.server = server
        super().__init__(folder)

    def template_url(self) -> str:
        return self.server.create("template_of_tests")

    def settle(self) -> None:
        self.engine.dispose()
        self.server.create("copy_of_tests", "template_of_tests")

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        name = f"t{uuid.uuid4().hex}"
        yield self.server.create(name, "copy_of_tests")
        self.server.drop(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The PostgreSQL server of this run (one for each worker)."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(serving())
        except PostgresMissing as error:
            missing(str(error))
        yield server


@pytest.fixture(scope="session")
def _sqlite_backend(tmp_path_factory: pytest.TempPathFactory) -> SQLite:
    return SQLite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def _postgresql_backend(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> PostgreSQL:
    return PostgreSQL(tmp_path_factory.mktemp("postgresql"), postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def backend_name(request: pytest.FixtureRequest) -> str:
    """Which database: both, one after the other. A folder's conftest may narrow it."""
    return str(request.param)


@pytest.fixture
def backend(backend_name: str, request: pytest.FixtureRequest) -> Backend:
    """The kind of database that this test runs on."""
    found: Backend = request.getfixturevalue(f"_{backend_name}_backend")
    return found


@pytest.fixture
def app(backend: Backend) -> Iterator[Flask]:
    """The app, on a connection whose outer transaction is undone when the test ends."""
    engines = db._app_engines[backend.app]
    with backend.engine.connect() as connection:
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        try:
            yield backend.app
        finally:
            engines[None] = backend.engine
            outer.rollback()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or program that nobody has logged in."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session in an app context that is open as long as the test."""
    with app.app_context():
        yield db.session()


@pytest.fixture
def real_db(backend: Backend) -> Iterator[str]:
    """The address of a database of the test's own, with every table and no rows."""
    with backend.fresh() as url:
        yield url


@pytest.fixture
def live_app(real_db: str, tmp_path: Path) -> Iterator[Flask]:
    """An app over `real_db`, without the outer transaction: what it commits is committed."""
    app = _new_app(settings_for(real_db, tmp_path))
    yield app
    with app.app_context():
        db.engine.dispose()
    db._app_engines.pop(app, None)


@dataclass(frozen=True, slots=True)
class LiveServer:
    """gunicorn on a port of its own. `app` reaches the same database from within the test."""

    url: str
    app: Flask
    environ: dict[str, str]


@contextlib.contextmanager
def served(database_url: str, folder: Path, **more: str) -> Iterator[dict[str, str]]:
    """gunicorn over that database, as in production; answers its environment, `BASE_URL` in it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        **os.environ,
        "DATABASE_URL": database_url,
        "RELAIS_INSTANCE": str(folder),
        "SECRET_KEY": SECRET,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "BASE_URL": url,
        "WEB_CONCURRENCY": "1",
        **more,
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning", "wsgi:app"]
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        if not _answers(url, process):
            pytest.fail(f"gunicorn did not start:\n{(folder / 'gunicorn.log').read_text()}", pytrace=False)
        yield environ
    finally:
        process.send_signal(signal.SIGINT)  # at once, without waiting for kept connections
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def live_server(live_app: Flask, real_db: str, tmp_path: Path) -> Iterator[LiveServer]:
    """The whole app as it is served in production, on `live_app`'s database."""
    with served(real_db, tmp_path) as environ:
        yield LiveServer(environ["BASE_URL"], live_app, environ)


def free_port() -> int:
    """A port on 127.0.0.1 where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            direct.open(f"{url}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


CountQueries = Callable[[], contextlib.AbstractContextManager[list[str]]]

_NO_QUERY = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "PRAGMA")


@pytest.fixture
def count_queries() -> CountQueries:
    """A context manager that gathers the SQL statements sent inside it (savepoints left out)."""

    @contextlib.contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def hear(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(_NO_QUERY):
                sent.append(statement)

        event.listen(Engine, "before_cursor_execute", hear)
        try:
            yield sent
        finally:
            event.remove(Engine, "before_cursor_execute", hear)

    return counting


OUTSIDE = "the shared file"
"""How a skip for want of real files begins: they are kept beside this repository, and a clone alone has none."""


def _reason(report: Any) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """In CI a skipped test is a failed one: no part of the machine may be left out there unseen."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and OUTSIDE not in _reason(report):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what this machine could not run."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        _, mark, reason = _reason(report).partition("MISSING: ")
        if not mark and OUTSIDE in _reason(report):
            reason = "real files that are kept beside the repository (../shared) are not here"
        if reason:
            reasons[reason.strip()] = reasons.get(reason.strip(), 0) + 1
    if reasons:
        terminalreporter.section("NOT EVERYTHING WAS TESTED", sep="!", red=True, bold=True)
        for reason, count in reasons.items():
            terminalreporter.write_line(f"{count} tests left out: {reason}", red=True)
