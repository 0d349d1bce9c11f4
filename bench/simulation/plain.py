"""The plain minimum/maximum by nominal months of stock, as it is kept on paper and in many programs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from bench.simulation.engine import Ask, Move, State, first_come
from bench.simulation.knowledge import closed_days
from bench.simulation.world import MONTH, PLACES, WAREHOUSE

LOOKBACK = 183


@dataclass(frozen=True, slots=True)
class Months:
    """Up to how many months of stock each kind of place is filled at each review."""

    warehouse: float = 6.0
    dispensary: float = 2.5
    mobile: float = 1.5

    def of(self, kind: str) -> float:
        """Of a kind of place."""
        return {"warehouse": self.warehouse, "dispensary": self.dispensary, "mobile": self.mobile}[kind]


@dataclass(slots=True)
class Plain:
    """The mean of six months of issues; all on hand counts, what will expire and what has; at each review up to the
    maximum; who asks first is served first; nothing is moved from site to site.

    With `knows_winter` the maximum is raised before a road is closed; without `counts_expired` what has expired is
    taken off the card at once.
    """

    months: Months = field(default_factory=Months)
    knows_winter: bool = False
    counts_expired: bool = True

    def asks(self, state: State, place: int) -> list[Ask]:
        """Up to the maximum."""
        found = []
        months = self.months.of(PLACES[place].kind)
        if self.knows_winter:
            months += closed_days(state.world, place, state.day) / MONTH
        for item, about in enumerate(state.world.items):
            shelf = state.shelves[place][item]
            maximum = self.monthly(state, place, item) * months
            held = shelf.usable + (shelf.expired if self.counts_expired else 0) + state.on_order(place, item)
            wanted = -(-max(0, round(maximum - held)) // about.pack) * about.pack
            found.append(
                Ask(place, item, wanted, Fraction(maximum), Fraction(held), Fraction(0), shelf.usable)
            )
        return found

    def monthly(self, state: State, place: int, item: int) -> float:
        """The mean of the last six months of issues; what is usual until there are three months of them."""
        if state.day < LOOKBACK // 2:
            usual = [state.world.mean[place][item]]
            if place == WAREHOUSE:
                usual = [row[item] for row in state.world.mean]
            return sum(usual)
        days = min(LOOKBACK, state.day + 1)
        if place == WAREHOUSE:
            issued = sum(quantity for day, quantity in state.issued[item] if day > state.day - days)
        else:
            used = state.shelves[place][item].used
            issued = used[-1] - used[-1 - days]
        return issued * MONTH / days

    def share(self, state: State, supply: int, asks: Sequence[Ask]) -> list[int]:
        """First come, first served."""
        return first_come(state, supply, asks)

    def moves(self, state: State) -> list[Move]:
        """None."""
        return []
