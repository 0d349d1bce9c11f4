"""What was backed up comes back, in either database, whole or not at all."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text

from inventory.access import SYSTEM, Role
from inventory.cli import backup as module
from inventory.db import Base, atomically, db
from inventory.ledger import verify
from inventory.models import Site
from inventory.services import accounts, sites
from inventory.services.demo.artificial import Size, generate
from tests.cli.conftest import stamped
from tests.conftest import Backend

EVERYTHING = tuple(Base.metadata.sorted_tables)


def contents() -> dict[str, list[tuple[Any, ...]]]:
    db.session.rollback()
    return {
        table.name: [
            tuple(row) for row in db.session.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in EVERYTHING
    }


@pytest.fixture
def filled(ready_app: Flask) -> Flask:
    """A small world, an account, and a site that is supplied by a later one."""

    def fill(s: Any) -> None:
        generate(s, Size(5, 4, 12, 80), 1)
        country = {"kind": "warehouse", "country": "IQ"}
        sites.add_site(s, SYSTEM, {"code": "LATER", "name": "Später ☃ بيت", **country})
        sites.change_site(s, SYSTEM, "S00001", {"supplied_by": "LATER"})
        accounts.add_user(
            s, SYSTEM, accounts.NewUser("a@example.org", "A", Role.ADMIN, password="a long password")
        )

    atomically(fill)
    return ready_app


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=list(arguments))


@pytest.mark.parametrize("other", ["sqlite", "postgresql"])
def test_it_comes_back_in_either_database(
    filled: Flask, other: str, request: pytest.FixtureRequest, tmp_path: Path
):
    before, file = contents(), tmp_path / "all.gz"
    result = run(filled, "backup", str(file))
    assert result.exit_code == 0, result.output
    assert file.stat().st_mode & 0o077 == 0
    backend: Backend = request.getfixturevalue(f"_{other}_backend")
    with backend.fresh() as url, stamped(url, tmp_path / "other") as target:
        result = run(target, "restore", str(file))
        assert result.exit_code == 0, result.output
        assert contents() == before
        assert verify(db.session()).faults == []
        code = atomically(
            lambda s: (
                sites.add_site(
                    s, SYSTEM, {"code": "N", "name": "N", "kind": "hospital", "country": "IQ"}
                ).code
            )
        )
        assert code == "N"


def test_a_database_in_use_is_left_alone_unless_forced(filled: Flask, tmp_path: Path):
    file, before = tmp_path / "all.gz", contents()
    assert run(filled, "backup", str(file)).exit_code == 0
    atomically(
        lambda s: (
            sites.add_site(s, SYSTEM, {"code": "N", "name": "N", "kind": "hospital", "country": "IQ"}).id
        )
    )
    later = contents()
    result = run(filled, "restore", str(file))
    assert result.exit_code == 1
    assert "--force" in result.output
    assert contents() == later
    result = run(filled, "restore", "--force", str(file))
    assert result.exit_code == 0, result.output
    assert contents() == before


def damaged(file: Path, how: str) -> bytes:
    """A backup with something wrong."""
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    if how == "cut":
        return file.read_bytes()[:-40]
    if how == "no zip":
        return b"hello"
    if how == "without end":
        lines.pop()
    elif how == "broken row":
        row = next(i for i, line in enumerate(lines) if '"movement"' in line) + 1
        lines[row] = json.dumps(json.loads(lines[row])[:-1])
    elif how == "unknown lot":
        row = next(i for i, line in enumerate(lines) if '"movement"' in line) + 1
        values = json.loads(lines[row])
        values[2] = 999_999
        lines[row] = json.dumps(values)
    elif how == "other schema":
        lines[0] = json.dumps(json.loads(lines[0]) | {"revision": "0000"})
    return gzip.compress("\n".join(lines).encode())


@pytest.mark.parametrize("how", ["cut", "no zip", "without end", "broken row", "unknown lot", "other schema"])
def test_a_bad_file_changes_nothing(filled: Flask, tmp_path: Path, how: str):
    file = tmp_path / "all.gz"
    assert run(filled, "backup", str(file)).exit_code == 0
    before = contents()
    bad = tmp_path / "bad.gz"
    bad.write_bytes(damaged(file, how))
    result = run(filled, "restore", "--force", str(bad))
    assert result.exit_code == 1, result.output
    assert "Error: " in result.output
    assert contents() == before


def test_a_backup_is_of_one_moment(
    filled: Flask, real_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Somebody renames a site when the backup has begun: it is in the next backup, and nobody had to wait."""
    file, before = tmp_path / "all.gz", contents()
    engine = create_engine(real_db.replace("postgresql://", "postgresql+psycopg://"))
    write = module._line
    told: list[bool] = []

    def line(out: Any, value: Any) -> None:
        write(out, value)
        if not told:
            told.append(True)
            with engine.begin() as connection:
                connection.execute(text("UPDATE site SET name = 'renamed' WHERE code = 'LATER'"))

    monkeypatch.setattr(module, "_line", line)
    assert run(filled, "backup", str(file)).exit_code == 0
    engine.dispose()
    assert contents() != before
    assert run(filled, "restore", "--force", str(file)).exit_code == 0
    assert contents() == before


def test_a_folder_that_is_not_there(ready_app: Flask, tmp_path: Path):
    result = run(ready_app, "backup", str(tmp_path / "nowhere" / "all.gz"))
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert db.session.scalars(select(Site)).all() == []
