"""The register of controlled medicines: every change of stock once, numbered, with a running balance."""

import threading
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from inventory import clock, ledger
from inventory.access import SYSTEM
from inventory.db import atomically, db
from inventory.errors import DomainError
from inventory.ledger import Entry
from inventory.ledger import register as keeping
from inventory.ledger.bulk import post_all
from inventory.models import ControlledEntry, ControlledSignature
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import catalogue, consumption
from inventory.services.consumption import Consumption, ConsumptionLine
from tests.factories import create_item, create_site, stock_up

K = LocationKind


@pytest.fixture
def morphine(session):
    return create_item(session, "MORPHINE", controlled=True)


def entries(session, item, site=None) -> list[tuple[int, int, int]]:
    query = select(ControlledEntry).where(ControlledEntry.item_id == item.id)
    if site is not None:
        query = query.where(ControlledEntry.site_id == site.id)
    rows = session.scalars(query.order_by(ControlledEntry.site_id, ControlledEntry.sequence))
    return [(row.sequence, row.change, row.balance) for row in rows]


def test_each_change_is_entered_once_with_the_balance_after_it(house, morphine):
    one, two = house.lot("A", morphine), house.lot("B", morphine)
    house.receive(one, 100)
    house.receive(two, 50, zone=K.QUARANTINE)
    house.consume(one, 30)
    assert entries(house.session, morphine) == [(1, 100, 100), (2, 50, 150), (3, -30, 120)]
    assert house.faults() == []


def test_a_move_between_zones_changes_nothing(house, morphine):
    lot = house.lot("A", morphine)
    house.receive(lot, 100)
    posted = house.post(PostingKind.ZONE_MOVE, house.move(lot, 40, K.STOCK, K.QUARANTINE))
    assert posted.entered == frozenset()
    assert entries(house.session, morphine) == [(1, 100, 100)]
    assert house.faults() == []


def test_an_entry_for_each_lot_of_a_posting_and_none_for_what_is_not_controlled(house, morphine):
    one, two, other = house.lot("A", morphine), house.lot("B", morphine), house.lot("C")
    posted = house.post(
        PostingKind.RECEIPT,
        house.move(one, 10, K.SUPPLIER, K.STOCK),
        house.move(one, 5, K.SUPPLIER, K.QUARANTINE),
        house.move(two, 7, K.SUPPLIER, K.STOCK),
        house.move(other, 9, K.SUPPLIER, K.STOCK),
    )
    assert posted.entered == {(house.site.id, morphine.id)}
    assert entries(house.session, morphine) == [(1, 15, 15), (2, 7, 22)]
    assert entries(house.session, house.item) == []
    assert house.faults() == []


def test_a_reversal_is_an_entry_of_its_own(house, morphine):
    lot = house.lot("A", morphine)
    house.receive(lot, 100)
    house.reverse(house.consume(lot, 30))
    assert entries(house.session, morphine) == [(1, 100, 100), (2, -30, 70), (3, 30, 100)]
    assert house.faults() == []


def test_what_is_told_late_is_entered_when_it_is_told(house, morphine):
    lot = house.lot("A", morphine)
    house.receive(lot, 100, ago=9)
    house.consume(lot, 10)
    late = house.consume(lot, 5, ago=4)
    assert entries(house.session, morphine) == [(1, 100, 100), (2, -10, 90), (3, -5, 85)]
    assert late.posting.occurred_on == house.day(4)
    assert house.faults() == []


def test_a_shipment_is_entered_at_either_end(house, morphine):
    lot = house.lot("A", morphine)
    house.receive(lot, 100)
    from inventory.services import packing, shipments, shipping

    s = house.session
    stock_up(s, house.site, morphine, 100, lot="Z")
    number = shipments.draft(
        s, SYSTEM, shipments.NewShipment(house.site.code, house.other.code, "road")
    ).number
    packing.pack(
        s, SYSTEM, number, packing.NewPackage("carton", [packing.PackedLine(morphine.code, 60, "Z")])
    )
    shipping.dispatch(s, SYSTEM, number, clock.now())
    line = shipping.ArrivedLine(morphine.code, "Z", 55, 5)
    shipping.receive(s, SYSTEM, number, shipping.Arrival(clock.now(), [line]))
    assert entries(s, morphine, house.site)[-1] == (3, -60, 140)
    assert entries(s, morphine, house.other) == [(1, 55, 55)]
    missing = shipping.MissingLine(morphine.code, "Z", 2)
    shipping.found(s, SYSTEM, number, [missing])
    shipping.write_off(s, SYSTEM, number, "stolen on the way")
    assert entries(s, morphine, house.other) == [(1, 55, 55), (2, 2, 57)]
    assert house.faults() == []


