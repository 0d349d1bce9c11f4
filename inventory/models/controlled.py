"""Controlled medicines: the register of every movement at a site, who signed it, and the permits they travel on."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import Day, ItemRef, Key, Name, Prose, Quantity, Recorded, UserRef, Word, one_of
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.movement import Posting
from inventory.models.shipment import Shipment
from inventory.models.site import Site
from inventory.models.words import PermitKind


class ControlledEntry(Base):
    """One line of the register of a site and an item: what came or went of a lot, and what is left of the item.

    Written by the ledger with the posting, numbered without gaps, never edited. `change` is signed, `balance` is over
    all zones of the site.
    """

    __tablename__ = "controlled_entry"
    __table_args__ = (
        UniqueConstraint("site_id", "item_id", "sequence", name="uq_controlled_entry_site_item_sequence"),
        CheckConstraint("change <> 0", name="changes"),
        CheckConstraint("balance >= 0", name="balance_not_negative"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[ItemRef]
    sequence: Mapped[int]
    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    change: Mapped[Quantity]
    balance: Mapped[Quantity]

    site: Mapped[Site] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")
    posting: Mapped[Posting] = relationship(lazy="raise")


class ControlledSignature(Base):
    """The second name under a posting that moved controlled medicines: another person than the one who posted it.

    `by_id` is set where that person signed with an account of their own; otherwise the name was typed with the posting.
    """

    __tablename__ = "controlled_signature"

    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"), primary_key=True, autoincrement=False)
    by: Mapped[Name]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    note: Mapped[Prose | None]
    signed_at: Mapped[Recorded]


class Permit(Base):
    """A paper without which controlled medicines may not be held, sent or brought in; both days count."""

    __tablename__ = "permit"
    __table_args__ = (
        one_of("kind", PermitKind),
        CheckConstraint("valid_until >= valid_from", name="ends_after_it_begins"),
        UniqueConstraint("kind", "number", name="uq_permit_kind_number"),
    )

    id: Mapped[Key]
    kind: Mapped[Word]
    number: Mapped[Name]
    authority: Mapped[Name | None]
    importer: Mapped[Name | None]
    exporter: Mapped[Name | None]
    valid_from: Mapped[Day]
    valid_until: Mapped[Day] = mapped_column(index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    cites: Mapped[Name | None]
    ended_on: Mapped[date | None]
    note: Mapped[Prose | None]
    by_id: Mapped[UserRef | None]
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]

    site: Mapped[Site | None] = relationship(lazy="raise")
    shipment: Mapped[Shipment | None] = relationship(lazy="raise")
    lines: Mapped[list["PermitLine"]] = relationship(
        lazy="raise", order_by="PermitLine.id", cascade="all, delete-orphan", back_populates="permit"
    )


class PermitLine(Base):
    """What a permit covers of an item, in base units; None: any quantity."""

    __tablename__ = "permit_line"
    __table_args__ = (
        UniqueConstraint("permit_id", "item_id", name="uq_permit_line_permit_item"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[Key]
    permit_id: Mapped[int] = mapped_column(ForeignKey("permit.id"))
    item_id: Mapped[ItemRef]
    quantity: Mapped[Quantity | None]

    permit: Mapped[Permit] = relationship(lazy="raise", back_populates="lines")
    item: Mapped[Item] = relationship(lazy="raise")
