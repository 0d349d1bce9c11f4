"""Alerts: what somebody should look at."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Code, Instant, QueryFlag, Said, Schema, Text, Whole, Word, optional
from inventory.errors import NotFound, msg
from inventory.models import Alert
from inventory.models.words import AlertKind
from inventory.queries import alerts as reading
from inventory.queries.alerts import AlertFilter
from inventory.services import alerts

TAG = ["Alerts"]


class AlertsWanted(paging.Paged):
    """Which alerts: open and resolved ones unless asked."""

    site = Code(load_default=None)
    kind = Word(AlertKind, load_default=None)
    open = QueryFlag(load_default=None)


class AlertTold(Schema):
    """One thing that is amiss."""

    id = Whole(required=True)
    kind = Word(AlertKind, required=True)
    severity = Word(("critical", "warning", "info"), required=True)
    site = Code(required=True, allow_none=True)
    item = Code(required=True, allow_none=True)
    lot = Text(required=True, allow_none=True)
    shipment = Text(required=True, allow_none=True)
    quantity = Whole(required=True, allow_none=True)
    threshold = Whole(required=True, allow_none=True)
    suggested_quantity = Whole(required=True, allow_none=True)
    document = Text(required=True, allow_none=True)
    opened_at = Instant(required=True)
    resolved_at = Instant(required=True, allow_none=True)
    occurrence = Whole(required=True)
    escalation = Whole(required=True)
    escalated_at = Instant(required=True, allow_none=True)
    acknowledged_at = Instant(required=True, allow_none=True)
    acknowledged_by = Text(required=True, allow_none=True)
    note = optional(Text)
    message = Said(required=True)


class AcknowledgeBody(Schema):
    """A word about it."""

    note = optional(Text, most=2000)


_SAME = (
    *("id", "kind", "severity", "quantity", "threshold", "suggested_quantity", "document"),
    *("opened_at", "resolved_at", "acknowledged_at", "acknowledged_by", "note", "message"),
    *("occurrence", "escalation", "escalated_at"),
)


def alert_told(alert: Alert) -> dict[str, Any]:
    """An alert that was read with what it is about."""
    return {name: getattr(alert, name) for name in _SAME} | {
        "site": alert.site.code if alert.site is not None else None,
        "item": alert.item.code if alert.item is not None else None,
        "lot": alert.lot.number if alert.lot is not None else None,
        "shipment": alert.shipment.number if alert.shipment is not None else None,
    }


@bp.route("/alerts", methods=["GET"], tags=TAG)
@requires("alerts.see")
@bp.arguments(AlertsWanted, location="query")
@bp.response(200, paging.page_of(AlertTold))
def list_alerts(wanted: dict[str, Any]) -> Response:
    """List alerts, oldest first."""
    after = paging.key_of(wanted["cursor"], [int])
    kept = AlertFilter(site=wanted["site"], kind=wanted["kind"], open=wanted["open"])
    found = reading.alerts_slice(read(), me(), kept, after, wanted["limit"])
    return paging.page(AlertTold, found, [alert_told(each) for each in found.rows])


@bp.route("/alerts/<id>/acknowledge", methods=["POST"], tags=TAG)
@requires("alerts.acknowledge")
@bp.arguments(AcknowledgeBody, required=False)
@bp.response(200, AlertTold)
def acknowledge_alert(body: dict[str, Any], id: str) -> Response:
    """Say that somebody has seen it; it stays open until its cause is gone."""
    if not (id.isascii() and id.isdigit() and len(id) <= 18):
        raise NotFound(msg("Not found."))

    def work(current: Session) -> dict[str, Any]:
        alerts.acknowledge(current, me(), int(id), body.get("note"))
        return alert_told(reading.alert(current, me(), int(id)))

    return done(AlertTold, work)
