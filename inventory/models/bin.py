"""Bins: where inside a zone something lies. They refine the zone's balance and are no locations of the ledger."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import (
    CubicMetres,
    Key,
    Kilograms,
    Name,
    Quantity,
    Recorded,
    SiteRef,
    Word,
    one_of,
)
from inventory.models.lot import Lot
from inventory.models.site import Site
from inventory.models.words import Temperature, Zone


class Bin(Base):
    """A shelf, rack, refrigerator or cupboard in a zone of a site.

    `frost_free`: nothing in it ever freezes, so freeze-sensitive goods may lie there. `locked`: for controlled
    medicines, and for nothing else. `for_dangerous`: for dangerous goods, and for nothing else. `sequence` is its turn
    on the walk through the store. No capacity given: it is not known.
    """

    __tablename__ = "bin"
    __table_args__ = (
        one_of("zone", Zone),
        one_of("temperature", Temperature),
        UniqueConstraint("site_id", "code", name="uq_bin_site_code"),
    )

    id: Mapped[Key]
    site_id: Mapped[SiteRef]
    zone: Mapped[Word] = mapped_column(default=Zone.STOCK)
    code: Mapped[str] = mapped_column(Chars(32))
    name: Mapped[Name | None]
    temperature: Mapped[Word] = mapped_column(default=Temperature.AMBIENT)
    frost_free: Mapped[bool] = mapped_column(default=False)
    locked: Mapped[bool] = mapped_column(default=False)
    for_dangerous: Mapped[bool] = mapped_column(default=False)
    volume_m3: Mapped[CubicMetres | None]
    weight_kg: Mapped[Kilograms | None]
    sequence: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]
    created_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")


class BinStock(Base):
    """How much of a lot lies in a bin. Over the bins of a zone never more than the zone's balance of the lot."""

    __tablename__ = "bin_stock"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        Index("ix_bin_stock_lot", "lot_id"),
    )

    bin_id: Mapped[int] = mapped_column(ForeignKey("bin.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    quantity: Mapped[Quantity]

    bin: Mapped[Bin] = relationship(lazy="raise", viewonly=True)
    lot: Mapped[Lot] = relationship(lazy="raise", viewonly=True)


class BinMove(Base):
    """What was put into a bin, taken out of one or moved between two; never changed. None: outside every bin.

    `posting_id` names the posting that took goods out of the zone, where the move follows from one.
    """

    __tablename__ = "bin_move"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("source_id IS NOT NULL OR destination_id IS NOT NULL", name="moves"),
        Index("ix_bin_move_source_lot", "source_id", "lot_id"),
        Index("ix_bin_move_destination_lot", "destination_id", "lot_id"),
    )

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("bin.id"))
    destination_id: Mapped[int | None] = mapped_column(ForeignKey("bin.id"))
    quantity: Mapped[Quantity]
    posting_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[Name | None]
    recorded_at: Mapped[Recorded]
