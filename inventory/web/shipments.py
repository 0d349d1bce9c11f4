"""Shipments: the list, a new one, one as a page, its papers. Packing and shipping have rooms of their own."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import Field
from wtforms.validators import InputRequired

from inventory.access import Role, requires
from inventory.db import session
from inventory.documents import (
    Organisation,
    render_gift_certificate,
    render_packing_list,
    render_shipment_note,
    render_waybill,
)
from inventory.errors import DomainError
from inventory.extensions import current_language, render
from inventory.models import Requisition, Site
from inventory.queries import papers
from inventory.queries import shipments as reading
from inventory.services import requisitions, shipments
from inventory.services.shipments import NewShipment
from inventory.web import labels
from inventory.web.forms import BaseForm, Choice, Day, Text, Whole, asked, asked_number, put_errors, refused
from inventory.web.guard import me
from inventory.web.pages import (
    PAGE,
    Options,
    do_once,
    item_name,
    my_sites,
    page_token,
    preset_site,
    site_choices,
    stand_at,
    valid_number,
)
from inventory.web.shipment_page import EtaForm, detail, late_by, latest, read, steps
from inventory.web.words import country

bp = Blueprint("shipments", __name__)


class ShipmentForm(BaseForm):
    """A journey from one site to another."""

    origin = Choice(_l("From"), [InputRequired(_l("Choose where it leaves from."))])
    destination = Choice(_l("To"), [InputRequired(_l("Choose where it goes."))])
    mode = Options(
        _l("How it travels"),
        [InputRequired(_l("Say how it travels."))],
        choices=labels.choices(labels.MODES),
    )
    eta = Day(_l("Expected on"), description=_l("An alert reminds everybody the day after."))
    requisition = Text(_l("Requisition"))
    container = Choice(_l("Container"), choices=labels.choices(labels.CONTAINERS, _l("No container")))
    minimum_shelf_life_days = Whole(
        _l("Days to use it in"),
        description=_l("Lots that last fewer days after the arrival are not packed."),
    )
    reference = Text(_l("Reference"))


@bp.get("/shipments")
@requires("shipments.see")
def index() -> ResponseReturnValue:
    """Shipments of my sites, the newest first; for a donor those that carry their gifts."""
    actor = me()
    wanted = reading.ShipmentFilter(
        status=asked("status"), site=asked("site"), mode=asked("mode"), q=asked("q")
    )
    if actor.role is Role.DONOR:
        wanted = reading.ShipmentFilter(status=wanted.status)
        page = reading.shipments_page(session(), actor, wanted, asked_number("page", 1), PAGE)
        return render_template(
            "shipments/donor_index.html",
            page=page,
            place=_place,
            words=labels,
            wanted=wanted,
        )
    page = reading.shipments_page(session(), actor, wanted, asked_number("page", 1), PAGE)
    return render_template(
        "shipments/index.html",
        page=page,
        wanted=wanted,
        sites=my_sites(every=actor.sites is None),
        words=labels,
        totals=reading.totals_of(session(), [each.id for each in page.rows]),
        late_by=late_by,
    )


@bp.route("/shipments/new", methods=["GET", "POST"])
@requires("shipments.write")
def new() -> ResponseReturnValue:
    """Begin a shipment, on its own or for an approved requisition."""
    mine, every = my_sites(closed=False), my_sites(closed=False, every=True)
    form = ShipmentForm()
    form.origin.choices = site_choices(mine)
    form.destination.choices = site_choices(every)
    asked_for = _asked_for(form.requisition.data or request.args.get("requisition"))
    if request.method == "GET":
        form.origin.data = preset_site(mine)
        if asked_for is not None:
            form.requisition.data, form.destination.data = asked_for.number, asked_for.site.code
            source = asked_for.site.supplied_by
            if source is not None and any(site.id == source.id for site in mine):
                form.origin.data = source.code
        return _form_page(form, asked_for)
    if not form.validate():
        return _form_page(form, asked_for), 422
    command = NewShipment(
        origin=form.origin.data or "",
        destination=form.destination.data or "",
        mode=form.mode.data or "",
        eta=form.eta.data,
        requisition=form.requisition.data,
        container=form.container.data,
        minimum_shelf_life_days=form.minimum_shelf_life_days.data,
        reference=form.reference.data,
    )

    def work(s: Session) -> str:
        return str(shipments.draft(s, me(), command).number)

    try:
        number = do_once("new shipment", form.uuid, work)
    except DomainError as error:
        return refused(form, error, lambda: _form_page(form, asked_for))
    flash(_("%(number)s is begun. Pack it now.", number=number), "success")
    return redirect(url_for("shipments.show", number=number), 303)


def _asked_for(number: str | None) -> Requisition | None:
    if not number:
        return None
    try:
        found: Requisition = requisitions.get_requisition(session(), me(), valid_number(number))
    except DomainError:
        return None
    return found


def _form_page(form: ShipmentForm, asked_for: Requisition | None) -> str:
    return render_template("shipments/form.html", form=form, asked_for=asked_for)


@bp.get("/shipments/<number>")
@requires("shipments.see")
def show(number: str) -> ResponseReturnValue:
    """A shipment: for staff whole, for a donor what concerns their gifts."""
    actor = me()
    if actor.role is not Role.DONOR:
        return detail(number)
    whole = reading.shipment(session(), actor, valid_number(number))
    found = reading.for_outsiders(whole, actor.donor_id)
    stand_at(None)
    journey = steps(found)
    return render_template(
        "shipments/donor_show.html",
        shipment=found,
        origin=_place(whole.origin),
        destination=_place(whole.destination),
        steps=journey,
        latest=latest(journey),
        words=labels,
        item_name=item_name,
    )


def _place(site: Site) -> str:
    """A site as outsiders may know it: of a sensitive one the country alone."""
    return country(site.country) if site.sensitive else reading.place_for_outsiders(site)


@bp.post("/shipments/<number>/cancel")
@requires("shipments.write")
def cancel(number: str) -> ResponseReturnValue:
    """Drop a draft; what was reserved for it is free again."""
    done = _("%(number)s is cancelled. What was packed is free again.", number=number)
    return act(number, "cancel", page_token(), lambda s: shipments.cancel(s, me(), number), done)


@bp.post("/shipments/<number>/eta")
@requires("shipments.write")
def eta(number: str) -> ResponseReturnValue:
    """Change when it is expected."""
    form = EtaForm(prefix="eta-")
    if not form.validate():
        return detail(number, 422, forms={"eta": form})
    done = _("The expected day is changed.")
    return act(
        number,
        "eta",
        form.uuid,
        lambda s: shipments.set_eta(s, me(), number, form.eta.data),
        done,
        {"eta": form},
    )


def act(
    number: str,
    what: str,
    token: Any,
    work: Callable[[Session], object],
    done: str,
    forms: dict[str, Any] | None = None,
    put: Callable[[Any, DomainError], None] | None = None,
    *,
    second: Field | None = None,
) -> ResponseReturnValue:
    """Do something with a shipment and show it; where it cannot be done, show it as it stands and say why.

    `second`: as in `do_once`.
    """
    valid_number(number)

    def once(s: Session) -> str:
        work(s)
        return number

    try:
        do_once(f"{what} {number}", token, once, second=second)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        texts = [render(error.message), *(render(each.message) for each in error.errors)]
        for form in (forms or {}).values():
            (put or put_errors)(form, error)
        told = " ".join(dict.fromkeys(texts)) if not forms else None
        return detail(number, error.status, told, forms)
    flash(done, "success")
    return redirect(url_for("shipments.show", number=number), 303)


# ---- papers -----------------------------------------------------------------------------------------------------


def _pdf(number: str, name: str, press: Callable[..., bytes], data: Any) -> ResponseReturnValue:
    language = current_language()
    direction = "rtl" if language.direction == "rtl" else "ltr"
    made = press(data, locale=language.tag, direction=direction, translate=render)
    answer = Response(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{number}-{name}.pdf"'
    return answer


def _paper() -> tuple[Organisation, str]:
    """Who issues a paper, and the language it is in."""
    return _organisation(), current_language().tag


def _organisation() -> Organisation:
    settings = current_app.config["RELAIS"]
    return Organisation(settings.org_name, settings.org_address)


@bp.get("/shipments/<number>/<any('packing-list', 'waybill', 'goods-received-note'):name>.pdf")
@requires("shipments.papers")
def paper(number: str, name: str) -> ResponseReturnValue:
    """A paper for staff, in the language of `?lang=` or of the reader."""
    found = read(number)
    if name == "packing-list":
        return _pdf(
            number,
            name,
            render_packing_list,
            papers.packing_list(found, *_paper()),
        )
    if name == "waybill":
        return _pdf(number, name, render_waybill, papers.waybill(found, *_paper()))
    if name == "goods-received-note":
        note = papers.goods_received_note(session(), found, *_paper())
        return _pdf(number, name, render_shipment_note, note)
    return abort(404)


@bp.get("/shipments/<number>/gift-certificate.pdf")
@requires("shipments.gift_certificate")
def gift_certificate(number: str) -> ResponseReturnValue:
    """That the goods are given and not sold; for a donor, their own goods alone."""
    found = read(number)
    data = papers.gift_certificate(found, *_paper(), me().donor_id)
    return _pdf(number, "gift-certificate", render_gift_certificate, data)
