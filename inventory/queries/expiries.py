"""The expiry calendar: which lots expire in which month, and what will be used of them until then."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, extract, func, select, type_coerce
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.ledger.figures import figures
from inventory.models import Alert, Balance, Item, Location, Lot, Site
from inventory.queries.paging import Page, numbered
from inventory.queries.stock import check_site, status_of
from inventory.rules.effects import ZONES

MONTHS = 24
SCALE = 10**6
"""Values are stored in millionths."""

SOON = 90

LOOKED_AHEAD = 365
"""Days within which it is worked out what will be used."""


@dataclass(frozen=True, slots=True)
class CalendarFilter:
    """Codes and words, or None for all."""

    site: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both in it; None is without end. `key` names it in addresses."""

    key: str
    first: date | None
    last: date | None


@dataclass(slots=True)
class Expiring:
    """What expires in a span: lots and base units there, and what open alerts say will expire unused of it."""

    span: Span
    lots: int = 0
    units: int = 0
    risk_lots: int = 0
    risk_units: int = 0
    values: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpiringLot:
    """One lot in one zone of a site. `used` and `expiring` are what becomes of what is free of it; None where that is
    not known: no demand is known, it lies aside, or its day is further away than a year."""

    site: Site
    item: Item
    lot: Lot
    zone: str
    status: str
    on_hand: int
    used: int | None
    expiring: int | None

    @property
    def value(self) -> Decimal | None:
        """What it is worth, in the lot's currency."""
        return None if self.lot.unit_value is None else self.lot.unit_value * self.on_hand


def spans(today: date) -> list[Span]:
    """What has expired, each of the next 24 months, and what comes after."""
    found = [Span("expired", None, today - timedelta(days=1))]
    first = today.replace(day=1)
    for _ in range(MONTHS):
        after = (first + timedelta(days=32)).replace(day=1)
        start = max(first, today)
        found.append(Span(f"{first:%Y-%m}", start, after - timedelta(days=1)))
        first = after
    return [*found, Span("later", first, None)]


def span_named(key: str | None, today: date) -> Span:
    """The span of that name; the next 90 days where there is none."""
    for span in spans(today):
        if span.key == key:
            return span
    return Span("soon", today, today + timedelta(days=SOON))


def calendar(session: Session, actor: Actor, wanted: CalendarFilter, today: date) -> list[Expiring]:
    """What expires in each span at the sites of the actor."""
    check_site(session, actor, wanted.site)
    months = {each.span.key: each for each in (Expiring(span) for span in spans(today))}
    keys = sorted(key for key in months if key[0] == "2")

    def of(year: Any, month: Any, late: bool) -> Expiring:
        key = f"{int(year):04}-{int(month):02}"
        if late:
            return months["expired"]
        return months[key] if key in months else months["later" if key > keys[-1] else "expired"]

    year, month = extract("year", Lot.expires_on), extract("month", Lot.expires_on)
    late = Lot.expires_on < today
    worth = func.sum(Balance.on_hand * 1.0 * type_coerce(Lot.unit_value, BigInteger))
    query = _joined(
        select(year, month, late, Lot.currency, func.count(), func.sum(Balance.on_hand), worth)
    ).where(*_conditions(actor, wanted))
    for row in session.execute(query.group_by(year, month, late, Lot.currency)):
        found = of(row[0], row[1], bool(row[2]))
        found.lots += int(row[4])
        found.units += int(row[5])
        if row[6] is not None:
            currency = row[3] or "EUR"
            value = Decimal(str(float(row[6]) / SCALE)).quantize(Decimal("0.01"))
            found.values[currency] = found.values.get(currency, Decimal(0)) + value
    risks = (
        select(year, month, func.count(), func.sum(Alert.quantity))
        .select_from(Alert)
        .join(Lot, Lot.id == Alert.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Site, Site.id == Alert.site_id)
        .where(Alert.kind == "expiry_risk", Alert.resolved_at.is_(None), Lot.expires_on >= today)
        .where(*_where(actor, wanted, Alert.site_id))
    )
    for row in session.execute(risks.group_by(year, month)):
        found = of(row[0], row[1], False)
        found.risk_lots += int(row[2])
        found.risk_units += int(row[3] or 0)
    return list(months.values())


def lots_page(
    session: Session, actor: Actor, wanted: CalendarFilter, span: Span, number: int, size: int
) -> Page[ExpiringLot]:
    """The lots of a span, the first to expire first; what becomes of them is worked out for one page alone."""
    check_site(session, actor, wanted.site)
    query = _joined(select(Site, Item, Lot, Location.kind, Balance.on_hand))
    query = query.where(*_conditions(actor, wanted), *_within(span))
    page = numbered(
        session, query.order_by(Lot.expires_on, Item.name, Site.code, Lot.id, Location.id), number, size
    )
    return Page(_told(session, page.rows), page.number, page.size, page.total)


def all_lots(session: Session, actor: Actor, wanted: CalendarFilter, span: Span) -> Iterator[ExpiringLot]:
    """Every lot of a span, a batch at a time."""
    number = 1
    while True:
        page = lots_page(session, actor, wanted, span, number, 400)
        yield from page.rows
        if number * page.size >= page.total:
            return
        number += 1


def _told(session: Session, rows: Sequence[Any]) -> list[ExpiringLot]:
    sites = {site.id: site for site, *_ in rows}
    items: dict[int, set[int]] = defaultdict(set)
    for site, item, _, kind, _ in rows:
        if kind == "stock":
            items[site.id].add(item.id)
    fates: dict[tuple[int, int], tuple[int, int]] = {}
    for site_id, item_ids in items.items():
        today = clock.today(sites[site_id].timezone)
        for found in figures(session, site_id, today, item_ids).values():
            for each in found.projection.per_lot:
                fates[site_id, each.key] = (each.used, each.expiring)
    told = []
    for site, item, lot, kind, on_hand in rows:
        today = clock.today(site.timezone)
        status = status_of(lot, kind, today)
        near = lot.expires_on is not None and (lot.expires_on - today).days <= LOOKED_AHEAD
        fate = fates.get((site.id, lot.id)) if near and status == "usable" else None
        told.append(ExpiringLot(site, item, lot, kind, status, on_hand, *(fate or (None, None))))
    return told


def _joined(query: Any) -> Any:
    return (
        query.select_from(Balance)
        .join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
    )


def _conditions(actor: Actor, wanted: CalendarFilter) -> list[ColumnElement[bool]]:
    return [
        Location.kind.in_(list(ZONES)),
        Balance.on_hand > 0,
        Lot.expires_on.is_not(None),
        *_where(actor, wanted, Location.site_id),
    ]


def _where(actor: Actor, wanted: CalendarFilter, site_id: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if actor.sites is not None:
        found.append(site_id.in_(list(actor.sites)))
    if wanted.site is not None:
        found.append(Site.code == wanted.site)
    if wanted.category is not None:
        found.append(Item.category == wanted.category)
    return found


def _within(span: Span) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if span.first is not None:
        found.append(Lot.expires_on >= span.first)
    if span.last is not None:
        found.append(Lot.expires_on <= span.last)
    return found
