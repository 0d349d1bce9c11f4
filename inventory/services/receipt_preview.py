"""What would become of a receipt: it is recorded and undone at once, so that nothing is judged by other rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.db import savepoint
from inventory.models import Item, Posting, ReceiptLine
from inventory.services import receipts
from inventory.services.receipt_commands import Limits, NewReceipt


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line as `ReceiptLine` would keep it: where it goes and what is said of it."""

    item: Item
    lot: str
    expires_on: date | None
    quantity: int
    declared: int | None
    damaged: int
    zone: str
    value_basis: str | None
    warnings: Sequence[Mapping[str, Any]]
    exceptions: Sequence[Mapping[str, Any]]


class _Undone(Exception):
    """Everything was seen."""


def preview(
    session: Session, actor: Actor, command: NewReceipt, limits: Limits | None = None
) -> list[PreviewLine] | None:
    """What would become of each line; None where this receipt is recorded already. Nothing is written.

    Raises what `receive` would.
    """
    require(actor, "receipts.write")
    if session.scalar(select(Posting.id).where(Posting.uuid == command.uuid)) is not None:
        return None
    kept: list[tuple[int, dict[str, Any]]] = []
    try:
        with savepoint(session):
            receipt = receipts.record(session, actor, command, limits)
            kept = [
                (line.item_id, _facts(line))
                for line in receipts.get_receipt(session, actor, receipt.number).lines
            ]
            raise _Undone
    except _Undone:
        pass
    wanted = {item_id for item_id, _ in kept}
    items = {item.id: item for item in session.scalars(select(Item).where(Item.id.in_(wanted)))}
    return [PreviewLine(item=items[item_id], **facts) for item_id, facts in kept]


def _facts(line: ReceiptLine) -> dict[str, Any]:
    same = ("quantity", "declared", "damaged", "zone", "value_basis", "warnings", "exceptions")
    return {name: getattr(line, name) for name in same} | {
        "lot": line.lot.number,
        "expires_on": line.lot.expires_on,
    }
