"""The life of alerts: memory, escalation, horizons, hysteresis, risk by batch, authorisations, unknown demand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Forbidden, Invalid
from inventory.models import Alert, AlertRound, Policy
from inventory.services import alert_rules, alerts, authorisations, consumption, requisitions, sites
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()


@pytest.fixture
def site(session):
    return create_site(session, kind="dispensary")


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def policy(do, site, item):
    """Emergency at 20, reorder at 50, up to 100."""

    def call(**fields):
        given = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
        return do(sites.set_policy, COORDINATOR, site.code, item.code, given | fields)

    return call


@pytest.fixture
def consume(do, site, item):
    def call(quantity: int, day=TODAY):
        line = consumption.ConsumptionLine(item.code, quantity)
        return do(consumption.consume, COORDINATOR, consumption.Consumption(site.code, day, [line]))

    return call


@pytest.fixture
def alert(session):
    """The open alert of a kind; None where there is none."""

    def look(kind: str) -> Alert | None:
        session.expire_all()
        query = select(Alert).where(Alert.kind == kind, Alert.resolved_at.is_(None))
        return session.scalars(query).one_or_none()

    return look


def back(session, found: Alert, days: int) -> None:
    """As if it had been opened so many days ago."""
    found.opened_at = clock.now() - timedelta(days=days)
    session.commit()


# ---- memory ------------------------------------------------------------------------------------------------------


def test_it_comes_back_with_memory(do, session, site, item, policy, consume, alert):
    policy()
    stock_up(session, site, item, 40)
    first = alert("reorder")
    do(alerts.acknowledge, COORDINATOR, first.id, "ordered by phone")
    stock_up(session, site, item, 40)
    consume(40)
    second = alert("reorder")
    assert (second.id != first.id, second.occurrence, second.previous_id) == (True, 2, first.id)
    assert (second.acknowledged_at, second.note) == (None, None)
    stock_up(session, site, item, 40)
    consume(40)
    assert (alert("reorder").occurrence, alert("reorder").previous_id) == (3, second.id)


def test_after_ninety_days_it_is_another_matter(do, session, site, item, policy, consume, alert):
    policy()
    stock_up(session, site, item, 40)
    first = alert("reorder")
    stock_up(session, site, item, 40)
    for days, occurrence in ((91, 1), (89, 2)):
        session.get_one(Alert, first.id).resolved_at = clock.now() - timedelta(days=days)
        session.commit()
        consume(40)
        assert alert("reorder").occurrence == occurrence
        if occurrence == 1:
            session.delete(alert("reorder"))
            session.commit()
            stock_up(session, site, item, 40)


def test_evaluation_of_a_whole_site_remembers_as_well(do, session, site, item, policy, alert):
    policy()
    first = alert("stock_out")
    with alerts.later(session):
        stock_up(session, site, item, 100, lot="L", expires_in=20)
    do(alerts.evaluate)
    assert alert("stock_out") is None
    do(alerts.evaluate, TODAY + timedelta(days=21))
    assert (alert("stock_out").occurrence, alert("stock_out").previous_id) == (2, first.id)


# ---- escalation --------------------------------------------------------------------------------------------------


def test_ignored_it_grows_louder(do, session, site, item, policy, alert):
    policy()
    stock_up(session, site, item, 40)
    for days, escalation, severity in (
        (6, 0, "warning"),
        (7, 1, "critical"),
        (7, 1, "critical"),
        (13, 1, "critical"),
        (14, 2, "critical"),
    ):
        do(alerts.evaluate, TODAY + timedelta(days=days))
        found = alert("reorder")
        assert (found.escalation, found.severity) == (escalation, severity), days
    assert found.escalated_at == found.opened_at + timedelta(days=14)


def test_a_backlog_of_a_year_comes_to_the_same_as_every_day(do, session, site, item, policy, alert):
    policy()
    stock_up(session, site, item, 40)
    do(alerts.evaluate, TODAY + timedelta(days=365))
    at_once = alert("reorder").escalation, alert("reorder").escalated_at
    alert("reorder").escalation, alert("reorder").escalated_at, alert("reorder").severity = 0, None, "warning"
    found = session.scalars(select(Alert).where(Alert.kind == "reorder")).one()
    found.escalation, found.escalated_at = 0, None
    session.commit()
    for days in range(0, 366, 5):
        do(alerts.evaluate, TODAY + timedelta(days=days))
    assert (alert("reorder").escalation, alert("reorder").escalated_at) == at_once


def test_critical_ones_are_impatient_and_information_is_not_escalated(do, session, site, item, policy, alert):
    policy()
    stock_up(session, site, item, 150)
    assert alert("overstock").severity == "info"
    do(alerts.evaluate, TODAY + timedelta(days=60))
    assert alert("overstock").escalation == 0
    other = create_item(session)
    levels = {"method": "fixed", "reorder_point": 0, "maximum": 10, "emergency_point": 0}
    do(sites.set_policy, COORDINATOR, site.code, other.code, levels)
    do(alerts.evaluate, TODAY + timedelta(days=1))
    assert alert("stock_out").escalation == 0
    do(alerts.evaluate, TODAY + timedelta(days=3))
    assert alert("stock_out").escalation == 1


def test_an_acknowledgement_stops_the_time_until_it_gets_worse(
    do, session, site, item, policy, consume, alert
):
    policy()
    stock_up(session, site, item, 40)
    seen = alert("reorder")
    do(alerts.acknowledge, COORDINATOR, seen.id, "ordered")
    do(alerts.evaluate, TODAY + timedelta(days=30))
    assert (alert("reorder").escalation, alert("reorder").severity) == (0, "warning")
    consume(19)
    assert alert("reorder").acknowledged_by == "a coordinator"
    consume(1)
    found = alert("reorder")
    assert (found.id, found.quantity) == (seen.id, 20)
    assert (found.acknowledged_at, found.acknowledged_by, found.note) == (None, None, "ordered")
    assert found.waiting_since is not None
    do(alerts.evaluate, TODAY + timedelta(days=8))
    assert alert("reorder").escalation == 1


def test_help_on_its_way_begins_the_time_anew(do, session, site, item, policy, alert):
    policy()
    stock_up(session, site, item, 10)
    command = requisitions.NewRequisition(site.code, "emergency", [requisitions.AskedLine(item.code, 90)])
    number = do(requisitions.draft, COORDINATOR, command).number
    do(requisitions.submit, COORDINATOR, number)
    for days in (3, 5):
        do(alerts.evaluate, TODAY + timedelta(days=days))
        assert alert("emergency").escalation == 0
    do(requisitions.reject, COORDINATOR, number, "no")
    do(alerts.evaluate, TODAY + timedelta(days=6))
    assert alert("emergency").escalation == 0
    do(alerts.evaluate, TODAY + timedelta(days=8))
    assert alert("emergency").escalation == 1


# ---- hysteresis --------------------------------------------------------------------------------------------------


def test_an_emergency_goes_only_above_the_minimum(session, site, item, policy, consume, open_alerts):
    policy()
    stock_up(session, site, item, 20)
    assert open_alerts(site) == {"emergency", "reorder"}
    stock_up(session, site, item, 1)
    assert open_alerts(site) == {"emergency", "reorder"}
    stock_up(session, site, item, 29)
    assert open_alerts(site) == {"emergency", "reorder"}
    stock_up(session, site, item, 1)
    assert open_alerts(site) == set()
    consume(30)
    assert open_alerts(site) == {"reorder"}, "nothing opens between the emergency point and the minimum"


def test_it_does_not_flap(session, site, item, policy, consume):
    policy()
    stock_up(session, site, item, 20)
    for _ in range(5):
        stock_up(session, site, item, 1)
        consume(1)
    assert (
        len(session.scalars(select(Alert).where(Alert.kind == "emergency")).all()) == 1
    )  # one was of no stock


def test_something_usable_ends_a_stock_out(session, site, item, policy, open_alerts):
    policy()
    assert "stock_out" in open_alerts(site)
    stock_up(session, site, item, 1)
    assert open_alerts(site) == {"emergency", "reorder"}


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


def paper(site, last: int, first: int = -50) -> dict:
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


# ---- rounds ------------------------------------------------------------------------------------------------------


def test_sites_are_taken_longest_ago_first(do, session):
    made = [create_site(session).id for _ in range(3)]
    assert do(alerts.sites_to_evaluate) == made
    do(alerts.evaluate_site, made[0])
    do(alerts.evaluate_site, made[2])
    assert do(alerts.sites_to_evaluate) == [made[1], made[0], made[2]]
    assert {row.site_id: row.evaluated_on for row in session.scalars(select(AlertRound))} == {
        made[0]: TODAY,
        made[2]: TODAY,
    }


def test_what_somebody_else_has_just_done_is_not_done_again(do, session, site):
    begun = clock.now()
    assert do(alerts.evaluate_site, site.id, since=begun).state == "done"
    assert do(alerts.evaluate_site, site.id, since=begun).state == "fresh"
    assert do(alerts.evaluate_site, site.id, TODAY + timedelta(days=1), since=begun).state == "done"
    assert do(alerts.evaluate_site, site.id, since=clock.now()).state == "done"


# ---- many at once ------------------------------------------------------------------------------------------------


def test_many_are_acknowledged_as_one(do, session, site, item, policy, open_alerts):
    policy()
    ids = [found.id for found in session.scalars(select(Alert))]
    marked = do(alerts.acknowledge_many, acting(Role.CLINIC, site), [*ids, 10**15], "all of it")
    assert (sorted(marked.ids), dict(marked.left)) == (sorted(ids), {"unknown": 1})
    again = do(alerts.acknowledge_many, COORDINATOR, ids, None)
    assert (again.ids, dict(again.left)) == ([], {"acknowledged": 3})
    assert {found.note for found in session.scalars(select(Alert))} == {"all of it"}
    assert len(open_alerts(site)) == 3
    for wanted in ([], list(range(501))):
        with pytest.raises(Invalid):
            do(alerts.acknowledge_many, COORDINATOR, wanted, None)
