"""What an approver must know of each line of a requisition, and what became of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.models import Balance, Location, Lot, Requisition, Shipment, Site, User
from inventory.rules.effects import LocationKind


@dataclass(slots=True)
class Supply:
    """Of one item, in base units: at the supplying site what is in stock (usable), what of it is free and its earliest
    expiry; on its way to the requesting site; in stock (usable) there."""

    on_hand: int = 0
    free: int = 0
    next_expiry: date | None = None
    in_transit: int = 0
    here: int = 0


def supply(session: Session, requisition: Requisition) -> dict[int, Supply]:
    """item id -> what there is of it, for the items of a requisition read with its site and lines."""
    site = requisition.site
    known: dict[int, Supply] = {line.item_id: Supply() for line in requisition.lines}
    source = site.supplied_by
    places = [site.id] + ([source.id] if source is not None else [])
    days = {each.id: clock.today(each.timezone) for each in (site, source) if each is not None}
    rows = session.execute(
        select(Location.site_id, Lot.item_id, Lot.expires_on, Balance.on_hand, Balance.reserved)
        .join(Location, Location.id == Balance.location_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Location.site_id.in_(places), Location.kind == LocationKind.STOCK, Balance.on_hand > 0)
        .where(Lot.item_id.in_(list(known)), Lot.recalled_on.is_(None))
    )
    for site_id, item_id, expires_on, on_hand, reserved in rows:
        if site_id is None or (expires_on is not None and expires_on < days[site_id]):
            continue
        entry = known[item_id]
        if site_id == site.id:
            entry.here += on_hand
        else:
            entry.on_hand += on_hand
            entry.free += on_hand - reserved
            if expires_on is not None and on_hand > reserved:
                entry.next_expiry = min(entry.next_expiry or expires_on, expires_on)
    for item_id, quantity in _on_the_way(session, site, list(known)).items():
        known[item_id].in_transit = quantity
    return known


def _on_the_way(session: Session, site: Site, item_ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Lot.item_id, func.sum(Balance.on_hand))
        .select_from(Balance)
        .join(Location, Location.id == Balance.location_id)
        .join(Shipment, Shipment.id == Location.shipment_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Location.kind == LocationKind.IN_TRANSIT, Balance.on_hand > 0)
        .where(Shipment.destination_id == site.id, Lot.item_id.in_(item_ids))
        .group_by(Lot.item_id)
    )
    return {item_id: int(quantity) for item_id, quantity in rows}


def shipments_of(session: Session, requisition: Requisition) -> list[Shipment]:
    """The shipments that were made for a requisition, oldest first."""
    query = select(Shipment).where(Shipment.requisition_id == requisition.id).order_by(Shipment.id)
    return list(session.scalars(query))


def names(session: Session, user_ids: set[int | None]) -> dict[int, str]:
    """account id -> name."""
    wanted = [each for each in user_ids if each is not None]
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}
