"""What a failed part of a transaction leaves behind in the session: nothing, whatever ids come again."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, select

from inventory.access import SYSTEM
from inventory.db import savepoint
from inventory.errors import Invalid, msg
from inventory.exchange.fields import Kind
from inventory.exchange.source import SourceRow
from inventory.models import ImportedRow, Site
from inventory.services.importing_job import Job, Outcome, Pending
from tests.factories import create_site


def _write(session: Any, number: int, digest: str) -> ImportedRow:
    session.execute(insert(ImportedRow).values(id=number, kind="items", digest=digest))
    return session.scalars(select(ImportedRow).where(ImportedRow.id == number)).one()


def _undone(session: Any, do: Callable[[], Any]) -> Any:
    """What `do` gave, in a savepoint that is undone."""
    found = []

    def fail() -> None:
        with savepoint(session):
            found.append(do())
            raise Invalid.at("/item", msg("No."))

    with pytest.raises(Invalid):
        fail()
    return found[0]


def test_a_row_that_comes_again_under_its_id_is_the_new_one(session):
    read = _undone(session, lambda: _write(session, 7001, "first"))
    assert _write(session, 7001, "second").digest == "second"
    assert read not in session


def test_what_was_there_before_stays(session):
    site = create_site(session)
    new = ImportedRow(kind="items", digest="waiting")
    session.add(new)
    site.name = "Renamed"
    _undone(session, lambda: setattr(site, "name", "Renamed again"))
    assert site in session
    assert new in session
    assert site.name == "Renamed"
    assert session.scalars(select(ImportedRow.digest)).all() == ["waiting"]


def test_what_was_done_stays_readable(session):
    with savepoint(session):
        kept = _write(session, 7002, "kept")
    assert kept in session
    assert session.scalar(select(Site.id)) is None


def test_an_import_forgets_what_a_refused_row_had_read(session):
    job = Job(session, SYSTEM, Kind.ITEMS, {}, Outcome(), lambda rows: None)
    rows: Iterator[Pending] = (
        Pending(SimpleNamespace(line=line), SourceRow(line, {}), str(line)) for line in (2, 3)
    )
    held = []

    def do(left: Any) -> str:
        held.append(_write(session, 7003, f"of line {left[0].row.line}"))
        if left[0].row.line == 2:
            raise Invalid.at("/lines/0/item", msg("No."))
        return held[-1].digest

    assert job.attempt([next(rows)], do) is None
    done = job.attempt([next(rows)], do)
    assert done is not None
    assert done[0] == "of line 3"
    assert len(job.outcome.refused) == 1
