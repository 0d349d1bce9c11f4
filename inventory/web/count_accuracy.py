"""How well the books agree with the shelves, month by month: a chart, a table, a file."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.queries import count_accuracy as reading
from inventory.queries import stock
from inventory.queries.count_accuracy import Accuracy, SiteMonth
from inventory.web import charts
from inventory.web.charts import Chart
from inventory.web.count_sheets import tolerance
from inventory.web.downloads import download, hxl_tags
from inventory.web.forms import asked, asked_day
from inventory.web.guard import me
from inventory.web.pages import my_sites
from inventory.web.words import number

bp = Blueprint("count_accuracy", __name__, url_prefix="/counts/accuracy")

BACK = timedelta(days=365)
COLUMNS = (
    "site",
    "month",
    "lines",
    "exact",
    "exact_percent",
    "within_tolerance",
    "within_percent",
    "units_found",
    "units_missing",
    "units_net",
    "currency",
    "value_found",
    "value_missing",
    "value_net",
)


@bp.get("")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """Each month of each of my sites, and all of them together as a chart."""
    rows, since, until = _rows()
    months = reading.by_month(rows)
    return render_template(
        "counts/accuracy.html",
        rows=rows,
        charts=_charts(months),
        total=_total(months),
        since=since,
        until=until,
        site=asked("site"),
        sites=my_sites(partners=False),
        tolerance=tolerance(),
        month=_month,
        percent=percent,
    )


@bp.get("/months.<any(csv, xlsx):ending>")
@requires("exports.see")
def file(ending: str) -> ResponseReturnValue:
    """The same as a file, a row for each currency of a month."""
    rows, _since, _until = _rows()
    heads = {
        "site": _("Site"),
        "month": _("Month"),
        "lines": _("Lines counted"),
        "exact": _("Exactly as in the books"),
        "exact_percent": _("Exactly as in the books (%%)"),
        "within_tolerance": _("Within the tolerance"),
        "within_percent": _("Within the tolerance (%%)"),
        "units_found": _("Units found"),
        "units_missing": _("Units missing"),
        "units_net": _("Units, net"),
        "currency": _("Currency"),
        "value_found": _("Value found"),
        "value_missing": _("Value missing"),
        "value_net": _("Value, net"),
    }
    named = [heads[each] for each in COLUMNS]
    name = f"count-accuracy-{clock.today().isoformat()}"
    return download(ending, name, named, _cells(rows), _("Accuracy of stock"), hxl_tags(COLUMNS))


def _rows() -> tuple[list[SiteMonth], date, date]:
    until = asked_day("until") or clock.today()
    since = asked_day("since") or (until - BACK).replace(day=1)
    stock.check_site(session(), me(), asked("site"))
    rows = reading.accuracy(session(), me(), tolerance(), site=asked("site"), since=since, until=until)
    return rows, since, until


def _cells(rows: list[SiteMonth]) -> Iterator[list[Any]]:
    for row in rows:
        told = row.accuracy
        head = [row.site.code, row.month, told.lines, told.exact, _tenths(told.exact_share), told.within]
        head += [_tenths(told.within_share), told.found, told.missing, told.found - told.missing]
        for currency in told.currencies:
            worth = (told.value_found[currency], told.value_missing[currency], told.net(currency))
            yield [*head, currency, *worth]
        if not told.currencies:
            yield [*head, None, None, None, None]


def _tenths(share: Any) -> float:
    return float(round(share * 100, 1))


def percent(share: Any) -> str:
    """A share as people read it."""
    return f"{number(round(share * 100))} %"


def _month(day: date) -> str:
    return str(format_date(day, "MMM yyyy"))


def _total(months: list[tuple[date, Accuracy]]) -> Accuracy | None:
    if not months:
        return None
    total = Accuracy()
    for _day, each in months:
        for name in ("lines", "exact", "within", "found", "missing"):
            setattr(total, name, getattr(total, name) + getattr(each, name))
    return total


def _charts(months: list[tuple[date, Accuracy]]) -> list[Chart]:
    """Of each month the share of lines within the tolerance, and in it of those that agreed exactly."""
    bars = [
        charts.Pair(
            _month(day),
            each.within_share,
            each.exact_share,
            _(
                "%(month)s: %(lines)s lines, %(within)s within the tolerance, %(exact)s exact",
                month=_month(day),
                lines=number(each.lines),
                within=percent(each.within_share),
                exact=percent(each.exact_share),
            ),
        )
        for day, each in months
    ]
    return [charts.shares(width, height, bars) for width, height in ((720, 220), (350, 200))] if bars else []
