"""The rows of an artificial world, written many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from inventory.db import write_rows
from inventory.ledger.history import Document
from inventory.models import (
    Donation,
    Donor,
    Item,
    Location,
    Lot,
    NumberSeries,
    Package,
    PackageLine,
    Policy,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentReceiptLine,
    Site,
    StockEvent,
)
from inventory.models.words import SiteKind
from inventory.rules.effects import INSIDE, ZONES, LocationKind
from inventory.rules.identifiers import sscc
from inventory.rules.text import fold
from inventory.services.packing import COMPANY_PREFIX

DONORS = 8
TIMEZONE = "Asia/Baghdad"
_FORMS = ("tablet", "capsule", "ampoule", "vial", "bottle", "sachet", "piece", "kit")


class Size(Protocol):
    """How many sites and items there are."""

    @property
    def sites(self) -> int: ...
    @property
    def items(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot to be."""

    id: int
    item_id: int
    donor_id: int
    received_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class Sent:
    """Some of a lot that a partner was sent, in a shipment of its own."""

    shipment_id: int
    lot_id: int
    item_id: int
    site_id: int
    partner_id: int
    quantity: int


def number(prefix: str, year: int, count: int) -> str:
    """The number of a document."""
    return f"{prefix}-{year}-{count:06d}"


def _write(session: Session, model: Any, names: str, rows: Iterable[Sequence[Any]]) -> None:
    write_rows(session, cast(Table, model.__table__), names.split(), rows)


def _counted(session: Session, series: str, last: int) -> None:
    if last:
        session.add(NumberSeries(series=series, last=last))


def write_reference(session: Session, size: Size, kinds: Sequence[SiteKind], now: datetime) -> None:
    """Sites, donors with a donation each, items, and a policy for every item at every site."""
    places = (SiteKind.WAREHOUSE, SiteKind.PARTNER)
    hub = 1 if SiteKind.WAREHOUSE in kinds else None
    _write(
        session,
        Site,
        "id code name kind status country sensitive supplied_by_id lead_time_days timezone created_at",
        (
            (
                key,
                f"S{key:05d}",
                f"{kind.value.replace('_', ' ').capitalize()} {key}",
                kind.value,
                "open",
                "IQ",
                kind not in places,
                hub if kind not in places else None,
                7,
                TIMEZONE,
                now,
            )
            for key, kind in enumerate(kinds, 1)
        ),
    )
    donors = range(1, DONORS + 1)
    _write(session, Donor, "id code name created_at", [(k, f"D{k:03d}", f"Donor {k}", now) for k in donors])
    begun = now.date() - timedelta(days=365)
    _write(
        session,
        Donation,
        "id number donor_id kind pledged_on unannounced created_at",
        [(k, number("DON", now.year, k), k, "goods", begun, True, now) for k in donors],
    )
    _counted(session, f"DON-{now.year}", DONORS)
    _write(
        session,
        Item,
        "id code name base_unit category tracks_expiry serialised temperature freeze_sensitive controlled dangerous "
        "ven search_text created_at",
        (_item(key, now) for key in range(1, size.items + 1)),
    )
    _write(
        session,
        Policy,
        "site_id item_id method reorder_point maximum emergency_point order_multiple expiry_buffer_days created_at",
        (
            (site, item, "fixed", 40 + item % 60, 300 + item % 60, 10 + item % 20, 10, 0, now)
            for site in range(1, size.sites + 1)
            for item in range(1, size.items + 1)
        ),
    )


def _item(key: int, now: datetime) -> tuple[Any, ...]:
    form = _FORMS[key % len(_FORMS)]
    code, name = f"I{key:06d}", f"Article {key}, {form}"
    category = "medicine" if key % 4 else "dressing"
    kept = "cold_chain" if key % 17 == 0 else "ambient"
    words = fold(f"{code} {name}")
    controlled = key % 50 == 0
    return (
        key,
        code,
        name,
        form,
        category,
        True,
        False,
        kept,
        False,
        controlled,
        False,
        "VEN"[key % 3],
        words,
        now,
    )


