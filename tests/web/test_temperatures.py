"""Temperatures as pages: loggers, files taken in, the chart, excursions and what is decided on them."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Alert, Excursion, StockEvent, TemperatureLogger, TemperatureReading
from inventory.services import loggers, temperatures
from tests.exchange import logger_examples as examples
from tests.exchange.logger_examples import table
from tests.factories import create_item, stock_up
from tests.web.driving import changed, fields
from tests.web.world import World, make_world

STEP = timedelta(minutes=10)


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    vaccine = create_item(
        session, "OPV", name="Polio vaccine", temperature="cold_chain", freeze_sensitive=True
    )
    stock_up(session, made.clinic, vaccine, 40, lot="V<1>", expires_in=200)
    stock_up(session, made.clinic, vaccine, 10, lot="V2", expires_in=300)
    session.commit()
    return made


def logger(world: World, code: str = "A0310123456", site: str = "CLINIC", **more) -> str:
    given = {"code": code, "name": "Fridge 🧊", "site": site} | more
    atomically(lambda s: loggers.add_logger(s, SYSTEM, given).code)
    return code


def feed(world: World, *values, code: str = "A0310123456", ago: timedelta = timedelta(hours=6)) -> None:
    start = clock.now() - ago
    rows = [(start + n * STEP, Decimal(str(each))) for n, each in enumerate(values)]
    world.session.commit()
    atomically(lambda s: temperatures.add_readings(s, SYSTEM, code, rows).new)


def upload(world: World, content: str | bytes, role: str = "clinic", **given):
    data = {"logger": "", "order": "", "unit": ""} | given
    raw = content.encode() if isinstance(content, str) else content
    data["file"] = (io.BytesIO(raw), "trip.csv")
    return world.post(role, "/temperatures/import", data, content_type="multipart/form-data")


def count(world: World, table_) -> int:
    world.session.expire_all()
    return world.session.scalar(select(func.count()).select_from(table_))


def test_nothing_yet(world):
    page = world.get("warehouse", "/temperatures").text
    assert "There is no temperature logger yet" in page and "/temperatures/new" in page
    assert "/temperatures/new" not in world.get("clinic", "/temperatures").text
    assert "No excursion waits" in world.get("clinic", "/temperatures/excursions").text
    assert "/temperatures" in world.get("clinic", "/").text
    assert world.get("clinic", "/temperatures/import").status_code == 200


def test_who_gets_in(world):
    code = logger(world)
    feed(world, 9)
    number = world.session.scalars(select(Excursion.id)).one()
    paths = (
        "/temperatures",
        "/temperatures/excursions",
        f"/temperatures/loggers/{code}",
        f"/temperatures/excursions/{number}",
    )
    for path in paths:
        assert world.get("viewer", path).status_code == 200, path
        assert world.get("donor", path).status_code == 403, path
        assert world.get("nobody", path).status_code in (302, 303), path
    for path in paths[2:]:
        assert world.get("elsewhere", path).status_code == 404, path
    assert world.get("clinic", "/temperatures?site=OTHER").status_code == 403
    for path in (
        "/temperatures/new",
        f"/temperatures/loggers/{code}/edit",
        f"/temperatures/loggers/{code}/move",
    ):
        assert world.get("clinic", path).status_code == 403, path
    assert world.post("clinic", f"/temperatures/excursions/{number}/harmless").status_code == 403
    assert world.post("viewer", f"/temperatures/excursions/{number}/quarantine").status_code == 403
    assert world.post("elsewhere", f"/temperatures/excursions/{number}/quarantine").status_code == 404
    assert world.get("viewer", "/temperatures/import").status_code == 403
    assert world.get("coordinator", "/temperatures/loggers/NONE").status_code == 404
    assert world.get("coordinator", "/temperatures/excursions/99999999999999999999").status_code == 404


def test_a_logger_is_written_down_changed_moved_and_retired(world):
    data = {
        "code": "T-1",
        "name": "ثلاجة",
        "place": "site CLINIC",
        "temperature": "cold_chain",
        "low": "2,5",
        "high": "",
    }
    for _ in range(2):
        answer = world.post(
            "coordinator", "/temperatures/new", data | {"token": "11111111-1111-4111-8111-111111111111"}
        )
        assert answer.status_code == 303, answer.text
    assert count(world, TemperatureLogger) == 1
    page = world.get("clinic", "/temperatures/loggers/T-1").text
    assert "ثلاجة" in page and "2.5 – 8.0 °C" in page and "Nothing read yet" in page
    again = world.post("coordinator", "/temperatures/new", data)
    assert (
        again.status_code == 409
        and "a logger with the code T-1 already" in again.text
        and "ثلاجة" in again.text
    )
    for change, words in (
        ({"code": ""}, "Give a code"),
        ({"code": "X", "place": ""}, "Say where it is"),
        ({"code": "X", "low": "warm"}, "is no number"),
        ({"code": "X", "low": "9"}, "The highest must be above the lowest"),
        ({"code": "X", "place": "site NOWHERE"}, "Choose one of the list"),
    ):
        answer = world.post("coordinator", "/temperatures/new", data | change)
        assert answer.status_code == 422 and words in answer.text, (change, words)
    path = "/temperatures/loggers/T-1"
    form = fields(world.get("coordinator", f"{path}/edit"))
    answer = world.of("coordinator").post(f"{path}/edit", data=changed(form, {"high": "10"}))
    assert answer.status_code == 303, answer.text
    assert "2.5 – 10.0 °C" in world.get("clinic", path).text
    form = fields(world.get("coordinator", f"{path}/move"))
    assert world.of("coordinator").post(f"{path}/move", data=form).status_code == 422
    answer = world.of("coordinator").post(f"{path}/move", data=changed(form, {"place": "site HUB"}))
    assert answer.status_code == 303, answer.text
    assert world.get("clinic", path).status_code == 404
    assert "There since" in world.get("warehouse", path).text
    assert world.post("coordinator", f"{path}/retire").status_code == 303
    assert "T-1" not in world.get("warehouse", "/temperatures").text
    assert "T-1" in world.get("warehouse", "/temperatures?state=all").text
    assert world.post("coordinator", f"{path}/retire", {"back": "yes"}).status_code == 303
    assert "T-1" in world.get("warehouse", "/temperatures").text


def test_a_file_finds_its_logger(world):
    code = logger(world)
    answer = upload(world, examples.LOGTAG)
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].endswith(f"/temperatures/loggers/{code}")
    page = world.get("clinic", answer.headers["Location"]).text
    for words in (
        "4 readings are new.",
        "1 excursion is to be decided on.",
        "No reading for 4 hours",
        "Too warm",
        "trip.csv",
    ):
        assert words in page, words
    page = world.get("clinic", upload(world, examples.LOGTAG).headers["Location"]).text
    assert "taken in before: nothing is new" in page
    assert count(world, TemperatureReading) == 4
    assert "Temperature" in world.get("clinic", "/alerts?kind=temperature").text
    assert f"/temperatures/loggers/{code}" in world.get("clinic", "/alerts?kind=temperature").text
    assert list((world.app.config["RELAIS"].instance / "uploads").glob("*.upload")) == []


def test_the_same_page_sent_twice(world):
    logger(world)
    for _ in range(2):
        answer = upload(world, examples.LOGTAG, token="22222222-2222-4222-8222-222222222222")
        assert answer.status_code == 303
    assert count(world, TemperatureReading) == 4


def test_what_a_person_must_choose_is_asked_and_the_file_kept(world):
    code = logger(world)
    content = table(20, lambda n: 5, start=datetime(2026, 4, 5), form="%d/%m/%Y %H:%M")
    answer = upload(world, content)
    assert answer.status_code == 422 and "no serial number that is known" in answer.text
    form = fields(answer)
    assert form["kept"]
    answer = world.of("clinic").post("/temperatures/import", data=changed(form, {"logger": code}))
    assert answer.status_code == 422 and "could be day and month" in answer.text and "trip.csv" in answer.text
    form = changed(fields(answer), {"order": "dmy"})
    answer = world.of("clinic").post("/temperatures/import", data=form)
    assert answer.status_code == 303, answer.text
    world.session.expire_all()
    assert world.session.scalars(select(func.min(TemperatureReading.at))).one().month == 4


def test_one_of_several_sensors_and_a_file_of_another_logger(world):
    code = logger(world)
    content = "Serial number,OTHER-99887\nDate time,Inside (°C),Outside (°C)\n2026-03-14 08:00,5,31\n"
    answer = upload(world, content, logger=code)
    assert answer.status_code == 422 and "Outside (°C)" in answer.text
    form = changed(fields(answer), {"channel": "Inside (°C)"})
    answer = world.of("clinic").post("/temperatures/import", data=form)
    assert answer.status_code == 409 and "OTHER-99887" in answer.text
    form = changed(fields(answer), {"whatever_serial": "y"})
    answer = world.of("clinic").post("/temperatures/import", data=form)
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "neither CSV nor XLSX"),
        (b"Date time,Humidity %\n2026-03-14 08:00,45\n", "No column of temperatures"),
        (table(9, lambda n: 5).encode() + b"2026-03-14 06:00:00,5\n", "time goes back"),
    ],
)
def test_a_file_that_cannot_be_used(world, content, words):
    code = logger(world)
    answer = upload(world, content, logger=code)
    assert answer.status_code == 422
    assert words in answer.text
    assert count(world, TemperatureReading) == 0
    assert f'value="{code}" selected' in answer.text.replace("selected value", "value") or code in answer.text
    assert list((world.app.config["RELAIS"].instance / "uploads").glob("*.upload")) == []


def test_no_file_and_one_that_is_too_large(world):
    logger(world)
    answer = world.post("clinic", "/temperatures/import", {"kept": "../../etc/passwd"})
    assert answer.status_code == 422 and "Choose a file" in answer.text
    assert upload(world, b"x" * (21 << 20)).status_code == 413


def test_the_chart(world, count_queries):
    code = logger(world, holds_freeze_sensitive=True)
    feed(world, *[5] * 30, 9, 9, 12, 5, "-1", 5, *[5] * 20, ago=timedelta(hours=40))
    feed(world, 5, 6, 5, ago=timedelta(hours=6))
    with count_queries() as queries:
        page = world.get("clinic", f"/temperatures/loggers/{code}")
    assert page.status_code == 200 and len(queries) < 45
    for words in (
        "at most 8.0 °C",
        "at least 2.0 °C",
        "must not freeze",
        "No reading for",
        "band-readings",
        "bar-out-heat",
        "bar-out-freezing",
        "12.0 °C",
    ):
        assert words in page.text, words
    for days in (1, 30, 90, 365, 12, "x"):
        assert world.get("clinic", f"/temperatures/loggers/{code}?days={days}").status_code == 200
    old = world.get("clinic", f"/temperatures/loggers/{code}?end=2020-01-01").text
    assert "Nothing was read in this time" in old
    assert world.get("clinic", f"/temperatures/loggers/{code}?end=2099-01-01&lang=ar").status_code == 200


def test_an_excursion_put_in_quarantine(world):
    logger(world)
    feed(world, 5, 9, 12, 5, ago=timedelta(0))
    (number,) = world.session.scalars(select(Excursion.id)).all()
    path = f"/temperatures/excursions/{number}"
    page = world.get("clinic", path)
    for words in (
        "Too warm",
        "12.0 °C",
        "Polio vaccine",
        "V&lt;1&gt;",
        "V2",
        "Mean kinetic temperature, 24 hours",
        "Put in quarantine",
    ):
        assert words in page.text, words
    assert "Call it harmless" not in page.text and "Call it harmless" in world.get("coordinator", path).text
    form = fields(page, "/quarantine")
    assert form.getlist("batches") == ["OPV/V<1>", "OPV/V2"]
    none = changed(form, {"batches": None, "note": "typed 🖊"})
    answer = world.of("clinic").post(f"{path}/quarantine", data=none)
    assert answer.status_code == 422 and "Choose the batches" in answer.text and "typed 🖊" in answer.text
    for _ in range(2):
        answer = world.of("clinic").post(f"{path}/quarantine", data=changed(form, {"batches": ["OPV/V<1>"]}))
        assert answer.status_code == 303, answer.text
    world.session.expire_all()
    (event,) = world.session.scalars(select(StockEvent).where(StockEvent.kind == "zone_move")).all()
    page = world.get("clinic", path).text
    assert event.number in page and "Put in quarantine" in page
    opened = select(Alert).where(Alert.kind == "temperature", Alert.resolved_at.is_(None))
    assert world.session.scalars(opened).all() == []
    assert "No excursion waits" in world.get("clinic", "/temperatures/excursions").text
    assert "Put in quarantine" in world.get("clinic", "/temperatures/excursions?state=all").text
    late = world.of("clinic").post(
        f"{path}/quarantine", data=changed(form, {"token": "33333333-3333-4333-8333-333333333333"})
    )
    assert late.status_code == 409 and "has decided about this already" in late.text


def test_an_excursion_called_harmless_for_a_reason(world):
    logger(world, holds_freeze_sensitive=True)
    feed(world, 5, "-0.5", 5)
    number = world.session.scalars(select(Excursion.id)).one()
    path = f"/temperatures/excursions/{number}"
    page = world.get("coordinator", path)
    assert "Nothing excuses freezing" in page.text
    form = fields(page, "/harmless")
    answer = world.of("coordinator").post(f"{path}/harmless", data=form)
    assert answer.status_code == 422 and "Say why the goods took no harm" in answer.text
    answer = world.of("coordinator").post(
        f"{path}/harmless", data=changed(form, {"reason": "The probe lay on the ice."})
    )
    assert answer.status_code == 303
    page = world.get("clinic", path).text
    assert "The probe lay on the ice." in page and "Harmless" in page


def test_where_nothing_was(world):
    logger(world, code="HUB-1", site="HUB")
    feed(world, 9, code="HUB-1")
    number = world.session.scalars(select(Excursion.id)).one()
    page = world.get("warehouse", f"/temperatures/excursions/{number}").text
    assert "No goods are known to have been there" in page and "A coordinator decides" in page


def test_from_a_site_to_its_loggers(world):
    logger(world)
    feed(world, 9)
    page = world.get("clinic", "/sites/CLINIC").text
    assert "/temperatures?site=CLINIC" in page
    assert "/temperatures?site=" not in world.get("elsewhere", "/sites/CLINIC").text


def test_a_year_of_readings_is_drawn_quickly(world):
    code = logger(world)
    start = datetime(2025, 11, 1, tzinfo=UTC)
    rows = [(start + n * timedelta(hours=1), Decimal(4 + n % 4)) for n in range(24 * 370)]
    world.session.commit()
    atomically(lambda s: temperatures.add_readings(s, SYSTEM, code, rows).new)
    page = world.get("clinic", f"/temperatures/loggers/{code}?days=365").text
    assert page.count("<polygon") == 2 and len(page) < 120_000
