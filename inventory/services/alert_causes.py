"""What is amiss now: the one condition of each kind of alert."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.errors import Message, msg
from inventory.ledger.figures import Figures
from inventory.models import Balance, Item, Location, Lot, Shipment, ShipmentReceiptLine, Site
from inventory.models.words import AlertKind
from inventory.rules.effects import ZONES, LocationKind

EXPIRING_DAYS = 90
"""A lot in stock opens an `expiring` alert so many days before its last day."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is amiss now."""

    kind: AlertKind
    subject: str
    message: Message
    site_id: int | None = None
    item_id: int | None = None
    lot_id: int | None = None
    shipment_id: int | None = None
    quantity: int | None = None
    threshold: int | None = None
    suggested_quantity: int | None = None
    document: str | None = None


def about_levels(site: Site, entry: Figures, codes: dict[int, str]) -> Iterable[Finding]:
    """How an item stands at a site against its levels; `codes` are those of the items by id."""
    now, facts = entry.assessment, {"item": codes[entry.item_id], "site": site.code}

    def finding(kind: AlertKind, message: Message, quantity: int, threshold: int | None) -> Finding:
        return Finding(
            kind,
            f"{site.id}:{entry.item_id}",
            message,
            site.id,
            entry.item_id,
            quantity=quantity,
            threshold=threshold,
            suggested_quantity=now.suggested_quantity,
        )

    used = entry.usage.dispensed > 0 or bool(entry.demand)
    if entry.usable == 0 and (entry.policy is not None or used):
        yield finding(AlertKind.STOCK_OUT, msg("%(item)s has run out at %(site)s.", **facts), 0, 0)
    if entry.policy is None:
        return
    if now.emergency_point is not None and entry.usable <= now.emergency_point:
        at = whole(now.emergency_point)
        text = msg(
            "%(item)s at %(site)s: %(usable)s left, emergency point %(at)s.",
            **facts,
            usable=entry.usable,
            at=at,
        )
        yield finding(AlertKind.EMERGENCY, text, entry.usable, at)
    if now.suggested_quantity and now.reorder_point is not None:
        at, position = whole(now.reorder_point), whole(now.position)
        text = msg(
            "%(item)s at %(site)s: %(position)s in stock and on the way, reorder point %(at)s.",
            **facts,
            position=position,
            at=at,
        )
        yield finding(AlertKind.REORDER, text, position, at)
    if now.maximum is not None and entry.usable > now.maximum:
        at = whole(now.maximum)
        text = msg(
            "%(item)s at %(site)s: %(usable)s in stock, maximum %(at)s.", **facts, usable=entry.usable, at=at
        )
        yield finding(AlertKind.OVERSTOCK, text, entry.usable, at)


def whole(figure: object) -> int:
    """A level as a whole number of base units, rounded half up."""
    return int(float(figure) + 0.5) if not isinstance(figure, int) else figure  # type: ignore[arg-type]


