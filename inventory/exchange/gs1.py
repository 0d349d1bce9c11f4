"""What a scanner read, in any GS1 form, as plain facts; biip knows the Application Identifiers and their patterns.

Forms: element strings with FNC1 as U+001D (or another separator, or written `<GS>`, `{FNC1}`, `^`), with or without
the symbology's prefix (`]d2`, `]C1`, …); the bracketed form under a barcode; a GS1 Digital Link; a bare GTIN or SSCC.
Never guessed: a part that cannot be read is told and left out, and what could be read stands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote, urlsplit

from biip import ParseConfig, ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString

from inventory.errors import msg
from inventory.rules.finding import Finding
from inventory.rules.identifiers import GTIN_LENGTHS, SSCC_LENGTH, gs1_check

FNC1 = "\x1d"
_WRITTEN_FNC1 = re.compile(
    r"<(?:GS|FNC1|0x1d)>|\{(?:GS|FNC1)\}|\[(?:GS|FNC1)\]|\\x1d|\\u001d|[␝^\x1c\x1e\x1f]", re.IGNORECASE
)
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_BARE = frozenset({"]E0", "]E1", "]E2", "]E3", "]E4", "]I0", "]I1"})
"""Symbologies that hold nothing but a number."""
_ADDED_ON = re.compile(r"(\d{13})(?:\d{2}|\d{5})", re.ASCII)
"""An EAN-13 and its add-on, under `]E3`."""
_SWALLOWED = re.compile(r".+17\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:(?:10|21).+)?", re.ASCII)
"""A lot that ends with what is likely an expiry: the scanner has left FNC1 out."""
_BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")
_ALPHAS = {"gtin": "01", "sscc": "00", "lot": "10", "ser": "21", "exp": "17", "itip": "8006"}
"""Names that Digital Links of old used for keys."""
_CONFIG = ParseConfig(separator_chars=(FNC1,), gs1_element_strings_verify_date=False)
_EXPIRIES = ("17", "7003")
_DATES = frozenset({"11", "12", "13", "15", "16", "17", "7003"})

Pair = tuple[str, str]
"""(Application Identifier, value)"""


class Unreadable(ValueError):
    """Nothing in the data could be read."""


@dataclass(slots=True)
class Scan:
    """What was read; None where absent. `count` is how many trade items (AI 37) or pieces (AI 30) are told.

    `of_packs` tells that the count is of packs with this GTIN. `item_code` is our own code of the item (AI 240), as
    labels bear it for goods that have no GTIN.
    """

    gtin: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    serial: str | None = None
    sscc: str | None = None
    count: int | None = None
    of_packs: bool = False
    item_code: str | None = None
    warnings: list[Finding] = field(default_factory=list)

    def warn(self, finding: Finding) -> None:
        """Keep a finding, once."""
        if finding not in self.warnings:
            self.warnings.append(finding)


def read(data: str) -> Scan:
    """Read what a scanner sent. Raises `Unreadable` where there is nothing to be had of it."""
    text = _WRITTEN_FNC1.sub(FNC1, data).strip(" \t\r\n")
    prefix = _SYMBOLOGY.match(text)
    symbology = prefix.group() if prefix else ""
    text = text[len(symbology) :]
    if symbology == "]E3" and (added := _ADDED_ON.fullmatch(text)):
        text = added[1]
    scan = Scan()
    if re.match(r"https?://", text, re.IGNORECASE):
        pairs = list(_of_link(text))
    elif text.startswith("("):
        pairs = _BRACKETED.findall(text)
        if "".join(f"({ai}){value}" for ai, value in pairs) != text:
            scan.warn(_malformed(text))
    elif _is_bare(text, symbology):
        pairs = [("00" if len(text) == SSCC_LENGTH else "01", text)]
    else:
        pairs = list(_of_string(text, scan))
    found: dict[str, GS1ElementString] = {}
    for ai, value in pairs:
        element = _element(ai, value.strip(), scan)
        if element is not None:
            _keep(found, element, scan)
    if not found:
        raise Unreadable
    _facts(found, scan)
    return scan


def _is_bare(text: str, symbology: str) -> bool:
    """Whether the text is a GTIN or SSCC alone. An element string may look like one: then the check digit decides."""
    if not (text.isascii() and text.isdigit()):
        return False
    if symbology in _BARE:
        return len(text) in GTIN_LENGTHS
    if symbology or len(text) not in (*GTIN_LENGTHS, SSCC_LENGTH):
        return False
    if gs1_check(text):
        return True
    try:
        element = GS1ElementString.extract(text, config=_CONFIG)
    except ParseError:
        return True
    if element.gtin is not None:
        return False
    whole = len(element) == len(text) and not element.ai.ai.startswith("9")
    return not whole or (element.ai.ai in _DATES and element.date is None)


def _of_link(text: str) -> Iterator[Pair]:
    """The key, its qualifiers and the attributes of a GS1 Digital Link."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    steps = [unquote(step) for step in parts.path.split("/") if step]
    # The key and its qualifiers are the last pairs; what stands before them is the stem.
    ours: list[Pair] = []
    while len(steps) >= 2:
        ai = _ALPHAS.get(steps[-2].lower(), steps[-2])
        if not _known(ai):
            break
        ours.insert(0, (ai, steps[-1]))
        steps = steps[:-2]
        if ai in ("00", "01", "8004", "8006"):
            break
    yield from ours
    for piece in re.split(r"[&;]", parts.query):
        name, _, value = piece.partition("=")
        ai = _ALPHAS.get(name.lower(), name)
        if _known(ai) and value:
            yield ai, unquote(value)


