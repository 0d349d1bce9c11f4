"""What replenishment knows of an item at a site, read once for as many pairs as are asked for.

The one place where balances, day totals, shipments, requisitions and policies meet `rules/`; alerts and pages read it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor, sqrt

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.ledger._sql import among, chunks
from inventory.ledger.levels import (
    LOOKBACK_MONTHS,
    Defaults,
    Held,
    defaults_for,
    own_policies,
    rule_of,
    with_defaults,
)
from inventory.ledger.outlook import Outlook, outlook
from inventory.models import (
    Balance,
    Location,
    Lot,
    Requisition,
    RequisitionLine,
    Shipment,
    Site,
    StockDay,
)
from inventory.models.words import SiteStatus
from inventory.rules import demand, expiry, reorder, service
from inventory.rules.course import Course, course, together
from inventory.rules.demand import Basis
from inventory.rules.effects import LocationKind
from inventory.rules.forecast import Forecast, forecast

Pair = tuple[int, int]
"""(site id, item id)"""


@dataclass(frozen=True, slots=True)
class Figures:
    """One item at one site, in base units. `inbound` and `open_requisitions` are what is on its way and asked for.

    `usage` is its own consumption; `demand` is a month's as the plan takes it and `basis` what that rests on;
    `course` is the demand to come, months set by hand in it. `policy` holds; `default_id` says from which default.
    `deviation` is the standard deviation of a month's demand and `forecast` what the history says; both are there
    for `service` policies, or where they were asked for.
    """

    site_id: int
    item_id: int
    usable: int
    available: int
    inbound: int
    open_requisitions: int
    usage: demand.Usage
    demand: Fraction | None
    basis: Basis
    course: Course | None
    projection: expiry.Projection[int]
    policy: reorder.Policy | None
    default_id: int | None
    assessment: reorder.Assessment
    deviation: float | None = None
    forecast: Forecast | None = None

    @property
    def amc(self) -> Fraction | None:
        """The average monthly consumption as the contract words it, or what a person set in its place."""
        override = self.policy.demand_override if self.policy is not None else None
        return self.usage.amc if override is None else Fraction(override)

    @property
    def amc_basis(self) -> Basis:
        """What `amc` rests on."""
        override = self.policy.demand_override if self.policy is not None else None
        return self.usage.basis if override is None else "override"


@dataclass(slots=True)
class _Found:
    """What was read of the items of a site, by item id."""

    site_id: int
    today: date
    lots: dict[int, list[tuple[expiry.ProjectedLot[int], int]]]
    days: dict[int, list[demand.LotDay]]
    first: dict[int, date]
    inbound: dict[int, int]
    asked: dict[int, int]
    known: Outlook
    forecasts: bool = False
    held: dict[int, Held] = field(default_factory=dict)
    unseen: dict[int, "Figures"] = field(default_factory=dict)

    seen: set[int] = field(default_factory=set)

    def something(self) -> set[int]:
        """The items of which more is known than their policy."""
        known = self.known
        there = set().union(self.lots, self.days, self.inbound, self.asked)
        return there.union(known.supplied, known.similar, known.kit, known.assumed, known.by_hand)


def figures(
    session: Session,
    site_id: int,
    today: date,
    item_ids: Collection[int] | None = None,
    *,
    forecasts: bool = False,
) -> dict[int, Figures]:
    """item id -> its figures at a site today: for `item_ids`, or for every item that is known there. With `forecasts`
    the history of each is forecast, whatever its policy.

    Known is what has a policy of its own, a history, stock, something on its way or asked for, or an expected demand.
    """
    site = session.get_one(Site, site_id)
    own, defaults = own_policies(session, site_id, item_ids), defaults_for(session, site)
    since = None if forecasts else _looked_back_to(today, own, defaults)
    days, first = _days(session, site_id, today, item_ids, since)
    found = _Found(
        site_id,
        today,
        _usable_lots(session, site_id, today, item_ids),
        days,
        first,
        _inbound(session, site_id, today, item_ids),
        _open_requisitions(session, site_id, item_ids),
        outlook(session, site, today, item_ids),
        forecasts,
    )
    if found.known.for_supplied:
        # Without a look-back's limit a `service` policy holds somewhere here, and asks how far demand strays.
        _add_supplied(session, found, item_ids, forecasts=since is None)
    wanted = set(item_ids) if item_ids is not None else _all_known(own, found)
    found.held = with_defaults(session, own, defaults, wanted)
    found.seen = found.something()
    return {item_id: _figures(found, item_id) for item_id in sorted(wanted)}


def _add_supplied(
    session: Session, found: _Found, item_ids: Collection[int] | None, *, forecasts: bool
) -> None:
    """What the open sites that a site supplies use, as far as that is known, months set by hand there included.

    Those may be stores that plan for others in turn; a ring of suppliers cannot be entered. Sites stray by themselves,
    so the squares of their deviations add up.
    """
    known, courses = found.known, defaultdict[int, list[Course]](list)
    squares: dict[int, float] = defaultdict(float)
    supplied = select(Site.id).where(Site.supplied_by_id == found.site_id, Site.status == SiteStatus.OPEN)
    for each in session.scalars(supplied.order_by(Site.id)).all():
        for item_id, entry in figures(session, each, found.today, item_ids, forecasts=forecasts).items():
            if entry.course is not None:
                courses[item_id].append(entry.course)
                squares[item_id] += (entry.deviation or 0.0) ** 2
    for item_id, several in courses.items():
        whole = together(several, found.today)
        known.supplied[item_id] = whole.monthly
        known.supplied_deviation[item_id] = sqrt(squares[item_id])
        own = {each.month for each in known.by_hand.get(item_id, ())}
        known.by_hand[item_id] += [each for each in whole.by_hand if each.month not in own]


def _all_known(own: Collection[int], found: _Found) -> set[int]:
    return {*own, *found.lots, *found.days, *found.inbound, *found.asked, *found.known.items(not found.days)}


def _looked_back_to(today: date, own: Mapping[int, reorder.Policy], defaults: Defaults) -> date | None:
    """The first day of the longest look-back that may hold at a site; None where the whole history is needed."""
    policies = [*{id(policy): policy for policy in own.values()}.values()]
    policies += [rule_of(each) for each in defaults.fitting]
    if any(policy.method == "service" for policy in policies):
        return None
    months = max((policy.lookback_months for policy in policies), default=LOOKBACK_MONTHS)
    days = floor(Fraction(max(months, LOOKBACK_MONTHS)) * demand.MONTH)
    return date.fromordinal(max(2, today.toordinal() - days + 1))


def _figures(found: _Found, item_id: int) -> Figures:
    """The figures of an item. Of items that never were at a site and are not expected there, only the policy tells one
    from another: those of the first serve for all."""
    if item_id in found.seen:
        return _worked_out(found, item_id)
    held = found.held.get(item_id)
    first = found.unseen.get(id(held))
    if first is None:
        first = found.unseen[id(held)] = _worked_out(found, item_id)
        return first
    return Figures(
        first.site_id,
        item_id,
        *(0, 0, 0, 0),
        first.usage,
        first.demand,
        first.basis,
        first.course,
        first.projection,
        first.policy,
        first.default_id,
        first.assessment,
        first.deviation,
        first.forecast,
    )


def _worked_out(found: _Found, item_id: int) -> Figures:
    held = found.held.get(item_id)
    policy = held.policy if held is not None else None
    days, lots = found.days.get(item_id, []), found.lots.get(item_id, [])
    lookback = policy.lookback_months if policy is not None else LOOKBACK_MONTHS
    first = found.first.get(item_id)
    usage = demand.usage(days, today=found.today, lookback_months=lookback, first_receipt=first)
    override = policy.demand_override if policy is not None else None
    monthly, basis = demand.monthly_demand(usage, override, found.known.hints(item_id, usage))
    by_service = policy is not None and policy.method == "service"
    seen = deviation = None
    if by_service or found.forecasts:
        seen = forecast(demand.periods(days, found.today))
        known = service.expected(usage, seen, (monthly, basis), found.known.supplied_deviation.get(item_id))
        deviation = known.deviation
        if by_service:
            monthly, basis = known.monthly, known.basis
    coming = None if monthly is None else course(monthly, found.today, found.known.by_hand.get(item_id, ()))
    usable = sum(lot.quantity + reserved for lot, reserved in lots)
    available = sum(lot.quantity for lot, _ in lots)
    buffer_days = policy.expiry_buffer_days if policy is not None else 0
    free = [lot for lot, _ in lots if lot.quantity]
    projection = expiry.project(free, coming, found.today, buffer_days)
    inbound, asked = found.inbound.get(item_id, 0), found.asked.get(item_id, 0)
    assessment = reorder.assess(
        policy,
        usable=usable,
        available=available,
        inbound=inbound,
        open_requisitions=asked,
        demand=coming,
        projection=projection,
        worked=_worked(policy, coming, deviation),
    )
    return Figures(
        site_id=found.site_id,
        item_id=item_id,
        usable=usable,
        available=available,
        inbound=inbound,
        open_requisitions=asked,
        usage=usage,
        demand=monthly,
        basis=basis,
        course=coming,
        projection=projection,
        policy=policy,
        default_id=held.default_id if held is not None else None,
        assessment=assessment,
        deviation=deviation,
        forecast=seen,
    )


def _worked(
    policy: reorder.Policy | None, coming: Course | None, deviation: float | None
) -> reorder.Worked | None:
    if policy is None or coming is None or deviation is None:
        return None
    return service.worked(policy, coming, deviation)


def _usable_lots(
    session: Session, site_id: int, today: date, item_ids: Collection[int] | None
) -> dict[int, list[tuple[expiry.ProjectedLot[int], int]]]:
    """item id -> (lot with what is free of it, reserved) for lots in the `stock` zone that may be used today."""
    found: dict[int, list[tuple[expiry.ProjectedLot[int], int]]] = defaultdict(list)
    for ids in chunks(item_ids):
        rows = session.execute(
            select(Lot.item_id, Lot.id, Lot.expires_on, Lot.received_on, Balance.on_hand, Balance.reserved)
            .join(Balance, Balance.lot_id == Lot.id)
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id == site_id, Location.kind == LocationKind.STOCK, Balance.on_hand > 0)
            .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
            .where(*among(Lot.item_id, ids))
        )
        for item_id, lot_id, expires_on, received_on, on_hand, reserved in rows:
            lot = expiry.ProjectedLot(lot_id, on_hand - reserved, expires_on, received_on, lot_id)
            found[item_id].append((lot, reserved))
    return found


def _days(
    session: Session,
    site_id: int,
    today: date,
    item_ids: Collection[int] | None,
    since: date | None,
) -> tuple[dict[int, list[demand.LotDay]], dict[int, date]]:
    """item id -> what the days did to its lots, and item id -> the first of them.

    The days before `since` are told as one, the day before it: what they left of each lot. No more is known of them, so
    only a look-back that begins no earlier may be taken.
    """
    found: dict[int, list[demand.LotDay]] = defaultdict(list)
    first: dict[int, date] = {}
    for ids in chunks(item_ids):
        mine = [
            StockDay.site_id == site_id,
            *among(StockDay.item_id, ids),
            # A day that was taken back whole is as if it had not been: no first receipt either.
            or_(StockDay.change != 0, StockDay.dispensed != 0),
        ]
        facts = {
            lot_id: (expires_on, recalled_on)
            for lot_id, expires_on, recalled_on in session.execute(
                select(Lot.id, Lot.expires_on, Lot.recalled_on).where(
                    Lot.id.in_(select(StockDay.lot_id).where(*mine))
                )
            )
        }
        if since is not None:
            before = since - timedelta(days=1)
            older = session.execute(
                select(StockDay.item_id, StockDay.lot_id, func.min(StockDay.day), func.sum(StockDay.change))
                .where(*mine, StockDay.day <= before, StockDay.day <= today)
                .group_by(StockDay.item_id, StockDay.lot_id)
            )
            for item_id, lot_id, day, left in older:
                first[item_id] = min(day, first.get(item_id, day))
                found[item_id].append(demand.LotDay(lot_id, *facts[lot_id], before, int(left), 0))
            mine.append(StockDay.day >= since)
        rows = session.execute(
            select(
                StockDay.item_id, StockDay.lot_id, StockDay.day, StockDay.change, StockDay.dispensed
            ).where(*mine, StockDay.day <= today)
        )
        for item_id, lot_id, day, change, dispensed in rows:
            found[item_id].append(demand.LotDay(lot_id, *facts[lot_id], day, change, dispensed))
    return found, first


def _inbound(session: Session, site_id: int, today: date, item_ids: Collection[int] | None) -> dict[int, int]:
    """item id -> what is in transit to a site and may be used when it comes."""
    found: dict[int, int] = defaultdict(int)
    for ids in chunks(item_ids):
        rows = session.execute(
            select(Lot.item_id, func.sum(Balance.on_hand))
            .join(Balance, Balance.lot_id == Lot.id)
            .join(Location, Location.id == Balance.location_id)
            .join(Shipment, Shipment.id == Location.shipment_id)
            .where(
                Location.kind == LocationKind.IN_TRANSIT,
                Shipment.destination_id == site_id,
                Balance.on_hand > 0,
            )
            .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
            .where(*among(Lot.item_id, ids))
            .group_by(Lot.item_id)
        )
        for item_id, quantity in rows:
            found[item_id] += int(quantity)
    return found


def _open_requisitions(session: Session, site_id: int, item_ids: Collection[int] | None) -> dict[int, int]:
    """item id -> what a site has asked for and what has not been sent yet: as approved, or else as asked."""
    found: dict[int, int] = defaultdict(int)
    for ids in chunks(item_ids):
        rows = session.execute(
            select(
                RequisitionLine.item_id,
                func.sum(func.coalesce(RequisitionLine.approved, RequisitionLine.quantity)),
            )
            .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
            .where(Requisition.site_id == site_id, Requisition.status.in_(["submitted", "approved"]))
            .where(*among(RequisitionLine.item_id, ids))
            .group_by(RequisitionLine.item_id)
        )
        for item_id, quantity in rows:
            found[item_id] += int(quantity)
    return found
