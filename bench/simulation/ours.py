"""The rules of the app, called as the app calls them: `inventory/rules`, nothing of it copied."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from bench.simulation.engine import Ask, Move, State, first_come
from bench.simulation.knowledge import closed_days, seasons
from bench.simulation.shelf import on, projected
from bench.simulation.world import PLACES, WAREHOUSE, World
from inventory.rules import demand, expiry, levels, rationing, redistribution, reorder, service
from inventory.rules.arrivals import Arrival
from inventory.rules.course import Course, SetMonth, course, together
from inventory.rules.forecast import forecast

SURPLUS_EVERY, SURPLUS_ON = 28, 14
KINDS = ("warehouse", "dispensary", "mobile")


@dataclass(frozen=True, slots=True)
class Options:
    """Which parts of the rules play a part, and what people entered."""

    months: tuple[float, float, float] | None = None
    """The level of warehouse, dispensary and mobile clinic in months of stock; None: levels for a service level."""
    leads: tuple[int, int, int] = (120, 14, 5)
    """The lead times entered for the same: the longest that are usual."""
    forecast: bool | None = None
    """The forecast, or the corrected mean of six months; None as in the app: the forecast with service levels."""
    spread: bool = True
    """The demand of the warehouse strays as those of its sites do together; else as a Poisson process."""
    to_maximum: bool = False
    """At each review up to the maximum, also above the reorder point, where `assess` suggests nothing."""
    expiry: bool = True
    """The position counts what will be used, not what is there."""
    corrected: bool = True
    """Days without stock are no days without patients."""
    rationing: bool = True
    surplus: bool = True
    """What would expire is moved, on the day on which the dispensaries are reviewed."""
    capped: bool = False
    """No site is given more surplus than up to its maximum."""
    store: bool = True
    """The warehouse gives too: to its sites, before they ask, what would not reach patients in time."""
    buffer: int = 30
    """Days that goods need from the warehouse to patients: what is due sooner is too late there."""
    winter: bool = False
    """Someone raises the levels before a road is closed for the winter."""
    seasons: bool = False
    """Someone sets the months of items with a season by hand."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of an item at a place."""

    coming: Course
    deviation: float


