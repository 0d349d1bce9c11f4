"""One holder of a recalled batch: whom to call there, who was told, what they answer."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.queries import recalls as reading
from inventory.queries.recalls import Line, recall_of
from inventory.services import recall_notices
from inventory.services.recall_notices import Answer
from inventory.web import hold_words, labels
from inventory.web.forms import BaseForm, Choice, Text, Whole, put_errors
from inventory.web.guard import me
from inventory.web.pages import Options, do_once, item_name
from inventory.web.reference_words import POSTINGS, said

bp = Blueprint("recall_holders", __name__)


class InformForm(BaseForm):
    """Who was told, and how."""

    person = Text(_l("Who was told"), [InputRequired(_l("Give the name."))], render_kw={"maxlength": 200})
    how = Choice(_l("How"), [InputRequired(_l("Choose one of the list."))])


class AnswerForm(BaseForm):
    """What was found, and what was done with it."""

    reply = Options(_l("What was done"), [InputRequired(_l("Choose one of the list."))])
    found = Whole(_l("How many were found"))
    person = Text(_l("Who says so"), render_kw={"maxlength": 200})
    note = TextAreaField(_l("Note"), render_kw={"maxlength": 2000})


@bp.get("/recalls/<int:recall_id>/holders/<int:notice_id>")
@requires("stock.see")
def show(recall_id: int, notice_id: int) -> ResponseReturnValue:
    """One holder: whom to call there, what was told, what was answered."""
    return _holder(recall_id, notice_id)


@bp.post("/recalls/<int:recall_id>/holders/<int:notice_id>/inform")
@requires("recalls.answer")
def inform(recall_id: int, notice_id: int) -> ResponseReturnValue:
    """Somebody there was told."""
    form = _inform_form()

    def work(s: Session) -> str:
        return str(recall_notices.inform(s, me(), notice_id, form.person.data, form.how.data).id)

    return _holder_done(recall_id, notice_id, form, f"inform {notice_id}", work, inform_form=form)


@bp.post("/recalls/<int:recall_id>/holders/<int:notice_id>/answer")
@requires("recalls.answer")
def answer(recall_id: int, notice_id: int) -> ResponseReturnValue:
    """What was found there and what was done."""
    form = _answer_form()
    command = Answer(form.reply.data or "", form.found.data, form.person.data, form.note.data)

    def work(s: Session) -> str:
        return str(recall_notices.answer(s, me(), notice_id, command).id)

    return _holder_done(recall_id, notice_id, form, f"answer {notice_id}", work, answer_form=form)


def _line(recall_id: int, notice_id: int) -> tuple[reading.Followed, Line]:
    found = recall_of(session(), min(recall_id, 2**62))
    followed = reading.followed(session(), me(), found)
    line = next((line for line in followed.lines if line.notice.id == notice_id), None)
    if line is None:
        abort(404)
    return followed, line


def _holder(
    recall_id: int,
    notice_id: int,
    inform_form: InformForm | None = None,
    answer_form: AnswerForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    followed, line = _line(recall_id, notice_id)
    page = render_template(
        "recalls/holder.html",
        recall=followed.recall,
        line=line,
        over=followed.recall.closed_at is not None or followed.recall.withdrawn_at is not None,
        inform_form=inform_form or _inform_form(blank=True),
        answer_form=answer_form or _answer_form(blank=True),
        words=hold_words,
        acts=lambda kind: said(POSTINGS, kind),
        modes=labels.MODES,
        item_name=item_name,
    )
    return page, status


def _inform_form(blank: bool = False) -> InformForm:
    form = InformForm(formdata=None) if blank else InformForm()
    form.how.choices = labels.choices(hold_words.WAYS, _l("Choose"))
    return form


def _answer_form(blank: bool = False) -> AnswerForm:
    form = AnswerForm(formdata=None) if blank else AnswerForm()
    form.reply.choices = [
        (word, hold_words.REPLIES[word][0]) for word in ("blocked", "returned", "nothing_left")
    ]
    return form


def _holder_done(
    recall_id: int,
    notice_id: int,
    form: BaseForm,
    purpose: str,
    work: Callable[[Session], str],
    *,
    inform_form: InformForm | None = None,
    answer_form: AnswerForm | None = None,
) -> ResponseReturnValue:
    _line(recall_id, notice_id)
    if not form.validate():
        return _holder(recall_id, notice_id, inform_form, answer_form, 422)
    try:
        do_once(purpose, form.uuid, work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error)
        return _holder(recall_id, notice_id, inform_form, answer_form, error.status)
    flash(_("Written down."), "success")
    return redirect(url_for("recalls.show", recall_id=recall_id), 303)
