"""The text file of a 30-day refrigerator logger (Fridge-tag): no readings, but the least and the greatest of each day.

    Hist:
     1:
      Date: 2026-03-01, Min T: +3.4, TS Min T: 05:12, Max T: +6.1, TS Max T: 14:40, ...

Each is a reading at its time: enough to see an excursion, though not how long it lasted.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from inventory.exchange.source import RawRow, as_text

_TIME = r"\d{1,2}:\d{2}"
_DATE = re.compile(r"\bDate: *(\d{4}-\d{2}-\d{2})")
_LEAST = re.compile(rf"\bMin T: *([+-]?\d+(?:[.,]\d+)?|-{{2,}}).*?\bTS Min T: *({_TIME})")
_GREATEST = re.compile(rf"\bMax T: *([+-]?\d+(?:[.,]\d+)?|-{{2,}}).*?\bTS Max T: *({_TIME})")
_SERIAL = re.compile(r"^\s*Serial: *(\w+)")
_UNIT = re.compile(r"\bUnit[^:]*: *°?([CF])\b")


def is_one(head: Sequence[RawRow]) -> bool:
    """Whether these first rows are of such a file."""
    lines = [_line(cells) for _, cells in head]
    return any(line.startswith("Hist:") for line in lines) and any("Min T:" in line for line in lines)


def rows(raw: Iterable[RawRow]) -> Iterator[RawRow]:
    """The file as rows of a table: its serial number, a header, and the two readings of each day, the earlier first."""
    serial, unit, day = "", "C", ""
    told = False
    waiting: list[tuple[str, str, int]] = []
    for line, cells in raw:
        text = _line(cells)
        if not told:
            found = _SERIAL.match(text)
            serial = found[1] if found is not None and not serial else serial
            unit = found[1] if (found := _UNIT.search(text)) is not None else unit
            if text.startswith("Hist:"):
                told = True
                yield line, ["Serial number", serial]
                yield line, ["Date time", f"Temperature (°{unit})"]
            continue
        dated = _DATE.search(text)
        if dated is not None:
            yield from _day(day, waiting)
            day, waiting = dated[1], []
        for pattern in (_LEAST, _GREATEST):
            found = pattern.search(text)
            if found is not None and day:
                waiting.append((found[2].rjust(5, "0"), found[1], line))
    yield from _day(day, waiting)


def _day(day: str, waiting: Sequence[tuple[str, str, int]]) -> Iterator[RawRow]:
    for clock, degrees, line in sorted(waiting):
        yield line, [f"{day} {clock}", degrees]


def _line(cells: Sequence[object]) -> str:
    return ", ".join(as_text(cell).strip() for cell in cells if cell is not None)  # type: ignore[arg-type]
