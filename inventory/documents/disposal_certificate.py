"""The certificate of a disposal: what was destroyed or returned, how, where, and who watched.

Methods and their words follow WHO, "Guidelines for safe disposal of unwanted pharmaceuticals in and after
emergencies" (WHO/EDM/PAR/99.2, 1999).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.documents.paper import paper, signatures
from inventory.documents.parts import Goods, Organisation, Party
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording
from inventory.documents.words import CAUSES, ZONES, word
from inventory.errors import Message, msg

GUIDELINE = "WHO/EDM/PAR/99.2"

METHODS = {
    "return": msg("Returned to the donor or the manufacturer, who disposes of them."),
    "landfill": msg("Buried in a landfill, covered at once."),
    "encapsulation": msg("Encapsulated: sealed with cement or plastic in drums, then buried in a landfill."),
    "inertization": msg(
        "Inertized: taken out of their packs, ground, mixed with water, cement and lime, then buried in a landfill."
    ),
    "sewer": msg("Diluted with much water and let into a sewer or a fast river, a little at a time."),
    "incineration": msg("Burnt in an incinerator at a medium or high temperature."),
    "chemical": msg("Decomposed chemically as the manufacturer recommends, then buried in a landfill."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedLine:
    """So much of a lot, out of a zone, held there for `cause` (`words.CAUSES`). `weight_kg` and `value` are of all."""

    goods: Goods
    quantity: int
    zone: str
    cause: str = ""
    weight_kg: Decimal | None = None
    value: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalCertificate:
    """The certificate of one disposal. `certificate` is the number that the authority or firm gave."""

    organisation: Organisation
    number: str
    issued_on: date
    disposed_on: date
    site: Party
    method: str
    lines: Sequence[DisposedLine]
    reason: str = ""
    place: str = ""
    done_by: str = ""
    witness: str = ""
    authority: str = ""
    certificate: str = ""
    reversed_on: date | None = None


def render_disposal_certificate(
    data: DisposalCertificate, *, locale: str, direction: Direction, translate: Translate
) -> bytes:
    """The PDF, in the language of `locale`, whose script runs in `direction`."""
    return press("disposal_certificate", disposal_certificate(data, Wording(locale, direction, translate)))[0]


def disposal_certificate(data: DisposalCertificate, wording: Wording) -> Payload:
    """What `templates/disposal_certificate.typ` shows."""
    fact = wording.fact
    returned = data.method == "return"
    valued = any(line.value is not None for line in data.lines)
    weighed = any(line.weight_kg is not None for line in data.lines)
    return {
        "paper": paper(
            wording,
            title=msg("Certificate of return") if returned else msg("Certificate of destruction"),
            number=data.number,
            organisation=data.organisation,
            issued_on=data.issued_on,
            mark=msg("Taken back") if data.reversed_on else None,
            facts=[
                fact(msg("Site"), *wording.party(data.site)),
                fact(msg("Done on"), wording.day(data.disposed_on)),
                fact(msg("Place"), data.place),
                fact(msg("Authority"), data.authority),
                fact(msg("Number of their certificate"), data.certificate),
                fact(msg("Why"), data.reason),
            ],
        ),
        "labels": wording.labels(
            goods=msg("What was returned") if returned else msg("What was destroyed"),
            item=msg("Item"),
            lot=msg("Lot or serial"),
            expiry=msg("Expiry"),
            reason=msg("Why"),
            quantity=msg("Quantity"),
            weight=msg("Weight, kg"),
            value=msg("Value"),
            method=msg("How it was done"),
        ),
        "method": [
            wording.say(word(METHODS, data.method)),
            wording.say(
                msg(
                    "After the WHO guidelines for safe disposal of unwanted pharmaceuticals in and after emergencies, "
                    "%(reference)s.",
                    reference=GUIDELINE,
                )
            ),
        ],
        "statement": wording.say(_statement(data, returned)),
        "weighed": weighed,
        "valued": valued,
        "lines": [_line(line, wording) for line in data.lines],
        "totals": _totals(data.lines, wording),
        "signatures": signatures(
            wording,
            (msg("Carried out by"), data.done_by),
            (msg("Witness"), data.witness),
            (msg("For the authority"), data.authority),
        ),
    }


def _statement(data: DisposalCertificate, returned: bool) -> Message:
    name = data.organisation.name
    if returned:
        return msg(
            "%(organisation)s certifies that the goods listed below were handed back.", organisation=name
        )
    return msg(
        "%(organisation)s certifies that the goods listed below were destroyed and cannot be used any more.",
        organisation=name,
    )


def _line(line: DisposedLine, wording: Wording) -> Payload:
    why = word(CAUSES, line.cause) if line.cause else word(ZONES, line.zone)
    return {
        **wording.goods(line.goods),
        "reason": wording.say(why),
        "quantity": wording.number(line.quantity),
        "weight": wording.number(line.weight_kg),
        "value": wording.money(line.value, line.currency),
    }


def _totals(lines: Sequence[DisposedLine], wording: Wording) -> list[Payload]:
    """The weight and, for each currency, the value; said to be partial where some are not known."""
    found = []
    weights = [line.weight_kg for line in lines if line.weight_kg is not None]
    if weights:
        whole = len(weights) == len(lines)
        label = msg("Total weight") if whole else msg("Total of the weights that are known")
        amount = wording.number(sum(weights, Decimal(0)))
        found.append({"label": wording.say(label), "value": f"{amount} kg"})
    sums: dict[str, Decimal] = {}
    for line in lines:
        if line.value is not None:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.value
    partial = any(line.value is None for line in lines)
    label = msg("Total of the values that are known") if partial else msg("Total value")
    for currency, amount_of in sums.items():
        found.append({"label": wording.say(label), "value": wording.money(amount_of, currency)})
    return found
