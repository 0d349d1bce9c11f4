"""All that the page of an item at a site tells of the past, the plan and what is to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.ledger.figures import Figures, figures
from inventory.ledger.outlook import current_plan
from inventory.ledger.projection import (
    Key,
    Part,
    Window,
    parts_coming,
    parts_here,
    project_parts,
    windows,
)
from inventory.models import AssumedDemand, DemandMonth, Item, Policy, Site, SitePlan
from inventory.queries.stock import check_site
from inventory.rules.arrivals import Simulation

MONTHS = 24


@dataclass(frozen=True, slots=True)
class ItemAtSite:
    """An item at a site: its figures, its history in windows of a month, its lots and those on their way, what becomes
    of them, and what people set by hand (months from this one on)."""

    today: date
    figures: Figures
    windows: Sequence[Window]
    here: Sequence[Part]
    coming: Sequence[Part]
    simulation: Simulation[Key]
    policy: Policy | None
    months: Sequence[DemandMonth]
    assumed: AssumedDemand | None
    plan: SitePlan | None


def item_at_site(session: Session, actor: Actor, site: Site, item: Item) -> ItemAtSite:
    """What is known of an item at a site of the actor's. Raises Forbidden for another site."""
    check_site(session, actor, site.code)
    today = clock.today(site.timezone)
    found = figures(session, site.id, today, [item.id], forecasts=True)[item.id]
    here = parts_here(session, site.id, item.id, today)
    coming = parts_coming(session, site, item.id, today)
    buffer_days = found.policy.expiry_buffer_days if found.policy is not None else 0
    step = 7 if len(here) + len(coming) <= 12 else 30
    pair = {"site_id": site.id, "item_id": item.id}
    months = session.scalars(
        select(DemandMonth).filter_by(**pair).where(DemandMonth.month >= today.replace(day=1))
    )
    return ItemAtSite(
        today=today,
        figures=found,
        windows=windows(session, site.id, item.id, today, MONTHS),
        here=here,
        coming=coming,
        simulation=project_parts(here, coming, found.course, today, buffer_days, step),
        policy=session.scalars(select(Policy).filter_by(**pair)).one_or_none(),
        months=sorted(months, key=lambda each: each.month),
        assumed=session.scalars(select(AssumedDemand).filter_by(**pair)).one_or_none(),
        plan=current_plan(session, site.id, today),
    )
