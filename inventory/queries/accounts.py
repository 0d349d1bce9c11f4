"""Accounts as they are listed."""

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory.models import ApiToken, User
from inventory.queries.paging import Page, numbered


def tokens_of(session: Session, user_id: int) -> list[ApiToken]:
    """The tokens of an account that still work, the newest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.id.desc())
        )
    )


def users_page(
    session: Session, number: int, size: int, text: str | None = None, role: str | None = None
) -> Page[User]:
    """Accounts by name, with their sites and donor."""
    query = select(User).options(selectinload(User.sites), selectinload(User.donor))
    if text:
        like = f"%{text.strip()}%"
        query = query.where(User.name.ilike(like) | User.email.ilike(like))
    if role:
        query = query.where(User.role == role)
    page = numbered(session, query.order_by(User.name, User.id), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)
