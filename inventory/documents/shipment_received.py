"""The goods-received note of a shipment: what was sent and what arrived; also as a form to fill in by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inventory.documents.paper import paper, signatures, total_rows
from inventory.documents.parts import Goods, Organisation, Party
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording, by_unit
from inventory.documents.words import MODES, word
from inventory.errors import msg


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedLine:
    """One lot of a shipment. `received` None: not counted yet, so the paper leaves room to write."""

    goods: Goods
    sent: int
    received: int | None = None
    damaged: int | None = None
    missing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentNote:
    """The goods-received note of a shipment; `received_on` None: a form to fill in by hand on arrival."""

    organisation: Organisation
    number: str
    issued_on: date
    origin: Party
    destination: Party
    mode: str
    lines: Sequence[ArrivedLine]
    waybill: str = ""
    container_numbers: Sequence[str] = ()
    seals: Sequence[str] = ()
    dispatched_on: date | None = None
    received_on: date | None = None
    received_by: str = ""
    checked_by: str = ""
    note: str = ""


def render_shipment_note(
    data: ShipmentNote, *, locale: str, direction: Direction, translate: Translate
) -> bytes:
    """The PDF of a shipment's note, in the language of `locale`, whose script runs in `direction`."""
    return press("shipment_note", shipment_note(data, Wording(locale, direction, translate)))[0]


def shipment_note(data: ShipmentNote, wording: Wording) -> Payload:
    """What `templates/shipment_note.typ` shows."""
    fact = wording.fact
    counted = data.received_on is not None
    return {
        "paper": paper(
            wording,
            title=msg("Goods received note"),
            number=data.number,
            organisation=data.organisation,
            issued_on=data.issued_on,
            mark=None if counted else msg("To fill in"),
            facts=[
                fact(msg("Sent from"), *wording.party(data.origin)),
                fact(msg("Received at"), *wording.party(data.destination)),
                fact(msg("Carriage"), word(MODES, data.mode)),
                fact(msg("Waybill"), data.waybill),
                fact(msg("Containers"), ", ".join(data.container_numbers)),
                fact(msg("Seals"), ", ".join(data.seals)),
                fact(msg("Sent on"), wording.day(data.dispatched_on) if data.dispatched_on else None),
                fact(msg("Received on"), wording.day(data.received_on) if data.received_on else None),
            ],
        ),
        "labels": wording.labels(
            item=msg("Item"),
            lot=msg("Lot or serial"),
            expiry=msg("Expiry"),
            sent=msg("Sent"),
            received=msg("Received"),
            damaged=msg("Damaged"),
            missing=msg("Missing"),
            remarks=msg("Remarks and reservations"),
        ),
        "counted": counted,
        "lines": [_arrived(line, wording, counted) for line in data.lines],
        "totals": _arrived_totals(data.lines, wording, counted),
        "note": wording.lines(data.note),
        "signatures": signatures(
            wording,
            (msg("Delivered by"), ""),
            (msg("Received by"), data.received_by),
            (msg("Checked by"), data.checked_by),
        ),
    }


def _arrived(line: ArrivedLine, wording: Wording, counted: bool) -> Payload:
    amounts = [line.received, line.damaged, line.missing]
    return {
        **wording.goods(line.goods),
        "sent": wording.number(line.sent),
        "found": [wording.number(amount) if counted else "" for amount in amounts],
        "at_fault": counted and bool(line.damaged or line.missing),
    }


def _arrived_totals(lines: Sequence[ArrivedLine], wording: Wording, counted: bool) -> list[Payload]:
    sent = by_unit((line.goods.unit, line.sent) for line in lines)
    columns = [
        by_unit((line.goods.unit, line.received) for line in lines),
        by_unit((line.goods.unit, line.damaged) for line in lines),
        by_unit((line.goods.unit, line.missing) for line in lines),
    ]
    rows = total_rows(wording, [sent, *columns])
    if not counted:
        for row in rows:
            row["values"] = [row["values"][0], "", "", ""]
    return rows
