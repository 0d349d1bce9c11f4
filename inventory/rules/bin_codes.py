"""What the label of a bin says to a scanner: `BIN:SITE:CODE`."""

from dataclasses import dataclass

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
