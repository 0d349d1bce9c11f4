"""Closed unless marked open: who asks, whether they may, and what every answer of the pages bears."""

import secrets
from typing import Any

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from inventory.access import PUBLIC, Actor, permission_of
from inventory.db import session as database
from inventory.errors import Forbidden, msg
from inventory.extensions import actor, login_manager, remember_language
from inventory.models import User
from inventory.services.accounts import actor_of

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
WASM_POLICY = POLICY.replace("default-src 'self'", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
"""For pages whose scripts run WebAssembly: those that scan with the camera."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
OPEN_ENDPOINTS = frozenset({"static"})


class Login:
    """What Flask-Login keeps of an account: its id and the key that ends all its sessions when it changes."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user_id, self.session_key = user.id, user.session_key
        self.language, self.email = user.language, user.email
        self.actor = actor_of(user)
        self.site_codes = [site.code for site in user.sites]

    def get_id(self) -> str:
        """`account:session key`, what the session cookie bears."""
        return f"{self.user_id}:{self.session_key}"


@login_manager.user_loader
def _load(known: str) -> Login | None:
    user_id, _, key = known.partition(":")
    if not user_id.isdigit():
        return None
    user = (
        database()
        .scalars(select(User).where(User.id == int(user_id), User.active).options(selectinload(User.sites)))
        .one_or_none()
    )
    return Login(user) if user is not None and secrets.compare_digest(user.session_key, key) else None


def me() -> Actor:
    """Who asks; the guard has let in nobody else."""
    found = actor()
    assert found is not None
    return found


def install(app: Flask) -> None:
    """Put the guard before every page and the headers behind every answer."""
    app.before_request(_admit)
    app.after_request(_seal)


def _admit() -> ResponseReturnValue | None:
    if request.blueprint == "api" or request.path.startswith("/api/"):
        return None  # has a guard of its own
    remember_language()
    if request.endpoint is None or request.endpoint in OPEN_ENDPOINTS:
        _recognise()
        return None
    view: Any = _app_view(request.endpoint)
    permission = permission_of(view)
    _recognise()
    if permission == PUBLIC:
        return None
    if permission is None:
        raise Forbidden(msg("This page is closed."))
    who = actor()
    if who is None:
        if request.headers.get("HX-Request"):
            return Response(status=401, headers={"HX-Redirect": url_for("auth.login")})
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("auth.login", next=here))
    if not who.can(permission):
        raise Forbidden(msg("Your account may not do this. Ask a coordinator if you need it."))
    return None


def _app_view(endpoint: str) -> Any:
    from flask import current_app

    return current_app.view_functions[endpoint]


def _recognise() -> None:
    if current_user.is_authenticated:
        g.actor = current_user.actor
        g.account_language = current_user.language
        g.site_codes = current_user.site_codes


def _seal(response: Response) -> Response:
    if g.get("runs_wasm"):
        response.headers.setdefault("Content-Security-Policy", WASM_POLICY)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store" if actor() or session else "no-cache")
    return response
