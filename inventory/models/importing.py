"""Rows that were imported, so that the same file again imports nothing twice."""

from sqlalchemy.orm import Mapped, mapped_column

from inventory.db import Base, Chars
from inventory.models._types import Key, Recorded, Word


class ImportedRow(Base):
    """A row known by the digest of its kind and content; `document` is what it became."""

    __tablename__ = "imported_row"

    id: Mapped[Key]
    kind: Mapped[Word]
    digest: Mapped[str] = mapped_column(Chars(64), unique=True)
    document: Mapped[str | None] = mapped_column(Chars(64))
    created_at: Mapped[Recorded]
