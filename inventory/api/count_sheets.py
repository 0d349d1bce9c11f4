"""Count sheets: opened, filled in by several, submitted, counted again where they differ, made final by another."""

from typing import Any

from flask import Response, current_app
from sqlalchemy.orm import Session

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read, told
from inventory.api.fields import (
    Code,
    Day,
    Flag,
    Instant,
    Many,
    One,
    Said,
    Schema,
    Text,
    Whole,
    Word,
    optional,
)
from inventory.exchange.bodies import MOST_LINES
from inventory.models import CountSheet
from inventory.models.words import CountReason, CountSheetStatus, Zone
from inventory.queries import count_sheets as reading
from inventory.rules.counting import Basis, Tolerance, hides_books
from inventory.services import count_entry, count_final
from inventory.services import count_sheets as service
from inventory.services.bodies import given
from inventory.services.count_entry import Figure
from inventory.services.count_final import Final
from inventory.services.count_sheets import NewSheet

TAG = ["Count sheets"]


class SheetBody(Schema):
    """What to count: a whole zone, or of it some bins (`-`: what lies in none), items or categories."""

    site = Code(required=True)
    zone = Word(Zone, load_default="stock")
    blind = Flag(load_default=True)
    reason = Word(CountReason, load_default="by_hand")
    title = optional(Text, most=100)
    due_on = optional(Day)
    note = optional(Text, most=2000)
    bins = optional(Many, Text(most=32), most=500)
    items = optional(Many, Code(), most=MOST_LINES)
    categories = optional(Many, Text(most=32), most=500)


class FigureBody(Schema):
    """A figure of a line of the sheet (`line`), or of what nobody expected (`item`, `lot`, `expires_on`, `bin`).

    `counted` null takes a figure back; `skipped` says that nobody counts the line.
    """

    line = optional(Whole)
    item = optional(Code)
    lot = optional(Text, most=80)
    expires_on = optional(Day)
    bin = optional(Text, most=32)
    counted = optional(Whole)
    skipped = optional(Flag)
    counted_at = optional(Instant)
    note = optional(Text, most=500)


class FiguresBody(Schema):
    """Figures, written down all or none."""

    lines = Many(One(FigureBody), required=True, most=MOST_LINES)


class SubmitBody(Schema):
    """`leave`: what is not counted is left as it is."""

    leave = Flag(load_default=False)


class AgainBody(Schema):
    """The lines to be counted once more."""

    lines = Many(Whole(), required=True, most=MOST_LINES)


class ReasonBody(Schema):
    """Why a figure stands."""

    line = Whole(required=True)
    reason = Text(required=True, most=500)


class FinalBody(Schema):
    """The reasons of lines; `alone`: why who counted makes it final (administrators only)."""

    reasons = optional(Many, One(ReasonBody), most=MOST_LINES)
    alone = optional(Text, most=2000)


class CancelBody(Schema):
    """Why the count is called off."""

    reason = optional(Text, most=2000)


class LineTold(Schema):
    """A line. What the books say, and in a recount the first figure, are null while whoever counts may not know."""

    line = Whole(required=True)
    bin = optional(Text)
    item = Code(required=True)
    lot = Text(required=True)
    expires_on = optional(Day)
    skipped = Flag(required=True)
    recount = Flag(required=True)
    counted = optional(Whole)
    counted_at = optional(Instant)
    counted_by = optional(Text)
    recounted = optional(Whole)
    recounted_at = optional(Instant)
    recounted_by = optional(Text)
    expected = optional(Whole)
    difference = optional(Whole)
    basis = optional(Word, Basis)
    note = optional(Text)


class SheetHead(Schema):
    """A count sheet."""

    number = Text(required=True)
    site = Code(required=True, attribute="site.code")
    zone = Word(Zone, required=True)
    status = Word(CountSheetStatus, required=True)
    reason = Word(CountReason, required=True)
    blind = Flag(required=True)
    title = optional(Text)
    due_on = optional(Day)
    note = optional(Text)
    opened_by = Text(required=True)
    opened_at = Instant(required=True)
    submitted_at = optional(Instant)
    closed_by = optional(Text)
    closed_at = optional(Instant)
    alone_reason = optional(Text)


class SheetTold(SheetHead):
    """A count sheet, its lines, and the counts it ended in."""

    lines = Many(One(LineTold), required=True)
    counts = Many(Text(), required=True)


class EnteredTold(Schema):
    """A line after a figure came; `kept`: a later figure of somebody else stands instead."""

    line = Whole(required=True)
    item = Code(required=True)
    lot = Text(required=True)
    kept = Flag(required=True)
    said = Said(allow_none=True)


class EnteredAll(Schema):
    """What became of the figures, in their order."""

    lines = Many(One(EnteredTold), required=True)


class Sheets(paging.Paged):
    """Which sheets."""

    site = Text(most=32, load_default=None)
    status = Word(CountSheetStatus, load_default=None)


def _tolerance() -> Tolerance:
    settings = current_app.config["RELAIS"]
    return Tolerance(
        settings.count_tolerance_units, settings.count_tolerance_percent, settings.count_tolerance_value
    )


