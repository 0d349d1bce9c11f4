"""What a receipt's lines are worth: where they go and what is to be said of them.

The rules are those of the WHO Guidelines for Medicine Donations (handbook, 1.1); what concerns how goods came stands in
`arrival_checks`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from inventory.errors import FieldError, Message, msg
from inventory.rules import arrival_checks
from inventory.rules.donation_facts import ExceptionGiven as ExceptionGiven
from inventory.rules.donation_facts import Failure, Warned, Zone
from inventory.rules.donation_facts import Header as Header
from inventory.rules.donation_facts import Line as Line
from inventory.rules.finding import Finding
from inventory.rules.packing import CARTON_FAIL_KG, CARTON_WARN_KG, carton_weight
from inventory.rules.shelf_life import expired, short_dated

RULES = (
    "expired",
    "short_dated",
    "consent",
    "label",
    "carton_weight",
    "mixed_carton",
    "value_basis",
    "unannounced",
    "returned_or_sample",
    "not_on_list",
    "unusual_form",
    "source_quality",
    "pack_size",
    "packing_list",
    "costs",
    "seal",
    "logger",
    "storage",
    "condition",
)
"""In the order in which they are told."""

NO_EXCEPTION = ("returned_or_sample", "condition")
"""Rules from which nobody may except a line as it comes (article 5; what is broken is judged by who opens it)."""

READABLE_LANGUAGES = frozenset({"en", "fr", "ar", "ku", "ckb", "kmr", "hy"})
"""What staff read, as BCP 47 primary subtags."""

_SEVERITY: Mapping[Zone, int] = {"stock": 0, "quarantine": 1, "refused": 2}


def worst_zone(zones: Iterable[Zone]) -> Zone:
    """Where a line goes that several rules send to different zones: refused before quarantine before stock."""
    return max(zones, key=_SEVERITY.__getitem__, default="stock")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a line goes and what is to be said of it.

    `zone` is that of the sound part, or of all where none is; `placed` tells how many units go to which zone
    (the damaged ones to quarantine). `errors` are faults of the line itself, with pointers relative to it
    (`/exceptions/0/rule`): with any, nothing is to be received. `refused_exceptions` are rules to which there
    is none, though one was given. `failed` are the rules that keep the line out of usable stock, whether they were
    met by an exception in part or not at all.
    """

    zone: Zone
    placed: tuple[tuple[Zone, int], ...]
    warnings: tuple[Finding, ...]
    errors: tuple[FieldError, ...] = ()
    refused_exceptions: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def check_receipt(
    header: Header,
    lines: Sequence[Line],
    *,
    readable_languages: Iterable[str] = READABLE_LANGUAGES,
    carton_warn_kg: Decimal = CARTON_WARN_KG,
    carton_fail_kg: Decimal = CARTON_FAIL_KG,
) -> list[Verdict]:
    """The verdict on every line of a receipt, in their order. A carton's lines are looked at together."""
    readable = frozenset(map(_language, readable_languages))
    cartons: dict[str, list[Line]] = {}
    for line in lines:
        if line.carton:
            cartons.setdefault(line.carton, []).append(line)
    return [
        _judge(header, line, cartons.get(line.carton or "", [line]), readable, carton_warn_kg, carton_fail_kg)
        for line in lines
    ]


def _judge(
    header: Header,
    line: Line,
    same_carton: list[Line],
    readable: frozenset[str],
    carton_warn_kg: Decimal,
    carton_fail_kg: Decimal,
) -> Verdict:
    accepted = {
        given.rule: given for given in line.exceptions if given.accepted_by.strip() and given.reason.strip()
    }
    failed = list(_failures(header, line, readable))
    warned = [
        *_papers(header, line),
        *_carton(line, same_carton, carton_warn_kg, carton_fail_kg),
        *arrival_checks.warnings(header, line),
    ]
    zones = [line.zone, *(each.if_accepted if each.rule in accepted else each.zone for each in failed)]
    placed = _placed(worst_zone(zones), line.quantity, line.damaged)
    found = sorted(
        [*((each.rule, each.detail) for each in failed), *warned], key=lambda each: RULES.index(each[0])
    )
    return Verdict(
        zone=placed[0][0],
        placed=placed,
        warnings=tuple(Finding(rule, detail, _acceptance(accepted, rule)) for rule, detail in found),
        errors=tuple(_errors(line)),
        refused_exceptions=tuple(rule for rule in accepted if rule in NO_EXCEPTION),
        failed=tuple(
            each.rule
            for each in failed
            if (each.if_accepted if each.rule in accepted else each.zone) != "stock"
        ),
    )