def write_lots(session: Session, lots: Iterable[LotRow], now: datetime) -> None:
    """The lots; each belongs to the one donation of its donor."""
    _write(
        session,
        Lot,
        "id item_id number expires_on expiry_precision donor_id donation_id received_on created_at",
        (
            (
                lot.id,
                lot.item_id,
                f"L{lot.id:07d}",
                lot.expires_on,
                "day",
                lot.donor_id,
                lot.donor_id,
                lot.received_on,
                now,
            )
            for lot in lots
        ),
    )


def write_journeys(session: Session, sent: Sequence[Sent], now: datetime) -> None:
    """The shipments to partners, a carton each, received whole."""
    if not sent:
        return
    left, came = now - timedelta(days=2), now - timedelta(days=1)
    _write(
        session,
        Shipment,
        "id number origin_id destination_id mode status minimum_shelf_life_days historical dispatched_at received_at "
        "created_at version needs_approval",
        [
            (
                each.shipment_id,
                number("SHP", now.year, each.shipment_id),
                each.site_id,
                each.partner_id,
                "road",
                "received",
                0,
                False,
                left,
                came,
                now,
                1,
                False,
            )
            for each in sent
        ],
    )
    _counted(session, f"SHP-{now.year}", len(sent))
    labels = [sscc(0, COMPANY_PREFIX, each.shipment_id) for each in sent]
    _write(
        session,
        Package,
        "id shipment_id label kind created_at",
        [
            (each.shipment_id, each.shipment_id, label, "carton", now)
            for each, label in zip(sent, labels, strict=True)
        ],
    )
    _counted(session, "SSCC", len(sent))
    _write(
        session,
        PackageLine,
        "package_id item_id lot_id quantity",
        [(each.shipment_id, each.item_id, each.lot_id, each.quantity) for each in sent],
    )
    _write(
        session,
        ShipmentReceiptLine,
        "shipment_id lot_id received damaged zone received_at",
        [(each.shipment_id, each.lot_id, each.quantity, 0, "stock", came) for each in sent],
    )


def write_places(session: Session, sites: int, sent: Sequence[Sent]) -> None:
    """The zones of every site, the shipments in transit, the partners' accounts, and the donors' and patients'."""
    session.flush()
    places: list[tuple[LocationKind, int | None, int | None]] = [
        (kind, site, None) for site in range(1, sites + 1) for kind in sorted(ZONES)
    ]
    places += [(LocationKind.PARTNER, site, None) for site in sorted({each.partner_id for each in sent})]
    places += [(LocationKind.IN_TRANSIT, None, each.shipment_id) for each in sent]
    places += [(LocationKind.DONOR, None, None), (LocationKind.PATIENTS, None, None)]
    _write(
        session,
        Location,
        "kind inside site_id shipment_id",
        [(kind, kind in INSIDE, site, shipment) for kind, site, shipment in places],
    )


Written = tuple[Document, int]
"""A document and the id of its posting."""


def write_receipts(
    session: Session, written: Sequence[Written], lots: Sequence[LotRow], now: datetime
) -> None:
    """A goods-received note for each receipt, with a line for each lot."""
    _write(
        session,
        Receipt,
        "id number site_id received_on posting_id created_at",
        (
            (key, doc.number, doc.site_id, doc.occurred_on, posting, now)
            for key, (doc, posting) in enumerate(written, 1)
        ),
    )
    _write(
        session,
        ReceiptLine,
        "receipt_id position item_id lot_id quantity damaged zone returned_or_sample warnings exceptions",
        (
            (key, position, lots[lot_id - 1].item_id, lot_id, quantity, 0, "stock", False, [], [])
            for key, (doc, _) in enumerate(written, 1)
            for position, (lot_id, quantity, _, _) in enumerate(doc.moves)
        ),
    )
    _counted(session, f"GRN-{now.year}", len(written))


def write_consumptions(session: Session, written: Sequence[Written], now: datetime) -> None:
    """A consumption document for each posting of one."""
    _write(
        session,
        StockEvent,
        "number kind site_id occurred_on occurred_at consultations posting_id created_at",
        (
            (
                doc.number,
                "consumption",
                doc.site_id,
                doc.occurred_on,
                doc.occurred_at,
                len(doc.moves),
                posting,
                now,
            )
            for doc, posting in written
        ),
    )
    _counted(session, f"CON-{now.year}", len(written))
