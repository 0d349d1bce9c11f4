"""Requisitions: what a site asks for, sends for approval and waits for; what a coordinator decides."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, TextAreaField
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import session
from inventory.errors import Conflict, DomainError
from inventory.extensions import render
from inventory.models import Requisition
from inventory.queries import documents
from inventory.queries import requisitions as reading
from inventory.queries.suggestions import Claim, Rationed, rationing
from inventory.services import requisitions
from inventory.web import labels
from inventory.web.forms import (
    BaseForm,
    LineForm,
    Whole,
    asked,
    asked_number,
    put_errors,
)
from inventory.web.guard import me
from inventory.web.pages import (
    PAGE,
    do_once,
    item_name,
    my_sites,
    page_token,
    stand_at,
    valid_number,
)

bp = Blueprint("requisitions", __name__)


class ApprovedRow(LineForm):
    """How much of a line is approved."""

    approved = Whole(_l("Approved"))


class ApproveForm(BaseForm):
    """A quantity for each line, in the order of the requisition's lines."""

    lines = FieldList(FormField(ApprovedRow), label=_l("Lines"))


class RejectForm(BaseForm):
    """Why nothing of it is approved."""

    reason = TextAreaField(_l("Why it is rejected"), [InputRequired(_l("Say why: the site will read it."))])


@bp.get("/requisitions")
@requires("requisitions.see")
def index() -> ResponseReturnValue:
    """Requisitions of my sites and of those that they supply, the newest first."""
    wanted = documents.DocumentFilter(
        site=asked("site"), status=asked("status"), kind=asked("kind"), q=asked("q")
    )
    page = documents.requisitions_page(session(), me(), wanted, asked_number("page", 1), PAGE)
    sites = {each.site.code: each.site.name for each in page.rows}
    sites |= {site.code: site.name for site in my_sites(partners=False)}
    return render_template(
        "requisitions/index.html",
        page=page,
        wanted=wanted,
        sites=sorted(sites.items()),
        kinds=labels.REQUISITION_KINDS,
        states=labels.REQUISITION_STATES,
    )


# ---- one requisition --------------------------------------------------------------------------------------------


@bp.get("/requisitions/<number>")
@requires("requisitions.see")
def show(number: str) -> ResponseReturnValue:
    """A requisition: where it stands, its lines, what can be done now."""
    return _detail(number)


@bp.post("/requisitions/<number>/submit")
@requires("requisitions.write")
def submit(number: str) -> ResponseReturnValue:
    """Send a draft for approval."""
    return _act(
        number,
        lambda s: requisitions.submit(s, me(), number),
        _("%(number)s is sent for approval.", number=number),
    )


@bp.post("/requisitions/<number>/cancel")
@requires("requisitions.write")
def cancel(number: str) -> ResponseReturnValue:
    """Drop an open requisition."""
    return _act(
        number, lambda s: requisitions.cancel(s, me(), number), _("%(number)s is cancelled.", number=number)
    )


@bp.post("/requisitions/<number>/approve")
@requires("requisitions.approve")
def approve(number: str) -> ResponseReturnValue:
    """Approve as asked, or the quantities of the form."""
    form = ApproveForm()
    if "propose" in request.form:
        return _detail(number, proposed=True)
    if "as_asked" in request.form:
        done = _("%(number)s is approved as asked.", number=number)
        return _act(number, lambda s: requisitions.approve(s, me(), number), done)
    if not form.validate():
        return _detail(number, status=422, approve_form=form)

    def work(s: Session) -> object:
        lines = requisitions.get_requisition(s, me(), number).lines
        entries = form.lines.entries
        if len(entries) != len(lines):
            raise Conflict(requisitions.CHANGED)
        given = {line.item.code: entry.form.approved.data for line, entry in zip(lines, entries, strict=True)}
        return requisitions.approve(
            s, me(), number, {code: 0 if quantity is None else quantity for code, quantity in given.items()}
        )

    return _act(number, work, _("%(number)s is approved.", number=number), approve_form=form)


@bp.post("/requisitions/<number>/reject")
@requires("requisitions.approve")
def reject(number: str) -> ResponseReturnValue:
    """Refuse a requisition, for a reason."""
    form = RejectForm()
    reason = form.reason.data
    done = _("%(number)s is rejected. The site reads your reason.", number=number)
    return _act(number, lambda s: requisitions.reject(s, me(), number, reason), done, reject_form=form)


