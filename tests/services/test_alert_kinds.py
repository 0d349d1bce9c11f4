"""Kinds of alerts with horizons and thresholds: expiry, risk by batch, authorisations, unknown demand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Forbidden, Invalid
from inventory.models import Alert, Policy
from inventory.services import alert_rules, alerts, authorisations, sites
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()


# ---- expiry ------------------------------------------------------------------------------------------------------


def test_horizon_after_horizon(do, session, site, item, alert):
    stock_up(session, site, item, 5, lot="SOON", expires_in=90)
    assert (alert("expiring").threshold, alert("expiring").severity) == (90, "warning")
    do(alerts.acknowledge, COORDINATOR, alert("expiring").id, "will be used")
    do(alerts.evaluate, TODAY + timedelta(days=29))
    assert alert("expiring").acknowledged_by == "a coordinator"
    do(alerts.evaluate, TODAY + timedelta(days=30))
    found = alert("expiring")
    assert (found.threshold, found.severity, found.acknowledged_by) == (60, "warning", None)
    assert found.note == "will be used"
    do(alerts.evaluate, TODAY + timedelta(days=60))
    assert (alert("expiring").threshold, alert("expiring").severity) == (30, "critical")
    assert len(session.scalars(select(Alert)).all()) == 1


def test_horizons_by_category_and_site(do, session, site, item, open_alerts, alert):
    do(alert_rules.set_rule, COORDINATOR, {"category": "medicine", "horizons": [180]})
    do(alert_rules.set_rule, COORDINATOR, {"site": site.code, "category": "medicine", "horizons": [10, 5]})
    other = create_site(session, kind="hospital")
    stock_up(session, site, item, 5, expires_in=11)
    assert open_alerts(site) == set()
    stock_up(session, other, item, 5, expires_in=180)
    assert open_alerts(other) == {"expiring"}
    assert (alert("expiring").threshold, alert("expiring").severity) == (180, "warning")


@pytest.fixture
def used(do, policy, site, item):
    """A month's demand, set by hand."""

    def call(monthly: str):
        override = {"quantity": Decimal(monthly), "reason": "a test"}
        months = {
            "minimum_months": Decimal(0),
            "maximum_months": Decimal(100),
            "emergency_months": Decimal(0),
        }
        return policy(method="months", demand_override=override, **months)

    return call


def test_what_will_not_be_used_in_time_is_told_by_batch(do, session, site, item, used, alert, open_alerts):
    used("30.4375")
    stock_up(session, site, item, 100, lot="F2", expires_in=60)
    found = alert("expiry_risk")
    assert (found.quantity, found.threshold, found.item_id, found.severity) == (40, 1, item.id, "warning")
    assert found.message["params"] | {"site": ""} == {
        "quantity": 40,
        "all": 100,
        "item": item.code,
        "lot": "F2",
        "site": "",
        "expires_on": str(TODAY + timedelta(days=60)),
    }
    used("60.875")
    assert "expiry_risk" not in open_alerts(site)


def test_a_batch_of_two_donors_is_at_risk_once(do, session, site, item, used, alert):
    used("30.4375")
    for _ in range(2):
        stock_up(session, site, item, 100, lot="SAME", expires_in=60, donor=create_donor(session))
    assert (alert("expiry_risk").quantity, alert("expiry_risk").message["params"]["all"]) == (140, 200)


def test_little_is_not_worth_telling(do, session, site, item, used, alert):
    do(alert_rules.set_rule, COORDINATOR, {"category": "medicine", "least_risk": 41})
    used("30.4375")
    stock_up(session, site, item, 100, expires_in=60)
    assert alert("expiry_risk") is None
    stock_up(session, site, item, 1, expires_in=60, lot="MORE")
    do(alert_rules.set_rule, COORDINATOR, {"category": "medicine", "least_risk": 1})
    do(alerts.evaluate)
    assert session.scalars(select(Alert).where(Alert.kind == "expiry_risk")).first() is not None


def test_what_is_at_risk_goes_on_until_nothing_is(do, session, site, item, used, consume, alert):
    do(alert_rules.set_rule, COORDINATOR, {"least_risk": 40})
    used("30.4375")
    stock_up(session, site, item, 100, expires_in=60)
    consume(39)
    assert alert("expiry_risk").quantity == 1
    consume(1)
    assert alert("expiry_risk") is None


