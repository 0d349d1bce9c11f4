"""Imported shipments: those that a supplier once sent, as they ended; those from a site of ours, as drafts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.errors import FieldError, Invalid, msg
from inventory.exchange.fields import NewItem, ShipmentRow
from inventory.ledger import Entry, Move
from inventory.models import (
    Item,
    Lot,
    Package,
    PackageLine,
    Shipment,
    ShipmentEvent,
    ShipmentReceiptLine,
    Site,
)
from inventory.models.words import Classifier, Milestone, PackageKind, SiteKind
from inventory.rules.effects import LocationKind, PostingKind
from inventory.rules.identifiers import sscc
from inventory.services import alerts
from inventory.services.checks import Checks, currency_places
from inventory.services.importing_job import Job, Pending
from inventory.services.importing_reference import make_missing_items, make_missing_site
from inventory.services.lots import LotFacts, find_or_make_lot
from inventory.services.numbers import count_up, next_number


class Shipments:
    """Rows with the same reference make one shipment."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._groups: dict[tuple[str, str], list[Pending]] = defaultdict(list)
        self._new_items: dict[str, NewItem] = {}
        self._checks = Checks(job.session)

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        for pending in new:
            row = _row(pending)
            self._groups[(row.origin, row.reference)].append(pending)
            if row.new_item is not None:
                self._new_items.setdefault(row.item, row.new_item)

    def finish(self) -> None:
        make_missing_items(self._job, self._new_items)
        self._checks.know_items(_row(pending).item for rows in self._groups.values() for pending in rows)
        touched: set[tuple[int, int]] = set()
        for rows in self._groups.values():
            done = self._job.attempt(rows, lambda left: self._ship([_row(pending) for pending in left]))
            if done is not None:
                (number, pairs), taken = done
                touched |= pairs
                self._job.done(taken, number)
        alerts.refresh(self._job.session, touched)

    def _ship(self, rows: list[ShipmentRow]) -> tuple[str, frozenset[tuple[int, int]]]:
        first = rows[0]
        _agree(rows)
        origin = make_missing_site(self._job, first.origin, first.origin_name, first.origin_country)
        destination = make_missing_site(
            self._job, first.destination, first.destination_name, first.destination_country
        )
        if origin.id == destination.id:
            raise Invalid.at("/destination", msg("A shipment goes from one site to another."))
        return _History(self._job, self._checks, origin, destination).write(rows)


