"""Files of temperature loggers, as their makers' programs write them: CSV, text or XLSX, with lines above the readings.

A file is looked through once whole (`survey`), so that it can be refused before anything is written; what it reads is
kept in twelve bytes a reading (`readings`). Days and months, the decimal sign, °F, the logger's own time zone and its
serial number are found in the file itself.
"""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import chain, islice, pairwise
from pathlib import Path

from inventory.errors import msg
from inventory.exchange import fridge_tag
from inventory.exchange.logger_columns import (
    HEAD,
    Channel,
    Layout,
    locate,
    nothing_found,
    number,
    when_text,
)
from inventory.exchange.logger_times import BACK, EARLIEST, Clock, Order, find_order, moment, plain
from inventory.exchange.reading import FileOptions, open_sheets
from inventory.exchange.source import RawRow, UnreadableFile, Value, is_blank
from inventory.exchange.text_file import DELIMITERS
from inventory.rules.temperature import HIGHEST, LOWEST, Reading, from_fahrenheit, rounded

_CHUNK = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SeveralChannels(UnreadableFile):
    """The file holds the temperatures of several sensors: a person says which. `names` are those of the columns."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            msg("The file holds several temperatures: %(names)s. Choose one.", names=", ".join(names))
        )
        self.names = list(names)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person said of a file, where it does not say it itself."""

    order: Order | None = None
    fahrenheit: bool | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """Which grid of the file holds the readings, and how it is cut into cells."""

    options: FileOptions
    sheet: int = 0
    fridge_tag: bool = False


@dataclass(slots=True)
class Survey:
    """What is in a file. Instants in UTC; `skipped` rows had no reading (NC, --), `odd` ones no time. `times` are
    microseconds since 1970 and `degrees` hundredths of a degree Celsius."""

    source: _Source
    layout: Layout
    channel: Channel
    order: Order
    fahrenheit: bool
    zone: tzinfo
    forward: bool
    sha256: str
    times: "array[int]" = field(default_factory=lambda: array("q"))
    degrees: "array[int]" = field(default_factory=lambda: array("i"))
    first_at: datetime | None = None
    last_at: datetime | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    skipped: int = 0
    duplicates: int = 0
    odd: int = 0

    @property
    def readings(self) -> int:
        """How many there are."""
        return len(self.times)

    @property
    def serial(self) -> str | None:
        """The logger's serial number, where the file says it."""
        return self.layout.serial


def survey(path: Path, zone: tzinfo, now: datetime, asked: Asked | None = None) -> Survey:
    """Look through a whole file. `zone` is that of times that are written without one.

    Raises `UnreadableFile` where it cannot be used: no readings, times that go back, a clock that was never set;
    `AmbiguousDates` and `SeveralChannels` where a person must choose.
    """
    asked = asked or Asked()
    source, layout = _find(path)
    channel = _channel(layout, asked.channel)
    order = asked.order or layout.order or _order(path, source, layout, now)
    told = [moment(when_text(cells, layout), order) for cells in layout.sample]
    times = [each.replace(tzinfo=None) for each in told if each is not None]
    found = Survey(
        source,
        layout,
        channel,
        order,
        bool(channel.fahrenheit if asked.fahrenheit is None else asked.fahrenheit),
        layout.zone or zone,
        _runs_forward(times),
        _sha256(path),
    )
    _look_through(path, found, now)
    return found


def _runs_forward(times: Sequence[datetime]) -> bool:
    """Whether a file runs with time, as most of its first steps do; some programs write the newest first."""
    steps = [(after > before) - (after < before) for before, after in pairwise(times)]
    return sum(steps) >= 0


def serial_of(path: Path) -> str | None:
    """The serial number that a file says, before anything else is asked of it. Raises `UnreadableFile`."""
    return _find(path)[1].serial


