"""Controlled medicines: the register of an item at a site, and the permits."""

from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Code, Day, Instant, Many, One, Schema, Text, Whole, Word, optional
from inventory.models.words import PermitKind
from inventory.queries import permits as reading
from inventory.queries import register
from inventory.queries.paging import Slice
from inventory.queries.permits import ORDER, Told
from inventory.queries.register import Line
from inventory.rules.effects import PostingKind
from inventory.services import permits
from inventory.services.bodies import given
from inventory.services.permits import Covered

TAG = ["Controlled medicines"]
MOST_ITEMS = 200


class RegisterAsked(paging.Paged):
    """Which register."""

    site = Code(required=True)
    item = Code(required=True)


class EntryTold(Schema):
    """An entry: `change` is signed, `balance` what was left at the site; `by` and `second_person` are the two names."""

    sequence = Whole(required=True)
    occurred_on = Day(required=True)
    recorded_at = Instant(required=True)
    document = Text(required=True, allow_none=True)
    kind = Word(PostingKind, required=True)
    lot = Text(required=True)
    change = Whole(required=True)
    balance = Whole(required=True)
    by = Text(required=True, allow_none=True)
    second_person = Text(required=True, allow_none=True)
    signed_at = Instant(required=True, allow_none=True)
    note = Text(required=True, allow_none=True)


class CoveredBody(Schema):
    """An item that a permit covers; without a quantity, any."""

    item = Code(required=True)
    quantity = optional(Whole)


class PermitBody(Schema):
    """What stands on a permit, which is for a `site` or for one `shipment`; both days count."""

    kind = Word(PermitKind, required=True)
    number = Text(required=True, most=64)
    authority = optional(Text)
    importer = optional(Text)
    exporter = optional(Text)
    cites = optional(Text)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    site = optional(Code)
    shipment = optional(Text, most=24)
    note = optional(Text, most=2000)
    lines = Many(One(CoveredBody), required=True, most=MOST_ITEMS)


class CoveredTold(CoveredBody):
    """What of an item has gone under it."""

    used = Whole(required=True)


class PermitTold(PermitBody):
    """A permit, and how it stands today."""

    id = Whole(required=True)
    ended_on = optional(Day)
    state = Word(ORDER, required=True)
    lines = Many(One(CoveredTold), required=True)


class PermitsAsked(paging.Paged):
    """Of which site or shipment, of which kind, in which state (`all`: the ended and the replaced ones too)."""

    site = Code(load_default=None)
    shipment = Text(most=24, load_default=None)
    kind = Word(PermitKind, load_default=None)
    state = Word((*ORDER, "all"), load_default=None)


@bp.route("/register", methods=["GET"], tags=TAG)
@requires("register.see")
@bp.arguments(RegisterAsked, location="query")
@bp.response(200, paging.page_of(EntryTold))
def list_register(wanted: dict[str, Any]) -> Response:
    """List the entries of the register of an item at a site, in their order."""
    after = paging.key_of(wanted["cursor"], [int]) or 0
    found = register.register_of(read(), me(), wanted["site"], wanted["item"])
    lines, following = register.slice_of(read(), found, max(0, after), wanted["limit"])
    return paging.page(EntryTold, Slice([_entry(line) for line in lines], following))


def _entry(line: Line) -> dict[str, Any]:
    names = (
        *("sequence", "occurred_on", "recorded_at", "document", "kind", "lot", "change", "balance", "by"),
        *("signed_at", "note"),
    )
    return {name: getattr(line, name) for name in names} | {"second_person": line.second}


@bp.route("/permits", methods=["GET"], tags=TAG)
@requires("permits.see")
@bp.arguments(PermitsAsked, location="query")
@bp.response(200, paging.page_of(PermitTold))
def list_permits(wanted: dict[str, Any]) -> Response:
    """List permits, by id; the ended and the replaced ones only where they are asked for."""
    after = paging.key_of(wanted["cursor"], [int]) or 0
    found = reading.permits(read(), me(), wanted["site"], wanted["state"], wanted["kind"], wanted["shipment"])
    rows = sorted((each for each in found if each.row.id > after), key=lambda each: each.row.id)
    part = rows[: wanted["limit"]]
    following = part[-1].row.id if len(rows) > len(part) else None
    return paging.page(PermitTold, Slice([permit_told(each) for each in part], following))


def permit_told(told: Told) -> dict[str, Any]:
    """A permit with what it covers."""
    row = told.row
    names = (
        "id",
        "kind",
        "number",
        "authority",
        "importer",
        "exporter",
        "cites",
        "valid_from",
        "valid_until",
    )
    return {name: getattr(row, name) for name in (*names, "note", "ended_on")} | {
        "site": row.site.code if row.site is not None else None,
        "shipment": row.shipment.number if row.shipment is not None else None,
        "state": told.state,
        "lines": [
            {"item": part.item.code, "quantity": part.quantity, "used": part.used} for part in told.covers
        ],
    }


@bp.route("/permits", methods=["POST"], tags=TAG)
@requires("permits.write")
@bp.arguments(PermitBody)
@bp.response(201, PermitTold)
def add_permit(body: dict[str, Any]) -> Response:
    """Write down a permit: an export authorisation cites the import authorisation that it rests on."""
    fields = given(body, "lines") | {"lines": [Covered(**line) for line in body["lines"]]}

    def work(current: Any) -> dict[str, Any]:
        made = permits.add_permit(current, me(), fields)
        found = reading.permits(current, me(), wanted="all")
        return permit_told(next(each for each in found if each.row.id == made.id))

    return done(PermitTold, work, 201)
