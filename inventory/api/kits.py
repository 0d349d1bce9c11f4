"""Kits: what each is made of, put together and taken apart at a site."""

from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Code, Day, Many, Number, One, Schema, Text, Whole, optional
from inventory.api.shapes import Asked
from inventory.api.stock_events import EventTold, recorded
from inventory.exchange.bodies import MOST_LINES, Witnessed
from inventory.models import Kit
from inventory.queries import kitting as reading
from inventory.services import kits, kitting
from inventory.services.bodies import given

TAG = ["Kits"]


class KitBody(Schema):
    """What one kit holds, for how many people during how many months it is meant."""

    people = optional(Whole)
    months = optional(Number)
    lines = Many(One(Asked), required=True, most=kits.MOST_LINES)


class KitLineTold(Schema):
    """So many base units of an item in one kit."""

    item = Code(required=True, attribute="item.code")
    quantity = Whole(required=True)


class KitTold(Schema):
    """A kit and what it holds."""

    item = Code(required=True, attribute="item.code")
    people = optional(Whole)
    months = optional(Number)
    lines = Many(One(KitLineTold), required=True)


class ChosenBody(Schema):
    """A lot that a component is taken from, at most so much of it; no other lots of that item are."""

    item = Code(required=True)
    lot = Text(required=True, most=80)
    quantity = optional(Whole)


class AssemblyBody(Witnessed):
    """Kits put together; components without a line come first-expired-first-out."""

    site = Code(required=True)
    kit = Code(required=True)
    quantity = Whole(required=True)
    occurred_on = Day(required=True)
    note = optional(Text, most=2000)
    lines = optional(Many, One(ChosenBody), most=MOST_LINES)


class DisassemblyBody(Witnessed):
    """Kits of one kit lot taken apart."""

    site = Code(required=True)
    kit = Code(required=True)
    lot = Text(required=True, most=80)
    quantity = Whole(required=True)
    occurred_on = Day(required=True)
    note = optional(Text, most=2000)


@bp.route("/kits", methods=["GET"], tags=TAG)
@requires("kits.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(KitTold))
def list_kits(wanted: dict[str, Any]) -> Response:
    """List the kits and what they hold."""
    after = paging.key_of(wanted["cursor"], [int])
    return paging.page(KitTold, reading.bills_slice(read(), after, wanted["limit"]))


@bp.route("/kits/<item>", methods=["PUT"], tags=TAG)
@requires("policies.write")
@bp.arguments(KitBody)
@bp.response(200, KitTold)
def set_kit(body: dict[str, Any], item: str) -> Response:
    """Say what a kit holds; what was said before is replaced."""
    lines = [kits.InKit(**line) for line in body["lines"]]
    command = kits.KitContent(item, body.get("people"), body.get("months"), lines)

    def work(s: Any) -> Kit:
        kits.set_kit(s, me(), command)
        return reading.bill(s, item)

    return done(KitTold, work)


@bp.route("/kit-assemblies", methods=["POST"], tags=TAG)
@requires("kits.assemble")
@bp.arguments(AssemblyBody)
@bp.response(201, EventTold)
def assemble(body: dict[str, Any]) -> Response:
    """Put kits together. 409 names every component that is missing."""
    lines = [kitting.ChosenLot(**given(line)) for line in body.get("lines") or ()]
    command = kitting.Assembly(**given(body, "lines"), lines=lines)
    return recorded(body, lambda s: kitting.assemble(s, me(), command))


@bp.route("/kit-disassemblies", methods=["POST"], tags=TAG)
@requires("kits.take_apart")
@bp.arguments(DisassemblyBody)
@bp.response(201, EventTold)
def take_apart(body: dict[str, Any]) -> Response:
    """Take kits of a lot apart: their components are in stock again, each in its own lot."""
    command = kitting.Disassembly(**given(body))
    return recorded(body, lambda s: kitting.take_apart(s, me(), command))
