"""One item at one place: its lots, and what its stock card tells of the past."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from math import floor

from bench.simulation.world import START
from inventory.rules.course import MONTH
from inventory.rules.demand import LotDay
from inventory.rules.expiry import ProjectedLot
from inventory.rules.fefo import Candidate
from inventory.rules.forecast import LONGEST

WINDOWS = tuple(floor(number * MONTH) for number in range(LONGEST + 1))
"""Where the months of the past begin, in days before today's end, as `demand.periods` and `demand.usage` count them."""


@dataclass(slots=True)
class Lot:
    """`expires` is the last day of use."""

    key: int
    expires: int
    quantity: int
    received: int


@dataclass(slots=True)
class Shelf:
    """`lots` may all be used and are in the order of use; `expired` is what lies there still but may not be."""

    lots: list[Lot] = field(default_factory=list)
    usable: int = 0
    expired: int = 0
    used: list[int] = field(default_factory=lambda: [0])
    """What was given on all days before a day."""
    turns: list[tuple[int, int]] = field(default_factory=list)
    """(day, +1 or -1): from that day's end there was something or nothing."""

    def add(self, lot: Lot) -> None:
        """Put a lot where first-expired-first-out takes it from."""
        if lot.quantity > 0:
            same = next((each for each in self.lots if each.key == lot.key), None)
            if same is None:
                self.lots.append(lot)
            else:
                same.quantity += lot.quantity
            self.lots.sort(key=lambda each: (each.expires, each.received, each.key))
            self.usable += lot.quantity

    def take(self, quantity: int) -> int:
        """Give so much to patients; what there was of it."""
        left = min(quantity, self.usable)
        given = left
        self.usable -= left
        while left:
            lot = self.lots[0]
            part = min(left, lot.quantity)
            lot.quantity -= part
            left -= part
            if not lot.quantity:
                del self.lots[0]
        return given

    def remove(self, key: int, quantity: int) -> Lot:
        """Take a part of one lot away; a lot of that quantity."""
        lot = next(each for each in self.lots if each.key == key)
        if quantity > lot.quantity:
            raise ValueError("there is not so much of that lot")
        lot.quantity -= quantity
        self.usable -= quantity
        if not lot.quantity:
            self.lots.remove(lot)
        return Lot(key, lot.expires, quantity, lot.received)

    def close(self, day: int, given: int) -> int:
        """End a day: what expires with it; the history is kept."""
        gone = 0
        while self.lots and self.lots[0].expires <= day:
            gone += self.lots.pop(0).quantity
        self.usable -= gone
        self.expired += gone
        self.used.append(self.used[-1] + given)
        there = self.usable > 0
        if there != (bool(self.turns) and self.turns[-1][1] > 0):
            self.turns.append((day, 1 if there else -1))
        return gone

    def rows(self, day: int) -> list[LotDay]:
        """The history as the rules read it, told shortly: what was given in each month at once, and of the balance
        only whether there was any. `demand.usage` and `demand.periods` find the same in it as in every day of it."""
        rows = [_row(turn, change, 0) for turn, change in self.turns]
        first = self.turns[0][0] if self.turns else day
        end = day + 1
        for back in WINDOWS[1:]:
            begin = max(first, day + 1 - back)
            rows.append(_row(end - 1, 0, self.used[end] - self.used[begin]))
            end = begin
            if begin == first:
                break
        return rows

    def projected(self) -> list[ProjectedLot[int]]:
        """The lots as the rules read them."""
        return [projected(lot) for lot in self.lots]

    def candidates(self) -> Iterator[Candidate[int]]:
        """The same, to pick from."""
        for lot in self.lots:
            yield Candidate(lot.key, on(lot.expires), on(lot.received), lot.key, lot.quantity)


_DAYS: list[date] = [date.fromordinal(START.toordinal() + number) for number in range(3000)]


def on(day: int) -> date:
    """The date of a day."""
    return _DAYS[day]


def projected(lot: Lot) -> ProjectedLot[int]:
    """A lot as the rules read it."""
    return ProjectedLot(lot.key, lot.quantity, on(lot.expires), on(lot.received), lot.key)


def _row(day: int, change: int, dispensed: int) -> LotDay:
    return LotDay(0, None, None, on(day), change, dispensed)
