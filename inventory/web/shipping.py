"""A shipment on its way: it leaves, reaches milestones, is counted on arrival; what is missing is settled."""

from collections import defaultdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import FieldList, FormField, HiddenField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import requires
from inventory.db import session
from inventory.errors import Conflict, DomainError, Forbidden, Invalid, msg
from inventory.extensions import render
from inventory.models import Item, Lot, Shipment
from inventory.queries import shipments as reading
from inventory.rules.effects import LocationKind
from inventory.rules.transitions import check
from inventory.services import shipments, shipping
from inventory.services.shipping import Arrival, ArrivedLine, MissingLine
from inventory.web import labels
from inventory.web.forms import BaseForm, Choice, LineForm, SecondPerson, Whole, put_errors
from inventory.web.guard import me
from inventory.web.pages import Moment, Options, do_once, exact, item_name, valid_number
from inventory.web.shipment_page import EventForm, SendForm, SettleForm, detail, here_zone, read
from inventory.web.shipments import act

bp = Blueprint("shipping", __name__)


class ArrivedRow(LineForm):
    """What came of one lot number."""

    item = HiddenField()
    lot = HiddenField()
    received = Whole(_l("Received"))
    damaged = Whole(_l("Of it damaged"))
    zone = Choice(_l("Into"), choices=labels.choices(labels.ZONES), default="stock")


class ReceiveForm(BaseForm):
    """The checklist of what was sent, and whether that is all."""

    received_at = Moment(_l("When it was received"), [InputRequired(_l("Give the time."))])
    witness = SecondPerson()
    lines = FieldList(FormField(ArrivedRow), label=_l("Lots"))
    final = Options(
        _l("Is that all?"),
        choices=[
            ("yes", _l("Yes: what did not come is missing")),
            ("no", _l("No: more of it is to come")),
        ],
        default="yes",
        validators=[InputRequired(_l("Choose one."))],
    )


@bp.post("/shipments/<number>/dispatch")
@requires("shipments.write")
def dispatch(number: str) -> ResponseReturnValue:
    """Everything packed leaves."""
    form = SendForm(prefix="send-", formdata=None)
    form.dispatched_at.zone = here_zone(read(number))
    form.process(request.form)
    if not form.validate():
        return detail(number, 422, forms={"send": form})
    at, waybill = form.dispatched_at.data or clock.now(), form.waybill.data
    done = _("%(number)s has left. Its milestones can be recorded now.", number=number)
    return act(
        number,
        "dispatch",
        form.uuid,
        lambda s: shipping.dispatch(s, me(), number, at, waybill),
        done,
        {"send": form},
        lambda form, error: put_errors(form, error, {"lines": []}),
        second=form.witness,
    )


@bp.post("/shipments/<number>/events")
@requires("shipments.receive")
def record(number: str) -> ResponseReturnValue:
    """Append a milestone."""
    form = EventForm(prefix="event-", formdata=None)
    found = read(number)
    form.occurred_at.zone = here_zone(found)
    form.process(request.form)
    if not form.validate():
        return detail(number, 422, forms={"event": form})
    command = shipments.NewEvent(
        milestone=form.milestone.data or "",
        occurred_at=exact(form.occurred_at.data or clock.now(), found.dispatched_at),
        classifier=form.classifier.data or "actual",
        place=form.place.data,
        note=form.note.data,
    )
    done = _("Written into the timeline.")
    return act(
        number,
        "record",
        form.uuid,
        lambda s: shipments.record_event(s, me(), number, command),
        done,
        {"event": form},
    )


