"""Readings of loggers taken in once, excursions that follow from them, and the alerts about both."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.db import atomically
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.exchange.logger_files import Asked
from inventory.models import Alert, Excursion, TemperatureFile, TemperatureReading
from inventory.services import alerts, excursions, loggers, temperatures
from tests.exchange import logger_examples as examples
from tests.exchange.logger_examples import table
from tests.factories import create_site
from tests.services.people import COORDINATOR, VIEWER, acting, pointers

STEP = timedelta(minutes=10)
START = datetime(2026, 3, 14, 8, tzinfo=UTC)


@pytest.fixture
def logger(do, site):
    fields = {"code": "A0310123456", "name": "Fridge", "site": site.code, "temperature": "cold_chain"}
    return do(loggers.add_logger, COORDINATOR, fields)


@pytest.fixture
def feed(do, logger):
    """`feed(5, 9, None, 5)`: readings every ten minutes from `at` on; None is one that is missing."""

    def call(*values, at=0, code=logger.code):
        rows = [
            (START + (at + index) * STEP, Decimal(str(each)))
            for index, each in enumerate(values)
            if each is not None
        ]
        return do(temperatures.add_readings, COORDINATOR, code, rows)

    return call


@pytest.fixture
def take(session, logger, tmp_path: Path):
    """`take(content)`: a file taken in, as an edge does it."""

    def call(
        content, actor=COORDINATOR, code=logger.code, name="readings.csv", whatever_serial=False, **asked
    ):
        path = tmp_path / "file.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        session.commit()
        found = temperatures.look(
            session,
            actor,
            path,
            Asked(**asked),
            loggers.get_logger(session, actor, code, "temperatures.import"),
        )
        return atomically(
            lambda s: temperatures.take_file(s, actor, code, name, found, whatever_serial=whatever_serial)
        )

    return call


def found(session) -> list[tuple[Any, ...]]:
    session.expire_all()
    rows = session.scalars(select(Excursion).order_by(Excursion.started_at, Excursion.id))
    return [
        (row.kind, row.extreme, (row.started_at - START) // STEP, row.readings, row.outcome) for row in rows
    ]


def opened(session) -> dict[str, Alert]:
    session.expire_all()
    query = select(Alert).where(Alert.kind == "temperature", Alert.resolved_at.is_(None))
    return {alert.subject.partition(" ")[0]: alert for alert in session.scalars(query)}


def test_a_file_is_taken_in_once(take, session, logger):
    taken = take(examples.LOGTAG)
    assert (taken.new, taken.known, taken.opened) == (4, 0, 1)
    assert taken.gaps[0][2] == 4, "from 08:20 to 12:30 nothing"
    assert found(session) == [("heat", Decimal("8.4"), -16, 1, None)]
    again = take(examples.LOGTAG)
    assert (again.new, again.known, again.opened) == (0, 4, 0)
    assert again.before is not None
    assert session.scalar(select(func.count()).select_from(TemperatureFile)) == 1
    grown = take(examples.LOGTAG + '"3/14/2026","12:40:00 PM","0 04:40:00","5.2",""\n')
    assert (grown.new, grown.known, grown.differing) == (1, 4, 0)
    assert session.scalar(select(func.count()).select_from(TemperatureReading)) == 5
    other = take(examples.LOGTAG.replace('"5.1"', '"5.9"'))
    assert (other.new, other.known, other.differing) == (0, 3, 1), "what was read stays"


def test_a_file_of_another_logger_is_refused(take, do, site):
    with pytest.raises(Conflict, match="40051234") as refused:
        take(examples.LIBERO)
    assert pointers(refused) == ["/whatever_serial"]
    assert take(examples.LIBERO, whatever_serial=True).new == 4
    do(loggers.add_logger, COORDINATOR, {"code": "LIB-40051234", "site": site.code})
    with pytest.raises(Conflict, match="of the logger LIB-40051234") as refused:
        take(examples.LIBERO + "14.03.2026 12:40:00;5,2;\n", whatever_serial=True)
    assert pointers(refused) == ["/logger"]
    mine = acting(Role.CLINIC, site)
    assert do(temperatures.logger_of, mine, "40051234").code == "LIB-40051234"
    assert do(temperatures.logger_of, mine, "999") is None


def test_times_are_those_of_the_site(take, session, site, do):
    site.timezone = "Asia/Baghdad"
    session.commit()
    assert take(table(2, lambda n: 5)).first_at == "2026-03-14T05:00:00+00:00"


def test_many_readings_in_batches(take, session, monkeypatch):
    monkeypatch.setattr(temperatures, "BATCH", 7)
    content = table(100, lambda n: 9 if 40 <= n < 60 else 5)
    assert take(content).new == 100
    assert found(session) == [("heat", 9, 40, 20, None)]
    more = table(150, lambda n: 9 if 40 <= n < 60 else 5)
    taken = take(more)
    assert (taken.new, taken.known, taken.opened) == (50, 100, 0)


def test_degrees_that_look_like_fahrenheit_are_pointed_out(take):
    assert take(table(3, lambda n: 41 + n, header="Time,Temperature")).looks_fahrenheit
    assert not take(table(3, lambda n: 5 + n, header="Time,Temperature")).looks_fahrenheit


def test_an_excursion_grows_and_two_become_one(feed, session):
    feed(5, 9)
    assert found(session) == [("heat", 9, 1, 1, None)]
    feed(9.5, 9, at=2)
    assert found(session) == [("heat", Decimal("9.5"), 1, 3, None)]
    feed(5, 5, 5, 12, at=4)
    assert len(found(session)) == 2
    feed(8.5, None, None, None, 11, at=20)
    assert [row[3] for row in found(session)] == [3, 1, 1, 1]
    taken = feed(10, 10, 10, at=21)
    assert taken.opened == 0
    assert found(session)[-1] == ("heat", 11, 20, 5, None)
    assert len(found(session)) == 3


def test_the_mean_kinetic_temperature_is_of_heat_alone(feed, session):
    feed(*[5] * 22, 15, 15)
    (row,) = session.scalars(select(Excursion)).all()
    assert row.mkt == Decimal("6.46")
    feed(1, at=60)
    assert session.scalars(select(Excursion.mkt).where(Excursion.kind == "cold")).one() is None


def test_frost_where_goods_must_not_freeze(feed, do, session, logger):
    feed(1, "-0.2")
    assert [row[0] for row in found(session)] == ["cold"]
    do(loggers.change_logger, COORDINATOR, logger.code, {"holds_freeze_sensitive": True})
    assert do(temperatures.judge_again, COORDINATOR, logger.code) == 1
    assert found(session) == [("freezing", Decimal("-0.2"), 0, 2, None)]
    alert = opened(session)["freezing"]
    assert (alert.severity, alert.quantity, alert.document) == ("critical", 1, logger.code)


def test_what_was_decided_stays_and_what_goes_on_is_another(feed, do, session):
    feed(9, 9, 5)
    first = session.scalars(select(Excursion.id)).one()
    do(excursions.call_harmless, COORDINATOR, first, "The door was open; the goods stood on ice.")
    assert opened(session) == {}
    feed(9, 9, 5)
    assert found(session) == [("heat", 9, 0, 2, "harmless")]
    feed(5, 9, 10, at=2)
    assert found(session) == [("heat", 9, 0, 2, "harmless"), ("heat", 10, 3, 2, None)]
    feed(9, at=-1)
    assert [(row[2], row[4]) for row in found(session)] == [(-1, None), (0, "harmless"), (3, None)]
    with pytest.raises(Conflict, match="has decided"):
        do(excursions.call_harmless, COORDINATOR, first, "Again")


def test_other_limits_judge_anew_what_waits(feed, do, session, logger):
    feed(9, 9, 5, 12, 5)
    assert len(found(session)) == 2
    do(loggers.change_logger, COORDINATOR, logger.code, {"high": Decimal(10)})
    assert do(temperatures.judge_again, COORDINATOR, logger.code) == 1
    assert found(session) == [("heat", 12, 3, 1, None)]
    with pytest.raises(Conflict, match="Decide on its excursions first"):
        do(loggers.change_logger, COORDINATOR, logger.code, {"temperature": "ambient"})


def test_what_was_read_elsewhere_is_kept_and_not_judged(feed, do, session, logger):
    other = create_site(session, "ELSEWHERE")
    session.commit()
    feed(9)
    moved = {"site": other.code, "since": START + 5 * STEP}
    do(loggers.move_logger, COORDINATOR, logger.code, moved)
    assert opened(session)["excursion"].site_id != other.id, "it stays with the goods"
    taken = feed(20, 20, 5, 9, at=3)
    assert (taken.new, taken.elsewhere) == (4, 2)
    rows = session.scalars(select(Excursion).order_by(Excursion.started_at)).all()
    assert [(row.site_id == other.id, row.extreme) for row in rows] == [(False, 9), (True, 9)]
    for fields in (
        {"site": other.code},
        {"site": "NOWHERE"},
        {"site": other.code, "bin": "A-1"},
        {"shipment": "SHP-1"},
    ):
        with pytest.raises((Conflict, Invalid)):
            do(loggers.move_logger, COORDINATOR, logger.code, fields)


def test_alerts_open_grow_and_go(feed, do, session, logger, site):
    feed(9, 5, 11, 5, 1.5)
    alert = opened(session)["excursion"]
    assert (alert.quantity, alert.severity, alert.site_id) == (3, "critical", site.id)
    assert alert.message["params"]["degrees"] == "11.0", "the worst is told"
    for row in session.scalars(select(Excursion)).all():
        do(excursions.call_harmless, COORDINATOR, row.id, "Short")
    assert opened(session) == {}
    alerts.evaluate(session)
    session.commit()
    assert set(opened(session)) == set(), "its silence is counted from when it was written down"


def test_a_logger_that_falls_silent_or_is_due_for_calibration(do, session, logger, site):
    later = clock.now() + timedelta(days=15)
    do(
        loggers.change_logger,
        COORDINATOR,
        logger.code,
        {"calibrated_until": (later + timedelta(days=20)).date()},
    )
    assert opened(session) == {}
    with clock.pretend(later):
        alerts.evaluate(session)
        session.commit()
        alert = opened(session)["silent"]
        assert (alert.quantity, alert.threshold, alert.severity) == (15, 14, "warning")
        assert opened(session)["calibration"].severity == "info"
        do(loggers.retire_logger, COORDINATOR, logger.code)
    assert opened(session) == {}
    with pytest.raises(Conflict, match="retired"):
        do(temperatures.add_readings, COORDINATOR, logger.code, [(START, Decimal(5))])


def test_who_may(do, session, logger, site, take):
    clinic, elsewhere = acting(Role.CLINIC, site), acting(Role.CLINIC)
    assert take(table(3, lambda n: 9), actor=clinic).new == 3
    excursion = session.scalars(select(Excursion.id)).one()
    reading = [(START, Decimal(5))]
    for actor, error in ((VIEWER, Forbidden), (elsewhere, NotFound)):
        with pytest.raises(error):
            do(temperatures.add_readings, actor, logger.code, reading)
    with pytest.raises(Forbidden):
        do(loggers.add_logger, clinic, {"code": "X", "site": site.code})
    with pytest.raises(Forbidden):
        do(excursions.call_harmless, clinic, excursion, "no")
    with pytest.raises(NotFound):
        do(excursions.put_aside, elsewhere, excursion, ["x"])
    stranger = acting(Role.WAREHOUSE)
    with pytest.raises(Invalid):
        do(loggers.add_logger, stranger, {"code": "X", "site": site.code})


def test_what_is_wrong_with_a_logger_is_named(do, site, logger):
    def wrong(**fields):
        with pytest.raises((Invalid, Conflict)) as refused:
            do(loggers.add_logger, COORDINATOR, {"code": "NEW", "site": site.code} | fields)
        return pointers(refused)

    assert wrong(code="") == ["/code"] and wrong(code="a b") == ["/code"]
    assert wrong(code=logger.code) == ["/code"]
    assert wrong(site=None) == ["/site"] and wrong(bin="A") == ["/bin"]
    assert wrong(low=Decimal(9)) == ["/high"] and wrong(low=Decimal(-999)) == ["/low"]
    assert wrong(high=Decimal("8.123")) == ["/high"]
    assert wrong(temperature="warm") == ["/temperature"]
    assert wrong(temperature="frozen", holds_freeze_sensitive=True) == ["/holds_freeze_sensitive"]
    assert wrong(shipment="SHP-2026-000001") == ["/shipment"]
    assert (
        do(loggers.add_logger, COORDINATOR, {"code": "NEW", "site": site.code, "name": "❄️ ثلاجة"}).name
        == "❄️ ثلاجة"
    )


def test_readings_that_cannot_be(do, logger):
    rows = [
        (START, Decimal(5)),
        (clock.now() + timedelta(days=3), Decimal(5)),
        (START + STEP, Decimal(900)),
    ]
    with pytest.raises(Invalid) as refused:
        do(temperatures.add_readings, COORDINATOR, logger.code, rows)
    assert pointers(refused) == ["/readings/1/at", "/readings/2/celsius"]
    assert do(temperatures.add_readings, COORDINATOR, logger.code, []).new == 0
