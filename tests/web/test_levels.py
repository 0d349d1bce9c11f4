"""The table of reorder levels without script, and the defaults."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Policy, PolicyDefault
from inventory.services import consumption, levels
from tests.factories import create_item, stock_up
from tests.web.driving import changed, fields, send
from tests.web.world import make_world

AT = "/policies?site=CLINIC"
FIXED = {"method": "fixed", "reorder_point": 200, "maximum": 500, "emergency_point": 10}


@pytest.fixture
def world(app, session):
    return make_world(app, session)


@pytest.fixture
def lead(world):
    return world.of("coordinator")


@pytest.fixture
def used(world):
    """PARA at the clinic: 600 in half a year, 100 a month."""
    stock_up(world.session, world.clinic, world.item, 1000, received_on=clock.today() - timedelta(days=300))
    for month in range(6):
        day = clock.today() - timedelta(days=3 + 30 * month)
        line = consumption.ConsumptionLine("PARA", 100, None)
        atomically(
            lambda s, day=day, line=line: consumption.consume(
                s, SYSTEM, consumption.Consumption("CLINIC", day, [line])
            )
        )


def stored(world):
    world.session.expire_all()
    return {row.item_id: row for row in world.session.scalars(select(Policy))}


def cells(code, **values):
    return {f"{name}.{code}": str(value) for name, value in values.items()}


def test_a_row_is_set_changed_and_removed(world, lead):
    row = cells("PARA", method="fixed", emergency=10, reorder=200, maximum=500, multiple=50)
    assert send(lead, AT, row).location == AT
    policy = stored(world)[world.item.id]
    assert (policy.method, policy.reorder_point, policy.order_multiple) == ("fixed", 200, 50)
    page = lead.get(AT)
    assert fields(page, AT)["maximum.PARA"] == "500"
    assert send(lead, AT, cells("PARA", maximum="1 000")).status_code == 303
    assert stored(world)[world.item.id].maximum == 1000
    assert send(lead, AT, cells("PARA", method="")).status_code == 303
    assert stored(world) == {}


def test_each_method_has_its_cells(world, lead):
    assert send(
        lead, AT, cells("PARA", method="months", emergency="0,5", reorder=1, maximum="2.5", buffer=30)
    )
    policy = stored(world)[world.item.id]
    assert (policy.maximum_months, policy.lookback_months, policy.expiry_buffer_days) == (
        Decimal("2.5"),
        6,
        30,
    )
    row = cells(
        "PARA", method="service", emergency=5, reorder="", maximum="", lead=14, review=30, service="95 %"
    )
    assert send(lead, AT, row).status_code == 303
    policy = stored(world)[world.item.id]
    assert (policy.method, policy.service_level, policy.emergency_days) == ("service", Decimal("0.95"), 5)
    shown = fields(lead.get(AT), AT)
    assert (shown["service.PARA"], shown["lead.PARA"], shown["maximum.PARA"]) == ("95", "14", "")
    assert send(lead, AT, cells("PARA", service="0.98")).status_code == 303
    assert stored(world)[world.item.id].service_level == Decimal("0.98")


def test_months_never_become_tablets_by_a_change_of_method(world, lead):
    assert send(lead, AT, cells("PARA", method="months", emergency=1, reorder=2, maximum=4))
    answer = send(lead, AT, cells("PARA", method="fixed"))
    assert answer.status_code == 422
    assert 'aria-describedby="maximum-PARA-error"' in answer.text
    assert stored(world)[world.item.id].method == "months"


def test_only_changed_rows_are_saved(world, lead):
    policy = atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED))
    made = policy.id
    stock_up(world.session, world.clinic, world.second, 5)
    page = lead.get(AT)
    sent = changed(fields(page, AT), cells("ORS", method="fixed", emergency=0, reorder=1, maximum=2))
    # Somebody else changes the other row meanwhile: that stays.
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED | {"maximum": 900}))
    sent.pop("maximum.PARA"), sent.pop("seen.PARA")
    assert lead.post(AT, data=sent).status_code == 303
    assert stored(world)[world.item.id].maximum == 900
    assert stored(world)[world.item.id].id == made
    assert stored(world)[world.second.id].maximum == 2
    assert "Nothing was changed" in lead.post(AT, data=fields(lead.get(AT), AT), follow_redirects=True).text


def test_an_older_row_does_not_overwrite_a_newer(world, lead):
    page = lead.get(AT)
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED))
    row = cells("PARA", method="fixed", emergency=0, reorder=1, maximum=2)
    answer = lead.post(AT, data=changed(fields(page, AT), row))
    assert answer.status_code == 422
    assert "Somebody else has changed these levels" in answer.text
    assert fields(answer, AT)["maximum.PARA"] == "2"
    assert stored(world)[world.item.id].maximum == 500
    assert lead.post(AT, data=fields(answer, AT)).status_code == 303
    assert stored(world)[world.item.id].maximum == 2


def test_the_demand_set_by_hand_outlives_the_table(world, lead):
    by_hand = {"demand_override": {"quantity": Decimal(70), "reason": "a test says so"}}
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED | by_hand))
    assert send(lead, AT, cells("PARA", maximum=600)).status_code == 303
    policy = stored(world)[world.item.id]
    assert (policy.maximum, policy.demand_override, policy.demand_override_reason) == (
        600,
        70,
        "a test says so",
    )


@pytest.mark.parametrize(
    ("wrong", "cell"),
    [
        ({"maximum": 50}, "maximum"),
        ({"reorder": -5}, "reorder"),
        ({"reorder": ""}, "reorder"),
        ({"emergency": 300}, "emergency"),
        ({"maximum": "abc"}, "maximum"),
        ({"maximum": "1.5"}, "maximum"),
        ({"maximum": "9" * 30}, "maximum"),
        ({"method": "months", "maximum": 500}, "maximum"),
        ({"method": "months", "emergency": "-1", "reorder": 1, "maximum": 2}, "emergency"),
        ({"method": "months", "emergency": 0, "reorder": "1,234", "maximum": 2}, "reorder"),
        ({"method": "service", "lead": "", "review": 30, "service": 95}, "lead"),
        ({"method": "service", "lead": 14, "review": 0, "service": 95}, "review"),
        ({"method": "service", "lead": 14, "review": 30, "service": 100}, "service"),
        ({"method": "service", "lead": 14, "review": 30, "service": 3}, "service"),
        ({"method": "service", "lead": 5000, "review": 30, "service": 95}, "lead"),
        ({"multiple": 0}, "multiple"),
        ({"buffer": 99999}, "buffer"),
        ({"method": "guess"}, "method"),
        ({"method": ""}, "method"),
    ],
)
def test_a_fault_is_named_at_its_cell_and_nothing_is_lost(world, lead, wrong, cell):
    stock_up(world.session, world.clinic, world.second, 5)
    good = {"method": "fixed", "emergency": 10, "reorder": 200, "maximum": 500}
    sent = cells("ORS", **good) | cells("PARA", **(good | wrong))
    answer = send(lead, AT, sent)
    assert answer.status_code == 422
    assert f'href="#{cell}-PARA"' in answer.text
    assert f'aria-describedby="{cell}-PARA-error"' in answer.text
    shown = fields(answer, AT)
    assert shown["maximum.ORS"] == "500"
    assert shown[f"{cell}.PARA"] == str((good | wrong).get(cell, "")) or cell == "method"
    assert stored(world) == {}


def test_all_faults_are_told_at_once(world, lead):
    stock_up(world.session, world.clinic, world.second, 5)
    sent = cells("ORS", method="fixed", emergency=0, reorder="abc", maximum=5)
    sent |= cells("PARA", method="fixed", emergency=0, reorder=50, maximum=5)
    answer = send(lead, AT, sent)
    assert answer.status_code == 422
    assert 'href="#reorder-ORS"' in answer.text
    assert 'href="#maximum-PARA"' in answer.text


def test_what_is_suggested_fills_the_cells_and_is_not_saved(world, lead, used):
    page = lead.get(AT)
    assert "98" not in fields(page, AT)["service.PARA"]
    answer = lead.post(AT, data=changed(fields(page, AT), {"take": "PARA"}))
    assert answer.status_code == 200
    filled = fields(answer, AT)
    assert (filled["method.PARA"], filled["service.PARA"], filled["lead.PARA"]) == ("service", "95", "14")
    assert stored(world) == {}
    assert lead.post(AT, data=filled).status_code == 303
    assert stored(world)[world.item.id].method == "service"
    # A row by fixed levels keeps its method: the levels themselves are advised.
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED))
    page = lead.get(AT)
    answer = lead.post(AT, data=changed(fields(page, AT), {"take": "", "pick": ["PARA"]}))
    filled = fields(answer, AT)
    assert filled["method.PARA"] == "fixed"
    assert 10 < int(filled["reorder.PARA"]) < int(filled["maximum.PARA"]) < 500
    assert stored(world)[world.item.id].maximum == 500


def test_levels_by_default_are_shown_as_such(world, lead, used):
    fields_of = {"method": "months", "minimum_months": Decimal(2), "maximum_months": Decimal(4)}
    atomically(
        lambda s: levels.set_default(s, SYSTEM, fields_of | {"emergency_months": Decimal(1), "ven": None})
    )
    page = lead.get(AT)
    assert "By default: Months of stock" in page.text
    assert 'placeholder="4"' in page.text
    assert fields(page, AT)["method.PARA"] == ""
    assert "Paracetamol" in lead.get(f"{AT}&show=default").text
    assert "Paracetamol" not in lead.get(f"{AT}&show=own").text


def test_rows_are_filtered_and_paged(world, lead):
    for number in range(105):
        create_item(world.session, f"X{number:03}", name=f"Thing {number:03}", category="dressing", ven="N")
    page = lead.get(f"{AT}&show=all").text
    assert page.count("data-grid-row") == 100
    assert "page=2" in page
    assert lead.get(f"{AT}&show=all&page=2").text.count("data-grid-row") == 7
    assert lead.get(f"{AT}&show=all&category=medicine").text.count("data-grid-row") == 2
    assert lead.get(f"{AT}&show=all&ven=N&q=thing+007").text.count("data-grid-row") >= 1
    assert "No item fits" in lead.get(f"{AT}&show=all&ven=V").text
    assert lead.get(f"{AT}&show=none").text.count("data-grid-row") == 1
    # What was filtered stays after saving.
    at = f"{AT}&show=all&category=medicine"
    row = cells("ORS", method="fixed", emergency=0, reorder=1, maximum=2)
    page = lead.get(at)
    assert lead.post(at, data=changed(fields(page), row)).location == at


@pytest.mark.parametrize("role", ["warehouse", "clinic", "viewer"])
def test_others_read_at_most(world, role):
    at = "/policies?site=HUB" if role == "warehouse" else AT
    page = world.get(role, at)
    assert page.status_code == 200
    assert "method.PARA" not in page.text
    assert world.post(role, at, cells("PARA", method="fixed")).status_code == 403
    assert world.post(role, "/policies/CLINIC/PARA/remove").status_code == 403
    assert world.get(role, "/policies/defaults").status_code == 200
    assert world.post(role, "/policies/defaults/take").status_code == 403
    assert world.get("donor", AT).status_code == 403


def test_levels_are_removed_from_their_page(world, lead):
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED))
    assert "/policies/CLINIC/PARA/remove" in lead.get("/policies/CLINIC/PARA").text
    assert world.post("coordinator", "/policies/CLINIC/PARA/remove").status_code == 303
    assert stored(world) == {}
    assert world.post("coordinator", "/policies/CLINIC/PARA/remove").status_code == 303
    assert world.post("coordinator", "/policies/CLINIC/NONE/remove").status_code == 404
    assert "/policies/CLINIC/PARA/remove" not in lead.get("/policies/CLINIC/PARA").text


# ---- defaults ---------------------------------------------------------------------------------------------------


def defaults(world):
    world.session.expire_all()
    return list(world.session.scalars(select(PolicyDefault).order_by(PolicyDefault.id)))


def test_the_recommended_levels_are_taken_with_one_click(world, lead):
    page = lead.get("/policies/defaults")
    assert "No default is set" in page.text
    data = {"token": "6b5b3c2e-0000-4000-8000-000000000002"}
    assert world.post("coordinator", "/policies/defaults/take", data).status_code == 303
    assert world.post("coordinator", "/policies/defaults/take", data).status_code == 303
    assert len(defaults(world)) == 16
    assert "What we recommend" not in lead.get("/policies/defaults").text


def test_a_default_is_set_changed_and_removed(world, lead):
    row = {"site_kind": "dispensary", "ven": "V", "method": "service", "service_level": "98"}
    row |= {"lead_time_days": "10", "review_period_days": "30"}
    assert send(lead, "/policies/defaults", row).location == "/policies/defaults"
    made = defaults(world)[0]
    assert (made.service_level, made.lead_time_days) == (Decimal("0.98"), 10)
    assert "98 %, 10 days of waiting" in lead.get("/policies/defaults").text
    page = lead.get(f"/policies/defaults?change={made.id}")
    assert fields(page)["lead_time_days"] == "10"
    assert (
        lead.post("/policies/defaults", data=changed(fields(page), {"lead_time_days": 20})).status_code == 303
    )
    assert [each.lead_time_days for each in defaults(world)] == [20]
    assert world.post("coordinator", f"/policies/defaults/{made.id}/remove").status_code == 303
    assert defaults(world) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"service_level": "100"}, "service_level"),
        ({"lead_time_days": ""}, "lead_time_days"),
        ({"method": "fixed"}, "method"),
        (
            {"method": "months", "minimum_months": "3", "maximum_months": "2", "emergency_months": "1"},
            "maximum_months",
        ),
        (
            {"method": "months", "minimum_months": "-3", "maximum_months": "2", "emergency_months": "1"},
            "minimum_months",
        ),
        ({"site": "CLINIC"}, "site_kind"),
    ],
)
def test_a_wrong_default_names_its_field(world, lead, wrong, field):
    row = {"site_kind": "dispensary", "method": "service", "service_level": "98"}
    row |= {"lead_time_days": "10", "review_period_days": "30"}
    answer = send(lead, "/policies/defaults", row | wrong)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert defaults(world) == []
