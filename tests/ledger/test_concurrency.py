"""Many at once, over real connections: each gets an answer, and the books are right."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.db import atomically, db
from inventory.errors import DomainError
from inventory.models import Alert, Balance, Donation, Location, NumberSeries, Posting, Receipt, StockEvent
from inventory.services import (
    adjustments,
    consumption,
    donors,
    packing,
    receipts,
    requisitions,
    shipments,
    shipping,
    sites,
    stock_events,
)
from inventory.services.consumption import Consumption, ConsumptionLine
from inventory.services.receipts import NewReceipt, NewReceiptLine
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR

TODAY = clock.today()
Call = Callable[[Any], Any]


@pytest.fixture
def together(live_app):
    """`together(calls)`: each service call in a thread of its own, all at once; what each answered or raised."""

    def run(calls: list[Call]) -> list[Any]:
        answers: list[Any] = [None] * len(calls)
        start = threading.Barrier(len(calls))

        def work(index: int) -> None:
            with live_app.app_context():
                start.wait()
                try:
                    answers[index] = atomically(lambda s: getattr(calls[index](s), "number", None))
                except DomainError as error:
                    answers[index] = error
                except BaseException as error:  # the test tells of it
                    answers[index] = AssertionError(f"{type(error).__name__}: {error}")
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=work, args=(index,)) for index in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in threads)
        assert [each for each in answers if isinstance(each, AssertionError)] == []
        return answers

    return run


@pytest.fixture
def live(live_app):
    """A session on the test's own database; the ledger must prove itself in the end."""
    with live_app.app_context():
        session = db.session()
        yield session
        session.rollback()
        assert ledger.verify(session).faults == []


def kinds(answers: list[Any]) -> Counter[str]:
    return Counter(type(each).__name__ if isinstance(each, Exception) else "done" for each in answers)


def consume(site, item, quantity: int, lot: str | None = None, **fields) -> Call:
    command = Consumption(site, TODAY, [ConsumptionLine(item, quantity, lot)], **fields)
    return lambda s: consumption.consume(s, COORDINATOR, command)


def test_forty_at_ten_units_are_exactly_ten(live, together):
    site, item = create_site(live), create_item(live)
    stock_up(live, site, item, 10)
    levels = {"method": "fixed", "reorder_point": 8, "maximum": 20, "emergency_point": 2}
    sites.set_policy(live, COORDINATOR, site.code, item.code, levels)
    live.commit()
    answers = together([consume(site.code, item.code, 1) for _ in range(40)])
    assert kinds(answers) == {"done": 10, "Conflict": 30}
    live.rollback()
    assert (
        sum(
            live.scalars(
                select(Balance.on_hand)
                .join(Location, Location.id == Balance.location_id)
                .where(Location.kind == "stock")
            )
        )
        == 0
    )
    year = clock.today().year
    numbers = sorted(live.scalars(select(StockEvent.number)))
    assert numbers == [f"CON-{year}-{n:06d}" for n in range(1, 11)]
    assert live.get_one(NumberSeries, f"CON-{year}").last == 10
    opened = Counter(live.scalars(select(Alert.kind).where(Alert.resolved_at.is_(None))))
    assert opened == {"stock_out": 1, "emergency": 1, "reorder": 1}


def test_one_uuid_at_once_is_one_receipt(live, together):
    site, item = create_site(live), create_item(live)
    donor = donors.add_donor(live, COORDINATOR, {"code": "D", "name": "D"}).code
    live.commit()
    line = NewReceiptLine(item.code, "L1", 10, TODAY + timedelta(days=800))
    command = NewReceipt(site.code, TODAY, [line], donor=donor)
    answers = together([lambda s: receipts.receive(s, COORDINATOR, command) for _ in range(8)])
    assert len(set(answers)) == 1
    live.rollback()
    assert len(live.scalars(select(Receipt)).all()) == len(live.scalars(select(Posting)).all()) == 1
    assert live.get_one(NumberSeries, f"GRN-{TODAY.year}").last == 1


