"""Controlled medicines: two names for every posting, given with it or signed later, and what is told of it."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.access import Role
from inventory.db import atomically, db
from inventory.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from inventory.models import Alert, AuditEntry, ControlledSignature, Posting
from inventory.queries import register as reading
from inventory.services import adjustments, alerts, consumption, counts, register, stock_events
from inventory.services.accounts import actor_of
from inventory.services.consumption import Consumption, ConsumptionLine
from inventory.services.counts import Count, CountedLine
from inventory.services.second_person import second_person
from tests.factories import create_item, create_site, create_user, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, pointers

TODAY = clock.today()


@pytest.fixture
def morphine(session):
    return create_item(session, "MORPHINE", controlled=True)


@pytest.fixture
def clinic(session):
    return create_site(session, "CLINIC", kind="dispensary")


@pytest.fixture
def stocked(session, clinic, morphine):
    return stock_up(session, clinic, morphine, 100, lot="M1")


@pytest.fixture
def nurse(session, clinic):
    return actor_of(create_user(session, Role.CLINIC, [clinic], name="Hêvî Əli 🩺", password=None))


@pytest.fixture
def other(session, clinic):
    return actor_of(create_user(session, Role.CLINIC, [clinic], name="نادية حسن", password=None))


def given(quantity: int = 10, item: str = "MORPHINE") -> Consumption:
    return Consumption("CLINIC", TODAY, [ConsumptionLine(item, quantity)], uuid=uuid4())


def signature(session, event) -> ControlledSignature | None:
    session.expire_all()
    return session.get(ControlledSignature, event.posting_id)


def test_a_name_given_with_the_posting_stands_under_it(do, session, stocked, nurse):
    with second_person("  Sara  Ahmed ", required=True):
        event = do(consumption.consume, nurse, given())
    assert session.get_one(Posting, event.posting_id).witness == "Sara Ahmed"
    found = signature(session, event)
    assert (found.by, found.by_id) == ("Sara Ahmed", None)
    assert ledger.verify(session).faults == []


@pytest.mark.parametrize("name", [None, "", "   "])
def test_without_a_name_a_page_posts_nothing(do, session, stocked, nurse, name):
    before = session.scalars(select(Posting.id)).all()
    with second_person(name, required=True), pytest.raises(Invalid) as refused:
        do(consumption.consume, nurse, given())
    assert pointers(refused) == ["/witness"]
    assert "MORPHINE" in str(refused.value.errors[0].message)
    assert session.scalars(select(Posting.id)).all() == before


@pytest.mark.parametrize("name", ["Hêvî Əli 🩺", "hevi əli 🩺", "HÊVÎ  ƏLI 🩺"])
@pytest.mark.parametrize("required", [True, False])
def test_nobody_is_the_second_person_beside_themselves(do, stocked, nurse, name, required):
    with second_person(name, required=required), pytest.raises(Invalid) as refused:
        do(consumption.consume, nurse, given())
    assert pointers(refused) == ["/witness"]


@pytest.mark.parametrize("name", ["x" * 201, "a\u0000b", "a\u202eb"])
def test_a_name_that_is_none_is_told_at_its_field(do, stocked, nurse, name):
    with second_person(name, required=True), pytest.raises(Invalid) as refused:
        do(consumption.consume, nurse, given())
    assert pointers(refused) == ["/witness"]


def test_what_is_not_controlled_needs_no_second_person(do, session, clinic, nurse):
    plain = create_item(session, "PARA")
    stock_up(session, clinic, plain, 50)
    with second_person(None, required=True):
        event = do(consumption.consume, nurse, given(item="PARA"))
    with second_person("Hêvî Əli 🩺", required=True):
        do(consumption.consume, nurse, given(item="PARA"))
    assert signature(session, event) is None
    assert session.get_one(Posting, event.posting_id).witness is None


def test_a_zone_move_asks_too_although_it_makes_no_entry(do, session, stocked, nurse, clinic, morphine):
    line = adjustments.ZoneMoveLine("MORPHINE", "M1", 5, "stock", "quarantine")
    with second_person(None, required=True), pytest.raises(Invalid):
        do(adjustments.move_zones, nurse, adjustments.ZoneMove("CLINIC", [line], note="wet"))
    with second_person("Sara", required=True):
        event = do(adjustments.move_zones, nurse, adjustments.ZoneMove("CLINIC", [line], note="wet"))
    assert session.get_one(Posting, event.posting_id).witness == "Sara"
    assert reading.register_of(session, COORDINATOR, "CLINIC", "MORPHINE").entries == 1


def test_without_a_name_it_waits_for_another_account(do, session, stocked, nurse, other):
    event = do(consumption.consume, nurse, given())
    page = reading.unsigned(session, nurse, 1, 50)
    assert [(row.posting_id, row.own) for row in page.rows][-1] == (event.posting_id, True)
    assert reading.unsigned_count(session, nurse) == 1  # the receipt of the test, not what she posted
    assert reading.unsigned_count(session, other) == 2
    with pytest.raises(Forbidden):
        do(register.sign, nurse, [event.posting_id])
    do(register.sign, other, [event.posting_id], "I was there")
    found = signature(session, event)
    assert (found.by, found.by_id, found.note) == ("نادية حسن", other.user_id, "I was there")
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "sign")).all() == ["sign"]
    with pytest.raises(Conflict) as refused:
        do(register.sign, COORDINATOR, [event.posting_id])
    assert "نادية حسن" in str(refused.value.message)


def test_all_that_is_ticked_is_signed_or_nothing(do, session, stocked, nurse, other):
    events = [do(consumption.consume, nurse, given()) for _ in range(3)]
    ids = [event.posting_id for event in events]
    do(register.sign, other, [ids[1]])
    with pytest.raises(Conflict):
        do(register.sign, other, ids)
    assert [signature(session, event) is not None for event in events] == [False, True, False]
    do(register.sign, other, [ids[0], ids[2]])
    assert all(signature(session, event) for event in events)


def test_who_may_sign(do, session, stocked, nurse, other):
    event = do(consumption.consume, nurse, given())
    elsewhere = create_site(session, "ELSEWHERE")
    stranger = actor_of(create_user(session, Role.CLINIC, [elsewhere], password=None))
    for actor in (VIEWER, DONOR):
        with pytest.raises(Forbidden):
            do(register.sign, actor, [event.posting_id])
    with pytest.raises(NotFound):
        do(register.sign, stranger, [event.posting_id])
    with pytest.raises(NotFound):
        do(register.sign, other, [10**9])
    for chosen in ([], list(range(1, 300))):
        with pytest.raises(Invalid):
            do(register.sign, other, chosen)
    assert signature(session, event) is None


def test_of_two_who_sign_at_once_one_wins(live_app):
    with live_app.app_context():
        s = db.session()
        site, item = create_site(s, "CLINIC"), create_item(s, "MORPHINE", controlled=True)
        stock_up(s, site, item, 10)
        posting_id = s.scalars(select(Posting.id)).one()
        actors = [
            actor_of(create_user(s, Role.CLINIC, [site], name=f"Nurse {index}", password=None))
            for index in range(4)
        ]
        s.commit()
    start, answers = threading.Barrier(4), []

    def work(actor):
        with live_app.app_context():
            start.wait()
            try:
                atomically(lambda s: register.sign(s, actor, [posting_id]))
                answers.append(200)
            except DomainError as error:
                answers.append(error.status)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [200, 409, 409, 409]


# ---- alerts ------------------------------------------------------------------------------------------------------


def open_ones(session, kind: str) -> list[Alert]:
    session.expire_all()
    return list(session.scalars(select(Alert).where(Alert.kind == kind, Alert.resolved_at.is_(None))))


def test_what_is_unsigned_for_a_day_is_told_once_for_an_item_until_it_is_signed(
    do, session, stocked, nurse, other
):
    do(consumption.consume, nurse, given())
    do(alerts.evaluate)
    assert open_ones(session, "needs_attention") == []
    do(alerts.evaluate, TODAY + timedelta(days=2))
    (found,) = open_ones(session, "needs_attention")
    assert (found.quantity, found.severity, found.item_id) == (2, "warning", stocked.item_id)
    ids = [row.posting_id for row in reading.unsigned(session, other, 1, 50).rows]
    do(register.sign, other, ids)
    assert open_ones(session, "needs_attention") == []


def test_a_count_that_differs_is_told_until_it_is_taken_back(do, session, stocked, nurse, on_hand):
    counted = Count("CLINIC", TODAY, [CountedLine("MORPHINE", "M1", 97)])
    event = do(counts.count, nurse, counted)
    (found,) = open_ones(session, "discrepancy")
    assert (found.quantity, found.severity, found.document) == (3, "critical", event.number)
    do(alerts.evaluate, TODAY + timedelta(days=20))
    assert len(open_ones(session, "discrepancy")) == 1
    do(stock_events.undo, COORDINATOR, event.number, "counted the wrong shelf")
    assert open_ones(session, "discrepancy") == []
    assert ledger.verify(session).faults == []


def test_a_count_that_agrees_or_is_of_something_else_says_nothing(do, session, stocked, nurse, clinic):
    plain = create_item(session, "PARA")
    stock_up(session, clinic, plain, 50, lot="P1")
    lines = [CountedLine("MORPHINE", "M1", 100), CountedLine("PARA", "P1", 48)]
    do(counts.count, nurse, Count("CLINIC", TODAY, lines))
    assert open_ones(session, "discrepancy") == []


# ---- reading ------------------------------------------------------------------------------------------------------


def test_the_register_reads_as_a_book(do, session, stocked, nurse, other):
    with second_person("Sara"):
        do(consumption.consume, nurse, given())
    found = reading.register_of(session, nurse, "CLINIC", "MORPHINE")
    assert (found.balance, found.entries, found.unsigned) == (90, 2, 1)
    lines = list(reading.entries(session, found.site.id, found.item.id))
    assert [(line.sequence, line.change, line.balance) for line in lines] == [(1, 100, 100), (2, -10, 90)]
    assert [(line.by, line.second) for line in lines] == [("system", None), ("Hêvî Əli 🩺", "Sara")]
    assert [[each.kind for each in line.others] for line in lines] == [["supplier"], ["patients"]]
    assert [line.sequence for line in reading.page_of(session, found, 1, 1).rows] == [2]
    assert [line.sequence for line in reading.page_of(session, found, 2, 1).rows] == [1]
    assert reading.slice_of(session, found, 0, 1)[1] == 1
    assert reading.slice_of(session, found, 1, 1)[1] is None


def test_an_empty_house_has_no_register(session, clinic, morphine):
    assert reading.registers(session, COORDINATOR) == []
    assert reading.unsigned(session, COORDINATOR, 1, 50).rows == []
    with pytest.raises(NotFound):
        reading.register_of(session, COORDINATOR, "CLINIC", "MORPHINE")


def test_who_may_read(session, stocked, nurse):
    elsewhere = create_site(session, "ELSEWHERE")
    stranger = actor_of(create_user(session, Role.CLINIC, [elsewhere], password=None))
    assert len(reading.registers(session, VIEWER)) == 1
    assert reading.registers(session, stranger) == []
    with pytest.raises(Forbidden):
        reading.registers(session, DONOR)
    with pytest.raises(Forbidden):
        reading.register_of(session, stranger, "CLINIC", "MORPHINE")
    with pytest.raises(NotFound):
        reading.registers(session, nurse, "NOWHERE")
