"""Stock: by item, by site, by lot; the same as a file; the stock card of an item at a site."""

from typing import Any, cast

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.queries import catalogue, movements, stock
from inventory.queries.in_transit import in_transit_total
from inventory.queries.kitting import put_together_here
from inventory.queries.stock import StockFilter
from inventory.rules.demand import rounded
from inventory.services.catalogue import get_item
from inventory.services.sites import get_site
from inventory.web.downloads import download, hxl_tags
from inventory.web.forms import Choice, FilterForm, asked, asked_number
from inventory.web.guard import me
from inventory.web.item_at_site import planning
from inventory.web.labels import REASONS
from inventory.web.links import document_href
from inventory.web.pages import PAGE, item_name, my_sites
from inventory.web.reference_words import (
    CATEGORIES,
    PLACES,
    POLICY_METHODS,
    POSTINGS,
    STOCK_STATUSES,
    ZONES,
    choices,
    said,
)
from inventory.web.stock_files import columns, names, rows

bp = Blueprint("stock", __name__, url_prefix="/stock")

VIEWS = ("item", "site", "lot")


class StockFilters(FilterForm):
    """Which stock to show."""

    site = Choice(_l("Site"))
    category = Choice(_l("Category"))
    status = Choice(_l("State"))
    zone = Choice(_l("Zone"))
    donor = Choice(_l("Donor"))
    within = Choice(_l("Expires within"))


@bp.get("")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """Stock now, summed by item, by item and site, or lot by lot."""
    view, wanted = _view(), _wanted()
    stock.check_site(session(), me(), wanted.site)
    filters, named = _filters()
    sort = asked("sort") or "item"
    number = asked_number("page", 1)
    page: Any
    if view == "lot":
        page = stock.lots_page(session(), me(), wanted, number, PAGE, sort)
    else:
        page = stock.groups_page(session(), me(), wanted, number, PAGE, by_site=view == "site", sort=sort)
    return render_template(
        "stock/index.html",
        view=view,
        wanted=wanted,
        filters=filters,
        named=named,
        page=page,
        kit_lots=put_together_here(session(), [row.lot_id for row in page.rows]) if view == "lot" else set(),
        sort=sort,
        totals=stock.totals(session(), me(), wanted),
        in_transit=in_transit_total(session(), me(), wanted),
        today=clock.today(),
        said=said,
        categories=CATEGORIES,
    )


@bp.get("/file.<any(csv, xlsx):ending>")
@requires("stock.see")
def file(ending: str) -> ResponseReturnValue:
    """What the page shows, all of it, as CSV or XLSX."""
    view, wanted = _view(), _wanted()
    stock.check_site(session(), me(), wanted.site)
    content = rows(session(), me(), view, wanted, asked("sort") or "item")
    name = f"stock-by-{view}-{clock.today().isoformat()}"
    return download(ending, name, columns(view), content, _("Stock"), hxl_tags(names(view)))


@bp.get("/<site>/<item>")
@requires("stock.see")
def card(site: str, item: str) -> ResponseReturnValue:
    """The stock card: figures and what they rest on, lots, movements with the balance after each."""
    database = session()
    stock.check_site(database, me(), site)
    place, goods = get_site(database, site), get_item(database, item)
    g.timezone = place.timezone
    plan = planning(me(), place, goods)
    lots = stock.lots_page(database, me(), StockFilter(site=site, item=item), 1, 200, "expires_on")
    page = movements.stock_card(database, me(), site, item, asked_number("page", 1), PAGE)
    return render_template(
        "stock/card.html",
        site=place,
        item=goods,
        item_name=item_name(goods),
        plan=plan,
        figures=plan.told.figures,
        rounded=rounded,
        said=said,
        methods=POLICY_METHODS,
        lots=lots.rows,
        kit_lots=put_together_here(database, [row.lot_id for row in lots.rows]),
        totals=stock.totals(database, me(), StockFilter(site=site, item=item)),
        page=page,
        today=clock.today(place.timezone),
        place_of=_place,
        did=lambda row: said(POSTINGS, row.kind),
        why=lambda row: REASONS.get(row.reason or "", row.reason),
    )


def _place(where: str, kind: str, site: str) -> str:
    """A place of a movement in words, as seen from a site: its zones by name, elsewhere by code or number."""
    if kind in ZONES:
        code, _slash, zone = where.rpartition("/")
        return said(ZONES, zone) if code == site else code
    if kind in ("in_transit", "missing") and "/" in where:
        number = where.partition("/")[0]
        return number if kind == "in_transit" else _("missing from %(shipment)s", shipment=number)
    return said(PLACES, kind)


def _view() -> str:
    view = request.args.get("by", "item")
    return view if view in VIEWS else "item"


def _wanted() -> StockFilter:
    within = asked_number("within", 0, 36_500)
    return StockFilter(
        site=asked("site"),
        item=asked("item"),
        lot=asked("lot"),
        donor=asked("donor"),
        zone=asked("zone"),
        status=asked("status"),
        category=asked("category"),
        text=asked("q"),
        expiring_within_days=within or None,
    )


def _filters() -> tuple[StockFilters, dict[str, tuple[str, str]]]:
    """The filters' form, and the words for the values that are asked for."""
    form = StockFilters(request.args)
    database = session()
    form.site.choices = [("", _("Every site"))] + [
        (each.code, each.name) for each in my_sites(partners=False)
    ]
    form.category.choices = [("", _("Every category"))] + [
        (each, said(CATEGORIES, each)) for each in catalogue.categories(database)
    ]
    form.status.choices = choices(STOCK_STATUSES, _("Every state"))
    form.zone.choices = choices(ZONES, _("Every zone"))
    form.donor.choices = [("", _("Every donor"))] + [
        (each.code, each.name) for each in catalogue.all_donors(database)
    ]
    form.within.choices = [("", _("Whenever"))] + [
        (str(days), _("%(days)s days", days=days)) for days in (30, 60, 90, 180, 365)
    ]
    named = {}
    for field in (form.site, form.category, form.status, form.zone, form.donor, form.within):
        if field.data:
            named[field.short_name] = (
                field.label.text,
                str(dict(cast("Any", field.choices)).get(field.data, field.data)),
            )
    return form, named


bp.add_app_template_filter(document_href)
