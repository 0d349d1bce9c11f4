"""Physical counts: the books are made to agree with what was seen."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid
from inventory.models import CountLine
from inventory.rules.effects import LocationKind
from inventory.services import consumption, counts, packing, shipments, stock_events
from inventory.services.counts import Count, CountedLine
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()
K = LocationKind


@pytest.fixture
def site(session):
    return create_site(session)


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def count(do, site, item):
    def call(*lines, ago: int = 0, actor=COORDINATOR, **fields):
        made = [CountedLine(item.code, *line) for line in lines]
        command = {
            "site": site.code,
            "counted_on": TODAY - timedelta(days=ago),
            "lines": made,
            "uuid": uuid4(),
        }
        return do(counts.count, actor, Count(**command | fields))

    return call


@pytest.fixture
def consume(do, site, item):
    def call(quantity: int, ago: int = 0):
        line = consumption.ConsumptionLine(item.code, quantity)
        return do(
            consumption.consume,
            COORDINATOR,
            consumption.Consumption(site.code, TODAY - timedelta(days=ago), [line]),
        )

    return call


def seen(session, event) -> list[tuple[int, int]]:
    query = select(CountLine).where(CountLine.event_id == event.id).order_by(CountLine.id)
    return [(line.expected, line.counted) for line in session.scalars(query)]


def test_a_count_posts_its_differences(session, site, item, count, on_hand, total, sound):
    for lot in ("MORE", "LESS", "SAME"):
        stock_up(session, site, item, 100, lot=lot)
    event = count(("MORE", 103), ("LESS", 95), ("SAME", 100))
    assert event.number == f"CNT-{TODAY.year}-000001"
    assert [on_hand(site, lot) for lot in ("MORE", "LESS", "SAME")] == [103, 95, 100]
    assert (total(K.FOUND), total(K.LOST)) == (-3, 5)
    assert seen(session, event) == [(100, 103), (100, 95), (100, 100)]
    sound()


def test_a_count_that_agrees_moves_nothing(session, site, item, count, do):
    stock_up(session, site, item, 100, lot="L1")
    event = count(("L1", 100))
    assert event.posting_id is None
    assert seen(session, event) == [(100, 100)]
    with pytest.raises(Conflict):
        do(stock_events.undo, COORDINATOR, event.number, "wrong")


def test_nothing_is_left(session, site, item, count, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    count(("L1", 0))
    assert on_hand(site, "L1") == 0


def test_a_lot_of_two_donors_is_counted_as_one(session, site, item, count, on_hand, sound):
    one = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session))
    two = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session))
    count(("L1", 8))
    assert (on_hand(site, one), on_hand(site, two)) == (0, 8)
    count(("L1", 11))
    assert on_hand(site, "L1") == 11
    sound()


def test_a_count_of_an_earlier_day_holds_for_that_day(session, site, item, count, consume, on_hand, sound):
    stock_up(session, site, item, 100, lot="L1", received_on=TODAY - timedelta(days=10))
    consume(30, ago=2)
    event = count(("L1", 90), ago=5)
    assert seen(session, event) == [(100, 90)]
    assert on_hand(site, "L1") == 60
    count(("L1", 100), ago=5)
    assert on_hand(site, "L1") == 70
    sound()


def test_an_earlier_count_below_what_was_used_since_is_refused(session, site, item, count, consume, on_hand):
    stock_up(session, site, item, 100, lot="L1", received_on=TODAY - timedelta(days=10))
    consume(95, ago=2)
    with pytest.raises(Conflict) as refused:
        count(("L1", 80), ago=5)
    assert pointers(refused) == ["/lines/0/counted"]
    assert "reserved" not in str(refused.value.errors[0].message)
    assert on_hand(site, "L1") == 5


def test_an_earlier_count_takes_from_the_lot_that_was_there_then(session, site, item, count, on_hand, sound):
    long_ago = TODAY - timedelta(days=9)
    new = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session), expires_in=600)
    old = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session), received_on=long_ago)
    event = count(("L1", 7), ago=5)
    assert seen(session, event) == [(10, 7)]
    assert (on_hand(site, new), on_hand(site, old)) == (10, 7)
    sound()


def test_packed_goods_must_be_counted_too(do, session, site, item, count, on_hand):
    stock_up(session, site, item, 10, lot="L1")
    number = do(
        shipments.draft, COORDINATOR, shipments.NewShipment(site.code, create_site(session).code, "road")
    ).number
    do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [packing.PackedLine(item.code, 6)]))
    with pytest.raises(Conflict) as refused:
        count(("L1", 5))
    assert pointers(refused) == ["/lines/0/counted"]
    assert "reserved" in str(refused.value.errors[0].message)
    count(("L1", 6))
    assert on_hand(site, "L1") == 6


def test_only_the_stock_zone_is_counted(session, site, item, count, on_hand):
    stock_up(session, site, item, 10, lot="L1", zone="quarantine")
    count(("L1", 2))
    assert (on_hand(site, "L1"), on_hand(site, "L1", "quarantine")) == (2, 10)


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (("L1", -1), "/lines/0/counted"),
        (("L1", None), "/lines/0/counted"),
        (("L1", 10**12), "/lines/0/counted"),
        (("", 1), "/lines/0/lot"),
        (("NOPE", 1), "/lines/0/lot"),
    ],
)
def test_a_wrong_line_is_named(session, site, item, count, line, pointer):
    stock_up(session, site, item, 100, lot="L1")
    with pytest.raises(Invalid) as refused:
        count(line)
    assert pointers(refused) == [pointer]


def test_a_lot_is_counted_once(session, site, item, count):
    stock_up(session, site, item, 100, lot="L1")
    with pytest.raises(Invalid) as refused:
        count(("L1", 1), ("L1", 2))
    assert pointers(refused) == ["/lines/1/lot"]


def test_a_piece_is_one(session, site, count):
    piece = create_item(
        session, serialised=True, tracks_expiry=False, category="equipment", base_unit="piece"
    )
    stock_up(session, site, piece, 1, lot="SN1", expires_in=None)
    with pytest.raises(Conflict):
        count(lines=[CountedLine(piece.code, "SN1", 2)])


def test_who_may_count(session, site, item, count):
    stock_up(session, site, item, 10, lot="L1")
    count(("L1", 9), actor=acting(Role.CLINIC, site))
    for actor in (acting(Role.VIEWER), acting(Role.DONOR), acting(Role.WAREHOUSE, create_site(session))):
        with pytest.raises(Forbidden):
            count(("L1", 1), actor=actor)
    with pytest.raises(Invalid):
        count(("L1", 1), site=create_site(session, kind="partner").code)
    with pytest.raises(Invalid) as refused:
        count(("L1", 1), ago=-2)
    assert pointers(refused) == ["/counted_on"]


def test_the_same_uuid_is_counted_once(session, site, item, count, on_hand):
    stock_up(session, site, item, 10, lot="L1")
    uuid = uuid4()
    assert count(("L1", 8), uuid=uuid).number == count(("L1", 8), uuid=uuid).number
    assert on_hand(site, "L1") == 8
