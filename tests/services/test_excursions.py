"""Which goods an excursion concerns, and their way to quarantine."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Invalid
from inventory.ledger.exposed import exposed
from inventory.models import Bin, BinMove, BinStock, Excursion, Hold, Lot, StockEvent, TemperatureLogger
from inventory.services import consumption, excursions, loggers, packing, shipments, shipping, temperatures
from inventory.services.shipments import NewShipment
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

HOUR = timedelta(hours=1)


@pytest.fixture
def insulin(session):
    return create_item(session, "INS", temperature="cold_chain", freeze_sensitive=True)


@pytest.fixture
def vaccine(session):
    return create_item(session, "OPV", temperature="cold_chain")


@pytest.fixture
def logger(do, site):
    return do(loggers.add_logger, COORDINATOR, {"code": "FRIDGE", "site": site.code})


@pytest.fixture
def happens(do, session):
    """`happens(degrees)`: an excursion of an hour, ending now. The excursion."""

    def call(degrees, code="FRIDGE", hours=1):
        now = clock.now()
        rows = [(now - (hours - n) * HOUR, Decimal(str(degrees))) for n in range(hours + 1)]
        do(temperatures.add_readings, COORDINATOR, code, rows)
        return session.scalars(select(Excursion).order_by(Excursion.id.desc())).first()

    return call


def concerned(session, excursion) -> list[tuple[str, int, int, int]]:
    session.expire_all()
    row = session.get(Excursion, excursion.id)
    rows = exposed(session, row, session.get(TemperatureLogger, row.logger_id))
    return [(each.key, each.then, each.now, each.free) for each in rows]


def test_the_goods_of_the_class_that_were_there(do, session, site, item, insulin, vaccine, logger, happens):
    stock_up(session, site, item, 70, lot="TAB")
    stock_up(session, site, insulin, 40, lot="I1")
    stock_up(session, site, vaccine, 30, lot="V1")
    session.commit()
    excursion = happens(12)
    assert concerned(session, excursion) == [("INS/I1", 40, 40, 40), ("OPV/V1", 30, 30, 30)]
    do(
        consumption.consume,
        COORDINATOR,
        consumption.Consumption(site.code, clock.today(), [consumption.ConsumptionLine("OPV", 10)]),
    )
    assert concerned(session, excursion)[1] == ("OPV/V1", 30, 20, 20), "ten have gone to patients since"
    with clock.pretend(clock.now() + 2 * HOUR):
        stock_up(session, site, vaccine, 5, lot="LATER")
    assert len(concerned(session, excursion)) == 2, "what came afterwards was not in it"
    frost = happens("-1")
    assert frost.kind == "cold"


def test_frost_concerns_what_must_not_freeze(do, session, site, insulin, vaccine, logger, happens):
    stock_up(session, site, insulin, 40, lot="I1")
    stock_up(session, site, vaccine, 30, lot="V1")
    session.commit()
    do(loggers.change_logger, COORDINATOR, "FRIDGE", {"holds_freeze_sensitive": True})
    excursion = happens("-0.5")
    assert excursion.kind == "freezing"
    assert concerned(session, excursion) == [("INS/I1", 40, 40, 40)]


def test_the_bin_comes_before_the_site(do, session, site, insulin, vaccine, happens):
    stock_up(session, site, insulin, 40, lot="I1")
    stock_up(session, site, vaccine, 30, lot="V1")
    box = Bin(site_id=site.id, code="F-1", temperature="cold_chain")
    session.add(box)
    session.commit()
    do(loggers.add_logger, COORDINATOR, {"code": "IN-BIN", "site": site.code, "bin": "F-1"})
    assert len(concerned(session, happens(12, "IN-BIN"))) == 2, "nobody has said what is in the bin"
    lot = session.scalars(select(Lot.id).where(Lot.number == "V1")).one()
    past = clock.now() - timedelta(days=2)
    session.add(BinMove(lot_id=lot, destination_id=box.id, quantity=12, by="x", recorded_at=past))
    session.add(BinStock(bin_id=box.id, lot_id=lot, quantity=12))
    session.commit()
    later = happens(13, "IN-BIN", hours=3)
    assert concerned(session, later) == [("OPV/V1", 12, 12, 12)]


def test_goods_are_put_aside_in_one_document_and_held(
    do, session, site, insulin, vaccine, logger, happens, on_hand, sound, open_alerts
):
    stock_up(session, site, insulin, 40, lot="I1")
    stock_up(session, site, vaccine, 30, lot="V1")
    session.commit()
    excursion = happens(12)
    nurse, token = acting(Role.CLINIC, site), uuid4()
    with pytest.raises(Invalid) as refused:
        do(excursions.put_aside, nurse, excursion.id, [])
    assert pointers(refused) == ["/batches"]
    with pytest.raises(Invalid):
        do(excursions.put_aside, nurse, excursion.id, ["INS/I1", "INS/GONE"])
    chosen = ["INS/I1", "OPV/V1", "INS/I1"]
    for _ in range(2):
        decided = do(excursions.put_aside, nurse, excursion.id, chosen, "Ask the maker ❄️", token)
        assert decided.outcome == "quarantined"
    event = session.scalars(select(StockEvent).where(StockEvent.kind == "zone_move")).one()
    assert decided.document == event.number
    assert event.note.startswith("FRIDGE: 12.0 °C") and event.note.endswith("Ask the maker ❄️")
    assert (on_hand(site, "I1"), on_hand(site, "I1", "quarantine"), on_hand(site, "V1", "quarantine")) == (
        0,
        40,
        30,
    )
    holds = session.scalars(select(Hold).order_by(Hold.id)).all()
    assert {(hold.cause, hold.quantity, hold.document) for hold in holds} == {
        ("excursion", 40, event.number),
        ("excursion", 30, event.number),
    }
    assert "temperature" not in open_alerts(site)
    sound()
    with pytest.raises(Conflict, match="has decided"):
        do(excursions.put_aside, nurse, excursion.id, chosen, None, uuid4())


def test_reserved_goods_stay_and_are_said(do, session, site, vaccine, logger, happens):
    stock_up(session, site, vaccine, 30, lot="V1")
    other = create_site(session, kind="dispensary")
    session.commit()
    made = do(shipments.draft, COORDINATOR, NewShipment(site.code, other.code, "road"))
    do(packing.pack, COORDINATOR, made.number, packing.NewPackage("carton", [packing.PackedLine("OPV", 30)]))
    excursion = happens(12)
    assert concerned(session, excursion) == [("OPV/V1", 30, 30, 0)]
    with pytest.raises(Invalid):
        do(excursions.put_aside, COORDINATOR, excursion.id, ["OPV/V1"])


def test_a_logger_on_its_way(do, session, site, vaccine, happens, on_hand, alert):
    stock_up(session, site, vaccine, 30, lot="V1")
    other = create_site(session, "FAR", kind="dispensary")
    session.commit()
    number = do(shipments.draft, COORDINATOR, NewShipment(site.code, other.code, "road")).number
    do(packing.pack, COORDINATOR, number, packing.NewPackage("carton", [packing.PackedLine("OPV", 20)]))
    do(shipping.dispatch, COORDINATOR, number, clock.now() - 5 * HOUR)
    do(loggers.add_logger, COORDINATOR, {"code": "BOX", "shipment": number})
    excursion = happens(14, "BOX", hours=2)
    assert (excursion.site_id, excursion.shipment_id is not None) == (None, True)
    assert alert("temperature").site_id == other.id
    assert concerned(session, excursion) == [("OPV/V1", 20, 0, 0)], "it has not arrived"
    do(
        shipping.receive,
        COORDINATOR,
        number,
        shipping.Arrival(clock.now(), [shipping.ArrivedLine("OPV", "V1", 20)]),
    )
    assert concerned(session, excursion) == [("OPV/V1", 20, 20, 20)]
    do(excursions.put_aside, acting(Role.CLINIC, other), excursion.id, ["OPV/V1"])
    assert on_hand(other, "V1", "quarantine") == 20
    assert alert("temperature") is None
