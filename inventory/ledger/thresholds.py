"""The thresholds of alerts that hold at a site."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inventory.models import AlertRule
from inventory.rules import alerting


def rules_at(session: Session, site_id: int | None) -> alerting.Rules:
    """The rules that may hold at a site; without one those that hold anywhere."""
    rows = session.scalars(
        select(AlertRule).where(or_(AlertRule.site_id.is_(None), AlertRule.site_id == site_id))
    )
    return alerting.Rules(rule_of(row) for row in rows)


def rule_of(row: AlertRule) -> alerting.Rule:
    """A stored rule as the rules take it."""
    return alerting.Rule(
        row.site_id,
        row.category,
        alerting.read_horizons(row.horizons) if row.horizons else None,
        row.escalate_after_days,
        row.least_risk,
        row.authorisation_days,
        row.silent_days,
    )
