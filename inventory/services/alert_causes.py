"""What is amiss now: the one condition of each kind of alert.

`stock_out`, `emergency`, `reorder` and `overstock` are about an item at a site; `expired`, `expiring`, `expiry_risk`
and `recall` are about a batch there: a batch that several donors gave is several lots in the ledger and one to whoever
looks after the shelf. What is written here is the cause; what becomes of it is in `alert_life`.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.errors import Message, msg
from inventory.ledger.figures import Figures
from inventory.models import Balance, Location, Lot, Shipment, ShipmentReceiptLine, Site
from inventory.models.words import AlertKind, SiteKind, SiteStatus
from inventory.rules import alerting
from inventory.rules.effects import ZONES, LocationKind

SEVERITY: Mapping[str, str] = {
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
    AlertKind.TEMPERATURE: "warning",
    AlertKind.OVERSTOCK: "info",
}
"""How grave a kind is, unless a finding says otherwise."""


@dataclass(slots=True, eq=False)
class Finding:
    """Something that is amiss now. What only `goes_on` keeps an open alert open and opens none."""

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
    authorisation_id: int | None = None
    severity: str | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A site whose alerts are looked at: the rules that hold there, and (code, category) of its items by id."""

    site: Site
    rules: alerting.Rules
    items: Mapping[int, tuple[str, str]]

    @property
    def feeds_others(self) -> bool:
        """Whether what it holds is used elsewhere."""
        return self.site.kind == SiteKind.WAREHOUSE

    @property
    def has_levels(self) -> bool:
        """Whether its shelves are to be full: those of a closed site are not, nor yet those of a planned one."""
        return self.site.status == SiteStatus.OPEN


_STOCK_OUT = msg("%(item)s has run out at %(site)s.")
_EMERGENCY = msg("%(item)s at %(site)s: %(usable)s left, emergency point %(at)s.")
_REORDER = msg("%(item)s at %(site)s: %(position)s in stock and on the way, reorder point %(at)s.")
_OVERSTOCK = msg("%(item)s at %(site)s: %(usable)s in stock, maximum %(at)s.")


@dataclass(slots=True, eq=False)
class _Verdict:
    """What is amiss with the level of an item, whichever it is: `facts` are the numbers of the message."""

    kind: AlertKind
    text: str
    facts: dict[str, Any]
    quantity: int
    threshold: int
    goes_on: bool = False


def about_levels(place: Place, known: Iterable[Figures]) -> Iterator[Finding]:
    """How the items of a site stand against their levels."""
    site_id, site = place.site.id, place.site.code
    same: dict[int, list[_Verdict]] = {}
    for entry in known:
        # Items that never were at a site share their assessment, and so what is to be said of it.
        verdicts = same.get(id(entry.assessment))
        if verdicts is None:
            verdicts = same[id(entry.assessment)] = list(_verdicts(entry))
        item_id, suggested = entry.item_id, entry.assessment.suggested_quantity
        for each in verdicts:
            yield Finding(
                each.kind,
                f"{site_id}:{item_id}",
                Message(each.text, {"item": place.items[item_id][0], "site": site, **each.facts}),
                site_id,
                item_id,
                quantity=each.quantity,
                threshold=each.threshold,
                suggested_quantity=suggested,
                goes_on=each.goes_on,
            )


def _verdicts(entry: Figures) -> Iterator[_Verdict]:
    now, policy, usable = entry.assessment, entry.policy, entry.usable
    if usable == 0 and (policy is not None or entry.usage.dispensed > 0):
        yield _Verdict(AlertKind.STOCK_OUT, _STOCK_OUT.text, {}, 0, 0)
    if policy is None:
        return
    emergency_point, reorder_point, maximum = now.emergency_point, now.reorder_point, now.maximum
    if emergency_point is not None:
        opens = usable <= emergency_point
        if opens or alerting.emergency_goes_on(usable, now.position, emergency_point, reorder_point):
            at = whole(emergency_point)
            facts = {"usable": usable, "at": at}
            yield _Verdict(AlertKind.EMERGENCY, _EMERGENCY.text, facts, usable, at, not opens)
    if now.suggested_quantity and reorder_point is not None:
        at, position = whole(reorder_point), whole(now.position)
        facts = {"position": position, "at": at}
        yield _Verdict(AlertKind.REORDER, _REORDER.text, facts, position, at)
    if maximum is not None:
        opens, moves = usable > maximum, policy.method != "fixed"
        if opens or alerting.overstock_goes_on(usable, maximum, reorder_point, moves=moves):
            at = whole(maximum)
            facts = {"usable": usable, "at": at}
            yield _Verdict(AlertKind.OVERSTOCK, _OVERSTOCK.text, facts, usable, at, not opens)


def helped(site_id: int, entry: Figures) -> list[tuple[str, str]]:
    """The alerts about an item that get better by themselves: enough is asked for or on its way."""
    point = entry.assessment.reorder_point
    if point is None or entry.assessment.position <= point:
        return []
    subject = f"{site_id}:{entry.item_id}"
    return [(AlertKind.STOCK_OUT.value, subject), (AlertKind.EMERGENCY.value, subject)]


def whole(figure: object) -> int:
    """A level as a whole number of base units, rounded half up."""
    return int(float(figure) + 0.5) if not isinstance(figure, int) else figure  # type: ignore[arg-type]


