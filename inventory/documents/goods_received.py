"""The goods-received note of a receipt: what came, in what state, and where it was put."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.documents.paper import paper, signatures, total_rows
from inventory.documents.parts import Goods, Organisation, Party
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording, by_unit
from inventory.documents.words import RULES, ZONES, word
from inventory.errors import Message, msg


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWarning:
    """What the receiving check found: its rule, and the detail for a person."""

    rule: str
    detail: Message | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who took a line all the same, and why (a line's `exceptions`)."""

    rule: str
    accepted_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedLine:
    """One lot as it came: `counted` is all of it, `damaged` the part put in quarantine for that."""

    goods: Goods
    counted: int
    zone: str
    declared: int | None = None
    damaged: int = 0
    manufacturer: str = ""
    carton: str = ""
    gross_weight_kg: Decimal | None = None
    label_languages: str = ""
    unit_value: Decimal | None = None
    currency: str = ""
    value_basis: str = ""
    warnings: Sequence[LineWarning] = ()
    exceptions: Sequence[Acceptance] = ()
    declared_weight_kg: Decimal | None = None
    brand: str = ""
    seen: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingLine:
    """What the packing list has and nobody found."""

    item: str
    declared: int
    lot: str = ""
    carton: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptNote:
    """The goods-received note of a receipt from a donor. `reversed_on` marks one that was corrected since.

    `arrival` and a line's `seen` are (label, words) in the paper's language: how it came, and what was looked at.
    """

    organisation: Organisation
    number: str
    issued_on: date
    site: Party
    received_on: date
    lines: Sequence[ReceivedLine]
    donor: str = ""
    donation: str = ""
    arrived_in_country_on: date | None = None
    consent_reference: str = ""
    reference: str = ""
    received_by: str = ""
    checked_by: str = ""
    note: str = ""
    reversed_on: date | None = None
    reversal_reason: str = ""
    arrival: Sequence[tuple[str, str]] = ()
    not_found: Sequence[MissingLine] = ()


def render_receipt_note(
    data: ReceiptNote, *, locale: str, direction: Direction, translate: Translate
) -> bytes:
    """The PDF of a receipt's note, in the language of `locale`, whose script runs in `direction`."""
    return press("receipt_note", receipt_note(data, Wording(locale, direction, translate)))[0]


def receipt_note(data: ReceiptNote, wording: Wording) -> Payload:
    """What `templates/receipt_note.typ` shows."""
    fact = wording.fact
    return {
        "paper": paper(
            wording,
            title=msg("Goods received note"),
            number=data.number,
            organisation=data.organisation,
            issued_on=data.issued_on,
            mark=msg("Reversed") if data.reversed_on else None,
            facts=[
                fact(msg("Received at"), *wording.party(data.site)),
                fact(msg("Donor"), data.donor),
                fact(msg("Donation"), data.donation),
                fact(msg("Received on"), wording.day(data.received_on)),
                fact(
                    msg("Arrived in the country on"),
                    wording.day(data.arrived_in_country_on) if data.arrived_in_country_on else None,
                ),
                fact(msg("Consent reference"), data.consent_reference),
                fact(msg("Reference"), data.reference),
                fact(msg("Received by"), data.received_by),
                fact(msg("Checked by"), data.checked_by),
                *({"label": label, "value": wording.lines(words)} for label, words in data.arrival),
            ],
        ),
        "labels": wording.labels(
            item=msg("Item"),
            lot=msg("Lot or serial"),
            expiry=msg("Expiry"),
            declared=msg("Declared"),
            counted=msg("Counted"),
            damaged=msg("Damaged"),
            zone=msg("Zone"),
            remarks=msg("Remarks"),
        ),
        "reversal": _reversal(data, wording),
        "lines": [_received(line, wording) for line in data.lines],
        "totals": _received_totals(data.lines, wording),
        "value": _value(data.lines, wording),
        "missing": [_missing(line, wording) for line in data.not_found],
        "missing_title": wording.say(msg("On the packing list, not found:")),
        "note": wording.lines(data.note),
        "signatures": signatures(
            wording,
            (msg("Delivered by"), ""),
            (msg("Received by"), data.received_by),
            (msg("Checked by"), data.checked_by),
        ),
    }


