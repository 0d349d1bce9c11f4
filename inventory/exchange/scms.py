"""The SCMS delivery history: what its mapping cannot say column by column.

A line's quantity counts packs (`Line Item Value` = `Line Item Quantity` x `Pack Price` in every line), so an
item's base unit here is its pack, and quantities stay what the file says. One item per `Item Description`, one
partner site per country, one shipment per `ASN/DN #`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from inventory.errors import msg
from inventory.exchange.mapping import MappedRow, MappedTable
from inventory.exchange.notes import Notes
from inventory.exchange.source import Value, as_text, folded

MADE = frozenset({"item", "destination"})
"""The required fields that `adapt` fills in."""

UNKNOWN_DATE = frozenset({"date not captured", "pre pq process", "n/a from rdc", "n/a"})
_MODES = {"air": "air", "air charter": "air", "truck": "road", "ocean": "sea"}
_MEDICINES = frozenset({"arv", "act", "antm"})
_COUNTRIES = {
    "Congo, DRC": "CD",
    "Côte d'Ivoire": "CI",
    "Swaziland": "SZ",
    "Vietnam": "VN",
    "Tanzania": "TZ",
}
_COUNTRY_CODES = {folded(name): code for name, code in _COUNTRIES.items()}
_SEE = re.compile(r"See ((?:ASN|DN)-\d+) \(ID#:\s*(\d+)\)", re.IGNORECASE)
_ELSEWHERE = frozenset({"weight captured separately"})
_FREIGHT_WORDS = frozenset({"freight included in commodity cost", "invoiced separately"})


def adapt(table: MappedTable, notes: Notes) -> Iterator[MappedRow]:
    """The table's rows with every word of SCMS turned into what the fields of a shipment hold."""
    weights = _Weights(notes, table.columns.get("gross_weight_kg"))
    for row in table.rows():
        values = dict(row.values)
        _dates(row, values, notes, table.columns)
        _places(values)
        _item(values)
        mode = folded(as_text(values.get("mode")))
        if mode in ("n/a", ""):
            values["mode"] = None
            notes.warn(row.line, table.columns.get("mode"), msg("The way of transport is not known."))
        else:
            values["mode"] = _MODES.get(mode, values.get("mode"))
        weights.settle(row.line, values)
        _freight(values)
        if as_text(values.get("unit_value")) in ("0", "0.0", "0.00"):
            notes.warn(row.line, table.columns.get("unit_value"), msg("The price is 0."))
        values["lot"] = f"SCMS-{as_text(values.get('line_id'))}"
        values["note"] = _note(table, row)
        yield MappedRow(row.line, values, row.source)
    weights.finish()


def item_code(description: str) -> str:
    """A code that the same description always gets: its first words and a digest, 32 characters at most."""
    plain = unicodedata.normalize("NFKD", description).encode("ascii", "ignore").decode().upper()
    words = re.sub(r"[^A-Z0-9]+", "-", plain).strip("-")[:25].rstrip("-")
    digest = hashlib.sha256(folded(description).encode()).hexdigest()[:6].upper()
    return f"{words}-{digest}"


class _Weights:
    """A delivery's weight stands in one of its lines; others refer to that line and must not count again."""

    def __init__(self, notes: Notes, column: str | None) -> None:
        self._notes = notes
        self._column = column
        self._delivery_of: dict[str, str] = {}
        self._seen: list[tuple[int, str, str]] = []
        self._first: dict[str, int] = {}
        self._weighed: set[str] = set()

    def settle(self, line: int, values: dict[str, Value]) -> None:
        delivery, own = as_text(values.get("reference")), as_text(values.get("line_id"))
        self._delivery_of[own] = delivery
        self._first.setdefault(delivery, line)
        told = as_text(values.get("gross_weight_kg"))
        if see := _SEE.fullmatch(told):
            values["gross_weight_kg"] = None
            self._seen.append((line, see[2], delivery))
        elif folded(told) in _ELSEWHERE or not told:
            values["gross_weight_kg"] = None
        else:
            self._weighed.add(delivery)

    def finish(self) -> None:
        """Tell which deliveries have no weight at all, and which lines refer to what is not there."""
        for delivery, line in self._first.items():
            if delivery not in self._weighed:
                self._notes.warn(line, self._column, msg("The delivery's weight is not in the file."))
        for line, target, delivery in self._seen:
            if self._delivery_of.get(target) != delivery:
                self._notes.warn(
                    line, self._column, msg("The line refers to one that is not in this delivery.")
                )


def _dates(row: MappedRow, values: dict[str, Value], notes: Notes, columns: dict[str, str]) -> None:
    """What stands in place of a date that nobody wrote down is no date."""
    for name in ("eta", "delivered_on"):
        if folded(as_text(values.get(name))) in UNKNOWN_DATE:
            values[name] = None
            notes.warn(row.line, columns.get(name), msg("The date is not known."))


def _places(values: dict[str, Value]) -> None:
    country = as_text(values.get("destination_name"))
    if country:
        code = _COUNTRY_CODES.get(folded(country), country)
        values["destination_country"] = code
        values["destination"] = "SCMS-" + (code if len(code) == 2 else _slug(country))
        values["destination_name"] = f"{country}: health programme (SCMS)"


def _item(values: dict[str, Value]) -> None:
    description = as_text(values.get("item_name"))
    if description:
        values["item"] = item_code(description)
    per_pack = as_text(values.get("item_base_unit"))
    values["item_base_unit"] = f"pack of {per_pack}" if per_pack else "pack"
    group = folded(as_text(values.get("item_category")))
    values["item_category"] = "medicine" if group in _MEDICINES else "diagnostic"
    if values["item_category"] == "diagnostic":
        values["item_inn"] = None
    if folded(as_text(values.get("item_strength"))) == "n/a":
        values["item_strength"] = None


def _freight(values: dict[str, Value]) -> None:
    told = as_text(values.get("freight"))
    if _SEE.fullmatch(told) or folded(told) in _FREIGHT_WORDS:
        values["freight"] = None


def _note(table: MappedTable, row: MappedRow) -> str:
    """What the delivery's other columns say, for people to read."""
    parts = []
    for label, wanted in (("Vendor", "Vendor"), ("Order", "PO / SO #"), ("Incoterm", "Vendor INCO Term")):
        header = table.table.header(wanted)
        told = as_text(row.source.values.get(header)) if header else ""
        if told and folded(told) not in UNKNOWN_DATE:
            parts.append(f"{label}: {told}")
    ordered = order_date(table, row)
    if ordered:
        parts.append(f"Ordered: {ordered}")
    freight = as_text(row.values.get("freight"))
    if folded(freight) in _FREIGHT_WORDS:
        parts.append(freight)
    return "; ".join(parts)


def order_date(table: MappedTable, row: MappedRow) -> str | None:
    """The day the order went to the vendor (`11/13/06`, month first) as ISO text; None where unknown."""
    header = table.table.header("PO Sent to Vendor Date")
    told = as_text(row.source.values.get(header)) if header else ""
    for form in ("%m/%d/%y", "%d-%b-%y", "%m/%d/%Y", "%d-%b-%Y"):
        try:
            return datetime.strptime(told, form).date().isoformat()
        except ValueError:
            continue
    return None


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    return re.sub(r"[^A-Z0-9]+", "-", plain).strip("-")[:20]
