"""The one writer of stock: a posting with its movements, the balances and the day totals, in one go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Table, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from inventory.errors import Conflict, FieldError, msg
from inventory.ledger import register
from inventory.ledger._sql import CHUNK, insert_for
from inventory.ledger.balances import lowest_since
from inventory.ledger.bin_settle import settle
from inventory.models import Balance, Item, Location, Lot, Movement, Posting, StockDay
from inventory.rules.effects import LocationKind, PostingKind, check_effect


@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` base units of a lot from one location to another.

    `reserved` takes them out of what is reserved at the source. `pointer` names the field that asked for it.
    """

    lot_id: int
    quantity: int
    source_id: int
    destination_id: int
    reason: str | None = None
    reserved: bool = False
    pointer: str = "/lines"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be posted: the movements of one document, when and by whom, and the second person's name."""

    kind: PostingKind
    occurred_on: date
    occurred_at: datetime
    moves: Sequence[Move]
    document: str | None = None
    site_id: int | None = None
    shipment_id: int | None = None
    user_id: int | None = None
    by: str | None = None
    witness: str | None = None
    reason: str | None = None
    reverses_id: int | None = None
    uuid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Posted:
    """The posting, whether it had been there already, and the (site, item) pairs that it touched.

    `entered` are those of them whose register of controlled medicines it changed.
    """

    posting: Posting
    replayed: bool
    touched: frozenset[tuple[int, int]]
    entered: frozenset[tuple[int, int]] = frozenset()


def post(session: Session, entry: Entry) -> Posted:
    """Write a posting. The same UUID again returns the first one and writes nothing.

    Raises Conflict that names every line which asks for more than is free, or was there on a day since; ValueError
    for what no document may do.
    """
    first = session.scalars(select(Posting).where(Posting.uuid == entry.uuid)).one_or_none()
    if first is not None:
        return Posted(first, True, frozenset())
    if not entry.moves:
        raise ValueError("a posting needs movements")
    locations = _locations(session, entry.moves)
    for move in entry.moves:
        if move.quantity <= 0:
            raise ValueError("a movement needs a positive quantity")
        source, destination = locations[move.source_id], locations[move.destination_id]
        check_effect(entry.kind, LocationKind(source.kind), LocationKind(destination.kind))
    balances = lock_balances(
        session,
        [
            (locations[location_id], move.lot_id)
            for move in entry.moves
            for location_id in (move.source_id, move.destination_id)
        ],
    )
    _refuse_shortages(session, entry, locations, balances)
    _refuse_second_pieces(session, entry, locations)
    posting = _write(session, entry)
    _move_balances(session, entry.moves)
    settle(session, posting, ((m.source_id, m.lot_id) for m in entry.moves), locations)
    items, controlled = register.kinds_of(session, {move.lot_id for move in entry.moves})
    touched = _move_days(session, entry, locations, items)
    if not controlled:
        return Posted(posting, False, touched)
    entered = register.enter(session, [(posting, flows(entry.moves))], locations, items, controlled)
    return Posted(posting, False, touched, entered)


def flows(moves: Iterable[Move]) -> Iterator[register.Flow]:
    """Moves as the register takes them."""
    return ((move.lot_id, move.quantity, move.source_id, move.destination_id) for move in moves)


def reserve(session: Session, location: Location, wanted: Iterable[tuple[int, int, str]]) -> None:
    """Set aside (lot id, quantity, pointer) at an inside location, all or nothing; Conflict names each short lot."""
    lines = list(wanted)
    balances = lock_balances(session, [(location, lot_id) for lot_id, _, _ in lines])
    free = {lot_id: row.on_hand - row.reserved for (_, lot_id), row in balances.items()}
    short: list[tuple[str, int, int]] = []
    for lot_id, quantity, pointer in lines:
        if quantity > free[lot_id]:
            short.append((pointer, lot_id, max(free[lot_id], 0)))
        free[lot_id] -= quantity
    if short:
        raise _too_little(session, short)
    _change(session, {}, _totals((location.id, lot_id, quantity) for lot_id, quantity, _ in lines))


def release(session: Session, location: Location, lines: Iterable[tuple[int, int]]) -> None:
    """Give back what was reserved: (lot id, quantity)."""
    given = list(lines)
    lock_balances(session, [(location, lot_id) for lot_id, _ in given])
    _change(session, {}, _totals((location.id, lot_id, -quantity) for lot_id, quantity in given))


