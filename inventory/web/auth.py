"""Signing in and out, and one's own account."""

from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from inventory.access import public
from inventory.db import atomically
from inventory.db import session as database
from inventory.services import accounts, demo
from inventory.web.guard import Login

bp = Blueprint("auth", __name__)


class LoginForm(FlaskForm):
    """E-mail address and password."""

    email = StringField(
        lazy_gettext("E-mail address"),
        [InputRequired(lazy_gettext("Give your e-mail address.")), Length(max=254)],
    )
    password = PasswordField(
        lazy_gettext("Password"), [InputRequired(lazy_gettext("Give your password.")), Length(max=200)]
    )


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> ResponseReturnValue:
    """The sign-in form; after it, where one wanted to go."""
    if current_user.is_authenticated and request.method == "GET":
        return redirect(_next())
    form = LoginForm()
    status = 200
    if form.validate_on_submit():
        address = request.remote_addr or ""
        email, password = form.email.data or "", form.password.data or ""
        atomically(lambda s: accounts.refuse_hasty(s, email, address))
        user = atomically(lambda s: _signed_in(s, email, password, address))
        if user is not None:
            language = session.get("language")
            session.clear()
            if language:
                session["language"] = language
            session.permanent = True
            login_user(user)
            return redirect(_next(), 303)
        form.password.errors = [_("This e-mail address and this password do not belong together.")]
        status = 401
    elif request.method == "POST":
        status = 422
    return render_template("auth/login.html", form=form, demo_logins=_demo_logins(), shell=False), status


def _signed_in(current: Session, email: str, password: str, address: str) -> Login | None:
    user = accounts.log_in(current, email, password, address)
    return Login(user) if user is not None else None


def _next() -> str:
    """Where to go after signing in: a path of ours, never another host."""
    wanted = request.args.get("next") or ""
    parts = urlsplit(wanted)
    safe = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if safe else url_for("homes.home")


def _demo_logins() -> list[dict[str, str | None]]:
    """The accounts of the demonstration, where it is what this database holds."""
    return demo.logins() if demo.is_loaded(database()) else []


@bp.post("/logout")
@public
def logout() -> ResponseReturnValue:
    """End this session; the language stays."""
    language = session.get("language")
    logout_user()
    session.clear()
    g.pop("actor", None)
    if language:
        session["language"] = language
    return redirect(url_for("auth.login"), 303)
