"""Bins: where in a zone something lies. Only the ledger writes `bin_stock` and `bin_move`.

A bin refines a zone and is no location: over the bins of a zone never more of a lot than the zone's balance of it, and
the rest has not been put away. Whoever writes locks the balance first, then the bins, then what lies in them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.errors import Conflict, FieldError, msg
from inventory.ledger._sql import chunks, insert_for
from inventory.ledger.bin_figures import InBin as InBin
from inventory.ledger.bin_figures import Unplaced as Unplaced
from inventory.ledger.bin_figures import bins_of as bins_of
from inventory.ledger.bin_figures import has_bins as has_bins
from inventory.ledger.bin_figures import in_bins as in_bins
from inventory.ledger.bin_figures import unplaced as unplaced
from inventory.ledger.bin_settle import forget
from inventory.ledger.places import zones
from inventory.ledger.post import lock_balances
from inventory.models import Bin, BinMove, BinStock, Location
from inventory.rules.effects import LocationKind

Stock = dict[tuple[int, int], int]
"""(bin id, lot id) -> base units"""


@dataclass(frozen=True, slots=True)
class Put:
    """`quantity` base units of a lot into a bin, out of one, or from one to another of the same zone.

    None: outside every bin. `pointer` names the field that asked for it.
    """

    lot_id: int
    quantity: int
    source: Bin | None
    destination: Bin | None
    pointer: str = "/lines"


def hold(session: Session, zone_locations: Iterable[tuple[Location, int]], bin_ids: Iterable[int]) -> None:
    """Lock the balances of (zone, lot) and then bins, read afresh, until the transaction ends."""
    lock_balances(session, zone_locations)
    _lock_bins(session, bin_ids)


def put(session: Session, puts: Sequence[Put], by: Actor) -> list[BinMove]:
    """Put lots of one site into bins, out of them or from one to another, all or nothing.

    Conflict names each line that asks for more than lies there, or for a bin that was closed. What may lie where is
    for the service to say.
    """
    if not puts:
        return []
    places = {each.id: each for line in puts for each in (line.source, line.destination) if each is not None}
    if len({place.site_id for place in places.values()}) != 1:
        raise ValueError("one site at a time")
    locations = zones(session, next(iter(places.values())).site_id)
    keys = []
    for line in puts:
        ends = [each for each in (line.source, line.destination) if each is not None]
        if line.quantity <= 0 or not ends or len({each.id for each in ends}) < len(ends):
            raise ValueError("a put needs a positive quantity, and two ends that differ")
        if len({each.zone for each in ends}) != 1:
            raise ValueError("from zone to zone things are moved in the ledger")
        keys.append((locations[LocationKind(ends[0].zone)], line.lot_id))
    balances = lock_balances(session, keys)
    _lock_bins(session, places)
    stock = _lock_stock(session, locations[LocationKind.STOCK].site_id or 0, {line.lot_id for line in puts})
    zone_of = _zones_of(session, stock)
    loose: dict[tuple[int, int], int] = {}
    for location, lot_id in keys:
        inside = sum(n for (at, of), n in stock.items() if of == lot_id and zone_of[at] == location.kind)
        loose[(location.id, lot_id)] = balances[(location.id, lot_id)].on_hand - inside
    after = defaultdict(int, stock)
    wrong: list[FieldError] = []
    for line, (location, lot_id) in zip(puts, keys, strict=True):
        wrong += _fault(line, after, loose[(location.id, lot_id)])
        if line.source is not None:
            after[(line.source.id, lot_id)] -= line.quantity
        else:
            loose[(location.id, lot_id)] -= line.quantity
        if line.destination is not None:
            after[(line.destination.id, lot_id)] += line.quantity
        else:
            loose[(location.id, lot_id)] += line.quantity
    if wrong:
        raise Conflict(msg("This cannot be put away."), wrong)
    _save(session, stock, after)
    moves = [
        BinMove(
            lot_id=line.lot_id,
            source_id=line.source.id if line.source else None,
            destination_id=line.destination.id if line.destination else None,
            quantity=line.quantity,
            by_id=by.user_id,
            by=by.name,
        )
        for line in puts
    ]
    session.add_all(moves)
    session.flush()
    return moves


def set_counted(
    session: Session, counted: Iterable[tuple[int, int, int]], posting_id: int | None, by: Actor
) -> None:
    """Say what was counted, (bin id, lot id, base units), in bins of one site, after the balances were put right.

    The differences are written as moves to or from outside the bins. Conflict where a zone's bins would hold more of
    a lot than the zone.
    """
    wanted = {(bin_id, lot_id): quantity for bin_id, lot_id, quantity in counted}
    if not wanted:
        return
    if min(wanted.values()) < 0:
        raise ValueError("nothing is counted below zero")
    places = {row.id: row for row in session.scalars(select(Bin).where(Bin.id.in_({b for b, _ in wanted})))}
    site_ids = {place.site_id for place in places.values()}
    if len(site_ids) != 1:
        raise ValueError("one site at a time")
    site_id = site_ids.pop()
    locations = zones(session, site_id)
    keys = {(locations[LocationKind(places[b].zone)].id, of): (b, of) for b, of in wanted}
    balances = lock_balances(
        session, [(locations[LocationKind(places[b].zone)], lot_id) for b, lot_id in wanted]
    )
    _lock_bins(session, places)
    stock = _lock_stock(session, site_id, {lot_id for _, lot_id in wanted})
    after = defaultdict(int, stock)
    after.update(wanted)
    zone_of = _zones_of(session, after)
    for (location_id, lot_id), key in keys.items():
        zone = places[key[0]].zone
        inside = sum(n for (at, of), n in after.items() if of == lot_id and zone_of[at] == zone)
        if inside > balances[(location_id, lot_id)].on_hand:
            text = msg(
                "The bins would hold %(bins)s, the books say %(books)s.",
                bins=inside,
                books=balances[(location_id, lot_id)].on_hand,
            )
            raise Conflict(text)
    _save(session, stock, after)
    for (bin_id, lot_id), quantity in sorted(wanted.items()):
        change = quantity - stock.get((bin_id, lot_id), 0)
        if change:
            session.add(
                BinMove(
                    lot_id=lot_id,
                    source_id=bin_id if change < 0 else None,
                    destination_id=bin_id if change > 0 else None,
                    quantity=abs(change),
                    posting_id=posting_id,
                    by_id=by.user_id,
                    by=by.name,
                )
            )
    session.flush()


def _fault(line: Put, stock: Mapping[tuple[int, int], int], loose: int) -> list[FieldError]:
    faults = []
    if line.destination is not None and line.destination.closed_on is not None:
        text = msg("The bin %(bin)s is closed.", bin=line.destination.code)
        faults.append(FieldError(f"{line.pointer}/to", text))
    if line.source is not None and stock.get((line.source.id, line.lot_id), 0) < line.quantity:
        here = max(0, stock.get((line.source.id, line.lot_id), 0))
        text = msg("Only %(quantity)s lie in the bin %(bin)s.", quantity=here, bin=line.source.code)
        faults.append(FieldError(f"{line.pointer}/quantity", text))
    elif line.source is None and loose < line.quantity:
        text = msg("Only %(quantity)s are not put away yet.", quantity=max(0, loose))
        faults.append(FieldError(f"{line.pointer}/quantity", text))
    return faults


def _lock_bins(session: Session, bin_ids: Iterable[int]) -> None:
    query = select(Bin).where(Bin.id.in_(sorted(set(bin_ids)))).order_by(Bin.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).all()


def _lock_stock(session: Session, site_id: int, lot_ids: Collection[int]) -> Stock:
    """What the bins of a site hold of the lots, locked."""
    found: Stock = {}
    for ids in chunks(lot_ids):
        rows = session.execute(
            select(BinStock.bin_id, BinStock.lot_id, BinStock.quantity)
            .join(Bin, Bin.id == BinStock.bin_id)
            .where(Bin.site_id == site_id, BinStock.lot_id.in_(ids or []))
            .order_by(BinStock.bin_id, BinStock.lot_id)
            .with_for_update(of=BinStock)
        )
        found |= {(bin_id, lot_id): quantity for bin_id, lot_id, quantity in rows}
    return found


def _zones_of(session: Session, stock: Mapping[tuple[int, int], int]) -> dict[int, str]:
    ids = {bin_id for bin_id, _ in stock}
    rows = session.execute(select(Bin.id, Bin.zone).where(Bin.id.in_(ids)))
    return {bin_id: zone for bin_id, zone in rows}


def _save(
    session: Session, before: Mapping[tuple[int, int], int], after: Mapping[tuple[int, int], int]
) -> None:
    rows = [
        {"bin_id": bin_id, "lot_id": lot_id, "quantity": quantity}
        for (bin_id, lot_id), quantity in sorted(after.items())
        if quantity != before.get((bin_id, lot_id), 0)
    ]
    if rows:
        statement = insert_for(session, BinStock)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["bin_id", "lot_id"], set_={"quantity": statement.excluded.quantity}
            ),
            rows,
        )
        forget(session, {(row["bin_id"], row["lot_id"]) for row in rows})
