"""Dates and times as temperature loggers write them, and the order of day and month in a file of theirs."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from inventory.errors import msg
from inventory.exchange.parsing import english_months
from inventory.exchange.source import UnreadableFile, Value, as_text

Order = Literal["dmy", "mdy"]

EARLIEST = 2005
"""No logger read anything before: its clock was never set."""
BACK = timedelta(minutes=10)
"""A clock that is set right may go back so far."""

_DATE = (
    r"(?:(?P<y1>\d{4})[-/. ]+(?P<m1>\d{1,2}|[^\W\d_]{3,9}\.?)[-/. ]+(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<mark>[-/. ])[ ]?(?P<b>\d{1,2}|[^\W\d_]{3,9}\.?)[-/. ,]+(?P<y2>\d{4}|\d{2})"
    r"|(?P<m3>[^\W\d_]{3,9}\.?)[- ](?P<d3>\d{1,2}),?[- ](?P<y3>\d{4}))"
)
_CLOCK = r"(?P<h>\d{1,2})[:.hH](?P<i>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?[ ]?(?P<half>[apAP]\.?[mM]\.?|ص|م)?"
_OFFSET = r"(?:[ ]?(?P<z>Z|UTC|GMT)?[ ]?(?P<o>[+-]\d{1,2}:?(?:\d{2})?)?)"
_MOMENT = re.compile(rf"{_DATE}(?:[T, ]+|\s*-\s*){_CLOCK}{_OFFSET}$")
_DAY = re.compile(rf"{_DATE}$")
_TIME = re.compile(rf"{_CLOCK}$")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?$")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_PLAIN = str.maketrans({
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-",
    **{digit: str(index) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for index, digit in enumerate(digits)},
})  # fmt: skip
_OLDEST_OF_EXCEL = datetime(1899, 12, 30)


def plain(value: Value) -> str:
    """A cell's text with Latin digits and common blanks."""
    text = as_text(value)
    return text if text.isascii() else text.translate(_PLAIN).strip()


