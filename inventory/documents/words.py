"""The closed vocabularies as papers print them."""

from inventory.errors import Message, msg

ZONES = {"stock": msg("Stock"), "quarantine": msg("Quarantine"), "refused": msg("Refused")}

MODES = {"sea": msg("By sea"), "air": msg("By air"), "road": msg("By road"), "hand": msg("By hand")}

KINDS = {
    "container": msg("Container"),
    "pallet": msg("Pallet"),
    "carton": msg("Carton"),
    "vehicle": msg("Vehicle"),
    "loose": msg("Loose goods"),
}

CONTAINERS = {
    "20DC": msg("20-foot container"),
    "40DC": msg("40-foot container"),
    "40HC": msg("40-foot high-cube container"),
    "20RF": msg("20-foot refrigerated container"),
    "40RF": msg("40-foot refrigerated container"),
}

# Ranges as in USP: cool 8 to 15 °C, refrigerator 2 to 8 °C, freezer -25 to -10 °C.
TEMPERATURES = {
    "cool": msg("Keep cool: %(range)s", range="8–15 °C"),
    "cold_chain": msg("Cold chain: %(range)s", range="2–8 °C"),
    "frozen": msg("Keep frozen: %(range)s", range="−25…−10 °C"),
}

RULES = {
    "expired": msg("Expired"),
    "short_dated": msg("Short-dated"),
    "consent": msg("Consent"),
    "label": msg("Labelling"),
    "carton_weight": msg("Carton weight"),
    "mixed_carton": msg("Mixed carton"),
    "value_basis": msg("Basis of value"),
    "unannounced": msg("Unannounced"),
    "returned_or_sample": msg("Returned goods or samples"),
    "not_on_list": msg("Not on the list"),
    "unusual_form": msg("Unusual strength or form"),
    "source_quality": msg("Quality not shown"),
    "pack_size": msg("Pack size"),
    "packing_list": msg("Packing list"),
    "costs": msg("Costs"),
    "seal": msg("Seal"),
    "logger": msg("Temperature logger"),
    "storage": msg("Storage class"),
    "condition": msg("Condition"),
    "vin": msg("Vehicle number"),
    "container_number": msg("Container number"),
    "parent_weight": msg("Weight of the outer package"),
    "capacity_volume": msg("Capacity by volume"),
    "capacity_weight": msg("Capacity by weight"),
    "permit": msg("Permit for controlled medicines"),
}


CAUSES = {
    "returned_or_sample": msg("Returned goods or samples"),
    "recall": msg("Recalled"),
    "expired": msg("Expired"),
    "excursion": msg("Too warm or too cold"),
    "source_quality": msg("Quality not shown"),
    "not_on_list": msg("Not on the list"),
    "damaged": msg("Damaged"),
    "condition": msg("Condition"),
    "seal": msg("Seal"),
    "logger": msg("Temperature logger"),
    "storage": msg("Storage class"),
    "label": msg("Labelling"),
    "short_dated": msg("Short-dated"),
    "consent": msg("Consent"),
    "counted": msg("Found in a count"),
    "by_hand": msg("Set aside by hand"),
}


def word(vocabulary: dict[str, Message], name: str) -> Message | str:
    """The text for `name`, or the bare name where the vocabulary does not have it."""
    return vocabulary.get(name, name)
