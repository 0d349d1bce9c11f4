"""Weights and volumes in other units than ours."""

from decimal import Decimal

import pytest

from inventory.exchange import mapping
from inventory.exchange.fields import Kind
from inventory.exchange.mapping import MappingError
from inventory.exchange.measures import in_ours, unit_in


@pytest.mark.parametrize(
    ("name", "header", "unit"),
    [
        ("unit_volume_m3", "volume litre", "l"),
        ("unit_volume_m3", "Volume (L)", "l"),
        ("unit_volume_m3", "Volume cm³", "cm3"),
        ("unit_volume_m3", "Volume (m³)", None),
        ("unit_volume_m3", "volume", None),
        ("unit_weight_kg", "weight kg", None),
        ("unit_weight_kg", "Poids (g)", "g"),
        ("gross_weight_kg", "Gross weight, lbs", "lb"),
        ("unit_weight_kg", "Weight litre", None),
        ("name", "grams", None),
    ],
)
def test_what_a_header_says(name, header, unit):
    assert unit_in(name, header) == unit


@pytest.mark.parametrize(
    ("name", "unit", "value", "ours"),
    [
        ("unit_volume_m3", "l", "0.7695", Decimal("0.0007695")),
        ("unit_volume_m3", "l", "37500", Decimal("37.5")),
        ("unit_volume_m3", "cm3", "1,5", Decimal("0.0000015")),
        ("unit_weight_kg", "g", 250, Decimal("0.25")),
        ("gross_weight_kg", "lb", "10", Decimal("4.5359237")),
        ("unit_weight_kg", "g", "heavy", "heavy"),
        ("unit_weight_kg", "g", None, None),
    ],
)
def test_in_our_units(name, unit, value, ours):
    assert in_ours(name, unit, value) == ours


def test_units_of_a_mapping():
    told = mapping.parse('[columns]\nunit_volume_m3 = "V"\n[units]\nunit_volume_m3 = "l"\n', Kind.ITEMS, "x")
    assert told.units == {"unit_volume_m3": "l"}
    with pytest.raises(MappingError, match="m3, l, ml, cm3, ft3"):
        mapping.parse('[units]\nunit_volume_m3 = "pint"\n', Kind.ITEMS, "x")
    with pytest.raises(MappingError, match="unknown keys"):
        mapping.parse('[units]\nname = "l"\n', Kind.ITEMS, "x")
