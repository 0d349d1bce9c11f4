"""Exports: every list as a file, for who may see it, filtered as the list is."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from inventory import clock
from inventory.access import require, requires
from inventory.db import session
from inventory.queries import exports as queries
from inventory.queries.export_rows import Asked, Table
from inventory.web.downloads import download, hxl_tags
from inventory.web.export_words import HEADS, NAMES, say, words_of
from inventory.web.forms import Choice, Day, FilterForm, asked, asked_day
from inventory.web.guard import me
from inventory.web.pages import my_sites, site_choices

bp = Blueprint("exports", __name__, url_prefix="/exports")

PERMISSIONS = {
    "items": "items.see",
    "sites": "sites.see",
    "donors": "donors.see",
    "stock": "stock.see",
    "movements": "stock.see",
    "receipts": "receipts.see",
    "requisitions": "requisitions.see",
    "shipments": "shipments.see",
    "consumption": "stock.see",
    "counts": "stock.see",
    "events": "stock.see",
    "donations": "donations.export",
    "alerts": "alerts.see",
    "recalls": "stock.see",
    "policies": "policies.see",
    "authorisations": "authorisations.see",
    "holds": "holds.see",
    "excursions": "temperatures.see",
    "register": "register.see",
    "permits": "permits.see",
}
"""Table -> what one must be allowed to see."""


class ExportForm(FilterForm):
    """What to write into the file."""

    table = Choice(_l("What"))
    site = Choice(_l("Site"))
    since = Day(_l("From"))
    until = Day(_l("Until"))
    names = Choice(
        _l("Headings"),
        choices=[("", _l("In my language")), ("api", _l("As an import takes them"))],
    )
    hxl = Choice(
        _l("HXL tags"),
        choices=[("", _l("Without")), ("1", _l("A row of tags below the headings"))],
        description=_l("For the Humanitarian Data Exchange and programs that read it."),
    )


@bp.get("")
@requires("exports.see")
def index() -> ResponseReturnValue:
    """What can be had as a file."""
    form = ExportForm(request.args)
    form.table.choices = [(name, NAMES[name]) for name in PERMISSIONS if me().can(PERMISSIONS[name])]
    form.site.choices = site_choices(my_sites(), empty=str(_l("Every site of mine")))
    return render_template("exports/index.html", form=form)


@bp.get("/file")
@requires("exports.see")
def chosen() -> ResponseReturnValue:
    """The file that the form asks for; without script the buttons name only its ending."""
    if not asked("table"):
        return redirect(url_for("exports.index"))
    return file(request.args["table"], request.args.get("ending", "csv"))


@bp.get("/<name>.<any(csv, xlsx):ending>")
@requires("exports.see")
def file(name: str, ending: str) -> ResponseReturnValue:
    """A table as CSV or XLSX: the rows that the list of it shows under the same address."""
    if name not in PERMISSIONS or ending not in ("csv", "xlsx"):
        return render_template("errors/error.html", status=404, message=None), 404
    require(me(), PERMISSIONS[name])
    header, rows = queries.table(session(), name, me(), _asked())
    heads: Sequence[str] = header
    if asked("names") != "api":
        heads, rows = [str(HEADS.get(each, each)) for each in header], _in_words(name, (header, rows))
    saved = f"{name}-{clock.today().isoformat()}"
    return download(ending, saved, heads, rows, str(NAMES[name]), hxl_tags(header, name))


def _asked() -> Asked:
    given: dict[str, Any] = {each.name: asked(each.name) for each in fields(Asked)}
    return Asked(**given | {day: asked_day(day) for day in ("since", "until")})


def _in_words(name: str, told: Table) -> Iterator[Sequence[Any]]:
    """The rows with the words of closed vocabularies in the reader's language."""
    header, rows = told
    spoken = {index: words for index, each in enumerate(header) if (words := words_of(name, each))}
    for row in rows:
        yield [say(spoken[index], cell) if index in spoken else cell for index, cell in enumerate(row)]
