"""What the stock pages show, as rows of a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.extensions import current_language
from inventory.queries import stock
from inventory.queries.stock import StockFilter
from inventory.web.reference_words import CATEGORIES, STOCK_STATUSES, ZONES, said

BATCH = 1000


def columns(view: str) -> list[str]:
    """The heads of the columns, in the reader's language."""
    item = [_("Item"), _("Name")]
    site = [_("Site"), _("Name of the site")]
    if view == "lot":
        return [
            *site, _("Zone"), *item, _("Unit"), _("Lot"), _("Expires"), _("Donor"), _("Donation"), _("On hand"),
            _("Reserved"), _("Available"), _("State"),
        ]  # fmt: skip
    sums = [_("Usable"), _("Reserved"), _("Quarantine"), _("Expired"), _("Recalled"), _("On its way")]
    last = [_("Next expiry"), _("Lots")]
    return [*(site if view == "site" else []), *item, _("Unit"), _("Category"), *sums, *last]


def names(view: str) -> list[str]:
    """What the columns hold, by the names that HXL tags go by."""
    item, site = ["item", "item_name"], ["site", "site_name"]
    if view == "lot":
        return [
            *site, "zone", *item, "base_unit", "lot", "expires_on", "donor_name", "donation", "on_hand", "reserved",
            "available", "status",
        ]  # fmt: skip
    sums = ["usable", "reserved", "quarantine", "expired", "recalled", "inbound", "expires_on", "lots"]
    return [*(site if view == "site" else []), *item, "base_unit", "category", *sums]


def rows(
    session: Session, actor: Actor, view: str, wanted: StockFilter, sort: str
) -> Iterator[Sequence[Any]]:
    """Every row of what the page shows, a batch at a time."""
    french = current_language().tag == "fr"
    number = 1
    while True:
        page: Any
        if view == "lot":
            page = stock.lots_page(session, actor, wanted, number, BATCH, sort)
            yield from (_lot(row, french) for row in page.rows)
        else:
            by_site = view == "site"
            page = stock.groups_page(session, actor, wanted, number, BATCH, by_site=by_site, sort=sort)
            yield from (_group(row, french, by_site) for row in page.rows)
        if number * BATCH >= page.total:
            return
        number += 1


def _name(row: Any, french: bool) -> str:
    return str((french and row.item_name_fr) or row.item_name)


def _lot(row: Any, french: bool) -> Sequence[Any]:
    return (
        row.site, row.site_name, said(ZONES, row.zone), row.item, _name(row, french), row.base_unit, row.lot,
        row.expires_on, row.donor_name, row.donation, row.on_hand, row.reserved, row.available,
        said(STOCK_STATUSES, row.status),
    )  # fmt: skip


def _group(row: Any, french: bool, by_site: bool) -> Sequence[Any]:
    sums = row.totals
    return (
        *((row.site, row.site_name) if by_site else ()), row.item, _name(row, french), row.base_unit,
        said(CATEGORIES, row.category), sums.usable, sums.reserved, sums.quarantine, sums.expired, sums.recalled,
        sums.in_transit, row.next_expiry, row.lots,
    )  # fmt: skip