def lock_balances(session: Session, places: Iterable[tuple[Location, int]]) -> dict[tuple[int, int], Balance]:
    """The balances of (location, lot), made where there were none, locked until the transaction ends.

    Always in the same order, what is inside before what is outside, so that two writers never wait for each other.
    """
    wanted = {(location.id, lot_id): location for location, lot_id in places}
    found: dict[tuple[int, int], Balance] = {}
    for inside in (True, False):
        keys = sorted(key for key, location in wanted.items() if location.inside is inside)
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            rows = [
                {"location_id": location_id, "lot_id": lot_id, "inside": inside, "on_hand": 0, "reserved": 0}
                for location_id, lot_id in chunk
            ]
            locked = _lock(session, chunk)
            if len(locked) < len(chunk):
                missing = [row for row in rows if (row["location_id"], row["lot_id"]) not in locked]
                session.execute(insert_for(session, Balance).on_conflict_do_nothing(), missing)
                locked = _lock(session, chunk)
            found |= locked
    return found


def _lock(session: Session, keys: list[tuple[int, int]]) -> dict[tuple[int, int], Balance]:
    lots: dict[int, list[int]] = defaultdict(list)
    for location_id, lot_id in keys:
        lots[location_id].append(lot_id)
    # A list of pairs would be as clear, but SQLite reads the whole table for it.
    wanted = [and_(Balance.location_id == at, Balance.lot_id.in_(found)) for at, found in lots.items()]
    rows = session.scalars(
        select(Balance)
        .where(or_(*wanted))
        .order_by(Balance.location_id, Balance.lot_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.location_id, row.lot_id): row for row in rows}


def _locations(session: Session, moves: Sequence[Move]) -> dict[int, Location]:
    ids = {move.source_id for move in moves} | {move.destination_id for move in moves}
    return {row.id: row for row in session.scalars(select(Location).where(Location.id.in_(ids)))}


def _refuse_shortages(
    session: Session, entry: Entry, locations: dict[int, Location], balances: dict[tuple[int, int], Balance]
) -> None:
    """What goes must be there and free now, and at the end of every day since the one on which it went."""
    lots: dict[int, set[int]] = defaultdict(set)
    for move in entry.moves:
        if locations[move.source_id].inside:
            lots[move.source_id].add(move.lot_id)
    lowest = {
        source_id: lowest_since(session, locations[source_id], lot_ids, entry.occurred_on)
        for source_id, lot_ids in sorted(lots.items())
    }
    free: dict[tuple[int, int, bool], int] = {}
    short: list[tuple[str, int, int]] = []
    for move in entry.moves:
        if move.source_id not in lots:
            continue
        balance = balances[(move.source_id, move.lot_id)]
        key = (move.source_id, move.lot_id, move.reserved)
        if key not in free:
            then = balance.on_hand + lowest[move.source_id].get(move.lot_id, 0)
            free[key] = min(balance.reserved if move.reserved else balance.on_hand - balance.reserved, then)
        if move.quantity > free[key]:
            short.append((move.pointer, move.lot_id, max(free[key], 0)))
        free[key] -= move.quantity
    if short:
        raise _too_little(session, short)


def _refuse_second_pieces(session: Session, entry: Entry, locations: dict[int, Location]) -> None:
    """The lot of a serialised item is one piece: it comes in once."""
    coming = [
        m for m in entry.moves if locations[m.destination_id].inside and not locations[m.source_id].inside
    ]
    ids = {move.lot_id for move in coming}
    serials: dict[int, tuple[str, str]] = {}
    for chunk in _chunks(ids):
        rows = session.execute(
            select(Lot.id, Item.code, Lot.serial)
            .join(Item, Item.id == Lot.item_id)
            .where(Lot.id.in_(chunk), Lot.serial.is_not(None))
        )
        serials |= {lot_id: (item, serial or "") for lot_id, item, serial in rows}
    if not serials:
        return
    there: dict[int, int] = defaultdict(int)
    for chunk in _chunks(serials):
        here = select(Balance.lot_id, Balance.on_hand).where(Balance.lot_id.in_(chunk), Balance.inside)
        for lot_id, on_hand in session.execute(here):
            there[lot_id] += on_hand
    wrong: list[FieldError] = []
    for move in (move for move in coming if move.lot_id in serials):
        there[move.lot_id] += move.quantity
        if there[move.lot_id] > 1:
            item, serial = serials[move.lot_id]
            text = msg("The piece %(serial)s of %(item)s is there already.", serial=serial, item=item)
            wrong.append(FieldError(move.pointer, text))
    if wrong:
        raise Conflict(msg("A serial is one piece."), wrong)


def _chunks(ids: Iterable[int]) -> list[list[int]]:
    wanted = sorted(ids)
    return [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]


