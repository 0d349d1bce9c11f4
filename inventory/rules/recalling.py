"""How far a recall has come: who answered, how much of the batch was found, how long it took. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

ANSWERS = ("blocked", "returned", "nothing_left")
"""What a holder answers."""

WAYS = ("mail", "phone", "message", "radio", "visit")
"""How a holder is told."""


@dataclass(frozen=True, slots=True)
class Held:
    """One holder: base units by the books, what was found of them, and when; None where there is no answer."""

    quantity: int
    found: int | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """`located` of `quantity` base units were found where the books say; of `holders` so many `answered`.

    `surplus` was found beyond the books, `short` is what holders who answered did not find. `first`, `last`: the time
    from the start to the first and to the last answer; `complete`: until all of the quantity was located, if it was.
    """

    holders: int
    answered: int
    quantity: int
    located: int
    surplus: int
    short: int
    first: timedelta | None
    last: timedelta | None
    complete: timedelta | None

    @property
    def share(self) -> Fraction:
        """Of the quantity that the books know, the part that was located; all of nothing."""
        return Fraction(self.located, self.quantity) if self.quantity else Fraction(1)

    @property
    def percent(self) -> int:
        """The same in whole percent, never 100 before all is located."""
        return int(self.share * 100)


def progress(start: datetime, holders: Iterable[Held]) -> Progress:
    """How far a recall that began at `start` has come."""
    every = list(holders)
    answered = sorted(
        (each for each in every if each.answered_at is not None),
        key=lambda each: each.answered_at or start,
    )
    quantity = sum(each.quantity for each in every)
    located = 0
    complete: timedelta | None = None
    for each in answered:
        located += min(each.found or 0, each.quantity)
        if located == quantity and quantity and complete is None and each.answered_at:
            complete = each.answered_at - start
    times = [each.answered_at - start for each in answered if each.answered_at is not None]
    return Progress(
        holders=len(every),
        answered=len(answered),
        quantity=quantity,
        located=located,
        surplus=sum(max((each.found or 0) - each.quantity, 0) for each in answered),
        short=sum(max(each.quantity - (each.found or 0), 0) for each in answered),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        complete=complete,
    )
