"""The closed vocabularies of counts in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

STATES: Mapping[str, tuple[Any, str, str]] = {
    "open": (_l("Being counted"), "accent", "clipboard-list"),
    "recount": (_l("Being counted again"), "warning", "refresh"),
    "submitted": (_l("To be made final"), "info", "scale"),
    "final": (_l("Final"), "success", "circle-check"),
    "cancelled": (_l("Called off"), "neutral", "ban"),
}
"""Words, tone and glyph."""

REASONS: Mapping[str, Any] = {
    "by_hand": _l("Somebody asked for it"),
    "cycle": _l("Its turn has come"),
    "full": _l("Stocktaking"),
    "suspicion": _l("Something seems wrong"),
}
BASES: Mapping[str, Any] = {
    "uncounted": _l("Not counted: left as it is"),
    "once": _l("Counted once"),
    "books": _l("The second figure agrees with the books"),
    "agreed": _l("Both figures agree"),
    "contested": _l("The two figures do not agree"),
    "not_again": _l("Not counted again"),
}
GROUPS: Mapping[str, Any] = {
    "controlled": _l("Controlled"),
    "inaccurate": _l("Wrong last time"),
    "short_expiry": _l("Expires soon"),
    "vital": _l("Vital (V)"),
    "cold_chain": _l("Cold chain"),
    "A": _l("A: most of the value"),
    "B": _l("B: some of the value"),
    "C": _l("C: little of the value"),
}
