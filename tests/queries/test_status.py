"""How an item stands at a site: the figures of the contract, worked by hand.

A month is 30.4375 = 487/16 days; six months look back floor(182.625) = 182 days, today among them.
"""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.errors import Forbidden, NotFound
from inventory.models import Receipt
from inventory.queries.status import site_figures
from inventory.services import adjustments, receipts, requisitions, shipments, sites
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting

TODAY = clock.today()


@pytest.fixture
def site(session):
    return create_site(session, kind="dispensary")


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def figures(session, site, item):
    def look():
        session.expire_all()
        return {found.code: each for found, each in site_figures(session, COORDINATOR, site.code)}[item.code]

    return look


@pytest.fixture
def months(do, site, item):
    def call(demand: str | None = None, **fields):
        given = {
            "method": "months",
            "minimum_months": Decimal(1),
            "maximum_months": Decimal(3),
            "emergency_months": Decimal("0.5"),
        }
        if demand is not None:
            given["demand_override"] = {"quantity": Decimal(demand), "reason": "a test says so"}
        return do(sites.set_policy, site.code, item.code, given | fields)

    return call


@pytest.fixture
def fixed(do, site, item):
    def call(reorder_point: int, maximum: int, emergency_point: int = 0, **fields):
        levels = {"reorder_point": reorder_point, "maximum": maximum, "emergency_point": emergency_point}
        return do(sites.set_policy, site.code, item.code, {"method": "fixed"} | levels | fields)

    return call


def test_consumption_over_the_look_back(story, site, item, figures):
    story.receive(site, item, 1000, ago=300)
    story.consume(site, item, 90, ago=182)  # one day too early
    story.consume(site, item, 120, ago=181)
    story.consume(site, item, 180)
    found = figures()
    assert (found.usage.amc, found.usage.days_out, found.usage.days, found.basis) == (50, 0, 182, "dispensed")
    assert found.usage.dispensed == 300
    assert found.assessment.months_of_stock == Fraction(1000 - 390, 50)


def test_days_without_stock_are_taken_out(story, site, item, figures):
    """Empty from the end of day 100 to the morning of day 90: nine days with nothing at their end and the evening
    before. 120 / (6 - 9 / 30.4375) = 9740/463."""
    story.receive(site, item, 100, ago=250)
    story.consume(site, item, 100, ago=100)
    story.receive(site, item, 50, ago=90)
    story.consume(site, item, 20, ago=10)
    found = figures()
    assert (found.usage.days_out, found.usage.dispensed) == (9, 120)
    assert found.usage.amc == Fraction(9740, 463)


def test_a_first_receipt_cuts_the_look_back(story, site, item, figures):
    """30 days are 480/487 of a month: 48 dispensed are 48.7 a month."""
    story.receive(site, item, 100, ago=29)
    story.consume(site, item, 48, ago=3)
    found = figures()
    assert (found.usage.days, found.usage.months, found.usage.amc) == (
        30,
        Fraction(480, 487),
        Fraction(487, 10),
    )


def test_a_receipt_taken_back_was_no_first_receipt(do, session, story, site, item, figures):
    story.receive(site, item, 500, ago=150)
    number = session.scalars(select(Receipt.number)).one()
    do(receipts.undo_receipt, number, "typed under the wrong day")
    story.receive(site, item, 100, ago=29)
    story.consume(site, item, 48, ago=3)
    found = figures()
    assert (found.usage.days, found.usage.days_out, found.usage.amc) == (30, 0, Fraction(487, 10))


def test_transfers_losses_and_what_was_taken_back_are_no_consumption(do, session, story, site, item, figures):
    from inventory.services import stock_events

    story.receive(site, item, 1000, ago=200)
    line = adjustments.AdjustmentLine(item.code, story.receive(site, item, 50, ago=200).number, -50, "lost")
    do(adjustments.adjust, adjustments.Adjustment(site.code, TODAY, [line]))
    story.send(site, create_site(session), [(item, 100)])
    event = story.consume(site, item, 60, ago=20)
    story.consume(site, item, 30, ago=10)
    do(stock_events.undo, event.number, "another site's")
    assert figures().usage.dispensed == 30
    assert figures().usage.amc == 5


