"""The closed vocabularies in words, for choices and pages. Each is a mapping of the word to a lazy text."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

MODES: Mapping[str, Any] = {
    "sea": _l("By sea"),
    "air": _l("By air"),
    "road": _l("By road"),
    "hand": _l("Carried by hand"),
}
CONTAINERS: Mapping[str, Any] = {
    "20DC": _l("20-foot dry"),
    "40DC": _l("40-foot dry"),
    "40HC": _l("40-foot high cube"),
    "20RF": _l("20-foot refrigerated"),
    "40RF": _l("40-foot refrigerated"),
}
PACKAGES: Mapping[str, Any] = {
    "carton": _l("Carton"),
    "pallet": _l("Pallet"),
    "container": _l("Container"),
    "vehicle": _l("Vehicle"),
    "loose": _l("Loose goods"),
}
MILESTONES: Mapping[str, Any] = {
    "packed": _l("Packed"),
    "collected": _l("Collected"),
    "departed": _l("Departed"),
    "transhipped": _l("Transhipped"),
    "arrived_port": _l("Arrived at the port or airport"),
    "customs_held": _l("Held at customs"),
    "customs_cleared": _l("Cleared by customs"),
    "out_for_delivery": _l("Out for delivery"),
    "delivered": _l("Delivered"),
}
CLASSIFIERS: Mapping[str, Any] = {
    "actual": _l("It happened"),
    "estimated": _l("Estimated"),
    "planned": _l("Planned"),
}
ZONES: Mapping[str, Any] = {
    "stock": _l("Stock"),
    "quarantine": _l("Quarantine"),
    "refused": _l("Refused"),
}
REASONS: Mapping[str, Any] = {
    "found": _l("Found"),
    "lost": _l("Lost"),
    "damaged": _l("Damaged"),
    "theft": _l("Stolen"),
    "correction": _l("Correction"),
}
METHODS: Mapping[str, Any] = {
    "return": _l("Returned to the donor or manufacturer"),
    "landfill": _l("Landfill"),
    "encapsulation": _l("Encapsulation"),
    "inertization": _l("Inertization"),
    "sewer": _l("Sewer, diluted"),
    "incineration": _l("Incineration"),
    "chemical": _l("Chemical decomposition"),
}
EVENTS: Mapping[str, Any] = {
    "consumption": _l("Dispensing"),
    "adjustment": _l("Adjustment"),
    "disposal": _l("Disposal"),
    "count": _l("Count"),
    "zone_move": _l("Move between zones"),
    "kit_assembly": _l("Kits put together"),
    "kit_disassembly": _l("Kits taken apart"),
}
REQUISITION_KINDS: Mapping[str, Any] = {"regular": _l("Regular"), "emergency": _l("Emergency")}
REQUISITION_STATES: Mapping[str, Any] = {
    "draft": _l("Draft"),
    "submitted": _l("Waiting for approval"),
    "approved": _l("Approved"),
    "in_shipment": _l("On its way"),
    "fulfilled": _l("Fulfilled"),
    "rejected": _l("Rejected"),
    "cancelled": _l("Cancelled"),
}
SHIPMENT_STATES: Mapping[str, Any] = {
    "draft": _l("In preparation"),
    "dispatched": _l("On its way"),
    "arrived": _l("Arrived, not checked in"),
    "received": _l("Received"),
    "cancelled": _l("Cancelled"),
}
ALERTS: Mapping[str, Any] = {
    "stock_out": _l("Out of stock"),
    "emergency": _l("Emergency level"),
    "reorder": _l("To reorder"),
    "overstock": _l("Too much"),
    "expiring": _l("Expires soon"),
    "expired": _l("Expired"),
    "expiry_risk": _l("Will expire unused"),
    "shipment_late": _l("Shipment late"),
    "discrepancy": _l("Discrepancy"),
    "authorisation_expiring": _l("Authorisation ends"),
    "recall": _l("Recall"),
    "needs_attention": _l("Needs a look"),
    "temperature": _l("Temperature"),
}
AUTHORISATIONS: Mapping[str, tuple[Any, str, str]] = {
    "expired": (_l("Expired"), "danger", "calendar-x"),
    "ends_soon": (_l("Ends soon"), "warning", "calendar-due"),
    "valid": (_l("Valid"), "success", "circle-check"),
    "not_yet": (_l("Not valid yet"), "info", "calendar-event"),
    "replaced": (_l("Replaced by a newer one"), "neutral", "refresh"),
    "ended": (_l("No longer needed"), "neutral", "x"),
}
"""How an authorisation stands: in words, as a tone and as an icon."""
PERMITS: Mapping[str, Any] = {
    "import": _l("Import authorisation"),
    "export": _l("Export authorisation"),
    "model_form": _l("Model form for emergencies"),
    "licence": _l("Licence"),
}
PERMIT_STATES: Mapping[str, tuple[Any, str, str]] = {
    "expired": (_l("Expired"), "danger", "calendar-x"),
    "ends_soon": (_l("Ends soon"), "warning", "calendar-due"),
    "used_up": (_l("Used up"), "warning", "circle-dashed"),
    "valid": (_l("Valid"), "success", "circle-check"),
    "not_yet": (_l("Not valid yet"), "info", "calendar-event"),
    "replaced": (_l("Replaced by a newer one"), "neutral", "refresh"),
    "ended": (_l("No longer used"), "neutral", "x"),
}
"""How a permit stands: in words, as a tone and as an icon."""
SEVERITIES: Mapping[str, Any] = {
    "critical": _l("Critical"),
    "warning": _l("Warning"),
    "info": _l("Information"),
}


def choices(
    words: Mapping[str, Any], empty: Any = None, only: Iterable[str] | None = None
) -> list[tuple[str, Any]]:
    """Words as the choices of a select: an empty first one where its text is given, all words or `only` some."""
    kept = words if only is None else {word: words[word] for word in only}
    return ([("", empty)] if empty is not None else []) + list(kept.items())
