"""Pages of long lists: by key for programs, by number for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page, its number from 1, its size, and how many rows there are in all."""

    rows: Sequence[T]
    number: int
    size: int
    total: int


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """Rows after a key, and the key that the next slice comes after; None where this is the last."""

    rows: Sequence[T]
    next: Any | None


def numbered(session: Session, query: Select[Any], number: int, size: int) -> Page[Any]:
    """Page `number` of a query whose rows are tuples; a page beyond the last is the last."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = max(1, min(number, -(-total // size) or 1))
    rows = session.execute(query.limit(size).offset((number - 1) * size)).all()
    return Page(rows, number, size, total)


def after_id(session: Session, query: Select[Any], column: Any, after: int | None, limit: int) -> Slice[Any]:
    """At most `limit` entities of a query with ids above `after`, in the order of their ids."""
    if after is not None:
        query = query.where(column > after)
    rows = list(session.scalars(query.order_by(column).limit(limit + 1)))
    more = len(rows) > limit
    kept = rows[:limit]
    return Slice(kept, kept[-1].id if more else None)
