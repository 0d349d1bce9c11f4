"""Exports of documents: a row per line or per lot, for whom they are a business of, filtered as the lists are."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from inventory.access import Actor
from inventory.models import (
    Alert,
    CountLine,
    Donation,
    DonationLine,
    Donor,
    Item,
    Location,
    Lot,
    Movement,
    Package,
    PackageLine,
    Posting,
    Recall,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
    Shipment,
    Site,
    StockEvent,
)
from inventory.models.words import StockEventKind
from inventory.queries import alerts, documents, shipments
from inventory.queries.documents import DocumentFilter
from inventory.queries.export_rows import Asked, Table, stream
from inventory.rules.effects import LocationKind

RECEIPT = ("received_on", "arrived_in_country_on", "consent_reference", "checked_by", "reference")
RECEIPT_LINE = (
    "quantity", "declared", "damaged", "zone", "manufacturer", "label_languages", "unit_value", "currency",
    "value_basis", "carton", "gross_weight_kg",
)  # fmt: skip


def _filter(asked: Asked, kind: str | None = None) -> DocumentFilter:
    return DocumentFilter(
        asked.site, asked.donor, asked.status, kind or asked.kind, asked.q, asked.since, asked.until
    )


def receipts_table(session: Session, actor: Actor, asked: Asked) -> Table:
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
        .where(Receipt.reversed_by_id.is_(None), *documents.receipts_where(actor, _filter(asked)))
        .order_by(Receipt.id, ReceiptLine.position)
    )
    rows = (
        [" ".join(each) if isinstance(each, list) else each for each in row] for row in stream(session, query)
    )
    return [*header, *RECEIPT_LINE], rows


def requisitions_table(session: Session, actor: Actor, asked: Asked) -> Table:
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
        .where(*documents.requisitions_where(actor, _filter(asked)))
        .order_by(Requisition.id, RequisitionLine.id)
    )
    return header, stream(session, query)


def shipments_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """A row per packed line. A package's weight and volume stand in the first of its rows alone."""
    header = (
        "number", "reference", "origin", "destination", "mode", "status", "eta", "dispatched_at", "received_at",
        "container", "waybill", "package", "package_kind", "parent", "gross_weight_kg", "volume_m3", "item",
        "item_name", "lot", "expires_on", "quantity",
    )  # fmt: skip
    wanted = shipments.ShipmentFilter(status=asked.status, site=asked.site, mode=asked.mode, q=asked.q)
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
        .where(*shipments.where(actor, wanted))
        .order_by(Shipment.id, Package.id, PackageLine.id)
    )

    def rows() -> Iterator[Sequence[Any]]:
        weight, label = header.index("gross_weight_kg"), header.index("package")
        before = None
        for row in stream(session, query):
            again = row[label] is not None and row[label] == before
            before = row[label]
            yield [*row[:weight], None, None, *row[weight + 2 :]] if again else row

    return header, rows()


def consumption_table(session: Session, actor: Actor, asked: Asked) -> Table:
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
            StockEvent.reversed_by_id.is_(None),
            destination.kind == LocationKind.PATIENTS,
            *documents.events_where(actor, _filter(asked, StockEventKind.CONSUMPTION)),
        )
        .order_by(StockEvent.id, Movement.id)
    )

    return header, stream(session, query)


def events_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """What else happened to stock and was not taken back: adjustments, disposals, zone moves, a row per lot."""
    header = (
        "number", "kind", "site", "occurred_on", "item", "item_name", "lot", "expires_on", "quantity", "source",
        "destination", "reason", "method", "certificate", "note", "by",
    )  # fmt: skip
    source, destination = aliased(Location), aliased(Location)
    query = (
        select(
            StockEvent.number,
            StockEvent.kind,
            Site.code,
            StockEvent.occurred_on,
            Item.code,
            Item.name,
            Lot.number,
            Lot.expires_on,
            Movement.quantity,
            source.kind,
            destination.kind,
            Movement.reason,
            StockEvent.method,
            StockEvent.certificate,
            StockEvent.note,
            Posting.by,
        )
        .select_from(StockEvent)
        .join(Site, Site.id == StockEvent.site_id)
        .join(Posting, Posting.id == StockEvent.posting_id)
        .join(Movement, Movement.posting_id == Posting.id)
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            StockEvent.reversed_by_id.is_(None),
            StockEvent.kind.not_in([StockEventKind.CONSUMPTION, StockEventKind.COUNT]),
            *documents.events_where(actor, _filter(asked)),
        )
        .order_by(StockEvent.id, Movement.id)
    )
    return header, stream(session, query)


