"""Shipments: packages on their way from one site to another, their milestones and what arrived of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import (
    CubicMetres,
    Day,
    ItemRef,
    Key,
    Kilograms,
    LotRef,
    Name,
    Number,
    Prose,
    Quantity,
    Recorded,
    SiteRef,
    UserRef,
    When,
    Word,
    one_of,
)
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.requisition import Requisition
from inventory.models.site import Site
from inventory.models.words import Classifier, Container, Milestone, Mode
from inventory.rules import packing
from inventory.rules.packing import PackageKind


class Shipment(Base):
    """A journey; its states are in `rules/transitions.py`. `historical` ones were imported as they had ended.

    One that the program proposed says for what `reason`, how many base units it `saves` from expiring, and
    `needs_approval` by a person before it may leave.
    """

    __tablename__ = "shipment"
    __table_args__ = (
        one_of("mode", Mode),
        one_of("container", Container),
        CheckConstraint("origin_id <> destination_id", name="goes_elsewhere"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    origin_id: Mapped[SiteRef]
    destination_id: Mapped[SiteRef]
    mode: Mapped[Word | None]
    status: Mapped[Word] = mapped_column(index=True)
    eta: Mapped[Day | None]
    requisition_id: Mapped[int | None] = mapped_column(ForeignKey("requisition.id"), index=True)
    container: Mapped[Word | None]
    minimum_shelf_life_days: Mapped[int] = mapped_column(default=0)
    waybill: Mapped[Name | None]
    reference: Mapped[Name | None]
    historical: Mapped[bool] = mapped_column(default=False)
    dispatched_at: Mapped[datetime | None] = mapped_column(Instant)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    freight_minor: Mapped[Quantity | None]
    freight_currency: Mapped[str | None] = mapped_column(Chars(3))
    reason: Mapped[Prose | None]
    saves: Mapped[Quantity | None]
    needs_approval: Mapped[bool] = mapped_column(default=False)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_by: Mapped[Name | None]
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]
    version: Mapped[int] = mapped_column(default=1)

    origin: Mapped[Site] = relationship(foreign_keys="Shipment.origin_id", lazy="raise")
    destination: Mapped[Site] = relationship(foreign_keys="Shipment.destination_id", lazy="raise")
    requisition: Mapped[Requisition | None] = relationship(lazy="raise")
    packages: Mapped[list["Package"]] = relationship(
        lazy="raise", order_by="Package.id", back_populates="shipment"
    )
    events: Mapped[list["ShipmentEvent"]] = relationship(lazy="raise", order_by="ShipmentEvent.id")
    receipt_lines: Mapped[list["ShipmentReceiptLine"]] = relationship(
        lazy="raise", order_by="ShipmentReceiptLine.id"
    )

    __mapper_args__ = {"version_id_col": version}


class Package(Base):
    """One logistic unit with its SSCC; it lies in its `parent`. Its gross weight includes what it holds."""

    __tablename__ = "package"
    __table_args__ = (
        one_of("kind", PackageKind),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_in_itself"),
    )

    id: Mapped[Key]
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"), index=True)
    label: Mapped[str] = mapped_column(Chars(18), unique=True)
    kind: Mapped[Word]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("package.id"), index=True)
    container_number: Mapped[Word | None]
    seal: Mapped[Word | None]
    gross_weight_kg: Mapped[Kilograms | None]
    volume_m3: Mapped[CubicMetres | None]
    fefo_reason: Mapped[Prose | None]
    created_at: Mapped[Recorded]

    shipment: Mapped[Shipment] = relationship(lazy="raise", back_populates="packages")
    parent: Mapped["Package | None"] = relationship(remote_side="Package.id", lazy="raise")
    lines: Mapped[list["PackageLine"]] = relationship(
        lazy="raise", order_by="PackageLine.id", cascade="all, delete-orphan"
    )

    def as_rule(self) -> packing.Package:
        """The package as the packing rules take it; lines, their items and the parent must be loaded."""
        return packing.Package(
            label=self.label,
            kind=PackageKind(self.kind),
            parent=self.parent.label if self.parent is not None else None,
            gross_weight_kg=self.gross_weight_kg,
            volume_m3=self.volume_m3,
            container_number=self.container_number,
            contents=tuple(
                packing.Content(
                    line.quantity, line.item.is_medicine, line.item.unit_weight_kg, line.item.unit_volume_m3
                )
                for line in self.lines
            ),
        )


class PackageLine(Base):
    """So much of one lot in a package. While the shipment is a draft it is a reservation at the origin."""

    __tablename__ = "package_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[Key]
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), index=True)
    item_id: Mapped[ItemRef]
    lot_id: Mapped[LotRef]
    quantity: Mapped[Quantity]

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")


class ShipmentEvent(Base):
    """A milestone with its time: appended, never changed."""

    __tablename__ = "shipment_event"
    __table_args__ = (one_of("milestone", Milestone), one_of("classifier", Classifier))

    id: Mapped[Key]
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"), index=True)
    milestone: Mapped[Word]
    classifier: Mapped[Word]
    occurred_at: Mapped[When]
    place: Mapped[Name | None]
    note: Mapped[Prose | None]
    recorded_at: Mapped[Recorded]
    recorded_by_id: Mapped[UserRef | None]


class ShipmentReceiptLine(Base):
    """What one sitting of unloading counted of one lot: `received` is all that came, `damaged` of it."""

    __tablename__ = "shipment_receipt_line"
    __table_args__ = (
        CheckConstraint("received >= 0", name="received_not_negative"),
        CheckConstraint("damaged >= 0 AND damaged <= received", name="damaged_within"),
    )

    id: Mapped[Key]
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipment.id"), index=True)
    lot_id: Mapped[LotRef]
    received: Mapped[Quantity]
    damaged: Mapped[Quantity]
    zone: Mapped[Word]
    posting_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"))
    received_at: Mapped[When]

    lot: Mapped[Lot] = relationship(lazy="raise")
