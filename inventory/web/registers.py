"""The register of controlled medicines: of a site, of an item there, on paper; and what waits for a second name."""

from collections.abc import Callable
from uuid import uuid4

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms import TextAreaField

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.documents import (
    ControlledRegister,
    Direction,
    Organisation,
    Party,
    RegisterLine,
    render_controlled_register,
)
from inventory.errors import DomainError, Message
from inventory.extensions import current_language, render
from inventory.queries import register as reading
from inventory.queries.register import Line, Other, Register
from inventory.services import register as service
from inventory.web.forms import BaseForm, asked, asked_day, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name, my_sites, stand_at
from inventory.web.reference_words import PLACES, POSTINGS, said

bp = Blueprint("register", __name__, url_prefix="/register")


class SignForm(BaseForm):
    """What somebody else posted, and stands for."""

    note = TextAreaField(_l("Note"), render_kw={"rows": 2, "maxlength": 2000})


@bp.get("")
@requires("register.see")
def index() -> ResponseReturnValue:
    """The registers of my sites."""
    site = asked("site")
    return render_template(
        "register/index.html",
        registers=reading.registers(session(), me(), site),
        site=site,
        sites=my_sites(partners=False),
        item_name=item_name,
    )


@bp.get("/unsigned")
@requires("register.see")
def unsigned() -> ResponseReturnValue:
    """What waits for a second name."""
    return _work_list(SignForm(formdata=None))


@bp.post("/sign")
@requires("register.sign")
def sign() -> ResponseReturnValue:
    """Stand for what others posted."""
    form = SignForm()
    chosen = [int(each) for each in request.form.getlist("posting") if each.isdigit() and len(each) < 19]

    def work(s: Session) -> str:
        return str(len(service.sign(s, me(), chosen, form.note.data)))

    if not form.validate():
        return _work_list(form, 422, chosen)
    try:
        count = int(do_once("sign register", form.uuid, work))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error)
        return _work_list(form, error.status, chosen)
    flash(ngettext("%(num)s document signed.", "%(num)s documents signed.", count), "success")
    return redirect(url_for("register.unsigned", site=asked("site")), 303)


def _work_list(form: SignForm, status: int = 200, chosen: list[int] | None = None) -> ResponseReturnValue:
    site = asked("site")
    page = reading.unsigned(session(), me(), asked_number("page", 1), PAGE, site)
    html = render_template(
        "register/unsigned.html",
        page=page,
        form=form,
        chosen=chosen or [],
        site=site,
        sites=my_sites(partners=False),
        did=lambda kind: said(POSTINGS, kind),
        item_name=item_name,
    )
    return html, status


@bp.get("/<site>/<item>")
@requires("register.see")
def show(site: str, item: str) -> ResponseReturnValue:
    """The register of an item at a site, the newest entry first."""
    found = reading.register_of(session(), me(), site, item)
    stand_at(found.site)
    return render_template(
        "register/show.html",
        register=found,
        page=reading.page_of(session(), found, asked_number("page", 1), PAGE),
        where=where,
        did=lambda kind: said(POSTINGS, kind),
        item_name=item_name,
        token=uuid4(),
    )


@bp.get("/<site>/<item>/register.pdf")
@requires("register.see")
def paper(site: str, item: str) -> ResponseReturnValue:
    """The register on paper, in the language of `?lang=` or of the reader, of the days asked for."""
    found = reading.register_of(session(), me(), site, item)
    since, until = asked_day("since"), asked_day("until")
    lines = reading.entries(session(), found.site.id, found.item.id, since=since, until=until)
    settings, language = current_app.config["RELAIS"], current_language()
    told = ControlledRegister(
        organisation=Organisation(settings.org_name, settings.org_address),
        issued_on=clock.today(found.site.timezone),
        site=Party(name=found.site.name, code=found.site.code, country=found.site.country),
        item_code=found.item.code,
        item_name=item_name(found.item),
        unit=found.item.base_unit,
        balance=found.balance,
        since=since,
        until=until,
        lines=[_on_paper(line, found) for line in lines],
    )
    direction: Direction = "rtl" if language.direction == "rtl" else "ltr"
    translate: Callable[[Message], str] = render
    pdf = render_controlled_register(told, locale=language.tag, direction=direction, translate=translate)
    answer = Response(pdf, mimetype="application/pdf")
    name = f"register-{found.site.code}-{found.item.code}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _on_paper(line: Line, register: Register) -> RegisterLine:
    return RegisterLine(
        sequence=line.sequence,
        occurred_on=line.occurred_on,
        recorded_on=clock.today(register.site.timezone, line.recorded_at),
        document=line.document or "",
        what=said(POSTINGS, line.kind),
        where=where(line),
        lot=line.lot,
        change=line.change,
        balance=line.balance,
        by=line.by or "",
        second=line.second or "",
    )


def where(line: Line) -> str:
    """Where it came from, or went, in words."""
    return ", ".join(_end(each, line) for each in line.others)


def _end(other: Other, line: Line) -> str:
    if other.donor is not None:
        return str(_("Donor: %(name)s", name=other.donor))
    if other.kind == "missing" and other.shipment is not None:
        return str(_("missing from %(shipment)s", shipment=other.shipment))
    if other.shipment is not None and other.site is not None:
        site = other.site if other.shipment == line.document else f"{other.site} ({other.shipment})"
        return str(_("from %(site)s", site=site) if line.change > 0 else _("to %(site)s", site=site))
    return said(PLACES, other.kind)
