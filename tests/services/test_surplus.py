"""Surplus: proposed over all sites, made into drafts, approved by a person, sent."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.errors import Conflict, Forbidden, Invalid
from inventory.ledger.surplus import surplus
from inventory.models import AuditEntry, Balance, Lot, Shipment
from inventory.queries import surplus as reading
from inventory.services import levels, packing, shipments, shipping
from inventory.services import surplus as service
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.surplus import Chosen
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting

TODAY = clock.today()


@pytest.fixture
def world(session):
    """Two dispensaries of a hub: at A 500 expire in sixty days, of which it uses 30 a month; B uses 300."""
    hub = create_site(session, "HUB")
    a = create_site(session, "A", kind="dispensary", supplied_by="HUB", lead_time_days=1)
    b = create_site(session, "B", kind="dispensary", supplied_by="HUB", lead_time_days=2)
    item = create_item(session, "PARA")
    demand(session, a, item, 30)
    demand(session, b, item, 300, maximum=1000)
    lot = stock_up(session, a, item, 500, lot="OLD", expires_in=60)
    return hub, a, b, item, lot


def demand(session, site, item, monthly, *, reorder_point=0, maximum=5000, buffer=0):
    body = {
        "method": "fixed",
        "reorder_point": reorder_point,
        "maximum": maximum,
        "emergency_point": 0,
        "demand_override": {"quantity": Decimal(monthly), "reason": "a test says so"},
        "expiry_buffer_days": buffer,
    }
    put_policy(session, site, item, body)


def put_policy(session, site, item, body):
    levels.set_policy(session, SYSTEM, site.code, item.code, body)
    session.commit()


def proposed(session):
    return surplus(session, clock.today()).proposals


def told(session):
    return [(p.lot.number, p.origin.code, p.destination.code, p.quantity) for p in proposed(session)]


def chosen(proposal, quantity=None):
    return Chosen(proposal.lot.id, proposal.origin.id, proposal.destination.id, quantity or proposal.quantity)


def reserved(session, lot):
    session.expire_all()
    return sum(session.scalars(select(Balance.reserved).where(Balance.lot_id == lot.id)))


def test_what_would_expire_is_proposed_to_who_uses_it(session, world):
    # A uses 59 in sixty days. B uses 9.856 a day in the 57 days after its arrival on the third.
    assert told(session) == [("OLD", "A", "B", 441)]
    found = proposed(session)[0]
    assert (found.expiring, found.arrives_on) == (441, TODAY + timedelta(days=3))
    assert found.used_by < found.lot.expires_on


@pytest.mark.parametrize("change", ["partner", "planned", "closed", "abroad"])
def test_sites_that_are_not_ours_or_not_open_or_abroad_take_nothing(session, change):
    item = create_item(session)
    a = create_site(session, kind="dispensary")
    fields = {
        "partner": {"kind": "partner"},
        "planned": {"kind": "dispensary", "status": "planned"},
        "closed": {"kind": "dispensary", "status": "closed"},
        "abroad": {"kind": "dispensary", "country": "AM"},
    }[change]
    b = create_site(session, **fields)
    demand(session, a, item, 0)
    demand(session, b, item, 300)
    stock_up(session, a, item, 100, expires_in=90)
    assert proposed(session) == []


@pytest.mark.parametrize(
    ("fields", "kind", "moved"),
    [
        ({"controlled": True}, "warehouse", False),
        ({"temperature": "cold_chain"}, "dispensary", False),
        ({"temperature": "cold_chain"}, "warehouse", True),
        ({"temperature": "cool"}, "dispensary", True),
    ],
)
def test_controlled_goods_stay_and_cold_ones_leave_stores_only(session, fields, kind, moved):
    item = create_item(session, **fields)
    a, b = create_site(session, kind=kind), create_site(session, kind="dispensary")
    demand(session, a, item, 0)
    demand(session, b, item, 300)
    stock_up(session, a, item, 100, expires_in=90)
    assert bool(proposed(session)) is moved


def test_without_known_demand_nothing_is_said(session):
    item = create_item(session)
    a, b = create_site(session), create_site(session)
    demand(session, b, item, 300)
    policy = {
        "method": "months",
        "minimum_months": Decimal(1),
        "maximum_months": Decimal(2),
        "emergency_months": Decimal(0),
    }
    put_policy(session, a, item, policy)
    stock_up(session, a, item, 100, expires_in=90, zone="quarantine")
    assert proposed(session) == []


def test_a_store_gives_its_sites_what_would_come_too_late(session, world):
    hub, _a, _b, item, _ = world
    demand(session, hub, item, 0)
    stock_up(session, hub, item, 600, lot="HUB", expires_in=60)
    # B uses 571 in the 58 days after the second; 441 of it come from A. Within thirty days 325 would leave the hub.
    assert told(session) == [("OLD", "A", "B", 441), ("HUB", "HUB", "B", 130)]


def test_a_draft_reserves_says_why_and_is_not_proposed_again(do, session, world):
    _, a, b, _item, lot = world
    made = do(service.draft_moves, COORDINATOR, [chosen(proposed(session)[0])])
    assert len(made) == 1
    shipment = session.scalars(select(Shipment)).one()
    assert (shipment.status, shipment.saves, shipment.needs_approval) == ("draft", 441, True)
    assert shipment.eta == TODAY + timedelta(days=3)
    text = str(reading.reason_of(shipment))
    assert "441" in text and a.name in text and b.name in text
    assert reserved(session, lot) == 441
    assert told(session) == []
    actions = [
        entry.action
        for entry in session.scalars(select(AuditEntry).where(AuditEntry.subject == shipment.number))
    ]
    assert {"create", "propose"} <= set(actions)


def test_part_of_it_leaves_the_rest_to_propose(do, session, world):
    do(service.draft_moves, COORDINATOR, [chosen(proposed(session)[0], 100)])
    assert told(session) == [("OLD", "A", "B", 341)]


def test_cancelling_releases_and_proposes_again(do, session, world):
    *_, lot = world
    (made,) = do(service.draft_moves, COORDINATOR, [chosen(proposed(session)[0])])
    do(shipments.cancel, COORDINATOR, made.number)
    assert reserved(session, lot) == 0
    assert told(session) == [("OLD", "A", "B", 441)]


def test_each_way_gets_a_shipment_of_its_own(do, session, world):
    _, a, _b, _item, _ = world
    c = create_site(session, "C", kind="dispensary", supplied_by="HUB", lead_time_days=2)
    second = create_item(session, "ORS")
    demand(session, a, second, 0)
    demand(session, c, second, 300)
    stock_up(session, a, second, 50, lot="SALTS", expires_in=80)
    made = do(service.draft_moves, COORDINATOR, [chosen(each) for each in proposed(session)])
    assert [(each.origin.code, each.destination.code, each.saves) for each in made] == [
        ("A", "B", 441),
        ("A", "C", 50),
    ]


def test_what_changed_meanwhile_is_refused_whole(do, session, world):
    _, _a, _, _item, lot = world
    found = proposed(session)[0]
    carton = do(shipments.draft, COORDINATOR, shipments.NewShipment("A", "HUB", "road"))
    do(packing.pack, COORDINATOR, carton.number, NewPackage("carton", [PackedLine("PARA", 300)]))
    with pytest.raises(Conflict) as refused:
        do(service.draft_moves, COORDINATOR, [chosen(found)])
    assert [error.pointer for error in refused.value.errors] == ["/moves/0/quantity"]
    assert session.scalars(select(Shipment.number)).all() == [carton.number]
    assert reserved(session, lot) == 300


def test_twice_the_same_is_refused_the_second_time(do, session, world):
    found = proposed(session)[0]
    do(service.draft_moves, COORDINATOR, [chosen(found)])
    with pytest.raises(Conflict) as refused:
        do(service.draft_moves, COORDINATOR, [chosen(found)])
    assert [error.pointer for error in refused.value.errors] == ["/moves/0"]


def test_the_same_line_twice_in_one_go_is_refused(do, session, world):
    found = proposed(session)[0]
    with pytest.raises(Invalid):
        do(service.draft_moves, COORDINATOR, [chosen(found), chosen(found, 1)])


def test_nothing_and_less_than_one_are_refused(do, session, world):
    found = proposed(session)[0]
    with pytest.raises(Invalid):
        do(service.draft_moves, COORDINATOR, [])
    with pytest.raises(Invalid):
        do(
            service.draft_moves,
            COORDINATOR,
            [Chosen(found.lot.id, found.origin.id, found.destination.id, -5)],
        )


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.CLINIC, Role.VIEWER])
def test_only_those_who_lead_draft_and_approve(do, session, world, role):
    _, a, b, *_ = world
    found = proposed(session)[0]
    (made,) = do(service.draft_moves, COORDINATOR, [chosen(found)])
    with pytest.raises(Forbidden):
        do(service.draft_moves, acting(role, a, b), [chosen(found)])
    with pytest.raises(Forbidden):
        do(service.approve, acting(role, a, b), made.number)


def test_it_leaves_only_once_it_is_approved(do, session, world, on_hand):
    _, a, _b, _item, lot = world
    (made,) = do(service.draft_moves, COORDINATOR, [chosen(proposed(session)[0])])
    with pytest.raises(Conflict, match="approve it first"):
        do(shipping.dispatch, COORDINATOR, made.number, clock.now())
    do(service.approve, COORDINATOR, made.number)
    session.expire_all()
    shipment = session.scalars(select(Shipment)).one()
    assert shipment.approved_at is not None and shipment.approved_by == COORDINATOR.name
    do(shipping.dispatch, COORDINATOR, made.number, clock.now())
    assert on_hand(a, lot) == 59
    with pytest.raises(Conflict):
        do(service.approve, COORDINATOR, made.number)


def test_approving_twice_or_what_needs_none_is_refused(do, session, world):
    (made,) = do(service.draft_moves, COORDINATOR, [chosen(proposed(session)[0])])
    do(service.approve, COORDINATOR, made.number)
    with pytest.raises(Conflict, match="already"):
        do(service.approve, COORDINATOR, made.number)
    other = do(shipments.draft, COORDINATOR, shipments.NewShipment("A", "B", "road"))
    with pytest.raises(Conflict, match="no approval"):
        do(service.approve, COORDINATOR, other.number)


def test_what_is_packed_after_the_approval_takes_it_back(do, session, world):
    (made,) = do(service.draft_moves, COORDINATOR, [chosen(proposed(session)[0])])
    do(service.approve, COORDINATOR, made.number)
    do(packing.pack, COORDINATOR, made.number, NewPackage("carton", [PackedLine("PARA", 5)]))
    with pytest.raises(Conflict, match="approve it first"):
        do(shipping.dispatch, COORDINATOR, made.number, clock.now())


def test_who_reads_it_sees_both_sites(session, world):
    _hub, a, b, *_ = world
    assert reading.proposals(session, VIEWER, TODAY).units == 441
    assert reading.proposals(session, acting(Role.CLINIC, a, b), TODAY).units == 441
    one = reading.proposals(session, acting(Role.CLINIC, a), TODAY)
    assert (one.ways, one.expiring_lots, one.expiring_units) == ([], 1, 441)
    assert reading.proposals(session, acting(Role.CLINIC, b), TODAY).expiring_lots == 0
    with pytest.raises(Forbidden):
        reading.proposals(session, DONOR, TODAY)


def test_recalled_and_reserved_lots_are_not_proposed(do, session, world):
    *_, lot = world
    session.get_one(Lot, lot.id).recalled_on = TODAY
    session.commit()
    assert proposed(session) == []


def test_what_came_a_few_days_ago_and_was_not_used_yet_is_no_surplus(session):
    item = create_item(session)
    a, b = create_site(session, kind="dispensary"), create_site(session, kind="dispensary")
    demand(session, b, item, 300)
    stock_up(session, a, item, 100, expires_in=90, received_on=TODAY - timedelta(days=29))
    assert proposed(session) == []
    stock_up(session, a, item, 100, expires_in=80, received_on=TODAY - timedelta(days=40))
    assert {each.origin.code for each in proposed(session)} == {a.code}
