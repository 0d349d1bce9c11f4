"""Corrections: a posting that takes back another, move by move."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.errors import Conflict, msg
from inventory.ledger.post import Entry, Move, Posted, post
from inventory.models import Movement, Posting
from inventory.rules.effects import PostingKind


def reverse(
    session: Session,
    posting: Posting,
    *,
    reason: str,
    user_id: int | None,
    by: str | None,
    uuid: UUID | None = None,
) -> Posted:
    """Undo `posting` as of the day on which it occurred, so that history reads as if it had not been.

    Raises Conflict where it was reversed already, is itself a reversal, or where its goods have moved on since.
    """
    if posting.kind == PostingKind.REVERSAL:
        raise Conflict(msg("A reversal cannot be reversed. Enter the document again instead."))
    if session.scalar(select(Posting.id).where(Posting.reverses_id == posting.id)) is not None:
        raise Conflict(msg("This document was reversed already."))
    movements = session.scalars(
        select(Movement).where(Movement.posting_id == posting.id).order_by(Movement.id)
    )
    entry = Entry(
        kind=PostingKind.REVERSAL,
        occurred_on=posting.occurred_on,
        occurred_at=posting.occurred_at,
        moves=[
            Move(m.lot_id, m.quantity, m.destination_id, m.source_id, m.reason, pointer=f"/lines/{index}")
            for index, m in enumerate(movements)
        ],
        document=posting.document,
        site_id=posting.site_id,
        shipment_id=posting.shipment_id,
        user_id=user_id,
        by=by,
        reason=reason,
        reverses_id=posting.id,
        uuid=uuid or uuid4(),
    )
    return post(session, entry)
