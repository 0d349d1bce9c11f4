"""The demand to come on its pages: plans, months by hand, assumed figures, kits."""

from datetime import date

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import AssumedDemand, DemandMonth, Kit, SitePlan
from inventory.services import consumption
from tests.factories import create_item
from tests.web.driving import changed, fields, send
from tests.web.world import make_world, rows

AT = "/demand?site=CLINIC"
THIS_MONTH = clock.today().replace(day=1)


def later(months: int) -> date:
    year, month = divmod(THIS_MONTH.month - 1 + months, 12)
    return date(THIS_MONTH.year + year, month + 1, 1)


@pytest.fixture
def world(app, session):
    return make_world(app, session)


@pytest.fixture
def lead(world):
    return world.of("coordinator")


def submit(client, action, **typed):
    """Send one of the forms of the page."""
    page = client.get(AT)
    return client.post(
        f"/demand/{action}?site=CLINIC", data=changed(fields(page, f"{action}?site=CLINIC"), typed)
    )


def all_of(world, model):
    world.session.expire_all()
    return list(world.session.scalars(select(model)))


def test_a_plan_beside_what_was_seen(world, lead):
    line = consumption.ConsumptionLine("PARA", 1, None)
    atomically(
        lambda s: consumption.consume(
            s, SYSTEM, consumption.Consumption("CLINIC", clock.today(), [line], consultations=37)
        )
    )
    answer = submit(lead, "plan", days_per_week="2,5", patients_per_day=40)
    assert answer.location == AT
    page = lead.get(AT).text
    # 2.5 days a week of 40 patients are 434.8 in 30.4375 days.
    assert "435" in page
    assert "37" in page
    plan = all_of(world, SitePlan)[0]
    assert (str(plan.days_per_week), plan.starts_on) == ("2.5000", clock.today())
    assert world.post("coordinator", f"/demand/plans/{plan.id}/remove").location == AT
    assert all_of(world, SitePlan) == []


def test_months_are_set_shown_together_and_ended(world, lead):
    first, last = f"{later(1):%Y-%m}", f"{later(3):%Y-%m}"
    sent = {"item": "paracetamol", "first": first, "last": last, "quantity": "90.5", "reason": "Winter"}
    assert submit(lead, "months", **sent).location == AT
    assert [row.month for row in all_of(world, DemandMonth)] == [later(1), later(2), later(3)]
    page = lead.get(AT).text
    assert f"{first} – {last}" in page
    assert "Winter" in page
    end = f"/demand/months/end?site=CLINIC&item=PARA&first={later(2)}&last={later(3)}"
    assert world.post("coordinator", end).location == AT
    assert [row.month for row in all_of(world, DemandMonth)] == [later(1)]
    assert world.post("coordinator", end).status_code == 303
    assert world.post("coordinator", "/demand/months/end?site=CLINIC&item=PARA").status_code == 404


def test_a_figure_is_assumed_and_forgotten(world, lead):
    assert submit(lead, "assumed", item="ORS", quantity="12", note="As next door").location == AT
    assert "As next door" in lead.get(AT).text
    assert all_of(world, AssumedDemand)[0].by == "coordinator person"
    assert world.post("coordinator", "/demand/assumed/remove?site=CLINIC&item=ORS").status_code == 303
    assert all_of(world, AssumedDemand) == []


