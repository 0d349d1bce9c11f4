"""What lies in which bin, what lies in none, and the proof of both."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from inventory.ledger._sql import chunks
from inventory.models import Balance, Bin, BinMove, BinStock, Item, Location, Lot
from inventory.models.words import Zone


class InBin(NamedTuple):
    """`quantity` base units of a lot (read with its item) in a bin."""

    bin: Bin
    lot: Lot
    quantity: int


class Unplaced(NamedTuple):
    """A lot (read with its item) of which `left` base units of a zone's `on_hand` lie in no bin."""

    zone: Zone
    lot: Lot
    on_hand: int
    left: int


def in_bins(
    session: Session, site_id: int, zone: str | None = None, *, bin_ids: Collection[int] | None = None
) -> list[InBin]:
    """What lies in the bins of a site (one zone or all, all bins or some), on the walk's way; read with items."""
    query = (
        select(BinStock.quantity, Bin, Lot)
        .join(Bin, Bin.id == BinStock.bin_id)
        .join(Lot, Lot.id == BinStock.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .options(contains_eager(Lot.item))
        .where(Bin.site_id == site_id, BinStock.quantity > 0)
        .order_by(Bin.sequence, Bin.code, Item.name, Lot.expires_on, Lot.id)
    )
    if zone is not None:
        query = query.where(Bin.zone == zone)
    if bin_ids is not None:
        query = query.where(Bin.id.in_(list(bin_ids)))
    return [InBin(place, lot, quantity) for quantity, place, lot in session.execute(query)]


def bins_of(session: Session, site_id: int, lot_ids: Iterable[int], zone: str) -> dict[int, list[InBin]]:
    """lot id -> the bins of a zone in which it lies, in the order in which they are emptied."""
    found: dict[int, list[InBin]] = defaultdict(list)
    for ids in chunks(set(lot_ids)):
        rows = session.execute(
            select(BinStock.quantity, Bin, Lot)
            .join(Bin, Bin.id == BinStock.bin_id)
            .join(Lot, Lot.id == BinStock.lot_id)
            .where(Bin.site_id == site_id, Bin.zone == zone, BinStock.quantity > 0)
            .where(BinStock.lot_id.in_(ids or []))
            .order_by(Bin.sequence, Bin.code)
        )
        for quantity, place, lot in rows:
            found[lot.id].append(InBin(place, lot, quantity))
    return found


def has_bins(session: Session, site_id: int) -> bool:
    """Whether a site has any bin that is not closed."""
    query = select(Bin.id).where(Bin.site_id == site_id, Bin.closed_on.is_(None)).limit(1)
    return session.scalar(query) is not None


def unplaced(
    session: Session, site_id: int, zone: str | None = None, lot_ids: Collection[int] | None = None
) -> list[Unplaced]:
    """What is in the zones of a site (or in one) and in none of their bins, by the name of the item; of some lots alone
    where they are told."""
    placed = (
        select(BinStock.lot_id, Bin.zone, func.sum(BinStock.quantity).label("quantity"))
        .join(Bin, Bin.id == BinStock.bin_id)
        .where(Bin.site_id == site_id)
        .group_by(BinStock.lot_id, Bin.zone)
        .subquery()
    )
    left = Balance.on_hand - func.coalesce(placed.c.quantity, 0)
    query = (
        select(Location.kind, Balance.on_hand, left, Lot)
        .join(Balance, Balance.location_id == Location.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(placed, and_(placed.c.lot_id == Balance.lot_id, placed.c.zone == Location.kind))
        .options(contains_eager(Lot.item))
        .where(Location.site_id == site_id, Balance.on_hand > 0, left > 0)
        .order_by(Item.name, Item.code, Lot.expires_on, Lot.id, Location.kind)
    )
    if zone is not None:
        query = query.where(Location.kind == zone)
    if lot_ids is not None:
        query = query.where(Lot.id.in_(lot_ids))
    return [
        Unplaced(Zone(kind), lot, on_hand, int(rest)) for kind, on_hand, rest, lot in session.execute(query)
    ]


def prove(session: Session) -> Iterator[str]:
    """Every figure of a bin from its moves, and no zone's bins with more of a lot than the zone."""
    yield from _from_moves(session)
    yield from _within_zones(session)
    source, destination = aliased(Bin), aliased(Bin)
    crossing = session.scalars(
        select(BinMove.id)
        .join(source, source.id == BinMove.source_id)
        .join(destination, destination.id == BinMove.destination_id)
        .where(or_(source.site_id != destination.site_id, source.zone != destination.zone))
    )
    for move_id in crossing:
        yield f"bin move {move_id} leads out of its zone"


def _from_moves(session: Session) -> Iterator[str]:
    running: dict[tuple[int, int], int] = defaultdict(int)
    below: set[tuple[int, int]] = set()
    columns = select(BinMove.source_id, BinMove.destination_id, BinMove.lot_id, BinMove.quantity)
    for source_id, destination_id, lot_id, quantity in session.execute(columns.order_by(BinMove.id)):
        for bin_id, change in ((source_id, -quantity), (destination_id, quantity)):
            if bin_id is not None:
                running[(bin_id, lot_id)] += change
                if running[(bin_id, lot_id)] < 0:
                    below.add((bin_id, lot_id))
    for bin_id, lot_id, quantity in session.execute(
        select(BinStock.bin_id, BinStock.lot_id, BinStock.quantity)
    ):
        expected = running.pop((bin_id, lot_id), 0)
        if quantity != expected:
            yield f"bin {bin_id} says {quantity} of lot {lot_id}, its moves add up to {expected}"
    for (bin_id, lot_id), quantity in running.items():
        if quantity:
            yield f"bin {bin_id} has moves of {quantity} of lot {lot_id} and no figure of it"
    for bin_id, lot_id in sorted(below):
        yield f"bin {bin_id} gave more of lot {lot_id} than lay in it"


def _within_zones(session: Session) -> Iterator[str]:
    held = func.sum(BinStock.quantity)
    rows = session.execute(
        select(Bin.site_id, Bin.zone, BinStock.lot_id, held, func.max(func.coalesce(Balance.on_hand, 0)))
        .join(Bin, Bin.id == BinStock.bin_id)
        .outerjoin(Location, and_(Location.site_id == Bin.site_id, Location.kind == Bin.zone))
        .outerjoin(Balance, and_(Balance.location_id == Location.id, Balance.lot_id == BinStock.lot_id))
        .group_by(Bin.site_id, Bin.zone, BinStock.lot_id)
    )
    for site_id, zone, lot_id, inside, on_hand in rows:
        if inside > on_hand:
            yield f"the bins in {zone} of site {site_id} hold {inside} of lot {lot_id}, the zone {on_hand}"
