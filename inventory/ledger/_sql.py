"""Statements that both databases know in their own dialect, and questions about many keys."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session


def insert_for(session: Session, table: Any) -> Any:
    """An INSERT that knows ON CONFLICT, for the database of `session`."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


CHUNK = 400
"""How many keys one statement is given: SQLite takes no more than some thousand."""


def chunks(ids: Collection[int] | None) -> list[list[int] | None]:
    """The keys in handfuls; one handful of None for all."""
    if ids is None:
        return [None]
    ordered = sorted(ids)
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]


def among(column: InstrumentedAttribute[int], ids: list[int] | None) -> list[ColumnElement[bool]]:
    """The condition that a column is one of a handful; none for all."""
    return [] if ids is None else [column.in_(ids)]
