"""The days one after the other: arrivals, patients, expiry, moves, reviews. What is decided comes from a planner."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from bench.simulation.shelf import Lot, Shelf, on
from bench.simulation.world import PLACES, WAREHOUSE, World
from inventory.rules.fefo import pick

CLEARED = 91
"""Every so many days what has expired is taken off the shelves."""
SAVED_UP = 3
"""Of so many rounds the budget may be saved up."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a place asks for of an item, in base units in whole packs, and how it stands."""

    place: int
    item: int
    wanted: int
    maximum: Fraction
    position: Fraction
    emergency: Fraction
    usable: int


@dataclass(frozen=True, slots=True)
class Move:
    """So much of a lot from one place to another."""

    item: int
    lot: int
    quantity: int
    origin: int
    destination: int


@dataclass(slots=True)
class State:
    """All there is on a day."""

    world: World
    day: int = 0
    shelves: list[list[Shelf]] = field(default_factory=list)
    coming: list[list[list[tuple[int, Lot]]]] = field(default_factory=list)
    """By place and item: (day it is expected, lot) of what is on its way."""

    issued: list[list[tuple[int, int]]] = field(default_factory=list)
    """By item: (day, base units) that the warehouse sent on requisitions."""

    def on_order(self, place: int, item: int) -> int:
        """Base units on their way."""
        return sum([lot.quantity for _, lot in self.coming[place][item]])


