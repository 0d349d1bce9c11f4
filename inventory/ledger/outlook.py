"""What is known of a site's demand besides its own consumption: plans, similar sites, kits, figures set by hand."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from inventory.ledger._sql import among, chunks
from inventory.models import AssumedDemand, DemandMonth, Kit, Site, SitePlan, StockDay, StockEvent
from inventory.models.words import SiteStatus, StockEventKind
from inventory.rules.course import MONTH, SetMonth
from inventory.rules.demand import Hints, Usage

LOOKED_BACK = 182
"""Days over which the use per consultation of similar sites is taken: six months."""


@dataclass(slots=True)
class Outlook:
    """What is known of a site. `planned` are consultations a month, `consultations` those of each day that were told.

    `for_supplied`: it plans for the sites that it supplies, whose demand is `supplied` (base units a month), which
    strays by `supplied_deviation` where that was asked for.
    `similar` is item id -> base units per consultation at similar sites, `kit` and `assumed` are base units a month.
    """

    planned: Fraction | None = None
    consultations: dict[date, int] = field(default_factory=dict)
    for_supplied: bool = False
    supplied: dict[int, Fraction] = field(default_factory=dict)
    supplied_deviation: dict[int, float] = field(default_factory=dict)
    similar: dict[int, Fraction] = field(default_factory=dict)
    kit: dict[int, Fraction] = field(default_factory=dict)
    assumed: dict[int, Fraction] = field(default_factory=dict)
    by_hand: dict[int, list[SetMonth]] = field(default_factory=lambda: defaultdict(list))

    def items(self, new: bool = False) -> set[int]:
        """The items of which something is known; of a `new` site also those that similar sites use."""
        return {*self.supplied, *self.kit, *self.assumed, *self.by_hand, *(self.similar if new else ())}

    def hints(self, item_id: int, usage: Usage) -> Hints:
        """What is known of one item whose consumption at the site is `usage`."""
        similar = self.similar.get(item_id)
        return Hints(
            supplied_sites=self.supplied.get(item_id),
            per_consultation=self._own(usage),
            similar_sites=None if similar is None or self.planned is None else similar * self.planned,
            kit=self.kit.get(item_id),
            assumed=self.assumed.get(item_id),
        )

    def _own(self, usage: Usage) -> Fraction | None:
        """Use per consultation times the consultations planned; days without stock count for neither."""
        if self.planned is None or usage.amc is None or usage.first_day is None:
            return None
        seen = sum(number for day, number in self.consultations.items() if day >= usage.first_day)
        served = seen * usage.months_in_stock / usage.months
        return usage.dispensed / served * self.planned if served else None


def outlooks(
    session: Session, sites: Sequence[Site], today: date, item_ids: Collection[int] | None
) -> dict[int, Outlook]:
    """site id -> what is known of `item_ids` (None: of every item) there."""
    found = {site.id: Outlook() for site in sites}
    for ids in chunks(item_ids):
        for month in session.scalars(
            select(DemandMonth)
            .where(DemandMonth.site_id.in_(found), DemandMonth.month >= today.replace(day=1))
            .where(*among(DemandMonth.item_id, ids))
        ):
            by_hand = found[month.site_id].by_hand
            by_hand[month.item_id].append(SetMonth(month.month, Fraction(month.quantity)))
        for assumed in session.scalars(
            select(AssumedDemand)
            .where(AssumedDemand.site_id.in_(found))
            .where(*among(AssumedDemand.item_id, ids))
        ):
            found[assumed.site_id].assumed[assumed.item_id] = Fraction(assumed.quantity)
    wanted = None if item_ids is None else set(item_ids)
    for site_id, plan in current_plans(session, found, today).items():
        known = found[site_id]
        known.for_supplied = plan.for_supplied
        known.planned = planned_consultations(plan.days_per_week, plan.patients_per_day)
        if plan.kit is not None:
            monthly = _of_kit(plan.kit, plan.population)
            known.kit = {item: each for item, each in monthly.items() if wanted is None or item in wanted}
    visited = [site for site in sites if found[site.id].planned is not None]
    if visited:
        for site_id, consultations in _consultations(session, [site.id for site in visited], today).items():
            found[site_id].consultations = consultations
        for kind in sorted({site.kind for site in visited}):
            of_kind = [site.id for site in visited if site.kind == kind]
            for site_id, similar in _similar(session, kind, of_kind, today, item_ids).items():
                found[site_id].similar = similar
    return found


def current_plans(session: Session, site_ids: Collection[int], today: date) -> dict[int, SitePlan]:
    """site id -> the plan that holds there today, its kit and that kit's lines loaded, where there is one."""
    rows = session.scalars(
        select(SitePlan)
        .where(SitePlan.site_id.in_(site_ids), SitePlan.starts_on <= today)
        .order_by(SitePlan.starts_on)
        .options(selectinload(SitePlan.kit).selectinload(Kit.lines))
    )
    return {plan.site_id: plan for plan in rows}


