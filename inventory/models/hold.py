"""Holds: why something stands in quarantine or was refused, and what two people decided about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import (
    ItemRef,
    Key,
    LotRef,
    Name,
    Number,
    Prose,
    Quantity,
    Recorded,
    SiteRef,
    Word,
    one_of,
)
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.site import Site
from inventory.models.stock_event import StockEvent
from inventory.models.words import HoldOutcome, HoldStatus, Zone


class Hold(Base):
    """So many base units of a lot that wait in quarantine or were refused, and why.

    `cause` is the rule that failed (`short_dated`, `damaged`, `excursion`, `recall`, `by_hand`…), `detail` its message
    ({text, params}), `document` the receipt or zone move that put it there. One person proposes an outcome, another
    one decides; `event_id` is the document that carried it out (none for what the accounts already show).
    """

    __tablename__ = "hold"
    __table_args__ = (
        one_of("zone", Zone),
        one_of("status", HoldStatus),
        one_of("outcome", HoldOutcome),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(status = 'decided') = (decided_at IS NOT NULL)", name="decided_with_time"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    site_id: Mapped[SiteRef]
    item_id: Mapped[ItemRef]
    lot_id: Mapped[LotRef]
    zone: Mapped[Word]
    quantity: Mapped[Quantity]
    cause: Mapped[Word]
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    document: Mapped[str | None] = mapped_column(Chars(24), index=True)
    status: Mapped[Word] = mapped_column(default=HoldStatus.OPEN, index=True)
    outcome: Mapped[Word | None]
    reason: Mapped[Prose | None]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposed_by: Mapped[Name | None]
    proposed_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_by: Mapped[Name | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("stock_event.id"), index=True)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    opened_by: Mapped[Name | None]
    opened_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")
    event: Mapped[StockEvent | None] = relationship(lazy="raise")
