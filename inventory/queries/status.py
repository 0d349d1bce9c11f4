"""How the items of a site stand: the replenishment figures, for people and programs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.ledger.figures import Figures, figures
from inventory.models import Item, Site
from inventory.queries.stock import check_site


def site_figures(
    session: Session, actor: Actor, site_code: str, items: Sequence[str] | None = None
) -> list[tuple[Item, Figures]]:
    """The replenishment figures of a site, by item code: for `items` (codes), or for all that it knows."""
    check_site(session, actor, site_code)
    site = session.scalars(select(Site).where(Site.code == site_code)).one()
    ids = None
    if items is not None:
        ids = set(session.scalars(select(Item.id).where(Item.code.in_(list(items)))))
    known = figures(session, site.id, clock.today(site.timezone), ids)
    rows: list[tuple[Item, Figures]] = []
    wanted = sorted(known)
    for start in range(0, len(wanted), 400):
        for item in session.scalars(select(Item).where(Item.id.in_(wanted[start : start + 400]))):
            rows.append((item, known[item.id]))
    return sorted(rows, key=lambda row: row[0].code)
