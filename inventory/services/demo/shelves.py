"""The bins of the demonstration's hub: shelves, a cold room that never freezes, a locked cupboard; a part put away."""

from decimal import Decimal

from sqlalchemy import select

from inventory.ledger.bins import unplaced
from inventory.models import Item, Lot, Site
from inventory.services import bins
from inventory.services.bins import PutLine
from inventory.services.demo.places import HUB
from inventory.services.demo.world import World

MOST_LOTS = 12
"""So many lots are put on shelves; the others wait on the work list."""


def tell(world: World) -> None:
    """Plan it, after all else of that day."""
    world.plan(-1, 18, lambda: _set_up(world))


def _set_up(world: World) -> None:
    warehouse, session = world.person("warehouse"), world.session
    with world.at(-1, 18):
        for fields in (
            {"codes": "A-01..A-03 x 2", "name": "Shelves by the door", "volume_m3": Decimal(12)},
            {"codes": "COLD-1", "name": "Cold room", "temperature": "cold_chain", "frost_free": True},
            {"codes": "SAFE-1", "name": "Locked cupboard", "locked": True},
        ):
            usual = {"zone": "stock", "temperature": "ambient"}
            bins.add_bins(session, warehouse, HUB, usual | fields)
        site = session.scalars(select(Site).where(Site.code == HUB)).one()
        lines: list[PutLine] = []
        for row in unplaced(session, site.id, "stock"):
            to = _place(row.lot, len(lines))
            if to is not None and len(lines) < MOST_LOTS:
                lines.append(PutLine(row.lot.item.code, row.lot.number, row.left, None, to, row.lot.id))
        bins.put_away(session, warehouse, HUB, lines)


def _place(lot: Lot, turn: int) -> str | None:
    item: Item = lot.item
    if item.dangerous or item.temperature not in ("ambient", "cold_chain"):
        return None
    if item.controlled:
        return "SAFE-1" if item.temperature == "ambient" and not item.freeze_sensitive else None
    if item.temperature == "cold_chain":
        return "COLD-1"
    return None if item.freeze_sensitive else f"A-0{turn % 3 + 1}-{turn % 2 + 1}"
