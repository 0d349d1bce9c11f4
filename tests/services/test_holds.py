"""Holds: opened as goods are put aside, settled as they leave, decided by two people."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import SYSTEM, Actor, Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Balance, Hold, Location, Posting, StockEvent
from inventory.services import (
    adjustments,
    hold_decisions,
    holds,
    packing,
    recalls,
    receipts,
    shipments,
    shipping,
    stock_events,
)
from inventory.services.hold_decisions import Decision, Proposal
from inventory.services.receipts import LineException, NewReceipt, NewReceiptLine
from inventory.services.shipping import Arrival, ArrivedLine
from tests.factories import create_site, create_user, stock_up
from tests.services.people import COORDINATOR, VIEWER, acting, pointers

TODAY = clock.today()


def in_days(days: int):
    return TODAY + timedelta(days=days)


@pytest.fixture
def people(session, site):
    """Two people with accounts: who proposes, who decides."""
    clinic, lead = (
        create_user(session, Role.CLINIC, [site], name="Zîn 🌿 ژین"),
        create_user(session, Role.COORDINATOR),
    )
    return (
        Actor(clinic.id, clinic.name, Role.CLINIC, frozenset({site.id})),
        Actor(lead.id, lead.name, Role.COORDINATOR),
    )


@pytest.fixture
def receive(do, site, item):
    def call(**fields):
        given = {"item": item.code, "lot": "L1", "quantity": 100, "expires_on": in_days(700)} | fields
        command = NewReceipt(site.code, TODAY, [NewReceiptLine(**given)])
        return do(receipts.receive, SYSTEM, command)

    return call


@pytest.fixture
def held(session):
    """The holds, the oldest first, as (cause, zone, quantity, status, outcome)."""

    def look():
        session.expire_all()
        return [
            (each.cause, each.zone, each.quantity, str(each.status), each.outcome and str(each.outcome))
            for each in session.scalars(select(Hold).order_by(Hold.id))
        ]

    return look


@pytest.fixture(autouse=True)
def never_more_than_there_is(session):
    """After every test: no more is held of a lot in a zone than the zone has."""
    yield
    session.expire_all()
    waiting = session.execute(
        select(Hold.site_id, Hold.zone, Hold.lot_id, func.sum(Hold.quantity))
        .where(Hold.status != "decided")
        .group_by(Hold.site_id, Hold.zone, Hold.lot_id)
    )
    for site_id, zone, lot_id, quantity in waiting:
        there = session.scalar(
            select(Balance.on_hand)
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id == site_id, Location.kind == zone, Balance.lot_id == lot_id)
        )
        assert quantity <= (there or 0)


def number(session, index: int = 0) -> str:
    session.expire_all()
    return session.scalars(select(Hold.number).order_by(Hold.id)).all()[index]


def witness(session, document: str) -> str | None:
    return session.scalars(select(Posting.witness).where(Posting.document == document)).one()


def test_a_line_that_is_right_has_no_hold(receive, held):
    receive()
    assert held() == []


def test_the_worst_rule_is_the_cause_and_all_are_told(session, receive, held):
    receipt = receive(expires_on=in_days(30), label_languages=["sv"])
    assert held() == [("label", "quarantine", 100, "open", None)]
    hold = session.scalars(select(Hold)).one()
    assert hold.document == receipt.number
    assert [each["rule"] for each in hold.detail["findings"]] == ["label", "short_dated"]


def test_what_is_damaged_has_a_hold_of_its_own(receive, held):
    receive(damaged=7)
    receive(lot="L2", expires_on=in_days(30), damaged=7)
    assert held() == [
        ("damaged", "quarantine", 7, "open", None),
        ("short_dated", "quarantine", 93, "open", None),
        ("damaged", "quarantine", 7, "open", None),
    ]


def test_expired_is_refused_and_what_was_accepted_is_no_cause(receive, held):
    receive(expires_on=in_days(-1))
    receive(
        lot="L2", expires_on=in_days(60), exceptions=[LineException("short_dated", "Dr A", "used up by May")]
    )
    receive(lot="L3", zone="quarantine", note="wet carton")
    assert held() == [
        ("expired", "refused", 100, "open", None),
        ("by_hand", "quarantine", 100, "open", None),
    ]


def test_a_shipment_brings_holds(do, session, site, item, held):
    depot = create_site(session)
    stock_up(session, depot, item, 50, lot="L1")
    sent = do(shipments.draft, COORDINATOR, shipments.NewShipment(depot.code, site.code, "road")).number
    do(packing.pack, COORDINATOR, sent, packing.NewPackage("carton", [packing.PackedLine(item.code, 50)]))
    do(shipping.dispatch, COORDINATOR, sent, clock.now() - timedelta(minutes=5))
    line = ArrivedLine(item.code, "L1", 50, damaged=4, zone="quarantine")
    do(shipping.receive, COORDINATOR, sent, Arrival(clock.now(), [line]))
    assert held() == [
        ("damaged", "quarantine", 4, "open", None),
        ("by_hand", "quarantine", 46, "open", None),
    ]


def test_set_aside_by_hand_and_given_its_real_cause(do, session, site, item, held):
    stock_up(session, site, item, 50, lot="L1")
    line = adjustments.ZoneMoveLine(item.code, "L1", 20, "stock", "quarantine")
    moved = do(adjustments.move_zones, COORDINATOR, adjustments.ZoneMove(site.code, [line], "dropped"))
    assert held() == [("by_hand", "quarantine", 20, "open", None)]
    lot_id = session.scalars(select(Hold.lot_id)).one()
    zone = session.scalars(
        select(Location.id).where(Location.site_id == site.id, Location.kind == "quarantine")
    ).one()
    move = holds.Move(lot_id, 20, 0, zone)
    do(holds.open_for, COORDINATOR, site, [move], "excursion", None, moved.number)
    do(holds.open_for, COORDINATOR, site, [move], "excursion", None, moved.number)  # no more than there is
    assert held() == [("excursion", "quarantine", 20, "open", None)]


def release(site, item, quantity, source="quarantine", destination="stock"):
    line = adjustments.ZoneMoveLine(item.code, "L1", quantity, source, destination)
    return adjustments.ZoneMove(site.code, [line])


def test_what_leaves_by_other_ways_settles_the_oldest_first(do, session, site, item, receive, held):
    receive(zone="quarantine")
    receive(damaged=10)
    do(adjustments.move_zones, COORDINATOR, release(site, item, 105))
    assert held() == [
        ("by_hand", "quarantine", 100, "decided", "release"),
        ("damaged", "quarantine", 5, "open", None),
        ("damaged", "quarantine", 5, "decided", "release"),
    ]
    first = session.scalars(select(Hold).order_by(Hold.id)).first()
    assert first.decided_by == COORDINATOR.name
    assert first.event_id == session.scalars(select(StockEvent.id)).one()


def test_a_disposal_settles_and_taking_it_back_holds_again(do, session, site, item, receive, held, sound):
    receive(expires_on=in_days(-1))
    line = adjustments.DisposalLine(item.code, "L1", 40)
    gone = do(
        adjustments.dispose, COORDINATOR, adjustments.Disposal(site.code, TODAY, "incineration", [line])
    )
    assert held() == [
        ("expired", "refused", 60, "open", None),
        ("expired", "refused", 40, "decided", "destroy"),
    ]
    do(stock_events.undo, COORDINATOR, gone.number, "not burnt after all")
    assert held()[2] == ("expired", "refused", 40, "open", None)
    sound()


def test_taking_the_receipt_back_settles_its_own_holds(do, receive, held):
    receive(zone="quarantine", lot="L1")
    second = receive(damaged=10)
    do(receipts.undo_receipt, SYSTEM, second.number, "typed twice")
    assert held() == [
        ("by_hand", "quarantine", 100, "open", None),
        ("damaged", "quarantine", 10, "decided", "gone"),
    ]


def test_refused_by_a_direct_move_still_waits(do, site, item, receive, held):
    receive(expires_on=in_days(30))
    moved = do(adjustments.move_zones, COORDINATOR, release(site, item, 30, destination="refused"))
    assert held() == [
        ("short_dated", "quarantine", 70, "open", None),
        ("short_dated", "quarantine", 30, "decided", "refuse"),
        ("short_dated", "refused", 30, "open", None),
    ]
    do(adjustments.move_zones, COORDINATOR, release(site, item, 30, "refused", "quarantine"))
    assert held()[2] == ("short_dated", "quarantine", 30, "open", None)
    assert moved.number


def test_two_people_decide_a_part(do, session, site, item, receive, held, people, on_hand, sound):
    clinic, lead = people
    receive(expires_on=in_days(30))
    proposed = do(hold_decisions.propose, clinic, number(session), Proposal("accept", "Domiz uses it up", 60))
    assert held() == [
        ("short_dated", "quarantine", 60, "proposed", "accept"),
        ("short_dated", "quarantine", 40, "open", None),
    ]
    done = do(hold_decisions.decide, lead, proposed.number, Decision(True))
    assert (on_hand(site, "L1"), on_hand(site, "L1", "quarantine")) == (60, 40)
    assert held()[0] == ("short_dated", "quarantine", 60, "decided", "accept")
    assert (done.proposed_by, done.decided_by) == (clinic.name, lead.name)
    number_of_it = session.get_one(StockEvent, done.event_id).number
    assert number_of_it.startswith("ZMV-")
    assert witness(session, number_of_it) == clinic.name
    with pytest.raises(Conflict):
        do(hold_decisions.decide, lead, proposed.number, Decision(True))
    sound()


def test_nobody_decides_alone(do, session, receive, people):
    _, lead = people
    receive(zone="quarantine")
    do(hold_decisions.propose, lead, number(session), Proposal("release", "dry again"))
    with pytest.raises(Forbidden):
        do(hold_decisions.decide, lead, number(session), Decision(True))
    with pytest.raises(Forbidden):  # the same account under another name
        do(hold_decisions.decide, replace(lead, name="Somebody else"), number(session), Decision(True))


def test_sent_back_with_a_reason(do, session, receive, people, held):
    clinic, lead = people
    receive(zone="quarantine")
    do(hold_decisions.propose, clinic, number(session), Proposal("release", "dry again"))
    with pytest.raises(Invalid) as refused:
        do(hold_decisions.decide, lead, number(session), Decision(False))
    assert pointers(refused) == ["/reason"]
    back = do(hold_decisions.decide, lead, number(session), Decision(False, "who looked?"))
    assert (back.status, back.outcome, back.reason) == ("open", None, "who looked?")
    with pytest.raises(Conflict):
        do(hold_decisions.decide, lead, number(session), Decision(True))


def test_refused_then_returned_to_who_gave_it(do, session, site, receive, people, held, on_hand, sound):
    clinic, lead = people
    receive(expires_on=in_days(30))
    do(hold_decisions.propose, clinic, number(session), Proposal("refuse", "nobody can use it"))
    do(hold_decisions.decide, lead, number(session), Decision(True))
    assert held()[1] == ("short_dated", "refused", 100, "open", None)
    do(hold_decisions.propose, clinic, number(session, 1), Proposal("return", "the donor fetches it"))
    done = do(hold_decisions.decide, lead, number(session, 1), Decision(True, place="Erbil"))
    assert (done.event.method, done.event.place, done.outcome) == ("return", "Erbil", "return")
    assert on_hand(site, "L1", "refused") == 0
    sound()


def test_destroying_needs_a_method_and_another_witness(do, session, receive, people):
    clinic, lead = people
    receive(expires_on=in_days(-1))
    do(hold_decisions.propose, clinic, number(session), Proposal("destroy", "expired"))
    for decision, pointer in [
        (Decision(True), "/method"),
        (Decision(True, method="return"), "/method"),
        (Decision(True, method="sewer", witness=lead.name.upper()), "/witness"),
    ]:
        with pytest.raises(Invalid) as refused:
            do(hold_decisions.decide, lead, number(session), decision)
        assert pointers(refused) == [pointer]
    done = do(hold_decisions.decide, lead, number(session), Decision(True, method="encapsulation"))
    assert done.event.method == "encapsulation"
    assert witness(session, done.event.number) == clinic.name


def test_what_was_recalled_after_the_proposal_is_not_released(do, session, item, receive, people):
    clinic, lead = people
    receive(zone="quarantine")
    do(hold_decisions.propose, clinic, number(session), Proposal("release", "fine"))
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    with pytest.raises(Conflict):
        do(hold_decisions.decide, lead, number(session), Decision(True))


@pytest.mark.parametrize(
    ("proposal", "pointer"),
    [
        (Proposal("release", " "), "/reason"),
        (Proposal("burn", "x"), "/outcome"),
        (Proposal("gone", "x"), "/outcome"),
        (Proposal("release", "x", 0), "/quantity"),
        (Proposal("release", "x", 101), "/quantity"),
        (Proposal("accept", "x"), "/outcome"),
    ],
)
def test_a_wrong_proposal_is_named(do, session, receive, people, proposal, pointer):
    receive(zone="quarantine")
    with pytest.raises(Invalid) as refused:
        do(hold_decisions.propose, people[0], number(session), proposal)
    assert pointers(refused) == [pointer]


def test_who_may(do, session, receive, people, site):
    receive(zone="quarantine")
    elsewhere = create_site(session)
    hold = number(session)
    with pytest.raises(Forbidden):
        do(hold_decisions.propose, VIEWER, hold, Proposal("release", "x"))
    with pytest.raises(NotFound):
        do(hold_decisions.propose, acting(Role.CLINIC, elsewhere), hold, Proposal("release", "x"))
    do(hold_decisions.propose, people[0], hold, Proposal("release", "x"))
    with pytest.raises(Forbidden):
        do(hold_decisions.decide, acting(Role.CLINIC, site), hold, Decision(True))
    with pytest.raises(NotFound):
        do(hold_decisions.decide, acting(Role.WAREHOUSE, elsewhere), hold, Decision(True))
    do(hold_decisions.decide, acting(Role.WAREHOUSE, site), hold, Decision(True))


def test_what_stood_there_before_is_given_a_reason(do, session, site, item, receive, held):
    receive(zone="quarantine")
    session.delete(session.scalars(select(Hold)).one())
    session.commit()
    asked = (site.code, item.code, "L1", "quarantine")
    with pytest.raises(Invalid):
        do(hold_decisions.explain, COORDINATOR, *asked, " ")
    do(hold_decisions.explain, COORDINATOR, *asked, "no papers")
    assert held() == [("by_hand", "quarantine", 100, "open", None)]
    with pytest.raises(Conflict):
        do(hold_decisions.explain, COORDINATOR, *asked, "again")
