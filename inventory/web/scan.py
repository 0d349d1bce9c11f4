"""Scans for the scripts of the pages: what a scanner or the camera read, made sense of; an unknown pack, learned."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, Message
from inventory.extensions import render
from inventory.models import Item
from inventory.queries import scanning
from inventory.queries.scanning import Scanned
from inventory.rules.finding import Finding
from inventory.services import scanned_packs
from inventory.web.guard import me
from inventory.web.pages import item_name, my_sites
from inventory.web.words import day

bp = Blueprint("scan", __name__, url_prefix="/scan")

MOST = 2000
"""Characters of a scan: the longest GS1 symbol holds fewer."""


@bp.post("")
@requires("stock.scan")
def read() -> ResponseReturnValue:
    """Make sense of `data` (and of `keys`, as a US keyboard would have typed it); nothing is written."""
    given = _given()
    try:
        found = scanning.scan(session(), given.get("data", ""), given.get("keys"))
    except DomainError as error:
        return _refused(error)
    return jsonify(
        {name: getattr(found, name) for name in ("gtin", "lot", "serial", "sscc", "quantity", "layout")}
        | {"expires_on": found.expires_on.isoformat() if found.expires_on else None}
        | {
            "lot": lot_of(found),
            "warnings": [{"rule": each.rule, "detail": told(each)} for each in found.warnings],
        }
        | _item(found.item, found.per_pack)
    )


@bp.post("/learn")
@requires("items.write")
def learn() -> ResponseReturnValue:
    """Give the item of that code the barcode `gtin` of a pack of `quantity` units."""
    given = _given()
    amount = given.get("quantity", "").strip()
    quantity = int(amount) if amount.isascii() and amount.isdigit() and len(amount) < 10 else None
    gtin, code = given.get("gtin", ""), given.get("item", "")
    try:
        item = atomically(lambda s: scanned_packs.learn(s, me(), gtin, code, quantity))
    except DomainError as error:
        return _refused(error)
    return jsonify(
        _item(item, quantity) | {"said": _("%(item)s has this barcode now.", item=item_name(item))}
    )


@bp.post("/ask")
@requires("stock.scan")
def ask() -> ResponseReturnValue:
    """Tell the coordinators that a pack's barcode is unknown, once."""
    given = _given()
    site = next((each for each in my_sites() if each.code == given.get("site")), None)
    try:
        new = atomically(lambda s: scanned_packs.ask(s, me(), given.get("gtin", ""), site))
    except DomainError as error:
        return _refused(error)
    return jsonify({"said": _("The coordinators are told.") if new else _("The coordinators know already.")})


def lot_of(found: Scanned) -> str | None:
    """The lot, or for a piece with a serial of its own that serial."""
    serialised = found.item is not None and found.item.serialised
    return found.lot or (found.serial if serialised else None)


def told(finding: Finding) -> str:
    """What is to be said of a scan, with dates as pages write them."""
    return render(_dated(finding.detail))


def scanning_page() -> str:
    """Marks the page as one that scans: its policy lets the reader of the camera's pictures run (WebAssembly)."""
    g.runs_wasm = True
    return ""


def _dated(message: Message) -> Message:
    """The same with its days in words."""
    days = {}
    for name, value in message.params.items():
        try:
            days[name] = day(date.fromisoformat(value)) if len(value) == 10 else value
        except (TypeError, ValueError):
            continue
    return Message(message.text, {**message.params, **days})


def _item(item: Item | None, per_pack: int | None) -> dict[str, Any]:
    if item is None:
        return {"item": None, "name": None, "base_unit": None, "per_pack": None, "serialised": False}
    return {
        "item": item.code,
        "name": item_name(item),
        "base_unit": item.base_unit,
        "per_pack": per_pack,
        "serialised": item.serialised,
    }


def _given() -> dict[str, str]:
    """The texts that were sent, as JSON or as a form; what is no text, or too long, is left out."""
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    pairs = body.items() if isinstance(body, Mapping) else ()
    return {name: value for name, value in pairs if isinstance(value, str) and len(value) <= MOST}


def _refused(error: DomainError) -> ResponseReturnValue:
    texts = [render(each.message) for each in error.errors] or [render(error.message)]
    pointers = [each.pointer for each in error.errors]
    return jsonify({"message": " ".join(dict.fromkeys(texts)), "pointers": pointers}), error.status


bp.add_app_template_global(scanning_page)
