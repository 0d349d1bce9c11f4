"""Sites and the reorder policies of their items."""

from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, gone, me, read, told
from inventory.api.fields import Code, Flag, Number, One, Schema, Text, Whole, Word, optional
from inventory.api.shapes import change_of, same_code
from inventory.errors import Faults, msg
from inventory.models import Policy
from inventory.models.words import SiteKind, SiteStatus
from inventory.queries import catalogue, stock
from inventory.services import levels, sites

TAG = ["Reference"]


class NewSite(Schema):
    """A place that holds stock or takes delivery."""

    code = Code(required=True)
    name = Text(required=True)
    kind = Word(SiteKind, required=True)
    status = optional(Word, SiteStatus)
    country = Text(required=True, most=2)
    admin1 = optional(Text)
    sensitive = optional(Flag)
    supplied_by = optional(Code)
    lead_time_days = optional(Whole)
    timezone = optional(Text)


SiteChange = change_of(NewSite, "SiteChange")


class SiteTold(Schema):
    """A site as staff are told of it."""

    code = Code(required=True)
    name = Text(required=True)
    kind = Word(SiteKind, required=True)
    status = Word(SiteStatus, required=True)
    country = Text(required=True, most=2)
    admin1 = optional(Text)
    sensitive = Flag(required=True)
    supplied_by = optional(Code, attribute="supplied_by.code", dump_default=None)
    lead_time_days = optional(Whole)
    timezone = optional(Text)


class DemandOverride(Schema):
    """A month's demand that a person set, and why."""

    quantity = Number(required=True)
    reason = Text(required=True, most=2000)


class PolicyBody(Schema):
    """`fixed` levels in base units, `months` of demand, or levels worked out for a `service` level.

    A service level is the share (0.5 to 0.9999) of waits for a delivery that pass without a stock-out.
    """

    method = Word(tuple(levels.POLICY_FIELDS), required=True)
    reorder_point = optional(Whole, least=0)
    maximum = optional(Whole, least=0)
    emergency_point = optional(Whole, least=0)
    minimum_months = optional(Number)
    maximum_months = optional(Number)
    emergency_months = optional(Number)
    lookback_months = optional(Number)
    lead_time_days = optional(Whole, least=0)
    review_period_days = optional(Whole, least=1)
    service_level = optional(Number)
    emergency_days = optional(Whole, least=0)
    demand_override = optional(One, DemandOverride)
    order_multiple = optional(Whole, least=1)
    expiry_buffer_days = optional(Whole, least=0)


class PolicyTold(Schema):
    """The policy of an item at a site; the fields of its method alone."""

    site = Code(required=True)
    item = Code(required=True)
    method = Word(tuple(levels.POLICY_FIELDS), required=True)
    reorder_point = Whole()
    maximum = Whole()
    emergency_point = Whole()
    minimum_months = Number()
    maximum_months = Number()
    emergency_months = Number()
    lookback_months = Number()
    lead_time_days = Whole()
    review_period_days = Whole()
    service_level = Number()
    emergency_days = optional(Whole)
    demand_override = optional(One, DemandOverride)
    order_multiple = Whole(required=True)
    expiry_buffer_days = Whole(required=True)


@bp.route("/sites", methods=["POST"], tags=TAG)
@requires("sites.write")
@bp.arguments(NewSite)
@bp.response(201, SiteTold)
def add_site(body: dict[str, Any]) -> Response:
    """Add a site."""
    return done(SiteTold, lambda s: sites.add_site(s, me(), body), 201)


@bp.route("/sites", methods=["GET"], tags=TAG)
@requires("sites.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(SiteTold))
def list_sites(wanted: dict[str, Any]) -> Response:
    """List sites."""
    after = paging.key_of(wanted["cursor"], [int])
    return paging.page(SiteTold, catalogue.sites_slice(read(), after, wanted["limit"]))


@bp.route("/sites/<code>", methods=["GET"], tags=TAG)
@requires("sites.see")
@bp.response(200, SiteTold)
def get_site(code: str) -> Response:
    """Tell a site."""
    return told(SiteTold, sites.get_site(read(), code))


@bp.route("/sites/<code>", methods=["PATCH"], tags=TAG)
@requires("sites.write")
@bp.arguments(SiteChange)
@bp.response(200, SiteTold)
def change_site(body: dict[str, Any], code: str) -> Response:
    """Change the given fields of a site."""
    fields = same_code(body, code)
    return done(SiteTold, lambda s: sites.change_site(s, me(), code, fields))


@bp.route("/sites/<site>/policies/<item>", methods=["PUT"], tags=TAG)
@requires("policies.write")
@bp.arguments(PolicyBody)
@bp.response(200, PolicyTold)
def set_policy(body: dict[str, Any], site: str, item: str) -> Response:
    """Set when, and up to how much, a site asks for an item again."""
    _refuse_strays(body)
    return done(PolicyTold, lambda s: _policy(levels.set_policy(s, me(), site, item, body)))


@bp.route("/sites/<site>/policies/<item>", methods=["GET"], tags=TAG)
@requires("policies.see")
@bp.response(200, PolicyTold)
def get_policy(site: str, item: str) -> Response:
    """Tell the policy of an item at a site."""
    stock.check_site(read(), me(), site)
    return told(PolicyTold, _policy(catalogue.policy(read(), site, item)))


@bp.route("/sites/<site>/policies/<item>", methods=["DELETE"], tags=TAG)
@requires("policies.write")
@bp.response(204)
def remove_policy(site: str, item: str) -> Response:
    """Remove the policy of an item at a site; a default that fits holds then, or nothing."""
    return gone(lambda s: levels.remove_policy(s, me(), site, item))


def _refuse_strays(body: dict[str, Any]) -> None:
    """Fields of another method would be lost without a word."""
    faults = Faults()
    for method, names in levels.POLICY_FIELDS.items():
        for name in names:
            if method != body["method"] and body.get(name) is not None:
                faults.add(f"/{name}", msg("This belongs to the method %(method)s.", method=method))
    faults.check()


def _policy(policy: Policy) -> dict[str, Any]:
    own = {name: getattr(policy, name) for name in levels.POLICY_FIELDS[policy.method]}
    override = None
    if policy.demand_override is not None:
        override = {"quantity": policy.demand_override, "reason": policy.demand_override_reason or ""}
    return own | {
        "site": policy.site.code,
        "item": policy.item.code,
        "method": policy.method,
        "demand_override": override,
        "order_multiple": policy.order_multiple,
        "expiry_buffer_days": policy.expiry_buffer_days,
    }
