"""What waits to be put away at a site, each with the bins that suit: confirmed at once, or changed line by line."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, HiddenField

from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError, msg
from inventory.extensions import render
from inventory.models import Site
from inventory.queries import bins as reading
from inventory.services import bins as service
from inventory.services.bins import PutLine
from inventory.web.bins import site_asked
from inventory.web.forms import BaseForm, LineForm, Text, Whole, asked, put_errors, tell
from inventory.web.guard import me
from inventory.web.labels import ZONES
from inventory.web.pages import do_once, item_name, stand_at
from inventory.web.reference_words import TEMPERATURES, said

bp = Blueprint("put_aways", __name__, url_prefix="/put-away")

MOST = 100
"""Lots on one page: the next come when these are put away."""


class PutRow(LineForm):
    """So much of a lot into a bin; left without a bin, it stays where it is."""

    lot_id = HiddenField()
    zone = HiddenField()
    item = HiddenField()
    lot = HiddenField()
    quantity = Whole(_l("Quantity"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    to = Text(_l("Bin"), render_kw={"dir": "ltr", "autocomplete": "off", "list": "bin-codes"})


class PutAwayForm(BaseForm):
    """What is put away."""

    lines = FieldList(FormField(PutRow), label=_l("What is put away"))
    reason = Text(
        _l("Reason"),
        description=_l("Only where a bin does not suit and is used all the same."),
        render_kw={"maxlength": 500},
    )


@bp.route("", methods=["GET", "POST"])
@requires("put_aways.write")
def index() -> ResponseReturnValue:
    """The work list of a site, or of one goods-received note (`?receipt=`)."""
    sites, site = site_asked()
    wanted = asked("site")
    if wanted and (site is None or site.code != wanted):
        reading.site_of(session(), me(), wanted)
    if site is None:
        return render_template("bins/put_away.html", site=None, sites=sites, form=None)
    stand_at(site)
    form = PutAwayForm()
    receipt = asked("receipt")
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            chosen = [entry for entry in form.lines if entry.form.to.data]
            if not chosen:
                tell(form, msg("Say for at least one line which bin it goes to."))
            else:
                try:
                    many = _put(site, form, chosen)
                    flash(
                        ngettext("%(num)s line is put away.", "%(num)s lines are put away.", many), "success"
                    )
                    return redirect(url_for("put_aways.index", site=site.code, receipt=receipt), 303)
                except DomainError as error:
                    if error.status in (403, 404):
                        raise
                    put_errors(form, error, rows={"lines": chosen})
                    status = error.status
    return _page(site, sites, form, receipt), status


def _put(site: Site, form: PutAwayForm, chosen: list[Any]) -> int:
    lines = [
        PutLine(
            entry.form.item.data or "",
            entry.form.lot.data or "",
            entry.form.quantity.data,
            None,
            entry.form.to.data,
            _number(entry.form.lot_id.data),
        )
        for entry in chosen
    ]

    def work(s: Session) -> str:
        service.put_away(s, me(), site.code, lines, reason=form.reason.data)
        return str(len(lines))

    return int(do_once(f"put away {site.code}", form.uuid, work))


def _page(site: Site, sites: list[Site], form: PutAwayForm, receipt: str | None) -> str:
    rows, total = reading.waiting(session(), me(), site.code, receipt=receipt, most=MOST)
    if not form.is_submitted():
        for row in rows:
            parts = [*row.parts, *([(None, row.placing.left)] if row.placing.left else [])]
            for code, part in parts:
                form.lines.append_entry(
                    {
                        "lot_id": row.lot.id,
                        "zone": row.zone,
                        "item": row.lot.item.code,
                        "lot": row.lot.number,
                        "quantity": part,
                        "to": code,
                    }
                )
    known = {(str(row.lot.id), str(row.zone)): row for row in rows}
    return render_template(
        "bins/put_away.html",
        site=site,
        sites=sites,
        form=form,
        receipt=receipt,
        total=total,
        shown=len(rows),
        row_of=lambda entry: known.get((str(entry.form.lot_id.data), str(entry.form.zone.data))),
        bins=[view.row for view in reading.bins_at(session(), me(), site.code)],
        zones=ZONES,
        temperatures=TEMPERATURES,
        said=said,
        told=render,
        item_name=item_name,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
