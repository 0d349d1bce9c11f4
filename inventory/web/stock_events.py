"""What was done to the stock of one site, as a page of its own: what moved, who did it, and taking it back."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import session
from inventory.documents import Direction, Organisation, render_disposal_certificate
from inventory.errors import DomainError
from inventory.extensions import current_language, render
from inventory.models import StockEvent
from inventory.queries import disposals, documents, events
from inventory.queries.kitting import put_together_here
from inventory.services import stock_events
from inventory.web import labels
from inventory.web.forms import BaseForm, asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name, my_sites, stand_at, valid_number

bp = Blueprint("stock_events", __name__)


class UndoForm(BaseForm):
    """Why something is taken back."""

    reason = TextAreaField(_l("Why it is taken back"), [InputRequired(_l("Say why: it stays in the books."))])


def address(number: str) -> str:
    """Where the page of a document is, by its number."""
    kinds = {"CON-": "consumptions.show", "CNT-": "counts.show"}
    return url_for(kinds.get(number[:4], "stock_events.show"), number=number)


def event_page(
    number: str, kinds: set[str], undo_form: UndoForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a document whose kind is one of `kinds`; 404 for another's."""
    actor = me()
    found = documents.event(session(), actor, valid_number(number))
    if found.kind not in kinds:
        abort(404)
    stand_at(found.site)
    counted = documents.count_lines(session(), found) if found.kind == "count" else []
    lines = documents.event_lines(session(), found)
    page = render_template(
        "adjustments/show.html",
        event=found,
        kind=labels.EVENTS[found.kind],
        lines=lines,
        kit_lots=put_together_here(session(), [line.lot.id for line in lines]),
        counted=counted,
        reversal=events.reversal(session(), found),
        may_undo=found.posting_id is not None
        and found.reversed_by_id is None
        and actor.can("postings.reverse")
        and actor.sees_site(found.site_id),
        undo_form=undo_form or UndoForm(formdata=None),
        back=_back(found),
        words=labels,
        item_name=item_name,
    )
    return page, status


def _back(found: StockEvent) -> tuple[str, Any]:
    if found.kind == "consumption":
        return url_for("consumptions.index"), _("Dispensing")
    if found.kind == "count":
        return url_for("counts.index"), _("Counts")
    return url_for("stock_events.index"), _("Stock put right")


@bp.get("/stock-events")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """Adjustments, disposals and moves between zones, the newest first."""
    wanted = documents.DocumentFilter(site=asked("site"), q=asked("q"), kind=asked("kind"))
    page = documents.events_page(session(), me(), wanted, asked_number("page", 1), PAGE)
    return render_template(
        "adjustments/index.html",
        page=page,
        wanted=wanted,
        kinds=labels.EVENTS,
        sites=my_sites(partners=False),
        units=documents.units_in(session(), [each.posting_id for each in page.rows if each.posting_id]),
        address=address,
    )


@bp.get("/stock-events/<number>")
@requires("stock.see")
def show(number: str) -> ResponseReturnValue:
    """An adjustment, a disposal or a move between zones (any other document by its number too)."""
    return event_page(number, set(labels.EVENTS))


@bp.get("/stock-events/<number>/certificate.pdf")
@requires("stock.see")
def certificate(number: str) -> ResponseReturnValue:
    """The certificate of a disposal, in the language of `?lang=` or of the reader."""
    settings, language = current_app.config["RELAIS"], current_language()
    organisation = Organisation(settings.org_name, settings.org_address)
    data = disposals.certificate(session(), me(), valid_number(number), organisation, language.tag)
    direction: Direction = "rtl" if language.direction == "rtl" else "ltr"
    made = render_disposal_certificate(data, locale=language.tag, direction=direction, translate=render)
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{data.number}.pdf"'
    return answer


@bp.post("/stock-events/<number>/undo")
@requires("postings.reverse")
def undo(number: str) -> ResponseReturnValue:
    """Take it back by a posting that reverses it, for a reason."""
    form = UndoForm()
    if not form.validate():
        return event_page(number, set(labels.EVENTS), form, 422)

    def work(s: Session) -> str:
        stock_events.undo(s, me(), valid_number(number), form.reason.data)
        return number

    try:
        do_once(f"undo {number}", form.uuid, work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error)
        return event_page(number, set(labels.EVENTS), form, error.status)
    flash(_("%(number)s is taken back: the stock stands as it did before.", number=number), "success")
    return redirect(address(number), 303)
