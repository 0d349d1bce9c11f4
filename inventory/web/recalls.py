"""Recalls: a batch that may not be used any more, everyone who ever had it, and what comes back. Drills of one too."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from config import mail_host
from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render, render_in
from inventory.models import Recall
from inventory.queries import documents
from inventory.queries import recalls as reading
from inventory.queries.recalls import Line, recall_of
from inventory.services import recall_mails, recall_notices, recall_withdrawal, recalls
from inventory.web import hold_words, labels
from inventory.web.downloads import download
from inventory.web.forms import (
    BaseForm,
    ItemSearch,
    Text,
    asked,
    asked_number,
    name_items,
    put_errors,
    refused,
)
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name, page_token
from inventory.web.reference_words import POSTINGS, said

bp = Blueprint("recalls", __name__)


class RecallForm(BaseForm):
    """Which batches, and why; or a drill."""

    item = ItemSearch(_l("Item"), [InputRequired(_l("Say which item."))])
    lot = Text(_l("Lot"))
    lots = TextAreaField(
        _l("More lots"),
        description=_l("One number on each line. Those that nobody knows are blocked when they come."),
        render_kw={"dir": "ltr"},
    )
    manufacturer = Text(
        _l("All lots made by"), description=_l("Every lot of this item by this manufacturer.")
    )
    reason = TextAreaField(
        _l("Why"),
        [InputRequired(_l("Say why: everyone who holds it reads this."))],
        description=_l("What is wrong and what to do with the goods."),
    )
    source = Text(_l("Ordered by"), description=_l("The manufacturer or authority, and its reference."))
    drill = BooleanField(
        _l("This is a drill"),
        description=_l("Nothing is blocked. Everybody is asked, and the time it takes is measured."),
    )

    def numbers(self) -> list[str]:
        """The lot numbers that were given, one by one or by their maker."""
        typed = [self.lot.data or "", *(self.lots.data or "").splitlines()]
        made = (
            recalls.lots_made_by(session(), self.item.data or "", self.manufacturer.data)
            if self.manufacturer.data
            else []
        )
        return [*typed, *made]


class ReasonForm(BaseForm):
    """Why a recall is closed, or taken back."""

    reason = TextAreaField(_l("Why"), render_kw={"maxlength": 2000})


@bp.get("/recalls")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """Every recall, the newest first; or the drills."""
    drill = asked("kind") == "drill"
    page = documents.recalls_page(session(), asked_number("page", 1), PAGE, drill=drill)
    progress = reading.progress_of(session(), page.rows)
    return render_template(
        "recalls/index.html", page=page, drill=drill, progress=progress, spell=spell, item_name=item_name
    )


@bp.route("/recalls/new", methods=["GET", "POST"])
@requires("recalls.write")
def new() -> ResponseReturnValue:
    """Block batches everywhere at once, or begin a drill."""
    form = RecallForm()

    def show() -> str:
        return render_template("recalls/form.html", form=form)

    if request.method == "GET":
        form.item.data, form.lot.data = asked("item"), asked("lot")
        form.drill.data = asked("kind") == "drill"
        name_items([form.item])
        return show()
    name_items([form.item])
    if not form.validate():
        return show(), 422
    numbers = form.numbers()

    def work(s: Session) -> str:
        item, drill = form.item.data or "", bool(form.drill.data)
        made = recalls.recall_lots(
            s, me(), item, numbers, form.reason.data, source=form.source.data, drill=drill
        )
        for each in made:
            recall_mails.write(s, writer(), me(), each)
        return str(made[0].id) if len(made) == 1 else ""

    try:
        made = do_once("recall", form.uuid, work)
    except DomainError as error:
        return refused(form, error, show)
    if form.drill.data:
        flash(_("The drill has begun: the clock runs. Nothing is blocked."), "success")
    else:
        flash(_("The lot is blocked everywhere: it can no longer be issued or sent."), "success")
    if not made:
        return redirect(url_for("recalls.index", kind="drill" if form.drill.data else None), 303)
    return redirect(url_for("recalls.show", recall_id=int(made)), 303)


@bp.get("/recalls/<int:recall_id>")
@requires("stock.see")
def show(recall_id: int) -> ResponseReturnValue:
    """A recall, who holds the batch, and how far it has come."""
    return _page(recall_id)


@bp.get("/recalls/<int:recall_id>/report.csv")
@requires("stock.see")
def report(recall_id: int) -> ResponseReturnValue:
    """The same as a table: of a drill, what the auditor asks for."""
    found = recall_of(session(), min(recall_id, 2**62))
    followed = reading.followed(session(), me(), found)
    header = (
        "drill", "item", "lot", "started_at", "holder", "kind", "quantity", "dispensed", "reply", "found", "person",
        "informed_at", "informed_by", "informed_how", "answered_at", "answered_by", "minutes", "quarantined",
        "returned", "destroyed", "note",
    )  # fmt: skip
    rows = [_row(found, line) for line in followed.lines]
    return download("csv", f"recall-{found.id}", header, rows, _("Recall"))


@bp.post("/recalls/<int:recall_id>/set-aside")
@requires("zone_moves.write")
def set_aside(recall_id: int) -> ResponseReturnValue:
    """Put all of it into quarantine at my sites."""
    packed: list[int] = []

    def work(s: Session) -> str:
        done = recall_notices.set_aside(s, me(), recall_id)
        packed.append(done.packed)
        return str(done.quantity)

    def say(quantity: str) -> str:
        told = ngettext("%(num)s unit set aside.", "%(num)s units set aside.", int(quantity))
        if packed and packed[-1]:
            told += " " + _("%(many)s more are packed: unpack them, then set aside again.", many=packed[-1])
        return str(told)

    return _button(recall_id, "set aside", work, say)


@bp.post("/recalls/<int:recall_id>/remind")
@requires("recalls.write")
def remind(recall_id: int) -> ResponseReturnValue:
    """Write again to those who have not answered."""

    def say(many: str) -> str:
        return str(ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", int(many)))

    return _button(recall_id, "remind", lambda s: str(recall_mails.remind(s, writer(), me(), recall_id)), say)


@bp.post("/recalls/<int:recall_id>/look-again")
@requires("recalls.write")
def look_again(recall_id: int) -> ResponseReturnValue:
    """Tell those to whom some of it came since."""

    def work(s: Session) -> str:
        found = recall_notices.renew(s, me(), recall_id)
        return str(recall_mails.write(s, writer(), me(), found))

    return _button(
        recall_id, "look again", work, lambda _many: str(_("Everyone who holds it now is on the list."))
    )


@bp.post("/recalls/<int:recall_id>/close")
@requires("recalls.write")
def close(recall_id: int) -> ResponseReturnValue:
    """End it."""
    return _with_reason(
        recall_id, "close", lambda s, why: recall_notices.close(s, me(), recall_id, why), _("It is closed.")
    )


@bp.post("/recalls/<int:recall_id>/withdraw")
@requires("recalls.write")
def withdraw(recall_id: int) -> ResponseReturnValue:
    """Ask that a recall made in error is taken back."""
    return _with_reason(
        recall_id,
        "withdraw",
        lambda s, why: recall_withdrawal.ask(s, me(), recall_id, why),
        _("Asked for: another person agrees or not. Until then it blocks."),
    )


@bp.post("/recalls/<int:recall_id>/withdrawal")
@requires("recalls.write")
def decide_withdrawal(recall_id: int) -> ResponseReturnValue:
    """Agree that a recall is taken back, or keep it."""
    agreed = request.form.get("verdict") == "agree"
    work = recall_withdrawal.agree if agreed else recall_withdrawal.keep
    told = _("The recall is withdrawn: its lots may be used again.") if agreed else _("The recall stays.")
    return _button(
        recall_id, "withdrawal", lambda s: str(work(s, me(), recall_id).id), lambda _done: str(told)
    )


def writer() -> recall_mails.Writer:
    """How mails of this request are worded and where their links lead."""
    known = current_app.config["RELAIS"]
    return recall_mails.Writer(render_in, known.base_url, mail_host(known.base_url), known.org_name)


def spell(time: timedelta | None) -> str:
    """A span of time in words: `3 h 12 min`."""
    if time is None:
        return "–"
    minutes = max(0, int(time.total_seconds())) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return str(_("%(days)s d %(hours)s h", days=days, hours=hours))
    if hours:
        return str(_("%(hours)s h %(minutes)s min", hours=hours, minutes=rest))
    return str(_("%(num)s min", num=rest))


def _row(found: Recall, line: Line) -> list[object]:
    notice, back = line.notice, line.back
    answered = notice.answered_at
    return [
        "yes" if found.drill else "no", found.item.code, found.lot_number, found.created_at,
        notice.site.code if notice.site else notice.shipment.number if notice.shipment else "",
        "site" if notice.site else "shipment", notice.quantity, notice.dispensed, notice.reply, notice.found,
        notice.person, notice.informed_at, notice.informed_by, notice.informed_how, answered, notice.answered_by,
        int((answered - found.created_at).total_seconds()) // 60 if answered else None,
        back.quarantined, back.returned, back.destroyed, notice.note,
    ]  # fmt: skip


def _page(recall_id: int, form: ReasonForm | None = None, status: int = 200) -> ResponseReturnValue:
    actor = me()
    found = recall_of(session(), min(recall_id, 2**62))
    page = render_template(
        "recalls/show.html",
        recall=found,
        followed=reading.followed(session(), actor, found),
        over=found.closed_at is not None or found.withdrawn_at is not None,
        own_withdrawal=recall_withdrawal.same_person(actor, found),
        form=form or ReasonForm(formdata=None),
        token=page_token(),
        running=clock.now() - found.created_at,
        spell=spell,
        words=hold_words,
        acts=lambda kind: said(POSTINGS, kind),
        modes=labels.MODES,
        item_name=item_name,
    )
    return page, status


def _button(
    recall_id: int, purpose: str, work: Callable[[Session], str], say: Callable[[str], str]
) -> ResponseReturnValue:
    """Do what a button says, once; what cannot be done is told on the page."""
    try:
        flash(say(do_once(f"{purpose} recall {recall_id}", page_token(), work)), "success")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(
            " ".join(render(text) for text in (error.message, *(each.message for each in error.errors))),
            "error",
        )
    return redirect(url_for("recalls.show", recall_id=recall_id), 303)


def _with_reason(
    recall_id: int, purpose: str, work: Callable[[Session, str | None], Recall], told: str
) -> ResponseReturnValue:
    form = ReasonForm()
    try:
        do_once(f"{purpose} recall {recall_id}", form.uuid, lambda s: str(work(s, form.reason.data).id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error)
        return _page(recall_id, form, error.status)
    flash(told, "success")
    return redirect(url_for("recalls.show", recall_id=recall_id), 303)
