"""Shipments as they are taken and told: to staff in full, to donors without what is not theirs to know."""

from typing import Any

from sqlalchemy.orm import Session

from inventory.access import Actor, Role
from inventory.api.fields import (
    Code,
    Day,
    Finding,
    Flag,
    Instant,
    Many,
    Number,
    One,
    Said,
    Schema,
    Text,
    Whole,
    Word,
    optional,
)
from inventory.api.shapes import LotQuantity
from inventory.exchange.bodies import MOST_LINES, Witnessed
from inventory.models import Package, Shipment, Site
from inventory.models.words import Classifier, Container, Milestone, Mode, PackageKind
from inventory.queries import shipments as reading
from inventory.queries.surplus import reason_of
from inventory.rules import finding as rules
from inventory.rules import packing
from inventory.rules.effects import ZONES

STATES = ("draft", "dispatched", "arrived", "received", "cancelled")


class ShipmentBody(Schema):
    """A journey from one site to another."""

    origin = Code(required=True)
    destination = Code(required=True)
    mode = Word(Mode, required=True)
    eta = optional(Day)
    requisition = optional(Text, most=24)
    container = optional(Word, Container)
    minimum_shelf_life_days = optional(Whole)
    reference = optional(Text)


class PackedLineBody(Schema):
    """So many base units of an item, of one lot if it is named."""

    item = Code(required=True)
    quantity = Whole(required=True)
    lot = optional(Text, most=80)


class PackageBody(Schema):
    """A package and what goes into it; `reason` says why a named lot jumps the queue."""

    kind = Word(PackageKind, required=True)
    parent = optional(Text, most=18)
    container_number = optional(Text, most=32)
    seal = optional(Text, most=32)
    gross_weight_kg = optional(Number)
    volume_m3 = optional(Number)
    reason = optional(Text, most=2000)
    lines = optional(Many, One(PackedLineBody), most=MOST_LINES)


class DispatchBody(Witnessed):
    """When it left, and the carrier's waybill."""

    dispatched_at = Instant(required=True)
    waybill = optional(Text)


class EventBody(Schema):
    """A milestone."""

    milestone = Word(Milestone, required=True)
    classifier = optional(Word, Classifier)
    occurred_at = Instant(required=True)
    place = optional(Text)
    note = optional(Text, most=2000)


class ArrivedLineBody(Schema):
    """What came of a lot: all of it, and how much of that is damaged."""

    item = Code(required=True)
    lot = Text(required=True, most=80)
    received = Whole(required=True)
    damaged = optional(Whole)
    zone = optional(Word, sorted(ZONES))


class ArrivalBody(Witnessed):
    """One sitting of unloading; unless `final` is false it closes the shipment."""

    received_at = Instant(required=True)
    final = optional(Flag)
    lines = Many(One(ArrivedLineBody), required=True, most=MOST_LINES)


class FoundBody(Witnessed):
    """What was missing and turned up."""

    lines = Many(One(LotQuantity), required=True, most=MOST_LINES)


class WriteOffBody(Witnessed):
    """What is given up of what is missing, and why; without lines, all of it."""

    reason = Text(required=True, most=2000)
    lines = optional(Many, One(LotQuantity), most=MOST_LINES)


class PackedLineTold(LotQuantity):
    """So many base units of a lot."""

    item = Code(required=True, attribute="item.code")
    lot = Text(required=True, attribute="lot.number")
    expires_on = optional(Day, attribute="lot.expires_on")


class PackageTold(Schema):
    """A package with its SSCC."""

    label = Text(required=True)
    kind = Word(PackageKind, required=True)
    parent = Text(required=True, allow_none=True)
    container_number = optional(Text)
    seal = optional(Text)
    gross_weight_kg = optional(Number)
    volume_m3 = optional(Number)
    lines = Many(One(PackedLineTold), required=True)


class NewPackageTold(PackageTold):
    """The package that was added, and what is to be said of it."""

    warnings = Many(One(Finding), required=True)


class TotalsTold(Schema):
    """Of the whole shipment, as decimal strings."""

    gross_weight_kg = Number(required=True)
    volume_m3 = Number(required=True)
    packages = Number(required=True)


class MilestoneTold(Schema):
    """A milestone; place and note are for staff."""

    milestone = Word(Milestone, required=True)
    classifier = Word(Classifier, required=True)
    occurred_at = Instant(required=True)
    place = optional(Text)
    note = optional(Text)
    recorded_at = Instant()


