"""Mail: the address in a digest that ends it, and the outbox for administrators."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session

from inventory.access import public, requires
from inventory.db import atomically, session
from inventory.extensions import csrf
from inventory.models import User
from inventory.queries.mails import STATES, mails_page, state_of_outbox
from inventory.rules.mailing import CLOSED, SUPERSEDED, UNSUBSCRIBED, Every
from inventory.services import digests, outbox
from inventory.web.forms import asked, asked_number
from inventory.web.guard import me
from inventory.web.pages import PAGE

bp = Blueprint("mail", __name__, url_prefix="/mail")

REASONS = {
    SUPERSEDED: _l("A newer digest took its place."),
    UNSUBSCRIBED: _l("The reader wants no more of these mails."),
    CLOSED: _l("The account is closed."),
}


@bp.get("")
@requires("mail.manage")
def index() -> ResponseReturnValue:
    """What waits, what failed and why, what was sent. Nobody's mail can be read here."""
    asked_for = asked("state")
    state = asked_for if asked_for in STATES else "waiting"
    return render_template(
        "outbox/index.html",
        outbox=state_of_outbox(session()),
        page=mails_page(session(), state, asked_number("page", 1), PAGE),
        state=state,
        reasons=REASONS,
        has_server=current_app.config["RELAIS"].smtp_url is not None,
    )


@bp.post("/again")
@requires("mail.manage")
def again_all() -> ResponseReturnValue:
    """Try everything again that failed."""
    return _again(None)


@bp.post("/<int:mail_id>/again")
@requires("mail.manage")
def again(mail_id: int) -> ResponseReturnValue:
    """Try one mail again."""
    return _again(min(mail_id, 2**62))


def _again(mail_id: int | None) -> ResponseReturnValue:
    who = me()
    many = atomically(lambda s: outbox.again(s, who, mail_id))
    flash(
        ngettext("%(num)s mail will be tried again.", "%(num)s mails will be tried again.", many), "success"
    )
    return redirect(url_for("mail.index"), 303)


@bp.get("/unsubscribe/<key>")
@public
def unsubscribe(key: str) -> ResponseReturnValue:
    """Ask whether the mails are to end. Programs that follow links in mails must change nothing by it."""
    preference = digests.of_key(session(), key)
    _speak_to(preference.account_id)
    return render_template("outbox/unsubscribe.html", shell=False, ended=preference.every == Every.NEVER)


@bp.post("/unsubscribe/<key>")
@public
@csrf.exempt
def stop(key: str) -> ResponseReturnValue:
    """End the mails, or have them come again.

    Mail programs send this by themselves when one presses their button (RFC 8058): without cookies or token. The
    secret in the address is what lets one in.
    """
    wanted = Every.NEVER
    if request.form.get("every") in list(Every):
        wanted = Every(request.form["every"])

    def change(s: Session) -> tuple[int, Every]:
        return digests.of_key(s, key).account_id, digests.choose_by_key(s, key, wanted)

    account_id, before = atomically(change)
    _speak_to(account_id)
    ended = wanted is Every.NEVER
    return render_template(
        "outbox/unsubscribe.html", shell=False, ended=ended, done=True, before=before if ended else wanted
    )


def _speak_to(account_id: int) -> None:
    """Whoever follows a link from a mail is spoken to in the language of the mail."""
    user = session().get(User, account_id)
    if user is not None and not g.get("account_language"):
        g.account_language = user.language
