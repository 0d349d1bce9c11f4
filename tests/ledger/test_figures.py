"""What replenishment reckons with at a site, each basis of demand worked by hand.

A month is 30.4375 = 487/16 days; six months look back floor(182.625) = 182 days, today among them.
"""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import sqrt

import pytest

from inventory import clock
from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.ledger.figures import figures
from inventory.models import DemandMonth
from inventory.rules import demand, forecast
from inventory.rules.course import MONTH
from inventory.rules.levels import service_levels_for
from inventory.services import consumption, kits, levels, planning
from inventory.services.kits import InKit, KitContent
from inventory.services.planning import Assumption, Plan
from tests.factories import create_item, create_site, stock_up

TODAY = clock.today()
SERVICE = {
    "method": "service",
    "lead_time_days": 20,
    "review_period_days": 30,
    "service_level": Decimal("0.95"),
}
MONTHS = {
    "method": "months",
    "minimum_months": Decimal(1),
    "maximum_months": Decimal(3),
    "emergency_months": Decimal("0.5"),
}


@pytest.fixture
def item(session):
    return create_item(session, ven="V")


@pytest.fixture
def site(session):
    return create_site(session, kind="mobile_clinic")


@pytest.fixture
def do(session):
    session.commit()
    return lambda service, *args: atomically(lambda s: service(s, SYSTEM, *args))


@pytest.fixture
def receive(session, item):
    def call(site, quantity: int, ago: int = 0, expires_in: int = 700):
        day = TODAY - timedelta(days=ago)
        return stock_up(session, site, item, quantity, received_on=day, expires_in=expires_in)

    return call


@pytest.fixture
def consume(do, item):
    def call(site, quantity: int, ago: int = 0, consultations: int | None = None):
        line = consumption.ConsumptionLine(item.code, quantity, None)
        day = TODAY - timedelta(days=ago)
        do(consumption.consume, consumption.Consumption(site.code, day, [line], consultations=consultations))

    return call


@pytest.fixture
def known(session, site, item):
    def look(place=None, **options):
        session.expire_all()
        return figures(session, (place or site).id, TODAY, [item.id], **options)[item.id]

    return look


@pytest.fixture
def visits(do):
    """A plan of 7 days a week, so many patients a day: times 30.4375 a month."""

    def call(site, patients: int, **fields):
        do(planning.set_plan, Plan(site.code, None, Decimal(7), patients, **fields))

    return call


# ---- the chain of what demand rests on --------------------------------------------------------------------------


def test_own_consumption_of_three_months_comes_first(site, known, receive, consume, visits):
    receive(site, 1000, ago=300)
    consume(site, 60, ago=10, consultations=10)
    visits(site, 100)
    assert (known().demand, known().basis) == (10, "dispensed")


def test_use_per_consultation_times_consultations_planned(site, known, receive, consume, visits):
    receive(site, 1000, ago=29)
    consume(site, 60, ago=10, consultations=40)
    assert (known().demand, known().basis) == (60 / (30 / MONTH), "dispensed")
    visits(site, 8)
    # 60 in 40 consultations are 1.5 each; 8 a day are 8 × 30.4375 a month.
    assert (known().demand, known().basis) == (Fraction(3, 2) * 8 * MONTH, "per_consultation")


def test_days_without_stock_count_for_no_consultation(site, known, receive, consume, visits):
    receive(site, 60, ago=29)
    consume(site, 60, ago=14, consultations=40)
    visits(site, 8)
    # Out of stock on 14 of 30 days: the 40 consultations were served for 16 / 30 of the time.
    assert known().usage.days_out == 14
    assert known().demand == 60 / (40 * Fraction(16, 30)) * 8 * MONTH


def test_use_of_similar_sites_times_consultations_planned(session, site, known, receive, consume, visits):
    similar, unlike = create_site(session, kind="mobile_clinic"), create_site(session, kind="hospital")
    for place, quantity in ((similar, 50), (unlike, 900)):
        receive(place, 1000, ago=100)
        consume(place, quantity, ago=10, consultations=20)
    visits(site, 4)
    assert (known().demand, known().basis) == (Fraction(50, 20) * 4 * MONTH, "similar_sites")


def test_a_plan_without_consultations_says_nothing_of_them(session, site, known, do):
    do(planning.set_plan, Plan(site.code, population=500))
    assert (known().demand, known().basis) == (None, "never_received")


