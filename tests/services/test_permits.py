"""Permits for controlled medicines: written down, used, ended; what shipments across a border lack."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.ledger.permits import lacking
from inventory.models import Alert, Permit, Shipment
from inventory.queries import permits as reading
from inventory.services import alerts, packing, permits, receipts, shipments, shipping
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.permits import Covered
from inventory.services.receipts import NewReceipt, NewReceiptLine
from inventory.services.shipments import NewShipment
from inventory.services.shipping import Arrival, ArrivedLine
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting, pointers

TODAY = clock.today()


@pytest.fixture
def house(session):
    """A depot in France with morphine, a hub in Iraq."""
    depot, hub = create_site(session, "LYON", country="FR"), create_site(session, "ERBIL")
    morphine = create_item(session, "MORPHINE", controlled=True)
    create_item(session, "PARA")
    stock_up(session, depot, morphine, 500, lot="M1")
    return depot, hub, morphine


def fields(**changed):
    return {
        "kind": "import",
        "number": "IQ-77/α",
        "authority": "وزارة الصحة 🏛",
        "importer": "Hub",
        "exporter": "Depot",
        "valid_from": TODAY - timedelta(days=10),
        "valid_until": TODAY + timedelta(days=100),
        "site": "ERBIL",
        "lines": [Covered("MORPHINE", 200)],
    } | changed


def sent(do, quantity: int = 60, origin: str = "LYON", to: str = "ERBIL", item: str = "MORPHINE") -> str:
    number = do(shipments.draft, SYSTEM, NewShipment(origin, to, "air")).number
    do(packing.pack, SYSTEM, number, NewPackage("carton", [PackedLine(item, quantity)]))
    do(shipping.dispatch, SYSTEM, number, clock.now())
    return number


def told(session) -> dict[str, tuple[str, int]]:
    session.expire_all()
    found = reading.permits(session, COORDINATOR, wanted="all")
    return {each.row.number: (each.state, each.covers[0].used) for each in found}


def lacks(session, number: str) -> list[str]:
    session.expire_all()
    found = session.scalars(select(Shipment).where(Shipment.number == number)).one()
    return [each.detail.text for each in lacking(session, found)]


def test_written_down_put_right_and_ended(do, session, house):
    made = do(permits.add_permit, COORDINATOR, fields())
    assert [(line.item.code, line.quantity) for line in made.lines] == [("MORPHINE", 200)]
    changed = do(
        permits.change_permit, COORDINATOR, made.id, fields(number="IQ-78", lines=[Covered("MORPHINE", None)])
    )
    assert (changed.number, changed.lines[0].quantity) == ("IQ-78", None)
    assert told(session) == {"IQ-78": ("valid", 0)}
    do(permits.end_permit, COORDINATOR, made.id)
    do(permits.end_permit, COORDINATOR, made.id)
    assert told(session) == {"IQ-78": ("ended", 0)}
    with pytest.raises(Conflict):
        do(permits.change_permit, COORDINATOR, made.id, fields())


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"kind": None}, "/kind"),
        ({"kind": "passport"}, "/kind"),
        ({"number": " "}, "/number"),
        ({"number": "x" * 65}, "/number"),
        ({"valid_from": None}, "/valid_from"),
        ({"valid_until": TODAY - timedelta(days=11)}, "/valid_until"),
        ({"valid_until": TODAY + timedelta(days=4000)}, "/valid_until"),
        ({"site": None}, "/site"),
        ({"site": "NOWHERE"}, "/site"),
        ({"shipment": "SHP-9"}, "/shipment"),
        ({"kind": "export"}, "/cites"),
        ({"lines": []}, "/lines"),
        ({"lines": [Covered("NONE")]}, "/lines/0/item"),
        ({"lines": [Covered("PARA", 5)]}, "/lines/0/item"),
        ({"lines": [Covered("MORPHINE", 0)]}, "/lines/0/quantity"),
        ({"lines": [Covered("MORPHINE", 5), Covered("MORPHINE", 5)]}, "/lines/1/item"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(do, session, house, changed, pointer):
    with pytest.raises(Invalid) as refused:
        do(permits.add_permit, COORDINATOR, fields(**changed))
    assert pointers(refused) == [pointer]
    assert session.scalars(select(Permit)).all() == []


def test_for_a_site_or_a_shipment_not_both_and_a_licence_for_no_shipment(do, house):
    number = do(shipments.draft, SYSTEM, NewShipment("LYON", "ERBIL", "air")).number
    for changed in ({"shipment": number}, {"shipment": number, "site": None, "kind": "licence"}):
        with pytest.raises(Invalid) as refused:
            do(permits.add_permit, COORDINATOR, fields(**changed))
        assert pointers(refused) == ["/shipment"]


def test_a_number_is_there_once_for_a_kind(do, house):
    do(permits.add_permit, COORDINATOR, fields())
    with pytest.raises(Conflict) as refused:
        do(permits.add_permit, COORDINATOR, fields())
    assert pointers(refused) == ["/number"]
    do(permits.add_permit, COORDINATOR, fields(kind="model_form"))


def test_who_may(do, session, house):
    _depot, hub, _ = house
    made = do(permits.add_permit, COORDINATOR, fields())
    keeper, stranger = acting(Role.WAREHOUSE, hub), acting(Role.WAREHOUSE, create_site(session))
    for actor in (VIEWER, keeper, DONOR):
        with pytest.raises(Forbidden):
            do(permits.add_permit, actor, fields(number="other"))
    assert len(reading.permits(session, keeper)) == len(reading.permits(session, VIEWER)) == 1
    assert reading.permits(session, stranger) == []
    assert permits.get_permit(session, keeper, made.id).number == "IQ-77/α"
    for actor in (stranger,):
        with pytest.raises(NotFound):
            permits.get_permit(session, actor, made.id)
    with pytest.raises(Forbidden):
        reading.permits(session, DONOR)


def test_a_shipment_says_what_it_lacks_until_it_has_it(do, session, house):
    number = do(shipments.draft, SYSTEM, NewShipment("LYON", "ERBIL", "air")).number
    _package, found = do(packing.pack, SYSTEM, number, NewPackage("carton", [PackedLine("MORPHINE", 60)]))
    assert [each.rule for each in found] == ["permit"]
    assert "neither" in found[0].detail.text
    do(permits.add_permit, COORDINATOR, fields())
    assert "no export" in lacks(session, number)[0]
    do(
        permits.add_permit,
        COORDINATOR,
        fields(kind="export", number="FR-1", cites="IQ-77/α", site=None, shipment=number),
    )
    assert lacks(session, number) == []
    do(shipping.dispatch, SYSTEM, number, clock.now())
    assert lacks(session, number) == []
    assert told(session) == {"IQ-77/α": ("valid", 60), "FR-1": ("valid", 60)}


def test_a_model_form_does_for_both(do, session, house):
    do(permits.add_permit, COORDINATOR, fields(kind="model_form"))
    number = sent(do, 150)
    assert lacks(session, number) == []
    second = sent(do, 60)  # 200 are covered, 150 are gone
    assert "neither" in lacks(session, second)[0]
    assert told(session)["IQ-77/α"] == ("used_up", 210)


def test_within_a_country_and_of_other_goods_nothing_is_lacking(do, session, house):
    depot, _hub, _morphine = house
    near = create_site(session, "PARIS", country="FR")
    assert lacks(session, sent(do, 10, to=near.code)) == []
    para = create_item(session, "PARA-2")
    stock_up(session, depot, para, 50)
    assert lacks(session, sent(do, 10, item="PARA-2")) == []


def test_once_received_nothing_is_said_any_more(do, session, house):
    number = sent(do)
    assert lacks(session, number) != []
    do(shipping.receive, SYSTEM, number, Arrival(clock.now(), [ArrivedLine("MORPHINE", "M1", 60)]))
    assert lacks(session, number) == []


def test_what_arrived_in_the_country_by_a_receipt_counts_for_an_import(do, session, house):
    do(permits.add_permit, COORDINATOR, fields())
    line = NewReceiptLine("MORPHINE", "R1", 30, expires_on=TODAY + timedelta(days=700))
    for arrived in (None, TODAY):
        command = NewReceipt("ERBIL", TODAY, [line], arrived_in_country_on=arrived)
        do(receipts.receive, SYSTEM, command)
    assert told(session)["IQ-77/α"] == ("valid", 30)


def alerted(session) -> list[Alert]:
    session.expire_all()
    query = select(Alert).where(Alert.kind == "authorisation_expiring", Alert.resolved_at.is_(None))
    return list(session.scalars(query))


def test_somebody_is_told_before_it_ends_and_not_any_more_once_another_takes_over(do, session, house):
    made = do(permits.add_permit, COORDINATOR, fields())
    assert alerted(session) == []
    do(alerts.evaluate, TODAY + timedelta(days=80))
    (found,) = alerted(session)
    assert (found.subject, found.document, found.severity) == (f"permit:{made.id}", "IQ-77/α", "warning")
    do(alerts.evaluate, TODAY + timedelta(days=101))
    assert alerted(session)[0].severity == "critical"
    do(permits.add_permit, COORDINATOR, fields(number="IQ-99", valid_until=TODAY + timedelta(days=900)))
    do(alerts.evaluate, TODAY + timedelta(days=101))
    assert alerted(session) == []


def test_ended_or_put_right_it_is_silent(do, session, house):
    made = do(permits.add_permit, COORDINATOR, fields(valid_until=TODAY + timedelta(days=3)))
    assert len(alerted(session)) == 1
    do(permits.change_permit, COORDINATOR, made.id, fields(site="LYON"))
    assert alerted(session) == []
    do(permits.change_permit, COORDINATOR, made.id, fields(valid_until=TODAY + timedelta(days=3)))
    assert len(alerted(session)) == 1
    do(permits.end_permit, COORDINATOR, made.id)
    assert alerted(session) == []


def test_a_shipments_permit_is_told_where_it_is_needed_while_it_is_under_way(do, session, house):
    depot, hub, _ = house
    number = sent(do)
    short = {"valid_until": TODAY + timedelta(days=5), "site": None, "shipment": number}
    do(permits.add_permit, COORDINATOR, fields(**short))
    do(permits.add_permit, COORDINATOR, fields(kind="export", number="FR-1", cites="IQ-77/α", **short))
    assert {(each.site_id, each.document) for each in alerted(session)} == {
        (hub.id, "IQ-77/α"),
        (depot.id, "FR-1"),
    }
    do(shipping.receive, SYSTEM, number, Arrival(clock.now(), [ArrivedLine("MORPHINE", "M1", 60)]))
    do(alerts.evaluate)
    assert alerted(session) == []
