"""Permits for controlled medicines: what may be brought in, sent out or held, and until when."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, TextAreaField
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.models import Permit
from inventory.queries import permits as reading
from inventory.services import permits as service
from inventory.services.permits import Covered
from inventory.web import labels
from inventory.web.forms import (
    BaseForm,
    Choice,
    Day,
    ItemSearch,
    LineForm,
    Text,
    Whole,
    asked,
    asked_number,
    filled,
    name_items,
    refused,
    rows_changed,
)
from inventory.web.guard import me
from inventory.web.labels import PERMIT_STATES, PERMITS
from inventory.web.pages import PAGE, do_once, item_name, my_sites, page_token, site_choices

bp = Blueprint("permits", __name__, url_prefix="/permits")

NAMES = ("kind", "number", "authority", "importer", "exporter", "cites", "valid_from", "valid_until", "note")


class CoveredRow(LineForm):
    """An item, and how much of it."""

    item = ItemSearch(_l("Item"))
    quantity = Whole(_l("Quantity"))


class PermitForm(BaseForm):
    """What stands on a permit."""

    kind = Choice(
        _l("Kind"), [InputRequired(_l("Choose one."))], choices=labels.choices(PERMITS, _l("Choose"))
    )
    number = Text(
        _l("Number on the paper"),
        [InputRequired(_l("Give its number."))],
        render_kw={"maxlength": 64, "dir": "auto"},
    )
    authority = Text(
        _l("Given by"),
        description=_l("The authority; of a model form, who signed it."),
        render_kw={"maxlength": 200},
    )
    importer = Text(_l("Importer"), render_kw={"maxlength": 200})
    exporter = Text(_l("Exporter"), render_kw={"maxlength": 200})
    cites = Text(
        _l("Import authorisation"),
        description=_l("An export authorisation names the import authorisation that it rests on."),
        render_kw={"maxlength": 200, "dir": "auto"},
    )
    valid_from = Day(_l("First day"), [InputRequired(_l("Give a date."))])
    valid_until = Day(_l("Last day"), [InputRequired(_l("Give a date."))], description=_l("It still counts."))
    site = Choice(_l("Site"))
    shipment = Text(
        _l("or one shipment"),
        description=_l("Its number, such as SHP-2026-000012."),
        render_kw={"maxlength": 24},
    )
    note = TextAreaField(_l("Note"), render_kw={"rows": 2, "maxlength": 2000})
    lines = FieldList(FormField(CoveredRow), label=_l("What it covers"), min_entries=1)


@bp.get("")
@requires("permits.see")
def index() -> ResponseReturnValue:
    """The permits of my sites, what is most pressing first."""
    site, state, kind = asked("site"), asked("state"), asked("kind")
    found = reading.permits(session(), me(), site, state, kind)
    number = max(1, min(asked_number("page", 1), -(-len(found) // PAGE)))
    return render_template(
        "permits/index.html",
        permits=found[(number - 1) * PAGE : number * PAGE],
        number=number,
        size=PAGE,
        total=len(found),
        sites=my_sites(),
        states=PERMIT_STATES,
        kinds=PERMITS,
        site=site,
        state=state,
        kind=kind,
        item_name=item_name,
        token=uuid4(),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("permits.write")
def new() -> ResponseReturnValue:
    """A new permit."""
    form = PermitForm(site=asked("site"), shipment=asked("shipment"))
    return _form(form, None, lambda s, fields: service.add_permit(s, me(), fields), "new")


@bp.route("/<int:permit_id>/edit", methods=["GET", "POST"])
@requires("permits.write")
def edit(permit_id: int) -> ResponseReturnValue:
    """Put right what was written down wrongly."""
    permit = _known(permit_id)
    given = {name: getattr(permit, name) for name in NAMES} | {
        "site": permit.site.code if permit.site else None,
        "shipment": permit.shipment.number if permit.shipment else None,
        "lines": [{"item": line.item.code, "quantity": line.quantity} for line in permit.lines],
    }
    form = PermitForm(data=given)
    return _form(
        form, permit, lambda s, fields: service.change_permit(s, me(), permit.id, fields), f"edit {permit.id}"
    )


@bp.post("/<int:permit_id>/end")
@requires("permits.write")
def end(permit_id: int) -> ResponseReturnValue:
    """Say that a permit is not used any more."""
    permit = _known(permit_id)

    def work(s: Session) -> str:
        return str(service.end_permit(s, me(), permit.id).id)

    do_once(f"end permit {permit.id}", page_token(), work)
    flash(_("Nothing goes under this permit any more."), "success")
    return redirect(url_for("permits.index"), 303)


def _known(permit_id: int) -> Permit:
    return service.get_permit(session(), me(), min(permit_id, 2**62), "permits.write")


def _form(
    form: PermitForm,
    permit: Permit | None,
    work: Callable[[Session, dict[str, Any]], Permit],
    purpose: str,
) -> ResponseReturnValue:
    form.site.choices = site_choices(my_sites(), empty=_("No site: one shipment"))
    name_items(entry.form.item for entry in form.lines)

    def page() -> str:
        return render_template("permits/form.html", form=form, permit=permit)

    if request.method == "GET" or rows_changed(form.lines):
        return page()
    rows = filled(form.lines)
    if not form.validate():
        return page(), 422
    fields: dict[str, Any] = {name: form[name].data for name in (*NAMES, "site", "shipment")}
    fields["lines"] = [Covered(row.form.item.data or "", row.form.quantity.data) for row in rows]
    try:
        do_once(f"permit {purpose}", form.uuid, lambda s: str(work(s, fields).id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        permit = _known(permit.id) if permit is not None else None
        return refused(form, error, page, {"lines": rows})
    flash(_("The permit is written down."), "success")
    return redirect(url_for("permits.index"), 303)