def about_lots(
    session: Session, site: Site, today: date, item_ids: Collection[int] | None
) -> Iterable[Finding]:
    """Lots at a site that expire soon (in stock), have expired or were recalled (in any zone)."""
    soon = today + timedelta(days=EXPIRING_DAYS)
    query = (
        select(Lot, Item.code, Location.kind, Balance.on_hand)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Location.site_id == site.id, Location.kind.in_(list(ZONES)), Balance.on_hand > 0)
        .where(or_(Lot.expires_on <= soon, Lot.recalled_on.is_not(None)))
    )
    if item_ids is not None:
        query = query.where(Lot.item_id.in_(list(item_ids)))
    # A batch that several donors gave is several lots in the ledger and one to whoever looks after the shelf.
    totals: dict[tuple[AlertKind, int, str], int] = defaultdict(int)
    lots: dict[tuple[int, str], tuple[Lot, str]] = {}
    for lot, code, zone, on_hand in session.execute(query.order_by(Lot.expires_on, Lot.id)):
        batch = lot.item_id, lot.number
        lots.setdefault(batch, (lot, code))
        if lot.recalled_on is not None:
            totals[(AlertKind.RECALL, *batch)] += on_hand
        if lot.expires_on is not None and lot.expires_on < today:
            totals[(AlertKind.EXPIRED, *batch)] += on_hand
        elif lot.expires_on is not None and lot.expires_on <= soon and zone == LocationKind.STOCK:
            totals[(AlertKind.EXPIRING, *batch)] += on_hand
    for (kind, item_id, number), quantity in totals.items():
        lot, code = lots[(item_id, number)]
        facts = {"quantity": quantity, "item": code, "lot": number, "site": site.code}
        text = Message(_OF_LOTS[kind].text, facts | {"expires_on": str(lot.expires_on)})
        subject = f"{site.id}:{item_id}:lot {_short(number)}"
        yield Finding(kind, subject, text, site.id, item_id, lot.id, quantity=quantity)


def _short(number: str) -> str:
    """A lot number as part of a subject, which has no room for the longest."""
    return number if len(number) <= 32 else hashlib.sha256(number.encode()).hexdigest()[:32]


_OF_LOTS = {
    AlertKind.RECALL: msg("Recalled: %(quantity)s of %(item)s, lot %(lot)s, at %(site)s. Set them aside."),
    AlertKind.EXPIRED: msg("%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expired on %(expires_on)s."),
    AlertKind.EXPIRING: msg("%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expire on %(expires_on)s."),
}
"""What to say of a lot, by the kind of its alert."""


def about_shipment(session: Session, shipment: Shipment, site: Site, today: date) -> Iterable[Finding]:
    """A shipment to a site that is late, or of which something is missing or damaged."""
    subject, facts = f"shipment {shipment.id}", {"shipment": shipment.number, "site": site.code}
    if shipment.status == "dispatched" and shipment.eta is not None and today > shipment.eta:
        days = (today - shipment.eta).days
        text = msg("%(shipment)s to %(site)s is %(days)s days late.", **facts, days=days)
        yield Finding(
            AlertKind.SHIPMENT_LATE,
            subject,
            text,
            site.id,
            shipment_id=shipment.id,
            quantity=days,
            document=shipment.number,
        )
    if shipment.status == "received" and not shipment.historical:
        missing, damaged = open_discrepancy(session, shipment)
        if missing or damaged:
            text = msg(
                "%(shipment)s to %(site)s: %(missing)s missing, %(damaged)s damaged.",
                **facts,
                missing=missing,
                damaged=damaged,
            )
            yield Finding(
                AlertKind.DISCREPANCY,
                subject,
                text,
                site.id,
                shipment_id=shipment.id,
                quantity=missing + damaged,
                document=shipment.number,
            )


def open_discrepancy(session: Session, shipment: Shipment) -> tuple[int, int]:
    """(still missing, arrived damaged and still in quarantine) of a shipment, in base units over all its lots."""
    missing = session.scalar(
        select(func.sum(Balance.on_hand))
        .join(Location, Location.id == Balance.location_id)
        .where(Location.shipment_id == shipment.id, Location.kind == LocationKind.MISSING)
    )
    rows = session.execute(
        select(ShipmentReceiptLine.lot_id, func.sum(ShipmentReceiptLine.damaged))
        .where(ShipmentReceiptLine.shipment_id == shipment.id, ShipmentReceiptLine.damaged > 0)
        .group_by(ShipmentReceiptLine.lot_id)
    )
    damaged = 0
    for lot_id, quantity in rows:
        aside = session.scalar(
            select(func.sum(Balance.on_hand))
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id == shipment.destination_id, Location.kind == LocationKind.QUARANTINE)
            .where(Balance.lot_id == lot_id)
        )
        damaged += min(int(quantity), int(aside or 0))
    return int(missing or 0), damaged