def _known(ai: str) -> bool:
    try:
        return ai.isascii() and ai.isdigit() and GS1ApplicationIdentifier.extract(ai).ai == ai
    except ParseError:
        return False


def _of_string(text: str, scan: Scan) -> Iterator[Pair]:
    """The elements of a string, one after the other; at what cannot be read, on to the next FNC1."""
    rest = text.lstrip(FNC1)
    while rest:
        try:
            identifier = GS1ApplicationIdentifier.extract(rest)
        except ParseError:
            unknown, _, rest = rest.partition(FNC1)
            scan.warn(
                Finding(
                    "unknown_ai", msg("No Application Identifier is known for “%(part)s”.", part=unknown[:30])
                )
            )
            continue
        try:
            element = _filled(GS1ElementString.extract(rest, config=_CONFIG))
        except ParseError:
            if identifier.ai in _DATES and re.match(r"\d{6}", rest[2:], re.ASCII):
                scan.warn(_no_date(rest[2:8]))
                rest = rest[8:].lstrip(FNC1)
                continue
            wrong, _, rest = rest.partition(FNC1)
            scan.warn(_malformed(wrong))
            continue
        yield identifier.ai, element.value
        rest = rest[len(element) :]
        if rest and identifier.separator_required and not rest.startswith(FNC1):
            wrong, _, rest = rest.partition(FNC1)
            scan.warn(_malformed(wrong))
        rest = rest.lstrip(FNC1)


def _filled(element: GS1ElementString) -> GS1ElementString:
    """The element; some patterns are content with nothing."""
    if not element.value:
        raise ParseError("no value")
    return element


def _element(ai: str, value: str, scan: Scan) -> GS1ElementString | None:
    """The element of an identifier and its value, or None, with a warning, where one of them is not right."""
    if not _known(ai):
        scan.warn(Finding("unknown_ai", msg("The Application Identifier %(ai)s is not known.", ai=ai)))
        return None
    if ai in ("01", "02") and value.isascii() and value.isdigit() and len(value) in GTIN_LENGTHS:
        value = value.zfill(14)
    try:
        return _filled(GS1ElementString.parse(ai + value, config=_CONFIG))
    except ParseError:
        scan.warn(_no_date(value) if ai in _DATES else _malformed(f"({ai}){value}"))
        return None


def _keep(found: dict[str, GS1ElementString], element: GS1ElementString, scan: Scan) -> None:
    before = found.setdefault(element.ai.ai, element)
    if before.value != element.value:
        text = msg("(%(ai)s) is there twice with different values.", ai=element.ai.ai)
        scan.warn(Finding("malformed", text))


def _malformed(text: str) -> Finding:
    return Finding("malformed", msg("“%(part)s” cannot be read.", part=text[:40].replace(FNC1, " ")))


def _no_date(value: str) -> Finding:
    return Finding("invalid_date", msg("%(value)s is no date (YYMMDD).", value=value[:12]))


def _facts(found: dict[str, GS1ElementString], scan: Scan) -> None:
    def value(ai: str) -> str | None:
        return found[ai].value if ai in found else None

    scan.gtin, scan.lot, scan.serial, scan.sscc = value("01"), value("10"), value("21"), value("00")
    scan.item_code = value("240")
    if "01" in found and ("02" in found or "37" in found):
        scan.warn(Finding("malformed", msg("(01) stands beside (02) or (37): one of them is wrong.")))
    elif "02" in found:
        scan.gtin = value("02")
        if "37" not in found:
            scan.warn(Finding("malformed", msg("(02) says what is inside, and (37), how many, is missing.")))
    for number in (scan.gtin, scan.sscc):
        if number is not None and not gs1_check(number):
            scan.warn(Finding("check_digit", msg("The check digit of %(number)s is wrong.", number=number)))
    for ai in _EXPIRIES:
        if ai in found and scan.expires_on is None:
            scan.expires_on = found[ai].date
            if found[ai].date is None:
                scan.warn(_no_date(found[ai].value))
    _swallowed(scan)
    count = value("37") or value("30")
    if count is not None:
        scan.count, scan.of_packs = int(count), "37" in found


def _swallowed(scan: Scan) -> None:
    """Warn of a lot that seems to hold what comes after it."""
    for number in (scan.lot, scan.serial):
        if number is not None and scan.expires_on is None and _SWALLOWED.fullmatch(number):
            text = msg(
                "“%(part)s” seems to hold an expiry: the scanner may leave the separator out.", part=number
            )
            scan.warn(Finding("malformed", text))
