"""What each kind of import is made of: its fields, and the typed row that a line becomes."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from inventory.errors import Message, msg
from inventory.exchange import parsing
from inventory.exchange.parsing import CellError, Expiry, Parser
from inventory.exchange.source import Value, is_blank


class Kind(StrEnum):
    """What can be imported."""

    ITEMS = "items"
    SITES = "sites"
    RECEIPTS = "receipts"
    CONSUMPTION = "consumption"
    SHIPMENTS = "shipments"


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a line cannot be taken: `column` is the header in the file, or the field where there is none."""

    line: int
    column: str | None
    message: Message


class RowRefusedError(Exception):
    """A line cannot be taken; every reason is told."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__("; ".join(str(fault.message) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is read; `dated` ones take the formats of a mapping's `[dates]`."""

    parse: Parser
    required: bool = False
    dated: bool = False


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


Row = ReferenceRow | ReceiptRow | ConsumptionRow | ShipmentRow

_NAME = parsing.text(200)
_WORD = parsing.text(32)
_QUANTITY = parsing.whole(1)
_COUNT = parsing.whole(0)
_KG = parsing.decimal(9, 1_000_000)
_MONEY = parsing.decimal(6, 1_000_000_000)

_NEW_ITEM = {
    "item_name": Field(_NAME),
    "item_base_unit": Field(_NAME),
    "item_category": Field(_WORD),
    "item_inn": Field(_NAME),
    "item_strength": Field(_NAME),
    "item_dosage_form": Field(_NAME),
}

FIELDS: dict[Kind, dict[str, Field]] = {
    Kind.ITEMS: {
        "code": Field(parsing.code, required=True),
        "name": Field(_NAME, required=True),
        "name_fr": Field(_NAME),
        "inn": Field(_NAME),
        "strength": Field(_NAME),
        "dosage_form": Field(_NAME),
        "atc": Field(_WORD),
        "base_unit": Field(_NAME, required=True),
        "category": Field(_WORD, required=True),
        "tracks_expiry": Field(parsing.truth),
        "serialised": Field(parsing.truth),
        "temperature": Field(parsing.word(("ambient", "cool", "cold_chain", "frozen"))),
        "freeze_sensitive": Field(parsing.truth),
        "controlled": Field(parsing.truth),
        "dangerous": Field(parsing.truth),
        "un_number": Field(parsing.text(8)),
        "ven": Field(parsing.word(("V", "E", "N"))),
        "unit_weight_kg": Field(parsing.decimal(9, 100_000)),
        "unit_volume_m3": Field(parsing.decimal(9, 1_000)),
        "gtins": Field(parsing.gtins),
    },
    Kind.SITES: {
        "code": Field(parsing.code, required=True),
        "name": Field(_NAME, required=True),
        "kind": Field(
            parsing.word(("warehouse", "dispensary", "mobile_clinic", "hospital", "partner")), required=True
        ),
        "status": Field(parsing.word(("planned", "open", "closed"))),
        "country": Field(parsing.country, required=True),
        "admin1": Field(_NAME),
        "sensitive": Field(parsing.truth),
        "supplied_by": Field(parsing.code),
        "lead_time_days": Field(parsing.whole(0, 3650)),
        "timezone": Field(parsing.timezone),
    },
    Kind.RECEIPTS: {
        "site": Field(parsing.code, required=True),
        "received_on": Field(parsing.day, dated=True),
        "donation": Field(_WORD),
        "donor": Field(parsing.code),
        "arrived_in_country_on": Field(parsing.day, dated=True),
        "consent_reference": Field(_NAME),
        "checked_by": Field(_NAME),
        "reference": Field(_NAME),
        "item": Field(parsing.code, required=True),
        "lot": Field(_NAME),
        "expires_on": Field(parsing.expiry, dated=True),
        "expiry_precision": Field(parsing.word(("day", "month"))),
        "quantity": Field(_QUANTITY, required=True),
        "declared": Field(_COUNT),
        "damaged": Field(_COUNT),
        "manufacturer": Field(_NAME),
        "label_languages": Field(parsing.languages),
        "unit_value": Field(_MONEY),
        "currency": Field(parsing.currency),
        "value_basis": Field(_NAME),
        "carton": Field(_NAME),
        "gross_weight_kg": Field(_KG),
        "serial": Field(_NAME),
        "zone": Field(parsing.word(("stock", "quarantine", "refused"))),
        "opening_stock": Field(parsing.truth),
        **_NEW_ITEM,
    },
    Kind.CONSUMPTION: {
        "site": Field(parsing.code, required=True),
        "occurred_on": Field(parsing.day, required=True, dated=True),
        "item": Field(parsing.code, required=True),
        "quantity": Field(_QUANTITY, required=True),
        "lot": Field(_NAME),
        "consultations": Field(_COUNT),
    },
    Kind.SHIPMENTS: {
        "reference": Field(_NAME, required=True),
        "origin": Field(parsing.code, required=True),
        "destination": Field(parsing.code, required=True),
        "mode": Field(parsing.word(("sea", "air", "road", "hand"))),
        "eta": Field(parsing.day, dated=True),
        "delivered_on": Field(parsing.day, dated=True),
        "container": Field(parsing.word(("20DC", "40DC", "40HC", "20RF", "40RF"))),
        "waybill": Field(_NAME),
        "minimum_shelf_life_days": Field(parsing.whole(0, 3650)),
        "item": Field(parsing.code, required=True),
        "lot": Field(_NAME),
        "expires_on": Field(parsing.expiry, dated=True),
        "expiry_precision": Field(parsing.word(("day", "month"))),
        "manufacturer": Field(_NAME),
        "quantity": Field(_QUANTITY, required=True),
        "unit_value": Field(_MONEY),
        "currency": Field(parsing.currency),
        "value_basis": Field(_NAME),
        "gross_weight_kg": Field(_KG),
        "freight": Field(parsing.decimal(2, 1_000_000_000)),
        "line_id": Field(_NAME),
        "note": Field(parsing.text(1000)),
        "origin_name": Field(_NAME),
        "origin_country": Field(parsing.country),
        "destination_name": Field(_NAME),
        "destination_country": Field(parsing.country),
        **_NEW_ITEM,
    },
}


