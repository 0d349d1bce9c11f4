"""Alerts per site: opened and resolved in the transaction of the posting that causes them.

Each kind has one condition; `refresh` compares what is amiss now with what is open, and writes the difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import Message, NotFound, msg
from inventory.ledger import insert_for
from inventory.ledger.figures import Figures, figures
from inventory.models import Alert, Balance, Item, Location, Lot, Policy, Shipment, Site
from inventory.models.words import AlertKind, SiteKind, SiteStatus
from inventory.rules.effects import ZONES, LocationKind
from inventory.services import audit
from inventory.services.checks import Checks

EXPIRING_DAYS = 90
"""A lot in stock opens an `expiring` alert so many days before its last day."""

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


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is amiss now."""

    kind: AlertKind
    subject: str
    message: Message
    site_id: int | None = None
    item_id: int | None = None
    lot_id: int | None = None
    shipment_id: int | None = None
    quantity: int | None = None
    threshold: int | None = None
    suggested_quantity: int | None = None
    document: str | None = None


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


def refresh_shipment(session: Session, shipment: Shipment, on: date | None = None) -> None:
    """Bring the alerts about one shipment up to date."""
    if session.info.get(_LATER):
        return
    session.flush()
    site = session.get_one(Site, shipment.destination_id)
    found = list(_about_shipment(session, shipment, site, on or clock.today(site.timezone)))
    _settle(session, found, OF_SHIPMENTS, [Alert.shipment_id == shipment.id])


def evaluate(session: Session, on: date | None = None) -> int:
    """Bring every alert up to date for what time alone changes; how many (site, item) pairs were looked at."""
    looked_at = 0
    for site in session.scalars(select(Site).order_by(Site.id)).all():
        looked_at += _refresh_site(session, site, on or clock.today(site.timezone), None)
    late = select(Shipment).where(
        Shipment.status.in_(["dispatched", "arrived", "received"]), Shipment.historical.is_(False)
    )
    for shipment in session.scalars(late.order_by(Shipment.id)).all():
        refresh_shipment(session, shipment, on)
    return looked_at


def acknowledge(session: Session, actor: Actor, alert_id: int, note: str | None) -> Alert:
    """Say that somebody has seen an alert. It stays open until its cause is gone."""
    require(actor, "alerts.acknowledge")
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None or not (alert.site_id is None or actor.sees_site(alert.site_id)):
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


def raise_attention(session: Session, finding: Finding) -> None:
    """Open one `needs_attention` alert, unless it is open already."""
    _open(session, finding)


def settle_attention(session: Session, subject: str) -> None:
    """Resolve the `needs_attention` alert of that subject."""
    _resolve(session, [Alert.kind == AlertKind.NEEDS_ATTENTION, Alert.subject == subject], set())


def _refresh_site(session: Session, site: Site, today: date, item_ids: Collection[int] | None) -> int:
    if site.kind == SiteKind.PARTNER:
        return 0
    mine: list[ColumnElement[bool]] = [Alert.site_id == site.id]
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
    found = [*_about_lots(session, site, today, item_ids)]
    if site.status != SiteStatus.CLOSED:
        found += [finding for entry in known.values() for finding in _about_levels(site, entry, codes)]
    _settle(session, found, OF_STOCK, mine)
    return len(known)


def _codes(session: Session, known: Collection[int]) -> dict[int, str]:
    ids, codes = sorted(known), dict[int, str]()
    for start in range(0, len(ids), 400):
        rows = session.execute(select(Item.id, Item.code).where(Item.id.in_(ids[start : start + 400])))
        codes |= {item_id: code for item_id, code in rows}
    return codes


def _about_levels(site: Site, entry: Figures, codes: dict[int, str]) -> Iterable[Finding]:
    now, facts = entry.assessment, {"item": codes[entry.item_id], "site": site.code}

    def finding(kind: AlertKind, message: Message, quantity: int, threshold: int | None) -> Finding:
        return Finding(
            kind,
            f"{site.id}:{entry.item_id}",
            message,
            site.id,
            entry.item_id,
            quantity=quantity,
            threshold=threshold,
            suggested_quantity=now.suggested_quantity,
        )

    used = entry.usage.dispensed > 0 or bool(entry.demand)
    if entry.usable == 0 and (entry.policy is not None or used):
        yield finding(AlertKind.STOCK_OUT, msg("%(item)s has run out at %(site)s.", **facts), 0, 0)
    if entry.policy is None:
        return
    if now.emergency_point is not None and entry.usable <= now.emergency_point:
        at = whole(now.emergency_point)
        text = msg("%(item)s at %(site)s: %(usable)s left, emergency point %(at)s.", **facts, usable=entry.usable, at=at)
        yield finding(AlertKind.EMERGENCY, text, entry.usable, at)
    if now.reorder_point is not None and now.position <= now.reorder_point:
        at, position = whole(now.reorder_point), whole(now.position)
        text = msg(
            "%(item)s at %(site)s: %(position)s in stock and on the way, reorder point %(at)s.",
            **facts,
            position=position,
            at=at,
        )
        yield finding(AlertKind.REORDER, text, position, at)
    if now.maximum is not None and entry.usable > now.maximum:
        at = whole(now.maximum)
        text = msg("%(item)s at %(site)s: %(usable)s in stock, maximum %(at)s.", **facts, usable=entry.usable, at=at)
        yield finding(AlertKind.OVERSTOCK, text, entry.usable, at)


