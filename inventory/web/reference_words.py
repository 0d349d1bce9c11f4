"""Words for reference data, receiving checks and the ledger, as pages say them."""

from collections.abc import Mapping

from inventory.documents.words import RULES
from inventory.errors import Message, msg
from inventory.extensions import render

ZONES = {"stock": msg("In stock"), "quarantine": msg("Quarantine"), "refused": msg("Refused")}

CHECKS = {**RULES, "vin": msg("Vehicle number"), "expiry_mismatch": msg("Known expiry")}
"""What a receiving check is called."""

ACCEPTABLE = (
    "short_dated",
    "expired",
    "label",
    "carton_weight",
    "mixed_carton",
    "consent",
    "value_basis",
    "unannounced",
    "not_on_list",
    "source_quality",
    "seal",
    "logger",
    "storage",
)
"""Checks whose finding somebody may take the responsibility for."""

VALUE_BASES = {
    "wholesale": msg("Wholesale price in the country of origin"),
    "generic": msg("Price of the generic product"),
    "market": msg("Market price where it is used"),
    "invoice": msg("Invoice"),
    "donor": msg("As declared by the donor"),
    "estimate": msg("Estimate"),
}
"""What a declared value may rest on; another text may stand in imported receipts."""

CONDITIONS = {
    "good": msg("Good"),
    "packaging_damaged": msg("Outer packaging damaged"),
    "crushed": msg("Crushed"),
    "wet": msg("Wet"),
    "opened": msg("Opened"),
    "leaking": msg("Leaking"),
    "dirty": msg("Dirty"),
}
"""How goods came."""

LABEL_PARTS = {
    "inn": msg("International name (INN)"),
    "batch": msg("Batch number"),
    "dosage_form": msg("Dosage form"),
    "strength": msg("Strength"),
    "manufacturer": msg("Manufacturer"),
    "quantity": msg("Quantity in the container"),
    "storage": msg("Storage conditions"),
    "expiry": msg("Expiry date"),
    "route": msg("Route (injections)"),
}
"""What a label must say."""

REMEDIES = {
    "expired": msg("Return it to the donor, or plan its disposal."),
    "short_dated": msg("Somebody may take it who names a facility that will use all of it in time."),
    "consent": msg("Ask who agreed to take this, and give the reference."),
    "label": msg("Have it translated or labelled anew, or let somebody take it who says how it is told."),
    "carton_weight": msg("Lift it with two people, or divide it."),
    "mixed_carton": msg("Unpack medicines and other goods into cartons of their own."),
    "value_basis": msg("Ask the donor for the price and what it is based on."),
    "unannounced": msg("Send the donor the list, and ask for a pre-alert next time."),
    "returned_or_sample": msg("It cannot be used: return it, or plan its disposal."),
    "not_on_list": msg("Ask the authority whether it may be used here."),
    "unusual_form": msg("Tell those who give it out how it differs."),
    "source_quality": msg("Ask the donor for the certificate, and release it when it was seen."),
    "pack_size": msg("Tell the sites how many units a pack holds."),
    "packing_list": msg("Count again, then tell the donor the difference."),
    "costs": msg("Ask the donor who pays, and write it down."),
    "seal": msg("Compare everything with the packing list, and note who was there."),
    "logger": msg("Let a pharmacist judge the readings before it is used."),
    "storage": msg("Store it as the label says, and ask a pharmacist."),
    "condition": msg("Open it, take out what is damaged, and release the rest."),
    "vin": msg("Compare the number with the papers of the vehicle."),
    "expiry_mismatch": msg("Look at the pack again: two batches may have one number."),
}
"""What can be done about what a receiving check found."""

SITE_KINDS = {
    "warehouse": msg("Warehouse"),
    "dispensary": msg("Dispensary"),
    "mobile_clinic": msg("Mobile clinic"),
    "hospital": msg("Hospital"),
    "partner": msg("Partner"),
}
SITE_STATUSES = {"planned": msg("Planned"), "open": msg("Open"), "closed": msg("Closed")}