@pytest.mark.parametrize(
    ("action", "typed", "field"),
    [
        ("plan", {"days_per_week": "8", "patients_per_day": "10"}, "days_per_week"),
        ("plan", {"days_per_week": "5"}, "patients_per_day"),
        ("plan", {"days_per_week": "x", "patients_per_day": "10"}, "days_per_week"),
        ("plan", {}, "patients_per_day"),
        ("months", {"item": "PARA", "first": "2020-01", "quantity": "5", "reason": "x"}, "first"),
        ("months", {"item": "PARA", "first": "nonsense", "quantity": "5", "reason": "x"}, "first"),
        ("months", {"item": "PARA", "first": f"{later(1):%Y-%m}", "quantity": "5"}, "reason"),
        (
            "months",
            {"item": "PARA", "first": f"{later(1):%Y-%m}", "quantity": "-5", "reason": "x"},
            "quantity",
        ),
        (
            "months",
            {"item": "PARA", "first": f"{later(1):%Y-%m}", "quantity": "1e9", "reason": "x"},
            "quantity",
        ),
        (
            "months",
            {"item": "PARA", "first": f"{later(1):%Y-%m}", "quantity": "NaN", "reason": "x"},
            "quantity",
        ),
        (
            "months",
            {"item": "PARA", "first": f"{later(1):%Y-%m}", "last": "2099-01", "quantity": "5", "reason": "x"},
            "last",
        ),
        (
            "months",
            {"item": "nothing such", "first": f"{later(1):%Y-%m}", "quantity": "5", "reason": "x"},
            "item",
        ),
        ("assumed", {"item": "PARA", "quantity": ""}, "quantity"),
        ("assumed", {"item": "", "quantity": "5"}, "item"),
    ],
)
def test_a_fault_names_its_field(world, lead, action, typed, field):
    answer = submit(lead, action, **typed)
    assert answer.status_code == 422
    own = "assumed-" if action == "assumed" else ""
    assert f'href="#{own}{field}"' in answer.text
    for name, value in typed.items():
        assert fields(answer, f"{action}?site=CLINIC")[name] == value
    assert not any(all_of(world, model) for model in (SitePlan, DemandMonth, AssumedDemand))


def test_a_kit_is_made_changed_and_removed(world, lead):
    create_item(world.session, "IEHK", name="Emergency health kit")
    data = {"item": "IEHK", "people": "10000", "months": "3"}
    lines = rows("lines", {"item": "paracetamol", "quantity": 600}, {"item": "ORS", "quantity": 90})
    assert send(lead, "/demand/kits/new", data | lines).location == "/demand/kits"
    assert "Emergency health kit" in lead.get("/demand/kits").text
    page = lead.get("/demand/kits/IEHK")
    assert fields(page)["lines-0-quantity"] == "600"
    assert (
        lead.post("/demand/kits/IEHK", data=changed(fields(page), {"lines-0-quantity": "700"})).status_code
        == 303
    )
    submit(lead, "plan", population="5000", kit="IEHK")
    answer = lead.post(
        "/demand/kits/IEHK/remove", data={"csrf_token": fields(page)["csrf_token"]}, follow_redirects=True
    )
    assert "plans with this kit" in answer.text
    assert len(all_of(world, Kit)) == 1
    world.post("coordinator", f"/demand/plans/{all_of(world, SitePlan)[0].id}/remove")
    assert world.post("coordinator", "/demand/kits/IEHK/remove").status_code == 303
    assert all_of(world, Kit) == []
    assert lead.get("/demand/kits/IEHK").status_code == 404


def test_a_kit_cannot_hold_itself(world, lead):
    create_item(world.session, "IEHK")
    data = {"item": "IEHK"} | rows("lines", {"item": "IEHK", "quantity": 1})
    answer = send(lead, "/demand/kits/new", data)
    assert answer.status_code == 422
    assert 'href="#lines-0-item"' in answer.text
    assert "cannot hold itself" in answer.text


@pytest.mark.parametrize("role", ["clinic", "viewer"])
def test_others_read_at_most(world, role):
    page = world.get(role, AT)
    assert page.status_code == 200
    assert "/demand/plan" not in page.text
    for path in (
        "plan?site=CLINIC",
        "months?site=CLINIC",
        "assumed?site=CLINIC",
        "kits/new",
        "kits/X/remove",
    ):
        assert world.post(role, f"/demand/{path}").status_code == 403
    assert world.get("donor", AT).status_code == 403
    assert world.get("elsewhere", AT).status_code in (403, 404)


def test_without_a_site_one_is_chosen(world, lead):
    assert "Whose demand?" in lead.get("/demand").text
    assert lead.get("/demand?site=NONE").status_code == 404
