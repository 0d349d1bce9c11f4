"""Holds as lists: what waits for a proposal or a decision, what was decided, and what stands there without a reason."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory import clock
from inventory.access import Actor
from inventory.models import Balance, Hold, Item, Location, Lot, Movement, Posting, Site
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import escape_like

ASIDE = ("quarantine", "refused")
STATES = ("open", "proposed", "decided")


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """What to show: codes and words, or None for all. `days`: those at least so old. `q` looks in numbers and lots."""

    site: str | None = None
    status: str | None = None
    cause: str | None = None
    item: str | None = None
    days: int | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Unexplained:
    """So many base units of a lot in a zone for which no hold says why they are there."""

    site: Site
    item: Item
    lot: Lot
    zone: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One movement of a held lot through a zone of its site: a line of its story."""

    occurred_on: date
    document: str | None
    by: str | None
    witness: str | None
    quantity: int
    source: str
    destination: str


def holds_page(session: Session, actor: Actor, wanted: HoldFilter, number: int, size: int) -> Page[Hold]:
    """Holds of the actor's sites: what waits, the longest first; what is decided, the newest first."""
    order = Hold.id.desc() if wanted.status == "decided" else Hold.id
    page = numbered(session, _filtered(actor, wanted).order_by(order), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def holds_slice(
    session: Session, actor: Actor, wanted: HoldFilter, after: int | None, limit: int
) -> Slice[Hold]:
    """The same for programs, by id."""
    return after_id(session, _filtered(actor, wanted), Hold.id, after, limit)


def counts(session: Session, actor: Actor, wanted: HoldFilter) -> dict[str, int]:
    """state -> how many holds fit the other filters."""
    rows = session.execute(
        select(Hold.status, func.count())
        .where(*_conditions(actor, wanted, status=False))
        .group_by(Hold.status)
    )
    return dict.fromkeys(STATES, 0) | {str(status): many for status, many in rows}


def causes(session: Session, actor: Actor) -> list[str]:
    """The causes that there are, for a filter."""
    mine = _mine(actor, Hold.site_id)
    return sorted(session.scalars(select(Hold.cause).where(*mine).distinct()))


def unexplained(session: Session, actor: Actor, site: str | None, most: int = 50) -> list[Unexplained]:
    """Goods in quarantine or refused of which more is there than holds explain."""
    held = (
        select(Hold.site_id, Hold.lot_id, Hold.zone, func.sum(Hold.quantity).label("held"))
        .where(Hold.status != "decided")
        .group_by(Hold.site_id, Hold.lot_id, Hold.zone)
        .subquery()
    )
    rest = Balance.on_hand - func.coalesce(held.c.held, 0)
    query = (
        select(Site, Item, Lot, Location.kind, rest)
        .join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(
            held,
            (held.c.site_id == Location.site_id)
            & (held.c.lot_id == Balance.lot_id)
            & (held.c.zone == Location.kind),
        )
        .where(Location.kind.in_(ASIDE), Balance.on_hand > 0, rest > 0, *_mine(actor, Location.site_id))
        .order_by(Site.code, Item.code, Lot.number)
        .limit(most)
    )
    if site:
        query = query.where(Site.code == site)
    return [Unexplained(*row) for row in session.execute(query)]


def story(session: Session, hold: Hold) -> list[Passage]:
    """How the lot came to the zones of that site and left them again, the oldest first."""
    source, destination = aliased(Location), aliased(Location)
    aside = [(place.site_id == hold.site_id) & place.kind.in_(ASIDE) for place in (source, destination)]
    rows = session.execute(
        select(
            Posting.occurred_on,
            Posting.document,
            Posting.by,
            Posting.witness,
            Movement.quantity,
            source.kind,
            destination.kind,
        )
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .where(Movement.lot_id == hold.lot_id, or_(*aside))
        .order_by(Movement.occurred_at, Movement.id)
        .limit(200)
    )
    return [Passage(*row) for row in rows]


def _filtered(actor: Actor, wanted: HoldFilter) -> Select[Any]:
    whole = (
        selectinload(Hold.site),
        selectinload(Hold.item),
        selectinload(Hold.lot),
        selectinload(Hold.event),
    )
    return select(Hold).where(*_conditions(actor, wanted)).options(*whole)


def _mine(actor: Actor, column: Any) -> list[ColumnElement[bool]]:
    return [] if actor.sites is None else [column.in_(list(actor.sites))]


def _conditions(actor: Actor, wanted: HoldFilter, *, status: bool = True) -> list[ColumnElement[bool]]:
    found = _mine(actor, Hold.site_id)
    if wanted.site:
        found.append(Hold.site_id.in_(select(Site.id).where(Site.code == wanted.site)))
    if wanted.item:
        found.append(Hold.item_id.in_(select(Item.id).where(Item.code == wanted.item)))
    if status and wanted.status:
        found.append(Hold.status == wanted.status)
    if wanted.cause:
        found.append(Hold.cause == wanted.cause)
    if wanted.days:
        found.append(Hold.opened_at <= clock.now() - timedelta(days=wanted.days))
    if wanted.q:
        like = f"%{escape_like(wanted.q.strip())}%"
        lots = select(Lot.id).where(Lot.number.ilike(like, escape="\\"))
        texts = [Hold.number.ilike(like, escape="\\"), Hold.document.ilike(like, escape="\\")]
        found.append(or_(*texts, Hold.lot_id.in_(lots)))
    return found
