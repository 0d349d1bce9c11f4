"""Many alerts acknowledged at once, what came back and what was ignored in words, thresholds as a page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Alert, AlertRule
from inventory.services import alerts, sites
from tests.factories import stock_up
from tests.web.driving import fields
from tests.web.world import World, make_world

LEVELS = {"method": "fixed", "reorder_point": 200, "maximum": 500, "emergency_point": 10}


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    for site, item in (("CLINIC", "PARA"), ("CLINIC", "ORS"), ("OTHER", "ORS")):
        sites.set_policy(session, SYSTEM, site, item, LEVELS)
    session.commit()
    return made


def opened(world: World, site: str | None = None) -> list[Alert]:
    world.session.expire_all()
    query = select(Alert).where(Alert.resolved_at.is_(None)).order_by(Alert.id)
    if site is not None:
        query = query.where(Alert.site_id == {"CLINIC": world.clinic, "OTHER": world.other}[site].id)
    return list(world.session.scalars(query))


def test_those_that_were_ticked_are_seen_with_one_note(world):
    mine = opened(world, "CLINIC")
    assert len(mine) == 4
    chosen = [mine[0].id, mine[1].id]
    data = {"alerts": chosen, "note": "On the truck of Monday", "back": "state=new&group=site"}
    answer = world.post("clinic", "/alerts/acknowledge", data)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/alerts?state=new&group=site")
    page = world.get("clinic", answer.headers["Location"]).text
    assert "2 alerts are marked as seen" in page
    assert [alert.id for alert in opened(world, "CLINIC") if alert.acknowledged_at] == chosen
    assert {alert.note for alert in opened(world, "CLINIC")} == {"On the truck of Monday", None}


def test_all_of_the_page_without_script(world):
    page = world.get("clinic", "/alerts?kind=reorder")
    data = fields(page, "/alerts/acknowledge")
    assert world.of("clinic").post("/alerts/acknowledge", data={**data.to_dict(flat=False), "which": "page"})
    seen = [alert.kind for alert in opened(world, "CLINIC") if alert.acknowledged_at]
    assert seen == ["reorder", "reorder"]
    assert "Mark all" not in world.get("clinic", "/alerts?kind=reorder").text


def test_one_that_is_gone_or_elsewhere_does_not_spoil_the_others(world):
    mine, theirs = opened(world, "CLINIC"), opened(world, "OTHER")
    stock_up(world.session, world.clinic, world.item, 300)
    chosen = [alert.id for alert in mine] + [theirs[0].id, 10**12]
    world.post("clinic", "/alerts/acknowledge", {"alerts": [mine[2].id]})
    page = world.get(
        "clinic", world.post("clinic", "/alerts/acknowledge", {"alerts": chosen}).headers["Location"]
    )
    assert "2 alerts are marked as seen" in page.text
    assert "1 alert was left: it was settled meanwhile" in page.text
    assert "1 alert was left: somebody else has seen it" in page.text
    assert "2 alerts were left: they are not of your sites" in page.text
    assert not any(alert.acknowledged_at for alert in opened(world, "OTHER"))


def test_sent_twice_it_is_done_once(world):
    ids = [alert.id for alert in opened(world, "CLINIC")]
    data = {"alerts": ids, "token": "6b5b3c2e-0000-4000-8000-000000000009"}
    for _ in range(2):
        page = world.get("clinic", world.post("clinic", "/alerts/acknowledge", data).headers["Location"])
        assert "4 alerts are marked as seen" in page.text


def test_bad_input_is_told_and_changes_nothing(world):
    ids = [alert.id for alert in opened(world)]
    for data in (
        {},
        {"alerts": ["x", "-1"]},
        {"alerts": ids, "note": "x" * 2001},
        {"alerts": list(range(501))},
    ):
        answer = world.post("clinic", "/alerts/acknowledge", data)
        assert answer.status_code == 422
        assert "Nothing was changed" in answer.text
    for role, status in (("viewer", 403), ("donor", 403), ("nobody", 302)):
        if role == "nobody":
            assert world.of(role).post("/alerts/acknowledge", data={"alerts": ids}).status_code in (302, 400)
        else:
            assert world.post(role, "/alerts/acknowledge", {"alerts": ids}).status_code == status
    assert not any(alert.acknowledged_at for alert in opened(world))
    page = world.get("viewer", "/alerts").text
    assert "Mark those chosen" not in page
    assert 'type="checkbox"' not in page


def test_site_after_site(world):
    page = world.get("coordinator", "/alerts?group=site").text
    assert page.index("Secret camp") < page.index("Site OTHER")
    assert page.count('class="alert-group"') == 2


def test_what_came_back_and_what_was_ignored_is_said_in_words(world):
    stock_up(world.session, world.clinic, world.item, 300, lot="COMES")
    world.session.commit()
    from inventory.services.consumption import Consumption, ConsumptionLine, consume

    line = ConsumptionLine("PARA", 250, "COMES")
    atomically(lambda s: consume(s, SYSTEM, Consumption("CLINIC", clock.today(), [line])))
    page = world.get("clinic", "/alerts?kind=reorder").text
    assert "Opened 2 times" in page
    assert "It came back: opened 2 times, each within 90 days of the last" in page
    with clock.pretend(clock.now() - timedelta(days=9)):
        world.session.query(Alert).update({"opened_at": clock.now()})
    world.session.commit()
    atomically(alerts.evaluate)
    page = world.get("clinic", "/alerts?kind=reorder").text
    assert "Ignored for 9 days" in page
    assert "is-critical" in page


def test_thresholds_are_set_replaced_and_taken_away(world):
    assert "Everything, where no rule says otherwise" in world.get("coordinator", "/alerts/rules").text
    for role in ("clinic", "warehouse", "viewer", "donor"):
        assert world.get(role, "/alerts/rules").status_code == 403
        assert world.post(role, "/alerts/rules", {"horizons": "60"}).status_code == 403
    data = {"site": "CLINIC", "category": "medicine", "horizons": "120, 60 ,30", "escalate_after_days": "3"}
    assert world.post("coordinator", "/alerts/rules", data).status_code == 303
    assert "120, 60, 30" in world.get("coordinator", "/alerts/rules").text
    assert world.post("coordinator", "/alerts/rules", data | {"horizons": "45"}).status_code == 303
    rule = world.session.scalars(select(AlertRule)).one()
    assert (rule.horizons, rule.escalate_after_days, rule.category) == ("45", 3, "medicine")
    assert world.post("coordinator", f"/alerts/rules/{rule.id}/delete").status_code == 303
    assert world.session.scalars(select(AlertRule)).all() == []
    assert world.post("coordinator", "/alerts/rules/999/delete").status_code == 404


def test_thresholds_that_make_no_sense_are_named(world):
    for data, words in (
        ({"horizons": "30, 90, 60"}, "Put them in order"),
        ({"horizons": "90, 90"}, "there twice"),
        ({"horizons": "0"}, "between 1 and 730"),
        ({"horizons": "731"}, "between 1 and 730"),
        ({"horizons": "ninety"}, "Write whole numbers of days"),
        ({"horizons": "7,6,5,4,3,2,1"}, "At most 6"),
        ({"escalate_after_days": "0"}, "between 1 and 365"),
        ({"authorisation_days": "366"}, "between 1 and 365"),
        ({"authorisation_days": "10", "category": "medicine"}, "whatever the category"),
        ({"least_risk": "-4"}, "between 1 and"),
        ({"site": "NOWHERE", "horizons": "60"}, "Choose one of the list"),
        ({"site": "CLINIC"}, "Fill in at least one"),
    ):
        answer = world.post("admin", "/alerts/rules", data)
        assert answer.status_code == 422, data
        assert words in answer.text, (data, words)
    assert world.session.scalars(select(AlertRule)).all() == []
