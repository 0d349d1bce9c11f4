"""Monthly stock reports as history of the ledger: a site's month becomes the documents that it would have been.

All that a month added is dated on its first day, all that it took away two days before its last
(`rules/monthly_report.py`). Bought goods, in one lot without expiry for each site and item: `REPORT-` and the site's
code.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import ledger
from inventory.errors import msg
from inventory.exchange.rows import MonthRow
from inventory.ledger import Entry, Move
from inventory.ledger.bulk import post_all
from inventory.models import Item, Location, Lot, Recall, Receipt, ReceiptLine, Site, StockEvent
from inventory.models.words import StockEventKind
from inventory.rules import monthly_report as rules
from inventory.rules.effects import AdjustmentReason, LocationKind, PostingKind
from inventory.services import alerts
from inventory.services.checks import occurrence
from inventory.services.importing_job import Job, Pending
from inventory.services.numbers import next_numbers
from inventory.services.stock_events import PREFIXES

CHUNK = 400
AT_ONCE = 3000
"""About so many movements are posted together."""

LotKey = tuple[int, int]
"""(site id, item id)"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A report found right, and what of it is to be booked."""

    pending: Pending
    row: MonthRow
    site: Site
    item: Item
    booked: rules.Booked


@dataclass(slots=True)
class _Document:
    """A posting to be, and the document that will carry its number."""

    kind: PostingKind
    site: Site
    day: date
    month: date
    moves: list[Move] = field(default_factory=list)
    consultations: int | None = None
    number: str = ""

    @property
    def prefix(self) -> str:
        if self.kind is PostingKind.RECEIPT:
            return "GRN"
        return PREFIXES[self.event_kind]

    @property
    def event_kind(self) -> StockEventKind:
        consumed = self.kind is PostingKind.CONSUMPTION
        return StockEventKind.CONSUMPTION if consumed else StockEventKind.ADJUSTMENT

    @property
    def reference(self) -> str:
        return f"Monthly report {self.month:%Y-%m}"


def lot_number(site: Site) -> str:
    """The number of the lots that a site's reports speak of."""
    return f"REPORT-{site.code}"


