"""Recalls: a batch is blocked everywhere at once, and everybody who has it is named."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid
from inventory.models import Lot, Recall
from inventory.services import consumption, packing, recalls, shipments, shipping
from inventory.services.shipping import Arrival, ArrivedLine
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, VIEWER, acting, pointers

TODAY = clock.today()


@pytest.fixture
def item(session):
    return create_item(session)


def send(do, origin, destination, item, quantity: int) -> str:
    number = do(
        shipments.draft, COORDINATOR, shipments.NewShipment(origin.code, destination.code, "road")
    ).number
    line = packing.PackedLine(item.code, quantity)
    do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [line]))
    do(shipping.dispatch, COORDINATOR, number, clock.now() - timedelta(minutes=5))
    return number


def test_every_holder_is_named(do, session, item):
    depot, clinic = create_site(session), create_site(session, kind="dispensary")
    partner = create_site(session, kind="partner")
    stock_up(session, depot, item, 100, lot="L1", donor=create_donor(session))
    stock_up(session, depot, item, 20, lot="L1", zone="quarantine")
    arrived = send(do, depot, clinic, item, 10)
    do(shipping.receive, COORDINATOR, arrived, Arrival(clock.now(), [ArrivedLine(item.code, "L1", 10)]))
    given = send(do, depot, partner, item, 15)
    do(shipping.receive, COORDINATOR, given, Arrival(clock.now(), [ArrivedLine(item.code, "L1", 12)]))
    going = send(do, depot, clinic, item, 5)
    line = consumption.ConsumptionLine(item.code, 4)
    do(consumption.consume, COORDINATOR, consumption.Consumption(clinic.code, TODAY, [line]))
    stock_up(session, clinic, item, 7, lot="OTHER")
    recalled = do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    held = {
        holder.site.code if holder.site else holder.shipment.number: holder.quantity
        for holder in recalls.holders(session, recalled)
    }
    assert held == {depot.code: 90, clinic.code: 6, partner.code: 12, going: 5, given: 3}


def test_a_batch_is_recalled_once_and_the_reason_may_change(do, session, item):
    stock_up(session, create_site(session), item, 10, lot="L1")
    first = do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    again = do(recalls.recall, acting(Role.ADMIN), item.code, "L1", "broken seals")
    assert again.id == first.id
    assert session.scalars(select(Recall.reason)).all() == ["broken seals"]


def test_a_batch_that_is_not_here_yet_can_be_recalled(do, session, item):
    recalled = do(recalls.recall, COORDINATOR, item.code, "L9", "crystals")
    assert recalls.holders(session, recalled) == []
    stock_up(session, create_site(session), item, 10, lot="L9")
    assert session.scalars(select(Lot)).one().recalled_on == TODAY
    assert [holder.quantity for holder in recalls.holders(session, recalled)] == [10]


def test_what_is_packed_of_it_does_not_leave(do, session, item):
    depot, clinic = create_site(session), create_site(session)
    stock_up(session, depot, item, 10, lot="L1")
    number = do(shipments.draft, COORDINATOR, shipments.NewShipment(depot.code, clinic.code, "road")).number
    package = packing.NewPackage("carton", [packing.PackedLine(item.code, 10)])
    label = do(packing.pack, COORDINATOR, number, package)[0].label
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    with pytest.raises(Conflict):
        do(shipping.dispatch, COORDINATOR, number, clock.now())
    do(packing.unpack, COORDINATOR, number, label)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        (("NOPE", "L1", "x"), "/item"),
        ((None, "", "x"), "/lot"),
        ((None, "L1", " "), "/reason"),
        ((None, "L\x00", "x"), "/lot"),
    ],
)
def test_a_wrong_recall_is_named(do, item, given, pointer):
    code, lot, reason = given
    with pytest.raises(Invalid) as refused:
        do(recalls.recall, COORDINATOR, code or item.code, lot, reason)
    assert pointers(refused) == [pointer]


def test_who_may_recall(do, session, item):
    site = create_site(session)
    for actor in (VIEWER, acting(Role.WAREHOUSE, site), acting(Role.CLINIC, site), acting(Role.DONOR)):
        with pytest.raises(Forbidden):
            do(recalls.recall, actor, item.code, "L1", "crystals")
