"""The life of alerts: memory, escalation, hysteresis, rounds over the sites, many acknowledged at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Invalid
from inventory.models import Alert, AlertRound
from inventory.services import alerts, requisitions, sites
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting

TODAY = clock.today()


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
