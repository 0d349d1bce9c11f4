"""Whole tables for files: a header and rows, read from the database as they are written out."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory.access import SYSTEM
from inventory.models import (
    Donation,
    Donor,
    Item,
    Location,
    Lot,
    Movement,
    Package,
    PackageLine,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
    Shipment,
    Site,
    StockEvent,
)
from inventory.models.words import StockEventKind
from inventory.queries import stock
from inventory.queries.movements import MovementFilter
from inventory.queries.movements import _row as _movement_row
from inventory.queries.movements import _rows as _movement_rows
from inventory.rules.effects import LocationKind

BATCH = 1000

Table = tuple[Sequence[str], Iterator[Sequence[Any]]]

ITEM = (
    "code", "name", "name_fr", "inn", "strength", "dosage_form", "atc", "base_unit", "category", "tracks_expiry",
    "serialised", "temperature", "freeze_sensitive", "controlled", "dangerous", "un_number", "ven",
    "unit_weight_kg", "unit_volume_m3",
)  # fmt: skip
SITE = (
    "code",
    "name",
    "kind",
    "status",
    "country",
    "admin1",
    "sensitive",
    "supplied_by",
    "lead_time_days",
    "timezone",
)
STOCK = (
    "site", "zone", "item", "item_name", "base_unit", "lot", "expires_on", "donor", "donation", "on_hand", "reserved",
    "available", "status",
)  # fmt: skip
MOVEMENT = (
    "id", "occurred_at", "recorded_at", "item", "item_name", "lot", "quantity", "source", "destination", "kind",
    "reason", "document", "by",
)  # fmt: skip
RECEIPT = ("received_on", "arrived_in_country_on", "consent_reference", "checked_by", "reference")
RECEIPT_LINE = (
    "quantity", "declared", "damaged", "zone", "manufacturer", "label_languages", "unit_value", "currency",
    "value_basis", "carton", "gross_weight_kg",
)  # fmt: skip


def table(session: Session, kind: str) -> Table:
    """The header and the rows of one of `TABLES`; columns bear the names that an import takes."""
    return TABLES[kind](session)


def _items(session: Session) -> Table:
    query = select(Item).options(selectinload(Item.gtins)).order_by(Item.code)
    rows = (
        [
            *(_plain(getattr(item, name)) for name in ITEM),
            " ".join(f"{pack.gtin}:{pack.quantity}" for pack in item.gtins),
        ]
        for item in session.scalars(query.execution_options(yield_per=BATCH))
    )
    return [*ITEM, "gtins"], rows


def _sites(session: Session) -> Table:
    above = aliased(Site)
    columns = [above.code if name == "supplied_by" else getattr(Site, name) for name in SITE]
    return SITE, _stream(
        session, select(*columns).outerjoin(above, above.id == Site.supplied_by_id).order_by(Site.code)
    )


def _donors(session: Session) -> Table:
    return ("code", "name", "email"), _stream(
        session, select(Donor.code, Donor.name, Donor.email).order_by(Donor.code)
    )


def _stock(session: Session) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        after = None
        while True:
            part = stock.lots_slice(session, SYSTEM, stock.StockFilter(), after, BATCH)
            for row in part.rows:
                yield [getattr(row, name) for name in STOCK]
            if part.next is None:
                return
            after = part.next

    return STOCK, rows()


def _movements(session: Session) -> Table:
    inner, query = _movement_rows(session, SYSTEM, MovementFilter())
    found = session.execute(
        query.order_by(inner.c.occurred_at, inner.c.id).execution_options(yield_per=BATCH)
    )
    return MOVEMENT, ([getattr(row, name) for name in MOVEMENT] for row in map(_movement_row, found))


def _shipments(session: Session) -> Table:
    """A row per packed line. A package's weight and volume stand in the first of its rows alone."""
    header = (
        "number", "reference", "origin", "destination", "mode", "status", "eta", "dispatched_at", "received_at",
        "container", "waybill", "package", "package_kind", "parent", "gross_weight_kg", "volume_m3", "item",
        "item_name", "lot", "expires_on", "quantity",
    )  # fmt: skip
    origin, destination, parent = aliased(Site), aliased(Site), aliased(Package)
    query = (
        select(
            Shipment.number,
            Shipment.reference,
            origin.code,
            destination.code,
            Shipment.mode,
            Shipment.status,
            Shipment.eta,
            Shipment.dispatched_at,
            Shipment.received_at,
            Shipment.container,
            Shipment.waybill,
            Package.label,
            Package.kind,
            parent.label,
            Package.gross_weight_kg,
            Package.volume_m3,
            Item.code,
            Item.name,
            Lot.number,
            Lot.expires_on,
            PackageLine.quantity,
        )
        .select_from(Shipment)
        .join(origin, origin.id == Shipment.origin_id)
        .join(destination, destination.id == Shipment.destination_id)
        .outerjoin(Package, Package.shipment_id == Shipment.id)
        .outerjoin(parent, parent.id == Package.parent_id)
        .outerjoin(PackageLine, PackageLine.package_id == Package.id)
        .outerjoin(Item, Item.id == PackageLine.item_id)
        .outerjoin(Lot, Lot.id == PackageLine.lot_id)
        .order_by(Shipment.id, Package.id, PackageLine.id)
    )

    def rows() -> Iterator[Sequence[Any]]:
        weight, label = header.index("gross_weight_kg"), header.index("package")
        before = None
        for row in _stream(session, query):
            again = row[label] is not None and row[label] == before
            before = row[label]
            yield [*row[:weight], None, None, *row[weight + 2 :]] if again else row

    return header, rows()


