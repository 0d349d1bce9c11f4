"""What devices recorded offline: taken in, looked at, tried again, closed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Response
from marshmallow import EXCLUDE
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Anything, Code, Instant, Many, One, Schema, Text, Word, say
from inventory.errors import FieldError
from inventory.models import SyncEvent
from inventory.models.words import SyncResult
from inventory.queries import sync as reading
from inventory.services import sync
from inventory.services.sync import Batch, Outcome

TAG = ["Field work"]
KINDS = ["consumption", "count", "receipt", "adjustment", "requisition"]
EVENT = {
    "type": "object",
    "required": ["id", "type", "occurred_at", "data"],
    "description": "`data` is the body of the POST of that type. Whatever else comes is kept too, and raised.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "type": {"type": "string", "enum": KINDS},
        "occurred_at": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}


class SyncBody(Schema):
    """A batch of events, in the order in which they were recorded."""

    device = Anything(metadata={"type": "string"})
    sent_at = Anything(metadata={"type": "string", "format": "date-time"})
    events = Many(Anything(metadata=EVENT), required=True)

    class Meta:
        unknown = EXCLUDE  # nothing that was recorded is turned away


class OutcomeTold(Schema):
    """What became of one event."""

    id = Text(required=True)
    result = Word(("accepted", "duplicate", "needs_attention"), required=True)
    detail = Text(required=True, allow_none=True)
    document = Text(required=True, allow_none=True)


class SyncTold(Schema):
    """What became of each event, in their order."""

    events = Many(One(OutcomeTold), required=True)


class EventFault(Schema):
    """What is wrong with one field of the event's data."""

    pointer = Text(required=True)
    detail = Text(required=True)


class SyncEventTold(Schema):
    """An event that a device recorded."""

    id = Text(required=True)
    device = Text(required=True)
    by = Text(required=True, allow_none=True)
    site = Code(required=True, allow_none=True)
    type = Text(required=True)
    occurred_at = Instant(required=True, allow_none=True)
    received_at = Instant(required=True)
    settled_at = Instant(required=True, allow_none=True)
    result = Word(SyncResult, required=True)
    detail = Text(required=True, allow_none=True)
    errors = Many(One(EventFault), required=True)
    document = Text(required=True, allow_none=True)
    note = Text(required=True, allow_none=True)
    data = Anything(required=True)


class EventsWanted(paging.Paged):
    """Which events."""

    site = Code(load_default=None)
    result = Word(SyncResult, load_default=None)


class RetryBody(Schema):
    """No fields."""


class ResolveBody(Schema):
    """Why it is closed; with `data`, what is posted instead."""

    note = Text(required=True, most=2000)
    data = Anything(metadata={"type": "object"})


def storable(value: Any) -> Any:
    """The same in what a JSON column takes: decimals as numbers where that loses nothing, else as strings."""
    if isinstance(value, Mapping):
        return {key: storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    return value


def _detail(event: SyncEvent) -> str | None:
    message, errors = sync.reasons(event)
    if message is None:
        return None
    return " ".join([say(message), *(_fault(error) for error in errors)])


def _fault(error: FieldError) -> str:
    return f"{error.pointer}: {say(error.message)}"


def _outcome(outcome: Outcome) -> dict[str, Any]:
    event = outcome.event
    return {
        "id": outcome.id,
        "result": outcome.result,
        "detail": _detail(event),
        "document": event.document,
    }


def _told(current: Session, events: list[SyncEvent]) -> list[dict[str, Any]]:
    sites, users = reading.names(current, events)
    same = (
        "device",
        "type",
        "occurred_at",
        "received_at",
        "settled_at",
        "result",
        "document",
        "note",
        "data",
    )
    return [
        {name: getattr(event, name) for name in same}
        | {
            "id": event.event_id,
            "by": users.get(event.user_id or 0),
            "site": sites.get(event.site_id or 0),
            "detail": _detail(event),
            "errors": [
                {"pointer": error.pointer, "detail": say(error.message)} for error in sync.reasons(event)[1]
            ],
        }
        for event in events
    ]


@bp.route("/sync", methods=["POST"], tags=TAG)
@requires("sync.write")
@bp.arguments(SyncBody)
@bp.response(200, SyncTold)
def take_in(body: dict[str, Any]) -> Response:
    """Take in what a device recorded offline: each event is posted by itself, or kept and raised."""
    told = storable(body)
    batch = Batch(told.get("device"), told.get("sent_at"), told["events"])

    def work(current: Session) -> dict[str, Any]:
        return {"events": [_outcome(each) for each in sync.receive(current, me(), batch)]}

    return done(SyncTold, work)


@bp.route("/sync/events", methods=["GET"], tags=TAG)
@requires("sync.write")
@bp.arguments(EventsWanted, location="query")
@bp.response(200, paging.page_of(SyncEventTold))
def list_events(wanted: dict[str, Any]) -> Response:
    """List what devices recorded; `result=needs_attention` is what waits."""
    after = paging.key_of(wanted["cursor"], [int])
    found = reading.events_slice(read(), me(), wanted["site"], wanted["result"], after, wanted["limit"])
    return paging.page(SyncEventTold, found, _told(read(), list(found.rows)))


@bp.route("/sync/events/<id>/retry", methods=["POST"], tags=TAG)
@requires("sync.write")
@bp.arguments(RetryBody, required=False)
@bp.response(200, SyncEventTold)
def retry_event(body: dict[str, Any], id: str) -> Response:
    """Try an event that waits once more; its `result` says whether that went well."""
    return done(SyncEventTold, lambda s: _told(s, [sync.retry(s, me(), id)])[0])


@bp.route("/sync/events/<id>/resolve", methods=["POST"], tags=TAG)
@requires("sync.write")
@bp.arguments(ResolveBody)
@bp.response(200, SyncEventTold)
def resolve_event(body: dict[str, Any], id: str) -> Response:
    """Close an event that waits, with a note; with `data`, post that instead."""
    data = storable(body.get("data"))
    return done(SyncEventTold, lambda s: _told(s, [sync.resolve(s, me(), id, body["note"], data)])[0])
