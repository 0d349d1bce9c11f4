"""Requisitions: what a site asks for, and what was decided."""

from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read, told
from inventory.api.fields import Code, Instant, Many, One, Schema, Text, Whole, Word, optional
from inventory.api.shapes import Asked
from inventory.errors import Faults, msg
from inventory.exchange.bodies import MOST_LINES, RequisitionBody
from inventory.models.words import RequisitionKind
from inventory.queries import documents
from inventory.services import bodies, requisitions

TAG = ["Requisitions"]
STATES = ("draft", "submitted", "approved", "rejected", "in_shipment", "fulfilled", "cancelled")


class ApprovedLine(Schema):
    """How much of an item is approved: 0 is none of it."""

    item = Code(required=True)
    approved = Whole(required=True)


class ApprovalBody(Schema):
    """What is approved; what is not named is approved as asked."""

    lines = optional(Many, One(ApprovedLine), most=MOST_LINES)


class Nothing(Schema):
    """No fields."""


class RejectionBody(Schema):
    """Why it is rejected."""

    reason = Text(required=True, most=2000)


class RequisitionLineTold(Asked):
    """So many base units of an item, and how much of it was approved (null: not decided)."""

    item = Code(required=True, attribute="item.code")
    approved = Whole(required=True, allow_none=True)


class RequisitionTold(Schema):
    """A requisition."""

    number = Text(required=True)
    site = Code(required=True, attribute="site.code")
    kind = Word(RequisitionKind, required=True)
    status = Word(STATES, required=True)
    note = optional(Text)
    reason = optional(Text)
    created_at = Instant(required=True)
    submitted_at = optional(Instant)
    decided_at = optional(Instant)
    lines = Many(One(RequisitionLineTold), required=True)


@bp.route("/requisitions", methods=["POST"], tags=TAG)
@requires("requisitions.write")
@bp.arguments(RequisitionBody)
@bp.response(201, RequisitionTold)
def add_requisition(body: dict[str, Any]) -> Response:
    """Start a requisition as a draft."""
    command = bodies.requisition(body)
    return done(RequisitionTold, lambda s: requisitions.draft(s, me(), command), 201)


@bp.route("/requisitions", methods=["GET"], tags=TAG)
@requires("requisitions.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(RequisitionTold))
def list_requisitions(wanted: dict[str, Any]) -> Response:
    """List requisitions."""
    after = paging.key_of(wanted["cursor"], [int])
    return paging.page(RequisitionTold, documents.requisitions_slice(read(), me(), after, wanted["limit"]))


@bp.route("/requisitions/<number>", methods=["GET"], tags=TAG)
@requires("requisitions.see")
@bp.response(200, RequisitionTold)
def get_requisition(number: str) -> Response:
    """Tell a requisition."""
    return told(RequisitionTold, requisitions.get_requisition(read(), me(), number))


@bp.route("/requisitions/<number>/submit", methods=["POST"], tags=TAG)
@requires("requisitions.write")
@bp.arguments(Nothing, required=False)
@bp.response(200, RequisitionTold)
def submit_requisition(body: dict[str, Any], number: str) -> Response:
    """Send a draft to whoever approves."""
    return done(RequisitionTold, lambda s: requisitions.submit(s, me(), number))


@bp.route("/requisitions/<number>/approve", methods=["POST"], tags=TAG)
@requires("requisitions.approve")
@bp.arguments(ApprovalBody, required=False)
@bp.response(200, RequisitionTold)
def approve_requisition(body: dict[str, Any], number: str) -> Response:
    """Approve as asked, or in part."""
    approved: dict[str, int] = {}
    faults = Faults()
    for index, line in enumerate(body.get("lines") or []):
        if line["item"] in approved:
            faults.add(f"/lines/{index}/item", msg("This item is there twice."))
        approved[line["item"]] = line["approved"]
    faults.check()
    return done(RequisitionTold, lambda s: requisitions.approve(s, me(), number, approved))


@bp.route("/requisitions/<number>/reject", methods=["POST"], tags=TAG)
@requires("requisitions.approve")
@bp.arguments(RejectionBody)
@bp.response(200, RequisitionTold)
def reject_requisition(body: dict[str, Any], number: str) -> Response:
    """Reject, with the reason."""
    return done(RequisitionTold, lambda s: requisitions.reject(s, me(), number, body["reason"]))


@bp.route("/requisitions/<number>/cancel", methods=["POST"], tags=TAG)
@requires("requisitions.write")
@bp.arguments(Nothing, required=False)
@bp.response(200, RequisitionTold)
def cancel_requisition(body: dict[str, Any], number: str) -> Response:
    """Drop a requisition that is still open."""
    return done(RequisitionTold, lambda s: requisitions.cancel(s, me(), number))