def test_nothing_dispensed_while_in_stock_is_no_demand(story, site, item, figures, months):
    months()
    story.receive(site, item, 10, ago=200)
    found = figures()
    assert (found.usage.amc, found.demand, found.basis) == (0, 0, "dispensed")
    assert found.assessment.months_of_stock is None
    assert found.projection.projected_expired == 0


def test_without_a_day_in_stock_demand_is_not_known(story, site, item, figures, months):
    months()
    found = figures()
    assert (found.usage.amc, found.basis, found.usage.days_out) == (None, "never_received", None)
    story.receive(site, item, 10, ago=300)
    story.consume(site, item, 10, ago=299)
    found = figures()
    assert (found.usage.amc, found.demand, found.basis, found.usage.days_out) == (
        None,
        None,
        "no_in_stock_days",
        182,
    )
    now = found.assessment
    assert (now.reorder_point, now.maximum, now.emergency_point, now.suggested_quantity) == (
        None,
        None,
        None,
        None,
    )
    assert (now.months_of_stock, now.effective_months, now.effective_stock) == (None, None, None)
    assert found.projection.projected_expired is None
    assert now.position == 0


def test_fixed_levels_need_no_demand(session, site, item, figures, fixed):
    fixed(50, 100, 20)
    found = figures()
    assert (found.demand, found.assessment.suggested_quantity, found.assessment.status) == (
        None,
        100,
        "stock_out",
    )


def test_what_a_person_said_goes_before_what_was_dispensed(story, site, item, figures, months):
    months("120")
    story.receive(site, item, 1000, ago=200)
    story.consume(site, item, 300, ago=5)
    found = figures()
    assert (found.demand, found.basis, found.usage.amc) == (120, "override", 50)
    assert (found.assessment.reorder_point, found.assessment.maximum, found.assessment.emergency_point) == (
        120,
        360,
        60,
    )
    months("0")
    assert (figures().demand, figures().basis) == (0, "override")


def test_an_expired_or_recalled_lot_is_out_of_stock(do, story, site, item, figures):
    """Good through day 50; from day 49 on nothing can be used: 49 days out (48 to 0), for at the end of day 50 there
    was some."""
    story.receive(site, item, 10, ago=200, expires_in=-50)
    found = figures()
    assert (found.usable, found.available) == (0, 0)
    assert found.usage.days_out == 49


def test_the_projection_of_the_handbook(session, site, item, figures, months):
    """F10: demand 120 a month; 1000 good for 105 days more, 1500 for 351: 586 and 530 expire."""
    months("120")
    stock_up(session, site, item, 1000, lot="A", expires_in=105)
    stock_up(session, site, item, 1500, lot="B", expires_in=351)
    found = figures()
    assert found.projection.projected_expired == 1116
    assert [lot.expiring for lot in found.projection.per_lot] == [586, 530]
    assert (found.assessment.effective_stock, found.assessment.position) == (1384, 1384)
    assert found.assessment.effective_months == Fraction(1384, 120)
    assert (found.assessment.suggested_quantity, found.assessment.status) == (0, "overstock")


def test_the_projection_looks_a_year_ahead(session, site, item, figures, months):
    months("30.4375")  # one a day
    stock_up(session, site, item, 400, lot="A", expires_in=365)
    assert figures().projection.projected_expired == 35
    stock_up(session, site, item, 500, lot="B", expires_in=366)
    assert figures().projection.projected_expired == 35
    months("30.4375", expiry_buffer_days=30)
    assert figures().projection.projected_expired == 65 + (500 - 1)


def test_packed_goods_are_usable_and_no_longer_available(session, story, site, item, figures):
    stock_up(session, site, item, 100)
    story.pack(site, create_site(session), [(item, 30)])
    found = figures()
    assert (found.usable, found.available) == (100, 70)


