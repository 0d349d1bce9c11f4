"""What replenishment knows of an item at a site, read once for as many pairs as are asked for.

The one place where balances, day totals, shipments, requisitions and policies meet `rules/`; alerts and pages read it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor, sqrt

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.ledger import readings
from inventory.ledger.levels import (
    LOOKBACK_MONTHS,
    Defaults,
    Held,
    defaults_for,
    own_policies,
    rule_of,
    with_defaults,
)
from inventory.ledger.outlook import Outlook, outlooks
from inventory.models import Site
from inventory.models.words import SiteStatus
from inventory.rules import demand, expiry, reorder, service
from inventory.rules.course import Course, course, together
from inventory.rules.demand import Basis
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
    lots: readings.Lots
    days: readings.Days
    first: dict[int, date]
    inbound: dict[int, int]
    asked: dict[int, int]
    known: Outlook
    forecasts: bool = False
    held: dict[int, Held] = field(default_factory=dict)
    unseen: dict[int, "Figures"] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    wanted: list[int] = field(default_factory=list)

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
    return figures_at(session, {site_id: today}, item_ids, forecasts=forecasts)[site_id]


def figures_at(
    session: Session,
    days: Mapping[int, date],
    item_ids: Collection[int] | None = None,
    *,
    forecasts: bool = False,
) -> dict[int, dict[int, Figures]]:
    """site id -> item id -> its figures there, on the day that `days` gives each site: `figures` of several sites, with
    as few questions to the database as for one."""
    told: dict[int, dict[int, Figures]] = {}
    for today in set(days.values()):
        alike = select(Site).where(Site.id.in_([each for each, day in days.items() if day == today]))
        for found in _read(session, session.scalars(alike).all(), today, item_ids, forecasts=forecasts):
            told[found.site_id] = {item_id: _figures(found, item_id) for item_id in found.wanted}
    return told


def _read(
    session: Session,
    sites: Sequence[Site],
    today: date,
    item_ids: Collection[int] | None,
    *,
    forecasts: bool,
    stock: bool = True,
) -> list[_Found]:
    """What is known of the items of several sites, read for all of them at once. Without `stock` only what their
    demand rests on."""
    ids = [site.id for site in sites]
    own, defaults = own_policies(session, ids, item_ids), defaults_for(session, sites)
    since = {each: None if forecasts else _looked_back_to(today, own[each], defaults[each]) for each in ids}
    days: dict[int, tuple[readings.Days, dict[int, date]]] = {}
    for start in set(since.values()):
        alike = [site_id for site_id in ids if since[site_id] == start]
        days |= readings.days_of(session, alike, today, item_ids, start)
    lots = readings.usable_lots(session, ids, today, item_ids) if stock else {}
    coming = readings.inbound(session, ids, today, item_ids) if stock else {}
    asked = readings.asked_for(session, ids, item_ids) if stock else {}
    known = outlooks(session, sites, today, item_ids)
    all_found = []
    for each in ids:
        found = _Found(
            each,
            today,
            lots.get(each, {}),
            *days[each],
            coming.get(each, {}),
            asked.get(each, {}),
            known[each],
            forecasts,
        )
        if found.known.for_supplied:
            # Without a look-back's limit a `service` policy holds somewhere here, and asks how far demand strays.
            _add_supplied(session, found, item_ids, forecasts=since[each] is None)
        wanted = set(item_ids) if item_ids is not None else _all_known(own[each], found)
        found.held = with_defaults(session, own[each], defaults[each], wanted)
        found.seen, found.wanted = found.something(), sorted(wanted)
        all_found.append(found)
    return all_found


def _add_supplied(
    session: Session, found: _Found, item_ids: Collection[int] | None, *, forecasts: bool
) -> None:
    """What the open sites that a site supplies use, as far as that is known, months set by hand there included.

    Those may be stores that plan for others in turn; a ring of suppliers cannot be entered. Sites stray by themselves,
    so the squares of their deviations add up.
    """
    known, courses = found.known, defaultdict[int, list[Course]](list)
    squares: dict[int, float] = defaultdict(float)
    supplied = select(Site).where(Site.supplied_by_id == found.site_id, Site.status == SiteStatus.OPEN)
    sites = session.scalars(supplied.order_by(Site.id)).all()
    for each in _read(session, sites, found.today, item_ids, forecasts=forecasts, stock=False):
        for item_id in each.wanted:
            expected = _expected(each, item_id)
            if expected.course is not None:
                courses[item_id].append(expected.course)
                squares[item_id] += (expected.deviation or 0.0) ** 2
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


@dataclass(frozen=True, slots=True)
class _Expected:
    """The demand for an item and what it rests on."""

    usage: demand.Usage
    monthly: Fraction | None
    basis: Basis
    course: Course | None
    deviation: float | None
    forecast: Forecast | None


def _expected(found: _Found, item_id: int) -> _Expected:
    held = found.held.get(item_id)
    policy = held.policy if held is not None else None
    days = found.days.get(item_id, [])
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
    return _Expected(usage, monthly, basis, coming, deviation, seen)


def _worked_out(found: _Found, item_id: int) -> Figures:
    held = found.held.get(item_id)
    policy = held.policy if held is not None else None
    lots, expected = found.lots.get(item_id, []), _expected(found, item_id)
    usable = sum(lot.quantity + reserved for lot, reserved in lots)
    available = sum(lot.quantity for lot, _ in lots)
    buffer_days = policy.expiry_buffer_days if policy is not None else 0
    free = [lot for lot, _ in lots if lot.quantity]
    projection = expiry.project(free, expected.course, found.today, buffer_days)
    inbound, asked = found.inbound.get(item_id, 0), found.asked.get(item_id, 0)
    assessment = reorder.assess(
        policy,
        usable=usable,
        available=available,
        inbound=inbound,
        open_requisitions=asked,
        demand=expected.course,
        projection=projection,
        worked=_worked(policy, expected.course, expected.deviation),
    )
    return Figures(
        site_id=found.site_id,
        item_id=item_id,
        usable=usable,
        available=available,
        inbound=inbound,
        open_requisitions=asked,
        usage=expected.usage,
        demand=expected.monthly,
        basis=expected.basis,
        course=expected.course,
        projection=projection,
        policy=policy,
        default_id=held.default_id if held is not None else None,
        assessment=assessment,
        deviation=expected.deviation,
        forecast=expected.forecast,
    )


def _worked(
    policy: reorder.Policy | None, coming: Course | None, deviation: float | None
) -> reorder.Worked | None:
    if policy is None or coming is None or deviation is None:
        return None
    return service.worked(policy, coming, deviation)
