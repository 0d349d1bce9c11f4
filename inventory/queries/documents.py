"""Lists of documents: receipts, requisitions, consumptions and the other events at a site."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor
from inventory.errors import NotFound, msg
from inventory.models import (
    CountLine,
    Donation,
    Donor,
    Item,
    Location,
    Lot,
    Movement,
    Posting,
    Recall,
    Receipt,
    ReceiptLine,
    Requisition,
    RequisitionLine,
    Site,
    StockEvent,
)
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import escape_like


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What to show: codes and words, or None for all. `q` looks in numbers and references."""

    site: str | None = None
    donor: str | None = None
    status: str | None = None
    kind: str | None = None
    q: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One lot of a consumption, adjustment, disposal or zone move."""

    item: Item
    lot: Lot
    quantity: int
    source: str
    destination: str
    reason: str | None


def _sites(actor: Actor, column: Any) -> list[ColumnElement[bool]]:
    return [] if actor.sites is None else [column.in_(list(actor.sites))]


def requisitions_visible(actor: Actor) -> list[ColumnElement[bool]]:
    """Requisitions of the actor's sites, and of the sites that theirs supply."""
    if actor.sites is None:
        return []
    mine = list(actor.sites)
    supplied = select(Site.id).where(Site.supplied_by_id.in_(mine))
    return [or_(Requisition.site_id.in_(mine), Requisition.site_id.in_(supplied))]


def requisitions_slice(session: Session, actor: Actor, after: int | None, limit: int) -> Slice[Requisition]:
    """Requisitions, oldest first, with lines and items."""
    query = select(Requisition).where(*requisitions_visible(actor))
    query = query.options(
        selectinload(Requisition.site), selectinload(Requisition.lines).selectinload(RequisitionLine.item)
    )
    return after_id(session, query, Requisition.id, after, limit)


