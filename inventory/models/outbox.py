"""Mail: written in the transaction that causes it, sent after it by whoever runs `flask mail send`."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, Name, Prose, Recorded, Word
from inventory.models.account import User


class Mail(Base):
    """One message to one person. `key` says what it is about: the same is never written twice.

    `claimed_until` keeps two senders from sending the same; it ends by itself where one was killed.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index(
            "ix_mail_due",
            "due_at",
            sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(Chars(120), unique=True)
    kind: Mapped[Word]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    recipient: Mapped[str] = mapped_column(Chars(254))
    language: Mapped[str] = mapped_column(Chars(16))
    subject: Mapped[Prose]
    text: Mapped[Prose]
    html: Mapped[Prose]
    unsubscribe_url: Mapped[Prose | None]
    message_id: Mapped[str] = mapped_column(Chars(200), unique=True)
    created_at: Mapped[Recorded]
    due_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[Prose | None]
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    claim: Mapped[Name | None]
    sent_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    given_up_at: Mapped[datetime | None] = mapped_column(Instant)

    account: Mapped[User | None] = relationship(lazy="raise")


class MailPreference(Base):
    """How often a person wants the digest; who never chose has the default of the role. `key` unsubscribes."""

    __tablename__ = "mail_preference"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    every: Mapped[Word]
    weekday: Mapped[int] = mapped_column(default=0)
    least_severity: Mapped[Word]
    key: Mapped[str] = mapped_column(Chars(64), unique=True)
    last_digest_on: Mapped[date | None]
    last_digest_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[Recorded]

    account: Mapped[User] = relationship(lazy="raise")
