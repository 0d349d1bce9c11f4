"""Photos of a document: taken in, shown to donors once somebody approved them, taken away again. Stripped bare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, Role, require
from inventory.errors import Conflict, Forbidden, Invalid, NotFound, msg
from inventory.exchange.photos import MEDIA_TYPE, UnfitPhoto, prepared
from inventory.ledger.owners import Owners, owners_of
from inventory.models import Attachment, AttachmentContent
from inventory.models.words import AttachmentKind
from inventory.services import audit
from inventory.services.checks import Checks

DRAFT = "~"
"""Begins the name under which photos wait for a document that is still being written; only who took them sees them."""
DRAFTS_KEPT = timedelta(days=3)
MOST = 60
"""Photos of one document."""
OWN_FOR = timedelta(days=1)
"""How long whoever took a photo may take it away again."""


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A file as it came, for a document or one line of it (from 1)."""

    document: str
    data: bytes
    line: int | None = None
    caption: str | None = None


def draft_name(uuid: UUID) -> str:
    """Where photos wait for the document that a form of this identity will make."""
    return DRAFT + uuid.hex[:23]


def claim_drafts(session: Session, actor: Actor, uuid: UUID, number: str) -> int:
    """Give the photos that waited for a form to the document that it made; how many."""
    found = _owners(session, actor, number)
    waiting = session.scalars(
        select(Attachment).where(Attachment.document == draft_name(uuid), Attachment.by_id == actor.user_id)
    ).all()
    for row in waiting:
        row.document, row.site_id = number, found.home
        row.name = f"{number}-{row.key.hex[:8]}.jpg"
    session.flush()
    return len(waiting)


def add_photo(session: Session, actor: Actor, command: NewPhoto) -> Attachment:
    """Keep a photo: small, the right way up, without metadata. The same picture at the same place is kept once."""
    return add_photos(session, actor, [command])[0]


def add_photos(session: Session, actor: Actor, commands: Sequence[NewPhoto]) -> list[Attachment]:
    """Keep several; all or none. Faults are told at `/files/N`, `/caption`, `/line` and `/document`."""
    require(actor, "attachments.write")
    if not commands:
        raise Invalid.at("/files", msg("Choose a photo."))
    found = _owners(session, actor, commands[0].document)
    if found.kind == "draft":
        _sweep(session)
    checks, photos = Checks(session), []
    for index, command in enumerate(commands):
        caption = checks.text(command.caption, "/caption", most=500)
        if command.line is not None:
            checks.quantity(command.line, "/line")
        try:
            photos.append((command, caption, prepared(command.data)))
        except UnfitPhoto as error:
            checks.add(f"/files/{index}", error.message)
    checks.check()
    there = session.scalar(
        select(func.count()).select_from(Attachment).where(Attachment.document == found.number)
    )
    kept = []
    for command, caption, photo in photos:
        known = session.scalars(
            select(Attachment).where(
                Attachment.document == found.number,
                Attachment.line.is_(None) if command.line is None else Attachment.line == command.line,
                Attachment.sha256 == photo.sha256,
                *([Attachment.by_id == actor.user_id] if found.kind == "draft" else []),
            )
        ).first()
        if known is not None:
            kept.append(known)
            continue
        there = (there or 0) + 1
        if there > MOST:
            raise Conflict(msg("A document has %(most)s photos at most.", most=MOST))
        key = uuid4()
        row = Attachment(
            key=key,
            kind=AttachmentKind.PHOTO,
            document=found.number,
            line=command.line,
            site_id=found.home,
            name=f"{found.number}-{key.hex[:8]}.jpg",
            media_type=MEDIA_TYPE,
            size=len(photo.content),
            width=photo.width,
            height=photo.height,
            sha256=photo.sha256,
            caption=caption,
            by_id=actor.user_id,
            by=actor.name,
        )
        session.add(row)
        session.flush()
        session.add(AttachmentContent(attachment_id=row.id, content=photo.content))
        kept.append(row)
    session.flush()
    return kept


def approve(session: Session, actor: Actor, key: UUID, *, shown: bool = True) -> Attachment:
    """Let the donor of the goods see a photo, or no longer. Look first that nobody is to be recognised on it."""
    require(actor, "attachments.approve")
    row = _row(session, actor, key)
    if (row.approved_at is not None) != shown:
        row.approved_at = clock.now() if shown else None
        row.approved_by = actor.name if shown else None
        audit.note(session, actor, "approve" if shown else "withdraw", row.document, photo=row.key.hex)
        session.flush()
    return row


def remove(session: Session, actor: Actor, key: UUID) -> str:
    """Take a photo away: who took it within a day, or an administrator. Answers the document's number."""
    require(actor, "attachments.write")
    row = _row(session, actor, key)
    if not may_remove(actor, row):
        raise Forbidden(
            msg("Only who added a photo may remove it, within a day; later an administrator can.")
        )
    audit.note(session, actor, "remove", row.document, photo=row.key.hex, sha256=row.sha256, by=row.by)
    session.execute(delete(AttachmentContent).where(AttachmentContent.attachment_id == row.id))
    session.delete(row)
    session.flush()
    return row.document


def may_remove(actor: Actor, row: Attachment) -> bool:
    """Whether the photo is the actor's to take away."""
    if actor.role is Role.ADMIN:
        return True
    fresh = clock.now() - row.recorded_at <= OWN_FOR
    return actor.can("attachments.write") and row.by_id == actor.user_id is not None and fresh


def _sweep(session: Session) -> None:
    """Forget photos whose document was never made."""
    old = select(Attachment.id).where(
        Attachment.document.startswith(DRAFT), Attachment.recorded_at < clock.now() - DRAFTS_KEPT
    )
    ids = list(session.scalars(old.limit(200)))
    if ids:
        session.execute(delete(AttachmentContent).where(AttachmentContent.attachment_id.in_(ids)))
        session.execute(delete(Attachment).where(Attachment.id.in_(ids)))


def _owners(session: Session, actor: Actor, number: str) -> Owners:
    if number.startswith(DRAFT):
        return Owners("draft", number, None, ())
    found = owners_of(session, number)
    if found is None or not found.seen_by(actor):
        raise NotFound(msg("Not found."))
    return found


def _row(session: Session, actor: Actor, key: UUID) -> Attachment:
    row = session.scalars(select(Attachment).where(Attachment.key == key)).one_or_none()
    if row is None:
        raise NotFound(msg("Not found."))
    if row.document.startswith(DRAFT) and row.by_id != actor.user_id:
        raise NotFound(msg("Not found."))
    _owners(session, actor, row.document)
    return row
