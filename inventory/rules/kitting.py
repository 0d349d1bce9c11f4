"""Kits put together: which lots go into which kit, so that all kits of one kit lot are alike. Pure."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Generic, TypeVar

from inventory.rules.fefo import Candidate, may_be_used, sort_key

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Component(Generic[K]):
    """What one kit holds of an item, in base units, and the lots that it may be taken from."""

    per_kit: int
    lots: Sequence[Candidate[K]]


@dataclass(frozen=True, slots=True)
class Batch(Generic[K]):
    """Kits that are alike: each holds `contents` (lot -> base units). `expires_on` is the earliest of its lots."""

    kits: int
    contents: Mapping[K, int]
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Missing:
    """The component at `index` is short: `needed` base units for all kits, `available` here."""

    index: int
    needed: int
    available: int

    @property
    def quantity(self) -> int:
        return self.needed - self.available


@dataclass(frozen=True, slots=True)
class Plan(Generic[K]):
    """How kits are put together, or (then without batches) what is missing. `possible` kits could be made at most."""

    batches: Sequence[Batch[K]]
    missing: Sequence[Missing]
    possible: int


def plan(components: Sequence[Component[K]], kits: int, *, usable_on: date) -> Plan[K]:
    """Put `kits` kits together, of every component the soonest-expiring lots first.

    Lots that expire before `usable_on` go into no kit. A new batch begins with each kit whose lots are not those of the
    kit before, so the first batches expire first. Raises ValueError for no kits or no components.
    """
    if kits < 1 or not components or any(component.per_kit < 1 for component in components):
        raise ValueError("a kit needs components, and there must be one at least")
    usable = [_usable(component.lots, usable_on) for component in components]
    there = [sum(lot.available for lot in lots) for lots in usable]
    possible = min(have // component.per_kit for have, component in zip(there, components, strict=True))
    missing = [
        Missing(index, component.per_kit * kits, have)
        for index, (have, component) in enumerate(zip(there, components, strict=True))
        if have < component.per_kit * kits
    ]
    if missing:
        return Plan([], missing, possible)
    batches = []
    for first, last in pairwise(_edges(components, usable, kits)):
        contents: dict[K, int] = {}
        expiries: list[date] = []
        for component, lots in zip(components, usable, strict=True):
            for lot, quantity in _units(lots, first * component.per_kit, component.per_kit):
                contents[lot.key] = quantity
                if lot.expires_on is not None:
                    expiries.append(lot.expires_on)
        batches.append(Batch(last - first, contents, min(expiries, default=None)))
    return Plan(batches, [], possible)


def possible(components: Iterable[Component[K]], *, usable_on: date) -> int:
    """How many kits could be made; 0 of a kit without components."""
    return min(
        (
            sum(lot.available for lot in _usable(component.lots, usable_on)) // component.per_kit
            for component in components
        ),
        default=0,
    )


def holding_back(contents: Iterable[tuple[K, date | None]]) -> tuple[list[K], date | None]:
    """The lots with the earliest expiry among a kit's, and until when the kit would last without them.

    The date is None where nothing else in the kit expires.
    """
    dated = [(key, day) for key, day in contents if day is not None]
    if not dated:
        return [], None
    earliest = min(day for _, day in dated)
    later = [day for _, day in dated if day > earliest]
    return [key for key, day in dated if day == earliest], min(later, default=None)


def _usable(lots: Iterable[Candidate[K]], usable_on: date) -> list[Candidate[K]]:
    fit = (lot for lot in lots if lot.available > 0 and may_be_used(lot.expires_on, usable_on))
    return sorted(fit, key=sort_key)


def _edges(components: Sequence[Component[K]], usable: Sequence[list[Candidate[K]]], kits: int) -> list[int]:
    """The numbers of the kits with which a new batch begins, and where the last one ends."""
    edges = {0, kits}
    for component, lots in zip(components, usable, strict=True):
        reached = 0
        for lot in lots:
            reached += lot.available
            whole, rest = divmod(reached, component.per_kit)
            if whole >= kits:
                break
            edges |= {
                whole,
                whole + (rest > 0),
            }  # a kit that takes the end of one lot and the beginning of the next
    return sorted(edges)


def _units(lots: Iterable[Candidate[K]], start: int, many: int) -> Iterable[tuple[Candidate[K], int]]:
    """The lots of the units from `start` on, `many` of them, when all stand in a row."""
    at = 0
    for lot in lots:
        part = min(at + lot.available, start + many) - max(at, start)
        if part > 0:
            yield lot, part
        at += lot.available
        if at >= start + many:
            return
