"""Shipments: drafted, told of by milestones, packed, cancelled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import Shipment
from inventory.rules.identifiers import is_sscc
from inventory.rules.transitions import TRANSITIONS
from inventory.services import packing, recalls, shipments
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewEvent, NewShipment
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

TODAY = clock.today()


@pytest.fixture
def ends(session):
    return create_site(session), create_site(session)


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def draft(do, ends):
    def call(actor=COORDINATOR, **fields):
        command = {"origin": ends[0].code, "destination": ends[1].code, "mode": "road"} | fields
        return do(shipments.draft, actor, NewShipment(**command))

    return call


@pytest.fixture
def pack(do, item):
    def call(
        number: str,
        *quantities: int,
        kind: str = "carton",
        actor=COORDINATOR,
        lot=None,
        reason_needed=False,
        **fields,
    ):
        lines = [PackedLine(item.code, quantity, lot) for quantity in quantities]
        command = NewPackage(kind, **{"lines": lines} | fields)
        return do(packing.pack, actor, number, command, reason_needed=reason_needed)

    return call


def reserved(session, lot) -> int:
    from inventory.models import Balance

    return sum(session.scalars(select(Balance.reserved).where(Balance.lot_id == lot.id)))


def test_a_draft(draft, ends):
    made = draft(acting(Role.WAREHOUSE, ends[0]), eta=TODAY, container="40HC", minimum_shelf_life_days=90)
    assert (made.number, made.status, made.container) == (f"SHP-{TODAY.year}-000001", "draft", "40HC")
    assert (made.origin.code, made.destination.code) == (ends[0].code, ends[1].code)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"origin": "NOPE"}, "/origin"),
        ({"destination": "NOPE"}, "/destination"),
        ({"mode": "camel"}, "/mode"),
        ({"mode": ""}, "/mode"),
        ({"container": "10DC"}, "/container"),
        ({"minimum_shelf_life_days": -1}, "/minimum_shelf_life_days"),
        ({"minimum_shelf_life_days": 10**9}, "/minimum_shelf_life_days"),
        ({"requisition": "REQ-1"}, "/requisition"),
    ],
)
def test_a_wrong_field_is_named(draft, fields, pointer):
    with pytest.raises(Invalid) as refused:
        draft(**fields)
    assert pointers(refused) == [pointer]


def test_it_goes_elsewhere_and_not_to_a_closed_site(draft, ends, session):
    with pytest.raises(Invalid) as refused:
        draft(destination=ends[0].code)
    assert pointers(refused) == ["/destination"]
    ends[1].status = "closed"
    session.commit()
    with pytest.raises(Conflict):
        draft()
    assert session.scalar(select(func.count()).select_from(Shipment)) == 0


def test_who_may_draft_and_see(draft, ends, session):
    for actor in (VIEWER, DONOR, acting(Role.CLINIC, ends[0]), acting(Role.WAREHOUSE, ends[1])):
        with pytest.raises(Forbidden):
            draft(actor)
    number = draft().number
    for actor in (acting(Role.WAREHOUSE, ends[0]), acting(Role.CLINIC, ends[1]), VIEWER):
        assert shipments.get_shipment(session, actor, number).number == number
    for actor in (acting(Role.WAREHOUSE, create_site(session)), DONOR):
        with pytest.raises(NotFound):
            shipments.get_shipment(session, actor, number)
    for missing in ("SHP-1999-000001", "S\x00"):
        with pytest.raises(NotFound):
            shipments.get_shipment(session, COORDINATOR, missing)


def test_packing_picks_and_reserves(session, ends, item, draft, pack, on_hand, sound):
    late = stock_up(session, ends[0], item, 10, lot="LATE", expires_in=800)
    soon = stock_up(session, ends[0], item, 10, lot="SOON", expires_in=600)
    number = draft().number
    package, found = pack(number, 12)
    assert [(line.lot.number, line.quantity) for line in package.lines] == [("SOON", 10), ("LATE", 2)]
    assert is_sscc(package.label)
    assert found == []
    assert (reserved(session, soon), reserved(session, late)) == (10, 2)
    assert on_hand(ends[0], "SOON") == 10
    with pytest.raises(Conflict) as refused:
        pack(number, 5, 4)
    assert pointers(refused) == ["/lines/1/quantity"]
    sound()


def test_what_would_not_last_is_not_packed(session, ends, item, draft, pack):
    eta = TODAY + timedelta(days=30)
    stock_up(session, ends[0], item, 10, lot="SHORT", expires_in=119)
    stock_up(session, ends[0], item, 10, lot="JUST", expires_in=120)
    number = draft(eta=eta, minimum_shelf_life_days=90).number
    assert [line.lot.number for line in pack(number, 10)[0].lines] == ["JUST"]
    with pytest.raises(Conflict) as refused:
        pack(number, 1)
    assert "SHORT" in str(refused.value.errors[0].message)
    with pytest.raises(Conflict):
        pack(number, 1, lot="SHORT")


def test_what_expires_on_the_way_is_not_packed(session, ends, item, draft, pack):
    stock_up(session, ends[0], item, 10, lot="SHORT", expires_in=29)
    stock_up(session, ends[0], item, 10, lot="JUST", expires_in=30)
    number = draft(eta=TODAY + timedelta(days=30)).number
    assert [line.lot.number for line in pack(number, 10)[0].lines] == ["JUST"]


def test_an_eta_in_the_past_lets_nothing_expired_go(do, session, ends, item, draft, pack):
    from inventory.services import adjustments

    stock_up(session, ends[0], item, 10, lot="OLD", expires_in=-1)
    move = adjustments.ZoneMoveLine(item.code, "OLD", 10, "refused", "stock")
    do(adjustments.move_zones, COORDINATOR, adjustments.ZoneMove(ends[0].code, [move]))
    with pytest.raises(Conflict):
        pack(draft(eta=TODAY - timedelta(days=9)).number, 1)


def test_quarantined_and_recalled_goods_are_not_packed(do, session, ends, item, draft, pack):
    stock_up(session, ends[0], item, 10, lot="Q", zone="quarantine")
    stock_up(session, ends[0], item, 10, lot="R")
    do(recalls.recall, COORDINATOR, item.code, "R", "crystals")
    for lot in (None, "Q", "R"):
        with pytest.raises(Conflict):
            pack(draft().number, 1, lot=lot)


def test_jumping_the_queue_needs_a_reason_where_asked(session, ends, item, draft, pack):
    stock_up(session, ends[0], item, 10, lot="SOON", expires_in=600)
    stock_up(session, ends[0], item, 10, lot="LATE")
    number = draft().number
    with pytest.raises(Invalid) as refused:
        pack(number, 1, lot="LATE", reason_needed=True)
    assert pointers(refused) == ["/reason"]
    package, _ = pack(number, 1, lot="LATE", reason_needed=True, reason="asked for by the hospital")
    assert package.fefo_reason == "asked for by the hospital"
    pack(number, 1, lot="SOON", reason_needed=True)
    pack(number, 1, lot="LATE")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": "bag"}, "/kind"),
        ({"kind": ""}, "/kind"),
        ({"parent": "NOPE"}, "/parent"),
        ({"parent": "N\x00"}, "/parent"),
        ({"gross_weight_kg": Decimal("-1")}, "/gross_weight_kg"),
        ({"volume_m3": Decimal("NaN")}, "/volume_m3"),
        ({"seal": "x" * 40}, "/seal"),
        ({"lines": [PackedLine("NOPE", 1)]}, "/lines/0/item"),
    ],
)
def test_a_wrong_package_is_named(session, ends, item, draft, pack, fields, pointer):
    stock_up(session, ends[0], item, 10)
    with pytest.raises(Invalid) as refused:
        pack(draft().number, 1, **fields)
    assert pointers(refused) == [pointer]


@pytest.mark.parametrize("quantity", [0, -1, 10**15])
def test_a_wrong_quantity_is_named(draft, pack, quantity):
    with pytest.raises(Invalid) as refused:
        pack(draft().number, quantity)
    assert pointers(refused) == ["/lines/0/quantity"]


def test_packages_lie_in_packages(draft, pack, do, session, ends, item):
    stock_up(session, ends[0], item, 100)
    number = draft(container="20DC").number
    container, found = pack(number, kind="container", container_number="MSCU6639871")
    assert [each.rule for each in found] == ["container_number"]
    pallet, _ = pack(number, kind="pallet", parent=container.label)
    carton, found = pack(number, 3, kind="carton", parent=pallet.label, gross_weight_kg=Decimal(31))
    assert [each.rule for each in found] == ["container_number", "carton_weight"]
    assert carton.parent.label == pallet.label
    for kind, parent in (("pallet", carton), ("container", pallet), ("pallet", pallet), ("carton", carton)):
        with pytest.raises(Invalid) as refused:
            pack(number, kind=kind, parent=parent.label)
        assert pointers(refused) == ["/parent"]
    with pytest.raises(Invalid):
        pack(draft().number, kind="pallet", parent=container.label)
    with pytest.raises(Conflict):
        do(packing.unpack, COORDINATOR, number, pallet.label)
    do(packing.unpack, COORDINATOR, number, carton.label)
    do(packing.unpack, COORDINATOR, number, pallet.label)
    shipment = shipments.get_shipment(session, COORDINATOR, number)
    assert [each.kind for each in packing.packages_of(session, shipment)] == ["container"]


def test_what_is_unpacked_is_free_again(do, session, ends, item, draft, pack, sound):
    lot = stock_up(session, ends[0], item, 10)
    number = draft().number
    package, _ = pack(number, 10)
    for actor, error in ((VIEWER, Forbidden), (acting(Role.WAREHOUSE, ends[1]), Forbidden)):
        with pytest.raises(error):
            do(packing.unpack, actor, number, package.label)
    for label in ("0" * 18, "N\x00"):
        with pytest.raises(NotFound):
            do(packing.unpack, COORDINATOR, number, label)
    do(packing.unpack, acting(Role.WAREHOUSE, ends[0]), number, package.label)
    assert reserved(session, lot) == 0
    pack(number, 10)
    sound()


def test_a_cancelled_draft_lets_go_of_everything(do, session, ends, item, draft, pack, sound):
    lot = stock_up(session, ends[0], item, 10)
    number = draft().number
    pack(number, 4)
    pack(number, 4)
    with pytest.raises(Forbidden):
        do(shipments.cancel, acting(Role.WAREHOUSE, ends[1]), number)
    assert do(shipments.cancel, acting(Role.WAREHOUSE, ends[0]), number).status == "cancelled"
    assert reserved(session, lot) == 0
    with pytest.raises(Conflict):
        do(shipments.cancel, COORDINATOR, number)
    with pytest.raises(Conflict):
        pack(number, 1)
    sound()


@pytest.mark.parametrize("state", TRANSITIONS["shipment"])
def test_what_each_state_allows(do, session, draft, pack, state):
    number = draft().number
    session.scalars(select(Shipment)).one().status = state
    session.commit()
    calls = {
        "pack": lambda: pack(number, kind="pallet"),
        "cancel": lambda: do(shipments.cancel, COORDINATOR, number),
        "record": lambda: do(shipments.record_event, COORDINATOR, number, NewEvent("packed", clock.now())),
        "deliver": lambda: do(
            shipments.record_event, COORDINATOR, number, NewEvent("delivered", clock.now())
        ),
    }
    for action, call in calls.items():
        session.scalars(select(Shipment)).one().status = state
        session.commit()
        following = TRANSITIONS["shipment"][state].get(action)
        if following is None:
            with pytest.raises(Conflict):
                call()
        else:
            call()
            session.expire_all()
            assert session.scalars(select(Shipment)).one().status == following


def test_milestones_are_appended(do, session, ends, draft):
    number = draft().number
    for place in ("Marseille", "Mersin"):
        do(
            shipments.record_event,
            acting(Role.CLINIC, ends[1]),
            number,
            NewEvent("arrived_port", clock.now() + timedelta(days=9), "estimated", place, "by the agent"),
        )
    told = shipments.get_shipment(session, COORDINATOR, number).events
    assert [(event.place, event.classifier) for event in told] == [
        ("Marseille", "estimated"),
        ("Mersin", "estimated"),
    ]


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        (NewEvent("lost", clock.now()), "/milestone"),
        (NewEvent("", clock.now()), "/milestone"),
        (NewEvent("packed", clock.now(), "maybe"), "/classifier"),
        (NewEvent("packed", clock.now() + timedelta(days=1)), "/occurred_at"),
        (NewEvent("packed", clock.now(), place="a\x00"), "/place"),
    ],
)
def test_a_wrong_milestone_is_named(do, draft, event, pointer):
    with pytest.raises(Invalid) as refused:
        do(shipments.record_event, COORDINATOR, draft().number, event)
    assert pointers(refused) == [pointer]


def test_who_may_record(do, session, ends, draft):
    number = draft().number
    event = NewEvent("packed", clock.now())
    with pytest.raises(Forbidden):
        do(shipments.record_event, VIEWER, number, event)
    with pytest.raises(NotFound):
        do(shipments.record_event, acting(Role.WAREHOUSE, create_site(session)), number, event)
    with pytest.raises(Forbidden):
        do(shipments.set_eta, acting(Role.CLINIC, ends[1]), number, TODAY)
    assert do(shipments.set_eta, acting(Role.WAREHOUSE, ends[0]), number, TODAY).eta == TODAY
