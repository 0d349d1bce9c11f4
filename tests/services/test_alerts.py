"""Alerts of each kind: opened and resolved by the very posting, kept apart, opened anew later."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Forbidden, Invalid, NotFound
from inventory.models import Alert
from inventory.services import (
    adjustments,
    alerts,
    packing,
    recalls,
    receipts,
    requisitions,
    shipments,
    shipping,
    sites,
    stock_events,
)
from inventory.services.shipments import NewEvent, NewShipment
from inventory.services.shipping import Arrival, ArrivedLine, MissingLine
from tests.factories import create_donor, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

TODAY = clock.today()


@pytest.fixture
def depot(session):
    return create_site(session)


def one(session, kind: str) -> Alert:
    session.expire_all()
    return session.scalars(select(Alert).where(Alert.kind == kind, Alert.resolved_at.is_(None))).one()


def test_levels_open_and_resolve_with_the_postings(session, site, item, policy, consume, open_alerts):
    policy()
    assert open_alerts(site) == {"stock_out", "emergency", "reorder"}
    stock_up(session, site, item, 100, lot="L1")
    assert open_alerts(site) == set()
    consume(49)
    assert open_alerts(site) == set()
    consume(1)
    assert open_alerts(site) == {"reorder"}
    reorder = one(session, "reorder")
    assert (reorder.quantity, reorder.threshold, reorder.suggested_quantity, reorder.severity) == (
        50,
        50,
        50,
        "warning",
    )
    consume(29)
    assert open_alerts(site) == {"reorder"}
    assert one(session, "reorder").suggested_quantity == 79
    consume(1)
    assert open_alerts(site) == {"reorder", "emergency"}
    assert (one(session, "emergency").quantity, one(session, "emergency").threshold) == (20, 20)
    consume(20)
    assert open_alerts(site) == {"reorder", "emergency", "stock_out"}
    stock_up(session, site, item, 101, lot="L2")
    assert open_alerts(site) == {"overstock"}
    consume(1)
    assert open_alerts(site) == set()


def test_a_reversal_opens_and_resolves_too(do, session, site, item, policy, consume, open_alerts):
    policy()
    stock_up(session, site, item, 100, lot="L1")
    event = consume(60)
    assert "reorder" in open_alerts(site)
    do(stock_events.undo, COORDINATOR, event.number, "wrong item")
    assert open_alerts(site) == set()


def test_a_second_time_is_a_new_alert(session, site, item, policy, consume, do):
    policy()
    stock_up(session, site, item, 100, lot="L1")
    for _ in range(2):
        consume(60)
        stock_up(session, site, item, 60)
    found = session.scalars(select(Alert).where(Alert.kind == "reorder").order_by(Alert.id)).all()
    assert len(found) == 3
    assert all(alert.resolved_at is not None for alert in found)


def test_acknowledging_resolves_nothing(do, session, site, item, policy, consume, open_alerts):
    policy()
    stock_up(session, site, item, 40)
    alert_id = one(session, "reorder").id
    seen = do(alerts.acknowledge, acting(Role.CLINIC, site), alert_id, "ordered by phone")
    assert (seen.acknowledged_by, seen.note, seen.resolved_at) == ("a clinic", "ordered by phone", None)
    consume(1)
    assert one(session, "reorder").acknowledged_at is not None
    assert one(session, "reorder").quantity == 39
    for actor in (VIEWER, DONOR):
        with pytest.raises(Forbidden):
            do(alerts.acknowledge, actor, alert_id, None)
    for actor, wanted in ((acting(Role.CLINIC, create_site(session)), alert_id), (COORDINATOR, 10**9)):
        with pytest.raises(NotFound):
            do(alerts.acknowledge, actor, wanted, None)
    with pytest.raises(Invalid) as refused:
        do(alerts.acknowledge, COORDINATOR, alert_id, "a\x00")
    assert pointers(refused) == ["/note"]


def test_what_was_asked_for_counts_for_reorder_but_not_for_an_emergency(
    do, session, site, item, policy, open_alerts
):
    policy()
    stock_up(session, site, item, 10)
    command = requisitions.NewRequisition(site.code, "regular", [requisitions.AskedLine(item.code, 41)])
    number = do(requisitions.draft, COORDINATOR, command).number
    assert open_alerts(site) == {"reorder", "emergency"}
    do(requisitions.submit, COORDINATOR, number)
    assert open_alerts(site) == {"emergency"}
    do(requisitions.reject, COORDINATOR, number, "no")
    assert open_alerts(site) == {"reorder", "emergency"}


def test_reserved_stock_is_usable_but_no_longer_in_the_position(do, session, depot, site, item, open_alerts):
    levels = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
    do(sites.set_policy, COORDINATOR, depot.code, item.code, levels)
    stock_up(session, depot, item, 60)
    assert open_alerts(depot) == set()
    number = do(shipments.draft, COORDINATOR, NewShipment(depot.code, site.code, "road")).number
    package, _ = do(
        packing.pack, COORDINATOR, number, packing.NewPackage("carton", [packing.PackedLine(item.code, 50)])
    )
    assert open_alerts(depot) == {"reorder"}
    do(packing.unpack, COORDINATOR, number, package.label)
    assert open_alerts(depot) == set()


def test_quarantined_expired_and_recalled_stock_is_not_usable(do, session, site, item, policy, open_alerts):
    policy()
    stock_up(session, site, item, 60, lot="L1")
    stock_up(session, site, item, 100, lot="L2", zone="quarantine")
    assert open_alerts(site) == set()
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    assert open_alerts(site) == {"recall", "stock_out", "emergency", "reorder"}


def test_without_a_policy_only_what_is_used_runs_out(session, site, item, consume, open_alerts):
    stock_up(session, site, item, 10)
    consume(9)
    assert open_alerts(site) == set()
    consume(1)
    assert open_alerts(site) == {"stock_out"}


def test_there_is_nothing_to_reorder_where_nothing_is_needed(do, site, item, policy, open_alerts):
    months = {"method": "months", "minimum_months": 1, "maximum_months": 3, "emergency_months": 0}
    from decimal import Decimal

    override = {"quantity": Decimal(0), "reason": "stopped"}
    policy(
        **{key: Decimal(value) if key != "method" else value for key, value in months.items()},
        demand_override=override,
    )
    assert "reorder" not in open_alerts(site)


def test_lots_that_expire(do, session, site, item, open_alerts):
    stock_up(session, site, item, 5, lot="SOON", expires_in=90)
    stock_up(session, site, item, 5, lot="LATER", expires_in=91)
    alert = one(session, "expiring")
    assert (alert.quantity, alert.lot_id is not None, alert.item_id) == (5, True, item.id)
    assert open_alerts(site) == {"expiring"}
    do(alerts.evaluate, TODAY + timedelta(days=1))
    assert len(session.scalars(select(Alert).where(Alert.kind == "expiring")).all()) == 2
    do(alerts.evaluate, TODAY + timedelta(days=92))
    assert open_alerts(site) == {"expired"}
    do(alerts.evaluate)
    assert open_alerts(site) == {"expiring"}
    assert len(session.scalars(select(Alert).where(Alert.resolved_at.is_(None))).all()) == 1


def test_what_arrives_expired_is_told_until_it_is_gone(do, session, site, item, open_alerts):
    stock_up(session, site, item, 5, lot="OLD", expires_in=-1)
    assert open_alerts(site) == {"expired"}
    line = adjustments.DisposalLine(item.code, "OLD", 5)
    do(adjustments.dispose, COORDINATOR, adjustments.Disposal(site.code, TODAY, "landfill", [line]))
    assert open_alerts(site) == set()


def test_an_expiring_lot_that_is_set_aside_is_told_no_more(do, session, site, item, open_alerts):
    stock_up(session, site, item, 5, lot="SOON", expires_in=30)
    move = adjustments.ZoneMoveLine(item.code, "SOON", 5, "stock", "quarantine")
    do(adjustments.move_zones, COORDINATOR, adjustments.ZoneMove(site.code, [move]))
    assert open_alerts(site) == set()


def test_a_recall_is_told_wherever_the_batch_is_until_it_is_gone(do, session, site, depot, item, open_alerts):
    stock_up(session, site, item, 5, lot="L1")
    stock_up(session, depot, item, 7, lot="L1", zone="quarantine")
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    assert open_alerts(site) == open_alerts(depot) == {"recall"}
    line = adjustments.DisposalLine(item.code, "L1", 5)
    do(adjustments.dispose, COORDINATOR, adjustments.Disposal(site.code, TODAY, "landfill", [line]))
    assert (open_alerts(site), open_alerts(depot)) == (set(), {"recall"})


@pytest.fixture
def sent(do, session, depot, site, item):
    def call(quantity: int = 10, **fields) -> str:
        stock_up(session, depot, item, quantity, lot="L1")
        command = NewShipment(depot.code, site.code, "road", **fields)
        number = do(shipments.draft, COORDINATOR, command).number
        line = packing.PackedLine(item.code, quantity)
        do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [line]))
        do(shipping.dispatch, COORDINATOR, number, clock.now() - timedelta(hours=1))
        return number

    return call


def test_a_shipment_is_late_the_day_after_its_eta(do, session, site, sent, open_alerts):
    number = sent(eta=TODAY + timedelta(days=5))
    do(alerts.evaluate, TODAY + timedelta(days=5))
    assert open_alerts(site) == set()
    do(alerts.evaluate, TODAY + timedelta(days=6))
    assert open_alerts(site) == {"shipment_late"}
    alert = one(session, "shipment_late")
    assert (alert.document, alert.quantity) == (number, 1)
    do(alerts.evaluate, TODAY + timedelta(days=9))
    assert one(session, "shipment_late").quantity == 4
    do(shipments.set_eta, COORDINATOR, number, TODAY + timedelta(days=20))
    assert open_alerts(site) == set()


def test_a_shipment_that_leaves_after_its_eta_is_late_at_once(do, site, sent, open_alerts):
    number = sent(eta=TODAY - timedelta(days=1))
    assert open_alerts(site) == {"shipment_late"}
    do(shipments.record_event, COORDINATOR, number, NewEvent("delivered", clock.now()))
    assert open_alerts(site) == set()


def test_a_draft_is_never_late(do, session, depot, site, open_alerts):
    command = NewShipment(depot.code, site.code, "road", eta=TODAY - timedelta(days=9))
    do(shipments.draft, COORDINATOR, command)
    do(alerts.evaluate)
    assert open_alerts(site) == set()


def test_a_discrepancy_stays_until_it_is_found_or_written_off(do, session, site, item, sent, open_alerts):
    number = sent(10)
    do(
        shipping.receive,
        COORDINATOR,
        number,
        Arrival(clock.now(), [ArrivedLine(item.code, "L1", 2)], final=False),
    )
    assert open_alerts(site) == set()
    do(shipping.receive, COORDINATOR, number, Arrival(clock.now(), [ArrivedLine(item.code, "L1", 3)]))
    assert open_alerts(site) == {"discrepancy"}
    alert = one(session, "discrepancy")
    assert (alert.document, alert.quantity, alert.site_id) == (number, 5, site.id)
    do(shipping.found, COORDINATOR, number, [MissingLine(item.code, "L1", 3)])
    assert one(session, "discrepancy").quantity == 2
    do(shipping.write_off, COORDINATOR, number, "stolen")
    assert open_alerts(site) == set()


def test_damage_alone_is_a_discrepancy(do, site, item, sent, open_alerts):
    number = sent(10)
    do(shipping.receive, COORDINATOR, number, Arrival(clock.now(), [ArrivedLine(item.code, "L1", 10, 4)]))
    assert open_alerts(site) == {"discrepancy"}
    move = adjustments.ZoneMoveLine(item.code, "L1", 4, "quarantine", "stock")
    do(adjustments.move_zones, COORDINATOR, adjustments.ZoneMove(site.code, [move]))
    assert open_alerts(site) == set()


def test_an_arrival_resolves_what_called_for_it(do, session, site, item, policy, sent, open_alerts):
    policy()
    number = sent(60)
    assert open_alerts(site) == {"stock_out", "emergency"}
    do(shipping.receive, COORDINATOR, number, Arrival(clock.now(), [ArrivedLine(item.code, "L1", 60)]))
    assert open_alerts(site) == set()


def test_a_recall_on_the_way_is_no_longer_inbound(do, session, site, item, policy, sent, open_alerts):
    policy()
    sent(60)
    assert "reorder" not in open_alerts(site)
    do(recalls.recall, COORDINATOR, item.code, "L1", "crystals")
    assert "reorder" in open_alerts(site)


def test_a_receipt_taken_back_opens_what_it_had_resolved(do, session, site, item, policy, open_alerts):
    from inventory.models import Receipt

    policy()
    stock_up(session, site, item, 60)
    number = session.scalars(select(Receipt.number)).one()
    do(receipts.undo_receipt, COORDINATOR, number, "wrong site")
    assert open_alerts(site) == {"stock_out", "emergency", "reorder"}


def test_partners_and_closed_sites_have_no_levels(do, session, item, open_alerts):
    for fields in ({"kind": "partner"}, {"status": "closed"}):
        other = create_site(session, **fields)
        levels = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
        do(sites.set_policy, COORDINATOR, other.code, item.code, levels)
        do(alerts.evaluate)
        assert open_alerts(other) == set()


def test_evaluating_twice_changes_nothing(do, session, site, item, policy):
    policy()
    stock_up(session, site, item, 10, expires_in=30)
    before = [(a.id, a.kind, a.resolved_at) for a in session.scalars(select(Alert).order_by(Alert.id))]
    for _ in range(2):
        assert do(alerts.evaluate) == 1
    session.expire_all()
    assert [
        (a.id, a.kind, a.resolved_at) for a in session.scalars(select(Alert).order_by(Alert.id))
    ] == before


def test_a_batch_of_two_donors_is_one_alert(session, site, item, open_alerts):
    for _ in range(2):
        stock_up(session, site, item, 5, lot="L" * 80, expires_in=30, donor=create_donor(session))
    alert = one(session, "expiring")
    assert alert.quantity == 10
    assert open_alerts(site) == {"expiring"}


def test_the_site_that_sent_it_may_say_that_it_has_seen(do, session, depot, sent):
    sent(eta=TODAY - timedelta(days=1))
    alert_id = one(session, "shipment_late").id
    assert do(alerts.acknowledge, acting(Role.WAREHOUSE, depot), alert_id, None).acknowledged_at is not None


def test_a_site_that_closes_or_goes_to_a_partner_needs_nothing(do, session, item, open_alerts):
    levels = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
    for fields in ({"status": "closed"}, {"kind": "partner"}):
        other = create_site(session)
        do(sites.set_policy, COORDINATOR, other.code, item.code, levels)
        assert "reorder" in open_alerts(other)
        do(sites.change_site, COORDINATOR, other.code, fields)
        assert open_alerts(other) == set()
    do(sites.change_site, COORDINATOR, other.code, {"kind": "dispensary"})
    assert "reorder" in open_alerts(other)
