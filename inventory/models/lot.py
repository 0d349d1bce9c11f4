"""Lots: a batch of one item as given by one donor; and the batches that were recalled."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, and_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import (
    Day,
    ItemRef,
    Key,
    Name,
    Prose,
    Quantity,
    Recorded,
    UnitMoney,
    UserRef,
    Word,
    one_of,
)
from inventory.models.donor import Donor
from inventory.models.item import Item
from inventory.models.site import Site
from inventory.models.words import RecallReply

if TYPE_CHECKING:
    from inventory.models.shipment import Shipment

if TYPE_CHECKING:
    from inventory.models.planning import KitContent


class Lot(Base):
    """A batch (number and expiry date) of one item from one donation, or from a supplier where there is none.

    It may be used through `expires_on`. The lot of a serialised item is its serial, one piece. A lot of kits that
    were put together here has `contents`, and no donor: the lots in it have theirs.
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
    contents: Mapped[list["KitContent"]] = relationship(
        primaryjoin="Lot.id == KitContent.kit_lot_id",
        foreign_keys="KitContent.kit_lot_id",
        order_by="KitContent.lot_id",
        viewonly=True,
        lazy="raise",
    )


class Recall(Base):
    """A batch that may no longer be issued or dispatched, nor what arrives of it later.

    A `drill` blocks nothing: it only asks everybody, so that the time it takes is known. `closed_at`: everybody
    answered, or somebody ended it for a `close_reason`. One made in error is withdrawn by two people: `withdrawal` is
    why, and who asked for it; from `withdrawn_at` on it blocks nothing.
    """

    __tablename__ = "recall"
    __table_args__ = (
        Index(
            "uq_recall_item_lot",
            "item_id",
            "lot_number",
            unique=True,
            sqlite_where=text("NOT drill AND withdrawn_at IS NULL"),
            postgresql_where=text("NOT drill AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    item_id: Mapped[ItemRef]
    lot_number: Mapped[Name]
    reason: Mapped[Prose]
    recalled_on: Mapped[Day]
    drill: Mapped[bool] = mapped_column(default=False)
    source: Mapped[Name | None]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[Name | None]
    close_reason: Mapped[Prose | None]
    withdrawal: Mapped[Prose | None]
    withdrawal_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    withdrawal_by: Mapped[Name | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[Name | None]
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]

    item: Mapped[Item] = relationship(lazy="raise")

    @classmethod
    def in_force(cls) -> ColumnElement[bool]:
        """Those that block: no drill, not withdrawn."""
        return and_(cls.drill.is_(False), cls.withdrawn_at.is_(None))


class RecallNotice(Base):
    """One holder of a recalled batch, and what came of telling them: a site, a shipment, or who else was sent it.

    `quantity` is what the books said they held when the recall was made (for `dispensed`: what they gave to patients),
    `found` what they say they hold, `returned` what came back. `person` was told, by `informed_by`.
    """

    __tablename__ = "recall_notice"
    __table_args__ = (
        one_of("reply", RecallReply),
        CheckConstraint("site_id IS NOT NULL OR shipment_id IS NOT NULL", name="names_a_holder"),
        UniqueConstraint("recall_id", "site_id", "shipment_id", name="uq_recall_notice_holder"),
    )

    id: Mapped[Key]
    recall_id: Mapped[int] = mapped_column(ForeignKey("recall.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    quantity: Mapped[Quantity] = mapped_column(default=0)
    dispensed: Mapped[Quantity] = mapped_column(default=0)
    reply: Mapped[Word] = mapped_column(default=RecallReply.OPEN)
    person: Mapped[Name | None]
    found: Mapped[Quantity | None]
    returned: Mapped[Quantity] = mapped_column(default=0)
    note: Mapped[Prose | None]
    informed_at: Mapped[datetime | None] = mapped_column(Instant)
    informed_by: Mapped[Name | None]
    informed_how: Mapped[Word | None]
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[Name | None]

    recall: Mapped[Recall] = relationship(lazy="raise")
    site: Mapped[Site | None] = relationship(lazy="raise")
    shipment: Mapped["Shipment | None"] = relationship(lazy="raise")
