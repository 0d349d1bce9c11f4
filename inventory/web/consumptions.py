"""Dispensing: what was given to patients, written down in seconds on a phone."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookies
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.queries import documents
from inventory.queries.picks import Preview, would_take
from inventory.rules.text import fold
from inventory.services.consumption import Consumption, ConsumptionLine, consume
from inventory.web.forms import (
    BaseForm,
    Choice,
    Day,
    ItemSearch,
    LineForm,
    SecondPerson,
    Text,
    Whole,
    asked,
    asked_day,
    asked_number,
    filled,
    name_items,
    refused,
    rows_changed,
)
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, my_sites, preset_site, site_choices, zone_of
from inventory.web.stock_events import event_page
from inventory.web.words import day as day_words
from inventory.web.words import number as number_words
from inventory.web.words import unit as unit_words

bp = Blueprint("consumptions", __name__)


class GivenRow(LineForm):
    """An item, how much of it was given, and of which lot where that matters."""

    item = ItemSearch(_l("Item"))
    quantity = Whole(_l("Quantity"))
    lot = Text(_l("Lot"))


class ConsumptionForm(BaseForm):
    """What a site dispensed on a day."""

    site = Choice(_l("Site"), [InputRequired(_l("Choose a site."))])
    occurred_on = Day(_l("Day"), [InputRequired(_l("Give the day."))])
    consultations = Whole(_l("Consultations"), description=_l("How many patients were seen."))
    witness = SecondPerson()
    lines = FieldList(FormField(GivenRow), label=_l("What was given"), min_entries=1)


@bp.get("/consumptions")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """What was dispensed, the newest first."""
    wanted = documents.DocumentFilter(
        kind="consumption",
        site=asked("site"),
        q=asked("q"),
        since=asked_day("since"),
        until=asked_day("until"),
    )
    page = documents.events_page(session(), me(), wanted, asked_number("page", 1), PAGE)
    return render_template(
        "consumptions/index.html",
        page=page,
        wanted=wanted,
        sites=my_sites(partners=False),
        units=documents.units_in(session(), [each.posting_id for each in page.rows if each.posting_id]),
    )


@bp.route("/consumptions/new", methods=["GET", "POST"])
@requires("consumptions.write")
def new() -> ResponseReturnValue:
    """Write down what was given today."""
    sites = my_sites(partners=False, closed=False)
    form = ConsumptionForm()
    form.site.choices = site_choices(sites)
    if request.method == "GET":
        form.site.data = preset_site(sites)
        form.occurred_on.data = clock.today(zone_of(sites, form.site.data))
        if asked("item"):
            form.lines.entries[0].form.item.data = asked("item")
            name_items([form.lines.entries[0].form.item])
        return _form_page(form)
    name_items(entry.form.item for entry in form.lines)
    if rows_changed(form.lines):
        return _form_page(form)
    rows = filled(form.lines)
    if not form.validate():
        return _form_page(form), 422
    lines = [
        ConsumptionLine(e.form.item.data or "", e.form.quantity.data or 0, e.form.lot.data) for e in rows
    ]
    command = Consumption(
        site=form.site.data or "",
        occurred_on=form.occurred_on.data or clock.today(),
        lines=lines,
        consultations=form.consultations.data,
        uuid=form.uuid,
    )

    def work(s: Session) -> str:
        return str(consume(s, me(), command).number)

    try:
        number = do_once("dispense", form.uuid, work, second=form.witness)
    except DomainError as error:
        return refused(form, error, lambda: _form_page(form), {"lines": rows})
    cookies["site"] = command.site
    flash(_("Written down: %(number)s.", number=number), "success")
    return redirect(url_for("consumptions.show", number=number), 303)


def _form_page(form: ConsumptionForm) -> str:
    return render_template("consumptions/form.html", form=form)


@bp.get("/consumptions/hints")
@requires("consumptions.write")
def hints() -> ResponseReturnValue:
    """For the rows of the form, which lot to take, in words."""
    site = request.args.get("site")
    day = asked_day("occurred_on")
    rows = list(
        zip(*(request.args.getlist(name)[:100] for name in ("item", "quantity", "lot")), strict=False)
    )
    told: list[Mapping[str, str] | None] = []
    for item, typed, lot in rows:
        quantity = whole_of(typed)
        found = (
            would_take(session(), me(), site, item, quantity or 1, lot=lot.strip() or None, usable_on=day)
            if site and item
            else None
        )
        told.append(take_words(found, bool(quantity)) if found is not None else None)
    return {"hints": told}


def whole_of(typed: str) -> int:
    """A quantity being typed; 0 while it is none."""
    text = fold(typed).replace(" ", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0


def take_words(found: Preview, told: bool) -> Mapping[str, str]:
    """What a person reads of the lots that would be taken; `told` where the quantity is known."""
    unit = unit_words(found.item.base_unit)
    if not found.lots or (told and found.short):
        text = _("Only %(free)s %(unit)s can be taken here.", free=number_words(found.free), unit=unit)
        return {"text": text, "tone": "danger"}
    parts = []
    for lot, expires_on, quantity in found.lots:
        facts: dict[str, Any] = {"lot": lot, "quantity": number_words(quantity), "day": day_words(expires_on)}
        if len(found.lots) == 1:
            parts.append(
                _("Take lot %(lot)s, expires %(day)s.", **facts)
                if expires_on
                else _("Take lot %(lot)s.", **facts)
            )
        elif expires_on:
            parts.append(_("%(quantity)s of lot %(lot)s, expires %(day)s", **facts))
        else:
            parts.append(_("%(quantity)s of lot %(lot)s", **facts))
    text = parts[0] if len(parts) == 1 else _("Take %(lots)s.", lots="; ".join(parts))
    if found.bins:
        text += " " + _("From: %(bins)s.", bins=", ".join(found.bins))
    if found.jumps:
        return {"text": _("Other lots expire first.") + " " + text, "tone": "warning"}
    here = _("%(free)s %(unit)s here.", free=number_words(found.free), unit=unit)
    return {"text": f"{text} {here}", "tone": "neutral"}


@bp.get("/consumptions/<number>")
@requires("stock.see")
def show(number: str) -> ResponseReturnValue:
    """What was given, lot by lot, and taking it back."""
    return event_page(number, {"consumption"})
