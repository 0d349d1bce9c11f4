"""Shipments of the past, many at once: supplier, transit, destination, in two postings of the day of delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from inventory import clock, ledger
from inventory.exchange.rows import ShipmentRow
from inventory.ledger import Entry, Move
from inventory.ledger.bulk import open_transits, post_all
from inventory.models import (
    Item,
    KitContent,
    Location,
    Lot,
    Package,
    PackageLine,
    Recall,
    Shipment,
    ShipmentEvent,
    ShipmentReceiptLine,
    Site,
)
from inventory.models.words import Classifier, Milestone, PackageKind, SiteKind
from inventory.rules.effects import LocationKind, PostingKind
from inventory.rules.identifiers import sscc
from inventory.services import alerts
from inventory.services.checks import currency_places
from inventory.services.importing_job import Job, Pending
from inventory.services.lots import serial_key
from inventory.services.numbers import count_up, next_numbers
from inventory.services.packing import COMPANY_PREFIX

CHUNK = 400

LotKey = tuple[int, str, date | None]


@dataclass(frozen=True, slots=True)
class Past:
    """A shipment that has ended, found right; `day` is when it was delivered, or expected where nobody noted that."""

    origin: Site
    destination: Site
    day: date
    lines: list[tuple[Pending, ShipmentRow, Item]]

    @property
    def first(self) -> ShipmentRow:
        return self.lines[0][1]

    @property
    def at(self) -> datetime:
        return clock.noon(self.day, self.destination.timezone)


class History:
    """Writes past shipments. Rows of one that was imported before are added to it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._session = job.session
        self._touched: set[tuple[int, int]] = set()

    def write(self, shipments: Sequence[Past]) -> None:
        """Write shipments whose rows are all new."""
        if not shipments:
            return
        lots = self._lots(shipments)
        known = self._known(shipments)
        new = [past for past in shipments if _key(past) not in known]
        numbers = next_numbers(self._session, "SHP", len(new))
        last = count_up(self._session, "SSCC", len(new)) if new else 0
        for label, (past, number) in enumerate(zip(new, numbers, strict=True), last - len(new) + 1):
            known[_key(past)] = self._shipment(past, number, sscc(0, COMPANY_PREFIX, label))
        for past in shipments:
            shipment = known[_key(past)]
            self._fill(shipment, past, [lots[_lot_key(row, item)] for _, row, item in past.lines])
        self._session.flush()
        self._post(shipments, known, lots)
        self._job.done([(each, known[_key(past)].number) for past in shipments for each, _, _ in past.lines])

    def finish(self) -> None:
        """Look again at the alerts of all that was touched."""
        alerts.refresh(self._session, self._touched)

    def _known(self, shipments: Sequence[Past]) -> dict[tuple[int, str], Shipment]:
        references = sorted({past.first.reference for past in shipments})
        query = (
            select(Shipment)
            .where(Shipment.historical.is_(True), Shipment.reference.in_(references))
            .options(
                selectinload(Shipment.packages).selectinload(Package.lines),
                selectinload(Shipment.receipt_lines),
            )
        )
        return {(row.origin_id, row.reference or ""): row for row in self._session.scalars(query)}

    def _shipment(self, past: Past, number: str, label: str) -> Shipment:
        first = past.first
        freight = sum((row.freight for _, row, _ in past.lines if row.freight is not None), Decimal(0))
        paid = freight > 0 and first.currency is not None
        delivered = ShipmentEvent(
            milestone=Milestone.DELIVERED,
            classifier=Classifier.ACTUAL,
            occurred_at=past.at,
            note=first.note,
            recorded_by_id=self._job.actor.user_id,
        )
        shipment = Shipment(
            number=number,
            origin_id=past.origin.id,
            destination_id=past.destination.id,
            mode=first.mode,
            status="received",
            eta=max((row.eta for _, row, _ in past.lines if row.eta is not None), default=None),
            container=first.container,
            minimum_shelf_life_days=first.minimum_shelf_life_days or 0,
            waybill=first.waybill,
            reference=first.reference,
            historical=True,
            received_at=past.at,
            freight_minor=int(freight.scaleb(currency_places(str(first.currency)))) if paid else None,
            freight_currency=first.currency if paid else None,
            created_by_id=self._job.actor.user_id,
            packages=[Package(label=label, kind=PackageKind.LOOSE, lines=[])],
            events=[delivered] if first.delivered_on is not None else [],
            receipt_lines=[],
        )
        self._session.add(shipment)
        return shipment

    def _fill(self, shipment: Shipment, past: Past, lots: Sequence[Lot]) -> None:
        """Add the lines to the shipment's one package; a weight that a line tells is the whole shipment's."""
        package = shipment.packages[0]
        for (_, row, _), lot in zip(past.lines, lots, strict=True):
            package.lines.append(PackageLine(item_id=lot.item_id, lot_id=lot.id, quantity=row.quantity))
            if row.gross_weight_kg is not None:
                package.gross_weight_kg = (package.gross_weight_kg or Decimal(0)) + row.gross_weight_kg

    def _lots(self, shipments: Sequence[Past]) -> dict[LotKey, Lot]:
        """The lots of all lines, those that are not there made; bought goods have no donor."""
        wanted: dict[LotKey, tuple[Past, ShipmentRow, Item]] = {}
        for past in shipments:
            for _, row, item in past.lines:
                wanted.setdefault(_lot_key(row, item), (past, row, item))
        numbers = sorted({number for _, number, _ in wanted})
        there: dict[LotKey, Lot] = {}
        recalled: dict[tuple[int, str], date] = {}
        for start in range(0, len(numbers), CHUNK):
            chunk = numbers[start : start + CHUNK]
            lots = select(Lot).where(Lot.number.in_(chunk), Lot.donation_id.is_(None), Lot.donor_id.is_(None))
            lots = lots.where(Lot.id.not_in(select(KitContent.kit_lot_id)))
            for lot in self._session.scalars(lots):
                there.setdefault((lot.item_id, lot.number, lot.expires_on), lot)
            for recall in self._session.scalars(
                select(Recall).where(Recall.lot_number.in_(chunk), Recall.in_force())
            ):
                recalled[(recall.item_id, recall.lot_number)] = recall.recalled_on
        new = {
            key: self._lot(past, row, item, recalled.get((key[0], key[1])))
            for key, (past, row, item) in wanted.items()
            if key not in there
        }
        self._session.add_all(new.values())
        self._session.flush()
        return there | new

    def _lot(self, past: Past, row: ShipmentRow, item: Item, recalled_on: date | None) -> Lot:
        number = row.lot or row.reference
        return Lot(
            item_id=item.id,
            number=number,
            expires_on=row.expires_on,
            expiry_precision=row.expiry_precision,
            manufacturer=row.manufacturer,
            serial=number if item.serialised else None,
            serial_key=serial_key(item, number),
            received_on=past.day,
            unit_value=row.unit_value,
            currency=row.currency if row.unit_value is not None else None,
            value_basis=row.value_basis,
            recalled_on=recalled_on,
        )

    def _post(
        self, shipments: Sequence[Past], known: dict[tuple[int, str], Shipment], lots: dict[LotKey, Lot]
    ) -> None:
        supplier = ledger.place(self._session, LocationKind.SUPPLIER)
        transits = open_transits(self._session, (shipment.id for shipment in known.values()))
        ends = {
            site.id: self._end(site)
            for site in {past.destination.id: past.destination for past in shipments}.values()
        }
        entries = []
        for past in shipments:
            shipment = known[_key(past)]
            transit, end = transits[shipment.id], ends[past.destination.id]
            sent = [(lots[_lot_key(row, item)].id, row.quantity) for _, row, item in past.lines]
            common: dict[str, Any] = {
                "occurred_on": past.day,
                "document": shipment.number,
                "site_id": past.destination.id,
                "shipment_id": shipment.id,
                "user_id": self._job.actor.user_id,
                "by": self._job.actor.name,
            }
            leaves = [Move(lot_id, quantity, supplier.id, transit.id) for lot_id, quantity in sent]
            arrives = [Move(lot_id, quantity, transit.id, end.id) for lot_id, quantity in sent]
            entries.append(Entry(kind=PostingKind.DISPATCH, occurred_at=past.at, moves=leaves, **common))
            at = past.at + timedelta(seconds=1)
            entries.append(Entry(kind=PostingKind.SHIPMENT_RECEIPT, occurred_at=at, moves=arrives, **common))
        postings, touched = post_all(self._session, entries)
        self._touched |= touched
        self._session.add_all(
            ShipmentReceiptLine(
                shipment_id=known[_key(past)].id,
                lot_id=lots[_lot_key(row, item)].id,
                received=row.quantity,
                damaged=0,
                zone=LocationKind.STOCK,
                posting_id=posting.id,
                received_at=past.at,
            )
            for past, posting in zip(shipments, postings[1::2], strict=True)
            for _, row, item in past.lines
        )
        self._session.flush()

    def _end(self, destination: Site) -> Location:
        partner = destination.kind == SiteKind.PARTNER
        kind = LocationKind.PARTNER if partner else LocationKind.STOCK
        return ledger.place(self._session, kind, site_id=destination.id)


def _key(past: Past) -> tuple[int, str]:
    return past.origin.id, past.first.reference


def _lot_key(row: ShipmentRow, item: Item) -> LotKey:
    return item.id, row.lot or row.reference, row.expires_on
