"""How goods came: their label, papers, seal, temperature on the way, cartons and packing list.

WHO Guidelines for Medicine Donations, articles 2, 3, 4, 7, 8, 9 and 12, and good storage practice (TRS 1025, annex 7).
A rule says nothing where nobody looked: only what was told is judged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from inventory.errors import Message, msg
from inventory.rules import matching
from inventory.rules.donation_facts import LABEL_PARTS, Failure, Header, Line, Warned
from inventory.rules.packing import plain
from inventory.rules.temperature import allowed, judged
from inventory.rules.text import fold

UNUSABLE = ("crushed", "wet", "opened", "leaking")
"""Conditions in which goods wait for somebody who knows whether they can be used."""

CONDITIONS: Mapping[str, Message] = {
    "packaging_damaged": msg("The outer packaging is damaged."),
    "crushed": msg("It came crushed."),
    "wet": msg("It came wet."),
    "opened": msg("It came opened."),
    "leaking": msg("It leaks."),
    "dirty": msg("It came dirty."),
}
MISSING: Mapping[str, Message] = {
    "inn": msg("The label lacks the international name (INN)."),
    "batch": msg("The label lacks the batch number."),
    "dosage_form": msg("The label lacks the dosage form."),
    "strength": msg("The label lacks the strength."),
    "manufacturer": msg("The label lacks the manufacturer."),
    "quantity": msg("The label lacks the quantity in the container."),
    "storage": msg("The label lacks the storage conditions."),
    "expiry": msg("The label lacks the expiry date."),
    "route": msg("The label lacks the route of administration."),
}
_CHILLED = ("cold_chain", "frozen")
_WEIGHT_SLACK_KG = Decimal("0.5")
"""A carton that is heavier or lighter than declared by no more than that, or by a twentieth, is as declared."""


def failures(header: Header, line: Line) -> Iterator[Failure]:
    """What keeps a line out of usable stock because of how it came."""
    for part in missing_parts(line):
        yield Failure("label", MISSING[part], "quarantine")
    if line.registered is False:
        detail = msg("It is not registered in the country.")
        yield Failure("not_on_list", detail, "quarantine")
    if line.quality_seen is False:
        detail = msg("No certificate of analysis or of the product was seen.")
        yield Failure("source_quality", detail, "quarantine")
    if line.condition is not None and line.condition in UNUSABLE and not line.damaged:
        yield Failure("condition", CONDITIONS[line.condition], "quarantine", if_accepted="quarantine")
    broken = _broken_seal(header)
    if broken is not None and (line.temperature in _CHILLED or line.controlled):
        yield Failure("seal", broken, "quarantine")
    warmed = _on_the_way(header, line)
    if warmed is not None and (line.temperature in _CHILLED or line.freeze_sensitive):
        yield Failure("logger", warmed, "quarantine")
    if _other_class(line) and (line.temperature in _CHILLED or line.storage in _CHILLED):
        yield Failure("storage", _storage(line), "quarantine")


def warnings(header: Header, line: Line) -> Iterator[Warned]:
    """What is to be said of how a line came, though it may be used."""
    if line.on_list is False and line.registered is not False:
        yield "not_on_list", msg("It is not on the list of essential medicines used here.")
    yield from _kind(line)
    yield from _counted(line)
    condition = CONDITIONS.get(line.condition or "")
    if condition is not None and (line.condition not in UNUSABLE or line.damaged):
        yield "condition", condition
    broken = _broken_seal(header)
    if broken is not None and not (line.temperature in _CHILLED or line.controlled):
        yield "seal", broken
    elif broken is None and header.seal_declared and not header.seal_found:
        yield (
            "seal",
            msg(
                "Seal %(declared)s was declared; nobody told which one was found.",
                declared=header.seal_declared,
            ),
        )
    warmed = _on_the_way(header, line)
    if warmed is not None and not (line.temperature in _CHILLED or line.freeze_sensitive):
        yield "logger", warmed
    if _other_class(line) and line.temperature not in _CHILLED and line.storage not in _CHILLED:
        yield "storage", _storage(line)
    if header.has_donor and not header.costs_paid_by and _arrival_told(header):
        yield "costs", msg("It was not told who pays for transport, clearance and storage.")


def weights(line: Line, same_carton: Sequence[Line]) -> Iterator[Message]:
    """How a carton's weight differs from what was declared."""
    declared = _heaviest(other.declared_weight_kg for other in same_carton)
    found = _heaviest(other.gross_weight_kg for other in same_carton)
    if declared is None or found is None or line.serialised:
        return
    if abs(found - declared) > max(_WEIGHT_SLACK_KG, declared / 20):
        yield msg(
            "%(declared)s kg were declared, %(found)s kg were found.",
            declared=plain(declared),
            found=plain(found),
        )


