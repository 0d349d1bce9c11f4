"""How well the books agree with the shelves, by site and month, from every count: of sheets and counted at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.models import CountLine, Item, Lot, Site, StockEvent
from inventory.models.words import StockEventKind
from inventory.rules.counting import Tolerance, is_strict, within


@dataclass(slots=True)
class Accuracy:
    """What was counted in a month: lines, those exactly as in the books, those within the tolerance; base units found
    and missing, and their value by currency."""

    lines: int = 0
    exact: int = 0
    within: int = 0
    found: int = 0
    missing: int = 0
    value_found: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    value_missing: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def exact_share(self) -> Fraction:
        """Of the lines, those that agreed exactly."""
        return Fraction(self.exact, self.lines) if self.lines else Fraction(0)

    @property
    def within_share(self) -> Fraction:
        """Of the lines, those that agreed within the tolerance."""
        return Fraction(self.within, self.lines) if self.lines else Fraction(0)

    @property
    def currencies(self) -> list[str]:
        return sorted({*self.value_found, *self.value_missing})

    def net(self, currency: str) -> Decimal:
        """What was gained, less what was lost."""
        return self.value_found.get(currency, Decimal(0)) - self.value_missing.get(currency, Decimal(0))

    def gross(self, currency: str) -> Decimal:
        """What was gained and lost together."""
        return self.value_found.get(currency, Decimal(0)) + self.value_missing.get(currency, Decimal(0))


@dataclass(frozen=True, slots=True)
class SiteMonth:
    """The accuracy of one site in the month that begins on `month`."""

    site: Site
    month: date
    accuracy: Accuracy


def accuracy(
    session: Session,
    actor: Actor,
    tolerance: Tolerance,
    *,
    site: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[SiteMonth]:
    """Every month of every site of the actor in which something was counted, the newest first."""
    query = (
        select(
            Site,
            StockEvent.occurred_on,
            CountLine.expected,
            CountLine.counted,
            Lot.unit_value,
            Lot.currency,
            Item.controlled,
            Item.ven,
        )
        .join(StockEvent, StockEvent.id == CountLine.event_id)
        .join(Site, Site.id == StockEvent.site_id)
        .join(Lot, Lot.id == CountLine.lot_id)
        .join(Item, Item.id == CountLine.item_id)
        .where(StockEvent.kind == StockEventKind.COUNT, StockEvent.reversed_by_id.is_(None))
        .execution_options(yield_per=1000)
    )
    if actor.sites is not None:
        query = query.where(StockEvent.site_id.in_(list(actor.sites)))
    if site:
        query = query.where(Site.code == site)
    if since:
        query = query.where(StockEvent.occurred_on >= since)
    if until:
        query = query.where(StockEvent.occurred_on <= until)
    found: dict[tuple[str, date], SiteMonth] = {}
    for place, day, expected, counted, value, currency, controlled, ven in session.execute(query):
        month = day.replace(day=1)
        if (place.code, month) not in found:
            found[(place.code, month)] = SiteMonth(place, month, Accuracy())
        strict = is_strict(controlled, ven)
        fine = within(tolerance, expected, counted, strict=strict, unit_value=value)
        _add(found[(place.code, month)].accuracy, expected, counted, value, currency, fine)
    return sorted(found.values(), key=lambda row: (-row.month.toordinal(), row.site.code))


def by_month(rows: Sequence[SiteMonth]) -> list[tuple[date, Accuracy]]:
    """All sites together, the oldest month first."""
    found: dict[date, Accuracy] = {}
    for row in rows:
        total = found.setdefault(row.month, Accuracy())
        for name in ("lines", "exact", "within", "found", "missing"):
            setattr(total, name, getattr(total, name) + getattr(row.accuracy, name))
        for mine, other in (
            (total.value_found, row.accuracy.value_found),
            (total.value_missing, row.accuracy.value_missing),
        ):
            for currency, amount in other.items():
                mine[currency] += amount
    return sorted(found.items())


def _add(
    told: Accuracy, expected: int, counted: int, value: Decimal | None, currency: str | None, fine: bool
) -> None:
    difference = counted - expected
    told.lines += 1
    told.exact += difference == 0
    told.within += fine
    told.found += max(difference, 0)
    told.missing += max(-difference, 0)
    if difference and value is not None and currency:
        worth = told.value_found if difference > 0 else told.value_missing
        worth[currency] += abs(difference) * value