TEMPERATURES = {
    "ambient": msg("Room temperature"),
    "cool": msg("Cool, 8 to 15 °C"),
    "cold_chain": msg("Cold chain, 2 to 8 °C"),
    "frozen": msg("Frozen"),
}
VEN = {"V": msg("Vital"), "E": msg("Essential"), "N": msg("Non-essential")}

CATEGORIES = {
    "medicine": msg("Medicines"),
    "consumable": msg("Consumables"),
    "dressing": msg("Dressings"),
    "laboratory": msg("Laboratory"),
    "gynaecology": msg("Gynaecology"),
    "acupuncture": msg("Acupuncture"),
    "art_therapy": msg("Art therapy"),
    "equipment": msg("Equipment"),
    "hygiene": msg("Hygiene"),
    "nutrition": msg("Nutrition"),
    "psychosocial": msg("Psychosocial care"),
    "vehicle": msg("Vehicles"),
    "other": msg("Other"),
}
"""Categories with words of their own; any other text is a category too."""

STOCK_STATUSES = {
    "usable": msg("Usable"),
    "quarantine": msg("Quarantine"),
    "expired": msg("Expired"),
    "recalled": msg("Recalled"),
}
POLICY_METHODS = {
    "fixed": msg("Fixed levels"),
    "months": msg("Months of stock"),
    "service": msg("Service level"),
}

ROLES = {
    "admin": msg("Administrator"),
    "coordinator": msg("Coordinator"),
    "warehouse": msg("Warehouse"),
    "clinic": msg("Clinic"),
    "donor": msg("Donor"),
    "viewer": msg("Reader"),
}

POSTINGS = {
    "receipt": msg("Received"),
    "consumption": msg("Dispensed"),
    "adjustment": msg("Adjusted"),
    "disposal": msg("Disposed of"),
    "count": msg("Counted"),
    "zone_move": msg("Moved between zones"),
    "dispatch": msg("Sent"),
    "shipment_receipt": msg("Received from a shipment"),
    "found": msg("Found again"),
    "write_off": msg("Written off"),
    "kit_assembly": msg("Kits put together"),
    "kit_disassembly": msg("Kits taken apart"),
    "reversal": msg("Taken back"),
}
"""What a posting did."""

PLACES = {
    "donor": msg("Donor"),
    "supplier": msg("Supplier"),
    "patients": msg("Patients"),
    "disposed": msg("Disposed of"),
    "lost": msg("Lost"),
    "found": msg("Found"),
    "missing": msg("Missing from a shipment"),
    "partner": msg("Partner"),
    "kitted": msg("In kits"),
    "in_transit": msg("On its way"),
    **ZONES,
}

BASES = {
    "override": msg("Set by hand"),
    "forecast": msg("Forecast from what was dispensed"),
    "supplied_sites": msg("What the sites that it supplies use"),
    "dispensed": msg("From what was dispensed"),
    "per_consultation": msg("Use per consultation × consultations planned"),
    "similar_sites": msg("Use per consultation at similar sites × consultations planned"),
    "kit": msg("Content of the kit, for the people served"),
    "assumed": msg("Assumed by a person"),
    "no_in_stock_days": msg("Not known: there was no day with stock"),
    "never_received": msg("Not known: it was never received here"),
}
"""What a month's demand rests on."""


def said(words: Mapping[str, Message], value: str | None) -> str:
    """The words for `value`; itself where there are none."""
    if value is None:
        return ""
    return render(words[value]) if value in words else value


def choices(words: Mapping[str, Message], blank: str | None = None) -> list[tuple[str, str]]:
    """The choices of a select; `blank` is the text of an empty first one."""
    first = [] if blank is None else [("", blank)]
    return first + [(value, render(text)) for value, text in words.items()]
