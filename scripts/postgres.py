"""A PostgreSQL server of our own for tests and benchmark: in a temporary folder, on a socket only, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "postgres"
_FORGETFUL = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresMissing(Exception):
    """There are no server programs on this machine, or nobody to run them as."""


def programs() -> Path:
    """The folder of initdb and postgres: the newest that Debian installed, else what is on the PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    found = installed[-1] if installed else shutil.which("initdb")
    if found is None or not (Path(found).resolve().parent / "postgres").exists():
        raise PostgresMissing("PostgreSQL's server programs are not installed")
    return Path(found).resolve().parent


def _version(program: Path) -> float:
    try:
        return float(program.parts[-3])
    except ValueError:
        return 0


class Server:
    """A running server; its databases are reached through the socket in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str) -> str:
        """The address of `database` as DATABASE_URL takes it."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction, such as CREATE DATABASE."""
        with psycopg.connect(
            host=str(self.folder), user=USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def create(self, database: str, template: str = "template0") -> str:
        """Make `database` as a copy of `template` and answer its address. Nobody may be connected to `template`."""
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take `database` away, with whoever is still connected."""
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


@contextmanager
def serving(*, durable: bool = False) -> Iterator[Server]:
    """Start a server and stop it at the end. Tests leave durability off: nothing there outlives them."""
    found = programs()
    identity = _identity()
    folder = Path(tempfile.mkdtemp(prefix="relais-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        if identity:
            shutil.chown(folder, identity["user"], identity["group"])
        data = folder / "data"
        made = subprocess.run(
            [found / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", *_locale(), "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            **identity,
        )
        if made.returncode:
            raise PostgresMissing(f"initdb failed: {made.stderr.strip()}")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(found / "postgres", "-D", data, "-k", folder),
                    *("-c", "listen_addresses=", "-c", "max_connections=200", "-c", "timezone=UTC"),
                    *(() if durable else _FORGETFUL),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                **identity,
            )
        try:
            server = Server(folder)
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: its data is thrown away with it
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _identity() -> dict[str, Any]:
    """Whom to run the server as: it refuses root."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam(USER)
    except KeyError:
        raise PostgresMissing(f"there is no {USER} account to run PostgreSQL as") from None
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _locale() -> list[str]:
    """A locale that knows letters beyond ASCII, where the system has one by that name."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
    name = next((name for name in known if name.lower() in ("c.utf8", "c.utf-8")), "C")
    return [f"--locale={name}"]


def _wait(server: Server, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > until:
                log = (server.folder / "log").read_text(errors="replace")
                raise PostgresMissing(f"PostgreSQL did not start: {error}\n{log}") from None
            time.sleep(0.02)
        else:
            return
