"""Files of loggers of several makers, what they hold, and what is said of those that cannot be used."""

import io
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from inventory.exchange.logger_files import Asked, SeveralChannels, Survey, readings, survey
from inventory.exchange.logger_times import AmbiguousDates
from inventory.exchange.source import UnreadableFile
from tests.exchange import logger_examples as examples
from tests.exchange.logger_examples import table

NOW = datetime(2026, 11, 25, 7, tzinfo=UTC)
ERBIL = ZoneInfo("Asia/Baghdad")


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """`read(content, zone=..., asked=...)`: what is in a file, and its readings as (day and time in UTC, degrees)."""

    def look(content: str | bytes, zone: Any = ERBIL, **asked: Any) -> tuple[Survey, list[tuple[str, str]]]:
        path = tmp_path / "readings.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = survey(path, zone, NOW, Asked(**asked))
        return found, [(f"{at:%m-%d %H:%M}", str(celsius)) for at, celsius in readings(found)]

    return look


FOUR = [("03-14 05:00", "4.60"), ("03-14 05:10", "4.80"), ("03-14 05:20", "8.40"), ("03-14 09:30", "5.10")]


@pytest.mark.parametrize(
    ("content", "serial"),
    [
        (examples.LOGTAG, "A0310123456"),
        (examples.ELITECH, "EFE191200417"),
        (examples.LIBERO, "40051234"),
        (examples.TESTO, "40304567"),
        (examples.HOBO, "20471133"),
        (examples.PARIS, "FR-778"),
    ],
    ids=["logtag", "elitech", "libero", "testo", "hobo", "paris"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_makers(read, content, serial, encoding):
    found, rows = read(content.encode(encoding))
    assert rows == FOUR
    assert found.serial == serial
    assert found.readings == 4
    assert (found.lowest, found.highest) == (Decimal("4.60"), Decimal("8.40"))
    assert found.first_at == datetime(2026, 3, 14, 5, tzinfo=UTC)
    assert found.last_at == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def test_what_has_no_reading_is_counted(read):
    assert read(examples.LIBERO)[0].skipped == 1
    found, rows = read(table(8, lambda n: ["5.0", "NC", "---.-", "", "Err", "999", "4.9", "n/a"][n]))
    assert [value for _, value in rows] == ["5.00", "4.90"]
    assert (found.readings, found.skipped, found.odd) == (2, 6, 0)
    assert read(examples.TESTO)[0].odd == 2, "the lines below the readings"


def test_fahrenheit_is_converted(read):
    found, rows = read(examples.TEMPTALE)
    assert found.fahrenheit and found.serial == "4013376821"
    assert rows == [
        ("03-14 05:00", "4.61"),
        ("03-14 05:10", "4.78"),
        ("03-14 05:20", "8.39"),
        ("03-14 09:30", "5.11"),
    ]
    for header in ("Date time,Temp (°F)", "Date time,Temperature Fahrenheit", "Date time,T [F]"):
        assert read(table(2, lambda n: 41, header=header))[1][0][1] == "5.00", header
    assert read(table(2, lambda n: "41.0°F", header="Date time,Temperature"))[1][0][1] == "5.00"
    assert read(table(2, lambda n: 41, header="Date time,Temperature"))[1][0][1] == "41.00"
    assert read(table(2, lambda n: 41, header="Date time,Temperature"), fahrenheit=True)[1][0][1] == "5.00"


def test_the_least_and_the_greatest_of_each_day(read):
    found, rows = read(examples.FRIDGE_TAG)
    assert found.serial == "160400343532"
    assert rows == [
        ("03-14 02:12", "2.40"),
        ("03-14 11:40", "8.60"),
        ("03-14 22:05", "5.10"),
        ("03-15 20:50", "-0.60"),
    ]


def test_workbooks(read):
    book = Workbook()
    sheet = book.active
    sheet.append(["Logger summary", "nothing here"])
    data = book.create_sheet("Readings")
    data.append(["Serial Number", "X-1"])
    data.append(["Date", "Temperature °C"])
    for index in range(4):
        data.append([datetime(2026, 3, 14, 0, 0) + timedelta(hours=index), 4.5 + index])
    kept = io.BytesIO()
    book.save(kept)
    found, rows = read(kept.getvalue())
    assert found.serial == "X-1"
    assert rows[0] == ("03-13 21:00", "4.50") and len(rows) == 4


def test_no_header_at_all(read):
    content = "1;2026-03-14 08:00;4,6\n2;2026-03-14 08:10;4,8\n3;2026-03-14 08:20;5,1\n"
    assert [value for _, value in read(content)[1]] == ["4.60", "4.80", "5.10"]


def test_time_zones(read):
    plain = table(1, lambda n: 5)
    assert read(plain)[1][0][0] == "03-14 05:00"
    assert read(plain, UTC)[1][0][0] == "03-14 08:00"
    for above in ("Time zone: GMT-04:00", "TimeZone,UTC -4", "Zone,America/Caracas"):
        assert read(table(1, lambda n: 5, above=[above]))[1][0][0] == "03-14 12:00", above
    header = "Date time (UTC),Temperature"
    assert read(table(1, lambda n: 5, header=header))[1][0][0] == "03-14 08:00"
    assert read("Time,Temp °C\n2026-03-14T08:00:00+01:00,5\n2026-03-14T08:10:00Z,5\n")[1] == [
        ("03-14 07:00", "5.00"),
        ("03-14 08:10", "5.00"),
    ]


def test_an_hour_that_comes_twice(read):
    paris = ZoneInfo("Europe/Paris")
    clocks = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    rows = [f"2025-10-26 {clock},5" for clock in clocks]
    wanted = ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"]
    found = read("Time,Temp °C\n" + "\n".join(rows), paris)[1]
    assert [at[-5:] for at, _ in found] == wanted
    back = read("Time,Temp °C\n" + "\n".join(rows[::-1]), paris)[1]
    assert [at[-5:] for at, _ in back] == wanted[::-1]


def test_newest_first(read):
    lines = table(50, lambda n: 5).splitlines()
    found, rows = read("\n".join([lines[0], *lines[:0:-1]]))
    assert len(rows) == 50 and not found.forward
    assert found.first_at < found.last_at


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d-%m-%y %H.%M", "%d.%m.%Y %H:%M:%S"]
)
def test_day_and_month_are_settled_by_the_data(read, form):
    hourly = table(24 * 40, lambda n: 5, step=timedelta(hours=1), start=datetime(2026, 4, 28), form=form)
    assert read(hourly)[0].first_at == datetime(2026, 4, 27, 21, tzinfo=UTC)
    few_days = table(24 * 6, lambda n: 5, step=timedelta(hours=1), start=datetime(2026, 4, 2), form=form)
    assert read(few_days)[0].first_at == datetime(2026, 4, 1, 21, tzinfo=UTC), "no number above 12"


def test_day_and_month_are_asked_for_where_nothing_tells(read):
    day = table(20, lambda n: 5, start=datetime(2026, 4, 5), form="%d/%m/%Y %H:%M")
    with pytest.raises(AmbiguousDates, match="05/04/2026"):
        read(day)
    assert read(day, order="dmy")[0].first_at.month == 4
    assert read(day, order="mdy")[0].first_at.month == 5
    told = table(
        20, lambda n: 5, start=datetime(2026, 4, 5), form="%d/%m/%Y %H:%M", header="Date (dd/mm/yyyy),T °C"
    )
    assert read(told)[0].first_at.month == 4
    ahead = table(20, lambda n: 5, start=datetime(2026, 1, 12), form="%d/%m/%Y %H:%M")
    assert read(ahead)[0].first_at.month == 1, "the first of December is still to come"
    same = table(20, lambda n: 5, start=datetime(2026, 3, 3), form="%d/%m/%Y %H:%M")
    assert read(same)[0].first_at.month == 3


def test_months_by_name(read):
    for form in ("%d %b %Y %H:%M", "%d-%b-%y %H:%M:%S", "%b %d, %Y %H:%M", "%Y %b %d %H:%M:%S"):
        text = table(3, lambda n: 5, form=form, mark=";", header="Date;Temperature")
        assert read(text)[1][0][0] == "03-14 05:00", form
    assert read("Date;Température\n14 août 2026 08:00;5\n14 août 2026 08:10;5\n")[1][0][0] == "08-14 05:00"


def test_several_sensors(read):
    content = (
        "Date time,Inside (°C),Outside (°C),Humidity %\n2026-03-14 08:00,5,31,40\n2026-03-14 08:10,6,32,40\n"
    )
    with pytest.raises(SeveralChannels) as refused:
        read(content)
    assert refused.value.names == ["Inside (°C)", "Outside (°C)"]
    assert [value for _, value in read(content, channel="Outside (°C)")[1]] == ["31.00", "32.00"]
    with pytest.raises(SeveralChannels):
        read(content, channel="Attic")


def test_a_reading_told_twice_counts_once(read):
    content = "Date time,Temp °C\n2026-03-14 08:00,5\n2026-03-14 08:00,5\n2026-03-14 08:10,6\n"
    found, rows = read(content)
    assert (len(rows), found.duplicates) == (2, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "neither CSV nor XLSX"),
        (b"\xff\xd8\xff\xe0" + b"\x00\x01\x02" * 900, "neither CSV nor XLSX"),
        (b"Dear colleague,\nthe fridge was fine all week.\n", "No column of dates and times"),
        (b"Date time,Humidity %\n2026-03-14 08:00,45\n2026-03-14 08:10,46\n", "No column of temperatures"),
        (b"Item,Temperature\nInsulin,5.0\nVaccine,4.0\n", "No column of dates and times"),
        (b"Date time,Temperature (C)\n", "No column of dates and times"),
        (b"Date time,Temperature (C)\n2026-03-14 08:00,NC\n2026-03-14 08:10,NC\n", "no reading: 2 rows"),
        (b"Date time,Temp (C)\n2026-03-14 08:00,5\n2031-03-14 08:10,5\n", "Line 3 lies in the future"),
        (b"Date time,Temp (C)\n2000-01-01 08:00,5\n2000-01-01 08:10,5\n", "never set"),
        (b"PK\x03\x04 no zip at all", "damaged"),
    ],
    ids=[
        "empty",
        "blank",
        "png",
        "jpg",
        "letter",
        "humidity",
        "items",
        "header",
        "nc",
        "future",
        "reset",
        "zip",
    ],
)
def test_what_cannot_be_used(read, content, words):
    with pytest.raises(UnreadableFile, match=words):
        read(content)


