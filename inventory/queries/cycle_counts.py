"""Which goods of a site are to be counted again, and when: the figures that `rules/cycle_counts` judges."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.ledger.bins import in_bins
from inventory.models import (
    Balance,
    CountInterval,
    CountLine,
    CountSheet,
    CountSheetLine,
    Item,
    Location,
    Lot,
    Movement,
    Site,
    StockDay,
    StockEvent,
)
from inventory.models.words import StockEventKind, Zone
from inventory.queries.count_sheets import WAITING
from inventory.rules.counting import Tolerance, is_strict, within
from inventory.rules.cycle_counts import DEFAULTS, Facts, Plan, grades, plan, turn, workload
from inventory.rules.effects import LocationKind

YEAR = timedelta(days=365)
USED = (LocationKind.PATIENTS, LocationKind.IN_TRANSIT, LocationKind.PARTNER)
"""Where goods go that are used, or sent to where they are."""


@dataclass(frozen=True, slots=True)
class Due:
    """An item at a site, how often it is counted and when next; `sheet`: it stands on one already."""

    item: Item
    plan: Plan
    facts: Facts
    last_on: date
    counted: bool
    overdue: int
    lines: int
    sheet: str | None


@dataclass(frozen=True, slots=True)
class Cycle:
    """The cycle counts of a site: every item in stock, the most pressing first, and the lines to count a day."""

    rows: list[Due]
    a_day: Fraction

    @property
    def due(self) -> list[Due]:
        """What is to be counted by today and stands on no sheet yet."""
        return [row for row in self.rows if row.overdue >= 0 and row.sheet is None]


def intervals(session: Session) -> dict[str, int]:
    """Group -> days between counts, as somebody set them or else by default."""
    set_by_hand = session.execute(select(CountInterval.group, CountInterval.days))
    return dict(DEFAULTS) | {group: days for group, days in set_by_hand if group in DEFAULTS}


def cycle(session: Session, site: Site, tolerance: Tolerance) -> Cycle:
    """What is in the stock of a site, by when it is to be counted again."""
    today = clock.today(site.timezone)
    zone = ledger.zones(session, site.id).get(LocationKind.STOCK)
    if zone is None:
        return Cycle([], Fraction(0))
    here = _here(session, zone)
    items = {item.id: item for item in session.scalars(select(Item).where(Item.id.in_(here)))}
    classes = _grades(session, zone, today)
    counted = _last_counts(session, site, tolerance)
    first = _first_days(session, site)
    sheets = _on_sheets(session, site)
    lines = _lines(session, site, here)
    days = intervals(session)
    rows = []
    for item_id, item in items.items():
        last_on, wrong = counted.get(item_id, (None, False))
        facts = Facts(
            item.controlled,
            item.ven,
            item.temperature,
            min(
                (lot.expires_on for lot in here[item_id] if lot.expires_on and lot.expires_on >= today),
                default=None,
            ),
            wrong,
            classes.get(item_id, "C"),
        )
        since = last_on or first.get(item_id, today)
        planned = plan(facts, since, today, days)
        rows.append(
            Due(
                item,
                planned,
                facts,
                since,
                last_on is not None,
                planned.overdue(today),
                lines[item_id],
                sheets.get(item_id),
            )
        )
    rows.sort(key=lambda row: (-turn(row.plan, today), row.plan.interval, row.item.name, row.item.code))
    return Cycle(rows, workload((row.lines, row.plan.interval) for row in rows))


def _here(session: Session, zone: Location) -> dict[int, list[Lot]]:
    """item id -> its lots with something on hand."""
    found: dict[int, list[Lot]] = defaultdict(list)
    query = select(Lot).join(Balance, Balance.lot_id == Lot.id)
    for lot in session.scalars(query.where(Balance.location_id == zone.id, Balance.on_hand > 0)):
        found[lot.item_id].append(lot)
    return found


def _grades(session: Session, zone: Location, today: date) -> dict[int, str]:
    """item id -> A, B or C by the value used in a year; by that of the stock where nothing was used.

    Items are ranked among those valued in the same currency; those of unknown value by the quantity, among themselves.
    """
    used = (
        select(Lot.item_id, Lot.unit_value, Lot.currency, func.sum(Movement.quantity))
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Location, Location.id == Movement.destination_id)
        .where(
            Movement.source_id == zone.id,
            Location.kind.in_(USED),
            Movement.occurred_at > clock.end_of_day(today - YEAR),
        )
        .group_by(Lot.item_id, Lot.unit_value, Lot.currency)
    )
    held = (
        select(Lot.item_id, Lot.unit_value, Lot.currency, func.sum(Balance.on_hand))
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.location_id == zone.id, Balance.on_hand > 0)
        .group_by(Lot.item_id, Lot.unit_value, Lot.currency)
    )
    worth: dict[int, dict[str | None, Decimal]] = {}
    for query in (used, held):
        told: dict[int, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for item_id, value, currency, quantity in session.execute(query):
            if value is not None and currency is not None:
                told[item_id][currency] += value * quantity
            else:
                told[item_id][None] += quantity
        for item_id, by_currency in told.items():
            worth.setdefault(item_id, by_currency)
    pools: dict[str | None, dict[int, Decimal]] = defaultdict(dict)
    for item_id, by_currency in worth.items():
        valued = {key: amount for key, amount in by_currency.items() if key is not None}
        pool = max(valued, key=lambda key: valued[key], default=None)
        pools[pool][item_id] = by_currency[pool]
    return {item_id: grade for pool in pools.values() for item_id, grade in grades(pool).items()}


def _last_counts(session: Session, site: Site, tolerance: Tolerance) -> dict[int, tuple[date, bool]]:
    """item id -> the day of its last count, and whether the books were wrong by more than they may be."""
    made = (
        StockEvent.kind == StockEventKind.COUNT,
        StockEvent.site_id == site.id,
        StockEvent.reversed_by_id.is_(None),
        CountLine.zone == Zone.STOCK,
    )
    last = (
        select(CountLine.item_id.label("item_id"), func.max(StockEvent.occurred_on).label("day"))
        .join(StockEvent, StockEvent.id == CountLine.event_id)
        .where(*made)
        .group_by(CountLine.item_id)
        .subquery()
    )
    rows = session.execute(
        select(Item, StockEvent.occurred_on, CountLine.expected, CountLine.counted, Lot.unit_value)
        .join(CountLine, CountLine.item_id == Item.id)
        .join(StockEvent, StockEvent.id == CountLine.event_id)
        .join(Lot, Lot.id == CountLine.lot_id)
        .join(last, (last.c.item_id == Item.id) & (last.c.day == StockEvent.occurred_on))
        .where(*made)
    )
    found: dict[int, tuple[date, bool]] = {}
    for item, day, expected, counted, value in rows:
        strict = is_strict(item.controlled, item.ven)
        fine = within(tolerance, expected, counted, strict=strict, unit_value=value)
        found[item.id] = (day, found.get(item.id, (day, False))[1] or not fine)
    return found


def _first_days(session: Session, site: Site) -> Mapping[int, date]:
    """item id -> the day of its first movement at the site: it was counted when it came."""
    rows = session.execute(
        select(StockDay.item_id, func.min(StockDay.day))
        .where(StockDay.site_id == site.id)
        .group_by(StockDay.item_id)
    )
    return {item_id: day for item_id, day in rows}


def _on_sheets(session: Session, site: Site) -> dict[int, str]:
    """item id -> the number of a sheet on which it is being counted."""
    rows = session.execute(
        select(CountSheetLine.item_id, CountSheet.number)
        .join(CountSheet, CountSheet.id == CountSheetLine.sheet_id)
        .where(CountSheet.site_id == site.id, CountSheet.zone == Zone.STOCK, CountSheet.status.in_(WAITING))
    )
    return {item_id: number for item_id, number in rows}


def _lines(session: Session, site: Site, here: Mapping[int, list[Lot]]) -> dict[int, int]:
    """item id -> how many lines it takes on a sheet: one for each lot number in each place."""
    lying: dict[int, set[int]] = defaultdict(set)
    for row in in_bins(session, site.id, Zone.STOCK):
        lying[row.lot.id].add(row.bin.id)
    return {
        item_id: len({(lot.number, place) for lot in lots for place in lying.get(lot.id, {0})})
        for item_id, lots in here.items()
    }
