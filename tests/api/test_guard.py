"""Who gets in: tokens, roles, and that no endpoint was forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import PERMISSIONS, PUBLIC, Role, permission_of
from inventory.models import ApiToken
from tests.api.conftest import good, problem


def endpoints(app):
    """(method, path with something in its places, permission) of every endpoint under /api/."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            permission = permission_of(app.view_functions[rule.endpoint])
            path = rule.rule.removeprefix("/api/v1")
            for name in rule.arguments:
                path = path.replace(f"<{name}>", "X")
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield method, path, permission


def test_every_endpoint_is_marked(app):
    """Closed unless marked: a view without a permission would answer 403 to everybody."""
    unmarked = [(method, path) for method, path, permission in endpoints(app) if permission is None]
    assert not unmarked
    public = {path for _, path, permission in endpoints(app) if permission == PUBLIC}
    assert public == {"/openapi.json", "/tracking/X"}


def test_without_a_token_nobody_gets_in(app, nobody):
    for method, path, permission in endpoints(app):
        if permission != PUBLIC:
            answer = nobody.ask(method, path, {})
            problem(answer, 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_in_where_it_may_and_nowhere_else(app, program, depot, donor, role):
    bound = role in (Role.WAREHOUSE, Role.CLINIC)
    caller = program(role, [depot] if bound else [], donor if role is Role.DONOR else None)
    for method, path, permission in endpoints(app):
        if permission == PUBLIC:
            continue
        answer = caller.ask(method, path, {} if method != "GET" else None)
        if role in PERMISSIONS[permission]:
            assert answer.status_code != 403, (method, path)
            assert answer.status_code < 500, (method, path)
        else:
            problem(answer, 403)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "Bearer \xe9"])
def test_a_bad_token(client, header):
    answer = client.get("/api/v1/items", headers={"Authorization": header})
    problem(answer, 401)


def test_a_revoked_token_and_a_closed_account(admin, session):
    record = session.scalars(select(ApiToken)).one()
    assert admin.get("/items").status_code == 200
    record.revoked_at = clock.now()
    session.commit()
    problem(admin.get("/items"), 401)


def test_the_use_of_a_token_is_noted_now_and_then(admin, session):
    record = session.scalars(select(ApiToken)).one()
    good(admin.get("/items"))
    session.refresh(record)
    first = record.last_used_at
    assert first is not None
    good(admin.get("/items"))
    session.refresh(record)
    assert record.last_used_at == first
    record.last_used_at = first - timedelta(minutes=6)
    session.commit()
    good(admin.get("/items"))
    session.refresh(record)
    assert record.last_used_at >= first


def test_a_cookie_is_no_token(client, session, admin):
    """A page of another site cannot make the browser speak for its user."""
    from tests.factories import create_user, sign_in

    sign_in(client, create_user(session, Role.ADMIN))
    problem(client.get("/api/v1/items"), 401)


def test_healthz_needs_nothing(client):
    assert good(client.get("/healthz")) == {"status": "ok"}


def test_healthz_tells_of_a_dead_database(client, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def dead():
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("inventory.api.health.alive", dead)
    assert client.get("/healthz").status_code == 503
