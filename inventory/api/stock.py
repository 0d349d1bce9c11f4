"""What is in stock, the ledger behind it, and how the items of a site stand."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, me, read
from inventory.api.fields import Code, Day, Instant, Number, Schema, Text, Whole, Word, optional
from inventory.ledger.figures import Figures
from inventory.models import Item
from inventory.queries import movements, status, stock
from inventory.queries.movements import MovementFilter
from inventory.queries.paging import Slice
from inventory.queries.stock import StockFilter
from inventory.rules.demand import rounded
from inventory.rules.effects import ZONES

TAG = ["Stock"]
STATUSES = ("usable", "quarantine", "expired", "recalled")


class StockWanted(paging.Paged):
    """Which lots; `as_of` is the end of that day, by occurrence."""

    site = Code(load_default=None)
    item = Code(load_default=None)
    lot = Text(most=80, load_default=None)
    donor = Code(load_default=None)
    as_of = Day(load_default=None)
    zone = Word(sorted(ZONES), load_default=None)
    status = Word(STATUSES, load_default=None)


class StockTold(Schema):
    """One lot in one zone of a site. `available` is what may be issued."""

    site = Code(required=True)
    zone = Word(sorted(ZONES), required=True)
    item = Code(required=True)
    lot = Text(required=True)
    expires_on = Day(required=True, allow_none=True)
    donor = Code(required=True, allow_none=True)
    donation = Text(required=True, allow_none=True)
    on_hand = Whole(required=True)
    reserved = Whole(required=True)
    available = Whole(required=True)
    status = Word(STATUSES, required=True)


class MovementsWanted(paging.Paged):
    """Which movements; `since` keeps those that occurred from that instant on."""

    site = Code(load_default=None)
    item = Code(load_default=None)
    lot = Text(most=80, load_default=None)
    document = Text(most=24, load_default=None)
    since = Instant(load_default=None)


class MovementTold(Schema):
    """So many base units of a lot from one place to another; `balance` at the site and of the item asked for."""

    id = Whole(required=True)
    occurred_at = Instant(required=True)
    recorded_at = Instant(required=True)
    item = Code(required=True)
    lot = Text(required=True)
    quantity = Whole(required=True)
    source = Text(required=True)
    destination = Text(required=True)
    kind = Text(required=True)
    reason = Text(required=True, allow_none=True)
    document = Text(required=True, allow_none=True)
    by = Text(required=True, allow_none=True)
    balance = optional(Whole)


class StatusTold(Schema):
    """How an item stands at a site; null is not known. Levels are whole or decimal strings."""

    item = Code(required=True)
    name = Text(required=True)
    available = Whole(required=True)
    inbound = Whole(required=True)
    open_requisitions = Whole(required=True)
    amc = Number(required=True, allow_none=True, keep_places=True)
    amc_basis = Text(required=True)
    demand = Number(required=True, allow_none=True, keep_places=True)
    demand_basis = Text(required=True)
    days_out = Whole(required=True, allow_none=True)
    months_of_stock = Number(required=True, allow_none=True, keep_places=True)
    effective_stock = Whole(required=True, allow_none=True)
    effective_months = Number(required=True, allow_none=True, keep_places=True)
    position = Number(required=True, whole_too=True)
    reorder_point = Number(required=True, allow_none=True, whole_too=True)
    maximum = Number(required=True, allow_none=True, whole_too=True)
    emergency_point = Number(required=True, allow_none=True, whole_too=True)
    status = Text(required=True, allow_none=True)
    suggested_quantity = Whole(required=True, allow_none=True)
    projected_expired = Whole(required=True, allow_none=True)


@bp.route("/stock", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.arguments(StockWanted, location="query")
@bp.response(200, paging.page_of(StockTold))
def list_stock(wanted: dict[str, Any]) -> Response:
    """List lots in stock, now or as of a day."""
    after = paging.key_of(wanted["cursor"], [int, int])
    names = ("site", "item", "lot", "donor", "zone", "status")
    kept = StockFilter(**{name: wanted[name] for name in names})
    stock.check_site(read(), me(), kept.site)
    if wanted["as_of"] is None:
        found = stock.lots_slice(read(), me(), kept, after, wanted["limit"])
    else:
        found = stock.lots_as_of(read(), me(), kept, wanted["as_of"], after, wanted["limit"])
    return paging.page(StockTold, found)


@bp.route("/movements", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.arguments(MovementsWanted, location="query")
@bp.response(200, paging.page_of(MovementTold))
def list_movements(wanted: dict[str, Any]) -> Response:
    """List the ledger, oldest first."""
    after = paging.key_of(wanted["cursor"], [datetime, int])
    kept = MovementFilter(**{name: wanted[name] for name in ("site", "item", "lot", "document", "since")})
    return paging.page(MovementTold, movements.movements_slice(read(), me(), kept, after, wanted["limit"]))


@bp.route("/sites/<site>/stock-status", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(StatusTold))
def stock_status(wanted: dict[str, Any], site: str) -> Response:
    """How each item of a site stands: stock, demand, cover, levels and what to ask for."""
    after = paging.key_of(wanted["cursor"], [str])
    rows = [row for row in status.site_figures(read(), me(), site) if after is None or row[0].code > after]
    kept = rows[: wanted["limit"]]
    found = Slice(kept, kept[-1][0].code if len(rows) > len(kept) else None)
    return paging.page(StatusTold, found, [_status(item, entry) for item, entry in kept])


def _status(item: Item, entry: Figures) -> dict[str, Any]:
    now = entry.assessment
    return {
        "item": item.code,
        "name": item.name,
        "available": entry.available,
        "inbound": entry.inbound,
        "open_requisitions": entry.open_requisitions,
        "amc": rounded(entry.amc),
        "amc_basis": entry.amc_basis,
        "demand": rounded(entry.demand),
        "demand_basis": entry.basis,
        "days_out": entry.usage.days_out,
        "months_of_stock": rounded(now.months_of_stock),
        "effective_stock": now.effective_stock,
        "effective_months": rounded(now.effective_months),
        "position": _level(now.position),
        "reorder_point": _level(now.reorder_point),
        "maximum": _level(now.maximum),
        "emergency_point": _level(now.emergency_point),
        "status": now.status,
        "suggested_quantity": now.suggested_quantity,
        "projected_expired": entry.projection.projected_expired,
    }


def _level(value: Fraction | None) -> Any:
    return value.numerator if value is not None and value.denominator == 1 else rounded(value)
