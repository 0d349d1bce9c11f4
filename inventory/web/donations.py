"""Donations: promised by donors, followed by them and by staff."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import FieldList, FormField, RadioField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import Role, requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.exchange.writing import csv_lines
from inventory.models import Donation
from inventory.queries import catalogue, documents, gifts, shipments
from inventory.queries.attachments import approved_for_gift
from inventory.queries.trace import Fate, fates_of, trace, visible_donation
from inventory.services import donations
from inventory.web.forms import (
    Amount,
    BaseForm,
    Choice,
    Day,
    FilterForm,
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

bp = Blueprint("donations", __name__, url_prefix="/donations")
SIZE = 50


class PromisedForm(LineForm):
    """One item that is promised."""

    item = ItemSearch(lazy_gettext("Item"))
    quantity = Whole(lazy_gettext("Quantity"))


class DonationForm(BaseForm):
    """A gift of goods or of money."""

    donor = Choice(lazy_gettext("Donor"), [InputRequired(lazy_gettext("Choose the donor."))])
    kind = RadioField(lazy_gettext("Kind of gift"), default="goods")
    pledged_on = Day(lazy_gettext("Promised on"), [InputRequired(lazy_gettext("Give a date."))])
    reference = Text(lazy_gettext("Reference"), description=lazy_gettext("What the donor calls it."))
    amount = Amount(lazy_gettext("Amount"))
    currency = Text(lazy_gettext("Currency"), description=lazy_gettext("Such as EUR."))
    shipment = Choice(lazy_gettext("For the shipment"))
    lines = FieldList(FormField(PromisedForm), min_entries=1)


class Filters(FilterForm):
    """What the list is narrowed to."""

    kind = Choice(lazy_gettext("Kind of gift"))
    donor = Choice(lazy_gettext("Donor"))


@bp.get("")
@requires("donations.see")
def index() -> ResponseReturnValue:
    """The donations: a donor's own, or those that staff look for."""
    who = me()
    if who.role is Role.DONOR:
        return render_template("donations/mine.html", gifts=gifts.gifts_of(session(), who.donor_id or 0))
    wanted = documents.DocumentFilter(q=asked("q"), kind=asked("kind"), donor=asked("donor"))
    page = documents.donations_page(session(), wanted, asked_number("page", 1), SIZE)
    fates = fates_of(session(), [each.id for each in page.rows])
    received = {each.id: _total(fates.get(each.id, {})) for each in page.rows}
    filters = Filters(request.args)
    donors = [(each.code, each.name) for each in catalogue.all_donors(session())]
    kinds = {"goods": _("Goods"), "money": _("Money")}
    filters.kind.choices = [("", _("All")), *kinds.items()]
    filters.donor.choices = [("", _("All")), *donors]
    chips = [
        {"name": "kind", "label": _("Kind of gift"), "value": kinds.get(wanted.kind or "")},
        {"name": "donor", "label": _("Donor"), "value": dict(donors).get(wanted.donor or "")},
    ]
    return render_template(
        "donations/list.html",
        page=page,
        wanted=wanted,
        fates=received,
        filters=filters,
        chips=[chip for chip in chips if chip["value"]],
    )


def _total(fates: dict[int, Fate]) -> Fate:
    total = Fate()
    for fate in fates.values():
        total.plus(fate)
    return total


@bp.route("/new", methods=["GET", "POST"])
@requires("donations.write")
def new() -> ResponseReturnValue:
    """Record what a donor promises."""
    form = DonationForm()
    _offer(form)
    if request.method == "GET":
        form.pledged_on.data = clock.today()
        form.donor.data = asked("donor")
    elif not rows_changed(form.lines):
        return _record(form)
    return render_template("donations/new.html", form=form)


def _record(form: DonationForm) -> ResponseReturnValue:
    name_items(entry.form.item for entry in form.lines)
    if not form.validate():
        return render_template("donations/new.html", form=form), 422
    rows = filled(form.lines)
    money = form.kind.data == "money"
    command = donations.NewDonation(
        donor=form.donor.data or "",
        kind=form.kind.data or "",
        pledged_on=form.pledged_on.data or clock.today(),
        reference=form.reference.data,
        amount=form.amount.data if money else None,
        currency=(form.currency.data or "").upper() or None if money else None,
        shipment=form.shipment.data if money else None,
        lines=[]
        if money
        else [donations.PromisedLine(row.item.data or "", row.quantity.data or 0) for row in rows],
    )
    who = me()
    try:
        number = atomically(lambda s: donations.donate(s, who, command).number)
    except DomainError as error:
        return refused(form, error, lambda: render_template("donations/new.html", form=form), {"lines": rows})
    flash(_("Donation %(number)s is recorded.", number=number), "success")
    return redirect(url_for("donations.show", number=number), 303)


def _offer(form: DonationForm) -> None:
    form.donor.choices = [("", ""), *((each.code, each.name) for each in catalogue.all_donors(session()))]
    form.kind.choices = [("goods", _("Goods")), ("money", _("Money"))]
    drafts = shipments.shipments_page(session(), me(), shipments.ShipmentFilter(), 1, 100)
    open_ones = [each for each in drafts.rows if each.status in ("draft", "dispatched")]
    form.shipment.choices = [
        ("", _("No shipment in particular")),
        *(
            (each.number, f"{each.number} · {each.origin.code} → {each.destination.code}")
            for each in open_ones
        ),
    ]


@bp.get("/<number>")
@requires("donations.see")
def show(number: str) -> ResponseReturnValue:
    """A donation and what became of it."""
    donation = visible_donation(session(), me(), number)
    found = trace(session(), donation)
    told = gifts.as_outsiders(session(), found.shipments, donation.donor_id)
    photos = approved_for_gift(session(), donation.id, donation.number)
    return render_template(
        "donations/show.html", donation=donation, trace=found, shipments=told, photos=photos
    )


@bp.get("/<number>/trace.csv")
@requires("donations.export")
def trace_csv(number: str) -> ResponseReturnValue:
    """The trace of a donation as a table."""
    donation = visible_donation(session(), me(), number)
    parts = (
        "donated",
        "in_stock",
        "in_transit",
        "dispensed",
        "disposed",
        "lost",
        "missing",
        "delivered_to_partner",
    )
    rows = [
        [item.code, item.name, *(getattr(fate, part) for part in parts)]
        for item, fate in trace(session(), donation).lines
    ]
    return _csv(donation, ["item", "name", *parts], rows)


def _csv(donation: Donation, header: list[str], rows: list[list[object]]) -> Response:
    return Response(
        csv_lines(header, rows, bom=True),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{donation.number}.csv"'},
    )