def whole(figure: object) -> int:
    """A level as a whole number of base units, rounded half up."""
    return int(float(figure) + 0.5) if not isinstance(figure, int) else figure  # type: ignore[arg-type]


def _about_lots(
    session: Session, site: Site, today: date, item_ids: Collection[int] | None
) -> Iterable[Finding]:
    """Lots at a site that expire soon (in stock), have expired or were recalled (in any zone)."""
    soon = today + timedelta(days=EXPIRING_DAYS)
    query = (
        select(Lot, Item.code, Location.kind, Balance.on_hand)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Location.site_id == site.id, Location.kind.in_(list(ZONES)), Balance.on_hand > 0)
        .where(or_(Lot.expires_on <= soon, Lot.recalled_on.is_not(None)))
    )
    if item_ids is not None:
        query = query.where(Lot.item_id.in_(list(item_ids)))
    totals: dict[tuple[AlertKind, int], int] = defaultdict(int)
    lots: dict[int, tuple[Lot, str]] = {}
    for lot, code, zone, on_hand in session.execute(query):
        lots[lot.id] = lot, code
        if lot.recalled_on is not None:
            totals[(AlertKind.RECALL, lot.id)] += on_hand
        if lot.expires_on is not None and lot.expires_on < today:
            totals[(AlertKind.EXPIRED, lot.id)] += on_hand
        elif lot.expires_on is not None and lot.expires_on <= soon and zone == LocationKind.STOCK:
            totals[(AlertKind.EXPIRING, lot.id)] += on_hand
    texts = {
        AlertKind.RECALL: "Recalled: %(quantity)s of %(item)s, lot %(lot)s, at %(site)s. Set them aside.",
        AlertKind.EXPIRED: "%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expired on %(expires_on)s.",
        AlertKind.EXPIRING: "%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expire on %(expires_on)s.",
    }
    for (kind, lot_id), quantity in totals.items():
        lot, code = lots[lot_id]
        facts = {"quantity": quantity, "item": code, "lot": lot.number, "site": site.code}
        text = Message(texts[kind], facts | {"expires_on": str(lot.expires_on)})
        yield Finding(kind, f"{site.id}:lot {lot.id}", text, site.id, lot.item_id, lot.id, quantity=quantity)


_EXTRACTED = (
    msg("Recalled: %(quantity)s of %(item)s, lot %(lot)s, at %(site)s. Set them aside."),
    msg("%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expired on %(expires_on)s."),
    msg("%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expire on %(expires_on)s."),
)


def _about_shipment(session: Session, shipment: Shipment, site: Site, today: date) -> Iterable[Finding]:
    subject, facts = f"shipment {shipment.id}", {"shipment": shipment.number, "site": site.code}
    if shipment.status == "dispatched" and shipment.eta is not None and today > shipment.eta:
        days = (today - shipment.eta).days
        text = msg("%(shipment)s to %(site)s is %(days)s days late.", **facts, days=days)
        yield Finding(
            AlertKind.SHIPMENT_LATE,
            subject,
            text,
            site.id,
            shipment_id=shipment.id,
            quantity=days,
            document=shipment.number,
        )
    if shipment.status == "received" and not shipment.historical:
        missing, damaged = open_discrepancy(session, shipment)
        if missing or damaged:
            text = msg(
                "%(shipment)s to %(site)s: %(missing)s missing, %(damaged)s damaged.",
                **facts,
                missing=missing,
                damaged=damaged,
            )
            yield Finding(
                AlertKind.DISCREPANCY,
                subject,
                text,
                site.id,
                shipment_id=shipment.id,
                quantity=missing + damaged,
                document=shipment.number,
            )


def open_discrepancy(session: Session, shipment: Shipment) -> tuple[int, int]:
    """(still missing, arrived damaged and still in quarantine) of a shipment, in base units over all its lots."""
    from sqlalchemy import func

    from inventory.models import ShipmentReceiptLine

    missing = session.scalar(
        select(func.sum(Balance.on_hand))
        .join(Location, Location.id == Balance.location_id)
        .where(Location.shipment_id == shipment.id, Location.kind == LocationKind.MISSING)
    )
    rows = session.execute(
        select(ShipmentReceiptLine.lot_id, func.sum(ShipmentReceiptLine.damaged))
        .where(ShipmentReceiptLine.shipment_id == shipment.id, ShipmentReceiptLine.damaged > 0)
        .group_by(ShipmentReceiptLine.lot_id)
    )
    damaged = 0
    for lot_id, quantity in rows:
        aside = session.scalar(
            select(func.sum(Balance.on_hand))
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id == shipment.destination_id, Location.kind == LocationKind.QUARANTINE)
            .where(Balance.lot_id == lot_id)
        )
        damaged += min(int(quantity), int(aside or 0))
    return int(missing or 0), damaged


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
        _resolve(session, [Alert.id.in_(stale)], stale)
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


def _resolve(session: Session, which: list[ColumnElement[bool]], _ids: set[int]) -> None:
    session.execute(
        update(Alert)
        .where(Alert.resolved_at.is_(None), *which)
        .values(resolved_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