def test_times_that_go_back_are_refused(read):
    twice = table(30, lambda n: 5) + table(30, lambda n: 5).partition("\n")[2]
    with pytest.raises(UnreadableFile, match="At line 32 time goes back, to “2026-03-14 08:00:00”"):
        read(twice)
    synced = "Time,Temp °C\n2026-03-14 08:00,5\n2026-03-14 08:10,5\n2026-03-14 08:09,5\n2026-03-14 08:19,5\n"
    assert len(read(synced)[1]) == 4, "a clock that was set right by a minute"


def test_many_rows_that_are_none(read):
    rows = "".join(f"2026-13-{n % 28 + 1} 99:00,5\n" for n in range(60))
    with pytest.raises(
        UnreadableFile, match=r"60 rows have no date and time that can be read\. The first is line 32"
    ):
        read(table(30, lambda n: 5) + rows)


def test_memory_stays_flat(tmp_path):
    path = tmp_path / "long.csv"
    step = timedelta(minutes=2)
    path.write_text(table(40_000, lambda n: f"{4 + n % 40 / 10:.1f}", step=step, start=datetime(2025, 12, 1)))
    tracemalloc.start()
    try:
        found = survey(path, ERBIL, NOW)
        assert sum(1 for _ in readings(found)) == 40_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20, peak
