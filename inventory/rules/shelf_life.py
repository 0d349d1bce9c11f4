"""Expiry dates: what is left of them, and how people write them."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from inventory.errors import Message, msg
from inventory.rules.text import fold

Precision = Literal["day", "month"]

EARLIEST_YEAR = 1990
LATEST_YEAR = 2150

# Folded, as `fold` leaves them: English, French, Arabic of Iraq and Syria, Arabic of Egypt.
_MONTHS: tuple[tuple[str, ...], ...] = tuple(
    tuple(fold(name) for name in names.split("|"))
    for names in (
        "january|janvier|كانون الثاني|يناير",
        "february|fevrier|شباط|فبراير",
        "march|mars|آذار|مارس",
        "april|avril|نيسان|أبريل",
        "may|mai|أيار|مايو",
        "june|juin|حزيران|يونيو",
        "july|juillet|تموز|يوليو",
        "august|aout|آب|أغسطس",
        "september|septembre|أيلول|سبتمبر",
        "october|octobre|تشرين الأول|أكتوبر",
        "november|novembre|تشرين الثاني|نوفمبر",
        "december|decembre|كانون الأول|ديسمبر",
    )
)

_SEPARATOR = r"\s?[/.\s-]\s?"
_ISO_DAY = re.compile(
    rf"(?P<y>\d{{4}}){_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<d>\d{{1,2}})(?:[t ]00:00(?::00)?)?"
)
_RUN = re.compile(r"(?P<y>(?:19|20|21)\d\d)(?P<m>\d\d)(?P<d>\d\d)")
_DAY_FIRST = re.compile(rf"(?P<d>\d{{1,2}}){_SEPARATOR}(?P<m>\d{{1,2}}){_SEPARATOR}(?P<y>\d{{4}})")
_YEAR_MONTH = re.compile(rf"(?P<y>\d{{4}}){_SEPARATOR}(?P<m>\d{{1,2}})")
_MONTH_YEAR = re.compile(rf"(?P<m>\d{{1,2}}){_SEPARATOR}(?P<y>\d{{4}})")
# Two figures of a year after a month, as on packs. 04/11 could be either way round, so only years past 12.
_MONTH_SHORT_YEAR = re.compile(r"(?P<m>\d{2})/(?P<y>1[3-9]|[2-9]\d)")
_NAMED = re.compile(r"(?:(?P<d>\d{1,2})[\s./-]*)?(?P<name>[^\W\d_][^\d]*?)[\s.,/-]*(?P<y>\d{4}|\d{2})")
_NAME_FIRST = re.compile(r"(?P<name>[^\W\d_][^\d]*?)[\s.]*(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})")
_LONGEST = 40
_FORMS = (_ISO_DAY, _RUN, _DAY_FIRST, _YEAR_MONTH, _MONTH_YEAR, _MONTH_SHORT_YEAR, _NAME_FIRST, _NAMED)


class InvalidExpiry(ValueError):
    """What was typed is no expiry date; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def month_end(year: int, month: int) -> date:
    """The last day of a month: what an expiry of a month alone means. ValueError where there is no such
    month."""
    if not 1 <= month <= 12:
        raise ValueError("month must be in 1..12")
    return date(year, month, monthrange(year, month)[1])


def a_year_after(day: date) -> date:
    """The same day of the next year; 29 February becomes 28 February."""
    if day.year == date.max.year:
        return date.max
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1)


def short_dated(expires_on: date | None, arrived_on: date) -> bool:
    """Whether under a year is left on arrival in the country (WHO, Guidelines for Medicine Donations, article
    6)."""
    return expires_on is not None and expires_on < a_year_after(arrived_on)


def expired(expires_on: date | None, on: date) -> bool:
    """Whether the lot can no longer be used on that day; its expiry date is the last day on which it can."""
    return expires_on is not None and expires_on < on


def parse_expiry(text: str, formats: Sequence[str] = ()) -> tuple[date, Precision]:
    """An expiry date as people type it, and whether it names a day or a month (then its last day is meant).

    Understood are 2026-04-30, 30/04/2026 (day first, always), 2026-04, 04/2026, 04/26, 30 Apr 2026, Apr 2026,
    avr. 2026, نيسان 2026, and the same in Arabic or Persian digits. With `formats` (as strptime takes them,
    such as "%y-%m") those alone are understood. Raises `InvalidExpiry`; a date before 1990 or after 2150 is a
    slip.
    """
    typed = fold(text)[: _LONGEST + 1]
    found = _by_formats(typed, formats) if formats else _as_typed(typed)
    if found is None:
        raise InvalidExpiry(
            msg("“%(typed)s” is not read as an expiry date: write it like 2026-04-30 or 04/2026.", typed=text)
        )
    year, month, day = found
    try:
        expires_on = month_end(year, month) if day is None else date(year, month, day)
    except ValueError:
        raise InvalidExpiry(msg("There is no such date: “%(typed)s”.", typed=text)) from None
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise InvalidExpiry(msg("The year of “%(typed)s” cannot be right.", typed=text))
    return expires_on, "month" if day is None else "day"


Parts = tuple[int, int, int | None]


def _by_formats(typed: str, formats: Sequence[str]) -> Parts | None:
    for form in formats:
        try:
            read = datetime.strptime(typed, form)
        except ValueError:
            continue
        by_day = any(mark in form for mark in ("%d", "%j", "%x", "%c"))
        return read.year, read.month, read.day if by_day else None
    return None


def _as_typed(typed: str) -> Parts | None:
    if len(typed) > _LONGEST:
        return None
    for form in _FORMS:
        match = form.fullmatch(typed)
        if match is None:
            continue
        parts = match.groupdict()
        month = int(parts["m"]) if "m" in parts else _month_named(parts["name"])
        if month is None:
            continue
        year, day = parts["y"], parts.get("d")
        return int(year if len(year) == 4 else "20" + year), month, None if day is None else int(day)
    return None


def _month_named(name: str) -> int | None:
    """The month of which `name` is the name or, from three letters on, the beginning; None where it is of
    several."""
    found = {
        number
        for number, names in enumerate(_MONTHS, 1)
        if name in names or (len(name) >= 3 and any(full.startswith(name) for full in names))
    }
    return found.pop() if len(found) == 1 else None
