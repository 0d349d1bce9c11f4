"""The whole network at a glance: every site, what is amiss there, who supplies whom, and the items that fare worst.

Read from open alerts and documents, a handful of questions for any number of sites; nothing is worked out anew.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from inventory import clock
from inventory.ledger.outlook import planned_consultations
from inventory.models import Alert, Item, Lot, Requisition, Shipment, Site, SitePlan, StockEvent
from inventory.models.words import SiteKind, SiteStatus, StockEventKind
from inventory.queries.catalogue import all_sites
from inventory.queries.expiries import SCALE

TELLS = frozenset({SiteKind.DISPENSARY, SiteKind.MOBILE_CLINIC, SiteKind.HOSPITAL})
"""Kinds of sites that dispense, and should tell of it."""

SILENT_DAYS = 14
"""After so many days without word of what was dispensed, a site is silent."""

WORST = 10

GRAVE = ("stock_out", "emergency")


@dataclass(slots=True)
class Sums:
    """Open alerts by kind, what will expire unused (base units; value by currency), what waits and what comes.

    `short` are the items that have run out or are down to their emergency level: most that have run out are both.
    `consultations` are planned a month; None where nothing is planned.
    """

    alerts: Counter[str] = field(default_factory=Counter)
    short: int = 0
    risk_units: int = 0
    risk_values: dict[str, Decimal] = field(default_factory=dict)
    requisitions: int = 0
    shipments: int = 0
    consultations: Fraction | None = None

    @property
    def nearly(self) -> int:
        """Items that are down to their emergency level and have not run out."""
        return max(0, self.short - self.alerts["stock_out"])


@dataclass(slots=True, kw_only=True)
class SiteView(Sums):
    """One site. `silent`: it dispenses and has not told of it for a while."""

    site: Site
    last_told: date | None = None
    silent: bool = False

    @property
    def weight(self) -> tuple[int, int, int]:
        """How badly it stands, the worst highest."""
        return self.short, self.alerts["reorder"], self.alerts["expiry_risk"]


@dataclass(frozen=True, slots=True)
class Branch:
    """A site and those that it supplies."""

    view: SiteView
    supplies: tuple["Branch", ...]


@dataclass(frozen=True, slots=True)
class WorstItem:
    """An item and at how many sites it stands how; what has run out is not counted as an emergency too."""

    item: Item
    alerts: Counter[str]


@dataclass(frozen=True, slots=True)
class Network:
    """The sites, the worst first; the trees of who supplies whom; sums over all; the items that fare worst."""

    sites: Sequence[SiteView]
    trees: Sequence[Branch]
    total: Sums
    worst: Sequence[WorstItem]


def network(session: Session) -> Network:
    """The network as it stands now, for somebody who sees every site."""
    views = {site.id: SiteView(site=site) for site in all_sites(session) if site.status != SiteStatus.CLOSED}
    _alerts(session, views)
    _documents(session, views)
    _plans(session, views)
    ours = [view for view in views.values() if view.site.kind != SiteKind.PARTNER]
    ours.sort(key=lambda view: (*(-each for each in view.weight), view.site.code))
    return Network(ours, _trees(views), _total(ours), _worst(session))


def _alerts(session: Session, views: dict[int, SiteView]) -> None:
    rows = session.execute(
        select(Alert.site_id, Alert.kind, func.count(), func.sum(Alert.quantity))
        .where(Alert.resolved_at.is_(None), Alert.site_id.is_not(None))
        .group_by(Alert.site_id, Alert.kind)
    )
    for site_id, kind, number, quantity in rows:
        if site_id in views:
            views[site_id].alerts[kind] = int(number)
            if kind == "expiry_risk":
                views[site_id].risk_units = int(quantity or 0)
    short = session.execute(
        select(Alert.site_id, func.count(Alert.item_id.distinct()))
        .where(Alert.resolved_at.is_(None), Alert.kind.in_(GRAVE))
        .group_by(Alert.site_id)
    )
    for site_id, number in short:
        if site_id in views:
            views[site_id].short = int(number)
    worth = func.sum(Alert.quantity * 1.0 * type_coerce(Lot.unit_value, BigInteger))
    values = session.execute(
        select(Alert.site_id, Lot.currency, worth)
        .join(Lot, Lot.id == Alert.lot_id)
        .where(Alert.kind == "expiry_risk", Alert.resolved_at.is_(None), Lot.unit_value.is_not(None))
        .group_by(Alert.site_id, Lot.currency)
    )
    for site_id, currency, value in values:
        if site_id in views and value is not None:
            amount = Decimal(str(float(value) / SCALE)).quantize(Decimal("0.01"))
            views[site_id].risk_values[currency or "EUR"] = amount


def _documents(session: Session, views: dict[int, SiteView]) -> None:
    asked = select(Requisition.site_id, func.count()).where(Requisition.status == "submitted")
    for site_id, number in session.execute(asked.group_by(Requisition.site_id)):
        if site_id in views:
            views[site_id].requisitions = int(number)
    coming = select(Shipment.destination_id, func.count()).where(
        Shipment.status.in_(["dispatched", "arrived"])
    )
    for site_id, number in session.execute(coming.group_by(Shipment.destination_id)):
        if site_id in views:
            views[site_id].shipments = int(number)
    told: Any = select(StockEvent.site_id, func.max(StockEvent.occurred_on)).where(
        StockEvent.kind == StockEventKind.CONSUMPTION, StockEvent.reversed_by_id.is_(None)
    )
    days: dict[int, date] = dict(map(tuple, session.execute(told.group_by(StockEvent.site_id))))
    for site_id, view in views.items():
        view.last_told = days.get(site_id)
        if view.site.kind in TELLS and view.site.status == SiteStatus.OPEN:
            today = clock.today(view.site.timezone)
            view.silent = view.last_told is None or (today - view.last_told).days > SILENT_DAYS


def _plans(session: Session, views: dict[int, SiteView]) -> None:
    latest = (
        select(SitePlan.site_id, func.max(SitePlan.starts_on).label("starts_on"))
        .where(SitePlan.starts_on <= clock.today())
        .group_by(SitePlan.site_id)
        .subquery()
    )
    holding = (SitePlan.site_id == latest.c.site_id) & (SitePlan.starts_on == latest.c.starts_on)
    for plan in session.scalars(select(SitePlan).join(latest, holding)):
        if plan.site_id in views:
            views[plan.site_id].consultations = planned_consultations(
                plan.days_per_week, plan.patients_per_day
            )


def _trees(views: dict[int, SiteView]) -> list[Branch]:
    """Who supplies whom. Should suppliers ever form a ring, its sites stand alone instead of for ever below another."""
    below: dict[int | None, list[SiteView]] = defaultdict(list)
    for view in views.values():
        supplier = view.site.supplied_by_id
        below[supplier if supplier in views and not _in_ring(views, view.site) else None].append(view)

    def branch(view: SiteView) -> Branch:
        return Branch(view, tuple(branch(each) for each in below[view.site.id]))

    roots = [branch(view) for view in list(below[None])]
    roots.sort(key=lambda each: (not each.supplies, each.view.site.code))
    return [each for each in roots if each.supplies or each.view.site.kind != SiteKind.PARTNER]


def _in_ring(views: dict[int, SiteView], site: Site) -> bool:
    seen, above = {site.id}, site.supplied_by_id
    while above is not None and above in views:
        if above == site.id:
            return True
        if above in seen:
            return False
        seen.add(above)
        above = views[above].site.supplied_by_id
    return False


def _total(views: Sequence[SiteView]) -> Sums:
    total = Sums()
    values: dict[str, Decimal] = defaultdict(Decimal)
    for view in views:
        total.alerts += view.alerts
        total.short += view.short
        total.risk_units += view.risk_units
        total.requisitions += view.requisitions
        total.shipments += view.shipments
        for currency, value in view.risk_values.items():
            values[currency] += value
        if view.consultations is not None:
            total.consultations = (total.consultations or Fraction(0)) + view.consultations
    total.risk_values = dict(values)
    return total


def _worst(session: Session) -> list[WorstItem]:
    kinds = (*GRAVE, "reorder", "expiry_risk")
    grave = func.count(Alert.site_id.distinct()).filter(Alert.kind.in_(GRAVE))
    ranked = (
        select(Alert.item_id)
        .join(Item, Item.id == Alert.item_id)
        .where(Alert.resolved_at.is_(None), Alert.kind.in_(kinds))
        .group_by(Alert.item_id, Item.ven, Item.code)
        .order_by(grave.desc(), func.coalesce(Item.ven, "") != "V", func.count().desc(), Item.code)
        .limit(WORST)
    )
    ids = [each for each in session.scalars(ranked) if each is not None]
    items = {item.id: item for item in session.scalars(select(Item).where(Item.id.in_(ids)))}
    sites: dict[tuple[int | None, str], set[int | None]] = defaultdict(set)
    rows = session.execute(
        select(Alert.item_id, Alert.kind, Alert.site_id).where(
            Alert.resolved_at.is_(None), Alert.kind.in_(kinds), Alert.item_id.in_(ids)
        )
    )
    for item_id, kind, site_id in rows:
        sites[item_id, kind].add(site_id)
    for item_id in ids:
        sites[item_id, "emergency"] -= sites[item_id, "stock_out"]
    return [WorstItem(items[each], Counter({kind: len(sites[each, kind]) for kind in kinds})) for each in ids]
