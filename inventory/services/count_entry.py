"""Figures written down on a count sheet, one alone or many at once, by one person or by several."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.errors import Conflict, FieldError, Message, msg
from inventory.ledger.counted import books, expected_of, lots_of
from inventory.models import Bin, CountSheet, CountSheetLine, Item
from inventory.models.words import CountSheetStatus
from inventory.rules.counting import counted_at
from inventory.services import audit
from inventory.services.checks import Checks
from inventory.services.count_sheets import MOST_LINES, get_sheet, state_words, zone_of


@dataclass(frozen=True, slots=True)
class Figure:
    """What was counted of one line: of the sheet (`line`, its id), or of what nobody expected (`item`, `lot`, its
    expiry if nobody knows the lot, and the code of the bin).

    `counted` None takes a figure back; `skipped` True says that nobody counts the line, False that somebody does.
    `counted_at` is when, if not now. `known_at` is the instant of the figure that the device showed, if any: where
    another stands meanwhile, that is said.
    """

    line: int | None = None
    item: str | None = None
    lot: str | None = None
    expires_on: date | None = None
    bin: str | None = None
    counted: int | None = None
    skipped: bool | None = None
    counted_at: datetime | None = None
    known_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A line as it stands after a figure came; `kept`: another person's later figure stands instead."""

    line: CountSheetLine
    kept: bool = False
    said: Message | None = None


def enter(session: Session, actor: Actor, number: str, figures: Sequence[Figure]) -> list[Entered]:
    """Write figures down, all or none. In a recount they are second figures, of the lines that differed.

    The latest figure of a line stands, by the instant of counting; the others are kept in the audit log. Raises Invalid
    with each fault at its line, Conflict where the sheet is not being counted.
    """
    sheet = get_sheet(session, actor, number, "counts.write", lock=True)
    if sheet.status not in (CountSheetStatus.OPEN, CountSheetStatus.RECOUNT):
        raise Conflict(state_words(sheet))
    checks = Checks(session)
    checks.lines(list(figures))
    checks.know_items([each.item for each in figures if each.line is None and each.item])
    desk = _Desk(session, actor, sheet, checks)
    with session.no_autoflush:
        placed = [desk.place(each, f"/lines/{index}") for index, each in enumerate(figures)]
        checks.check()
        if desk.stuck:
            raise Conflict(msg("Not all of this can be written down."), desk.stuck)
        if len(sheet.lines) > MOST_LINES:
            raise Conflict(msg("At most %(most)s lines stand on a sheet.", most=MOST_LINES))
        told = [desk.write(line, figure, at) for line, figure, at in placed if line is not None]
    session.flush()
    desk.expect([each.line for each in told if not each.kept])
    session.flush()
    audit.note(session, actor, "count", sheet.number, lines=desk.history)
    return told


Placed = tuple[CountSheetLine | None, Figure, datetime]


