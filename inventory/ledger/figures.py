"""What replenishment knows of an item at a site, read once for as many pairs as are asked for.

The one place where balances, day totals, shipments, requisitions and policies meet `rules/`; alerts and pages read it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from inventory.ledger.balances import CHUNK
from inventory.models import (
    Balance,
    Location,
    Lot,
    Policy,
    Requisition,
    RequisitionLine,
    Shipment,
    StockDay,
)
from inventory.rules import demand, expiry, reorder
from inventory.rules.effects import LocationKind

Pair = tuple[int, int]
"""(site id, item id)"""

LOOKBACK_MONTHS = Decimal(6)


@dataclass(frozen=True, slots=True)
class Figures:
    """One item at one site, in base units. `inbound` and `open_requisitions` are what is on its way and asked for."""

    site_id: int
    item_id: int
    usable: int
    available: int
    inbound: int
    open_requisitions: int
    usage: demand.Usage
    demand: Fraction | None
    basis: str
    projection: expiry.Projection[int]
    policy: Policy | None
    assessment: reorder.Assessment


def figures(
    session: Session, site_id: int, today: date, item_ids: Collection[int] | None = None
) -> dict[int, Figures]:
    """item id -> its figures at a site today: for `item_ids`, or for every item with a policy or a history there."""
    lots = _usable_lots(session, site_id, today, item_ids)
    days = _days(session, site_id, today, item_ids)
    policies = {
        row.item_id: row
        for ids in _chunks(item_ids)
        for row in session.scalars(
            select(Policy).where(Policy.site_id == site_id, *_among(Policy.item_id, ids))
        )
    }
    inbound = _inbound(session, site_id, today, item_ids)
    asked = _open_requisitions(session, site_id, item_ids)
    wanted = item_ids if item_ids is not None else {*lots, *days, *policies, *inbound, *asked}
    return {
        item_id: _figures(
            site_id,
            item_id,
            today,
            lots[item_id],
            days[item_id],
            policies.get(item_id),
            inbound[item_id],
            asked[item_id],
        )
        for item_id in wanted
    }


def _figures(
    site_id: int,
    item_id: int,
    today: date,
    lots: list[tuple[expiry.ProjectedLot[int], int]],
    days: list[demand.LotDay],
    policy: Policy | None,
    inbound: int,
    asked: int,
) -> Figures:
    lookback = (policy.lookback_months if policy else None) or LOOKBACK_MONTHS
    usage = demand.usage(days, today=today, lookback_months=lookback)
    monthly, basis = demand.monthly_demand(usage, policy.demand_override if policy else None)
    usable = sum(lot.quantity + reserved for lot, reserved in lots)
    available = sum(lot.quantity for lot, _ in lots)
    buffer_days = policy.expiry_buffer_days if policy else 0
    projection = expiry.project([lot for lot, _ in lots if lot.quantity], monthly, today, buffer_days)
    assessment = reorder.assess(
        rule_of(policy) if policy else None,
        usable=usable,
        available=available,
        inbound=inbound,
        open_requisitions=asked,
        demand=monthly,
        projection=projection,
    )
    return Figures(
        site_id,
        item_id,
        usable,
        available,
        inbound,
        asked,
        usage,
        monthly,
        basis,
        projection,
        policy,
        assessment,
    )


def rule_of(policy: Policy) -> reorder.Policy:
    """A stored policy as the rules take it."""
    return reorder.Policy(
        method="fixed" if policy.method == "fixed" else "months",
        reorder_point=policy.reorder_point,
        maximum=policy.maximum,
        emergency_point=policy.emergency_point,
        minimum_months=policy.minimum_months,
        maximum_months=policy.maximum_months,
        emergency_months=policy.emergency_months,
        lookback_months=LOOKBACK_MONTHS if policy.lookback_months is None else policy.lookback_months,
        order_multiple=policy.order_multiple,
        expiry_buffer_days=policy.expiry_buffer_days,
    )


def _chunks(item_ids: Collection[int] | None) -> list[list[int] | None]:
    if item_ids is None:
        return [None]
    ids = sorted(item_ids)
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _among(column: InstrumentedAttribute[int], ids: list[int] | None) -> list[ColumnElement[bool]]:
    return [] if ids is None else [column.in_(ids)]


def _usable_lots(
    session: Session, site_id: int, today: date, item_ids: Collection[int] | None
) -> dict[int, list[tuple[expiry.ProjectedLot[int], int]]]:
    """item id -> (lot with what is free of it, reserved) for lots in the `stock` zone that may be used today."""
    found: dict[int, list[tuple[expiry.ProjectedLot[int], int]]] = defaultdict(list)
    for ids in _chunks(item_ids):
        rows = session.execute(
            select(Lot.item_id, Lot.id, Lot.expires_on, Lot.received_on, Balance.on_hand, Balance.reserved)
            .join(Balance, Balance.lot_id == Lot.id)
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id == site_id, Location.kind == LocationKind.STOCK, Balance.on_hand > 0)
            .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
            .where(*_among(Lot.item_id, ids))
        )
        for item_id, lot_id, expires_on, received_on, on_hand, reserved in rows:
            lot = expiry.ProjectedLot(lot_id, on_hand - reserved, expires_on, received_on, lot_id)
            found[item_id].append((lot, reserved))
    return found


def _days(
    session: Session, site_id: int, today: date, item_ids: Collection[int] | None
) -> dict[int, list[demand.LotDay]]:
    found: dict[int, list[demand.LotDay]] = defaultdict(list)
    for ids in _chunks(item_ids):
        rows = session.execute(
            select(
                StockDay.item_id,
                StockDay.lot_id,
                Lot.expires_on,
                Lot.recalled_on,
                StockDay.day,
                StockDay.change,
                StockDay.dispensed,
            )
            .join(Lot, Lot.id == StockDay.lot_id)
            .where(StockDay.site_id == site_id, StockDay.day <= today, *_among(StockDay.item_id, ids))
            # A day that was taken back whole is as if it had not been: no first receipt either.
            .where(or_(StockDay.change != 0, StockDay.dispensed != 0))
        )
        for item_id, lot_id, expires_on, recalled_on, day, change, dispensed in rows:
            found[item_id].append(demand.LotDay(lot_id, expires_on, recalled_on, day, change, dispensed))
    return found


def _inbound(session: Session, site_id: int, today: date, item_ids: Collection[int] | None) -> dict[int, int]:
    """item id -> what is in transit to a site and may be used when it comes."""
    found: dict[int, int] = defaultdict(int)
    for ids in _chunks(item_ids):
        rows = session.execute(
            select(Lot.item_id, func.sum(Balance.on_hand))
            .join(Balance, Balance.lot_id == Lot.id)
            .join(Location, Location.id == Balance.location_id)
            .join(Shipment, Shipment.id == Location.shipment_id)
            .where(
                Location.kind == LocationKind.IN_TRANSIT,
                Shipment.destination_id == site_id,
                Balance.on_hand > 0,
            )
            .where(Lot.recalled_on.is_(None), Lot.expires_on.is_(None) | (Lot.expires_on >= today))
            .where(*_among(Lot.item_id, ids))
            .group_by(Lot.item_id)
        )
        for item_id, quantity in rows:
            found[item_id] += int(quantity)
    return found


def _open_requisitions(session: Session, site_id: int, item_ids: Collection[int] | None) -> dict[int, int]:
    """item id -> what a site has asked for and what has not been sent yet: as approved, or else as asked."""
    found: dict[int, int] = defaultdict(int)
    for ids in _chunks(item_ids):
        rows = session.execute(
            select(
                RequisitionLine.item_id,
                func.sum(func.coalesce(RequisitionLine.approved, RequisitionLine.quantity)),
            )
            .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
            .where(Requisition.site_id == site_id, Requisition.status.in_(["submitted", "approved"]))
            .where(*_among(RequisitionLine.item_id, ids))
            .group_by(RequisitionLine.item_id)
        )
        for item_id, quantity in rows:
            found[item_id] += int(quantity)
    return found
