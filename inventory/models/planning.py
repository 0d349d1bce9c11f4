"""What people know of the demand to come: consultations planned, months set by hand, figures for the unknown."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base
from inventory.models._types import Day, ItemRef, Key, Months, Name, Prose, Quantity, Recorded
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.site import Site


class SitePlan(Base):
    """How many people a site expects to see, from a day on: days a week times patients a day.

    `kit_id` is the kit that such a site is opened with, and `population` how many people it is to serve. A store that
    passes goods on plans `for_supplied`: its demand is what the sites that it supplies use.
    """

    __tablename__ = "site_plan"
    __table_args__ = (UniqueConstraint("site_id", "starts_on", name="uq_site_plan_site_starts_on"),)

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    starts_on: Mapped[Day]
    days_per_week: Mapped[Months | None]
    patients_per_day: Mapped[int | None]
    population: Mapped[Quantity | None]
    kit_id: Mapped[int | None] = mapped_column(ForeignKey("kit.id"))
    for_supplied: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Prose | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    kit: Mapped["Kit | None"] = relationship(lazy="raise")


class DemandMonth(Base):
    """The demand for one item at one site in one calendar month, set by hand for a reason. `month` is its first day."""

    __tablename__ = "demand_month"
    __table_args__ = (
        UniqueConstraint("site_id", "item_id", "month", name="uq_demand_month_site_item_month"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[ItemRef]
    month: Mapped[Day]
    quantity: Mapped[Months]
    reason: Mapped[Prose]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class AssumedDemand(Base):
    """A month's demand that a person assumes where nothing is known yet: the last resort, with author and date."""

    __tablename__ = "assumed_demand"
    __table_args__ = (
        UniqueConstraint("site_id", "item_id", name="uq_assumed_demand_site_item"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item_id: Mapped[ItemRef]
    quantity: Mapped[Months]
    note: Mapped[Prose | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    item: Mapped[Item] = relationship(lazy="raise")


class Kit(Base):
    """A kit: an item of the catalogue that is made of others, meant for `people` during `months`, if that is known."""

    __tablename__ = "kit"

    id: Mapped[Key]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), unique=True)
    people: Mapped[Quantity | None]
    months: Mapped[Months | None]

    item: Mapped[Item] = relationship(lazy="raise")
    lines: Mapped[list["KitLine"]] = relationship(
        lazy="raise", order_by="KitLine.id", cascade="all, delete-orphan", back_populates="kit"
    )


class KitLine(Base):
    """What one kit holds of an item, in base units."""

    __tablename__ = "kit_line"
    __table_args__ = (
        UniqueConstraint("kit_id", "item_id", name="uq_kit_line_kit_item"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[Key]
    kit_id: Mapped[int] = mapped_column(ForeignKey("kit.id"))
    item_id: Mapped[ItemRef]
    quantity: Mapped[Quantity]

    kit: Mapped[Kit] = relationship(lazy="raise", back_populates="lines")
    item: Mapped[Item] = relationship(lazy="raise")


class KitContent(Base):
    """What one kit of a kit lot is made of: so many base units of a component lot. All kits of a lot are alike."""

    __tablename__ = "kit_content"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_kit_content_lot", "lot_id"),
    )

    kit_lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    quantity: Mapped[Quantity]

    kit_lot: Mapped[Lot] = relationship(foreign_keys=[kit_lot_id], lazy="raise")
    lot: Mapped[Lot] = relationship(foreign_keys=[lot_id], lazy="raise")
