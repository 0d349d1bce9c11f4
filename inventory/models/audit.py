"""Who did what to everything that is not a movement."""

from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from inventory.db import Base, Chars
from inventory.models._types import Key, Name, Recorded, Word


class AuditEntry(Base):
    """One act: `action` on the thing named by `subject`, with what it changed."""

    __tablename__ = "audit_entry"

    id: Mapped[Key]
    at: Mapped[Recorded] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    by: Mapped[Name]
    action: Mapped[Word]
    subject: Mapped[str] = mapped_column(Chars(80), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