def _requisitions(session: Session) -> Table:
    header = (
        "number",
        "site",
        "kind",
        "status",
        "created_at",
        "item",
        "item_name",
        "quantity",
        "approved",
        "note",
    )
    query = (
        select(
            Requisition.number,
            Site.code,
            Requisition.kind,
            Requisition.status,
            Requisition.created_at,
            Item.code,
            Item.name,
            RequisitionLine.quantity,
            RequisitionLine.approved,
            Requisition.note,
        )
        .select_from(Requisition)
        .join(Site, Site.id == Requisition.site_id)
        .join(RequisitionLine, RequisitionLine.requisition_id == Requisition.id)
        .join(Item, Item.id == RequisitionLine.item_id)
        .order_by(Requisition.id, RequisitionLine.id)
    )
    return header, _stream(session, query)


def _consumption(session: Session) -> Table:
    """What was dispensed and not taken back, a row per lot; a document's consultations stand in each of its rows."""
    header = ("number", "site", "occurred_on", "consultations", "item", "lot", "quantity")
    destination = aliased(Location)
    query = (
        select(
            StockEvent.number,
            Site.code,
            StockEvent.occurred_on,
            StockEvent.consultations,
            Item.code,
            Lot.number,
            Movement.quantity,
        )
        .select_from(StockEvent)
        .join(Site, Site.id == StockEvent.site_id)
        .join(Movement, Movement.posting_id == StockEvent.posting_id)
        .join(destination, destination.id == Movement.destination_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            StockEvent.kind == StockEventKind.CONSUMPTION,
            StockEvent.reversed_by_id.is_(None),
            destination.kind == LocationKind.PATIENTS,
        )
        .order_by(StockEvent.id, Movement.id)
    )

    return header, _stream(session, query)


def _receipts(session: Session) -> Table:
    """What came and was not taken back, a row per lot."""
    header = (
        "number",
        "site",
        "donation",
        "donor",
        *RECEIPT,
        "item",
        "lot",
        "expires_on",
        "expiry_precision",
    )
    query = (
        select(
            Receipt.number,
            Site.code,
            Donation.number,
            Donor.code,
            *(getattr(Receipt, name) for name in RECEIPT),
            Item.code,
            Lot.number,
            Lot.expires_on,
            Lot.expiry_precision,
            *(getattr(ReceiptLine, name) for name in RECEIPT_LINE),
        )
        .select_from(ReceiptLine)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(Site, Site.id == Receipt.site_id)
        .join(Item, Item.id == ReceiptLine.item_id)
        .join(Lot, Lot.id == ReceiptLine.lot_id)
        .outerjoin(Donation, Donation.id == Receipt.donation_id)
        .outerjoin(Donor, Donor.id == Receipt.donor_id)
        .where(Receipt.reversed_by_id.is_(None))
        .order_by(Receipt.id, ReceiptLine.position)
    )
    rows = (
        [" ".join(each) if isinstance(each, list) else each for each in row]
        for row in _stream(session, query)
    )
    return [*header, *RECEIPT_LINE], rows


def _stream(session: Session, query: Any) -> Iterator[Sequence[Any]]:
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        yield [_plain(cell) for cell in row]


def _plain(cell: Any) -> Any:
    """Decimals without the noughts that their column pads them with."""
    if not isinstance(cell, Decimal):
        return cell
    return cell.quantize(Decimal(1)) if cell == cell.to_integral_value() else cell.normalize()


TABLES: dict[str, Callable[[Session], Table]] = {
    "items": _items,
    "sites": _sites,
    "donors": _donors,
    "stock": _stock,
    "movements": _movements,
    "shipments": _shipments,
    "requisitions": _requisitions,
    "consumption": _consumption,
    "receipts": _receipts,
}
