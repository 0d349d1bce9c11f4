"""A count sheet made final by somebody who counted nothing on it: the differences are posted, the bins put right."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor, Role
from inventory.errors import Conflict, FieldError, msg
from inventory.ledger import Move
from inventory.ledger.bins import set_counted
from inventory.ledger.counted import Books, Judged, fingerprint, judge
from inventory.models import AuditEntry, CountLine, CountSheet, Item, Location, Lot, StockEvent
from inventory.models.words import CountSheetStatus, StockEventKind, Zone
from inventory.rules.counting import DOUBTFUL, Place, spread
from inventory.rules.effects import LocationKind, PostingKind
from inventory.rules.fefo import Candidate, sort_key
from inventory.services import audit, late
from inventory.services.checks import Checks
from inventory.services.count_sheets import get_sheet, keep_expected, state_words, zone_of
from inventory.services.counts import too_few
from inventory.services.lots import LotFacts, find_or_make_lots
from inventory.services.stock_events import new_event, post_event


@dataclass(frozen=True, slots=True)
class Final:
    """Which sheet, with the reason of each line that needs or has one (by the line's id); why it is made final by
    who counted (`alone`), which only an administrator may; and the fingerprint of the differences that were looked at.
    """

    number: str
    reasons: Mapping[int, str] = field(default_factory=dict)
    alone: str | None = None
    seen: str | None = None


def finalise(session: Session, actor: Actor, command: Final) -> CountSheet:
    """Make a submitted sheet final.

    Raises Conflict where the actor counted on it, where the sheet is not submitted (made final by another just now,
    say), where a doubtful line has no reason, where the differences changed since they were looked at, and where more
    is missing than is free: each line is named.
    """
    sheet = get_sheet(session, actor, command.number, "counts.finalise", lock=True)
    if sheet.status != CountSheetStatus.SUBMITTED:
        raise Conflict(state_words(sheet))
    checks = Checks(session)
    alone = checks.text(command.alone, "/alone", most=2000, lines=True)
    if counted_on(session, sheet, actor):
        if actor.role is not Role.ADMIN:
            raise Conflict(msg("You counted on this sheet: somebody else makes it final."))
        if not alone:
            text = msg("You counted on this sheet. Where nobody else can make it final, say why.")
            raise Conflict(text, [FieldError("/alone", text)])
        sheet.alone_reason = alone
    _reasons(checks, sheet, command.reasons)
    checks.check()
    zone = zone_of(session, sheet)
    here = ledger.lots_at(session, zone.id, {line.item_id for line in sheet.lines}, lock=True)
    judged, told = judge(session, sheet, zone)
    if command.seen is not None and command.seen != fingerprint(judged):
        raise Conflict(
            msg(
                "What was told since has changed a difference. Look at the differences again, then make it final."
            )
        )
    _need_reasons(sheet, judged)
    free = {lot.lot_id: lot.free for lots in here.values() for lot in lots}
    desk = _Desk(session, actor, sheet, zone, told, free)
    for each in judged:
        keep_expected(each)
        desk.take(each)
    desk.post()
    sheet.status = CountSheetStatus.FINAL
    sheet.closed_by_id, sheet.closed_by, sheet.closed_at = actor.user_id, actor.name, clock.now()
    session.flush()
    audit.note(session, actor, "count_final", sheet.number, alone=sheet.alone_reason)
    return sheet


def counted_on(session: Session, sheet: CountSheet, actor: Actor) -> bool:
    """Whether somebody counted on a sheet (read with its lines), also where another figure stands now."""
    mine = (actor.user_id, actor.name)
    for line in sheet.lines:
        if mine in ((line.counted_by_id, line.counted_by), (line.recounted_by_id, line.recounted_by)):
            return True
    query = select(AuditEntry.id).where(
        AuditEntry.subject == sheet.number,
        AuditEntry.action == "count",
        AuditEntry.user_id == actor.user_id if actor.user_id is not None else AuditEntry.by == actor.name,
    )
    return session.scalars(query.limit(1)).first() is not None


def _reasons(checks: Checks, sheet: CountSheet, reasons: Mapping[int, str]) -> None:
    for index, line in enumerate(sheet.lines):
        if line.id in reasons:
            line.note = checks.text(reasons[line.id], f"/lines/{index}/reason", most=500) or line.note


def _need_reasons(sheet: CountSheet, judged: Sequence[Judged]) -> None:
    text = msg("The two figures do not agree. Say why this one shall stand, or have it counted once more.")
    wanted = [
        FieldError(f"/lines/{index}/reason", text)
        for index, each in enumerate(judged)
        if each.verdict.basis in DOUBTFUL and not each.line.note
    ]
    if wanted:
        raise Conflict(msg("Some lines need a reason."), wanted)


@dataclass(slots=True)
class _Number:
    """All lines of one lot number: what changes, lot by lot, in the zone and in its bins."""

    item: Item
    number: str
    pointer: str
    lots: list[Lot]
    lines: list[Judged] = field(default_factory=list)
    changes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    in_bins: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    refused: bool = False

    @property
    def instant(self) -> datetime:
        return max(each.instant for each in self.lines if each.instant is not None)


class _Desk:
    """The work of one sheet: lines are taken one by one, then posted together, a document for each day of counting."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        sheet: CountSheet,
        zone: Location,
        told: Books,
        free: Mapping[int, int],
    ) -> None:
        self.session, self.actor, self.sheet = session, actor, sheet
        self.zone, self.told, self.free = zone, told, free
        self.numbers: dict[tuple[int, str], _Number] = {}
        self.pointers = {line.id: f"/lines/{index}" for index, line in enumerate(sheet.lines)}

    def take(self, each: Judged) -> None:
        """Put a line that was counted with the others of its number."""
        if each.stands is None or each.instant is None:
            return
        line = each.line
        key = (line.item_id, line.lot_number)
        if key not in self.numbers:
            pointer = f"{self.pointers[line.id]}/counted"
            self.numbers[key] = _Number(line.item, line.lot_number, pointer, self._in_turn(each.lots))
        self.numbers[key].lines.append(each)

    def _in_turn(self, lots: Sequence[Lot]) -> list[Lot]:
        """Those due first, first; before them those of which nothing is here."""

        def turn(lot: Lot) -> tuple[bool, tuple[date, date, int]]:
            candidate = Candidate(lot.id, lot.expires_on, lot.received_on, lot.id, 0)
            return self.told.in_zone(lot.id) > 0, sort_key(candidate)

        return sorted(lots, key=turn)

    def post(self) -> None:
        days: dict[date, list[_Number]] = defaultdict(list)
        for each in self.numbers.values():
            day = clock.today(self.sheet.site.timezone, each.instant)
            self._settle(each, day)
            days[day].append(each)
        self._refuse_shortages(days)
        for day, numbers in sorted(days.items()):
            self._document(day, numbers)

    def _settle(self, each: _Number, day: date) -> None:
        """What each lot changes by: what is missing in one place and found in another was only moved."""
        if not each.lots:
            if sum(line.verdict.difference for line in each.lines) <= 0:
                return
            each.lots = [self._make_lot(each, day)]
        pool: dict[int, int] = defaultdict(int)
        for line in sorted(each.lines, key=lambda line: line.verdict.difference):
            difference, bin_id = line.verdict.difference, line.line.bin_id
            if difference > 0:
                for lot_id in list(pool):
                    part = min(pool[lot_id], difference)
                    pool[lot_id] -= part
                    difference -= part
                    self._change(each, bin_id, lot_id, part)
                if difference:
                    self._change(each, bin_id, each.lots[-1].id, difference)
                continue
            places = [Place(lot.id, self._takeable(each, lot.id, bin_id)) for lot in each.lots]
            for lot_id, change in spread(places, difference).items():
                pool[lot_id] -= change
                self._change(each, bin_id, lot_id, change)
        lot = each.lots[-1]
        nothing = not any(line.stands and line.stands.expected for line in each.lines)
        expired = lot.expires_on is not None and lot.expires_on < day
        if nothing and expired and self.sheet.zone == Zone.STOCK and not self.told.in_zone(lot.id):
            each.refused = True

    def _takeable(self, each: _Number, lot_id: int, bin_id: int | None) -> int:
        here = self.told.at(bin_id, lot_id) + (each.in_bins[(bin_id, lot_id)] if bin_id is not None else 0)
        return min(here, max(0, self.free.get(lot_id, 0) + min(0, each.changes[lot_id])))

    def _change(self, each: _Number, bin_id: int | None, lot_id: int, change: int) -> None:
        each.changes[lot_id] += change
        if bin_id is not None:
            each.in_bins[(bin_id, lot_id)] += change

    def _make_lot(self, each: _Number, day: date) -> Lot:
        expires_on = next((line.line.expires_on for line in each.lines if line.line.expires_on), None)
        facts = LotFacts(each.item, each.number, expires_on, None, None, day)
        return find_or_make_lots(self.session, [facts])[0]

    def _refuse_shortages(self, days: Mapping[date, Sequence[_Number]]) -> None:
        """Raise Conflict with every number of which more is missing than is free, or was there on a day since."""
        short: list[FieldError] = []
        for day, numbers in days.items():
            missing = [lot_id for each in numbers for lot_id, change in each.changes.items() if change < 0]
            lowest = ledger.lowest_since(self.session, self.zone, missing, day)
            for each in numbers:
                over = 0
                for lot_id, change in each.changes.items():
                    possible = min(
                        self.free.get(lot_id, 0), self.told.in_zone(lot_id) + lowest.get(lot_id, 0)
                    )
                    over += max(0, -change - max(0, possible))
                if over:
                    asked = -sum(change for change in each.changes.values() if change < 0)
                    ids = {lot.id for lot in each.lots}
                    reserved = sum(self.told.in_zone(at) - self.free[at] for at in ids if at in self.free)
                    text = too_few(each.item, reserved, each.number, asked, over)
                    short.append(FieldError(each.pointer, text))
        if short:
            raise Conflict(msg("The books cannot agree with what was counted."), short)

    def _document(self, day: date, numbers: Sequence[_Number]) -> None:
        at = max(each.instant for each in numbers)
        site = self.sheet.site
        event = new_event(self.session, self.actor, StockEventKind.COUNT, site, day, at)
        event.note = " ".join(part for part in (self.sheet.number, self.sheet.title) if part)
        self.session.flush()
        refused = ledger.place(self.session, LocationKind.REFUSED, site_id=site.id)
        lost = ledger.place(self.session, LocationKind.LOST)
        found = ledger.place(self.session, LocationKind.FOUND)
        self.session.flush()
        moves: list[Move] = []
        by_instant: dict[datetime, list[Move]] = defaultdict(list)
        lower: list[tuple[int, int, int]] = []
        higher: list[tuple[int, int, int]] = []
        for each in numbers:
            target = refused if each.refused else self.zone
            for lot_id, change in each.changes.items():
                if change:
                    source, destination = (found, target) if change > 0 else (target, lost)
                    move = Move(lot_id, abs(change), source.id, destination.id, pointer=each.pointer)
                    moves.append(move)
                    by_instant[each.instant].append(move)
            for (bin_id, lot_id), change in each.in_bins.items():
                if change and not each.refused:
                    place = (bin_id, lot_id, max(0, self.told.at(bin_id, lot_id) + change))
                    (lower if change < 0 else higher).append(place)
            self._keep(event, each)
        # Bins from which something is gone are put right first, lest the posting take it out of others.
        set_counted(self.session, lower, None, self.actor)
        if moves:
            witness = self._counters(numbers)
            post_event(
                self.session, self.actor, event, site, PostingKind.COUNT, moves, uuid4(), witness=witness
            )
        set_counted(self.session, higher, event.posting_id, self.actor)
        if self.sheet.zone == Zone.STOCK:
            for instant, parts in sorted(by_instant.items()):
                late.hold_counts(self.session, self.actor, site, parts, instant)

    def _counters(self, numbers: Sequence[_Number]) -> str | None:
        """The other person of the two that stand for a count: who counted, beside who makes it final."""
        names = {
            name
            for each in numbers
            for line in each.lines
            for name in (line.line.counted_by, line.line.recounted_by)
            if name and name != self.actor.name
        }
        return min(names) if names else None

    def _keep(self, event: StockEvent, each: _Number) -> None:
        """The lines of the count, one for each lot: what was expected at the instant of counting, and what was seen."""
        places = {line.line.bin_id for line in each.lines}
        instant = each.instant
        ids = [lot.id for lot in each.lots]
        partial = bool(self.told.places(ids, instant) - places)
        rows: list[tuple[int, int, int]] = []
        for lot in each.lots:
            expected = sum(self.told.at(line.line.bin_id, lot.id, line.instant) for line in each.lines)
            change = each.changes.get(lot.id, 0)
            if expected or change or (lot is each.lots[-1] and not rows):
                rows.append((lot.id, expected, expected + change))
        if any(counted < 0 for _, _, counted in rows):
            rows = _filled(rows)
        for lot_id, expected, counted in rows:
            self.session.add(
                CountLine(
                    event_id=event.id,
                    item_id=each.item.id,
                    lot_id=lot_id,
                    expected=expected,
                    counted=counted,
                    zone=Zone.REFUSED if each.refused else self.sheet.zone,
                    counted_at=instant,
                    partial=partial,
                )
            )
        for line in each.lines:
            line.line.event_id = event.id
            line.line.lot_id = line.line.lot_id or (each.lots[-1].id if each.lots else None)


def _filled(rows: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The same total, with as much on each lot as was expected of it and the difference on the last ones."""
    left = sum(counted for _, _, counted in rows)
    found = []
    for index, (lot_id, expected, _) in enumerate(rows):
        counted = left if index == len(rows) - 1 else min(left, expected)
        left -= counted
        found.append((lot_id, expected, counted))
    return found
