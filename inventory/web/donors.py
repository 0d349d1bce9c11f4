"""Donors: who gives."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.models import Donor
from inventory.queries import catalogue, documents, stock
from inventory.queries.documents import DocumentFilter
from inventory.queries.paging import Page
from inventory.queries.stock import StockFilter
from inventory.rules.text import fold
from inventory.services import donors as service
from inventory.web.forms import asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import PAGE
from inventory.web.reference_forms import DonorForm

bp = Blueprint("donors", __name__, url_prefix="/donors")

RECENT = 10


@bp.get("")
@requires("donors.see")
def index() -> ResponseReturnValue:
    """Donors by name."""
    q, number = asked("q"), asked_number("page", 1)
    wanted = fold(q or "").split()
    found = [
        donor
        for donor in catalogue.all_donors(session())
        if all(word in fold(f"{donor.code} {donor.name} {donor.email or ''}") for word in wanted)
    ]
    number = max(1, min(number, -(-len(found) // PAGE)))
    page = Page(found[(number - 1) * PAGE : number * PAGE], number, PAGE, len(found))
    return render_template("donors/index.html", page=page, q=q)


@bp.route("/new", methods=["GET", "POST"])
@requires("donors.write")
def new() -> ResponseReturnValue:
    """A new donor."""
    form = DonorForm()
    return (
        render_template("donors/form.html", form=form, donor=None)
        if request.method == "GET"
        else _save(form, None)
    )


@bp.get("/<code>")
@requires("donors.see")
def show(code: str) -> ResponseReturnValue:
    """A donor, their latest donations, and what there is of them in stock."""
    donor = service.get_donor(session(), code)
    donations = documents.donations_page(session(), DocumentFilter(donor=code), 1, RECENT)
    totals = stock.totals(session(), me(), StockFilter(donor=code))
    return render_template("donors/show.html", donor=donor, donations=donations, totals=totals)


@bp.route("/<code>/edit", methods=["GET", "POST"])
@requires("donors.write")
def edit(code: str) -> ResponseReturnValue:
    """Change a donor."""
    donor = service.get_donor(session(), code)
    form = DonorForm(data={"code": donor.code, "name": donor.name, "email": donor.email})
    return (
        render_template("donors/form.html", form=form, donor=donor)
        if request.method == "GET"
        else _save(form, donor)
    )


def _save(form: DonorForm, donor: Donor | None) -> ResponseReturnValue:
    if not form.validate():
        return render_template("donors/form.html", form=form, donor=donor), 422
    code = donor.code if donor is not None else form.code.data or ""
    fields = {"name": form.name.data, "email": form.email.data}
    try:
        if donor is None:
            code = atomically(lambda s: service.add_donor(s, me(), fields | {"code": code}).code)
            flash(_("%(name)s is there now.", name=fields["name"]), "success")
        else:
            atomically(lambda s: service.change_donor(s, me(), code, fields).code)
            flash(_("%(name)s is changed.", name=fields["name"]), "success")
    except DomainError as error:
        put_errors(form, error)
        known = service.get_donor(session(), code) if donor is not None else None
        return render_template("donors/form.html", form=form, donor=known), error.status
    return redirect(url_for("donors.show", code=code), 303)
