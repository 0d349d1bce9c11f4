"""Where goods may lie, and where they lie best. Pure.

Storage classes are kept apart (WHO TRS 961 annex 9): what is cold never lies warm, nor the other way round; what
freezing destroys lies only where nothing freezes; controlled medicines and dangerous goods each lie alone.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from inventory.errors import Message, msg

K = TypeVar("K", bound=Hashable)

FROZEN = "frozen"
COLD = frozenset({"cold_chain", FROZEN})


@dataclass(frozen=True, slots=True)
class Goods:
    """An item as a shelf sees it; volume and weight are of one base unit, in m3 and kg, None where not known."""

    item_id: int
    lot_id: int
    zone: str
    temperature: str
    freeze_sensitive: bool = False
    controlled: bool = False
    dangerous: bool = False
    volume_m3: Decimal | None = None
    weight_kg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Shelf(Generic[K]):
    """A bin, and what lies in it: lot id -> (item id, base units). `volume_m3` and `weight_kg` are what it takes, in
    all, and `used_m3` and `used_kg` what of that is taken by goods whose measures are known."""

    key: K
    zone: str
    temperature: str
    frost_free: bool = False
    locked: bool = False
    for_dangerous: bool = False
    closed: bool = False
    volume_m3: Decimal | None = None
    weight_kg: Decimal | None = None
    used_m3: Decimal = Decimal(0)
    used_kg: Decimal = Decimal(0)
    holds: Mapping[int, tuple[int, int]] | None = None
    sequence: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why goods may not lie in a bin. `overridable`: a person may decide otherwise and say why."""

    rule: str
    message: Message
    overridable: bool


@dataclass(frozen=True, slots=True)
class Placing(Generic[K]):
    """(bin, base units) in the order of preference; `left` found no room and `why` says what stood against it.
    `measured`: whether the room is known for all that was placed."""

    parts: Sequence[tuple[K, int]]
    left: int
    why: Sequence[Message]
    measured: bool


def objections(goods: Goods, shelf: Shelf[K]) -> list[Objection]:
    """Why the goods may not lie there, the worst first; room is not looked at."""
    found: list[Objection] = []
    if shelf.closed:
        found.append(Objection("closed", msg("The bin is closed."), False))
    if shelf.zone != goods.zone:
        found.append(Objection("zone", msg("The bin is in another zone."), False))
    if goods.temperature != shelf.temperature:
        either = {goods.temperature, shelf.temperature}
        text = _WRONG_CLASS.get(goods.temperature, _WRONG_CLASS["ambient"])
        found.append(Objection("temperature", text, not either & COLD))
    if goods.freeze_sensitive and (not shelf.frost_free or shelf.temperature == FROZEN):
        text = msg("Freezing destroys it: it goes only where nothing freezes.")
        found.append(Objection("freezing", text, False))
    if goods.controlled and not shelf.locked:
        found.append(Objection("controlled", msg("Controlled medicines go under lock."), False))
    elif shelf.locked and not goods.controlled:
        found.append(Objection("locked", msg("Under lock is room for controlled medicines alone."), False))
    if goods.dangerous and not shelf.for_dangerous:
        text = msg("Dangerous goods go where there are only dangerous goods.")
        found.append(Objection("dangerous", text, True))
    elif shelf.for_dangerous and not goods.dangerous:
        found.append(Objection("for_dangerous", msg("The bin is for dangerous goods alone."), True))
    return found


_WRONG_CLASS = {
    "ambient": msg("It is kept at room temperature: it goes to no cooler place."),
    "cool": msg("It is kept cool: it goes only to a cool place."),
    "cold_chain": msg("It is kept at 2 to 8 °C: it goes only to a refrigerator."),
    "frozen": msg("It is kept frozen: it goes only to a freezer."),
}


def room_for(goods: Goods, shelf: Shelf[K]) -> tuple[int | None, bool]:
    """(how many units still fit by volume and by weight, None for any number; whether both are known)."""
    most: int | None = None
    known = True
    for capacity, used, unit in (
        (shelf.volume_m3, shelf.used_m3, goods.volume_m3),
        (shelf.weight_kg, shelf.used_kg, goods.weight_kg),
    ):
        if capacity is None:
            continue
        if unit is None:
            known = False
            continue
        if unit > 0:
            fits = int(max(Decimal(0), capacity - used) / unit)
            most = fits if most is None else min(most, fits)
    return most, known and (shelf.volume_m3 is not None or shelf.weight_kg is not None)


def suggest(goods: Goods, quantity: int, shelves: Iterable[Shelf[K]]) -> Placing[K]:
    """Where `quantity` units lie best: with the same lot, then the same item, then where most room is, then the walk.

    Split over several bins where one is too small. Nothing is suggested against a rule or beyond what a bin takes.
    """
    every = list(shelves)
    fit: list[tuple[Shelf[K], int | None, bool]] = []
    against: dict[str, Message] = {}
    full = False
    for shelf in every:
        faults = objections(goods, shelf)
        if faults:
            against.setdefault(faults[0].rule, faults[0].message)
            continue
        room, known = room_for(goods, shelf)
        if room == 0:
            full = True
        else:
            fit.append((shelf, room, known))
    fit.sort(key=lambda each: _preference(goods, each[0], each[1]))
    parts: list[tuple[K, int]] = []
    left, measured = quantity, True
    for shelf, room, known in fit:
        if left <= 0:
            break
        part = left if room is None else min(left, room)
        parts.append((shelf.key, part))
        measured = measured and known
        left -= part
    why: list[Message] = []
    if left > 0:
        if not every:
            why.append(msg("There is no bin here yet."))
        elif fit or full:
            why.append(msg("The bins that suit are full."))
        else:
            why.extend(text for rule, text in against.items() if rule not in ("zone", "closed"))
            if not why:
                why.append(msg("No open bin is in this zone."))
    return Placing(parts, left, why, measured)


def _preference(goods: Goods, shelf: Shelf[K], room: int | None) -> tuple[bool, bool, bool, int, int, str]:
    holds = shelf.holds or {}
    same_item = any(item_id == goods.item_id for item_id, _ in holds.values())
    return (
        goods.lot_id not in holds,
        not same_item,
        room is not None,
        -(room or 0),
        shelf.sequence,
        shelf.code,
    )


def taken_from(
    loose: int, lying: Sequence[tuple[K, int]], quantity: int, *, after: int = 0
) -> list[tuple[K | None, int]]:
    """Where `quantity` units are taken: first what was not put away (None), then bin by bin in the order given.

    `after`: so many units are taken before these, by others.
    """
    found: list[tuple[K | None, int]] = []
    skip, left = after, quantity
    for key, here in [(None, loose), *lying]:
        gone = min(skip, max(here, 0))
        skip -= gone
        part = min(left, max(here, 0) - gone)
        if part > 0:
            found.append((key, part))
            left -= part
    return found
