"""Words for the units that goods are counted in."""

from inventory.errors import Message, msg

UNITS = {
    "bag": msg("bag"),
    "bar": msg("bar"),
    "block": msg("block"),
    "book": msg("book"),
    "bottle": msg("bottle"),
    "capsule": msg("capsule"),
    "device": msg("device"),
    "inhaler": msg("inhaler"),
    "pack": msg("pack"),
    "pad": msg("pad"),
    "piece": msg("piece"),
    "roll": msg("roll"),
    "set": msg("set"),
    "stick": msg("stick"),
    "strip": msg("strip"),
    "tablet": msg("tablet"),
    "vehicle": msg("vehicle"),
    "vial": msg("vial"),
}
"""Base units that items are counted in everywhere; another word is shown as it was typed."""


def unit_word(word: str) -> Message | None:
    """The message for a common base unit, whatever its capitals; None for one of the item's own."""
    return UNITS.get(word.strip().lower())
