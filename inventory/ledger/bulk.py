"""Many documents posted at once, for histories that are imported: the same ledger, a statement for many rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from inventory.ledger import register
from inventory.ledger._sql import CHUNK
from inventory.ledger.bin_settle import settle
from inventory.ledger.post import Entry, Move, _locations, _move_days, flows, lock_balances
from inventory.models import Balance, Location, Movement, Posting
from inventory.rules.effects import LocationKind, check_effect


def post_all(session: Session, entries: Sequence[Entry]) -> tuple[list[Posting], frozenset[tuple[int, int]]]:
    """Write new postings, in their order; the postings, and the (site, item) pairs that they touched.

    For goods that pass through the house: raises ValueError where a balance inside it would be below zero at the end
    of any day, or less than is reserved. `reserved` moves and known UUIDs are not for here, nor are reversals.
    """
    if not entries:
        return [], frozenset()
    moves = [move for entry in entries for move in entry.moves]
    locations = _all_locations(session, entries)
    for entry in entries:
        if not entry.moves or entry.reverses_id is not None:
            raise ValueError("a posting needs movements of its own")
        for move in entry.moves:
            if move.quantity <= 0 or move.reserved:
                raise ValueError("a movement needs a positive quantity that is not reserved")
            kinds = locations[move.source_id].kind, locations[move.destination_id].kind
            check_effect(entry.kind, LocationKind(kinds[0]), LocationKind(kinds[1]))
    balances = lock_balances(
        session,
        [
            (locations[place], move.lot_id)
            for move in moves
            for place in (move.source_id, move.destination_id)
        ],
    )
    _refuse_shortages(session, entries, locations, balances)
    postings = _write(session, entries)
    _move_balances(session, entries)
    settle(session, postings[-1], ((move.source_id, move.lot_id) for move in moves), locations)
    items, controlled = register.kinds_of(session, {move.lot_id for move in moves})
    touched: set[tuple[int, int]] = set()
    for merged in _by_day(entries):
        touched |= _move_days(session, merged, locations, items)
    if controlled:
        written = zip(postings, (flows(entry.moves) for entry in entries), strict=True)
        register.enter(session, written, locations, items, controlled)
    for balance in balances.values():
        session.expire(balance)
    return postings, frozenset(touched)


def open_transits(session: Session, shipment_ids: Iterable[int]) -> dict[int, Location]:
    """shipment id -> its place in transit, made where there was none."""
    ids = sorted(set(shipment_ids))
    found: dict[int, Location] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        query = select(Location).where(
            Location.kind == LocationKind.IN_TRANSIT, Location.shipment_id.in_(chunk)
        )
        found |= {row.shipment_id: row for row in session.scalars(query) if row.shipment_id is not None}
    new = {
        one: Location(kind=LocationKind.IN_TRANSIT, inside=True, shipment_id=one)
        for one in ids
        if one not in found
    }
    session.add_all(new.values())
    session.flush()
    return found | new


def _all_locations(session: Session, entries: Sequence[Entry]) -> dict[int, Location]:
    locations: dict[int, Location] = {}
    for start in range(0, len(entries), CHUNK // 4):
        moves = [move for entry in entries[start : start + CHUNK // 4] for move in entry.moves]
        locations |= _locations(session, moves)
    return locations


def _refuse_shortages(
    session: Session,
    entries: Sequence[Entry],
    locations: dict[int, Location],
    balances: dict[tuple[int, int], Balance],
) -> None:
    """Every place inside from which something goes must hold it at the end of each day, and what is reserved."""
    changes: dict[tuple[int, int], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    sources: set[tuple[int, int]] = set()
    for entry in entries:
        for move in entry.moves:
            changes[(move.source_id, move.lot_id)][entry.occurred_on] -= move.quantity
            changes[(move.destination_id, move.lot_id)][entry.occurred_on] += move.quantity
            if locations[move.source_id].inside:
                sources.add((move.source_id, move.lot_id))
    for key in sorted(sources):
        balance, days = balances[key], changes[key]
        if balance.on_hand + sum(days.values()) < balance.reserved:
            raise ValueError(f"too little of lot {key[1]} at location {key[0]}")
        if balance.on_hand:
            for day, quantity in _known_days(session, *key):
                days[day] += quantity
        running = 0
        for day in sorted(days):
            running += days[day]
            if running < 0:
                raise ValueError(f"too little of lot {key[1]} at location {key[0]} on {day}")


def _known_days(session: Session, location_id: int, lot_id: int) -> list[tuple[date, int]]:
    days: list[tuple[date, int]] = []
    for column, sign in ((Movement.destination_id, 1), (Movement.source_id, -1)):
        rows = session.execute(
            select(Posting.occurred_on, func.sum(Movement.quantity))
            .join(Posting, Posting.id == Movement.posting_id)
            .where(column == location_id, Movement.lot_id == lot_id)
            .group_by(Posting.occurred_on)
        )
        days += [(day, sign * int(quantity)) for day, quantity in rows]
    return days


def _write(session: Session, entries: Sequence[Entry]) -> list[Posting]:
    postings = [
        Posting(
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
        )
        for entry in entries
    ]
    session.add_all(postings)
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
            for entry, posting in zip(entries, postings, strict=True)
            for move in entry.moves
        ],
    )
    return postings


def _move_balances(session: Session, entries: Sequence[Entry]) -> None:
    deltas: dict[tuple[int, int], int] = defaultdict(int)
    for entry in entries:
        for move in entry.moves:
            deltas[(move.source_id, move.lot_id)] -= move.quantity
            deltas[(move.destination_id, move.lot_id)] += move.quantity
    rows = [
        {"at": location_id, "of": lot_id, "by": delta}
        for (location_id, lot_id), delta in sorted(deltas.items())
        if delta
    ]
    if rows:
        table = Balance.__table__
        statement = (
            update(table)  # type: ignore[arg-type]
            .where(table.c.location_id == bindparam("at"), table.c.lot_id == bindparam("of"))
            .values(on_hand=table.c.on_hand + bindparam("by"))
        )
        session.connection().execute(statement, rows)


def _by_day(entries: Sequence[Entry]) -> list[Entry]:
    """One entry for each day, with all its movements: enough for the day totals."""
    moves: dict[date, list[Move]] = defaultdict(list)
    for entry in entries:
        moves[entry.occurred_on] += entry.moves
    return [replace(entries[0], occurred_on=day, moves=found) for day, found in moves.items()]
