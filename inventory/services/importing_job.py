"""What every kind of import shares: which rows were taken before, which are refused and why."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.db import savepoint
from inventory.errors import DomainError, FieldError, Message
from inventory.exchange.fields import Kind, RowFault
from inventory.exchange.notes import Notes
from inventory.exchange.rows import ReferenceRow, Row
from inventory.exchange.source import SourceRow
from inventory.models import ImportedRow

_NOT_CONTENT = frozenset(
    {"line", "note", "new_item", "new_site", "origin_name", "destination_name", "opening_stock"}
)
"""What may be worded anew without the row being another."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row as it stands in the file, and every reason why it was not taken."""

    source: SourceRow
    faults: list[RowFault]


@dataclass(slots=True)
class Outcome:
    """How many rows the file has and how many were imported; the rest was refused or had been imported before."""

    rows: int = 0
    imported: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)

    def as_json(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "imported": self.imported,
            "refused": len(self.refused),
            "warnings": len(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Pending:
    """A row that could be read; `digest` is what it will be known by."""

    row: Row
    source: SourceRow
    digest: str


@dataclass(slots=True)
class Job:
    """One import under way. `columns`: the file's headers by field."""

    session: Session
    actor: Actor
    kind: Kind
    columns: dict[str, str]
    outcome: Outcome
    progress: Callable[[int], None]
    seen: Counter[str] = field(default_factory=Counter)

    def refuse(self, source: SourceRow, faults: list[RowFault]) -> None:
        self.outcome.refused.append(RefusedRow(source, faults))
        self.progress(1)

    def refuse_for(self, pending: Pending, field: str, why: Message) -> None:
        """Refuse a row for what one of its fields says."""
        self.refuse(pending.source, [RowFault(pending.row.line, self.columns.get(field, field), why)])

    def warn(self, pending: Pending, field: str, what: Message) -> None:
        """Tell something odd about a field of a row that is taken."""
        self.outcome.notes.warn(pending.row.line, self.columns.get(field, field), what)

    def done(self, rows: Sequence[tuple[Pending, str]], *, changed: bool = True) -> None:
        """Remember rows and the document that each became; where nothing was `changed` they do not count."""
        self.session.execute(
            insert(ImportedRow),
            [{"kind": str(self.kind), "digest": each.digest, "document": what} for each, what in rows],
        )
        self.outcome.imported += len(rows) if changed else 0
        self.progress(len(rows))

    def attempt(
        self, rows: Sequence[Pending], do: Callable[[Sequence[Pending]], T], *, writes: bool = True
    ) -> tuple[T, list[Pending]] | None:
        """Do something with rows of one document; what is at fault is refused and the rest tried again.

        `do` may raise DomainError: `/lines/N/...` speaks of the Nth row, anything else of all. What it wrote is then
        undone. Gives what `do` gave and the rows that it took, or None where none is left.
        """
        left = list(rows)
        while left:
            try:
                with savepoint(self.session) if writes else nullcontext():
                    return do(left), left
            except DomainError as error:
                bad = self._blame(left, error)
                for index, faults in sorted(bad.items()):
                    self.refuse(left[index].source, faults)
                left = [each for index, each in enumerate(left) if index not in bad]
        return None

    def _blame(self, rows: list[Pending], error: DomainError) -> dict[int, list[RowFault]]:
        faults: dict[int, list[RowFault]] = {}
        common = [e for e in error.errors if _line_of(e, len(rows)) is None]
        if error.errors and not common:
            for each in error.errors:
                index = _line_of(each, len(rows)) or 0
                faults.setdefault(index, []).append(self._fault(rows[index], each.pointer, each.message))
            return faults
        told: Iterable[tuple[str, Message]] = [(e.pointer, e.message) for e in common] or [
            ("", error.message)
        ]
        return {
            index: [self._fault(each, pointer, message) for pointer, message in told]
            for index, each in enumerate(rows)
        }

    def _fault(self, pending: Pending, pointer: str, message: Message) -> RowFault:
        name = next((part for part in reversed(pointer.split("/")) if part and not part.isdigit()), None)
        name = None if name == "lines" else name
        return RowFault(pending.row.line, self.columns.get(name, name) if name else None, message)


class Handler(Protocol):
    """What one kind of import does with its rows."""

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        """Rows in the file's order; `known` ones were imported before."""

    def finish(self) -> None:
        """All rows were given."""


def digest(kind: Kind, row: Row, seen: Counter[str]) -> str:
    """What a row is known by: its kind and content, and which one it is of the same rows in its file."""
    base = content_of(kind, row)
    seen[base] += 1
    return numbered_digest(base, seen[base])


def numbered_digest(content: str, number: int) -> str:
    """What the row of that content is known by that is the `number`th of the same rows in its file, from 1."""
    return hashlib.sha256(f"{content}\n{number}".encode()).hexdigest()


def content_of(kind: Kind, row: Row) -> str:
    """What a row says, as text that is the same for the same row however its file is made."""
    if isinstance(row, ReferenceRow):
        content: dict[str, Any] = dict(row.values)
    else:
        content = {
            each.name: getattr(row, each.name) for each in fields(row) if each.name not in _NOT_CONTENT
        }
    told = {name: value for name, value in content.items() if value is not None}
    return f"{kind}\n{json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)}"


def split(session: Session, rows: list[Pending]) -> tuple[list[Pending], list[Pending]]:
    """The rows that are new, and those imported before."""
    if not rows:
        return [], []
    digests = [each.digest for each in rows]
    known = set(session.scalars(select(ImportedRow.digest).where(ImportedRow.digest.in_(digests))))
    return [each for each in rows if each.digest not in known], [
        each for each in rows if each.digest in known
    ]


def _line_of(error: FieldError, count: int) -> int | None:
    parts = error.pointer.split("/")
    if len(parts) > 2 and parts[1] == "lines" and parts[2].isdigit() and int(parts[2]) < count:
        return int(parts[2])
    return None
