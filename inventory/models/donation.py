"""Donations (what was promised) and receipts (what came)."""

from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import (
    Celsius,
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
    UnitMoney,
    UserRef,
    Word,
    one_of,
)
from inventory.models.donor import Donor
from inventory.models.item import Item
from inventory.models.lot import Lot
from inventory.models.movement import Posting
from inventory.models.site import Site
from inventory.models.words import DonationKind


class Donation(Base):
    """A gift of goods or of money. `unannounced` ones were made afterwards, from what simply arrived."""

    __tablename__ = "donation"
    __table_args__ = (
        one_of("kind", DonationKind),
        CheckConstraint("(kind = 'money') = (amount_minor IS NOT NULL)", name="amount_of_money"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    donor_id: Mapped[int] = mapped_column(ForeignKey("donor.id"), index=True)
    kind: Mapped[Word]
    pledged_on: Mapped[Day]
    reference: Mapped[Name | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Chars(3))
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipment.id"), index=True)
    unannounced: Mapped[bool] = mapped_column(default=False)
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]

    donor: Mapped[Donor] = relationship(lazy="raise")

    @property
    def amount(self) -> Decimal | None:
        """The money given, in whole units of `currency`."""
        if self.amount_minor is None or self.currency is None:
            return None
        return Decimal(self.amount_minor).scaleb(-get_currency_precision(self.currency))

    lines: Mapped[list["DonationLine"]] = relationship(lazy="raise", order_by="DonationLine.id")


class DonationLine(Base):
    """What was promised of one item."""

    __tablename__ = "donation_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[Key]
    donation_id: Mapped[int] = mapped_column(ForeignKey("donation.id"), index=True)
    item_id: Mapped[ItemRef]
    quantity: Mapped[Quantity]

    item: Mapped[Item] = relationship(lazy="raise")


class Receipt(Base):
    """A goods-received note: what was unloaded at a site on a day, from whom, and in what state it came.

    `announced_on` is the day of the pre-alert, `vehicle` a plate or container number. The seal and the temperature
    logger are as declared and as found, temperatures in degrees Celsius. `costs_paid_by`: who pays the transport.
    `not_found` is what the packing list has and nobody found: a list of `{item, lot, expires_on, declared, carton}`.
    """

    __tablename__ = "receipt"

    id: Mapped[Key]
    number: Mapped[Number]
    site_id: Mapped[SiteRef]
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("donor.id"), index=True)
    donation_id: Mapped[int | None] = mapped_column(ForeignKey("donation.id"), index=True)
    received_on: Mapped[Day]
    arrived_in_country_on: Mapped[Day | None]
    consent_reference: Mapped[Name | None]
    checked_by: Mapped[Name | None]
    reference: Mapped[Name | None]
    announced_on: Mapped[Day | None]
    vehicle: Mapped[Name | None]
    seal_declared: Mapped[Name | None]
    seal_found: Mapped[Name | None]
    seal_intact: Mapped[bool | None]
    logger: Mapped[Name | None]
    logger_low: Mapped[Celsius | None]
    logger_high: Mapped[Celsius | None]
    logger_alarm: Mapped[bool | None]
    costs_paid_by: Mapped[Name | None]
    not_found: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"))
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("posting.id"))
    created_by_id: Mapped[UserRef | None]
    created_at: Mapped[Recorded]

    site: Mapped[Site] = relationship(lazy="raise")
    donor: Mapped[Donor | None] = relationship(lazy="raise")
    donation: Mapped[Donation | None] = relationship(lazy="raise")
    posting: Mapped[Posting] = relationship(foreign_keys="Receipt.posting_id", lazy="raise")
    reversed_by: Mapped[Posting | None] = relationship(foreign_keys="Receipt.reversed_by_id", lazy="raise")
    lines: Mapped[list["ReceiptLine"]] = relationship(lazy="raise", order_by="ReceiptLine.position")


class ReceiptLine(Base):
    """One lot of a receipt: `quantity` is all that came, `damaged` of it went to quarantine.

    `condition` is a word of `GoodsCondition`, `storage` the storage class on the label, `label_missing` which parts of
    the label are not there, `presentation` the strength and form that it names, `pack_quantity` how many units a pack
    holds, `on_list` whether the item is on the recipient's list, `registered` whether it is in the country,
    `quality_seen` whether a certificate of analysis or of the product was seen (None: nobody looked).
    `warnings` is a list of `{rule, detail: {text, params}}`, `exceptions` of `{rule, accepted_by, reason}`.
    """

    __tablename__ = "receipt_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("damaged >= 0 AND damaged <= quantity", name="damaged_within"),
    )

    id: Mapped[Key]
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipt.id"), index=True)
    position: Mapped[int]
    item_id: Mapped[ItemRef]
    lot_id: Mapped[LotRef]
    quantity: Mapped[Quantity]
    declared: Mapped[Quantity | None]
    damaged: Mapped[Quantity] = mapped_column(default=0)
    zone: Mapped[Word]
    manufacturer: Mapped[Name | None]
    label_languages: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    unit_value: Mapped[UnitMoney | None]
    currency: Mapped[str | None] = mapped_column(Chars(3))
    value_basis: Mapped[Name | None]
    carton: Mapped[Name | None]
    gross_weight_kg: Mapped[Kilograms | None]
    declared_weight_kg: Mapped[Kilograms | None]
    brand: Mapped[Name | None]
    presentation: Mapped[Name | None]
    pack_quantity: Mapped[Quantity | None]
    condition: Mapped[Word | None]
    storage: Mapped[Word | None]
    label_missing: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    value_source: Mapped[Name | None]
    on_list: Mapped[bool | None]
    registered: Mapped[bool | None]
    quality_seen: Mapped[bool | None]
    returned_or_sample: Mapped[bool] = mapped_column(default=False)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    exceptions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    note: Mapped[Prose | None]

    item: Mapped[Item] = relationship(lazy="raise")
    lot: Mapped[Lot] = relationship(lazy="raise")

    @property
    def value(self) -> Decimal | None:
        """The declared value of the line, in `currency`."""
        return None if self.unit_value is None else self.unit_value * self.quantity
