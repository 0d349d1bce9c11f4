"""Shipping: what leaves, what arrives, what is missing and what becomes of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Movement, Posting, ShipmentReceiptLine
from inventory.rules.effects import LocationKind
from inventory.services import adjustments, consumption, packing, recalls, shipments, shipping
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewEvent, NewShipment
from inventory.services.shipping import Arrival, ArrivedLine, MissingLine
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

TODAY = clock.today()
K = LocationKind


@pytest.fixture
def ends(session):
    return create_site(session), create_site(session, kind="dispensary")


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def packed(do, session, ends, item):
    """The number of a draft with a hundred of lot L1 in it."""

    def call(quantity: int = 100, destination=None, **fields) -> str:
        stock_up(session, ends[0], item, quantity, lot="L1")
        command = NewShipment(ends[0].code, (destination or ends[1]).code, "road", **fields)
        number = do(shipments.draft, COORDINATOR, command).number
        do(packing.pack, COORDINATOR, number, NewPackage("carton", [PackedLine(item.code, quantity)]))
        return number

    return call


@pytest.fixture
def sent(do, packed):
    def call(*args, **fields) -> str:
        number = packed(*args, **fields)
        do(shipping.dispatch, COORDINATOR, number, clock.now() - timedelta(hours=1))
        return number

    return call


@pytest.fixture
def receive(do, item):
    def call(number: str, *lines, actor=COORDINATOR, at=None, **fields):
        made = [line if isinstance(line, ArrivedLine) else ArrivedLine(item.code, *line) for line in lines]
        return do(shipping.receive, actor, number, Arrival(at or clock.now(), made, **fields))

    return call


def test_what_is_dispatched_is_in_transit(do, session, ends, packed, on_hand, total, sound):
    number = packed()
    at = clock.now() - timedelta(minutes=5)
    shipment = do(shipping.dispatch, acting(Role.WAREHOUSE, ends[0]), number, at, "WB 7")
    assert (shipment.status, shipment.waybill, shipment.dispatched_at) == ("dispatched", "WB 7", at)
    assert (on_hand(ends[0], "L1"), total(K.IN_TRANSIT)) == (0, 100)
    with pytest.raises(Conflict):
        do(shipping.dispatch, COORDINATOR, number, at)
    with pytest.raises(Conflict):
        do(packing.pack, COORDINATOR, number, NewPackage("pallet"))
    with pytest.raises(Conflict):
        do(shipments.cancel, COORDINATOR, number)
    sound()


def test_who_may_dispatch(do, session, ends, packed):
    number = packed()
    for actor in (VIEWER, DONOR, acting(Role.CLINIC, ends[0]), acting(Role.WAREHOUSE, ends[1])):
        with pytest.raises(Forbidden):
            do(shipping.dispatch, actor, number, clock.now())
    with pytest.raises(NotFound):
        do(shipping.dispatch, acting(Role.WAREHOUSE, create_site(session)), number, clock.now())


def test_what_cannot_be_dispatched(do, session, ends, item, packed):
    empty = do(shipments.draft, COORDINATOR, NewShipment(ends[0].code, ends[1].code, "sea")).number
    with pytest.raises(Conflict, match="nothing"):
        do(shipping.dispatch, COORDINATOR, empty, clock.now())
    number = packed()
    with pytest.raises(Invalid) as refused:
        do(shipping.dispatch, COORDINATOR, number, clock.now() + timedelta(days=1))
    assert pointers(refused) == ["/dispatched_at"]
    with pytest.raises(Conflict):  # it had not been received then
        do(shipping.dispatch, COORDINATOR, number, clock.now() - timedelta(days=3))
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    with pytest.raises(Conflict) as refused:
        do(shipping.dispatch, COORDINATOR, number, clock.now())
    assert pointers(refused) == ["/lines/0/lot"]


def test_a_late_departure_sends_nothing_that_would_not_last(do, session, ends, item):
    stock_up(session, ends[0], item, 10, expires_in=40)
    command = NewShipment(ends[0].code, ends[1].code, "road", eta=TODAY, minimum_shelf_life_days=30)
    number = do(shipments.draft, COORDINATOR, command).number
    do(packing.pack, COORDINATOR, number, NewPackage("carton", [PackedLine(item.code, 10)]))
    do(shipments.set_eta, COORDINATOR, number, TODAY + timedelta(days=20))
    with pytest.raises(Conflict):
        do(shipping.dispatch, COORDINATOR, number, clock.now())


def test_everything_arrives(session, ends, item, sent, receive, on_hand, total, sound):
    number = sent()
    shipment = receive(number, ("L1", 100), actor=acting(Role.CLINIC, ends[1]))
    assert shipment.status == "received"
    assert (on_hand(ends[1], "L1"), total(K.IN_TRANSIT), total(K.MISSING)) == (100, 0, 0)
    with pytest.raises(Conflict):
        receive(number, ("L1", 1))
    sound()


def test_damage_goes_to_quarantine_and_the_rest_where_it_is_put(ends, item, sent, receive, on_hand, sound):
    number = sent()
    receive(number, ("L1", 90, 15), ("L1", 10, 0, "refused"))
    assert [on_hand(ends[1], "L1", zone) for zone in ("stock", "quarantine", "refused")] == [75, 15, 10]
    sound()


def test_what_does_not_arrive_is_missing(session, ends, sent, receive, on_hand, total, sound):
    receive(sent(), ("L1", 60))
    assert (on_hand(ends[1], "L1"), total(K.MISSING), total(K.IN_TRANSIT)) == (60, 40, 0)
    sound()


def test_nothing_arrives(ends, sent, receive, total, sound):
    assert receive(sent()).status == "received"
    assert total(K.MISSING) == 100
    sound()


def test_several_sittings(session, ends, sent, receive, on_hand, total, sound):
    number = sent()
    with pytest.raises(Invalid):
        receive(number, final=False)
    assert receive(number, ("L1", 30), final=False).status == "arrived"
    assert (on_hand(ends[1], "L1"), total(K.IN_TRANSIT), total(K.MISSING)) == (30, 70, 0)
    assert receive(number, ("L1", 20, 5), final=False).status == "arrived"
    with pytest.raises(Conflict) as refused:
        receive(number, ("L1", 51))
    assert pointers(refused) == ["/lines/0/received"]
    assert receive(number, ("L1", 45)).status == "received"
    assert (on_hand(ends[1], "L1"), total(K.MISSING)) == (90, 5)
    lines = session.scalars(select(ShipmentReceiptLine).order_by(ShipmentReceiptLine.id)).all()
    assert [(line.received, line.damaged) for line in lines] == [(30, 0), (20, 5), (45, 0)]
    sound()


def test_more_than_was_sent_is_refused_line_by_line(item, sent, receive, total):
    number = sent()
    with pytest.raises(Conflict) as refused:
        receive(number, ("L1", 60), ("L1", 41), ("L2", 1))
    assert pointers(refused) == ["/lines/1/received", "/lines/2/received"]
    assert total(K.IN_TRANSIT) == 100


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (ArrivedLine("NOPE", "L1", 1), "/lines/0/item"),
        (("", 1), "/lines/0/lot"),
        (("L1", -1), "/lines/0/received"),
        (("L1", 5, 6), "/lines/0/damaged"),
        (("L1", 5, -1), "/lines/0/damaged"),
        (("L1", 5, 0, "in_transit"), "/lines/0/zone"),
        (("L1", 10**15), "/lines/0/received"),
    ],
)
def test_a_wrong_line_is_named(sent, receive, line, pointer):
    with pytest.raises(Invalid) as refused:
        receive(sent(), line)
    assert pointers(refused) == [pointer]


def test_the_time_of_arrival(sent, receive, packed):
    number = sent()
    for at in (clock.now() + timedelta(days=1), clock.now() - timedelta(hours=3)):
        with pytest.raises(Invalid) as refused:
            receive(number, ("L1", 100), at=at)
        assert pointers(refused) == ["/received_at"]
    with pytest.raises(Conflict):
        receive(packed(), ("L1", 100))


def test_who_may_receive(session, ends, sent, receive):
    number = sent()
    for actor in (VIEWER, DONOR, acting(Role.WAREHOUSE, ends[0])):
        with pytest.raises(Forbidden):
            receive(number, ("L1", 100), actor=actor)
    with pytest.raises(NotFound):
        receive(number, ("L1", 100), actor=acting(Role.CLINIC, create_site(session)))


def test_the_same_uuid_is_received_once(session, ends, sent, receive, on_hand):
    number, uuid = sent(), uuid4()
    receive(number, ("L1", 30), final=False, uuid=uuid)
    receive(number, ("L1", 30), final=False, uuid=uuid)
    assert on_hand(ends[1], "L1") == 30
    other = session.scalars(select(Posting.uuid).where(Posting.kind == "dispatch")).one()
    assert other != uuid


def test_the_uuid_of_another_document_receives_nothing(session, ends, sent, receive, on_hand):
    number = sent()
    taken = session.scalars(select(Posting.uuid).where(Posting.kind == "receipt")).one()
    with pytest.raises(Conflict, match="GRN"):
        receive(number, ("L1", 30), uuid=taken)
    assert on_hand(ends[1], "L1") == 0


def test_delivered_is_arrived_and_then_received(do, sent, receive):
    number = sent()
    with pytest.raises(Invalid):
        do(
            shipments.record_event,
            COORDINATOR,
            number,
            NewEvent("delivered", clock.now() - timedelta(days=2)),
        )
    estimated = NewEvent("delivered", clock.now() + timedelta(days=2), "estimated")
    assert do(shipments.record_event, COORDINATOR, number, estimated).status == "dispatched"
    assert (
        do(shipments.record_event, COORDINATOR, number, NewEvent("delivered", clock.now())).status
        == "arrived"
    )
    assert receive(number, ("L1", 100)).status == "received"


@pytest.fixture
def settle(do, item):
    def found(number: str, *lines, actor=COORDINATOR):
        return do(shipping.found, actor, number, [MissingLine(item.code, *line) for line in lines])

    def write_off(number: str, *lines, reason="stolen", actor=COORDINATOR):
        return do(
            shipping.write_off, actor, number, reason, [MissingLine(item.code, *line) for line in lines]
        )

    return found, write_off


def test_what_was_missing_is_found_or_given_up(ends, sent, receive, settle, on_hand, total, sound):
    found, write_off = settle
    number = sent()
    receive(number, ("L1", 60))
    found(number, ("L1", 15), actor=acting(Role.CLINIC, ends[1]))
    assert (on_hand(ends[1], "L1"), total(K.MISSING)) == (75, 25)
    write_off(number, ("L1", 5))
    assert (total(K.MISSING), total(K.LOST)) == (20, 5)
    for call in (found, write_off):
        with pytest.raises(Conflict) as refused:
            call(number, ("L1", 21))
        assert pointers(refused) == ["/lines/0/quantity"]
    write_off(number)
    assert (total(K.MISSING), total(K.LOST)) == (0, 25)
    with pytest.raises(Conflict):
        found(number, ("L1", 1))
    sound()


def test_what_is_wrong_in_settling(session, ends, sent, receive, settle):
    found, write_off = settle
    number = sent()
    for call in (lambda: found(number, ("L1", 1)), lambda: write_off(number, ("L1", 1))):
        with pytest.raises(Conflict):
            call()
    receive(number, ("L1", 60))
    with pytest.raises(Invalid) as refused:
        write_off(number, ("L1", 1), reason=" ")
    assert pointers(refused) == ["/reason"]
    with pytest.raises(Invalid) as refused:
        found(number, ("L1", 0))
    assert pointers(refused) == ["/lines/0/quantity"]
    with pytest.raises(Invalid):
        found(number)
    for actor in (VIEWER, acting(Role.WAREHOUSE, ends[0])):
        with pytest.raises(Forbidden):
            found(number, ("L1", 1), actor=actor)
    for actor in (VIEWER, acting(Role.CLINIC, ends[1])):
        with pytest.raises(Forbidden):
            write_off(number, ("L1", 1), actor=actor)


def test_nothing_missing_is_nothing_to_write_off(sent, receive, settle):
    number = sent()
    receive(number, ("L1", 100))
    with pytest.raises((Invalid, Conflict)):
        settle[1](number)


def test_what_a_partner_receives_has_left_our_stock(session, ends, sent, receive, settle, total, sound):
    partner = create_site(session, kind="partner")
    number = sent(destination=partner)
    receive(number, ("L1", 90, 10))
    assert (total(K.PARTNER), total(K.MISSING), total(K.STOCK), total(K.QUARANTINE)) == (90, 10, 0, 0)
    settle[0](number, ("L1", 10))
    assert total(K.PARTNER) == 100
    sound()


def test_lots_of_one_number_from_two_donors_travel_as_one(
    do, session, ends, item, receive, on_hand, total, sound
):
    for _ in range(2):
        stock_up(session, ends[0], item, 10, lot="L1", donor=create_donor(session))
    number = do(shipments.draft, COORDINATOR, NewShipment(ends[0].code, ends[1].code, "road")).number
    do(packing.pack, COORDINATOR, number, NewPackage("carton", [PackedLine(item.code, 20)]))
    do(shipping.dispatch, COORDINATOR, number, clock.now())
    receive(number, ("L1", 15, 12))
    assert (on_hand(ends[1], "L1"), on_hand(ends[1], "L1", "quarantine"), total(K.MISSING)) == (3, 12, 5)
    sound()


def test_a_recalled_lot_arrives_recalled(do, session, ends, item, sent, receive, open_alerts):
    number = sent()
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    receive(number, ("L1", 100))
    assert "recall" in open_alerts(ends[1])
    with pytest.raises(Conflict):
        do(
            consumption.consume,
            COORDINATOR,
            consumption.Consumption(ends[1].code, TODAY, [consumption.ConsumptionLine(item.code, 1)]),
        )


def test_days_are_those_of_the_place(do, session, item, receive, sound):
    """It leaves on the 2nd, in the east, and arrives on the 1st, in the west: both ledgers are right, and it can be
    used at once."""
    east = create_site(session, timezone="Pacific/Kiritimati")
    west = create_site(session, timezone="Pacific/Pago_Pago")
    stock_up(session, east, item, 10, lot="L1")
    number = do(shipments.draft, COORDINATOR, NewShipment(east.code, west.code, "hand")).number
    do(packing.pack, COORDINATOR, number, NewPackage("carton", [PackedLine(item.code, 10)]))
    do(shipping.dispatch, COORDINATOR, number, clock.now())
    receive(number, ("L1", 10))
    days = dict(session.execute(select(Posting.kind, Posting.occurred_on)).all())
    assert days["dispatch"] > days["shipment_receipt"]
    line = consumption.ConsumptionLine(item.code, 10)
    do(
        consumption.consume,
        COORDINATOR,
        consumption.Consumption(west.code, clock.today(west.timezone), [line]),
    )
    sound()


def test_a_clock_that_runs_ahead_is_set_right(do, session, ends, packed, receive, sound):
    number = packed()
    soon = clock.now() + timedelta(minutes=4)
    shipment = do(shipping.dispatch, COORDINATOR, number, soon)
    assert shipment.dispatched_at <= clock.now()
    receive(number, ("L1", 100), at=clock.now() + timedelta(minutes=4))
    assert all(each.occurred_at <= clock.now() for each in session.scalars(select(Movement)))
    sound()


def test_nothing_is_sent_to_a_site_that_closed_meanwhile(do, session, ends, packed):
    number = packed()
    ends[1].status = "closed"
    session.commit()
    with pytest.raises(Conflict):
        do(shipping.dispatch, COORDINATOR, number, clock.now())


def test_damaged_goods_that_are_disposed_of_settle_the_discrepancy(
    do, ends, item, sent, receive, open_alerts
):
    receive(sent(), ("L1", 100, 7))
    assert "discrepancy" in open_alerts(ends[1])
    line = adjustments.DisposalLine(item.code, "L1", 7)
    do(adjustments.dispose, COORDINATOR, adjustments.Disposal(ends[1].code, TODAY, "incineration", [line]))
    assert "discrepancy" not in open_alerts(ends[1])
