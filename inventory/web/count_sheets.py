"""Count sheets as pages: the list, a new one, the sheet on a phone, and the differences for whoever makes it final."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, FieldList, FormField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.extensions import render
from inventory.models import CountSheet, CountSheetLine
from inventory.models.words import CountSheetStatus
from inventory.queries import count_sheets as reading
from inventory.rules.counting import Tolerance, hides_books
from inventory.services import count_entry
from inventory.services import count_sheets as service
from inventory.services.count_entry import Figure
from inventory.services.count_sheets import NO_BIN, NewSheet
from inventory.web import labels
from inventory.web.count_finals import page as review_page
from inventory.web.count_words import REASONS, STATES
from inventory.web.forms import (
    BaseForm,
    Choice,
    Day,
    Expiry,
    ItemSearch,
    LineForm,
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
from inventory.web.numerals import NotANumber, whole_typed
from inventory.web.pages import (
    PAGE,
    Moment,
    do_once,
    item_name,
    my_sites,
    preset_site,
    site_choices,
    stand_at,
    valid_number,
)

bp = Blueprint("count_sheets", __name__, url_prefix="/counts/sheets")

COUNTING = (CountSheetStatus.OPEN, CountSheetStatus.RECOUNT)


def tolerance() -> Tolerance:
    """What the settings say may differ without being counted again."""
    settings = current_app.config["RELAIS"]
    return Tolerance(
        settings.count_tolerance_units, settings.count_tolerance_percent, settings.count_tolerance_value
    )


class NewForm(BaseForm):
    """What to count."""

    site = Choice(_l("Site"), [InputRequired(_l("Say which site."))])
    zone = Choice(_l("Zone"), choices=[(word, text) for word, text in labels.ZONES.items()], default="stock")
    reason = Choice(_l("Why"), choices=[(word, text) for word, text in REASONS.items()], default="by_hand")
    title = Text(_l("Title"), render_kw={"maxlength": 100})
    due_on = Day(_l("To be done by"))
    blind = BooleanField(_l("Count blind: what the books say is not shown"), default=True)
    bins = SelectMultipleField(
        _l("Only these bins"), description=_l("None chosen: the whole zone."), validate_choice=False
    )
    categories = SelectMultipleField(_l("Only these categories"), validate_choice=False)
    items = Text(
        _l("Only these items"), description=_l("Codes, with blanks between."), render_kw={"dir": "ltr"}
    )
    note = TextAreaField(_l("Note"), render_kw={"rows": 2, "maxlength": 2000})


class OtherRow(LineForm):
    """What was found and nobody expected."""

    item = ItemSearch(_l("Item"))
    lot = Text(_l("Lot"))
    expires_on = Expiry(_l("Expiry"))
    bin = Text(_l("Bin"))
    counted = Whole(_l("Counted"))


class SheetForm(BaseForm):
    """What is typed on a sheet beside its lines."""

    counted_at = Moment(
        _l("Counted on paper at"), description=_l("Left empty: now. Fill it in before you type from a paper.")
    )
    others = FieldList(FormField(OtherRow), label=_l("Found beside the list"), min_entries=1)
    leave = BooleanField(_l("Leave as it is what is not counted"))


@bp.get("")
@requires("stock.see")
def index() -> ResponseReturnValue:
    """The sheets of my sites, the newest first."""
    wanted = reading.SheetFilter(asked("site"), asked("status") or "waiting", asked("q"))
    if wanted.status not in (*STATES, "waiting", "all"):
        wanted = reading.SheetFilter(wanted.site, "waiting", wanted.q)
    filter_ = reading.SheetFilter(wanted.site, None if wanted.status == "all" else wanted.status, wanted.q)
    page = reading.sheets_page(session(), me(), filter_, asked_number("page", 1), PAGE)
    return render_template(
        "counts/sheets.html",
        page=page,
        progress=reading.progress(session(), [each.id for each in page.rows]),
        wanted=wanted,
        states=STATES,
        zones=labels.ZONES,
        sites=my_sites(partners=False),
        today=clock.today(),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("counts.write")
def new() -> ResponseReturnValue:
    """Choose what to count."""
    sites = my_sites(partners=False, closed=False)
    form = NewForm(
        site=preset_site(sites), zone=asked("zone") or "stock", reason=asked("reason") or "by_hand"
    )
    form.site.choices = site_choices(sites)
    if request.method == "GET" and asked("item"):
        form.items.data = asked("item")
    code = form.site.data or ""
    place = next((site for site in sites if site.code == code), None)
    bins = [
        each
        for each in (reading.bins_at(session(), place.id) if place else [])
        if each.zone == form.zone.data
    ]
    form.bins.choices = [(each.code, " ".join(filter(None, (each.code, each.name)))) for each in bins]
    if bins:
        form.bins.choices.append((NO_BIN, _("In no bin")))
    form.categories.choices = [(each, each) for each in reading.categories(session())]
    status = 200
    if "again" in request.form:  # the bins of another site or zone are to be shown
        return render_template("counts/sheet_new.html", form=form, sites=sites)
    if form.validate_on_submit():
        command = NewSheet(
            site=code,
            zone=form.zone.data or "",
            blind=bool(form.blind.data),
            reason=form.reason.data or "",
            title=form.title.data,
            due_on=form.due_on.data,
            note=form.note.data,
            bins=form.bins.data or [],
            items=(form.items.data or "").replace(",", " ").split(),
            categories=form.categories.data or [],
        )
        try:
            number = do_once(
                "count sheet", form.uuid, lambda s: str(service.open_sheet(s, me(), command).number)
            )
            return redirect(url_for("count_sheets.show", number=number), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error, names={f"items/{n}": "items" for n in range(len(command.items))})
            status = error.status
    elif request.method == "POST":
        status = 422
    return render_template("counts/sheet_new.html", form=form, sites=sites), status


@bp.get("/<number>")
@requires("stock.see")
def show(number: str) -> ResponseReturnValue:
    """The sheet: to be counted, to be made final, or as it ended."""
    sheet = sheet_of(number)
    return _counting(sheet, blank(sheet)) if sheet.status in COUNTING else review_page(sheet)


def sheet_of(number: str) -> CountSheet:
    sheet = service.get_sheet(session(), me(), valid_number(number), "stock.see")
    stand_at(sheet.site)
    return sheet


def blank(sheet: CountSheet) -> SheetForm:
    form = SheetForm(formdata=None)
    form.counted_at.zone = sheet.site.timezone
    return form


def _counting(
    sheet: CountSheet,
    form: SheetForm,
    typed: Mapping[int, str] | None = None,
    faults: Mapping[int, list[str]] | None = None,
) -> str:
    again = sheet.status == CountSheetStatus.RECOUNT
    hidden = hides_books(sheet.status, sheet.blind)
    lines = [line for line in sheet.lines if not again or line.recount]
    groups: dict[str, list[CountSheetLine]] = {}
    for line in lines:
        groups.setdefault(line.bin.code if line.bin else "", []).append(line)
    walk = {line.bin.code: (line.bin.sequence, line.bin.code) for line in lines if line.bin}
    order = sorted(groups, key=lambda code: walk.get(code, (10**9, code)))
    expected: dict[int, int] = {}
    if not hidden:
        expected = reading.books_now(session(), sheet)
    bins = [each for each in reading.bins_at(session(), sheet.site_id) if each.zone == sheet.zone]
    return render_template(
        "counts/sheet.html",
        sheet=sheet,
        form=form,
        groups=[(code, groups[code]) for code in order],
        again=again,
        hidden=hidden,
        expected=expected,
        typed=typed or {},
        faults=faults or {},
        progress=reading.progress(session(), [sheet.id])[sheet.id],
        bins=bins,
        states=STATES,
        zones=labels.ZONES,
        today=clock.today(sheet.site.timezone),
        item_name=item_name,
        actor=me(),
    )


@bp.post("/<number>")
@requires("counts.write")
def save(number: str) -> ResponseReturnValue:
    """Save what was typed, without script or at the end; then submit, if that was pressed."""
    sheet = sheet_of(number)
    if sheet.status not in COUNTING:
        flash(render(service.state_words(sheet)), "warning")
        return redirect(url_for("count_sheets.show", number=sheet.number), 303)
    form = SheetForm()
    form.counted_at.zone = sheet.site.timezone
    name_items(entry.form.item for entry in form.others)
    typed = {
        int(found.group(1)): value.strip()
        for name, value in request.form.items()
        if (found := re.fullmatch(r"known-(\d{1,15})-counted", name))
    }
    if rows_changed(form.others):
        return _counting(sheet, form, typed)
    others = filled(form.others)
    figures, faults = _changed(typed, form.counted_at.data)
    figures += _switched()
    valid = form.validate()
    if faults or not valid:
        return _counting(sheet, form, typed, faults), 422
    known = len(figures)
    for entry in others:
        row = entry.form
        figures.append(
            Figure(
                item=row.item.data,
                lot=row.lot.data,
                expires_on=row.expires_on.data,
                bin=row.bin.data,
                counted=row.counted.data,
                counted_at=form.counted_at.data,
            )
        )

    told: list[str] = []

    def work(s: Session) -> str:
        told.clear()
        if figures:
            entered = count_entry.enter(s, me(), sheet.number, figures)
            told.extend(render(each.said) for each in entered if each.said)
        told.append("")  # what fails from here on is of the sheet, not of what was typed
        if "submit" in request.form:
            return str(service.submit(s, me(), sheet.number, tolerance(), leave=bool(form.leave.data)).status)
        return ""

    try:
        came = do_once(f"count {sheet.number}", form.uuid, work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        sheet = sheet_of(number)
        if told:
            faults = _uncounted(error, sheet)
            form.form_errors = [render(error.message)]
        else:
            faults = _place(error, figures[:known], form, others)
        return _counting(sheet, form, typed, faults), error.status
    for text in filter(None, told):
        flash(text, "warning")
    words = {
        "recount": _("Some lines differ: they are to be counted again, by somebody else if possible."),
        "submitted": _("Submitted. Somebody who counted nothing on it makes it final."),
    }
    flash(words.get(came, _("Saved.")), "success")
    return redirect(url_for("count_sheets.show", number=sheet.number), 303)


def _changed(typed: Mapping[int, str], moment: datetime | None) -> tuple[list[Figure], dict[int, list[str]]]:
    """The figures that were typed anew on the page, and what cannot be read."""
    figures: list[Figure] = []
    faults: dict[int, list[str]] = {}
    for line, text in typed.items():
        if text == request.form.get(f"known-{line}-was", "").strip():
            continue
        known = request.form.get(f"known-{line}-known_at", "")
        try:
            known_at = datetime.fromisoformat(known).astimezone(UTC) if known else None
            counted = whole_typed(text) if text else None
            figures.append(Figure(line=line, counted=counted, counted_at=moment, known_at=known_at))
        except NotANumber as error:
            faults[line] = [render(error.message)]
        except ValueError:
            figures.append(Figure(line=line, counted=whole_typed(text) if text else None, counted_at=moment))
    return figures, faults


def _switched() -> list[Figure]:
    """The line that the button "Not counted", or the one that takes it back, was pressed for."""
    found = []
    for name, skipped in (("skip", True), ("unskip", False)):
        line = request.form.get(name, "")
        if line.isdigit() and len(line) < 16:
            found.append(Figure(line=int(line), skipped=skipped))
    return found


def _uncounted(error: DomainError, sheet: CountSheet) -> dict[int, list[str]]:
    """What a sheet that cannot be submitted yet lacks, at its lines."""
    found: dict[int, list[str]] = {}
    for each in error.errors:
        at = re.match(r"/lines/(\d+)/", each.pointer)
        if at and int(at.group(1)) < len(sheet.lines):
            found.setdefault(sheet.lines[int(at.group(1))].id, []).append(render(each.message))
    return found


def _place(
    error: DomainError, figures: Sequence[Figure], form: SheetForm, others: list[Any]
) -> dict[int, list[str]]:
    """Each fault at its line; those of found goods in their rows; the rest for the whole form."""
    faults: dict[int, list[str]] = {}
    said = False
    for each in error.errors:
        found = re.match(r"/lines/(\d+)(?:/(\w+))?", each.pointer)
        index = int(found.group(1)) if found else -1
        text = render(each.message)
        if 0 <= index < len(figures):
            faults.setdefault(figures[index].line or 0, []).append(text)
        elif found and 0 <= index - len(figures) < len(others):
            field = others[index - len(figures)].form._fields.get(found.group(2) or "item")
            if field is not None:
                field.errors = [*field.errors, text]
        else:
            said = True
            form.form_errors = [*form.form_errors, text]
    if not said:
        form.form_errors = [*form.form_errors, render(error.message)]
    return faults
