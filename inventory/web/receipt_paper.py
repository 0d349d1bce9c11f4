"""A receipt as its goods-received note in PDF."""

from collections.abc import Callable
from typing import Any

from inventory import clock
from inventory.documents import (
    Acceptance,
    Direction,
    LineWarning,
    MissingLine,
    Organisation,
    Party,
    ReceiptNote,
    ReceivedLine,
    render_receipt_note,
)
from inventory.errors import Message
from inventory.languages import Language
from inventory.models import Receipt, ReceiptLine
from inventory.queries.papers import goods_of
from inventory.web.receipt_shown import arrival_facts, details_of
from inventory.web.reference_words import VALUE_BASES, said


def note_of(
    receipt: Receipt, settings: Any, language: Language, translate: Callable[[Message], str]
) -> bytes:
    """The paper of a receipt that was read with its lines, posting and reversal."""
    undone = receipt.reversed_by
    note = ReceiptNote(
        organisation=Organisation(settings.org_name, getattr(settings, "org_address", "")),
        number=receipt.number,
        issued_on=clock.today(receipt.site.timezone),
        site=Party(name=receipt.site.name, code=receipt.site.code, country=receipt.site.country),
        received_on=receipt.received_on,
        lines=[_line(line, language.tag) for line in receipt.lines],
        donor=receipt.donor.name if receipt.donor else "",
        donation=receipt.donation.number if receipt.donation else "",
        arrived_in_country_on=receipt.arrived_in_country_on,
        consent_reference=receipt.consent_reference or "",
        reference=receipt.reference or "",
        received_by=receipt.posting.by or "",
        checked_by=receipt.checked_by or "",
        reversed_on=undone.occurred_on if undone else None,
        reversal_reason=(undone.reason or "") if undone else "",
        arrival=arrival_facts(receipt),
        not_found=[
            MissingLine(
                item=each["item"],
                declared=each["declared"],
                lot=each.get("lot") or "",
                carton=each.get("carton") or "",
            )
            for each in receipt.not_found or ()
        ],
    )
    direction: Direction = "rtl" if language.direction == "rtl" else "ltr"
    return render_receipt_note(note, locale=language.tag, direction=direction, translate=translate)


def _line(line: ReceiptLine, tag: str) -> ReceivedLine:
    return ReceivedLine(
        goods=goods_of(line.item, line.lot, tag),
        counted=line.quantity,
        zone=line.zone,
        declared=line.declared,
        damaged=line.damaged,
        manufacturer=line.manufacturer or "",
        carton=line.carton or "",
        gross_weight_kg=line.gross_weight_kg,
        label_languages=", ".join(line.label_languages or []),
        unit_value=line.unit_value,
        currency=line.currency or "",
        value_basis=said(VALUE_BASES, line.value_basis),
        warnings=[
            LineWarning(rule=each["rule"], detail=Message.from_json(each["detail"])) for each in line.warnings
        ],
        exceptions=[Acceptance(**each) for each in line.exceptions],
        declared_weight_kg=line.declared_weight_kg,
        brand=line.brand or "",
        seen=details_of(line, paper=True),
    )
