"""What a physical count saw, lot by lot."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import ItemRef, Key, LotRef, Quantity
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.stock_event import StockEvent


class CountLine(Base):
    """One lot that was counted: `expected` by the ledger at that moment, `counted` by hand."""

    __tablename__ = "count_line"
    __table_args__ = (CheckConstraint("counted >= 0", name="counted_not_negative"),)

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("stock_event.id"), index=True)
    item_id: Mapped[ItemRef]
    lot_id: Mapped[LotRef]
    expected: Mapped[Quantity]
    counted: Mapped[Quantity]

    event: Mapped[StockEvent] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")
