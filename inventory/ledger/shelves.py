"""Bins and goods as the rules of putting away see them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.ledger.bin_figures import InBin, in_bins
from inventory.models import Bin, Lot
from inventory.rules.put_away import Goods, Shelf


def goods_of(lot: Lot, zone: str) -> Goods:
    """A lot (read with its item) in a zone."""
    item = lot.item
    return Goods(
        item.id,
        lot.id,
        zone,
        item.temperature,
        freeze_sensitive=item.freeze_sensitive,
        controlled=item.controlled,
        dangerous=item.dangerous,
        volume_m3=item.unit_volume_m3,
        weight_kg=item.unit_weight_kg,
    )


def shelves(
    session: Session, site_id: int, bin_ids: Collection[int] | None = None
) -> tuple[dict[int, Shelf[int]], dict[int, list[InBin]], list[Bin]]:
    """bin id -> the bin with what lies in it, bin id -> what lies in it in rows, and the bins on the walk's way."""
    query = select(Bin).where(Bin.site_id == site_id).order_by(Bin.sequence, Bin.code)
    if bin_ids is not None:
        query = query.where(Bin.id.in_(list(bin_ids)))
    rows = list(session.scalars(query))
    lying: dict[int, list[InBin]] = defaultdict(list)
    for each in in_bins(session, site_id, bin_ids=bin_ids):
        lying[each.bin.id].append(each)
    found = {}
    for row in rows:
        shelf = Shelf(
            row.id,
            row.zone,
            row.temperature,
            frost_free=row.frost_free,
            locked=row.locked,
            for_dangerous=row.for_dangerous,
            closed=row.closed_on is not None,
            volume_m3=row.volume_m3,
            weight_kg=row.weight_kg,
            sequence=row.sequence,
            code=row.code,
        )
        for each in lying[row.id]:
            shelf = filled(shelf, goods_of(each.lot, row.zone), each.quantity)
        found[row.id] = shelf
    return found, lying, rows


def filled(shelf: Shelf[int], goods: Goods, quantity: int) -> Shelf[int]:
    """The bin with so much more of the goods in it, or less where `quantity` is negative."""
    holds = dict(shelf.holds or {})
    there = holds.get(goods.lot_id, (goods.item_id, 0))[1] + quantity
    if there > 0:
        holds[goods.lot_id] = (goods.item_id, there)
    else:
        holds.pop(goods.lot_id, None)
    return replace(
        shelf,
        holds=holds,
        used_m3=shelf.used_m3 + (goods.volume_m3 or Decimal(0)) * quantity,
        used_kg=shelf.used_kg + (goods.weight_kg or Decimal(0)) * quantity,
    )
