"""Which column of a file is which field: by the words of its header and by what stands below it."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import islice

from rapidfuzz import fuzz

from inventory.exchange import parsing
from inventory.exchange.fields import FIELDS, Field, Kind, says_never
from inventory.exchange.parsing import CellError
from inventory.exchange.source import Value, as_text, folded, is_blank
from inventory.exchange.synonyms import SYNONYMS
from inventory.rules.text import fold

LEAST = 74
"""Below this score (0 to 100) a column is not guessed to be a field."""
SAMPLE = 200
"""So many rows are looked at."""
SHOWN = 3

FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%m/%d/%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y",
    "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %b %y", "%b %d, %Y", "%Y%m%d", "%Y-%m", "%m/%Y", "%m-%Y",
    "%m.%Y", "%Y/%m", "%b-%Y", "%b %Y", "%b-%y", "%b %y", "%m/%y", "%y-%m", "%m-%y",
)  # fmt: skip
"""Forms of dates that are tried, the likelier first; what is only a month comes last."""
_DATED = re.compile(r"\d[-/. ]|[-/. ]\d|^\d{8}$")
"""What may be a date: figures beside a mark between parts, or eight of them."""
_NUMBERS = frozenset(
    {
        "quantity", "declared", "damaged", "consultations", "opening", "received", "adjusted", "closing",
        "lead_time_days", "unit_value", "gross_weight_kg", "freight", "unit_weight_kg", "unit_volume_m3", "year",
        "minimum_shelf_life_days",
    }
)  # fmt: skip
_TEXTS = frozenset(
    {"name", "name_fr", "inn", "item_name", "site_name", "manufacturer", "origin_name", "item_inn", "note"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as its first rows show it; shares are of the cells that hold something."""

    header: str
    values: list[Value]
    samples: list[str]
    numbers: float
    dates: float
    gaps: bool = False
    """Whether rows were seen in which it is empty."""

    @property
    def letters(self) -> float:
        return 1 - self.numbers - self.dates if self.values else 0.0


@dataclass(frozen=True, slots=True)
class DateForms:
    """How the dates of a column are written; `ambiguous` where day and month could be the other way round."""

    forms: list[str]
    ambiguous: bool = False
    unread: int = 0


