"""A hand-held scanner types as on a keyboard of the United States; where the computer is set to another, its keys give
other characters. These tables tell which key each character came from, and so what the scanner had meant.

A scanner that holds Shift back or a computer with Caps Lock on swaps capitals and small letters: the symbology's prefix
(`]d2`, `]C1`) gives it away.
"""

import re
from collections.abc import Iterator, Mapping

_US = (
    "`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./",
    "~!@#$%^&*()_+", "QWERTYUIOP{}|", 'ASDFGHJKL:"', "ZXCVBNM<>?",
)  # fmt: skip
_ROWS: Mapping[str, tuple[str, ...]] = {
    "fr": (
        "²&é\"'(-è_çà)=", "azertyuiop^$*", "qsdfghjklmù", "wxcvbn,;:!",
        "~1234567890°+", "AZERTYUIOP¨£µ", "QSDFGHJKLM%", "WXCVBN?./§",
    ),
    "be": (
        "²&é\"'(§è!çà)-", "azertyuiop^$µ", "qsdfghjklmù", "wxcvbn,;:=",
        "³1234567890°_", "AZERTYUIOP¨*£", "QSDFGHJKLM%", "WXCVBN?./+",
    ),
    "de": (
        "^1234567890ß´", "qwertzuiopü+#", "asdfghjklöä", "yxcvbnm,.-",
        '°!"§$%&/()=?`', "QWERTZUIOPÜ*'", "ASDFGHJKLÖÄ", "YXCVBNM;:_",
    ),
}  # fmt: skip
# Keys of the Arabic keyboard (101); some give two characters.
_ARABIC = (
    "ذ 1 2 3 4 5 6 7 8 9 0 - =", "ض ص ث ق ف غ ع ه خ ح ج د \\", "ش س ي ب ل ا ت ن م ك ط", "ئ ء ؤ ر لا ى ة و ز ظ",
    "ّ ! @ # $ % ^ & * ) ( _ +", "َ ً ُ ٌ لإ إ ‘ ÷ × ؛ < > |", 'ِ ٍ ] [ لأ أ ـ ، / : "', "~ ْ } { لآ آ ’ , . ؟",
)  # fmt: skip
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_SWAPPED = re.compile(r"\](?:D[12]|c[01]|q[0-9]|e[0-9]|i[01])")


def _table(rows: tuple[str, ...] | tuple[list[str], ...]) -> dict[str, str]:
    """By what a keyboard types: what the same key types in the United States. What two keys give is the first's."""
    table: dict[str, str] = {}
    for typed, meant in zip(rows, _US, strict=True):
        for character, key in zip(typed, meant, strict=True):
            table.setdefault(character, key)
    return table


LAYOUTS: Mapping[str, Mapping[str, str]] = {
    **{name: _table(rows) for name, rows in _ROWS.items()},
    "ar": _table(tuple(row.split(" ") for row in _ARABIC)),
}
"""By the layout of the computer (French, Belgian, German, Arabic): its characters, and what was meant by each."""


def swapped(text: str) -> bool:
    """Whether the prefix shows that capitals and small letters have changed places."""
    return _SWAPPED.match(text) is not None


def undone(text: str) -> Iterator[tuple[str, str]]:
    """What a scanner may have meant by `text`: (layout, what it meant), the likeliest first.

    Only layouts that can type all of the text; `digits` where it is no more than Arabic or Persian digits.
    """
    western = text.translate(_DIGITS)
    if western != text:
        yield "digits", western
    for name, table in LAYOUTS.items():
        for joined in (True, False) if "لا" in western else (True,):
            meant = _meant(western, table, joined)
            if meant is not None and meant != text:
                yield name, meant


def _meant(text: str, table: Mapping[str, str], joined: bool) -> str | None:
    """The keys behind `text`; None where one of its characters is on no key.

    `joined`: whether lam and alef are one key, or two.
    """
    found = []
    at = 0
    while at < len(text):
        pair = text[at : at + 2]
        wide = len(pair) == 2 and pair in table and (joined or pair != "لا")
        key = pair if wide else text[at]
        if key in table:
            found.append(table[key])
        elif ord(key) < 32:  # a separator, whatever the keyboard
            found.append(key)
        else:
            return None
        at += len(key)
    return "".join(found)