def _act(number: str, work: Any, done: str, **forms: Any) -> ResponseReturnValue:
    """Do something with a requisition and show it; where it cannot be done, show it as it stands and say why."""

    def once(s: Session) -> str:
        work(s)
        return number

    try:
        do_once(f"{request.path}", page_token(), once)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        general = render(error.message)
        for form in forms.values():
            put_errors(form, error)
        return _detail(
            number, status=error.status, error=general if not forms or error.status == 409 else None, **forms
        )
    flash(done, "success")
    return redirect(url_for("requisitions.show", number=number), 303)


def _detail(
    number: str,
    *,
    status: int = 200,
    error: str | None = None,
    approve_form: ApproveForm | None = None,
    reject_form: RejectForm | None = None,
    proposed: bool = False,
) -> ResponseReturnValue:
    actor = me()
    found = requisitions.get_requisition(session(), actor, valid_number(number))
    stand_at(found.site)
    deciding = found.status == "submitted" and actor.can("requisitions.approve")
    rationed = _rationed(found) if deciding else {}
    if deciding and approve_form is None:
        approve_form = ApproveForm(formdata=None)
        for line in found.lines:
            share = rationed.get(line.item_id) if proposed else None
            quantity = line.quantity if share is None else share[1].share.quantity
            approve_form.lines.append_entry({"approved": quantity})
    supply = reading.supply(session(), found)
    shipments = reading.shipments_of(session(), found)
    source = found.site.supplied_by
    page = render_template(
        "requisitions/show.html",
        requisition=found,
        people=reading.names(session(), {found.created_by_id, found.decided_by_id}),
        shipments=shipments,
        supply=supply,
        source=source,
        short=[line for line in found.lines if supply[line.item_id].free < line.quantity] if deciding else [],
        deciding=deciding,
        rationed=rationed,
        proposed=proposed,
        approve_form=approve_form,
        reject_form=reject_form or RejectForm(formdata=None),
        mine=actor.can("requisitions.write") and actor.sees_site(found.site_id),
        may_ship=found.status in ("approved", "in_shipment")
        and actor.can("shipments.write")
        and (source is None or actor.sees_site(source.id)),
        steps=_steps(found, shipments),
        error=error,
        token=uuid4(),
        item_name=item_name,
    )
    return page, status


def _rationed(found: Requisition) -> dict[int, tuple[Rationed, Claim]]:
    """item id -> what is proposed where all that is submitted asks the supplier for more than it can give."""
    source = found.site.supplied_by
    if source is None:
        return {}
    proposals = rationing(session(), source, [line.item_id for line in found.lines])
    return {
        each.item.id: (each, claim)
        for each in proposals
        for claim in each.claims
        if claim.requisition.id == found.id
    }


def _steps(found: Requisition, shipments: list[Any]) -> list[dict[str, Any]]:
    """How far it has come, in plain steps: what was done with its instant, what comes next."""
    order = ["draft", "submitted", "approved", "in_shipment", "fulfilled"]
    ended = {"rejected": _("Rejected"), "cancelled": _("Cancelled")}
    sent = min((each.dispatched_at for each in shipments if each.dispatched_at), default=None)
    came = max((each.received_at for each in shipments if each.received_at), default=None)
    titles = {
        "draft": (_("Written down"), found.created_at),
        "submitted": (_("Sent for approval"), found.submitted_at),
        "approved": (_("Approved"), found.decided_at),
        "in_shipment": (_("Sent off"), sent),
        "fulfilled": (_("Received"), came if found.status == "fulfilled" else None),
    }
    if found.status in ended:
        reached = [each for each in order[:2] if titles[each][1] is not None]
        steps = [{"title": titles[each][0], "when": titles[each][1], "state": "done"} for each in reached]
        end = {"title": ended[found.status], "when": found.decided_at, "state": "now", "glyph": "ban"}
        return [*steps, end | {"note": found.reason}]
    at = order.index(found.status)
    return [
        {
            "title": titles[each][0],
            "when": titles[each][1] if index <= at else None,
            "state": "now" if index == at else "done" if index < at else "next",
        }
        for index, each in enumerate(order)
    ]
