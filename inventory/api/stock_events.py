"""What happens to stock at one site: consumption, adjustment, disposal, count, zone move."""

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api.base import bp, done, me
from inventory.api.fields import Code, Day, Instant, Many, One, Schema, Text, Whole, Word, optional
from inventory.api.shapes import LotQuantity
from inventory.exchange.bodies import MOST_LINES, AdjustmentBody, ConsumptionBody, CountBody, Witnessed
from inventory.models import StockEvent
from inventory.models.words import DisposalMethod, StockEventKind
from inventory.queries import documents
from inventory.queries.documents import EventLine
from inventory.rules.effects import ZONES, LocationKind
from inventory.services import adjustments, bodies, consumption, counts
from inventory.services.adjustments import Disposal, DisposalLine, ZoneMove, ZoneMoveLine
from inventory.services.bodies import given

TAG = ["Stock"]
ZONE = sorted(ZONES)


class DisposalLineBody(LotQuantity):
    """So much of a lot disposed of, from one zone if it is named."""

    zone = optional(Word, ZONE)


class DisposalBody(Witnessed):
    """What a site disposed of, and how."""

    site = Code(required=True)
    occurred_on = Day(required=True)
    method = Word(DisposalMethod, required=True)
    certificate = optional(Text)
    place = optional(Text)
    authority = optional(Text)
    note = optional(Text, most=2000)
    lines = Many(One(DisposalLineBody), required=True, most=MOST_LINES)


class ZoneMoveLineBody(LotQuantity):
    """So much of a lot from one zone to another."""

    source = Word(ZONE, required=True, data_key="from")
    destination = Word(ZONE, required=True, data_key="to")


class ZoneMoveBody(Witnessed):
    """Lots moved between the zones of a site."""

    site = Code(required=True)
    note = optional(Text, most=2000)
    lines = Many(One(ZoneMoveLineBody), required=True, most=MOST_LINES)


class EventLineTold(LotQuantity):
    """One lot: the quantity of an adjustment is signed."""

    source = Text(required=True, data_key="from")
    destination = Text(required=True, data_key="to")
    reason = optional(Text)


class EventTold(Schema):
    """A document of one site and the lots that it moved."""

    number = Text(required=True)
    kind = Word(StockEventKind, required=True)
    site = Code(required=True)
    occurred_on = Day(required=True)
    occurred_at = Instant(required=True)
    consultations = optional(Whole)
    method = optional(Word, DisposalMethod)
    certificate = optional(Text)
    place = optional(Text)
    authority = optional(Text)
    witness = optional(Text)
    note = optional(Text)
    lines = Many(One(EventLineTold), required=True)


class CountLineTold(Schema):
    """One lot that was counted."""

    item = Code(required=True, attribute="item.code")
    lot = Text(required=True, attribute="lot.number")
    expected = Whole(required=True)
    counted = Whole(required=True)
    difference = Whole(required=True)


class CountTold(Schema):
    """A count: what the books said, what was seen."""

    number = Text(required=True)
    site = Code(required=True)
    counted_on = Day(required=True)
    counted_at = Instant(required=True)
    note = optional(Text)
    lines = Many(One(CountLineTold), required=True)


def event_told(current: Session, event: StockEvent) -> dict[str, Any]:
    """A consumption, adjustment, disposal or zone move with its lines."""
    lines = [_line(event, line) for line in documents.event_lines(current, event)]
    return {
        "number": event.number,
        "kind": event.kind,
        "site": event.site.code,
        "occurred_on": event.occurred_on,
        "occurred_at": event.occurred_at,
        "consultations": event.consultations,
        "method": event.method,
        "certificate": event.certificate,
        "place": event.place,
        "authority": event.authority,
        "witness": documents.witness_of(current, event),
        "note": event.note,
        "lines": lines,
    }


def _line(event: StockEvent, line: EventLine) -> dict[str, Any]:
    lost = event.kind == StockEventKind.ADJUSTMENT and line.destination == LocationKind.LOST
    return {
        "item": line.item.code,
        "lot": line.lot.number,
        "quantity": -line.quantity if lost else line.quantity,
        "source": line.source,
        "destination": line.destination,
        "reason": line.reason,
    }


def count_told(current: Session, event: StockEvent) -> dict[str, Any]:
    """A count with what it saw."""
    lines = documents.count_lines(current, event)
    return {
        "number": event.number,
        "site": event.site.code,
        "counted_on": event.occurred_on,
        "counted_at": event.occurred_at,
        "note": event.note,
        "lines": [
            {
                "item": line.item,
                "lot": line.lot,
                "expected": line.expected,
                "counted": line.counted,
                "difference": line.counted - line.expected,
            }
            for line in lines
        ],
    }


def recorded(body: dict[str, Any], work: Callable[[Session], StockEvent]) -> Response:
    """Do `work` and tell the document that it recorded; the second person is named in the body."""
    return done(EventTold, lambda s: event_told(s, work(s)), 201, witness=body.get("witness"))


@bp.route("/consumptions", methods=["POST"], tags=TAG)
@requires("consumptions.write")
@bp.arguments(ConsumptionBody)
@bp.response(201, EventTold)
def add_consumption(body: dict[str, Any]) -> Response:
    """Record what was dispensed; without a lot, first expired first out."""
    command = bodies.consumption(body)
    return recorded(body, lambda s: consumption.consume(s, me(), command))


@bp.route("/adjustments", methods=["POST"], tags=TAG)
@requires("adjustments.write")
@bp.arguments(AdjustmentBody)
@bp.response(201, EventTold)
def add_adjustment(body: dict[str, Any]) -> Response:
    """Put stock figures right, with a reason for each line."""
    command = bodies.adjustment(body)
    return recorded(body, lambda s: adjustments.adjust(s, me(), command))


@bp.route("/disposals", methods=["POST"], tags=TAG)
@requires("disposals.write")
@bp.arguments(DisposalBody)
@bp.response(201, EventTold)
def add_disposal(body: dict[str, Any]) -> Response:
    """Record what was disposed of: without a zone, from refused, then quarantine, then stock."""
    lines = [DisposalLine(**line) for line in body["lines"]]
    command = Disposal(**given(body, "lines"), lines=lines, witness=body.get("witness"))
    return recorded(body, lambda s: adjustments.dispose(s, me(), command))


@bp.route("/zone-moves", methods=["POST"], tags=TAG)
@requires("zone_moves.write")
@bp.arguments(ZoneMoveBody)
@bp.response(201, EventTold)
def add_zone_move(body: dict[str, Any]) -> Response:
    """Move lots between the zones of a site."""
    command = ZoneMove(**given(body, "lines"), lines=[ZoneMoveLine(**line) for line in body["lines"]])
    return recorded(body, lambda s: adjustments.move_zones(s, me(), command))


@bp.route("/counts", methods=["POST"], tags=TAG)
@requires("counts.write")
@bp.arguments(CountBody)
@bp.response(201, CountTold)
def add_count(body: dict[str, Any]) -> Response:
    """Record a physical count and post its differences."""
    command = bodies.count(body)
    return done(
        CountTold,
        lambda s: count_told(s, counts.count(s, me(), command)),
        201,
        witness=body.get("witness"),
    )
