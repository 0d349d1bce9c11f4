"""One recall, and everywhere that what it concerns is."""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory.errors import NotFound, msg
from inventory.models import Item, Recall


def recall_of(session: Session, recall_id: int) -> Recall:
    """The recall of that id, with its item."""
    query = select(Recall).where(Recall.id == recall_id).options(selectinload(Recall.item))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found


def recall_named(session: Session, item_code: str, lot: str) -> Recall | None:
    """The recall that blocks a batch, if there is one."""
    query = select(Recall).join(Item, Item.id == Recall.item_id).where(Item.code == item_code)
    return session.scalars(query.where(Recall.lot_number == lot, Recall.in_force())).one_or_none()
