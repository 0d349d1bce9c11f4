"""Alerts as an inbox: seen by a person, acted on from there."""

import pytest
from sqlalchemy import select

from inventory.access import SYSTEM
from inventory.models import Alert
from inventory.services import sites
from tests.factories import stock_up
from tests.web.world import World, make_world, number_of


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    policy = {"method": "fixed", "reorder_point": 200, "maximum": 500, "emergency_point": 10}
    sites.set_policy(session, SYSTEM, "CLINIC", "PARA", policy)
    session.commit()
    return made


def alert(world: World, kind: str = "reorder") -> Alert:
    world.session.expire_all()
    return world.session.scalars(select(Alert).where(Alert.kind == kind).order_by(Alert.id.desc())).first()


def test_the_inbox_is_that_of_ones_sites(world):
    page = world.get("clinic", "/alerts").text
    assert "To reorder" in page
    assert "Request 500" in page
    assert "Request" not in world.get("viewer", "/alerts").text.replace("Requisitions", "")
    assert "Nothing is amiss" in world.get("elsewhere", "/alerts").text
    assert world.get("donor", "/alerts").status_code == 403
    assert world.get("nobody", "/alerts").status_code == 302


def test_filters(world):
    assert (
        "Paracetamol"
        in world.get("coordinator", "/alerts?kind=reorder&severity=warning&site=CLINIC&state=new").text
    )
    for query in ("kind=recall", "severity=critical", "state=resolved", "site=HUB"):
        assert "No alert fits" in world.get("coordinator", f"/alerts?{query}").text
    assert world.get("coordinator", "/alerts?site=NOWHERE").status_code == 404
    assert world.get("clinic", "/alerts?site=HUB").status_code == 403


def test_seen_with_a_note(world):
    found = alert(world)
    data = {"note": "Called the hub", "back": "kind=reorder"}
    answer = world.post("clinic", f"/alerts/{found.id}/acknowledge", data)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/alerts?kind=reorder")
    page = world.get("clinic", "/alerts").text
    assert "Called the hub" in page
    assert "seen by clinic person" in page
    assert "No alert fits" in world.get("clinic", "/alerts?state=new").text
    assert world.post("viewer", f"/alerts/{found.id}/acknowledge", data).status_code == 403
    assert world.post("elsewhere", f"/alerts/{found.id}/acknowledge", data).status_code == 404
    assert world.post("clinic", "/alerts/999999/acknowledge", data).status_code == 404
    assert world.post("clinic", f"/alerts/{found.id}/acknowledge", {"note": "x" * 2001}).status_code == 422


def test_the_way_back_stays_in_the_house(world):
    found = alert(world)
    answer = world.post("clinic", f"/alerts/{found.id}/acknowledge", {"back": "//evil.example"})
    assert answer.headers["Location"].startswith("/alerts")


def test_what_is_suggested_is_asked_for_in_one_click(world):
    found = alert(world)
    data = {"token": "6b5b3c2e-0000-4000-8000-000000000008"}
    first = world.post("clinic", f"/alerts/{found.id}/request", data)
    page = world.get("clinic", first.headers["Location"]).text
    assert "Waiting for approval" in page
    assert "500" in page
    second = world.post("clinic", f"/alerts/{found.id}/request", data)
    assert number_of(first) == number_of(second)
    again = world.post("clinic", f"/alerts/{found.id}/request")
    assert again.status_code == 409
    assert "was settled meanwhile" in again.text


def test_who_may_ask(world):
    found = alert(world)
    assert world.post("viewer", f"/alerts/{found.id}/request").status_code == 403
    assert world.post("elsewhere", f"/alerts/{found.id}/request").status_code == 404
    assert world.post("clinic", "/alerts/999999/request").status_code == 404


def test_what_will_expire_unused_leads_coordinators_to_the_surplus(world):
    session = world.session
    risk = {"subject": "risk", "severity": "warning", "message": {"text": "At risk", "params": {}}}
    item = world.second
    session.add(Alert(kind="expiry_risk", site_id=world.clinic.id, item_id=item.id, **risk))
    session.commit()
    assert "Move surplus" in world.get("coordinator", "/alerts?kind=expiry_risk").text
    page = world.get("clinic", "/alerts?kind=expiry_risk").text
    assert "Move surplus" not in page
    assert "Open the stock card" in page


def test_each_alert_leads_to_where_one_acts(world):
    stock_up(world.session, world.clinic, world.second, 5, lot="SOON", expires_in=20)
    number = world.shipment(sent=True)
    page = world.get("coordinator", "/alerts").text
    assert "/stock/CLINIC/PARA" in page
    assert "/stock/CLINIC/ORS" in page
    from datetime import timedelta

    from inventory import clock
    from inventory.services import alerts

    alerts.evaluate(world.session, clock.today() + timedelta(days=40))
    world.session.commit()
    page = world.get("coordinator", "/alerts?kind=expired").text
    assert "/disposals/new?site=CLINIC" in page
    assert number.startswith("SHP")
