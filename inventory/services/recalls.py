"""Recalls: a batch that may no longer be issued or dispatched anywhere, nor what arrives of it later."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require
from inventory.models import Lot, Recall, Shipment, Site
from inventory.services import alerts, audit
from inventory.services.checks import Checks


@dataclass(frozen=True, slots=True)
class Holder:
    """Somewhere that holds the batch or was sent it: a site or a shipment, and how many base units."""

    site: Site | None
    shipment: Shipment | None
    quantity: int


def recall(session: Session, actor: Actor, item_code: str, lot_number: str, reason: str | None) -> Recall:
    """Block a batch everywhere at once. Recalling it again changes nothing but the reason."""
    require(actor, "recalls.write")
    checks = Checks(session)
    item = checks.item(item_code, "/item")
    number = checks.lot(lot_number, "/lot")
    text = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    checks.check()
    assert item is not None
    today = clock.today()
    found = session.scalars(
        select(Recall).where(Recall.item_id == item.id, Recall.lot_number == number).with_for_update()
    ).one_or_none()
    if found is None:
        found = Recall(
            item_id=item.id,
            item=item,
            lot_number=number,
            reason=text or "",
            recalled_on=today,
            created_by_id=actor.user_id,
        )
        session.add(found)
    else:
        found.reason = text or ""
    lots = list(
        session.scalars(select(Lot).where(Lot.item_id == item.id, Lot.number == number).with_for_update())
    )
    kits = ledger.kits_holding(session, [lot.id for lot in lots], lock=True)
    for lot in (*lots, *kits):
        lot.recalled_on = lot.recalled_on or today
    session.flush()
    places = [location for location, _, _ in ledger.holders_of(session, [lot.id for lot in lots])]
    sites = {place.site_id for place in places if place.site_id is not None}
    coming = {place.shipment_id for place in places if place.shipment_id is not None}
    sites |= set(session.scalars(select(Shipment.destination_id).where(Shipment.id.in_(coming))))
    items = {item.id, *(kit.item_id for kit in kits)}
    alerts.refresh(session, {(site_id, item_id) for site_id in sites for item_id in items})
    audit.note(session, actor, "recall", f"{item.code} {number}"[:80], reason=text)
    session.flush()
    return found


def holders(session: Session, recalled: Recall) -> list[Holder]:
    """Everywhere that holds the batch, is about to receive it, or was sent it for good."""
    lot_ids = list(
        session.scalars(
            select(Lot.id).where(Lot.item_id == recalled.item_id, Lot.number == recalled.lot_number)
        )
    )
    totals: dict[tuple[int | None, int | None], int] = defaultdict(int)
    for location, _, quantity in ledger.holders_of(session, lot_ids):
        totals[(location.site_id, location.shipment_id)] += quantity
    sites = {
        site.id: site
        for site in session.scalars(
            select(Site).where(Site.id.in_([site_id for site_id, _ in totals if site_id]))
        )
    }
    shipments = {
        shipment.id: shipment
        for shipment in session.scalars(
            select(Shipment)
            .where(Shipment.id.in_([shipment_id for _, shipment_id in totals if shipment_id]))
            .options(selectinload(Shipment.destination))
        )
    }
    return [
        Holder(sites.get(site_id or 0), shipments.get(shipment_id or 0), quantity)
        for (site_id, shipment_id), quantity in totals.items()
    ]
