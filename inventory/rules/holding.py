"""What may become of goods that wait in quarantine or were refused. Pure.

WHO good storage practice (TRS 1025 annex 7) and the Guidelines for Medicine Donations: every refusal has a reason, a
decider and an outcome; nobody decides alone; what was returned by patients, recalled or has expired is never used.
"""

from collections.abc import Iterable

from inventory.errors import Message, msg

CAUSES = (
    "returned_or_sample",
    "recall",
    "expired",
    "excursion",
    "source_quality",
    "not_on_list",
    "damaged",
    "seal",
    "logger",
    "storage",
    "label",
    "short_dated",
    "consent",
    "counted",
    "by_hand",
)
"""Why goods are held, the worst first. A rule of receiving checks that is not listed stands before `by_hand`."""

NEVER_RELEASED = frozenset({"returned_or_sample"})
"""Rules from which no exception releases, whatever became of the lot since."""

BY_EXCEPTION = frozenset(
    {"short_dated", "label", "source_quality", "not_on_list", "consent", "seal", "logger", "storage"}
)
"""Rules from which a person may take goods by exception, who says why: WHO Guidelines, articles 1, 2, 4, 6 and 7."""

MOVES = ("release", "accept", "refuse")
"""Outcomes that move goods between the zones; the others dispose of them."""

PROPOSABLE = ("release", "accept", "refuse", "return", "destroy")

_BEFORE_HAND = CAUSES.index("counted")


def severity(cause: str) -> int:
    """The rank of a cause, 0 the worst."""
    return CAUSES.index(cause) if cause in CAUSES else _BEFORE_HAND


def worst(causes: Iterable[str]) -> str:
    """The cause under which goods are held that fail several rules."""
    return min(causes, key=severity, default="by_hand")


def outcomes(cause: str, zone: str, *, expired: bool, recalled: bool) -> list[str]:
    """What may be proposed for goods held for `cause` in `zone`, in the order in which it is offered."""
    return [
        outcome
        for outcome in PROPOSABLE
        if objection(outcome, cause, zone, expired=expired, recalled=recalled) is None
    ]


def objection(outcome: str, cause: str, zone: str, *, expired: bool, recalled: bool) -> Message | None:
    """Why goods may not get this outcome; None where they may. `expired` and `recalled` are the lot's, today."""
    if outcome in ("release", "accept"):
        if recalled:
            return msg("This lot was recalled: no exception releases it. Return or destroy it.")
        if expired:
            return msg("This lot has expired: no exception releases it. Return or destroy it.")
        if cause in NEVER_RELEASED:
            return msg(
                "Medicines returned by patients and free samples are never released: article 5 of the WHO guidelines."
            )
    if outcome == "accept" and cause not in BY_EXCEPTION:
        return msg("No exception is foreseen for this reason: release the goods, or refuse them.")
    if outcome == "refuse" and zone == "refused":
        return msg("These goods are refused already: return or destroy them.")
    return None


def conditions(cause: str) -> Message | None:
    """What must be so before goods are taken by exception from a rule, to be shown beside the choice."""
    return _CONDITIONS.get(cause)


_CONDITIONS = {
    "short_dated": msg(
        "Only where a named facility agrees and will use all of it before the last day of use: say which, and how."
    ),
    "label": msg(
        "Only where everyone who gives it out can read what is missing: say how it is told to them."
    ),
    "source_quality": msg("Only with a certificate of analysis or of the product: give its number."),
    "not_on_list": msg("Only with a permit for it, or where the authority allows it: give the reference."),
    "consent": msg("Only with the consent of the recipient: give its reference and who gave it."),
    "seal": msg("Only after the whole content was compared with the packing list: say by whom."),
    "logger": msg("Only where a pharmacist has judged the readings: give the name."),
    "storage": msg("Only where a pharmacist has judged how it was kept: give the name."),
}
