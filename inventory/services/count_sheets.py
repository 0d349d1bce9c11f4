"""Count sheets: what is to be counted in a zone of a site; opened, submitted, sent back, called off.

Figures are written down in `count_entry`, and made final in `count_final`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, FieldError, Message, NotFound, msg
from inventory.ledger.bins import in_bins
from inventory.ledger.counted import Judged, judge
from inventory.models import Balance, Bin, CountSheet, CountSheetLine, Item, Location, Lot, Site
from inventory.models.words import CountReason, CountSheetStatus, Zone
from inventory.rules.counting import Basis, Tolerance, is_strict, within
from inventory.rules.effects import LocationKind
from inventory.services import audit
from inventory.services.checks import Checks, not_closed
from inventory.services.numbers import next_number

PREFIX = "CSH"
MOST_LINES = 2000
NO_BIN = "-"
"""Stands for what lies in no bin, where bins are chosen."""


@dataclass(frozen=True, slots=True)
class NewSheet:
    """What to count: a whole zone of a site, or of it only some bins (codes, `NO_BIN` for what lies in none), items
    (codes) or categories. `blind`: who counts is not told what the books say."""

    site: str
    zone: str = Zone.STOCK
    blind: bool = True
    reason: str = CountReason.BY_HAND
    title: str | None = None
    due_on: date | None = None
    note: str | None = None
    bins: Sequence[str] = ()
    items: Sequence[str] = ()
    categories: Sequence[str] = ()


def open_sheet(session: Session, actor: Actor, command: NewSheet) -> CountSheet:
    """Open a sheet with a line for each lot number that the books hold in each place of what is chosen.

    Raises Invalid, or Conflict where that is more than `MOST_LINES` or the site is closed.
    """
    require(actor, "counts.write")
    checks = Checks(session)
    site = checks.site(command.site)
    checks.own_stock(site)
    zone = checks.word(command.zone, Zone, "/zone", required=True)
    reason = checks.word(command.reason, CountReason, "/reason", required=True)
    title = checks.text(command.title, "/title", most=100)
    note = checks.text(command.note, "/note", most=2000, lines=True)
    due = checks.day(command.due_on, "/due_on", required=False)
    checks.know_items(command.items)
    items = {checks.item(code, f"/items/{index}") for index, code in enumerate(command.items)}
    bins = _bins(checks, site, zone, command.bins)
    checks.check()
    assert site is not None and zone is not None and reason is not None
    require_site(actor, "counts.write", site.id)
    not_closed(site)
    chosen = {item.id for item in items if item is not None} if command.items else None
    lines = _lines(session, site, Zone(zone), bins, chosen, command.categories)
    if len(lines) > MOST_LINES:
        raise Conflict(
            msg(
                "This would be a sheet of %(lines)s lines, and %(most)s is the most. Choose bins or categories.",
                lines=len(lines),
                most=MOST_LINES,
            )
        )
    sheet = CountSheet(
        number=next_number(session, PREFIX),
        site_id=site.id,
        zone=zone,
        status=CountSheetStatus.OPEN,
        reason=reason,
        blind=command.blind,
        title=title,
        due_on=due,
        note=note,
        opened_by_id=actor.user_id,
        opened_by=actor.name,
        opened_at=clock.now(),
    )
    sheet.lines = lines
    session.add(sheet)
    session.flush()
    audit.note(session, actor, "count_open", sheet.number, site=site.code, zone=zone, lines=len(lines))
    return sheet


def _bins(
    checks: Checks, site: Site | None, zone: str | None, codes: Sequence[str]
) -> set[int | None] | None:
    """The bins of those codes; None where none is chosen: then all of the zone is counted."""
    if not codes or site is None:
        return None
    query = select(Bin.code, Bin.id).where(Bin.site_id == site.id, Bin.zone == zone)
    known = {code: bin_id for code, bin_id in checks.session.execute(query)}
    found: set[int | None] = set()
    for index, code in enumerate(codes):
        if code == NO_BIN:
            found.add(None)
        elif code in known:
            found.add(known[code])
        else:
            checks.add(
                f"/bins/{index}", msg("There is no bin with the code %(code)s in this zone.", code=code)
            )
    return found


def _lines(
    session: Session,
    site: Site,
    zone: Zone,
    bins: Collection[int | None] | None,
    items: Collection[int] | None,
    categories: Collection[str],
) -> list[CountSheetLine]:
    place = ledger.place(session, LocationKind(zone.value), site_id=site.id)
    session.flush()
    query = (
        select(Lot, Balance.on_hand)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(Balance.location_id == place.id, Balance.on_hand > 0)
        .order_by(Item.name, Item.code, Lot.expires_on, Lot.number, Lot.id)
    )
    if items is not None:
        query = query.where(Lot.item_id.in_(list(items)))
    if categories:
        query = query.where(Item.category.in_(list(categories)))
    lying: dict[int, list[tuple[int, int]]] = {}
    walk: dict[int | None, int] = {}
    for row in in_bins(session, site.id, zone):
        walk.setdefault(row.bin.id, len(walk))
        lying.setdefault(row.lot.id, []).append((row.bin.id, row.quantity))
    walk[None] = len(walk)
    found: dict[tuple[int | None, int, str], CountSheetLine] = {}
    for lot, on_hand in session.execute(query):
        held = lying.get(lot.id, [])
        places: list[int | None] = [bin_id for bin_id, _ in held]
        if on_hand > sum(quantity for _, quantity in held):
            places.append(None)
        for bin_id in places:
            key = (bin_id, lot.item_id, lot.number)
            if (bins is None or bin_id in bins) and key not in found:
                found[key] = CountSheetLine(
                    bin_id=bin_id,
                    item_id=lot.item_id,
                    lot_number=lot.number,
                    lot_id=lot.id,
                    expires_on=lot.expires_on,
                )
    return sorted(found.values(), key=lambda line: walk.get(line.bin_id, 0))


def get_sheet(
    session: Session, actor: Actor, number: str, permission: str, *, lock: bool = False
) -> CountSheet:
    """The sheet of that number with its site, lines, items and bins, if it is the actor's business."""
    require(actor, permission)
    query = select(CountSheet).where(CountSheet.number == number).execution_options(populate_existing=True)
    sheet = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if sheet is None or not actor.sees_site(sheet.site_id):
        raise NotFound(msg("Not found."))
    loading = query.options(
        selectinload(CountSheet.site),
        selectinload(CountSheet.lines).selectinload(CountSheetLine.item),
        selectinload(CountSheet.lines).selectinload(CountSheetLine.bin),
    )
    return session.scalars(loading).one()


