"""CSV as people have it: any common encoding, delimiter and line end, found out from the file itself."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from inventory.errors import msg
from inventory.exchange.source import RawRow, Sheet, UnreadableFile, Value

DELIMITERS = (",", ";", "\t", "|")
MAX_BYTES = 512 * 1024 * 1024
_CHUNK = 1 << 20
_SAMPLE = 64 * 1024
MAX_LINE = 1024 * 1024
"""A longer line is no row of a table: a picture, a database's dump, a file without line ends."""
_LEGACY = ["cp1252", "cp1256", "mac_roman", "cp850"]
"""8-bit encodings that spreadsheets in French, English and Arabic wrote; nearly any bytes decode in each."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def open_text(path: Path, encoding: str | None = None, delimiter: str | None = None) -> tuple[Sheet, IO[str]]:
    """The one sheet of a delimited text file, read lazily, and the stream to close after it.

    Raises `UnreadableFile` where it is too large, empty, binary, or no encoding fits.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UnreadableFile(msg("The file is larger than %(limit)s MB.", limit=MAX_BYTES >> 20))
    if size == 0:
        raise UnreadableFile(msg("The file is empty."))
    chosen, lines = _known(path, encoding) if encoding else detect(path)
    stream = path.open(encoding=chosen, newline="")
    try:
        sample = stream.read(_SAMPLE)
        stream.seek(0)
        told = _told_delimiter(sample)
        mark = delimiter or told or guess_delimiter(sample)
        return Sheet(None, _rows(stream, mark, skip_first=told is not None), lines), stream
    except BaseException:
        stream.close()
        raise


def detect(path: Path) -> tuple[str, int]:
    """The encoding of a text file and its number of line ends; the whole file is looked through."""
    with path.open("rb") as raw:
        head = raw.read(_SAMPLE)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _known(path, name)
    wide = _wide_without_bom(head)
    if wide:
        return _known(path, wide)
    if b"\x00" * 2 in head or _looks_binary(head):
        raise UnreadableFile(msg("The file is neither CSV nor XLSX."))
    found = _decodes(path, "utf-8")
    if found is not None:
        return "utf-8", found
    legacy = _legacy_encoding(path)
    found = _decodes(path, legacy)
    if found is None:
        raise UnreadableFile(
            msg("The file's text is in no encoding that could be recognised; name it in a mapping.")
        )
    return legacy, found


def guess_delimiter(sample: str) -> str:
    """The delimiter by which most of the sample's lines have the same number of cells, more than one."""
    best, best_score = ",", (0, 0)
    text = sample[: sample.rfind("\n") + 1] or sample
    for mark in DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
                if len(row) > 1:
                    widths[len(row)] += 1
                if widths.total() >= 200:
                    break
        except csv.Error:
            continue
        if widths:
            width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
            if (count, width) > best_score:
                best, best_score = mark, (count, width)
    return best


def _rows(stream: IO[str], delimiter: str, skip_first: bool) -> Iterator[RawRow]:
    reader = csv.reader(_lines(stream), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            if not (skip_first and line == 1):
                cells: list[Value] = [_unguarded(cell) if cell else None for cell in row]
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(msg("Line %(line)s is not CSV: %(why)s.", line=line, why=str(error))) from error
    except UnicodeError as error:
        raise UnreadableFile(msg("Line %(line)s is not in the file's encoding.", line=line)) from error


def _lines(stream: IO[str]) -> Iterator[str]:
    """The stream's lines, none of them endless."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise UnreadableFile(
                msg(
                    "Line %(line)s is longer than a million characters: this is no table of rows.",
                    line=number,
                )
            )
        yield line


def _unguarded(cell: str) -> str:
    """Take off the quote that our own export sets before what a spreadsheet would run as a formula."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def _told_delimiter(sample: str) -> str | None:
    """Excel's own first line, `sep=;`."""
    first = sample.split("\n", 1)[0].rstrip("\r").strip('"')
    return first[4] if len(first) == 5 and first.lower().startswith("sep=") else None


def _known(path: Path, encoding: str) -> tuple[str, int]:
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise UnreadableFile(msg("There is no encoding named %(name)s.", name=encoding)) from error
    found = _decodes(path, name)
    if found is None:
        raise UnreadableFile(msg("The file is not in the encoding %(name)s.", name=encoding))
    return name, found


def _decodes(path: Path, encoding: str) -> int | None:
    """How many line ends the whole file has in `encoding`, or None where it does not decode."""
    decoder = codecs.getincrementaldecoder(encoding)()
    ends = 0
    try:
        with path.open("rb") as raw:
            while chunk := raw.read(_CHUNK):
                text = decoder.decode(chunk)
                ends += text.count("\n") or text.count("\r")
            decoder.decode(b"", True)
    except (UnicodeError, LookupError):
        return None
    return ends


def _wide_without_bom(head: bytes) -> str | None:
    """UTF-16 that came without its mark: nearly every second byte of Latin text is zero."""
    sample = head[: len(head) // 2 * 2]
    if len(sample) < 4:
        return None
    half = len(sample) // 2
    if sample[1::2].count(0) > 0.4 * half and sample[0::2].count(0) < 0.05 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.4 * half and sample[1::2].count(0) < 0.05 * half:
        return "utf-16-be"
    return None


def _looks_binary(head: bytes) -> bool:
    if head.startswith(
        (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"SQLite")
    ):
        return True
    control = sum(byte < 32 and byte not in (0, 9, 10, 11, 12, 13, 26, 27, 28, 29, 30) for byte in head)
    return control > 0.02 * len(head)


def _legacy_encoding(path: Path) -> str:
    """The 8-bit encoding of a file that is not UTF-8, judged on the lines that are not plain ASCII."""
    telling = bytearray()
    with path.open("rb") as raw:
        while line := raw.readline(_SAMPLE):
            if not line.isascii():
                telling += line[:4096]
            if len(telling) >= _SAMPLE:
                break
    sample = bytes(telling)
    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    candidates = dict.fromkeys([best.encoding if best else "cp1252", *_LEGACY])
    return max(candidates, key=lambda name: _letters(sample, name))  # of equals, max takes the first


def _letters(sample: bytes, encoding: str) -> float:
    """The share of letters in their place among the characters beyond ASCII.

    In a wrong encoding many become signs, or capitals in the midst of a word.
    """
    try:
        text = sample.decode(encoding)
    except UnicodeError:
        return -1.0
    beyond = [(before, one) for before, one in pairwise(" " + text) if not one.isascii()]
    fitting = sum(one.isalpha() and not (one.isupper() and before.islower()) for before, one in beyond)
    return fitting / len(beyond) if beyond else 0.0
