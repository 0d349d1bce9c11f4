"""What the barcode of a label says, as GS1 element strings; `gs1.read` reads them back."""

import re
from datetime import date

import zxingcpp

from inventory.rules.identifiers import SSCC_LENGTH, gs1_check

Elements = tuple[tuple[str, str], ...]
"""(Application Identifier, value), those of fixed length first: FNC1 is then needed the least."""

_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+", re.ASCII)
_MOST = {"10": 20, "21": 20, "240": 30, "30": 8, "37": 8}


class Unwritable(ValueError):
    """A value that GS1 has no room or no characters for; `ai` says which."""

    def __init__(self, ai: str, value: str) -> None:
        super().__init__(f"({ai}) cannot hold {value!r}")
        self.ai = ai


def lot(
    number: str | None,
    *,
    gtin: str | None = None,
    item_code: str | None = None,
    expires_on: date | None = None,
    serial: str | None = None,
    count: int | None = None,
) -> Elements:
    """A lot's label: the pack's GTIN or else our item code (AI 240). `count` is in base units.

    The lot of a serialised item is its `serial` alone, without a number.

    Raises Unwritable for what has other characters than GS1 allows or too many of them, or a wrong check digit.
    """
    named = ("01", gtin) if gtin is not None else ("240", item_code or "")
    return _judged(
        named if gtin is not None else None,
        ("17", f"{expires_on:%y%m%d}") if expires_on is not None else None,
        ("10", number) if number is not None else None,
        named if gtin is None else None,
        ("21", serial) if serial is not None else None,
        ("30", str(count)) if count is not None else None,
    )


def parcel(
    sscc: str,
    *,
    gtin: str | None = None,
    packs: int | None = None,
    expires_on: date | None = None,
    lot_number: str | None = None,
) -> Elements:
    """A package's label; where all in it is one lot of one pack, also what and how many. Raises Unwritable."""
    if gtin is None or packs is None:
        return _judged(("00", sscc))
    return _judged(
        ("00", sscc),
        ("02", gtin),
        ("17", f"{expires_on:%y%m%d}") if expires_on is not None else None,
        ("37", str(packs)),
        ("10", lot_number) if lot_number is not None else None,
    )


def _judged(*elements: tuple[str, str] | None) -> Elements:
    found = tuple(element for element in elements if element is not None)
    for ai, value in found:
        if ai in ("00", "01", "02"):
            right = len(value) == (SSCC_LENGTH if ai == "00" else 14) and gs1_check(value)
        elif ai in ("30", "37"):
            right = value.isascii() and value.isdigit() and len(value) <= _MOST[ai]
        else:
            right = _SET_82.fullmatch(value) is not None and len(value) <= _MOST.get(ai, len(value))
        if not right:
            raise Unwritable(ai, value)
    return found


def under_code(elements: Elements) -> str:
    """For people, under the code: `(01)04012345678901(17)270430`."""
    return "".join(f"({ai}){value}" for ai, value in elements)


def data_matrix(elements: Elements) -> zxingcpp.Barcode:
    """The square DataMatrix: many scanners do not know the oblong ones."""
    return _barcode(elements, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)


def gs1_128(elements: Elements) -> zxingcpp.Barcode:
    """The GS1-128."""
    return _barcode(elements, zxingcpp.BarcodeFormat.Code128)


def qr_code(text: str) -> zxingcpp.Barcode:
    """A QR code of a text that is none of GS1's, such as the label of a bin."""
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)


def svg(barcode: zxingcpp.Barcode) -> str:
    """The picture, a module to a unit, without its quiet zone."""
    return str(barcode.to_svg(add_quiet_zones=False))


def _barcode(elements: Elements, form: zxingcpp.BarcodeFormat, **options: bool) -> zxingcpp.Barcode:
    # In square brackets, which no value may have; round ones are allowed in a lot.
    text = "".join(f"[{ai}]{value}" for ai, value in elements)
    return zxingcpp.create_barcode(text, form, gs1=True, **options)
