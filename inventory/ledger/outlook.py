"""What is known of a site's demand besides its own consumption: plans, similar sites, kits, figures set by hand."""

from collections import defaultdict
from collections.abc import Collection
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


def outlook(session: Session, site: Site, today: date, item_ids: Collection[int] | None) -> Outlook:
    """What is known of `item_ids` (None: of every item) at a site."""
    found = Outlook()
    for ids in chunks(item_ids):
        for month in session.scalars(
            select(DemandMonth)
            .where(DemandMonth.site_id == site.id, DemandMonth.month >= today.replace(day=1))
            .where(*among(DemandMonth.item_id, ids))
        ):
            found.by_hand[month.item_id].append(SetMonth(month.month, Fraction(month.quantity)))
        for assumed in session.scalars(
            select(AssumedDemand)
            .where(AssumedDemand.site_id == site.id)
            .where(*among(AssumedDemand.item_id, ids))
        ):
            found.assumed[assumed.item_id] = Fraction(assumed.quantity)
    plan = current_plan(session, site.id, today)
    if plan is None:
        return found
    found.for_supplied = plan.for_supplied
    found.planned = planned_consultations(plan.days_per_week, plan.patients_per_day)
    if plan.kit is not None:
        wanted = None if item_ids is None else set(item_ids)
        found.kit = {
            item_id: monthly
            for item_id, monthly in _of_kit(plan.kit, plan.population).items()
            if wanted is None or item_id in wanted
        }
    if found.planned is not None:
        found.consultations = _consultations(session, site.id, today)
        found.similar = _similar(session, site, today, item_ids)
    return found


def current_plan(session: Session, site_id: int, today: date) -> SitePlan | None:
    """The plan that holds at a site today, its kit and that kit's lines loaded."""
    return session.scalars(
        select(SitePlan)
        .where(SitePlan.site_id == site_id, SitePlan.starts_on <= today)
        .order_by(SitePlan.starts_on.desc())
        .options(selectinload(SitePlan.kit).selectinload(Kit.lines))
        .limit(1)
    ).first()


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


def _consultations(session: Session, site_id: int, today: date) -> dict[date, int]:
    rows = session.execute(
        select(StockEvent.occurred_on, func.sum(StockEvent.consultations))
        .where(StockEvent.site_id == site_id, StockEvent.kind == StockEventKind.CONSUMPTION)
        .where(StockEvent.reversed_by_id.is_(None), StockEvent.consultations > 0)
        .where(StockEvent.occurred_on <= today)
        .group_by(StockEvent.occurred_on)
    )
    return {day: int(number or 0) for day, number in rows}


def _similar(
    session: Session, site: Site, today: date, item_ids: Collection[int] | None
) -> dict[int, Fraction]:
    """item id -> base units per consultation at the open sites of the same kind that dispensed it.

    Adjusted consumption of WHO's 'Estimating Drug Requirements' (1995), by patient contact.
    """
    since = today - timedelta(days=LOOKED_BACK - 1)
    others = select(Site.id).where(Site.kind == site.kind, Site.status == SiteStatus.OPEN, Site.id != site.id)
    seen: dict[int, int] = {
        site_id: int(number or 0)
        for site_id, number in session.execute(
            select(StockEvent.site_id, func.sum(StockEvent.consultations))
            .where(StockEvent.site_id.in_(others), StockEvent.kind == StockEventKind.CONSUMPTION)
            .where(StockEvent.reversed_by_id.is_(None), StockEvent.consultations > 0)
            .where(StockEvent.occurred_on.between(since, today))
            .group_by(StockEvent.site_id)
        )
    }
    used: dict[int, int] = defaultdict(int)
    contacts: dict[int, int] = defaultdict(int)
    for ids in chunks(item_ids) if seen else []:
        rows = session.execute(
            select(StockDay.item_id, StockDay.site_id, func.sum(StockDay.dispensed))
            .where(StockDay.site_id.in_(list(seen)), StockDay.day.between(since, today))
            .where(*among(StockDay.item_id, ids))
            .group_by(StockDay.item_id, StockDay.site_id)
        )
        for item_id, site_id, dispensed in rows:
            if dispensed > 0:
                used[item_id] += int(dispensed)
                contacts[item_id] += seen[site_id]
    return {item_id: Fraction(quantity, contacts[item_id]) for item_id, quantity in used.items()}