def parse(
    kind: Kind,
    line: int,
    values: Table[str, Value],
    formats: Table[str, Sequence[str]] | None = None,
    columns: Table[str, str] | None = None,
) -> Row:
    """The typed row of one line.

    `values`: cells by field; `formats`: date formats by field; `columns`: what a field's column is called in
    the file. Raises `RowRefusedError` with every fault of the line.
    """
    formats, columns = formats or {}, columns or {}
    read: dict[str, Any] = {}
    faults: list[RowFault] = []
    for name, field in FIELDS[kind].items():
        value = values.get(name)
        if is_blank(value):
            if field.required:
                faults.append(RowFault(line, columns.get(name, name), msg("This is missing.")))
            continue
        try:
            read[name] = field.parse(value, formats.get(name, ()))
        except CellError as fault:
            faults.append(RowFault(line, columns.get(name, name), fault.message))
    if faults:
        raise RowRefusedError(faults)
    return _typed(kind, line, read)


def _typed(kind: Kind, line: int, read: dict[str, Any]) -> Row:
    if kind in (Kind.ITEMS, Kind.SITES):
        return ReferenceRow(line, read["code"], read)
    if kind is Kind.CONSUMPTION:
        return ConsumptionRow(line=line, **read)
    new = {name.removeprefix("item_"): read.pop(name, None) for name in _NEW_ITEM}
    if new["name"] and new["base_unit"] and new["category"]:
        read["new_item"] = NewItem(**new)
    expiry = read.pop("expires_on", None)
    if isinstance(expiry, Expiry):
        read["expires_on"] = expiry.on
        read.setdefault("expiry_precision", expiry.precision)
    if kind is Kind.RECEIPTS:
        read.setdefault("lot", None)
        return ReceiptRow(line=line, **read)
    return ShipmentRow(line=line, **read)
