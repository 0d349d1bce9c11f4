"""One shipment as a page: its timeline, its tree of packages, and the forms of what can be done with it now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any
from uuid import uuid4

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, TextAreaField
from wtforms.validators import InputRequired

from inventory import clock
from inventory.access import Actor
from inventory.db import session
from inventory.extensions import render
from inventory.models import Package, Shipment
from inventory.queries import bins
from inventory.queries import shipments as reading
from inventory.queries.surplus import reason_of
from inventory.rules import packing as rules
from inventory.rules.transitions import allowed_actions
from inventory.services import packing
from inventory.web import labels
from inventory.web.forms import Amount, BaseForm, Choice, Day, ItemSearch, LineForm, SecondPerson, Text, Whole
from inventory.web.guard import me
from inventory.web.pages import Moment, item_name, stand_at, valid_number


class PackRow(LineForm):
    """An item and how much of it goes in, of one lot where that is chosen by hand."""

    item = ItemSearch(_l("Item"))
    quantity = Whole(_l("Quantity"))
    lot = Text(_l("Lot"))


class PackForm(BaseForm):
    """A package and what goes into it."""

    kind = Choice(
        _l("Kind"),
        [InputRequired(_l("Choose one."))],
        choices=labels.choices(labels.PACKAGES),
        default="carton",
    )
    parent = Choice(_l("It lies in"), choices=[])
    gross_weight_kg = Amount(_l("Gross weight"))
    volume_m3 = Amount(_l("Volume"))
    container_number = Text(_l("Container number"))
    seal = Text(_l("Seal"))
    lines = FieldList(FormField(PackRow), label=_l("What goes in"), min_entries=1)
    reason = Text(
        _l("Why these lots"), description=_l("Only where a lot is chosen although another expires first.")
    )


class SendForm(BaseForm):
    """When it left, and under which waybill."""

    dispatched_at = Moment(_l("When it left"), [InputRequired(_l("Give the time."))])
    waybill = Text(_l("Waybill"))
    witness = SecondPerson()


class EtaForm(BaseForm):
    """When it is expected."""

    eta = Day(_l("Expected on"))


class EventForm(BaseForm):
    """A milestone that was reached, or is expected."""

    milestone = Choice(
        _l("What happened"),
        [InputRequired(_l("Say what happened."))],
        choices=labels.choices(labels.MILESTONES, _l("Choose")),
    )
    classifier = Choice(
        _l("How sure"),
        [InputRequired(_l("Choose one."))],
        choices=labels.choices(labels.CLASSIFIERS),
        default="actual",
    )
    occurred_at = Moment(_l("When"), [InputRequired(_l("Give the time."))])
    place = Text(_l("Place"))
    note = TextAreaField(_l("Note"), description=_l("Staff read it; donors do not."))


class SettleRow(LineForm):
    """How much of a missing lot."""

    quantity = Whole(_l("Quantity"))


class SettleForm(BaseForm):
    """What of the missing goods was found, or is given up and why."""

    lines = FieldList(FormField(SettleRow), label=_l("Missing lots"))
    reason = TextAreaField(_l("Why it is given up"), description=_l("Needed to write it off."))
    witness = SecondPerson()


@dataclass(slots=True)
class Node:
    """A package in the tree, with what it holds and what is to be said of it."""

    package: Package
    totals: rules.Totals
    warnings: list[str]
    inner: list["Node"] = field(default_factory=list)


Forms = dict[str, Any]
"""The forms of the page that were posted and are shown again, by name: pack, send, eta, event, settle."""


def read(number: str) -> Shipment:
    """The shipment, if who asks may know of it; times are shown as they are where it is now."""
    found = reading.shipment(session(), me(), valid_number(number))
    stand_at(found.origin if found.status == "draft" else found.destination)
    return found


def here_zone(found: Shipment) -> str | None:
    """The time zone in which times of a shipment are told and typed."""
    return (found.origin if found.status == "draft" else found.destination).timezone


def detail(
    number: str, status: int = 200, error: str | None = None, forms: Forms | None = None
) -> ResponseReturnValue:
    """The page of a shipment for staff; `error` says why something was not done."""
    actor, found, given = me(), read(number), forms or {}
    may = _may(actor, found)
    error = error or _unseen(given, may)
    left = packing.remaining(session(), found) if may["pack"] else {}
    differing = reading.discrepancies(session(), found)
    missing = [each for each in differing if each.missing]
    by_label = reading.warnings_by_label(session(), found)
    journey = steps(found)
    reason = reason_of(found)
    html = render_template(
        "shipments/show.html",
        shipment=found,
        reason=render(reason) if reason is not None else None,
        totals=reading.totals(found),
        tree=_tree(
            found.packages, {label: [render(f.detail) for f in said] for label, said in by_label.items()}
        ),
        warnings=[render(each.detail) for each in by_label.get(None, [])],
        steps=journey,
        latest=latest(journey),
        late=late_by(found),
        capacity=rules.CONTAINER_TYPES.get(found.container or ""),
        may=may,
        left=left,
        pack_form=given.get("pack") or _pack_form(found),
        send_form=given.get("send") or _send_form(found),
        eta_form=given.get("eta") or _eta_form(found),
        event_form=given.get("event") or _event_form(found),
        settle_form=given.get("settle") or _settle_form(missing),
        discrepancies=differing,
        missing=missing,
        contents=_contents(found),
        picked=bins.pick_list(session(), found),
        words=labels,
        item_name=item_name,
        error=error,
        opened=set(given),
        token=uuid4(),
    )
    return html, status


def _unseen(given: Forms, may: dict[str, bool]) -> str | None:
    """What posted forms say that cannot be shown any more, for the state has changed under them."""
    shown = {
        "pack": may["pack"],
        "send": may["dispatch"],
        "eta": may["eta"],
        "event": may["record"],
        "settle": may["find"] or may["write_off"],
    }
    texts = [text for name, form in given.items() if not shown[name] for text in form.form_errors]
    return " ".join(texts) or None


def _may(actor: Actor, found: Shipment) -> dict[str, bool]:
    """What who asks can do with the shipment in its present state."""
    actions = set(allowed_actions("shipment", found.status))
    at_origin = actor.sees_site(found.origin_id)
    at_end = actor.sees_site(found.destination_id)
    writes, receives = actor.can("shipments.write"), actor.can("shipments.receive")
    waits = found.status == "draft" and found.needs_approval and found.approved_at is None
    return {
        "pack": "pack" in actions and writes and at_origin,
        "dispatch": "dispatch" in actions
        and writes
        and at_origin
        and not waits
        and any(p.lines for p in found.packages),
        "approve": waits and actor.can("surplus.write"),
        "cancel": "cancel" in actions and writes and at_origin,
        "eta": found.status in ("draft", "dispatched") and writes,
        "record": "record" in actions and receives,
        "receive": "receive" in actions and receives and at_end,
        "find": "find" in actions and receives and at_end,
        "write_off": "write_off" in actions and writes,
    }


def _pack_form(found: Shipment) -> PackForm:
    form = PackForm(formdata=None, prefix="pack-")
    form.parent.choices = parents(found)
    return form


def parents(found: Shipment) -> list[tuple[str, Any]]:
    """Packages that can hold others, as choices."""
    holding = [p for p in found.packages if p.kind in ("container", "pallet", "vehicle")]
    return [
        ("", _("Nothing: it stands alone")),
        *((p.label, f"{labels.PACKAGES[p.kind]} {p.label}") for p in holding),
    ]


def _send_form(found: Shipment) -> SendForm:
    form = SendForm(formdata=None, prefix="send-")
    form.dispatched_at.zone = here_zone(found)
    form.dispatched_at.data, form.waybill.data = clock.now(), found.waybill
    return form


def _eta_form(found: Shipment) -> EtaForm:
    form = EtaForm(formdata=None, prefix="eta-")
    form.eta.data = found.eta
    return form


def _event_form(found: Shipment) -> EventForm:
    form = EventForm(formdata=None, prefix="event-")
    form.occurred_at.zone = here_zone(found)
    form.occurred_at.data = clock.now()
    return form


def _settle_form(missing: Sequence[reading.Discrepancy]) -> SettleForm:
    form = SettleForm(formdata=None, prefix="settle-")
    for each in missing:
        form.lines.append_entry({"quantity": each.missing})
    return form


def _tree(packages: Sequence[Package], said: dict[str | None, list[str]]) -> list[Node]:
    held: dict[int | None, list[Package]] = defaultdict(list)
    for package in packages:
        held[package.parent_id].append(package)

    def below(package: Package) -> list[rules.Package]:
        return [package.as_rule(), *(each for inner in held[package.id] for each in below(inner))]

    def node(package: Package) -> Node:
        whole = below(package)
        whole[0] = replace(whole[0], parent=None)
        inner = [node(each) for each in held[package.id]]
        return Node(package, rules.totals(whole), said.get(package.label, []), inner)

    return [node(package) for package in held[None]]


def _contents(found: Shipment) -> list[dict[str, Any]]:
    """What travels, by item: the sum of its lots and the earliest expiry of them."""
    rows: dict[int, dict[str, Any]] = {}
    for item, lot, quantity in reading.sent(found).values():
        row = rows.setdefault(item.id, {"item": item, "quantity": 0, "lots": 0, "expires_on": None})
        row["quantity"] += quantity
        row["lots"] += 1
        if lot.expires_on is not None:
            row["expires_on"] = min(row["expires_on"] or lot.expires_on, lot.expires_on)
    return sorted(rows.values(), key=lambda row: row["item"].name)


# ---- the timeline -----------------------------------------------------------------------------------------------


def steps(found: Any) -> list[dict[str, Any]]:
    """What happened and what is expected, by date, in plain words: of a shipment read whole or as outsiders see it."""
    events = found.steps if hasattr(found, "steps") else found.events
    reached = {event.milestone for event in events if event.classifier == "actual"}
    told: list[tuple[datetime, int, dict[str, Any]]] = []
    for event in events:
        actual = event.classifier == "actual"
        over = not actual and (event.milestone in reached or found.status in ("received", "cancelled"))
        title = labels.MILESTONES[event.milestone]
        if event.classifier == "estimated":
            title = _("%(what)s (estimated)", what=title)
        elif event.classifier == "planned":
            title = _("%(what)s (planned)", what=title)
        step = {
            "title": title,
            "instant": event.occurred_at,
            "place": getattr(event, "place", None),
            "note": getattr(event, "note", None),
            "state": "done" if actual or over else "next",
            "glyph": None if actual else "clock",
        }
        told.append((event.occurred_at, 0 if event.milestone in ("packed", "collected") else 2, step))
    for at, rank, title, glyph in (
        (_begun(found), 0, _("Begun"), "pencil"),
        (found.dispatched_at, 1, _("Left the sender"), "truck-delivery"),
        (found.received_at, 3, _("Received and counted"), "circle-check"),
    ):
        if at is not None:
            told.append((at, rank, {"title": title, "instant": at, "state": "done", "glyph": glyph}))
    if found.eta is not None and found.status in ("draft", "dispatched"):
        at = datetime.combine(found.eta, time(23, 59), clock.zone(None))
        expected = {
            "title": _("Should have arrived") if _overdue(found) else _("Expected to arrive"),
            "day": found.eta,
            "state": "next",
            "glyph": "calendar-event",
        }
        told.append((at, 4, expected))
    if found.status == "cancelled":
        never = datetime.max.replace(tzinfo=clock.zone(None))
        told.append((never, 5, {"title": _("Cancelled"), "state": "now", "glyph": "ban"}))
    # To the minute, as people write times: what was done within one minute stands in the order of a journey.
    told.sort(
        key=lambda each: (each[2]["state"] == "next", each[0].replace(second=0, microsecond=0), each[1])
    )
    listed = [step for _at, _rank, step in told]
    done = [step for step in listed if step["state"] == "done" and step["glyph"] != "clock"]
    if done and found.status in ("draft", "dispatched", "arrived"):
        done[-1]["state"] = "now"
    return listed


def _overdue(found: Any) -> bool:
    return found.status == "dispatched" and found.eta is not None and found.eta < clock.today()


def latest(listed: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The step that tells where a shipment is now: the last that was reached."""
    return next(
        (step for step in reversed(listed) if step["state"] != "next" and step["glyph"] != "clock"), None
    )


def _begun(found: Any) -> datetime | None:
    """When it was begun; None where it was written down only after it had left, and for outsiders."""
    at: datetime | None = getattr(found, "created_at", None)
    left = found.dispatched_at
    return None if at is None or (left is not None and left.replace(second=59) < at) else at


def late_by(found: Shipment) -> int:
    """Days that a shipment on its way is late, 0 if it is not."""
    if found.status != "dispatched" or found.eta is None:
        return 0
    return max(0, (clock.today(found.destination.timezone) - found.eta).days)
