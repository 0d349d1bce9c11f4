"""The languages of Relais: tag, name, direction, and where their words and dates come from.

Direction stands here because CLDR through Babel has it wrong for Kurmanji in Arabic script (handbook, section 8).
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """`tag` is BCP 47, `catalogue` the folder of its translations, `dates` the CLDR locale for dates and numbers."""

    tag: str
    name: str
    direction: str
    catalogue: str
    dates: str


LANGUAGES = (
    Language("en", "English", "ltr", "en", "en_GB"),
    Language("fr", "Français", "ltr", "fr", "fr"),
    Language("ar", "العربية", "rtl", "ar", "ar_IQ"),
    Language("ckb", "کوردیی ناوەندی", "rtl", "ckb", "ckb_IQ"),
    Language("kmr-Arab", "کورمانجی", "rtl", "ku_Arab", "ckb_IQ"),
    Language("hy", "Հայերեն", "ltr", "hy", "hy"),
)
BY_TAG = {language.tag.lower(): language for language in LANGUAGES}
DEFAULT = LANGUAGES[0]


def language(tag: str | None) -> Language | None:
    """The language of a BCP 47 tag: exact, or without its region (`fr-FR`, `ar_IQ`); None for one we do not speak."""
    wanted = (tag or "").strip().replace("_", "-").lower()
    while wanted:
        if wanted in BY_TAG:
            return BY_TAG[wanted]
        wanted = wanted.rpartition("-")[0]
    return None


def best(tags: Iterable[str]) -> Language:
    """The first of the tags (best first) that we speak; English otherwise."""
    return next((found for tag in tags if (found := language(tag))), DEFAULT)
