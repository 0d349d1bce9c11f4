"""Scans: what a scanner read, made sense of. Writes nothing."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api.base import bp, looked_up
from inventory.api.fields import Code, Day, Finding, Free, Many, One, Schema, Text, Whole
from inventory.api.shipment_shapes import findings
from inventory.queries import scanning

TAG = ["Stock"]


class ScanBody(Schema):
    """What a scanner read, in any GS1 form."""

    data = Free(required=True, most=2000)


class ScanTold(Schema):
    """What it says; null where absent. `quantity` is in base units."""

    gtin = Text(required=True, allow_none=True)
    item = Code(required=True, allow_none=True)
    lot = Text(required=True, allow_none=True)
    expires_on = Day(required=True, allow_none=True)
    serial = Text(required=True, allow_none=True)
    sscc = Text(required=True, allow_none=True)
    quantity = Whole(required=True, allow_none=True)
    warnings = Many(One(Finding), required=True)


@bp.route("/scan", methods=["POST"], tags=TAG)
@requires("stock.scan")
@bp.arguments(ScanBody)
@bp.response(200, ScanTold)
def scan(body: dict[str, Any]) -> Response:
    """Make sense of a scan; nothing is written."""
    return looked_up(ScanTold, lambda s: _scanned(s, body["data"]))


def _scanned(current: Session, data: str) -> dict[str, Any]:
    found = scanning.scan(current, data)
    names = ("gtin", "lot", "expires_on", "serial", "sscc", "quantity")
    return {name: getattr(found, name) for name in names} | {
        "item": found.item.code if found.item is not None else None,
        "warnings": findings(list(found.warnings)),
    }
