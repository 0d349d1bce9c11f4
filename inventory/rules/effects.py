"""What a document does to stock: between which kinds of location each kind of posting may move units.

This is the one table of it. Units move from a source to a destination, always a positive whole number of
them, so nothing appears or vanishes: the accounts outside the house close the books.
"""

from enum import StrEnum


class LocationKind(StrEnum):
    """Anywhere a unit can be."""

    STOCK = "stock"
    QUARANTINE = "quarantine"
    REFUSED = "refused"
    IN_TRANSIT = "in_transit"
    DONOR = "donor"
    SUPPLIER = "supplier"
    PATIENTS = "patients"
    DISPOSED = "disposed"
    LOST = "lost"
    FOUND = "found"
    MISSING = "missing"
    PARTNER = "partner"
    KITTED = "kitted"


class PostingKind(StrEnum):
    """What kind of document a posting comes from."""

    RECEIPT = "receipt"
    CONSUMPTION = "consumption"
    ADJUSTMENT = "adjustment"
    DISPOSAL = "disposal"
    COUNT = "count"
    ZONE_MOVE = "zone_move"
    DISPATCH = "dispatch"
    SHIPMENT_RECEIPT = "shipment_receipt"
    FOUND = "found"
    WRITE_OFF = "write_off"
    KIT_ASSEMBLY = "kit_assembly"
    KIT_DISASSEMBLY = "kit_disassembly"
    REVERSAL = "reversal"


class AdjustmentReason(StrEnum):
    """Why a stock figure is put right by hand."""

    FOUND = "found"
    LOST = "lost"
    DAMAGED = "damaged"
    THEFT = "theft"
    CORRECTION = "correction"


K = LocationKind
Pair = tuple[LocationKind, LocationKind]

ZONES = frozenset({K.STOCK, K.QUARANTINE, K.REFUSED})
"""The parts of a site."""

INSIDE = ZONES | {K.IN_TRANSIT}
"""Where units are ours and to hand: here a balance can never be negative."""

OUTSIDE = frozenset(LocationKind) - INSIDE
"""The accounts that close the books."""

SOURCES = frozenset({K.DONOR, K.SUPPLIER})
"""Where units come from."""


def _pairs(
    sources: frozenset[LocationKind] | set[LocationKind],
    destinations: frozenset[LocationKind] | set[LocationKind],
) -> set[Pair]:
    return {
        (source, destination)
        for source in sources
        for destination in destinations
        if source is not destination
    }


EFFECTS: dict[PostingKind, frozenset[Pair]] = {
    PostingKind.RECEIPT: frozenset(_pairs(SOURCES, ZONES)),
    PostingKind.CONSUMPTION: frozenset(_pairs({K.STOCK}, {K.PATIENTS})),
    PostingKind.ADJUSTMENT: frozenset(_pairs({K.FOUND}, ZONES) | _pairs(ZONES, {K.LOST})),
    PostingKind.DISPOSAL: frozenset(_pairs(ZONES, {K.DISPOSED})),
    PostingKind.COUNT: frozenset(_pairs({K.FOUND}, ZONES) | _pairs(ZONES, {K.LOST})),
    PostingKind.ZONE_MOVE: frozenset(_pairs(ZONES, ZONES)),
    # A supplier or a donor may send straight to where the goods are used, past any house of ours.
    PostingKind.DISPATCH: frozenset(_pairs({K.STOCK} | SOURCES, {K.IN_TRANSIT})),
    PostingKind.SHIPMENT_RECEIPT: frozenset(_pairs({K.IN_TRANSIT}, ZONES | {K.PARTNER, K.MISSING})),
    PostingKind.FOUND: frozenset(_pairs({K.MISSING}, ZONES | {K.PARTNER})),
    PostingKind.WRITE_OFF: frozenset(_pairs({K.MISSING}, {K.LOST})),
    # Components go into the account and kits come out of it; taking a kit apart is the same the other way round.
    PostingKind.KIT_ASSEMBLY: frozenset({(K.STOCK, K.KITTED), (K.KITTED, K.STOCK)}),
    PostingKind.KIT_DISASSEMBLY: frozenset({(K.STOCK, K.KITTED), (K.KITTED, K.STOCK)}),
}
EFFECTS[PostingKind.REVERSAL] = frozenset(
    (destination, source) for pairs in list(EFFECTS.values()) for source, destination in pairs
)


class IllegalEffect(ValueError):
    """A posting would move units where its kind of document cannot: a fault of the program, no user's."""


def check_effect(posting: PostingKind, source: LocationKind, destination: LocationKind) -> None:
    """Raise `IllegalEffect` unless this kind of posting may move units from `source` to `destination`."""
    if (source, destination) not in EFFECTS[posting]:
        raise IllegalEffect(f"a {posting} cannot move units from {source} to {destination}")


def adjustment_effect(
    reason: AdjustmentReason, quantity: int, zone: LocationKind = LocationKind.STOCK
) -> Pair | None:
    """(source, destination) of an adjustment by a signed quantity; None where its sign is against its reason.

    What is found can only add, what is lost, damaged or stolen only take away; a correction goes either way.
    Nothing is adjusted by 0.
    """
    adds = reason in (AdjustmentReason.FOUND, AdjustmentReason.CORRECTION)
    takes = reason is not AdjustmentReason.FOUND
    if quantity > 0 and adds:
        return (K.FOUND, zone)
    if quantity < 0 and takes:
        return (zone, K.LOST)
    return None
