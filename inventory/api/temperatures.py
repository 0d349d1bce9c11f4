"""Temperatures: loggers, what they read, and the excursions that follow."""

from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import (
    Code,
    Day,
    Flag,
    Instant,
    Many,
    Number,
    One,
    QueryFlag,
    Schema,
    Text,
    Whole,
    Word,
    optional,
)
from inventory.models import Excursion
from inventory.models.words import ExcursionKind, ExcursionOutcome, Temperature
from inventory.queries import temperatures as reading
from inventory.queries.paging import Slice
from inventory.queries.temperatures import LoggerRow
from inventory.rules.temperature import allowed
from inventory.services import loggers as service
from inventory.services import temperatures

TAG = ["Temperatures"]


class NewLogger(Schema):
    """A device that writes down temperatures, at a site (and perhaps in a bin of it) or in a shipment. Limits in °C."""

    code = Code(required=True)
    name = optional(Text, most=200)
    site = optional(Code)
    bin = optional(Code)
    shipment = optional(Text, most=24)
    temperature = Word(Temperature, load_default="cold_chain")
    low = optional(Number)
    high = optional(Number)
    holds_freeze_sensitive = Flag(load_default=False)
    calibrated_until = optional(Day)


class LoggerTold(Schema):
    """A logger, and what it read last. `low` and `high` are what holds, its own or those of its class."""

    code = Code(required=True)
    name = Text(required=True, allow_none=True)
    site = Code(required=True, allow_none=True)
    bin = Code(required=True, allow_none=True)
    shipment = Text(required=True, allow_none=True)
    temperature = Word(Temperature, required=True)
    low = Number(required=True)
    high = Number(required=True)
    holds_freeze_sensitive = Flag(required=True)
    calibrated_until = Day(required=True, allow_none=True)
    placed_at = Instant(required=True, allow_none=True)
    retired = Flag(required=True)
    last_at = Instant(required=True, allow_none=True)
    last_celsius = Number(required=True, allow_none=True)
    open_excursions = Whole(required=True)


class LoggersWanted(paging.Paged):
    """Which loggers: of every site of the caller's, unless asked."""

    site = Code(load_default=None)


class ReadingBody(Schema):
    """What was read at an instant, in degrees Celsius; kept to the hundredth."""

    at = Instant(required=True)
    celsius = Number(required=True)


class ReadingsBody(Schema):
    """Readings, in any order."""

    readings = Many(One(ReadingBody), required=True, most=temperatures.MOST_AT_ONCE)


class TakenTold(Schema):
    """What came of readings: `known` were there already, `differing` with another value, which stays."""

    new = Whole(required=True)
    known = Whole(required=True)
    differing = Whole(required=True)
    before_placement = Whole(required=True)
    opened = Whole(required=True)


class ReadingsWanted(paging.Paged):
    """From when on: everything, unless asked."""

    since = Instant(load_default=None)


class ExcursionTold(Schema):
    """Readings out of range in a row. `mkt` is the mean kinetic temperature of the window of its class (heat alone)."""

    id = Whole(required=True)
    logger = Code(required=True)
    site = Code(required=True, allow_none=True)
    bin = Code(required=True, allow_none=True)
    shipment = Text(required=True, allow_none=True)
    kind = Word(ExcursionKind, required=True)
    limit = Number(required=True)
    extreme = Number(required=True)
    mkt = Number(required=True, allow_none=True)
    started_at = Instant(required=True)
    ended_at = Instant(required=True)
    readings = Whole(required=True)
    outcome = Word(ExcursionOutcome, required=True, allow_none=True)
    document = Text(required=True, allow_none=True)
    note = Text(required=True, allow_none=True)
    decided_by = Text(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)


class ExcursionsWanted(paging.Paged):
    """Which excursions: open and decided ones, unless asked."""

    site = Code(load_default=None)
    open = QueryFlag(load_default=None)


