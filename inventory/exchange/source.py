"""What a file of rows is made of, whatever its format."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from inventory.errors import Message

Value = str | int | Decimal | date | datetime | bool | None
RawRow = tuple[int, list[Value]]
"""The row's line in the file (1-based, as a person sees it) and its cells from the first column."""


class UnreadableFile(Exception):
    """The file cannot be used at all; `message` says why in one line."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row below the header; `values` by the header's own words, cells without a header left out.

    `beyond`: how many cells stand further right than the header goes.
    """

    line: int
    values: dict[str, Value]
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of cells before anyone knows which row is the header. `lines` is about how many there are."""

    name: str | None
    rows: Iterator[RawRow]
    lines: int | None


def folded(text: str) -> str:
    """`text` as headers are compared: no case, no accents, blanks and punctuation joined to one space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.sub(r"[^\w#%$€&+/().]+|_+", " ", plain.casefold())
    return " ".join(words.split())


def clean(text: str) -> str:
    """Text without what nobody sees: NUL, a stray BOM, blanks at the ends (no-break ones too)."""
    return text.replace("\x00", "").strip(" \t\r\n\v\f\u00a0\u202f\u2007\ufeff")


def is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not clean(value))


def as_text(value: Value) -> str:
    """A cell as a person would write it; a whole number that a spreadsheet kept as 1234.0 is "1234"."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
