"""Photos of a document: taken in as a form with files, told with where they are."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Instant, Schema, Text, Whole, optional
from inventory.errors import FieldError, Invalid, NotFound, msg
from inventory.models import Attachment
from inventory.queries import attachments as reading
from inventory.services import attachments as service
from inventory.services.attachments import NewPhoto

TAG = ["Stock"]
IMAGE = "image/jpeg"


class AttachmentTold(Schema):
    """A photo as it is kept: small, the right way up, without metadata."""

    key = Text(required=True)
    document = Text(required=True)
    line = optional(Whole)
    caption = optional(Text)
    media_type = Text(required=True)
    size = Whole(required=True)
    width = optional(Whole)
    height = optional(Whole)
    sha256 = Text(required=True)
    approved_at = optional(Instant)
    by = optional(Text)
    recorded_at = Instant(required=True)


def as_told(row: Attachment) -> dict[str, Any]:
    """The columns that are told; `key` as people write it."""
    names = ("document", "line", "caption", "media_type", "size", "width", "height", "sha256")
    found = {name: getattr(row, name) for name in (*names, "approved_at", "by", "recorded_at")}
    return found | {"key": str(row.key)}


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["document", "file"],
                    "properties": {
                        "document": {"type": "string", "maxLength": 24, "description": "A document's number"},
                        "line": {"type": "integer", "minimum": 1, "description": "One line of it, from 1"},
                        "caption": {"type": "string", "maxLength": 500},
                        "file": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP"},
                    },
                }
            }
        },
    }
}


@bp.route("/attachments", methods=["POST"], tags=TAG)
@requires("attachments.write")
@bp.doc(**_FORM)
@bp.response(201, AttachmentTold)
def add_attachment() -> Response:
    """Keep a photo of a receipt, shipment, donation, stock event, count or hold, or of one line of it."""
    command = _command()
    return done(AttachmentTold, lambda s: as_told(_added(s, command)), 201)


@bp.route("/attachments/<key>", methods=["GET"], tags=TAG)
@requires("attachments.see")
@bp.response(200, {"type": "string", "format": "binary"}, content_type=IMAGE)
def get_attachment(key: str) -> Response:
    """The photo itself."""
    try:
        row = reading.photo(read(), me(), UUID(key))
    except ValueError:
        raise NotFound(msg("Not found.")) from None
    answer = Response(reading.content(read(), row), mimetype=row.media_type)
    answer.set_etag(row.sha256[:32])
    answer.headers["Cache-Control"] = "private, max-age=604800, immutable"
    answer.headers["Content-Disposition"] = f'inline; filename="{row.name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _added(database: Session, command: NewPhoto) -> Attachment:
    """The photo; an unknown document, or one that is not theirs to know of, is a fault of its field."""
    try:
        return service.add_photo(database, me(), command)
    except NotFound:
        text = msg("There is no document with the number %(number)s.", number=command.document)
        raise Invalid.at("/document", text) from None
    except Invalid as error:
        at = "/file" if error.errors[0].pointer == "/files/0" else error.errors[0].pointer
        raise Invalid([FieldError(at, error.errors[0].message), *error.errors[1:]]) from None


def _command() -> NewPhoto:
    form, file = request.form, request.files.get("file")
    if file is None:
        raise Invalid.at("/file", msg("Choose a photo."))
    most = int(current_app.config["RELAIS"].attachment_max_mb)
    data = file.read((most << 20) + 1)
    if len(data) > most << 20:
        raise Invalid.at("/file", msg("The file is larger than %(limit)s MB.", limit=most))
    line = form.get("line", "")
    if line and not (line.isascii() and line.isdigit() and len(line) < 6 and int(line)):
        raise Invalid.at("/line", msg("This must be a whole number."))
    return NewPhoto(form.get("document", "")[:25], data, int(line) if line else None, form.get("caption"))
