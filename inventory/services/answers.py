"""First answers remembered under an Idempotency-Key, so that whoever sends the same again gets the same."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.ledger import insert_for
from inventory.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, under which key, and the digest of what is asked."""

    user_id: int
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer that was given under a key, and the digest of what was asked then."""

    digest: str
    status: int
    content_type: str
    body: bytes


def find(session: Session, asked: Asked) -> Remembered | None:
    """What was answered under this key before, whatever was asked then."""
    row = session.scalars(
        select(IdempotencyKey)
        .where(IdempotencyKey.user_id == asked.user_id, IdempotencyKey.key == asked.key)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return Remembered(row.digest, row.status, row.content_type, row.body) if row is not None else None


def claim(session: Session, asked: Asked) -> Remembered | None:
    """Take the key for the present transaction; what was answered before where somebody had it already.

    Another transaction that asks for the same key waits here until this one ends: exactly one does the work.
    """
    row = {
        "user_id": asked.user_id,
        "key": asked.key,
        "digest": asked.digest,
        "status": 0,
        "content_type": "",
        "body": b"",
        "created_at": clock.now(),
    }
    statement = insert_for(session, IdempotencyKey).values(row).on_conflict_do_nothing()
    taken = session.scalar(statement.returning(IdempotencyKey.id))
    return None if taken is not None else find(session, asked)


def keep(session: Session, asked: Asked, status: int, content_type: str, body: bytes) -> None:
    """Remember the answer under a key that this transaction has claimed."""
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.user_id == asked.user_id, IdempotencyKey.key == asked.key)
    ).one()
    row.status, row.content_type, row.body = status, content_type, body
    session.flush()
