"""What a count is worth: which differences are counted again, and which of two figures stands. Pure.

Differences are told against what the books said of the instant of each look, so stock that moves between two looks at
a shelf changes neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from inventory.errors import Message, msg

AHEAD = timedelta(hours=24)
"""How far a device's clock may be ahead; what it tells is then taken as now."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Up to this a difference is not counted again: `units` or `percent` of the books, whichever is more; and no more
    than `value`, in the currency in which the goods are valued, where that is set and a value known."""

    units: int = 0
    percent: Decimal = Decimal(1)
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a shelf: what was there, and what the books said of that instant."""

    expected: int
    counted: int

    @property
    def difference(self) -> int:
        return self.counted - self.expected


def is_strict(controlled: bool, ven: str | None) -> bool:
    """Whether any difference at all is counted again: controlled medicines, and vital ones (V of VEN)."""
    return controlled or ven == "V"


def within(
    tolerance: Tolerance,
    expected: int,
    counted: int,
    *,
    strict: bool = False,
    unit_value: Decimal | None = None,
) -> bool:
    """Whether a figure is as good as what the books say."""
    off = abs(counted - expected)
    if off == 0:
        return True
    if strict or off > max(Decimal(tolerance.units), tolerance.percent * expected / 100):
        return False
    return tolerance.value is None or unit_value is None or off * unit_value <= tolerance.value


class Basis(StrEnum):
    """Why a difference is what it is."""

    UNCOUNTED = "uncounted"
    ONCE = "once"
    BOOKS = "books"
    AGREED = "agreed"
    CONTESTED = "contested"
    NOT_AGAIN = "not_again"


DOUBTFUL = frozenset({Basis.CONTESTED, Basis.NOT_AGAIN})
"""Whoever makes these final says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """By how much the books are put right, and why by that much."""

    basis: Basis
    difference: int


def verdict(first: Seen | None, second: Seen | None, *, again: bool) -> Verdict:
    """What stands after one look, or two; `again`: a second one was asked for.

    The second counts where it agrees with the books or with the first; where it agrees with neither it is contested:
    it is counted once more, or somebody says why it shall stand.
    """
    if first is None:
        return Verdict(Basis.UNCOUNTED, 0)
    if second is None:
        return Verdict(Basis.NOT_AGAIN if again else Basis.ONCE, first.difference)
    if second.difference == 0:
        return Verdict(Basis.BOOKS, 0)
    agrees = second.difference == first.difference
    return Verdict(Basis.AGREED if agrees else Basis.CONTESTED, second.difference)


def counted_at(told: datetime | None, opened_at: datetime, now: datetime) -> datetime | Message:
    """The instant of a figure: what is told, if it can be; now where nothing is told or a clock is ahead.

    A message where it lies before the sheet was opened, or far ahead.
    """
    if told is None:
        return now
    if told > now + AHEAD:
        return msg("This time has not come yet. Look at the clock of the device.")
    if told < opened_at.replace(second=0, microsecond=0):
        return msg("This is before the sheet was opened. Count from its list, then write down when.")
    return max(opened_at, min(told, now))


@dataclass(frozen=True, slots=True)
class Place:
    """One lot row in one place: what the books say lies there now."""

    lot_id: int
    here: int


def spread(places: Sequence[Place], difference: int) -> dict[int, int]:
    """lot id -> its change, of the lot rows (due first, first) that share a number in one place.

    What is missing is taken from those due first, as far as they go and the rest from the last; what is more is added
    to the one due last.
    """
    changes: dict[int, int] = {}
    if difference > 0:
        changes[places[-1].lot_id] = difference
        return changes
    left = -difference
    for place in places:
        part = min(left, max(place.here, 0))
        if part:
            changes[place.lot_id] = changes.get(place.lot_id, 0) - part
            left -= part
    if left:
        changes[places[-1].lot_id] = changes.get(places[-1].lot_id, 0) - left
    return changes


def hides_books(status: str, blind: bool) -> bool:
    """Whether who counts is told nothing of the books, nor in a recount of the first figure."""
    return status == "recount" or (blind and status == "open")
