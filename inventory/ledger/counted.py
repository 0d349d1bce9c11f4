"""What the books said of a place at an instant, bin by bin; and what a count sheet makes of it.

Instants are those of occurrence: what is told late of a time before a figure was counted changes what was expected of
it, and what happened since does not.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.ledger._sql import CHUNK
from inventory.models import (
    Balance,
    Bin,
    BinMove,
    BinStock,
    CountSheet,
    CountSheetLine,
    Location,
    Lot,
    Movement,
    Posting,
)
from inventory.models.words import CountSheetStatus
from inventory.rules.counting import Seen, Verdict, verdict

Number = tuple[int, str]
"""(item id, lot number): what stands on a pack."""

Flow = list[tuple[datetime, int]]


@dataclass(slots=True)
class Books:
    """The figures of some lots in one zone of a site, now and at any instant from `since` on."""

    zone: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    bins: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    zone_since: dict[int, Flow] = field(default_factory=lambda: defaultdict(list))
    bins_since: dict[tuple[int, int], Flow] = field(default_factory=lambda: defaultdict(list))
    bin_ids: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def at(self, bin_id: int | None, lot_id: int, instant: datetime | None = None) -> int:
        """Base units of a lot in a bin (None: in none of them) at an instant (None: now)."""
        if bin_id is not None:
            return self._bin(bin_id, lot_id, instant)
        inside = sum(self._bin(each, lot_id, instant) for each in self.bin_ids[lot_id])
        return max(0, self.in_zone(lot_id, instant) - inside)

    def in_zone(self, lot_id: int, instant: datetime | None = None) -> int:
        """Base units of a lot in the whole zone."""
        return self.zone[lot_id] - _later(self.zone_since[lot_id], instant)

    def places(self, lot_ids: Iterable[int], instant: datetime | None = None) -> set[int | None]:
        """The bins (None: outside of them) that held something of the lots."""
        found: set[int | None] = set()
        for lot_id in lot_ids:
            found |= {each for each in (None, *self.bin_ids[lot_id]) if self.at(each, lot_id, instant) > 0}
        return found

    def _bin(self, bin_id: int, lot_id: int, instant: datetime | None) -> int:
        key = (bin_id, lot_id)
        return self.bins[key] - _later(self.bins_since[key], instant)


def _later(flow: Flow, instant: datetime | None) -> int:
    return 0 if instant is None else sum(change for at, change in flow if at > instant)


def books(session: Session, zone: Location, lot_ids: Collection[int], since: datetime | None = None) -> Books:
    """Read what is needed for the figures of the lots in a zone, now and from `since` on."""
    found = Books()
    ids = sorted(set(lot_ids))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        _balances(session, found, zone, chunk)
        if since is not None:
            _moves(session, found, zone, chunk, since)
    return found


def _balances(session: Session, found: Books, zone: Location, lot_ids: list[int]) -> None:
    rows = session.execute(
        select(Balance.lot_id, Balance.on_hand).where(
            Balance.location_id == zone.id, Balance.lot_id.in_(lot_ids)
        )
    )
    for lot_id, on_hand in rows:
        found.zone[lot_id] = on_hand
    lying = session.execute(
        select(BinStock.bin_id, BinStock.lot_id, BinStock.quantity)
        .join(Bin, Bin.id == BinStock.bin_id)
        .where(Bin.site_id == zone.site_id, Bin.zone == zone.kind, BinStock.lot_id.in_(lot_ids))
    )
    for bin_id, lot_id, quantity in lying:
        found.bins[(bin_id, lot_id)] = quantity
        found.bin_ids[lot_id].add(bin_id)


def _moves(session: Session, found: Books, zone: Location, lot_ids: list[int], since: datetime) -> None:
    moved = session.execute(
        select(Movement.lot_id, Movement.occurred_at, Movement.quantity, Movement.destination_id).where(
            Movement.lot_id.in_(lot_ids),
            or_(Movement.source_id == zone.id, Movement.destination_id == zone.id),
            Movement.occurred_at > since,
        )
    )
    for lot_id, at, quantity, destination_id in moved:
        found.zone_since[lot_id].append((at, quantity if destination_id == zone.id else -quantity))
    instant = func.coalesce(Posting.occurred_at, BinMove.recorded_at)
    put = session.execute(
        select(BinMove.lot_id, BinMove.source_id, BinMove.destination_id, BinMove.quantity, instant)
        .outerjoin(Posting, Posting.id == BinMove.posting_id)
        .where(BinMove.lot_id.in_(lot_ids), instant > since)
    )
    for lot_id, source_id, target_id, quantity, at in put:
        for bin_id, change in ((source_id, -quantity), (target_id, quantity)):
            if bin_id is not None:
                found.bins_since[(bin_id, lot_id)].append((at, change))


def lots_of(session: Session, numbers: Collection[Number]) -> dict[Number, list[Lot]]:
    """The lots that bear each number, the oldest first; several where several donors gave of a batch."""
    found: dict[Number, list[Lot]] = {number: [] for number in numbers}
    names = sorted({number for _, number in numbers})
    for start in range(0, len(names), CHUNK):
        query = select(Lot).where(
            Lot.number.in_(names[start : start + CHUNK]), Lot.item_id.in_({item_id for item_id, _ in numbers})
        )
        for lot in session.scalars(query.order_by(Lot.id)):
            if (lot.item_id, lot.number) in found:
                found[(lot.item_id, lot.number)].append(lot)
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """A line of a sheet as it stands: both looks against the books of their instants, and what comes of them.

    `instant` is that of the look that counts. `unit_value` and `currency` are those of the lots, where known.
    """

    line: CountSheetLine
    lots: list[Lot]
    first: Seen | None
    second: Seen | None
    verdict: Verdict
    instant: datetime | None
    unit_value: Decimal | None
    currency: str | None

    @property
    def stands(self) -> Seen | None:
        """The look that counts."""
        return self.second or self.first

    @property
    def value(self) -> Decimal | None:
        """What the difference is worth, signed."""
        return None if self.unit_value is None else self.unit_value * self.verdict.difference


def judge(session: Session, sheet: CountSheet, zone: Location) -> tuple[list[Judged], Books]:
    """Every line of a sheet (read with its lines) against the books as they are known now; once it is at an end,
    against what they said then."""
    known = lots_of(session, {(line.item_id, line.lot_number) for line in sheet.lines})
    instants = [at for line in sheet.lines for at in (line.counted_at, line.recounted_at) if at is not None]
    lot_ids = [lot.id for lots in known.values() for lot in lots]
    told = books(session, zone, lot_ids, min(instants) if instants else None)
    kept = sheet.status in (CountSheetStatus.FINAL, CountSheetStatus.CANCELLED)
    return [_judged(line, known[(line.item_id, line.lot_number)], told, kept) for line in sheet.lines], told


def expected_of(line: CountSheetLine, lots: Iterable[Lot], told: Books, instant: datetime) -> int:
    """What the books said of a line at an instant."""
    return sum(told.at(line.bin_id, lot.id, instant) for lot in lots)


def _judged(line: CountSheetLine, lots: list[Lot], told: Books, kept: bool) -> Judged:
    first = second = None
    if line.counted is not None and line.counted_at is not None:
        expected = line.expected if kept else expected_of(line, lots, told, line.counted_at)
        first = Seen(expected or 0, line.counted)
    if line.recounted is not None and line.recounted_at is not None:
        expected = line.recount_expected if kept else expected_of(line, lots, told, line.recounted_at)
        second = Seen(expected or 0, line.recounted)
    valued = next((lot for lot in lots if lot.unit_value is not None and lot.currency), None)
    return Judged(
        line,
        lots,
        first,
        second,
        verdict(first, second, again=line.recount),
        line.recounted_at if second else line.counted_at,
        valued.unit_value if valued else None,
        valued.currency if valued else None,
    )


def fingerprint(judged: Iterable[Judged]) -> str:
    """Changes where the difference of any line does: what somebody looked at is what they make final."""
    text = ";".join(f"{each.line.id}:{each.verdict.basis}:{each.verdict.difference}" for each in judged)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
