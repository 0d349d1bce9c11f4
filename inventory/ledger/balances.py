"""What is where: the balances as pickers and services need them, read under lock where they are about to change."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.ledger._sql import CHUNK
from inventory.models import Balance, KitContent, Location, Lot, Movement, Posting, StockDay
from inventory.rules.effects import INSIDE, ZONES, LocationKind


@dataclass(frozen=True, slots=True)
class LotBalance:
    """One lot at one location, in base units. `free` is on hand less reserved."""

    lot_id: int
    item_id: int
    number: str
    expires_on: date | None
    received_on: date
    recalled_on: date | None
    on_hand: int
    reserved: int

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved


def lots_at(
    session: Session,
    location_id: int,
    item_ids: Iterable[int],
    *,
    lock: bool = False,
    also: Collection[int] = (),
) -> dict[int, list[LotBalance]]:
    """item id -> its lots with something on hand at a location; locked, in lot order, if they are to be taken from.

    The lots in `also` are told even with nothing on hand.
    """
    found: dict[int, list[LotBalance]] = defaultdict(list)
    ids = sorted(set(item_ids))
    for start in range(0, len(ids), CHUNK):
        query = (
            select(Balance, Lot)
            .join(Lot, Lot.id == Balance.lot_id)
            .where(
                Balance.location_id == location_id,
                Lot.item_id.in_(ids[start : start + CHUNK]),
                or_(Balance.on_hand > 0, Balance.lot_id.in_(list(also))),
            )
            .order_by(Balance.location_id, Balance.lot_id)
            .execution_options(populate_existing=True)
        )
        for balance, lot in session.execute(query.with_for_update(of=Balance) if lock else query):
            found[lot.item_id].append(
                LotBalance(
                    lot.id,
                    lot.item_id,
                    lot.number,
                    lot.expires_on,
                    lot.received_on,
                    lot.recalled_on,
                    balance.on_hand,
                    balance.reserved,
                )
            )
    return found


def balances_of(session: Session, location_id: int) -> dict[int, tuple[int, int]]:
    """lot id -> (on hand, reserved) at a location."""
    rows = session.execute(
        select(Balance.lot_id, Balance.on_hand, Balance.reserved).where(Balance.location_id == location_id)
    )
    return {lot_id: (on_hand, reserved) for lot_id, on_hand, reserved in rows}


def lots_known_at(session: Session, location_ids: Iterable[int], lot_ids: Iterable[int]) -> set[int]:
    """Those of the lots that ever were at one of the locations."""
    return set(
        session.scalars(
            select(Balance.lot_id).where(
                Balance.location_id.in_(list(location_ids)), Balance.lot_id.in_(list(lot_ids))
            )
        )
    )


def lowest_since(session: Session, location: Location, lot_ids: Iterable[int], day: date) -> dict[int, int]:
    """lot id -> how far below what it is now its balance was at the end of the lowest day from `day` on (0 or less).

    What a posting of that day may take is what is on hand now and this: then no day since ended below zero in the
    books. For the zones of a site; what is in transit goes by the instant and has no days.
    """
    changes: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    ids = sorted(set(lot_ids))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        if location.kind == LocationKind.STOCK:
            days = select(StockDay.lot_id, StockDay.day, StockDay.change)
            rows = session.execute(
                days.where(
                    StockDay.site_id == location.site_id, StockDay.lot_id.in_(chunk), StockDay.day > day
                )
            )
            for lot_id, when, change in rows:
                changes[lot_id][when] += change
        elif location.kind in ZONES:
            moved = session.execute(
                select(Movement.lot_id, Posting.occurred_on, Movement.quantity, Movement.destination_id)
                .join(Movement.posting)
                .where(Movement.lot_id.in_(chunk), Posting.occurred_on > day)
                .where((Movement.source_id == location.id) | (Movement.destination_id == location.id))
            )
            for lot_id, when, quantity, destination_id in moved:
                changes[lot_id][when] += quantity if destination_id == location.id else -quantity
    return {lot_id: _lowest(by_day) for lot_id, by_day in changes.items()}


def _lowest(changes: dict[date, int]) -> int:
    lowest = running = 0
    for when in sorted(changes, reverse=True):
        running -= changes[when]
        lowest = min(lowest, running)
    return lowest


def on_hand_at(
    session: Session, location_id: int, lot_ids: Iterable[int], moment: date | datetime
) -> dict[int, int]:
    """lot id -> what was on hand at a location at an instant, or at the end of a day, by occurrence."""
    totals: dict[int, int] = defaultdict(int)
    ids = sorted(set(lot_ids))
    until = Movement.occurred_at <= moment if isinstance(moment, datetime) else Posting.occurred_on <= moment
    for column, sign in ((Movement.destination_id, 1), (Movement.source_id, -1)):
        for start in range(0, len(ids), CHUNK):
            rows = session.execute(
                select(Movement.lot_id, func.sum(Movement.quantity))
                .join(Movement.posting)
                .where(column == location_id, until)
                .where(Movement.lot_id.in_(ids[start : start + CHUNK]))
                .group_by(Movement.lot_id)
            )
            for lot_id, quantity in rows:
                totals[lot_id] += sign * int(quantity)
    return totals


def least_between(session: Session, location_id: int, lot_id: int, start: datetime, end: datetime) -> int:
    """The least that was on hand of a lot at a location from `start` on and before `end`, by occurrence."""
    running = least = on_hand_at(session, location_id, [lot_id], start).get(lot_id, 0)
    rows = session.execute(
        select(Movement.quantity, Movement.destination_id)
        .where(
            Movement.lot_id == lot_id,
            or_(Movement.source_id == location_id, Movement.destination_id == location_id),
            Movement.occurred_at > start,
            Movement.occurred_at < end,
        )
        .order_by(Movement.occurred_at, Movement.id)
    )
    for quantity, destination_id in rows:
        running += quantity if destination_id == location_id else -quantity
        least = min(least, running)
    return least


def holders_of(session: Session, lot_ids: Iterable[int]) -> list[tuple[Location, int, int]]:
    """(location, lot id, quantity) of everywhere that something of these lots is, or was sent and not returned.

    What kits hold of them is where the kits are; kits whose lots are asked for themselves are told as kits alone.
    """
    kinds = [*INSIDE, LocationKind.PARTNER, LocationKind.MISSING]
    ids = list(lot_ids)
    alone = select(Location, Balance.lot_id, Balance.on_hand).where(Balance.lot_id.in_(ids))
    in_kits = (
        select(Location, KitContent.lot_id, Balance.on_hand * KitContent.quantity)
        .join(KitContent, KitContent.kit_lot_id == Balance.lot_id)
        .where(KitContent.lot_id.in_(ids), KitContent.kit_lot_id.not_in(ids))
    )
    totals: dict[tuple[int, int], int] = defaultdict(int)
    places: dict[int, Location] = {}
    for query in (alone, in_kits):
        rows = session.execute(
            query.join(Location, Location.id == Balance.location_id).where(
                Balance.on_hand > 0, Location.kind.in_(kinds)
            )
        )
        for location, lot_id, quantity in rows:
            places[location.id] = location
            totals[(location.id, lot_id)] += quantity
    return [(places[key[0]], key[1], quantity) for key, quantity in sorted(totals.items())]
