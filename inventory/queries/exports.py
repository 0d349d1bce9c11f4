"""Whole tables for files: a header and rows, read from the database as they are written out."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory.access import SYSTEM, Actor
from inventory.models import Authorisation, Donor, Item, Policy, Site
from inventory.queries import catalogue, export_controlled, export_documents, export_warehouse, stock
from inventory.queries.export_rows import BATCH, Asked, Table, every, plain, stream
from inventory.queries.movements import MovementFilter
from inventory.queries.movements import row_of as movement_row
from inventory.queries.movements import rows_of as movement_rows
from inventory.rules.text import fold

ITEM = (
    "code", "name", "name_fr", "inn", "strength", "dosage_form", "atc", "base_unit", "category", "tracks_expiry",
    "serialised", "temperature", "freeze_sensitive", "controlled", "dangerous", "un_number", "ven",
    "unit_weight_kg", "unit_volume_m3",
)  # fmt: skip
SITE = (
    "code",
    "name",
    "kind",
    "status",
    "country",
    "admin1",
    "sensitive",
    "supplied_by",
    "lead_time_days",
    "timezone",
)
STOCK = (
    "site", "zone", "item", "item_name", "base_unit", "lot", "expires_on", "donor", "donation", "on_hand", "reserved",
    "available", "status",
)  # fmt: skip
MOVEMENT = (
    "id", "occurred_at", "recorded_at", "item", "item_name", "lot", "quantity", "source", "destination", "kind",
    "reason", "document", "by",
)  # fmt: skip
POLICY = (
    "method", "reorder_point", "maximum", "emergency_point", "minimum_months", "maximum_months", "emergency_months",
    "lookback_months", "demand_override", "demand_override_reason", "order_multiple", "expiry_buffer_days",
    "lead_time_days", "review_period_days", "service_level", "emergency_days",
)  # fmt: skip
AUTHORISATION = ("place", "authority", "reference", "valid_from", "valid_until", "ended_on", "note")

DAY = timedelta(days=1)


def table(session: Session, kind: str, actor: Actor = SYSTEM, asked: Asked | None = None) -> Table:
    """The header and the rows of one of `TABLES`: what is the actor's business of what was asked for.

    Columns bear the names that an import takes. Raises Forbidden for a site that is not the actor's.
    """
    asked = asked or Asked()
    stock.check_site(session, actor, asked.site)
    return TABLES[kind](session, actor, asked)


def _items(session: Session, actor: Actor, asked: Asked) -> Table:
    found = catalogue.items_where(session, asked.q, asked.category)
    query = select(Item).where(*found).options(selectinload(Item.gtins)).order_by(Item.code)

    def rows() -> Iterator[Sequence[Any]]:
        for item in session.scalars(query.execution_options(yield_per=BATCH)):
            packs = " ".join(f"{pack.gtin}:{pack.quantity}" for pack in item.gtins)
            yield [*(plain(getattr(item, name)) for name in ITEM), packs]

    return [*ITEM, "gtins"], rows()


def _sites(session: Session, actor: Actor, asked: Asked) -> Table:
    above = aliased(Site)
    columns = [above.code if name == "supplied_by" else getattr(Site, name) for name in SITE]
    query = select(*columns).outerjoin(above, above.id == Site.supplied_by_id).order_by(Site.code)
    if asked.kind:
        query = query.where(Site.kind == asked.kind)
    if asked.status:
        query = query.where(Site.status == asked.status)
    named = [SITE.index(each) for each in ("code", "name", "admin1")]
    return SITE, _saying(stream(session, query), named, asked.q)


def _donors(session: Session, actor: Actor, asked: Asked) -> Table:
    query = select(Donor.code, Donor.name, Donor.email).order_by(Donor.code)
    return ("code", "name", "email"), _saying(stream(session, query), [0, 1, 2], asked.q)


def _saying(rows: Iterator[Sequence[Any]], named: Sequence[int], text: str | None) -> Iterator[Sequence[Any]]:
    """The rows in whose named cells every word of a search stands, as the lists of short tables look for it."""
    words = fold(text or "").split()
    for row in rows:
        said = fold(" ".join(str(row[index] or "") for index in named))
        if all(word in said for word in words):
            yield row


def _stock(session: Session, actor: Actor, asked: Asked) -> Table:
    wanted = stock.StockFilter(
        asked.site, asked.item, asked.lot, asked.donor, asked.zone, asked.status, asked.category, asked.q
    )

    found = every(lambda after: stock.lots_slice(session, actor, wanted, after, BATCH))
    return STOCK, ([getattr(row, name) for name in STOCK] for row in found)


def _movements(session: Session, actor: Actor, asked: Asked) -> Table:
    since = None if asked.since is None else datetime.combine(asked.since, time.min, UTC)
    inner, query = movement_rows(
        session, actor, MovementFilter(asked.site, asked.item, asked.lot, None, since)
    )
    if asked.until is not None:
        query = query.where(inner.c.occurred_at < datetime.combine(asked.until + DAY, time.min, UTC))
    query = query.order_by(inner.c.occurred_at, inner.c.id).execution_options(yield_per=BATCH)

    def rows() -> Iterator[Sequence[Any]]:
        for each in session.execute(query):
            row = movement_row(each)
            yield [getattr(row, name) for name in MOVEMENT]

    return MOVEMENT, rows()


def _policies(session: Session, actor: Actor, asked: Asked) -> Table:
    """The levels that were set by hand, an item at a site a row."""
    columns = [getattr(Policy, name) for name in POLICY]
    query = (
        select(Site.code, Item.code, *columns)
        .select_from(Policy)
        .join(Site, Site.id == Policy.site_id)
        .join(Item, Item.id == Policy.item_id)
        .order_by(Site.code, Item.code)
    )
    if asked.site:
        query = query.where(Site.code == asked.site)
    if actor.sites is not None:
        query = query.where(Policy.site_id.in_(list(actor.sites)))
    return ("site", "item", *POLICY), stream(session, query)


def _authorisations(session: Session, actor: Actor, asked: Asked) -> Table:
    columns = [getattr(Authorisation, name) for name in AUTHORISATION]
    query = select(Site.code, *columns).join(Site, Site.id == Authorisation.site_id)
    query = query.order_by(Authorisation.valid_until, Authorisation.id)
    if asked.site:
        query = query.where(Site.code == asked.site)
    if actor.sites is not None:
        query = query.where(Authorisation.site_id.in_(list(actor.sites)))
    return ("site", *AUTHORISATION), stream(session, query)


TABLES: dict[str, Callable[[Session, Actor, Asked], Table]] = {
    "items": _items,
    "sites": _sites,
    "donors": _donors,
    "stock": _stock,
    "movements": _movements,
    "shipments": export_documents.shipments_table,
    "requisitions": export_documents.requisitions_table,
    "consumption": export_documents.consumption_table,
    "receipts": export_documents.receipts_table,
    "counts": export_documents.counts_table,
    "events": export_documents.events_table,
    "donations": export_documents.donations_table,
    "alerts": export_documents.alerts_table,
    "recalls": export_documents.recalls_table,
    "policies": _policies,
    "authorisations": _authorisations,
    "holds": export_warehouse.holds_table,
    "excursions": export_warehouse.excursions_table,
    "register": export_controlled.register_table,
    "permits": export_controlled.permits_table,
}
