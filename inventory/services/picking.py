"""Which lots to take: first expired, first out, or the lots that somebody names; every shortage told at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from inventory import ledger
from inventory.errors import Conflict, FieldError, Message, msg
from inventory.models import Item, Location
from inventory.rules import fefo


@dataclass(frozen=True, slots=True)
class Wanted:
    """So much of an item, of one lot if `lot` names it. `pointer` is the field that asks."""

    item: Item
    quantity: int
    lot: str | None = None
    pointer: str = "/lines/0"


@dataclass(frozen=True, slots=True)
class Taken:
    """What to take of one lot for a wanted line."""

    item: Item
    lot: ledger.LotBalance
    quantity: int
    pointer: str


@dataclass(frozen=True, slots=True)
class Picked:
    """The lots to take, and the items where a named lot jumps the queue of first expired, first out."""

    taken: list[Taken]
    out_of_turn: list[Item]


def pick(
    session: Session,
    place: Location,
    wanted: Sequence[Wanted],
    *,
    usable_on: date,
    minimum_shelf_life_days: int = 0,
    since: date | None = None,
    instead: Mapping[int, int] | None = None,
) -> Picked:
    """Choose lots at a place and lock them until the transaction ends.

    Lots must be usable on `usable_on` and for `minimum_shelf_life_days` after it. With `since` (a day in the past) no
    more is taken than was there at the end of every day since. `instead` says for some lots what may be taken of
    them, whatever is there now. Raises Conflict that names every short line.
    """
    items = {line.item.id for line in wanted}
    lots = ledger.lots_at(session, place.id, items, lock=True, also=list(instead or {}))
    by_id = {lot.lot_id: lot for found in lots.values() for lot in found}
    lowest = ledger.lowest_since(session, place, by_id, since) if since is not None else {}
    free = {
        lot_id: max(0, min(lot.free, lot.on_hand + lowest.get(lot_id, 0))) for lot_id, lot in by_id.items()
    }
    free |= {lot_id: quantity for lot_id, quantity in (instead or {}).items() if lot_id in by_id}
    before = dict(free)
    taken: list[Taken] = []
    short: list[FieldError] = []
    for line in sorted(wanted, key=lambda line: line.lot is None):  # named lots first: they cannot give way
        here = [lot for lot in lots.get(line.item.id, []) if line.lot is None or lot.number == line.lot]
        usable = [lot for lot in here if _usable(lot, usable_on, minimum_shelf_life_days)]
        choice = fefo.pick(
            [_candidate(lot, free[lot.lot_id]) for lot in usable],
            line.quantity,
            usable_on=usable_on,
            minimum_shelf_life_days=minimum_shelf_life_days,
        )
        for lot_id, quantity in choice.taken:
            free[lot_id] -= quantity
            taken.append(Taken(line.item, by_id[lot_id], quantity, line.pointer))
        if choice.short:
            there = line.quantity - choice.short
            blocked = [lot for lot in here if lot not in usable]
            message = _shortage(line, there, blocked, usable_on)
            short.append(FieldError(f"{line.pointer}/quantity", message))
    if short:
        order = {f"{line.pointer}/quantity": index for index, line in enumerate(wanted)}
        raise Conflict(
            msg("There is too little stock."), sorted(short, key=lambda error: order[error.pointer])
        )
    jumped = _out_of_turn(wanted, taken, lots, before, usable_on, minimum_shelf_life_days)
    return Picked(taken, jumped)


def _usable(lot: ledger.LotBalance, usable_on: date, minimum: int) -> bool:
    return lot.recalled_on is None and fefo.may_be_used(lot.expires_on, usable_on, minimum)


def _candidate(lot: ledger.LotBalance, available: int) -> fefo.Candidate[int]:
    return fefo.Candidate(lot.lot_id, lot.expires_on, lot.received_on, lot.lot_id, available)


def _shortage(line: Wanted, there: int, blocked: list[ledger.LotBalance], usable_on: date) -> Message:
    """Why a line cannot be met: how much is free, and which lots are there that may not be taken."""
    facts = {"available": there, "item": line.item.code, "quantity": line.quantity}
    if any(lot.recalled_on for lot in blocked):
        return msg(
            "Only %(available)s of %(item)s can be taken, not %(quantity)s: lot %(lot)s was recalled.",
            **facts,
            lot=next(lot.number for lot in blocked if lot.recalled_on),
        )
    if blocked:
        lot = blocked[0]
        return msg(
            "Only %(available)s of %(item)s can be taken, not %(quantity)s: lot %(lot)s expires on %(expires_on)s.",
            **facts,
            lot=lot.number,
            expires_on=str(lot.expires_on),
        )
    if line.lot is not None:
        return msg(
            "Only %(available)s of %(item)s, lot %(lot)s, can be taken, not %(quantity)s.",
            **facts,
            lot=line.lot,
        )
    return msg("Only %(available)s of %(item)s can be taken, not %(quantity)s.", **facts)


def _out_of_turn(
    wanted: Sequence[Wanted],
    taken: list[Taken],
    lots: dict[int, list[ledger.LotBalance]],
    free: dict[int, int],
    usable_on: date,
    minimum: int,
) -> list[Item]:
    jumped = []
    for item in {line.item.id: line.item for line in wanted if line.lot is not None}.values():
        amounts: dict[int, int] = defaultdict(int)
        for line in taken:
            if line.item.id == item.id:
                amounts[line.lot.lot_id] += line.quantity
        candidates = [
            _candidate(lot, free[lot.lot_id]) for lot in lots[item.id] if _usable(lot, usable_on, minimum)
        ]
        if not fefo.is_first_expired_first_out(
            amounts, candidates, usable_on=usable_on, minimum_shelf_life_days=minimum
        ):
            jumped.append(item)
    return jumped
