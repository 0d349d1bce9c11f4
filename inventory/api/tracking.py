"""Public links to a shipment: made, ended, followed."""

from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from inventory.access import public, requires
from inventory.api import shipment_shapes as shapes
from inventory.api.base import bp, done, gone, me, read, told
from inventory.api.fields import Day, Instant, Many, One, Schema, Text, Whole, Word, optional
from inventory.db import atomically
from inventory.errors import NotFound, msg
from inventory.models.words import Classifier, Milestone, Mode
from inventory.queries import shipments as reading
from inventory.services import tracking

TAG = ["Tracking"]


class LinkBody(Schema):
    """Until when the link holds: 90 days unless said, a year at most."""

    expires_at = optional(Instant)


class LinkTold(Schema):
    """A link. Its token is told this once."""

    id = Whole(required=True)
    token = Text(required=True)
    url = Text(required=True)
    expires_at = Instant(required=True)


class StepTold(Schema):
    """A milestone."""

    milestone = Word(Milestone, required=True)
    classifier = Word(Classifier, required=True)
    occurred_at = Instant(required=True)


class TrackedTold(Schema):
    """A shipment as anybody with the link sees it: no goods, no names, of a sensitive site its country alone."""

    number = Text(required=True)
    status = Word(shapes.STATES, required=True)
    mode = Word(Mode, required=True, allow_none=True)
    origin = Text(required=True)
    destination = Text(required=True)
    eta = optional(Day)
    events = Many(One(StepTold), required=True)


@bp.route("/shipments/<number>/tracking-links", methods=["POST"], tags=TAG)
@requires("tracking.write")
@bp.arguments(LinkBody, required=False)
@bp.response(201, LinkTold)
def add_link(body: dict[str, Any], number: str) -> Response:
    """Make a link that shows the shipment's status without a login."""

    def work(current: Session) -> dict[str, Any]:
        link, token = tracking.make_link(current, me(), number, body.get("expires_at"))
        base = current_app.config["RELAIS"].base_url
        url = f"{base}/api/v1/tracking/{token}"
        return {"id": link.id, "token": token, "url": url, "expires_at": link.expires_at}

    return done(LinkTold, work, 201)


@bp.route("/shipments/<number>/tracking-links/<id>", methods=["DELETE"], tags=TAG)
@requires("tracking.write")
@bp.response(204)
def end_link(number: str, id: str) -> Response:
    """End a link."""
    if not (id.isascii() and id.isdigit() and len(id) <= 18):
        raise NotFound(msg("Not found."))
    return gone(lambda current: tracking.revoke_link(current, me(), number, int(id)))


@bp.route("/tracking/<token>", methods=["GET"], tags=TAG)
@public
@bp.response(200, TrackedTold)
def track(token: str) -> Response:
    """Tell a shipment's status to whoever holds the link."""
    address = request.remote_addr or ""
    tracking.refuse_guesses(read(), address)
    try:
        found = reading.for_outsiders(tracking.tracked(read(), token), None)
    except NotFound:
        atomically(lambda current: tracking.note_guess(current, address))
        raise
    answer = told(
        TrackedTold,
        {name: getattr(found, name) for name in ("number", "status", "mode", "origin", "destination", "eta")}
        | {"events": found.steps},
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
