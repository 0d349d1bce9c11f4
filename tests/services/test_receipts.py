"""Receipts: who may, what is refused, what is remembered."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Donation, Lot, Posting, Recall, Receipt
from inventory.services import donations, recalls, receipts
from inventory.services.donations import NewDonation, PromisedLine
from inventory.services.receipts import NewReceipt, NewReceiptLine
from tests.factories import create_donor, create_item, create_site
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

LONG = timedelta(days=800)


@pytest.fixture
def world(session):
    """(site, item, a command that receives ten of it from a supplier)"""
    site, item = create_site(session), create_item(session)
    line = NewReceiptLine(item.code, "L1", 10, clock.today() + LONG)
    return site, item, NewReceipt(site.code, clock.today(), [line])


def line(command: NewReceipt, **changes) -> NewReceipt:
    return replace(command, lines=[replace(command.lines[0], **changes)], uuid=uuid4())


def test_what_came_is_in_stock_and_the_note_tells_it(do, world, on_hand, sound):
    site, _item, command = world
    receipt = do(receipts.receive, acting(Role.WAREHOUSE, site), replace(command, reference="  CMR  7 "))
    assert receipt.number == f"GRN-{clock.today().year}-000001"
    assert receipt.reference == "CMR 7"
    assert [(each.quantity, each.zone, each.lot.number) for each in receipt.lines] == [(10, "stock", "L1")]
    assert on_hand(site, "L1") == 10
    sound()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DONOR])
def test_who_only_reads_receives_nothing(do, world, role):
    with pytest.raises(Forbidden):
        do(receipts.receive, acting(role), world[2])


def test_nobody_receives_elsewhere(do, world, session):
    other = create_site(session)
    for role in (Role.WAREHOUSE, Role.CLINIC):
        with pytest.raises(Forbidden):
            do(receipts.receive, acting(role, other), world[2])
    made = do(receipts.receive, COORDINATOR, world[2])
    with pytest.raises(NotFound):
        receipts.get_receipt(session, acting(Role.WAREHOUSE, other), made.number)
    with pytest.raises(NotFound):
        receipts.get_receipt(session, DONOR, made.number)
    assert receipts.get_receipt(session, VIEWER, made.number).id == made.id


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"item": "NOPE"}, "/lines/0/item"),
        ({"item": ""}, "/lines/0/item"),
        ({"item": "A\x00B"}, "/lines/0/item"),
        ({"item": "\ud800"}, "/lines/0/item"),
        ({"lot": ""}, "/lines/0/lot"),
        ({"lot": None}, "/lines/0/lot"),
        ({"lot": "L\x00"}, "/lines/0/lot"),
        ({"lot": "L\u200f1"}, "/lines/0/lot"),
        ({"lot": "x" * 81}, "/lines/0/lot"),
        ({"quantity": 0}, "/lines/0/quantity"),
        ({"quantity": -3}, "/lines/0/quantity"),
        ({"quantity": 10**40}, "/lines/0/quantity"),
        ({"quantity": None}, "/lines/0/quantity"),
        ({"damaged": 11}, "/lines/0/damaged"),
        ({"damaged": -1}, "/lines/0/damaged"),
        ({"declared": -1}, "/lines/0/declared"),
        ({"expires_on": None}, "/lines/0/expires_on"),
        ({"expires_on": date(1900, 1, 1)}, "/lines/0/expires_on"),
        ({"expires_on": date(2999, 1, 1)}, "/lines/0/expires_on"),
        ({"expiry_precision": "year"}, "/lines/0/expiry_precision"),
        ({"zone": "refused"}, "/lines/0/zone"),
        ({"zone": "in_transit"}, "/lines/0/zone"),
        ({"unit_value": Decimal("1.5")}, "/lines/0/currency"),
        ({"unit_value": Decimal("1.5"), "currency": "EURO"}, "/lines/0/currency"),
        ({"unit_value": Decimal("-1"), "currency": "EUR"}, "/lines/0/unit_value"),
        ({"unit_value": Decimal("NaN"), "currency": "EUR"}, "/lines/0/unit_value"),
        ({"unit_value": Decimal("1.1234567"), "currency": "EUR"}, "/lines/0/unit_value"),
        ({"gross_weight_kg": Decimal("-1")}, "/lines/0/gross_weight_kg"),
        ({"gross_weight_kg": Decimal("Infinity")}, "/lines/0/gross_weight_kg"),
        ({"carton": "a\x07b"}, "/lines/0/carton"),
        ({"manufacturer": "x" * 201}, "/lines/0/manufacturer"),
        ({"exceptions": [receipts.LineException("nope", "A", "b")]}, "/lines/0/exceptions/0/rule"),
        (
            {"exceptions": [receipts.LineException("short_dated", "", "b")]},
            "/lines/0/exceptions/0/accepted_by",
        ),
        ({"exceptions": [receipts.LineException("short_dated", "A", " ")]}, "/lines/0/exceptions/0/reason"),
    ],
)
def test_a_wrong_field_of_a_line_is_named_and_nothing_is_received(do, world, session, changes, pointer):
    with pytest.raises(Invalid) as refused:
        do(receipts.receive, COORDINATOR, line(world[2], **changes))
    assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).select_from(Posting)) == 0
    assert session.scalar(select(func.count()).select_from(Lot)) == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"site": "NOPE"}, "/site"),
        ({"site": "N\x00"}, "/site"),
        ({"donor": "NOPE"}, "/donor"),
        ({"donor": "N\x00"}, "/donor"),
        ({"donation": "DON-1999-000001"}, "/donation"),
        ({"donation": "D\x00"}, "/donation"),
        ({"received_on": None}, "/received_on"),
        ({"received_on": clock.today() + timedelta(days=3)}, "/received_on"),
        ({"received_on": date(1800, 1, 1)}, "/received_on"),
        ({"arrived_in_country_on": clock.today() + timedelta(days=3)}, "/arrived_in_country_on"),
        ({"lines": []}, "/lines"),
        ({"consent_reference": "a\x00"}, "/consent_reference"),
        ({"checked_by": "x" * 300}, "/checked_by"),
    ],
)
def test_a_wrong_field_of_the_header_is_named(do, world, changes, pointer):
    with pytest.raises(Invalid) as refused:
        do(receipts.receive, COORDINATOR, replace(world[2], **changes))
    assert pointers(refused)[0] == pointer


def test_every_fault_is_told_at_once(do, world):
    given = world[2].lines[0]
    command = replace(
        world[2],
        donor="NOPE",
        arrived_in_country_on=world[2].received_on,
        received_on=world[2].received_on - timedelta(days=1),
        lines=[replace(given, quantity=0), given, replace(given, item="NOPE", lot="")],
    )
    with pytest.raises(Invalid) as refused:
        do(receipts.receive, COORDINATOR, command)
    assert set(pointers(refused)) == {
        "/donor",
        "/arrived_in_country_on",
        "/lines/0/quantity",
        "/lines/2/item",
        "/lines/2/lot",
    }


def test_a_closed_site_receives_nothing(do, world, session):
    world[0].status = "closed"
    session.commit()
    with pytest.raises(Conflict):
        do(receipts.receive, COORDINATOR, world[2])


def test_a_partner_keeps_its_own_stock(do, world, session):
    partner = create_site(session, kind="partner")
    with pytest.raises(Invalid) as refused:
        do(receipts.receive, COORDINATOR, replace(world[2], site=partner.code))
    assert pointers(refused) == ["/site"]


def test_the_same_uuid_is_received_once(do, world, session, on_hand):
    first = do(receipts.receive, COORDINATOR, world[2])
    again = do(receipts.receive, COORDINATOR, world[2])
    assert again.number == first.number
    assert on_hand(world[0], "L1") == 10
    assert session.scalar(select(func.count()).select_from(Receipt)) == 1


def test_a_month_means_its_last_day(do, world):
    day = date(clock.today().year + 3, 2, 10)
    receipt = do(receipts.receive, COORDINATOR, line(world[2], expires_on=day, expiry_precision="month"))
    assert receipt.lines[0].lot.expires_on == date(day.year, 3, 1) - timedelta(days=1)
    assert receipt.lines[0].lot.expiry_precision == "month"


def test_the_expiry_of_a_lot_is_remembered(do, world):
    first = do(receipts.receive, COORDINATOR, world[2])
    again = do(receipts.receive, COORDINATOR, line(world[2], expires_on=None))
    assert again.lines[0].lot.expires_on == first.lines[0].lot.expires_on
    assert again.lines[0].lot_id == first.lines[0].lot_id
    other = clock.today() + timedelta(days=900)
    differs = do(receipts.receive, COORDINATOR, line(world[2], expires_on=other))
    assert [each["rule"] for each in differs.lines[0].warnings if each["rule"] == "expiry_mismatch"]
    assert differs.lines[0].lot_id != first.lines[0].lot_id


def test_goods_that_are_not_followed_by_expiry_need_none(do, world, session):
    gauze = create_item(session, tracks_expiry=False, category="dressing")
    receipt = do(receipts.receive, COORDINATOR, line(world[2], item=gauze.code, expires_on=None))
    assert receipt.lines[0].lot.expires_on is None


def test_the_lot_is_known_by_who_gave_it(do, world, session, on_hand):
    one, two = create_donor(session), create_donor(session)
    for donor in (one, two, one):
        do(receipts.receive, COORDINATOR, replace(world[2], donor=donor.code, uuid=uuid4()))
    lots = session.scalars(select(Lot).order_by(Lot.id)).all()
    assert [lot.donor_id for lot in lots] == [one.id, two.id]
    assert [on_hand(world[0], lot) for lot in lots] == [20, 10]


def test_what_was_not_announced_gathers_in_one_donation_per_donor_and_year(do, world, session):
    one, two = create_donor(session), create_donor(session)
    before = replace(world[2], received_on=date(clock.today().year - 1, 3, 1))
    for donor, command in ((one, world[2]), (one, world[2]), (two, world[2]), (one, before), (one, before)):
        receipt = do(receipts.receive, COORDINATOR, replace(command, donor=donor.code, uuid=uuid4()))
        assert "unannounced" in [each["rule"] for each in receipt.lines[0].warnings]
    made = session.scalars(select(Donation).order_by(Donation.id)).all()
    assert [(each.donor_id, each.pledged_on.year) for each in made] == [
        (one.id, clock.today().year),
        (two.id, clock.today().year),
        (one.id, clock.today().year - 1),
    ]
    assert all(each.unannounced for each in made)
    again = do(receipts.receive, COORDINATOR, replace(world[2], donation=made[0].number, uuid=uuid4()))
    assert "unannounced" in [each["rule"] for each in again.lines[0].warnings]


def test_a_donation_brings_its_donor(do, world, session):
    _site, item, command = world
    donor, other = create_donor(session), create_donor(session)
    promised = NewDonation(donor.code, "goods", clock.today(), lines=[PromisedLine(item.code, 10)])
    number = do(donations.donate, COORDINATOR, promised).number
    receipt = do(receipts.receive, COORDINATOR, replace(command, donation=number))
    assert receipt.donor_id == receipt.lines[0].lot.donor_id == donor.id
    assert "unannounced" not in [each["rule"] for each in receipt.lines[0].warnings]
    more = create_item(session)
    unasked = do(receipts.receive, COORDINATOR, replace(line(command, item=more.code), donation=number))
    assert "unannounced" in [each["rule"] for each in unasked.lines[0].warnings]
    with pytest.raises(Invalid) as refused:
        do(receipts.receive, COORDINATOR, replace(command, donation=number, donor=other.code, uuid=uuid4()))
    assert pointers(refused) == ["/donor"]
    money = NewDonation(donor.code, "money", clock.today(), amount=Decimal("5"), currency="EUR")
    number = do(donations.donate, COORDINATOR, money).number
    with pytest.raises(Invalid) as refused:
        do(receipts.receive, COORDINATOR, replace(command, donation=number, uuid=uuid4()))
    assert pointers(refused) == ["/donation"]


def test_a_recalled_batch_that_arrives_later_is_recalled(do, world, session, open_alerts):
    site, item, command = world
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    receipt = do(receipts.receive, COORDINATOR, command)
    assert receipt.lines[0].lot.recalled_on == session.scalars(select(Recall)).one().recalled_on
    assert "recall" in open_alerts(site)


def test_a_receipt_is_taken_back_whole_for_a_reason(do, world, on_hand, session, sound):
    site, _item, command = world
    staff = acting(Role.WAREHOUSE, site)
    receipt = do(receipts.receive, COORDINATOR, command)
    for reason in (None, "", "  ", "a\x00b", "\u202eabc", "x" * 3000):
        with pytest.raises(Invalid) as refused:
            do(receipts.undo_receipt, staff, receipt.number, reason)
        assert pointers(refused) == ["/reason"]
    with pytest.raises(Forbidden):
        do(receipts.undo_receipt, acting(Role.CLINIC, site), receipt.number, "wrong lot")
    with pytest.raises(NotFound):
        do(receipts.undo_receipt, acting(Role.WAREHOUSE, create_site(session)), receipt.number, "wrong lot")
    with pytest.raises(NotFound):
        do(receipts.undo_receipt, staff, "GRN-1999-000001", "wrong lot")
    undone = do(receipts.undo_receipt, staff, receipt.number, "wrong lot")
    assert undone.reversed_by.reason == "wrong lot"
    assert on_hand(site, "L1") == 0
    with pytest.raises(Conflict):
        do(receipts.undo_receipt, staff, receipt.number, "again")
    sound()
