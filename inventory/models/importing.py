"""Files of rows on their way in: what was uploaded, how its columns are read, and the rows that were taken before."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, Name, Recorded, UserRef, Word, one_of


class ImportStatus(StrEnum):
    """How far a file has come."""

    UPLOADED = "uploaded"
    """Its columns are to be told."""
    READING = "reading"
    MATCHING = "matching"
    """Somebody must say which of our items its unknown ones are."""
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    """Bad rows were found in a file that was to be taken whole: nothing of it was."""


class ImportedRow(Base):
    """A row known by the digest of its kind and content; `document` is what it became."""

    __tablename__ = "imported_row"

    id: Mapped[Key]
    kind: Mapped[Word]
    digest: Mapped[str] = mapped_column(Chars(64), unique=True)
    document: Mapped[str | None] = mapped_column(Chars(64))
    created_at: Mapped[Recorded]


class ImportMapping(Base):
    """How files with the same header are read, kept under a name.

    `headers` is the digest of their header; `told` has the sections of a mapping, and under `items` which of our items
    the file's are.
    """

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("kind", "name", name="uq_import_mapping_kind_name"),)

    id: Mapped[Key]
    kind: Mapped[Word]
    name: Mapped[Name]
    headers: Mapped[str] = mapped_column(Chars(64), index=True)
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    by: Mapped[Name]
    changed_at: Mapped[Recorded]


class ImportFile(Base):
    """A file that somebody uploaded. It lies in the instance folder under the name `stored` until it is done with.

    `position` is how many of its rows, in the order of their documents, are settled; it moves in the transaction that
    settles them, so whoever goes on after a break begins at the right one. `refused_kept` until the file of refused
    rows is gone. `whole`: all of it or nothing.
    """

    __tablename__ = "import_file"
    __table_args__ = (one_of("status", ImportStatus),)

    id: Mapped[Key]
    kind: Mapped[Word]
    name: Mapped[Name]
    size: Mapped[int]
    stored: Mapped[str | None] = mapped_column(Chars(64))
    status: Mapped[Word]
    told: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    mapping_name: Mapped[str | None] = mapped_column(Chars(200))
    whole: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    imported: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    refused_kept: Mapped[bool] = mapped_column(default=False)
    created_by_id: Mapped[UserRef]
    by: Mapped[Name]
    created_at: Mapped[Recorded]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
