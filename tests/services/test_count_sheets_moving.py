"""Stock that moves while it is counted; what is told late, packed, held, of several donors; how a sheet ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.errors import Conflict, Invalid
from inventory.models import Hold
from inventory.services import adjustments, consumption, count_sheets, packing, shipments
from inventory.services.count_entry import Figure
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import pointers
from tests.services.test_count_sheets import AVA, BEN, TODAY, counted, person, sheet, site

__all__ = ["counted", "sheet", "site"]


def test_stock_that_moves_meanwhile_is_right(session, site, item, sheet, consume, on_hand, counted, sound):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=95)
    consume(30)
    made.submit()
    made.count(BEN, L1=65)
    consume(5)
    stock_up(session, site, item, 40, lot="L1")
    made.submit()
    made.final(person("Cleo"))
    assert on_hand(site, "L1") == 100 - 30 - 5 + 40 - 5
    assert sum(expected for expected, *_ in counted()) == 70
    sound()


def test_what_is_told_late_of_before_the_count_does_not_come_off_again(
    session, do, site, item, sheet, on_hand, sound
):
    stock_up(session, site, item, 100, lot="L1", received_on=TODAY - timedelta(days=3))
    stock_up(session, site, item, 100, lot="L2", received_on=TODAY - timedelta(days=3))
    start = clock.now()
    made = sheet()
    late_told = start + timedelta(minutes=5)

    def dispense(quantity: int, lot: str) -> None:
        line = consumption.ConsumptionLine(item.code, quantity, lot)
        command = consumption.Consumption(site.code, TODAY, [line], occurred_at=late_told)
        do(consumption.consume, AVA, command)

    with clock.pretend(start + timedelta(minutes=10)):
        made.count(AVA, L1=90)
    with clock.pretend(start + timedelta(minutes=2)):
        made.count(AVA, L2=100)
    with clock.pretend(start + timedelta(minutes=20)):
        dispense(10, "L1")  # before L1 was counted, told after
        made.submit()
        assert made.row().status == "submitted"  # what was told explains the difference
        made.final()
        dispense(3, "L1")
        dispense(4, "L2")  # after L2 was counted
    assert on_hand(site, "L1") == 90
    assert on_hand(site, "L2") == 96
    sound()


def test_what_is_packed_cannot_be_lost(session, do, site, item, sheet, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    other = create_site(session)
    made = do(shipments.draft, AVA, shipments.NewShipment(site.code, other.code, "road"))
    package = packing.NewPackage("carton", [packing.PackedLine(item.code, 80)])
    do(packing.pack, AVA, made.number, package)
    count = sheet().twice(L1=70)
    with pytest.raises(Conflict) as refused:
        count.final(person("Cleo"))
    assert pointers(refused) == ["/lines/0/counted"]
    assert "80" in str(refused.value.errors[0].message)
    assert count.row().status == "submitted"
    assert on_hand(site, "L1") == 100


def test_a_lot_of_two_donors_is_counted_as_one(session, site, item, sheet, on_hand, counted, sound):
    one = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session))
    two = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session))
    sheet().twice(L1=8).final(person("Cleo"))
    assert (on_hand(site, one), on_hand(site, two)) == (0, 8)
    assert counted() == [(10, 0, "stock", False), (10, 8, "stock", False)]
    sound()


def test_quarantine_is_counted_too_and_its_holds_follow(
    session, do, site, item, sheet, on_hand, counted, sound
):
    stock_up(session, site, item, 50, lot="L1")
    move = adjustments.ZoneMoveLine(item.code, "L1", 20, "stock", "quarantine")
    do(adjustments.move_zones, AVA, adjustments.ZoneMove(site.code, [move]))
    sheet(zone="quarantine").twice(L1=15).final(person("Cleo"))
    assert (on_hand(site, "L1"), on_hand(site, "L1", "quarantine")) == (30, 15)
    assert counted() == [(20, 15, "quarantine", False)]
    waiting = [hold.quantity for hold in session.scalars(select(Hold).where(Hold.status != "decided"))]
    assert waiting == [15]
    sound()


def test_differences_that_changed_since_they_were_looked_at(session, site, item, sheet):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet().twice(L1=90)
    with pytest.raises(Conflict, match="changed a difference"):
        made.final(person("Cleo"), seen="0" * 16)


def test_called_off(session, site, item, sheet, do, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=1)
    do(count_sheets.cancel, AVA, made.number, "the roof leaks")
    do(count_sheets.cancel, AVA, made.number)
    for act in (lambda: made.count(AVA, L1=1), made.submit, made.final):
        with pytest.raises(Conflict):
            act()
    assert on_hand(site, "L1") == 100


def test_an_empty_sheet_and_one_that_is_not_submitted(sheet):
    made = sheet()
    with pytest.raises(Conflict):
        made.submit()
    with pytest.raises(Conflict):
        made.final()


def test_a_serial_is_one_piece(session, site, sheet):
    car = create_item(session, serialised=True, tracks_expiry=False, base_unit="piece", category="equipment")
    made = sheet()
    with pytest.raises(Invalid) as refused:
        made.enter(AVA, Figure(item=car.code, lot="S-1", counted=2))
    assert pointers(refused) == ["/lines/0/counted"]
    made.enter(AVA, Figure(item=car.code, lot="S-1", counted=1))
