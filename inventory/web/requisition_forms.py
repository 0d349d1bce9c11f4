"""The form of a requisition: new, changed while it is a draft, filled from what replenishment suggests."""

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import session
from inventory.errors import Conflict, DomainError, msg
from inventory.ledger.figures import Figures
from inventory.models import Item, Site
from inventory.queries.status import site_figures
from inventory.services import requisitions
from inventory.services.requisitions import AskedLine, NewRequisition
from inventory.web.forms import (
    BaseForm,
    Choice,
    ItemSearch,
    LineForm,
    Whole,
    asked,
    asked_number,
    filled,
    name_items,
    refused,
    rows_changed,
)
from inventory.web.guard import me
from inventory.web.pages import Options, do_once, item_name, my_sites, preset_site, site_choices, valid_number
from inventory.web.words import unit as unit_words

bp = Blueprint("requisition_forms", __name__)


class AskedRow(LineForm):
    """An item and how much of it is asked for."""

    item = ItemSearch(_l("Item"))
    quantity = Whole(_l("Quantity"))


class RequisitionForm(BaseForm):
    """What a site asks for."""

    site = Choice(_l("For which site"), [InputRequired(_l("Choose a site."))], validate_choice=False)
    kind = Options(
        _l("How urgent"),
        choices=[
            ("regular", _l("Regular: it can come with the next shipment")),
            ("emergency", _l("Emergency: it cannot wait")),
        ],
        default="regular",
        validators=[InputRequired(_l("Choose one."))],
    )
    note = TextAreaField(_l("Note"), description=_l("What whoever approves should know."))
    lines = FieldList(FormField(AskedRow), label=_l("What is needed"), min_entries=1)
    version = HiddenField()


@bp.route("/requisitions/new", methods=["GET", "POST"])
@requires("requisitions.write")
def new() -> ResponseReturnValue:
    """Draft a requisition, and send it for approval at once if one likes."""
    sites = my_sites(partners=False, closed=False)
    form = RequisitionForm()
    form.site.choices = site_choices(sites)
    if request.method == "GET":
        form.site.data = preset_site(sites)
        _fill_from_address(form)
        return _form_page(form, sites)

    def work(s: Session) -> str:
        return _drafted(s, form)

    return _handle(form, sites, "new requisition", work)


@bp.route("/requisitions/<number>/edit", methods=["GET", "POST"])
@requires("requisitions.write")
def edit(number: str) -> ResponseReturnValue:
    """Change a draft."""
    found = requisitions.get_requisition(session(), me(), valid_number(number))
    sites = my_sites(partners=False, closed=False)
    form = RequisitionForm()
    form.site.choices = site_choices(sites)
    if request.method == "GET":
        if found.status != "draft":
            raise Conflict(msg("This requisition is no draft any more: it stays as it is."))
        form.site.data, form.kind.data, form.note.data = found.site.code, found.kind, found.note
        form.version.data = str(found.version)
        _put_lines(form, [(line.item, line.quantity) for line in found.lines])
        return _form_page(form, sites, number)

    def work(s: Session) -> str:
        told = form.version.data or ""
        version = int(told) if told.isascii() and told.isdigit() else None
        requisitions.edit(s, me(), number, _command(form), version)
        if "submit_now" in request.form:
            requisitions.submit(s, me(), number)
        return number

    return _handle(form, sites, f"edit {number}", work, number)


def _handle(
    form: RequisitionForm,
    sites: list[Site],
    purpose: str,
    work: Callable[[Session], str],
    number: str | None = None,
) -> ResponseReturnValue:
    """Answer a posted form: rows added or removed, suggestions put in, or the work done."""
    name_items(entry.form.item for entry in form.lines)
    if rows_changed(form.lines):
        return _form_page(form, sites, number)
    if "suggest" in request.form:
        _suggest(form, sites)
        return _form_page(form, sites, number)
    rows = filled(form.lines)
    if not form.validate():
        return _form_page(form, sites, number), 422
    try:
        done = do_once(purpose, form.uuid, work)
    except DomainError as error:
        return refused(form, error, lambda: _form_page(form, sites, number), {"lines": rows})
    if "submit_now" in request.form:
        flash(_("%(number)s is sent for approval.", number=done), "success")
    else:
        flash(
            _("%(number)s is kept as a draft. Send it for approval when it is ready.", number=done), "success"
        )
    return redirect(url_for("requisitions.show", number=done), 303)


