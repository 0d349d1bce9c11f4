"""Alerts about controlled medicines: what nobody else has signed, counts that differ, permits that end."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.errors import msg
from inventory.ledger.permits import as_paper
from inventory.ledger.thresholds import rules_at
from inventory.models import (
    Alert,
    ControlledEntry,
    ControlledSignature,
    Item,
    Permit,
    Posting,
    Shipment,
    Site,
)
from inventory.models.words import AlertKind, PermitKind, SiteStatus
from inventory.rules import alerting
from inventory.rules.effects import PostingKind
from inventory.rules.permits import covered
from inventory.services.alert_causes import Finding
from inventory.services.alert_life import settle
from inventory.services.alert_other_causes import about_authorisations

UNSIGNED_AFTER = timedelta(days=1)
"""A movement of a controlled medicine must be signed by a second person within so long."""
DIFFERENCE_DAYS = 30
"""So long a count that differed from the register is told of, unless it is taken back."""
UNDER_WAY = ("draft", "dispatched", "arrived")


def refresh_registers(session: Session, site_ids: Collection[int]) -> None:
    """Bring the alerts about the registers of some sites up to date."""
    session.flush()
    ids = sorted(set(site_ids))
    session.execute(select(Site.id).where(Site.id.in_(ids)).order_by(Site.id).with_for_update(read=True))
    for site in session.scalars(select(Site).where(Site.id.in_(ids)).order_by(Site.id)).all():
        settle_registers(session, site, None)


def refresh_papers(session: Session, site_ids: Collection[int]) -> None:
    """Bring the alerts about the authorisations and permits of some sites up to date."""
    session.flush()
    ids = sorted(set(site_ids))
    session.execute(select(Site.id).where(Site.id.in_(ids)).order_by(Site.id).with_for_update(read=True))
    for site in session.scalars(select(Site).where(Site.id.in_(ids)).order_by(Site.id)).all():
        settle_papers(session, site, rules_at(session, site.id), None)


def settle_registers(session: Session, site: Site, on: date | None) -> None:
    """Open, freshen and resolve what is to be said of the registers of a site whose row is locked."""
    today, moment = _when(site, on)
    mine = Alert.site_id == site.id
    unsigned = about_unsigned(session, site, moment)
    settle(session, unsigned, [AlertKind.NEEDS_ATTENTION], [mine, Alert.subject.like("register %")], moment)
    counted = about_counts(session, site, today)
    settle(session, counted, [AlertKind.DISCREPANCY], [mine, Alert.subject.like("count %")], moment)


def settle_papers(session: Session, site: Site, rules: alerting.Rules, on: date | None) -> None:
    """Open, freshen and resolve what is to be said of the dated papers of a site whose row is locked."""
    today, moment = _when(site, on)
    found: list[Finding] = []
    if site.status != SiteStatus.CLOSED:
        found += about_authorisations(session, site, rules, today)
    found += about_permits(session, site, rules, today)
    settle(session, found, [AlertKind.AUTHORISATION_EXPIRING], [Alert.site_id == site.id], moment)


def _when(site: Site, on: date | None) -> tuple[date, datetime]:
    today = clock.today(site.timezone)
    return on or today, clock.now() if on in (None, today) else clock.noon(on or today, site.timezone)


def about_unsigned(session: Session, site: Site, moment: datetime) -> Iterator[Finding]:
    """The items whose movements at a site nobody but who posted them has signed for over a day: one alert an item."""
    rows = session.execute(
        select(Item.id, Item.code, func.count(func.distinct(Posting.id)))
        .select_from(ControlledEntry)
        .join(Posting, Posting.id == ControlledEntry.posting_id)
        .join(Item, Item.id == ControlledEntry.item_id)
        .outerjoin(ControlledSignature, ControlledSignature.posting_id == Posting.id)
        .where(
            ControlledEntry.site_id == site.id,
            ControlledSignature.posting_id.is_(None),
            Posting.recorded_at <= moment - UNSIGNED_AFTER,
        )
        .group_by(Item.id, Item.code)
        .order_by(Item.id)
    )
    for item_id, code, count in rows:
        text = msg(
            "%(item)s at %(site)s: %(count)s documents in the register of controlled medicines wait for a second name.",
            item=code,
            site=site.code,
            count=count,
        )
        subject = f"register {site.id}:{item_id}"
        yield Finding(
            AlertKind.NEEDS_ATTENTION, subject, text, site.id, item_id, quantity=count, severity="warning"
        )


def about_counts(session: Session, site: Site, today: date) -> Iterator[Finding]:
    """Counts of the last days that found more or less of a controlled item than its register says."""
    rows = session.execute(
        select(Posting.document, Item.id, Item.code, func.sum(ControlledEntry.change))
        .select_from(ControlledEntry)
        .join(Posting, Posting.id == ControlledEntry.posting_id)
        .join(Item, Item.id == ControlledEntry.item_id)
        .where(
            ControlledEntry.site_id == site.id,
            # what took it back bears the same number
            Posting.kind.in_([PostingKind.COUNT, PostingKind.REVERSAL]),
            Posting.document.like("CNT-%"),
            Posting.occurred_on >= today - timedelta(days=DIFFERENCE_DAYS),
        )
        .group_by(Posting.document, Item.id, Item.code, ControlledEntry.lot_id)
    )
    apart: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for document, item_id, code, change in rows:
        both = apart[(document or "", item_id, code)]
        both[0] += max(0, int(change))
        both[1] += max(0, -int(change))
    for (document, item_id, code), (more, less) in sorted(apart.items()):
        if more or less:
            text = msg(
                "%(item)s at %(site)s: the count %(document)s found %(more)s more and %(less)s less than the register "
                "of controlled medicines says. Look into it.",
                item=code,
                site=site.code,
                document=document,
                more=more,
                less=less,
            )
            yield Finding(
                AlertKind.DISCREPANCY,
                f"count {document}:{item_id}",
                text,
                site.id,
                item_id,
                quantity=more + less,
                document=document,
                severity="critical",
            )


def about_permits(session: Session, site: Site, rules: alerting.Rules, today: date) -> Iterator[Finding]:
    """Permits of a site, or of a shipment that it sends (export) or awaits, which end soon or have ended."""
    days = rules.of(None).authorisation_days
    mine = or_(Shipment.origin_id == site.id, Shipment.destination_id == site.id)
    rows = session.scalars(
        select(Permit)
        .outerjoin(Shipment, Shipment.id == Permit.shipment_id)
        .where(Permit.ended_on.is_(None), or_(Permit.site_id == site.id, mine))
        .options(selectinload(Permit.lines), selectinload(Permit.shipment))
        .order_by(Permit.id)
    ).all()
    papers = {each.id: as_paper(each) for each in rows}
    for each in rows:
        left = (each.valid_until - today).days
        if left > days or covered(papers[each.id], papers.values(), today):
            continue
        journey = each.shipment
        if journey is not None:
            sends = each.kind == PermitKind.EXPORT
            if journey.status not in UNDER_WAY or site.id != (
                journey.origin_id if sends else journey.destination_id
            ):
                continue
        elif site.status == SiteStatus.CLOSED:
            continue
        facts = {"number": each.number, "site": site.code, "until": each.valid_until.isoformat()}
        if left >= 0:
            text = msg(
                "The permit %(number)s of %(site)s for controlled medicines ends on %(until)s.", **facts
            )
        else:
            text = msg(
                "The permit %(number)s of %(site)s for controlled medicines ended on %(until)s.", **facts
            )
        yield Finding(
            AlertKind.AUTHORISATION_EXPIRING,
            f"permit:{each.id}",
            text,
            site.id,
            shipment_id=each.shipment_id,
            quantity=max(0, left),
            threshold=days if left >= 0 else 0,
            document=each.number,
            severity="warning" if left >= 0 else "critical",
        )
