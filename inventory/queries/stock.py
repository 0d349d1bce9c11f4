"""What is in stock: by lot, by item, by site; now or at the end of a day in the past."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.errors import Forbidden, NotFound, msg
from inventory.models import Balance, Donation, Donor, Item, Location, Lot, Movement, Posting, Shipment, Site
from inventory.queries.paging import Page, Slice, numbered
from inventory.rules.effects import ZONES, LocationKind
from inventory.rules.text import fold


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What to show: codes, or None for all. `text` is looked for in items and lots, forgiving accents and case."""

    site: str | None = None
    item: str | None = None
    lot: str | None = None
    donor: str | None = None
    zone: str | None = None
    status: str | None = None
    category: str | None = None
    text: str | None = None
    expiring_within_days: int | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    """One lot in one zone of a site; quantities in base units. `available` is what may be issued."""

    key: tuple[int, int]
    site: str
    site_name: str
    zone: str
    item: str
    item_name: str
    item_name_fr: str | None
    base_unit: str
    lot: str
    lot_id: int
    expires_on: date | None
    donor: str | None
    donor_name: str | None
    donation: str | None
    on_hand: int
    reserved: int
    available: int
    status: str


@dataclass(frozen=True, slots=True)
class StockTotals:
    """Sums over lots, in base units."""

    usable: int = 0
    reserved: int = 0
    quarantine: int = 0
    expired: int = 0
    recalled: int = 0
    in_transit: int = 0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The stock of one item (over the sites shown), or of one item at one site."""

    item: str
    item_name: str
    item_name_fr: str | None
    base_unit: str
    category: str
    totals: StockTotals
    next_expiry: date | None
    site: str | None = None
    site_name: str | None = None
    lots: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


def status_of(lot: Lot, zone: str, today: date, then: date | None = None) -> str:
    """The gravest that holds today, or did `then`: `recalled`, `expired`, `quarantine` (any zone aside) or `usable`."""
    if lot.recalled_on is not None and (then is None or lot.recalled_on <= then):
        return "recalled"
    if lot.expires_on is not None and lot.expires_on < (then or today):
        return "expired"
    return "usable" if zone == LocationKind.STOCK else "quarantine"


def check_site(session: Session, actor: Actor, code: str | None) -> None:
    """Raise NotFound for a site code that does not exist, Forbidden for a site that is not the actor's."""
    if code is None:
        return
    site_id = session.scalar(select(Site.id).where(Site.code == code))
    if site_id is None:
        raise NotFound(msg("There is no site with the code %(code)s.", code=code))
    if not actor.sees_site(site_id):
        raise Forbidden(
            msg("The site %(site)s is not one of yours. Ask an administrator to add it.", site=code)
        )


def today_at_sites(session: Session) -> ColumnElement[date]:
    """Today, at each site, as a column beside `Site`."""
    zones = [zone for zone in session.scalars(select(Site.timezone).distinct()) if zone]
    elsewhere = literal(clock.today())
    if not zones:
        return elsewhere
    return case(*((Site.timezone == zone, literal(clock.today(zone))) for zone in zones), else_=elsewhere)


