"""What the tests of the read side share: documents made through the use cases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from inventory import clock
from inventory.db import atomically
from inventory.models import Item, Site
from inventory.services import consumption, packing, shipments, shipping
from tests.factories import stock_up
from tests.services.people import COORDINATOR


@pytest.fixture
def do(session: Session) -> Callable[..., Any]:
    """`do(service, *arguments)` as a coordinator."""
    session.commit()

    def call(service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return atomically(lambda s: service(s, COORDINATOR, *args, **kwargs))

    return call


class Story:
    """What happened at sites, some days ago."""

    def __init__(self, session: Session, do: Callable[..., Any]) -> None:
        self.session, self.do = session, do

    def receive(self, site: Site, item: Item, quantity: int, ago: int = 0, **fields: Any):
        """`expires_in` counts from today."""
        day = clock.today(site.timezone) - timedelta(days=ago)
        return stock_up(self.session, site, item, quantity, received_on=day, **fields)

    def consume(self, site: Site, item: Item, quantity: int, ago: int = 0, lot: str | None = None):
        day = clock.today(site.timezone) - timedelta(days=ago)
        line = consumption.ConsumptionLine(item.code, quantity, lot)
        return self.do(consumption.consume, consumption.Consumption(site.code, day, [line]))

    def pack(self, origin: Site, destination: Site, lines: list[tuple[Item, int]], **fields: Any) -> str:
        """The number of a draft with one carton."""
        command = shipments.NewShipment(origin.code, destination.code, "road", **fields)
        number = self.do(shipments.draft, command).number
        packed = [packing.PackedLine(item.code, quantity) for item, quantity in lines]
        self.do(packing.pack, number, packing.NewPackage("carton", packed))
        return str(number)

    def send(self, origin: Site, destination: Site, lines: list[tuple[Item, int]], **fields: Any) -> str:
        """The number of a shipment that left an hour ago."""
        number = self.pack(origin, destination, lines, **fields)
        self.do(shipping.dispatch, number, clock.now() - timedelta(hours=1))
        return number

    def arrive(self, number: str, *lines: tuple[Item, str, int, int], final: bool = True):
        made = [shipping.ArrivedLine(item.code, lot, got, damaged) for item, lot, got, damaged in lines]
        return self.do(shipping.receive, number, shipping.Arrival(clock.now(), made, final))


@pytest.fixture
def story(session: Session, do: Callable[..., Any]) -> Story:
    return Story(session, do)
