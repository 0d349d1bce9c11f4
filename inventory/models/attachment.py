"""Attachments: photos and papers that belong to a document. Their bytes stand apart, to be read only when asked for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, Name, Prose, Recorded, UserRef, Word, one_of
from inventory.models.words import AttachmentKind


class Attachment(Base):
    """A photo (its metadata stripped, made small) or a paper that belongs to a document, or to one line of it.

    `document` is the document's number, `line` the position of a line in it. A donor sees a photo only once somebody
    approved it for donors.
    """

    __tablename__ = "attachment"
    __table_args__ = (one_of("kind", AttachmentKind), Index("ix_attachment_document", "document", "line"))

    id: Mapped[Key]
    key: Mapped[UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[Word]
    document: Mapped[str] = mapped_column(Chars(24))
    line: Mapped[int | None]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[Name]
    media_type: Mapped[Name]
    size: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(Chars(64))
    caption: Mapped[Prose | None]
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_by: Mapped[Name | None]
    by_id: Mapped[UserRef | None]
    by: Mapped[Name]
    recorded_at: Mapped[Recorded]


class AttachmentContent(Base):
    """The bytes of an attachment."""

    __tablename__ = "attachment_content"

    attachment_id: Mapped[int] = mapped_column(
        ForeignKey("attachment.id"), primary_key=True, autoincrement=False
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)
