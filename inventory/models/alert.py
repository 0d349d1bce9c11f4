"""Alerts: what somebody should look at, opened and resolved by the postings that cause it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, LotRef, Prose, Quantity, Recorded, Word, one_of
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.shipment import Shipment
from inventory.models.site import Site
from inventory.models.words import AlertKind


class Alert(Base):
    """One thing that is amiss. `subject` names it: at most one alert is open per kind and subject."""

    __tablename__ = "alert"
    __table_args__ = (
        one_of("kind", AlertKind),
        Index(
            "uq_alert_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_alert_site_item", "site_id", "item_id"),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    subject: Mapped[str] = mapped_column(Chars(80))
    severity: Mapped[Word]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotRef | None]
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    quantity: Mapped[Quantity | None]
    threshold: Mapped[Quantity | None]
    suggested_quantity: Mapped[Quantity | None]
    document: Mapped[str | None] = mapped_column(Chars(64))
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
    opened_at: Mapped[Recorded] = mapped_column(index=True)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    acknowledged_by: Mapped[str | None] = mapped_column(Chars(200))
    note: Mapped[Prose | None]

    site: Mapped[Site | None] = relationship(lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    shipment: Mapped[Shipment | None] = relationship(lazy="raise")
