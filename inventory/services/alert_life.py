"""The life of alerts: opened, kept fresh, made louder, resolved, opened again with memory (`rules/alerting.py`)."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from json.encoder import encode_basestring_ascii
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from inventory import clock
from inventory.db import write_rows
from inventory.errors import Message
from inventory.ledger import insert_for
from inventory.models import Alert, Item
from inventory.models.words import AlertKind
from inventory.rules import alerting
from inventory.services.alert_causes import SEVERITY, Finding

Conditions = list[ColumnElement[bool]]

CHUNK = 400
SAME_WORDS = frozenset({AlertKind.STOCK_OUT, AlertKind.EMERGENCY, AlertKind.REORDER, AlertKind.OVERSTOCK})
"""Kinds whose message says nothing that `quantity` and `threshold` do not say as well."""

_TABLE: Any = Alert.__table__
_NEW = (
    *("kind", "subject", "severity", "site_id", "item_id", "lot_id", "shipment_id", "authorisation_id"),
    *("quantity", "threshold", "suggested_quantity", "document", "message", "opened_at", "occurrence"),
    *("previous_id", "escalation", "waiting_since"),
)
_READY = frozenset({"kind", "severity", "message"})
"""Columns of `_NEW` that both drivers take as they are."""


def settle(
    session: Session,
    found: Iterable[Finding],
    kinds: Collection[AlertKind],
    mine: Conditions,
    moment: datetime,
    *,
    alone: bool = False,
) -> None:
    """Open what is amiss, keep its figures fresh, resolve what is not amiss any more among the alerts `mine`.

    What only `goes_on` opens nothing. `moment` is when it is looked at, or as if it were: the time of what is ignored
    runs from it, while what is opened and resolved bears the time of the clock. `alone`: nobody else opens alerts of
    these kinds there meanwhile, so that many can be written at once.
    """
    now: dict[tuple[str, str], Finding] = {(each.kind, each.subject): each for each in found}
    fresh: list[dict[str, Any]] = []
    anew: list[int] = []
    stale: list[int] = []
    told = _messages(session, kinds, mine)
    for row in _open_ones(session, kinds, mine):
        alert_id, kind, subject, severity, escalation, quantity, threshold, suggested, seen, before = row
        finding = now.pop((kind, subject), None)
        if finding is None:
            stale.append(alert_id)
            continue
        gravity = _gravity(finding, escalation)
        if (
            (quantity, threshold, suggested, severity)
            != (finding.quantity, finding.threshold, finding.suggested_quantity, gravity)
            or (alert_id in told and told[alert_id] != finding.message.as_json())
        ):  # fmt: skip
            fresh.append({"this": alert_id, "severity": gravity, **_values(finding)})
        if seen is not None and _look_again(kind, before, threshold, finding):
            anew.append(alert_id)
    _freshen(session, fresh)
    _set(
        session,
        anew,
        waiting_since=moment,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_by_id=None,
    )
    _set(session, stale, resolved_at=clock.now())
    open_all(session, [each for each in now.values() if not each.goes_on], moment, alone=alone)


def _open_ones(session: Session, kinds: Collection[AlertKind], mine: Conditions) -> Iterable[Any]:
    """Of the open alerts what `settle` looks at; as plain rows, for there may be very many."""
    return session.execute(
        select(
            *(Alert.id, Alert.kind, Alert.subject, Alert.severity, Alert.escalation),
            *(Alert.quantity, Alert.threshold, Alert.suggested_quantity),
            *(Alert.acknowledged_at, Alert.acknowledged_quantity),
        ).where(Alert.resolved_at.is_(None), Alert.kind.in_(list(kinds)), *mine)
    )


def _messages(session: Session, kinds: Collection[AlertKind], mine: Conditions) -> dict[int, Any]:
    """alert id -> its message, of the kinds whose message may change although their figures do not."""
    wanted = [kind for kind in kinds if kind not in SAME_WORDS]
    if not wanted:
        return {}
    rows = session.execute(
        select(Alert.id, Alert.message).where(Alert.resolved_at.is_(None), Alert.kind.in_(wanted), *mine)
    )
    return {alert_id: message for alert_id, message in rows}


def _look_again(kind: str, seen: int | None, threshold: int | None, finding: Finding) -> bool:
    return alerting.worse(kind, seen, finding.quantity) or alerting.nearer(kind, threshold, finding.threshold)


def _gravity(finding: Finding, escalation: int) -> str:
    """How grave an alert is: as its cause is, but a warning that was ignored is critical."""
    severity = finding.severity or SEVERITY[finding.kind]
    return "critical" if escalation and severity == "warning" else severity


def _values(finding: Finding) -> dict[str, Any]:
    return {
        "message": finding.message.as_json(),
        "quantity": finding.quantity,
        "threshold": finding.threshold,
        "suggested_quantity": finding.suggested_quantity,
    }


def _freshen(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write rows of new figures; `this` is the alert's id."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "this"]
    query = update(_TABLE).where(_TABLE.c.id == bindparam("this"))
    session.connection().execute(query.values({name: bindparam(name) for name in names}), rows)
    _forget(session, (row["this"] for row in rows))


def _set(session: Session, alert_ids: list[int], **values: Any) -> None:
    for start in range(0, len(alert_ids), CHUNK):
        chosen = alert_ids[start : start + CHUNK]
        session.connection().execute(update(_TABLE).where(_TABLE.c.id.in_(chosen)).values(**values))
    _forget(session, alert_ids)


def _forget(session: Session, alert_ids: Iterable[int]) -> None:
    """What the session holds of these alerts is read again when it is asked for."""
    for alert_id in alert_ids:
        held = session.identity_map.get(identity_key(Alert, alert_id))
        if held is not None:
            session.expire(held)


def resolve(session: Session, kind: AlertKind, subject: str) -> None:
    """Resolve the open alert of a kind about a subject, if there is one."""
    found = session.scalars(
        select(Alert.id).where(Alert.kind == kind, Alert.subject == subject, Alert.resolved_at.is_(None))
    )
    _set(session, list(found), resolved_at=clock.now())


def open_all(
    session: Session, findings: Collection[Finding], moment: datetime, *, alone: bool = False
) -> None:
    """Open an alert for each finding, unless one is open already; each knows how often it came lately.

    `alone`: as in `settle`.
    """
    if not findings:
        return
    known = _earlier(session, findings, moment)
    if alone:
        write_rows(session, _TABLE, _NEW, _new_rows(findings, known, moment, _as_text), raw=_READY)
        return
    rows = list(_new_rows(findings, known, moment, Message.as_json))
    for start in range(0, len(rows), CHUNK):
        given = [dict(zip(_NEW, row, strict=True)) for row in rows[start : start + CHUNK]]
        session.execute(insert_for(session, Alert).values(given).on_conflict_do_nothing())


def _new_rows(
    findings: Iterable[Finding],
    known: Mapping[tuple[str, str], tuple[int, int]],
    moment: datetime,
    told: Callable[[Message], Any],
) -> Iterator[tuple[Any, ...]]:
    """The columns `_NEW` of an alert for each finding, its message as `told`."""
    words, now = {kind: kind.value for kind in AlertKind}, clock.now()
    waiting = moment if abs(moment - now) > timedelta(hours=12) else None
    for each in findings:
        before = known.get((each.kind, each.subject))
        yield (
            words[each.kind],
            each.subject,
            each.severity or SEVERITY[each.kind],
            *(each.site_id, each.item_id, each.lot_id, each.shipment_id, each.authorisation_id),
            *(each.quantity, each.threshold, each.suggested_quantity),
            *(each.document, told(each.message), now),
            *((before[1] + 1, before[0], 0) if before is not None else (1, None, 0)),
            waiting,
        )


def _as_text(message: Message) -> str:
    """A message as JSON, by hand where it is made of texts and whole numbers alone: there may be very many."""
    parts = []
    for name, value in message.params.items():
        if type(value) is int:
            parts.append(f'"{name}": {value}')
        elif type(value) is str:
            parts.append(f'"{name}": {encode_basestring_ascii(value)}')
        else:
            return json.dumps(message.as_json())
    return f'{{"text": {_quoted(message.text)}, "params": {{{", ".join(parts)}}}}}'


_quoted = cache(encode_basestring_ascii)


def _earlier(
    session: Session, findings: Collection[Finding], moment: datetime
) -> Mapping[tuple[str, str], tuple[int, int]]:
    """(kind, subject) -> (id, occurrence) of the alert that was resolved last, not too long ago to be remembered."""
    base = select(Alert.kind, Alert.subject, Alert.id, Alert.occurrence).where(
        Alert.resolved_at >= moment - timedelta(days=alerting.MEMORY_DAYS),
        Alert.kind.in_({each.kind for each in findings}),
    )
    sites = {each.site_id for each in findings}
    found: dict[tuple[str, str], tuple[int, int]] = {}
    if len(findings) > CHUNK and None not in sites:
        queries = [base.where(Alert.site_id == site_id) for site_id in sites]
    else:
        subjects = sorted({each.subject for each in findings})
        queries = [
            base.where(Alert.subject.in_(subjects[start : start + CHUNK]))
            for start in range(0, len(subjects), CHUNK)
        ]
    for query in queries:
        for kind, subject, alert_id, occurrence in session.execute(
            query.order_by(Alert.resolved_at, Alert.id)
        ):
            found[kind, subject] = alert_id, occurrence
    return found


def escalate(
    session: Session,
    site_id: int,
    rules: alerting.Rules,
    helped: Callable[[], Collection[tuple[str, str]]],
    moment: datetime,
) -> int:
    """Escalate the open alerts of a site that were ignored for too long; how many that were.

    Where help is on its way (`helped`: kind and subject), the time begins anew instead. How often depends on the days
    alone, not on how often this is asked: `escalated_at` is when it was due.
    """
    since = func.coalesce(Alert.waiting_since, Alert.opened_at)
    soonest = moment - timedelta(days=1)
    rows = session.execute(
        select(
            *(Alert.id, Alert.kind, Alert.subject, Alert.severity, Alert.escalation),
            *(Alert.opened_at, Alert.waiting_since, Alert.escalated_at, Item.category),
        )
        .outerjoin(Item, Item.id == Alert.item_id)
        .where(Alert.site_id == site_id, Alert.resolved_at.is_(None), Alert.acknowledged_at.is_(None))
        .where(since <= soonest, or_(Alert.escalated_at.is_(None), Alert.escalated_at <= soonest))
    )
    better: Collection[tuple[str, str]] | None = None
    louder: list[dict[str, Any]] = []
    helping: list[int] = []
    for alert_id, kind, subject, severity, escalation, opened, waiting, last, category in rows:
        patience = rules.of(category).patience(severity if severity == "info" else SEVERITY[kind])
        begun = max(waiting or opened, last or opened)
        times = alerting.escalations((moment - begun).days, patience, escalation)
        if not times or patience is None:
            continue
        if better is None:
            better = helped()
        if (kind, subject) in better:
            helping.append(alert_id)
            continue
        louder.append(
            {
                "this": alert_id,
                "severity": "critical" if severity == "warning" else severity,
                "escalation": escalation + times,
                "escalated_at": begun + timedelta(days=times * patience),
            }
        )
    _freshen(session, louder)
    _set(session, helping, waiting_since=moment)
    return len(louder)
