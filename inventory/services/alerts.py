"""Alerts per site: opened and resolved in the transaction of the posting that causes them, and by time.

Each kind has one condition (`alert_causes`); what is amiss now is compared with what is open, and the difference is
written (`alert_life`). While a site is evaluated its row is locked against the postings there, which lock it for
reading: so neither decides on figures that the other is changing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.ledger import insert_for
from inventory.ledger.figures import Figures, figures
from inventory.ledger.thresholds import rules_at
from inventory.models import (
    Alert,
    AlertRound,
    Balance,
    Item,
    Location,
    Policy,
    Shipment,
    ShipmentReceiptLine,
    Site,
)
from inventory.models.words import AlertKind, SiteKind
from inventory.rules.effects import LocationKind
from inventory.services.alert_causes import Finding as Finding
from inventory.services.alert_causes import Place, about_levels, about_lots, about_shipment, helped
from inventory.services.alert_controlled import refresh_papers as refresh_papers
from inventory.services.alert_controlled import settle_papers, settle_registers
from inventory.services.alert_inbox import acknowledge as acknowledge
from inventory.services.alert_inbox import acknowledge_many as acknowledge_many
from inventory.services.alert_life import escalate, open_all, resolve, settle
from inventory.services.alert_other_causes import about_unknown_demand
from inventory.services.alert_temperatures import settle_temperatures

OF_STOCK = (
    AlertKind.STOCK_OUT,
    AlertKind.EMERGENCY,
    AlertKind.REORDER,
    AlertKind.OVERSTOCK,
    AlertKind.EXPIRING,
    AlertKind.EXPIRED,
    AlertKind.EXPIRY_RISK,
    AlertKind.RECALL,
)
OF_SHIPMENTS = (AlertKind.SHIPMENT_LATE, AlertKind.DISCREPANCY)

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
    _hold(session, by_site)
    for site_id in sorted(by_site):
        site = session.get_one(Site, site_id)
        _refresh_items(session, site, on, by_site[site_id])
    # What arrived damaged lies in quarantine: where it is moved on, the discrepancy is settled.
    open_ones = (
        select(Shipment)
        .join(Alert, Alert.shipment_id == Shipment.id)
        .where(Alert.kind == AlertKind.DISCREPANCY, Alert.resolved_at.is_(None), Alert.site_id.in_(by_site))
    )
    for shipment in session.scalars(open_ones.order_by(Shipment.id)).all():
        _refresh_shipment(session, shipment, on)


def refresh_shipment(session: Session, shipment: Shipment, on: date | None = None) -> None:
    """Bring the alerts about one shipment up to date."""
    if session.info.get(_LATER):
        return
    session.flush()
    _hold(session, [shipment.destination_id])
    _refresh_shipment(session, shipment, on)


def refresh_site(session: Session, site: Site, on: date | None = None) -> int:
    """Bring the alerts of a whole site up to date, those of shipments apart; how many items were looked at."""
    session.flush()
    _hold_alone(session, site.id)
    return len(_refresh_whole(session, site, on)[0])


def evaluate(session: Session, on: date | None = None) -> int:
    """Bring every alert up to date for what time alone changes; how many (site, item) pairs were looked at.

    In one transaction; `evaluate_site` does one site at a time.
    """
    looked_at = 0
    for site_id in session.scalars(select(Site.id).order_by(Site.id)).all():
        looked_at += evaluate_site(session, site_id, on).pairs
    return looked_at


class Outcome:
    """What became of the evaluation of a site: `pairs` that were looked at."""

    def __init__(self, state: Literal["done", "busy", "fresh"], pairs: int = 0) -> None:
        self.state, self.pairs = state, pairs


def evaluate_site(
    session: Session,
    site_id: int,
    on: date | None = None,
    *,
    since: datetime | None = None,
    wait: bool = True,
) -> Outcome:
    """Bring every alert of a site up to date as of its day (or `on`), escalate what was ignored, and note the round.

    `fresh`: somebody else did so, for that day, after `since`. `busy`: its row is locked and one is not to `wait`.
    """
    session.flush()
    if not _hold_alone(session, site_id, wait=wait):
        return Outcome("busy")
    site = session.get_one(Site, site_id)
    today = on or clock.today(site.timezone)
    done = session.get(AlertRound, site_id, populate_existing=True)
    if since is not None and done is not None and done.evaluated_at >= since and done.evaluated_on == today:
        return Outcome("fresh")
    known, place = _refresh_whole(session, site, on)
    for shipment in session.scalars(_unsettled(site_id).order_by(Shipment.id)).all():
        _refresh_shipment(session, shipment, on)
    escalate(session, site_id, place.rules, lambda: _getting_better(site_id, known), _moment(site, on))
    row = {"site_id": site_id, "evaluated_on": today, "evaluated_at": clock.now()}
    noted = insert_for(session, AlertRound).values(row)
    again = {name: noted.excluded[name] for name in ("evaluated_on", "evaluated_at")}
    session.execute(noted.on_conflict_do_update(index_elements=["site_id"], set_=again))
    return Outcome("done", len(known))


def _getting_better(site_id: int, known: Mapping[int, Figures]) -> set[tuple[str, str]]:
    return {each for entry in known.values() for each in helped(site_id, entry)}


def sites_to_evaluate(session: Session) -> list[int]:
    """The ids of all sites, the one first that was looked at longest ago."""
    query = select(Site.id).outerjoin(AlertRound, AlertRound.site_id == Site.id)
    return list(session.scalars(query.order_by(AlertRound.evaluated_at.asc().nulls_first(), Site.id)))


def raise_attention(session: Session, finding: Finding) -> None:
    """Open one `needs_attention` alert, unless it is open already."""
    open_all(session, [finding], clock.now())


def settle_attention(session: Session, subject: str) -> None:
    """Resolve the `needs_attention` alert of that subject."""
    resolve(session, AlertKind.NEEDS_ATTENTION, subject)


def _hold(session: Session, site_ids: Iterable[int]) -> None:
    """Keep the evaluation of these sites waiting until this transaction ends."""
    session.execute(
        select(Site.id).where(Site.id.in_(list(site_ids))).order_by(Site.id).with_for_update(read=True)
    )


def _hold_alone(session: Session, site_id: int, *, wait: bool = True) -> bool:
    """Keep every posting at a site waiting until this transaction ends; False where it is locked, not to `wait`."""
    query = select(Site.id).where(Site.id == site_id)
    return session.scalar(query.with_for_update(key_share=True, skip_locked=not wait)) is not None


def _unsettled(site_id: int) -> Select[Shipment]:
    """The shipments to a site that an alert may be about: under way, with an open alert, or with something missing or
    damaged."""
    alerted = select(Alert.shipment_id).where(Alert.resolved_at.is_(None), Alert.shipment_id.is_not(None))
    missing = (
        select(Location.shipment_id)
        .join(Balance, Balance.location_id == Location.id)
        .where(Location.kind == LocationKind.MISSING, Balance.on_hand > 0)
    )
    damaged = select(ShipmentReceiptLine.shipment_id).where(ShipmentReceiptLine.damaged > 0)
    return select(Shipment).where(
        Shipment.destination_id == site_id,
        Shipment.historical.is_(False),
        or_(
            Shipment.status.in_(["dispatched", "arrived"]),
            *(Shipment.id.in_(ids) for ids in (alerted.where(Alert.site_id == site_id), missing, damaged)),
        ),
    )


def _refresh_shipment(session: Session, shipment: Shipment, on: date | None) -> None:
    site = session.get_one(Site, shipment.destination_id)
    found = about_shipment(session, shipment, site, on or clock.today(site.timezone))
    settle(session, found, OF_SHIPMENTS, [Alert.shipment_id == shipment.id], _moment(site, on))


def _moment(site: Site, on: date | None) -> datetime:
    """Now; or noon at a site, where it is as if it were another day."""
    return clock.now() if on in (None, clock.today(site.timezone)) else clock.noon(on, site.timezone)


def _refresh_items(session: Session, site: Site, on: date | None, item_ids: Collection[int]) -> None:
    ids, moment, today = list(item_ids), _moment(site, on), on or clock.today(site.timezone)
    mine: list[ColumnElement[bool]] = [Alert.site_id == site.id, Alert.item_id.in_(ids)]
    if site.kind == SiteKind.PARTNER:
        settle(session, [], OF_STOCK, mine, moment)
        return
    # One transaction at a time looks at a pair, so that none decides on figures that another is changing.
    session.execute(
        select(Policy.id)
        .where(Policy.site_id == site.id, Policy.item_id.in_(ids))
        .order_by(Policy.id)
        .with_for_update()
    )
    known = figures(session, site.id, today, item_ids)
    place = Place(site, rules_at(session, site.id), _items(session, ids))
    settle(session, _of_stock(session, place, today, known, item_ids), OF_STOCK, mine, moment)


def _refresh_whole(session: Session, site: Site, on: date | None) -> tuple[Mapping[int, Figures], Place]:
    """All alerts of a site but those of shipments; what is known of its items. Nobody else is at them meanwhile."""
    now, today = _moment(site, on), on or clock.today(site.timezone)
    place = Place(site, rules_at(session, site.id), _items(session, None))
    mine: list[ColumnElement[bool]] = [Alert.site_id == site.id]
    if site.kind == SiteKind.PARTNER:
        settle(session, [], OF_STOCK, mine, now, alone=True)
        known: Mapping[int, Figures] = {}
    else:
        known = figures(session, site.id, today)
        found = _of_stock(session, place, today, known, None)
        settle(session, found, OF_STOCK, mine, now, alone=True)
    unknown = about_unknown_demand(session, place, known, now)
    settle(session, unknown, [AlertKind.NEEDS_ATTENTION], [Alert.subject == f"demand {site.id}"], now)
    settle_papers(session, site, place.rules, on)
    settle_temperatures(session, site, place.rules, on)
    settle_registers(session, site, on)
    return known, place


def _of_stock(
    session: Session,
    place: Place,
    today: date,
    known: Mapping[int, Figures],
    item_ids: Collection[int] | None,
) -> Iterator[Finding]:
    yield from about_lots(session, place, today, known, item_ids)
    if place.has_levels:
        yield from about_levels(place, known.values())


def _items(session: Session, item_ids: Collection[int] | None) -> dict[int, tuple[str, str]]:
    """item id -> (code, category), of some items or of all."""
    found: dict[int, tuple[str, str]] = {}
    ids = None if item_ids is None else sorted(item_ids)
    for start in range(0, 1 if ids is None else len(ids), 400):
        query = select(Item.id, Item.code, Item.category)
        if ids is not None:
            query = query.where(Item.id.in_(ids[start : start + 400]))
        found |= {item_id: (code, category) for item_id, code, category in session.execute(query)}
    return found
