"""An item at a site: windows of its history, its lots and those on their way, and what becomes of them."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from inventory import clock
from inventory.errors import Forbidden
from inventory.ledger.projection import parts_coming, windows
from inventory.models import AssumedDemand, DemandMonth, Shipment, Site
from inventory.queries.item_at_site import item_at_site
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting

TODAY = clock.today()


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def clinic(session, hub):
    return create_site(session, "CLINIC", kind="dispensary", supplied_by="HUB")


@pytest.fixture
def item(session):
    return create_item(session, "AMOX")


def look(session, site, item, actor=COORDINATOR):
    session.expire_all()
    return item_at_site(session, actor, session.get_one(Site, site.id), item)


def test_windows_of_a_month_end_today(session, story, clinic, item):
    story.receive(clinic, item, 100, ago=61)
    for ago, quantity in ((0, 7), (29, 3), (30, 11), (60, 13)):
        story.consume(clinic, item, quantity, ago=ago)
    found = windows(session, clinic.id, item.id, TODAY)
    assert [each.used for each in found] == [13, 11, 10]
    assert found[-1].last == TODAY
    assert (found[-1].days, found[-2].days) == (30, 30)
    assert found[0].first == TODAY - timedelta(days=61)
    assert all(after.first == before.last + timedelta(days=1) for before, after in pairwise(found))


def test_days_without_stock_are_told(session, story, clinic, item):
    story.receive(clinic, item, 10, ago=20)
    story.consume(clinic, item, 10, ago=10)
    assert [each.days_out for each in windows(session, clinic.id, item.id, TODAY)] == [10]


def test_at_most_two_years(session, story, clinic, item):
    story.receive(clinic, item, 10, ago=1000, expires_in=2000)
    assert len(windows(session, clinic.id, item.id, TODAY)) == 24


def test_what_comes_and_when(session, story, hub, clinic, item):
    stock_up(session, hub, item, 100, lot="L")
    told = story.send(hub, clinic, [(item, 10)], eta=TODAY + timedelta(days=5))
    late = story.send(hub, clinic, [(item, 20)], eta=TODAY - timedelta(days=2))
    unknown = story.send(hub, clinic, [(item, 30)])
    story.pack(hub, clinic, [(item, 5)], eta=TODAY)  # a draft is not on its way
    found = parts_coming(session, session.get_one(Site, clinic.id), item.id, TODAY)
    assert [(each.shipment, each.quantity, each.expected_by, each.late) for each in found] == [
        (late, 20, "eta", True),
        (told, 10, "eta", False),
        (unknown, 30, None, False),
    ]
    session.get_one(Site, clinic.id).lead_time_days = 9
    session.commit()
    by_time = parts_coming(session, session.get_one(Site, clinic.id), item.id, TODAY)[-1]
    assert (by_time.shipment, by_time.expected_by) == (unknown, "lead_time")
    left = session.query(Shipment).filter_by(number=unknown).one().dispatched_at.date()
    assert by_time.expected == left + timedelta(days=9)


def test_the_stock_to_come(session, story, hub, clinic, item):
    """3 a day: 30 here last to day 10; 60 come on day 15; nothing can be given on the days between."""
    story.receive(clinic, item, 300, ago=89, lot="HERE")
    story.consume(clinic, item, 270, ago=1)
    stock_up(session, hub, item, 60, lot="COMES")
    story.send(hub, clinic, [(item, 60)], eta=TODAY + timedelta(days=15))
    found = look(session, clinic, item)
    assert found.figures.demand is not None
    assert round(float(found.figures.demand / Fraction(487, 16)), 3) == 3
    simulation = found.simulation
    assert simulation.first_stock_out == TODAY + timedelta(days=10)
    at = {level.day: level.total for level in simulation.levels}
    assert at[TODAY] == 30
    assert at[TODAY + timedelta(days=14)] == 0
    assert at[TODAY + timedelta(days=15)] == 57
    assert (found.coming[0].expected, found.coming[0].origin) == (TODAY + timedelta(days=15), "Site HUB")


def test_what_comes_without_a_day_is_counted_nowhere(session, story, hub, clinic, item):
    story.receive(clinic, item, 300, ago=89)
    story.consume(clinic, item, 270, ago=1)
    stock_up(session, hub, item, 60)
    story.send(hub, clinic, [(item, 60)])
    found = look(session, clinic, item)
    assert len(found.coming) == 1
    assert len(found.simulation.per_lot) == 1


def test_unknown_demand_gives_no_figures(session, clinic, item):
    found = look(session, clinic, item)
    assert (found.figures.demand, found.windows, found.simulation.levels) == (None, [], ())
    assert found.simulation.projected_expired is None


def test_what_people_set_by_hand(session, clinic, item):
    this = TODAY.replace(day=1)
    for month in (this - timedelta(days=1), this):
        session.add(
            DemandMonth(
                site_id=clinic.id,
                item_id=item.id,
                month=month.replace(day=1),
                quantity=Decimal(500),
                reason="طريق مغلق ❄️",
                by="Helen",
            )
        )
    session.add(AssumedDemand(site_id=clinic.id, item_id=item.id, quantity=Decimal(90), by="Helen"))
    session.commit()
    found = look(session, clinic, item)
    assert [each.month for each in found.months] == [this]
    assert found.assumed.quantity == 90
    assert (found.figures.demand, found.figures.basis) == (90, "assumed")


def test_a_site_of_others(session, hub, clinic, item):
    with pytest.raises(Forbidden):
        look(session, clinic, item, acting("warehouse", hub))
