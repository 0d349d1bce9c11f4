"""Everywhere a batch ever was: read from balances, which stay after what they held has gone, so it costs the same
however many movements there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.ledger._sql import CHUNK
from inventory.models import Balance, KitContent, Location, Lot, StockDay
from inventory.rules.effects import INSIDE, ZONES, LocationKind

Holder = tuple[int | None, int | None]
"""(site id, None) or (None, shipment id)"""


@dataclass(slots=True)
class Whereabouts:
    """Base units of a batch by who holds them; 0 for who had some once. `dispensed`: site id -> given to patients."""

    held: dict[Holder, int] = field(default_factory=lambda: defaultdict(int))
    dispensed: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def parts_of(session: Session, lot_ids: Collection[int]) -> dict[int, int]:
    """lot id -> how many base units of the batch one unit of it is: 1 for its own lots, more for kits made of it."""
    found = dict.fromkeys(lot_ids, 1)
    rows = session.execute(
        select(KitContent.kit_lot_id, func.sum(KitContent.quantity))
        .where(KitContent.lot_id.in_(list(lot_ids)))
        .group_by(KitContent.kit_lot_id)
    )
    return found | {lot_id: int(quantity) for lot_id, quantity in rows if lot_id not in found}


def lots_of_batch(session: Session, item_id: int, number: str) -> list[int]:
    """The lots of a batch number."""
    return list(session.scalars(select(Lot.id).where(Lot.item_id == item_id, Lot.number == number)))


def whereabouts(session: Session, parts: Mapping[int, int]) -> Whereabouts:
    """Where the lots of `parts` (see `parts_of`) are and have been, and what sites gave to patients."""
    found = Whereabouts()
    kinds = [*INSIDE, LocationKind.PARTNER, LocationKind.MISSING]
    for lot_ids in _handfuls(parts):
        rows = session.execute(
            select(Location.site_id, Location.shipment_id, Location.kind, Balance.lot_id, Balance.on_hand)
            .join(Balance, Balance.location_id == Location.id)
            .where(Balance.lot_id.in_(lot_ids), Location.kind.in_(kinds))
        )
        sites = set()
        for site_id, shipment_id, kind, lot_id, on_hand in rows:
            if kind in ZONES and site_id is not None:
                sites.add(site_id)
            if on_hand or site_id is not None:
                found.held[(site_id, shipment_id)] += on_hand * parts[lot_id]
        given = session.execute(
            select(StockDay.site_id, StockDay.lot_id, func.sum(StockDay.dispensed))
            .where(StockDay.site_id.in_(sites), StockDay.lot_id.in_(lot_ids))
            .group_by(StockDay.site_id, StockDay.lot_id)
        )
        for site_id, lot_id, dispensed in given:
            found.dispensed[site_id] += int(dispensed) * parts[lot_id]
    return found


def _handfuls(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
