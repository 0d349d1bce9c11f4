"""Count sheets as lists: what is being counted, what waits to be made final, what was."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, selectinload

from inventory import ledger
from inventory.access import Actor
from inventory.ledger.counted import Judged, books, fingerprint, judge, lots_of
from inventory.models import Bin, CountSheet, CountSheetLine, Item, Site, StockEvent
from inventory.models.words import CountSheetStatus
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import escape_like
from inventory.rules.effects import LocationKind

OPEN = (CountSheetStatus.OPEN, CountSheetStatus.RECOUNT)
WAITING = (*OPEN, CountSheetStatus.SUBMITTED)


@dataclass(frozen=True, slots=True)
class SheetFilter:
    """What to show: codes and words, or None for all; `status` may be `waiting`: those that are not at an end."""

    site: str | None = None
    status: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sheet is: its lines, those counted or left, those to be counted again and those that were."""

    lines: int = 0
    done: int = 0
    again: int = 0
    again_done: int = 0


def sheets_page(
    session: Session, actor: Actor, wanted: SheetFilter, number: int, size: int
) -> Page[CountSheet]:
    """Sheets of the actor's sites, the newest first."""
    page = numbered(session, _filtered(actor, wanted).order_by(CountSheet.id.desc()), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def sheets_slice(
    session: Session, actor: Actor, wanted: SheetFilter, after: int | None, limit: int
) -> Slice[CountSheet]:
    """The same for programs, by id."""
    return after_id(session, _filtered(actor, wanted), CountSheet.id, after, limit)


def progress(session: Session, sheet_ids: Sequence[int]) -> dict[int, Progress]:
    """sheet id -> how far it is."""
    line = CountSheetLine
    rows = session.execute(
        select(
            line.sheet_id,
            func.count(),
            func.sum(case((line.counted.is_not(None) | line.skipped, 1), else_=0)),
            func.sum(case((line.recount, 1), else_=0)),
            func.sum(case((line.recount & line.recounted.is_not(None), 1), else_=0)),
        )
        .where(line.sheet_id.in_(list(sheet_ids)))
        .group_by(line.sheet_id)
    )
    found = {sheet_id: Progress(*(int(each or 0) for each in counts)) for sheet_id, *counts in rows}
    return {sheet_id: found.get(sheet_id, Progress()) for sheet_id in sheet_ids}


def waiting(session: Session, actor: Actor) -> dict[str, int]:
    """state -> how many sheets of the actor's sites are in it, of those that are not at an end."""
    rows = session.execute(
        select(CountSheet.status, func.count())
        .where(CountSheet.status.in_(WAITING), *_mine(actor))
        .group_by(CountSheet.status)
    )
    return {str(status): many for status, many in rows}


@dataclass(slots=True)
class Totals:
    """What a sheet comes to: lines that differ, units found and missing, and their value by currency (signed)."""

    differing: int = 0
    found: int = 0
    missing: int = 0
    value: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """The lines of a sheet as they stand against the books, and what they come to."""

    judged: list[Judged]
    totals: Totals
    fingerprint: str


def review(session: Session, sheet: CountSheet) -> Review:
    """A sheet (read with its lines) as whoever makes it final looks at it: against the books as they are known now.

    Of a final one: against those of the time at which it was made final.
    """
    zone = ledger.zones(session, sheet.site_id).get(LocationKind(sheet.zone))
    judged = judge(session, sheet, zone)[0] if zone is not None else []
    totals = Totals()
    for each in judged:
        difference = each.verdict.difference
        if difference:
            totals.differing += 1
            totals.found += max(difference, 0)
            totals.missing += max(-difference, 0)
            if each.value is not None and each.currency:
                totals.value[each.currency] = totals.value.get(each.currency, Decimal(0)) + each.value
    return Review(judged, totals, fingerprint(judged))


def books_now(session: Session, sheet: CountSheet) -> dict[int, int]:
    """line id -> what the books say now of its place, for who does not count blind."""
    zone = ledger.zones(session, sheet.site_id).get(LocationKind(sheet.zone))
    known = lots_of(session, {(line.item_id, line.lot_number) for line in sheet.lines})
    if zone is None:
        return {}
    told = books(session, zone, [lot.id for lots in known.values() for lot in lots])
    return {
        line.id: sum(told.at(line.bin_id, lot.id) for lot in known[(line.item_id, line.lot_number)])
        for line in sheet.lines
    }


def documents_of(session: Session, sheet: CountSheet) -> list[StockEvent]:
    """The counts that a final sheet ended in."""
    ids = {line.event_id for line in sheet.lines if line.event_id is not None}
    return list(session.scalars(select(StockEvent).where(StockEvent.id.in_(ids)).order_by(StockEvent.id)))


def sheet_of(session: Session, event: StockEvent) -> str | None:
    """The number of the sheet that ended in this count, if one did."""
    query = (
        select(CountSheet.number)
        .join(CountSheetLine, CountSheetLine.sheet_id == CountSheet.id)
        .where(CountSheetLine.event_id == event.id)
    )
    return session.scalars(query.limit(1)).first()


def bins_at(session: Session, site_id: int) -> list[Bin]:
    """The bins of a site that are not closed, on the walk's way."""
    query = select(Bin).where(Bin.site_id == site_id, Bin.closed_on.is_(None))
    return list(session.scalars(query.order_by(Bin.zone, Bin.sequence, Bin.code)))


def categories(session: Session) -> list[str]:
    """The categories of the catalogue."""
    return sorted(session.scalars(select(Item.category).distinct()))


def _filtered(actor: Actor, wanted: SheetFilter) -> Select[Any]:
    query = select(CountSheet).options(selectinload(CountSheet.site)).where(*_mine(actor))
    if wanted.site:
        query = query.where(
            CountSheet.site_id == select(Site.id).where(Site.code == wanted.site).scalar_subquery()
        )
    if wanted.status == "waiting":
        query = query.where(CountSheet.status.in_(WAITING))
    elif wanted.status:
        query = query.where(CountSheet.status == wanted.status)
    if wanted.q:
        like = f"%{escape_like(wanted.q)}%"
        query = query.where(
            CountSheet.number.ilike(like, escape="\\") | CountSheet.title.ilike(like, escape="\\")
        )
    return query


def _mine(actor: Actor) -> list[ColumnElement[bool]]:
    return [] if actor.sites is None else [CountSheet.site_id.in_(list(actor.sites))]
