"""Files that were imported or are on their way in, and the mappings kept for files like them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.models import ImportFile, ImportMapping, Item
from inventory.queries.paging import Page, numbered


def files_page(session: Session, actor: Actor, number: int, size: int) -> Page[ImportFile]:
    """The newest first: one's own, or everybody's for who may import items."""
    query = select(ImportFile).order_by(ImportFile.id.desc())
    if not actor.can("imports.items"):
        query = query.where(ImportFile.created_by_id == actor.user_id)
    page = numbered(session, query, number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def mappings_for(session: Session, kind: str, headers: str) -> list[ImportMapping]:
    """Mappings kept for files with that header (its digest), the last one used first."""
    query = select(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.headers == headers)
    return list(session.scalars(query.order_by(ImportMapping.changed_at.desc(), ImportMapping.id.desc())))


def mapping(session: Session, kind: str, mapping_id: int) -> ImportMapping | None:
    """A kept mapping of that kind."""
    query = select(ImportMapping).where(ImportMapping.kind == kind, ImportMapping.id == mapping_id)
    return session.scalars(query).one_or_none()


def items_by_code(session: Session, codes: Sequence[str]) -> dict[str, Item]:
    """Items by their codes, and by those alone."""
    found: dict[str, Item] = {}
    wanted = sorted(set(codes))
    for start in range(0, len(wanted), 400):
        part = wanted[start : start + 400]
        found |= {item.code: item for item in session.scalars(select(Item).where(Item.code.in_(part)))}
    return found
