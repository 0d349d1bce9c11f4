"""The reorder levels of a site's items, beside what is there, what is used and what the data would advise."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select, union
from sqlalchemy.orm import Session, joinedload

from inventory import clock
from inventory.ledger.figures import Figures, figures
from inventory.ledger.levels import policies_for
from inventory.ledger.outlook import current_plan
from inventory.models import (
    AssumedDemand,
    DemandMonth,
    Item,
    KitLine,
    Policy,
    PolicyDefault,
    Requisition,
    RequisitionLine,
    Site,
    StockDay,
)
from inventory.queries.catalogue import search_items
from inventory.queries.paging import Page
from inventory.rules.advice import USUAL_DAYS, Advice, advise

SHOWN = ("known", "own", "default", "none", "all")
"""Which items: known at the site, with levels of their own, by a default, without any, the whole catalogue."""


@dataclass(frozen=True, slots=True)
class LevelsFilter:
    """Which items to show; `show` is one of `SHOWN`."""

    q: str | None = None
    category: str | None = None
    ven: str | None = None
    show: str = "known"


@dataclass(frozen=True, slots=True)
class LevelsRow:
    """An item at a site: the policy that was set for it, how it stands, and better levels if the data give any."""

    item: Item
    policy: Policy | None
    figures: Figures
    advice: Advice | None


def levels_page(
    session: Session, site: Site, wanted: LevelsFilter, number: int, size: int
) -> Page[LevelsRow]:
    """One page of the items of a site, by name."""
    ids = _item_ids(session, site, wanted)
    number = max(1, min(number, -(-len(ids) // size) or 1))
    shown = ids[(number - 1) * size : number * size]
    return Page(rows_for(session, site, shown), number, size, len(ids))


def rows_for(session: Session, site: Site, item_ids: Collection[int]) -> list[LevelsRow]:
    """Items of a site as they stand, by name."""
    wanted = list(item_ids)
    known = figures(session, site.id, clock.today(site.timezone), wanted, forecasts=True)
    own = {
        row.item_id: row
        for row in session.scalars(
            select(Policy).where(Policy.site_id == site.id, Policy.item_id.in_(wanted))
        )
    }
    items = session.scalars(select(Item).where(Item.id.in_(wanted)).order_by(Item.name, Item.id))
    return [
        LevelsRow(item, own.get(item.id), known[item.id], _advice(site, item, known[item.id]))
        for item in items
    ]


def _advice(site: Site, item: Item, known: Figures) -> Advice | None:
    lead, review, emergency = USUAL_DAYS.get(site.kind, USUAL_DAYS["dispensary"])
    if site.lead_time_days is not None:
        lead, emergency = site.lead_time_days, min(emergency, site.lead_time_days)
    policy = known.policy
    if policy is not None and policy.lead_time_days is not None and policy.review_period_days is not None:
        lead, review = policy.lead_time_days, policy.review_period_days
        emergency = lead if policy.emergency_days is None else policy.emergency_days
    return advise(known.demand, known.deviation, item.ven, lead, review, emergency)


def _item_ids(session: Session, site: Site, wanted: LevelsFilter) -> list[int]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.show != "all":
        conditions.append(Item.id.in_(_known(session, site)))
    if wanted.category:
        conditions.append(Item.category == wanted.category)
    if wanted.ven:
        conditions.append(Item.ven == wanted.ven)
    if wanted.q:
        conditions.append(Item.id.in_([hit.item.id for hit in search_items(session, wanted.q, limit=500)]))
    ids = list(session.scalars(select(Item.id).where(*conditions).order_by(Item.name, Item.id)))
    if wanted.show not in ("own", "default", "none"):
        return ids
    held = policies_for(session, site, ids)
    kind = {
        item_id: "none" if item_id not in held else "own" if held[item_id].default_id is None else "default"
        for item_id in ids
    }
    return [item_id for item_id in ids if kind[item_id] == wanted.show]


def _known(session: Session, site: Site) -> Select[tuple[int]]:
    """The items with levels, a history, an expected demand or something asked for at a site."""
    asked = (
        select(RequisitionLine.item_id)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(Requisition.site_id == site.id)
    )
    parts = [
        select(Policy.item_id).where(Policy.site_id == site.id),
        select(StockDay.item_id).where(StockDay.site_id == site.id),
        select(AssumedDemand.item_id).where(AssumedDemand.site_id == site.id),
        select(DemandMonth.item_id).where(DemandMonth.site_id == site.id),
        asked,
    ]
    plan = current_plan(session, site.id, clock.today(site.timezone))
    if plan is not None and plan.kit_id is not None:
        parts.append(select(KitLine.item_id).where(KitLine.kit_id == plan.kit_id))
    return select(union(*parts).subquery().c.item_id)


def defaults(session: Session) -> list[PolicyDefault]:
    """Every default, the broadest last, as they are believed."""
    rows = session.scalars(select(PolicyDefault).options(joinedload(PolicyDefault.site)))
    return sorted(
        rows,
        key=lambda row: (
            row.site_id is None,
            row.category is None,
            row.ven is None,
            row.site_kind is None,
            row.scope,
        ),
    )


def rows_by_code(session: Session, site: Site, codes: Collection[str]) -> list[LevelsRow]:
    """The items of those codes at a site, by name; unknown codes are left out."""
    return rows_for(session, site, list(session.scalars(select(Item.id).where(Item.code.in_(list(codes))))))
