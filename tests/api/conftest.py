"""A program that calls the API with a token, and a small world for it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from inventory.access import Role
from inventory.models import Donor, Item, Site
from inventory.services import accounts
from tests.factories import create_donor, create_item, create_site, create_user

ROOT = "/api/v1"
NOON = datetime.combine(datetime.now(UTC).date(), time(12), UTC)


@pytest.fixture(autouse=True)
def noon(request: pytest.FixtureRequest) -> Iterator[None]:
    """It is noon: an hour ago is still today. A server in a process of its own goes by the real clock."""
    if "live_server" in request.fixturenames:
        yield
    else:
        with time_machine.travel(NOON, tick=True):
            yield


@dataclass
class Program:
    """Calls under /api/v1 with one token (or none)."""

    client: FlaskClient
    token: str | None = None

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            options["json"] = body
        return self.client.open(ROOT + path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("PATCH", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.ask("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.ask("DELETE", path, **options)


Programs = Callable[..., Program]


@pytest.fixture
def program(client: FlaskClient, session: Session) -> Programs:
    """`program(Role.CLINIC, [site])`: a program with a token of a new account of that role."""

    def make(
        role: Role | str, sites: Sequence[Site] = (), donor: Donor | None = None, **more: Any
    ) -> Program:
        user = create_user(session, role, sites, donor, **more)
        token = accounts.make_token(session, user)
        session.commit()
        return Program(client, token)

    return make


@pytest.fixture
def admin(program: Programs) -> Program:
    """A program of an administrator."""
    return program(Role.ADMIN)


@pytest.fixture
def nobody(client: FlaskClient) -> Program:
    """A program without a token."""
    return Program(client)


@pytest.fixture
def depot(session: Session) -> Site:
    """A warehouse."""
    return create_site(session, "DEPOT")


@pytest.fixture
def clinic(session: Session, depot: Site) -> Site:
    """A dispensary that the depot supplies; sensitive."""
    return create_site(session, "CLINIC", kind="dispensary", sensitive=True, supplied_by="DEPOT")


@pytest.fixture
def item(session: Session) -> Item:
    """Tablets."""
    return create_item(session, "PARA500", name="Paracetamol 500 mg")


@pytest.fixture
def donor(session: Session) -> Donor:
    """Who gave."""
    return create_donor(session, "GIVER")


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem that an answer is; checks its status and form."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= body.keys()
    return body


def pointers(answer: TestResponse, status: int = 422) -> list[str]:
    """The fields at fault of a problem with that status."""
    return [each["pointer"] for each in problem(answer, status).get("errors", [])]


def good(answer: TestResponse, status: int = 200) -> Any:
    """The JSON of an answer with that status."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()
