"""Alerts that somebody has seen: one, or many at once."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import Invalid, NotFound, msg
from inventory.models import Alert, Shipment
from inventory.services import audit
from inventory.services.checks import Checks

MOST = 500
"""So many alerts are acknowledged at once."""

Left = Literal["resolved", "acknowledged", "unknown"]


@dataclass(slots=True)
class Marked:
    """What came of acknowledging many alerts: the ids of those that were, and how many were left, by why."""

    ids: list[int] = field(default_factory=list)
    left: Counter[Left] = field(default_factory=Counter)


def acknowledge(session: Session, actor: Actor, alert_id: int, note: str | None) -> Alert:
    """Say that somebody has seen an alert. It stays open until its cause is gone."""
    require(actor, "alerts.acknowledge")
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None or not _mine(session, actor, alert):
        raise NotFound(msg("Not found."))
    _mark(alert, actor, _note(session, note))
    audit.note(session, actor, "acknowledge", f"alert {alert.id}", note=alert.note)
    session.flush()
    return alert


def acknowledge_many(session: Session, actor: Actor, alert_ids: Collection[int], note: str | None) -> Marked:
    """Say that somebody has seen these alerts, with one note for all.

    What was resolved or acknowledged meanwhile, or is no business of the actor's, is left as it is and counted. Raises
    Invalid where nothing is chosen, or too much, or the note is not fit.
    """
    require(actor, "alerts.acknowledge")
    wanted = sorted(set(alert_ids))
    if not wanted:
        raise Invalid.at("/alerts", msg("Choose at least one alert."))
    if len(wanted) > MOST:
        raise Invalid.at("/alerts", msg("At most %(most)s alerts at once.", most=MOST))
    text = _note(session, note)
    marked = Marked()
    found = session.scalars(
        select(Alert)
        .where(Alert.id.in_(wanted))
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for alert in found:
        if not _mine(session, actor, alert):
            continue
        if alert.resolved_at is not None:
            marked.left["resolved"] += 1
        elif alert.acknowledged_at is not None:
            marked.left["acknowledged"] += 1
        else:
            _mark(alert, actor, text)
            marked.ids.append(alert.id)
    unknown = len(wanted) - len(marked.ids) - marked.left.total()
    if unknown:
        marked.left["unknown"] = unknown
    if marked.ids:
        audit.note(session, actor, "acknowledge", "alerts", ids=marked.ids, note=text)
    session.flush()
    return marked


def _mark(alert: Alert, actor: Actor, note: str | None) -> None:
    alert.acknowledged_at, alert.acknowledged_quantity = clock.now(), alert.quantity
    alert.acknowledged_by_id, alert.acknowledged_by = actor.user_id, actor.name
    alert.note = note or alert.note


def _note(session: Session, note: str | None) -> str | None:
    checks = Checks(session)
    text = checks.text(note, "/note", most=2000, lines=True)
    checks.check()
    return text


def _mine(session: Session, actor: Actor, alert: Alert) -> bool:
    """Whether an alert is the actor's business: of their sites; of a shipment also at the site that it left."""
    sites = {alert.site_id}
    if alert.shipment_id is not None:
        sites.add(session.get_one(Shipment, alert.shipment_id).origin_id)
    return alert.site_id is None or any(map(actor.sees_site, sites))
