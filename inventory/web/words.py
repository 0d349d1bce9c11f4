"""Numbers, dates and money as pages write them: in the reader's language, always with Latin digits."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from babel.support import Translations
from flask import Flask, g

from inventory.errors import Message
from inventory.extensions import TRANSLATIONS, current_language, render
from inventory.rules.units import unit_word

DAY = "d MMM y"
_ISO_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def number(value: int | Decimal | None, places: int | None = None) -> str:
    """`12,000`; with `places` so many decimals."""
    if value is None:
        return "–"
    pattern = None if places is None else "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(value, format=pattern, locale=current_language().dates, numbering_system="latn")


def day(value: date | None) -> str:
    """`30 Apr 2026`."""
    return "–" if value is None else _latin(format_date(value, DAY, locale=current_language().dates))


def moment(value: datetime | None) -> str:
    """`30 Apr 2026, 14:05`, in the zone of the site that the page is about (`g.timezone`), else UTC."""
    if value is None:
        return "–"
    zone = ZoneInfo(g.timezone) if g.get("timezone") else UTC
    return _latin(format_datetime(value.astimezone(zone), f"{DAY}, HH:mm", locale=current_language().dates))


def money(amount: Decimal | None, currency: str | None) -> str:
    """`€1,200.00`."""
    if amount is None:
        return "–"
    return format_currency(
        amount, currency or "EUR", locale=current_language().dates, numbering_system="latn"
    )


def _latin(text: str) -> str:
    return text.translate(_DIGITS)


_DIGITS = {
    ord(digit): str(index) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for index, digit in enumerate(digits)
}


def said(message: Message | Mapping[str, Any]) -> str:
    """A message, or one as it is stored, in the reader's language."""
    return render(message if isinstance(message, Message) else Message.from_json(message))


def told(alert: Any) -> str:
    """An alert's message with the names of item and site, in the reader's language, instead of their codes."""
    message = Message.from_json(alert.message)
    names = {"item": named(alert.item)} if alert.item is not None else {}
    names |= {"site": alert.site.name} if alert.site is not None else {}
    params = {name: _shown(value) for name, value in message.params.items()}
    return render(Message(message.text, {**params, **names}))


def _shown(value: Any) -> Any:
    """A number or a date of a stored message as the reader writes it."""
    if isinstance(value, int):
        return number(value)
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return day(date.fromisoformat(value))
    return value


def named(item: Any) -> str:
    """An item's name in the reader's language, where there is one."""
    return str(item.name_in(current_language().tag))


def unit(word: str) -> str:
    """A base unit in the reader's language, where it is a common one."""
    known = unit_word(word)
    return render(known) if known else word


def country(code: str) -> str:
    """A country's name in the reader's language (ISO 3166-1 alpha-2)."""
    return str(Locale.parse(current_language().dates).territories.get(code, code))


@cache
def _catalogue(name: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [name])


def _words() -> NullTranslations:
    """The catalogue of this request. Flask-Babel looks for it anew for each text, and a page has hundreds."""
    return _catalogue(current_language().catalogue)


def install(app: Flask) -> None:
    """Give the templates these filters, and their texts in the reader's language."""
    for function in (number, day, moment, money, said, told, named, unit, country):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _words().gettext(text),
        ngettext=lambda one, many, count: _words().ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: _words().pgettext(context, text),
        npgettext=lambda context, one, many, count: _words().npgettext(context, one, many, count),
    )
    app.jinja_env.globals["msg"] = str  # marks a text that is translated where it is shown
