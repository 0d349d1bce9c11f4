"""`Idempotency-Key`: the same again gets the same answer, and nothing is done twice."""

import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from inventory.access import Role
from inventory.models import IdempotencyKey, Requisition, StockEvent
from inventory.services import accounts
from tests.api.conftest import Program, good, pointers, problem
from tests.factories import create_item, create_site, create_user, stock_up

KEY = {"headers": {"Idempotency-Key": "k-1"}}
REQUISITION = {"site": "DEPOT", "kind": "regular", "lines": [{"item": "PARA500", "quantity": 5}]}


def count(session, table=Requisition):
    session.expire_all()
    return session.scalar(select(func.count()).select_from(table))


def test_the_first_answer_again(admin, depot, item, session):
    first = admin.post("/requisitions", REQUISITION, **KEY)
    again = admin.post("/requisitions", dict(reversed(REQUISITION.items())), **KEY)
    assert good(first, 201) == good(again, 201)
    assert first.get_data() == again.get_data()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(session) == 1


def test_without_a_key_it_is_done_again(admin, depot, item, session):
    for _ in range(2):
        good(admin.post("/requisitions", REQUISITION), 201)
    assert count(session) == 2


def test_another_body_or_call_under_the_same_key(admin, depot, item, session):
    good(admin.post("/requisitions", REQUISITION, **KEY), 201)
    other = admin.post("/requisitions", REQUISITION | {"kind": "emergency"}, **KEY)
    assert pointers(other) == ["/Idempotency-Key"]
    assert pointers(admin.post("/donors", REQUISITION, **KEY)) == ["/Idempotency-Key"]
    assert pointers(admin.post("/requisitions", REQUISITION | {"kind": "?"}, **KEY)) == ["/Idempotency-Key"]
    assert count(session) == 1
    again = admin.post("/requisitions", REQUISITION, **KEY)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_is_its_owners(admin, program, depot, item, session):
    good(admin.post("/requisitions", REQUISITION, **KEY), 201)
    other = program(Role.COORDINATOR)
    assert "Idempotency-Replayed" not in other.post("/requisitions", REQUISITION, **KEY).headers
    assert count(session) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
def test_a_key_that_is_none(admin, key):
    assert pointers(admin.post("/donors", {}, headers={"Idempotency-Key": key})) == ["/Idempotency-Key"]


def test_a_refusal_is_remembered_too(admin, depot, item, session):
    body = {"site": "DEPOT", "occurred_on": "2026-01-01", "lines": [{"item": "PARA500", "quantity": 5}]}
    first = admin.post("/consumptions", body, **KEY)
    problem(first, 409)
    stock_up(session, depot, item, 50)
    again = admin.post("/consumptions", body, **KEY)
    problem(again, 409)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_data() == first.get_data()
    wrong = {"headers": {"Idempotency-Key": "k-2"}}
    assert pointers(admin.post("/donors", {"code": "?"}, **wrong)) == ["/name"]
    assert admin.post("/donors", {"code": "?"}, **wrong).headers["Idempotency-Replayed"] == "true"


def test_what_the_guard_refuses_is_not_remembered(program, nobody, session, donor):
    viewer = program(Role.VIEWER)
    problem(viewer.post("/donors", {}, **KEY), 403)
    problem(viewer.post("/donors", data=b"{", content_type="application/json", **KEY), 403)
    problem(nobody.post("/donors", {}, **KEY), 401)
    assert count(session, IdempotencyKey) == 0


def test_a_failure_of_ours_is_not_remembered(app, admin, session, monkeypatch):
    def broken(*_):
        raise RuntimeError

    body = {"code": "D", "name": "N"}
    app.testing = False
    try:
        with monkeypatch.context() as broke:
            broke.setattr("inventory.services.donors.add_donor", broken)
            problem(admin.post("/donors", body, **KEY), 500)
    finally:
        app.testing = True
    assert good(admin.post("/donors", body, **KEY), 201)["code"] == "D"


def test_a_scan_replays_too(admin):
    first = admin.post("/scan", {"data": "09506000134352"}, **KEY)
    again = admin.post("/scan", {"data": "09506000134352"}, **KEY)
    assert good(first) == good(again)
    assert again.headers["Idempotency-Replayed"] == "true"


def world(app):
    """A site with ten tablets, and a token."""
    from inventory.db import db

    with app.app_context():
        session = db.session()
        site, item = create_site(session, "DEPOT"), create_item(session, "PARA500")
        stock_up(session, site, item, 10)
        token = accounts.make_token(session, create_user(session, Role.ADMIN))
        session.commit()
    return token


def at_once(many, work):
    """`work(number)` in so many threads that start together; what each answered."""
    answers, gate = [], threading.Barrier(many)

    def run(number):
        gate.wait()
        answers.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("quantity", [4, 400])
def test_the_same_twelve_times_at_once_is_done_once(live_app, quantity):
    """Whether it works or is refused: one does it, the others tell the same."""
    token = world(live_app)
    body = {"site": "DEPOT", "occurred_on": today(), "lines": [{"item": "PARA500", "quantity": quantity}]}

    def call(_):
        return Program(live_app.test_client(), token).post("/consumptions", body, **KEY)

    answers = at_once(12, call)
    assert {answer.status_code for answer in answers} == {201 if quantity == 4 else 409}
    assert len({answer.get_data() for answer in answers}) == 1
    replayed = Counter(answer.headers.get("Idempotency-Replayed") for answer in answers)
    assert replayed["true"] == 11 if quantity == 4 else replayed["true"] >= 1
    from inventory.db import db

    with live_app.app_context():
        events = db.session().scalar(select(func.count()).select_from(StockEvent))
        assert events == (1 if quantity == 4 else 0)


def today():
    from inventory import clock

    return clock.today().isoformat()
