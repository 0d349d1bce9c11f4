"""The stock board: sites by items, each cell in a word, how much is left and for how long."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.models import Site
from inventory.queries import board as queries
from inventory.queries import catalogue, stock
from inventory.queries.board import ITEMS, SITES, BoardFilter
from inventory.rules.demand import rounded
from inventory.web.downloads import download, hxl_tags
from inventory.web.forms import Choice, FilterForm, asked, asked_number
from inventory.web.guard import me
from inventory.web.labels import ALERTS
from inventory.web.labels import choices as labelled
from inventory.web.pages import item_name
from inventory.web.planning_words import level_word, month_year
from inventory.web.reference_words import BASES, CATEGORIES, VEN, choices, said

bp = Blueprint("board", __name__, url_prefix="/board")

SORTS = ("worst", "item")
COLUMNS = (
    "site", "site_name", "item", "item_name", "base_unit", "category", "ven", "status", "usable", "reserved",
    "inbound", "asked_for", "demand", "demand_basis", "months_of_stock", "effective_months", "projected_expired",
    "stock_out_on", "emergency_point", "reorder_point", "maximum", "suggested_quantity",
)  # fmt: skip
"""What the file's columns hold, by the names that HXL tags go by."""


class BoardFilters(FilterForm):
    """Which part of the board to show."""

    site = Choice(_l("Site"))
    category = Choice(_l("Category"))
    ven = Choice(_l("Importance"))
    state = Choice(_l("Open alert"))


@bp.get("")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """One page of items and sites."""
    every, sites = _sites()
    columns = 1 if len(sites) <= SITES else min(asked_number("sites", 1), -(-len(sites) // SITES))
    shown = sites[(columns - 1) * SITES : columns * SITES]
    wanted, sort = _wanted(), _sort()
    # Paged by what is known anywhere, so that turning to other sites keeps the same items in sight.
    page = queries.board(session(), sites, wanted, asked_number("page", 1), ITEMS, sort, shown)
    filters, chips = _filters(every)
    return render_template(
        "board/index.html",
        page=page,
        sites=shown,
        all_sites=sites,
        columns=columns,
        column_size=SITES,
        wanted=wanted,
        sort=sort,
        filters=filters,
        chips=chips,
        rounded=rounded,
        item_name=item_name,
    )


@bp.get("/file.<any(csv, xlsx):ending>")
@requires("stock.see")
def file(ending: str) -> ResponseReturnValue:
    """Every item at every site that the page shows, a row each, as CSV or XLSX."""
    sites = _sites()[1]
    head = [
        _("Site"), _("Name of the site"), _("Item"), _("Name"), _("Unit"), _("Category"), _("Importance"), _("State"),
        _("Usable"), _("Reserved"), _("On its way"), _("Asked for"), _("Used in a month"), _("It rests on"),
        _("Months of stock"), _("Months, what will expire left out"), _("Will expire unused within a year"),
        _("Used up on"), _("Emergency at"), _("Reorder at"), _("Fill up to"), _("To ask for now"),
    ]  # fmt: skip
    name = f"stock-board-{clock.today().isoformat()}"
    return download(ending, name, head, _rows(sites), _("Stock board"), hxl_tags(COLUMNS))


def _rows(sites: Sequence[Site]) -> Iterator[Sequence[Any]]:
    for site, item, found in queries.all_rows(session(), sites, _wanted(), _sort()):
        judged = found.assessment
        yield (
            site.code, site.name, item.code, item_name(item), item.base_unit, said(CATEGORIES, item.category),
            said(VEN, item.ven), level_word(judged.status), found.usable, found.usable - found.available,
            found.inbound, found.open_requisitions, rounded(found.demand), said(BASES, found.basis),
            rounded(judged.months_of_stock), rounded(judged.effective_months),
            found.projection.projected_expired, found.projection.first_stock_out, rounded(judged.emergency_point),
            rounded(judged.reorder_point), rounded(judged.maximum), judged.suggested_quantity,
        )  # fmt: skip


def _sites() -> tuple[list[Site], list[Site]]:
    """(every site of who asks, those that are shown)."""
    code = asked("site")
    stock.check_site(session(), me(), code)
    every = queries.sites_of(session(), me())
    return every, [site for site in every if code in (None, site.code)]


def _wanted() -> BoardFilter:
    state = asked("state")
    return BoardFilter(
        category=asked("category"),
        ven=asked("ven"),
        state=state if state in queries.STATES else None,
        text=asked("q"),
    )


def _sort() -> str:
    return "item" if asked("sort") == "item" else "worst"


def _filters(sites: Sequence[Site]) -> tuple[BoardFilters, list[dict[str, str]]]:
    """The filters' form, and what is filtered by in words."""
    form = BoardFilters(request.args)
    form.site.choices = [("", _("Every site")), *((each.code, each.name) for each in sites)]
    form.category.choices = [
        ("", _("Every category")),
        *((each, said(CATEGORIES, each)) for each in catalogue.categories(session())),
    ]
    form.ven.choices = [*choices(VEN, _("Whatever its importance")), ("none", _("Not classed"))]
    form.state.choices = labelled(ALERTS, _("Whatever its state"), queries.STATES)
    chips = []
    if asked("q"):
        chips.append({"name": "q", "label": _("Search"), "value": asked("q") or ""})
    for field in (form.site, form.category, form.ven, form.state):
        if field.data:
            words = str(dict(cast("Any", field.choices)).get(field.data, field.data))
            chips.append({"name": field.short_name, "label": field.label.text, "value": words})
    return form, chips


bp.add_app_template_filter(month_year)
