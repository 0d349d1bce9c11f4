"""Words of the import wizard: kinds of files, their fields, how far a file has come."""

import re

from inventory.errors import Message, msg
from inventory.exchange.fields import Kind
from inventory.extensions import render

KINDS = {
    Kind.ITEMS: msg("Items"),
    Kind.SITES: msg("Sites"),
    Kind.RECEIPTS: msg("Receipts"),
    Kind.CONSUMPTION: msg("Dispensing"),
    Kind.SHIPMENTS: msg("Shipments"),
}

STATUSES = {
    "uploaded": (msg("Columns to be told"), "neutral", "pencil"),
    "reading": (msg("Being read"), "info", "hourglass"),
    "matching": (msg("Items to be named"), "warning", "zoom-question"),
    "checking": (msg("Being checked"), "info", "hourglass"),
    "checked": (msg("Ready"), "accent", "circle-check"),
    "running": (msg("Being taken"), "info", "hourglass"),
    "done": (msg("Imported"), "success", "circle-check"),
    "refused": (msg("Refused"), "danger", "ban"),
}

FIELD_WORDS: dict[str, Message] = {
    "code": msg("Code"),
    "name": msg("Name"),
    "name_fr": msg("Name in French"),
    "inn": msg("Generic name (INN)"),
    "strength": msg("Strength"),
    "dosage_form": msg("Dosage form"),
    "atc": msg("ATC code"),
    "base_unit": msg("Base unit"),
    "category": msg("Category"),
    "tracks_expiry": msg("Has an expiry date"),
    "serialised": msg("Each piece has a serial number"),
    "temperature": msg("Kept at"),
    "freeze_sensitive": msg("Must not freeze"),
    "controlled": msg("Controlled medicine"),
    "dangerous": msg("Dangerous goods"),
    "un_number": msg("UN number"),
    "ven": msg("How vital"),
    "unit_weight_kg": msg("Weight of one unit, kg"),
    "unit_volume_m3": msg("Volume of one unit, m³"),
    "gtins": msg("Packs: GTIN:QUANTITY"),
    "kind": msg("Kind of site"),
    "status": msg("State"),
    "country": msg("Country"),
    "admin1": msg("Region"),
    "sensitive": msg("Sensitive place"),
    "supplied_by": msg("Supplied by"),
    "lead_time_days": msg("Lead time, days"),
    "timezone": msg("Time zone"),
    "site": msg("Site"),
    "received_on": msg("Received on"),
    "donation": msg("Donation"),
    "donor": msg("Donor"),
    "arrived_in_country_on": msg("Arrived in the country on"),
    "consent_reference": msg("Consent"),
    "checked_by": msg("Checked by"),
    "reference": msg("Reference"),
    "item": msg("Item"),
    "lot": msg("Lot"),
    "expires_on": msg("Expires"),
    "expiry_precision": msg("Expiry by day or month"),
    "quantity": msg("Quantity"),
    "declared": msg("Declared"),
    "damaged": msg("Damaged"),
    "manufacturer": msg("Manufacturer"),
    "label_languages": msg("Languages of the label"),
    "unit_value": msg("Value of one unit"),
    "currency": msg("Currency"),
    "value_basis": msg("Basis of the value"),
    "carton": msg("Carton"),
    "gross_weight_kg": msg("Weight, kg"),
    "serial": msg("Serial number"),
    "zone": msg("Zone"),
    "opening_stock": msg("Stock that was there already"),
    "occurred_on": msg("Day"),
    "year": msg("Year"),
    "month": msg("Month"),
    "consultations": msg("Consultations"),
    "opening": msg("Opening stock of the month"),
    "received": msg("Received in the month"),
    "adjusted": msg("Adjusted in the month"),
    "closing": msg("Closing stock of the month"),
    "origin": msg("From"),
    "destination": msg("To"),
    "mode": msg("Mode of transport"),
    "eta": msg("Expected on"),
    "delivered_on": msg("Delivered on"),
    "container": msg("Container"),
    "waybill": msg("Waybill"),
    "minimum_shelf_life_days": msg("Least shelf life, days"),
    "freight": msg("Freight"),
    "line_id": msg("Number of the line"),
    "note": msg("Note"),
    "origin_name": msg("New origin: name"),
    "origin_country": msg("New origin: country"),
    "destination_name": msg("New destination: name"),
    "destination_country": msg("New destination: country"),
    "item_name": msg("New item: name"),
    "item_base_unit": msg("New item: base unit"),
    "item_category": msg("New item: category"),
    "item_inn": msg("New item: generic name"),
    "item_strength": msg("New item: strength"),
    "item_dosage_form": msg("New item: dosage form"),
    "site_name": msg("New site: name"),
    "site_kind": msg("New site: kind"),
    "site_country": msg("New site: country"),
    "site_admin1": msg("New site: region"),
}

STATES = {
    "good": msg("Good"),
    "bad": msg("Bad"),
    "known": msg("Taken before"),
    "left_out": msg("Left out"),
    "done": msg("Imported"),
}
BUNDLED = {
    "scms": msg("SCMS delivery history"),
    "stock-count-fr": msg("French stock count"),
    "monthly-stock-report": msg("Monthly stock reports"),
}

_SIGNS = {"%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%b": "MMM", "%B": "MMMM"}


def field_name(name: str) -> str:
    """What a field is called."""
    found = FIELD_WORDS.get(name)
    return name if found is None else render(found)


def kind_name(kind: str) -> str:
    """What a kind of file is called."""
    return render(KINDS[Kind(kind)])


def form_words(form: str) -> str:
    """The form of a date as people write it: DD/MM/YYYY."""
    return re.sub(r"%.", lambda found: _SIGNS.get(found[0], found[0]), form)