class _Desk:
    """One call's work on one sheet."""

    def __init__(self, session: Session, actor: Actor, sheet: CountSheet, checks: Checks) -> None:
        self.session, self.actor, self.sheet, self.checks = session, actor, sheet, checks
        self.again = sheet.status == CountSheetStatus.RECOUNT
        self.lines = {line.id: line for line in sheet.lines}
        self.known = {(line.bin_id, line.item_id, line.lot_number): line for line in sheet.lines}
        self.stuck: list[FieldError] = []
        self.history: list[dict[str, Any]] = []
        self.now = clock.now()

    def place(self, figure: Figure, at: str) -> Placed:
        """The line that a figure is for, a new one where nobody expected it, and its instant; faults are noted."""
        checks = self.checks
        if figure.counted is not None:
            checks.quantity(figure.counted, f"{at}/counted", least=0)
        instant = counted_at(figure.counted_at, self.sheet.opened_at, self.now)
        if isinstance(instant, Message):
            checks.add(f"{at}/counted_at", instant)
            instant = self.now
        checks.text(figure.note, f"{at}/note", most=500)
        if figure.line is not None:
            line = self.lines.get(figure.line)
            if line is None:
                checks.add(f"{at}/line", msg("This line is not on the sheet."))
                return None, figure, instant
        else:
            line = self._found(figure, at)
        if line is None:
            return None, figure, instant
        if line.item.serialised and (figure.counted or 0) > 1:
            checks.add(f"{at}/counted", msg("This is one piece with a serial of its own: count 0 or 1."))
        if self.again and line.id is not None and not line.recount and line.counted is not None:
            text = msg("Lot %(lot)s is not to be counted again.", lot=line.lot_number)
            self.stuck.append(FieldError(f"{at}/line", text))
        return line, figure, instant

    def _found(self, figure: Figure, at: str) -> CountSheetLine | None:
        item = self.checks.item(figure.item, f"{at}/item")
        number = self.checks.lot(figure.lot, f"{at}/lot")
        expires_on = self.checks.day(figure.expires_on, f"{at}/expires_on", required=False)
        place = self._bin(figure.bin, f"{at}/bin")
        if figure.counted is None:
            self.checks.add(f"{at}/counted", msg("Give a quantity."))
        if item is None or not number:
            return None
        line = self.known.get((place.id if place else None, item.id, number))
        if line is not None:
            return line
        lots = lots_of(self.session, {(item.id, number)})[(item.id, number)]
        if not lots:
            self._judge_new(item, number, expires_on, at)
        elif expires_on is not None and expires_on not in {lot.expires_on for lot in lots}:
            known = lots[-1].expires_on
            self.checks.add(
                f"{at}/expires_on",
                msg(
                    "Lot %(lot)s is known with the expiry %(known)s. One of the two is misread.",
                    lot=number,
                    known=known.isoformat() if known else "–",
                ),
            )
        line = CountSheetLine(
            bin_id=place.id if place else None,
            item_id=item.id,
            lot_number=number,
            lot_id=lots[0].id if lots else None,
            expires_on=lots[0].expires_on if lots else expires_on,
        )
        line.item, line.bin = item, place
        self.known[(line.bin_id, item.id, number)] = line
        self.sheet.lines.append(line)
        return line

    def _judge_new(self, item: Item, number: str, expires_on: date | None, at: str) -> None:
        """A batch that nobody knows: its expiry stands on the pack."""
        if item.tracks_expiry and not item.serialised and expires_on is None:
            text = msg("Nobody knows lot %(lot)s yet. Write down its expiry from the pack.", lot=number)
            self.checks.add(f"{at}/expires_on", text)

    def _bin(self, code: str | None, at: str) -> Bin | None:
        if not code:
            return None
        query = select(Bin).where(
            Bin.site_id == self.sheet.site_id, Bin.zone == self.sheet.zone, Bin.code == code
        )
        found = self.session.scalars(query).one_or_none()
        if found is None or found.closed_on is not None:
            self.checks.add(at, msg("There is no bin with the code %(code)s in this zone.", code=code))
            return None
        return found

    def write(self, line: CountSheetLine, figure: Figure, at: datetime) -> Entered:
        """Put a figure on its line, if it is the latest."""
        second = self.again and line.recount
        who = line.recounted_by_id if second else line.counted_by_id
        name = line.recounted_by if second else line.counted_by
        when = line.recounted_at if second else line.counted_at
        was = line.recounted if second else line.counted
        other = was is not None and (who, name) != (self.actor.user_id, self.actor.name)
        unseen = other and figure.known_at != when
        if figure.skipped is not None and not second:
            line.skipped = figure.skipped and figure.counted is None and was is None
        kept = bool(unseen and when is not None and when > at)
        if not kept and (figure.counted is not None or was is not None) and figure.skipped is None:
            self._set(line, figure.counted, at, second=second)
        if figure.note is not None:
            line.note = figure.note.strip() or None
        self.history.append(
            {
                "item": line.item.code,
                "lot": line.lot_number,
                "bin": line.bin.code if line.bin else None,
                "counted": figure.counted,
                "skipped": figure.skipped,
                "at": at.isoformat(),
                "was": was,
                "was_by": name,
                "again": second,
                "kept": kept,
            }
        )
        said = None
        if kept:
            said = msg(
                "%(name)s counted lot %(lot)s later. That figure stands.", name=name, lot=line.lot_number
            )
        elif unseen and figure.skipped is None:
            said = msg(
                "%(name)s counted lot %(lot)s too. Your figure stands.", name=name, lot=line.lot_number
            )
        return Entered(line, kept, said)

    def _set(self, line: CountSheetLine, counted: int | None, at: datetime, *, second: bool) -> None:
        stamp = (None, None, None) if counted is None else (at, self.actor.user_id, self.actor.name)
        if second:
            line.recounted, line.recount_expected = counted, None
            line.recounted_at, line.recounted_by_id, line.recounted_by = stamp
        else:
            line.counted, line.expected, line.skipped = counted, None, False
            line.counted_at, line.counted_by_id, line.counted_by = stamp

    def expect(self, lines: Sequence[CountSheetLine]) -> None:
        """Write beside the figures what the books said of their instants."""
        lots = lots_of(self.session, {(line.item_id, line.lot_number) for line in lines})
        instants = [at for line in lines for at in (line.counted_at, line.recounted_at) if at is not None]
        if not instants:
            return
        ids = [lot.id for each in lots.values() for lot in each]
        told = books(self.session, zone_of(self.session, self.sheet), ids, min(instants))
        for line in lines:
            mine = lots[(line.item_id, line.lot_number)]
            if line.counted_at is not None:
                line.expected = expected_of(line, mine, told, line.counted_at)
            if line.recounted_at is not None:
                line.recount_expected = expected_of(line, mine, told, line.recounted_at)
