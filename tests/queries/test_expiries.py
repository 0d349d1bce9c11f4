"""The expiry calendar: each lot in its month, what becomes of it, and what nobody can tell."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from inventory import clock
from inventory.errors import Forbidden, NotFound
from inventory.queries import expiries
from inventory.queries.expiries import CalendarFilter, calendar, lots_page, span_named, spans
from tests.factories import create_item, create_site, stock_up
from tests.queries.test_board import open_alert
from tests.services.people import COORDINATOR, acting

TODAY = clock.today()


@pytest.fixture
def site(session):
    return create_site(session, "HUB", kind="dispensary")


@pytest.fixture
def item(session):
    return create_item(session, "AMOX")


def months(session, actor=COORDINATOR, **wanted):
    found = calendar(session, actor, CalendarFilter(**wanted), TODAY)
    return {each.span.key: each for each in found if each.lots}


def rows(session, key, actor=COORDINATOR, **wanted):
    return lots_page(session, actor, CalendarFilter(**wanted), span_named(key, TODAY), 1, 50).rows


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 11, 30), date(2028, 2, 29)])
def test_spans_cover_every_day_once(today):
    found = spans(today)
    assert len(found) == 26
    for before, after in pairwise(found):
        assert before.last + timedelta(days=1) == after.first
    assert found[0].first is None
    assert found[-1].last is None


def test_lots_stand_in_their_months(session, site, item):
    for number, quantity, days in (("GONE", 10, -1), ("TODAY", 20, 0), ("YEAR", 30, 365), ("FAR", 40, 2000)):
        lot = stock_up(session, site, item, quantity, lot=number)
        lot.expires_on = TODAY + timedelta(days=days)
    stock_up(session, site, create_item(session, tracks_expiry=False), 50, expires_in=None)
    session.commit()
    found = months(session)
    assert {key: each.units for key, each in found.items()} == {
        "expired": 10,
        f"{TODAY:%Y-%m}": 20,
        f"{TODAY + timedelta(days=365):%Y-%m}": 30,
        "later": 40,
    }
    assert [row.lot.number for row in rows(session, "expired")] == ["GONE"]
    assert [row.lot.number for row in rows(session, "later")] == ["FAR"]


def test_what_will_be_used_and_what_not(session, story, site, item):
    story.receive(site, item, 700, ago=100, lot="A", expires_in=30)
    story.consume(site, item, 400, ago=1)
    (row,) = rows(session, None)
    # 400 in 101 days; 30 days to go: 118.8 are used, 181 are left.
    assert (row.on_hand, row.used, row.expiring) == (300, 119, 181)


def test_no_figure_where_none_is_known(session, site, item):
    stock_up(session, site, item, 10, lot="ASIDE", expires_in=20, zone="quarantine")
    stock_up(session, site, item, 10, lot="FAR", expires_in=400)
    (aside,) = rows(session, None)
    assert (aside.status, aside.used, aside.expiring) == ("quarantine", None, None)
    (far,) = rows(session, f"{TODAY + timedelta(days=400):%Y-%m}")
    assert (far.used, far.expiring) == (None, None)


def test_risks_are_those_of_open_alerts(session, site, item):
    lot = stock_up(session, site, item, 100, expires_in=40)
    alert = open_alert(session, site, item, "expiry_risk", 60, lot)
    key = f"{TODAY + timedelta(days=40):%Y-%m}"
    assert (months(session)[key].risk_lots, months(session)[key].risk_units) == (1, 60)
    alert.resolved_at = clock.now()
    session.commit()
    assert months(session)[key].risk_units == 0


def test_values_by_currency(session, site, item):
    lots = [stock_up(session, site, item, 100, expires_in=2000) for _ in range(3)]
    for lot, (value, currency) in zip(lots, (("0.05", "EUR"), ("1.5", "EUR"), ("2", "USD")), strict=True):
        lot.unit_value, lot.currency = Decimal(value), currency
    session.commit()
    assert months(session)["later"].values == {"EUR": Decimal("155.00"), "USD": Decimal("200.00")}
    assert sum(row.value for row in rows(session, "later")) == 355


def test_filters_and_sites_of_others(session, site, item):
    gauze = create_item(session, "GAUZE", category="dressing")
    other = create_site(session, "OTHER")
    stock_up(session, site, item, 1, expires_in=2000)
    stock_up(session, other, gauze, 2, expires_in=2000)
    assert months(session)["later"].units == 3
    assert months(session, site="OTHER")["later"].units == 2
    assert months(session, category="medicine")["later"].units == 1
    mine = acting("clinic", site)
    assert months(session, mine)["later"].units == 1
    assert [row.site.code for row in rows(session, "later", mine)] == ["HUB"]
    with pytest.raises(Forbidden):
        months(session, mine, site="OTHER")
    with pytest.raises(NotFound):
        rows(session, "later", site="NONE")


def test_every_lot_is_told_in_a_file(session, site, item):
    for number in range(5):
        stock_up(session, site, item, 10, lot=f"L{number}", expires_in=100 + number)
    told = expiries.all_lots(session, COORDINATOR, CalendarFilter(), expiries.Span("all", None, None))
    assert [row.lot.number for row in told] == [f"L{number}" for number in range(5)]


def test_few_questions(session, site, item, count_queries):
    for number in range(5):
        stock_up(session, site, item, 10, expires_in=100 * number + 1)
    with count_queries() as sent:
        months(session)
    assert len(sent) <= 3
