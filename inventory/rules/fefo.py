"""First expired, first out: which lots a quantity is taken from."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Candidate(Generic[K]):
    """What could be taken of one lot at one place.

    `available` is what may be issued of it, in base units: on hand less reserved, 0 where the lot is
    quarantined, refused or recalled. `order` settles what the dates leave open: the older lot has the lower
    one.
    """

    key: K
    expires_on: date | None
    received_on: date
    order: int
    available: int


@dataclass(frozen=True, slots=True)
class Pick(Generic[K]):
    """What to take of each lot, in the order of taking, and how much cannot be had."""

    taken: list[tuple[K, int]]
    short: int


def sort_key(candidate: Candidate[K]) -> tuple[date, date, int]:
    """Earliest expiry first, lots without one last, then the earliest received, then the oldest lot."""
    return (candidate.expires_on or date.max, candidate.received_on, candidate.order)


def may_be_used(expires_on: date | None, usable_on: date, minimum_shelf_life_days: int = 0) -> bool:
    """Whether a lot has that many days left on the day it could be used; its expiry date is its last day."""
    if expires_on is None:
        return True
    # Not `usable_on + days`: that leaves the calendar for absurd minimums.
    return (expires_on - usable_on).days >= minimum_shelf_life_days


def pick(
    candidates: Iterable[Candidate[K]], quantity: int, *, usable_on: date, minimum_shelf_life_days: int = 0
) -> Pick[K]:
    """Take `quantity` base units first-expired-first-out.

    `usable_on` is the day on which the goods could be used: today at a dispensary, the ETA for a shipment.
    Lots that expire before `usable_on` + `minimum_shelf_life_days` are never taken. What cannot be had is
    `short`.
    """
    if quantity < 0:
        raise ValueError("a negative quantity cannot be picked")
    taken: list[tuple[K, int]] = []
    wanted = quantity
    fit = (
        c
        for c in candidates
        if c.available > 0 and may_be_used(c.expires_on, usable_on, minimum_shelf_life_days)
    )
    for candidate in sorted(fit, key=sort_key):
        if not wanted:
            break
        part = min(wanted, candidate.available)
        taken.append((candidate.key, part))
        wanted -= part
    return Pick(taken, wanted)


def passed_over(
    taken: Mapping[K, int],
    candidates: Iterable[Candidate[K]],
    *,
    usable_on: date,
    minimum_shelf_life_days: int = 0,
) -> list[K]:
    """The lots, earliest expiry first, that a hand-picked choice leaves although a later-expiring lot is
    taken.

    Only the expiry counts: among lots that expire on one day any choice will do. A key in `taken` that is no
    candidate is a ValueError: what it expires on is not known.
    """
    known = {c.key: c for c in candidates}
    chosen = [known[key] for key, quantity in taken.items() if quantity > 0 and key in known]
    if len(chosen) != sum(quantity > 0 for quantity in taken.values()):
        raise ValueError("a lot was taken that is no candidate")
    if not chosen:
        return []
    latest = max(c.expires_on or date.max for c in chosen)
    left = [
        c
        for c in known.values()
        if c.available > taken.get(c.key, 0)
        and (c.expires_on or date.max) < latest
        and may_be_used(c.expires_on, usable_on, minimum_shelf_life_days)
    ]
    return [c.key for c in sorted(left, key=sort_key)]


def is_first_expired_first_out(
    taken: Mapping[K, int],
    candidates: Iterable[Candidate[K]],
    *,
    usable_on: date,
    minimum_shelf_life_days: int = 0,
) -> bool:
    """Whether a hand-picked choice keeps to first-expired-first-out; where not, a reason is to be asked
    for."""
    return not passed_over(
        taken, candidates, usable_on=usable_on, minimum_shelf_life_days=minimum_shelf_life_days
    )