def _logger(row: LoggerRow) -> dict[str, Any]:
    logger, limits = row.logger, allowed(row.logger.temperature, row.logger.low, row.logger.high)
    until = logger.calibrated_until
    names = ("code", "name", "temperature", "holds_freeze_sensitive", "placed_at", "retired")
    return {name: getattr(logger, name) for name in names} | {
        "site": logger.site.code if logger.site is not None else None,
        "bin": logger.bin.code if logger.bin is not None else None,
        "shipment": logger.shipment.number if logger.shipment is not None else None,
        "low": limits.low,
        "high": limits.high,
        "calibrated_until": until.date() if until is not None else None,
        "last_at": row.last_at,
        "last_celsius": row.celsius,
        "open_excursions": row.waiting,
    }


def _excursion(each: Excursion) -> dict[str, Any]:
    names = (
        *("id", "kind", "limit", "extreme", "mkt", "started_at", "ended_at", "readings", "outcome"),
        *("document", "note", "decided_by", "decided_at"),
    )
    return {name: getattr(each, name) for name in names} | {
        "logger": each.logger.code,
        "site": each.site.code if each.site is not None else None,
        "bin": each.bin.code if each.bin is not None else None,
        "shipment": each.shipment.number if each.shipment is not None else None,
    }


@bp.route("/temperature-loggers", methods=["GET"], tags=TAG)
@requires("temperatures.see")
@bp.arguments(LoggersWanted, location="query")
@bp.response(200, paging.page_of(LoggerTold))
def list_temperature_loggers(wanted: dict[str, Any]) -> Response:
    """List temperature loggers, retired ones too, the oldest first."""
    after = paging.key_of(wanted["cursor"], [int])
    found = reading.loggers_slice(read(), me(), wanted["site"], after, wanted["limit"])
    return paging.page(LoggerTold, found, [_logger(each) for each in found.rows])


@bp.route("/temperature-loggers", methods=["POST"], tags=TAG)
@requires("temperatures.write")
@bp.arguments(NewLogger)
@bp.response(201, LoggerTold)
def add_temperature_logger(body: dict[str, Any]) -> Response:
    """Write down a temperature logger."""

    def work(current: Session) -> dict[str, Any]:
        return _logger(reading.logger_row(current, service.add_logger(current, me(), body)))

    return done(LoggerTold, work, 201)


@bp.route("/temperature-loggers/<code>/readings", methods=["POST"], tags=TAG)
@requires("temperatures.import")
@bp.arguments(ReadingsBody)
@bp.response(200, TakenTold)
def add_readings(body: dict[str, Any], code: str) -> Response:
    """Add readings of a logger. A reading that is there already is passed over, so they may be sent again."""

    def work(current: Session) -> dict[str, Any]:
        rows = [(each["at"], each["celsius"]) for each in body["readings"]]
        taken = temperatures.add_readings(current, me(), code, rows)
        names = ("new", "known", "differing", "opened")
        return {name: getattr(taken, name) for name in names} | {"before_placement": taken.elsewhere}

    return done(TakenTold, work)


@bp.route("/temperature-loggers/<code>/readings", methods=["GET"], tags=TAG)
@requires("temperatures.see")
@bp.arguments(ReadingsWanted, location="query")
@bp.response(200, paging.page_of(ReadingBody))
def list_readings(wanted: dict[str, Any], code: str) -> Response:
    """List what a logger read, the oldest first."""
    logger = service.get_logger(read(), me(), code, "temperatures.see")
    after = paging.key_of(wanted["cursor"], [datetime])
    found = reading.readings_slice(read(), logger.id, wanted["since"], after, wanted["limit"])
    rows = [{"at": each.at, "celsius": each.celsius} for each in found.rows]
    return paging.page(ReadingBody, Slice(rows, found.next))


@bp.route("/excursions", methods=["GET"], tags=TAG)
@requires("temperatures.see")
@bp.arguments(ExcursionsWanted, location="query")
@bp.response(200, paging.page_of(ExcursionTold))
def list_excursions(wanted: dict[str, Any]) -> Response:
    """List excursions, as they were found; those alone that wait for a decision with `open=true`."""
    after = paging.key_of(wanted["cursor"], [int])
    found = reading.excursions_slice(read(), me(), wanted["site"], wanted["open"], after, wanted["limit"])
    return paging.page(ExcursionTold, found, [_excursion(each) for each in found.rows])