def requisitions_where(actor: Actor, wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    """The conditions of the requisitions that were asked for, as far as they are the actor's business."""
    found = requisitions_visible(actor)
    if wanted.site:
        found.append(Requisition.site_id.in_(_site_named(wanted.site)))
    if wanted.status:
        found.append(Requisition.status == wanted.status)
    if wanted.kind:
        found.append(Requisition.kind == wanted.kind)
    if wanted.q:
        found.append(Requisition.number.ilike(_like(wanted.q), escape="\\"))
    return found


def requisitions_page(
    session: Session, actor: Actor, wanted: DocumentFilter, number: int, size: int
) -> Page[Requisition]:
    """Requisitions for people, the newest first."""
    query = select(Requisition).where(*requisitions_where(actor, wanted))
    query = query.options(selectinload(Requisition.site), selectinload(Requisition.lines))
    page = numbered(session, query.order_by(Requisition.id.desc()), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def receipts_where(actor: Actor, wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    """The conditions of the receipts that were asked for, at the actor's sites."""
    found = _sites(actor, Receipt.site_id)
    if wanted.site:
        found.append(Receipt.site_id.in_(_site_named(wanted.site)))
    if wanted.donor:
        found.append(Receipt.donor_id.in_(select(Donor.id).where(Donor.code == wanted.donor)))
    if wanted.q:
        text = _like(wanted.q)
        inside = select(ReceiptLine.receipt_id).join(Lot, Lot.id == ReceiptLine.lot_id)
        inside = inside.where(Lot.number.ilike(text, escape="\\"))
        named = [Receipt.number.ilike(text, escape="\\"), Receipt.reference.ilike(text, escape="\\")]
        found.append(or_(*named, Receipt.id.in_(inside)))
    return found + _between(Receipt.received_on, wanted)


def receipts_page(
    session: Session, actor: Actor, wanted: DocumentFilter, number: int, size: int
) -> Page[Receipt]:
    """Receipts for people, the newest first, with their lines."""
    query = select(Receipt).where(*receipts_where(actor, wanted))
    query = query.options(
        selectinload(Receipt.site),
        selectinload(Receipt.donor),
        selectinload(Receipt.donation),
        selectinload(Receipt.lines),
    )
    page = numbered(session, query.order_by(Receipt.received_on.desc(), Receipt.id.desc()), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def donations_where(wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    """The conditions of the donations that were asked for, for staff."""
    found: list[ColumnElement[bool]] = []
    if wanted.donor:
        found.append(Donation.donor_id.in_(select(Donor.id).where(Donor.code == wanted.donor)))
    if wanted.kind:
        found.append(Donation.kind == wanted.kind)
    if wanted.q:
        text = _like(wanted.q)
        found.append(
            or_(Donation.number.ilike(text, escape="\\"), Donation.reference.ilike(text, escape="\\"))
        )
    return found


def donations_page(session: Session, wanted: DocumentFilter, number: int, size: int) -> Page[Donation]:
    """Donations for staff, the newest first."""
    query = select(Donation).where(*donations_where(wanted))
    query = query.options(selectinload(Donation.donor), selectinload(Donation.lines))
    page = numbered(session, query.order_by(Donation.pledged_on.desc(), Donation.id.desc()), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def events_where(actor: Actor, wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    """The conditions of the events that were asked for, at the actor's sites."""
    found = _sites(actor, StockEvent.site_id)
    if wanted.kind:
        found.append(StockEvent.kind == wanted.kind)
    if wanted.site:
        found.append(StockEvent.site_id.in_(_site_named(wanted.site)))
    if wanted.q:
        found.append(StockEvent.number.ilike(_like(wanted.q), escape="\\"))
    return found + _between(StockEvent.occurred_on, wanted)


def events_page(
    session: Session, actor: Actor, wanted: DocumentFilter, number: int, size: int
) -> Page[StockEvent]:
    """Consumptions, counts, adjustments, disposals and zone moves for people, the newest first."""
    query = select(StockEvent).where(*events_where(actor, wanted)).options(selectinload(StockEvent.site))
    order = (StockEvent.occurred_on.desc(), StockEvent.id.desc())
    page = numbered(session, query.order_by(*order), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def event(session: Session, actor: Actor, number: str) -> StockEvent:
    """The consumption, count, adjustment, disposal or zone move of that number."""
    found = session.scalars(
        select(StockEvent)
        .where(StockEvent.number == number)
        .options(selectinload(StockEvent.site), selectinload(StockEvent.posting))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or not actor.sees_site(found.site_id):
        raise NotFound(msg("Not found."))
    return found


def witness_of(session: Session, found: StockEvent) -> str | None:
    """The second person's name on an event's posting."""
    return session.scalar(select(Posting.witness).where(Posting.id == found.posting_id))


def event_lines(session: Session, found: StockEvent) -> list[EventLine]:
    """The movements of an event, in their order."""
    from sqlalchemy.orm import aliased

    source, destination = aliased(Location), aliased(Location)
    rows = session.execute(
        select(Item, Lot, Movement.quantity, source.kind, destination.kind, Movement.reason)
        .select_from(Movement)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .where(Movement.posting_id == found.posting_id)
        .order_by(Movement.id)
    )
    return [EventLine(*row) for row in rows]


def count_lines(session: Session, found: StockEvent) -> list[CountLine]:
    """What a count saw, in the order of counting."""
    return list(
        session.scalars(
            select(CountLine)
            .where(CountLine.event_id == found.id)
            .options(selectinload(CountLine.item), selectinload(CountLine.lot))
            .order_by(CountLine.id)
        )
    )


def units_in(session: Session, posting_ids: list[int]) -> dict[int, tuple[int, int]]:
    """posting id -> (movements, base units) for a list page."""
    rows = session.execute(
        select(Movement.posting_id, func.count(), func.sum(Movement.quantity))
        .where(Movement.posting_id.in_(posting_ids))
        .group_by(Movement.posting_id)
    )
    return {posting_id: (many, int(units)) for posting_id, many, units in rows}


def recalls_page(session: Session, number: int, size: int, *, drill: bool = False) -> Page[Recall]:
    """Recalls, the newest first; or drills of one."""
    query = select(Recall).where(Recall.drill.is_(drill)).options(selectinload(Recall.item))
    query = query.order_by(Recall.id.desc())
    page = numbered(session, query, number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def _like(text: str) -> str:
    return f"%{escape_like(text.strip())}%"


def _site_named(code: str) -> Select[Any]:
    return select(Site.id).where(Site.code == code)


def _between(column: Any, wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(column >= wanted.since)
    if wanted.until:
        found.append(column <= wanted.until)
    return found
