"""Donations: what was promised, and what became of it."""

from dataclasses import asdict
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from inventory.access import Role, requires
from inventory.api import paging, shipment_shapes
from inventory.api.base import bp, done, me, read, told
from inventory.api.fields import Code, Day, Many, Number, One, Schema, Text, Whole, Word, optional
from inventory.api.shapes import Asked
from inventory.exchange.bodies import MOST_LINES
from inventory.models import Donation
from inventory.models.words import DonationKind
from inventory.queries import trace
from inventory.services import donations
from inventory.services.bodies import given
from inventory.services.donations import NewDonation, PromisedLine

TAG = ["Donations"]


class DonationBody(Schema):
    """A promise of goods (`lines`), or of money (`amount` in `currency`, perhaps for a `shipment`)."""

    donor = Code(required=True)
    kind = Word(DonationKind, required=True)
    pledged_on = Day(required=True)
    reference = optional(Text)
    amount = optional(Number)
    currency = optional(Text, most=3)
    shipment = optional(Text, most=24)
    lines = optional(Many, One(Asked), most=MOST_LINES)


class DonationTold(Schema):
    """A donation."""

    number = Text(required=True)
    donor = Code(required=True)
    kind = Word(DonationKind, required=True)
    pledged_on = Day(required=True)
    reference = optional(Text)
    amount = optional(Number, keep_places=True)
    currency = optional(Text)
    shipment = optional(Text)
    lines = Many(One(Asked), required=True)


class FateTold(Schema):
    """Base units by what became of them: the parts add up to `donated`, what was received of it."""

    donated = Whole(required=True)
    in_stock = Whole(required=True)
    in_transit = Whole(required=True)
    dispensed = Whole(required=True)
    disposed = Whole(required=True)
    lost = Whole(required=True)
    missing = Whole(required=True)
    delivered_to_partner = Whole(required=True)


class FateLineTold(FateTold):
    """The same of one item."""

    item = Code(required=True)


class CarrierTold(Schema):
    """A shipment that carries some of it. A donor is told of a sensitive site its country alone."""

    number = Text(required=True)
    status = Word(shipment_shapes.STATES, required=True)
    origin = Text(required=True)
    destination = Text(required=True)
    eta = optional(Day)


class TraceTold(FateTold):
    """What became of a donation."""

    lines = Many(One(FateLineTold), required=True)
    shipments = Many(One(CarrierTold), required=True)


def donation_told(current: Session, donation: Donation) -> dict[str, Any]:
    """A donation read with its donor and lines."""
    return _told(donation, trace.shipment_numbers(current, [donation]))


def _told(donation: Donation, shipments: dict[int, str]) -> dict[str, Any]:
    return {
        "number": donation.number,
        "donor": donation.donor.code,
        "kind": donation.kind,
        "pledged_on": donation.pledged_on,
        "reference": donation.reference,
        "amount": donation.amount,
        "currency": donation.currency,
        "shipment": shipments.get(donation.shipment_id or 0),
        "lines": [{"item": line.item.code, "quantity": line.quantity} for line in donation.lines],
    }


@bp.route("/donations", methods=["POST"], tags=TAG)
@requires("donations.write")
@bp.arguments(DonationBody)
@bp.response(201, DonationTold)
def add_donation(body: dict[str, Any]) -> Response:
    """Record a donation."""
    lines = [PromisedLine(**line) for line in body.get("lines") or []]
    command = NewDonation(**given(body, "lines"), lines=lines)
    return done(DonationTold, lambda s: donation_told(s, donations.donate(s, me(), command)), 201)


@bp.route("/donations", methods=["GET"], tags=TAG)
@requires("donations.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(DonationTold))
def list_donations(wanted: dict[str, Any]) -> Response:
    """List donations; a donor's token lists that donor's own."""
    after = paging.key_of(wanted["cursor"], [int])
    found = trace.donations_slice(read(), me(), after, wanted["limit"])
    shipments = trace.shipment_numbers(read(), found.rows)
    return paging.page(DonationTold, found, [_told(each, shipments) for each in found.rows])


@bp.route("/donations/<number>", methods=["GET"], tags=TAG)
@requires("donations.see")
@bp.response(200, DonationTold)
def get_donation(number: str) -> Response:
    """Tell a donation."""
    return told(DonationTold, donation_told(read(), trace.visible_donation(read(), me(), number)))


@bp.route("/donations/<number>/trace", methods=["GET"], tags=TAG)
@requires("donations.see")
@bp.response(200, TraceTold)
def trace_donation(number: str) -> Response:
    """What became of every unit of a donation."""
    found = trace.trace(read(), trace.visible_donation(read(), me(), number))
    outsider = me().role is Role.DONOR
    return told(
        TraceTold,
        asdict(found.total)
        | {
            "lines": [{"item": item.code} | asdict(fate) for item, fate in found.lines],
            "shipments": [
                {
                    "number": each.number,
                    "status": each.status,
                    "origin": shipment_shapes.place(each.origin) if outsider else each.origin.code,
                    "destination": (
                        shipment_shapes.place(each.destination) if outsider else each.destination.code
                    ),
                    "eta": each.eta,
                }
                for each in found.shipments
            ],
        },
    )
