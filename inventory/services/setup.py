"""The first administrator of an empty installation: a signed link, good for a day and until somebody has an account."""

from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import SYSTEM, Role
from inventory.errors import NotFound, msg
from inventory.models import User
from inventory.services.accounts import NewUser, add_user
from inventory.services.numbers import count_up

VALID_FOR = timedelta(days=1)


def token(secret: str) -> str:
    """What the link bears, signed with the secret key."""
    return str(_signer(secret).dumps("first"))


def is_good(session: Session, secret: str, given: str) -> bool:
    """Whether a token of ours is young enough and there is no account yet."""
    try:
        known = _signer(secret).loads(given, max_age=int(VALID_FOR.total_seconds()))
    except BadData:
        return False
    return known == "first" and nobody(session)


def nobody(session: Session) -> bool:
    """Whether there is no account at all."""
    return session.scalars(select(User.id).limit(1)).first() is None


def add_first(session: Session, secret: str, given: str, name: str, email: str, password: str) -> User:
    """Make the first account, an administrator's. Raises NotFound where the token is not good (any more)."""
    count_up(session, "SETUP")  # of two at once the second waits here, and then finds an account
    if not is_good(session, secret, given):
        raise NotFound(msg("This link is no longer good. Start Relais again to get a new one, or sign in."))
    return add_user(session, SYSTEM, NewUser(email, name, Role.ADMIN, password=password))


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="relais first administrator")