def test_where_nothing_is_used(do, session, site, item, open_alerts):
    depot = create_site(session)
    for place in (site, depot):
        stock_up(
            session, place, item, 50, lot="GIFT", expires_in=200, received_on=TODAY - timedelta(days=100)
        )
    assert open_alerts(site) == {"expiry_risk"}, "a gift that nobody uses"
    assert open_alerts(depot) == set(), "a warehouse feeds others"
    reserve = create_site(session, kind="dispensary")
    levels = {"method": "fixed", "reorder_point": 0, "maximum": 100, "emergency_point": 0}
    do(sites.set_policy, COORDINATOR, reserve.code, item.code, levels)
    stock_up(session, reserve, item, 50, lot="R", expires_in=200, received_on=TODAY - timedelta(days=100))
    assert "expiry_risk" not in open_alerts(reserve), "a reserve"
    new = create_site(session, kind="dispensary")
    stock_up(session, new, item, 50, lot="N", expires_in=200, received_on=TODAY - timedelta(days=20))
    assert open_alerts(new) == set(), "what has only just come"


def test_without_known_demand_there_is_no_risk(do, session, site, item, open_alerts):
    """It ran out before the look-back began and has just come again: nothing is known."""
    stock_up(session, site, item, 100, lot="A", expires_in=200, zone="quarantine")
    assert open_alerts(site) == set()


# ---- authorisations ----------------------------------------------------------------------------------------------


def paper(site, last: int, first: int = -50) -> dict[str, Any]:
    dates = {"valid_from": TODAY + timedelta(days=first), "valid_until": TODAY + timedelta(days=last)}
    return {"site": site.code, "place": "Camp Khanke", "reference": "D/1", **dates}


def test_authorisations_by_time(do, session, site, alert):
    made = do(authorisations.add_authorisation, COORDINATOR, paper(site, 40))
    assert alert("authorisation_expiring") is None
    do(alerts.evaluate, TODAY + timedelta(days=9))
    assert alert("authorisation_expiring") is None
    do(alerts.evaluate, TODAY + timedelta(days=10))
    found = alert("authorisation_expiring")
    assert (found.quantity, found.threshold, found.severity) == (30, 30, "warning")
    assert (found.authorisation_id, found.document) == (made.id, "D/1")
    do(alerts.acknowledge, COORDINATOR, found.id, "asked for")
    do(alerts.evaluate, TODAY + timedelta(days=40))
    assert (alert("authorisation_expiring").severity, alert("authorisation_expiring").quantity) == (
        "warning",
        0,
    )
    do(alerts.evaluate, TODAY + timedelta(days=41))
    found = alert("authorisation_expiring")
    assert (found.severity, found.threshold, found.acknowledged_by) == ("critical", 0, None)
    do(authorisations.renew_authorisation, COORDINATOR, made.id, paper(site, 400, -1))
    assert alert("authorisation_expiring") is None


def test_a_longer_notice_for_a_site(do, session, site, alert):
    do(alert_rules.set_rule, COORDINATOR, {"site": site.code, "authorisation_days": 60})
    do(authorisations.add_authorisation, COORDINATOR, paper(site, 60))
    assert alert("authorisation_expiring").threshold == 60
    do(sites.change_site, COORDINATOR, site.code, {"status": "closed"})
    assert alert("authorisation_expiring") is None


def test_who_writes_authorisations(do, session, site):
    for role in (Role.CLINIC, Role.WAREHOUSE, Role.VIEWER, Role.DONOR):
        with pytest.raises(Forbidden):
            do(authorisations.add_authorisation, acting(role, site), paper(site, 40))
    partner = create_site(session, kind="partner")
    with pytest.raises(Invalid) as refused:
        do(authorisations.add_authorisation, COORDINATOR, paper(partner, -60) | {"place": "a\x00"})
    assert pointers(refused) == ["/site", "/place", "/valid_until"]


# ---- unknown demand ----------------------------------------------------------------------------------------------


def test_unknown_demand_is_told_once_for_a_site(do, session, site, item, alert):
    months = {"minimum_months": Decimal(1), "maximum_months": Decimal(3), "emergency_months": Decimal(0)}
    for each in (item, create_item(session)):
        do(sites.set_policy, COORDINATOR, site.code, each.code, {"method": "months", **months})
    do(alerts.evaluate)
    assert alert("needs_attention") is None, "whoever has just set a policy is still at it"
    for row in session.scalars(select(Policy)):
        row.created_at = clock.now() - timedelta(days=8)
    session.commit()
    for _ in range(2):
        do(alerts.evaluate)
        found = alert("needs_attention")
        assert (found.quantity, found.severity, found.item_id) == (2, "info", None)
        assert item.code in found.message["params"]["items"]
    override = {"quantity": Decimal(3), "reason": "a guess"}
    for each in session.scalars(select(Policy)).all():
        each.demand_override, each.demand_override_reason = override["quantity"], override["reason"]
    session.commit()
    do(alerts.evaluate)
    assert alert("needs_attention") is None