def zone_of(session: Session, sheet: CountSheet) -> Location:
    """The place in the ledger that a sheet counts."""
    found = ledger.place(session, LocationKind(sheet.zone), site_id=sheet.site_id)
    session.flush()
    return found


def submit(
    session: Session, actor: Actor, number: str, tolerance: Tolerance, *, leave: bool = False
) -> CountSheet:
    """Say that the counting, or the recount, is done: what differs goes to a recount, or the sheet to be made final.

    What is not counted stops it (Conflict, each line named), unless `leave`: then it is left as it is, and what was
    not counted again stands as it was counted first.
    """
    sheet = get_sheet(session, actor, number, "counts.write", lock=True)
    if sheet.status not in (CountSheetStatus.OPEN, CountSheetStatus.RECOUNT):
        raise Conflict(state_words(sheet))
    if not sheet.lines:
        raise Conflict(msg("Nothing stands on this sheet. Write down what you found, or call the count off."))
    recounting = sheet.status == CountSheetStatus.RECOUNT
    known = [line for line in sheet.lines if line.recount and line.recounted is None]
    missing = [line for line in sheet.lines if line.counted is None and not line.skipped]
    if missing and not leave:
        raise Conflict(
            msg("Not everything is counted. Count it, or say that it is left as it is."),
            _named(sheet, missing, "counted"),
        )
    for line in missing:
        line.skipped = True
    judged, _ = judge(session, sheet, zone_of(session, sheet))
    for each in judged:
        keep_expected(each)
        if each.verdict.basis == Basis.ONCE and _differs(each, tolerance):
            each.line.recount = True
    again = [line for line in sheet.lines if line.recount and line.recounted is None]
    if known and not leave:
        raise Conflict(
            msg(
                "Not everything that differs is counted again. Count it, or say that the first figure stands."
            ),
            _named(sheet, known, "recounted"),
        )
    ends = not again or (recounting and leave)
    sheet.status = CountSheetStatus.SUBMITTED if ends else CountSheetStatus.RECOUNT
    sheet.submitted_at = clock.now() if ends else None
    session.flush()
    audit.note(
        session,
        actor,
        "count_submit",
        sheet.number,
        status=str(sheet.status),
        again=[line.id for line in again],
        left=[line.id for line in missing],
    )
    return sheet