def test_an_item_put_under_control_brings_its_history(house):
    one, two = house.lot("A"), house.lot("B")
    house.receive(one, 100, ago=5)
    house.receive(two, 50)
    house.consume(one, 30, ago=2)
    house.post(PostingKind.ZONE_MOVE, house.move(two, 10, K.STOCK, K.QUARANTINE))
    assert entries(house.session, house.item) == []
    catalogue.change_item(house.session, SYSTEM, house.item.code, {"controlled": True})
    assert entries(house.session, house.item) == [(1, 100, 100), (2, 50, 150), (3, -30, 120)]
    assert house.faults() == []
    house.consume(one, 20)
    assert entries(house.session, house.item)[-1] == (4, -20, 100)
    assert house.faults() == []


def test_what_moved_between_two_times_under_control_is_entered_at_the_second(house, morphine):
    lot = house.lot("A", morphine)
    house.receive(lot, 100)
    catalogue.change_item(house.session, SYSTEM, "MORPHINE", {"controlled": False})
    house.consume(lot, 10)
    house.consume(lot, 20)
    assert entries(house.session, morphine) == [(1, 100, 100)]
    assert house.faults() == []
    catalogue.change_item(house.session, SYSTEM, "MORPHINE", {"controlled": True})
    assert entries(house.session, morphine) == [(1, 100, 100), (2, -10, 90), (3, -20, 70)]
    assert house.faults() == []


def test_a_history_loaded_at_once_is_entered_whatever_its_order(house, morphine):
    lot = house.lot("A", morphine)
    day, at = house.day(3), clock.noon(house.day(3))
    rows = [
        Entry(PostingKind.CONSUMPTION, day, at, [house.move(lot, 40, K.STOCK, K.PATIENTS)]),
        Entry(PostingKind.RECEIPT, day, at, [house.move(lot, 100, K.SUPPLIER, K.STOCK)], witness="Nadia"),
        Entry(PostingKind.CONSUMPTION, day, at, [house.move(lot, 50, K.STOCK, K.PATIENTS)]),
    ]
    post_all(house.session, rows)
    found = entries(house.session, morphine)
    assert [row[0] for row in found] == [1, 2, 3]
    assert sorted(row[1] for row in found) == [-50, -40, 100]
    assert found[-1][2] == 10
    assert house.session.scalars(select(ControlledSignature.by)).all() == ["Nadia"]
    assert house.faults() == []


def test_a_second_name_that_was_given_signs_the_posting(house, morphine):
    lot, plain = house.lot("A", morphine), house.lot("B")
    for one in (lot, plain):
        entry = Entry(
            PostingKind.RECEIPT,
            clock.today(),
            clock.now(),
            [house.move(one, 10, K.SUPPLIER, K.STOCK)],
            by="Karim",
            witness="نادية 🩺",
        )
        ledger.post(house.session, entry)
    signatures = house.session.scalars(select(ControlledSignature)).all()
    assert [(each.by, each.by_id) for each in signatures] == [("نادية 🩺", None)]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM controlled_entry WHERE sequence = 2", "follows entry 1"),
        ("DELETE FROM controlled_entry WHERE sequence = 3", "is not in the register"),
        ("UPDATE controlled_entry SET change = 99 WHERE sequence = 1", "says 100 are left"),
        ("UPDATE controlled_entry SET balance = 99 WHERE sequence = 3", "are left"),
        ("UPDATE controlled_entry SET sequence = 9 WHERE sequence = 3", "follows entry 2"),
        ("UPDATE controlled_entry SET posting_id = 1 WHERE sequence = 3", "is not in the register"),
        ("UPDATE controlled_entry SET lot_id = (SELECT min(id) FROM lot) WHERE sequence = 3", "another item"),
    ],
)
def test_whatever_is_changed_behind_its_back_is_found(house, morphine, sql, said):
    other = house.lot("OTHER")
    house.receive(other, 1)
    lot = house.lot("A", morphine)
    house.receive(lot, 100)
    house.consume(lot, 10)
    house.consume(lot, 10)
    assert house.faults() == []
    house.session.execute(text(sql.replace("posting_id = 1", "posting_id = (SELECT min(id) FROM posting)")))
    assert any(said in fault for fault in house.faults())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "consume", "zone", "reverse", "late", "find", "switch", "other"]),
        st.integers(0, 2),
        st.integers(1, 30),
    ),
    min_size=1,
    max_size=25,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(steps=STEPS)