def counts_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """What was counted beside what the books said, a row per lot."""
    header = ("number", "site", "counted_on", "item", "item_name", "lot", "expires_on", "expected", "counted")
    query = (
        select(
            StockEvent.number,
            Site.code,
            StockEvent.occurred_on,
            Item.code,
            Item.name,
            Lot.number,
            Lot.expires_on,
            CountLine.expected,
            CountLine.counted,
        )
        .select_from(CountLine)
        .join(StockEvent, StockEvent.id == CountLine.event_id)
        .join(Site, Site.id == StockEvent.site_id)
        .join(Item, Item.id == CountLine.item_id)
        .join(Lot, Lot.id == CountLine.lot_id)
        .where(*documents.events_where(actor, _filter(asked, StockEventKind.COUNT)))
        .order_by(StockEvent.id, CountLine.id)
    )
    rows = ([*row, row[-1] - row[-2]] for row in stream(session, query))
    return [*header, "difference"], rows


def donations_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """What was promised, a row per item; gifts of money have one row."""
    header = (
        "number", "donor", "donor_name", "kind", "pledged_on", "reference", "amount", "currency", "shipment", "item",
        "item_name", "quantity",
    )  # fmt: skip
    query = (
        select(Donation, Donor.code, Donor.name, Shipment.number, Item.code, Item.name, DonationLine.quantity)
        .join(Donor, Donor.id == Donation.donor_id)
        .outerjoin(Shipment, Shipment.id == Donation.shipment_id)
        .outerjoin(DonationLine, DonationLine.donation_id == Donation.id)
        .outerjoin(Item, Item.id == DonationLine.item_id)
        .where(*documents.donations_where(_filter(asked)))
        .order_by(Donation.id, DonationLine.id)
    )

    def rows() -> Iterator[Sequence[Any]]:
        for gift, donor, name, shipment, *line in stream(session, query):
            yield (
                gift.number, donor, name, gift.kind, gift.pledged_on, gift.reference, gift.amount, gift.currency,
                shipment, *line,
            )  # fmt: skip

    return header, rows()


def alerts_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """Alerts, as the list shows them: the open ones unless told otherwise."""
    header = (
        "id", "kind", "severity", "site", "item", "item_name", "lot", "quantity", "threshold", "suggested_quantity",
        "document", "opened_at", "resolved_at", "acknowledged_by", "note",
    )  # fmt: skip
    wanted = alerts.AlertFilter(
        site=asked.site,
        kind=asked.kind,
        severity=asked.severity,
        open={"open": True, "new": True, "resolved": False}.get(asked.state or "open"),
        acknowledged=False if asked.state == "new" else None,
    )
    query = (
        select(
            Alert.id,
            Alert.kind,
            Alert.severity,
            Site.code,
            Item.code,
            Item.name,
            Lot.number,
            Alert.quantity,
            Alert.threshold,
            Alert.suggested_quantity,
            func.coalesce(Alert.document, Shipment.number),
            Alert.opened_at,
            Alert.resolved_at,
            Alert.acknowledged_by,
            Alert.note,
        )
        .select_from(Alert)
        .outerjoin(Site, Site.id == Alert.site_id)
        .outerjoin(Item, Item.id == Alert.item_id)
        .outerjoin(Lot, Lot.id == Alert.lot_id)
        .outerjoin(Shipment, Shipment.id == Alert.shipment_id)
        .where(*alerts.where(session, actor, wanted))
        .order_by(Alert.id)
    )
    return header, stream(session, query)


def recalls_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """The batches that were recalled; they are everybody's business."""
    header = ("item", "item_name", "lot", "recalled_on", "reason", "source", "closed_at")
    query = (
        select(
            Item.code,
            Item.name,
            Recall.lot_number,
            Recall.recalled_on,
            Recall.reason,
            Recall.source,
            Recall.closed_at,
        )
        .join(Item, Item.id == Recall.item_id)
        .where(Recall.drill.is_(False))
        .order_by(Recall.id)
    )
    return header, stream(session, query)
