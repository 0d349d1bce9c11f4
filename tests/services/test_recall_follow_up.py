"""Recalls followed: everyone who ever had the batch is told, answers are written down, what is done is timed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.access import Actor, Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.extensions import render_in
from inventory.models import Hold, Lot, Mail, Recall, RecallNotice
from inventory.services import (
    consumption,
    packing,
    recall_mails,
    recall_notices,
    recall_withdrawal,
    recalls,
    shipments,
    shipping,
)
from inventory.services.recall_notices import Answer
from inventory.services.shipping import Arrival, ArrivedLine
from tests.factories import create_item, create_site, create_user, stock_up
from tests.services.people import COORDINATOR, VIEWER, acting, pointers

TODAY = clock.today()
ADMIN = Actor(None, "the admin", Role.ADMIN)
WRITER = recall_mails.Writer(render_in, "https://relais.example", "relais.example", "Relais")


@pytest.fixture
def depot(session):
    return create_site(session, "DEPOT")


def send(do, origin, destination, item, quantity: int, *, receive: bool = True) -> str:
    number = do(
        shipments.draft, COORDINATOR, shipments.NewShipment(origin.code, destination.code, "road")
    ).number
    line = packing.PackedLine(item.code, quantity)
    do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [line]))
    do(shipping.dispatch, COORDINATOR, number, clock.now() - timedelta(minutes=5))
    if receive:
        came = Arrival(clock.now(), [ArrivedLine(item.code, "L1", quantity)])
        do(shipping.receive, COORDINATOR, number, came)
    return number


@pytest.fixture
def batch(do, session, site, depot, item):
    """L1: 100 came to the depot, 30 went to the site, which gave them all to patients, 5 to a partner, 4 on the way."""
    stock_up(session, depot, item, 100, lot="L1")
    send(do, depot, site, item, 30)
    line = consumption.ConsumptionLine(item.code, 30)
    do(consumption.consume, COORDINATOR, consumption.Consumption(site.code, TODAY, [line]))
    partner = create_site(session, "PARTNER", kind="partner")
    send(do, depot, partner, item, 5)
    send(do, depot, site, item, 4, receive=False)
    return partner


@pytest.fixture
def recalled(do, batch, item):
    return do(recalls.recall, COORDINATOR, item.code, "L1", "crystals 💎 بلورات", source="WHO")


def notices(session, recall) -> dict[str, RecallNotice]:
    session.expire_all()
    found = recall_notices.notices_of(session, recall)
    return {each.site.code if each.site else each.shipment.number[:3]: each for each in found}


def blocked(session) -> set[bool]:
    session.expire_all()
    return {day is not None for day in session.scalars(select(Lot.recalled_on).where(Lot.number == "L1"))}


def test_everyone_who_ever_had_it_is_told(session, site, recalled):
    found = notices(session, recalled)
    assert {code: (each.quantity, each.dispensed) for code, each in found.items()} == {
        "DEPOT": (61, 0),
        site.code: (0, 30),
        "PARTNER": (5, 0),
        "SHP": (4, 0),
    }


def test_the_cost_does_not_grow_with_the_movements(do, session, site, item, recalled, count_queries):
    with count_queries() as queries:
        recall_notices.note_holders(session, recalled)
    assert len(queries) <= 8


def test_told_then_answered(do, session, site, recalled):
    notice = notices(session, recalled)[site.code]
    clinic = acting(Role.CLINIC, site)
    told = do(recall_notices.inform, clinic, notice.id, "Nurse Şîlan", "phone")
    assert (told.reply, told.informed_by, told.informed_how) == ("informed", clinic.name, "phone")
    done = do(recall_notices.answer, clinic, notice.id, Answer("blocked", 2, note="in the cupboard"))
    assert (done.reply, done.found, done.answered_by, done.person) == (
        "blocked",
        2,
        clinic.name,
        "Nurse Şîlan",
    )


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        (Answer("", 1), "/reply"),
        (Answer("open", 1), "/reply"),
        (Answer("blocked", None), "/found"),
        (Answer("blocked", -1), "/found"),
        (Answer("nothing_left", 3), "/found"),
    ],
)
def test_a_wrong_answer_is_named(do, session, site, recalled, given, pointer):
    with pytest.raises(Invalid) as refused:
        do(recall_notices.answer, COORDINATOR, notices(session, recalled)[site.code].id, given)
    assert pointers(refused) == [pointer]


def test_who_may_answer(do, session, site, depot, recalled):
    found = notices(session, recalled)
    with pytest.raises(NotFound):
        do(recall_notices.answer, acting(Role.CLINIC, site), found["DEPOT"].id, Answer("blocked", 1))
    with pytest.raises(Forbidden):
        do(recall_notices.answer, VIEWER, found["DEPOT"].id, Answer("blocked", 1))
    with pytest.raises(NotFound):
        do(recall_notices.answer, acting(Role.WAREHOUSE, depot), found["PARTNER"].id, Answer("blocked", 1))
    do(recall_notices.answer, acting(Role.WAREHOUSE, depot), found["SHP"].id, Answer("returned", 4))


def test_all_is_set_aside_at_ones_own_sites(do, session, site, depot, item, recalled, on_hand, sound):
    done = do(recall_notices.set_aside, acting(Role.WAREHOUSE, depot), recalled.id)
    assert (done.quantity, done.packed, len(done.documents)) == (61, 0, 1)
    assert (on_hand(depot, "L1"), on_hand(depot, "L1", "quarantine")) == (0, 61)
    assert session.scalars(select(Hold.cause)).all() == ["recall"]
    found = notices(session, recalled)
    assert (found["DEPOT"].reply, found["DEPOT"].found, found[site.code].reply) == ("blocked", 61, "open")
    again = do(recall_notices.set_aside, COORDINATOR, recalled.id)
    assert again.quantity == 0
    sound()


def test_what_is_packed_is_told(do, session, site, depot, item, batch):
    number = do(shipments.draft, COORDINATOR, shipments.NewShipment(depot.code, site.code, "road")).number
    package = packing.NewPackage("carton", [packing.PackedLine(item.code, 11)])
    label = do(packing.pack, COORDINATOR, number, package)[0].label
    recall = do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    done = do(recall_notices.set_aside, COORDINATOR, recall.id)
    assert (done.quantity, done.packed) == (50, 11)
    assert notices(session, recall)["DEPOT"].reply == "open"
    do(packing.unpack, COORDINATOR, number, label)
    assert do(recall_notices.set_aside, COORDINATOR, recall.id).quantity == 11
    assert notices(session, recall)["DEPOT"].found == 61


def test_closed_when_all_answered_or_for_a_reason(do, session, recalled):
    with pytest.raises(Invalid) as refused:
        do(recall_notices.close, COORDINATOR, recalled.id, " ")
    assert pointers(refused) == ["/reason"]
    for each in notices(session, recalled).values():
        do(recall_notices.answer, COORDINATOR, each.id, Answer("blocked", each.quantity))
    closed = do(recall_notices.close, COORDINATOR, recalled.id, None)
    assert closed.closed_by == COORDINATOR.name
    with pytest.raises(Conflict):
        do(recall_notices.answer, COORDINATOR, each.id, Answer("blocked", 1))
    assert blocked(session) == {True}


def test_a_drill_blocks_nothing(do, session, site, depot, item, batch, open_alerts):
    drill = do(recalls.recall, COORDINATOR, item.code, "L1", "the yearly one", drill=True)
    another = do(recalls.recall, COORDINATOR, item.code, "L1", "again", drill=True)
    assert drill.id != another.id
    assert blocked(session) == {False}
    assert "recall" not in open_alerts(depot)
    stock_up(session, depot, item, 3, lot="L1", expires_in=500)
    assert blocked(session) == {False}
    with pytest.raises(Conflict):
        do(recall_notices.set_aside, COORDINATOR, drill.id)
    with pytest.raises(Conflict):
        do(recall_withdrawal.ask, COORDINATOR, drill.id, "x")
    real = do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    assert real.id not in (drill.id, another.id) and not real.drill
    assert blocked(session) == {True}


def test_mails_to_the_staff_of_all_who_must_answer(do, session, site, depot, item, batch):
    keeper = create_user(session, Role.WAREHOUSE, [depot], password=None)
    nurse = create_user(session, Role.CLINIC, [site], password=None)
    create_user(session, Role.CLINIC, [create_site(session)], password=None)
    create_user(session, Role.VIEWER, password=None)
    recall = do(recalls.recall, COORDINATOR, item.code, "L1", "crystals\r\nBcc: x <b>")
    assert (
        do(lambda s: recall_mails.write(s, WRITER, COORDINATOR, recall_notices.get_recall(s, recall.id))) == 2
    )
    assert (
        do(lambda s: recall_mails.write(s, WRITER, COORDINATOR, recall_notices.get_recall(s, recall.id))) == 0
    )
    mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [mail.recipient for mail in mails] == [keeper.email, nurse.email]
    assert "61" not in mails[1].text and "65" in mails[0].text  # with what it sent and is on its way
    assert "<b>" not in mails[0].html and f"/recalls/{recall.id}" in mails[0].text
    assert "\n" not in mails[0].subject
    found = notices(session, recall)
    assert (found["DEPOT"].reply, found["DEPOT"].informed_how) == ("informed", "mail")
    assert found["PARTNER"].reply == "open"
    do(recall_notices.answer, COORDINATOR, found["DEPOT"].id, Answer("blocked", 61))
    assert do(recall_mails.remind, WRITER, COORDINATOR, recall.id) == 2  # the depot sent what is on its way
    assert do(recall_mails.remind, WRITER, COORDINATOR, recall.id) == 0  # not twice within the hour
    assert session.scalars(select(Mail.subject).order_by(Mail.id.desc())).first().startswith("Reminder")


def test_the_mail_of_a_drill_says_so(do, session, site, item, batch):
    create_user(session, Role.CLINIC, [site], password=None)
    drill = do(recalls.recall, COORDINATOR, item.code, "L1", "the yearly one", drill=True)
    do(lambda s: recall_mails.write(s, WRITER, COORDINATOR, recall_notices.get_recall(s, drill.id)))
    mail = session.scalars(select(Mail)).one()
    assert mail.subject.startswith("DRILL")
    assert "This is a drill" in mail.text


def test_withdrawn_by_two_people_unblocks_exactly(do, session, depot, item, recalled, open_alerts):
    stock_up(session, depot, item, 10, lot="L2")
    do(recalls.recall, COORDINATOR, item.code, "L2", "also bad")
    other = create_item(session)
    stock_up(session, depot, other, 10, lot="L1")
    do(recalls.recall, COORDINATOR, other.code, "L1", "another item of that number")
    with pytest.raises(Conflict):
        do(recall_withdrawal.agree, ADMIN, recalled.id)
    with pytest.raises(Invalid):
        do(recall_withdrawal.ask, COORDINATOR, recalled.id, "")
    do(recall_withdrawal.ask, COORDINATOR, recalled.id, "typed the wrong number")
    with pytest.raises(Forbidden):
        do(recall_withdrawal.agree, COORDINATOR, recalled.id)
    done = do(recall_withdrawal.agree, ADMIN, recalled.id)
    assert (done.withdrawal_by, done.withdrawn_by) == (COORDINATOR.name, ADMIN.name)
    session.expire_all()
    state = {(lot.item_id, lot.number): lot.recalled_on is not None for lot in session.scalars(select(Lot))}
    assert state == {(item.id, "L1"): False, (item.id, "L2"): True, (other.id, "L1"): True}
    stock_up(session, depot, item, 3, lot="L1", expires_in=400)
    assert sum(lot.recalled_on is not None for lot in session.scalars(select(Lot))) == 2
    again = do(recalls.recall, COORDINATOR, item.code, "L1", "it was right after all")
    assert again.id != recalled.id


def test_a_request_to_withdraw_is_turned_down(do, session, recalled):
    do(recall_withdrawal.ask, COORDINATOR, recalled.id, "really?")
    kept = do(recall_withdrawal.keep, ADMIN, recalled.id)
    assert kept.withdrawal is None
    assert blocked(session) == {True}


def test_the_same_account_under_another_name_is_one_person(do, session, recalled):
    user = create_user(session, Role.COORDINATOR, password=None)
    lead = Actor(user.id, user.name, Role.COORDINATOR)
    do(recall_withdrawal.ask, lead, recalled.id, "wrong")
    with pytest.raises(Forbidden):
        do(recall_withdrawal.agree, replace(lead, name="Somebody else"), recalled.id)


def test_several_batches_at_once(do, session, depot, item):
    stock_up(session, depot, item, 5, lot="A1")
    made = do(recalls.recall_lots, COORDINATOR, item.code, ["A1", " A1 ", "", "LATER"], "all of March")
    assert [each.lot_number for each in made] == ["A1", "LATER"]
    later = stock_up(session, depot, item, 5, lot="LATER")
    assert later.recalled_on == TODAY
    with pytest.raises(Invalid):
        do(recalls.recall_lots, COORDINATOR, item.code, [" "], "x")
    with pytest.raises(Invalid):
        do(recalls.recall_lots, COORDINATOR, item.code, ["GOOD", "BAD\x00"], "x")
    assert session.scalars(select(Recall.lot_number).order_by(Recall.id)).all() == ["A1", "LATER"]


def test_by_its_maker(session, depot, item):
    for number, maker in (("A1", "Pharma Ó"), ("A2", "pharma o"), ("A3", "Other")):
        stock_up(session, depot, item, 5, lot=number).manufacturer = maker
    session.commit()
    assert recalls.lots_made_by(session, item.code, " PHARMA O ") == ["A1", "A2"]


def test_verify_still_proves_everything(do, session, recalled):
    do(recall_notices.set_aside, COORDINATOR, recalled.id)
    assert ledger.verify(session).faults == []
