"""Goods that travel in kits: which package lines carry something of a gift or of a giver, and what is read of it."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import selectinload

from inventory.models import KitContent, Lot, PackageLine


def in_package(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a package line is of the lots meant (a condition on `Lot`), or of kits that hold some of them."""
    lots = select(Lot.id).where(which)
    kits = select(KitContent.kit_lot_id).join(Lot, Lot.id == KitContent.lot_id).where(which)
    return or_(PackageLine.lot_id.in_(lots), PackageLine.lot_id.in_(kits))


_LOT = selectinload(KitContent.lot)
WHAT_IS_INSIDE = (_LOT.selectinload(Lot.item), _LOT.selectinload(Lot.donor))
"""Loader options below `Lot.contents`: the component lots with their items and donors."""
