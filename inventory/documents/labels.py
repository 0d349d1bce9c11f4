"""Labels: of lots, packages and bins, with a barcode that scanners read and words that people read.

What the barcode says comes ready drawn (`Symbol`). On a package's label nothing names what is in it: only how it is to
be carried and where it goes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inventory.documents.parts import Goods
from inventory.documents.press import press, press_apart
from inventory.documents.wording import Direction, Payload, Translate, Wording
from inventory.documents.words import KINDS, TEMPERATURES, ZONES, word
from inventory.errors import Message, msg
from inventory.rules.label_sheets import MM, Sheet

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_DARK = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z")
_LONG, _LONGER = 90, 140
"""Characters after which a fact, or a name, is cut: what is smaller is not read."""
_PRINTERS_EDGE = 5 * MM
"""Nearer to the edge of a sheet of paper printers do not print."""
_ROLLS_EDGE = 2 * MM
_MANY = 50
"""Different labels from which on they are made apart."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A barcode as SVG of rectangles, a module to a unit; `quiet` modules around it stay white.

    `under` says the same for people.
    """

    svg: str
    quiet: int
    under: str = ""

    def payload(self) -> Payload:
        """As the template takes it."""
        size = _SIZE.search(self.svg)
        if size is None:
            raise ValueError("no picture of a barcode")
        # Drawn by Typst itself: a picture would be resampled, and its modules no longer be whole dots.
        dark = [[int(number) for number in each] for each in _DARK.findall(self.svg)]
        return {
            "dark": dark,
            "width": int(size[1]),
            "height": int(size[2]),
            "quiet": self.quiet,
            "under": self.under,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLabel:
    """`left_out`: the barcode does not say the lot, for it has characters that GS1 does not know, or too many."""

    organisation: str
    goods: Goods
    symbol: Symbol | None
    serialised: bool = False
    left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLabel:
    """`origin` and `destination` as outsiders may read them; `temperatures` and `un_numbers` of all that is in it."""

    organisation: str
    sscc: str
    symbol: Symbol
    shipment: str
    origin: str
    destination: str
    kind: str
    number: int
    count: int
    weight_kg: Decimal | None = None
    container_number: str = ""
    temperatures: Sequence[str] = ()
    freeze_sensitive: bool = False
    dangerous: bool = False
    un_numbers: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BinLabel:
    """A bin and what may lie in it."""

    organisation: str
    site: str
    code: str
    symbol: Symbol
    name: str = ""
    zone: str = "stock"
    temperature: str = "ambient"
    frost_free: bool = False
    locked: bool = False
    for_dangerous: bool = False


Label = LotLabel | PackageLabel | BinLabel


def render_labels(
    wanted: Sequence[tuple[Label, int]],
    sheet: Sheet,
    start: int = 1,
    *,
    locale: str,
    direction: Direction,
    translate: Translate,
) -> bytes:
    """The PDF of so many copies of each label; raises InvalidSheet (see `Sheet.places`)."""
    payload = labels(wanted, sheet, start, Wording(locale, direction, translate))
    if len(wanted) > _MANY:
        return press_apart("labels", payload)
    return press("labels", payload)[0]


def labels(wanted: Sequence[tuple[Label, int]], sheet: Sheet, start: int, wording: Wording) -> Payload:
    """What `templates/labels.typ` shows. Lengths are hundredths of a millimetre."""
    places = iter(list(sheet.places(sum(count for _, count in wanted), start)))
    pages: list[list[list[int]]] = []
    for index, (_, count) in enumerate(wanted):
        for page, x, y in (next(places) for _ in range(count)):
            pages += [[] for _ in range(page + 1 - len(pages))]
            pages[page].append([x, y, index])
    return {
        "paper": {"dir": wording.direction, "lang": wording.locale, "title": wording.say(msg("Labels"))},
        "page": list(sheet.page),
        "size": list(sheet.label),
        "inset": _inset(sheet),
        "pages": pages,
        "labels": [_label(label, wording) for label, _ in wanted],
    }


def _inset(sheet: Sheet) -> list[int]:
    if len(sheet) == 1:
        return [_ROLLS_EDGE, _ROLLS_EDGE]
    return [max(_ROLLS_EDGE, _PRINTERS_EDGE - edge) for edge in (sheet.left, sheet.top)]


def _label(label: Label, wording: Wording) -> Payload:
    if isinstance(label, LotLabel):
        return _lot(label, wording)
    if isinstance(label, PackageLabel):
        return _package(label, wording)
    return _bin(label, wording)


def _lot(label: LotLabel, wording: Wording) -> Payload:
    goods = label.goods
    about = [_short(wording.say(each)) for each in (goods.inn, goods.strength, goods.dosage_form) if each]
    notes: list[Message] = []
    if label.symbol is None:
        notes.append(msg("No barcode: the item's code is too long"))
    elif label.left_out and label.serialised:
        notes.append(msg("Serial number not in the barcode"))
    elif label.left_out:
        notes.append(msg("Lot not in the barcode"))
    return {
        "kind": "lot",
        "symbol": label.symbol.payload() if label.symbol is not None else None,
        "name": _short(wording.say(goods.item_name), _LONGER),
        "about": " · ".join(about),
        "code": wording.say(goods.item_code),
        "lot_word": wording.say(msg("Serial number") if label.serialised else msg("Lot")),
        "lot": _short(wording.say(goods.lot)),
        "expiry_word": wording.say(msg("Expiry")),
        "expiry": wording.expiry(goods) if goods.expires_on is not None else "",
        "care": wording.care(goods),
        "notes": [wording.say(note) for note in notes],
        "organisation": _short(wording.say(label.organisation)),
    }


def _package(label: PackageLabel, wording: Wording) -> Payload:
    care: list[Message | str] = [
        word(TEMPERATURES, each) for each in TEMPERATURES if each in label.temperatures
    ]
    if label.freeze_sensitive:
        care.append(msg("Do not freeze"))
    if label.un_numbers:
        care.append(msg("Dangerous goods, %(un)s", un=", ".join(label.un_numbers)))
    elif label.dangerous:
        care.append(msg("Dangerous goods"))
    weight = f"{wording.number(label.weight_kg)} kg" if label.weight_kg is not None else ""
    facts = [
        wording.fact(msg("From"), label.origin),
        wording.fact(msg("To"), label.destination),
        wording.fact(msg("Gross weight"), weight),
        wording.fact(msg("Container or vehicle"), label.container_number),
    ]
    return {
        "kind": "package",
        "symbol": label.symbol.payload(),
        "shipment": wording.say(label.shipment),
        "package": wording.say(word(KINDS, label.kind)),
        "count": wording.say(msg("%(number)s of %(count)s", number=label.number, count=label.count)),
        "facts": [
            {"label": each["label"], "value": _short(each["value"][0])} for each in wording.facts(facts)
        ],
        "care": [wording.say(each) for each in care],
        "sscc_word": "SSCC",
        "sscc": " ".join(re.findall(r"\d{1,4}", label.sscc)),
        "organisation": _short(wording.say(label.organisation)),
    }


def _bin(label: BinLabel, wording: Wording) -> Payload:
    about: list[Message | str] = []
    if label.zone != "stock":
        about.append(word(ZONES, label.zone))
    if label.temperature in TEMPERATURES:
        about.append(word(TEMPERATURES, label.temperature))
    if label.frost_free:
        about.append(msg("Nothing in it ever freezes"))
    if label.locked:
        about.append(msg("Under lock"))
    if label.for_dangerous:
        about.append(msg("Dangerous goods"))
    return {
        "kind": "bin",
        "symbol": label.symbol.payload(),
        "code": wording.say(label.code),
        "site": _short(wording.say(label.site)),
        "name": _short(wording.say(label.name)),
        "care": [wording.say(each) for each in about],
        "organisation": _short(wording.say(label.organisation)),
    }


def _short(text: str, most: int = _LONG) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
