"""What devices recorded offline: kept whatever it is, posted where it can be, raised where it cannot.

Each event is posted in a savepoint of its own, so that one which fails spoils no other. What could not be posted waits
with its reason and one `needs_attention` alert; it is tried again when something arrives at its site that it may have
waited for, when its device sends it again, or by hand.
"""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.exc import StaleDataError

from inventory import clock
from inventory.access import Actor, require
from inventory.db import savepoint
from inventory.errors import Conflict, DomainError, FieldError, Message, NotFound, Superseded, msg
from inventory.exchange.json_fields import parse_instant
from inventory.ledger import insert_for
from inventory.models import Site, SyncEvent, User
from inventory.models.words import AlertKind, SyncResult
from inventory.services import alerts, audit, sync_posting
from inventory.services.accounts import actor_of
from inventory.services.checks import Checks

SKEW = timedelta(minutes=5)
"""A device's clock that is off by more than this is corrected for."""
AHEAD = timedelta(hours=24)
"""What lies ahead by no more than this is set back to now."""
TRIES = 3
_NAMES = UUID("5f7c0c5e-7a1e-4c69-9a56-3b1d8f6f6a10")
_RETRYING = "sync_retrying"
_log = logging.getLogger(__name__)

DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a device sent: its name, its clock at sending, and the events as they are, in plain JSON."""

    device: str
    sent_at: str | None
    events: Sequence[Any]


@dataclass(slots=True)
class Outcome:
    """What became of one event of a batch, by the id under which it was sent."""

    id: str
    duplicate: bool
    event: SyncEvent

    @property
    def result(self) -> str:
        """`accepted`, `duplicate` or `needs_attention`."""
        if self.event.result == SyncResult.NEEDS_ATTENTION:
            return str(SyncResult.NEEDS_ATTENTION)
        return DUPLICATE if self.duplicate else str(SyncResult.ACCEPTED)


def receive(session: Session, actor: Actor, batch: Batch) -> list[Outcome]:
    """Take in a batch; nothing of it is lost. In the order of its events."""
    require(actor, "sync.write")
    now = clock.now()
    sent_at = parse_instant(batch.sent_at)
    skew = now - sent_at if sent_at is not None and abs(now - sent_at) > SKEW else timedelta(0)
    device = _printable(batch.device, 120)
    outcomes = [_take(session, actor, device, raw, now, skew) for raw in batch.events]
    for outcome in outcomes:
        session.refresh(outcome.event)  # a later event of the batch may have helped an earlier one
    return outcomes


def _take(session: Session, actor: Actor, device: str, raw: Any, now: datetime, skew: timedelta) -> Outcome:
    fields: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {"data": raw}
    sent_id = fields.get("id")
    known_id = _uuid(sent_id) or _derived(actor, raw)
    told_id = _printable(sent_id, 80) if isinstance(sent_id, str) and sent_id else known_id
    event, is_new = _claim(session, actor, device, known_id, fields, now, skew)
    if not is_new and _content(event) != _content_of(fields):
        if event.result == SyncResult.NEEDS_ATTENTION and event.user_id == actor.user_id:
            _replace(session, actor, event, fields, now, skew)  # the device has put it right
        else:
            event, is_new = _claim(session, actor, device, _derived(actor, raw), fields, now, skew)
            if is_new:
                text = msg(
                    "Another event was sent under the id %(id)s before. Is this one meant too?", id=known_id
                )
                _wait(session, event, Conflict(text), held=True)
    if _held(event):
        return Outcome(told_id, False, event)
    if event.result == SyncResult.NEEDS_ATTENTION:
        _try(session, actor, event)
        return Outcome(told_id, False, event)
    return Outcome(told_id, not is_new, event)


def _uuid(value: Any) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _derived(actor: Actor, raw: Any) -> str:
    """An id for an event that has none of its own: the same content of the same account has the same one."""
    content = json.dumps(raw, sort_keys=True, default=str)
    return str(uuid5(_NAMES, f"{actor.user_id}:{sha256(content.encode()).hexdigest()}"))


def _claim(
    session: Session,
    actor: Actor,
    device: str,
    event_id: str,
    fields: Mapping[str, Any],
    now: datetime,
    skew: timedelta,
) -> tuple[SyncEvent, bool]:
    """The event of that id, kept now if it is new; locked until the transaction ends."""
    row = _values(session, fields, now, skew) | {
        "event_id": event_id,
        "device": device,
        "user_id": actor.user_id,
        "result": SyncResult.NEEDS_ATTENTION,
        "received_at": now,
    }
    statement = insert_for(session, SyncEvent).values(row).on_conflict_do_nothing()
    is_new = session.scalar(statement.returning(SyncEvent.id)) is not None
    event = session.scalars(
        select(SyncEvent)
        .where(SyncEvent.event_id == event_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return event, is_new


def _values(session: Session, fields: Mapping[str, Any], now: datetime, skew: timedelta) -> dict[str, Any]:
    """The columns of what was sent: the time corrected, the site found where there is one."""
    raw_at = fields.get("occurred_at")
    at = parse_instant(raw_at)
    if at is not None:
        with suppress(OverflowError):
            at += skew
        if now < at <= now + AHEAD:
            at = now
    return {
        "type": _printable(fields.get("type"), 80),
        "occurred_at": at,
        "raw_occurred_at": _printable(raw_at, 80) if raw_at is not None else None,
        "data": fields.get("data"),
        "site_id": _site_id(session, fields.get("data")),
    }


def _site_id(session: Session, data: Any) -> int | None:
    code = data.get("site") if isinstance(data, Mapping) else None
    if not isinstance(code, str) or len(code) > 32 or not code.isprintable():
        return None
    return session.scalar(select(Site.id).where(Site.code == code))


def _content(event: SyncEvent) -> str:
    return json.dumps([event.type, event.raw_occurred_at, event.data], sort_keys=True)


def _content_of(fields: Mapping[str, Any]) -> str:
    raw_at = fields.get("occurred_at")
    told = _printable(raw_at, 80) if raw_at is not None else None
    return json.dumps([_printable(fields.get("type"), 80), told, fields.get("data")], sort_keys=True)


def _replace(
    session: Session,
    actor: Actor,
    event: SyncEvent,
    fields: Mapping[str, Any],
    now: datetime,
    skew: timedelta,
) -> None:
    """Take what a device sends anew of an event that waits; what it sent before stays in the audit log."""
    before = {"type": event.type, "occurred_at": event.raw_occurred_at, "data": event.data}
    audit.note(session, actor, "sync_replace", f"sync {event.event_id}", before=before)
    for name, value in _values(session, fields, now, skew).items():
        setattr(event, name, value)


def _printable(value: Any, most: int) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:most])


def _try(session: Session, actor: Actor, event: SyncEvent) -> bool:
    """Post a waiting event; whether that went well. Otherwise it waits on, with the reason."""
    error: DomainError | None = None
    for _ in range(TRIES):
        try:
            with savepoint(session):
                document = sync_posting.post(session, actor, event)
                event.result, event.document = SyncResult.ACCEPTED, document
                event.detail, event.settled_at = None, clock.now()
        except OperationalError:
            raise  # the database's own trouble: the whole batch is tried again
        except (IntegrityError, StaleDataError, Superseded):
            continue  # somebody else was quicker: a second look finds what they did
        except DomainError as refusal:
            error = refusal
        except Exception:
            _log.exception("event %s could not be posted", event.event_id)
        else:
            alerts.settle_attention(session, _subject(event))
            return True
        break
    _wait(session, event, error or Conflict(msg("Something went wrong here. It was written to the log.")))
    return False


def _held(event: SyncEvent) -> bool:
    """Whether a person must decide about it: it is not tried again by itself."""
    return event.result == SyncResult.NEEDS_ATTENTION and bool((event.detail or {}).get("held"))


def _wait(session: Session, event: SyncEvent, error: DomainError, *, held: bool = False) -> None:
    event.result = SyncResult.NEEDS_ATTENTION
    event.detail = {
        "held": held,
        "message": error.message.as_json(),
        "errors": [{"pointer": each.pointer, "message": each.message.as_json()} for each in error.errors],
    }
    session.flush()
    reasons = [str(each.message) for each in error.errors] or [str(error.message)]
    text = msg(
        "What %(device)s recorded offline could not be posted: %(reason)s",
        device=event.device,
        reason=" ".join(dict.fromkeys(reasons))[:500],
    )
    alerts.raise_attention(
        session,
        alerts.Finding(
            AlertKind.NEEDS_ATTENTION, _subject(event), text, event.site_id, document=event.event_id
        ),
    )


def _subject(event: SyncEvent) -> str:
    return f"sync:{event.event_id}"


def reasons(event: SyncEvent) -> tuple[Message | None, list[FieldError]]:
    """Why an event waits: in one sentence, and field by field of its data."""
    if not event.detail:
        return None, []
    errors = [
        FieldError(each["pointer"], Message.from_json(each["message"])) for each in event.detail["errors"]
    ]
    return Message.from_json(event.detail["message"]), errors


def retry_waiting(session: Session, site_ids: Collection[int] | None = None) -> int:
    """Try again what waits at the sites (None: everywhere) on behalf of those who recorded it; how many went well.

    Called where a receipt, an item or a lot arrives. As long as one helps another, all are tried again.
    """
    if session.info.get(_RETRYING):
        return 0
    session.info[_RETRYING] = True
    posted = 0
    try:
        while helped := sum(_try(session, who, event) for event, who in _waiting(session, site_ids)):
            posted += helped
    finally:
        del session.info[_RETRYING]
    return posted


def _waiting(session: Session, site_ids: Collection[int] | None) -> list[tuple[SyncEvent, Actor]]:
    query = (
        select(SyncEvent, User)
        .join(User, User.id == SyncEvent.user_id)
        .where(SyncEvent.result == SyncResult.NEEDS_ATTENTION, User.active)
        .options(selectinload(User.sites))
        .order_by(SyncEvent.occurred_at, SyncEvent.id)
        .with_for_update(of=SyncEvent, skip_locked=True)
    )
    if site_ids is not None:
        query = query.where(SyncEvent.site_id.in_(list(site_ids)))
    return [(event, actor_of(user)) for event, user in session.execute(query) if not _held(event)]


def get_event(session: Session, actor: Actor, event_id: str, *, lock: bool = False) -> SyncEvent:
    """An event of the actor's sites, or that they sent themselves."""
    query = select(SyncEvent).where(SyncEvent.event_id == event_id.lower())
    if actor.sites is not None:
        mine = SyncEvent.site_id.in_(list(actor.sites))
        query = query.where(or_(mine, SyncEvent.user_id == actor.user_id))
    query = query.execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found


