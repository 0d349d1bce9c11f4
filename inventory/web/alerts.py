"""Alerts: what somebody should look at, by gravity, with the way to where one acts."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import Conflict, DomainError, msg
from inventory.extensions import render
from inventory.models import Alert
from inventory.queries import alerts as reading
from inventory.queries.recalls import recall_named
from inventory.services import alerts, requisitions
from inventory.services.requisitions import AskedLine, NewRequisition
from inventory.web import labels
from inventory.web.forms import asked, asked_number
from inventory.web.guard import me
from inventory.web.pages import PAGE, do_once, item_name, my_sites, page_token, stock_address
from inventory.web.words import told

bp = Blueprint("alerts", __name__)
ASKING = {"stock_out", "emergency", "reorder"}


@bp.get("/alerts")
@requires("alerts.see")
def index() -> ResponseReturnValue:
    """The alerts of my sites, the gravest first; those that are open unless one asks for more."""
    return _page()


def _page(status: int = 200, error: str | None = None) -> ResponseReturnValue:
    state = asked("state") or "open"
    wanted = reading.AlertFilter(
        site=asked("site"),
        kind=asked("kind"),
        severity=asked("severity"),
        open={"open": True, "new": True, "resolved": False}.get(state),
        acknowledged=False if state == "new" else None,
    )
    by_site = asked("group") == "site"
    page = reading.alerts_page(session(), me(), wanted, asked_number("page", 1), PAGE, by_site=by_site)
    may_mark = [each for each in page.rows if each.resolved_at is None and each.acknowledged_at is None]
    html = render_template(
        "alerts/index.html",
        page=page,
        wanted=wanted,
        state=state,
        sites=my_sites(partners=False),
        kinds=labels.ALERTS,
        severities=labels.SEVERITIES,
        words=told,
        acts=_acts,
        may_ask=_may_ask,
        item_name=item_name,
        earlier=reading.earlier(session(), page.rows),
        ignored=_ignored,
        by_site=by_site,
        may_mark=may_mark if me().can("alerts.acknowledge") else [],
        error=error,
        token=uuid4(),
    )
    return html, status


def _ignored(alert: Alert) -> int:
    """For how many days nobody has acknowledged an open alert."""
    if alert.resolved_at is not None or alert.acknowledged_at is not None:
        return 0
    return max(0, (clock.now() - (alert.waiting_since or alert.opened_at)).days)


def _may_ask(alert: Alert) -> bool:
    actor = me()
    return bool(
        alert.resolved_at is None
        and alert.kind in ASKING
        and alert.suggested_quantity
        and actor.can("requisitions.write")
        and actor.sees_site(alert.site_id)
    )


def _acts(alert: Alert) -> tuple[str, Any] | None:
    """Where one acts on an alert, and the words of the link."""
    if alert.kind == "temperature" and alert.document:
        return url_for("temperatures.show", code=alert.document), _("Open the logger")
    if alert.shipment is not None:
        return url_for("shipments.show", number=alert.shipment.number), _("Open the shipment")
    if alert.kind == "expired" and alert.site and alert.item and alert.lot and me().can("disposals.write"):
        address = url_for(
            "adjustments.dispose",
            site=alert.site.code,
            item=alert.item.code,
            lot=alert.lot.number,
            quantity=alert.quantity,
        )
        return address, _("Dispose of it")
    if alert.kind == "recall" and alert.item and alert.lot:
        found = recall_named(session(), alert.item.code, alert.lot.number)
        if found is not None:
            return url_for("recalls.show", recall_id=found.id), _("Open the recall")
    if alert.authorisation_id is not None:
        return url_for("authorisations.index", site=alert.site.code if alert.site else None), _(
            "Open the list"
        )
    if alert.kind == "needs_attention" and alert.subject.startswith("demand ") and alert.site is not None:
        return url_for("policies.index", site=alert.site.code), _("Open the levels")
    if alert.kind == "expiry_risk" and me().can("surplus.write"):
        return url_for("surplus.index"), _("Move surplus")
    if alert.site is not None and alert.item is not None:
        return stock_address(alert.site.code, alert.item.code), _("Open the stock card")
    return None


@bp.post("/alerts/<int:alert_id>/acknowledge")
@requires("alerts.acknowledge")
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Say that somebody has seen it, with a note."""

    def work(s: Session) -> str:
        return str(alerts.acknowledge(s, me(), min(alert_id, 2**62), request.form.get("note")).id)

    try:
        do_once(f"acknowledge {alert_id}", page_token(), work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(
            error.status, " ".join(render(each.message) for each in error.errors) or render(error.message)
        )
    flash(_("Marked as seen. It stays in the list until its cause is gone."), "success")
    return redirect(_back(), 303)


@bp.post("/alerts/acknowledge")
@requires("alerts.acknowledge")
def acknowledge_many() -> ResponseReturnValue:
    """Say that somebody has seen those that were ticked, or all of the page, with one note."""
    name = "shown" if request.form.get("which") == "page" else "alerts"
    chosen = [int(each) for each in request.form.getlist(name) if each.isascii() and each.isdigit()]
    note = request.form.get("note")

    def work(s: Session) -> str:
        marked = alerts.acknowledge_many(s, me(), [min(each, 2**62) for each in chosen], note)
        return json.dumps([len(marked.ids), dict(marked.left)])

    try:
        count, left = json.loads(do_once("acknowledge many", page_token(), work))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(
            error.status, " ".join(render(each.message) for each in error.errors) or render(error.message)
        )
    if count:
        flash(
            ngettext("%(num)s alert is marked as seen.", "%(num)s alerts are marked as seen.", count),
            "success",
        )
    for why, words in _LEFT.items():
        if left.get(why):
            flash(words(left[why]), "info" if count else "warning")
    return redirect(_back(), 303)


_LEFT: dict[str, Callable[[int], str]] = {
    "resolved": lambda n: ngettext(
        "%(num)s alert was left: it was settled meanwhile.",
        "%(num)s alerts were left: they were settled meanwhile.",
        n,
    ),
    "acknowledged": lambda n: ngettext(
        "%(num)s alert was left: somebody else has seen it.",
        "%(num)s alerts were left: somebody else has seen them.",
        n,
    ),
    "unknown": lambda n: ngettext(
        "%(num)s alert was left: it is not one of your sites'.",
        "%(num)s alerts were left: they are not of your sites.",
        n,
    ),
}
"""What is said of alerts that were not marked, by why."""


@bp.post("/alerts/<int:alert_id>/request")
@requires("requisitions.write")
def ask(alert_id: int) -> ResponseReturnValue:
    """Ask for what an alert suggests: a requisition of one line, sent for approval at once."""

    def work(s: Session) -> str:
        alert = reading.alert(s, me(), min(alert_id, 2**62), lock=True)
        if alert.resolved_at is not None or not alert.suggested_quantity or not alert.site or not alert.item:
            raise Conflict(msg("Nothing is suggested here any more: the alert was settled meanwhile."))
        kind = "regular" if alert.kind == "reorder" else "emergency"
        lines = [AskedLine(alert.item.code, alert.suggested_quantity)]
        number: str = requisitions.draft(s, me(), NewRequisition(alert.site.code, kind, lines)).number
        requisitions.submit(s, me(), number)
        return number

    try:
        number = do_once(f"request {alert_id}", page_token(), work)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(error.status, render(error.message))
    flash(_("%(number)s is sent for approval.", number=number), "success")
    return redirect(url_for("requisitions.show", number=number), 303)


def _back() -> str:
    """The list as it was filtered, told by the form as the query of its address."""
    query = request.form.get("back", "")
    safe = query.isascii() and query.isprintable() and len(query) < 500
    return url_for("alerts.index") + (f"?{query}" if safe and query else "")
