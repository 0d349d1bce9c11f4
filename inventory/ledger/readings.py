"""What the tables say of the items of several sites at once: lots, days, what is on its way, what is asked for.

Each answers site id -> item id -> what was read, for `item_ids` or, where that is None, for every item.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.ledger._sql import among, chunks
from inventory.models import Balance, Location, Lot, Requisition, RequisitionLine, Shipment, StockDay
from inventory.rules import demand, expiry
from inventory.rules.effects import LocationKind

Lots = dict[int, list[tuple[expiry.ProjectedLot[int], int]]]
"""item id -> (lot with what is free of it, reserved)"""

Days = dict[int, list[demand.LotDay]]
"""item id -> what the days did to its lots"""


def usable_lots(
    session: Session, site_ids: Collection[int], today: date, item_ids: Collection[int] | None
) -> dict[int, Lots]:
    """The lots in the `stock` zones that may be used today."""
    found: dict[int, Lots] = {site_id: defaultdict(list) for site_id in site_ids}
    for ids in chunks(item_ids):
        rows = session.execute(
            select(
                Location.site_id,
                Lot.item_id,
                Lot.id,
                Lot.expires_on,
                Lot.received_on,
                Balance.on_hand,
                Balance.reserved,
            )
            .join(Balance, Balance.lot_id == Lot.id)
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id.in_(site_ids), Location.kind == LocationKind.STOCK, Balance.on_hand > 0)
            .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
            .where(*among(Lot.item_id, ids))
        )
        for site_id, item_id, lot_id, expires_on, received_on, on_hand, reserved in rows:
            lot = expiry.ProjectedLot(lot_id, on_hand - reserved, expires_on, received_on, lot_id)
            found[site_id or 0][item_id].append((lot, reserved))
    return found


def days_of(
    session: Session,
    site_ids: Collection[int],
    today: date,
    item_ids: Collection[int] | None,
    since: date | None,
) -> dict[int, tuple[Days, dict[int, date]]]:
    """The days of each site's items, and item id -> the first of them.

    The days before `since` are told as one, the day before it: what they left of each lot. No more is known of them, so
    only a look-back that begins no earlier may be taken.
    """
    found: dict[int, tuple[Days, dict[int, date]]] = {each: (defaultdict(list), {}) for each in site_ids}
    for ids in chunks(item_ids):
        mine = [
            StockDay.site_id.in_(site_ids),
            *among(StockDay.item_id, ids),
            # A day that was taken back whole is as if it had not been: no first receipt either.
            or_(StockDay.change != 0, StockDay.dispensed != 0),
        ]
        facts = {
            lot_id: (expires_on, recalled_on)
            for lot_id, expires_on, recalled_on in session.execute(
                select(Lot.id, Lot.expires_on, Lot.recalled_on).where(
                    Lot.id.in_(select(StockDay.lot_id).where(*mine))
                )
            )
        }
        if since is not None:
            before = since - timedelta(days=1)
            older = session.execute(
                select(
                    StockDay.site_id,
                    StockDay.item_id,
                    StockDay.lot_id,
                    func.min(StockDay.day),
                    func.sum(StockDay.change),
                )
                .where(*mine, StockDay.day <= before, StockDay.day <= today)
                .group_by(StockDay.site_id, StockDay.item_id, StockDay.lot_id)
            )
            for site_id, item_id, lot_id, day, left in older:
                days, first = found[site_id]
                first[item_id] = min(day, first.get(item_id, day))
                days[item_id].append(demand.LotDay(lot_id, *facts[lot_id], before, int(left), 0))
            mine.append(StockDay.day >= since)
        rows = session.execute(
            select(
                StockDay.site_id,
                StockDay.item_id,
                StockDay.lot_id,
                StockDay.day,
                StockDay.change,
                StockDay.dispensed,
            ).where(*mine, StockDay.day <= today)
        )
        for site_id, item_id, lot_id, day, change, dispensed in rows:
            found[site_id][0][item_id].append(demand.LotDay(lot_id, *facts[lot_id], day, change, dispensed))
    return found


def inbound(
    session: Session, site_ids: Collection[int], today: date, item_ids: Collection[int] | None
) -> dict[int, dict[int, int]]:
    """What is in transit to the sites and may be used when it comes."""
    found: dict[int, dict[int, int]] = {site_id: defaultdict(int) for site_id in site_ids}
    for ids in chunks(item_ids):
        rows = session.execute(
            select(Shipment.destination_id, Lot.item_id, func.sum(Balance.on_hand))
            .join(Location, Location.shipment_id == Shipment.id)
            .join(Balance, Balance.location_id == Location.id)
            .join(Lot, Lot.id == Balance.lot_id)
            .where(
                Location.kind == LocationKind.IN_TRANSIT,
                Shipment.destination_id.in_(site_ids),
                Balance.on_hand > 0,
            )
            .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
            .where(*among(Lot.item_id, ids))
            .group_by(Shipment.destination_id, Lot.item_id)
        )
        for site_id, item_id, quantity in rows:
            found[site_id][item_id] += int(quantity)
    return found


def asked_for(
    session: Session, site_ids: Collection[int], item_ids: Collection[int] | None
) -> dict[int, dict[int, int]]:
    """What the sites have asked for and what has not been sent yet: as approved, or else as asked."""
    found: dict[int, dict[int, int]] = {site_id: defaultdict(int) for site_id in site_ids}
    for ids in chunks(item_ids):
        rows = session.execute(
            select(
                Requisition.site_id,
                RequisitionLine.item_id,
                func.sum(func.coalesce(RequisitionLine.approved, RequisitionLine.quantity)),
            )
            .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
            .where(Requisition.site_id.in_(site_ids), Requisition.status.in_(["submitted", "approved"]))
            .where(*among(RequisitionLine.item_id, ids))
            .group_by(Requisition.site_id, RequisitionLine.item_id)
        )
        for site_id, item_id, quantity in rows:
            found[site_id][item_id] += int(quantity)
    return found
