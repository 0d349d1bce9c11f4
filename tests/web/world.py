"""A small world for the pages of daily work: a hub that supplies a dispensary, and one account per role."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Donor, Item, Site
from inventory.services import packing, shipments, shipping
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewShipment
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.web.driving import fields


@dataclass
class World:
    """Sites, items, and a signed-in client for each role."""

    app: Flask
    session: Session
    hub: Site
    clinic: Site
    other: Site
    donor: Donor
    item: Item
    second: Item
    clients: dict[str, FlaskClient]
    tokens: dict[str, str] = field(default_factory=dict)
    morphine: Item = field(init=False)
    """A controlled medicine, where a test needs one."""

    def of(self, role: str) -> FlaskClient:
        return self.clients[role]

    def get(self, role: str, path: str) -> TestResponse:
        return self.clients[role].get(path)

    def post(self, role: str, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
        given = dict(data or {})
        given.setdefault("token", str(uuid4()))
        given.setdefault("csrf_token", self._token(role))
        self.session.commit()  # a savepoint of the test's own, rolled back later, would take the request with it
        answer = self.clients[role].post(path, data=given, **more)
        self.session.expire_all()
        return answer

    def _token(self, role: str) -> str:
        if role not in self.tokens:
            self.tokens[role] = fields(self.clients[role].get("/account"))["csrf_token"]
        return self.tokens[role]

    def shipment(self, *, sent: bool = False, quantity: int = 60, item: Item | None = None) -> str:
        """A shipment from the hub to the clinic with one carton; sent off if one likes. Its number."""
        from inventory import clock

        def work(s: Session) -> str:
            made = shipments.draft(s, SYSTEM, NewShipment(self.hub.code, self.clinic.code, "road"))
            line = PackedLine((item or self.item).code, quantity)
            packing.pack(s, SYSTEM, made.number, NewPackage("carton", [line]))
            if sent:
                shipping.dispatch(s, SYSTEM, made.number, clock.now())
            return made.number

        return atomically(work)


def make_world(app: Flask, session: Session) -> World:
    """The world, with 1,000 of the first item at the hub in two lots of the donor, 100 at the clinic."""
    hub = create_site(session, "HUB")
    clinic = create_site(
        session, "CLINIC", kind="dispensary", supplied_by="HUB", sensitive=True, name="Secret camp"
    )
    other = create_site(session, "OTHER", kind="dispensary")
    donor = create_donor(session, "GIVER")
    item = create_item(session, "PARA", name="Paracetamol")
    second = create_item(session, "ORS", name="Rehydration salts")
    stock_up(session, hub, item, 400, lot="EARLY", expires_in=300, donor=donor)
    stock_up(session, hub, item, 600, lot="LATE", expires_in=600, donor=donor)
    stock_up(session, clinic, item, 100, lot="HERE", expires_in=200)
    places: dict[str, list[Site]] = {"warehouse": [hub], "clinic": [clinic]}
    users = {
        role: create_user(session, role, places.get(role, []), password=None)
        for role in ("admin", "coordinator", "warehouse", "clinic", "viewer")
    }
    users["elsewhere"] = create_user(session, "clinic", [other], password=None)
    users["donor"] = create_user(session, "donor", donor=donor, password=None)
    users["stranger"] = create_user(session, "donor", donor=create_donor(session, "ANOTHER"), password=None)
    clients = {role: sign_in(app.test_client(), user) for role, user in users.items()}
    clients["nobody"] = app.test_client()
    return World(app, session, hub, clinic, other, donor, item, second, clients)


def rows(name: str, *lines: Mapping[str, Any]) -> dict[str, str]:
    """Fields of a list of rows: `rows("lines", {"item": "PARA", "quantity": 5})`."""
    return {
        f"{name}-{index}-{key}": str(value) for index, line in enumerate(lines) for key, value in line.items()
    }


def number_of(answer: TestResponse) -> str:
    """The document's number in the address that a form led to."""
    found = re.search(r"/([A-Z]{3}-\d{4}-\d{6})", answer.headers["Location"])
    assert found is not None, answer.headers["Location"]
    return found.group(1)