def test_the_content_of_a_kit_scaled_by_people(session, site, item, known, do):
    create_item(session, "IEHK")
    do(kits.set_kit, KitContent("IEHK", 10_000, Decimal(3), [InKit(item.code, 18_000)]))
    do(planning.set_plan, Plan(site.code, population=5_000, kit="IEHK"))
    assert (known().demand, known().basis) == (3_000, "kit")
    do(planning.assume, Assumption(site.code, item.code, Decimal(7)))
    assert known().basis == "kit"


def test_an_assumed_figure_comes_before_a_short_history(site, item, known, do, receive, consume):
    receive(site, 1000, ago=20)
    consume(site, 21, ago=1)
    assert known().basis == "dispensed"
    do(planning.assume, Assumption(site.code, item.code, Decimal("7.5")))
    assert (known().demand, known().basis) == (Fraction(15, 2), "assumed")


def test_what_a_person_set_stands_above_all(site, item, known, do, receive, consume):
    receive(site, 1000, ago=300)
    consume(site, 60, ago=10)
    by_hand = {"demand_override": {"quantity": Decimal(0), "reason": "The ward is closed"}}
    do(levels.set_policy, site.code, item.code, MONTHS | by_hand)
    found = known()
    assert (found.demand, found.basis, found.assessment.months_of_stock) == (0, "override", None)


def test_nothing_known_is_no_demand_and_no_level(site, item, known, do, receive):
    do(levels.set_policy, site.code, item.code, SERVICE)
    found = known()
    assert (found.demand, found.basis, found.deviation) == (None, "never_received", 0)
    assert (found.assessment.maximum, found.assessment.suggested_quantity) == (None, None)


def test_a_store_plans_for_the_sites_that_it_supplies(session, item, known, do, receive, consume):
    store = create_site(session, kind="warehouse")
    for use in (60, 120):
        place = create_site(session, kind="dispensary", supplied_by=store.code)
        receive(place, 1000, ago=300)
        consume(place, use, ago=10)
    do(planning.set_plan, Plan(store.code, for_supplied=True))
    assert (known(store).demand, known(store).basis) == (30, "supplied_sites")
    do(levels.set_policy, store.code, item.code, SERVICE)
    receive(store, 1000, ago=200)
    assert (known(store).demand, known(store).basis) == (30, "supplied_sites")
    assert known(store).deviation >= sqrt(30)


# ---- the method `service` ---------------------------------------------------------------------------------------


def test_a_service_level_rests_on_the_forecast(site, item, known, do, receive, consume):
    receive(site, 10_000, ago=365)
    for month in range(12):
        consume(site, 90 + 10 * (month % 3), ago=5 + 30 * month)
    do(levels.set_policy, site.code, item.code, SERVICE)
    found = known()
    # The windows by hand: twelve of 30 or 31 days that end today, and one of a day more with the receipt.
    ends = [TODAY - timedelta(days=int(n * MONTH)) for n in range(13)]
    spans = [(newer - older).days for newer, older in pairwise(ends)] + [1]
    used = [
        sum(
            90 + 10 * (month % 3)
            for month in range(12)
            if sum(spans[:n]) <= 5 + 30 * month < sum(spans[: n + 1])
        )
        for n in range(13)
    ]
    windows = [forecast.Period(*each) for each in zip(used, spans, strict=True)][::-1]
    seen = forecast.forecast(windows)
    assert found.forecast == seen
    assert (found.demand, found.basis, found.deviation) == (seen.monthly, "forecast", seen.deviation)
    worked = service_levels_for(seen.monthly, seen.deviation, 20, 30, Decimal("0.95"))
    assert found.assessment.reorder_point == worked.reorder_point
    assert found.assessment.maximum == worked.maximum
    assert found.assessment.emergency_point == worked.emergency_point
    assert found.amc_basis == "dispensed"  # the contract's AMC stays what it says