def _too_little(session: Session, short: list[tuple[str, int, int]]) -> Conflict:
    """A Conflict with one error for each line that is short of stock."""
    ids = {lot_id for _, lot_id, _ in short}
    names = {
        lot_id: (item, lot)
        for lot_id, item, lot in session.execute(
            select(Lot.id, Item.code, Lot.number).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(ids))
        )
    }
    errors = [
        FieldError(
            pointer,
            msg(
                "Only %(available)s of %(item)s, lot %(lot)s, can be taken.",
                available=available,
                item=names[lot_id][0],
                lot=names[lot_id][1],
            ),
        )
        for pointer, lot_id, available in short
    ]
    return Conflict(msg("There is too little stock."), errors)


def _write(session: Session, entry: Entry) -> Posting:
    posting = Posting(
        uuid=entry.uuid,
        kind=entry.kind,
        document=entry.document,
        site_id=entry.site_id,
        shipment_id=entry.shipment_id,
        occurred_on=entry.occurred_on,
        occurred_at=entry.occurred_at,
        user_id=entry.user_id,
        by=entry.by,
        witness=entry.witness,
        reason=entry.reason,
        reverses_id=entry.reverses_id,
    )
    session.add(posting)
    session.flush()
    session.execute(
        insert(Movement),
        [
            {
                "posting_id": posting.id,
                "lot_id": move.lot_id,
                "quantity": move.quantity,
                "source_id": move.source_id,
                "destination_id": move.destination_id,
                "occurred_at": entry.occurred_at,
                "reason": move.reason,
            }
            for move in entry.moves
        ],
    )
    return posting


Key = tuple[int, int]
"""(location id, lot id)"""


def _move_balances(session: Session, moves: Sequence[Move]) -> None:
    on_hand = _totals(
        change
        for move in moves
        for change in (
            (move.source_id, move.lot_id, -move.quantity),
            (move.destination_id, move.lot_id, move.quantity),
        )
    )
    reserved = _totals((move.source_id, move.lot_id, -move.quantity) for move in moves if move.reserved)
    _change(session, on_hand, reserved)


def _totals(changes: Iterable[tuple[int, int, int]]) -> dict[Key, int]:
    totals: dict[Key, int] = defaultdict(int)
    for location_id, lot_id, quantity in changes:
        totals[(location_id, lot_id)] += quantity
    return totals


def _change(session: Session, on_hand: Mapping[Key, int], reserved: Mapping[Key, int]) -> None:
    """Add to the figures of balances that are locked: one statement for all of them."""
    rows = [
        {"at": key[0], "of": key[1], "more": on_hand.get(key, 0), "aside": reserved.get(key, 0)}
        for key in sorted(on_hand.keys() | reserved.keys())
        if on_hand.get(key) or reserved.get(key)
    ]
    if not rows:
        return
    session.connection().execute(_CHANGE, rows)
    for row in rows:
        known = session.identity_map.get(session.identity_key(Balance, (row["at"], row["of"])))
        if known is not None:
            session.expire(known)


_BALANCE = cast(Table, Balance.__table__)
_CHANGE = (
    update(_BALANCE)
    .where(_BALANCE.c.location_id == bindparam("at"), _BALANCE.c.lot_id == bindparam("of"))
    .values(on_hand=_BALANCE.c.on_hand + bindparam("more"), reserved=_BALANCE.c.reserved + bindparam("aside"))
)


def _move_days(
    session: Session, entry: Entry, locations: dict[int, Location], items: Mapping[int, int]
) -> frozenset[tuple[int, int]]:
    """Bring the day totals of the `stock` zones up to date; the (site, item) pairs that the posting touched."""
    days: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    touched = set()
    for move in entry.moves:
        source, destination = locations[move.source_id], locations[move.destination_id]
        for here, other, sign in ((source, destination, -1), (destination, source, 1)):
            if here.site_id is None:
                continue
            touched.add((here.site_id, items[move.lot_id]))
            if here.kind == LocationKind.STOCK:
                day = days[(here.site_id, move.lot_id)]
                day[0] += sign * move.quantity
                day[1] -= sign * move.quantity if other.kind == LocationKind.PATIENTS else 0
    rows: list[dict[str, Any]] = [
        {
            "site_id": site_id,
            "lot_id": lot_id,
            "day": entry.occurred_on,
            "item_id": items[lot_id],
            "change": change,
            "dispensed": dispensed,
        }
        for (site_id, lot_id), (change, dispensed) in sorted(days.items())
        if change or dispensed
    ]
    for start in range(0, len(rows), CHUNK):
        statement = insert_for(session, StockDay)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["site_id", "lot_id", "day"],
                set_={
                    "change": StockDay.change + statement.excluded.change,
                    "dispensed": StockDay.dispensed + statement.excluded.dispensed,
                },
            ),
            rows[start : start + CHUNK],
        )
    return frozenset(touched)
