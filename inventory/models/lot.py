"""Lots: a batch of one item as given by one donor; and the batches that were recalled."""

from datetime import date

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import Day, ItemRef, Key, Name, Prose, Recorded, UnitMoney, UserRef, Word
from inventory.models.donor import Donor
from inventory.models.item import Item


class Lot(Base):
    """A batch (number and expiry date) of one item from one donation, or from a supplier where there is none.

    It may be used through `expires_on`. The lot of a serialised item is its serial, one piece.
    """

    __tablename__ = "lot"
    __table_args__ = (
        Index("ix_lot_item_number", "item_id", "number"),
        UniqueConstraint("serial_key", name="uq_lot_serial_key"),
    )

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    number: Mapped[Name]
    expires_on: Mapped[Day | None] = mapped_column(index=True)
    expiry_precision: Mapped[Word] = mapped_column(default="day")
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("donor.id"), index=True)
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"), index=True)
    manufacturer: Mapped[Name | None]
    serial: Mapped[Name | None]
    serial_key: Mapped[str | None] = mapped_column(Chars(260))
    received_on: Mapped[Day]
    arrived_in_country_on: Mapped[Day | None]
    unit_value: Mapped[UnitMoney | None]
    currency: Mapped[str | None] = mapped_column(Chars(3))
    value_basis: Mapped[Name | None]
    recalled_on: Mapped[date | None]
    created_at: Mapped[Recorded]

    item: Mapped[Item] = relationship(lazy="raise")
    donor: Mapped[Donor | None] = relationship(lazy="raise")


class Recall(Base):
    """A batch that may no longer be issued or dispatched, nor what arrives of it later."""

    __tablename__ = "recall"
    __table_args__ = (UniqueConstraint("item_id", "lot_number", name="uq_recall_item_lot"),)

    id: Mapped[Key]
    item_id: Mapped[ItemRef]
    lot_number: Mapped[Name]
    reason: Mapped[Prose]
    recalled_on: Mapped[Day]
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]

    item: Mapped[Item] = relationship(lazy="raise")
