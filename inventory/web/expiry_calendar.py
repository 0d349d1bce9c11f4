"""The expiry calendar: what expires month by month, and what will be used of it until then."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.queries import catalogue, expiries
from inventory.queries.expiries import CalendarFilter, Span
from inventory.web.downloads import download, hxl_tags
from inventory.web.forms import Choice, FilterForm, asked, asked_number
from inventory.web.guard import me
from inventory.web.pages import PAGE, item_name, my_sites
from inventory.web.planning_words import month_year
from inventory.web.reference_words import CATEGORIES, STOCK_STATUSES, said
from inventory.web.words import day

bp = Blueprint("calendar", __name__, url_prefix="/calendar")

COLUMNS = (
    "site", "site_name", "item", "item_name", "base_unit", "category", "lot", "expires_on", "status", "on_hand",
    "projected_use", "projected_expired", "value", "currency",
)  # fmt: skip
"""What the file's columns hold, by the names that HXL tags go by."""


class CalendarFilters(FilterForm):
    """Whose lots to show."""

    site = Choice(_l("Site"))
    category = Choice(_l("Category"))


@bp.get("")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """The months, and the lots of the one that is open."""
    today, wanted = clock.today(), _wanted()
    months = expiries.calendar(session(), me(), wanted, today)
    span = expiries.span_named(asked("month"), today)
    filters, chips = _filters()
    return render_template(
        "calendar/index.html",
        months=months,
        empty=not any(each.lots for each in months),
        span=span,
        span_words=span_words,
        page=expiries.lots_page(session(), me(), wanted, span, asked_number("page", 1), PAGE),
        wanted=wanted,
        filters=filters,
        chips=chips,
        today=today,
        too_far=today + timedelta(days=expiries.LOOKED_AHEAD),
        item_name=item_name,
    )


@bp.get("/file.<any(csv, xlsx):ending>")
@requires("stock.see")
def file(ending: str) -> ResponseReturnValue:
    """The lots of the month that is open, or else every lot with an expiry date, as CSV or XLSX."""
    today = clock.today()
    key = asked("month")
    span = expiries.span_named(key, today) if key else Span("all", None, None)
    head = [
        _("Site"), _("Name of the site"), _("Item"), _("Name"), _("Unit"), _("Category"), _("Lot"), _("Expires"),
        _("State"), _("On hand"), _("Will be used"), _("Will expire unused"), _("Value"), _("Currency"),
    ]  # fmt: skip
    name = f"expiry-{span.key}-{today.isoformat()}"
    return download(ending, name, head, _rows(_wanted(), span), _("Expiry calendar"), hxl_tags(COLUMNS))


def _rows(wanted: CalendarFilter, span: Span) -> Iterator[Sequence[Any]]:
    for row in expiries.all_lots(session(), me(), wanted, span):
        yield (
            row.site.code, row.site.name, row.item.code, item_name(row.item), row.item.base_unit,
            said(CATEGORIES, row.item.category), row.lot.number, row.lot.expires_on,
            said(STOCK_STATUSES, row.status), row.on_hand, row.used, row.expiring,
            None if row.value is None else round(row.value, 2), row.lot.currency if row.value is not None else None,
        )  # fmt: skip


def span_words(span: Span) -> str:
    """What a span is called."""
    if span.key == "expired":
        return str(_("Expired"))
    if span.key == "soon":
        return str(_("The next %(days)s days", days=expiries.SOON))
    if span.key == "later" or span.first is None:
        return str(_("From %(day)s on", day=day(span.first)))
    return month_year(span.first)


def _wanted() -> CalendarFilter:
    return CalendarFilter(site=asked("site"), category=asked("category"))


def _filters() -> tuple[CalendarFilters, list[dict[str, str]]]:
    form = CalendarFilters(request.args)
    form.site.choices = [("", _("Every site"))] + [
        (each.code, each.name) for each in my_sites(partners=False)
    ]
    form.category.choices = [("", _("Every category"))] + [
        (each, said(CATEGORIES, each)) for each in catalogue.categories(session())
    ]
    chips = []
    for each in (form.site, form.category):
        if each.data:
            words = str(dict(cast("Any", each.choices)).get(each.data, each.data))
            chips.append({"name": each.short_name, "label": each.label.text, "value": words})
    return form, chips
