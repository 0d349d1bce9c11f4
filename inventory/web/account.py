"""One's own account: language, mails, password, API tokens."""

from babel.dates import get_day_names
from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
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
from inventory.extensions import current_language, spoken
from inventory.queries.accounts import tokens_of
from inventory.rules.mailing import Every, frequency
from inventory.services import accounts, digests
from inventory.web.forms import BaseForm, Choice, Text, put_errors
from inventory.web.guard import Login, me

bp = Blueprint("account", __name__, url_prefix="/account")

EVERY = {
    Every.IMMEDIATELY: lazy_gettext("At once, critical alerts only"),
    Every.DAILY: lazy_gettext("Once a day"),
    Every.WEEKLY: lazy_gettext("Once a week"),
    Every.NEVER: lazy_gettext("Never"),
}
LEAST = {
    "critical": lazy_gettext("Critical ones only"),
    "warning": lazy_gettext("Critical ones and warnings"),
    "info": lazy_gettext("All of them"),
}


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


class DigestForm(BaseForm):
    """Which mails to get."""

    every = Choice(lazy_gettext("How often"), [InputRequired()])
    least = Choice(lazy_gettext("Alerts"), [InputRequired()])
    weekday = Choice(
        lazy_gettext("Day of the week"),
        [InputRequired()],
        description=lazy_gettext("For a digest that comes once a week."),
    )

    def offer(self, role: str) -> None:
        """Fill the choices."""
        usual = EVERY[frequency(role, Every.BY_ROLE)]
        by_role = (Every.BY_ROLE.value, _("As usual for my role (%(usual)s)", usual=str(usual).lower()))
        self.every.choices = [by_role, *((word.value, str(text)) for word, text in EVERY.items())]
        self.least.choices = [(word, str(text)) for word, text in LEAST.items()]
        days = get_day_names("wide", locale=current_language().dates)
        self.weekday.choices = [(str(number), days[number].capitalize()) for number in range(7)]


Forms = tuple[LanguageForm, PasswordForm, TokenForm, DigestForm]


def _forms() -> Forms:
    language, password, token = LanguageForm(prefix="l"), PasswordForm(prefix="p"), TokenForm(prefix="t")
    language.language.choices = [("", _("As the browser")), *((each.tag, each.name) for each in spoken())]
    digest = DigestForm(prefix="d")
    digest.offer(me().role)
    return language, password, token, digest


def _page(forms: Forms, fresh: str | None = None) -> str:
    user = accounts.get_user(database(), me().user_id or 0)
    forms[0].language.data = user.language
    wish, digest = digests.wish_of(database(), user.id), forms[3]
    if digest.every.raw_data is None:  # what was typed is shown again, faults and all
        digest.every.data, digest.least.data = wish.every.value, wish.least
        digest.weekday.data = str(wish.weekday)
    return render_template(
        "account/show.html",
        user=user,
        forms_=forms,
        tokens=tokens_of(database(), user.id),
        fresh=fresh,
        has_server=current_app.config["RELAIS"].smtp_url is not None,
    )


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


@bp.post("/digest")
@requires("alerts.see")
def set_digest() -> ResponseReturnValue:
    """Choose how often the digest comes, and with what in it."""
    forms, who = _forms(), me()
    form = forms[3]
    if not form.validate_on_submit():
        return _page(forms), 422
    every, least, weekday = form.every.data or "", form.least.data or "", int(form.weekday.data or 0)
    try:
        atomically(lambda s: digests.choose(s, who, every, least, weekday))
    except DomainError as error:
        put_errors(form, error)
        return _page(forms), error.status
    flash(_("Your choice of mails is kept."), "success")
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