def _reversal(data: ReceiptNote, wording: Wording) -> list[str]:
    if data.reversed_on is None:
        return []
    text = msg("Reversed on %(date)s: this note no longer holds.", date=data.reversed_on)
    return wording.lines(text, data.reversal_reason)


def _received(line: ReceivedLine, wording: Wording) -> Payload:
    details: list[Message | str] = []
    if line.manufacturer:
        details.append(line.manufacturer)
    if line.carton:
        details.append(msg("Carton %(carton)s", carton=line.carton))
    if line.gross_weight_kg is not None:
        details.append(msg("%(weight)s kg gross", weight=wording.number(line.gross_weight_kg)))
    if line.declared_weight_kg is not None:
        details.append(msg("%(weight)s kg declared", weight=wording.number(line.declared_weight_kg)))
    if line.brand:
        details.append(line.brand)
    if line.label_languages:
        details.append(msg("Label in %(languages)s", languages=line.label_languages))
    if line.unit_value is not None:
        details.append(msg("%(value)s each", value=wording.money(line.unit_value, line.currency)))
    if line.value_basis:
        details.append(msg("Basis of value: %(basis)s", basis=line.value_basis))
    details += [f"{label}: {words}" for label, words in line.seen]
    return {
        **wording.goods(line.goods),
        "declared": wording.number(line.declared),
        "counted": wording.number(line.counted),
        "damaged": wording.number(line.damaged),
        "zone": wording.say(word(ZONES, line.zone)),
        "details": [wording.say(detail) for detail in details],
        "remarks": _remarks(line, wording),
    }


def _missing(line: MissingLine, wording: Wording) -> str:
    where = ", ".join(part for part in (line.item, line.lot, line.carton) if part)
    return f"{where}: {wording.number(line.declared)}"


def _remarks(line: ReceivedLine, wording: Wording) -> list[Payload]:
    """Each warning with who accepted it; then how the count differs from what was declared."""
    found: list[Payload] = []
    accepted = list(line.exceptions)
    for warning in line.warnings:
        mine = [one for one in accepted if one.rule == warning.rule]
        accepted = [one for one in accepted if one.rule != warning.rule]
        found.append(_remark(warning.rule, warning.detail, mine, wording))
    found.extend(_remark(one.rule, "", [one], wording) for one in accepted)
    difference = 0 if line.declared is None else line.counted - line.declared
    if difference:
        quantity = wording.number(abs(difference))
        text = msg("Short by %(quantity)s", quantity=quantity)
        if difference > 0:
            text = msg("Over by %(quantity)s", quantity=quantity)
        found.append({"rule": wording.say(msg("Quantity")), "detail": wording.say(text), "accepted": []})
    return found


def _remark(rule: str, detail: Message | str, accepted: Sequence[Acceptance], wording: Wording) -> Payload:
    return {
        "rule": wording.say(word(RULES, rule)),
        "detail": wording.say(detail),
        "accepted": [
            wording.say(msg("Accepted by %(person)s: %(reason)s", person=one.accepted_by, reason=one.reason))
            for one in accepted
        ],
    }


def _received_totals(lines: Sequence[ReceivedLine], wording: Wording) -> list[Payload]:
    counted = by_unit((line.goods.unit, line.counted) for line in lines)
    declared = by_unit((line.goods.unit, line.declared) for line in lines)
    damaged = by_unit((line.goods.unit, line.damaged) for line in lines)
    return total_rows(wording, [declared, counted, damaged])


def _value(lines: Sequence[ReceivedLine], wording: Wording) -> str | None:
    """The value of what was counted, a sum a currency; None where no line tells any."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.unit_value is not None:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.unit_value * line.counted
    if not sums:
        return None
    shown = " + ".join(wording.money(amount.quantize(Decimal("0.01")), code) for code, amount in sums.items())
    if any(line.unit_value is None for line in lines):
        return wording.say(msg("Value of the lines that tell it: %(value)s", value=shown))
    return wording.say(msg("Value: %(value)s", value=shown))
