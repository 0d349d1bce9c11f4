"""Packing a shipment: packages added with what goes in, everything approved in one click, taken out again."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.queries.picks import would_take
from inventory.services import packing
from inventory.services.packing import NewPackage, PackedLine
from inventory.web import labels
from inventory.web.consumptions import take_words, whole_of
from inventory.web.forms import filled, name_items, put_errors, rows_changed
from inventory.web.guard import me
from inventory.web.pages import do_once, page_token, valid_number
from inventory.web.shipment_page import PackForm, detail, parents, read
from inventory.web.shipments import act

bp = Blueprint("packing", __name__)


@bp.post("/shipments/<number>/packages")
@requires("shipments.write")
def pack(number: str) -> ResponseReturnValue:
    """Add a package: its lots are picked first-expired-first-out, or as named, and reserved."""
    form = PackForm(prefix="pack-")
    form.parent.choices = parents(read(number))
    name_items(entry.form.item for entry in form.lines)
    if rows_changed(form.lines):
        return detail(number, forms={"pack": form})
    rows = filled(form.lines)
    if not form.validate():
        return detail(number, 422, forms={"pack": form})
    lines = [PackedLine(e.form.item.data or "", e.form.quantity.data or 0, e.form.lot.data) for e in rows]
    command = NewPackage(
        kind=form.kind.data or "",
        lines=lines,
        parent=form.parent.data,
        container_number=form.container_number.data,
        seal=form.seal.data,
        gross_weight_kg=form.gross_weight_kg.data,
        volume_m3=form.volume_m3.data,
        reason=form.reason.data,
    )
    told: list[str] = []

    def work(s: Session) -> str:
        package, found = packing.pack(s, me(), valid_number(number), command, reason_needed=True)
        told[:] = [render(each.detail) for each in found]
        return str(package.label)

    try:
        label = do_once(f"pack {number}", form.uuid, work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error, {"lines": rows})
        return detail(number, error.status, forms={"pack": form})
    flash(_("Packed: %(label)s.", label=label), "success")
    for text in dict.fromkeys(told):
        flash(text, "warning")
    return redirect(url_for("shipments.show", number=number) + "#packages", 303)


@bp.post("/shipments/<number>/pack-all")
@requires("shipments.write")
def pack_all(number: str) -> ResponseReturnValue:
    """Put everything that was approved and is not packed yet into one package."""
    kind = request.form.get("kind", "carton")
    command = NewPackage(kind if kind in labels.PACKAGES else "carton")
    done = _("Everything approved is packed.")
    return act(
        number, "pack all", page_token(), lambda s: packing.pack_requisition(s, me(), number, command), done
    )


@bp.post("/shipments/<number>/packages/<label>/remove")
@requires("shipments.write")
def unpack(number: str, label: str) -> ResponseReturnValue:
    """Take a package out again; what was in it is free."""
    done = _("%(label)s is taken out. What was in it is free again.", label=label)
    return act(
        number, f"unpack {label[:32]}", page_token(), lambda s: packing.unpack(s, me(), number, label), done
    )


@bp.get("/shipments/<number>/hints")
@requires("shipments.write")
def hints(number: str) -> ResponseReturnValue:
    """For the rows of the form, which lots would be taken, in words."""
    found = read(number)
    today = clock.today(found.origin.timezone)
    rows = zip(*(request.args.getlist(name)[:100] for name in ("item", "quantity", "lot")), strict=False)
    told: list[Mapping[str, Any] | None] = []
    for item, typed, lot in rows:
        quantity = whole_of(typed)
        preview = (
            would_take(
                session(),
                me(),
                found.origin.code,
                item,
                quantity or 1,
                lot=lot.strip() or None,
                usable_on=max(found.eta or today, today),
                minimum_shelf_life_days=found.minimum_shelf_life_days,
            )
            if item
            else None
        )
        told.append(take_words(preview, bool(quantity)) if preview is not None else None)
    return {"hints": told}
