"""A scan as a keyboard gave it: read as it stands, or else as it was meant where the keyboard is another than the
scanner takes it for."""

from collections.abc import Iterator

from inventory.exchange import gs1, keyboards
from inventory.rules.identifiers import gs1_check

_FAULTS = frozenset({"malformed", "unknown_ai", "check_digit"})


def read(data: str, keys: str | None = None) -> tuple[gs1.Scan, str | None]:
    """What a scanner meant, and by which layout it was undone (None: as it stands).

    The layouts are those of `keyboards`; `caps` where capitals and small letters had changed places.

    `keys` is the same as a keyboard of the United States would have typed it, where the browser can tell. What is
    undone must name an item or a parcel with the right check digit and hold nothing else that is wrong; otherwise what
    stands there is told of. Raises `gs1.Unreadable`.
    """
    data, keys = (text.strip(" \t\r\n") for text in (data, keys or ""))
    if keyboards.swapped(data):
        return gs1.read(data.swapcase()), "caps"
    scan: gs1.Scan | None = None
    try:
        scan = gs1.read(data)
    except gs1.Unreadable:
        pass
    else:
        if not _wrong(scan):
            return scan, None
    for layout, meant in _meant(data, keys):
        try:
            other = gs1.read(meant)
        except gs1.Unreadable:
            continue
        if _certain(other):
            return other, layout
    if scan is None:
        raise gs1.Unreadable
    return scan, None


def _meant(data: str, keys: str) -> Iterator[tuple[str, str]]:
    if keys and keys != data:
        yield "keys", keys
    yield from keyboards.undone(data)


def _wrong(scan: gs1.Scan) -> bool:
    return any(each.rule in _FAULTS for each in scan.warnings)


def _certain(scan: gs1.Scan) -> bool:
    numbers = [number for number in (scan.gtin, scan.sscc) if number is not None]
    return bool(numbers) and all(map(gs1_check, numbers)) and not _wrong(scan)