def test_the_position_counts_each_thing_once(do, session, story, site, item, figures, fixed):
    fixed(60, 100)
    depot = create_site(session)
    stock_up(session, site, item, 10)
    stock_up(session, depot, item, 100)
    asked = requisitions.NewRequisition(site.code, "regular", [requisitions.AskedLine(item.code, 25)])
    number = do(requisitions.draft, asked).number
    assert figures().assessment.position == 10
    do(requisitions.submit, number)
    assert figures().assessment.position == 35
    do(requisitions.approve, number, {item.code: 20})
    assert figures().assessment.position == 30
    shipment = story.pack(depot, site, [(item, 20)], requisition=number)
    assert figures().assessment.position == 30
    from inventory.services import shipping

    do(shipping.dispatch, shipment, clock.now() - timedelta(hours=1))
    found = figures()
    assert (found.inbound, found.open_requisitions, found.assessment.position) == (20, 0, 30)
    lot = shipments.get_shipment(session, COORDINATOR, shipment).packages[0].lines[0].lot.number
    story.arrive(shipment, (item, lot, 5, 0), final=False)
    found = figures()
    assert (found.available, found.inbound, found.assessment.position) == (15, 15, 30)
    story.arrive(shipment, (item, lot, 10, 4))
    found = figures()
    assert (found.available, found.inbound, found.assessment.position) == (21, 0, 21)


def test_suggestions_are_rounded_up_to_the_order_multiple(session, site, item, figures, fixed):
    fixed(50, 100, order_multiple=12)
    stock_up(session, site, item, 50)
    assert (figures().assessment.suggested_quantity, figures().assessment.status) == (60, "reorder")
    stock_up(session, site, item, 1)
    assert (figures().assessment.suggested_quantity, figures().assessment.status) == (0, "ok")


def test_fractions_are_rounded_up_to_whole_units(session, site, item, figures, months):
    """Demand 10.1 a month: reorder at 10.1, up to 30.3; with 10 in stock 20.3 are missing."""
    months("10.1")
    stock_up(session, site, item, 10)
    found = figures().assessment
    assert (found.reorder_point, found.maximum) == (Fraction(101, 10), Fraction(303, 10))
    assert found.suggested_quantity == 21
    stock_up(session, site, item, 1)
    assert figures().assessment.suggested_quantity == 0


def test_what_will_expire_does_not_count_as_stock(session, site, item, figures, months):
    """A hundred good for 20 days at one a day: 80 expire, 20 count, and that is below the reorder point."""
    months("30.4375")
    stock_up(session, site, item, 100, expires_in=20)
    found = figures()
    assert (found.projection.projected_expired, found.assessment.position) == (80, 20)
    assert found.assessment.suggested_quantity == 72  # 91.3125 - 20, rounded up
    assert found.assessment.status == "reorder"


def test_another_look_back(story, site, item, figures, months):
    months(lookback_months=Decimal(2))  # floor(60.875) = 60 days
    story.receive(site, item, 1000, ago=300)
    story.consume(site, item, 70, ago=60)
    story.consume(site, item, 30, ago=59)
    found = figures()
    assert (found.usage.days, found.usage.dispensed, found.usage.amc) == (60, 30, 15)


def test_quarantine_is_not_stock(session, site, item, figures):
    stock_up(session, site, item, 10, zone="quarantine")
    stock_up(session, site, item, 4)
    assert (figures().usable, figures().available) == (4, 4)


def test_who_may_ask(session, site, item):
    other = create_site(session)
    assert site_figures(session, acting("clinic", site), site.code, [item.code])
    assert site_figures(session, COORDINATOR, site.code, ["NOPE"]) == []
    with pytest.raises(Forbidden):
        site_figures(session, acting("clinic", other), site.code)
    for code in ("NOPE", "N\x00"):
        with pytest.raises(NotFound):
            site_figures(session, COORDINATOR, code)
