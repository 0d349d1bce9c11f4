"""The network at a glance: counts per site, sums, trees without end or ring, and few questions for many sites."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory import clock
from inventory.models import Site, SitePlan
from inventory.queries.network import network
from inventory.services import requisitions
from tests.factories import create_item, create_site, stock_up
from tests.queries.test_board import open_alert

TODAY = clock.today()


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def clinic(session, hub):
    return create_site(session, "CLINIC", kind="dispensary", supplied_by="HUB")


@pytest.fixture
def item(session):
    return create_item(session, "AMOX", ven="V")


def view(session, code):
    return next(each for each in network(session).sites if each.site.code == code)


def test_nothing_yet(session):
    found = network(session)
    assert (found.sites, found.trees, found.worst, found.total.short) == ([], [], [], 0)


def test_what_has_run_out_is_not_counted_twice(session, hub, clinic, item):
    second = create_item(session)
    for kind in ("stock_out", "emergency", "reorder"):
        open_alert(session, clinic, item, kind)
    open_alert(session, clinic, second, "emergency")
    found = view(session, "CLINIC")
    assert (found.short, found.nearly, found.alerts["stock_out"], found.alerts["reorder"]) == (2, 1, 1, 1)
    total = network(session).total
    assert (total.short, total.nearly) == (2, 1)
    assert [each.site.code for each in network(session).sites] == ["CLINIC", "HUB"]


def test_what_will_expire_with_its_value(session, hub, item):
    lots = [stock_up(session, hub, item, 100, expires_in=40) for _ in range(2)]
    lots[0].unit_value, lots[0].currency = Decimal("0.25"), "EUR"
    session.commit()
    open_alert(session, hub, item, "expiry_risk", 60, lots[0])
    second = create_item(session)
    open_alert(session, hub, second, "expiry_risk", 7, lots[1])
    found = view(session, "HUB")
    assert (found.risk_units, found.risk_values) == (67, {"EUR": Decimal("15.00")})
    assert network(session).total.risk_values == {"EUR": Decimal("15.00")}


def test_what_waits_and_what_comes(session, do, story, hub, clinic, item):
    line = requisitions.AskedLine("AMOX", 5)
    number = do(requisitions.draft, requisitions.NewRequisition("CLINIC", "regular", [line])).number
    stock_up(session, hub, item, 50)
    story.send(hub, clinic, [(item, 20)])
    story.pack(hub, clinic, [(item, 5)])
    assert (view(session, "CLINIC").requisitions, view(session, "CLINIC").shipments) == (0, 1)
    do(requisitions.submit, number)
    assert view(session, "CLINIC").requisitions == 1


def test_who_has_not_been_heard_of(session, story, hub, clinic, item):
    assert view(session, "CLINIC").silent
    assert not view(session, "HUB").silent
    story.receive(clinic, item, 100, ago=40)
    story.consume(clinic, item, 5, ago=20)
    assert (view(session, "CLINIC").last_told, view(session, "CLINIC").silent) == (
        TODAY - timedelta(days=20),
        True,
    )
    story.consume(clinic, item, 5, ago=14)
    assert not view(session, "CLINIC").silent


def test_the_plan_that_holds_today(session, clinic):
    for starts, patients in ((TODAY - timedelta(days=90), 10), (TODAY, 20), (TODAY + timedelta(days=9), 90)):
        session.add(
            SitePlan(
                site_id=clinic.id,
                starts_on=starts,
                days_per_week=Decimal(7),
                patients_per_day=patients,
                by="x",
            )
        )
    session.commit()
    assert round(float(view(session, "CLINIC").consultations), 2) == 608.75
    assert network(session).total.consultations == view(session, "CLINIC").consultations


def test_the_tree(session, hub, clinic):
    create_site(session, "MOBILE", kind="mobile_clinic", supplied_by="CLINIC")
    create_site(session, "ALONE")
    create_site(session, "OLD", status="closed", supplied_by="HUB")
    create_site(session, "FRIEND", kind="partner")

    def told(branches):
        return {each.view.site.code: told(each.supplies) for each in branches}

    assert told(network(session).trees) == {"HUB": {"CLINIC": {"MOBILE": {}}}, "ALONE": {}}


def test_a_ring_of_suppliers_has_an_end(session, hub, clinic):
    mobile = create_site(session, "MOBILE", kind="mobile_clinic", supplied_by="CLINIC")
    session.get_one(Site, hub.id).supplied_by_id = mobile.id
    session.commit()
    session.expire_all()
    assert sorted(each.view.site.code for each in network(session).trees) == ["CLINIC", "HUB", "MOBILE"]


def test_the_items_that_fare_worst(session, hub, clinic):
    fine, vital, other = (
        create_item(session, "A"),
        create_item(session, "B", ven="V"),
        create_item(session, "C"),
    )
    for item in (fine, vital, other):
        stock_up(session, hub, item, 5)
    open_alert(session, hub, other, "stock_out")
    open_alert(session, hub, other, "emergency")
    open_alert(session, clinic, other, "emergency")
    open_alert(session, hub, vital, "reorder")
    open_alert(session, hub, fine, "reorder")
    worst = network(session).worst
    assert [each.item.code for each in worst] == ["C", "B", "A"]
    assert (worst[0].alerts["stock_out"], worst[0].alerts["emergency"]) == (1, 1)


def test_few_questions_for_many_sites(session, count_queries):
    for number in range(50):
        create_site(session, f"S{number:02}", kind="dispensary")
    session.expire_all()
    with count_queries() as sent:
        found = network(session)
    assert len(found.sites) == 50
    assert len(sent) <= 12


def test_days_as_the_database_tells_them(session, story, clinic, item):
    story.receive(clinic, item, 10, ago=3)
    story.consume(clinic, item, 1)
    assert isinstance(view(session, "CLINIC").last_told, date)
