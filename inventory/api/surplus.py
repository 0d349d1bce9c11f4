"""Surplus: what is proposed to be moved before it expires, and the approval of a shipment made of it."""

from typing import Any

from flask import Response

from inventory import clock
from inventory.access import requires
from inventory.api import paging
from inventory.api import shipment_shapes as shapes
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Code, Day, Number, Schema, Text, Whole
from inventory.api.requisitions import Nothing
from inventory.api.shipment_shapes import ShipmentTold
from inventory.ledger.surplus import Proposal
from inventory.queries import surplus as reading
from inventory.queries.paging import Slice
from inventory.services import surplus

TAG = ["Surplus"]


class ProposalTold(Schema):
    """So many base units of a lot that would expire unused at their origin, and are used in time where they go."""

    origin = Code(required=True)
    destination = Code(required=True)
    item = Code(required=True)
    lot = Text(required=True)
    expires_on = Day(required=True, allow_none=True)
    quantity = Whole(required=True)
    expiring = Whole(required=True)
    arrives_on = Day(required=True)
    used_by = Day(required=True)
    value = Number(required=True, allow_none=True)
    currency = Text(required=True, allow_none=True)


def _told(each: Proposal) -> dict[str, Any]:
    return {
        "origin": each.origin.code,
        "destination": each.destination.code,
        "item": each.item.code,
        "lot": each.lot.number,
        "expires_on": each.lot.expires_on,
        "value": each.worth,
        **{
            name: getattr(each, name)
            for name in ("quantity", "expiring", "arrives_on", "used_by", "currency")
        },
    }


@bp.route("/surplus", methods=["GET"], tags=TAG)
@requires("surplus.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(ProposalTold))
def list_surplus(wanted: dict[str, Any]) -> Response:
    """List what to move between sites both of which the caller sees, worked out now; a cursor is a place in it."""
    start = paging.key_of(wanted["cursor"], [int]) or 0
    start = max(0, start)
    found = reading.proposals(read(), me(), clock.today()).proposals
    end = start + wanted["limit"]
    rows = [_told(each) for each in found[start:end]]
    return paging.page(ProposalTold, Slice(rows, end if end < len(found) else None))


@bp.route("/shipments/<number>/approve", methods=["POST"], tags=["Shipments"])
@requires("surplus.write")
@bp.arguments(Nothing, required=False)
@bp.response(200, ShipmentTold)
def approve_shipment(body: dict[str, Any], number: str) -> Response:
    """Let a shipment leave that was proposed to save stock from expiring."""
    return done(ShipmentTold, lambda s: shapes.whole(s, surplus.approve(s, me(), number)))
