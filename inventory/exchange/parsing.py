"""One cell to one typed value, or a `CellError` that says what is wrong with it in words for a person."""

import calendar
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import available_timezones

import pycountry

from inventory.errors import Message, msg
from inventory.exchange.source import Value, as_text, folded

MAX_QUANTITY = 1_000_000_000
ISO_DAY = "%Y-%m-%d"
ISO_MONTH = "%Y-%m"
_NO_YEAR = 1900
"""The year of what was read by a format without one."""

Parser = Callable[[Value, Sequence[str]], Any]
"""Takes a cell that is not blank and the date formats the mapping gives for its field."""


class CellError(ValueError):
    """A cell does not hold what its field needs."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class Expiry:
    """An expiry date, the last day of use; `precision` is "day", or "month" where no day was written."""

    on: date
    precision: str = "day"


def text(limit: int) -> Parser:
    """Text on one line of at most `limit` characters."""

    def parse(value: Value, formats: Sequence[str]) -> str:
        found = " ".join(as_text(value).split())
        if len(found) > limit:
            raise CellError(msg("At most %(limit)s characters are allowed.", limit=limit))
        return found

    return parse


def code(value: Value, formats: Sequence[str]) -> str:
    """A code: letters, digits, `-`, `_`, `.`; up to 32."""
    found = as_text(value)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", found):
        raise CellError(
            msg("%(value)s is no code: letters, digits, - _ and . only, at most 32.", value=_shown(found))
        )
    return found


def whole(minimum: int, maximum: int = MAX_QUANTITY) -> Parser:
    """A whole number between the two, written in digits; blanks between thousands are allowed.

    A comma or a point between digits is refused: it is a thousand here and a decimal there.
    """

    def parse(value: Value, formats: Sequence[str]) -> int:
        number = read_number(value)
        if number is None or number != number.to_integral_value():
            raise CellError(msg("%(value)s is no whole number.", value=_shown(as_text(value))))
        if not minimum <= number <= maximum:
            raise CellError(
                msg(
                    "%(value)s is not between %(minimum)s and %(maximum)s.",
                    value=_shown(as_text(value)),
                    minimum=minimum,
                    maximum=maximum,
                )
            )
        return int(number)

    return parse


def decimal(places: int, maximum: int) -> Parser:
    """A decimal from 0 to `maximum` with at most `places` decimals; the decimal sign may be a comma."""

    def parse(value: Value, formats: Sequence[str]) -> Decimal:
        number = read_number(value)
        if number is None:
            raise CellError(msg("%(value)s is no number.", value=_shown(as_text(value))))
        if not 0 <= number <= maximum:
            raise CellError(
                msg(
                    "%(value)s is not between %(minimum)s and %(maximum)s.",
                    value=_shown(as_text(value)),
                    minimum=0,
                    maximum=maximum,
                )
            )
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            raise CellError(msg("At most %(places)s decimals are allowed.", places=places))
        return number

    return parse


_TRUE = frozenset({"true", "yes", "y", "1", "oui", "vrai", "x"})
_FALSE = frozenset({"false", "no", "n", "0", "non", "faux"})


def truth(value: Value, formats: Sequence[str]) -> bool:
    """Yes or no, in English or French."""
    found = folded(as_text(value))
    if found in _TRUE or found in _FALSE:
        return found in _TRUE
    raise CellError(msg("%(value)s is neither yes nor no.", value=_shown(as_text(value))))


def word(words: Collection[str]) -> Parser:
    """One of a closed list of words, whatever its case."""
    listed = [str(one) for one in words]
    known = {one.casefold(): one for one in listed}

    def parse(value: Value, formats: Sequence[str]) -> str:
        found = known.get(as_text(value).casefold())
        if found is None:
            raise CellError(
                msg("%(value)s is none of: %(words)s.", value=_shown(as_text(value)), words=", ".join(listed))
            )
        return found

    return parse


def day(value: Value, formats: Sequence[str]) -> date:
    """A date as the mapping's formats say, else `YYYY-MM-DD`; a spreadsheet's real date is taken as it is."""
    return _expiry(value, formats or (ISO_DAY,)).on


def month(value: Value, formats: Sequence[str]) -> date | int:
    """A month as its first day, or its number, 1 to 12, where the year stands elsewhere.

    As the formats say (one without a year, such as `%B`, gives the number), else a number or `YYYY-MM`; of a
    spreadsheet's real date the month counts.
    """
    if formats and isinstance(value, str):
        read = _expiry(value, formats).on
        return read.month if read.year == _NO_YEAR else read.replace(day=1)
    if isinstance(value, date) or read_number(value) is None:
        return _expiry(value, (ISO_MONTH,)).on.replace(day=1)
    return int(whole(1, 12)(value, ()))


def expiry(value: Value, formats: Sequence[str]) -> Expiry:
    """An expiry date; where the format has no day the lot may be used to the end of that month."""
    return _expiry(value, formats or (ISO_DAY, ISO_MONTH))


def country(value: Value, formats: Sequence[str]) -> str:
    """ISO 3166-1 alpha-2, from the code itself or an English name."""
    found = as_text(value)
    try:
        return str(pycountry.countries.lookup(found).alpha_2)
    except LookupError:
        raise CellError(msg("%(value)s is no country that is known.", value=_shown(found))) from None


def currency(value: Value, formats: Sequence[str]) -> str:
    """ISO 4217."""
    found = as_text(value).upper()
    if pycountry.currencies.get(alpha_3=found) is None:
        raise CellError(msg("%(value)s is no currency code.", value=_shown(found)))
    return found


def timezone(value: Value, formats: Sequence[str]) -> str:
    """An IANA time zone."""
    found = as_text(value)
    if found not in available_timezones():
        raise CellError(msg("%(value)s is no time zone.", value=_shown(found)))
    return found


def languages(value: Value, formats: Sequence[str]) -> list[str]:
    """Language tags, apart by blanks, commas or semicolons."""
    found = [part for part in re.split(r"[\s,;]+", as_text(value)) if part]
    for tag in found:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
            raise CellError(msg("%(value)s is no language tag.", value=_shown(tag)))
    return found


def gtins(value: Value, formats: Sequence[str]) -> list[dict[str, Any]]:
    """Packs as `GTIN:QUANTITY`, apart by blanks or semicolons; a GTIN alone is a pack of one base unit."""
    packs = []
    for part in re.split(r"[\s;|]+", as_text(value)):
        if part:
            number, _, held = part.partition(":")
            if not re.fullmatch(r"\d{8}|\d{12,14}", number):
                raise CellError(msg("%(value)s is no GTIN.", value=_shown(number)))
            packs.append({"gtin": number.zfill(14), "quantity": whole(1)(held or "1", ())})
    return packs


def read_number(value: Value) -> Decimal | None:
    """The number in a cell, or None. Text with a sign between three digits could mean two things: none."""
    if isinstance(value, bool | date):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    found = re.sub(r"(?<=\d)[ \u00a0\u202f\u2009'](?=\d{3}(\D|$))", "", as_text(value))
    if not re.fullmatch(r"[+-]?\d{1,30}([.,]\d{1,30})?", found):
        return None
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", found):
        return None
    try:
        return Decimal(found.replace(",", "."))
    except InvalidOperation:
        return None


def _expiry(value: Value, formats: Sequence[str]) -> Expiry:
    if isinstance(value, datetime):
        return Expiry(value.date())
    if isinstance(value, date):
        return Expiry(value)
    found = as_text(value)
    for form in formats:
        try:
            by_name = "%b" in form or "%B" in form
            read = datetime.strptime(english_months(found) if by_name else found, form.replace("%B", "%b"))
        except ValueError:
            continue
        if "%d" in form or "%j" in form:
            return Expiry(read.date())
        last = calendar.monthrange(read.year, read.month)[1]
        return Expiry(date(read.year, read.month, last), "month")
    raise CellError(
        msg(
            "%(value)s is no date of the form %(forms)s.",
            value=_shown(found),
            forms=" / ".join(map(_form, formats)),
        )
    )


_MONTHS = {
    "janvier": "jan", "janv": "jan", "fevrier": "feb", "fevr": "feb", "fev": "feb", "mars": "mar",
    "avril": "apr", "avr": "apr", "mai": "may", "juin": "jun", "juillet": "jul", "juil": "jul", "aout": "aug",
    "septembre": "sep", "sept": "sep", "octobre": "oct", "novembre": "nov", "decembre": "dec",
    "january": "jan", "february": "feb", "march": "mar", "april": "apr", "june": "jun",
    "july": "jul", "august": "aug", "september": "sep",
    "october": "oct", "november": "nov", "december": "dec",
}  # fmt: skip


def english_months(found: str) -> str:
    """French and full month names as the three letters that every format understands."""
    return re.sub(r"[^\W\d]+\.?", lambda m: _MONTHS.get(folded(m[0]).rstrip("."), m[0]), found)


def _form(form: str) -> str:
    told = {"%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%b": "MMM", "%B": "MMMM"}
    return re.sub(r"%.", lambda m: told.get(m[0], m[0]), form)


def _shown(found: str) -> str:
    """A value as it may stand in a message: short, on one line, in quotes."""
    line = " ".join(found.split())
    return f'"{line[:40]}…"' if len(line) > 41 else f'"{line}"'
