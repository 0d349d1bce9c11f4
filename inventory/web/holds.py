"""Goods that wait in quarantine or were refused: the list of work, one hold, what is proposed and decided about it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError, Message
from inventory.extensions import render
from inventory.models import Hold
from inventory.queries import holds as reading
from inventory.rules import holding
from inventory.services import hold_decisions as service
from inventory.services.hold_decisions import Decision, Proposal
from inventory.web import hold_words, labels
from inventory.web.forms import BaseForm, Choice, Text, Whole, asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import (
    PAGE,
    Options,
    do_once,
    item_name,
    my_sites,
    page_token,
    stand_at,
    valid_number,
)
from inventory.web.reference_words import PLACES, said
from inventory.web.stock_events import address

bp = Blueprint("holds", __name__, url_prefix="/holds")


class ProposalForm(BaseForm):
    """What is to become of the goods, and why."""

    outcome = Options(_l("What is to become of it"), [InputRequired(_l("Choose one of the list."))])
    quantity = Whole(_l("Quantity"), description=_l("The rest stays here and waits for another proposal."))
    reason = TextAreaField(
        _l("Why"), [InputRequired(_l("Say why: who decides reads this."))], render_kw={"maxlength": 2000}
    )


class DecisionForm(BaseForm):
    """Whether a second person agrees; how the goods are disposed of, where they are."""

    method = Choice(_l("How it is destroyed"), choices=[])
    place = Text(_l("Where"), render_kw={"maxlength": 200})
    witness = Text(
        _l("Witness"),
        description=_l("Who watched. Left empty: the person who proposed it."),
        render_kw={"maxlength": 200},
    )
    authority = Text(
        _l("Authority"),
        description=_l("The office that allowed it or was there."),
        render_kw={"maxlength": 200},
    )
    certificate = Text(_l("Certificate"), render_kw={"maxlength": 200})
    reason = TextAreaField(
        _l("Why not"), description=_l("Only where you send it back."), render_kw={"maxlength": 2000}
    )


@bp.get("")
@requires("holds.see")
def index() -> ResponseReturnValue:
    """What waits at my sites, the longest first."""
    wanted = reading.HoldFilter(
        site=asked("site"),
        status=_state(asked("status")),
        cause=asked("cause"),
        item=asked("item"),
        days=asked_number("days", 0) or None,
        q=asked("q"),
    )
    actor = me()
    return render_template(
        "holds/index.html",
        page=reading.holds_page(session(), actor, wanted, asked_number("page", 1), PAGE),
        counts=reading.counts(session(), actor, wanted),
        causes=reading.causes(session(), actor),
        unexplained=reading.unexplained(session(), actor, wanted.site) if wanted.status == "open" else [],
        wanted=wanted,
        sites=my_sites(partners=False),
        now=clock.now(),
        today=clock.today(),
        new_token=uuid4,
        words=hold_words,
        zones=labels.ZONES,
        item_name=item_name,
    )


def _state(word: str | None) -> str | None:
    """The state that is asked for; None for all, what is open where nothing is asked."""
    if word == "all":
        return None
    return word if word in reading.STATES else "open"


@bp.get("/<number>")
@requires("holds.see")
def show(number: str) -> ResponseReturnValue:
    """One hold: why, since when, what is proposed, what was decided."""
    return _page(number)


@bp.post("/<number>/propose")
@requires("holds.propose")
def propose(number: str) -> ResponseReturnValue:
    """Say what is to become of it."""
    form = ProposalForm()
    form.outcome.choices = list(hold_words.OUTCOMES.items())
    done = _("Proposed: another person decides now.")
    command = Proposal(form.outcome.data or "", form.reason.data, form.quantity.data)
    return _do(
        number, form, "propose", lambda s: service.propose(s, me(), number, command), done, proposal=form
    )


@bp.post("/<number>/decide")
@requires("holds.decide")
def decide(number: str) -> ResponseReturnValue:
    """Confirm it, which is done at once, or send it back."""
    form = _decision_form()
    confirm = request.form.get("verdict") == "confirm"
    told = {name: form[name].data for name in ("method", "place", "witness", "authority", "certificate")}
    command = Decision(confirm, form.reason.data, **told)
    done = _("Decided and done: it stands in the books.") if confirm else _("Sent back with your reason.")
    return _do(
        number, form, "decide", lambda s: service.decide(s, me(), number, command), done, decision=form
    )


@bp.post("/explain")
@requires("holds.propose")
def explain() -> ResponseReturnValue:
    """Give a reason to goods that stand in quarantine without one."""
    given = {
        name: request.form.get(name, "").strip()[:2000] for name in ("site", "item", "lot", "zone", "reason")
    }

    def work(s: Session) -> str:
        found = service.explain(
            s, me(), given["site"], given["item"], given["lot"], given["zone"], given["reason"]
        )
        return found[0].number

    try:
        number = do_once("explain hold", page_token(), work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        texts = [error.message, *(each.message for each in error.errors)]
        flash(" ".join(render(text) for text in texts[-1:]), "error")
        return redirect(url_for("holds.index", site=given["site"] or None), 303)
    flash(_("Written down: %(number)s.", number=number), "success")
    return redirect(url_for("holds.show", number=number), 303)


def _decision_form() -> DecisionForm:
    form = DecisionForm()
    destroying = {word: text for word, text in labels.METHODS.items() if word != "return"}
    form.method.choices = labels.choices(destroying, _l("Choose"))
    form.method.flags.required = True  # where it is shown; the service judges
    return form


def _do(
    number: str, form: BaseForm, purpose: str, work: Callable[[Session], Hold], done: str, **forms: Any
) -> ResponseReturnValue:
    """Do it once and show the hold; where it cannot be done, the page with what was typed."""
    if not form.validate():
        return _page(number, status=422, **forms)
    try:
        do_once(f"{purpose} {valid_number(number)}", form.uuid, lambda s: work(s).number)
    except DomainError as error:
        if error.status == 404:
            raise
        put_errors(form, error)
        return _page(number, status=error.status, **forms)
    flash(done, "success")
    return redirect(url_for("holds.show", number=number), 303)


def _page(
    number: str,
    *,
    proposal: ProposalForm | None = None,
    decision: DecisionForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    actor = me()
    hold = service.get_hold(session(), actor, valid_number(number))
    stand_at(hold.site)
    proposal = proposal or ProposalForm(formdata=None, quantity=hold.quantity)
    possible = service.possible(hold)
    proposal.outcome.choices = [(word, hold_words.OUTCOMES[word]) for word in possible]
    page = render_template(
        "holds/show.html",
        hold=hold,
        detail=_detail(hold),
        story=reading.story(session(), hold),
        proposal=proposal,
        decision=decision or _blank_decision(),
        barred=_barred(hold),
        conditions=holding.conditions(hold.cause) if "accept" in possible else None,
        may_propose=hold.status != "decided" and actor.can("holds.propose"),
        may_decide=hold.status == "proposed" and actor.can("holds.decide"),
        own=hold.status == "proposed" and service.same_person(actor, hold),
        today=clock.today(hold.site.timezone),
        address=address,
        place=lambda kind: said(PLACES, kind),
        words=hold_words,
        zones=labels.ZONES,
        methods=labels.METHODS,
        item_name=item_name,
    )
    return page, status


def _blank_decision() -> DecisionForm:
    form = DecisionForm(formdata=None)
    form.method.choices = _decision_form().method.choices
    form.method.flags.required = True
    return form


def _detail(hold: Hold) -> list[tuple[str, list[Message]]]:
    """(rule in words, what is to be told of it), the worst first."""
    told = hold.detail or {}
    found = [
        (hold_words.cause_words(each["rule"]), [Message.from_json(text) for text in each["detail"]])
        for each in told.get("findings") or []
    ]
    if not found and told.get("text"):
        found = [(hold_words.cause_words(hold.cause), [Message.from_json(told)])]
    return found


def _barred(hold: Hold) -> Message | None:
    """Why the goods cannot be released, where they cannot."""
    return service.objection(hold, "release") if hold.status != "decided" else None