def missing_parts(line: Line) -> tuple[str, ...]:
    """Which parts are missing from the label, in their order; the route counts for injections, and where the form is
    not known."""
    needed = [part for part in LABEL_PARTS if part in line.label_missing]
    form = fold(line.dosage_form or "")
    if form and "injection" not in matching.known(form).forms:
        needed = [part for part in needed if part != "route"]
    return tuple(needed)


def _broken_seal(header: Header) -> Message | None:
    if header.seal_declared and header.seal_found and _seal(header.seal_declared) != _seal(header.seal_found):
        return msg(
            "Seal %(declared)s was declared, %(found)s was found.",
            declared=header.seal_declared,
            found=header.seal_found,
        )
    if header.seal_intact is False:
        return msg("The seal was not intact.")
    return None


def _seal(number: str) -> str:
    return "".join(letter for letter in fold(number) if letter.isalnum())


def _on_the_way(header: Header, line: Line) -> Message | None:
    limits = allowed(line.temperature)
    for celsius in (header.logger_low, header.logger_high):
        if celsius is None:
            continue
        wrong = judged(celsius, limits, freeze_sensitive=line.freeze_sensitive)
        if wrong == "freezing":
            return msg("The logger read %(celsius)s °C: this must not freeze.", celsius=plain(celsius))
        if wrong is not None:
            return msg(
                "The logger read %(celsius)s °C; %(low)s to %(high)s °C are right for this.",
                celsius=plain(celsius),
                low=plain(limits.low),
                high=plain(limits.high),
            )
    return msg("The temperature logger gave an alarm.") if header.logger_alarm else None


def _other_class(line: Line) -> bool:
    return line.storage is not None and line.storage != line.temperature


def _storage(line: Line) -> Message:
    here, label = allowed(line.temperature), allowed(line.storage or line.temperature)
    return msg(
        "The label asks for %(low)s to %(high)s °C; here it is kept at %(our_low)s to %(our_high)s °C.",
        low=plain(label.low),
        high=plain(label.high),
        our_low=plain(here.low),
        our_high=plain(here.high),
    )


def _kind(line: Line) -> Iterator[Warned]:
    """Another strength, form or pack than is used here (articles 3 and 8)."""
    told = matching.known(line.presentation)
    ours = matching.known(line.strength, line.dosage_form)
    if line.presentation and (line.strength or line.dosage_form):
        other_strength = (
            told.strengths
            and ours.strengths
            and not (told.strengths <= ours.strengths or ours.strengths <= told.strengths)
        )
        if other_strength or (told.forms and ours.forms and not told.forms & ours.forms):
            usual = " ".join(part for part in (line.strength, line.dosage_form) if part)
            yield (
                "unusual_form",
                msg("It came as %(told)s; used here is %(usual)s.", told=line.presentation, usual=usual),
            )
    if line.pack_quantity and line.usual_packs and line.pack_quantity not in line.usual_packs:
        packs = ", ".join(str(pack) for pack in sorted(line.usual_packs))
        yield (
            "pack_size",
            msg(
                "A pack holds %(pack)s; packs used here hold %(packs)s.", pack=line.pack_quantity, packs=packs
            ),
        )


def _counted(line: Line) -> Iterator[Warned]:
    if line.declared is not None and line.declared != line.quantity:
        yield (
            "packing_list",
            msg("%(declared)s declared, %(counted)s counted.", declared=line.declared, counted=line.quantity),
        )


def _arrival_told(header: Header) -> bool:
    """Whether somebody filled in how it came: then who pays belongs to it."""
    told = (header.announced_on, header.vehicle, header.seal_declared, header.seal_found, header.seal_intact)
    return any(each not in (None, "") for each in told)


def _heaviest(found: Iterable[Decimal | None]) -> Decimal | None:
    return max((each for each in found if each is not None), default=None)
