"""Which columns of a logger's file hold the time and the temperatures, and what the lines above them say."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from inventory.errors import msg
from inventory.exchange.logger_times import Order, is_clock, is_day, moment, plain, told_order, told_zone
from inventory.exchange.source import RawRow, UnreadableFile, Value, as_text, is_blank
from inventory.rules.temperature import HIGHEST, LOWEST

HEAD = 200
"""The readings begin within so many rows."""
_SAMPLE = 30
_MISSING = frozenset(
    {
        "nc", "n.c.", "na", "n/a", "nan", "nil", "null", "none", "err", "error", "open", "short", "ol", "lo", "hi",
        "over", "under", "missing", "lost", "no reading", "no data", "not connected", "disconnected", "sensor error",
        "probe error", "out of range", "invalid", "fehler", "erreur",
    }
)  # fmt: skip
_NUMBER = re.compile(
    r"([+-]?\d{1,4}(?:[.,]\d{1,6})?)\s*(?:°|º|deg\.?)?\s*([CcFf]|celsius|fahrenheit)?$", re.IGNORECASE
)
_TIMES = re.compile(
    r"\b(date|time|datum|zeit|uhrzeit|zeitpunkt|heure|horodatage|jour|fecha|hora|timestamp|date ?time|datetime)\b"
    r"|تاريخ|وقت|زمن"
)
_NO_TIME = re.compile(r"elapsed|duration|zone|interval|since|start|stop|verstrichen|ecoule")
_DEGREES = re.compile(r"(?:°|º|deg\.? ?)\s?([cf])\b|[\[(/,]\s?([cf])\s?[\])]?\s*$|\b(celsius|fahrenheit)\b")
_TEMPERATURE = re.compile(r"\b(temp|temps|temperature|temperatures|temperatur|temperatura)\b|\btemp\W|حرارة")
_WEAK = re.compile(
    r"^\W*(value|reading|messwert|wert|valeur|mesure|lecture|t|ch ?\d*|channel ?\d*|sensor ?\d*)s?\W*$"
)
_OTHER = re.compile(
    r"humid|feucht|humed|%|\brh\b|dew|taupunkt|rosee|alarm|limit|grenz|\bmin\b|\bmax\b|minimum|maximum|average|mean"
    r"|\bmkt\b|status|event|battery|pressure|set ?point|high|low|upper|lower|ambient light|co2|رطوبة"
)
_SERIAL = re.compile(
    r"^\W*(?:(?:logger|device|recorder|unit|product|instrument|monitor|geraete?|gerate?)\W*)?"
    r"(?:serial(?:\W*(?:number|numbers|no|nr|num|#))?|s/?n|seriennummer|serien-?nr|seriennr"
    r"|(?:numero|n°|no|nr)\W*(?:de\W*)?serie|device id|logger id|logger number|الرقم التسلسلي)\W*$"
)
_LOGGER_IN_HEADER = re.compile(r"\b(?:lgr )?s/?n:? ?(\w{4,})", re.IGNORECASE)
_UNIT_LINE = re.compile(r"\bunits?\b|einheit|unite|unidad")


@dataclass(frozen=True, slots=True)
class Channel:
    """A column of temperatures. `fahrenheit` is None where its unit is said nowhere."""

    name: str
    column: int
    fahrenheit: bool | None = None


@dataclass(slots=True)
class Layout:
    """How the rows of a file are to be read."""

    when: tuple[int, ...]
    channels: list[Channel]
    begins: int
    serial: str | None = None
    zone: tzinfo | None = None
    order: Order | None = None
    sample: list[list[Value]] = field(default_factory=list)


def label(text: str) -> str:
    """A header as it is compared: no case, no accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each for each in parts if not unicodedata.combining(each)).casefold().strip()


