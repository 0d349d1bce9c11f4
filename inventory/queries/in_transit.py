"""What is on its way, as a sum beside the stock that a page shows."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.models import Balance, Donor, Item, Location, Lot, Shipment, Site
from inventory.queries.stock import StockFilter, escape_like
from inventory.rules.effects import LocationKind
from inventory.rules.text import fold


def in_transit_total(session: Session, actor: Actor, wanted: StockFilter) -> int:
    """Base units on their way to the sites shown, of the items, lots and donors shown; 0 where a state is asked for."""
    if wanted.zone is not None or wanted.status is not None or wanted.expiring_within_days is not None:
        return 0
    query = (
        select(func.coalesce(func.sum(Balance.on_hand), 0))
        .select_from(Balance)
        .join(Location, Location.id == Balance.location_id)
        .join(Shipment, Shipment.id == Location.shipment_id)
        .join(Site, Site.id == Shipment.destination_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(Donor, Donor.id == Lot.donor_id)
        .where(Location.kind == LocationKind.IN_TRANSIT, Balance.on_hand > 0)
    )
    if actor.sites is not None:
        query = query.where(Shipment.destination_id.in_(list(actor.sites)))
    for column, value in (
        (Site.code, wanted.site),
        (Item.code, wanted.item),
        (Lot.number, wanted.lot),
        (Donor.code, wanted.donor),
        (Item.category, wanted.category),
    ):
        if value is not None:
            query = query.where(column == value)
    for word in fold(wanted.text or "").split():
        query = query.where(Item.search_text.like(f"%{escape_like(word)}%", escape="\\"))
    return int(session.scalar(query) or 0)
