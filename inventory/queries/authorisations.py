"""Authorisations as they are listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, require
from inventory.ledger.thresholds import rules_at
from inventory.models import Authorisation, Site
from inventory.queries.stock import check_site
from inventory.rules.authorising import State, state

ORDER: Sequence[State] = ("expired", "ends_soon", "valid", "not_yet", "replaced", "ended")
PAST: frozenset[State] = frozenset({"replaced", "ended"})


@dataclass(frozen=True, slots=True)
class Paper:
    """An authorisation, how it stands today at its site, and the days that are left of it (negative: since)."""

    row: Authorisation
    state: State
    days_left: int


def authorisations(
    session: Session, actor: Actor, site: str | None = None, wanted: str | None = None
) -> list[Paper]:
    """The authorisations of the actor's sites, what is most pressing first.

    `wanted` is a state, `all`, or None for those that are neither ended nor replaced.
    """
    require(actor, "authorisations.see")
    check_site(session, actor, site)
    query = select(Authorisation).join(Site, Site.id == Authorisation.site_id)
    if actor.sites is not None:
        query = query.where(Site.id.in_(list(actor.sites)))
    if site is not None:
        query = query.where(Site.code == site)
    rows = session.scalars(
        query.options(selectinload(Authorisation.site)).order_by(Authorisation.site_id, Authorisation.id)
    ).all()
    papers: list[Paper] = []
    for site_id, at_site in groupby(rows, lambda row: row.site_id):
        own = list(at_site)
        today = clock.today(own[0].site.timezone)
        soon = rules_at(session, site_id).of(None).authorisation_days
        for row in own:
            left = (row.valid_until - today).days
            papers.append(Paper(row, state(row, own, today, soon), left))
    kept = [each for each in papers if _wanted(each.state, wanted)]
    return sorted(kept, key=lambda each: (ORDER.index(each.state), each.row.valid_until, each.row.id))


def _wanted(found: State, wanted: str | None) -> bool:
    return wanted in (found, "all") or (wanted is None and found not in PAST)
