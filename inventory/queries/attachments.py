"""Photos as they are read: by staff of the document's sites, and by its donor where they were approved."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor, Role
from inventory.errors import NotFound, msg
from inventory.ledger.owners import Owners, owners_of
from inventory.models import Attachment, AttachmentContent, Receipt, Shipment
from inventory.queries.shipments import visible_to_donor


def photos_of(session: Session, actor: Actor, number: str) -> list[Attachment]:
    """The photos of a document that the actor may see, in the order in which they came. Raises NotFound."""
    if number.startswith("~"):  # photos that wait for their document: those of who asks
        mine = select(Attachment).where(Attachment.document == number, Attachment.by_id == actor.user_id)
        return list(session.scalars(mine.order_by(Attachment.id)))
    found = owners_of(session, number)
    if found is None or not _visible(session, actor, found):
        raise NotFound(msg("Not found."))
    query = select(Attachment).where(Attachment.document == number).order_by(Attachment.id)
    if actor.role is Role.DONOR:
        query = query.where(Attachment.approved_at.is_not(None))
    return list(session.scalars(query))


def photo(session: Session, actor: Actor, key: UUID) -> Attachment:
    """A photo that the actor may see. Raises NotFound, whether there is none or it is not theirs to know of."""
    row = session.scalars(select(Attachment).where(Attachment.key == key)).one_or_none()
    if row is not None and row.document.startswith("~") and row.by_id == actor.user_id is not None:
        return row
    found = owners_of(session, row.document) if row is not None else None
    if row is None or found is None or not _visible(session, actor, found):
        raise NotFound(msg("Not found."))
    if actor.role is Role.DONOR and row.approved_at is None:
        raise NotFound(msg("Not found."))
    return row


def content(session: Session, row: Attachment) -> bytes:
    """The bytes of a photo."""
    found = session.scalar(select(AttachmentContent.content).where(AttachmentContent.attachment_id == row.id))
    if found is None:
        raise NotFound(msg("Not found."))
    return bytes(found)


def approved_for_gift(session: Session, donation_id: int, donation: str) -> list[Attachment]:
    """The photos of a donation and of its receipts that its donor may see."""
    receipts = select(Receipt.number).where(Receipt.donation_id == donation_id)
    return list(
        session.scalars(
            select(Attachment)
            .where(
                Attachment.approved_at.is_not(None),
                (Attachment.document == donation) | Attachment.document.in_(receipts),
            )
            .order_by(Attachment.id)
        )
    )


def _visible(session: Session, actor: Actor, found: Owners) -> bool:
    if actor.role is not Role.DONOR:
        return found.seen_by(actor)
    if actor.donor_id is None:
        return False
    if found.kind == "shipment":
        mine = select(Shipment.id).where(Shipment.number == found.number, visible_to_donor(actor.donor_id))
        return session.scalar(mine) is not None
    return found.kind in ("receipt", "donation") and found.donor_id == actor.donor_id
