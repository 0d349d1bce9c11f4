"""Items, sites, donors and policies as they are looked up and listed."""

from dataclasses import dataclass

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor
from inventory.errors import NotFound, msg
from inventory.models import Balance, Donor, Gtin, Item, Location, Lot, Policy, Site
from inventory.queries.paging import Page, Slice, after_id, numbered
from inventory.queries.stock import escape_like, today_at_sites
from inventory.rules.effects import LocationKind
from inventory.rules.identifiers import InvalidIdentifier, gtin14
from inventory.rules.text import fold

LEAST_SCORE = 62
"""Below this likeness (rapidfuzz, 0 to 100) a misspelt name is no longer a hit."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that a search found; `here` is what is free of it at the site asked for, in base units."""

    item: Item
    here: int | None = None


def search_items(session: Session, text: str, limit: int = 20, site_id: int | None = None) -> list[Hit]:
    """Items for what somebody typed or scanned: code, barcode, or names whatever the spelling; the best first."""
    wanted = fold(text)
    if not wanted:
        return []
    ids = (
        _by_barcode(session, text) + _by_words(session, wanted, limit) + _by_likeness(session, wanted, limit)
    )
    ids = list(dict.fromkeys(ids))[:limit]
    found = {item.id: item for item in session.scalars(select(Item).where(Item.id.in_(ids)))}
    here = _free_at(session, site_id, ids) if site_id is not None else {}
    return [Hit(found[each], here.get(each, 0) if site_id is not None else None) for each in ids]


def _by_barcode(session: Session, text: str) -> list[int]:
    try:
        gtin = gtin14(text)
    except InvalidIdentifier:
        return []
    return list(session.scalars(select(Gtin.item_id).where(Gtin.gtin == gtin)))


def _by_words(session: Session, wanted: str, limit: int) -> list[int]:
    """Items in which every word begins or stands, exact codes and names that begin so first."""
    words = [Item.search_text.like(f"%{escape_like(word)}%", escape="\\") for word in wanted.split()]
    rows = session.execute(select(Item.id, Item.code, Item.search_text).where(*words).limit(500)).all()

    def rank(found: tuple[int, str, str]) -> tuple[bool, bool, int, str]:
        _, code, text = found
        return (fold(code) != wanted, f" {wanted}" not in f" {text}", len(text), code)

    return [item_id for item_id, _, _ in sorted(((a, b, c) for a, b, c in rows), key=rank)[:limit]]


def _by_likeness(session: Session, wanted: str, limit: int) -> list[int]:
    choices = {item_id: words for item_id, words in session.execute(select(Item.id, Item.search_text))}
    hits = process.extract(
        wanted, choices, scorer=fuzz.token_set_ratio, limit=limit, score_cutoff=LEAST_SCORE, processor=None
    ) + process.extract(
        wanted, choices, scorer=fuzz.partial_ratio, limit=limit, score_cutoff=75, processor=None
    )
    return [item_id for _, _, item_id in sorted(hits, key=lambda hit: -hit[1])]


def _free_at(session: Session, site_id: int, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Lot.item_id, func.sum(Balance.on_hand - Balance.reserved))
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .where(Site.id == site_id, Location.kind == LocationKind.STOCK, Lot.item_id.in_(ids))
        .where(
            Lot.recalled_on.is_(None),
            or_(Lot.expires_on.is_(None), Lot.expires_on >= today_at_sites(session)),
        )
        .group_by(Lot.item_id)
    )
    return {item_id: int(quantity) for item_id, quantity in rows}


def item_named(session: Session, text: str) -> Item | None:
    """The item of that code (any case), barcode or name; None where none or several fit."""
    wanted = text.strip()
    found = session.scalars(select(Item).where(func.lower(Item.code) == wanted.lower())).one_or_none()
    if found is not None or not wanted:
        return found
    ids = _by_barcode(session, wanted) or list(
        session.scalars(select(Item.id).where(or_(Item.name == wanted, Item.name_fr == wanted)).limit(2))
    )
    return session.get(Item, ids[0]) if len(ids) == 1 else None


def items_slice(session: Session, text: str | None, after: int | None, limit: int) -> Slice[Item]:
    """Items with their packs; those that a search finds, the best first and all at once, or every one by age."""
    packs = selectinload(Item.gtins)
    if not text:
        return after_id(session, select(Item).options(packs), Item.id, after, limit)
    hits = search_items(session, text, limit=500)
    start = after or 0
    ids = [hit.item.id for hit in hits[start : start + limit]]
    found = {each.id: each for each in session.scalars(select(Item).where(Item.id.in_(ids)).options(packs))}
    more = len(hits) > start + limit
    return Slice([found[each] for each in ids], start + limit if more else None)


def items_where(session: Session, text: str | None, category: str | None) -> list[ColumnElement[bool]]:
    """The conditions of the items that were asked for."""
    found: list[ColumnElement[bool]] = []
    if category:
        found.append(Item.category == category)
    if text:
        found.append(Item.id.in_([hit.item.id for hit in search_items(session, text, limit=500)]))
    return found


def items_page(
    session: Session, number: int, size: int, text: str | None = None, category: str | None = None
) -> Page[Item]:
    """Items for people, by name."""
    query = select(Item).where(*items_where(session, text, category))
    page = numbered(session, query.order_by(Item.name, Item.id), number, size)
    return Page([row[0] for row in page.rows], page.number, page.size, page.total)


def categories(session: Session) -> list[str]:
    """The categories in use, in order."""
    return list(session.scalars(select(Item.category).distinct().order_by(Item.category)))


def sites_slice(session: Session, after: int | None, limit: int) -> Slice[Site]:
    """Sites, oldest first."""
    return after_id(session, select(Site), Site.id, after, limit)


def all_sites(session: Session, actor: Actor | None = None) -> list[Site]:
    """Every site by code; with an actor, those that are theirs."""
    query = select(Site).order_by(Site.code)
    if actor is not None and actor.sites is not None:
        query = query.where(Site.id.in_(list(actor.sites)))
    return list(session.scalars(query))


def donors_slice(session: Session, after: int | None, limit: int) -> Slice[Donor]:
    """Donors, oldest first."""
    return after_id(session, select(Donor), Donor.id, after, limit)


def all_donors(session: Session) -> list[Donor]:
    """Every donor by name."""
    return list(session.scalars(select(Donor).order_by(Donor.name, Donor.id)))


def policy(session: Session, site_code: str, item_code: str) -> Policy:
    """The reorder policy of an item at a site. Raises NotFound where there is none."""
    found = session.scalars(
        select(Policy)
        .join(Site, Site.id == Policy.site_id)
        .join(Item, Item.id == Policy.item_id)
        .where(Site.code == site_code, Item.code == item_code)
        .options(selectinload(Policy.site), selectinload(Policy.item))
    ).one_or_none()
    if found is None:
        raise NotFound(msg("No reorder levels are set for this item at this site."))
    return found
