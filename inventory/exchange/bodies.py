"""The bodies of the POSTs that devices may also record offline: what each must and may hold."""

from inventory.exchange.json_fields import (
    Code,
    Day,
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
from inventory.rules.arrival_checks import CONDITIONS
from inventory.rules.donation_facts import LABEL_PARTS
from inventory.rules.effects import AdjustmentReason
from inventory.rules.temperature import ALLOWED

MOST_LINES = 2000


class Witnessed(Schema):
    """What moves stock: the name of a second person, who was there when controlled medicines moved."""

    witness = optional(Text)


class ConsumptionLineBody(Schema):
    """So many base units of an item, of one lot if it is named."""

    item = Code(required=True)
    quantity = Whole(required=True)
    lot = optional(Text, most=80)


class ConsumptionBody(Witnessed):
    """What a site dispensed to patients on a day."""

    site = Code(required=True)
    occurred_on = Day(required=True)
    consultations = optional(Whole)
    lines = Many(One(ConsumptionLineBody), required=True, most=MOST_LINES)


class CountLineBody(Schema):
    """What was counted of a lot."""

    item = Code(required=True)
    lot = Text(required=True, most=80)
    counted = Whole(required=True)


class CountBody(Witnessed):
    """A physical count of a site."""

    site = Code(required=True)
    counted_on = Day(required=True)
    note = optional(Text, most=2000)
    lines = Many(One(CountLineBody), required=True, most=MOST_LINES)


class AdjustmentLineBody(Schema):
    """A signed correction of a lot's quantity, and why."""

    item = Code(required=True)
    lot = Text(required=True, most=80)
    quantity = Whole(required=True)
    reason = Word(AdjustmentReason, required=True)


class AdjustmentBody(Witnessed):
    """What was found, lost, damaged, stolen or put right."""

    site = Code(required=True)
    occurred_on = Day(required=True)
    lines = Many(One(AdjustmentLineBody), required=True, most=MOST_LINES)


class ExceptionBody(Schema):
    """Who took a line that a rule would set aside, and why."""

    rule = Text(required=True, most=40)
    accepted_by = Text(required=True)
    reason = Text(required=True, most=2000)


class ReceiptLineBody(Schema):
    """One lot as it came."""

    item = Code(required=True)
    lot = optional(Text, most=80)
    expires_on = optional(Day)
    expiry_precision = optional(Word, ("day", "month"))
    quantity = Whole(required=True)
    declared = optional(Whole)
    damaged = optional(Whole)
    manufacturer = optional(Text)
    label_languages = optional(Many, Text(most=35), most=50)
    unit_value = optional(Number)
    currency = optional(Text, most=3)
    value_basis = optional(Text)
    carton = optional(Text)
    gross_weight_kg = optional(Number)
    serial = optional(Text, most=80)
    zone = optional(Word, ("stock", "quarantine"))
    returned_or_sample = optional(Flag)
    exceptions = optional(Many, One(ExceptionBody), most=20)
    note = optional(Text, most=2000)
    declared_weight_kg = optional(Number)
    brand = optional(Text)
    presentation = optional(Text)
    pack_quantity = optional(Whole)
    condition = optional(Word, ("good", *CONDITIONS))
    storage = optional(Word, ALLOWED)
    label_missing = optional(Many, Word(LABEL_PARTS), most=20)
    value_source = optional(Text)
    on_list = optional(Flag)
    registered = optional(Flag)
    quality_seen = optional(Flag)


class NotFoundBody(Schema):
    """What the packing list has and nobody found."""

    item = Code(required=True)
    lot = optional(Text, most=80)
    expires_on = optional(Day)
    declared = Whole(required=True)
    carton = optional(Text)


class ReceiptBody(Witnessed):
    """What came to a site on a day."""

    site = Code(required=True)
    donation = optional(Text, most=24)
    donor = optional(Code)
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
    not_found = optional(Many, One(NotFoundBody), most=MOST_LINES)
    lines = Many(One(ReceiptLineBody), required=True, most=MOST_LINES)


class RequisitionLineBody(Schema):
    """So many base units of an item."""

    item = Code(required=True)
    quantity = Whole(required=True)


class RequisitionBody(Schema):
    """What a site asks for."""

    site = Code(required=True)
    kind = Word(("regular", "emergency"), required=True)
    note = optional(Text, most=2000)
    lines = Many(One(RequisitionLineBody), required=True, most=MOST_LINES)
