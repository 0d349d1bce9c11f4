"""Figures saved as they are typed: JSON from the script of a count sheet, one line alone or those that waited."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from inventory import clock
from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import CountSheet
from inventory.queries import count_sheets as reading
from inventory.services import count_entry
from inventory.services.count_entry import Figure
from inventory.web.count_sheets import SheetForm, blank, sheet_of
from inventory.web.guard import me
from inventory.web.numerals import NotANumber, whole_typed

bp = Blueprint("count_lines", __name__, url_prefix="/counts/sheets")

OLDEST = timedelta(days=30)
"""A figure that waited for the network longer than this is taken as of so long ago."""


@bp.post("/<number>/lines")
@requires("counts.write")
def lines(number: str) -> ResponseReturnValue:
    """Save figures as they are typed: JSON in and out."""
    body: Any = request.get_json(silent=True)
    told = body.get("lines") if isinstance(body, Mapping) else None
    if not isinstance(told, list) or not all(isinstance(each, Mapping) for each in told):
        return jsonify({"message": _("This cannot be read.")}), 400
    sheet = sheet_of(number)
    figures: list[Figure] = []
    for index, each in enumerate(told):
        try:
            figures.append(_figure(each, sheet))
        except (NotANumber, ValueError, TypeError) as error:
            text = render(error.message) if isinstance(error, NotANumber) else str(error)
            return jsonify({"message": text, "errors": [{"index": index, "text": text}]}), 422
    try:
        entered = atomically(lambda s: count_entry.enter(s, me(), sheet.number, figures))
    except DomainError as error:
        return _refused(error)
    fresh = sheet_of(number)
    far = reading.progress(session(), [fresh.id])[fresh.id]
    done, total = (far.again_done, far.again) if fresh.status == "recount" else (far.done, far.lines)
    return jsonify(
        {
            "lines": [_saved(each) for each in entered],
            "done": done,
            "total": total,
            "words": _("%(done)s of %(total)s", done=done, total=total),
        }
    )


def _figure(told: Mapping[str, Any], sheet: CountSheet) -> Figure:
    text = {name: str(value).strip() for name, value in told.items() if isinstance(value, str | int)}
    counted = text.get("counted", "")
    moment: datetime | None = None
    if text.get("paper"):
        field = blank(sheet).counted_at
        field.process_formdata([text["paper"]])
        moment = field.data
    elif text.get("age"):
        moment = clock.now() - min(timedelta(seconds=max(0.0, float(text["age"]))), OLDEST)
        moment = max(moment, sheet.opened_at)
    expires_on: date | None = None
    if text.get("expires_on"):
        field_ = SheetForm(formdata=None).others[0].form.expires_on
        field_.process_formdata([text["expires_on"]])
        expires_on = field_.data
    known = text.get("known_at")
    return Figure(
        line=int(text["line"]) if text.get("line") else None,
        item=text.get("item") or None,
        lot=text.get("lot") or None,
        expires_on=expires_on,
        bin=text.get("bin") or None,
        counted=whole_typed(counted) if counted else None,
        skipped=told["skipped"] if isinstance(told.get("skipped"), bool) else None,
        counted_at=moment,
        known_at=datetime.fromisoformat(known) if known else None,
    )


def _saved(each: count_entry.Entered) -> dict[str, Any]:
    line = each.line
    counted, at = (line.recounted, line.recounted_at) if line.recount else (line.counted, line.counted_at)
    return {
        "line": line.id,
        "item": line.item.code,
        "lot": line.lot_number,
        "counted": counted,
        "known_at": at.isoformat() if at else None,
        "skipped": line.skipped,
        "kept": each.kept,
        "said": render(each.said) if each.said else None,
    }


def _refused(error: DomainError) -> ResponseReturnValue:
    found = [
        {
            "index": int(at.group(1)) if (at := re.match(r"/lines/(\d+)", each.pointer)) else 0,
            "text": render(each.message),
        }
        for each in error.errors
    ]
    return jsonify({"message": render(error.message), "errors": found}), error.status
