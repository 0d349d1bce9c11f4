"""Kits in the books: what a kit lot is made of, which kit lots hold a lot, what is here to make kits of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from inventory.ledger._sql import among, chunks
from inventory.ledger.balances import LotBalance, lots_at, lowest_since
from inventory.models import Balance, Item, Kit, KitContent, Location, Lot
from inventory.rules.effects import SOURCES, LocationKind
from inventory.rules.fefo import Candidate
from inventory.rules.kitting import Component


@dataclass(frozen=True, slots=True)
class PartHere:
    """A component of a kit and its lots at a place. `free` says of each lot what may go into a kit, in base units."""

    item: Item
    per_kit: int
    lots: Sequence[LotBalance]
    free: dict[int, int]

    def component(self, chosen: Sequence[tuple[str, int | None]] = ()) -> Component[int]:
        """For the rule: all lots, or only those of the `chosen` numbers, of each no more than is told with it."""
        if not chosen:
            return Component(self.per_kit, [self._candidate(lot, self.free[lot.lot_id]) for lot in self.lots])
        most: dict[str, int | None] = {}
        for number, quantity in chosen:
            before = most.get(number, 0)
            most[number] = None if quantity is None or before is None else before + quantity
        found = []
        for lot in sorted(
            self.lots, key=lambda lot: (lot.expires_on or date.max, lot.received_on, lot.lot_id)
        ):
            if lot.number not in most:
                continue
            left, here = most[lot.number], self.free[lot.lot_id]
            part = here if left is None else min(left, here)
            if left is not None:
                most[lot.number] = left - part
            found.append(self._candidate(lot, part))
        return Component(self.per_kit, found)

    def _candidate(self, lot: LotBalance, available: int) -> Candidate[int]:
        return Candidate(lot.lot_id, lot.expires_on, lot.received_on, lot.lot_id, available)


def components_here(
    session: Session,
    kits: Iterable[Kit],
    place: Location,
    day: date,
    *,
    since: date | None = None,
    lock: bool = False,
) -> dict[int, list[PartHere]]:
    """kit id -> its components, in the order of the bill, with their lots at a place (kits read with lines and items).

    Nothing is free of a lot that was recalled, has expired on `day` or is made of others: a kit holds no kits. With
    `since`, a day in the past, no more is than was there at the end of every day since. With `lock`, lots and balances
    are locked until the transaction ends: no recall comes in between.
    """
    wanted = list(kits)
    item_ids = {line.item_id for kit in wanted for line in kit.lines}
    if lock:
        _hold_lots(session, place, item_ids)
    lots = lots_at(session, place.id, item_ids, lock=lock)
    every = [lot for found in lots.values() for lot in found]
    made = kit_lots_among(session, [lot.lot_id for lot in every])
    lowest = lowest_since(session, place, [lot.lot_id for lot in every], since) if since is not None else {}
    free = {lot.lot_id: _free(lot, day, lot.lot_id in made, lowest.get(lot.lot_id, 0)) for lot in every}
    return {
        kit.id: [PartHere(line.item, line.quantity, lots.get(line.item_id, []), free) for line in kit.lines]
        for kit in wanted
    }


def _free(lot: LotBalance, day: date, made: bool, lowest: int) -> int:
    expired = lot.expires_on is not None and lot.expires_on < day
    if lot.recalled_on is not None or expired or made:
        return 0
    return max(0, min(lot.free, lot.on_hand + lowest))


def _hold_lots(session: Session, place: Location, item_ids: Collection[int]) -> None:
    """Let no recall of what is here begin before the kits are written, so that it finds them; lots before balances."""
    for chunk in chunks(item_ids):
        session.execute(
            select(Lot.id)
            .join(Balance, Balance.lot_id == Lot.id)
            .where(Balance.location_id == place.id, Balance.on_hand > 0, *among(Lot.item_id, chunk))
            .order_by(Lot.id)
            .with_for_update(read=True, of=Lot)
        ).all()


def kit_lots_among(session: Session, lot_ids: Iterable[int]) -> set[int]:
    """Those of the lots that are kits, put together here."""
    found: set[int] = set()
    for chunk in chunks(set(lot_ids)):
        query = select(KitContent.kit_lot_id).where(*among(KitContent.kit_lot_id, chunk))
        found |= set(session.scalars(query))
    return found


def contents_of(session: Session, lot_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """kit lot id -> component lot id -> base units of it in one kit, for those of the lots that are kits."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for chunk in chunks(set(lot_ids)):
        rows = session.execute(
            select(KitContent.kit_lot_id, KitContent.lot_id, KitContent.quantity)
            .where(*among(KitContent.kit_lot_id, chunk))
            .order_by(KitContent.kit_lot_id, KitContent.lot_id)
        )
        for kit_lot_id, lot_id, quantity in rows:
            found[kit_lot_id][lot_id] = quantity
    return dict(found)


