"""A submitted sheet: its differences, looked at and made final by another person, sent back, or called off."""

import re
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Role, requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import CountSheet
from inventory.queries import count_sheets as reading
from inventory.services import count_final
from inventory.services import count_sheets as service
from inventory.services.count_final import Final
from inventory.web import labels
from inventory.web.count_words import BASES, REASONS, STATES
from inventory.web.guard import me
from inventory.web.pages import do_once, item_name, page_token, stand_at, valid_number

bp = Blueprint("count_finals", __name__, url_prefix="/counts/sheets")


def page(
    sheet: CountSheet,
    reasons: dict[int, str] | None = None,
    alone: str = "",
    faults: dict[int, list[str]] | None = None,
    errors: list[str] | None = None,
) -> str:
    """The differences of a sheet that is not being counted."""
    found = reading.review(session(), sheet)
    mine = count_final.counted_on(session(), sheet, me())
    return render_template(
        "counts/review.html",
        sheet=sheet,
        review=found,
        reasons=reasons or {},
        alone=alone,
        faults=faults or {},
        errors=errors or [],
        mine=mine,
        may=not mine or me().role is Role.ADMIN,
        documents=reading.documents_of(session(), sheet),
        states=STATES,
        bases=BASES,
        why=REASONS,
        zones=labels.ZONES,
        today=clock.today(sheet.site.timezone),
        item_name=item_name,
        token=uuid4(),
    )


@bp.post("/<number>/finalise")
@requires("counts.finalise")
def finalise(number: str) -> ResponseReturnValue:
    """Post the differences."""
    number = valid_number(number)
    reasons = _reasons()
    alone = request.form.get("alone", "")
    command = Final(number, reasons, alone or None, request.form.get("seen") or None)

    def work(s: Session) -> str:
        return str(count_final.finalise(s, me(), command).number)

    try:
        do_once(f"finalise {number}", page_token(), work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        sheet = _sheet(number)
        faults: dict[int, list[str]] = {}
        texts = [render(error.message)]
        for each in error.errors:
            at = re.match(r"/lines/(\d+)", each.pointer)
            if at and int(at.group(1)) < len(sheet.lines):
                faults.setdefault(sheet.lines[int(at.group(1))].id, []).append(render(each.message))
            elif render(each.message) not in texts:
                texts.append(render(each.message))
        if sheet.status != "submitted":
            flash(texts[0], "warning")
            return redirect(url_for("count_sheets.show", number=number), 303)
        return page(sheet, reasons, alone, faults, texts), error.status
    flash(_("The count is final: the books say what was counted."), "success")
    return redirect(url_for("count_sheets.show", number=number), 303)


@bp.post("/<number>/again")
@requires("counts.finalise")
def again(number: str) -> ResponseReturnValue:
    """Have the ticked lines counted once more."""
    number = valid_number(number)
    chosen = {int(each) for each in request.form.getlist("again") if each.isdigit() and len(each) < 16}
    try:
        do_once(
            f"count again {number}",
            page_token(),
            lambda s: str(service.send_back(s, me(), number, chosen).number),
        )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        sheet = _sheet(number)
        if sheet.status != "submitted":
            flash(render(error.message), "warning")
            return redirect(url_for("count_sheets.show", number=number), 303)
        return page(sheet, _reasons(), errors=[render(error.message)]), error.status
    flash(_("Sent back: these lines are counted once more."), "success")
    return redirect(url_for("count_sheets.show", number=number), 303)


@bp.post("/<number>/cancel")
@requires("counts.write")
def cancel(number: str) -> ResponseReturnValue:
    """Call the count off."""
    number = valid_number(number)
    try:
        do_once(
            f"cancel {number}",
            page_token(),
            lambda s: str(service.cancel(s, me(), number, request.form.get("reason")).number),
        )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(render(error.message), "warning")
    else:
        flash(_("The count is called off. Nothing was posted."), "success")
    return redirect(url_for("count_sheets.show", number=number), 303)


def _sheet(number: str) -> CountSheet:
    sheet = service.get_sheet(session(), me(), number, "stock.see")
    stand_at(sheet.site)
    return sheet


def _reasons() -> dict[int, str]:
    found: dict[int, Any] = {}
    for name, value in request.form.items():
        at = re.fullmatch(r"reason-(\d{1,15})", name)
        if at and value.strip():
            found[int(at.group(1))] = value.strip()
    return found
