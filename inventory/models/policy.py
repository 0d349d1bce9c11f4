"""Reorder policies: when a site asks for an item again, and up to how much."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import ItemRef, Key, Months, Name, Prose, Quantity, Recorded, Word
from inventory.models.item import Item
from inventory.models.site import Site


class _Levels:
    """What any policy says, in months of demand or for a service level."""

    method: Mapped[Word]
    minimum_months: Mapped[Months | None]
    maximum_months: Mapped[Months | None]
    emergency_months: Mapped[Months | None]
    lookback_months: Mapped[Months | None]
    order_multiple: Mapped[Quantity] = mapped_column(default=1)
    expiry_buffer_days: Mapped[int] = mapped_column(default=0)
    lead_time_days: Mapped[int | None]
    review_period_days: Mapped[int | None]
    service_level: Mapped[Months | None]
    emergency_days: Mapped[int | None]


class Policy(_Levels, Base):
    """`fixed` levels in base units, `months` of demand, or levels for a `service` level; see `rules/reorder.py`."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("site_id", "item_id", name="uq_policy_site_item"),)

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[ItemRef]
    reorder_point: Mapped[Quantity | None]
    maximum: Mapped[Quantity | None]
    emergency_point: Mapped[Quantity | None]
    demand_override: Mapped[Months | None]
    demand_override_reason: Mapped[Prose | None]
    created_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class PolicyDefault(_Levels, Base):
    """Levels for whatever has no policy of its own and fits: the narrowest that fits holds.

    A site is narrower than a category, that than a VEN class, that than a kind of site; empty fits all. `scope`
    is the four in one text, so that each can be there once.
    """

    __tablename__ = "policy_default"

    id: Mapped[Key]
    scope: Mapped[str] = mapped_column(Chars(120), unique=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    site_kind: Mapped[Word | None]
    category: Mapped[Word | None]
    ven: Mapped[str | None] = mapped_column(Chars(1))
    recorded_at: Mapped[Recorded]
    by: Mapped[Name]

    site: Mapped[Site | None] = relationship(lazy="raise")