def kits_holding(session: Session, lot_ids: Iterable[int], *, lock: bool = False) -> list[Lot]:
    """The kit lots in which something of the lots is or was, in the order of their making."""
    found: dict[int, Lot] = {}
    for chunk in chunks(set(lot_ids)):
        holding = select(KitContent.kit_lot_id).where(*among(KitContent.lot_id, chunk))
        query = select(Lot).where(Lot.id.in_(holding)).order_by(Lot.id)
        found |= {lot.id: lot for lot in session.scalars(query.with_for_update() if lock else query)}
    return [found[lot_id] for lot_id in sorted(found)]


def prove(session: Session) -> Iterator[str]:
    """Each fault in the books of kits, in words.

    What stands under `kitted` for a component lot is what the kits that were made of it, and not taken apart, hold; a
    kit comes from nowhere else, holds no kits and expires with the first of what it holds.
    """
    kitted = select(Balance.lot_id, Balance.on_hand).join(Location, Location.id == Balance.location_id)
    stands = {
        lot_id: on_hand
        for lot_id, on_hand in session.execute(kitted.where(Location.kind == LocationKind.KITTED))
    }
    held: dict[int, int] = defaultdict(int)
    first: dict[int, date | None] = {}
    says: dict[int, date | None] = {}
    kit_lot, lot = aliased(Lot), aliased(Lot)
    for kit_lot_id, lot_id, quantity, kit_expires_on, expires_on in session.execute(
        select(
            KitContent.kit_lot_id, KitContent.lot_id, KitContent.quantity, kit_lot.expires_on, lot.expires_on
        )
        .join(kit_lot, kit_lot.id == KitContent.kit_lot_id)
        .join(lot, lot.id == KitContent.lot_id)
    ):
        held[lot_id] -= quantity * stands.get(kit_lot_id, 0)
        says[kit_lot_id] = kit_expires_on
        known = first.get(kit_lot_id)
        first[kit_lot_id] = min((day for day in (known, expires_on) if day is not None), default=None)
    for lot_id in sorted(held.keys() & says.keys()):
        yield f"lot {lot_id} is a kit and stands in another"
    for lot_id, on_hand in sorted(stands.items()):
        if lot_id not in says and on_hand != held.pop(lot_id, 0):
            yield f"lot {lot_id} has {on_hand} in kits, the kits hold another number"
    for lot_id, quantity in sorted(held.items()):
        if quantity and lot_id not in says and lot_id not in stands:
            yield f"kits hold {quantity} of lot {lot_id}, which was never put into one"
    for lot_id, expires_on in sorted(first.items()):
        if says[lot_id] != expires_on:
            yield f"kit lot {lot_id} says that it expires on {says[lot_id]}, the first in it expires on {expires_on}"
    for lot_id in session.scalars(
        select(Balance.lot_id)
        .distinct()
        .join(Location, Location.id == Balance.location_id)
        .where(Location.kind.in_(list(SOURCES)), Balance.on_hand != 0)
        .where(Balance.lot_id.in_(select(KitContent.kit_lot_id)))
        .order_by(Balance.lot_id)
    ):
        yield f"kit lot {lot_id} was received from outside"
