"""Which policy holds for an item at a site: its own, or the narrowest default that fits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce
from sqlalchemy.orm import Session

from inventory.db import Scaled
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
    session: Session, site_ids: Collection[int], item_ids: Collection[int] | None
) -> dict[int, dict[int, reorder.Policy]]:
    """site id -> item id -> the policy that was set for it there. Equal policies are one: a site has thousands."""
    found: dict[int, dict[int, reorder.Policy]] = {site_id: {} for site_id in site_ids}
    known: dict[tuple[Any, ...], reorder.Policy] = {}
    for ids in chunks(item_ids):
        rows = session.execute(
            select(Policy.site_id, Policy.item_id, *_COLUMNS).where(
                Policy.site_id.in_(site_ids), *among(Policy.item_id, ids)
            )
        )
        for site_id, item_id, *said in rows:
            key = tuple(said)
            policy = known.get(key)
            if policy is None:
                policy = known[key] = _read(key)
            found[site_id][item_id] = policy
    return found


_FIELDS = (
    *("method", "reorder_point", "maximum", "emergency_point"),
    *("minimum_months", "maximum_months", "emergency_months", "lookback_months"),
    *("demand_override", "demand_override_reason", "order_multiple", "expiry_buffer_days"),
    *("lead_time_days", "review_period_days", "service_level", "emergency_days"),
)
_TYPES = {name: Policy.__table__.c[name].type for name in _FIELDS}
_SCALED = {name: kind.places for name, kind in _TYPES.items() if isinstance(kind, Scaled)}
_COLUMNS = tuple(
    type_coerce(getattr(Policy, name), BigInteger()).label(name) if name in _SCALED else getattr(Policy, name)
    for name in _FIELDS
)
"""The columns of a policy, decimals as the whole numbers that are stored."""


def _read(row: tuple[Any, ...]) -> reorder.Policy:
    said = dict(zip(_FIELDS, row, strict=True))
    for name, places in _SCALED.items():
        said[name] = None if said[name] is None else Decimal(said[name]).scaleb(-places)
    if said["lookback_months"] is None:
        said["lookback_months"] = LOOKBACK_MONTHS
    return reorder.Policy(override_reason=said.pop("demand_override_reason"), **said)


def defaults_for(session: Session, sites: Sequence[Site]) -> dict[int, Defaults]:
    """site id -> the defaults that fit it. A site is narrower than a category, that than a VEN class, that than a
    kind."""
    rows = sorted(session.scalars(select(PolicyDefault)), key=_breadth)
    return {site.id: Defaults(tuple(each for each in rows if _fits(each, site))) for site in sites}


def _fits(row: PolicyDefault, site: Site) -> bool:
    return row.site_id in (None, site.id) and row.site_kind in (None, site.kind)


def _breadth(row: PolicyDefault) -> tuple[bool, bool, bool, bool, int]:
    return row.site_id is None, row.category is None, row.ven is None, row.site_kind is None, row.id


def policies_for(session: Session, site: Site, item_ids: Collection[int]) -> dict[int, Held]:
    """item id -> the policy that holds for it at a site; items for which none does are not in it."""
    own = own_policies(session, [site.id], item_ids)[site.id]
    return with_defaults(session, own, defaults_for(session, [site])[site.id], item_ids)


def with_defaults(
    session: Session, own: Mapping[int, reorder.Policy], defaults: Defaults, item_ids: Collection[int]
) -> dict[int, Held]:
    """item id -> the policy that holds for it, where those of a site's own and the defaults there are known."""
    holding: dict[int, Held] = {id(policy): Held(policy) for policy in own.values()}
    held = {item_id: holding[id(own[item_id])] for item_id in item_ids if item_id in own}
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