def _told(current: Session, sheet: CountSheet) -> dict[str, Any]:
    hidden = hides_books(sheet.status, sheet.blind)
    again = sheet.status == CountSheetStatus.RECOUNT
    lines = []
    for each in reading.review(current, sheet).judged:
        line = each.line
        row: dict[str, Any] = dict.fromkeys(LineTold().fields) | {
            "line": line.id,
            "bin": line.bin.code if line.bin else None,
            "item": line.item.code,
            "lot": line.lot_number,
            "note": line.note,
        }
        names = ["expires_on", "skipped", "recount", "recounted", "recounted_at", "recounted_by"]
        if not again:
            names += ["counted", "counted_at", "counted_by"]
        row |= {name: getattr(line, name) for name in names}
        if not hidden and each.stands is not None:
            row["expected"], row["difference"] = each.stands.expected, each.verdict.difference
        if not hidden:
            row["basis"] = str(each.verdict.basis)
        lines.append(row)
    names = list(SheetHead().fields)
    head = {name: getattr(sheet, name) for name in names if name != "site"}
    documents = [event.number for event in reading.documents_of(current, sheet)]
    return head | {"site": {"code": sheet.site.code}, "lines": lines, "counts": documents}


def _again(current: Session, number: str) -> dict[str, Any]:
    return _told(current, service.get_sheet(current, me(), number, "stock.see"))


@bp.route("/count-sheets", methods=["POST"], tags=TAG)
@requires("counts.write")
@bp.arguments(SheetBody)
@bp.response(201, SheetTold)
def add_count_sheet(body: dict[str, Any]) -> Response:
    """Open a sheet with a line for each lot number in each place of what is chosen."""
    command = NewSheet(
        **given(body, "bins", "items", "categories"),
        bins=body.get("bins") or (),
        items=body.get("items") or (),
        categories=body.get("categories") or (),
    )
    return done(SheetTold, lambda s: _again(s, service.open_sheet(s, me(), command).number), 201)


@bp.route("/count-sheets", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.arguments(Sheets, location="query")
@bp.response(200, paging.page_of(SheetHead))
def list_count_sheets(wanted: dict[str, Any]) -> Response:
    """List count sheets."""
    after = paging.key_of(wanted["cursor"], [int])
    asked = reading.SheetFilter(wanted["site"], wanted["status"])
    return paging.page(SheetHead, reading.sheets_slice(read(), me(), asked, after, wanted["limit"]))


@bp.route("/count-sheets/<number>", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.response(200, SheetTold)
def get_count_sheet(number: str) -> Response:
    """Tell a count sheet. Of a blind one, and in a recount, the books are not told while it is counted."""
    return told(SheetTold, _again(read(), number))


@bp.route("/count-sheets/<number>/lines", methods=["PUT"], tags=TAG)
@requires("counts.write")
@bp.arguments(FiguresBody)
@bp.response(200, EnteredAll)
def put_count_lines(body: dict[str, Any], number: str) -> Response:
    """Write figures down; in a recount they are second figures."""
    figures = [Figure(**line) for line in body["lines"]]

    def work(current: Session) -> dict[str, Any]:
        entered = count_entry.enter(current, me(), number, figures)
        return {
            "lines": [
                {
                    "line": each.line.id,
                    "item": each.line.item.code,
                    "lot": each.line.lot_number,
                    "kept": each.kept,
                    "said": each.said,
                }
                for each in entered
            ]
        }

    return done(EnteredAll, work)


@bp.route("/count-sheets/<number>/submit", methods=["POST"], tags=TAG)
@requires("counts.write")
@bp.arguments(SubmitBody, required=False)
@bp.response(200, SheetTold)
def submit_count_sheet(body: dict[str, Any], number: str) -> Response:
    """Say that all is counted: what differs is to be counted again, else the sheet is to be made final."""
    leave, limits = body.get("leave", False), _tolerance()
    return done(SheetTold, lambda s: _again(s, service.submit(s, me(), number, limits, leave=leave).number))


@bp.route("/count-sheets/<number>/recount", methods=["POST"], tags=TAG)
@requires("counts.finalise")
@bp.arguments(AgainBody)
@bp.response(200, SheetTold)
def recount_count_sheet(body: dict[str, Any], number: str) -> Response:
    """Have lines of a submitted sheet counted once more."""
    return done(SheetTold, lambda s: _again(s, service.send_back(s, me(), number, body["lines"]).number))


@bp.route("/count-sheets/<number>/finalise", methods=["POST"], tags=TAG)
@requires("counts.finalise")
@bp.arguments(FinalBody, required=False)
@bp.response(200, SheetTold)
def finalise_count_sheet(body: dict[str, Any], number: str) -> Response:
    """Post the differences; only for who counted nothing on the sheet."""
    reasons = {each["line"]: each["reason"] for each in body.get("reasons") or []}
    command = Final(number, reasons, body.get("alone"))
    return done(SheetTold, lambda s: _again(s, count_final.finalise(s, me(), command).number))


@bp.route("/count-sheets/<number>/cancel", methods=["POST"], tags=TAG)
@requires("counts.write")
@bp.arguments(CancelBody, required=False)
@bp.response(200, SheetTold)
def cancel_count_sheet(body: dict[str, Any], number: str) -> Response:
    """Call a count off: nothing is posted."""
    return done(SheetTold, lambda s: _again(s, service.cancel(s, me(), number, body.get("reason")).number))
