"""Alerts per site: opened and resolved in the transaction of the posting that causes them.

Each kind has one condition; `refresh` compares what is amiss now with what is open, and writes the difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import NotFound, msg
from inventory.ledger import insert_for
from inventory.ledger.figures import figures
from inventory.models import (
    Alert,
    Balance,
    Item,
    Location,
    Policy,
    Shipment,
    ShipmentReceiptLine,
    Site,
)
from inventory.models.words import AlertKind, SiteKind, SiteStatus
from inventory.rules.effects import LocationKind
from inventory.services import audit
from inventory.services.alert_causes import Finding as Finding
from inventory.services.alert_causes import about_levels, about_lots, about_shipment
from inventory.services.checks import Checks

OF_STOCK = (
    AlertKind.STOCK_OUT,
    AlertKind.EMERGENCY,
    AlertKind.REORDER,
    AlertKind.OVERSTOCK,
    AlertKind.EXPIRING,
    AlertKind.EXPIRED,
    AlertKind.RECALL,
)
OF_SHIPMENTS = (AlertKind.SHIPMENT_LATE, AlertKind.DISCREPANCY)

SEVERITY = {
    AlertKind.STOCK_OUT: "critical",
    AlertKind.EMERGENCY: "critical",
    AlertKind.EXPIRED: "critical",
    AlertKind.RECALL: "critical",
    AlertKind.NEEDS_ATTENTION: "critical",
    AlertKind.REORDER: "warning",
    AlertKind.EXPIRING: "warning",
    AlertKind.EXPIRY_RISK: "warning",
    AlertKind.SHIPMENT_LATE: "warning",
    AlertKind.DISCREPANCY: "warning",
    AlertKind.AUTHORISATION_EXPIRING: "warning",
    AlertKind.OVERSTOCK: "info",
}


_LATER = "alerts_later"


@contextmanager
def later(session: Session) -> Iterator[None]:
    """Inside, nothing is looked at as it is touched: for many postings in a row, after which `evaluate` must follow."""
    session.info[_LATER] = True
    try:
        yield
    finally:
        del session.info[_LATER]


def refresh(session: Session, pairs: Iterable[tuple[int, int]], on: date | None = None) -> None:
    """Bring the stock alerts of the (site, item) pairs up to date."""
    if session.info.get(_LATER):
        return
    by_site: dict[int, set[int]] = defaultdict(set)
    for site_id, item_id in pairs:
        by_site[site_id].add(item_id)
    session.flush()
    for site_id in sorted(by_site):
        site = session.get_one(Site, site_id)
        _refresh_site(session, site, on or clock.today(site.timezone), by_site[site_id])
    # What arrived damaged lies in quarantine: where it is moved on, the discrepancy is settled.
    open_ones = (
        select(Shipment)
        .join(Alert, Alert.shipment_id == Shipment.id)
        .where(Alert.kind == AlertKind.DISCREPANCY, Alert.resolved_at.is_(None), Alert.site_id.in_(by_site))
    )
    for shipment in session.scalars(open_ones.order_by(Shipment.id)).all():
        refresh_shipment(session, shipment, on)


def refresh_shipment(session: Session, shipment: Shipment, on: date | None = None) -> None:
    """Bring the alerts about one shipment up to date."""
    if session.info.get(_LATER):
        return
    session.flush()
    site = session.get_one(Site, shipment.destination_id)
    found = list(about_shipment(session, shipment, site, on or clock.today(site.timezone)))
    _settle(session, found, OF_SHIPMENTS, [Alert.shipment_id == shipment.id])


def refresh_site(session: Session, site: Site, on: date | None = None) -> int:
    """Bring the stock alerts of a whole site up to date; how many items were looked at."""
    session.flush()
    return _refresh_site(session, site, on or clock.today(site.timezone), None)


def evaluate(session: Session, on: date | None = None) -> int:
    """Bring every alert up to date for what time alone changes; how many (site, item) pairs were looked at."""
    looked_at = 0
    for site in session.scalars(select(Site).order_by(Site.id)).all():
        looked_at += refresh_site(session, site, on)
    for shipment in session.scalars(_unsettled().order_by(Shipment.id)).all():
        refresh_shipment(session, shipment, on)
    return looked_at


def _unsettled() -> Select[Shipment]:
    """The shipments that an alert may be about: under way, with an open alert, or with something missing or damaged."""
    alerted = select(Alert.shipment_id).where(Alert.resolved_at.is_(None), Alert.shipment_id.is_not(None))
    missing = (
        select(Location.shipment_id)
        .join(Balance, Balance.location_id == Location.id)
        .where(Location.kind == LocationKind.MISSING, Balance.on_hand > 0)
    )
    damaged = select(ShipmentReceiptLine.shipment_id).where(ShipmentReceiptLine.damaged > 0)
    return select(Shipment).where(
        Shipment.historical.is_(False),
        or_(
            Shipment.status.in_(["dispatched", "arrived"]),
            *(Shipment.id.in_(ids) for ids in (alerted, missing, damaged)),
        ),
    )


def acknowledge(session: Session, actor: Actor, alert_id: int, note: str | None) -> Alert:
    """Say that somebody has seen an alert. It stays open until its cause is gone."""
    require(actor, "alerts.acknowledge")
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None or not (alert.site_id is None or any(map(actor.sees_site, _sites_of(session, alert)))):
        raise NotFound(msg("Not found."))
    checks = Checks(session)
    text = checks.text(note, "/note", most=2000, lines=True)
    checks.check()
    alert.acknowledged_at = clock.now()
    alert.acknowledged_by_id, alert.acknowledged_by = actor.user_id, actor.name
    alert.note = text or alert.note
    audit.note(session, actor, "acknowledge", f"alert {alert.id}", note=text)
    session.flush()
    return alert


def _sites_of(session: Session, alert: Alert) -> set[int | None]:
    """The site that an alert is about; of a shipment also the one that it left."""
    shipment = session.get(Shipment, alert.shipment_id) if alert.shipment_id is not None else None
    return {alert.site_id, shipment.origin_id} if shipment is not None else {alert.site_id}


def raise_attention(session: Session, finding: Finding) -> None:
    """Open one `needs_attention` alert, unless it is open already."""
    _open(session, finding)


def settle_attention(session: Session, subject: str) -> None:
    """Resolve the `needs_attention` alert of that subject."""
    _resolve(session, [Alert.kind == AlertKind.NEEDS_ATTENTION, Alert.subject == subject])


def _refresh_site(session: Session, site: Site, today: date, item_ids: Collection[int] | None) -> int:
    mine: list[ColumnElement[bool]] = [Alert.site_id == site.id]
    if site.kind == SiteKind.PARTNER:
        _settle(session, [], OF_STOCK, mine)
        return 0
    if item_ids is not None:
        mine.append(Alert.item_id.in_(list(item_ids)))
        # One transaction at a time looks at a pair, so that none decides on figures that another is changing.
        session.execute(
            select(Policy.id)
            .where(Policy.site_id == site.id, Policy.item_id.in_(list(item_ids)))
            .order_by(Policy.id)
            .with_for_update()
        )
    known = figures(session, site.id, today, item_ids)
    codes = _codes(session, known)
    found = [*about_lots(session, site, today, item_ids)]
    if site.status != SiteStatus.CLOSED:
        found += [finding for entry in known.values() for finding in about_levels(site, entry, codes)]
    _settle(session, found, OF_STOCK, mine)
    return len(known)


def _codes(session: Session, known: Collection[int]) -> dict[int, str]:
    ids, codes = sorted(known), dict[int, str]()
    for start in range(0, len(ids), 400):
        rows = session.execute(select(Item.id, Item.code).where(Item.id.in_(ids[start : start + 400])))
        codes |= {item_id: code for item_id, code in rows}
    return codes


def _settle(
    session: Session, found: Iterable[Finding], kinds: Collection[AlertKind], mine: list[ColumnElement[bool]]
) -> None:
    """Open what is amiss, keep its figures fresh, resolve what is not amiss any more."""
    now = {(finding.kind.value, finding.subject): finding for finding in found}
    open_now = session.scalars(
        select(Alert).where(Alert.resolved_at.is_(None), Alert.kind.in_(list(kinds)), *mine)
    )
    stale = set()
    for alert in open_now:
        finding = now.pop((alert.kind, alert.subject), None)
        if finding is None:
            stale.add(alert.id)
        else:
            _update(alert, finding)
    for finding in now.values():
        _open(session, finding)
    if stale:
        _resolve(session, [Alert.id.in_(stale)])
    session.flush()


def _values(finding: Finding) -> dict[str, object]:
    return {
        "message": finding.message.as_json(),
        "quantity": finding.quantity,
        "threshold": finding.threshold,
        "suggested_quantity": finding.suggested_quantity,
    }


def _update(alert: Alert, finding: Finding) -> None:
    for name, value in _values(finding).items():
        if getattr(alert, name) != value:
            setattr(alert, name, value)


def _open(session: Session, finding: Finding) -> None:
    row = _values(finding) | {
        "kind": finding.kind,
        "subject": finding.subject,
        "severity": SEVERITY[finding.kind],
        "site_id": finding.site_id,
        "item_id": finding.item_id,
        "lot_id": finding.lot_id,
        "shipment_id": finding.shipment_id,
        "document": finding.document,
        "opened_at": clock.now(),
    }
    session.execute(insert_for(session, Alert).values(row).on_conflict_do_nothing())


def _resolve(session: Session, which: list[ColumnElement[bool]]) -> None:
    session.execute(
        update(Alert)
        .where(Alert.resolved_at.is_(None), *which)
        .values(resolved_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
