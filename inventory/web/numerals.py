"""Numbers as people type them: in the digits of any script, never guessed at."""

import re
from decimal import Decimal

from inventory.errors import Message, msg
from inventory.rules.text import fold

_BETWEEN_THOUSANDS = re.compile(r"(?<=\d)[ '_](?=\d{3}(?!\d))")
_WHOLE = re.compile(r"[+-]?\d{1,30}")
_DECIMAL = re.compile(r"[+-]?(\d{1,30}([.,٫]\d{0,30})?|[.,٫]\d{1,30})")
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}([.,٬]\d{3})+")


class NotANumber(ValueError):
    """What was typed is no such number; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def whole_typed(text: str) -> int:
    """A whole number. Raises `NotANumber` for fractions, and for 1,200, which is 1200 here and 1.2 there."""
    typed = _plain(text)
    if _WHOLE.fullmatch(typed):
        return int(typed)
    shown = _short(text)
    if _TWO_WAYS.fullmatch(typed):
        raise NotANumber(
            msg(
                "“%(typed)s” can be read in two ways. Write it without comma or point, such as 1200.",
                typed=shown,
            )
        )
    if _DECIMAL.fullmatch(typed):
        raise NotANumber(
            msg("“%(typed)s” is no whole number. Count in base units, without fractions.", typed=shown)
        )
    raise NotANumber(msg("“%(typed)s” is no number. Write it in digits, such as 1200.", typed=shown))


def decimal_typed(text: str) -> Decimal:
    """A decimal with a point or a comma. Raises `NotANumber`; 1,200 could be either, and is refused."""
    typed = _plain(text)
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}[,٬]\d{3}", typed):
        raise NotANumber(
            msg(
                "“%(typed)s” can be read in two ways. Write it with a point, such as 1.5 or 1200.",
                typed=_short(text),
            )
        )
    if not _DECIMAL.fullmatch(typed):
        raise NotANumber(
            msg("“%(typed)s” is no number. Write it in digits, such as 12.5.", typed=_short(text))
        )
    return Decimal(typed.replace(",", ".").replace("٫", "."))


def _plain(text: str) -> str:
    return _BETWEEN_THOUSANDS.sub("", fold(text[:100]).replace("−", "-"))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:40] + "…"
