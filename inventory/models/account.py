"""Accounts, their sites, their API tokens; remembered answers and failed logins."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.access import Role
from inventory.db import Base, Chars, Instant
from inventory.models._types import Key, Name, Prose, Recorded, Word, one_of
from inventory.models.donor import Donor
from inventory.models.site import Site


class User(Base):
    """A person who may log in. `email` is kept in lower case. `session_key` changes to end all sessions."""

    __tablename__ = "account"
    __table_args__ = (one_of("role", Role),)

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(Chars(254), unique=True)
    name: Mapped[Name]
    role: Mapped[Word]
    password_hash: Mapped[Prose | None]
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(Chars(16))
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("donor.id"))
    session_key: Mapped[str] = mapped_column(Chars(64))
    created_at: Mapped[Recorded]
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)

    sites: Mapped[list[Site]] = relationship(secondary="account_site", lazy="raise", order_by="Site.code")
    donor: Mapped[Donor | None] = relationship(lazy="raise")


class UserSite(Base):
    """A site that an account works at."""

    __tablename__ = "account_site"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), primary_key=True)


class ApiToken(Base):
    """A bearer token: shown once, kept as a SHA-256 digest. `hint` is its first characters."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(Chars(64), unique=True)
    hint: Mapped[Word]
    label: Mapped[Name | None]
    created_at: Mapped[Recorded]
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="raise")


class IdempotencyKey(Base):
    """The first answer given under an Idempotency-Key, replayed to whoever sends the same again."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "key", name="uq_idempotency_key_user_key"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(Chars(255))
    digest: Mapped[str] = mapped_column(Chars(64))
    status: Mapped[int]
    content_type: Mapped[Name]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Recorded] = mapped_column(index=True)


class LoginFailure(Base):
    """A wrong password: what throttles the next tries, for the account and for the address."""

    __tablename__ = "login_failure"
    __table_args__ = (
        Index("ix_login_failure_email_at", "email", "at"),
        Index("ix_login_failure_address_at", "address", "at"),
    )

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(Chars(254))
    address: Mapped[str] = mapped_column(Chars(64))
    at: Mapped[Recorded]
