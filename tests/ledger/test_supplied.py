"""A store that plans for the sites that it supplies: its demand is the sum of theirs."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from inventory import clock
from inventory.ledger.figures import figures
from inventory.models import DemandMonth, Policy, SitePlan
from tests.factories import create_site

MONTH = Fraction(487, 16)


@pytest.fixture
def store(session, house):
    """A store above the house's site, which has used 60 units in 100 days, and above a sub-store with a clinic."""
    store = create_site(session)
    for site in (house.site, house.other):
        site.supplied_by_id = store.id
    session.flush()
    return store


def plan(session, site):
    session.add(SitePlan(site_id=site.id, starts_on=clock.today(), for_supplied=True, by="test"))
    session.flush()


def look(session, site, item):
    session.expire_all()
    return figures(session, site.id, clock.today(), [item.id])[item.id]


def test_it_is_the_sum_of_what_they_use(session, house, store):
    lot = house.lot()
    house.receive(lot, 1000, ago=99)
    house.consume(lot, 60, ago=10)
    plan(session, store)
    found = look(session, store, house.item)
    assert (found.demand, found.basis) == (60 / (100 / MONTH), "supplied_sites")
    assert found.amc is None  # the contract's figure stays what it is
    assert found.course is not None


def test_only_where_the_plan_says_so(session, house, store):
    lot = house.lot()
    house.receive(lot, 1000, ago=99)
    house.consume(lot, 60, ago=10)
    assert look(session, store, house.item).demand is None


def test_through_a_store_below_and_not_from_a_closed_site(session, house, store):
    """The other site is a sub-store above the one that dispenses."""
    lot = house.lot()
    house.receive(lot, 1000, ago=99)
    house.consume(lot, 60, ago=10)
    house.site.supplied_by_id = house.other.id
    session.flush()
    plan(session, store)
    assert look(session, store, house.item).demand is None
    plan(session, house.other)
    assert look(session, store, house.item).demand == 60 / (100 / MONTH)
    house.site.status = "closed"
    session.flush()
    assert look(session, store, house.item).demand is None


def test_what_is_unknown_everywhere_stays_unknown(session, house, store):
    plan(session, store)
    found = look(session, store, house.item)
    assert (found.demand, found.basis) == (None, "never_received")
    assert found.assessment.suggested_quantity is None


def test_months_set_by_hand_at_a_site_are_the_stores_too(session, house, store):
    lot = house.lot()
    house.receive(lot, 1000, ago=99)
    house.consume(lot, 60, ago=10)
    next_month = (clock.today().replace(day=1) + timedelta(days=32)).replace(day=1)
    closed = {"month": next_month, "quantity": Decimal(0), "reason": "snow", "by": "test"}
    session.add(DemandMonth(site_id=house.site.id, item_id=house.item.id, **closed))
    plan(session, store)
    here, there = look(session, store, house.item), look(session, house.site, house.item)
    assert here.course.within(90) == there.course.within(90) < here.demand * 90 / MONTH


def test_with_a_service_policy_it_strays_as_its_sites_do(session, house, store):
    lot = house.lot()
    house.receive(lot, 1000, ago=120)
    for ago, quantity in ((100, 60), (70, 5), (40, 90), (10, 30)):
        house.consume(lot, quantity, ago=ago)
    fields = {"method": "service", "lead_time_days": 30, "review_period_days": 30}
    for site in (store, house.site):
        session.add(Policy(site_id=site.id, item_id=house.item.id, service_level=Decimal("0.95"), **fields))
    plan(session, store)
    here, there = look(session, store, house.item), look(session, house.site, house.item)
    assert here.deviation == pytest.approx(there.deviation)
    assert here.deviation > here.demand**0.5
    assert here.assessment.reorder_point == there.assessment.reorder_point
