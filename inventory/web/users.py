"""Accounts, for administrators: made, changed, closed; their API tokens."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.models import User
from inventory.queries import catalogue
from inventory.queries.accounts import tokens_of, users_page
from inventory.services import accounts
from inventory.web.forms import asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import PAGE
from inventory.web.reference_words import ROLES, said
from inventory.web.user_forms import ROLE_HINTS, TokenForm, UserFilters, UserForm

bp = Blueprint("users", __name__, url_prefix="/users")


@bp.get("")
@requires("users.manage")
def index() -> ResponseReturnValue:
    """Accounts by name."""
    filters = UserFilters(request.args)
    filters.offer()
    q, role = asked("q"), asked("role")
    page = users_page(session(), asked_number("page", 1), PAGE, q, role)
    return render_template(
        "users/index.html", page=page, filters=filters, q=q, role=role, said=said, roles=ROLES
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("users.manage")
def new() -> ResponseReturnValue:
    """A new account."""
    form = _offered(UserForm())
    if request.method == "GET":
        return _form(form, None)
    if not form.password.data:
        form.password.process_errors = [_("Give a password for the first time.")]
    if not form.validate():
        return _form(form, None, 422)
    command = form.command()
    try:
        user_id = atomically(lambda s: accounts.add_user(s, me(), command).id)
    except DomainError as error:
        put_errors(form, error)
        return _form(form, None, error.status)
    flash(_("%(name)s may sign in now.", name=command.name), "success")
    return redirect(url_for("users.show", user_id=user_id), 303)


@bp.get("/<int:user_id>")
@requires("users.manage")
def show(user_id: int) -> ResponseReturnValue:
    """An account and its tokens."""
    return _page(user_id, TokenForm())


@bp.route("/<int:user_id>/edit", methods=["GET", "POST"])
@requires("users.manage")
def edit(user_id: int) -> ResponseReturnValue:
    """Change an account, give it a new password, or close it."""
    user = accounts.get_user(session(), user_id)
    form = _offered(UserForm(data=UserForm.of(user)))
    if request.method == "GET":
        return _form(form, user)
    email, own = user.email, user.id == me().user_id
    form.email.data, form.email.raw_data = email, [email]
    if not form.validate():
        return _form(form, user, 422)
    command, active = form.command(email), bool(form.active.data)
    try:
        atomically(lambda s: accounts.change_user(s, me(), user_id, command, active=active).id)
    except DomainError as error:
        put_errors(form, error)
        return _form(form, accounts.get_user(session(), user_id), error.status)
    flash(_("%(name)s is changed.", name=command.name), "success")
    if own and command.password:
        return redirect(url_for("auth.login"), 303)
    return redirect(url_for("users.show", user_id=user_id), 303)


@bp.post("/<int:user_id>/tokens")
@requires("users.manage")
def add_token(user_id: int) -> ResponseReturnValue:
    """Make a token for an account and show it, this once."""
    form = TokenForm()
    if not form.validate():
        return _page(user_id, form, status=422)
    label = form.label.data

    def make(database: Session) -> str:
        return accounts.make_token(database, accounts.get_user(database, user_id), label)

    fresh = atomically(make)
    return _page(user_id, TokenForm(formdata=None), fresh)


@bp.post("/<int:user_id>/tokens/<int:token_id>/revoke")
@requires("users.manage")
def revoke_token(user_id: int, token_id: int) -> ResponseReturnValue:
    """End a token."""
    atomically(lambda s: accounts.revoke_token(s, user_id, token_id))
    flash(_("The token no longer works."), "success")
    return redirect(url_for("users.show", user_id=user_id), 303)


def _offered(form: UserForm) -> UserForm:
    form.offer(catalogue.all_sites(session()), catalogue.all_donors(session()))
    return form


def _form(form: UserForm, user: User | None, status: int = 200) -> ResponseReturnValue:
    hints = [(said(ROLES, role), hint) for role, hint in ROLE_HINTS.items()]
    return render_template("users/form.html", form=form, user=user, hints=hints), status


def _page(user_id: int, form: TokenForm, fresh: str | None = None, status: int = 200) -> ResponseReturnValue:
    user = accounts.get_user(session(), user_id)
    tokens = tokens_of(session(), user_id)
    page = render_template(
        "users/show.html", user=user, tokens=tokens, form=form, fresh=fresh, said=said, roles=ROLES
    )
    return page, status
