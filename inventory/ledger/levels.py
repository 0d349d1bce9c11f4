"""Which policy holds for an item at a site: its own, or the narrowest default that fits."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.ledger._sql import among, chunks
from inventory.models import Item, Policy, PolicyDefault, Site
from inventory.rules import reorder

LOOKBACK_MONTHS = reorder.Policy("months").lookback_months


@dataclass(frozen=True, slots=True)
class Held:
    """A policy that holds; `default_id` is the default that it comes from, None where it is the item's own."""

    policy: reorder.Policy
    default_id: int | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """The defaults that fit a site, the narrowest first."""

    fitting: tuple[PolicyDefault, ...]

    def of(self, category: str, ven: str | None) -> Held | None:
        """What holds there for an item of that category and VEN class without a policy of its own."""
        for each in self.fitting:
            if each.category in (None, category) and each.ven in (None, ven):
                return Held(rule_of(each), each.id)
        return None


def rule_of(policy: Policy | PolicyDefault) -> reorder.Policy:
    """A stored policy as the rules take it."""
    own = policy if isinstance(policy, Policy) else None
    return reorder.Policy(
        method=policy.method,  # type: ignore[arg-type]
        reorder_point=own.reorder_point if own is not None else None,
        maximum=own.maximum if own is not None else None,
        emergency_point=own.emergency_point if own is not None else None,
        minimum_months=policy.minimum_months,
        maximum_months=policy.maximum_months,
        emergency_months=policy.emergency_months,
        lookback_months=LOOKBACK_MONTHS if policy.lookback_months is None else policy.lookback_months,
        demand_override=own.demand_override if own is not None else None,
        override_reason=own.demand_override_reason if own is not None else None,
        order_multiple=policy.order_multiple,
        expiry_buffer_days=policy.expiry_buffer_days,
        lead_time_days=policy.lead_time_days,
        review_period_days=policy.review_period_days,
        service_level=policy.service_level,
        emergency_days=policy.emergency_days,
    )


def own_policies(
    session: Session, site_id: int, item_ids: Collection[int] | None
) -> dict[int, reorder.Policy]:
    """item id -> the policy that was set for it at a site."""
    return {
        row.item_id: rule_of(row)
        for ids in chunks(item_ids)
        for row in session.scalars(
            select(Policy).where(Policy.site_id == site_id, *among(Policy.item_id, ids))
        )
    }


def defaults_for(session: Session, site: Site) -> Defaults:
    """The defaults that fit a site. A site is narrower than a category, that than a VEN class, that than a kind."""
    rows = session.scalars(
        select(PolicyDefault).where(
            PolicyDefault.site_id.is_(None) | (PolicyDefault.site_id == site.id),
            PolicyDefault.site_kind.is_(None) | (PolicyDefault.site_kind == site.kind),
        )
    )
    return Defaults(tuple(sorted(rows, key=_breadth)))


def _breadth(row: PolicyDefault) -> tuple[bool, bool, bool, bool, int]:
    return row.site_id is None, row.category is None, row.ven is None, row.site_kind is None, row.id


def policies_for(session: Session, site: Site, item_ids: Collection[int]) -> dict[int, Held]:
    """item id -> the policy that holds for it at a site; items for which none does are not in it."""
    held = {item_id: Held(policy) for item_id, policy in own_policies(session, site.id, item_ids).items()}
    defaults = defaults_for(session, site)
    without = [item_id for item_id in item_ids if item_id not in held]
    if not defaults.fitting or not without:
        return held
    for ids in chunks(without):
        rows = session.execute(select(Item.id, Item.category, Item.ven).where(*among(Item.id, ids)))
        for item_id, category, ven in rows:
            found = defaults.of(category, ven)
            if found is not None:
                held[item_id] = found
    return held
