"""Which of what would expire at one site can be used in time at another.

For every site and item a holding says what is there, what is on its way, the demand and the levels. What is moved must
be used by its new site before it expires without pushing anything aside that would have been used: for every day `a`
on which something arrives and every last day `T`, what comes after `a` and must be used by `T` is no more than the
demand of the days in between (handbook, 3.4). These sets are nested, so that the program is a network and its answer
whole; packs and the cost of a trip make it an integer program. HiGHS solves both.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any, Generic, TypeVar

from inventory.rules.arrivals import Arrival, Use, uses
from inventory.rules.course import Course
from inventory.rules.expiry import K, ProjectedLot, project
from inventory.rules.programs import NO_LIMIT, Program

S = TypeVar("S", bound=Hashable)

QUICK = 1000
"""Routes of a program that is solved at once."""


@dataclass(frozen=True, slots=True)
class Holding(Generic[K, S]):
    """One item at one site: `lots` may be used and are not reserved, `arrivals` are on their way; quantities in base
    units.

    It gives what would expire but keeps its `minimum` beside its own need, and takes up to `maximum` (None: no level)
    less its `position`. Lots in `fixed` stay: opened cold chain, say. `gives` is False for what must not be moved at
    all (controlled), `takes` for a site that is to get none. `values` is what a base unit of a lot is worth; only whole
    packs of `pack` are moved.
    """

    item: Hashable
    site: S
    lots: tuple[ProjectedLot[K], ...]
    demand: Course | Fraction | None
    position: Fraction | int = 0
    minimum: Fraction | int | None = None
    maximum: Fraction | int | None = None
    arrivals: tuple[Arrival[K], ...] = ()
    buffer_days: int = 0
    gives: bool = True
    takes: bool = True
    fixed: frozenset[K] = frozenset()
    values: Mapping[K, Fraction] = field(default_factory=dict)
    pack: int = 1


@dataclass(frozen=True, slots=True)
class Costs:
    """What moving costs, in the unit of the values: a journey between two sites, and each base unit."""

    trip: Fraction = Fraction(0)
    unit: Fraction = Fraction(0)


FREE = Costs()


@dataclass(frozen=True, slots=True)
class Transfer(Generic[K, S]):
    """Move `quantity` base units of a lot, all of which would expire: `expiring` of it do so at its origin.

    They arrive on `arrives_on`, and the destination will have used the last of them on `used_by`. `worth` is their
    value, None where it is not known.
    """

    lot: K
    item: Hashable
    origin: S
    destination: S
    quantity: int
    expiring: int
    expires_on: date
    arrives_on: date
    used_by: date
    worth: Fraction | None

    @property
    def saved(self) -> int:
        """Base units that do not expire because of it: all of them."""
        return self.quantity


@dataclass(frozen=True, slots=True)
class _Route(Generic[K, S]):
    """A lot that may go from one holding to another, in packs; `last` is its last day of use there, from today."""

    origin: Holding[K, S]
    destination: Holding[K, S]
    lot: ProjectedLot[K]
    expiring: int
    days: int
    last: int
    most: int
    gain: float


Days = Callable[[S, S], int | None]


def propose(
    holdings: Iterable[Holding[K, S]],
    days: Days[S],
    on: date,
    horizon_days: int = 365,
    costs: Costs = FREE,
) -> list[Transfer[K, S]]:
    """The transfers that save most, in the order of origin, destination, item and expiry.

    `days(origin, destination)` says how long a journey takes, None where there is none; what arrives is used from the
    day after. All projected expiry within the horizon falls by exactly what is moved, and at no destination does more
    expire than before. A site that gives an item takes none of it. The order of the holdings is irrelevant; sites,
    items and lots must have an order of their own.
    """
    by_item: dict[Hashable, list[Holding[K, S]]] = defaultdict(list)
    for each in holdings:
        by_item[each.item].append(each)
    groups: list[list[_Route[K, S]]] = []
    for item in sorted(by_item, key=_key):
        routes = _routes(
            sorted(by_item[item], key=lambda each: _key(each.site)), days, on, horizon_days, costs
        )
        if routes:
            groups.append(routes)
    found = [
        transfer
        for routes in _programs(groups, together=bool(costs.trip))
        for transfer in _solve(routes, on, costs)
    ]
    found.sort(key=lambda t: (_key(t.origin), _key(t.destination), _key(t.item), t.expires_on, _key(t.lot)))
    return found


def _key(value: Any) -> Any:
    """A value that has an order, though its type says only that it can be hashed."""
    return value


def _programs(groups: Sequence[list[_Route[K, S]]], together: bool) -> list[list[_Route[K, S]]]:
    """The items of one program each: all where a journey carries them at one cost, else as many as are quick, for to
    begin a program takes longer than to solve a small one."""
    found: list[list[_Route[K, S]]] = []
    for routes in groups:
        if found and (together or len(found[-1]) + len(routes) <= QUICK):
            found[-1] += routes
        else:
            found.append([*routes])
    return found


def _routes(
    holdings: Sequence[Holding[K, S]], days: Days[S], on: date, horizon_days: int, costs: Costs
) -> list[_Route[K, S]]:
    surplus: list[tuple[Holding[K, S], ProjectedLot[K], int]] = []
    for holding in holdings:
        if holding.gives and holding.demand is not None:
            projected = project(holding.lots, holding.demand, on, holding.buffer_days, horizon_days)
            left = {each.key: each.expiring for each in projected.per_lot if each.expiring}
            surplus += [
                (holding, lot, left[lot.key])
                for lot in holding.lots
                if left.get(lot.key) and lot.key not in holding.fixed
            ]
    surplus.sort(key=lambda each: (each[1].expires_on, _key(each[0].site), _key(each[1].key)))
    givers = {holding.site for holding, _, _ in surplus}
    routes: list[_Route[K, S]] = []
    for origin, lot, expiring in surplus:
        for destination in holdings:
            takes = destination.takes and destination.demand is not None and destination.site not in givers
            travel = days(origin.site, destination.site) if takes else None
            if travel is not None:
                route = _route(origin, destination, lot, expiring, travel, on, costs)
                routes += [route] if route is not None else []
    return routes


def _route(
    origin: Holding[K, S],
    destination: Holding[K, S],
    lot: ProjectedLot[K],
    expiring: int,
    travel: int,
    on: date,
    costs: Costs,
) -> _Route[K, S] | None:
    assert destination.demand is not None and lot.expires_on is not None
    days = max(1, travel)
    last = (lot.expires_on - on).days - destination.buffer_days
    if last <= days:
        return None
    course = _course(destination.demand, on)
    pack = max(1, origin.pack)
    most = min(expiring, floor(course.within(last) - course.within(days)))
    if destination.maximum is not None:
        most = min(most, floor(Fraction(destination.maximum) - Fraction(destination.position)))
    value = origin.values.get(lot.key)
    gain = (Fraction(1) if value is None else value) - costs.unit
    if most < pack or gain <= 0:
        return None
    # The shorter way where two save the same.
    return _Route(
        origin, destination, lot, expiring, days, last, most // pack, float(gain * pack) * (1 - 1e-7 * days)
    )


def _course(demand: Course | Fraction, on: date) -> Course:
    return demand if isinstance(demand, Course) else Course(demand, on)


def _solve(routes: Sequence[_Route[K, S]], on: date, costs: Costs) -> list[Transfer[K, S]]:
    program = Program()
    for route in routes:
        program.variable(route.most, route.gain, whole=True)
    for _, lots in _grouped(routes, lambda r: (r.origin.item, r.origin.site)):
        _leave(program, routes, lots, on)
    own: dict[Any, list[Use[K]]] = {}
    for key, coming in _grouped(routes, lambda r: (r.destination.item, r.destination.site)):
        own[key] = _take(program, routes, coming, on)
    if costs.trip:
        for _, along in _grouped(routes, lambda r: (r.origin.site, r.destination.site)):
            trip = program.variable(1, -float(costs.trip), whole=True)
            for i in along:
                program.row(float("-inf"), [(i, 1), (trip, -routes[i].most)])
    packs = program.solve()
    moved = {i: packs[i] * max(1, route.origin.pack) for i, route in enumerate(routes) if packs[i]}
    return [_transfer(routes, moved, own, i, on) for i in moved]


def _grouped(
    routes: Sequence[_Route[K, S]], key: Callable[[_Route[K, S]], Any]
) -> list[tuple[Any, list[int]]]:
    groups: dict[Any, list[int]] = {}
    for i, route in enumerate(routes):
        groups.setdefault(key(route), []).append(i)
    return list(groups.items())


def _leave(program: Program, routes: Sequence[_Route[K, S]], among: Sequence[int], on: date) -> None:
    """No lot gives more than would expire of it, and when the last of what is given would have expired, there is the
    minimum left beside what the site has needed until then."""
    origin = routes[among[0]].origin
    assert origin.demand is not None
    by_lot: dict[K, list[int]] = defaultdict(list)
    for i in among:
        by_lot[routes[i].lot.key].append(i)
    pack = max(1, origin.pack)
    used = uses(origin.lots, (), origin.demand, on, origin.buffer_days, _end(origin, on))
    here = sum(lot.quantity for lot in origin.lots)
    steps = []
    for columns in by_lot.values():
        route = routes[columns[0]]
        assert route.lot.expires_on is not None
        last = max(0, (route.lot.expires_on - on).days - origin.buffer_days)
        program.chain([(route.expiring, [(i, pack) for i in columns])])
        need = sum((each.used for each in used if each.last is not None and each.last <= last), Fraction(0))
        # Its need in whole units, as the projection rounds it.
        spare = max(0, floor(here - floor(need + Fraction(1, 2)) - Fraction(origin.minimum or 0)))
        steps.append((last, spare, [(i, pack) for i in columns]))
    steps.sort(key=lambda step: step[0])
    program.chain([(spare, columns) for _, spare, columns in steps])


def _take(program: Program, routes: Sequence[_Route[K, S]], among: Sequence[int], on: date) -> list[Use[K]]:
    """All that comes is used in time, and so is all that would have been used without it; the position stays below the
    maximum. Answers what the site uses of its own."""
    site = routes[among[0]].destination
    assert site.demand is not None
    course = _course(site.demand, on)
    end = max(_end(site, on), *(routes[i].last for i in among))
    own = uses(site.lots, site.arrivals, site.demand, on, site.buffer_days, end)
    dated = [each for each in own if each.last is not None and each.used]
    starts = {0, *(routes[i].days for i in among), *(each.first - 1 for each in dated if each.first > 1)}
    ends = sorted({*(routes[i].last for i in among), *(each.last or 0 for each in dated)})
    within = {day: course.within(day) for day in {*starts, *ends}}
    by_end: dict[int, list[int]] = defaultdict(list)
    for i in among:
        by_end[routes[i].last].append(i)
    room = NO_LIMIT
    if site.maximum is not None:
        room = max(0, floor(Fraction(site.maximum) - Fraction(site.position)))
    known = dict.fromkeys(ends, room)
    for start in sorted(starts):
        need, steps = Fraction(0), []
        inside = sorted((each.last or 0, each.used) for each in dated if start == 0 or each.first > start)
        for last in (last for last in ends if last > start):
            while inside and inside[0][0] <= last:
                need += inside.pop(0)[1]
            limit = max(0, floor(within[last] - within[start] - need))
            coming = [(i, max(1, routes[i].origin.pack)) for i in by_end[last] if routes[i].days >= start]
            # What comes later came after the start before, too: a limit that is no lower says nothing new.
            steps.append(
                (
                    min(limit, known[last]) if start == 0 else limit if limit < known[last] else NO_LIMIT,
                    coming,
                )
            )
            known[last] = min(limit, known[last])
        program.chain(steps)
    return own


def _end(holding: Holding[K, S], on: date) -> int:
    """The last day on which any of it can be used, from today."""
    lots = [*holding.lots, *(arrival.lot for arrival in holding.arrivals)]
    return max([0, *((lot.expires_on - on).days for lot in lots if lot.expires_on is not None)])


def _transfer(
    routes: Sequence[_Route[K, S]],
    moved: Mapping[int, int],
    own: Mapping[Any, list[Use[K]]],
    i: int,
    on: date,
) -> Transfer[K, S]:
    route = routes[i]
    assert route.lot.expires_on is not None and route.destination.demand is not None
    key = (route.destination.item, route.destination.site)
    before = sum(
        (each.used for each in own[key] if each.last is not None and each.last <= route.last), Fraction(0)
    )
    for j, quantity in moved.items():
        other = routes[j]
        if (other.destination.item, other.destination.site) == key and other.last <= route.last:
            before += quantity
    lasts = _course(route.destination.demand, on).lasts(before)
    days = route.last if lasts is None else min(route.last, max(route.days + 1, -int(-lasts // 1)))
    value = route.origin.values.get(route.lot.key)
    return Transfer(
        lot=route.lot.key,
        item=route.origin.item,
        origin=route.origin.site,
        destination=route.destination.site,
        quantity=moved[i],
        expiring=route.expiring,
        expires_on=route.lot.expires_on,
        arrives_on=on + timedelta(days=route.days),
        used_by=on + timedelta(days=days),
        worth=None if value is None else value * moved[i],
    )
