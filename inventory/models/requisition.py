"""Requisitions: what a site asks for."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Instant
from inventory.models._types import (
    ItemRef,
    Key,
    Number,
    Prose,
    Quantity,
    Recorded,
    SiteRef,
    UserRef,
    Word,
    one_of,
)
from inventory.models.item import Item
from inventory.models.site import Site
from inventory.models.words import RequisitionKind


class Requisition(Base):
    """A request of one site; its states are in `rules/transitions.py`."""

    __tablename__ = "requisition"
    __table_args__ = (one_of("kind", RequisitionKind),)

    id: Mapped[Key]
    number: Mapped[Number]
    site_id: Mapped[SiteRef]
    kind: Mapped[Word]
    status: Mapped[Word] = mapped_column(index=True)
    note: Mapped[Prose | None]
    reason: Mapped[Prose | None]
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site] = relationship(lazy="raise")
    lines: Mapped[list["RequisitionLine"]] = relationship(
        lazy="raise", order_by="RequisitionLine.id", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}


class RequisitionLine(Base):
    """So much of one item, and how much of it was approved."""

    __tablename__ = "requisition_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("approved >= 0", name="approved_not_negative"),
    )

    id: Mapped[Key]
    requisition_id: Mapped[int] = mapped_column(ForeignKey("requisition.id"), index=True)
    item_id: Mapped[ItemRef]
    quantity: Mapped[Quantity]
    approved: Mapped[Quantity | None]

    item: Mapped[Item] = relationship(lazy="raise")