class Reports:
    """Writes reports; those of one item at one site must come in the order of their months."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._session = job.session
        self._touched: set[tuple[int, int]] = set()
        self.counted: set[tuple[int, date]] = set()
        """(site id, day) whose consultations are told by a document."""

    def write(self, reports: Iterable[Taken]) -> None:
        """Post every report and remember its row."""
        by_site: dict[int, list[Taken]] = defaultdict(list)
        for taken in reports:
            by_site[taken.site.id].append(taken)
        waiting: list[Taken] = []
        for site_id in sorted(by_site):
            waiting += by_site[site_id]
            if len(waiting) >= AT_ONCE:
                self._write(waiting)
                waiting = []
        self._write(waiting)

    def finish(self) -> None:
        """Look again at the alerts of all that was touched, and at what waited for goods."""
        from inventory.services.sync import retry_waiting  # which posts consumption itself

        alerts.refresh(self._session, self._touched)
        if self._touched:
            retry_waiting(self._session, sorted({site_id for site_id, _ in self._touched}))

    def _write(self, reports: Sequence[Taken]) -> None:
        if not reports:
            return
        lots = self._lots(reports)
        self._know_consultations(reports)
        months: dict[tuple[int, date], list[Taken]] = defaultdict(list)
        for taken in reports:
            months[(taken.site.id, taken.row.month)].append(taken)
        outside = {
            kind: ledger.place(self._session, kind)
            for kind in (LocationKind.SUPPLIER, LocationKind.PATIENTS, LocationKind.FOUND, LocationKind.LOST)
        }
        documents: list[_Document] = []
        told: list[tuple[Pending, str]] = []
        made: list[tuple[list[Taken], list[_Document]]] = []
        for key in sorted(months):
            group = months[key]
            stock = ledger.place(self._session, LocationKind.STOCK, site_id=key[0])
            new = _documents(group, lots, stock, outside)
            new[-1].consultations = self._consultations(group, new[-1].day)
            kept = [each for each in new if each.moves or each.consultations is not None]
            documents += kept
            made.append((group, kept))
        self._number(documents)
        self._post(documents, lots)
        for group, kept in made:
            name = kept[-1].number if kept else no_document(group[0].row)
            told += [(taken.pending, name) for taken in group]
        self._job.done(told)

    def _lots(self, reports: Sequence[Taken]) -> dict[LotKey, Lot]:
        wanted: dict[LotKey, Taken] = {}
        for taken in reports:
            if taken.booked.moves:
                wanted.setdefault((taken.site.id, taken.item.id), taken)
        there = report_lots(self._session, {taken.site.id: taken.site for taken in reports}.values())
        recalled: dict[tuple[int, str], date] = {}
        numbers = sorted({lot_number(taken.site) for taken in reports})
        for start in range(0, len(numbers), CHUNK):
            some = numbers[start : start + CHUNK]
            recalls = select(Recall).where(Recall.lot_number.in_(some), Recall.in_force())
            recalled |= {
                (row.item_id, row.lot_number): row.recalled_on for row in self._session.scalars(recalls)
            }
        new = {
            key: Lot(
                item_id=taken.item.id,
                number=lot_number(taken.site),
                received_on=rules.came_on(taken.row.month),
                recalled_on=recalled.get((taken.item.id, lot_number(taken.site))),
            )
            for key, taken in wanted.items()
            if key not in there
        }
        self._session.add_all(new.values())
        self._session.flush()
        return there | new

    def _know_consultations(self, reports: Sequence[Taken]) -> None:
        """The days whose consultations another document tells already: the same patients never count again."""
        if all(taken.row.consultations is None for taken in reports):
            return
        sites = sorted({taken.site.id for taken in reports})
        for start in range(0, len(sites), CHUNK):
            rows = self._session.execute(
                select(StockEvent.site_id, StockEvent.occurred_on).where(
                    StockEvent.site_id.in_(sites[start : start + CHUNK]),
                    StockEvent.kind == StockEventKind.CONSUMPTION,
                    StockEvent.consultations.is_not(None),
                    StockEvent.reversed_by_id.is_(None),
                )
            )
            self.counted |= {(site_id, day) for site_id, day in rows}

    def _consultations(self, group: Sequence[Taken], day: date) -> int | None:
        numbers = {taken.row.consultations for taken in group if taken.row.consultations is not None}
        key = (group[0].site.id, day)
        if not numbers or key in self.counted:
            return None
        self.counted.add(key)
        if len(numbers) > 1:
            text = msg(
                "The rows of this month tell different numbers of consultations; the greatest was taken."
            )
            self._job.warn(group[0].pending, "consultations", text)
        return max(numbers)

    def _number(self, documents: Sequence[_Document]) -> None:
        by_prefix: dict[str, list[_Document]] = defaultdict(list)
        for each in documents:
            by_prefix[each.prefix].append(each)
        for prefix, all_of_it in sorted(by_prefix.items()):
            numbers = next_numbers(self._session, prefix, len(all_of_it))
            for each, number in zip(all_of_it, numbers, strict=True):
                each.number = number

    def _post(self, documents: Sequence[_Document], lots: dict[LotKey, Lot]) -> None:
        job = self._job
        posted = [each for each in documents if each.moves]
        entries = [
            Entry(
                kind=each.kind,
                occurred_on=each.day,
                occurred_at=_instant(each),
                moves=each.moves,
                document=each.number,
                site_id=each.site.id,
                user_id=job.actor.user_id,
                by=job.actor.name,
            )
            for each in posted
        ]
        postings, touched = post_all(self._session, entries)
        self._touched |= touched
        ids = {each.number: posting.id for each, posting in zip(posted, postings, strict=True)}
        items = {lot.id: lot.item_id for lot in lots.values()}
        self._session.add_all(
            self._receipt(each, ids[each.number], items)
            if each.kind is PostingKind.RECEIPT
            else self._event(each, ids.get(each.number))
            for each in documents
        )
        self._session.flush()

    def _event(self, document: _Document, posting_id: int | None) -> StockEvent:
        return StockEvent(
            number=document.number,
            kind=document.event_kind,
            site_id=document.site.id,
            occurred_on=document.day,
            occurred_at=_instant(document),
            consultations=document.consultations,
            note=document.reference,
            posting_id=posting_id,
            created_by_id=self._job.actor.user_id,
        )

    def _receipt(self, document: _Document, posting_id: int, items: dict[int, int]) -> Receipt:
        return Receipt(
            number=document.number,
            site_id=document.site.id,
            received_on=document.day,
            reference=document.reference,
            posting_id=posting_id,
            created_by_id=self._job.actor.user_id,
            lines=[
                ReceiptLine(
                    position=index,
                    item_id=items[move.lot_id],
                    lot_id=move.lot_id,
                    quantity=move.quantity,
                    zone=LocationKind.STOCK,
                )
                for index, move in enumerate(document.moves)
            ],
        )


def report_lots(session: Session, sites: Iterable[Site]) -> dict[LotKey, Lot]:
    """The lots of the sites' reports that are there already."""
    numbers = {lot_number(site): site.id for site in sites}
    found: dict[LotKey, Lot] = {}
    ordered = sorted(numbers)
    for start in range(0, len(ordered), CHUNK):
        lots = select(Lot).where(
            Lot.number.in_(ordered[start : start + CHUNK]),
            Lot.donor_id.is_(None),
            Lot.donation_id.is_(None),
            Lot.expires_on.is_(None),
            Lot.serial.is_(None),
        )
        for lot in session.scalars(lots.order_by(Lot.id)):
            found.setdefault((numbers[lot.number], lot.item_id), lot)
    return found


