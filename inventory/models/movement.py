"""The ledger's tables. Only `inventory.ledger` writes them."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import Day, Key, Name, Prose, Quantity, Recorded, UserRef, When, Word, one_of
from inventory.models.location import Location
from inventory.models.lot import Lot
from inventory.rules.effects import PostingKind


class Posting(Base):
    """The movements of one document. Never updated or deleted: a correction is a posting that reverses it.

    `witness` is the second person's name, where one was given.
    """

    __tablename__ = "posting"
    __table_args__ = (one_of("kind", PostingKind), Index("ix_posting_document", "document"))

    id: Mapped[Key]
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[Word]
    document: Mapped[str | None] = mapped_column(Chars(24))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    occurred_on: Mapped[Day]
    occurred_at: Mapped[When]
    recorded_at: Mapped[Recorded]
    user_id: Mapped[UserRef | None]
    by: Mapped[Name | None]
    witness: Mapped[Name | None]
    reason: Mapped[Prose | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"), unique=True)

    movements: Mapped[list["Movement"]] = relationship(
        back_populates="posting", lazy="raise", order_by="Movement.id"
    )


class Movement(Base):
    """A positive number of base units of one lot, from one location to another."""

    __tablename__ = "movement"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("source_id <> destination_id", name="moves"),
        Index("ix_movement_lot_occurred", "lot_id", "occurred_at"),
        Index("ix_movement_source_occurred", "source_id", "occurred_at"),
        Index("ix_movement_destination_occurred", "destination_id", "occurred_at"),
        Index("ix_movement_occurred", "occurred_at", "id"),
    )

    id: Mapped[Key]
    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    quantity: Mapped[Quantity]
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    occurred_at: Mapped[When]
    reason: Mapped[Word | None]

    posting: Mapped[Posting] = relationship(back_populates="movements", lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")
    source: Mapped[Location] = relationship(foreign_keys=[source_id], lazy="raise")
    destination: Mapped[Location] = relationship(foreign_keys=[destination_id], lazy="raise")


class Balance(Base):
    """What the movements of one lot at one location add up to. Outside accounts may go below zero."""

    __tablename__ = "balance"
    __table_args__ = (
        CheckConstraint("NOT inside OR on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0 AND (reserved = 0 OR reserved <= on_hand)", name="reserved_within"),
        ForeignKeyConstraint(
            ["location_id", "inside"], ["location.id", "location.inside"], name="fk_balance_location_inside"
        ),
        Index("ix_balance_lot", "lot_id"),
    )

    location_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    inside: Mapped[bool]
    on_hand: Mapped[Quantity] = mapped_column(default=0)
    reserved: Mapped[Quantity] = mapped_column(default=0)

    location: Mapped[Location] = relationship(
        foreign_keys=[location_id],
        primaryjoin="Balance.location_id == Location.id",
        lazy="raise",
        viewonly=True,
    )
    lot: Mapped[Lot] = relationship(lazy="raise", viewonly=True)


class StockDay(Base):
    """One day of one lot in a site's `stock` zone: its net change, and what was dispensed of it (net of reversals).

    What replenishment reads: consumption, days out of stock. A day is the calendar day at the site.
    """

    __tablename__ = "stock_day"
    __table_args__ = (Index("ix_stock_day_site_item", "site_id", "item_id"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    change: Mapped[Quantity] = mapped_column(default=0)
    dispensed: Mapped[Quantity] = mapped_column(default=0)
