"""The stock board: how items stand at the sites that somebody sees, one page of items and of sites at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.ledger.figures import Figures, figures_at
from inventory.models import (
    Alert,
    AssumedDemand,
    Balance,
    DemandMonth,
    Item,
    KitLine,
    Location,
    Lot,
    Policy,
    Requisition,
    RequisitionLine,
    Shipment,
    Site,
    SitePlan,
    StockDay,
)
from inventory.queries.catalogue import all_sites
from inventory.queries.paging import Page, numbered
from inventory.queries.stock import escape_like
from inventory.rules.effects import LocationKind
from inventory.rules.text import fold

ITEMS = 50
"""Items of one page."""

SITES = 10
"""Sites of one page: more columns nobody can read, and each costs a handful of questions."""

STATES = ("stock_out", "emergency", "reorder", "overstock", "expiry_risk")
"""What the board can be narrowed to: the kinds of open alerts about an item at a site."""

SHORT = ("stock_out", "emergency", "reorder")


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """Which items to show: words, or None for all. `text` forgives accents and case; `state` is one of `STATES`."""

    category: str | None = None
    ven: str | None = None
    state: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One item, and its figures by site id; a site that never had to do with it has None."""

    item: Item
    cells: dict[int, Figures | None]


def sites_of(session: Session, actor: Actor) -> list[Site]:
    """The sites of the actor that keep stock of ours, by code."""
    return [site for site in all_sites(session, actor) if site.kind != "partner" and site.status != "closed"]


def board(
    session: Session,
    sites: Sequence[Site],
    wanted: BoardFilter,
    number: int,
    size: int = ITEMS,
    sort: str = "worst",
    shown: Sequence[Site] | None = None,
) -> Page[BoardRow]:
    """Page `number` of the items known at one of `sites`; figures are worked out for that page and the sites `shown`
    (None: all of them) alone.

    `sort`: `item` by name, `worst` those that run short at most sites first.
    """
    site_ids = [site.id for site in sites]
    query = select(Item).where(*_conditions(site_ids, wanted))
    if sort == "worst":
        short = _short(site_ids)
        query = query.outerjoin(short, short.c.item_id == Item.id).order_by(
            func.coalesce(short.c.worst, 0).desc(), func.coalesce(short.c.short, 0).desc()
        )
    page = numbered(session, query.order_by(Item.name, Item.id), number, size)
    items = [row[0] for row in page.rows]
    known = cells(session, sites if shown is None else shown, [item.id for item in items])
    rows = [BoardRow(item, {site: found.get(item.id) for site, found in known.items()}) for item in items]
    return Page(rows, page.number, page.size, page.total)


def all_rows(
    session: Session, sites: Sequence[Site], wanted: BoardFilter, sort: str
) -> Iterator[tuple[Site, Item, Figures]]:
    """Every pair that the board shows, a page of items at a time."""
    number = 1
    while True:
        page = board(session, sites, wanted, number, sort=sort)
        for row in page.rows:
            for site in sites:
                found = row.cells[site.id]
                if found is not None:
                    yield site, row.item, found
        if number * page.size >= page.total:
            return
        number += 1


def cells(session: Session, sites: Sequence[Site], item_ids: Sequence[int]) -> dict[int, dict[int, Figures]]:
    """site id -> item id -> figures, for the items that are known there."""
    if not item_ids:
        return {site.id: {} for site in sites}
    told = figures_at(session, {site.id: clock.today(site.timezone) for site in sites}, item_ids)
    return {
        site_id: {item_id: each for item_id, each in known.items() if is_known(each)}
        for site_id, known in told.items()
    }


def is_known(found: Figures) -> bool:
    """Whether an item has anything to do with a site: a default for levels or what similar sites use does not make it
    one of theirs."""
    return (
        (found.policy is not None and found.default_id is None)
        or found.usage.basis != "never_received"
        or bool(found.usable or found.inbound or found.open_requisitions)
        or found.basis in ("override", "kit", "assumed")
        or (found.course is not None and bool(found.course.by_hand))
    )


def _conditions(site_ids: list[int], wanted: BoardFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.category is not None:
        found.append(Item.category == wanted.category)
    if wanted.ven is not None:
        found.append(Item.ven.is_(None) if wanted.ven == "none" else Item.ven == wanted.ven)
    for word in fold(wanted.text or "").split():
        found.append(Item.search_text.like(f"%{escape_like(word)}%", escape="\\"))
    if wanted.state is not None:
        found.append(Item.id.in_(_open(site_ids, [wanted.state]).with_only_columns(Alert.item_id)))
    else:
        found.append(_known(site_ids))
    return found


def _known(site_ids: list[int]) -> ColumnElement[bool]:
    """Items that one of the sites has to do with. EXISTS stops at the first trace that it finds."""
    coming = (
        select(Lot.id)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .join(Shipment, Shipment.id == Location.shipment_id)
        .where(Location.kind == LocationKind.IN_TRANSIT, Shipment.destination_id.in_(site_ids))
        .where(Lot.item_id == Item.id, Balance.on_hand > 0)
    )
    asked = (
        select(RequisitionLine.id)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(Requisition.site_id.in_(site_ids), Requisition.status.in_(["submitted", "approved"]))
        .where(RequisitionLine.item_id == Item.id)
    )
    kits = (
        select(KitLine.id)
        .join(SitePlan, SitePlan.kit_id == KitLine.kit_id)
        .where(SitePlan.site_id.in_(site_ids), KitLine.item_id == Item.id)
    )
    traces: list[Any] = [
        select(table.item_id).where(table.site_id.in_(site_ids), table.item_id == Item.id)
        for table in (Policy, StockDay, AssumedDemand, DemandMonth)
    ]
    return or_(*(exists(each) for each in (*traces, coming, asked, kits)))


def _open(site_ids: list[int], kinds: Sequence[str]) -> Select[Any]:
    return select(Alert).where(
        Alert.resolved_at.is_(None), Alert.site_id.in_(site_ids), Alert.kind.in_(list(kinds))
    )


def _short(site_ids: list[int]) -> Any:
    """item id, at how many sites it has run out or nearly (`worst`), and how many alerts say that it runs short."""
    gravest = func.count().filter(Alert.kind.in_(["stock_out", "emergency"]))
    return (
        _open(site_ids, SHORT)
        .with_only_columns(Alert.item_id, gravest.label("worst"), func.count().label("short"))
        .group_by(Alert.item_id)
        .subquery()
    )
