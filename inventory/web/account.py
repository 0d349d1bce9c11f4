"""One's own account: language, password, API tokens."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import login_user
from sqlalchemy.orm import Session
from wtforms import PasswordField
from wtforms.validators import InputRequired

from inventory.access import Actor, requires
from inventory.db import atomically
from inventory.db import session as database
from inventory.errors import DomainError
from inventory.extensions import spoken
from inventory.queries.accounts import tokens_of
from inventory.services import accounts
from inventory.web.forms import BaseForm, Choice, Text, put_errors
from inventory.web.guard import Login, me

bp = Blueprint("account", __name__, url_prefix="/account")


class LanguageForm(BaseForm):
    """The language of pages and papers."""

    language = Choice(lazy_gettext("Language"))


class PasswordForm(BaseForm):
    """A new password, for whoever knows the old one."""

    old = PasswordField(
        lazy_gettext("Present password"), [InputRequired(lazy_gettext("Give your password."))]
    )
    new = PasswordField(
        lazy_gettext("New password"),
        [InputRequired(lazy_gettext("Give a new password."))],
        description=lazy_gettext("At least 8 characters; a few words are easy to remember."),
    )


class TokenForm(BaseForm):
    """A token for another program."""

    label = Text(lazy_gettext("What it is for"))


def _forms() -> tuple[LanguageForm, PasswordForm, TokenForm]:
    language, password, token = LanguageForm(prefix="l"), PasswordForm(prefix="p"), TokenForm(prefix="t")
    language.language.choices = [("", _("As the browser")), *((each.tag, each.name) for each in spoken())]
    return language, password, token


def _page(forms: tuple[LanguageForm, PasswordForm, TokenForm], fresh: str | None = None) -> str:
    user = accounts.get_user(database(), me().user_id or 0)
    forms[0].language.data = user.language
    known = tokens_of(database(), user.id)
    return render_template("account/show.html", user=user, forms_=forms, tokens=known, fresh=fresh)


@bp.get("")
@requires("account.own")
def show() -> ResponseReturnValue:
    """The account of whoever asks."""
    return _page(_forms())


@bp.post("/language")
@requires("account.own")
def set_language() -> ResponseReturnValue:
    """Choose the language for every visit to come."""
    forms = _forms()
    if not forms[0].validate_on_submit():
        return _page(forms), 422
    chosen, who = forms[0].language.data, me()
    atomically(lambda s: accounts.set_language(s, who, chosen))
    session.pop("language", None)
    return redirect(url_for("account.show"), 303)


@bp.post("/password")
@requires("account.own")
def set_password() -> ResponseReturnValue:
    """Change the password; other sessions end, this one goes on."""
    forms = _forms()
    form, who = forms[1], me()
    if not form.validate_on_submit():
        return _page(forms), 422
    old, new = form.old.data or "", form.new.data or ""

    def change(s: Session) -> Login:
        user = accounts.get_user(s, who.user_id or 0)
        accounts.set_password(s, user, old, new)
        return Login(user)

    try:
        login_user(atomically(change))
    except DomainError as error:
        put_errors(form, error)
        return _page(forms), error.status
    flash(_("Your password is changed."), "success")
    return redirect(url_for("account.show"), 303)


@bp.post("/tokens")
@requires("tokens.own")
def add_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    forms = _forms()
    if not forms[2].validate_on_submit():
        return _page(forms), 422
    label, who = forms[2].label.data, me()
    fresh = atomically(lambda s: _token(s, who, label))
    return _page(_forms(), fresh)


def _token(database: Session, who: Actor, label: str | None) -> str:
    return accounts.make_token(database, accounts.get_user(database, who.user_id or 0), label)


@bp.post("/tokens/<int:token_id>/revoke")
@requires("tokens.own")
def revoke(token_id: int) -> ResponseReturnValue:
    """End one of one's own tokens."""
    user_id = me().user_id or 0
    atomically(lambda s: accounts.revoke_token(s, user_id, token_id))
    flash(_("The token no longer works."), "success")
    return redirect(url_for("account.show"), 303)
