"""Shipments: drafted, packed, sent, followed, received; what is missing found or written off."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from inventory.access import Role, requires
from inventory.api import paging
from inventory.api import shipment_shapes as shapes
from inventory.api.base import bp, done, gone, me, read, told
from inventory.api.requisitions import Nothing
from inventory.api.shipment_shapes import NewPackageTold, ShipmentTold
from inventory.models import Shipment
from inventory.queries import shipments as reading
from inventory.services import packing, shipments, shipping
from inventory.services.bodies import given
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewEvent, NewShipment
from inventory.services.shipping import Arrival, ArrivedLine, MissingLine

TAG = ["Shipments"]


@bp.route("/shipments", methods=["POST"], tags=TAG)
@requires("shipments.write")
@bp.arguments(shapes.ShipmentBody)
@bp.response(201, ShipmentTold)
def add_shipment(body: dict[str, Any]) -> Response:
    """Start a shipment as a draft."""
    command = NewShipment(**given(body))
    return done(ShipmentTold, lambda s: shapes.whole(s, shipments.draft(s, me(), command)), 201)


@bp.route("/shipments", methods=["GET"], tags=TAG)
@requires("shipments.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(shapes.HeaderTold))
def list_shipments(wanted: dict[str, Any]) -> Response:
    """List shipments: header and totals alone."""
    after = paging.key_of(wanted["cursor"], [int])
    found = reading.shipments_slice(read(), me(), after, wanted["limit"])
    if me().role is Role.DONOR:
        rows = [_donor_header(each) for each in found.rows]
    else:
        totals = reading.totals_of(read(), [each.id for each in found.rows])
        rows = [shapes.header(each, totals[each.id]) for each in found.rows]
    return paging.page(shapes.HeaderTold, found, rows)


def _donor_header(found: Shipment) -> dict[str, Any]:
    return {
        "number": found.number,
        "origin": shapes.place(found.origin),
        "destination": shapes.place(found.destination),
        **{name: getattr(found, name) for name in ("mode", "status", "eta", "dispatched_at", "received_at")},
    }


@bp.route("/shipments/<number>", methods=["GET"], tags=TAG)
@requires("shipments.see")
@bp.response(200, ShipmentTold)
def get_shipment(number: str) -> Response:
    """Tell a shipment."""
    found = reading.shipment(read(), me(), number)
    return told(ShipmentTold, shapes.seen_by(me(), read(), found))


@bp.route("/shipments/<number>/packages", methods=["POST"], tags=TAG)
@requires("shipments.write")
@bp.arguments(shapes.PackageBody)
@bp.response(201, NewPackageTold)
def add_package(body: dict[str, Any], number: str) -> Response:
    """Add a package to a draft: its lots are picked first expired first out, and reserved."""
    lines = [PackedLine(**line) for line in body.get("lines") or []]
    command = NewPackage(**given(body, "lines"), lines=lines)

    def work(current: Session) -> dict[str, Any]:
        package, found = packing.pack(current, me(), number, command)
        return shapes.package_told(package) | {"warnings": shapes.findings(found)}

    return done(NewPackageTold, work, 201)


@bp.route("/shipments/<number>/packages/<label>", methods=["DELETE"], tags=TAG)
@requires("shipments.write")
@bp.response(204)
def remove_package(number: str, label: str) -> Response:
    """Take a package out of a draft; what was reserved for it is free again."""
    return gone(lambda current: packing.unpack(current, me(), number, label))


@bp.route("/shipments/<number>/dispatch", methods=["POST"], tags=TAG)
@requires("shipments.write")
@bp.arguments(shapes.DispatchBody)
@bp.response(200, ShipmentTold)
def dispatch_shipment(body: dict[str, Any], number: str) -> Response:
    """Send it: everything packed leaves the origin's stock."""
    at, waybill = body["dispatched_at"], body.get("waybill")
    return done(
        ShipmentTold,
        lambda s: shapes.whole(s, shipping.dispatch(s, me(), number, at, waybill)),
        witness=body.get("witness"),
    )


@bp.route("/shipments/<number>/events", methods=["POST"], tags=TAG)
@requires("shipments.receive")
@bp.arguments(shapes.EventBody)
@bp.response(200, ShipmentTold)
def add_event(body: dict[str, Any], number: str) -> Response:
    """Append a milestone; that it was actually delivered makes the shipment `arrived`."""
    command = NewEvent(**given(body))
    return done(ShipmentTold, lambda s: shapes.whole(s, shipments.record_event(s, me(), number, command)))


@bp.route("/shipments/<number>/receive", methods=["POST"], tags=TAG)
@requires("shipments.receive")
@bp.arguments(shapes.ArrivalBody)
@bp.response(200, ShipmentTold)
def receive_shipment(body: dict[str, Any], number: str) -> Response:
    """Count what arrived; unless `final` is false, the rest is missing."""
    lines = [ArrivedLine(**given(line)) for line in body["lines"]]
    command = Arrival(**given(body, "lines"), lines=lines)
    return done(
        ShipmentTold,
        lambda s: shapes.whole(s, shipping.receive(s, me(), number, command)),
        witness=body.get("witness"),
    )


@bp.route("/shipments/<number>/found", methods=["POST"], tags=TAG)
@requires("shipments.receive")
@bp.arguments(shapes.FoundBody)
@bp.response(200, ShipmentTold)
def find_missing(body: dict[str, Any], number: str) -> Response:
    """What was missing turned up: it goes into the destination's stock."""
    lines = [MissingLine(**line) for line in body["lines"]]
    return done(
        ShipmentTold,
        lambda s: shapes.whole(s, shipping.found(s, me(), number, lines)),
        witness=body.get("witness"),
    )


@bp.route("/shipments/<number>/write-off", methods=["POST"], tags=TAG)
@requires("shipments.write")
@bp.arguments(shapes.WriteOffBody)
@bp.response(200, ShipmentTold)
def write_off_missing(body: dict[str, Any], number: str) -> Response:
    """Give up what is missing, with the reason; without lines, all of it."""
    lines = [MissingLine(**line) for line in body.get("lines") or []]
    reason = body["reason"]
    return done(
        ShipmentTold,
        lambda s: shapes.whole(s, shipping.write_off(s, me(), number, reason, lines)),
        witness=body.get("witness"),
    )


@bp.route("/shipments/<number>/cancel", methods=["POST"], tags=TAG)
@requires("shipments.write")
@bp.arguments(Nothing, required=False)
@bp.response(200, ShipmentTold)
def cancel_shipment(body: dict[str, Any], number: str) -> Response:
    """Drop a draft; what was reserved for it is free again."""
    return done(ShipmentTold, lambda s: shapes.whole(s, shipments.cancel(s, me(), number)))