class _History:
    """A shipment that has ended: supplier, transit, destination, in two postings of the day it was delivered."""

    def __init__(self, job: Job, checks: Checks, origin: Site, destination: Site) -> None:
        self._job = job
        self._session = job.session
        self._checks = checks
        self._origin = origin
        self._destination = destination

    def write(self, rows: list[ShipmentRow]) -> tuple[str, frozenset[tuple[int, int]]]:
        day = self._day(rows)
        items = [self._checks.item(row.item, f"/lines/{index}/item") for index, row in enumerate(rows)]
        errors, self._checks.errors = self._checks.errors, []
        if errors:
            raise Invalid(errors)
        lots = [self._lot(row, item, day) for row, item in zip(rows, items, strict=True) if item is not None]
        shipment, package = self._shipment(rows, day)
        package.lines += [
            PackageLine(item_id=lot.item_id, lot_id=lot.id, quantity=row.quantity)
            for row, lot in zip(rows, lots, strict=True)
        ]
        self._session.flush()
        touched = self._post(shipment, rows, lots, day)
        return shipment.number, touched

    def _day(self, rows: Sequence[ShipmentRow]) -> date:
        """The day of delivery; where nobody wrote it down, the day it was expected."""
        day = rows[0].delivered_on or rows[0].eta
        if day is None:
            raise Invalid.at("/delivered_on", msg("Neither the day of delivery nor the expected one is told."))
        if day > clock.today(self._destination.timezone):
            raise Invalid.at("/delivered_on", msg("This day has not come yet."))
        return day

    def _lot(self, row: ShipmentRow, item: Item, day: date) -> Lot:
        return find_or_make_lot(
            self._session,
            LotFacts(
                item=item,
                number=row.lot or row.reference,
                expires_on=row.expires_on,
                expiry_precision=row.expiry_precision,
                donation=None,
                donor=None,
                received_on=day,
                manufacturer=row.manufacturer,
                unit_value=row.unit_value,
                currency=row.currency if row.unit_value is not None else None,
                value_basis=row.value_basis,
            ),
        )

    def _shipment(self, rows: Sequence[ShipmentRow], day: date) -> tuple[Shipment, Package]:
        """The shipment of that reference and its one package, made unless rows of it came before."""
        first = rows[0]
        weights = [row.gross_weight_kg for row in rows if row.gross_weight_kg is not None]
        known = self._session.scalars(
            select(Shipment)
            .where(
                Shipment.reference == first.reference,
                Shipment.origin_id == self._origin.id,
                Shipment.historical.is_(True),
            )
            .options(selectinload(Shipment.packages).selectinload(Package.lines))
        ).one_or_none()
        if known is not None:
            package = known.packages[0]
            if weights:
                package.gross_weight_kg = (package.gross_weight_kg or Decimal(0)) + sum(weights)
            return known, package
        at = clock.noon(day, self._destination.timezone)
        package = Package(
            label=_label(self._session),
            kind=PackageKind.LOOSE,
            gross_weight_kg=sum(weights, Decimal(0)) if weights else None,
            lines=[],
        )
        freight = sum((row.freight for row in rows if row.freight is not None), Decimal(0))
        shipment = Shipment(
            number=next_number(self._session, "SHP"),
            origin_id=self._origin.id,
            destination_id=self._destination.id,
            mode=first.mode,
            status="received",
            eta=max((row.eta for row in rows if row.eta is not None), default=None),
            container=first.container,
            minimum_shelf_life_days=first.minimum_shelf_life_days or 0,
            waybill=first.waybill,
            reference=first.reference,
            historical=True,
            dispatched_at=None,
            received_at=at,
            freight_minor=int(freight.scaleb(currency_places(first.currency))) if freight and first.currency else None,
            freight_currency=first.currency if freight and first.currency else None,
            created_by_id=self._job.actor.user_id,
            packages=[package],
            events=[self._delivered(first, at)] if first.delivered_on else [],
            receipt_lines=[],
        )
        self._session.add(shipment)
        return shipment, package

    def _delivered(self, row: ShipmentRow, at: datetime) -> ShipmentEvent:
        return ShipmentEvent(
            milestone=Milestone.DELIVERED,
            classifier=Classifier.ACTUAL,
            occurred_at=at,
            note=row.note,
            recorded_by_id=self._job.actor.user_id,
        )

    def _post(
        self, shipment: Shipment, rows: Sequence[ShipmentRow], lots: Sequence[Lot], day: date
    ) -> frozenset[tuple[int, int]]:
        partner = self._destination.kind == SiteKind.PARTNER
        kind = LocationKind.PARTNER if partner else LocationKind.STOCK
        supplier = ledger.place(self._session, LocationKind.SUPPLIER)
        transit = ledger.place(self._session, LocationKind.IN_TRANSIT, shipment_id=shipment.id)
        end = ledger.place(self._session, kind, site_id=self._destination.id)
        at = clock.noon(day, self._destination.timezone)
        touched: frozenset[tuple[int, int]] = frozenset()
        for posting, source, target, moment in (
            (PostingKind.DISPATCH, supplier, transit, at),
            (PostingKind.SHIPMENT_RECEIPT, transit, end, at + timedelta(seconds=1)),
        ):
            posted = ledger.post(
                self._session,
                Entry(
                    kind=posting,
                    occurred_on=day,
                    occurred_at=moment,
                    moves=[
                        Move(lot.id, row.quantity, source.id, target.id, pointer=f"/lines/{index}/quantity")
                        for index, (row, lot) in enumerate(zip(rows, lots, strict=True))
                    ],
                    document=shipment.number,
                    site_id=self._destination.id,
                    shipment_id=shipment.id,
                    user_id=self._job.actor.user_id,
                    by=self._job.actor.name,
                ),
            )
            touched |= posted.touched
        self._session.add_all(
            ShipmentReceiptLine(
                shipment_id=shipment.id,
                lot_id=lot.id,
                received=row.quantity,
                damaged=0,
                zone=LocationKind.STOCK,
                posting_id=posted.posting.id,
                received_at=at,
            )
            for row, lot in zip(rows, lots, strict=True)
        )
        self._session.flush()
        return touched


def _label(session: Session) -> str:
    return sscc(0, "0000000", count_up(session, "SSCC"))


def _agree(rows: Sequence[ShipmentRow]) -> None:
    """Lines of one shipment go the same way on the same day."""
    errors = [
        FieldError(f"/lines/{index}/{name}", msg("Another line of this shipment says otherwise."))
        for name in ("destination", "mode", "delivered_on")
        for index, row in enumerate(rows)
        if getattr(row, name) != getattr(rows[0], name)
    ]
    if errors:
        raise Invalid(errors)


def _row(pending: Pending) -> ShipmentRow:
    assert isinstance(pending.row, ShipmentRow)
    return pending.row
