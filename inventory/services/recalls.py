"""Recalls: a batch that may no longer be issued or dispatched anywhere, nor what arrives of it later."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require
from inventory.errors import msg
from inventory.models import Item, Lot, Recall, Shipment, Site
from inventory.rules.text import fold
from inventory.services import alerts, audit, recall_notices
from inventory.services.checks import Checks


@dataclass(frozen=True, slots=True)
class Holder:
    """Somewhere that holds the batch or was sent it: a site or a shipment, and how many base units."""

    site: Site | None
    shipment: Shipment | None
    quantity: int


def recall(
    session: Session,
    actor: Actor,
    item_code: str,
    lot_number: str,
    reason: str | None,
    *,
    source: str | None = None,
    drill: bool = False,
) -> Recall:
    """Block a batch everywhere at once and note everyone who has to be told. Recalling it again changes nothing but the
    reason, and looks again who holds it.

    A `drill` blocks nothing and opens no alert. `source`: who ordered it, a manufacturer or an authority.
    """
    require(actor, "recalls.write")
    checks = Checks(session)
    item = checks.item(item_code, "/item")
    number = checks.lot(lot_number, "/lot")
    text = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    ordered = checks.text(source, "/source")
    checks.check()
    assert item is not None
    today = clock.today()
    known = select(Recall).where(Recall.item_id == item.id, Recall.lot_number == number, Recall.in_force())
    found = None if drill else session.scalars(known.with_for_update()).one_or_none()
    if found is None:
        found = Recall(
            item_id=item.id,
            item=item,
            lot_number=number,
            reason=text or "",
            source=ordered,
            drill=drill,
            recalled_on=today,
            created_by_id=actor.user_id,
        )
        session.add(found)
    else:
        found.reason, found.source = text or "", ordered or found.source
    session.flush()
    if not drill:
        _mark(session, found, today)
    recall_notices.note_holders(session, found)
    audit.note(session, actor, "drill" if drill else "recall", f"{item.code} {number}"[:80], reason=text)
    session.flush()
    return found


def recall_lots(
    session: Session,
    actor: Actor,
    item_code: str,
    numbers: Sequence[str],
    reason: str | None,
    *,
    source: str | None = None,
    drill: bool = False,
) -> list[Recall]:
    """The same for several batches of an item at once: all or none. Numbers nobody knows are kept for what comes."""
    wanted = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    checks = Checks(session)
    if not wanted:
        checks.add("/lot", msg("Give the lot number as printed on the pack."))
    elif len(wanted) > MOST_LOTS:
        checks.add("/lot", msg("At most %(most)s lines at once.", most=MOST_LOTS))
    checks.check()
    return [
        recall(session, actor, item_code, number, reason, source=source, drill=drill) for number in wanted
    ]


def lots_made_by(session: Session, item_code: str, manufacturer: str) -> list[str]:
    """The batch numbers of an item by a manufacturer, however its name was typed."""
    rows = session.execute(
        select(Lot.number, Lot.manufacturer)
        .join(Item, Item.id == Lot.item_id)
        .where(Item.code == item_code, Lot.manufacturer.is_not(None))
        .order_by(Lot.number)
    )
    wanted = fold(manufacturer)
    return list(dict.fromkeys(number for number, name in rows if fold(name or "") == wanted))


MOST_LOTS = 200
"""How many batches are recalled at once."""


def _mark(session: Session, found: Recall, today: date) -> None:
    """Block the lots of a batch and the kits that hold some of it, and look again at the alerts of their holders."""
    batch = select(Lot).where(Lot.item_id == found.item_id, Lot.number == found.lot_number)
    lots = list(session.scalars(batch.with_for_update()))
    kits = ledger.kits_holding(session, [lot.id for lot in lots], lock=True)
    for lot in (*lots, *kits):
        lot.recalled_on = lot.recalled_on or today
    session.flush()
    look_again(session, lots, kits)


def look_again(session: Session, lots: Sequence[Lot], kits: Sequence[Lot]) -> None:
    """Refresh the alerts of everywhere that holds or expects some of a batch, or kits made of it."""
    every = (*lots, *kits)
    places = [location for location, _, _ in ledger.holders_of(session, [lot.id for lot in every])]
    sites = {place.site_id for place in places if place.site_id is not None}
    coming = {place.shipment_id for place in places if place.shipment_id is not None}
    sites |= set(session.scalars(select(Shipment.destination_id).where(Shipment.id.in_(coming))))
    items = {lot.item_id for lot in every}
    alerts.refresh(session, {(site_id, item_id) for site_id in sites for item_id in items})


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
