"""Requisitions: every state, who may, and how they follow their shipments."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Requisition
from inventory.rules.transitions import TRANSITIONS
from inventory.services import packing, requisitions, shipments, shipping
from inventory.services.requisitions import AskedLine, NewRequisition
from inventory.services.shipping import Arrival, ArrivedLine
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

TODAY = clock.today()


@pytest.fixture
def world(session):
    depot = create_site(session)
    clinic = create_site(session, kind="dispensary", supplied_by=depot.code)
    return depot, clinic, create_item(session), create_item(session)


@pytest.fixture
def draft(do, world):
    def call(*quantities: int, actor=COORDINATOR, **fields):
        _depot, clinic, *items = world
        lines = [AskedLine(item.code, quantity) for item, quantity in zip(items, quantities, strict=False)]
        return do(
            requisitions.draft,
            actor,
            NewRequisition(**{"site": clinic.code, "kind": "regular", "lines": lines} | fields),
        )

    return call


def test_a_requisition_goes_its_way(do, world, draft):
    _depot, clinic, *_ = world
    staff = acting(Role.CLINIC, clinic)
    made = draft(10, 20, actor=staff, note="soon, please")
    assert (made.number, made.status, made.note) == (f"REQ-{TODAY.year}-000001", "draft", "soon, please")
    assert do(requisitions.submit, staff, made.number).status == "submitted"
    approved = do(requisitions.approve, COORDINATOR, made.number, {world[2].code: 4})
    assert approved.status == "approved"
    assert [(line.quantity, line.approved) for line in approved.lines] == [(10, 4), (20, 20)]
    assert approved.decided_at is not None


ACTIONS = {
    "edit": lambda do, n, clinic, item: do(
        requisitions.edit, COORDINATOR, n, NewRequisition(clinic.code, "emergency", [AskedLine(item.code, 1)])
    ),
    "submit": lambda do, n, *_: do(requisitions.submit, COORDINATOR, n),
    "approve": lambda do, n, *_: do(requisitions.approve, COORDINATOR, n),
    "reject": lambda do, n, *_: do(requisitions.reject, COORDINATOR, n, "no budget"),
    "cancel": lambda do, n, *_: do(requisitions.cancel, COORDINATOR, n),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", TRANSITIONS["requisition"])
def test_every_state_allows_what_the_table_says_and_nothing_else(do, session, world, draft, state, action):
    number = draft(10).number
    session.scalars(select(Requisition)).one().status = state
    session.commit()
    following = TRANSITIONS["requisition"][state].get(action)
    if following is None:
        with pytest.raises(Conflict):
            ACTIONS[action](do, number, world[1], world[2])
        assert requisitions.get_requisition(session, COORDINATOR, number).status == state
    else:
        assert ACTIONS[action](do, number, world[1], world[2]).status == following


def test_a_draft_is_changed_and_a_stale_page_is_not_believed(do, world, draft):
    _depot, clinic, item, other = world
    made = draft(10)
    number, seen = made.number, made.version
    command = NewRequisition(clinic.code, "regular", [AskedLine(item.code, 7)])
    changed = do(requisitions.edit, COORDINATOR, number, command, seen)
    assert [(line.item.code, line.quantity) for line in changed.lines] == [(item.code, 7)]
    with pytest.raises(Conflict):
        do(requisitions.edit, COORDINATOR, number, command, seen)
    command = NewRequisition(clinic.code, "emergency", [AskedLine(other.code, 1)], "changed")
    changed = do(requisitions.edit, COORDINATOR, number, command)
    assert (changed.kind, changed.note, changed.lines[0].item.code) == ("emergency", "changed", other.code)


def test_who_may(do, session, world, draft):
    depot, clinic, *_ = world
    for actor in (VIEWER, DONOR, acting(Role.CLINIC, depot)):
        with pytest.raises(Forbidden):
            draft(1, actor=actor)
    number = draft(10, actor=acting(Role.CLINIC, clinic)).number
    supplier, stranger = acting(Role.WAREHOUSE, depot), acting(Role.WAREHOUSE, create_site(session))
    assert requisitions.get_requisition(session, supplier, number).number == number
    for call in (requisitions.submit, requisitions.cancel):
        with pytest.raises(Forbidden):
            do(call, supplier, number)
        with pytest.raises(NotFound):
            do(call, stranger, number)
        with pytest.raises(NotFound):
            do(call, COORDINATOR, "REQ-1999-000001")
        with pytest.raises(NotFound):
            do(call, COORDINATOR, "R\x00")
    do(requisitions.submit, acting(Role.CLINIC, clinic), number)
    for actor in (acting(Role.CLINIC, clinic), acting(Role.WAREHOUSE, clinic), VIEWER):
        with pytest.raises(Forbidden):
            do(requisitions.approve, actor, number)
        with pytest.raises(Forbidden):
            do(requisitions.reject, actor, number, "no")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"site": "NOPE"}, "/site"),
        ({"kind": "urgent"}, "/kind"),
        ({"kind": ""}, "/kind"),
        ({"lines": []}, "/lines"),
        ({"lines": [AskedLine("NOPE", 1)]}, "/lines/0/item"),
        ({"note": "a\x00"}, "/note"),
    ],
)
def test_a_wrong_field_is_named(draft, fields, pointer):
    with pytest.raises(Invalid) as refused:
        draft(1, **fields)
    assert pointers(refused) == [pointer]


def test_wrong_quantities_and_an_item_twice(draft, world, session):
    for quantity in (0, -1, 10**12):
        with pytest.raises(Invalid) as refused:
            draft(quantity)
        assert pointers(refused) == ["/lines/0/quantity"]
    twice = [AskedLine(world[2].code, 1), AskedLine(world[2].code, 2)]
    with pytest.raises(Invalid) as refused:
        draft(lines=twice)
    assert pointers(refused) == ["/lines/1/item"]
    with pytest.raises(Invalid):
        draft(1, site=create_site(session, kind="partner").code)
    closed = create_site(session)
    closed.status = "closed"
    session.commit()
    with pytest.raises(Conflict):
        draft(1, site=closed.code)
    assert session.scalar(select(func.count()).select_from(Requisition)) == 0


@pytest.mark.parametrize(
    ("approved", "pointer"),
    [
        ({"NOPE": 1}, "/lines/0/item"),
        ({"A": 11}, "/lines/0/approved"),
        ({"A": -1}, "/lines/0/approved"),
        ({"A": 0}, "/lines"),
    ],
)
def test_a_wrong_approval_is_named(do, draft, world, approved, pointer):
    number = draft(10).number
    do(requisitions.submit, COORDINATOR, number)
    given = {world[2].code if code == "A" else code: quantity for code, quantity in approved.items()}
    with pytest.raises(Invalid) as refused:
        do(requisitions.approve, COORDINATOR, number, given)
    assert pointers(refused) == [pointer]


def test_a_rejection_says_why(do, draft):
    number = draft(10).number
    do(requisitions.submit, COORDINATOR, number)
    with pytest.raises(Invalid) as refused:
        do(requisitions.reject, COORDINATOR, number, " ")
    assert pointers(refused) == ["/reason"]
    rejected = do(requisitions.reject, COORDINATOR, number, "not this year")
    assert (rejected.status, rejected.reason) == ("rejected", "not this year")


@pytest.fixture
def approved(do, draft, session, world):
    for item in world[2:]:
        stock_up(session, world[0], item, 100)
    number = draft(10, 20).number
    do(requisitions.submit, COORDINATOR, number)
    return do(requisitions.approve, COORDINATOR, number).number


@pytest.fixture
def ship(do, world):
    """A draft shipment for a requisition with so much of the first item in it; its number."""

    def call(requisition: str, quantity: int, **fields) -> str:
        depot, clinic, item, _ = world
        command = shipments.NewShipment(depot.code, clinic.code, "road", requisition=requisition, **fields)
        number = do(shipments.draft, COORDINATOR, command).number
        do(
            packing.pack,
            COORDINATOR,
            number,
            packing.NewPackage("carton", [packing.PackedLine(item.code, quantity)]),
        )
        return number

    return call


def arrive(do, session, number: str, **fields):
    shipment = shipments.get_shipment(session, COORDINATOR, number)
    lines = [
        ArrivedLine(line.item.code, line.lot.number, line.quantity)
        for p in shipment.packages
        for line in p.lines
    ]
    return do(shipping.receive, COORDINATOR, number, Arrival(clock.now(), lines, **fields))


def status(session, number: str) -> str:
    session.expire_all()
    return requisitions.get_requisition(session, COORDINATOR, number).status


def test_it_follows_its_shipments(do, session, approved, ship):
    first, second = ship(approved, 4), ship(approved, 6)
    assert status(session, approved) == "approved"
    do(shipping.dispatch, COORDINATOR, first, clock.now())
    assert status(session, approved) == "in_shipment"
    do(shipping.dispatch, COORDINATOR, second, clock.now())
    arrive(do, session, first)
    assert status(session, approved) == "in_shipment"
    arrive(do, session, second, final=False)
    assert status(session, approved) == "in_shipment"
    do(shipping.receive, COORDINATOR, second, Arrival(clock.now(), []))
    assert status(session, approved) == "fulfilled"


def test_a_second_shipment_that_is_cancelled_does_not_keep_it_open(do, session, approved, ship):
    first, second = ship(approved, 4), ship(approved, 6)
    do(shipping.dispatch, COORDINATOR, first, clock.now())
    arrive(do, session, first)
    assert status(session, approved) == "in_shipment"
    do(shipments.cancel, COORDINATOR, second)
    assert status(session, approved) == "fulfilled"


def test_a_cancelled_shipment_lets_it_wait_for_another(do, session, approved, ship):
    do(shipments.cancel, COORDINATOR, ship(approved, 4))
    assert status(session, approved) == "approved"
    do(shipping.dispatch, COORDINATOR, ship(approved, 4), clock.now())
    assert status(session, approved) == "in_shipment"


def test_one_that_is_in_shipment_can_be_cancelled_and_its_goods_arrive(do, session, approved, ship):
    number = ship(approved, 4)
    do(shipping.dispatch, COORDINATOR, number, clock.now())
    assert do(requisitions.cancel, COORDINATOR, approved).status == "cancelled"
    assert arrive(do, session, number).status == "received"
    assert status(session, approved) == "cancelled"


def test_nothing_leaves_for_one_that_was_cancelled(do, session, approved, ship):
    number = ship(approved, 4)
    do(requisitions.cancel, COORDINATOR, approved)
    with pytest.raises(Conflict):
        do(shipping.dispatch, COORDINATOR, number, clock.now())
    assert do(shipments.cancel, COORDINATOR, number).status == "cancelled"


def test_only_what_was_approved_is_shipped_for_its_own_site(do, session, world, draft):
    depot, clinic, *_ = world
    number = draft(10).number
    command = shipments.NewShipment(depot.code, clinic.code, "road", requisition=number)
    with pytest.raises(Conflict) as refused:
        do(shipments.draft, COORDINATOR, command)
    assert pointers(refused) == ["/requisition"]
    elsewhere = shipments.NewShipment(depot.code, create_site(session).code, "road", requisition=number)
    for wrong in (elsewhere, shipments.NewShipment(depot.code, clinic.code, "road", requisition="REQ-1")):
        with pytest.raises(Invalid) as refused:
            do(shipments.draft, COORDINATOR, wrong)
        assert pointers(refused) == ["/requisition"]


def test_what_remains_is_packed_at_once(do, session, world, approved, ship):
    depot, clinic, item, other = world
    ship(approved, 4)
    command = shipments.NewShipment(depot.code, clinic.code, "road", requisition=approved)
    number = do(shipments.draft, COORDINATOR, command).number
    shipment = shipments.get_shipment(session, COORDINATOR, number)
    assert packing.remaining(session, shipment) == {item.code: 6, other.code: 20}
    package = do(packing.pack_requisition, COORDINATOR, number, packing.NewPackage("pallet"))
    assert sorted(line.quantity for line in package.lines) == [6, 20]
    assert do(packing.pack_requisition, COORDINATOR, number, packing.NewPackage("pallet")) is None


def test_the_position_counts_each_thing_once(do, session, world, approved, ship):
    from inventory.ledger.figures import figures

    _depot, clinic, item, _ = world

    def position() -> tuple[int, int, int]:
        session.expire_all()
        found = figures(session, clinic.id, TODAY)[item.id]
        return found.available, found.inbound, found.open_requisitions

    assert position() == (0, 0, 10)
    number = ship(approved, 10)
    assert position() == (0, 0, 10)
    do(shipping.dispatch, COORDINATOR, number, clock.now() - timedelta(minutes=1))
    assert position() == (0, 10, 0)
    arrive(do, session, number)
    assert position() == (10, 0, 0)
