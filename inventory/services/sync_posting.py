"""One event that a device recorded, posted as the document that it is."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.errors import Invalid, msg
from inventory.exchange import bodies as shapes
from inventory.exchange.json_fields import Schema, field_errors
from inventory.models import Posting, Receipt, Site, SyncEvent
from inventory.services import adjustments, bodies, consumption, counts, late, receipts, requisitions
from inventory.services.second_person import second_person

AHEAD = timedelta(seconds=1)
_NAMES = UUID("0c1f3f0e-1d0b-4a5e-8a85-77a3a5a0f1f2")

SHAPES: dict[str, type[Schema]] = {
    "consumption": shapes.ConsumptionBody,
    "count": shapes.CountBody,
    "receipt": shapes.ReceiptBody,
    "adjustment": shapes.AdjustmentBody,
    "requisition": shapes.RequisitionBody,
}
DAYS = {
    "consumption": "occurred_on",
    "count": "counted_on",
    "receipt": "received_on",
    "adjustment": "occurred_on",
}
"""The field of each body that says on which day it was."""


def post(session: Session, actor: Actor, event: SyncEvent, instead: Mapping[str, Any] | None = None) -> str:
    """Post an event as `actor`, with other data `instead` of its own if given; the number of its document.

    Raises DomainErrors about the fields of its data.
    """
    found = event.data if instead is None else instead
    if event.type not in SHAPES:
        words = ", ".join(SHAPES)
        raise Invalid([], msg("The type must be one of: %(words)s.", words=words))
    if event.occurred_at is None:
        raise Invalid([], msg("It does not say when it happened (occurred_at)."))
    if event.occurred_at > clock.now() + AHEAD:
        raise Invalid(
            [], msg("It happened in the future, says its device: %(at)s.", at=event.raw_occurred_at)
        )
    if not isinstance(found, Mapping):
        raise Invalid([], msg("Its data is no object."))
    day, body = _dated(session, event, dict(found))
    at = event.occurred_at if day is not None else None
    with second_person(body.get("witness")):  # and not whoever a request that led here named
        return _POSTERS[event.type](session, actor, body, at, uuid5(_NAMES, event.event_id))


def _dated(session: Session, event: SyncEvent, data: dict[str, Any]) -> tuple[date | None, dict[str, Any]]:
    """The checked body, and its day where the event's instant lies on it.

    A body without its day has the day of the instant, at the site. A day that has not come, from a clock that runs
    ahead, is set back with it. Another day than the instant's is what a person typed: it stands, without an hour.
    """
    field = DAYS.get(event.type)
    site = session.get(Site, event.site_id) if event.site_id is not None else None
    timezone = site.timezone if site is not None else None
    assert event.occurred_at is not None
    there = clock.today(timezone, event.occurred_at)
    if field is not None and data.get(field) is None:
        data[field] = there.isoformat()
    try:
        body: dict[str, Any] = SHAPES[event.type]().load(data)
    except ValidationError as error:
        raise Invalid(field_errors(error.messages), msg("Its data is not in order.")) from None
    if field is None:
        return None, body
    if clock.today(timezone) < body[field] <= clock.today(timezone) + timedelta(days=1):
        body[field] = there
    return (there if body[field] == there else None), body


Poster = Callable[[Session, Actor, dict[str, Any], datetime | None, UUID], str]


def _consumption(
    session: Session, actor: Actor, body: dict[str, Any], at: datetime | None, uuid: UUID
) -> str:
    return consumption.consume(session, actor, bodies.consumption(body, at, uuid)).number


def _count(session: Session, actor: Actor, body: dict[str, Any], at: datetime | None, uuid: UUID) -> str:
    return counts.count(session, actor, bodies.count(body, at, uuid)).number


def _receipt(session: Session, actor: Actor, body: dict[str, Any], at: datetime | None, uuid: UUID) -> str:
    receipt: Receipt = receipts.receive(session, actor, bodies.receipt(body, at, uuid))
    if at is not None:
        _hold(session, actor, receipt.site, receipt.posting_id, at)
    return receipt.number


def _adjustment(session: Session, actor: Actor, body: dict[str, Any], at: datetime | None, uuid: UUID) -> str:
    event = adjustments.adjust(session, actor, bodies.adjustment(body, at, uuid))
    if at is not None and event.posting_id is not None:
        _hold(session, actor, event.site, event.posting_id, at)
    return event.number


def _hold(session: Session, actor: Actor, site: Site, posting_id: int, at: datetime) -> None:
    posting = session.get_one(Posting, posting_id)
    session.refresh(posting, ["movements"])
    late.hold_counts(session, actor, site, posting.movements, at)


def _requisition(
    session: Session, actor: Actor, body: dict[str, Any], at: datetime | None, uuid: UUID
) -> str:
    return requisitions.draft(session, actor, bodies.requisition(body)).number


_POSTERS: dict[str, Poster] = {
    "consumption": _consumption,
    "count": _count,
    "receipt": _receipt,
    "adjustment": _adjustment,
    "requisition": _requisition,
}
