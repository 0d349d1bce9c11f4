"""Import of files in the browser: upload, columns, unknown items, what it would become, and then it is taken."""

import time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import NotFound, msg
from inventory.exchange.fields import Kind
from inventory.exchange.source import UnreadableFile
from inventory.exchange.spool import BAD
from inventory.exchange.uploads import DAYS
from inventory.extensions import render
from inventory.models import ImportFile
from inventory.models.importing import ImportStatus
from inventory.queries import imports as queries
from inventory.services import import_files, import_reading, import_running
from inventory.web.forms import asked, asked_number
from inventory.web.guard import me
from inventory.web.import_forms import FileForm
from inventory.web.import_parts import file_of, most_bytes, uploads_here
from inventory.web.import_words import KINDS, STATES, STATUSES, field_name, kind_name
from inventory.web.pages import PAGE, do_once

bp = Blueprint("imports", __name__, url_prefix="/imports")

SECONDS = 1.5
"""So long a request works at a file before it tells how far it has come."""
SECONDS_PLAIN = 8.0
"""The same where no script asks for the next one."""
SHOWN = 50
WORKING = (ImportStatus.READING, ImportStatus.CHECKING, ImportStatus.RUNNING)


@bp.url_value_preprocessor
def _allow_large(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only this one page takes more than a form, and only from somebody who is signed in."""
    if endpoint == "imports.new" and request.method == "POST" and current_user.is_authenticated:
        request.max_content_length = most_bytes() + 64 * 1024


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    text = _(
        "The file is larger than %(limit)s MB. Divide it, or let an administrator import it.",
        limit=most_bytes() >> 20,
    )
    return render_template("errors/error.html", status=413, message=text), 413


@bp.get("")
@requires("imports.write")
def index() -> ResponseReturnValue:
    """Files that were imported, or wait to be gone on with."""
    page = queries.files_page(session(), me(), asked_number("page", 1), PAGE)
    return render_template(
        "imports/index.html",
        page=page,
        statuses=STATUSES,
        kind_name=kind_name,
        days=DAYS,
        endings=_endings(page.rows),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("imports.write")
def new() -> ResponseReturnValue:
    """A file is chosen."""
    form = FileForm()
    kinds = [kind for kind in KINDS if import_files.may_import(me(), kind)]
    form.kind.choices = [(kind.value, render(KINDS[kind])) for kind in kinds]
    if len(kinds) > 1:
        form.kind.choices = [("", _("Choose")), *form.kind.choices]
    if request.method == "GET":
        form.kind.data = asked("kind") or form.kind.data
        return _file_page(form, 200)
    if not form.validate():
        return _file_page(form, 422)
    kind, kept = Kind(form.kind.data), None
    try:
        kept, size = uploads_here().save(form.file.data.stream, most_bytes())
        sheet = import_files.unpack(uploads_here(), kept, kind, None)
        with uploads_here().spool(kept) as spool:
            import_files.look(spool, kind)
    except UnreadableFile as error:
        if kept is not None:
            uploads_here().drop(kept)
        form.file.errors = [render(error.message)]
        return _file_page(form, 422)
    key, name, actor = kept, str(form.file.data.filename), me()
    made = do_once(
        "import",
        form.uuid,
        lambda s: str(import_files.upload(s, actor, kind, name, key, size, sheet).id),
    )
    if file_of(int(made)).stored != key:
        uploads_here().drop(key)  # the same page was sent twice
    atomically(lambda s: import_files.sweep(s, uploads_here()))
    return redirect(url_for("import_columns.columns", file_id=int(made)), 303)


def _file_page(form: FileForm, status: int) -> ResponseReturnValue:
    return render_template("imports/new.html", form=form, limit=most_bytes() >> 20), status


@bp.get("/<int:file_id>")
@requires("imports.write")
def show(file_id: int) -> ResponseReturnValue:
    """How far the file has come, and what its rows are."""
    file = file_of(file_id)
    if file.status == ImportStatus.UPLOADED:
        return redirect(url_for("import_columns.columns", file_id=file.id), 303)
    if file.status == ImportStatus.MATCHING:
        return redirect(url_for("import_columns.items", file_id=file.id), 303)
    if file.status in WORKING:
        return render_template("imports/working.html", **_progress(file))
    if file.status == ImportStatus.CHECKED:
        return _preview(file)
    return render_template(
        "imports/done.html",
        file=file,
        ending=_endings([file]).get(file.id),
        statuses=STATUSES,
        kind_name=kind_name,
        days=DAYS,
    )


def _preview(file: ImportFile) -> ResponseReturnValue:
    with uploads_here().spool(str(file.stored)) as spool:
        counts = spool.counts()
        wanted = asked("show") or (BAD if counts.get(BAD) else "all")
        wanted = wanted if wanted in (*STATES, "odd", "all") else "all"
        number = asked_number("page", 1)
        entries, total = spool.page(wanted, number, SHOWN)
        lines = [entry.line for entry in entries]
        headers, by_field = import_running.headers_of(file, spool)
        cells, notes = spool.cells(lines), spool.notes(lines)
        places = import_running.places(file, spool)
    used = [header for header in headers if header in by_field.values()]
    return render_template(
        "imports/preview.html",
        file=file,
        entries=entries,
        cells=cells,
        notes=notes,
        places=places,
        headers=used,
        counts=counts,
        show=wanted,
        number=number,
        size=SHOWN,
        total=total,
        states=STATES,
        field_name=field_name,
        kind_name=kind_name,
        whole_most=import_running.WHOLE,
        tried=file.rows <= import_running.TRIED,
    )


@bp.post("/<int:file_id>/start")
@requires("imports.write")
def start(file_id: int) -> ResponseReturnValue:
    """Take the rows: the good ones, or all or nothing."""
    actor, whole = me(), request.form.get("take") == "whole"

    def begin(s: Any) -> ImportFile:
        return import_running.start(s, actor, uploads_here(), file_id, whole=whole)

    import_running.clear(uploads_here(), atomically(begin))
    return redirect(url_for("imports.show", file_id=file_id), 303)


@bp.post("/<int:file_id>/work")
@requires("imports.write")
def work(file_id: int) -> ResponseReturnValue:
    """Go on with a file for a moment. Two at once do nothing twice."""
    script = bool(request.headers.get("HX-Request"))
    until = time.monotonic() + (SECONDS if script else SECONDS_PLAIN)
    file = file_of(file_id)
    if file.stored is not None and file.status in WORKING:
        with uploads_here().alone(file.stored) as mine:
            while mine and _step(file_id, until) and time.monotonic() < until:
                pass
        if not mine:
            time.sleep(1)  # another tab is at it: look again in a moment
    file = file_of(file_id)
    if script and file.status in WORKING:
        return render_template("imports/progress.html", **_progress(file))
    address = url_for("imports.show", file_id=file_id)
    return Response(status=200, headers={"HX-Redirect": address}) if script else redirect(address, 303)


def _step(file_id: int, until: float) -> bool:
    """One step at a file; False where nothing is left to do by itself."""
    session().rollback()
    file, actor, uploads = file_of(file_id), me(), uploads_here()
    if file.status == ImportStatus.READING:
        if import_reading.read_some(session(), actor, uploads, file, until):
            atomically(lambda s: import_reading.finish(s, actor, uploads, file_id))
        return True
    if file.status == ImportStatus.CHECKING:
        atomically(lambda s: import_running.check_some(s, actor, uploads, file_id))
        return True
    if file.status != ImportStatus.RUNNING:
        return False
    try:
        atomically(lambda s: import_running.run_some(s, actor, uploads, file_id))
    except import_running.NotWhole:
        atomically(
            lambda s: import_running.refuse(s, uploads, import_files.get_file(s, actor, file_id, lock=True))
        )
    import_running.clear(uploads, file_of(file_id))
    return True


@bp.get("/<int:file_id>/refused.<ending>")
@requires("imports.write")
def refused(file_id: int, ending: str) -> ResponseReturnValue:
    """The rows that were refused, or would be, with the reason of each, in the file's own format."""
    file, uploads = file_of(file_id), uploads_here()
    if file.stored is None or ending not in ("csv", "xlsx"):
        raise NotFound(msg("Not found."))
    if file.status == ImportStatus.CHECKED:
        with uploads.spool(file.stored) as spool:
            import_running.keep_refused(uploads, file, spool)
    path = uploads.refused(file.stored, ending)
    if not path.exists():
        raise NotFound(msg("These rows are no longer kept."))
    name = file.name.rpartition(".")[0] or file.name
    return send_file(path, as_attachment=True, download_name=f"{name}.refused.{ending}")


@bp.post("/<int:file_id>/back")
@requires("imports.write")
def back(file_id: int) -> ResponseReturnValue:
    """Back to the columns."""
    actor = me()
    atomically(lambda s: import_files.go_back(s, actor, file_id).id)
    return redirect(url_for("import_columns.columns", file_id=file_id), 303)


@bp.post("/<int:file_id>/forget")
@requires("imports.write")
def forget(file_id: int) -> ResponseReturnValue:
    """Remove the file; what was imported of it stays."""
    actor = me()
    atomically(lambda s: import_files.forget(s, actor, uploads_here(), file_id))
    flash(_("The file is removed."), "success")
    return redirect(url_for("imports.index"), 303)


def _progress(file: ImportFile) -> dict[str, Any]:
    done = total = 0
    if file.stored is not None:
        with uploads_here().spool(file.stored) as spool:
            done, total = import_reading.progress(file, spool)
    return {
        "file": file,
        "done": min(done, total),
        "total": total,
        "kind_name": kind_name,
        "statuses": STATUSES,
    }


def _endings(files: Any) -> dict[int, str]:
    """The ending of the file of refused rows, of those that are kept."""
    return {
        file.id: end
        for file in files
        if file.refused_kept and file.stored
        for end in ("csv", "xlsx")
        if uploads_here().refused(file.stored, end).exists()
    }