def _failures(header: Header, line: Line, readable: frozenset[str]) -> Iterator[Failure]:
    expires_on = line.expires_on if line.tracks_expiry else None
    if expired(expires_on, header.received_on):
        # Whoever takes it, what has expired never becomes usable stock.
        detail = msg("Expired on %(expires_on)s, before it was received.", expires_on=expires_on)
        yield Failure("expired", detail, "refused", if_accepted="quarantine")
    elif short_dated(expires_on, header.arrived_in_country_on or header.received_on):
        detail = msg("Expires on %(expires_on)s: less than a year after it came.", expires_on=expires_on)
        yield Failure("short_dated", detail, "quarantine")
    if line.label_languages and not readable & set(map(_language, line.label_languages)):
        languages = ", ".join(line.label_languages)
        detail = msg("Staff do not read the label's language: %(languages)s.", languages=languages)
        yield Failure("label", detail, "quarantine")
    if line.returned_or_sample:
        detail = msg("Medicines returned by patients and free samples are never taken.")
        yield Failure("returned_or_sample", detail, "refused", if_accepted="refused")
    yield from arrival_checks.failures(header, line)


def _papers(header: Header, line: Line) -> Iterator[Warned]:
    """What should have been told."""
    if header.has_donor and not header.consent_reference:
        yield "consent", msg("No consent of the recipient is on record for this donation.")
    if line.item_is_medicine and not line.label_languages:
        yield "label", msg("The language of the label was not told.")
    if not line.value_basis and line.unit_value is not None:
        yield "value_basis", msg("It was not told on what the declared value is based.")
    elif not line.value_basis and header.has_donor:
        yield "value_basis", msg("No value was declared, nor on what it would be based.")
    announced = header.announced if line.announced is None else line.announced
    if header.has_donor and announced is False:
        yield "unannounced", msg("The donor had not announced this.")


def _carton(line: Line, same_carton: list[Line], warn_kg: Decimal, fail_kg: Decimal) -> Iterator[Warned]:
    for detail in _weight(line, same_carton, warn_kg, fail_kg):
        yield "carton_weight", detail
    if len({other.item_is_medicine for other in same_carton}) > 1:
        yield "mixed_carton", msg("Carton %(carton)s holds medicines and other goods.", carton=line.carton)


def _weight(line: Line, same_carton: list[Line], warn_kg: Decimal, fail_kg: Decimal) -> Iterable[Message]:
    if line.serialised:
        return
    weights = [other.gross_weight_kg for other in same_carton if other.gross_weight_kg is not None]
    if weights:
        yield from carton_weight(max(weights), warn_kg, fail_kg)
    elif line.carton:
        yield msg("The weight of carton %(carton)s was not told.", carton=line.carton)
    yield from arrival_checks.weights(line, same_carton)


def _language(tag: str) -> str:
    """The primary subtag of a BCP 47 tag: fr-FR and fr_FR are fr."""
    return tag.strip().lower().replace("_", "-").partition("-")[0]


def _acceptance(accepted: Mapping[str, ExceptionGiven], rule: str) -> Message | None:
    given = accepted.get(rule)
    if given is None:
        return None
    if rule in NO_EXCEPTION:
        return msg("Nobody can accept this.")
    return msg("Accepted by %(accepted_by)s: %(reason)s", accepted_by=given.accepted_by, reason=given.reason)


def _placed(zone: Zone, quantity: int, damaged: int) -> tuple[tuple[Zone, int], ...]:
    if zone != "stock" or damaged <= 0:
        return ((zone, quantity),)
    parts: tuple[tuple[Zone, int], ...] = ((zone, quantity - damaged), ("quarantine", damaged))
    return tuple(part for part in parts if part[1] > 0)


def _errors(line: Line) -> Iterable[FieldError]:
    if not 0 <= line.damaged <= line.quantity:
        yield FieldError("/damaged", msg("No more can be damaged than came."))
    for position, given in enumerate(line.exceptions):
        if given.rule not in RULES:
            rules = ", ".join(RULES)
            message = msg(
                "There is no rule “%(rule)s”; the rules are %(rules)s.", rule=given.rule, rules=rules
            )
            yield FieldError(f"/exceptions/{position}/rule", message)
        if not given.accepted_by.strip():
            yield FieldError(f"/exceptions/{position}/accepted_by", msg("Say who takes responsibility."))
        if not given.reason.strip():
            yield FieldError(f"/exceptions/{position}/reason", msg("Say why it is taken."))
