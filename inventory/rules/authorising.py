"""Authorisations: which state they are in, and whether another takes over."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, Protocol

from inventory.rules.text import fold

State = Literal["valid", "ends_soon", "expired", "not_yet", "ended", "replaced"]


class Dated(Protocol):
    """What a paper says: a place, and from when to when (both days count). `ended_on`: no longer needed."""

    place: str
    valid_from: date
    valid_until: date
    ended_on: date | None


def covered(paper: Dated, others: Iterable[Dated], today: date) -> bool:
    """Whether another paper for the same place takes over: one that lasts longer and begins, or has begun, before the
    team would stand without."""
    return any(
        other is not paper
        and other.ended_on is None
        and same_place(other.place, paper.place)
        and other.valid_until > paper.valid_until
        and other.valid_from <= max(today, paper.valid_until + timedelta(days=1))
        for other in others
    )


def same_place(one: str, other: str) -> bool:
    """Whether two papers name the same place, however it is written."""
    return fold(one) == fold(other)


def state(paper: Dated, others: Iterable[Dated], today: date, soon_days: int) -> State:
    """How a paper stands today; `ends_soon` from `soon_days` before its last day on, unless another takes over."""
    if paper.ended_on is not None:
        return "ended"
    if today < paper.valid_from:
        return "not_yet"
    if (paper.valid_until - today).days <= soon_days and covered(paper, others, today):
        return "replaced" if today > paper.valid_until else "valid"
    if today > paper.valid_until:
        return "expired"
    return "ends_soon" if (paper.valid_until - today).days <= soon_days else "valid"
