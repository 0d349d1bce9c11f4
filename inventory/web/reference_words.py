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
