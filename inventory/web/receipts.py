"""Goods received: the list, the form, what became of a receipt, its paper, and taking it back."""

import re
from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory import clock
from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, Message
from inventory.extensions import current_language, render
from inventory.models import Receipt, ReceiptLine
from inventory.queries import catalogue, documents
from inventory.queries.documents import DocumentFilter
from inventory.services import receipts as service
from inventory.services.lots import known_expiry
from inventory.services.receipt_preview import PreviewLine, preview
from inventory.services.receipts import Limits
from inventory.services.second_person import second_person
from inventory.web.forms import asked, asked_day, asked_number, name_items, put_errors, rows_changed
from inventory.web.guard import me
from inventory.web.pages import PAGE, item_name, my_sites, preset_site, stand_at, valid_number, zone_of
from inventory.web.receipt_forms import NAMES, ReceiptFilters, ReceiptForm, TakeBackForm
from inventory.web.receipt_paper import note_of
from inventory.web.receipt_scans import is_scan, recap, take_scan
from inventory.web.reference_words import CHECKS, VALUE_BASES, said
from inventory.web.words import day

bp = Blueprint("receipts", __name__, url_prefix="/receipts")

MOST_DONATIONS = 400


@bp.get("")
@requires("receipts.see")
def index() -> ResponseReturnValue:
    """Receipts, the newest first."""
    wanted = DocumentFilter(
        site=asked("site"),
        donor=asked("donor"),
        q=asked("q"),
        since=asked_day("since"),
        until=asked_day("until"),
    )
    filters = ReceiptFilters(request.args)
    sites, donors = my_sites(), catalogue.all_donors(session())
    filters.offer(sites, donors)
    page = documents.receipts_page(session(), me(), wanted, asked_number("page", 1), PAGE)
    named = {site.code: site.name for site in sites} | {"donor:" + donor.code: donor.name for donor in donors}
    return render_template("receipts/index.html", page=page, wanted=wanted, filters=filters, named=named)


@bp.route("/new", methods=["GET", "POST"])
@requires("receipts.write")
def new() -> ResponseReturnValue:
    """The fast form: a row per lot."""
    form = ReceiptForm()
    sites = my_sites(partners=False, closed=False)
    database = session()
    donations = documents.donations_page(database, DocumentFilter(kind="goods"), 1, MOST_DONATIONS).rows
    form.offer(sites, list(donations), catalogue.all_donors(database))
    if request.method == "GET":
        form.site.data = preset_site(sites)
        form.donation.data = asked("donation")
        form.received_on.data = clock.today(zone_of(sites, form.site.data))
        return render_template("receipts/new.html", form=form)
    name_items(row.form.item for row in form.lines)
    if rows_changed(form.lines) or "change" in request.form:
        return render_template("receipts/new.html", form=form)
    if is_scan():
        said, status = take_scan(form)
        return render_template("receipts/new.html", form=form, scan_said=said), status
    if not form.validate():
        return render_template("receipts/new.html", form=form), 422
    rows = form.rows()
    command, settings = form.command(rows), current_app.config["RELAIS"]
    limits = Limits(settings.carton_warn_kg, settings.carton_fail_kg)
    try:
        if "confirm" not in request.form and ("look" in request.form or form.recap.data):
            with second_person(form.checked_by.data, required=True):
                lines = atomically(lambda s: preview(s, me(), command, limits))
            if lines is not None:
                return recap(form, [_shown(line) for line in lines])
        with second_person(form.checked_by.data, required=True):
            number = atomically(lambda s: service.receive(s, me(), command, limits).number)
    except DomainError as error:
        put_errors(form, error, {"lines": rows or form.lines.entries}, NAMES)
        return render_template("receipts/new.html", form=form), error.status
    flash(_("Receipt %(number)s is recorded.", number=number), "success")
    return redirect(url_for("receipts.show", number=number), 303)


@bp.get("/lot")
@requires("receipts.write")
def lot() -> ResponseReturnValue:
    """What is known of a lot number of an item, for filling in its expiry."""
    item = catalogue.item_named(session(), asked("item") or "")
    known = known_expiry(session(), item, asked("lot") or "") if item is not None else None
    return {"expires_on": known.isoformat() if known else None}


@bp.get("/<number>")
@requires("receipts.see")
def show(number: str) -> ResponseReturnValue:
    """Where each line went and why."""
    receipt = service.get_receipt(session(), me(), valid_number(number))
    stand_at(receipt.site)
    lines = [_shown(line) for line in receipt.lines]
    today = clock.today(receipt.site.timezone)
    return render_template(
        "receipts/show.html", receipt=receipt, lines=lines, today=today, item_name=item_name
    )


@bp.route("/<number>/take-back", methods=["GET", "POST"])
@requires("receipts.reverse")
def take_back(number: str) -> ResponseReturnValue:
    """Reverse a receipt, for a reason."""
    receipt = service.get_receipt(session(), me(), valid_number(number))
    form, status = TakeBackForm(), 200
    if form.validate_on_submit():
        reason = form.reason.data
        try:
            atomically(lambda s: service.undo_receipt(s, me(), number, reason).number)
            flash(_("Receipt %(number)s is taken back.", number=number), "success")
            return redirect(url_for("receipts.show", number=number), 303)
        except DomainError as error:
            put_errors(form, error)
            status = error.status
            receipt = service.get_receipt(session(), me(), number)
    elif request.method == "POST":
        status = 422
    return render_template("receipts/take_back.html", receipt=receipt, form=form), status


@bp.get("/<number>/goods-received-note.pdf")
@requires("receipts.see")
def paper(number: str) -> ResponseReturnValue:
    """The goods-received note, in the language of `?lang=` or of the reader."""
    receipt = service.get_receipt(session(), me(), valid_number(number))
    pdf = note_of(receipt, current_app.config["RELAIS"], current_language(), render)
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{receipt.number}.pdf"'
    return answer


def _shown(line: ReceiptLine | PreviewLine) -> dict[str, Any]:
    """A line with the zones that its units went to, and what is to be said of it in words."""
    placed = [(line.zone, line.quantity)]
    if line.zone == "stock" and 0 < line.damaged < line.quantity:
        placed = [("stock", line.quantity - line.damaged), ("quarantine", line.damaged)]
    warnings: dict[str, list[str]] = {}
    for each in line.warnings:
        warnings.setdefault(each["rule"], []).append(_told(each["detail"]))
    difference = None if line.declared is None else line.quantity - line.declared
    return {
        "row": line,
        "placed": placed,
        "warnings": [(said(CHECKS, rule), texts) for rule, texts in warnings.items()],
        "accepted": {each["rule"] for each in line.exceptions},
        "difference": difference or None,
        "basis": said(VALUE_BASES, line.value_basis),
    }


def _told(stored: dict[str, Any]) -> str:
    """A stored finding in the reader's language; its dates as pages write them."""
    found = Message.from_json(stored)
    dates = {name: day(date.fromisoformat(value)) for name, value in found.params.items() if _is_date(value)}
    return render(Message(found.text, {**found.params, **dates}))


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None


def set_aside(receipt: Receipt) -> int:
    """How many lines did not, or not wholly, become usable stock."""
    return sum(1 for line in receipt.lines if line.zone != "stock" or line.damaged)


bp.add_app_template_filter(set_aside)