def readings(found: Survey) -> Iterator[Reading]:
    """The readings of a file that was surveyed, in its order; of several of one instant in a row the first."""
    for at, celsius in zip(found.times, found.degrees, strict=True):
        yield _EPOCH + at * _MICROSECOND, Decimal(celsius).scaleb(-2)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as it was read: without a time it is odd, without a temperature there was nothing to read."""

    line: int
    at: datetime | None
    celsius: Decimal | None
    text: str


def _look_through(path: Path, found: Survey, now: datetime) -> None:
    """Count what is in the file and refuse what cannot be right."""
    before: datetime | None = None
    read: datetime | None = None
    first_odd: _Row | None = None
    for row in _read(path, found):
        if row.at is None:
            first_odd = first_odd or row
            found.odd += 1
            continue
        _check_time(row, row.at, before, found.forward, now)
        before = row.at
        if row.celsius is None:
            found.skipped += 1
        elif row.at == read:
            found.duplicates += 1
        else:
            read = row.at
            found.times.append((read - _EPOCH) // _MICROSECOND)
            found.degrees.append(int(row.celsius.scaleb(2)))
            found.first_at = min(found.first_at or read, read)
            found.last_at = max(found.last_at or read, read)
            found.lowest = row.celsius if found.lowest is None else min(found.lowest, row.celsius)
            found.highest = row.celsius if found.highest is None else max(found.highest, row.celsius)
    if first_odd is not None and found.odd > max(20, (found.readings + found.skipped) // 10):
        raise UnreadableFile(
            msg(
                "%(count)s rows have no date and time that can be read. The first is line %(line)s: “%(shown)s”.",
                count=found.odd,
                line=first_odd.line,
                shown=first_odd.text[:40],
            )
        )
    if not found.readings:
        raise UnreadableFile(
            msg("The file has no reading: %(count)s rows say that there was none.", count=found.skipped)
        )


def _check_time(row: _Row, at: datetime, before: datetime | None, forward: bool, now: datetime) -> None:
    if at.year < EARLIEST:
        raise UnreadableFile(
            msg(
                "Line %(line)s is of the year %(year)s: the logger's clock was never set.",
                line=row.line,
                year=at.year,
            )
        )
    if at > now + timedelta(days=1):
        raise UnreadableFile(
            msg(
                "Line %(line)s lies in the future: “%(shown)s”. The logger's clock is wrong, or day and month are"
                " the other way round.",
                line=row.line,
                shown=row.text[:40],
            )
        )
    if before is not None:
        step = at - before if forward else before - at
        if step < -BACK:
            raise UnreadableFile(
                msg(
                    "At line %(line)s time goes back, to “%(shown)s”. Import files that were joined one by one; a clock"
                    " that was set anew while it read cannot be trusted.",
                    line=row.line,
                    shown=row.text[:40],
                )
            )


def _read(path: Path, found: Survey) -> Iterator[_Row]:
    """The rows of readings, as they are written."""
    clock, column = Clock(found.zone, found.forward), found.channel.column
    with _rows(path, found.source) as rows:
        for line, cells in islice(rows, found.layout.begins, None):
            if all(is_blank(cell) for cell in cells):
                continue
            when = when_text(cells, found.layout)
            value = cells[column] if column < len(cells) else None
            told = moment(when, found.order)
            text = plain(when if when is not None else next(cell for cell in cells if not is_blank(cell)))
            if told is None:
                yield _Row(line, None, None, text)
            else:
                yield _Row(line, clock.instant(told), _celsius(value, found.fahrenheit), text)


def _celsius(value: Value, fahrenheit: bool) -> Decimal | None:
    """A cell in degrees Celsius; None where it holds no reading, or one that no thermometer gives."""
    read = number(value)
    if read is None:
        return None
    degrees, unit = read
    celsius = rounded(from_fahrenheit(degrees) if unit == "f" or (fahrenheit and unit != "c") else degrees)
    return celsius if LOWEST <= celsius <= HIGHEST else None


def _find(path: Path) -> tuple[_Source, Layout]:
    """Where in the file the readings are: as it is first cut into cells, or else by another delimiter."""
    heads: list[Sequence[RawRow]] = []
    for options in (FileOptions(), *(FileOptions(delimiter=mark) for mark in DELIMITERS)):
        with open_sheets(path, options) as sheets:
            named = sheets[0].name is not None
            for index, sheet in enumerate(sheets):
                head = list(islice(sheet.rows, HEAD))
                tagged = fridge_tag.is_one(head)
                if tagged:
                    head = list(islice(fridge_tag.rows(chain(head, sheet.rows)), HEAD))
                layout = locate(head)
                if layout is not None:
                    return _Source(options, index, tagged), layout
                heads.append(head)
        if named:
            break
    if not any(not is_blank(cell) for head in heads for _, cells in head for cell in cells):
        raise UnreadableFile(msg("The file is empty."))
    raise nothing_found(max(heads, key=lambda head: sum(len(cells) > 1 for _, cells in head)))


@contextmanager
def _rows(path: Path, source: _Source) -> Iterator[Iterator[RawRow]]:
    with open_sheets(path, source.options) as sheets:
        rows = sheets[source.sheet].rows
        yield fridge_tag.rows(rows) if source.fridge_tag else rows


def _channel(layout: Layout, wanted: str | None) -> Channel:
    names = [each.name for each in layout.channels]
    if wanted is not None and wanted in names:
        return layout.channels[names.index(wanted)]
    if len(names) > 1:
        raise SeveralChannels(names)
    return layout.channels[0]


def _order(path: Path, source: _Source, layout: Layout, now: datetime) -> Order:
    """The order of day and month in the whole file; it is read no further than it takes."""
    with _rows(path, source) as rows:
        cells = (when_text(cells, layout) for _, cells in islice(rows, layout.begins, None))
        return find_order(cells, now.astimezone(UTC))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
