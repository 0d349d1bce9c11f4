"""What became of a document of one site: the posting that took it back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.models import Posting, StockEvent


def reversal(session: Session, event: StockEvent) -> Posting | None:
    """The posting that took an event back, with its reason and who did it; None while it stands."""
    if event.reversed_by_id is None:
        return None
    return session.scalars(select(Posting).where(Posting.id == event.reversed_by_id)).one()
