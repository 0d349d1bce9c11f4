"""What a physical count saw, lot by lot."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Instant
from inventory.models._types import ItemRef, Key, LotRef, Quantity, Word, one_of
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.stock_event import StockEvent
from inventory.models.words import Zone


class CountLine(Base):
    """One lot that was counted in a zone: `expected` by the ledger at that moment, `counted` by hand.

    `counted_at` is the instant of this line where it is not that of its event. `partial`: not every place of the lot
    in the zone was counted, so what is told late of a time before may still come off.
    """

    __tablename__ = "count_line"
    __table_args__ = (one_of("zone", Zone), CheckConstraint("counted >= 0", name="counted_not_negative"))

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("stock_event.id"), index=True)
    item_id: Mapped[ItemRef]
    lot_id: Mapped[LotRef]
    expected: Mapped[Quantity]
    counted: Mapped[Quantity]
    zone: Mapped[Word] = mapped_column(default=Zone.STOCK)
    counted_at: Mapped[datetime | None] = mapped_column(Instant)
    partial: Mapped[bool] = mapped_column(default=False)

    event: Mapped[StockEvent] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")
