"""Two at once: the same file, and two people who decide about one excursion."""

import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from inventory import clock, ledger
from inventory.access import SYSTEM
from inventory.db import atomically, db
from inventory.errors import Conflict, DomainError
from inventory.exchange.logger_files import Asked
from inventory.models import Excursion, StockEvent, TemperatureFile, TemperatureReading
from inventory.services import excursions, loggers, temperatures
from tests.exchange.logger_examples import LOGTAG
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR


def at_once(app, *works):
    """What each of the works answered, or the error that it met."""
    answers, start = [None] * len(works), threading.Barrier(len(works))

    def run(index):
        with app.app_context():
            start.wait()
            try:
                answers[index] = atomically(works[index])
            except DomainError as error:
                answers[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_the_same_file_twice_at_once(live_app, tmp_path: Path):
    path = tmp_path / "trip.csv"
    path.write_text(LOGTAG, encoding="utf-8")
    with live_app.app_context():
        session = db.session()
        site = create_site(session, kind="dispensary")
        logger = loggers.add_logger(session, SYSTEM, {"code": "A0310123456", "site": site.code})
        session.commit()
        found = temperatures.look(session, SYSTEM, path, Asked(), logger)
        db.session.remove()

    def take(s):
        return temperatures.take_file(s, SYSTEM, "A0310123456", path.name, found)

    answers = at_once(live_app, take, take)
    assert sorted(each.new for each in answers) == [0, 4]
    with live_app.app_context():
        for table, number in ((TemperatureReading, 4), (TemperatureFile, 1), (Excursion, 1)):
            assert db.session.scalar(select(func.count()).select_from(table)) == number
        db.session.remove()


def test_two_who_decide_at_once(live_app):
    with live_app.app_context():
        session = db.session()
        site = create_site(session, kind="dispensary")
        item = create_item(session, "OPV", temperature="cold_chain")
        stock_up(session, site, item, 30, lot="V1")
        loggers.add_logger(session, SYSTEM, {"code": "F-1", "site": site.code})
        rows = [(clock.now() + timedelta(minutes=5), Decimal(12))]
        temperatures.add_readings(session, SYSTEM, "F-1", rows)
        session.commit()
        number = session.scalars(select(Excursion.id)).one()
        db.session.remove()
    answers = at_once(
        live_app,
        lambda s: excursions.put_aside(s, COORDINATOR, number, ["OPV/V1"]).outcome,
        lambda s: excursions.put_aside(s, COORDINATOR, number, ["OPV/V1"]).outcome,
        lambda s: excursions.call_harmless(s, COORDINATOR, number, "It was the probe.").outcome,
    )
    assert sum(isinstance(each, Conflict) for each in answers) == 2, answers
    with live_app.app_context():
        moved = db.session.scalar(
            select(func.count()).select_from(StockEvent).where(StockEvent.kind == "zone_move")
        )
        assert moved == sum(each == "quarantined" for each in answers)
        assert ledger.verify(db.session()).faults == []
        db.session.remove()
