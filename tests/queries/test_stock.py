"""What is in stock, now and then; the ledger as it is read; nobody sees more than is theirs."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from inventory.errors import Forbidden, NotFound
from inventory.queries import stock
from inventory.queries.movements import MovementFilter, movements_slice, stock_card
from inventory.queries.stock import StockFilter
from inventory.services import adjustments, consumption, recalls, stock_events
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting

TODAY = clock.today()


@pytest.fixture
def world(session):
    return create_site(session), create_site(session), create_item(session)


def rows(session, actor=COORDINATOR, **wanted):
    session.expire_all()
    return stock.lots_slice(session, actor, StockFilter(**wanted), None, 500).rows


def then(session, ago: int, actor=COORDINATOR, **wanted):
    session.expire_all()
    day = TODAY - timedelta(days=ago)
    return stock.lots_as_of(session, actor, StockFilter(**wanted), day, None, 500).rows


def test_status_and_what_may_be_issued(do, session, story, world):
    site, other, item = world
    donor = create_donor(session)
    stock_up(session, site, item, 10, lot="GOOD", donor=donor)
    stock_up(session, site, item, 10, lot="LAST", expires_in=0)
    stock_up(session, site, item, 10, lot="ASIDE", zone="quarantine")
    stock_up(session, site, item, 10, lot="OLD", expires_in=-1)
    stock_up(session, site, item, 10, lot="BAD")
    stock_up(session, site, item, 10, lot="WORSE", expires_in=-1)
    do(recalls.recall, item.code, "BAD", "crystals")
    do(recalls.recall, item.code, "WORSE", "crystals")
    story.pack(site, other, [(item, 13)])
    found = {
        row.lot: (row.zone, row.status, row.on_hand, row.reserved, row.available) for row in rows(session)
    }
    assert found == {
        "GOOD": ("stock", "usable", 10, 3, 7),
        "LAST": ("stock", "usable", 10, 10, 0),
        "ASIDE": ("quarantine", "quarantine", 10, 0, 0),
        "OLD": ("refused", "expired", 10, 0, 0),
        "BAD": ("stock", "recalled", 10, 0, 0),
        "WORSE": ("refused", "recalled", 10, 0, 0),
    }
    good = next(row for row in rows(session) if row.lot == "GOOD")
    assert (good.donor, good.donation is not None, good.site, good.item) == (
        donor.code,
        True,
        site.code,
        item.code,
    )
    totals = stock.totals(session, COORDINATOR, StockFilter())
    assert (totals.usable, totals.reserved, totals.quarantine, totals.expired, totals.recalled) == (
        20,
        13,
        10,
        10,
        20,
    )


def test_a_recall_counts_at_once_also_where_the_day_began_later(do, session):
    west, item = create_site(session, timezone="Pacific/Pago_Pago"), create_item(session)
    stock_up(session, west, item, 10, lot="L1")
    do(recalls.recall, item.code, "L1", "crystals")
    assert [(row.status, row.available) for row in rows(session)] == [("recalled", 0)]
    assert stock.totals(session, COORDINATOR, StockFilter()).recalled == 10


def test_filters(session, world):
    site, other, item = world
    gauze = create_item(session, category="dressing", name="Gauze bandage", tracks_expiry=False)
    donor = create_donor(session)
    stock_up(session, site, item, 1, lot="A1", donor=donor, expires_in=20)
    stock_up(session, site, gauze, 2, lot="B_1", expires_in=None)
    stock_up(session, other, item, 3, lot="A1", zone="quarantine")

    def lots(**wanted):
        return sorted(row.on_hand for row in rows(session, **wanted))

    assert lots() == [1, 2, 3]
    assert lots(site=site.code) == [1, 2]
    assert lots(item=item.code) == [1, 3]
    assert lots(lot="A1") == [1, 3]
    assert lots(lot="a1") == []
    assert lots(donor=donor.code) == [1]
    assert lots(zone="quarantine") == [3]
    assert lots(status="usable") == [1, 2]
    assert lots(category="dressing") == [2]
    assert lots(text="GÀUZE band") == [2]
    assert lots(text="b_") == [2]
    assert lots(text="%") == []
    assert lots(text="a\x00") == []
    assert lots(expiring_within_days=20) == [1]
    assert lots(expiring_within_days=19) == []
    for wanted in ({"site": "NOPE"}, {"item": "N\x00"}, {"donor": "\ud800"}):
        assert lots(**wanted) == []


def test_slices_go_on_where_they_stopped(session, world):
    site, other, item = world
    for index in range(5):
        stock_up(session, site if index % 2 else other, item, 1, lot=f"L{index}")
    seen, after = [], None
    while True:
        part = stock.lots_slice(session, COORDINATOR, StockFilter(), after, 2)
        seen += [row.key for row in part.rows]
        after = part.next
        if after is None:
            break
    assert len(seen) == 5
    assert seen == sorted(set(seen))
    past = stock.lots_as_of(session, COORDINATOR, StockFilter(), TODAY, None, 2)
    more = stock.lots_as_of(session, COORDINATOR, StockFilter(), TODAY, past.next, 500)
    assert [row.key for row in (*past.rows, *more.rows)] == seen


def test_the_end_of_a_day_in_the_past(do, session, story, world):
    site, _other, item = world
    story.receive(site, item, 10, ago=5, lot="L1")
    story.consume(site, item, 3, ago=3)
    move = adjustments.ZoneMoveLine(item.code, "L1", 2, "stock", "quarantine")
    do(adjustments.move_zones, adjustments.ZoneMove(site.code, [move]))
    assert {row.zone: row.on_hand for row in then(session, 0)} == {"quarantine": 2, "stock": 5}
    found = [[row.on_hand for row in then(session, ago)] for ago in (6, 5, 4, 3, 1)]
    assert found == [[], [10], [10], [7], [7]]
    event = story.consume(site, item, 1, ago=4)
    assert [row.on_hand for row in then(session, 4)] == [9]
    do(stock_events.undo, event.number, "wrong")
    assert [row.on_hand for row in then(session, 4)] == [10]


def test_the_status_of_that_day(do, session, story, world):
    site, _other, item = world
    story.receive(site, item, 10, ago=9, lot="OLD", expires_in=-3)
    story.receive(site, item, 10, ago=9, lot="BAD")
    do(recalls.recall, item.code, "BAD", "crystals")
    assert {row.lot: row.status for row in then(session, 0)} == {"OLD": "expired", "BAD": "recalled"}
    assert {row.lot: (row.status, row.available) for row in then(session, 3)} == {
        "OLD": ("usable", 10),
        "BAD": ("usable", 10),
    }
    assert {row.lot for row in then(session, 3, status="usable")} == {"OLD", "BAD"}
    assert [row.lot for row in then(session, 2, status="expired")] == ["OLD"]


def test_everybody_sees_their_own_sites(session, world):
    site, other, item = world
    stock_up(session, site, item, 1)
    stock_up(session, other, item, 2)
    for actor, seen in (
        (VIEWER, [1, 2]),
        (acting(Role.CLINIC, other), [2]),
        (DONOR, []),
        (acting(Role.WAREHOUSE), []),
    ):
        assert sorted(row.on_hand for row in rows(session, actor)) == seen
        assert sorted(row.on_hand for row in then(session, 0, actor)) == seen
        assert stock.totals(session, actor, StockFilter()).usable == sum(seen)
        page = stock.lots_page(session, actor, StockFilter(), 1, 10)
        assert (page.total, sorted(row.on_hand for row in page.rows)) == (len(seen), seen)
    with pytest.raises(Forbidden):
        stock.check_site(session, acting(Role.CLINIC, other), site.code)
    with pytest.raises(NotFound):
        stock.check_site(session, COORDINATOR, "NOPE")


@pytest.mark.parametrize("sort", [*stock.SORTS, "-on_hand", "-expires_on", "-item", "nonsense"])
def test_pages_in_every_order(session, world, sort):
    site, other, item = world
    gauze = create_item(session, tracks_expiry=False, category="dressing")
    stock_up(session, site, item, 3, expires_in=30)
    stock_up(session, other, item, 2, expires_in=60)
    stock_up(session, site, gauze, 1, expires_in=None)
    page = stock.lots_page(session, COORDINATOR, StockFilter(), 1, 2, sort)
    rest = stock.lots_page(session, COORDINATOR, StockFilter(), 2, 2, sort)
    assert page.total == 3
    found = [row.on_hand for row in (*page.rows, *rest.rows)]
    assert sorted(found) == [1, 2, 3]
    if sort == "expires_on":
        assert found == [3, 2, 1]
    if sort == "-on_hand":
        assert found == [3, 2, 1]


def test_lots_without_expiry_come_last_in_the_usual_order(session):
    site = create_site(session)
    item = create_item(session, tracks_expiry=False, category="dressing")
    for days in (None, 60, 30):
        stock_up(session, site, item, days or 1, expires_in=days)
    page = stock.lots_page(session, COORDINATOR, StockFilter(), 1, 10)
    assert [row.on_hand for row in page.rows] == [30, 60, 1]


@pytest.mark.parametrize("by_site", [True, False])
@pytest.mark.parametrize("sort", ["item", "-usable", "expires_on", "site", "category"])
def test_groups(do, session, story, world, by_site, sort):
    site, other, item = world
    stock_up(session, site, item, 10, lot="A", expires_in=100)
    stock_up(session, site, item, 5, zone="quarantine")
    stock_up(session, other, item, 7, lot="C", expires_in=50)
    stock_up(session, other, item, 4, expires_in=-1)
    story.send(site, other, [(item, 3)])
    page = stock.groups_page(session, COORDINATOR, StockFilter(), 1, 10, by_site=by_site, sort=sort)
    figures = {
        row.site: (row.totals.usable, row.totals.quarantine, row.totals.expired, row.totals.in_transit)
        for row in page.rows
    }
    if by_site:
        assert figures == {site.code: (7, 5, 0, 0), other.code: (7, 0, 4, 3)}
        assert {row.site: row.next_expiry for row in page.rows} == {
            site.code: TODAY + timedelta(days=100),
            other.code: TODAY + timedelta(days=50),
        }
    else:
        assert figures == {None: (14, 5, 4, 3)}
        assert page.rows[0].next_expiry == TODAY + timedelta(days=50)


def test_the_stock_card_runs_by_occurrence(do, session, story, world):
    site, other, item = world
    story.receive(site, item, 100, ago=9, lot="L1")
    story.consume(site, item, 10, ago=2)
    story.consume(site, item, 20, ago=6)  # told later
    story.receive(site, item, 5, ago=4, lot="L2", zone="quarantine")
    number = story.send(site, other, [(item, 30)])
    story.arrive(number, (item, "L1", 30, 0))
    line = consumption.ConsumptionLine(item.code, 1)
    undone = do(consumption.consume, consumption.Consumption(site.code, TODAY, [line]))
    do(stock_events.undo, undone.number, "wrong")
    found = movements_slice(
        session, COORDINATOR, MovementFilter(site=site.code, item=item.code), None, 100
    ).rows
    assert [(row.change, row.balance) for row in found][:5] == [
        (100, 100),
        (-20, 80),
        (5, 85),
        (-10, 75),
        (-30, 45),
    ]
    assert sorted((row.change, row.balance) for row in found[5:]) == [(-1, 44), (1, 45)]
    card = stock_card(session, COORDINATOR, site.code, item.code, 1, 3)
    assert (card.total, [row.balance for row in card.rows][-1]) == (7, 45)
    assert [row.balance for row in card.rows] == [row.balance for row in found[::-1][:3]]
    there = movements_slice(
        session, COORDINATOR, MovementFilter(site=other.code, item=item.code), None, 100
    ).rows
    assert [(row.change, row.balance, row.source, row.destination) for row in there] == [
        (30, 30, f"{number}/in_transit", f"{other.code}/stock")
    ]


def test_the_balance_counts_movements_that_are_not_shown(session, story, world):
    site, _other, item = world
    story.receive(site, item, 100, ago=9, lot="L1")
    story.receive(site, item, 50, ago=8, lot="L2")
    story.consume(site, item, 10, ago=2)
    base = MovementFilter(site=site.code, item=item.code)
    all_of_it = movements_slice(session, COORDINATOR, base, None, 100)
    assert [row.balance for row in all_of_it.rows] == [100, 150, 140]
    by_lot = MovementFilter(site=site.code, item=item.code, lot="L2")
    assert [row.balance for row in movements_slice(session, COORDINATOR, by_lot, None, 100).rows] == [150]
    since = MovementFilter(site=site.code, item=item.code, since=clock.now() - timedelta(days=3))
    assert [row.balance for row in movements_slice(session, COORDINATOR, since, None, 100).rows] == [140]
    first = movements_slice(session, COORDINATOR, base, None, 2)
    assert [row.balance for row in movements_slice(session, COORDINATOR, base, first.next, 2).rows] == [140]
    nowhere = movements_slice(session, COORDINATOR, MovementFilter(item=item.code), None, 100).rows
    assert {row.balance for row in nowhere} == {None}


def test_movements_by_document_and_of_whose_sites(session, story, world):
    site, other, item = world
    story.receive(site, item, 100, ago=9, lot="L1")
    event = story.consume(site, item, 10)
    number = story.send(site, other, [(item, 30)])
    found = movements_slice(session, COORDINATOR, MovementFilter(document=event.number), None, 100).rows
    assert [(row.quantity, row.source, row.destination, row.by) for row in found] == [
        (10, f"{site.code}/stock", "patients", "a coordinator")
    ]
    assert movements_slice(session, COORDINATOR, MovementFilter(document="N\x00"), None, 100).rows == []
    mine = movements_slice(session, acting(Role.CLINIC, other), MovementFilter(), None, 100).rows
    assert mine == []
    story.arrive(number, (item, "L1", 30, 0))
    mine = movements_slice(session, acting(Role.CLINIC, other), MovementFilter(), None, 100).rows
    assert [row.quantity for row in mine] == [30]
    assert movements_slice(session, DONOR, MovementFilter(), None, 100).rows == []
    with pytest.raises(Forbidden):
        movements_slice(session, acting(Role.CLINIC, other), MovementFilter(site=site.code), None, 100)