def test_one_uuid_at_once_is_one_consumption(live, together):
    site, item = create_site(live), create_item(live)
    stock_up(live, site, item, 10)
    uuid = uuid4()
    answers = together([consume(site.code, item.code, 2, uuid=uuid) for _ in range(8)])
    assert len(set(answers)) == 1
    live.rollback()
    assert len(live.scalars(select(StockEvent)).all()) == 1


def test_gifts_that_come_at_once_gather_in_one_donation(live, together):
    site, item = create_site(live), create_item(live)
    donor = donors.add_donor(live, COORDINATOR, {"code": "D", "name": "D"}).code
    live.commit()

    def call(index: int) -> Call:
        line = NewReceiptLine(item.code, f"L{index}", 10, TODAY + timedelta(days=800))
        command = NewReceipt(site.code, TODAY, [line], donor=donor)
        return lambda s: receipts.receive(s, COORDINATOR, command)

    answers = together([call(index) for index in range(8)])
    assert sorted(answers) == [f"GRN-{TODAY.year}-{n:06d}" for n in range(1, 9)]
    live.rollback()
    assert [each.unannounced for each in live.scalars(select(Donation))] == [True]


def test_one_serial_at_once_is_received_once(live, together):
    site = create_site(live)
    item = create_item(live, serialised=True, tracks_expiry=False, category="equipment", base_unit="piece")

    def call(_index: int) -> Call:
        command = NewReceipt(site.code, TODAY, [NewReceiptLine(item.code, None, 1, serial="SN1")])
        return lambda s: receipts.receive(s, COORDINATOR, command)

    assert kinds(together([call(index) for index in range(6)])) == {"done": 1, "Conflict": 5}


def shipment(live, origin, destination, item, quantity: int, requisition: str | None = None) -> str:
    command = shipments.NewShipment(origin.code, destination.code, "road", requisition=requisition)
    number = shipments.draft(live, COORDINATOR, command).number
    line = packing.PackedLine(item.code, quantity)
    packing.pack(live, COORDINATOR, number, packing.NewPackage("carton", [line]))
    live.commit()
    return number


def test_a_shipment_leaves_and_arrives_once(live, together):
    origin, destination, item = create_site(live), create_site(live), create_item(live)
    stock_up(live, origin, item, 10, lot="L1")
    number = shipment(live, origin, destination, item, 10)
    at = clock.now()
    leave = [lambda s: shipping.dispatch(s, COORDINATOR, number, at) for _ in range(6)]
    assert kinds(together(leave)) == {"done": 1, "Conflict": 5}
    arrival = shipping.Arrival(clock.now(), [shipping.ArrivedLine(item.code, "L1", 10)])
    arrive = [lambda s: shipping.receive(s, COORDINATOR, number, arrival) for _ in range(6)]
    assert kinds(together(arrive)) == {"done": 1, "Conflict": 5}


def test_packers_do_not_pack_the_same_goods(live, together):
    origin, destination, item = create_site(live), create_site(live), create_item(live)
    stock_up(live, origin, item, 10)
    numbers = []
    for _ in range(3):
        command = shipments.NewShipment(origin.code, destination.code, "road")
        numbers.append(shipments.draft(live, COORDINATOR, command).number)
    live.commit()

    def pack(number: str) -> Call:
        package = packing.NewPackage("carton", [packing.PackedLine(item.code, 2)])
        return lambda s: packing.pack(s, COORDINATOR, number, package)[0]

    answers = together([pack(number) for number in numbers * 3])
    assert kinds(answers) == {"done": 5, "Conflict": 4}


def test_a_requisition_is_approved_once(live, together):
    site, item = create_site(live), create_item(live)
    command = requisitions.NewRequisition(site.code, "regular", [requisitions.AskedLine(item.code, 5)])
    number = requisitions.draft(live, COORDINATOR, command).number
    requisitions.submit(live, COORDINATOR, number)
    live.commit()
    calls: list[Call] = [lambda s: requisitions.approve(s, COORDINATOR, number) for _ in range(4)]
    calls += [lambda s: requisitions.reject(s, COORDINATOR, number, "no") for _ in range(4)]
    assert kinds(together(calls)) == {"done": 1, "Conflict": 7}