_RECALL = msg("Recalled: %(quantity)s of %(item)s, lot %(lot)s, at %(site)s. Set them aside.")
_EXPIRED = msg("%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expired on %(expires_on)s.")
_EXPIRING = msg("%(quantity)s of %(item)s, lot %(lot)s, at %(site)s expire on %(expires_on)s.")
_EXPIRY_RISK = msg(
    "%(quantity)s of the %(all)s of %(item)s, lot %(lot)s, at %(site)s will not be used before they expire on "
    "%(expires_on)s. Give them to a site that can use them."
)
_OF_LOTS = {
    AlertKind.RECALL: _RECALL,
    AlertKind.EXPIRED: _EXPIRED,
    AlertKind.EXPIRING: _EXPIRING,
    AlertKind.EXPIRY_RISK: _EXPIRY_RISK,
}
"""What to say of a batch, by the kind of its alert."""


@dataclass(slots=True)
class _Tally:
    """What is amiss with a batch in one way: its first lot, that lot's expiry, base units; `threshold` is the nearest
    horizon or the least risk, `free` how many base units those are a part of."""

    lot_id: int
    expires_on: date | None
    quantity: int = 0
    threshold: int | None = None
    free: int = 0


def about_lots(
    session: Session,
    place: Place,
    today: date,
    known: Mapping[int, Figures],
    item_ids: Collection[int] | None,
) -> Iterator[Finding]:
    """Batches at a site that were recalled or have expired (in any zone), whose days in stock are numbered
    (`expiring`, a horizon at a time), or of which some will not be used in time (`expiry_risk`)."""
    for (kind, item_id, number), tally in _tallies(session, place, today, known, item_ids).items():
        code, category = place.items[item_id]
        facts = {"quantity": tally.quantity, "item": code, "lot": number, "site": place.site.code}
        facts["expires_on"] = str(tally.expires_on)
        finding = Finding(
            kind,
            f"{place.site.id}:{item_id}:lot {_short(number)}",
            Message(_OF_LOTS[kind].text, facts),
            place.site.id,
            item_id,
            tally.lot_id,
            quantity=tally.quantity,
            threshold=tally.threshold,
        )
        limits = place.rules.of(category)
        if kind is AlertKind.EXPIRING and tally.threshold is not None:
            finding.severity = "critical" if limits.last_horizon(tally.threshold) else None
        elif kind is AlertKind.EXPIRY_RISK:
            facts["all"] = tally.free
            finding.goes_on = tally.quantity < limits.least_risk
        yield finding


def _tallies(
    session: Session,
    place: Place,
    today: date,
    known: Mapping[int, Figures],
    item_ids: Collection[int] | None,
) -> dict[tuple[AlertKind, int, str], _Tally]:
    query = (
        select(
            Lot.id, Lot.item_id, Lot.number, Lot.expires_on, Lot.recalled_on, Location.kind, Balance.on_hand
        )
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.site_id == place.site.id, Location.kind.in_(list(ZONES)), Balance.on_hand > 0)
    )
    if item_ids is not None:
        query = query.where(Lot.item_id.in_(list(item_ids)))
    risks = _at_risk(place, known)
    found: dict[tuple[AlertKind, int, str], _Tally] = {}

    def count(kind: AlertKind, quantity: int, threshold: int | None = None) -> _Tally:
        tally = found.setdefault((kind, *batch), _Tally(lot_id, expires_on))
        tally.quantity += quantity
        if threshold is not None:
            tally.threshold = threshold if tally.threshold is None else min(tally.threshold, threshold)
        return tally

    for lot_id, item_id, number, expires_on, recalled_on, zone, on_hand in session.execute(
        query.order_by(Lot.expires_on, Lot.id)
    ):
        batch = item_id, number
        if recalled_on is not None:
            count(AlertKind.RECALL, on_hand)
        if expires_on is None:
            continue
        if expires_on < today:
            count(AlertKind.EXPIRED, on_hand)
        elif zone == LocationKind.STOCK:
            limits = place.rules.of(place.items[item_id][1])
            horizon = limits.horizon((expires_on - today).days)
            if horizon is not None:
                count(AlertKind.EXPIRING, on_hand, horizon)
            if lot_id in risks:
                free, quantity = risks[lot_id]
                count(AlertKind.EXPIRY_RISK, quantity, limits.least_risk).free += free
    return found


def _at_risk(place: Place, known: Mapping[int, Figures]) -> dict[int, tuple[int, int]]:
    """lot id -> (base units that are free, those of them that will expire unused), of lots with some of the latter."""
    found: dict[int, tuple[int, int]] = {}
    if not place.has_levels:
        return found
    for entry in known.values():
        if not entry.projection.projected_expired:
            continue
        fixed = entry.policy is not None and entry.policy.method == "fixed"
        if alerting.risk_is_known(
            entry.demand,
            entry.usage.days,
            entry.basis in ("dispensed", "forecast"),
            feeds_others=place.feeds_others,
            fixed=fixed,
        ):
            for lot in entry.projection.per_lot:
                if lot.expiring:
                    found[lot.key] = lot.used + lot.expiring, lot.expiring
    return found


def _short(number: str) -> str:
    """A lot number as part of a subject, which has no room for the longest."""
    return number if len(number) <= 32 else hashlib.sha256(number.encode()).hexdigest()[:32]


def about_shipment(session: Session, shipment: Shipment, site: Site, today: date) -> Iterable[Finding]:
    """A shipment to a site that is late, or of which something is missing or damaged."""
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
