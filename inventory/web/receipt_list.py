"""A packing list put into the form for goods received: a row for each lot that it names, to be counted."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import FileField, TextAreaField

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.exchange.packing_lists import ListedLot, read_packing_list
from inventory.exchange.source import UnreadableFile
from inventory.extensions import render
from inventory.queries import catalogue, documents
from inventory.queries.documents import DocumentFilter
from inventory.queries.typed import resolve_items
from inventory.web.forms import BaseForm, Choice, asked, name_items
from inventory.web.pages import my_sites, preset_site, zone_of
from inventory.web.receipt_forms import ReceiptForm

bp = Blueprint("receipt_list", __name__, url_prefix="/receipts/packing-list")

MOST_DONATIONS = 400


class PackingListForm(BaseForm):
    """Whose list it is, and the list: a file, or pasted from a spreadsheet."""

    donation = Choice(_l("Donation"), description=_l("If it was announced. The donor follows from it."))
    file = FileField(_l("File"), description=_l("CSV or Excel. A row for each lot, with a heading row."))
    pasted = TextAreaField(
        _l("Or paste it here"),
        description=_l("With its heading row: item, lot, expiry, quantity, carton, weight."),
        render_kw={"rows": 8, "dir": "ltr", "spellcheck": "false"},
    )


@bp.url_value_preprocessor
def _allow_large(_endpoint: str | None, _values: object) -> None:
    """A workbook may be larger than a form."""
    if request.method == "POST" and current_user.is_authenticated:
        request.max_content_length = 5 << 20


@bp.route("", methods=["GET", "POST"])
@requires("receipts.write")
def new() -> ResponseReturnValue:
    """Ask for the list; then the form for goods received with its lots in it."""
    form = PackingListForm()
    donations = list(
        documents.donations_page(session(), DocumentFilter(kind="goods"), 1, MOST_DONATIONS).rows
    )
    sites = my_sites(partners=False, closed=False)
    receipt = ReceiptForm(formdata=None)
    receipt.offer(sites, donations, catalogue.all_donors(session()))
    form.donation.choices = receipt.donation.choices
    if request.method == "GET":
        form.donation.data = asked("donation")
        return render_template("receipts/packing_list.html", form=form)
    if not form.validate():
        return render_template("receipts/packing_list.html", form=form), 422
    sent = request.files.get("file")
    data = sent.read() if sent is not None and sent.filename else (form.pasted.data or "").encode()
    try:
        found = read_packing_list(data)
        if not found:
            form.file.errors = [*form.file.errors, _("The list names no lots.")]
    except UnreadableFile as error:
        found = []
        form.file.errors = [*form.file.errors, render(error.message)]
    if not found:
        return render_template("receipts/packing_list.html", form=form), 422
    receipt.site.data = preset_site(sites)
    receipt.donation.data = form.donation.data
    receipt.received_on.data = clock.today(zone_of(sites, receipt.site.data))
    _fill(receipt, found)
    return render_template("receipts/new.html", form=receipt, listed=len(found), photos=[])


def _fill(receipt: ReceiptForm, found: list[ListedLot]) -> None:
    known = resolve_items(session(), [each.item for each in found])
    while len(receipt.lines.entries) < len(found):
        receipt.lines.append_entry()
    for entry, listed in zip(receipt.lines.entries, found, strict=True):
        meant = known[listed.item]
        typed = {
            "item": meant[0].code if len(meant) == 1 else listed.item,
            "lot": listed.lot,
            "expires_on": listed.expires_on,
            "declared": listed.declared,
            "carton": listed.carton,
            "declared_weight_kg": listed.weight,
            "manufacturer": listed.manufacturer,
        }
        for name, text in typed.items():
            field = entry.form[name]
            field.raw_data = [text]
            try:
                field.process_formdata([text])
            except ValueError as error:
                field.process_errors = [str(error)]
                field.errors = [str(error)]
    name_items(entry.form.item for entry in receipt.lines)
