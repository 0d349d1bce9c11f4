"""What each kind of import is made of: its fields, and the typed row that a line becomes."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from inventory.errors import Message, msg
from inventory.exchange import parsing
from inventory.exchange.parsing import CellError, Expiry, Parser
from inventory.exchange.rows import (
    REPORT,
    ConsumptionRow,
    MonthRow,
    NewItem,
    NewSite,
    ReceiptRow,
    ReferenceRow,
    Row,
    ShipmentRow,
)
from inventory.exchange.source import SourceRow, Value, as_text, folded, is_blank


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
    """How a field is read; `dated` ones take the formats of a mapping's `[dates]`.

    A file that has the field `instead` need not have this one though it is `required`.
    """

    parse: Parser
    required: bool = False
    dated: bool = False
    instead: str | None = None
    never: bool = False
    """Whether a word such as `jamais` may stand in place of a date, and means that there is none."""


_NAME = parsing.text(200)
_WORD = parsing.text(32)
_QUANTITY = parsing.whole(1)
_COUNT = parsing.whole(0)
_KG = parsing.decimal(9, 1_000_000)
_MONEY = parsing.decimal(6, 1_000_000_000)

_SITE_KIND = parsing.word(("warehouse", "dispensary", "mobile_clinic", "hospital", "partner"))

_NEW_ITEM = {
    "item_name": Field(_NAME),
    "item_base_unit": Field(_NAME),
    "item_category": Field(_WORD),
    "item_inn": Field(_NAME),
    "item_strength": Field(_NAME),
    "item_dosage_form": Field(_NAME),
}

_NEW_SITE = {
    "site_name": Field(_NAME),
    "site_kind": Field(_SITE_KIND),
    "site_country": Field(parsing.country),
    "site_admin1": Field(_NAME),
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
        "kind": Field(_SITE_KIND, required=True),
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
        "expires_on": Field(parsing.expiry, dated=True, never=True),
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
        "occurred_on": Field(parsing.day, required=True, dated=True, instead="month"),
        "year": Field(parsing.whole(1990, 2100)),
        "month": Field(parsing.month, dated=True),
        "item": Field(parsing.code, required=True),
        "quantity": Field(_QUANTITY, required=True),
        "lot": Field(_NAME),
        "consultations": Field(_COUNT),
        "opening": Field(_COUNT),
        "received": Field(_COUNT),
        "adjusted": Field(parsing.whole(-parsing.MAX_QUANTITY)),
        "closing": Field(_COUNT),
        **_NEW_ITEM,
        **_NEW_SITE,
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
        "expires_on": Field(parsing.expiry, dated=True, never=True),
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

_BY_MONTH = {
    "occurred_on": Field(parsing.day, dated=True),
    "month": Field(parsing.month, required=True, dated=True),
    "quantity": Field(_COUNT, required=True),
}
"""How a line of consumption is read that tells a month instead of a day: of a month, nothing is something too."""

_NEVER = frozenset(
    {
        "jamais", "sans", "sans date", "non perissable", "imperissable", "illimite", "illimitee", "aucune", "aucun",
        "neant", "s/o", "so", "never", "none", "nil", "na", "n/a", "no expiry", "non expiring", "does not expire",
        "unlimited", "لا يوجد", "بدون", "لا ينتهي",
    }
)  # fmt: skip


def says_never(value: Value) -> bool:
    """Whether the cell says in words, or by a stroke, that there is no such date."""
    text = as_text(value)
    return isinstance(value, str) and (folded(text) in _NEVER or (text != "" and not text.strip("-–—./ ")))


class Line(Protocol):
    """A line of a file by field, and as it stands in the file."""

    @property
    def line(self) -> int: ...
    @property
    def values(self) -> Table[str, Value]: ...
    @property
    def source(self) -> SourceRow: ...


def parse_row(kind: Kind, row: Line, formats: Table[str, Sequence[str]], columns: Table[str, str]) -> Row:
    """The typed row of a mapped line. Raises `RowRefusedError`, also where cells stand beyond the header."""
    if row.source.beyond:
        text = msg(
            "The line has %(number)s cells more than the header: a delimiter may stand within a text.",
            number=row.source.beyond,
        )
        raise RowRefusedError([RowFault(row.line, None, text)])
    return parse(kind, row.line, row.values, formats, columns)


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
    for name, field in _fields(kind, values, columns).items():
        value = values.get(name)
        if is_blank(value) or (field.never and says_never(value)):
            if field.required:
                faults.append(RowFault(line, columns.get(name, name), msg("This is missing.")))
            continue
        try:
            read[name] = field.parse(value, formats.get(name, ()))
        except CellError as fault:
            faults.append(RowFault(line, columns.get(name, name), fault.message))
    if kind is Kind.CONSUMPTION and not faults:
        faults = [RowFault(line, columns.get(name, name), why) for name, why in _when(read)]
    if faults:
        raise RowRefusedError(faults)
    return _typed(kind, line, read)


def _fields(kind: Kind, values: Table[str, Value], columns: Table[str, str]) -> dict[str, Field]:
    fields = FIELDS[kind]
    if kind is not Kind.CONSUMPTION:
        return fields
    day_alone = not is_blank(values.get("occurred_on")) and is_blank(values.get("month"))
    month = not is_blank(values.get("month")) or not is_blank(values.get("year"))
    only = "month" in columns and "occurred_on" not in columns
    return fields | _BY_MONTH if (month and not day_alone) or only else fields


def _when(read: dict[str, Any]) -> Iterator[tuple[str, Message]]:
    """Settle the month that a line tells; the fields that do not go with how it tells the time, and why."""
    if "month" not in read:
        for name in REPORT:
            if name in read:
                yield name, msg("This goes with a month, and the line tells a day.")
        return
    if "occurred_on" in read:
        yield "occurred_on", msg("Give a day or a month, not both.")
    if "lot" in read:
        yield "lot", msg("What is told by the month is of all lots together.")
    year, month = read.pop("year", None), read["month"]
    if isinstance(month, date):
        if year is not None and year != month.year:
            yield "year", msg("The month is one of another year.")
    elif year is None:
        yield "year", msg("Say the year too, or the month as YYYY-MM.")
    else:
        read["month"] = date(year, month, 1)


def _typed(kind: Kind, line: int, read: dict[str, Any]) -> Row:
    if kind in (Kind.ITEMS, Kind.SITES):
        return ReferenceRow(line, read["code"], read)
    new = {name.removeprefix("item_"): read.pop(name, None) for name in _NEW_ITEM}
    if new["name"] and new["base_unit"] and new["category"]:
        read["new_item"] = NewItem(**new)
    if kind is Kind.CONSUMPTION:
        place = {name.removeprefix("site_"): read.pop(name, None) for name in _NEW_SITE}
        if "month" not in read:
            for name in ("year", "new_item"):
                read.pop(name, None)
            return ConsumptionRow(line=line, **read)
        if place["name"] and place["kind"] and place["country"]:
            read["new_site"] = NewSite(**place)
        return MonthRow(line=line, **read)
    expiry = read.pop("expires_on", None)
    if isinstance(expiry, Expiry):
        read["expires_on"] = expiry.on
        read.setdefault("expiry_precision", expiry.precision)
    if kind is Kind.RECEIPTS:
        read.setdefault("lot", None)
        return ReceiptRow(line=line, **read)
    return ShipmentRow(line=line, **read)