def current_plan(session: Session, site_id: int, today: date) -> SitePlan | None:
    """The plan that holds at a site today, if there is one."""
    return current_plans(session, [site_id], today).get(site_id)


def planned_consultations(days_per_week: Decimal | None, patients_per_day: int | None) -> Fraction | None:
    """Consultations a month (30.4375 days), from days a week and patients a day; None where a part is not known."""
    if days_per_week is None or patients_per_day is None:
        return None
    return Fraction(days_per_week) / 7 * patients_per_day * MONTH


def _of_kit(kit: Kit, population: int | None) -> dict[int, Fraction]:
    """item id -> base units a month that a kit provides for, scaled by people where both numbers are known.

    A kit that says for how many months it is meant nothing follows from.
    """
    if not kit.months:
        return {}
    scale = Fraction(population, kit.people) if population is not None and kit.people else Fraction(1)
    return {line.item_id: line.quantity / Fraction(kit.months) * scale for line in kit.lines}


def _consultations(session: Session, site_ids: Collection[int], today: date) -> dict[int, dict[date, int]]:
    found: dict[int, dict[date, int]] = {site_id: {} for site_id in site_ids}
    rows = session.execute(
        select(StockEvent.site_id, StockEvent.occurred_on, func.sum(StockEvent.consultations))
        .where(StockEvent.site_id.in_(site_ids), StockEvent.kind == StockEventKind.CONSUMPTION)
        .where(StockEvent.reversed_by_id.is_(None), StockEvent.consultations > 0)
        .where(StockEvent.occurred_on <= today)
        .group_by(StockEvent.site_id, StockEvent.occurred_on)
    )
    for site_id, day, number in rows:
        found[site_id][day] = int(number or 0)
    return found


def _similar(
    session: Session, kind: str, site_ids: Collection[int], today: date, item_ids: Collection[int] | None
) -> dict[int, dict[int, Fraction]]:
    """site id -> item id -> base units per consultation at the other open sites of that kind that dispensed it.

    Adjusted consumption of WHO's 'Estimating Drug Requirements' (1995), by patient contact.
    """
    since = today - timedelta(days=LOOKED_BACK - 1)
    alike = select(Site.id).where(Site.kind == kind, Site.status == SiteStatus.OPEN)
    seen: dict[int, int] = {
        site_id: int(number or 0)
        for site_id, number in session.execute(
            select(StockEvent.site_id, func.sum(StockEvent.consultations))
            .where(StockEvent.site_id.in_(alike), StockEvent.kind == StockEventKind.CONSUMPTION)
            .where(StockEvent.reversed_by_id.is_(None), StockEvent.consultations > 0)
            .where(StockEvent.occurred_on.between(since, today))
            .group_by(StockEvent.site_id)
        )
    }
    used: dict[int, dict[int, int]] = defaultdict(dict)
    for ids in chunks(item_ids) if seen else []:
        rows = session.execute(
            select(StockDay.item_id, StockDay.site_id, func.sum(StockDay.dispensed))
            .where(StockDay.site_id.in_(list(seen)), StockDay.day.between(since, today))
            .where(*among(StockDay.item_id, ids))
            .group_by(StockDay.item_id, StockDay.site_id)
        )
        for item_id, site_id, dispensed in rows:
            if dispensed > 0:
                used[item_id][site_id] = int(dispensed)
    found: dict[int, dict[int, Fraction]] = {site_id: {} for site_id in site_ids}
    for item_id, by_site in used.items():
        dispensed, contacts = sum(by_site.values()), sum(seen[site_id] for site_id in by_site)
        for site_id in site_ids:
            own = by_site.get(site_id)
            if own is None:
                found[site_id][item_id] = Fraction(dispensed, contacts)
            elif len(by_site) > 1:
                found[site_id][item_id] = Fraction(dispensed - own, contacts - seen[site_id])
    return found
