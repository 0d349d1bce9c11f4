"""How many SQL statements a page takes: counted in this process, on the same database."""

from functools import cache
from typing import Any

from bench.serving import Place
from bench.talk import CSRF
from bench.targets import PASSWORD, Target

_NOT_COUNTED = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")


def count(place: Place, target: Target, tokens: dict[str, str]) -> int:
    """The statements of one GET, once all that is kept in memory is there."""
    app, seen = _app(place)
    if target.path.startswith("/api/"):
        client, headers = app.test_client(), {"Authorization": f"Bearer {tokens[target.role]}"}
    else:
        client, headers = _signed_in(place, target.email), {}
    client.get(target.path, headers=headers)
    seen.clear()
    client.get(target.path, headers=headers)
    return len(seen)


@cache
def _app(place: Place) -> tuple[Any, list[str]]:
    """The app in this process, and the statements that it sent."""
    from sqlalchemy import event

    from config import load_settings
    from inventory import create_app
    from inventory.db import db

    app = create_app(load_settings(place.environment()))
    seen: list[str] = []
    with app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def _note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if not statement.startswith(_NOT_COUNTED):
                seen.append(statement)

    return app, seen


@cache
def _signed_in(place: Place, email: str) -> Any:
    client = _app(place)[0].test_client()
    form = CSRF.search(client.get("/login").text)
    assert form is not None
    client.post("/login", data={"csrf_token": form[1], "email": email, "password": PASSWORD})
    return client
