"""Scans in the receipt form where no script takes them, and the recap before it is recorded.

A scan that stands in the box is taken whichever button is pressed: what was scanned must not be lost.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import Item
from inventory.queries import scanning
from inventory.queries.scanning import Scanned
from inventory.services.receipt_preview import PreviewLine
from inventory.services.receipts import NewReceipt
from inventory.web.forms import MOST_LINES
from inventory.web.pages import item_name
from inventory.web.receipt_forms import SELECTS, ReceiptForm
from inventory.web.receipt_shown import compared_in_preview, short_dated_tests
from inventory.web.scan import lot_of, told
from inventory.web.words import number

ASKED_AGAIN = frozenset({"csrf_token", "scan", "scan_add", "recap", "change", "confirm"})


def is_scan() -> bool:
    """Whether a scan waits in the box of the form that was sent."""
    return bool(request.form.get("scan", "").strip()) or "scan_add" in request.form


def take_scan(form: ReceiptForm) -> tuple[list[str], int]:
    """Put what was scanned into the row that it belongs to; what is to be said, and the status of the answer."""
    try:
        found = scanning.scan(session(), (form.scan.data or "")[:2000])
    except DomainError as error:
        form.scan.errors = [*form.scan.errors, *(render(each.message) for each in error.errors)]
        return [], 422
    said = [told(each) for each in found.warnings]
    if not (found.gtin or found.item or lot_of(found)):
        form.scan.errors = [*form.scan.errors, _("This names no goods: scan the code of a pack."), *said]
        return [], 422
    row = _row_of(form, found)
    if row is None:
        form.scan.errors = [*form.scan.errors, _("There are too many lines. Record this receipt first.")]
        return [], 422
    _fill(row.form, found)
    said.insert(0, _line(row.form, found))
    _put(form.scan, "")
    _put(form.recap, "1")
    return said, 200


def _row_of(form: ReceiptForm, found: Scanned) -> Any:
    """The row of the same lot; else the first that is blank, or a new one. None where there are too many."""
    code, lot = found.item.code if found.item is not None else None, lot_of(found)
    for entry in form.lines.entries:
        row = entry.form
        same_item = code is not None and row.item.data == code
        same_pack = code is None and found.gtin is not None and found.gtin in (row.note.data or "")
        same_day = found.expires_on is None or row.expires_on.data in (None, found.expires_on)
        if (same_item or same_pack) and row.lot.data == lot and same_day:
            return entry
    for entry in form.lines.entries:
        if not any(each.data for each in entry.form if each.short_name not in SELECTS):
            return entry
    if len(form.lines.entries) >= MOST_LINES:
        return None
    return form.lines.append_entry()


def _fill(row: Any, found: Scanned) -> None:
    if found.item is not None:
        _put(row.item, found.item.code)
        row.item.render_kw = {**(row.item.render_kw or {}), "data-label": item_name(found.item)}
    elif found.gtin is not None and not row.note.data:
        _put(row.note, _("Barcode %(gtin)s", gtin=found.gtin))
    if lot := lot_of(found):
        _put(row.lot, lot)
    if found.expires_on is not None:
        _put(row.expires_on, found.expires_on.isoformat())
    if found.quantity is not None:
        _put(row.quantity, str((row.quantity.data or 0) + found.quantity))


def _line(row: Any, found: Scanned) -> str:
    """What was done with a scan."""
    if found.item is None:
        return str(_("Lot and expiry are kept. Say which item it is."))
    what = {
        "item": item_name(found.item),
        "lot": row.lot.data or "–",
        "quantity": number(row.quantity.data or 0),
    }
    return str(_("%(item)s, lot %(lot)s: %(quantity)s now.", **what))


def _put(of: Any, value: str) -> None:
    of.process_errors = []
    of.process_formdata([value])
    of.raw_data = [value]


@dataclass(slots=True)
class ItemTotal:
    """What came of one item, over all its lots, in base units; `zones` tells where it goes."""

    item: Item
    name: str
    lots: int = 0
    quantity: int = 0
    zones: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def recap(form: ReceiptForm, shown: list[dict[str, Any]], command: NewReceipt) -> ResponseReturnValue:
    """The page that is looked at before a receipt is recorded: totals by item, and what is to be said."""
    tested = short_dated_tests(session(), command.site, [each["row"] for each in shown])
    for each, words in zip(shown, tested, strict=True):
        each["tested"] = words
    totals: dict[str, ItemTotal] = {}
    for each in shown:
        line: PreviewLine = each["row"]
        total = totals.setdefault(line.item.code, ItemTotal(line.item, item_name(line.item)))
        total.lots += 1
        total.quantity += line.quantity
        for zone, quantity in each["placed"]:
            total.zones[zone] += quantity
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in ASKED_AGAIN]
    aside = [each for each in shown if any(zone != "stock" for zone, _quantity in each["placed"])]
    return render_template(
        "receipts/recap.html",
        form=form,
        lines=shown,
        aside=aside,
        totals=totals.values(),
        sent=sent,
        compared=compared_in_preview(session(), command, [each["row"] for each in shown]),
        not_found=command.not_found or (),
        item_name=item_name,
    )
