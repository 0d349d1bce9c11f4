"""Excursions as pages: what was too warm, too cold or frozen, which goods it concerns, and what is decided."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.ledger.exposed import exposed
from inventory.models import Excursion
from inventory.queries import temperatures as reading
from inventory.services import excursions as service
from inventory.web import temperature_view as view
from inventory.web.forms import asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name, my_sites, stand_at
from inventory.web.temperature_forms import AsideForm, HarmlessForm

bp = Blueprint("excursions", __name__, url_prefix="/temperatures/excursions")


@bp.get("")
@requires("temperatures.see")
def index() -> ResponseReturnValue:
    """The excursions of my sites: those that wait for a decision unless one asks for more."""
    site, state = asked("site"), asked("state") or "open"
    waiting = {"open": True, "decided": False}.get(state)
    page = reading.excursions_page(session(), me(), site, waiting, asked_number("page", 1), PAGE)
    return render_template(
        "temperatures/excursions.html",
        page=page,
        sites=my_sites(partners=False),
        site=site,
        state=state,
        kinds=view.KINDS,
        outcomes=view.OUTCOMES,
    )


@bp.get("/<int:excursion_id>")
@requires("temperatures.see")
def show(excursion_id: int) -> ResponseReturnValue:
    """One excursion: the readings, the goods, the decision."""
    return _page(excursion_id, HarmlessForm(), AsideForm(), None, 200)


@bp.post("/<int:excursion_id>/harmless")
@requires("excursions.judge")
def harmless(excursion_id: int) -> ResponseReturnValue:
    """The goods took no harm, for a reason."""
    form, actor = HarmlessForm(), me()
    status = 422
    if form.validate():
        try:
            do_once(
                f"harmless {excursion_id}",
                form.uuid,
                lambda s: str(service.call_harmless(s, actor, excursion_id, form.reason.data).id),
            )
            flash(_("Decided: the goods took no harm."), "success")
            return redirect(url_for("excursions.show", excursion_id=excursion_id), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error)
            status = error.status
    return _page(excursion_id, form, AsideForm(formdata=None), None, status)


@bp.post("/<int:excursion_id>/quarantine")
@requires("zone_moves.write")
def quarantine(excursion_id: int) -> ResponseReturnValue:
    """The batches that were ticked go to quarantine."""
    form, actor, chosen = AsideForm(), me(), request.form.getlist("batches")[:500]
    status = 422
    if form.validate():
        try:
            do_once(
                f"quarantine {excursion_id}",
                form.uuid,
                lambda s: str(
                    service.put_aside(s, actor, excursion_id, chosen, form.note.data, form.uuid).id
                ),
            )
            flash(_("Decided: the goods are in quarantine."), "success")
            return redirect(url_for("excursions.show", excursion_id=excursion_id), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error)
            status = error.status
    return _page(excursion_id, HarmlessForm(formdata=None), form, chosen, status)


def _page(
    excursion_id: int, harmless: HarmlessForm, aside: AsideForm, chosen: list[str] | None, status: int
) -> ResponseReturnValue:
    excursion = service.get_excursion(session(), me(), excursion_id, "temperatures.see")
    site = view.site_of(excursion)
    stand_at(site)
    batches = exposed(session(), excursion, excursion.logger)
    html = render_template(
        "temperatures/excursion.html",
        excursion=excursion,
        site=site,
        limits=view.limits(excursion.logger),
        picture=view.around(excursion, excursion.logger, site),
        batches=batches,
        ticked={each.key for each in batches} if chosen is None else set(chosen),
        harmless=harmless,
        aside=aside,
        kinds=view.KINDS,
        outcomes=view.OUTCOMES,
        item_name=item_name,
        duration=_duration(excursion),
    )
    return html, status


def _duration(excursion: Excursion) -> dict[str, Any]:
    """How long it lasted, as far as anybody knows: whole hours and minutes."""
    minutes = round((excursion.ended_at - excursion.started_at).total_seconds() / 60)
    return {"hours": minutes // 60, "minutes": minutes % 60}
