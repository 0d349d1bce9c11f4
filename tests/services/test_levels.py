"""Reorder levels and their defaults: set, judged, many at once, removed."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Forbidden, Invalid, NotFound
from inventory.ledger.figures import figures
from inventory.ledger.levels import defaults_for
from inventory.models import AuditEntry, Policy, PolicyDefault
from inventory.services import levels
from inventory.services.levels import LevelsRow
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, VIEWER, acting, pointers

FIXED = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
SERVICE = {
    "method": "service",
    "lead_time_days": 14,
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
def site(session):
    return create_site(session, kind="dispensary")


@pytest.fixture
def item(session):
    return create_item(session, ven="V")


def test_a_service_level(do, site, item):
    policy = do(levels.set_policy, COORDINATOR, site.code, item.code, SERVICE | {"emergency_days": 5})
    assert (policy.lead_time_days, policy.review_period_days, policy.emergency_days) == (14, 30, 5)
    assert (policy.service_level, policy.maximum, policy.minimum_months) == (Decimal("0.95"), None, None)
    policy = do(levels.set_policy, COORDINATOR, site.code, item.code, FIXED)
    assert (policy.maximum, policy.service_level, policy.lead_time_days) == (100, None, None)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"lead_time_days": None}, "/lead_time_days"),
        ({"lead_time_days": -1}, "/lead_time_days"),
        ({"lead_time_days": 1001}, "/lead_time_days"),
        ({"review_period_days": 0}, "/review_period_days"),
        ({"service_level": None}, "/service_level"),
        ({"service_level": Decimal(0)}, "/service_level"),
        ({"service_level": Decimal("0.49")}, "/service_level"),
        ({"service_level": Decimal(1)}, "/service_level"),
        ({"service_level": Decimal(95)}, "/service_level"),
        ({"service_level": Decimal("NaN")}, "/service_level"),
        ({"emergency_days": -2}, "/emergency_days"),
        ({"method": "guess"}, "/method"),
        ({"order_multiple": 0}, "/order_multiple"),
        ({"demand_override": {"quantity": Decimal(5), "reason": " "}}, "/demand_override/reason"),
    ],
)
def test_a_wrong_service_level_is_named(do, session, site, item, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        do(levels.set_policy, COORDINATOR, site.code, item.code, SERVICE | wrong)
    assert pointer in pointers(refused)
    assert session.scalars(select(Policy)).first() is None


def test_levels_are_removed(do, session, site, item, open_alerts):
    stock_up(session, site, item, 10)
    do(levels.set_policy, COORDINATOR, site.code, item.code, FIXED)
    assert open_alerts(site) >= {"emergency"}
    do(levels.remove_policy, COORDINATOR, site.code, item.code)
    assert session.scalars(select(Policy)).first() is None
    assert "emergency" not in open_alerts(site)
    for codes in ((site.code, item.code), ("NONE", item.code), (site.code, "NONE")):
        with pytest.raises(NotFound):
            do(levels.remove_policy, COORDINATOR, *codes)


def test_many_rows_at_once(do, session, site, item):
    second, third = create_item(session), create_item(session)
    do(levels.set_policy, COORDINATOR, site.code, third.code, FIXED)
    rows = [LevelsRow(item.code, FIXED), LevelsRow(second.code, SERVICE), LevelsRow(third.code, None)]
    assert do(levels.set_policies, COORDINATOR, site.code, rows) == 3
    methods = {row.item_id: row.method for row in session.scalars(select(Policy))}
    assert methods == {item.id: "fixed", second.id: "service"}
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "policies")).one()
    assert noted.data["items"] == sorted([item.code, second.code, third.code])


def test_of_many_rows_all_are_set_or_none(do, session, site, item):
    second = create_item(session)
    do(levels.set_policy, COORDINATOR, site.code, second.code, FIXED)
    rows = [
        LevelsRow(item.code, FIXED),
        LevelsRow(second.code, FIXED | {"reorder_point": 500}),
        LevelsRow("NONE", FIXED),
        LevelsRow(item.code, MONTHS | {"maximum_months": Decimal(500), "minimum_months": Decimal(-1)}),
    ]
    with pytest.raises(Invalid) as refused:
        do(levels.set_policies, COORDINATOR, site.code, rows)
    assert pointers(refused) == [
        "/rows/1/maximum",
        "/rows/2/item",
        "/rows/3/minimum_months",
        "/rows/3/maximum_months",
    ]
    session.expire_all()
    assert [row.reorder_point for row in session.scalars(select(Policy))] == [50]


def test_who_looked_at_older_levels_does_not_overwrite_newer(do, session, site, item):
    before = levels.fingerprint(None)
    policy = do(levels.set_policy, COORDINATOR, site.code, item.code, FIXED)
    now = levels.fingerprint(session.get_one(Policy, policy.id))
    with pytest.raises(Invalid) as refused:
        do(levels.set_policies, COORDINATOR, site.code, [LevelsRow(item.code, SERVICE, before)])
    assert pointers(refused) == ["/rows/0/method"]
    assert do(levels.set_policies, COORDINATOR, site.code, [LevelsRow(item.code, SERVICE, now)]) == 1


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.CLINIC, Role.VIEWER, Role.DONOR])
def test_only_coordinators_set_levels(do, site, item, role):
    actor = acting(role, site)
    for call in (
        lambda: do(levels.set_policy, actor, site.code, item.code, FIXED),
        lambda: do(levels.remove_policy, actor, site.code, item.code),
        lambda: do(levels.set_policies, actor, site.code, []),
        lambda: do(levels.set_default, actor, MONTHS),
        lambda: do(levels.drop_default, actor, 1),
        lambda: do(levels.propose_defaults, actor),
    ):
        with pytest.raises(Forbidden):
            call()


# ---- defaults ---------------------------------------------------------------------------------------------------


def test_the_narrowest_default_holds(do, session, site, item):
    other = create_site(session, kind="dispensary")
    narrowest_first = [
        {"site": site.code},
        {"category": "medicine", "ven": "V"},
        {"category": "medicine"},
        {"ven": "V", "site_kind": "dispensary"},
        {"ven": "V"},
        {"site_kind": "dispensary"},
        {},
    ]
    made = {}
    for months, scope in enumerate(narrowest_first, start=1):
        row = do(levels.set_default, COORDINATOR, MONTHS | {"maximum_months": Decimal(10 + months)} | scope)
        made[row.id] = scope

    def holds(place):
        held = defaults_for(session, [place])[place.id].of("medicine", "V")
        return None if held is None else made[held.default_id]

    found = []
    while (scope := holds(site)) is not None:
        found.append(scope)
        row = next(each for each, told in made.items() if told == scope)
        if scope == {"site": site.code}:
            assert holds(other) == narrowest_first[1]
        do(levels.drop_default, COORDINATOR, row)
    assert found == narrowest_first


def test_a_default_is_set_once_for_what_it_fits(do, session, site):
    first = do(levels.set_default, COORDINATOR, MONTHS | {"site_kind": "dispensary", "ven": "V"})
    again = do(levels.set_default, COORDINATOR, SERVICE | {"site_kind": "dispensary", "ven": "V"})
    assert first.id == again.id
    row = session.scalars(select(PolicyDefault)).one()
    assert (row.method, row.maximum_months, row.scope, row.by) == (
        "service",
        None,
        "|dispensary||V",
        COORDINATOR.name,
    )


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"site": "NONE"}, "/site"),
        ({"site_kind": "shop"}, "/site_kind"),
        ({"site_kind": "partner"}, "/site_kind"),
        ({"ven": "X"}, "/ven"),
        ({"method": "fixed"}, "/method"),
        ({"minimum_months": Decimal(4)}, "/maximum_months"),
        ({"maximum_months": Decimal("121")}, "/maximum_months"),
        ({"category": "x" * 33}, "/category"),
        ({"expiry_buffer_days": -1}, "/expiry_buffer_days"),
    ],
)
def test_a_wrong_default_is_named(do, session, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        do(levels.set_default, COORDINATOR, MONTHS | wrong)
    assert pointer in pointers(refused)
    assert session.scalars(select(PolicyDefault)).first() is None


def test_a_site_and_a_kind_are_not_both_said(do, site):
    with pytest.raises(Invalid) as refused:
        do(levels.set_default, COORDINATOR, MONTHS | {"site": site.code, "site_kind": "dispensary"})
    assert pointers(refused) == ["/site_kind"]


def test_no_level_holds_until_somebody_takes_the_proposed_ones(do, session, site, item, open_alerts):
    stock_up(session, site, item, 1)
    today = clock.today(site.timezone)
    assert figures(session, site.id, today)[item.id].policy is None
    own = do(levels.set_default, COORDINATOR, MONTHS | {"site_kind": "dispensary", "ven": "E"})
    assert do(levels.propose_defaults, COORDINATOR) == 15
    assert do(levels.propose_defaults, COORDINATOR) == 0
    session.expire_all()
    assert session.get_one(PolicyDefault, own.id).method == "months"
    held = figures(session, site.id, today)[item.id]
    assert held.policy.method == "service"
    assert (held.policy.service_level, held.policy.lead_time_days) == (Decimal("0.98"), 14)
    row = session.get_one(PolicyDefault, held.default_id)
    assert (row.site_kind, row.ven) == ("dispensary", "V")


def test_a_default_opens_and_ends_alerts(do, session, site, item, open_alerts):
    stock_up(session, site, item, 10)
    row = do(levels.set_default, COORDINATOR, SERVICE | {"site_kind": "dispensary"})
    own = SERVICE | {"demand_override": {"quantity": Decimal(300), "reason": "a test says so"}}
    do(levels.set_policy, COORDINATOR, site.code, item.code, own)
    assert open_alerts(site) & {"emergency", "reorder"}
    do(levels.remove_policy, COORDINATOR, site.code, item.code)
    do(levels.drop_default, COORDINATOR, row.id)
    assert not open_alerts(site) & {"emergency", "reorder"}
    with pytest.raises(NotFound):
        do(levels.drop_default, COORDINATOR, row.id)


def test_readers_see_and_change_nothing(do, site, item):
    with pytest.raises(Forbidden):
        do(levels.set_policies, VIEWER, site.code, [LevelsRow(item.code, FIXED)])