def number(value: Value) -> tuple[Decimal, str] | None:
    """A temperature and the letter of its unit where the cell says it (`c`, `f` or empty); None for what is none."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value), ""
    found = _NUMBER.match(plain(value))
    if found is None:
        return None
    try:
        return Decimal(found[1].replace(",", ".")), (found[2] or "")[:1].lower()
    except InvalidOperation:
        return None


def is_missing(value: Value) -> bool:
    """Whether a cell says that there was nothing to read: blank, NC, --, n/a."""
    text = plain(value).casefold()
    return text in _MISSING or not any(each.isalnum() for each in text)


def when_text(row: Sequence[Value], layout: Layout) -> Value:
    """The cell of a row that says when; where day and time are apart, both as one text."""
    if len(layout.when) == 1:
        return row[layout.when[0]] if layout.when[0] < len(row) else None
    day, clock = (row[at] if at < len(row) else None for at in layout.when)
    return f"{as_text(day).split('T')[0]} {plain(clock)}" if not (is_blank(day) or is_blank(clock)) else None


def locate(head: Sequence[RawRow]) -> Layout | None:
    """Find the readings in the first rows of a file; None where there are none to be seen."""
    for index, (_, cells) in enumerate(head):
        names = [label(as_text(cell)) for cell in cells]
        times = [at for at, name in enumerate(names) if _TIMES.search(name) and not _NO_TIME.search(name)]
        warm = _temperature_columns(names)
        if times and warm:
            layout = _fitting(head, index + 1, times, warm, cells)
            if layout is not None:
                _read_above(layout, head[: layout.begins])
                return layout
    layout = _without_header(head)
    if layout is not None:
        _read_above(layout, head[: layout.begins])
    return layout


def _temperature_columns(names: Sequence[str]) -> list[int]:
    told = [at for at, name in enumerate(names) if name and not _OTHER.search(name)]
    strong = [
        at
        for at in told
        if (_TEMPERATURE.search(names[at]) or _DEGREES.search(names[at])) and not _TIMES.search(names[at])
    ]
    return strong or [at for at in told if _WEAK.search(names[at])]


def _fitting(
    head: Sequence[RawRow], first: int, times: Sequence[int], warm: Sequence[int], header: Sequence[Value]
) -> Layout | None:
    """The layout under a header, if rows that fit it follow."""
    rows = [cells for _, cells in head[first:] if any(not is_blank(cell) for cell in cells)][: _SAMPLE + 3]
    when = _when(rows, times)
    if when is None:
        return None
    fits = [cells for cells in rows if _is_dated(cells, when)]
    channels = [
        Channel(as_text(header[at]) or f"{at + 1}", at, _unit(as_text(header[at])))
        for at in warm
        if any(at < len(cells) and number(cells[at]) is not None for cells in fits)
    ]
    if not channels:
        nothing = all(at >= len(cells) or is_missing(cells[at]) for cells in fits for at in warm)
        if not nothing:
            return None
        channels = [Channel(as_text(header[at]), at, _unit(as_text(header[at]))) for at in warm[:1]]
    begins = next(at for at in range(first, len(head)) if _is_dated(head[at][1], when))
    for _, cells in head[first:begins]:  # a line of units below the header
        channels = [
            Channel(each.name, each.column, _unit(_cell(cells, each.column)))
            if each.fahrenheit is None
            else each
            for each in channels
        ]
    return Layout(when, channels, begins, sample=fits)


def _when(rows: Sequence[Sequence[Value]], columns: Sequence[int]) -> tuple[int, ...] | None:
    """The column of moments among `columns`, or those of the day and of the time."""
    few = rows[:_SAMPLE]

    def most(column: int, fits: object) -> bool:
        cells = [cells[column] for cells in few if column < len(cells) and not is_blank(cells[column])]
        good = sum(bool(fits(cell)) for cell in cells)  # type: ignore[operator]
        return good > 0 and good >= 0.5 * len(cells)

    dated = [at for at in columns if most(at, is_day)]
    clocked = [at for at in columns if most(at, is_clock)]
    if dated and clocked:
        return dated[0], next((at for at in clocked if at > dated[0]), clocked[0])
    whole = [at for at in columns if most(at, _is_moment)]
    return (whole[0],) if whole else None


def _is_moment(value: Value) -> bool:
    return moment(value, "dmy") is not None or moment(value, "mdy") is not None


def _is_dated(cells: Sequence[Value], when: tuple[int, ...]) -> bool:
    return _is_moment(when_text(cells, Layout(when, [], 0)))


def _without_header(head: Sequence[RawRow]) -> Layout | None:
    """Columns told by what stands in them: one of moments, and exactly one of numbers that do not count up."""
    rows = [cells for _, cells in head if any(not is_blank(cell) for cell in cells)]
    width = max((len(cells) for cells in rows), default=0)
    when = _when(rows, range(min(width, 20)))
    if when is None:
        return None
    fits = [cells for cells in rows if _is_dated(cells, when)][:_SAMPLE]
    columns = [at for at in range(min(width, 20)) if at not in when and _could_be_degrees(fits, at)]
    if len(columns) != 1 or len(fits) < 2:
        return None
    begins = next(at for at, (_, cells) in enumerate(head) if _is_dated(cells, when))
    return Layout(when, [Channel(f"{columns[0] + 1}", columns[0])], begins, sample=fits)


def _could_be_degrees(rows: Sequence[Sequence[Value]], column: int) -> bool:
    read = [number(_value(cells, column)) for cells in rows]
    values = [each[0] for each in read if each is not None]
    if len(values) < 0.6 * len(rows) or any(not LOWEST <= each <= HIGHEST for each in values):
        return False
    steps = {after - before for before, after in pairwise(values)}
    return steps not in ({Decimal(1)}, {Decimal(-1)})


def _value(cells: Sequence[Value], column: int) -> Value:
    return cells[column] if column < len(cells) else None


def _cell(cells: Sequence[Value], column: int) -> str:
    return as_text(_value(cells, column))


def _unit(text: str) -> bool | None:
    """Whether a header speaks of Fahrenheit; None where of no unit."""
    found = _DEGREES.search(label(text))
    if found is None:
        return None
    return next(each for each in found.groups() if each)[0] == "f"


def _read_above(layout: Layout, rows: Sequence[RawRow]) -> None:
    """What the lines above the readings say of serial number, time zone, unit and dates."""
    unit: bool | None = None
    for _, cells in rows:
        texts = [as_text(cell) for cell in cells if not is_blank(cell)]
        line = " ".join(texts)
        layout.serial = layout.serial or next(_serials(texts), None)
        layout.zone = layout.zone or told_zone(line)
        layout.order = layout.order or told_order(line)
        if unit is None and _UNIT_LINE.search(label(line)):
            said = _unit(line) if _unit(line) is not None else _last_letter(texts)
            unit = said if unit is None else unit
    if unit is not None:
        layout.channels = [
            Channel(each.name, each.column, unit) if each.fahrenheit is None else each
            for each in layout.channels
        ]


def _last_letter(texts: Sequence[str]) -> bool | None:
    """`Unit;F` or `Unit: C`."""
    last = re.split(r"[:=\s]+", texts[-1].strip())[-1].casefold() if texts else ""
    return last == "f" if last in ("c", "f") else None


def _serials(texts: Sequence[str]) -> Iterator[str]:
    for at, text in enumerate(texts):
        key, _, rest = text.partition(":") if ":" in text else text.partition("=")
        if _SERIAL.match(label(key)):
            found = rest.strip() or (texts[at + 1].strip() if at + 1 < len(texts) else "")
            if found and len(found) <= 64:
                yield found
        inside = _LOGGER_IN_HEADER.search(text)
        if inside is not None:
            yield inside[1]


def nothing_found(head: Sequence[RawRow]) -> UnreadableFile:
    """Why no readings were found, in words for a person."""
    names = [label(as_text(cell)) for _, cells in head for cell in cells]
    timed = any(_is_moment(cell) or is_day(cell) for _, cells in head for cell in cells)
    if timed and not _temperature_columns(names):
        return UnreadableFile(
            msg(
                "No column of temperatures was found: is this the file of readings, and not that of a summary?"
            )
        )
    if not timed:
        return UnreadableFile(
            msg(
                "No column of dates and times was found, so nobody knows when it was so warm. Export the readings."
            )
        )
    return UnreadableFile(msg("No rows of readings were found: a date, a time and a temperature each."))
