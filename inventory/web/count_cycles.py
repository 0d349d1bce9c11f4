"""Cycle counts: what is to be counted by when at a site, today's sheet, and how often each group is counted."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import Site
from inventory.queries import cycle_counts as reading
from inventory.rules.cycle_counts import DEFAULTS, fill
from inventory.services import count_sheets as service
from inventory.services.count_intervals import set_intervals
from inventory.services.count_sheets import NewSheet
from inventory.web.count_sheets import tolerance
from inventory.web.count_words import GROUPS
from inventory.web.forms import BaseForm, Whole, asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name, my_sites, page_token, preset_site

bp = Blueprint("count_cycles", __name__, url_prefix="/counts/due")

LINES = 30
"""Lines of a day's sheet, unless somebody says otherwise: an hour's work."""


class IntervalForm(BaseForm):
    """Days between counts, a field for each group."""


for _group in DEFAULTS:
    setattr(IntervalForm, _group, Whole(GROUPS[_group]))


@bp.get("")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """What is to be counted at a site, the most pressing first."""
    sites = my_sites(partners=False, closed=False)
    code = asked("site") or preset_site(sites) or (sites[0].code if sites else "")
    site = next((each for each in sites if each.code == code), None)
    if site is None:
        return render_template("counts/due.html", site=None, sites=sites, cycle=None)
    found = reading.cycle(session(), site, tolerance())
    every = asked("show") == "all"
    rows = found.rows if every else [row for row in found.rows if row.overdue >= 0]
    number = max(1, min(asked_number("page", 1), -(-len(rows) // PAGE) or 1))
    return render_template(
        "counts/due.html",
        site=site,
        sites=sites,
        cycle=found,
        rows=rows[(number - 1) * PAGE : number * PAGE],
        number=number,
        size=PAGE,
        total=len(rows),
        every=every,
        groups=GROUPS,
        lines=asked_number("lines", LINES, 500),
        today=clock.today(site.timezone),
        token=uuid4(),
        item_name=item_name,
    )


@bp.post("/sheet")
@requires("counts.write")
def sheet() -> ResponseReturnValue:
    """Open a sheet of what is due at a site, of at most so many lines."""
    code = request.form.get("site", "")
    site = next((each for each in my_sites(partners=False, closed=False) if each.code == code), None)
    if site is None:
        return render_template("errors/error.html", status=404, message=None), 404
    told = request.form.get("lines", "")
    most = int(told) if told.isascii() and told.isdigit() and 0 < int(told[:6]) <= 500 else LINES
    codes = _chosen(site, most)
    if not codes:
        flash(_("Nothing is due at this site."), "info")
        return redirect(url_for("count_cycles.index", site=code), 303)
    command = NewSheet(
        site=code,
        reason="cycle",
        title=_("Cycle count"),
        due_on=clock.today(site.timezone),
        blind=True,
        items=codes,
    )
    try:
        number = do_once(
            f"cycle {code}", page_token(), lambda s: str(service.open_sheet(s, me(), command).number)
        )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(render(error.message), "error")
        return redirect(url_for("count_cycles.index", site=code), 303)
    return redirect(url_for("count_sheets.show", number=number), 303)


def _chosen(site: Site, most: int) -> list[str]:
    due = reading.cycle(session(), site, tolerance()).due
    return fill([(row.item.code, row.lines) for row in due], most)


@bp.route("/intervals", methods=["GET", "POST"])
@requires("counts.plan")
def intervals() -> ResponseReturnValue:
    """How often each group is counted."""
    known: dict[str, Any] = dict(reading.intervals(session()))
    form: Any = IntervalForm(data=known)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            days: dict[str, int | None] = {group: form[group].data for group in DEFAULTS}

            def work(s: Session, days: dict[str, int | None] = days) -> str:
                set_intervals(s, me(), days)
                return ""

            try:
                do_once("count intervals", form.uuid, work)
                flash(_("Saved."), "success")
                return redirect(url_for("count_cycles.index"), 303)
            except DomainError as error:
                put_errors(form, error)
                status = error.status
    return render_template("counts/intervals.html", form=form, groups=DEFAULTS), status
