"""Goods received: the list, the form, what became of a receipt, its paper, and taking it back."""

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.extensions import current_language, render
from inventory.models import Receipt
from inventory.queries import attachments, catalogue, documents
from inventory.queries.documents import DocumentFilter
from inventory.services import receipts as service
from inventory.services.attachments import claim_drafts, draft_name
from inventory.services.lots import known_expiry
from inventory.services.receipt_preview import preview
from inventory.services.receipts import Limits, NewReceipt
from inventory.services.second_person import second_person
from inventory.web.attachments import photos_for
from inventory.web.forms import asked, asked_day, asked_number, name_items, put_errors, rows_changed
from inventory.web.guard import me
from inventory.web.pages import PAGE, item_name, my_sites, preset_site, stand_at, valid_number, zone_of
from inventory.web.receipt_forms import NAMES, ReceiptFilters, ReceiptForm, TakeBackForm
from inventory.web.receipt_paper import note_of
from inventory.web.receipt_scans import is_scan, recap, take_scan
from inventory.web.receipt_shown import arrival_facts, compared_with_list, shown_line

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
        return _written(form)
    name_items(row.form.item for row in form.lines)
    if rows_changed(form.lines) or "change" in request.form:
        return _written(form)
    if is_scan():
        said, status = take_scan(form)
        return _written(form, status, said)
    if not form.validate():
        return _written(form, 422)
    rows = form.rows()
    command, settings = form.command(rows), current_app.config["RELAIS"]
    limits = Limits(settings.carton_warn_kg, settings.carton_fail_kg)
    try:
        if "confirm" not in request.form and ("look" in request.form or form.recap.data):
            with second_person(form.checked_by.data, required=True):
                lines = atomically(lambda s: preview(s, me(), command, limits))
            if lines is not None:
                return recap(form, [shown_line(line) for line in lines], command)
        with second_person(form.checked_by.data, required=True):
            number = atomically(lambda s: _recorded(s, command, limits))
    except DomainError as error:
        put_errors(form, error, form.sent_rows(rows or list(form.lines.entries)), NAMES)
        return _written(form, error.status)
    flash(_("Receipt %(number)s is recorded.", number=number), "success")
    return redirect(url_for("receipts.show", number=number), 303)


def _written(form: ReceiptForm, status: int = 200, said: Sequence[str] = ()) -> ResponseReturnValue:
    """The form, as it was filled in so far, with the photos that wait for it."""
    photos = attachments.photos_of(session(), me(), draft_name(form.uuid)) if form.is_submitted() else []
    return render_template("receipts/new.html", form=form, scan_said=said, photos=photos), status


def _recorded(database: Session, command: NewReceipt, limits: Limits) -> str:
    """Record a receipt with the photos that waited for it; its number."""
    number = service.receive(database, me(), command, limits).number
    claim_drafts(database, me(), command.uuid, number)
    return number


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
    lines = [shown_line(line) for line in receipt.lines]
    today = clock.today(receipt.site.timezone)
    return render_template(
        "receipts/show.html",
        receipt=receipt,
        lines=lines,
        today=today,
        item_name=item_name,
        photos=photos_for(receipt.number),
        arrival=arrival_facts(receipt),
        compared=compared_with_list(session(), receipt),
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


def set_aside(receipt: Receipt) -> int:
    """How many lines did not, or not wholly, become usable stock."""
    return sum(1 for line in receipt.lines if line.zone != "stock" or line.damaged)


bp.add_app_template_filter(set_aside)