def _documents(
    group: Sequence[Taken], lots: dict[LotKey, Lot], stock: Location, outside: Mapping[LocationKind, Location]
) -> list[_Document]:
    """What one site's month becomes, in its order; the last is what was dispensed. Some may have no movements."""
    site, month = group[0].site, group[0].row.month
    came, went = rules.came_on(month), rules.went_on(month)
    more = _Document(PostingKind.ADJUSTMENT, site, came, month)
    receipt = _Document(PostingKind.RECEIPT, site, came, month)
    less = _Document(PostingKind.ADJUSTMENT, site, went, month)
    dispensed = _Document(PostingKind.CONSUMPTION, site, went, month)
    for taken in (each for each in group if each.booked.moves):
        lot, booked = lots[(site.id, taken.item.id)].id, taken.booked
        by_hand = AdjustmentReason.FOUND if booked.adjusted > 0 else AdjustmentReason.LOST
        changes = (
            (booked.difference, AdjustmentReason.CORRECTION, True),
            (booked.adjusted, by_hand, False),
            (booked.breach, AdjustmentReason.CORRECTION, False),
        )
        for change, reason, at_first in changes:
            if change > 0:
                more.moves.append(Move(lot, change, outside[LocationKind.FOUND].id, stock.id, reason))
            elif change < 0:
                document = more if at_first else less
                document.moves.append(Move(lot, -change, stock.id, outside[LocationKind.LOST].id, reason))
        if booked.received:
            receipt.moves.append(Move(lot, booked.received, outside[LocationKind.SUPPLIER].id, stock.id))
        if booked.dispensed:
            dispensed.moves.append(Move(lot, booked.dispensed, stock.id, outside[LocationKind.PATIENTS].id))
    return [more, receipt, less, dispensed]


def _instant(document: _Document) -> datetime:
    arrives = document.kind is not PostingKind.CONSUMPTION
    return occurrence(document.day, document.site, None, arrives=arrives)


def no_document(row: MonthRow) -> str:
    """What a row is remembered by that moved nothing."""
    return f"report {row.site} {row.month:%Y-%m}"
