"""Temperature loggers as pages: what they read, where they are, and files of readings taken in."""

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import DomainError
from inventory.exchange.logger_files import SeveralChannels
from inventory.exchange.logger_times import AmbiguousDates
from inventory.exchange.source import UnreadableFile
from inventory.extensions import render
from inventory.models import Site, TemperatureLogger
from inventory.queries import temperatures as reading
from inventory.rules.temperature import allowed
from inventory.services import loggers as service
from inventory.services import temperatures
from inventory.web import temperature_view as view
from inventory.web.forms import asked, asked_number, put_errors
from inventory.web.guard import me
from inventory.web.import_parts import most_bytes, uploads_here
from inventory.web.pages import PAGE, do_once, my_sites, page_token, stand_at
from inventory.web.temperature_forms import (
    LoggerForm,
    MoveForm,
    ReadingsForm,
    place_choices,
    place_fields,
    place_of,
)

bp = Blueprint("temperatures", __name__, url_prefix="/temperatures")


@bp.url_value_preprocessor
def _allow_large(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only this one page takes more than a form, and only from somebody who is signed in."""
    if endpoint == "temperatures.take" and request.method == "POST" and current_user.is_authenticated:
        request.max_content_length = most_bytes() + 64 * 1024


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    text = _("The file is larger than %(limit)s MB.", limit=most_bytes() >> 20)
    return render_template("errors/error.html", status=413, message=text), 413


@bp.get("")
@requires("temperatures.see")
def index() -> ResponseReturnValue:
    """The loggers of my sites, those first about which somebody has to decide."""
    site, retired = asked("site"), asked("state") == "all"
    page = reading.loggers_page(session(), me(), site, asked_number("page", 1), PAGE, retired=retired)
    return render_template(
        "temperatures/index.html",
        page=page,
        sites=my_sites(partners=False),
        site=site,
        retired=retired,
        limits=view.limits,
    )


@bp.route("/new", methods=["GET", "POST"])
@requires("temperatures.write")
def new() -> ResponseReturnValue:
    """A logger is written down."""
    form = LoggerForm()
    form.offer()
    if request.method == "GET":
        form.place.data = f"site {asked('site')}" if asked("site") else form.place.data
        form.temperature.data = "cold_chain"

    def work(s: Session) -> str:
        fields = form.fields() | {"code": form.code.data} | place_fields(form.place.data)
        return str(service.add_logger(s, me(), fields).code)

    return _form(form, None, work, "new", _("The logger is written down."))


@bp.route("/loggers/<code>/edit", methods=["GET", "POST"])
@requires("temperatures.write")
def edit(code: str) -> ResponseReturnValue:
    """What is said of a logger is put right. Other limits judge anew what nobody has decided on."""
    logger = _known(code, "temperatures.write")
    names = ("code", "name", "temperature", "low", "high", "holds_freeze_sensitive")
    until = logger.calibrated_until
    data = {name: getattr(logger, name) for name in names}
    form = LoggerForm(
        data=data | {"place": place_of(logger), "calibrated_until": until.date() if until else None}
    )
    form.offer()
    form.code.data = logger.code
    form.place.choices = [(place_of(logger), "")]
    form.place.data = place_of(logger)

    def work(s: Session) -> str:
        if service.change_logger(s, me(), logger.code, form.fields())[1]:
            temperatures.judge_again(s, me(), logger.code)
        return str(logger.code)

    return _form(form, logger, work, f"edit {logger.code}", _("The logger is changed."))


def _form(
    form: LoggerForm, logger: TemperatureLogger | None, work: Any, purpose: str, done: str
) -> ResponseReturnValue:
    status = 200
    if form.validate_on_submit():
        try:
            code = do_once(f"logger {purpose}", form.uuid, work)
            flash(done, "success")
            return redirect(url_for("temperatures.show", code=code), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error, names={"site": "place", "bin": "place", "shipment": "place"})
            status = error.status
    elif request.method == "POST":
        status = 422
    known = _known(logger.code, "temperatures.write") if logger is not None else None
    return render_template("temperatures/form.html", form=form, logger=known), status


@bp.route("/loggers/<code>/move", methods=["GET", "POST"])
@requires("temperatures.write")
def move(code: str) -> ResponseReturnValue:
    """A logger is put elsewhere."""
    logger = _known(code, "temperatures.write")
    site = view.site_of(logger)
    form = MoveForm()
    form.place.choices = place_choices()
    form.since.zone = site.timezone if site else None
    status = 200
    if request.method == "GET":
        form.since.data = clock.now()
    elif form.validate():
        fields = place_fields(form.place.data) | {"since": form.since.data}
        try:
            do_once(
                f"move logger {logger.code}",
                form.uuid,
                lambda s: str(service.move_logger(s, me(), code, fields).code),
            )
            flash(_("The logger is there now."), "success")
            return redirect(url_for("temperatures.show", code=code), 303)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            put_errors(form, error, names={"site": "place", "bin": "place", "shipment": "place"})
            status = error.status
    else:
        status = 422
    stand_at(site)
    row = reading.logger_row(session(), _known(code, "temperatures.write"))
    return render_template("temperatures/move.html", form=form, row=row), status


@bp.post("/loggers/<code>/retire")
@requires("temperatures.write")
def retire(code: str) -> ResponseReturnValue:
    """A logger is not used any more, or is again."""
    logger = _known(code, "temperatures.write")
    back = request.form.get("back") == "yes"
    do_once(
        f"retire {logger.code}",
        page_token(),
        lambda s: str(service.retire_logger(s, me(), code, retired=not back).code),
    )
    flash(
        _("The logger is in use again.")
        if back
        else _("The logger is retired: nobody is reminded of it. What it read stays."),
        "success",
    )
    return redirect(url_for("temperatures.show", code=code), 303)


@bp.get("/loggers/<code>")
@requires("temperatures.see")
def show(code: str) -> ResponseReturnValue:
    """What a logger read, as a drawing and in figures."""
    logger = _known(code, "temperatures.see")
    site = view.site_of(logger)
    stand_at(site)
    return render_template(
        "temperatures/show.html",
        row=reading.logger_row(session(), logger),
        logger=logger,
        limits=view.limits(logger),
        usual=allowed(logger.temperature),
        picture=view.picture(logger, site),
        files=reading.files(session(), logger.id, 10),
        kinds=view.KINDS,
        choices=view.DAYS,
        token=view.fresh_token(),
    )


@bp.route("/import", methods=["GET", "POST"])
@requires("temperatures.import")
def take() -> ResponseReturnValue:
    """A file of readings is taken in."""
    form = ReadingsForm()
    form.offer([(each.code, view.named(each)) for each in view.usable_loggers()])
    if request.method == "GET":
        form.logger.data = asked("logger")
        return _readings_page(form, 200)
    if not form.validate():
        return _readings_page(form, 422)
    try:
        key, name = _uploaded(form)
    except UnreadableFile as error:
        form.file.errors = [render(error.message)]
        return _readings_page(form, 422)
    actor, path = me(), uploads_here().upload(key)
    try:
        code = form.logger.data or _named_in(form, key)
        if code is None:
            return _readings_page(form, 422)
        found = temperatures.look(session(), actor, path, form.asked(), _known(code, "temperatures.import"))

        def work(s: Session) -> str:
            taken = temperatures.take_file(
                s, actor, code, name, found, whatever_serial=bool(form.whatever_serial.data)
            )
            return json.dumps(taken.as_json() | {"code": code})

        told = json.loads(do_once("temperatures", form.uuid, work))
    except UnreadableFile as error:
        return _unreadable(form, error, key)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error)
        form.kept.data, form.kept_name.data = key, name
        return _readings_page(form, error.status)
    uploads_here().drop(key)
    uploads_here().sweep()
    _tell(told)
    return redirect(url_for("temperatures.show", code=told["code"]), 303)


def _uploaded(form: ReadingsForm) -> tuple[str, str]:
    """The key and the name of the file that came, or of the one that came before. Raises `UnreadableFile`."""
    if form.file.data:
        key, _size = uploads_here().save(form.file.data.stream, most_bytes())
        return key, str(form.file.data.filename)
    kept = form.kept.data or ""
    try:
        if kept and uploads_here().has(kept):
            return kept, form.kept_name.data or "file"
    except ValueError:
        pass
    raise UnreadableFile(view.NO_FILE)


def _named_in(form: ReadingsForm, key: str) -> str | None:
    """The code of the logger whose serial number the file says; where there is none, the form is told."""
    found = temperatures.named_in(session(), me(), uploads_here().upload(key))
    if found is None:
        form.logger.errors = [_("The file says no serial number that is known here. Choose the logger.")]
        form.kept.data = key
        form.kept_name.data = form.file.data.filename if form.file.data else form.kept_name.data
        return None
    return str(found.code)


def _unreadable(form: ReadingsForm, error: UnreadableFile, key: str) -> ResponseReturnValue:
    """What is wrong is told; where a person has only to choose, the file is kept meanwhile."""
    text = render(error.message)
    if isinstance(error, AmbiguousDates | SeveralChannels):
        form.kept.data = key
        form.kept_name.data = form.file.data.filename if form.file.data else form.kept_name.data
        if isinstance(error, SeveralChannels):
            form.offer_channels(error.names)
            form.channel.errors = [text]
        else:
            form.order.errors = [text]
    else:
        uploads_here().drop(key)
        form.kept.data = ""
        form.file.errors = [text]
    return _readings_page(form, 422)


def _readings_page(form: ReadingsForm, status: int) -> ResponseReturnValue:
    return render_template("temperatures/import.html", form=form, limit=most_bytes() >> 20), status


def _tell(told: dict[str, Any]) -> None:
    """What came of a file."""
    if told["before"]:
        flash(_("This file was taken in before: nothing is new."), "info")
        return
    words = [ngettext("%(num)s reading is new.", "%(num)s readings are new.", told["new"])]
    for name, text in view.counted(told).items():
        if told[name]:
            words.append(text)
    flash(" ".join(words), "success" if told["new"] else "info")
    if told["opened"]:
        flash(
            ngettext(
                "%(num)s excursion is to be decided on.",
                "%(num)s excursions are to be decided on.",
                told["opened"],
            ),
            "warning",
        )
    if told["looks_fahrenheit"]:
        flash(
            _("The file says no unit, and every reading is far above what is allowed: are these °F?"),
            "warning",
        )
    for gap in (told["gaps"] or [])[:1]:
        flash(view.gap_words(gap, _home(told["code"])), "info")


def _home(code: str) -> Site | None:
    return view.site_of(_known(code, "temperatures.see"))


def _known(code: str, permission: str) -> TemperatureLogger:
    return service.get_logger(session(), me(), code[:64], permission)
