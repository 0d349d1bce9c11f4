"""The middle of an import: which column is which field, and which of our items the file's unknown ones are."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, msg
from inventory.exchange.fields import Kind
from inventory.exchange.source import UnreadableFile
from inventory.extensions import render
from inventory.models import ImportFile
from inventory.models.importing import ImportStatus
from inventory.queries import imports as queries
from inventory.rules import matching
from inventory.services import import_files
from inventory.web.forms import asked, put_errors, tell
from inventory.web.guard import me
from inventory.web.import_forms import (
    ColumnsForm,
    SheetForm,
    constants,
    dates,
    field_choices,
    told_by_page,
    twice,
    units,
)
from inventory.web.import_parts import SETTLED, alone_with, file_of, uploads_here
from inventory.web.import_words import BUNDLED, field_name, kind_name

bp = Blueprint("import_columns", __name__, url_prefix="/imports")

ASKED = 300
"""So many unknown items are asked about at once; more come after them."""


@bp.route("/<int:file_id>/columns", methods=["GET", "POST"])
@requires("imports.write")
def columns(file_id: int) -> ResponseReturnValue:
    """Which column is which field."""
    file = file_of(file_id)
    if file.stored is None or file.status in SETTLED:
        return redirect(url_for("imports.show", file_id=file.id), 303)
    kind, form = Kind(file.kind), ColumnsForm()
    with uploads_here().spool(str(file.stored)) as spool:
        try:
            seen = import_files.look(spool, kind, file.told.get("file", {}).get("header_row"))
        except UnreadableFile as error:
            flash(render(error.message), "error")
            seen = import_files.look(spool, kind)
    form.skip_column.choices = [("", "–"), *((header, header) for header in seen.headers)]
    told = file.told
    if request.method == "GET":
        told = _begun(file, seen)
        form.leave_repeats.data = bool(told.get("leave_repeats"))
        for header, words in list(told.get("skip", {}).items())[:1]:
            form.skip_column.data, form.skip_values.data = header, "; ".join(words)
        return _columns_page(file, form, seen, told, 200)
    told = told_by_page(
        kind,
        seen,
        {**_begun(file, seen), "items": told.get("items", _begun(file, seen).get("items", {}))},
        form,
    )
    doubled = twice(kind, seen)
    if doubled:
        names = ", ".join(field_name(name) for name in doubled)
        tell(form, msg("More than one column is %(fields)s. Choose one for each.", fields=names))
        return _columns_page(file, form, seen, told, 422)
    actor = me()
    try:
        form.validate()
        with alone_with(file):
            atomically(
                lambda s: (
                    import_files.tell_columns(s, actor, uploads_here(), file_id, told, form.save_as.data).id
                )
            )
    except DomainError as error:
        put_errors(form, error)
        return _columns_page(file, form, seen, told, error.status)
    return redirect(url_for("imports.show", file_id=file_id), 303)


def _begun(file: ImportFile, seen: import_files.Look) -> dict[str, Any]:
    """What the page begins with: what was told, a mapping that was asked for, one kept for such files, or a guess."""
    kind, wanted = Kind(file.kind), asked("mapping")
    of_file = {"file": file.told.get("file", {})}
    if wanted == "guess":
        return {**import_files.guess(session(), kind, seen), **of_file}
    if wanted in import_files.fitting_bundled(kind, seen.headers):
        return {**import_files.bundled_told(str(wanted)), **of_file}
    if wanted is not None and wanted.isdigit():
        kept = queries.mapping(session(), kind, min(int(wanted), 2**62))
        if kept is not None:
            return {**kept.told, **of_file}
    if file.told.get("columns"):
        return dict(file.told)
    for kept in queries.mappings_for(session(), kind, import_files.headers_digest(seen.headers)):
        return {**kept.told, **of_file}
    for name in import_files.fitting_bundled(kind, seen.headers):
        return {**import_files.bundled_told(name), **of_file}
    return {**import_files.guess(session(), kind, seen), **of_file}


def _columns_page(
    file: ImportFile, form: ColumnsForm, seen: import_files.Look, told: dict[str, Any], status: int
) -> ResponseReturnValue:
    kind = Kind(file.kind)
    sheets = import_files.sheets_of(uploads_here(), str(file.stored))
    sheet_form = SheetForm(formdata=None)
    sheet_form.sheet.choices = [(name, name) for name in sheets]
    sheet_form.sheet.data = file.told.get("file", {}).get("sheet")
    sheet_form.header_row.data = str(seen.header_line)
    by_header = {header: name for name, header in told.get("columns", {}).items()}
    page = render_template(
        "imports/columns.html",
        file=file,
        form=form,
        sheet_form=sheet_form,
        sheets=sheets,
        seen=seen,
        told=told,
        by_header=by_header,
        choices=field_choices(kind),
        constants=constants(kind, told),
        dates=dates(kind, told, seen),
        units=units(kind, told),
        kept=queries.mappings_for(session(), kind, import_files.headers_digest(seen.headers)),
        bundled=[(name, render(BUNDLED[name])) for name in import_files.fitting_bundled(kind, seen.headers)],
        kind_name=kind_name,
    )
    return page, status


@bp.post("/<int:file_id>/sheet")
@requires("imports.write")
def sheet(file_id: int) -> ResponseReturnValue:
    """Another sheet, or another line of the header."""
    file, actor = file_of(file_id), me()
    typed = (request.form.get("header_row") or "").strip()
    row = int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed[:6]) <= 50 else None
    wanted = request.form.get("sheet") or file.told.get("file", {}).get("sheet")
    before = file.told.get("file", {}).get("sheet")
    if wanted != before:
        row = None
    try:
        with alone_with(file):
            if wanted != before:
                import_files.unpack(uploads_here(), str(file.stored), Kind(file.kind), wanted)
            with uploads_here().spool(str(file.stored)) as spool:
                import_files.look(spool, Kind(file.kind), row)
            atomically(lambda s: import_files.change_sheet(s, actor, file_id, wanted, row).id)
    except UnreadableFile as error:
        flash(render(error.message), "error")
    return redirect(url_for("import_columns.columns", file_id=file_id, mapping="guess"), 303)


@bp.route("/<int:file_id>/items", methods=["GET", "POST"])
@requires("imports.write")
def items(file_id: int) -> ResponseReturnValue:
    """Which of our items the file's unknown ones are: candidates with a score, and a person's yes."""
    file = file_of(file_id)
    if file.status != ImportStatus.MATCHING:
        return redirect(url_for("imports.show", file_id=file.id), 303)
    with uploads_here().spool(str(file.stored)) as spool:
        unknown = spool.unknown()[:ASKED]
    if request.method == "POST":
        said = {
            each.text: request.form[f"item-{number}"].strip()[:32]
            for number, each in enumerate(unknown)
            if f"item-{number}" in request.form
        }
        actor = me()
        try:
            with alone_with(file):
                atomically(lambda s: import_files.tell_items(s, actor, uploads_here(), file_id, said).id)
            return redirect(url_for("imports.show", file_id=file_id), 303)
        except DomainError as error:
            flash(" ".join(render(each.message) for each in error.errors) or render(error.message), "error")
            return redirect(url_for("import_columns.items", file_id=file_id), 303)
    codes = [code for each in unknown for code, _score in each.matches or []]
    return render_template(
        "imports/items.html",
        file=file,
        unknown=unknown,
        ours=queries.items_by_code(session(), codes),
        put_forward=_put_forward,
        can_make=me().can("items.write")
        and (file.kind == Kind.ITEMS or {"item_base_unit", "item_category"} <= _given(file)),
        own=file.kind == Kind.ITEMS,
    )


def _given(file: ImportFile) -> set[str]:
    return {*file.told.get("columns", {}), *file.told.get("constants", {})}


def _put_forward(matches: list[tuple[str, int]]) -> str | None:
    return matching.put_forward([matching.Match(code, score) for code, score in matches])
