"""How an item stands at a site, in words, for the pages and files of planning."""

from inventory.errors import msg
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


def level_word(status: str | None) -> str:
    """The word for the state of an item at a site; None is that no level is set."""
    return said(LEVELS, status or "no_policy")
