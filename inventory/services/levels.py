"""Reorder levels: the policies of items at sites, and the defaults for those without one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.errors import NotFound, msg
from inventory.ledger.levels import LOOKBACK_MONTHS, rule_of
from inventory.models import Item, Policy, PolicyDefault, Site
from inventory.models.words import SiteKind
from inventory.rules import reorder
from inventory.services import alerts, audit
from inventory.services.checks import MAX_QUANTITY, Checks, get_site
from inventory.services.default_levels import PROPOSED

POLICY_FIELDS: dict[str, tuple[str, ...]] = {
    "fixed": ("reorder_point", "maximum", "emergency_point"),
    "months": ("minimum_months", "maximum_months", "emergency_months", "lookback_months"),
    "service": ("lead_time_days", "review_period_days", "service_level", "emergency_days"),
}
"""The fields of each method."""

DEFAULT_METHODS = ("months", "service")
COMMON = ("order_multiple", "expiry_buffer_days")
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class LevelsRow:
    """What one row of a table asks for: the fields of `set_policy`, or None to remove the policy.

    `seen` is the `fingerprint` of what the row showed; None where that does not matter.
    """

    item: str
    fields: Mapping[str, Any] | None
    seen: str | None = None


def set_policy(
    session: Session, actor: Actor, site_code: str, item_code: str, fields: Mapping[str, Any]
) -> Policy:
    """Set when and up to how much a site refills an item, and look at its alerts again."""
    require(actor, "policies.write")
    site = get_site(session, site_code)
    item = _item(session, item_code)
    checks = Checks(session)
    policy = _locked(session, site.id, item.id) or Policy(site_id=site.id, item_id=item.id)
    with session.no_autoflush:
        _fill(checks, policy, fields, tuple(POLICY_FIELDS))
        checks.check()
    session.add(policy)
    policy.site, policy.item = site, item
    session.flush()
    alerts.refresh(session, {(site.id, item.id)})
    audit.note(session, actor, "policy", f"{site.code} {item.code}")
    return policy


def remove_policy(session: Session, actor: Actor, site_code: str, item_code: str) -> None:
    """Take the levels of an item at a site away: what holds then is the default that fits, or nothing."""
    require(actor, "policies.write")
    site = get_site(session, site_code)
    item = _item(session, item_code)
    policy = _locked(session, site.id, item.id)
    if policy is None:
        raise NotFound(msg("No reorder levels are set for this item at this site."))
    session.delete(policy)
    session.flush()
    alerts.refresh(session, {(site.id, item.id)})
    audit.note(session, actor, "remove", f"policy {site.code} {item.code}")


def set_policies(session: Session, actor: Actor, site_code: str, rows: Sequence[LevelsRow]) -> int:
    """Set and remove the levels of many items of a site, all or none; how many. Faults are at `/rows/N/field`."""
    require(actor, "policies.write")
    site = get_site(session, site_code)
    checks = Checks(session)
    if len(rows) > MOST_ROWS:
        checks.add("/rows", msg("At most %(most)s lines at once.", most=MOST_ROWS))
    checks.check()
    checks.know_items(row.item for row in rows)
    touched: set[tuple[int, int]] = set()
    with session.no_autoflush:
        for index, row in enumerate(rows):
            item = checks.item(row.item, f"/rows/{index}/item")
            if item is None:
                continue
            policy = _locked(session, site.id, item.id)
            if row.seen is not None and row.seen != fingerprint(policy):
                text = msg("Somebody else has changed these levels meanwhile. Look at them again.")
                checks.add(f"/rows/{index}/method", text)
                continue
            touched.add((site.id, item.id))
            if row.fields is None:
                if policy is not None:
                    session.delete(policy)
                continue
            found = Checks(session)
            policy = policy or Policy(site_id=site.id, item_id=item.id)
            _fill(found, policy, row.fields, tuple(POLICY_FIELDS))
            if found:
                for error in found.errors:
                    checks.add(f"/rows/{index}{error.pointer}", error.message)
            else:
                session.add(policy)
        checks.check()
    session.flush()
    alerts.refresh(session, touched)
    named = sorted(row.item for row in rows)
    audit.note(session, actor, "policies", f"site {site.code}", items=named)
    return len(touched)


def fingerprint(policy: Policy | None) -> str:
    """What tells one state of a policy from another; empty where there is none."""
    if policy is None:
        return ""
    names = [name for group in POLICY_FIELDS.values() for name in group]
    names += [*COMMON, "method", "demand_override", "demand_override_reason"]
    values = "|".join(_plainly(getattr(policy, name)) for name in names)
    return hashlib.sha256(values.encode()).hexdigest()[:16]


def _plainly(value: Any) -> str:
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def set_default(session: Session, actor: Actor, fields: Mapping[str, Any]) -> PolicyDefault:
    """Set the levels of what has none of its own and fits `site`, `site_kind`, `category` and `ven`; None fits all.

    The method is `months` or `service`. For the same four it replaces what was set before.
    """
    require(actor, "policies.write")
    row = _set_default(session, actor, fields)
    _refresh_fitting(session, row.site_id, row.site_kind)
    return row


def _set_default(session: Session, actor: Actor, fields: Mapping[str, Any]) -> PolicyDefault:
    checks = Checks(session)
    site = checks.site(fields["site"]) if fields.get("site") else None
    checks.own_stock(site)
    kind = checks.word(fields.get("site_kind") or None, SiteKind, "/site_kind")
    if kind == SiteKind.PARTNER:
        checks.add("/site_kind", msg("A partner keeps its own stock. Send a shipment instead."))
    if site is not None and kind is not None:
        checks.add("/site_kind", msg("A site has a kind already: leave one of both empty."))
    category = checks.text(fields.get("category"), "/category", most=32)
    ven = checks.word(fields.get("ven") or None, ("V", "E", "N"), "/ven")
    scope = "|".join((site.code if site is not None else "", kind or "", category or "", ven or ""))
    row = session.scalars(
        select(PolicyDefault).where(PolicyDefault.scope == scope).with_for_update()
    ).one_or_none() or PolicyDefault(scope=scope)
    with session.no_autoflush:
        _fill(checks, row, fields, DEFAULT_METHODS)
        checks.check()
    row.site_id, row.site = (site.id, site) if site is not None else (None, None)
    row.site_kind, row.category, row.ven, row.by = kind, category, ven, actor.name
    session.add(row)
    session.flush()
    audit.note(session, actor, "default levels", scope)
    return row


def drop_default(session: Session, actor: Actor, default_id: int) -> None:
    """Take a default away."""
    require(actor, "policies.write")
    row = session.get(PolicyDefault, default_id, with_for_update=True)
    if row is None:
        raise NotFound(msg("Not found."))
    session.delete(row)
    session.flush()
    audit.note(session, actor, "remove", f"default levels {row.scope}")
    _refresh_fitting(session, row.site_id, row.site_kind)


def propose_defaults(session: Session, actor: Actor) -> int:
    """Take over the levels that we recommend by kind of site and VEN class, where none is set for these; how many.

    Nobody gets them unasked: without levels an item has no reorder point.
    """
    require(actor, "policies.write")
    known = set(session.scalars(select(PolicyDefault.scope)))
    added = [
        _set_default(session, actor, fields)
        for fields in PROPOSED
        if f"|{fields['site_kind']}||{fields['ven'] or ''}" not in known
    ]
    if added:
        _refresh_fitting(session, None, None)
    return len(added)


def _refresh_fitting(session: Session, site_id: int | None, kind: str | None) -> None:
    """Look again at the alerts of every site that a default is about."""
    query = select(Site).where(Site.kind != SiteKind.PARTNER).order_by(Site.id)
    if site_id is not None:
        query = query.where(Site.id == site_id)
    if kind is not None:
        query = query.where(Site.kind == kind)
    for site in session.scalars(query).all():
        alerts.refresh_site(session, site)


def _item(session: Session, code: str) -> Item:
    item = session.scalars(select(Item).where(Item.code == code)).one_or_none()
    if item is None:
        raise NotFound(msg("There is no item with the code %(code)s.", code=code))
    return item


def _locked(session: Session, site_id: int, item_id: int) -> Policy | None:
    return session.scalars(
        select(Policy).where(Policy.site_id == site_id, Policy.item_id == item_id).with_for_update()
    ).one_or_none()


def _fill(
    checks: Checks, policy: Policy | PolicyDefault, fields: Mapping[str, Any], methods: tuple[str, ...]
) -> None:
    """Put the fields on a policy; those of another method than its own become empty."""
    if fields.get("method") not in methods:
        checks.add("/method", msg("This must be one of: %(words)s.", words=", ".join(methods)))
        return
    before = len(checks.errors)
    policy.method = fields["method"]
    for method, names in POLICY_FIELDS.items():
        if method not in methods:
            continue
        for name in names:
            value = fields.get(name) if method == policy.method else None
            setattr(policy, name, _level(checks, method, name, value))
    if policy.method == "months" and policy.lookback_months is None:
        policy.lookback_months = LOOKBACK_MONTHS
    if isinstance(policy, Policy):
        _fill_override(checks, policy, fields.get("demand_override") or {})
    multiple = fields.get("order_multiple")
    policy.order_multiple = 1 if multiple is None else checks.quantity(multiple, "/order_multiple")
    buffer_days = fields.get("expiry_buffer_days")
    policy.expiry_buffer_days = 0 if buffer_days is None else buffer_days
    if not 0 <= policy.expiry_buffer_days <= reorder.MOST_BUFFER_DAYS:
        checks.add(
            "/expiry_buffer_days",
            msg("This must be between 0 and %(most)s days.", most=reorder.MOST_BUFFER_DAYS),
        )
    if len(checks.errors) == before:
        for name, message in reorder.check_policy(rule_of(policy)):
            checks.add(f"/{name}", message)


def _level(checks: Checks, method: str, name: str, value: Any) -> Any:
    if value is None:
        return None
    if method == "fixed" and value > MAX_QUANTITY:
        checks.add(f"/{name}", msg("This is more than can be right: %(most)s at most.", most=MAX_QUANTITY))
    if method == "months":
        return checks.amount(value, f"/{name}", places=4, most=reorder.MOST_MONTHS)
    if name == "service_level":
        return checks.amount(value, f"/{name}", places=4, most=1)
    if method == "service" and not 0 <= value <= reorder.MOST_DAYS:
        checks.add(f"/{name}", msg("This must be between 0 and %(most)s days.", most=reorder.MOST_DAYS))
        return None
    return value


def _fill_override(checks: Checks, policy: Policy, override: Mapping[str, Any]) -> None:
    policy.demand_override = checks.amount(override.get("quantity"), "/demand_override/quantity", places=4)
    policy.demand_override_reason = checks.text(override.get("reason"), "/demand_override/reason", most=2000)
    if policy.demand_override is not None and not policy.demand_override_reason:
        checks.add("/demand_override/reason", msg("Say why the demand is set by hand."))
