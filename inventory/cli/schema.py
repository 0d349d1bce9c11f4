"""Which revision a database is at, and which one the program needs; read without loading the migration tools."""

import re
from functools import cache
from pathlib import Path

from flask import current_app
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

_LINE = re.compile(
    r"""^(revision|down_revision)(?:\s*:[^=]+)?\s*=\s*(?:["']([^"']+)["']|None)""", re.MULTILINE
)


def stored_revision(session: Session) -> str | None:
    """The revision of the database; None where it has no tables of ours."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    found = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


@cache
def needed_revision() -> str:
    """The newest revision among the migrations."""
    folder = Path(current_app.extensions["migrate"].directory) / "versions"
    known: set[str] = set()
    passed: set[str] = set()
    for path in folder.glob("*.py"):
        said = dict(_LINE.findall(path.read_text(encoding="utf-8")))
        known.add(said["revision"])
        passed.add(said["down_revision"])
    (newest,) = known - passed
    return newest


def bring_up_to_date(session: Session) -> bool:
    """Run the migrations that are missing; whether there were any."""
    stored = stored_revision(session)
    session.rollback()
    if stored == needed_revision():
        return False
    from flask_migrate import upgrade

    upgrade()
    return True
