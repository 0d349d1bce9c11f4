"""Receipts: what was unloaded at a site, and where each line went."""

from typing import Any

from flask import Response, current_app

from inventory.access import requires
from inventory.api.base import bp, done, me, read, told
from inventory.api.fields import (
    Code,
    Day,
    Finding,
    Flag,
    Many,
    Number,
    One,
    Schema,
    Text,
    Whole,
    Word,
    optional,
)
from inventory.exchange.bodies import ExceptionBody, ReceiptBody
from inventory.models import Receipt
from inventory.rules.arrival_checks import CONDITIONS
from inventory.rules.donation_facts import LABEL_PARTS
from inventory.rules.effects import ZONES
from inventory.rules.temperature import ALLOWED
from inventory.services import bodies, receipts
from inventory.services.receipts import Limits

TAG = ["Stock"]


class ReceiptLineTold(Schema):
    """One lot as it came, the zone that it went to, and what is to be said of it."""

    item = Code(required=True, attribute="item.code")
    lot = Text(required=True, attribute="lot.number")
    expires_on = optional(Day, attribute="lot.expires_on")
    expiry_precision = Word(("day", "month"), attribute="lot.expiry_precision")
    quantity = Whole(required=True)
    declared = optional(Whole)
    damaged = Whole(required=True)
    zone = Word(sorted(ZONES), required=True)
    warnings = Many(One(Finding), required=True)
    exceptions = Many(One(ExceptionBody))
    manufacturer = optional(Text)
    label_languages = optional(Many, Text())
    unit_value = optional(Number)
    currency = optional(Text)
    value_basis = optional(Text)
    carton = optional(Text)
    gross_weight_kg = optional(Number)
    serial = optional(Text, attribute="lot.serial")
    returned_or_sample = Flag()
    note = optional(Text)
    declared_weight_kg = optional(Number)
    brand = optional(Text)
    presentation = optional(Text)
    pack_quantity = optional(Whole)
    condition = optional(Word, ("good", *CONDITIONS))
    storage = optional(Word, ALLOWED)
    label_missing = optional(Many, Word(LABEL_PARTS))
    value_source = optional(Text)
    on_list = optional(Flag)
    registered = optional(Flag)
    quality_seen = optional(Flag)


class NotFoundTold(Schema):
    """What the packing list has and nobody found."""

    item = Code(required=True)
    lot = optional(Text)
    expires_on = optional(Text, metadata={"format": "date"})
    declared = Whole(required=True)
    carton = optional(Text)


class ReceiptTold(Schema):
    """A goods-received note."""

    number = Text(required=True)
    site = Code(required=True, attribute="site.code")
    donation = optional(Text, attribute="donation.number", dump_default=None)
    donor = optional(Code, attribute="donor.code", dump_default=None)
    received_on = Day(required=True)
    arrived_in_country_on = optional(Day)
    consent_reference = optional(Text)
    checked_by = optional(Text)
    reference = optional(Text)
    announced_on = optional(Day)
    vehicle = optional(Text)
    seal_declared = optional(Text)
    seal_found = optional(Text)
    seal_intact = optional(Flag)
    logger = optional(Text)
    logger_low = optional(Number)
    logger_high = optional(Number)
    logger_alarm = optional(Flag)
    costs_paid_by = optional(Text)
    not_found = optional(Many, One(NotFoundTold))
    reversed = Flag(required=True)
    lines = Many(One(ReceiptLineTold), required=True)


def as_told(receipt: Receipt) -> Receipt:
    """The receipt with `reversed` beside its columns."""
    receipt.reversed = receipt.reversed_by_id is not None  # type: ignore[attr-defined]
    return receipt


def limits() -> Limits:
    """The carton weights of the settings."""
    settings = current_app.config["RELAIS"]
    return Limits(settings.carton_warn_kg, settings.carton_fail_kg)


@bp.route("/receipts", methods=["POST"], tags=TAG)
@requires("receipts.write")
@bp.arguments(ReceiptBody)
@bp.response(201, ReceiptTold)
def add_receipt(body: dict[str, Any]) -> Response:
    """Record what came: each line goes to the zone that the checks give it."""
    command = bodies.receipt(body)
    return done(
        ReceiptTold,
        lambda s: as_told(receipts.receive(s, me(), command, limits())),
        201,
        witness=body.get("witness"),
    )


@bp.route("/receipts/<number>", methods=["GET"], tags=TAG)
@requires("receipts.see")
@bp.response(200, ReceiptTold)
def get_receipt(number: str) -> Response:
    """Tell a receipt."""
    return told(ReceiptTold, as_told(receipts.get_receipt(read(), me(), number)))