def _command(form: RequisitionForm) -> NewRequisition:
    lines = [AskedLine(e.form.item.data or "", e.form.quantity.data or 0) for e in filled(form.lines)]
    return NewRequisition(form.site.data or "", form.kind.data or "", lines, form.note.data)


def _drafted(s: Session, form: RequisitionForm) -> str:
    made = requisitions.draft(s, me(), _command(form))
    number: str = made.number
    if "submit_now" in request.form:
        requisitions.submit(s, me(), number)
    return number


def _form_page(form: RequisitionForm, sites: list[Site], number: str | None = None) -> str:
    stock = _stock_at(form.site.data, sites)
    return render_template(
        "requisitions/form.html",
        form=form,
        number=number,
        stock=sorted(stock, key=lambda row: (-(row[1].assessment.suggested_quantity or 0), row[0].name)),
        item_name=item_name,
    )


def _stock_at(code: str | None, sites: list[Site]) -> list[tuple[Item, Figures]]:
    return site_figures(session(), me(), code) if code and any(site.code == code for site in sites) else []


def _put_lines(form: RequisitionForm, lines: list[tuple[Item, int | None]]) -> None:
    while form.lines.entries:
        form.lines.pop_entry()
    for item, quantity in lines:
        form.lines.append_entry({"item": item.code, "quantity": quantity})
        field = form.lines.entries[-1].form.item
        field.render_kw = {**(field.render_kw or {}), "data-label": item_name(item)}


def _fill_from_address(form: RequisitionForm) -> None:
    """Begin with the item and quantity of the address, as an alert or a stock card sends them."""
    code, quantity = asked("item"), asked_number("quantity", 0)
    if code is not None:
        form.lines.entries[0].form.item.data = code
        form.lines.entries[0].form.quantity.data = quantity or None
        name_items([form.lines.entries[0].form.item])


def _suggest(form: RequisitionForm, sites: list[Site]) -> None:
    """Add a row for each item that is to be reordered and stands in no row yet."""
    kept = filled(form.lines)
    known = {entry.form.item.data for entry in kept}
    added = 0
    if not kept:
        form.lines.pop_entry()
    for item, figures in _stock_at(form.site.data, sites):
        suggested = figures.assessment.suggested_quantity
        if suggested and item.code not in known:
            form.lines.append_entry({"item": item.code, "quantity": suggested})
            field = form.lines.entries[-1].form.item
            field.render_kw = {**(field.render_kw or {}), "data-label": item_name(item)}
            added += 1
    if not form.lines.entries:
        form.lines.append_entry()
    if not form.site.data:
        form.site.errors = [*form.site.errors, _("Choose the site first: the suggestions are for one site.")]
    elif not added:
        flash(_("Nothing more is suggested: this site has enough, or no reorder levels are set."), "info")


@bp.get("/requisitions/hints")
@requires("requisitions.write")
def hints() -> ResponseReturnValue:
    """For the rows of the form, by their items: what is here and what is suggested, in words."""
    codes = request.args.getlist("item")[:100]
    site = request.args.get("site")
    if not site or not any(codes):
        return {"hints": [None for _each in codes]}
    known = {item.code: (item, figures) for item, figures in site_figures(session(), me(), site, codes)}
    return {"hints": [_hint(*known[code]) if code in known else None for code in codes]}


def _hint(item: Item, figures: Figures) -> Mapping[str, str]:
    suggested = figures.assessment.suggested_quantity
    if suggested:
        text = _(
            "Here: %(here)s, on the way: %(coming)s. Suggested: %(suggested)s %(unit)s.",
            here=figures.available,
            coming=figures.inbound,
            suggested=suggested,
            unit=unit_words(item.base_unit),
        )
    else:
        text = _("Here: %(here)s, on the way: %(coming)s.", here=figures.available, coming=figures.inbound)
    return {"text": text, "tone": "warning" if suggested else "neutral"}
