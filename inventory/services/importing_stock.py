"""Imported receipts and consumption: rows of one document together, the earliest day first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from inventory import clock
from inventory.errors import Message
from inventory.exchange.rows import ConsumptionRow, NewItem, ReceiptRow
from inventory.models import Item, Receipt
from inventory.services.consumption import Consumption, ConsumptionLine, consume
from inventory.services.importing_job import Job, Pending
from inventory.services.importing_reference import make_missing_items
from inventory.services.receipts import LineException, NewReceipt, NewReceiptLine, record
from inventory.services.sync import retry_waiting

MOST_LINES = 1000
"""Longer documents are cut into several."""

HEADER = (
    "site", "donation", "donor", "received_on", "arrived_in_country_on", "consent_reference", "checked_by", "reference",
)  # fmt: skip
"""What lines of one receipt have in common."""
NO_LOT = "NO-LOT"
"""The lot number of what bears none: adapters, batteries, furniture."""
_LINE = (
    "item", "lot", "quantity", "expires_on", "expiry_precision", "declared", "manufacturer", "label_languages",
    "unit_value", "currency", "value_basis", "carton", "gross_weight_kg", "serial",
)  # fmt: skip


class Receipts:
    """Rows with the same site, day, giver and papers make one receipt."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._groups: dict[tuple[Any, ...], list[Pending]] = defaultdict(list)
        self._new_items: dict[str, NewItem] = {}
        self._sites: set[int] = set()

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        for pending in new:
            row = pending.row
            assert isinstance(row, ReceiptRow)
            self._groups[tuple(getattr(row, name) for name in HEADER)].append(pending)
            if row.new_item is not None:
                self._new_items.setdefault(row.item, row.new_item)

    def finish(self) -> None:
        make_missing_items(self._job, self._new_items)
        by_day = sorted(self._groups.items(), key=lambda group: _header(group[0])["received_on"] or date.max)
        for key, rows in by_day:
            for part in _parts(rows):
                self._receive(_header(key), part)
        if self._sites:
            retry_waiting(self._job.session, sorted(self._sites))

    def _receive(self, header: dict[str, Any], rows: Sequence[Pending]) -> None:
        job = self._job
        done = job.attempt(rows, lambda left: record(job.session, job.actor, _receipt(job, header, left)))
        if done is not None:
            receipt, taken = done
            self._sites.add(receipt.site_id)
            job.done([(each, receipt.number) for each in taken])
            _tell(job, receipt, taken)


class ConsumptionDays:
    """Rows of one site, day and number of consultations make one document.

    `taken` are the rows that were, once it is finished; of the days in `counted` the consultations are known already.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._groups: dict[tuple[date, str, int | None], list[Pending]] = defaultdict(list)
        self.counted: set[tuple[date, str]] = set()
        self.taken: list[Pending] = []

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        for pending in new:
            self._groups[_day(pending)].append(pending)
        self.counted |= {_day(pending)[:2] for pending in known}

    def finish(self) -> None:
        job = self._job
        for (day, site, consultations), rows in sorted(self._groups.items(), key=lambda group: group[0][:2]):
            told = (
                None if (day, site) in self.counted else consultations
            )  # never count the same patients again
            for part in _parts(rows):
                done = job.attempt(
                    part,
                    lambda left, day=day, site=site, told=told: consume(  # type: ignore[misc]
                        job.session,
                        job.actor,
                        Consumption(site, day, [_dispensed(each) for each in left], told),
                    ),
                )
                told = None
                if done is not None:
                    job.done([(each, done[0].number) for each in done[1]])
                    self.taken += done[1]


def _header(key: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(HEADER, key, strict=True))


def _receipt(job: Job, header: dict[str, Any], rows: Sequence[Pending]) -> NewReceipt:
    lines, without = [], _without_lots(job, rows)
    for pending in rows:
        row = pending.row
        assert isinstance(row, ReceiptRow)
        told = {name: getattr(row, name) for name in _LINE}
        if row.item in without and not row.lot:
            told["lot"] = NO_LOT
        lines.append(
            NewReceiptLine(**told, damaged=row.damaged or 0, zone=_zone(row), exceptions=_taken(job, row))
        )
    return NewReceipt(lines=lines, **{**header, "received_on": header["received_on"] or clock.today()})


def _without_lots(job: Job, rows: Sequence[Pending]) -> set[str]:
    """The items among the rows whose packs bear neither lot nor expiry, and that are no single pieces."""
    codes = {row.item for each in rows if isinstance(row := each.row, ReceiptRow) and not row.lot}
    query = select(Item.code).where(~Item.tracks_expiry, ~Item.serialised, Item.code.in_(codes))
    return set(job.session.scalars(query)) if codes else set()


def _zone(row: ReceiptRow) -> str:
    """What was refused elsewhere is set aside here; the checks of the receipt may refuse it again."""
    return "quarantine" if row.zone == "refused" else row.zone or "stock"


def _taken(job: Job, row: ReceiptRow) -> Sequence[LineException]:
    """The short-dated rule is about arrivals; stock that stands there already is taken as it is."""
    if not row.opening_stock:
        return ()
    return [LineException("short_dated", row.checked_by or job.actor.name, row.reference or "opening stock")]


def _tell(job: Job, receipt: Receipt, rows: Sequence[Pending]) -> None:
    """The receipt's own warnings, at the rows that caused them."""
    for line, pending in zip(receipt.lines, rows, strict=True):
        by_rule = {warning["rule"]: warning["detail"] for warning in reversed(line.warnings)}
        for rule, detail in by_rule.items():
            job.outcome.notes.warn(pending.row.line, rule, Message.from_json(detail))


def _day(pending: Pending) -> tuple[date, str, int | None]:
    row = pending.row
    assert isinstance(row, ConsumptionRow)
    return row.occurred_on, row.site, row.consultations


def _dispensed(pending: Pending) -> ConsumptionLine:
    row = pending.row
    assert isinstance(row, ConsumptionRow)
    return ConsumptionLine(row.item, row.quantity, row.lot)


def _parts(rows: list[Pending]) -> Iterator[list[Pending]]:
    for start in range(0, len(rows), MOST_LINES):
        yield rows[start : start + MOST_LINES]