def profile(headers: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> list[Column]:
    """The columns of the first rows, in the file's order."""
    values: dict[str, list[Value]] = {header: [] for header in headers}
    first = list(islice(rows, SAMPLE))
    for row in first:
        for header in headers:
            if not is_blank(row.get(header)):
                values[header].append(row[header])
    return [_column(header, found, len(first)) for header, found in values.items()]


def guess(
    kind: Kind, columns: Sequence[Column], codes: Mapping[str, Collection[str]] | None = None
) -> dict[str, str]:
    """field -> header, for the fields that some column plainly holds.

    `codes` are known codes, folded, by field (`item`, `site`, `donor`): a column of them needs no telling header.
    """
    scored = [
        (score, -order, -place, name, column.header)
        for order, (name, field) in enumerate(FIELDS[kind].items())
        for place, column in enumerate(columns)
        if (score := _score(kind, name, field, column, (codes or {}).get(_meaning(name), ()))) >= LEAST
    ]
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, _, name, header in sorted(scored, reverse=True):
        if name not in found and header not in taken:
            found[name] = header
            taken.add(header)
    return found


def date_forms(values: Iterable[Value]) -> DateForms:
    """The forms in which a column's dates are written, the one that reads most first; real dates need none."""
    texts = {
        as_text(value)
        for value in values
        if not isinstance(value, date) and not is_blank(value) and not says_never(value)
    }
    left, forms = set(texts), list[str]()
    reads = {form: {text for text in texts if _reads(text, form)} for form in FORMATS}
    while left and len(forms) < 4:
        form = max(FORMATS, key=lambda each: len(reads[each] & left))
        if not reads[form] & left:
            break
        forms.append(form)
        left -= reads[form]
    return DateForms(forms, bool(forms) and _ambiguous(forms[0], reads), len(left))


def where_empty(kind: Kind, columns: Mapping[str, str], by_header: Mapping[str, Column]) -> dict[str, str]:
    """field -> what an empty cell means, for columns that say only yes or nothing, where ours is yes unless told."""
    return {
        name: "false"
        for name in ("tracks_expiry",)
        if name in columns and name in FIELDS[kind] and _ticked(by_header[columns[name]])
    }


def _ticked(column: Column) -> bool:
    return column.gaps and bool(column.values) and all(_says_yes(value) for value in column.values)


def _says_yes(value: Value) -> bool:
    try:
        return parsing.truth(value, ())
    except CellError:
        return False


def wanted_headers(kind: Kind) -> list[str]:
    """Every word by which a header row of that kind may be known."""
    return [word for name in FIELDS[kind] for word in (name, *SYNONYMS.get(name, ()))]


def _column(header: str, values: list[Value], seen: int) -> Column:
    total = len(values) or 1
    numbers = sum(_is_number(value) for value in values) / total
    dates = sum(_is_date(value) for value in values) / total
    samples = list(dict.fromkeys(" ".join(as_text(value).split())[:60] for value in values))
    return Column(header, values, samples[:SHOWN], numbers, dates, len(values) < seen)


def _score(kind: Kind, name: str, field: Field, column: Column, codes: Collection[str]) -> float:
    score = _by_name(name, column.header)
    if not column.values:
        # Nothing stands in it: it gives way to any column that holds something, and is never what must be told.
        return score - 20 if score >= 95 and not field.required else 0
    if field.dated and name != "month":
        score += 8 if column.dates >= 0.6 else -40
    elif name in _NUMBERS:
        score += 6 if column.numbers >= 0.6 else -30
    elif name in _TEXTS:
        score += 4 if column.letters >= 0.6 else -15
    if codes:
        known = sum(folded(as_text(value)) in codes for value in column.values) / len(column.values)
        if known >= 0.3:
            score = max(score, 78) + 20 * known
        elif kind not in (Kind.ITEMS, Kind.SITES) and score < 95:
            score -= 15
    return score


def _by_name(name: str, header: str) -> float:
    told = _key(header)
    best = 0.0
    for order, word in enumerate(_words(name)):
        if told == word:
            return 100 - min(order, 20) * 0.4
        if f" {word} " in f" {told} " and len(word) > 3:
            best = max(best, 70 + 25 * len(word) / len(told))
        best = max(best, 0.95 * fuzz.ratio(told, word), 0.93 * fuzz.token_sort_ratio(told, word))
    return best


@cache
def _words(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_key(word) for word in (name, *SYNONYMS.get(name, ()))))


@cache
def _key(text: str) -> str:
    return folded(fold(text))


def _meaning(name: str) -> str:
    return "site" if name in ("origin", "destination", "supplied_by") else name


def _is_number(value: Value) -> bool:
    return parsing.read_number(value) is not None


def _is_date(value: Value) -> bool:
    if isinstance(value, date):
        return True
    text = as_text(value)
    likely = isinstance(value, str) and len(text) <= 20 and _DATED.search(text) is not None
    return likely and any(_reads(text, form) for form in FORMATS)


@lru_cache(maxsize=20_000)
def _reads(text: str, form: str) -> bool:
    if form == "%Y%m%d" and len(text) != 8:
        return False
    try:
        return 1990 <= parsing.expiry(text, (form,)).on.year <= 2100
    except CellError:
        return False


def _ambiguous(form: str, reads: Mapping[str, set[str]]) -> bool:
    swapped = {"%m/%y": "%y-%m", "%y-%m": "%m-%y", "%m-%y": "%y-%m"}.get(form)
    if swapped is None and "%d" in form and "%m" in form:
        swapped = form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    if swapped is None or swapped == form or swapped not in reads:
        return False
    both = reads[form] & reads[swapped]
    same = {text for text in both if parsing.expiry(text, (form,)) == parsing.expiry(text, (swapped,))}
    return reads[form] == both and both != same
