"""Which batches were in a place while it was too warm or too cold there, and how much of them is left."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from inventory.ledger.places import zone_ids
from inventory.models import (
    Balance,
    BinMove,
    BinStock,
    Excursion,
    Item,
    Lot,
    Movement,
    Package,
    PackageLine,
    Shipment,
    TemperatureLogger,
)
from inventory.models.words import ExcursionKind
from inventory.rules.effects import LocationKind

Held = dict[int, int]
"""lot id -> base units"""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A batch that was there. `then` is how much of it was there, `now` how much of the batch is there (what came since
    cannot be told apart), `free` what of that nobody has reserved; base units. A batch of several donors is one."""

    item: Item
    number: str
    expires_on: date | None
    then: int
    now: int
    free: int

    @property
    def key(self) -> str:
        """The batch, as a form names it."""
        return f"{self.item.code}/{self.number}"

    @property
    def gone(self) -> int:
        """What has left the place since."""
        return max(0, self.then - self.now)


def exposed(session: Session, excursion: Excursion, logger: TemperatureLogger) -> list[Exposed]:
    """The batches that an excursion concerns.

    Those in the logger's bin; where none is known to have been in it, those in the stock of the site whose storage
    class is the logger's; of a shipment those that it carried, as far as they are in stock where it went. A frost
    concerns what must not freeze, and nothing else.
    """
    site_id = site_of(session, excursion)
    zone = zone_ids(session, [site_id], LocationKind.STOCK).get(site_id) if site_id is not None else None
    if zone is None:
        return []
    held = {
        lot_id: (on_hand, on_hand - reserved)
        for lot_id, on_hand, reserved in session.execute(
            select(Balance.lot_id, Balance.on_hand, Balance.reserved).where(
                Balance.location_id == zone, Balance.on_hand > 0
            )
        )
    }
    frost = excursion.kind == ExcursionKind.FREEZING
    if excursion.shipment_id is not None:
        then = _carried(session, excursion.shipment_id)
        return _batches(session, then, held, held, frost, logger.temperature)
    if excursion.bin_id is not None:
        in_bin, then = _in_bin(session, excursion.bin_id, excursion.started_at, excursion.ended_at)
        if then:
            return _batches(session, then, in_bin, held, frost, None)
    then = _in_zone(session, zone, held, excursion.started_at, excursion.ended_at, logger.temperature)
    return _batches(session, then, held, held, frost, logger.temperature)


def site_of(session: Session, excursion: Excursion) -> int | None:
    """Where its goods are now: the site, or where the shipment went."""
    if excursion.shipment_id is None:
        return excursion.site_id
    return session.scalar(select(Shipment.destination_id).where(Shipment.id == excursion.shipment_id))


def _in_zone(
    session: Session,
    zone: int,
    held: Mapping[int, tuple[int, int]],
    start: datetime,
    end: datetime,
    kind: str,
) -> Held:
    """lot id -> what was in a zone when it began, and what came until it ended, of items of a storage class."""
    into = Movement.destination_id == zone
    signed = case((into, Movement.quantity), else_=-Movement.quantity)
    came = case((into & (Movement.occurred_at <= end), Movement.quantity), else_=0)
    rows = session.execute(
        select(Movement.lot_id, func.sum(signed), func.sum(came))
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(or_(into, Movement.source_id == zone), Movement.occurred_at > start, Item.temperature == kind)
        .group_by(Movement.lot_id)
    )
    return _then({lot_id: on_hand for lot_id, (on_hand, _) in held.items()}, rows)


def _in_bin(
    session: Session, bin_id: int, start: datetime, end: datetime
) -> tuple[dict[int, tuple[int, int]], Held]:
    """lot id -> what is in a bin now (twice), and what was in it then."""
    now = {
        lot_id: quantity
        for lot_id, quantity in session.execute(
            select(BinStock.lot_id, BinStock.quantity).where(BinStock.bin_id == bin_id, BinStock.quantity > 0)
        )
    }
    into = BinMove.destination_id == bin_id
    signed = case((into, BinMove.quantity), else_=-BinMove.quantity)
    came = case((into & (BinMove.recorded_at <= end), BinMove.quantity), else_=0)
    rows = session.execute(
        select(BinMove.lot_id, func.sum(signed), func.sum(came))
        .where(or_(into, BinMove.source_id == bin_id), BinMove.recorded_at > start)
        .group_by(BinMove.lot_id)
    )
    return {lot_id: (quantity, quantity) for lot_id, quantity in now.items()}, _then(now, rows)


def _then(now: Mapping[int, int], rows: Iterable[Any]) -> Held:
    """What was there when it began and what came until it ended, from what is there now and what moved since."""
    found = dict(now)
    for lot_id, change, came in rows:
        found[lot_id] = max(0, found.get(lot_id, 0) - int(change)) + int(came)
    return {lot_id: quantity for lot_id, quantity in found.items() if quantity > 0}


def _carried(session: Session, shipment_id: int) -> Held:
    rows = session.execute(
        select(PackageLine.lot_id, func.sum(PackageLine.quantity))
        .join(Package, Package.id == PackageLine.package_id)
        .where(Package.shipment_id == shipment_id)
        .group_by(PackageLine.lot_id)
    )
    return {lot_id: int(quantity) for lot_id, quantity in rows}


def _batches(
    session: Session,
    then: Held,
    now: Mapping[int, tuple[int, int]],
    held: Mapping[int, tuple[int, int]],
    frost: bool,
    kind: str | None,
) -> list[Exposed]:
    """The batches of those lots that an excursion may have harmed, by item."""
    grouped: dict[tuple[int, str], list[Any]] = defaultdict(list)
    ids = sorted(then)
    for start in range(0, len(ids), 400):
        query = (
            select(Lot, Item).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(ids[start : start + 400]))
        )
        if frost:
            query = query.where(Item.freeze_sensitive)
        if kind is not None:
            query = query.where(Item.temperature == kind)
        for lot, item in session.execute(query):
            grouped[item.id, lot.number].append((item, lot))
    found = []
    for rows in grouped.values():
        item, first = rows[0]
        here = [(lot.id, *now.get(lot.id, (0, 0))) for _, lot in rows]
        free = sum(min(quantity, held.get(lot_id, (0, 0))[1]) for lot_id, quantity, _ in here)
        was = sum(then[lot.id] for _, lot in rows)
        left = sum(quantity for _, quantity, _ in here)
        found.append(Exposed(item, first.number, first.expires_on, was, left, free))
    return sorted(found, key=lambda each: (each.item.code, each.expires_on or date.max, each.number))