def keep_expected(each: Judged) -> None:
    """Write on a line what the books say now of the instants at which it was counted."""
    each.line.expected = each.first.expected if each.first else None
    each.line.recount_expected = each.second.expected if each.second else None


def _differs(each: Judged, tolerance: Tolerance) -> bool:
    if each.first is None:
        return False
    item = each.line.item
    strict = is_strict(item.controlled, item.ven)
    expected, counted = each.first.expected, each.first.counted
    return not within(tolerance, expected, counted, strict=strict, unit_value=each.unit_value)


def _named(sheet: CountSheet, lines: Iterable[CountSheetLine], field: str) -> list[FieldError]:
    at = {line.id: index for index, line in enumerate(sheet.lines)}
    return [
        FieldError(
            f"/lines/{at[line.id]}/{field}",
            msg("%(item)s, lot %(lot)s, is not counted.", item=line.item.code, lot=line.lot_number),
        )
        for line in lines
    ]


def send_back(session: Session, actor: Actor, number: str, line_ids: Collection[int]) -> CountSheet:
    """Have lines of a submitted sheet counted once more: the latest figure is then the first of two."""
    sheet = get_sheet(session, actor, number, "counts.finalise", lock=True)
    if sheet.status != CountSheetStatus.SUBMITTED:
        raise Conflict(state_words(sheet))
    chosen = [line for line in sheet.lines if line.id in line_ids and line.counted is not None]
    if not chosen:
        raise Conflict(msg("Choose what is to be counted again."))
    for line in chosen:
        if line.recounted is not None:
            line.counted, line.expected, line.counted_at = (
                line.recounted,
                line.recount_expected,
                line.recounted_at,
            )
            line.counted_by_id, line.counted_by = line.recounted_by_id, line.recounted_by
        line.recounted = line.recount_expected = line.recounted_at = None
        line.recounted_by_id = line.recounted_by = None
        line.recount = True
    sheet.status, sheet.submitted_at = CountSheetStatus.RECOUNT, None
    session.flush()
    audit.note(session, actor, "count_again", sheet.number, lines=[line.id for line in chosen])
    return sheet


def cancel(session: Session, actor: Actor, number: str, reason: str | None = None) -> CountSheet:
    """Call a count off: nothing is posted, what was written down is kept. Called off again, nothing happens."""
    sheet = get_sheet(session, actor, number, "counts.write", lock=True)
    if sheet.status == CountSheetStatus.CANCELLED:
        return sheet
    if sheet.status == CountSheetStatus.FINAL:
        raise Conflict(state_words(sheet))
    checks = Checks(session)
    text = checks.text(reason, "/reason", most=2000, lines=True)
    checks.check()
    sheet.status = CountSheetStatus.CANCELLED
    sheet.closed_by_id, sheet.closed_by, sheet.closed_at = actor.user_id, actor.name, clock.now()
    session.flush()
    audit.note(session, actor, "count_cancel", sheet.number, reason=text)
    return sheet


_STATES = {
    "open": msg("This sheet is being counted. Submit it first."),
    "recount": msg("What differs on this sheet is being counted again. Submit it first."),
    "submitted": msg(
        "This sheet is submitted: it can be made final, sent back to be counted again, or called off."
    ),
    "final": msg("This sheet is final: nothing more can be done with it."),
    "cancelled": msg("This count was called off: nothing more can be done with it."),
}


def state_words(sheet: CountSheet) -> Message:
    """What can be done with a sheet as it is."""
    return _STATES[sheet.status]
