"""Reorder policies: when a site asks for an item again, and up to how much."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import ItemRef, Key, Months, Prose, Quantity, Recorded, Word
from inventory.models.item import Item
from inventory.models.site import Site


class Policy(Base):
    """`fixed` levels in base units, or `months` of demand; see `rules/reorder.py`."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("site_id", "item_id", name="uq_policy_site_item"),)

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[ItemRef]
    method: Mapped[Word]
    reorder_point: Mapped[Quantity | None]
    maximum: Mapped[Quantity | None]
    emergency_point: Mapped[Quantity | None]
    minimum_months: Mapped[Months | None]
    maximum_months: Mapped[Months | None]
    emergency_months: Mapped[Months | None]
    lookback_months: Mapped[Months | None]
    demand_override: Mapped[Months | None]
    demand_override_reason: Mapped[Prose | None]
    order_multiple: Mapped[Quantity] = mapped_column(default=1)
    expiry_buffer_days: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")
