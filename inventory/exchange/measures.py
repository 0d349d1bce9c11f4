"""Weights and volumes in other units than ours: what a header says, and the factor to kilograms or cubic metres."""

import re
from decimal import Decimal

from inventory.exchange.parsing import read_number
from inventory.exchange.source import Value
from inventory.rules.text import fold

WEIGHTS = {
    "kg": Decimal(1),
    "g": Decimal("0.001"),
    "mg": Decimal("0.000001"),
    "t": Decimal(1000),
    "lb": Decimal("0.45359237"),
}
"""Unit -> kilograms. The pound is the international one of 1959, exactly."""
VOLUMES = {
    "m3": Decimal(1),
    "l": Decimal("0.001"),
    "ml": Decimal("0.000001"),
    "cm3": Decimal("0.000001"),
    "ft3": Decimal("0.028316846592"),
}
"""Unit -> cubic metres."""
MEASURES = {"unit_weight_kg": WEIGHTS, "gross_weight_kg": WEIGHTS, "unit_volume_m3": VOLUMES}
"""Field -> the units in which a file may tell it, ours first."""

_WORDS = {
    "kg": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes كغ كيلوغرام",
    "g": "g gr gram grams gramme grammes غرام",
    "mg": "mg milligram milligrams milligramme milligrammes",
    "t": "t ton tons tonne tonnes",
    "lb": "lb lbs pound pounds livre livres",
    "m3": "m3 m³ cbm cubic",
    "l": "l lt ltr liter liters litre litres dm3 dm³ لتر",
    "ml": "ml milliliter milliliters millilitre millilitres",
    "cm3": "cm3 cm³ cc ccm",
    "ft3": "ft3 ft³ cuft cft",
}
_UNITS = {fold(word): unit for unit, words in _WORDS.items() for word in words.split()}


def unit_in(name: str, header: str) -> str | None:
    """The unit that a header says a field is told in; None where it says none, or ours."""
    known = MEASURES.get(name)
    for word in re.split(r"[^\w³]+", fold(header)) if known else ():
        unit = _UNITS.get(word)
        if unit in (known or ()) and unit != next(iter(known or ())):
            return unit
    return None


def in_ours(name: str, unit: str, value: Value) -> Value:
    """A cell in our unit, to nine decimals; as it stands where it is no number."""
    number = read_number(value)
    if number is None:
        return value
    return (number * MEASURES[name][unit]).quantize(Decimal("1e-9")).normalize()