def test_a_posting_is_reversed_once(live, together):
    site, item = create_site(live), create_item(live)
    stock_up(live, site, item, 10)
    number = consumption.consume(
        live, COORDINATOR, Consumption(site.code, TODAY, [ConsumptionLine(item.code, 4)])
    ).number
    live.commit()
    calls: list[Call] = [lambda s: stock_events.undo(s, COORDINATOR, number, "wrong") for _ in range(6)]
    assert kinds(together(calls)) == {"done": 1, "Conflict": 5}


def test_opposite_orders_do_not_wait_for_each_other(live, together):
    """Lots taken in opposite orders, reversals against dispensing, dispatches both ways, all at once."""
    left, right = create_site(live), create_site(live)
    one, two = create_item(live), create_item(live)
    for site in (left, right):
        for item in (one, two):
            stock_up(live, site, item, 1000, lot="A")
            stock_up(live, site, item, 1000, lot="B")
            levels = {"method": "fixed", "reorder_point": 3000, "maximum": 4000, "emergency_point": 2500}
            sites.set_policy(live, COORDINATOR, site.code, item.code, levels)
    live.commit()
    undo = []
    for _ in range(6):
        lines = [ConsumptionLine(one.code, 3), ConsumptionLine(two.code, 3)]
        undo.append(consumption.consume(live, COORDINATOR, Consumption(left.code, TODAY, lines)).number)
    live.commit()
    ways = [(left, right, one), (right, left, one), (left, right, two), (right, left, two)]
    going = [shipment(live, origin, destination, item, 50) for origin, destination, item in ways]

    def give(lines: list[ConsumptionLine]) -> Call:
        command = Consumption(left.code, TODAY, lines)
        return lambda s: consumption.consume(s, COORDINATOR, command)

    def lose(lots: list[tuple[str, str]]) -> Call:
        lines = [adjustments.AdjustmentLine(item, lot, -1, "lost") for item, lot in lots]
        command = adjustments.Adjustment(left.code, TODAY, lines)
        return lambda s: adjustments.adjust(s, COORDINATOR, command)

    calls: list[Call] = []
    for index in range(6):
        forward = [ConsumptionLine(one.code, 1, "A"), ConsumptionLine(two.code, 1, "B")]
        calls.append(give(forward if index % 2 else forward[::-1]))
        lots = [(one.code, "A"), (two.code, "A"), (one.code, "B"), (two.code, "B")]
        calls.append(lose(lots if index % 2 else lots[::-1]))
        calls.append(lambda s, number=undo[index]: stock_events.undo(s, COORDINATOR, number, "wrong"))
    at = clock.now()
    calls += [lambda s, number=number: shipping.dispatch(s, COORDINATOR, number, at) for number in going]
    assert kinds(together(calls)) == {"done": len(calls)}


def test_the_last_units_of_two_lots_taken_at_once_open_the_alert(live, together):
    """Neither may judge the stock by figures that the other is about to change."""
    site, item = create_site(live), create_item(live)
    for lot in ("A", "B"):
        stock_up(live, site, item, 5, lot=lot)
    give = consume(site.code, item.code, 5, "A")
    number = live.scalars(select(Receipt.number).order_by(Receipt.id.desc())).first()
    both = threading.Barrier(2)

    def at_once(call: Call) -> Call:
        def work(s: Any) -> Any:
            made = call(s)
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(1)  # where one waits for the other, the other need not wait for it
            return made

        return work

    undo: Call = lambda s: receipts.undo_receipt(s, COORDINATOR, number, "wrong site")  # noqa: E731
    together([at_once(give), at_once(undo)])
    live.rollback()
    assert live.scalars(select(Alert.kind).where(Alert.resolved_at.is_(None))).all() == ["stock_out"]


def test_a_conflict_leaves_no_gap_in_the_numbers(live, together):
    site, item = create_site(live), create_item(live)
    stock_up(live, site, item, 3)
    together([consume(site.code, item.code, 1) for _ in range(8)])
    live.rollback()
    assert sorted(live.scalars(select(StockEvent.number))) == [f"CON-{TODAY.year}-{n:06d}" for n in (1, 2, 3)]
