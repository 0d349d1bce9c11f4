"""Causes of alerts that are not about stock: authorisations that end, demand that nobody knows."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.errors import msg
from inventory.ledger.figures import Figures
from inventory.models import Authorisation, Policy, Site
from inventory.models.words import AlertKind, SiteStatus
from inventory.rules import alerting
from inventory.rules.authorising import covered
from inventory.services.alert_causes import Finding, Place

NEW_POLICY_DAYS = 7
"""A policy must be so old before it is amiss that no demand is known for it."""
NAMED = 5
"""So many items are named in a message."""


def about_authorisations(
    session: Session, site: Site, rules: alerting.Rules, today: date
) -> Iterator[Finding]:
    """Authorisations of a site that end soon (a warning) or have ended (critical) and that no other takes over."""
    days = rules.of(None).authorisation_days
    rows = session.scalars(select(Authorisation).where(Authorisation.site_id == site.id)).all()
    for each in rows:
        left = (each.valid_until - today).days
        if each.ended_on is not None or left > days or covered(each, rows, today):
            continue
        facts = {"place": each.place, "site": site.code, "until": each.valid_until.isoformat()}
        if left >= 0:
            text = msg("The authorisation of %(site)s to enter %(place)s ends on %(until)s.", **facts)
        else:
            text = msg(
                "The authorisation of %(site)s to enter %(place)s ended on %(until)s: nobody may go in.",
                **facts,
            )
        yield Finding(
            AlertKind.AUTHORISATION_EXPIRING,
            f"authorisation {each.id}",
            text,
            site.id,
            quantity=max(0, left),
            threshold=days if left >= 0 else 0,
            document=each.reference,
            authorisation_id=each.id,
            severity="warning" if left >= 0 else "critical",
        )


def about_unknown_demand(
    session: Session, place: Place, known: Mapping[int, Figures], now: datetime
) -> Iterator[Finding]:
    """The items of an open site whose levels rest on a demand that nobody knows: nothing is suggested for them.

    One alert for the site, a matter of information, so that a catalogue of a thousand items is no flood. Only of
    policies of its own that are older than a week: whoever has just set one is still at it.
    """
    site = place.site
    if site.status != SiteStatus.OPEN:
        return
    unknown = {
        item_id
        for item_id, entry in known.items()
        if entry.demand is None and entry.policy is not None and entry.policy.method != "fixed"
    }
    if not unknown:
        return
    old = session.scalars(
        select(Policy.item_id).where(
            Policy.site_id == site.id,
            Policy.method != "fixed",
            Policy.created_at < now - timedelta(days=NEW_POLICY_DAYS),
        )
    )
    codes = sorted(place.items[item_id][0] for item_id in old if item_id in unknown)
    if not codes:
        return
    named = ", ".join(codes[:NAMED]) + (", …" if len(codes) > NAMED else "")
    text = msg(
        "%(site)s: no demand is known for %(count)s items, so nothing is suggested for them: %(items)s. "
        "Enter a figure.",
        site=site.code,
        count=len(codes),
        items=named,
    )
    yield Finding(
        AlertKind.NEEDS_ATTENTION,
        f"demand {site.id}",
        text,
        site.id,
        quantity=len(codes),
        severity="info",
    )
