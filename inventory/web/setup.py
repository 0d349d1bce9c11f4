"""The page behind the link that an empty installation prints: the first administrator."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from inventory.access import public
from inventory.db import atomically
from inventory.db import session as database
from inventory.errors import Invalid, NotFound, msg
from inventory.services import setup
from inventory.web.forms import BaseForm, Text, put_errors

bp = Blueprint("setup", __name__)


class FirstForm(BaseForm):
    """Who administers this installation."""

    name = Text(lazy_gettext("Your name"), [InputRequired(lazy_gettext("Give your name.")), Length(max=200)])
    email = Text(
        lazy_gettext("E-mail address"),
        [InputRequired(lazy_gettext("Give your e-mail address.")), Length(max=254)],
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(lazy_gettext("Give a new password."))],
        description=lazy_gettext("At least 8 characters; a few words are easy to remember."),
    )


@bp.route("/first", methods=["GET", "POST"])
@public
def first() -> ResponseReturnValue:
    """Make the first account; after it the link is dead."""
    secret, given = str(current_app.config["SECRET_KEY"]), request.args.get("token", "")
    if not setup.is_good(database(), secret, given):
        raise NotFound(msg("This link is no longer good. Start Relais again to get a new one, or sign in."))
    form, status = FirstForm(), 200
    if form.validate_on_submit():
        name, email, password = form.name.data or "", form.email.data or "", form.password.data or ""
        try:
            atomically(lambda s: setup.add_first(s, secret, given, name, email, password).id)
        except Invalid as error:
            put_errors(form, error)
            status = error.status
        else:
            flash(_("Your account is made. Sign in."), "success")
            return redirect(url_for("auth.login"), 303)
    elif request.method == "POST":
        status = 422
    return render_template("setup/first.html", form=form, shell=False), status