def first_come(state: State, supply: int, asks: Sequence[Ask]) -> list[int]:
    """First come, first served: which of those of one day is the first, chance decides."""
    order = list(range(len(asks)))
    random.Random(f"{state.world.seed} {state.day} {asks[0].item}").shuffle(order)
    parts = [0] * len(asks)
    for i in order:
        pack = state.world.items[asks[i].item].pack
        parts[i] = min(asks[i].wanted, supply // pack * pack)
        supply -= parts[i]
    return parts


class Planner(Protocol):
    """Who decides. `asks` is what a place asks for today, `share` what each of several gets of too little, `moves` what
    goes from one place to another."""

    def asks(self, state: State, place: int) -> list[Ask]: ...

    def share(self, state: State, supply: int, asks: Sequence[Ask]) -> list[int]: ...

    def moves(self, state: State) -> list[Move]: ...


@dataclass(slots=True)
class Result:
    """What came of it in the days that are measured; quantities in courses of treatment, money in money."""

    site_days: int = 0
    days_out: int = 0
    asked: float = 0.0
    given: float = 0.0
    came: float = 0.0
    wasted: float = 0.0
    wasted_at_sites: float = 0.0
    wasted_value: float = 0.0
    bought: float = 0.0
    spent: float = 0.0
    orders: int = 0
    moves: int = 0
    moved: float = 0.0
    on_hand: float = 0.0
    """The mean of all days."""
    closing: float = 0.0


@dataclass(slots=True)
class _Run:
    world: World
    planner: Planner
    state: State
    due: dict[int, list[tuple[int, int, Lot]]] = field(default_factory=lambda: defaultdict(list))
    late: list[bool] = field(default_factory=lambda: [False] * len(PLACES))
    """The places whose review fell on a day when there was no road."""
    money: float = 0.0
    last_key: int = 0
    result: Result = field(default_factory=Result)

    def key(self) -> int:
        self.last_key += 1
        return self.last_key

    @property
    def measured(self) -> bool:
        return self.state.day >= self.world.size.warm_up

    def send(self, place: int, item: int, lot: Lot, arrives: int) -> None:
        """Put a lot on its way; it waits where the road is closed."""
        closed = self.world.closed[place]
        while arrives < self.world.size.days and closed[arrives]:
            arrives += 1
        self.due[arrives].append((place, item, lot))
        self.state.coming[place][item].append((arrives, lot))


def run(world: World, planner: Planner) -> Result:
    """Live all days of a world under a planner."""
    empty = range(len(world.items))
    state = State(
        world,
        0,
        [[Shelf() for _ in empty] for _ in PLACES],
        [[[] for _ in empty] for _ in PLACES],
        [[] for _ in empty],
    )
    this = _Run(world, planner, state)
    for place, item, quantity, expires in world.opening:
        state.shelves[place][item].add(Lot(this.key(), expires, quantity, 0))
    gifts = defaultdict(list)
    for gift in world.gifts:
        gifts[gift.day].append(gift)
    for day in range(world.size.days):
        state.day = day
        for gift in gifts[day]:
            _receive(this, WAREHOUSE, gift.item, Lot(this.key(), gift.expires, gift.quantity, day), True)
        for place, item, lot in this.due.pop(day, ()):
            coming = state.coming[place][item]
            coming[:] = [each for each in coming if each[1] is not lot]
            _receive(this, place, item, lot, place == WAREHOUSE)
        _serve(this)
        for move in planner.moves(state):
            _move(this, move)
        _review(this)
    this.result.closing = sum(
        shelf.usable / item.course
        for row in state.shelves
        for shelf, item in zip(row, world.items, strict=True)
    )
    return this.result


def _receive(this: _Run, place: int, item: int, lot: Lot, new: bool) -> None:
    lot.received = this.state.day
    course = this.world.items[item].course
    if new and this.measured:
        this.result.came += lot.quantity / course
    if lot.expires < this.state.day:
        _waste(this, place, item, lot.quantity)
        this.state.shelves[place][item].expired += lot.quantity
    else:
        this.state.shelves[place][item].add(lot)


def _waste(this: _Run, place: int, item: int, quantity: int) -> None:
    if quantity and this.measured:
        this.result.wasted += quantity / this.world.items[item].course
        this.result.wasted_value += quantity * this.world.items[item].price
        if place != WAREHOUSE:
            this.result.wasted_at_sites += quantity / this.world.items[item].course


def _serve(this: _Run) -> None:
    """Patients come, the day ends."""
    world, state, result = this.world, this.state, this.result
    given = [[0] * len(world.items) for _ in PLACES]
    for place, item, quantity in world.demand[state.day]:
        part = state.shelves[place][item].take(quantity)
        given[place][item] = part
        if this.measured:
            result.asked += quantity / world.items[item].course
            result.given += part / world.items[item].course
    clear = state.day % CLEARED == 0
    held = 0.0
    for place, row in enumerate(state.shelves):
        for item, shelf in enumerate(row):
            gone = shelf.close(state.day, given[place][item])
            if gone:
                _waste(this, place, item, gone)
            if clear:
                shelf.expired = 0
            if place != WAREHOUSE and this.measured:
                result.site_days += 1
                result.days_out += shelf.usable == 0
            held += shelf.usable / world.items[item].course
    if this.measured:
        result.on_hand += held / (world.size.days - world.size.warm_up)


def _move(this: _Run, move: Move) -> None:
    day = this.state.day
    lot = this.state.shelves[move.origin][move.item].remove(move.lot, move.quantity)
    arrives = day + this.world.lead[move.destination][day]
    if move.origin != WAREHOUSE:
        arrives += this.world.lead[move.origin][day]
    this.send(move.destination, move.item, lot, arrives)
    if this.measured:
        this.result.moves += 1
        this.result.moved += move.quantity / this.world.items[move.item].course


def _review(this: _Run) -> None:
    """Those whose day it is ask; whoever cannot be reached does so on the first day of an open road."""
    day = this.state.day
    by_item: dict[int, list[Ask]] = defaultdict(list)
    for number, place in enumerate(PLACES):
        if not (day % place.review == place.offset or this.late[number]):
            continue
        this.late[number] = this.world.closed[number][day]
        if this.late[number]:
            continue
        asks = [ask for ask in this.planner.asks(this.state, number) if ask.wanted > 0]
        if this.measured:
            this.result.orders += len(asks)
        if number == WAREHOUSE:
            _buy(this, asks)
        else:
            for ask in asks:
                by_item[ask.item].append(ask)
    for item in sorted(by_item):
        _dispatch(this, item, by_item[item])


def _buy(this: _Run, asks: Sequence[Ask]) -> None:
    """Within the budget; where that is too small all orders shrink alike. Suppliers do not always deliver all."""
    world, day = this.world, this.state.day
    this.money = min(this.money + world.budget, SAVED_UP * world.budget)
    price = sum(ask.wanted * world.items[ask.item].price for ask in asks)
    scale = min(1.0, this.money / price) if price else 1.0
    for ask in asks:
        item = world.items[ask.item]
        packs = int(ask.wanted * scale * world.supplier_share[ask.item][day] / item.pack + 1e-9)
        quantity = packs * item.pack
        if not quantity:
            continue
        this.money -= quantity * item.price
        arrives = day + world.supplier_lead[ask.item][day]
        expires = arrives + world.supplier_life[ask.item][day]
        this.send(WAREHOUSE, ask.item, Lot(this.key(), expires, quantity, arrives), arrives)
        if this.measured:
            this.result.bought += quantity / item.course
            this.result.spent += quantity * item.price


def _dispatch(this: _Run, item: int, asks: Sequence[Ask]) -> None:
    """Send what is there, first expired first out; what is not there must be asked for again."""
    world, day = this.world, this.state.day
    shelf = this.state.shelves[WAREHOUSE][item]
    if sum(ask.wanted for ask in asks) <= shelf.usable:
        parts = [ask.wanted for ask in asks]
    else:
        parts = this.planner.share(this.state, shelf.usable, asks)
    for ask, part in zip(asks, parts, strict=True):
        arrives = day + world.lead[ask.place][day]
        found = pick(list(shelf.candidates()), part, usable_on=on(arrives))
        for key, quantity in found.taken:
            this.send(ask.place, item, shelf.remove(key, quantity), arrives)
            this.state.issued[item].append((day, quantity))
