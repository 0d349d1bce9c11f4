"""A page sent twice does its work once: what came of it is kept under the token of the page."""

import hashlib
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.models import IdempotencyKey


def once(session: Session, actor: Actor, purpose: str, token: UUID, work: Callable[[], str]) -> str:
    """What `work` answered (a number, an address) the first time that this actor sent this token for this purpose.

    Two at once meet at the unique key: the one that comes second is tried again and finds the first one's answer.
    """
    key = f"page {hashlib.sha256(f'{purpose} {token}'.encode()).hexdigest()}"
    if actor.user_id is None:
        return work()
    known = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key)
    ).one_or_none()
    if known is not None:
        return known.body.decode()
    answer = work()
    session.add(
        IdempotencyKey(
            user_id=actor.user_id,
            key=key,
            digest=key[5:],
            status=303,
            content_type="text/plain",
            body=answer.encode(),
        )
    )
    session.flush()
    return answer