def moment(value: Value, order: Order) -> datetime | None:
    """What a cell says as a date with a time of day, with its zone where that is written; None for anything else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, Decimal | int) and not isinstance(value, bool) and 38_000 < value < 60_000:
        return _OLDEST_OF_EXCEL + timedelta(seconds=round(float(value) * 86400))
    text = plain(value)
    found = _MOMENT.match(text)
    if found is not None:
        return _made(found, order)
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    return None


def is_day(value: Value) -> bool:
    """Whether a cell is a date alone."""
    return (isinstance(value, date) and not isinstance(value, datetime)) or bool(_DAY.match(plain(value)))


def is_clock(value: Value) -> bool:
    """Whether a cell is a time of day alone."""
    return not isinstance(value, date) and bool(_TIME.match(plain(value)))


def numeric(value: Value) -> tuple[int, int, str] | None:
    """The two numbers of a date either of which could be the day, and the mark between them; None for other dates."""
    if isinstance(value, date):
        return None
    found = re.match(_DATE, plain(value))
    if found is None or found["a"] is None or not found["b"].isdigit():
        return None
    return int(found["a"]), int(found["b"]), found["mark"]


def _made(found: re.Match[str], order: Order) -> datetime | None:
    parts = found.groupdict()
    if parts["y1"] is not None:
        year, month, day = parts["y1"], parts["m1"], parts["d1"]
    elif parts["y3"] is not None:
        year, month, day = parts["y3"], parts["m3"], parts["d3"]
    else:
        year, day, month = parts["y2"], parts["a"], parts["b"]
        if order == "mdy" and month.isdigit():
            day, month = month, day
    number = int(month) if month.isdigit() else _MONTHS.get(english_months(month)[:3].casefold())
    if number is None:
        return None
    hour = int(parts["h"])
    half = parts["half"]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pPم" else 0)
    try:
        return datetime(
            int(year) + (2000 if len(year) == 2 else 0),
            number,
            int(day),
            hour,
            int(parts["i"]),
            int(parts["s"] or 0),
            tzinfo=_written_zone(parts["z"], parts["o"]),
        )
    except ValueError:
        return None


def _written_zone(word: str | None, offset: str | None) -> tzinfo | None:
    if offset is not None:
        return _offset(offset)
    return UTC if word is not None else None


def _offset(text: str) -> tzinfo:
    """`+03:00`, `-4`, `+0530` as a zone. Raises ValueError for what is none."""
    sign, digits = text[0], text[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if sign == "-" else shift)


_TOLD_OFFSET = re.compile(r"\b(?:utc|gmt)\s*([+-]\s*\d{1,2}(?::?\d{2})?)", re.IGNORECASE)
_BARE_OFFSET = re.compile(r"(?<![\d/-])([+-]\d{1,2}:\d{2})(?!\d)")
_NAMED = re.compile(r"\b([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\b")
_OF_ZONE = re.compile(r"zone|utc|gmt|time ?base|zeitzone|fuseau|huso", re.IGNORECASE)


def told_zone(text: str) -> tzinfo | None:
    """The time zone that a line above the readings speaks of; None where it speaks of none."""
    text = text.translate(_PLAIN)
    if not _OF_ZONE.search(text):
        return None
    found = _TOLD_OFFSET.search(text) or _BARE_OFFSET.search(text)
    if found is not None:
        try:
            return _offset(found[1].replace(" ", ""))
        except ValueError:
            return None
    named = _NAMED.search(text)
    if named is not None and named[1] in available_timezones():
        return ZoneInfo(named[1])
    return UTC if re.search(r"\b(utc|gmt)\b", text, re.IGNORECASE) else None


def told_order(text: str) -> Order | None:
    """The order of day and month that a line says it has: `Date (dd/mm/yyyy)`."""
    if re.search(r"\bd{1,2}[-/. ]m{1,3}[-/. ]y", text, re.IGNORECASE):
        return "dmy"
    return "mdy" if re.search(r"\bm{1,2}[-/. ]d{1,2}[-/. ]y", text, re.IGNORECASE) else None


class AmbiguousDates(UnreadableFile):
    """Day and month could be the other way round, and nothing in the file says which: a person must."""

    def __init__(self, example: str) -> None:
        super().__init__(
            msg(
                "“%(example)s” could be day and month or month and day, and the file does not say which. "
                "Choose the order.",
                example=example[:40],
            )
        )


def find_order(cells: Iterable[Value], now: datetime) -> Order:
    """The order of day and month in a column of moments, settled by the file itself.

    A number above 12 settles it. Else the order holds in which no time goes back, no month is leapt over, and nothing
    lies in the future. Raises `AmbiguousDates` where either would do.
    """
    tracks = {"dmy": _Track(), "mdy": _Track()}
    example, dotted = "", False
    for cell in cells:
        pair = numeric(cell)
        if pair is None:
            continue
        first, second, mark = pair
        if first > 12 or second > 12:
            return "dmy" if first > 12 else "mdy"
        example, dotted = example or plain(cell), dotted or mark == "."
        for order, track in tracks.items():
            track.add(moment(cell, order))  # type: ignore[arg-type]
    day, month = tracks["dmy"], tracks["mdy"]
    if not example or dotted:
        return "dmy"
    if (day.turns == 0) != (month.turns == 0):
        return "dmy" if day.turns == 0 else "mdy"
    large = timedelta(days=20)
    if day.widest * 3 < month.widest and month.widest > large:
        return "dmy"
    if month.widest * 3 < day.widest and day.widest > large:
        return "mdy"
    ahead = (now + timedelta(days=1)).replace(tzinfo=None)
    if day.comes_after(ahead) != month.comes_after(ahead):
        return "mdy" if day.comes_after(ahead) else "dmy"
    if day.latest == month.latest and day.widest == month.widest:
        return "dmy"  # such as 03/03: it is all the same
    raise AmbiguousDates(example)


class _Track:
    """The times of a column as one order reads them: how often they turn round, and the widest step."""

    def __init__(self) -> None:
        self.turns, self.widest = 0, timedelta(0)
        self.latest: datetime | None = None
        self._before: datetime | None = None
        self._ahead: bool | None = None

    def add(self, at: datetime | None) -> None:
        if at is None:
            return
        at = at.replace(tzinfo=None)
        if self._before is not None and at != self._before:
            step = at - self._before
            if abs(step) > BACK:
                ahead = step > timedelta(0)
                self.turns += self._ahead is not None and ahead != self._ahead
                self._ahead = ahead
            self.widest = max(self.widest, abs(step))
        self._before = at
        self.latest = at if self.latest is None else max(self.latest, at)

    def comes_after(self, ahead: datetime) -> bool:
        return self.latest is not None and self.latest > ahead


class Clock:
    """Turns what a file writes into instants. Where clocks were put back, the same hour comes twice.

    `zone` is that of times that are written without one; `forward` whether the file runs with time.
    """

    def __init__(self, zone: tzinfo, forward: bool) -> None:
        self._zone, self._forward = zone, forward
        self._before: datetime | None = None
        self._second = not forward

    def instant(self, told: datetime) -> datetime:
        """The instant, in UTC, that is written as `told`; to be asked in the order of the file."""
        if told.tzinfo is not None:
            return told.astimezone(UTC)
        local = told.replace(tzinfo=self._zone)
        again = local.replace(fold=1)
        before, after = local.utcoffset(), again.utcoffset()
        if (
            before is None or after is None or before <= after
        ):  # not twice; it may be an hour that was left out
            self._before, self._second = told, not self._forward
            return local.astimezone(UTC)
        if self._before is not None:
            if self._forward and told < self._before:
                self._second = True
            elif not self._forward and told > self._before:
                self._second = False
        self._before = told
        return (again if self._second else local).astimezone(UTC)
