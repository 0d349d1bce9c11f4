"""Text as people type it: made comparable for searching, and cleared of what must never be stored."""

import re
import unicodedata

from inventory.errors import Message, msg

CODE_PATTERN = r"^[A-Za-z0-9._-]{1,32}$"
"""The form of a code, for documents that describe the API."""

# Not `$`, which lets a line end through; "." and ".." cannot stand in an address.
CODE = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._-]{1,32}\Z")
"""The form of an item's, site's or donor's code."""

# What no canonical decomposition takes apart. Kurdish, Persian and Arabic letters that look alike or stand
# for one another on different keyboards become one; so do the Latin letters with strokes.
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("يىێېۍے", "ی"),
        **dict.fromkeys("كڪګ", "ک"),
        **dict.fromkeys("ةەھہۀۂۃ", "ه"),
        **dict.fromkeys("ٱ", "ا"),
        **dict.fromkeys("ۆۇۈۊۋ", "و"),
        **dict.fromkeys("ڕڒ", "ر"),
        "ڵ": "ل",
        "ڤ": "ف",
        "ـ": "",
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        **dict.fromkeys("‘’ʼ′`´", "'"),
        **dict.fromkeys("‐‑‒–—−", "-"),
    }
)
_DROPPED = {"Mn", "Me", "Cf"}

# Embeddings, overrides and isolates let a text show as another; the plain marks (U+200E, U+200F, U+061C) and
# the joiners are needed in Arabic, Kurdish and Persian names, though never in a code or a lot number.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BLANKS = re.compile(r"\s+")
_LINE_BLANKS = re.compile(r"[^\S\n]+")


class UnfitText(ValueError):
    """The text holds what cannot be stored; `message` says what, for the person who typed it."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def fold(text: str) -> str:
    """The form of `text` in which it is searched: no case, accents or vowel signs, one form of each letter
    and digit.

    Two texts that a hurried person would take for the same fold to the same. Folding twice changes nothing.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(_digit(c) for c in plain if unicodedata.category(c) not in _DROPPED)
    return _BLANKS.sub(" ", kept.translate(_LETTERS)).strip()


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def clean(text: str, *, code: bool = False, lines: bool = False) -> str:
    """`text` as it is to be stored: composed (NFC), trimmed, runs of blanks made one. Raises `UnfitText`.

    Names keep every script, emoji and the marks that right-to-left writing needs. Refused are control
    characters, broken characters, and direction overrides. With `code` (codes, lot numbers, serials,
    references) every invisible character is refused. With `lines` line ends are kept (as "\\n").
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc" and character not in "\t\n\v\f\r":
            raise UnfitText(msg("This text holds a control character (%(code)s).", code=_named(character)))
        # Halves of a pair cannot be written as UTF-8, and XML (spreadsheets) has no U+FFFE and U+FFFF.
        if category == "Cs" or ord(character) & 0xFFFE == 0xFFFE:
            raise UnfitText(msg("This text holds a broken character (%(code)s).", code=_named(character)))
        if character in _TURNING or (code and category == "Cf"):
            raise UnfitText(msg("This text holds an invisible mark (%(code)s).", code=_named(character)))
    text = unicodedata.normalize("NFC", text)
    if lines:
        return "\n".join(_LINE_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip()
    return _BLANKS.sub(" ", text).strip()


def is_code(text: str) -> bool:
    """Whether `text` can be the code of an item, a site or a donor: letters, digits, `-`, `_`, `.`, up to
    32."""
    return CODE.match(text) is not None


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"
