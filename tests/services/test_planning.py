"""What people say of the demand to come: plans, months by hand, assumed figures, kits."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.ledger.figures import figures
from inventory.models import AssumedDemand, DemandMonth, Kit, SitePlan
from inventory.services import kits, levels, planning
from inventory.services.kits import InKit, KitContent
from inventory.services.planning import Assumption, MonthsByHand, Plan
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()
THIS_MONTH = TODAY.replace(day=1)


def later(months: int) -> date:
    year, month = divmod(THIS_MONTH.month - 1 + months, 12)
    return date(THIS_MONTH.year + year, month + 1, 1)


@pytest.fixture
def site(session):
    return create_site(session, kind="mobile_clinic")


@pytest.fixture
def item(session):
    return create_item(session, ven="V")


@pytest.fixture
def known(session, site, item):
    def look():
        session.expire_all()
        return figures(session, site.id, TODAY, [item.id])[item.id]

    return look


# ---- plans ------------------------------------------------------------------------------------------------------


def test_a_plan_of_consultations(do, session, site):
    made = do(planning.set_plan, COORDINATOR, Plan(site.code, None, Decimal("2.5"), 40, note="Two teams"))
    again = do(planning.set_plan, COORDINATOR, Plan(site.code, TODAY, Decimal(3), 40))
    assert made.id == again.id
    row = session.scalars(select(SitePlan)).one()
    assert (row.starts_on, row.days_per_week, row.patients_per_day, row.note) == (TODAY, 3, 40, None)
    assert (row.by, row.for_supplied) == (COORDINATOR.name, False)
    assert do(planning.remove_plan, COORDINATOR, row.id) == site.code
    with pytest.raises(NotFound):
        do(planning.remove_plan, COORDINATOR, row.id)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"site": "NONE"}, "/site"),
        ({"days_per_week": Decimal(8)}, "/days_per_week"),
        ({"days_per_week": Decimal(-1)}, "/days_per_week"),
        ({"days_per_week": Decimal("NaN")}, "/days_per_week"),
        ({"days_per_week": None}, "/days_per_week"),
        ({"patients_per_day": None}, "/patients_per_day"),
        ({"patients_per_day": -1}, "/patients_per_day"),
        ({"patients_per_day": 10_001}, "/patients_per_day"),
        ({"population": 0}, "/population"),
        ({"kit": "NONE"}, "/kit"),
        ({"starts_on": date(1900, 1, 1)}, "/starts_on"),
        ({"starts_on": later(25)}, "/starts_on"),
        ({"for_supplied": True}, "/for_supplied"),
        ({"days_per_week": None, "patients_per_day": None}, "/patients_per_day"),
    ],
)
def test_a_wrong_plan_is_named(do, session, site, wrong, pointer):
    given = {"site": site.code, "days_per_week": Decimal(3), "patients_per_day": 40}
    with pytest.raises(Invalid) as refused:
        do(planning.set_plan, COORDINATOR, Plan(**(given | wrong)))
    assert pointer in pointers(refused)
    assert session.scalars(select(SitePlan)).first() is None


def test_a_partner_plans_nothing_here(do, session):
    partner = create_site(session, kind="partner")
    with pytest.raises(Invalid) as refused:
        do(planning.set_plan, COORDINATOR, Plan(partner.code, None, Decimal(1), 1))
    assert pointers(refused) == ["/site"]


# ---- months by hand ---------------------------------------------------------------------------------------------


def by_hand(site, item, /, **fields):
    given = {
        "site": site.code,
        "item": item.code,
        "first": THIS_MONTH,
        "last": later(2),
        "quantity": Decimal(90),
        "reason": "The pass is closed in winter",
    }
    return MonthsByHand(**(given | fields))


def test_months_are_set_and_ended(do, session, site, item):
    assert do(planning.set_months, COORDINATOR, by_hand(site, item)) == 3
    assert do(planning.set_months, COORDINATOR, by_hand(site, item, last=None, quantity=Decimal(10))) == 1
    found = {row.month: row.quantity for row in session.scalars(select(DemandMonth))}
    assert found == {later(0): 10, later(1): 90, later(2): 90}
    assert do(planning.remove_months, COORDINATOR, site.code, item.code, later(1), later(1)) == 1
    assert do(planning.remove_months, COORDINATOR, site.code, item.code, THIS_MONTH) == 2
    with pytest.raises(NotFound):
        do(planning.remove_months, COORDINATOR, site.code, item.code, THIS_MONTH)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"reason": None}, "/reason"),
        ({"reason": "  "}, "/reason"),
        ({"quantity": None}, "/quantity"),
        ({"quantity": Decimal(-1)}, "/quantity"),
        ({"quantity": Decimal("Infinity")}, "/quantity"),
        ({"quantity": Decimal(10**9 + 1)}, "/quantity"),
        ({"first": None, "last": None}, "/first"),
        ({"first": THIS_MONTH - timedelta(days=1)}, "/first"),
        ({"first": later(2), "last": later(1)}, "/last"),
        ({"last": later(25)}, "/last"),
        ({"last": date(9999, 12, 31)}, "/last"),
        ({"site": "NONE"}, "/site"),
        ({"item": "NONE"}, "/item"),
    ],
)
def test_wrong_months_are_named(do, session, site, item, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        do(planning.set_months, COORDINATOR, by_hand(site, item, **wrong))
    assert pointer in pointers(refused)
    assert session.scalars(select(DemandMonth)).first() is None


def test_months_by_hand_open_alerts(do, session, site, item, open_alerts):
    stock_up(session, site, item, 50)
    do(planning.assume, COORDINATOR, Assumption(site.code, item.code, Decimal(10)))
    months = {"minimum_months": Decimal(1), "maximum_months": Decimal(3), "emergency_months": Decimal("0.1")}
    do(levels.set_policy, COORDINATOR, site.code, item.code, {"method": "months"} | months)
    assert not open_alerts(site) & {"reorder", "emergency"}
    do(planning.set_months, COORDINATOR, by_hand(site, item, quantity=Decimal(100_000)))
    assert open_alerts(site) & {"reorder", "emergency"}
    do(planning.remove_months, COORDINATOR, site.code, item.code, THIS_MONTH)
    assert not open_alerts(site) & {"emergency"}


# ---- assumed figures --------------------------------------------------------------------------------------------


def test_an_assumed_figure(do, session, site, item, known):
    do(planning.assume, COORDINATOR, Assumption(site.code, item.code, Decimal("12.5"), "As in the north"))
    do(planning.assume, COORDINATOR, Assumption(site.code, item.code, Decimal(20), "As in the south"))
    row = session.scalars(select(AssumedDemand)).one()
    assert (row.quantity, row.note, row.by) == (20, "As in the south", COORDINATOR.name)
    assert (known().demand, known().basis) == (20, "assumed")
    do(planning.forget_assumption, COORDINATOR, site.code, item.code)
    assert (known().demand, known().basis) == (None, "never_received")
    with pytest.raises(NotFound):
        do(planning.forget_assumption, COORDINATOR, site.code, item.code)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"quantity": None}, "/quantity"),
        ({"quantity": Decimal(-1)}, "/quantity"),
        ({"quantity": Decimal("0.00001")}, "/quantity"),
        ({"item": "NONE"}, "/item"),
        ({"site": "NONE"}, "/site"),
        ({"note": "a\x00"}, "/note"),
    ],
)
def test_a_wrong_assumption_is_named(do, site, item, wrong, pointer):
    given = {"site": site.code, "item": item.code, "quantity": Decimal(1)}
    with pytest.raises(Invalid) as refused:
        do(planning.assume, COORDINATOR, Assumption(**(given | wrong)))
    assert pointer in pointers(refused)


# ---- kits -------------------------------------------------------------------------------------------------------


def test_a_kit_scaled_by_the_people_served(do, session, site, item, known):
    kit = create_item(session, "IEHK")
    do(kits.set_kit, COORDINATOR, KitContent("IEHK", 10_000, Decimal(3), [InKit(item.code, 6_000)]))
    do(planning.set_plan, COORDINATOR, Plan(site.code, population=2_500, kit="IEHK"))
    assert (known().demand, known().basis) == (Fraction(6000, 3) / 4, "kit")
    other = create_item(session)
    lines = [InKit(item.code, 3_000), InKit(other.code, 1)]
    do(kits.set_kit, COORDINATOR, KitContent("IEHK", 10_000, Decimal(3), lines))
    assert known().demand == 250
    stored = session.scalars(select(Kit)).one()
    assert stored.item_id == kit.id
    with pytest.raises(Conflict):
        do(kits.remove_kit, COORDINATOR, "IEHK")
    do(planning.remove_plan, COORDINATOR, session.scalars(select(SitePlan.id)).one())
    do(kits.remove_kit, COORDINATOR, "IEHK")
    session.expire_all()
    assert session.scalars(select(Kit)).first() is None
    with pytest.raises(NotFound):
        do(kits.remove_kit, COORDINATOR, "IEHK")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"item": "NONE"}, "/item"),
        ({"people": 0}, "/people"),
        ({"months": Decimal(0)}, "/months"),
        ({"months": Decimal(-3)}, "/months"),
        ({"months": Decimal(121)}, "/months"),
        ({"lines": []}, "/lines"),
        ({"lines": [InKit("KIT", 1)]}, "/lines/0/item"),
        ({"lines": [InKit("NONE", 1)]}, "/lines/0/item"),
        ({"lines": [InKit("PART", 1), InKit("PART", 2)]}, "/lines/1/item"),
        ({"lines": [InKit("PART", 0)]}, "/lines/0/quantity"),
    ],
)
def test_a_wrong_kit_is_named(do, session, wrong, pointer):
    create_item(session, "KIT")
    create_item(session, "PART")
    given = {"item": "KIT", "people": 10, "months": Decimal(3), "lines": [InKit("PART", 1)]}
    with pytest.raises(Invalid) as refused:
        do(kits.set_kit, COORDINATOR, KitContent(**(given | wrong)))
    assert pointer in pointers(refused)
    assert session.scalars(select(Kit)).first() is None


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.CLINIC, Role.VIEWER, Role.DONOR])
def test_only_coordinators_plan(do, site, item, role):
    actor = acting(role, site)
    for call in (
        lambda: do(planning.set_plan, actor, Plan(site.code, None, Decimal(1), 1)),
        lambda: do(planning.remove_plan, actor, 1),
        lambda: do(planning.set_months, actor, by_hand(site, item)),
        lambda: do(planning.remove_months, actor, site.code, item.code, THIS_MONTH),
        lambda: do(planning.assume, actor, Assumption(site.code, item.code, Decimal(1))),
        lambda: do(planning.forget_assumption, actor, site.code, item.code),
        lambda: do(kits.set_kit, actor, KitContent(item.code, None, None, [])),
        lambda: do(kits.remove_kit, actor, item.code),
    ):
        with pytest.raises(Forbidden):
            call()