@dataclass(slots=True)
class Ours:
    """Each place and item judged by `reorder.assess`, on a forecast corrected for days without stock and on stock that
    will not expire; too little is rationed; what would expire moves to where it is used."""

    world: World
    options: Options = field(default_factory=Options)
    by_hand: dict[tuple[int, int], tuple[SetMonth, ...]] = field(default_factory=dict)
    known: dict[tuple[int, int], Outlook] = field(default_factory=dict)
    known_on: int = -1

    def __post_init__(self) -> None:
        if self.options.seasons:
            self.by_hand = seasons(self.world)

    def outlook(self, state: State, place: int, item: int) -> Outlook:
        """The demand to come, as `ledger/figures.py` puts it together."""
        if self.known_on != state.day:
            self.known, self.known_on = {}, state.day
        found = self.known.get((place, item))
        if found is None:
            found = self._supplied(state, item) if place == WAREHOUSE else self._own(state, place, item)
            self.known[place, item] = found
        return found

    def _own(self, state: State, place: int, item: int) -> Outlook:
        rows, today = state.shelves[place][item].rows(state.day), on(state.day)
        usage = demand.usage(rows, today=today)
        foreseen = self.options.months is None if self.options.forecast is None else self.options.forecast
        periods = demand.periods(rows, today) if foreseen else []
        if not self.options.corrected:
            usage = replace(usage, amc=usage.dispensed / usage.months, days_out=0)
            periods = [replace(each, days_out=0) for each in periods]
        hints = demand.Hints(assumed=Fraction(round(state.world.mean[place][item])))
        seen = forecast(periods) if periods else None
        known = service.expected(usage, seen, demand.monthly_demand(usage, None, hints))
        assert known.monthly is not None
        return Outlook(course(known.monthly, today, self.by_hand.get((place, item), ())), known.deviation)

    def _supplied(self, state: State, item: int) -> Outlook:
        sites = [self.outlook(state, place, item) for place in range(1, len(PLACES))]
        coming = together([each.coming for each in sites], on(state.day))
        spread = (
            sqrt(sum(each.deviation**2 for each in sites)) if self.options.spread else sqrt(coming.monthly)
        )
        return Outlook(coming, spread)

    def policy(self, state: State, place: int, item: int) -> reorder.Policy:
        """What a coordinator entered: by kind of place and VEN class, and by place before the winter."""
        number, about = KINDS.index(PLACES[place].kind), state.world.items[item]
        lead = self.options.leads[number]
        buffer = self.options.buffer if place == WAREHOUSE else 0
        closed = closed_days(state.world, place, state.day) if self.options.winter else 0
        if self.options.months is not None:
            most = Decimal(str(self.options.months[number]))
            most += Decimal(closed) / 30
            return reorder.Policy(
                "months",
                minimum_months=most,
                maximum_months=most,
                emergency_months=most / 4,
                order_multiple=about.pack,
                expiry_buffer_days=buffer,
            )
        return reorder.Policy(
            "service",
            lead_time_days=max(lead, closed),
            review_period_days=PLACES[place].review,
            service_level=Decimal(str(levels.SERVICE_LEVELS[about.ven])),
            order_multiple=about.pack,
            expiry_buffer_days=buffer,
        )

    def asks(self, state: State, place: int) -> list[Ask]:
        """What `assess` suggests."""
        return [self._ask(state, place, item) for item in range(len(state.world.items))]

    def _ask(self, state: State, place: int, item: int) -> Ask:
        shelf, known = state.shelves[place][item], self.outlook(state, place, item)
        policy = self.policy(state, place, item)
        projection = expiry.project(shelf.projected(), known.coming, on(state.day), policy.expiry_buffer_days)
        if not self.options.expiry:
            projection = replace(projection, projected_expired=0, effective_stock=shelf.usable)
        found = reorder.assess(
            policy,
            usable=shelf.usable,
            available=shelf.usable,
            inbound=state.on_order(place, item),
            open_requisitions=0,
            demand=known.coming,
            projection=projection,
            worked=service.worked(policy, known.coming, known.deviation),
        )
        assert found.maximum is not None and found.emergency_point is not None
        wanted = found.suggested_quantity or 0
        if self.options.to_maximum:
            pack = state.world.items[item].pack
            wanted = -(-levels.order_to(found.maximum, found.position) // pack) * pack
        return Ask(place, item, wanted, found.maximum, found.position, found.emergency_point, shelf.usable)

    def share(self, state: State, supply: int, asks: Sequence[Ask]) -> list[int]:
        """By `rationing.ration`."""
        about = state.world.items[asks[0].item]
        if not self.options.rationing:
            return first_come(state, supply, asks)
        requests = [
            rationing.Request(
                PLACES[ask.place].code,
                about.ven,
                ask.maximum,
                ask.position,
                ask.emergency,
                ask.usable,
                ask.wanted,
                about.pack,
            )
            for ask in asks
        ]
        return [each.quantity for each in rationing.ration(supply, requests)]

    def moves(self, state: State) -> list[Move]:
        """By `redistribution.propose`, approved as proposed."""
        if not self.options.surplus or state.day % SURPLUS_EVERY != SURPLUS_ON:
            return []
        holdings = [
            self._holding(state, place, item)
            for item in range(len(state.world.items))
            for place in range(len(PLACES))
        ]
        found = redistribution.propose(holdings, lambda a, b: _journey(state, a, b), on(state.day))
        return [
            Move(self._number(each.item), each.lot, each.quantity, each.origin, each.destination)
            for each in found
        ]

    def _number(self, item: object) -> int:
        assert isinstance(item, int)
        return item

    def _holding(self, state: State, place: int, item: int) -> redistribution.Holding[int, int]:
        ask = self._ask(state, place, item)
        coming = self.outlook(state, place, item).coming
        arrivals = tuple(
            Arrival(replace(projected(lot), received_on=on(day))) for day, lot in state.coming[place][item]
        )
        return redistribution.Holding(
            item,
            place,
            tuple(state.shelves[place][item].projected()),
            coming,
            position=ask.position,
            minimum=ask.emergency,
            maximum=ask.maximum if self.options.capped else None,
            buffer_days=self.options.buffer if place == WAREHOUSE else 0,
            arrivals=arrivals,
            gives=place != WAREHOUSE or self.options.store,
            takes=place != WAREHOUSE,
            pack=state.world.items[item].pack,
        )


def _journey(state: State, origin: int, destination: int) -> int | None:
    """Days as people reckon with; none on a closed road."""
    ends = [place for place in (origin, destination) if place != WAREHOUSE]
    if any(state.world.closed[place][state.day] for place in ends):
        return None
    return sum(PLACES[place].lead for place in ends)
