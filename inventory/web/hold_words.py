"""Holds and recalls in words: why goods are held, what may become of them, what a holder answers."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from inventory.documents.words import CAUSES
from inventory.extensions import render
from inventory.web.reference_words import CHECKS

STATES: Mapping[str, tuple[Any, str, str]] = {
    "open": (_l("Waits for a proposal"), "warning", "hourglass"),
    "proposed": (_l("Waits for a decision"), "info", "user-circle"),
    "decided": (_l("Decided"), "success", "check"),
}
"""How a hold stands: in words, as a tone and as an icon."""
OUTCOMES: Mapping[str, Any] = {
    "release": _l("Release to stock"),
    "accept": _l("Accept by exception"),
    "refuse": _l("Refuse"),
    "return": _l("Return to who gave it"),
    "destroy": _l("Destroy"),
    "gone": _l("No longer there"),
}
REPLIES: Mapping[str, tuple[Any, str, str]] = {
    "open": (_l("Not told yet"), "danger", "hourglass"),
    "informed": (_l("Told, no answer yet"), "warning", "clock"),
    "blocked": (_l("Found and set aside"), "success", "lock"),
    "returned": (_l("Sent back or destroyed"), "success", "arrow-back-up"),
    "nothing_left": (_l("Nothing left"), "success", "check"),
}
WAYS: Mapping[str, Any] = {
    "mail": _l("By mail"),
    "phone": _l("By phone"),
    "message": _l("By message"),
    "radio": _l("By radio"),
    "visit": _l("In person"),
}
AGES: Mapping[str, Any] = {
    "7": _l("A week or more"),
    "30": _l("30 days or more"),
    "90": _l("90 days or more"),
}


def cause_words(cause: str) -> str:
    """A cause in words; one of later rules by what its check is called."""
    if cause in CAUSES:
        return render(CAUSES[cause])
    return render(CHECKS[cause]) if cause in CHECKS else cause.replace("_", " ").capitalize()
