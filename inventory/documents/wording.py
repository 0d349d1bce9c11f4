"""How a paper says things to its reader: words, dates, numbers and typed text in one language."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from inventory.documents.parts import Goods, Organisation, Party
from inventory.documents.words import TEMPERATURES, word
from inventory.errors import Message, msg
from inventory.rules.units import unit_word

Direction = Literal["ltr", "rtl"]
Translate = Callable[[Message], str]
Payload = dict[str, Any]

# Babel knows no Badini in Arabic script and reads `kmr` as Latin: Sorani's months and countries serve.
_CLDR = {"en": "en_GB", "fr": "fr_FR", "ar": "ar_IQ", "ckb": "ckb_IQ", "kmr-Arab": "ckb_IQ", "hy": "hy_AM"}
_DAY = "d MMM y"
_MONTH = "MMM y"

# Control characters, and the marks that turn the rest of a line round: a paper isolates texts itself.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ABSENT = "–"


def clean(text: str) -> str:
    """`text` without what cannot be printed; line ends become `\\n`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _LONE_SURROGATES.sub("\ufffd", _UNPRINTABLE.sub("", lines)).strip()


@dataclass(frozen=True, slots=True)
class Wording:
    """The reader's language: `locale` is one of the contract's tags, `direction` that of its script."""

    locale: str
    direction: Direction
    translate: Translate

    @property
    def cldr(self) -> str:
        return _CLDR.get(self.locale, _CLDR["en"])

    def say(self, text: Message | str) -> str:
        """A message in the reader's language, or a typed text as it is.

        Typed texts within a message are isolated where the script could turn their neighbours round.
        """
        if isinstance(text, str):
            return clean(text)
        params = {name: self._isolated(value) for name, value in text.params.items()}
        return self.translate(Message(text.text, params))

    def _isolated(self, value: Any) -> Any:
        if isinstance(value, date):
            value = self.day(value)
        if not isinstance(value, str):
            return value
        value = clean(value)
        if self.direction == "rtl" or _RIGHT_TO_LEFT.search(value):
            return f"\u2068{value}\u2069"
        return value

    def day(self, value: date | None) -> str:
        """`30 Apr 2026` with the reader's month and Latin digits; a dash for no date."""
        if value is None:
            return _ABSENT
        return format_date(value, _DAY, locale=self.cldr)

    def expiry(self, goods: Goods) -> str:
        """The day or, where no more is known, the month through which a lot may be used."""
        if goods.expires_on is not None and goods.expiry_precision == "month":
            return format_date(goods.expires_on, _MONTH, locale=self.cldr)
        return self.day(goods.expires_on)

    def number(self, value: int | Decimal | None, places: int = 3) -> str:
        """A number with the reader's separators, Latin digits and at most `places` decimals."""
        if value is None:
            return _ABSENT
        return format_decimal(value, format="#,##0." + "#" * places, locale=self.cldr)

    def money(self, value: Decimal | None, currency: str) -> str:
        """An amount with its ISO 4217 currency, never rounded below what the value says."""
        if value is None:
            return _ABSENT
        exponent = value.as_tuple().exponent
        shown = max(2, -exponent if isinstance(exponent, int) else 2)
        pattern = "#,##0." + "0" * 2 + "#" * (shown - 2)
        return f"{format_decimal(value, format=pattern, locale=self.cldr)} {clean(currency)}"

    def country(self, code: str | None) -> str:
        """The country's name in the reader's language, or its code where CLDR has none."""
        if not code:
            return ""
        return Locale.parse(self.cldr).territories.get(code) or clean(code)

    def lines(self, *texts: Message | str | None) -> list[str]:
        """What is there of `texts`, in lines: typed line ends are kept, empty ones left out."""
        said = (self.say(text) for text in texts if text)
        return [line.strip() for text in said for line in text.split("\n") if line.strip()]

    def organisation(self, organisation: Organisation) -> Payload:
        return {"name": self.say(organisation.name), "address": self.lines(organisation.address)}

    def party(self, party: Party) -> list[str]:
        """Name (with its code), address and country, each on its line."""
        name = f"{clean(party.name)} ({clean(party.code)})" if party.code else party.name
        return self.lines(name, party.address, self.country(party.country))

    def fact(self, label: Message, *values: Message | str | None) -> Payload | None:
        """A labelled value for a paper's head; None where there is nothing to say."""
        lines = self.lines(*values)
        return {"label": self.say(label), "value": lines} if lines else None

    def unit(self, word: str) -> str:
        """A base unit in the reader's language, where it is a common one."""
        return self.say(unit_word(word) or word)

    def facts(self, facts: Iterable[Payload | None]) -> list[Payload]:
        return [fact for fact in facts if fact]

    def labels(self, **labels: Message) -> dict[str, str]:
        return {name: self.say(label) for name, label in labels.items()}

    def goods(self, goods: Goods) -> Payload:
        """The cells every table of goods shares: item, what it is, how to keep it, lot and expiry."""
        about = " · ".join(
            self.say(part) for part in (goods.item_code, goods.inn, goods.strength, goods.dosage_form) if part
        )
        return {
            "name": self.say(goods.item_name),
            "about": about,
            "care": self.care(goods),
            "unit": self.unit(goods.unit),
            "lot": self.say(goods.lot) or _ABSENT,
            "expiry": self.expiry(goods),
        }

    def care(self, goods: Goods) -> list[str]:
        """What must be minded in keeping and carrying them."""
        found: list[Message | str] = []
        if goods.temperature in TEMPERATURES:
            found.append(word(TEMPERATURES, goods.temperature))
        if goods.freeze_sensitive:
            found.append(msg("Do not freeze"))
        if goods.controlled:
            found.append(msg("Controlled medicine"))
        if goods.dangerous and goods.un_number:
            found.append(msg("Dangerous goods, %(un)s", un=un_number(goods)))
        elif goods.dangerous:
            found.append(msg("Dangerous goods"))
        return [self.say(text) for text in found]


def un_number(goods: Goods) -> str:
    """`UN 3166`, however it was typed."""
    digits = goods.un_number.upper().removeprefix("UN").strip()
    return f"UN {digits}" if digits else ""


def by_unit(amounts: Iterable[tuple[str, int | None]]) -> dict[str, int | None]:
    """Totals by unit, in order of appearance; unknown as soon as one of the amounts is."""
    totals: dict[str, int | None] = {}
    for unit, amount in amounts:
        before = totals.get(unit, 0)
        totals[unit] = None if before is None or amount is None else before + amount
    return totals
