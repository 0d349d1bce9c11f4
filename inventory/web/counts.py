"""Physical counts: the list of lots to count, the differences shown before they are posted, the result."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.queries import documents, stock
from inventory.services.counts import Count, CountedLine, count
from inventory.web.forms import (
    BaseForm,
    Day,
    ItemSearch,
    LineForm,
    SecondPerson,
    Text,
    Whole,
    asked,
    asked_number,
    filled,
    name_items,
    put_errors,
    rows_changed,
)
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, my_sites, preset_site, zone_of
from inventory.web.stock_events import event_page

bp = Blueprint("counts", __name__)
MOST_LOTS = 2000


class KnownRow(LineForm):
    """A lot that the books know at the site. `expected` is what they said when the page was made."""

    item = HiddenField()
    lot = HiddenField()
    expected = HiddenField()
    counted = Whole(_l("Counted"))


class OtherRow(LineForm):
    """A lot that was found although it is not on the list."""

    item = ItemSearch(_l("Item"))
    lot = Text(_l("Lot"))
    counted = Whole(_l("Counted"))


class CountForm(BaseForm):
    """What was counted at a site on a day."""

    counted_on = Day(_l("Day of the count"), [InputRequired(_l("Give the day."))])
    note = TextAreaField(_l("Note"))
    witness = SecondPerson()
    known = FieldList(FormField(KnownRow), label=_l("Lots on the list"))
    others = FieldList(FormField(OtherRow), label=_l("Other lots found"), min_entries=1)
    blind = HiddenField()


@dataclass(frozen=True, slots=True)
class Listed:
    """A lot number of an item as it stands in the books of a site."""

    item: str
    name: str
    unit: str
    lot: str
    expires_on: date | None
    expected: int


@bp.get("/counts")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """Counts, the newest first."""
    wanted = documents.DocumentFilter(kind="count", site=asked("site"), q=asked("q"))
    page = documents.events_page(session(), me(), wanted, asked_number("page", 1), PAGE)
    return render_template("counts/index.html", page=page, wanted=wanted, sites=my_sites(partners=False))


@bp.route("/counts/new", methods=["GET", "POST"])
@requires("counts.write")
def new() -> ResponseReturnValue:
    """The list to count by; then the differences; then they are posted."""
    sites = my_sites(partners=False)
    code = request.args.get("site") or (request.method == "GET" and preset_site(sites)) or ""
    if not any(site.code == code for site in sites):
        return render_template("counts/choose.html", sites=sites)
    today = clock.today(zone_of(sites, code))
    form = CountForm()
    if request.method == "GET":
        form.counted_on.data = today
        form.blind.data = "1" if asked("blind") else ""
        for row in _listed(code, today, today):
            form.known.append_entry({"item": row.item, "lot": row.lot, "expected": str(row.expected)})
        return _page(form, code, today)
    name_items(entry.form.item for entry in form.others)
    if rows_changed(form.others):
        return _page(form, code, today)
    counted = [entry for entry in form.known.entries if _typed(entry.form.counted)]
    others = filled(form.others)
    if not form.validate():
        return _page(form, code, today), 422
    if "confirm" not in request.form:
        return _page(form, code, today, review=True)
    if _moved_on(form, counted, code, today):
        form.form_errors = [_("Stock has moved since this list was made. Look at the differences again.")]
        return _page(form, code, today, review=True), 409
    return _post(form, code, today, counted, others)


def _post(
    form: CountForm, code: str, today: date, counted: list[Any], others: list[Any]
) -> ResponseReturnValue:
    lines = [
        CountedLine(entry.form.item.data or "", entry.form.lot.data or "", _told(entry.form.counted.data))
        for entry in [*counted, *others]
    ]

    def work(s: Session) -> str:
        command = Count(code, form.counted_on.data or today, lines, note=form.note.data, uuid=form.uuid)
        return str(count(s, me(), command).number)

    try:
        number = do_once(f"count {code}", form.uuid, work, second=form.witness)
    except DomainError as error:
        put_errors(form, error, {"lines": [*counted, *others]})
        return _page(form, code, today, review=True), error.status
    flash(_("The count is posted: %(number)s.", number=number), "success")
    return redirect(url_for("counts.show", number=number), 303)


def _typed(field: Any) -> bool:
    return bool(field.raw_data and str(field.raw_data[0]).strip())


def _told(value: int | None) -> int:
    return -1 if value is None else value


def _listed(code: str, day: date, today: date) -> list[Listed]:
    """The lots of a site's `stock` zone by item and number, at the end of `day`."""
    wanted = stock.StockFilter(site=code, zone="stock")
    rows: Sequence[stock.StockRow]
    if day < today:
        rows = stock.lots_as_of(session(), me(), wanted, day, None, MOST_LOTS).rows
    else:
        rows = stock.lots_page(session(), me(), wanted, 1, MOST_LOTS).rows
    sums: dict[tuple[str, str], int] = defaultdict(int)
    facts: dict[tuple[str, str], stock.StockRow] = {}
    for row in rows:
        sums[(row.item, row.lot)] += row.on_hand
        facts.setdefault((row.item, row.lot), row)
    found = [
        Listed(row.item, row.item_name, row.base_unit, row.lot, row.expires_on, sums[key])
        for key, row in facts.items()
    ]
    return sorted(found, key=lambda each: (each.name, each.expires_on or date.max, each.lot))


def _moved_on(form: CountForm, counted: list[Any], code: str, today: date) -> bool:
    """Whether the books say something else now than when the differences were shown."""
    now = {(row.item, row.lot): row.expected for row in _listed(code, form.counted_on.data or today, today)}
    stale = [
        entry
        for entry in counted
        if entry.form.expected.data != str(now.get((entry.form.item.data, entry.form.lot.data), 0))
    ]
    return bool(stale)


def _page(form: CountForm, code: str, today: date, review: bool = False) -> str:
    """The list; with `review` also what the books say and the difference of each lot that was counted."""
    day = form.counted_on.data or today
    listed = {(row.item, row.lot): row for row in _listed(code, day, today)}
    rows = []
    for entry in form.known.entries:
        key = (entry.form.item.data or "", entry.form.lot.data or "")
        row = listed.get(key) or Listed(*_name_of(key), key[1], None, 0)
        entry.form.expected.data = str(row.expected)
        entry.form.expected.raw_data = None
        rows.append((entry, row))
    changed = [
        (row, entry.form.counted.data - row.expected)
        for entry, row in rows
        if entry.form.counted.data is not None
    ]
    return render_template(
        "counts/form.html",
        form=form,
        site=next(site for site in my_sites(partners=False) if site.code == code),
        rows=rows,
        review=review,
        blind=bool(form.blind.data) and not review,
        counted=len(changed),
        differing=sum(1 for _row, difference in changed if difference),
        others=filled(form.others),
        today=today,
    )


def _name_of(key: tuple[str, str]) -> tuple[str, str, str]:
    return key[0], key[0], ""


@bp.get("/counts/<number>")
@requires("stock.see")
def show(number: str) -> ResponseReturnValue:
    """What was counted and what the books said."""
    return event_page(number, {"count"})
