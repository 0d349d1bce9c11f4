"""Count sheets: what is to be counted, by place, blind if wanted; what was seen; and who made it final."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import (
    Day,
    ItemRef,
    Key,
    Name,
    Number,
    Prose,
    Quantity,
    Recorded,
    SiteRef,
    Word,
    one_of,
)
from inventory.models.bin import Bin
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.site import Site
from inventory.models.stock_event import StockEvent
from inventory.models.words import CountReason, CountSheetStatus, Zone


class CountSheet(Base):
    """A count of part of a site's zone. `blind`: who counts is not told what the books say.

    Whoever counted or counted again cannot finalise it, but for an administrator alone, who says why (`alone_reason`).
    """

    __tablename__ = "count_sheet"
    __table_args__ = (one_of("zone", Zone), one_of("status", CountSheetStatus), one_of("reason", CountReason))

    id: Mapped[Key]
    number: Mapped[Number]
    site_id: Mapped[SiteRef]
    zone: Mapped[Word] = mapped_column(default=Zone.STOCK)
    status: Mapped[Word] = mapped_column(default=CountSheetStatus.OPEN, index=True)
    reason: Mapped[Word] = mapped_column(default=CountReason.BY_HAND)
    blind: Mapped[bool] = mapped_column(default=True)
    title: Mapped[Name | None]
    due_on: Mapped[Day | None]
    note: Mapped[Prose | None]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    opened_by: Mapped[Name]
    opened_at: Mapped[Recorded]
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_by: Mapped[Name | None]
    alone_reason: Mapped[Prose | None]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    site: Mapped[Site] = relationship(lazy="raise")
    lines: Mapped[list["CountSheetLine"]] = relationship(
        lazy="raise", order_by="CountSheetLine.id", cascade="all, delete-orphan", back_populates="sheet"
    )


class CountSheetLine(Base):
    """One lot number in one place: what was counted, when and by whom, and once more where it differed.

    `expected` is what the books said of that instant (`recount_expected` of the second one). A batch that nobody knew
    has no lot until the sheet is final. `event_id` is the count that posted the difference. `recount`: it differed
    and is to be counted again. `skipped`: nobody counts it, it is left as it is.
    """

    __tablename__ = "count_sheet_line"
    __table_args__ = (
        CheckConstraint("counted >= 0", name="counted_not_negative"),
        CheckConstraint("recounted >= 0", name="recounted_not_negative"),
        Index("ix_count_sheet_line_sheet", "sheet_id", "id"),
    )

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("count_sheet.id"))
    bin_id: Mapped[int | None] = mapped_column(ForeignKey("bin.id"), index=True)
    item_id: Mapped[ItemRef]
    lot_number: Mapped[str] = mapped_column(Chars(200))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"), index=True)
    expires_on: Mapped[date | None]
    expected: Mapped[Quantity | None]
    counted: Mapped[Quantity | None]
    counted_at: Mapped[datetime | None] = mapped_column(Instant)
    counted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    counted_by: Mapped[Name | None]
    recount_expected: Mapped[Quantity | None]
    recounted: Mapped[Quantity | None]
    recounted_at: Mapped[datetime | None] = mapped_column(Instant)
    recounted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    recounted_by: Mapped[Name | None]
    recount: Mapped[bool] = mapped_column(default=False)
    skipped: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Prose | None]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("stock_event.id"), index=True)

    sheet: Mapped[CountSheet] = relationship(lazy="raise", back_populates="lines")
    bin: Mapped[Bin | None] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot | None] = relationship(lazy="raise")
    event: Mapped[StockEvent | None] = relationship(lazy="raise")


class CountInterval(Base):
    """After how many days goods of a class are to be counted again; `days` 0: never planned."""

    __tablename__ = "count_interval"
    __table_args__ = (CheckConstraint("days >= 0", name="days_not_negative"),)

    group: Mapped[str] = mapped_column(Chars(16), primary_key=True)
    days: Mapped[int]
