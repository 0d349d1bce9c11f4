"""What the label of a bin says to a scanner: `BIN:SITE:CODE`."""

import re
from dataclasses import dataclass

from inventory.errors import Message, msg
from inventory.rules.text import is_code

PREFIX = "BIN"


@dataclass(frozen=True, slots=True)
class BinCode:
    """The site's code and the bin's code within it."""

    site: str
    code: str


def bin_code(site: str, code: str) -> str:
    """The text on the label of a bin, such as `BIN:WH-ERBIL:A-01-2`. ValueError for what is no code."""
    if not is_code(site) or not is_code(code):
        raise ValueError(f"no codes of a site and a bin: {site!r}, {code!r}")
    return f"{PREFIX}:{site}:{code}"


def parse_bin_code(text: str) -> BinCode | None:
    """The bin that a scanned or typed text names; None where it names none.

    A scanner's symbology prefix (`]Q1`, `]d1`, `]C0`) and white space around it are ignored, and so is the case of
    `BIN`; the codes are as printed.
    """
    text = text.strip()
    if len(text) > 3 and text[0] == "]":
        text = text[3:]
    prefix, _, rest = text.partition(":")
    site, _, code = rest.partition(":")
    if prefix.strip().upper() != PREFIX or not is_code(site) or not is_code(code):
        return None
    return BinCode(site, code)


MOST_AT_ONCE = 1000


class InvalidPattern(ValueError):
    """A row of codes that cannot be read; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text)
        self.message = message


_TIMES = re.compile(r"^(?P<row>.+?)\s*[x×*]\s*(?P<levels>\d{1,2})(?:\s+\D*)?$", re.IGNORECASE)
_ENDS = re.compile(r"^(?P<stem>.*?)(?P<number>\d{1,4})$")


def expand(pattern: str) -> list[str]:
    """The codes that a person means: `A-01`, `A-01, B-07`, `A-01..A-20`, or `A-01..A-20 x 4` for four levels each.

    Levels are added as `-1`, `-2`. Raises InvalidPattern.
    """
    codes: list[str] = []
    for part in re.split(r"[,;\n]", pattern):
        part = part.strip()
        if not part:
            continue
        times = _TIMES.match(part) if ".." in part or "×" in part or " " in part else None
        row, levels = (times["row"], int(times["levels"])) if times else (part, 0)
        for code in _row(row.strip()):
            codes += [f"{code}-{level}" for level in range(1, levels + 1)] if levels else [code]
        if len(codes) > MOST_AT_ONCE:
            raise InvalidPattern(msg("At most %(most)s bins at once.", most=MOST_AT_ONCE))
    if not codes:
        raise InvalidPattern(msg("Give a code, such as A-01."))
    for code in codes:
        if not is_code(code):
            raise InvalidPattern(
                msg("A code has letters, digits, hyphen, underscore or dot, at most 32 of them.")
            )
    return list(dict.fromkeys(codes))


def _row(row: str) -> list[str]:
    first, dots, last = row.partition("..")
    if not dots:
        return [row]
    start, end = _ENDS.match(first.strip()), _ENDS.match(last.strip().lstrip("."))
    text = msg("“%(row)s” is not read as a row: write it like A-01..A-20.", row=row[:80])
    if start is None or end is None or end["stem"] not in ("", start["stem"]):
        raise InvalidPattern(text)
    low, high, width = int(start["number"]), int(end["number"]), len(start["number"])
    if high < low:
        raise InvalidPattern(text)
    return [f"{start['stem']}{number:0{width}}" for number in range(low, high + 1)]
