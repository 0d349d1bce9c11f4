"""Which of our items another catalogue's item is: likeness of names, strength and form. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rapidfuzz import fuzz, process

from inventory.rules.text import fold

LEAST = 60
"""Below this likeness (0 to 100) an item is no candidate."""
SURE = 88
"""From this likeness on, and well before the second, an item is put forward as the answer; a person still says yes."""
AHEAD = 4
OTHER_STRENGTH = 30
NO_STRENGTH = 12
"""Taken off where only one of the two tells a strength."""
OTHER_FORM = 18
SHORTLIST = 40

_IN_MILLI = {
    "g": ("mg", Decimal(1000)),
    "gr": ("mg", Decimal(1000)),
    "mg": ("mg", Decimal(1)),
    "mcg": ("mg", Decimal("0.001")),
    "µg": ("mg", Decimal("0.001")),
    "μg": ("mg", Decimal("0.001")),
    "ug": ("mg", Decimal("0.001")),
    "l": ("ml", Decimal(1000)),
    "ml": ("ml", Decimal(1)),
    "cl": ("ml", Decimal(10)),
    "iu": ("iu", Decimal(1)),
    "ui": ("iu", Decimal(1)),
    "%": ("%", Decimal(1)),
    "mm": ("mm", Decimal(1)),
    "cm": ("mm", Decimal(10)),
}
_STRENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(mcg|µg|μg|ug|mg|gr|g|ml|cl|l|iu|ui|%|mm|cm)(?![a-z])")
_FORMS = {
    "oral solid": ("tab", "tablet", "tablets", "comp", "comprime", "comprimes", "cap", "caps", "capsule", "gelule"),
    "injection": ("inj", "injection", "injectable", "ampoule", "amp", "vial", "flacon", "perfusion", "infusion"),
    "oral liquid": ("syrup", "sirop", "suspension", "susp", "oral solution", "drops", "gouttes"),
    "skin": ("cream", "creme", "ointment", "pommade", "gel", "lotion"),
    "eye": ("eye", "ophthalmic", "collyre", "ophtalmique"),
    "rectal": ("suppository", "suppositoire", "rectal"),
}  # fmt: skip
_FORM_OF = {word: form for form, words in _FORMS.items() for word in words}
_WORDS = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?|%")


@dataclass(frozen=True, slots=True)
class Known:
    """An item as it is compared: its words folded, in each language apart, its strengths, its form."""

    words: tuple[str, ...]
    strengths: frozenset[tuple[str, Decimal]]
    forms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate by its code, and how like it is, 0 to 100."""

    code: str
    score: int


def known(*texts: str | None, name_fr: str | None = None) -> Known:
    """What is compared of an item: its name, INN, strength, form, in any order; its French name besides."""
    ways = [texts, (name_fr, *texts[1:])] if name_fr else [texts]
    read = [_read(way) for way in ways]
    return Known(
        tuple(dict.fromkeys(words for words, _, _ in read)),
        frozenset().union(*(strengths for _, strengths, _ in read)),
        frozenset().union(*(forms for _, _, forms in read)),
    )


def _read(texts: Iterable[str | None]) -> tuple[str, frozenset[tuple[str, Decimal]], frozenset[str]]:
    told = fold(" ".join(text for text in texts if text))
    strengths = frozenset(
        (_IN_MILLI[unit][0], Decimal(number.replace(",", ".")) * _IN_MILLI[unit][1])
        for number, unit in _STRENGTH.findall(told)
    )
    words = _WORDS.findall(_STRENGTH.sub(r"\1 \2", told))
    forms = frozenset(_FORM_OF[word] for word in words if word in _FORM_OF)
    plain = [
        word for word in words if word not in _FORM_OF
    ] or words  # forms have many names and are compared apart
    return " ".join(dict.fromkeys(plain)), strengths, forms


def likeness(one: Known, other: Known) -> int:
    """How like two items are, 0 to 100; another strength or form of the same substance is another item."""
    score = max(_by_words(words, others) for words in one.words for others in other.words)
    return _judged(score, one, other)


def best(wanted: Known, ours: Mapping[str, Known], most: int = 5) -> list[Match]:
    """The items that are most like `wanted`, the best first; `ours` by code."""
    choices = {(code, way): words for code, each in ours.items() for way, words in enumerate(each.words)}
    near = {
        code
        for words in wanted.words
        for _, _, (code, _) in process.extract(
            words,
            choices,
            scorer=fuzz.token_set_ratio,
            processor=None,
            limit=SHORTLIST,
            score_cutoff=LEAST - 10,
        )
    }
    found = [Match(code, likeness(wanted, ours[code])) for code in near]
    found.sort(key=lambda match: (-match.score, match.code))
    return [match for match in found if match.score >= LEAST][:most]


def put_forward(matches: Sequence[Match]) -> str | None:
    """The code of the one match that is like enough and well before the second."""
    if not matches or matches[0].score < SURE:
        return None
    second = matches[1].score if len(matches) > 1 else 0
    return matches[0].code if matches[0].score - second >= AHEAD else None


def _by_words(one: str, other: str) -> float:
    """All words of the shorter within the longer count much, words that only one has count a little against."""
    return 0.6 * float(fuzz.token_set_ratio(one, other)) + 0.4 * float(fuzz.token_sort_ratio(one, other))


def _judged(score: float, one: Known, other: Known) -> int:
    if one.strengths and other.strengths and not _agree(one.strengths, other.strengths):
        score -= OTHER_STRENGTH
    elif bool(one.strengths) != bool(other.strengths):
        score -= NO_STRENGTH
    if one.forms and other.forms and not one.forms & other.forms:
        score -= OTHER_FORM
    return max(0, min(100, round(score)))


def _agree(one: Iterable[tuple[str, Decimal]], other: Iterable[tuple[str, Decimal]]) -> bool:
    """Whether all amounts of the one that tells fewer stand in the other too."""
    first, second = set(one), set(other)
    return first <= second or second <= first