def test_too_short_a_history_is_taken_to_come_by_chance(site, item, known, do, receive, consume):
    receive(site, 1000, ago=20)
    consume(site, 21, ago=1)
    do(planning.assume, Assumption(site.code, item.code, Decimal(100)))
    do(levels.set_policy, site.code, item.code, SERVICE | {"emergency_days": 5})
    found = known()
    assert (found.demand, found.basis, found.deviation) == (100, "assumed", 10)
    span = 50 / MONTH
    safety = 1.6448536269514722 * 10 * sqrt(span)
    assert found.assessment.reorder_point == -int(-(100 * float(span) + safety) // 1)
    assert found.assessment.emergency_point == -int(-(100 * 5 / float(MONTH)) // 1)


def test_a_demand_of_nothing_has_levels_of_nothing(site, item, known, do, receive):
    receive(site, 10, ago=200)
    do(levels.set_policy, site.code, item.code, SERVICE)
    found = known()
    assert (found.demand, found.basis) == (0, "forecast")
    assert (found.assessment.reorder_point, found.assessment.maximum) == (0, 0)
    assert (found.assessment.status, found.assessment.suggested_quantity) == ("overstock", 0)


def test_any_history_is_forecast_where_it_is_asked_for(site, known, receive, consume):
    receive(site, 1000, ago=300)
    consume(site, 60, ago=10)
    assert (known().forecast, known().deviation) == (None, None)
    found = known(forecasts=True)
    assert found.forecast is not None
    assert (found.basis, found.demand) == ("dispensed", 10)


# ---- months set by hand -----------------------------------------------------------------------------------------


def _next_month() -> date:
    return (TODAY.replace(day=1) + timedelta(days=32)).replace(day=1)


@pytest.fixture
def next_month(session, site, item):
    def call(quantity: int):
        session.add(
            DemandMonth(
                site_id=site.id,
                item_id=item.id,
                month=_next_month(),
                quantity=Decimal(quantity),
                reason="winter",
                by="a test",
            )
        )
        session.commit()

    return call


def test_a_month_by_hand_moves_levels_and_projection(site, item, known, do, receive, consume, next_month):
    receive(site, 1060, ago=300, expires_in=300)
    consume(site, 60, ago=10)
    do(levels.set_policy, site.code, item.code, MONTHS)
    # 10 a month for 300 days are 98.56.
    assert (known().assessment.maximum, known().projection.effective_stock) == (30, 99)
    next_month(500)
    found = known()
    # Of the three months to come, as many days at 10 / 30.4375 a day as do not lie in the one that was set.
    start, end = _next_month(), (_next_month() + timedelta(days=32)).replace(day=1)
    assert found.assessment.maximum == 500 + (3 * MONTH - (end - start).days) * 10 / MONTH
    assert (found.demand, found.basis) == (10, "dispensed")
    exact = 500 + (300 - (end - start).days) * 10 / MONTH
    assert found.projection.effective_stock == int(exact + Fraction(1, 2))
    assert found.course.within((end - TODAY).days - 1) == 500 + ((start - TODAY).days - 1) * 10 / MONTH


def test_a_month_by_hand_moves_the_levels_of_a_service_level(site, item, known, do, receive, next_month):
    receive(site, 10, ago=200)
    do(levels.set_policy, site.code, item.code, SERVICE)
    next_month(3_000)
    found = known()
    days = (TODAY + timedelta(days=50) - _next_month()).days + 1
    length = ((_next_month() + timedelta(days=32)).replace(day=1) - _next_month()).days
    inside = min(days, length)
    monthly = Fraction(3_000, length) * inside * MONTH / 50
    worked = service_levels_for(monthly, found.deviation, 20, 30, Decimal("0.95"))
    assert found.assessment.maximum == worked.maximum > 0


# ---- windows of history -----------------------------------------------------------------------------------------


def row(ago: int, change: int, dispensed: int = 0):
    return demand.LotDay("A", None, None, TODAY - timedelta(days=ago), change, dispensed)


def test_windows_of_a_month_end_today_and_begin_with_the_first_receipt():
    found = demand.periods(
        [row(70, 100), row(61, -5, 5), row(30, -7, 7), row(29, -11, 11), row(0, -1, 1)], TODAY
    )
    # floor(30.4375) = 30, floor(60.875) = 60 and floor(91.3125) = 91 days; the first receipt cuts the oldest at 71.
    assert [(each.quantity, each.days, each.days_out) for each in found] == [
        (5, 11, 0),
        (7, 30, 0),
        (12, 30, 0),
    ]


def test_windows_tell_the_days_without_stock():
    found = demand.periods([row(59, 10), row(39, -10, 10), row(9, 10)], TODAY)
    # Empty from the end of day 39 to day 10: 9 days of the older window (38 to 30), 20 of the newer (29 to 10).
    assert [(each.quantity, each.days, each.days_out) for each in found] == [(10, 30, 9), (0, 30, 20)]


def test_windows_are_no_more_than_asked_for():
    rows = [row(2000, 10)]
    assert len(demand.periods(rows, TODAY)) == 24
    assert len(demand.periods(rows, TODAY, months=3)) == 3
    assert sum(each.days for each in demand.periods(rows, TODAY)) == int(24 * MONTH)
    assert demand.periods([], TODAY) == []
