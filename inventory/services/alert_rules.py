"""Thresholds of alerts, set for a site, a category, both or everything."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import NotFound, msg
from inventory.models import AlertRule
from inventory.rules import alerting
from inventory.rules.text import fold
from inventory.services import audit
from inventory.services.checks import Checks


def all_rules(session: Session, actor: Actor) -> Sequence[AlertRule]:
    """Every rule, the widest first, with its site."""
    require(actor, "alerts.rules")
    rows = session.scalars(select(AlertRule).options(selectinload(AlertRule.site))).all()
    return sorted(
        rows,
        key=lambda row: (row.site is not None, row.site.code if row.site else "", row.category or ""),
    )


def set_rule(session: Session, actor: Actor, fields: Mapping[str, Any]) -> AlertRule:
    """Set the thresholds for `site` (a code) and `category`, either of which may be empty; set again, they replace.

    `horizons` is a list of days before expiry, `escalate_after_days`, `least_risk` (base units), `authorisation_days`
    and `silent_days` (of a temperature logger) whole numbers; empty ones say nothing, but one of them must say
    something. The alerts follow at the next posting or evaluation.
    """
    require(actor, "alerts.rules")
    checks = Checks(session)
    site = checks.site(fields["site"]) if fields.get("site") else None
    category = checks.text(fields.get("category"), "/category", most=32)
    horizons = _horizons(checks, fields.get("horizons"))
    numbers = {
        "escalate_after_days": _between(checks, fields, "escalate_after_days", alerting.MOST_DAYS),
        "least_risk": _between(checks, fields, "least_risk", 1_000_000_000),
        "authorisation_days": _between(checks, fields, "authorisation_days", alerting.MOST_DAYS),
        "silent_days": _between(checks, fields, "silent_days", alerting.MOST_DAYS),
    }
    if category is not None and numbers["authorisation_days"] is not None:
        checks.add("/authorisation_days", msg("An authorisation is for a site, whatever the category."))
    if category is not None and numbers["silent_days"] is not None:
        checks.add("/silent_days", msg("A temperature logger is at a site, whatever the category."))
    if not checks and horizons is None and all(value is None for value in numbers.values()):
        checks.add("/horizons", msg("Fill in at least one of these."))
    checks.check()
    site_id = site.id if site is not None else None
    scope = f"{site_id or '*'}/{fold(category) if category else '*'}"
    rule = session.scalars(select(AlertRule).where(AlertRule.scope == scope).with_for_update()).one_or_none()
    if rule is None:
        rule = AlertRule(scope=scope, site_id=site_id)
        session.add(rule)
    rule.category = category
    rule.horizons = alerting.write_horizons(horizons) if horizons else None
    for name, value in numbers.items():
        setattr(rule, name, value)
    rule.by, rule.recorded_at = actor.name, clock.now()
    session.flush()
    told = {name: value for name, value in numbers.items() if value is not None}
    audit.note(session, actor, "alert_rule", f"alert rule {scope}", horizons=rule.horizons, **told)
    return rule


def drop_rule(session: Session, actor: Actor, rule_id: int) -> None:
    """Take a rule away: what is wider holds again."""
    require(actor, "alerts.rules")
    rule = session.get(AlertRule, rule_id, with_for_update=True)
    if rule is None:
        raise NotFound(msg("Not found."))
    audit.note(session, actor, "alert_rule_drop", f"alert rule {rule.scope}", horizons=rule.horizons)
    session.delete(rule)
    session.flush()


def _horizons(checks: Checks, given: Sequence[int] | None) -> tuple[int, ...] | None:
    """The days before expiry, the longest first."""
    if not given:
        return None
    most = alerting.MOST_HORIZON_DAYS
    if any(not 1 <= each <= most for each in given):
        checks.add("/horizons", msg("Each must be between 1 and %(most)s days.", most=most))
    elif len(set(given)) != len(given):
        checks.add("/horizons", msg("The same number of days is there twice."))
    elif len(given) > alerting.MOST_HORIZONS:
        checks.add("/horizons", msg("At most %(most)s of them.", most=alerting.MOST_HORIZONS))
    elif list(given) not in (sorted(given), sorted(given, reverse=True)):
        checks.add("/horizons", msg("Put them in order, the longest first."))
    return tuple(sorted(given, reverse=True))


def _between(checks: Checks, fields: Mapping[str, Any], name: str, most: int) -> int | None:
    value: int | None = fields.get(name)
    if value is not None and not 1 <= value <= most:
        checks.add(f"/{name}", msg("This must be between 1 and %(most)s.", most=most))
    return value
