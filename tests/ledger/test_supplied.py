"""A store that plans for the sites that it supplies: its demand is the sum of theirs."""

from fractions import Fraction

import pytest

from inventory import clock
from inventory.ledger.figures import figures
from inventory.models import SitePlan
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