def test_random_postings_leave_the_register_provable(house, steps):
    """Whatever is posted, in whatever order, with the item under control now and then, every entry can be proved."""
    s = house.session
    item = create_item(s, f"R-{uuid4().hex[:8]}", controlled=True)
    lots = [house.lot(f"L{index}", item) for index in range(3)]
    done = []
    for what, which, quantity in steps:
        lot = lots[which]
        nested = s.begin_nested()
        try:
            if what == "receive":
                done.append(house.receive(lot, quantity))
            elif what == "late":
                done.append(house.receive(lot, quantity, ago=quantity))
            elif what == "consume":
                done.append(house.consume(lot, quantity))
            elif what == "zone":
                house.post(PostingKind.ZONE_MOVE, house.move(lot, quantity, K.STOCK, K.REFUSED))
            elif what == "find":
                house.post(PostingKind.COUNT, house.move(lot, quantity, K.FOUND, K.STOCK))
            elif what == "switch":
                catalogue.change_item(s, SYSTEM, item.code, {"controlled": not item.controlled})
            elif what == "reverse" and done:
                house.reverse(done.pop())
            elif what == "other":
                house.post(PostingKind.DISPOSAL, house.move(lot, quantity, K.STOCK, K.DISPOSED))
            nested.commit()
        except DomainError:
            nested.rollback()
            s.expire_all()
    if not item.controlled:
        catalogue.change_item(s, SYSTEM, item.code, {"controlled": True})
    assert house.faults() == []
    found = entries(s, item)
    assert [row[0] for row in found] == list(range(1, len(found) + 1))
    held = sum(
        sum(house.balance(lot, zone)[0] for zone in (K.STOCK, K.QUARANTINE, K.REFUSED)) for lot in lots
    )
    assert (found[-1][2] if found else 0) == held


def run_together(app, calls):
    """Each call in a thread and transaction of its own, all at once; what each raised."""
    start, faults = threading.Barrier(len(calls)), []

    def work(call):
        with app.app_context():
            start.wait()
            try:
                atomically(call)
            except BaseException as error:  # the test tells of it
                faults.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return faults


def test_postings_at_once_take_numbers_of_their_own(live_app):
    with live_app.app_context():
        s = db.session()
        site, item = create_site(s, "HERE"), create_item(s, "MORPHINE", controlled=True)
        for number in range(6):
            stock_up(s, site, item, 100, lot=f"L{number}")
        s.commit()

    def dispense(lot):
        def call(session):
            line = ConsumptionLine("MORPHINE", 7, lot)
            consumption.consume(session, SYSTEM, Consumption("HERE", clock.today(), [line]))

        return call

    assert run_together(live_app, [dispense(f"L{number}") for number in range(6)]) == []
    with live_app.app_context():
        s = db.session()
        found = entries(s, item)
        assert [row[0] for row in found] == list(range(1, 13))
        assert found[-1][2] == 6 * 93
        assert ledger.verify(s).faults == []
        s.rollback()


def test_an_item_put_under_control_while_it_is_posted_misses_nothing(live_app):
    with live_app.app_context():
        s = db.session()
        site, item = create_site(s, "HERE"), create_item(s, "MORPHINE")
        for number in range(4):
            stock_up(s, site, item, 100, lot=f"L{number}")
        s.commit()

    def dispense(lot):
        def call(session):
            line = ConsumptionLine("MORPHINE", 7, lot)
            consumption.consume(session, SYSTEM, Consumption("HERE", clock.today(), [line]))

        return call

    def switch(session):
        catalogue.change_item(session, SYSTEM, "MORPHINE", {"controlled": True})

    assert run_together(live_app, [*(dispense(f"L{number}") for number in range(4)), switch]) == []
    with live_app.app_context():
        s = db.session()
        assert ledger.verify(s).faults == []
        assert len(entries(s, item)) == 8
        s.rollback()


def test_only_the_first_of_two_signatures_stands(house, morphine):
    posted = house.receive(house.lot("A", morphine), 5)
    keeping.sign(house.session, posted.posting.id, "Nadia", None, None)
    with pytest.raises(DomainError) as refused:
        keeping.sign(house.session, posted.posting.id, "Sara", None, None)
    assert refused.value.status == 409
