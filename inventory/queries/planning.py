"""What people said of the demand to come at a site, beside what was seen."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from inventory import clock
from inventory.errors import NotFound, msg
from inventory.ledger.outlook import current_plan, planned_consultations
from inventory.models import AssumedDemand, DemandMonth, Item, Kit, KitLine, Site, SitePlan, StockEvent
from inventory.models.words import StockEventKind

SEEN_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """One calendar month: consultations that were told, and on how many days."""

    month: date
    consultations: int
    days: int


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a site, the latest first; `current` holds today and makes `planned` consultations a month."""

    rows: Sequence[SitePlan]
    current: SitePlan | None
    planned: Fraction | None
    seen: Sequence[Seen]


@dataclass(frozen=True, slots=True)
class ByHand:
    """Months in a row that were set alike for an item; `first` and `last` are first days of months."""

    item: Item
    first: date
    last: date
    quantity: Decimal
    reason: str
    by: str
    on: date


def plans(session: Session, site: Site) -> Plans:
    """What a site plans, and the consultations of the last twelve months."""
    today = clock.today(site.timezone)
    rows = session.scalars(
        select(SitePlan)
        .where(SitePlan.site_id == site.id)
        .order_by(SitePlan.starts_on.desc())
        .options(joinedload(SitePlan.kit).joinedload(Kit.item))
    ).all()
    current = current_plan(session, site.id, today)
    planned = planned_consultations(current.days_per_week, current.patients_per_day) if current else None
    return Plans(rows, current, planned, _seen(session, site, today))


def _seen(session: Session, site: Site, today: date) -> list[Seen]:
    first = today.replace(day=1)
    for _step in range(SEEN_MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    rows = session.execute(
        select(StockEvent.occurred_on, func.sum(StockEvent.consultations))
        .where(StockEvent.site_id == site.id, StockEvent.kind == StockEventKind.CONSUMPTION)
        .where(StockEvent.reversed_by_id.is_(None), StockEvent.consultations > 0)
        .where(StockEvent.occurred_on.between(first, today))
        .group_by(StockEvent.occurred_on)
    )
    by_month: dict[date, list[int]] = defaultdict(list)
    for day, number in rows:
        by_month[day.replace(day=1)].append(int(number or 0))
    return [Seen(month, sum(days), len(days)) for month, days in sorted(by_month.items())]


def months_by_hand(session: Session, site: Site) -> list[ByHand]:
    """The months from this one on that were set by hand at a site, those in a row together, by item."""
    rows = session.scalars(
        select(DemandMonth)
        .join(Item, Item.id == DemandMonth.item_id)
        .where(DemandMonth.site_id == site.id)
        .where(DemandMonth.month >= clock.today(site.timezone).replace(day=1))
        .options(joinedload(DemandMonth.item))
        .order_by(Item.name, Item.id, DemandMonth.month)
    )
    found: list[ByHand] = []
    for row in rows:
        last = found[-1] if found else None
        follows = (
            last is not None
            and (last.item.id, last.quantity, last.reason) == (row.item_id, row.quantity, row.reason)
            and (last.last + timedelta(days=31)).replace(day=1) == row.month
        )
        first = last.first if last is not None and follows else row.month
        if follows:
            found.pop()
        found.append(
            ByHand(row.item, first, row.month, row.quantity, row.reason, row.by, row.recorded_at.date())
        )
    return found


def assumed(session: Session, site: Site) -> list[AssumedDemand]:
    """The figures that people assume at a site, by item."""
    rows = session.scalars(
        select(AssumedDemand)
        .join(Item, Item.id == AssumedDemand.item_id)
        .where(AssumedDemand.site_id == site.id)
        .options(joinedload(AssumedDemand.item))
        .order_by(Item.name, Item.id)
    )
    return list(rows)


def kits(session: Session) -> list[Kit]:
    """Every kit with its item and lines, by name."""
    rows = session.scalars(
        select(Kit)
        .join(Item, Item.id == Kit.item_id)
        .options(joinedload(Kit.item), selectinload(Kit.lines))
        .order_by(Item.name)
    )
    return list(rows)


def kit(session: Session, code: str) -> Kit:
    """The kit of that item code, its lines and their items. Raises NotFound where there is none."""
    found = session.scalars(
        select(Kit)
        .join(Item, Item.id == Kit.item_id)
        .where(Item.code == code)
        .options(joinedload(Kit.item), selectinload(Kit.lines).joinedload(KitLine.item))
    ).one_or_none()
    if found is None:
        raise NotFound(msg("There is no kit with the code %(code)s.", code=code))
    return found
