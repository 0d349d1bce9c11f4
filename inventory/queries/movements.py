"""The ledger as people and programs read it: movements, and the stock card of an item at a site."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from inventory.access import Actor
from inventory.models import Item, Location, Lot, Movement, Posting, Shipment, Site
from inventory.queries.paging import Page, Slice, numbered
from inventory.queries.stock import check_site
from inventory.rules.effects import ZONES, LocationKind


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Codes and numbers to keep to; `since` keeps what was recorded or occurred from that instant on."""

    site: str | None = None
    item: str | None = None
    lot: str | None = None
    document: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One movement. `source` and `destination` are `SITE/zone`, a shipment's number, or an outside account's name.

    `change` is what it did to the site asked for, `balance` what was there after it over all zones (None unless one
    site and one item were asked for).
    """

    id: int
    occurred_at: datetime
    recorded_at: datetime
    item: str
    item_name: str
    lot: str
    quantity: int
    source: str
    destination: str
    source_kind: str
    destination_kind: str
    kind: str
    reason: str | None
    document: str | None
    by: str | None
    reverses: bool
    change: int | None
    balance: int | None


_Source, _Destination = aliased(Location), aliased(Location)
_SourceSite, _DestinationSite = aliased(Site), aliased(Site)
_SourceShipment, _DestinationShipment = aliased(Shipment), aliased(Shipment)


def movements_slice(
    session: Session, actor: Actor, wanted: MovementFilter, after: tuple[datetime, int] | None, limit: int
) -> Slice[MovementRow]:
    """Movements, oldest first by occurrence, after a key (occurred_at, id)."""
    check_site(session, actor, wanted.site)
    inner, query = rows_of(session, actor, wanted)
    if after is not None:
        query = query.where(
            or_(inner.c.occurred_at > after[0], and_(inner.c.occurred_at == after[0], inner.c.id > after[1]))
        )
    found = session.execute(query.order_by(inner.c.occurred_at, inner.c.id).limit(limit + 1)).all()
    rows = [row_of(each) for each in found[:limit]]
    return Slice(rows, (rows[-1].occurred_at, rows[-1].id) if len(found) > limit else None)


def stock_card(
    session: Session, actor: Actor, site: str, item: str, number: int, size: int
) -> Page[MovementRow]:
    """The movements of an item at a site, newest first, with the balance after each."""
    check_site(session, actor, site)
    inner, query = rows_of(session, actor, MovementFilter(site=site, item=item))
    page = numbered(session, query.order_by(inner.c.occurred_at.desc(), inner.c.id.desc()), number, size)
    return Page([row_of(each) for each in page.rows], page.number, page.size, page.total)


def rows_of(session: Session, actor: Actor, wanted: MovementFilter) -> tuple[Any, Select[Any]]:
    """A flat subquery with a column for everything that a row says, and the SELECT of what is to be shown of it.

    The balance counts every movement of the item at the site, also those that are not shown.
    """
    zones = list(ZONES)
    comes = case(
        (and_(_DestinationSite.code == wanted.site, _Destination.kind.in_(zones)), Movement.quantity), else_=0
    )
    goes = case((and_(_SourceSite.code == wanted.site, _Source.kind.in_(zones)), Movement.quantity), else_=0)
    change = (comes - goes).label("change")
    balance = func.sum(comes - goes).over(order_by=(Movement.occurred_at, Movement.id)).label("balance")
    extra: list[Any] = [] if wanted.site is None else [change] if wanted.item is None else [change, balance]
    query = (
        select(
            Movement.id,
            Movement.occurred_at,
            Posting.recorded_at,
            Item.code.label("item"),
            Item.name.label("item_name"),
            Lot.number,
            Movement.quantity,
            _Source.kind.label("source_kind"),
            _Destination.kind.label("destination_kind"),
            _SourceSite.code.label("source_site"),
            _DestinationSite.code.label("destination_site"),
            _SourceShipment.number.label("source_shipment"),
            _DestinationShipment.number.label("destination_shipment"),
            Posting.kind,
            func.coalesce(Posting.reason, Movement.reason).label("reason"),
            Posting.document,
            Posting.by,
            Posting.reverses_id,
            *extra,
        )
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(_Source, _Source.id == Movement.source_id)
        .join(_Destination, _Destination.id == Movement.destination_id)
        .outerjoin(_SourceSite, _SourceSite.id == _Source.site_id)
        .outerjoin(_DestinationSite, _DestinationSite.id == _Destination.site_id)
        .outerjoin(_SourceShipment, _SourceShipment.id == _Source.shipment_id)
        .outerjoin(_DestinationShipment, _DestinationShipment.id == _Destination.shipment_id)
    )
    if actor.sites is not None:
        mine = list(actor.sites)
        query = query.where(or_(_Source.site_id.in_(mine), _Destination.site_id.in_(mine)))
    if wanted.site is not None:
        query = query.where(or_(_SourceSite.code == wanted.site, _DestinationSite.code == wanted.site))
    if wanted.item is not None:
        query = query.where(Item.code == wanted.item)
    inner = query.subquery()
    shown = select(inner)
    if wanted.lot is not None:
        shown = shown.where(inner.c.number == wanted.lot)
    if wanted.document is not None:
        shown = shown.where(inner.c.document == wanted.document)
    if wanted.since is not None:
        shown = shown.where(inner.c.occurred_at >= wanted.since)
    return inner, shown


def row_of(each: Any) -> MovementRow:
    """A row of `rows_of` as what it says."""
    return MovementRow(
        id=each.id,
        occurred_at=each.occurred_at,
        recorded_at=each.recorded_at,
        item=each.item,
        item_name=each.item_name,
        lot=each.number,
        quantity=each.quantity,
        source=_place(each.source_kind, each.source_site, each.source_shipment),
        destination=_place(each.destination_kind, each.destination_site, each.destination_shipment),
        source_kind=each.source_kind,
        destination_kind=each.destination_kind,
        kind=each.kind,
        reason=each.reason,
        document=each.document,
        by=each.by,
        reverses=each.reverses_id is not None,
        change=_whole(getattr(each, "change", None)),
        balance=_whole(getattr(each, "balance", None)),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _place(kind: str, site: str | None, shipment: str | None) -> str:
    if kind == LocationKind.PARTNER and site is not None:
        return site
    if site is not None:
        return f"{site}/{kind}"
    return f"{shipment}/{kind}" if shipment is not None else kind
