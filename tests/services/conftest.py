"""What the tests of use cases share: each call in a transaction of its own, as the edges do it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.db import atomically
from inventory.models import Alert, Balance, Location, Lot, Site
from inventory.rules.effects import LocationKind
from inventory.services import consumption, sites
from tests.factories import create_item, create_site
from tests.services.people import COORDINATOR

Do = Callable[..., Any]


@pytest.fixture
def do(session: Session) -> Do:
    """`do(service, *arguments)`: whole or not at all; what it answered."""
    session.commit()

    def call(service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return atomically(lambda s: service(s, *args, **kwargs))

    return call


@pytest.fixture
def on_hand(session: Session) -> Callable[..., int]:
    """Base units of a lot (or of all lots of that number) in a zone of a site."""

    def look(site: Site, lot: Lot | str, zone: str = "stock") -> int:
        query = (
            select(Balance.on_hand)
            .join(Location, Location.id == Balance.location_id)
            .join(Lot, Lot.id == Balance.lot_id)
            .where(Location.site_id == site.id, Location.kind == zone)
        )
        query = query.where(Lot.number == lot if isinstance(lot, str) else Lot.id == lot.id)
        return sum(session.scalars(query))

    return look


@pytest.fixture
def total(session: Session) -> Callable[[LocationKind], int]:
    """Base units, over all lots, at the places of a kind."""

    def look(kind: LocationKind) -> int:
        query = select(Balance.on_hand).join(Location, Location.id == Balance.location_id)
        return sum(session.scalars(query.where(Location.kind == kind)))

    return look


@pytest.fixture
def open_alerts(session: Session) -> Callable[[Site], set[str]]:
    """The kinds of the alerts that are open at a site."""

    def look(site: Site) -> set[str]:
        session.expire_all()
        query = select(Alert.kind).where(Alert.site_id == site.id, Alert.resolved_at.is_(None))
        return set(session.scalars(query))

    return look


@pytest.fixture
def sound(session: Session) -> Callable[[], None]:
    """The ledger proves itself."""

    def prove() -> None:
        session.expire_all()
        assert ledger.verify(session).faults == []

    return prove


@pytest.fixture
def site(session):
    """A dispensary."""
    return create_site(session, kind="dispensary")


@pytest.fixture
def item(session):
    """A medicine."""
    return create_item(session)


@pytest.fixture
def policy(do, site, item):
    """Emergency at 20, reorder at 50, up to 100."""

    def call(**fields):
        given = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
        return do(sites.set_policy, COORDINATOR, site.code, item.code, given | fields)

    return call


@pytest.fixture
def consume(do, site, item):
    """`consume(quantity, day)`: so many of the item dispensed at the site, today if no day is told."""

    def call(quantity: int, day: date | None = None):
        line = consumption.ConsumptionLine(item.code, quantity)
        return do(
            consumption.consume, COORDINATOR, consumption.Consumption(site.code, day or clock.today(), [line])
        )

    return call


@pytest.fixture
def alert(session):
    """The open alert of a kind; None where there is none."""

    def look(kind: str) -> Alert | None:
        session.expire_all()
        query = select(Alert).where(Alert.kind == kind, Alert.resolved_at.is_(None))
        return session.scalars(query).one_or_none()

    return look
