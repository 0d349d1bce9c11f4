"""Dispensing: first expired, first out, and what is never given."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Movement, StockDay, StockEvent
from inventory.services import adjustments, consumption, packing, recalls, shipments, stock_events
from inventory.services.consumption import Consumption, ConsumptionLine
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()


@pytest.fixture
def site(session):
    return create_site(session, kind="dispensary")


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def consume(do, site, item):
    """`consume(quantity, ...)` at the site; the event."""

    def call(*quantities: int, ago: int = 0, lot: str | None = None, actor=COORDINATOR, **fields):
        lines = [ConsumptionLine(item.code, quantity, lot) for quantity in quantities]
        given: dict[str, Any] = {"lines": lines, "uuid": uuid4()} | fields
        command = Consumption(site.code, TODAY - timedelta(days=ago), **given)
        return do(consumption.consume, actor, command)

    return call


@pytest.fixture
def taken(session):
    """lot number -> what the event took of it, in the order of taking."""

    def look(event: StockEvent) -> dict[str, int]:
        query = select(Movement).where(Movement.posting_id == event.posting_id).order_by(Movement.id)
        from inventory.models import Lot

        return {session.get_one(Lot, each.lot_id).number: each.quantity for each in session.scalars(query)}

    return look


def test_the_earliest_expiry_goes_first_and_lots_without_one_last(session, site, item, consume, taken, sound):
    stock_up(session, site, item, 10, lot="NEVER", expires_in=900)
    gauze = create_item(session, tracks_expiry=False, category="dressing")
    stock_up(session, site, gauze, 10, lot="NONE", expires_in=None)
    stock_up(session, site, gauze, 10, lot="DATED", expires_in=30)
    stock_up(session, site, item, 10, lot="LATE", expires_in=800)
    stock_up(session, site, item, 10, lot="SOON", expires_in=20)
    event = consume(15)
    assert list(taken(event).items()) == [("SOON", 10), ("LATE", 5)]
    lines = [ConsumptionLine(gauze.code, 12)]
    assert list(taken(consume(lines=lines)).items()) == [("DATED", 10), ("NONE", 2)]
    assert (event.number, event.kind) == (f"CON-{TODAY.year}-000001", "consumption")
    sound()


def test_of_one_expiry_the_earliest_received_goes_first_then_the_oldest_lot(
    session, site, item, consume, taken
):
    stock_up(session, site, item, 10, lot="SECOND", received_on=TODAY - timedelta(days=1))
    stock_up(session, site, item, 10, lot="THIRD", received_on=TODAY)
    stock_up(session, site, item, 10, lot="FOURTH", received_on=TODAY)
    stock_up(session, site, item, 10, lot="FIRST", received_on=TODAY - timedelta(days=5))
    assert list(taken(consume(40)).items()) == [("FIRST", 10), ("SECOND", 10), ("THIRD", 10), ("FOURTH", 10)]


def test_a_lot_is_given_through_its_last_day(session, site, item, consume, taken):
    stock_up(session, site, item, 10, lot="LAST", expires_in=0)
    assert taken(consume(3)) == {"LAST": 3}


@pytest.mark.parametrize("lot", [None, "BAD"])
def test_expired_stock_is_never_given(do, session, site, item, consume, lot):
    stock_up(session, site, item, 10, lot="BAD", expires_in=-1)
    move = adjustments.ZoneMoveLine(item.code, "BAD", 10, "refused", "stock")
    do(adjustments.move_zones, COORDINATOR, adjustments.ZoneMove(site.code, [move]))
    with pytest.raises(Conflict) as refused:
        consume(1, lot=lot)
    assert pointers(refused) == ["/lines/0/quantity"]
    assert "expires on" in str(refused.value.errors[0].message)


@pytest.mark.parametrize("lot", [None, "BAD"])
def test_quarantined_stock_is_never_given(session, site, item, consume, lot):
    stock_up(session, site, item, 10, lot="BAD", zone="quarantine")
    with pytest.raises(Conflict):
        consume(1, lot=lot)


@pytest.mark.parametrize("lot", [None, "BAD"])
def test_recalled_stock_is_never_given(do, session, site, item, consume, lot):
    stock_up(session, site, item, 10, lot="BAD")
    do(recalls.recall, COORDINATOR, item.code, "BAD", "crystals")
    with pytest.raises(Conflict) as refused:
        consume(1, lot=lot)
    assert "recalled" in str(refused.value.errors[0].message)


@pytest.mark.parametrize("lot", [None, "GOOD"])
def test_reserved_stock_is_never_given(do, session, site, item, consume, lot):
    stock_up(session, site, item, 10, lot="GOOD")
    command = shipments.NewShipment(site.code, create_site(session).code, "road")
    number = do(shipments.draft, COORDINATOR, command).number
    do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [packing.PackedLine(item.code, 8)]))
    with pytest.raises(Conflict) as refused:
        consume(3, lot=lot)
    assert refused.value.errors[0].message.params["available"] == 2
    consume(2, lot=lot)


def test_a_named_lot_is_taken_and_the_others_make_way_for_it(session, site, item, consume, on_hand):
    stock_up(session, site, item, 10, lot="SOON", expires_in=20)
    stock_up(session, site, item, 10, lot="LATE")
    consume(lines=[ConsumptionLine(item.code, 11), ConsumptionLine(item.code, 8, "SOON")])
    assert (on_hand(site, "SOON"), on_hand(site, "LATE")) == (0, 1)


def test_a_lot_number_of_two_donors_is_one_to_the_dispenser(session, site, item, consume, on_hand):
    for _ in range(2):
        stock_up(session, site, item, 10, lot="L1", donor=create_donor(session))
    consume(15, lot="L1")
    assert on_hand(site, "L1") == 5


def test_every_short_line_is_named_and_nothing_is_given(session, site, item, consume, on_hand):
    stock_up(session, site, item, 10, lot="L1")
    other = create_item(session)
    lines = [
        ConsumptionLine(item.code, 4),
        ConsumptionLine(other.code, 1),
        ConsumptionLine(item.code, 7),
        ConsumptionLine(item.code, 1, "NO SUCH LOT"),
    ]
    with pytest.raises(Conflict) as refused:
        consume(lines=lines)
    assert pointers(refused) == ["/lines/1/quantity", "/lines/2/quantity", "/lines/3/quantity"]
    assert refused.value.errors[1].message.params["available"] == 6
    assert on_hand(site, "L1") == 10


def test_short_lines_beyond_the_tenth_are_told_in_their_order(session, site, item, consume):
    stock_up(session, site, item, 10)
    with pytest.raises(Conflict) as refused:
        consume(*([1] * 10 + [1, 1, 1]))
    assert pointers(refused) == [f"/lines/{i}/quantity" for i in (10, 11, 12)]
    with pytest.raises(Conflict) as refused:
        consume(*([20] * 11))
    assert pointers(refused) == [f"/lines/{i}/quantity" for i in range(11)]


def test_an_earlier_day_takes_no_more_than_was_there_since(session, site, item, consume, on_hand, sound):
    stock_up(session, site, item, 10, lot="OLD", expires_in=100, received_on=TODAY - timedelta(days=10))
    consume(8, ago=4)
    stock_up(session, site, item, 50, lot="NEW", received_on=TODAY - timedelta(days=2))
    with pytest.raises(Conflict) as refused:
        consume(3, ago=6)
    assert refused.value.errors[0].message.params["available"] == 2
    consume(2, ago=6)
    with pytest.raises(Conflict):
        consume(1, ago=11)
    assert (on_hand(site, "OLD"), on_hand(site, "NEW")) == (0, 50)
    sound()


def test_an_earlier_day_gives_what_could_be_used_then(session, site, item, consume, taken):
    stock_up(session, site, item, 10, lot="GONE", expires_in=-2, received_on=TODAY - timedelta(days=30))
    with pytest.raises(Conflict):
        consume(1, ago=1)
    assert taken(consume(4, ago=2)) == {"GONE": 4}


def test_the_day_is_kept_and_counts_as_consumption(session, site, item, consume):
    lot = stock_up(session, site, item, 10, received_on=TODAY - timedelta(days=5))
    event = consume(4, ago=3, consultations=7)
    assert (event.occurred_on, event.consultations) == (TODAY - timedelta(days=3), 7)
    day = session.get_one(StockDay, (site.id, lot.id, event.occurred_on))
    assert (day.change, day.dispensed) == (-4, 4)


def test_who_may_dispense(session, site, item, consume):
    stock_up(session, site, item, 10)
    for role in (Role.CLINIC, Role.WAREHOUSE):
        consume(1, actor=acting(role, site))
        with pytest.raises(Forbidden):
            consume(1, actor=acting(role, create_site(session)))
    for role in (Role.VIEWER, Role.DONOR):
        with pytest.raises(Forbidden):
            consume(1, actor=acting(role))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"lines": []}, "/lines"),
        ({"lines": [ConsumptionLine("NOPE", 1)]}, "/lines/0/item"),
        ({"lines": [ConsumptionLine("N\x00", 1)]}, "/lines/0/item"),
        ({"consultations": -1}, "/consultations"),
        ({"occurred_on": TODAY + timedelta(days=3)}, "/occurred_on"),
        ({"occurred_on": None}, "/occurred_on"),
        ({"site": "NOPE"}, "/site"),
    ],
)
def test_a_wrong_field_is_named(do, site, fields, pointer):
    command = {
        "site": site.code,
        "occurred_on": TODAY,
        "lines": [ConsumptionLine("NOPE", 1)],
        "uuid": uuid4(),
    } | fields
    with pytest.raises(Invalid) as refused:
        do(consumption.consume, COORDINATOR, Consumption(**command))
    assert pointer in pointers(refused)


@pytest.mark.parametrize("quantity", [0, -1, 10**20])
def test_a_wrong_quantity_is_named(consume, quantity):
    with pytest.raises(Invalid) as refused:
        consume(quantity)
    assert pointers(refused) == ["/lines/0/quantity"]


def test_the_same_uuid_is_dispensed_once(session, site, item, consume, on_hand):
    stock_up(session, site, item, 10, lot="L1")
    uuid = uuid4()
    assert consume(3, uuid=uuid).number == consume(3, uuid=uuid).number
    assert on_hand(site, "L1") == 7
    with pytest.raises(NotFound):
        consume(3, uuid=uuid, actor=acting(Role.CLINIC, create_site(session)))


def test_the_uuid_of_another_document_is_refused(do, session, site, item, consume, on_hand):
    from inventory.models import Posting

    stock_up(session, site, item, 10, lot="L1")
    uuid = session.scalars(select(Posting.uuid)).one()
    with pytest.raises(Conflict, match="GRN"):
        consume(3, uuid=uuid)
    assert on_hand(site, "L1") == 10
    assert session.scalars(select(StockEvent)).all() == []


def test_what_was_dispensed_is_taken_back(do, session, site, item, consume, on_hand, sound):
    stock_up(session, site, item, 10, lot="L1", received_on=TODAY - timedelta(days=5))
    event = consume(4, ago=2)
    clinic = acting(Role.CLINIC, site)
    with pytest.raises(Invalid):
        do(stock_events.undo, clinic, event.number, " ")
    with pytest.raises(NotFound):
        do(stock_events.undo, acting(Role.CLINIC, create_site(session)), event.number, "wrong patient")
    with pytest.raises(Forbidden):
        do(stock_events.undo, acting(Role.VIEWER), event.number, "wrong patient")
    do(stock_events.undo, clinic, event.number, "wrong patient")
    assert on_hand(site, "L1") == 10
    with pytest.raises(Conflict):
        do(stock_events.undo, clinic, event.number, "again")
    sound()
