"""What devices recorded offline and sent: kept whether or not it could be posted."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, Prose, Recorded, Word


class SyncEvent(Base):
    """One event of a device by its own UUID. `result` is accepted, needs_attention or resolved."""

    __tablename__ = "sync_event"

    id: Mapped[Key]
    event_id: Mapped[str] = mapped_column(Chars(80), unique=True)
    device: Mapped[str] = mapped_column(Chars(120))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    type: Mapped[str] = mapped_column(Chars(80))
    occurred_at: Mapped[datetime | None] = mapped_column(Instant)
    raw_occurred_at: Mapped[str | None] = mapped_column(Chars(80))
    data: Mapped[Any] = mapped_column(JSON)
    result: Mapped[Word]
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    document: Mapped[str | None] = mapped_column(Chars(64))
    note: Mapped[Prose | None]
    received_at: Mapped[Recorded]
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