@bp.route("/shipments/<number>/receive", methods=["GET", "POST"])
@requires("shipments.receive")
def receive(number: str) -> ResponseReturnValue:
    """Count what arrived against what was sent."""
    found = read(number)
    if not me().sees_site(found.destination_id):
        raise Forbidden(msg("Only the team of %(site)s can do this.", site=found.destination.code))
    form = ReceiveForm(formdata=None)
    form.received_at.zone = here_zone(found)
    expected = _expected(found)
    if request.method == "GET":
        try:
            check("shipment", found.status, "receive")
        except Conflict as error:
            return detail(number, 409, render(error.message))
        form.received_at.data = clock.now()
        for (code, lot), (_item, _lot, quantity) in expected.items():
            form.lines.append_entry(
                {"item": code, "lot": lot, "received": quantity, "damaged": 0, "zone": "stock"}
            )
        return _receive_page(found, form, expected)
    form.process(request.form)
    if not form.validate():
        return _receive_page(found, form, expected), 422
    final = form.final.data != "no"
    entries = list(form.lines.entries)
    lines = [
        ArrivedLine(
            item=e.form.item.data or "",
            lot=e.form.lot.data or "",
            received=e.form.received.data or 0,
            damaged=e.form.damaged.data or 0,
            zone=e.form.zone.data or "stock",
        )
        for e in entries
    ]
    at = exact(form.received_at.data or clock.now(), found.dispatched_at)
    command = Arrival(at, lines, final, form.uuid)

    def work(s: Session) -> str:
        shipping.receive(s, me(), valid_number(number), command)
        return number

    try:
        do_once(f"receive {number}", form.uuid, work, second=form.witness)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put_errors(form, error, {"lines": entries})
        return _receive_page(read(number), form, expected), error.status
    flash(
        _("%(number)s is received.", number=number)
        if final
        else _("Counted. The shipment stays open for what is still to come."),
        "success",
    )
    return redirect(url_for("shipments.show", number=number), 303)


Expected = dict[tuple[str, str], tuple[Item, Lot, int]]
"""(item code, lot number) -> the item, one lot of that number, and the base units still in transit."""


def _expected(found: Shipment) -> Expected:
    moving = reading.balances_in(session(), found, LocationKind.IN_TRANSIT)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    facts: dict[tuple[str, str], tuple[Item, Lot]] = {}
    for lot_id, (item, lot, _sent) in reading.sent(found).items():
        if moving.get(lot_id):
            sums[(item.code, lot.number)] += moving[lot_id]
            facts.setdefault((item.code, lot.number), (item, lot))
    return {
        key: (*facts[key], sums[key]) for key in sorted(facts, key=lambda key: (facts[key][0].name, key[1]))
    }


def _receive_page(found: Shipment, form: ReceiveForm, expected: Expected) -> str:
    rows = [(e, expected.get((e.form.item.data or "", e.form.lot.data or ""))) for e in form.lines.entries]
    return render_template(
        "shipments/receive.html",
        shipment=found,
        form=form,
        rows=rows,
        today=clock.today(found.destination.timezone),
        item_name=item_name,
    )


@bp.post("/shipments/<number>/settle")
@requires("shipments.receive")
def settle(number: str) -> ResponseReturnValue:
    """What was missing was found, or is given up for a reason (button `write_off`)."""
    form = SettleForm(prefix="settle-")
    if not form.validate():
        return detail(number, 422, forms={"settle": form})
    found = read(number)
    missing = [each for each in reading.discrepancies(session(), found) if each.missing]
    entries: list[Any] = list(form.lines.entries)
    gives_up = "write_off" in request.form
    chosen = [(each, e) for each, e in zip(missing, entries, strict=False) if e.form.quantity.data]
    lines = [MissingLine(each.item.code, each.lot, e.form.quantity.data or 0) for each, e in chosen]

    def work(s: Session) -> object:
        if len(missing) != len(entries):
            raise Conflict(msg("What is missing has changed meanwhile. Look at it again."))
        if not lines:
            raise Invalid.at("/lines", msg("Give the quantity of at least one lot."))
        if gives_up:
            return shipping.write_off(s, me(), number, form.reason.data, lines)
        return shipping.found(s, me(), number, lines)

    done = _("Written off.") if gives_up else _("Found: it stands in stock now.")
    return act(
        number,
        "settle",
        form.uuid,
        work,
        done,
        {"settle": form},
        lambda form, error: put_errors(form, error, {"lines": [e for _each, e in chosen]}),
        second=form.witness,
    )