class DiscrepancyTold(Schema):
    """A lot that did not arrive whole and sound."""

    item = Code(required=True, attribute="item.code")
    lot = Text(required=True)
    sent = Whole(required=True)
    received = Whole(required=True)
    damaged = Whole(required=True)
    missing = Whole(required=True)


class GiftLineTold(Schema):
    """So many base units of an item that the donor who asks gave."""

    item = Code(required=True)
    name = Text(required=True)
    quantity = Whole(required=True)


class HeaderTold(Schema):
    """A shipment in lists. A donor is told of a sensitive site its country alone, and no waybill."""

    number = Text(required=True)
    origin = Text(required=True)
    destination = Text(required=True)
    mode = Word(Mode, required=True, allow_none=True)
    status = Word(STATES, required=True)
    eta = optional(Day)
    requisition = optional(Text)
    container = optional(Word, Container)
    minimum_shelf_life_days = Whole()
    waybill = optional(Text)
    reference = optional(Text)
    dispatched_at = optional(Instant)
    received_at = optional(Instant)
    totals = One(TotalsTold)


class ShipmentTold(HeaderTold):
    """A shipment. Donors get `lines` (their own goods) and milestones, not packages, discrepancies or warnings."""

    packages = Many(One(PackageTold))
    events = Many(One(MilestoneTold), required=True)
    discrepancies = Many(One(DiscrepancyTold))
    warnings = Many(One(Finding))
    lines = Many(One(GiftLineTold))
    reason = Said(allow_none=True)
    saves = optional(Whole)
    needs_approval = Flag()
    approved_at = optional(Instant)
    approved_by = optional(Text)


def header(found: Shipment, totals: packing.Totals) -> dict[str, Any]:
    """A shipment as lists tell it to staff."""
    return {
        "number": found.number,
        "origin": found.origin.code,
        "destination": found.destination.code,
        "mode": found.mode,
        "status": found.status,
        "eta": found.eta,
        "requisition": found.requisition.number if found.requisition is not None else None,
        "container": found.container,
        "minimum_shelf_life_days": found.minimum_shelf_life_days,
        "waybill": found.waybill,
        "reference": found.reference,
        "dispatched_at": found.dispatched_at,
        "received_at": found.received_at,
        "totals": {
            "gross_weight_kg": totals.gross_weight_kg,
            "volume_m3": totals.volume_m3,
            "packages": totals.packages,
        },
    }


def whole(current: Session, found: Shipment) -> dict[str, Any]:
    """A shipment as staff are told of it."""
    return header(found, reading.totals(found)) | {
        "packages": [package_told(package) for package in found.packages],
        "events": found.events,
        "discrepancies": reading.discrepancies(current, found),
        "warnings": findings(reading.warnings(current, found)),
        "reason": reason_of(found),
        **{name: getattr(found, name) for name in ("saves", "needs_approval", "approved_at", "approved_by")},
    }


def package_told(package: Package) -> dict[str, Any]:
    """A package, its lines and the label of what it lies in."""
    names = ("label", "kind", "container_number", "seal", "gross_weight_kg", "volume_m3", "lines")
    parent = package.parent.label if package.parent is not None else None
    return {name: getattr(package, name) for name in names} | {"parent": parent}


def findings(found: list[rules.Finding]) -> list[dict[str, Any]]:
    """Findings as they are told: one entry for each sentence."""
    return [{"rule": each.rule, "detail": text} for each in found for text in each.said()]


def for_donor(found: Shipment, donor_id: int | None) -> dict[str, Any]:
    """A shipment as the donor of some of it is told: no staff's words, no packing, nothing of anybody else."""
    public = reading.for_outsiders(found, donor_id)
    return {
        "number": public.number,
        "origin": place(found.origin),
        "destination": place(found.destination),
        "mode": public.mode,
        "status": public.status,
        "eta": public.eta,
        "dispatched_at": public.dispatched_at,
        "received_at": public.received_at,
        "events": [
            {"milestone": step.milestone, "classifier": step.classifier, "occurred_at": step.occurred_at}
            for step in public.steps
        ],
        "lines": [
            {"item": item.code, "name": item.name, "quantity": quantity} for item, quantity in public.lines
        ],
    }


def place(site: Site) -> str:
    """The country alone of a sensitive site; else its code."""
    return site.country if site.sensitive else site.code


def seen_by(actor: Actor, current: Session, found: Shipment) -> dict[str, Any]:
    """A shipment as this actor may know it."""
    return for_donor(found, actor.donor_id) if actor.role is Role.DONOR else whole(current, found)
