"""Photos: taken with a phone or chosen, shown small and large, approved for donors, taken away."""

from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from inventory.access import requires
from inventory.db import atomically, session
from inventory.errors import DomainError, NotFound, msg
from inventory.exchange.photos import thumbnail
from inventory.extensions import render
from inventory.models import Attachment
from inventory.queries import attachments as reading
from inventory.services import attachments as service
from inventory.services.attachments import NewPhoto
from inventory.web.forms import asked
from inventory.web.guard import me
from inventory.web.pages import do_once, page_token

bp = Blueprint("attachments", __name__, url_prefix="/attachments")

MOST_FILES = 10
"""Photos in one go."""
A_WEEK = 604_800


def most_bytes() -> int:
    """The largest photo that is taken in."""
    return int(current_app.config["RELAIS"].attachment_max_mb) << 20


@bp.url_value_preprocessor
def _allow_large(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only this one page takes more than a form, and only from somebody who is signed in."""
    if endpoint == "attachments.add" and request.method == "POST" and current_user.is_authenticated:
        request.max_content_length = MOST_FILES * most_bytes() + 64 * 1024


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    return render_template("errors/error.html", status=413, message=_too_large_text()), 413


def _too_large_text() -> str:
    return str(_("A photo is larger than %(limit)s MB. Make it smaller.", limit=most_bytes() >> 20))


@bp.get("")
@requires("attachments.see")
def index() -> ResponseReturnValue:
    """The photos of a document, and a form for more."""
    if "document" not in request.args:
        return redirect(f"{request.script_root}/")
    return _page(asked("document") or "", _line(asked("line")))


@bp.post("")
@requires("attachments.write")
def add() -> ResponseReturnValue:
    """Take in photos of a document, or of a form that is still being written (`draft`, its token)."""
    number, line = _document(), _line(request.form.get("line"))
    files = [each for each in request.files.getlist("files") if each.filename][: MOST_FILES + 1]
    if len(files) > MOST_FILES:
        return _page(number, line, [_("At most %(most)s photos at once.", most=MOST_FILES)], 422)
    read = [each.read(most_bytes() + 1) for each in files]
    if any(len(each) > most_bytes() for each in read):
        return _page(number, line, [_too_large_text()], 413)
    caption = request.form.get("caption")
    commands = [NewPhoto(number, each, line, caption) for each in read]
    try:
        # The same pictures sent again are known by their content: a token would take a second choice for a repetition.
        kept = atomically(lambda s: len(service.add_photos(s, me(), commands)))
    except NotFound:
        raise
    except DomainError as error:
        said = [_fault(each.pointer, render(each.message), files) for each in error.errors]
        return _page(number, line, said or [render(error.message)], error.status)
    if "HX-Request" in request.headers:
        return render_template("attachments/waiting.html", photos=_photos(number), document=number)
    flash(ngettext("%(num)d photo is kept.", "%(num)d photos are kept.", kept), "success")
    return redirect(_back(number), 303)


@bp.get("/<uuid:key>/photo.jpg")
@requires("attachments.see")
def photo(key: UUID) -> ResponseReturnValue:
    """A photo as it is kept."""
    row = reading.photo(session(), me(), key)
    return _sent(row, "", lambda: reading.content(session(), row))


@bp.get("/<uuid:key>/small.jpg")
@requires("attachments.see")
def small(key: UUID) -> ResponseReturnValue:
    """The same, small."""
    row = reading.photo(session(), me(), key)
    return _sent(row, "-small", lambda: thumbnail(reading.content(session(), row)))


@bp.post("/<uuid:key>/approve")
@requires("attachments.approve")
def approve(key: UUID) -> ResponseReturnValue:
    """Show a photo to the donor of the goods, or no longer (`shown=0`)."""
    shown = request.form.get("shown", "1") == "1"
    number = do_once(
        f"approve {key} {shown}",
        page_token(),
        lambda s: service.approve(s, me(), key, shown=shown).document,
    )
    flash(
        _("The donor may see this photo.") if shown else _("The donor no longer sees this photo."), "success"
    )
    return redirect(_back(number), 303)


@bp.post("/<uuid:key>/remove")
@requires("attachments.write")
def remove(key: UUID) -> ResponseReturnValue:
    """Take a photo away."""
    number = do_once(f"remove {key}", page_token(), lambda s: service.remove(s, me(), key))
    flash(_("The photo is removed."), "success")
    return redirect(_back(number), 303)


def _document() -> str:
    draft = request.form.get("draft", "")
    if draft:
        try:
            return service.draft_name(UUID(draft))
        except ValueError:
            raise NotFound(msg("Not found.")) from None
    return request.form.get("document", "")[:25]


def _line(typed: str | None) -> int | None:
    text = (typed or "").strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else None


def _photos(number: str) -> list[Attachment]:
    return reading.photos_of(session(), me(), number)


def _page(
    number: str, line: int | None, errors: list[str] | None = None, status: int = 200
) -> tuple[str, int]:
    template = "attachments/index.html"
    if "HX-Request" in request.headers and number.startswith(service.DRAFT):
        template = "attachments/waiting.html"
        status = 422 if errors else status
    return (
        render_template(
            template,
            photos=_photos(number),
            document=number,
            line=line,
            errors=errors or [],
            caption=request.form.get("caption", ""),
            draft=request.form.get("draft", ""),
            home=_home(number),
            token=uuid4(),
        ),
        status,
    )


def _fault(pointer: str, text: str, files: list[Any]) -> str:
    """A fault of a file under the name that the person knows it by."""
    index = pointer.rpartition("/")[2]
    if pointer.startswith("/files/") and index.isdigit() and int(index) < len(files):
        return f"{files[int(index)].filename}: {text}"
    return text


def _back(number: str) -> str:
    return url_for("attachments.index", document=number)


def _home(number: str) -> str | None:
    """The page of the document itself, where there is one of its own."""
    homes = {"GRN": "/receipts/", "SHP": "/shipments/", "DON": "/donations/", "HLD": "/holds/"}
    at = homes.get(number[:3])
    return f"{request.script_root}{at}{quote(number)}" if at else None


def photos_for(number: str) -> list[Attachment]:
    """The photos of a document for its own page: what the reader may see of them."""
    return _photos(number) if me().can("attachments.see") else []


def _sent(row: Attachment, suffix: str, read: Any) -> Response:
    answer = Response(mimetype=row.media_type)
    answer.set_etag(row.sha256[:32] + suffix)
    answer.headers["Cache-Control"] = f"private, max-age={A_WEEK}, immutable"
    answer.headers["Content-Disposition"] = f'inline; filename="{row.name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    if request.if_none_match.contains(answer.get_etag()[0] or ""):
        answer.status_code = 304
        return answer
    answer.set_data(read())
    return answer


@bp.app_template_global()
def may_remove_photo(row: Attachment) -> bool:
    """Whether the reader may take a photo away."""
    return service.may_remove(me(), row)
