"""Lists of alerts, documents and reference: whose they are, found and paged."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from inventory.errors import Forbidden, NotFound
from inventory.queries import alerts, catalogue, documents, homes, shipments
from inventory.queries.alerts import AlertFilter
from inventory.queries.documents import DocumentFilter
from inventory.queries.shipments import ShipmentFilter
from inventory.services import alerts as alert_service
from inventory.services import catalogue as items
from inventory.services import counts, requisitions
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, DONOR, VIEWER, acting

TODAY = clock.today()


@pytest.fixture
def world(session):
    depot = create_site(session)
    clinic = create_site(session, kind="dispensary", supplied_by=depot.code)
    return depot, clinic, create_item(session)


def kinds(session, actor, **wanted) -> list[str]:
    return sorted(
        row.kind for row in alerts.alerts_slice(session, actor, AlertFilter(**wanted), None, 100).rows
    )


def test_alerts_are_those_of_ones_sites(do, session, story, world):
    depot, clinic, item = world
    stock_up(session, depot, item, 50, lot="L1", expires_in=31)
    story.send(depot, clinic, [(item, 10)], eta=TODAY - timedelta(days=1))
    assert kinds(session, COORDINATOR) == ["expiring", "shipment_late"]
    assert kinds(session, VIEWER) == ["expiring", "shipment_late"]
    assert kinds(session, acting(Role.CLINIC, clinic)) == ["shipment_late"]
    assert kinds(session, acting(Role.WAREHOUSE, depot)) == ["expiring", "shipment_late"]
    assert kinds(session, DONOR) == kinds(session, acting(Role.CLINIC, create_site(session))) == []
    assert kinds(session, COORDINATOR, site=clinic.code) == ["shipment_late"]
    assert kinds(session, COORDINATOR, kind="expiring") == ["expiring"]
    assert kinds(session, COORDINATOR, severity="critical") == []
    with pytest.raises(Forbidden):
        kinds(session, acting(Role.CLINIC, clinic), site=depot.code)
    with pytest.raises(NotFound):
        kinds(session, COORDINATOR, site="NOPE")
    late = alerts.alerts_slice(session, COORDINATOR, AlertFilter(kind="shipment_late"), None, 1).rows[0]
    do(alert_service.acknowledge, late.id, None)
    assert kinds(session, COORDINATOR, acknowledged=True) == ["shipment_late"]
    assert kinds(session, COORDINATOR, acknowledged=False) == ["expiring"]
    alert_service.evaluate(session, TODAY + timedelta(days=32))
    session.commit()
    assert kinds(session, COORDINATOR, open=False) == ["expiring"]
    assert kinds(session, COORDINATOR, open=True) == ["expired", "shipment_late"]
    page = alerts.alerts_page(session, COORDINATOR, AlertFilter(open=True), 1, 1)
    assert (page.total, [row.kind for row in page.rows]) == (2, ["expired"])


def test_requisitions_are_seen_by_who_asks_and_who_supplies(do, session, world):
    depot, clinic, item = world
    command = requisitions.NewRequisition(clinic.code, "emergency", [requisitions.AskedLine(item.code, 5)])
    number = do(requisitions.draft, command).number

    def numbers(actor, **wanted):
        page = documents.requisitions_page(session, actor, DocumentFilter(**wanted), 1, 10)
        return [row.number for row in page.rows]

    for actor in (COORDINATOR, VIEWER, acting(Role.CLINIC, clinic), acting(Role.WAREHOUSE, depot)):
        assert numbers(actor) == [number]
        assert [row.number for row in documents.requisitions_slice(session, actor, None, 5).rows] == [number]
    for actor in (DONOR, acting(Role.WAREHOUSE, create_site(session))):
        assert numbers(actor) == []
    assert numbers(COORDINATOR, q=number[-3:], status="draft", kind="emergency", site=clinic.code) == [number]
    for wanted in (
        {"status": "submitted"},
        {"kind": "regular"},
        {"site": depot.code},
        {"q": "%"},
        {"q": "\x00"},
    ):
        assert numbers(COORDINATOR, **wanted) == []


def test_receipts_are_found(session, world):
    depot, clinic, item = world
    donor = create_donor(session)
    stock_up(session, depot, item, 5, lot="ABC-1", donor=donor)
    stock_up(session, clinic, item, 5, lot="XYZ", received_on=TODAY - timedelta(days=5))

    def found(actor=COORDINATOR, **wanted) -> int:
        return documents.receipts_page(session, actor, DocumentFilter(**wanted), 1, 10).total

    assert found() == 2
    assert found(acting(Role.CLINIC, clinic)) == 1
    assert found(DONOR) == 0
    assert found(q="abc-") == found(site=depot.code) == found(donor=donor.code) == 1
    assert found(since=TODAY) == found(until=TODAY - timedelta(days=1)) == 1
    assert found(q="_") == found(site="N\x00") == 0


def test_events_and_their_lines(do, session, story, world):
    depot, _clinic, item = world
    story.receive(depot, item, 50, lot="L1", ago=3)
    event = story.consume(depot, item, 5, ago=1)
    counted = do(counts.count, counts.Count(depot.code, TODAY, [counts.CountedLine(item.code, "L1", 40)]))
    page = documents.events_page(session, COORDINATOR, DocumentFilter(), 1, 10)
    assert [row.number for row in page.rows] == [counted.number, event.number]
    assert documents.events_page(session, COORDINATOR, DocumentFilter(kind="count"), 1, 10).total == 1
    assert documents.events_page(session, DONOR, DocumentFilter(), 1, 10).total == 0
    lines = documents.event_lines(session, event)
    assert [(line.lot.number, line.quantity, line.source, line.destination) for line in lines] == [
        ("L1", 5, "stock", "patients")
    ]
    assert [(line.expected, line.counted) for line in documents.count_lines(session, counted)] == [(45, 40)]
    assert documents.event(session, VIEWER, event.number).id == event.id
    assert documents.units_in(session, [event.posting_id]) == {event.posting_id: (1, 5)}
    for actor, number in (
        (DONOR, event.number),
        (acting(Role.CLINIC, create_site(session)), event.number),
        (VIEWER, "C\x00"),
    ):
        with pytest.raises(NotFound):
            documents.event(session, actor, number)


def test_shipments_are_found(session, story, world):
    depot, clinic, item = world
    stock_up(session, depot, item, 50, lot="L1")
    gone, draft = story.send(depot, clinic, [(item, 1)]), story.pack(depot, clinic, [(item, 1)])

    def numbers(actor=COORDINATOR, **wanted):
        return [
            row.number
            for row in shipments.shipments_page(session, actor, ShipmentFilter(**wanted), 1, 10).rows
        ]

    assert numbers() == [draft, gone]
    assert numbers(status="on_the_way") == [gone]
    assert numbers(status="draft") == [draft]
    assert numbers(site=clinic.code, mode="road", q=gone[-4:]) == [gone]
    assert numbers(mode="sea") == numbers(site="N\x00") == numbers(DONOR) == numbers(q="%") == []


def test_items_are_found_whatever_the_spelling(do, session, world):
    depot, _clinic, _item = world
    fields = {
        "code": "AMOX-500",
        "name": "Amoxicillin 500 mg",
        "name_fr": "Amoxicilline",
        "base_unit": "tablet",
        "category": "medicine",
    }
    do(items.add_item, fields | {"gtins": [items.Pack("09506000134352", 10)]})
    amox = catalogue.item_named(session, "amox-500")
    stock_up(session, depot, amox, 7)
    stock_up(session, depot, amox, 5, zone="quarantine")
    stock_up(session, depot, amox, 3, expires_in=-1)
    for text in ("amox", "AMOXICILLINE", "amoxicilin", "500 amox", "9506000134352", "AMOX-500"):
        hits = catalogue.search_items(session, text, site_id=depot.id)
        assert (hits[0].item.code, hits[0].here) == ("AMOX-500", 7), text
    for text in ("", "  ", "%", "\x00", "\ud800", "x" * 3000):
        catalogue.search_items(session, text)
    assert catalogue.item_named(session, "Amoxicilline").id == amox.id
    assert catalogue.item_named(session, "nothing like it") is None
    assert catalogue.items_page(session, 1, 10, text="amoxi").total == 1
    assert catalogue.items_page(session, 1, 10, category="medicine").total == 2
    assert [row.code for row in catalogue.items_slice(session, "amoxi", None, 5).rows] == ["AMOX-500"]


def test_homes_count_what_waits(do, session, story, world):
    depot, clinic, item = world
    stock_up(session, depot, item, 50, lot="L1", expires_in=30)
    story.send(depot, clinic, [(item, 1)])
    command = requisitions.NewRequisition(clinic.code, "regular", [requisitions.AskedLine(item.code, 5)])
    number = do(requisitions.draft, command).number
    assert homes.counts(session, acting(Role.CLINIC, clinic)) == {
        "alerts": 0,
        "requisitions": 1,
        "shipments": 1,
    }
    do(requisitions.submit, number)
    assert homes.counts(session, COORDINATOR) == {"alerts": 1, "requisitions": 1, "shipments": 1}
    do(requisitions.approve, number)
    assert homes.counts(session, acting(Role.WAREHOUSE, depot)) == {
        "alerts": 1,
        "requisitions": 1,
        "shipments": 1,
    }
    other = acting(Role.WAREHOUSE, create_site(session))
    assert homes.counts(session, other) == {"alerts": 0, "requisitions": 0, "shipments": 0}


def test_lists_do_not_ask_once_for_each_row(session, story, world, count_queries):
    depot, clinic, item = world
    for index in range(6):
        stock_up(session, depot, item, 50, lot=f"L{index}")
        story.send(depot, clinic, [(item, 1)])
    session.expire_all()
    from inventory.queries import stock

    for call, most in (
        (lambda: stock.lots_page(session, COORDINATOR, stock.StockFilter(), 1, 50), 4),
        (lambda: stock.groups_page(session, COORDINATOR, stock.StockFilter(), 1, 50, by_site=True), 5),
        (lambda: shipments.shipments_page(session, COORDINATOR, ShipmentFilter(), 1, 50), 12),
        (lambda: documents.receipts_page(session, COORDINATOR, DocumentFilter(), 1, 50), 8),
        (lambda: alerts.alerts_page(session, COORDINATOR, AlertFilter(), 1, 50), 8),
    ):
        session.expire_all()
        session.expunge_all()
        with count_queries() as queries:
            call()
        assert len(queries) <= most, queries
