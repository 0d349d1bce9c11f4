"""The typed rows that the lines of a file become."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

REPORT = ("opening", "received", "adjusted", "closing")
"""What a stock report of a month says besides what was dispensed."""


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """An item or a site: `values` has the fields that the line gives, by the API's names."""

    line: int
    code: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What is needed to make an item that a line speaks of and nobody has entered yet."""

    name: str
    base_unit: str
    category: str
    inn: str | None = None
    strength: str | None = None
    dosage_form: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """What is needed to make a site that a line speaks of and nobody has entered yet."""

    name: str
    kind: str
    country: str
    admin1: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """One lot that came; lines with the same header fields make one receipt. Money per base unit, kg.

    `opening_stock`: it was counted where it stands and came long ago, so what is left of its life sets nothing aside.
    """

    line: int
    site: str
    item: str
    lot: str | None
    quantity: int
    received_on: date | None = None
    donation: str | None = None
    donor: str | None = None
    arrived_in_country_on: date | None = None
    consent_reference: str | None = None
    checked_by: str | None = None
    reference: str | None = None
    expires_on: date | None = None
    expiry_precision: str = "day"
    declared: int | None = None
    damaged: int | None = None
    manufacturer: str | None = None
    label_languages: list[str] | None = None
    unit_value: Decimal | None = None
    currency: str | None = None
    value_basis: str | None = None
    carton: str | None = None
    gross_weight_kg: Decimal | None = None
    serial: str | None = None
    zone: str | None = None
    opening_stock: bool | None = None
    new_item: NewItem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumptionRow:
    """So much of an item dispensed at a site on a day; lines of one site and day make one document."""

    line: int
    site: str
    occurred_on: date
    item: str
    quantity: int
    lot: str | None = None
    consultations: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """What a site dispensed of an item in a month, and what it says of its stock. `month` is its first day.

    `adjusted` is signed. `consultations` are those of the site's month and stand in each of its lines.
    """

    line: int
    site: str
    item: str
    month: date
    quantity: int
    consultations: int | None = None
    opening: int | None = None
    received: int | None = None
    adjusted: int | None = None
    closing: int | None = None
    new_item: NewItem | None = None
    new_site: NewSite | None = None

    @property
    def tells_stock(self) -> bool:
        return any(getattr(self, name) is not None for name in REPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRow:
    """One line of a shipment; lines with the same `reference` make one.

    `gross_weight_kg` and `freight` are of the whole shipment and stand in one of its lines at most. `line_id` is
    the line's own number in the system it comes from.
    """

    line: int
    reference: str
    origin: str
    destination: str
    item: str
    quantity: int
    line_id: str | None = None
    mode: str | None = None
    eta: date | None = None
    delivered_on: date | None = None
    container: str | None = None
    waybill: str | None = None
    minimum_shelf_life_days: int | None = None
    lot: str | None = None
    expires_on: date | None = None
    expiry_precision: str = "day"
    manufacturer: str | None = None
    unit_value: Decimal | None = None
    currency: str | None = None
    value_basis: str | None = None
    gross_weight_kg: Decimal | None = None
    freight: Decimal | None = None
    note: str | None = None
    origin_name: str | None = None
    origin_country: str | None = None
    destination_name: str | None = None
    destination_country: str | None = None
    new_item: NewItem | None = None


Row = ReferenceRow | ReceiptRow | ConsumptionRow | MonthRow | ShipmentRow
