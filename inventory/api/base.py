"""The blueprint of the API, who gets in, and how a view answers."""

from collections.abc import Callable
from typing import Any

import flask_smorest
from flask import Flask, Response, current_app, g, request
from marshmallow import Schema, ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from inventory import clock
from inventory.access import PUBLIC, Actor, permission_of, require
from inventory.api import idempotency, limits, problems, reading
from inventory.api.answering import encoded
from inventory.api.problems import KeyReused, Problem
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.extensions import actor
from inventory.services import accounts
from inventory.services.second_person import second_person

PREFIX = "/api/v1"


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's, with bodies read our way."""

    ARGUMENTS_PARSER = reading.Parser()


bp = Blueprint("api", __name__, url_prefix=PREFIX)


def me() -> Actor:
    """Who asks; the guard has let in nobody else."""
    found = actor()
    assert found is not None
    return found


def read() -> Session:
    """The session, for questions that change nothing."""
    return session()


def told(schema: Schema | type[Schema], found: Any, status: int = 200) -> Response:
    """`found` as the schema tells it."""
    return encoded(_instance(schema).dump(found), status)


def done(
    schema: Schema | type[Schema],
    work: Callable[[Session], Any],
    status: int = 200,
    *,
    witness: str | None = None,
) -> Response:
    """Do `work` whole or not at all, once for a key, and answer what it returns as the schema tells it.

    `witness` is the second person at what moves controlled medicines.
    """
    shape = _instance(schema)
    with second_person(witness):
        return idempotency.once(lambda current: encoded(shape.dump(work(current)), status))


def looked_up(schema: Schema | type[Schema], work: Callable[[Session], Any]) -> Response:
    """The answer to a POST that changes nothing: no transaction is opened unless there is a key to remember it by."""
    return told(schema, work(read())) if g.get("asked") is None else done(schema, work)


def gone(work: Callable[[Session], None]) -> Response:
    """Do `work`, after which there is nothing to tell: 204."""
    atomically(work)
    return Response(status=204)


def _instance(schema: Schema | type[Schema]) -> Schema:
    return schema if isinstance(schema, Schema) else schema()


def install(app: Flask) -> None:
    """Put the guard before everything under /api/."""
    app.before_request(_admit)


def _admit() -> Response | None:
    if not request.path.startswith("/api/"):
        return None
    if request.routing_exception is not None:
        code = getattr(request.routing_exception, "code", None)
        return problems.of_http(request.routing_exception) if code in (404, 405) else None
    try:
        return _let_in()
    except DomainError as error:
        return problems.of_domain(error)
    except HTTPException as error:
        return problems.of_http(error)


def _let_in() -> Response | None:
    permission = permission_of(current_app.view_functions[request.endpoint or ""])
    for value in (request.view_args or {}).values():
        if isinstance(value, str) and not value.isprintable():
            raise Problem(404)
    if permission == PUBLIC:
        reading.read_body()
        return None
    who = _who()
    if permission is None:
        raise Problem(403)
    require(who, permission)
    reading.read_body()
    return idempotency.before(who)


def _who() -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = None
    if scheme.lower() == "bearer" and token.strip():
        known = accounts.user_of_token(session(), token.strip())
    if known is None:
        raise Problem(401, headers={"WWW-Authenticate": 'Bearer realm="Relais"'})
    user, record = known
    g.actor = who = accounts.actor_of(user)
    if "Accept-Language" not in request.headers:
        g.account_language = user.language
    limits.count(record.id)
    last = record.last_used_at
    if last is None or clock.now() - last >= accounts.TOUCHED_EVERY:
        _touch(record.id)
    return who


def _touch(token_id: int) -> None:
    try:
        atomically(lambda current: accounts.touch_token(current, token_id))
    except OperationalError:  # a long import holds the database: the next call will tell
        current_app.logger.info("the use of an API token could not be noted")


@bp.errorhandler(KeyReused)
def _key_reused(error: KeyReused) -> Response:
    return problems.of_domain(error)


@bp.errorhandler(DomainError)
def _domain_error(error: DomainError) -> Response:
    return idempotency.remember(problems.of_domain(error))


@bp.errorhandler(ValidationError)
def _field_errors(error: ValidationError) -> Response:
    return idempotency.remember(problems.of_fields(error))


@bp.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Response:
    return problems.of_http(error)


@bp.errorhandler(Exception)
def _failure(error: Exception) -> Response:
    return problems.of_failure(error)