def _conditions(
    session: Session, actor: Actor, wanted: StockFilter, then: date | None = None
) -> list[ColumnElement[bool]]:
    today = today_at_sites(session)
    found: list[ColumnElement[bool]] = [Location.kind.in_(list(ZONES))]
    if actor.sites is not None:
        found.append(Location.site_id.in_(list(actor.sites)))
    for column, value in (
        (Site.code, wanted.site),
        (Item.code, wanted.item),
        (Lot.number, wanted.lot),
        (Donor.code, wanted.donor),
        (Location.kind, wanted.zone),
        (Item.category, wanted.category),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.text:
        words = [f"%{escape_like(word)}%" for word in fold(wanted.text).split()]
        lot = Lot.number.ilike(f"%{escape_like(wanted.text.strip())}%", escape="\\")
        found.append(or_(and_(true(), *(Item.search_text.like(word, escape="\\") for word in words)), lot))
    if wanted.expiring_within_days is not None:
        latest = clock.today() + timedelta(days=wanted.expiring_within_days)
        found += [Lot.expires_on >= today, Lot.expires_on <= latest]
    if wanted.status is not None:
        found.append(_status(today, then) == wanted.status)
    return found


def escape_like(text: str) -> str:
    """`text` with what LIKE would take for a wildcard escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _status(today: ColumnElement[date], then: date | None = None) -> ColumnElement[str]:
    """`status_of`, said in SQL."""
    return case(
        (Lot.recalled_on.is_not(None) if then is None else Lot.recalled_on <= then, "recalled"),
        (Lot.expires_on < (today if then is None else literal(then)), "expired"),
        (Location.kind == LocationKind.STOCK, "usable"),
        else_="quarantine",
    )


def _joined(query: Any) -> Any:
    """`query` over balances with everything joined that a row or a condition speaks of."""
    return (
        query.join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(Donor, Donor.id == Lot.donor_id)
        .outerjoin(Donation, Donation.id == Lot.donation_id)
    )


_COLUMNS = (Location, Site, Lot, Item, Donor, Donation.number)


def _row(
    location: Location,
    site: Site,
    lot: Lot,
    item: Item,
    donor: Donor | None,
    donation: str | None,
    on_hand: int,
    reserved: int,
    day: date | None = None,
) -> StockRow:
    status = status_of(lot, location.kind, clock.today(site.timezone), day)
    return StockRow(
        key=(location.id, lot.id),
        site=site.code,
        site_name=site.name,
        zone=location.kind,
        item=item.code,
        item_name=item.name,
        item_name_fr=item.name_fr,
        base_unit=item.base_unit,
        lot=lot.number,
        lot_id=lot.id,
        expires_on=lot.expires_on,
        donor=donor.code if donor else None,
        donor_name=donor.name if donor else None,
        donation=donation,
        on_hand=on_hand,
        reserved=reserved,
        available=on_hand - reserved if status == "usable" else 0,
        status=status,
    )


def lots_slice(
    session: Session, actor: Actor, wanted: StockFilter, after: tuple[int, int] | None, limit: int
) -> Slice[StockRow]:
    """Lots in stock now, in the order of (location, lot), after a key."""
    query = _joined(select(*_COLUMNS, Balance.on_hand, Balance.reserved).select_from(Balance))
    query = query.where(Balance.on_hand > 0, *_conditions(session, actor, wanted))
    if after is not None:
        query = query.where(
            or_(
                Balance.location_id > after[0],
                and_(Balance.location_id == after[0], Balance.lot_id > after[1]),
            )
        )
    found = session.execute(query.order_by(Balance.location_id, Balance.lot_id).limit(limit + 1)).all()
    rows = [_row(*each) for each in found[:limit]]
    return Slice(rows, rows[-1].key if len(found) > limit else None)


def lots_as_of(
    session: Session, actor: Actor, wanted: StockFilter, day: date, after: tuple[int, int] | None, limit: int
) -> Slice[StockRow]:
    """Lots in stock at the end of `day`, by occurrence, from the movements. Nothing is told as reserved of the past."""
    moved = [
        select(column.label("location_id"), Movement.lot_id, (Movement.quantity * sign).label("quantity"))
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Posting.occurred_on <= day)
        for column, sign in ((Movement.destination_id, 1), (Movement.source_id, -1))
    ]
    both = moved[0].union_all(moved[1]).subquery()
    sums = (
        select(both.c.location_id, both.c.lot_id, func.sum(both.c.quantity).label("on_hand"))
        .group_by(both.c.location_id, both.c.lot_id)
        .having(func.sum(both.c.quantity) > 0)
        .subquery()
    )
    query = (
        select(*_COLUMNS, sums.c.on_hand)
        .select_from(sums)
        .join(Location, Location.id == sums.c.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Lot, Lot.id == sums.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(Donor, Donor.id == Lot.donor_id)
        .outerjoin(Donation, Donation.id == Lot.donation_id)
        .where(*_conditions(session, actor, wanted, day))
    )
    if after is not None:
        query = query.where(or_(Location.id > after[0], and_(Location.id == after[0], Lot.id > after[1])))
    found = session.execute(query.order_by(Location.id, Lot.id).limit(limit + 1)).all()
    rows = [_row_then(tuple(each), day) for each in found[:limit]]
    return Slice(rows, rows[-1].key if len(found) > limit else None)


def _row_then(each: tuple[Any, ...], day: date) -> StockRow:
    location, site, lot, item, donor, donation, on_hand = each
    return _row(location, site, lot, item, donor, donation, int(on_hand), 0, day)


_EXPIRY = func.coalesce(Lot.expires_on, date.max)
SORTS: dict[str, tuple[Any, ...]] = {
    "item": (Item.name, _EXPIRY, Lot.id),
    "site": (Site.code, Item.name, _EXPIRY, Lot.id),
    "lot": (Lot.number, Lot.id),
    "expires_on": (_EXPIRY, Item.name, Lot.id),
    "on_hand": (Balance.on_hand, Item.name, Lot.id),
}


def lots_page(
    session: Session, actor: Actor, wanted: StockFilter, number: int, size: int, sort: str = "item"
) -> Page[StockRow]:
    """Lots in stock now, for people. `sort` is a key of `SORTS`, with a hyphen in front to turn it round."""
    query = _joined(select(*_COLUMNS, Balance.on_hand, Balance.reserved).select_from(Balance))
    query = query.where(Balance.on_hand > 0, *_conditions(session, actor, wanted))
    columns = SORTS.get(sort.lstrip("-"), SORTS["item"])
    if sort.startswith("-"):
        columns = (columns[0].desc(), *columns[1:])
    page = numbered(session, query.order_by(*columns, Balance.location_id), number, size)
    return Page([_row(*each) for each in page.rows], page.number, page.size, page.total)


def groups_page(
    session: Session,
    actor: Actor,
    wanted: StockFilter,
    number: int,
    size: int,
    *,
    by_site: bool,
    sort: str = "item",
) -> Page[GroupRow]:
    """Stock by item, or by item and site: sums by state, the next expiry, what is in transit to it."""
    today = today_at_sites(session)
    status = _status(today)

    def total(word: str, column: Any = Balance.on_hand) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((status == word, column), else_=0)), 0)

    usable = total("usable").label("usable")
    next_expiry = func.min(case((status == "usable", Lot.expires_on))).label("next_expiry")
    keys: list[Any] = [Item.id, Item.code, Item.name, Item.name_fr, Item.base_unit, Item.category]
    keys += [Site.id, Site.code, Site.name] if by_site else []
    query = _joined(
        select(
            *keys,
            usable,
            func.coalesce(func.sum(Balance.reserved), 0),
            total("quarantine"),
            total("expired"),
            total("recalled"),
            next_expiry,
            func.count(Lot.id.distinct()),
        ).select_from(Balance)
    )
    query = query.where(Balance.on_hand > 0, *_conditions(session, actor, wanted)).group_by(*keys)
    orders: dict[str, Any] = {
        "item": Item.name,
        "usable": usable,
        "expires_on": func.coalesce(next_expiry, date.max),
        "site": Site.code if by_site else Item.name,
        "category": Item.category,
    }
    first = orders.get(sort.lstrip("-"), Item.name)
    query = query.order_by(first.desc() if sort.startswith("-") else first, Item.name, Item.id)
    page = numbered(session, query, number, size)
    coming = in_transit(session, actor, [row[0] for row in page.rows])
    rows = []
    for row in page.rows:
        site_id, site, site_name = (row[6], row[7], row[8]) if by_site else (None, None, None)
        figures_ = row[9:] if by_site else row[6:]
        moving = sum(
            quantity
            for (to, item_id), quantity in coming.items()
            if item_id == row[0] and site_id in (None, to)
        )
        rows.append(
            GroupRow(
                item=row[1],
                item_name=row[2],
                item_name_fr=row[3],
                base_unit=row[4],
                category=row[5],
                totals=StockTotals(*map(int, (*figures_[:5], moving))),
                next_expiry=_as_date(figures_[5]),
                site=site,
                site_name=site_name,
                lots=int(figures_[6]),
            )
        )
    return Page(rows, page.number, page.size, page.total)


def _as_date(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def in_transit(session: Session, actor: Actor, item_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """(destination site id, item id) -> base units on their way to sites of the actor."""
    query = (
        select(Shipment.destination_id, Lot.item_id, func.sum(Balance.on_hand))
        .select_from(Balance)
        .join(Location, Location.id == Balance.location_id)
        .join(Shipment, Shipment.id == Location.shipment_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Location.kind == LocationKind.IN_TRANSIT, Balance.on_hand > 0, Lot.item_id.in_(list(item_ids)))
        .group_by(Shipment.destination_id, Lot.item_id)
    )
    if actor.sites is not None:
        query = query.where(Shipment.destination_id.in_(list(actor.sites)))
    return {(site_id, item_id): int(quantity) for site_id, item_id, quantity in session.execute(query)}


def totals(session: Session, actor: Actor, wanted: StockFilter) -> StockTotals:
    """Sums over everything that the filter shows."""
    status = _status(today_at_sites(session))
    query = _joined(
        select(status, func.sum(Balance.on_hand), func.sum(Balance.reserved)).select_from(Balance)
    )
    query = query.where(Balance.on_hand > 0, *_conditions(session, actor, wanted)).group_by(status)
    sums: dict[str, int] = defaultdict(int)
    for word, on_hand, reserved in session.execute(query):
        sums[word] += int(on_hand)
        sums["reserved"] += int(reserved)
    return StockTotals(
        sums["usable"], sums["reserved"], sums["quarantine"], sums["expired"], sums["recalled"]
    )