def retry(session: Session, actor: Actor, event_id: str) -> SyncEvent:
    """Try once more by hand, in the name of whoever does so. One that was posted meanwhile stays as it is."""
    require(actor, "sync.write")
    event = get_event(session, actor, event_id, lock=True)
    if event.result == SyncResult.RESOLVED:
        raise Conflict(msg("This event was closed."))
    if event.result == SyncResult.NEEDS_ATTENTION:
        _try(session, actor, event)
        audit.note(session, actor, "sync_retry", f"sync {event.event_id}", result=str(event.result))
    return event


def resolve(session: Session, actor: Actor, event_id: str, note: str | None, data: Any = None) -> SyncEvent:
    """Close an event that waits, with a note; with `data`, post that instead of what was recorded.

    What was recorded is kept. Raises what is wrong with `data`, its pointers under `/data`.
    """
    require(actor, "sync.write")
    event = get_event(session, actor, event_id, lock=True)
    checks = Checks(session)
    text = checks.text(note, "/note", most=2000, required=True, lines=True)
    if data is not None and not isinstance(data, Mapping):
        checks.add("/data", msg("This must be an object."))
    checks.check()
    if event.result != SyncResult.NEEDS_ATTENTION:
        raise Conflict(msg("This event does not wait any more."))
    event.note, event.settled_at = text, clock.now()
    if data is None:
        event.result = SyncResult.RESOLVED
    else:
        audit.note(session, actor, "sync_instead", f"sync {event.event_id}", data=dict(data))
        event.document = _posted_under(session, actor, event, data)
        event.result, event.detail = SyncResult.ACCEPTED, None
    session.flush()
    alerts.settle_attention(session, _subject(event))
    audit.note(session, actor, "sync_resolve", f"sync {event.event_id}", note=text, result=str(event.result))
    return event


def _posted_under(session: Session, actor: Actor, event: SyncEvent, data: Mapping[str, Any]) -> str:
    event.site_id = _site_id(session, data) or event.site_id
    try:
        return sync_posting.post(session, actor, event, data)
    except DomainError as error:
        error.errors = [FieldError(f"/data{each.pointer}", each.message) for each in error.errors]
        raise
