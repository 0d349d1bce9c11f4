"""How an item stands at a site, in words, for the pages and files of planning."""

from datetime import date

from babel.dates import format_date

from inventory.errors import msg
from inventory.extensions import current_language
from inventory.web.reference_words import said

LEVELS = {
    "ok": msg("Enough"),
    "stock_out": msg("Out of stock"),
    "emergency": msg("Emergency"),
    "reorder": msg("To reorder"),
    "overstock": msg("Too much"),
    "no_policy": msg("No level set"),
    "unknown": msg("Demand unknown"),
}

PATTERNS = {
    "smooth": msg("Regular"),
    "intermittent": msg("Now and then"),
    "erratic": msg("In very unequal amounts"),
    "lumpy": msg("Now and then, in very unequal amounts"),
    "obsolescent": msg("It seems to have stopped"),
    "none": msg("It was not used"),
}
"""How demand comes, as `rules/forecast.py` tells it apart."""


def level_word(status: str | None) -> str:
    """The word for the state of an item at a site; None is that no level is set."""
    return said(LEVELS, status or "no_policy")


def month_year(value: date) -> str:
    """`March 2026`, with Latin digits."""
    words = format_date(value, "LLLL", locale=current_language().dates)
    return f"{words} {value.year}"
