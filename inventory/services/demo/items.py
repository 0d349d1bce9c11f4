"""The catalogue of the demonstration: `items.csv`. Its barcodes lie in GS1's range for demonstrations."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from inventory.services.catalogue import Pack

_FLAGS = ("serialised", "controlled", "dangerous", "freeze_sensitive")
_TEXTS = ("code", "name", "name_fr", "category", "inn", "strength", "atc", "ven", "un_number")


@dataclass(frozen=True, slots=True)
class Thing:
    """An item as the file has it: grams and litres of one base unit, and what Darkar hands out in a week."""

    row: Mapping[str, str]
    grams: Decimal
    weekly: int
    pack: int
    flags: frozenset[str]

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "Thing":
        """The item of a row of the file."""
        return cls(
            row, Decimal(row["grams"]), int(row["weekly"]), int(row["pack"]), frozenset(row["flags"].split())
        )

    @property
    def is_medicine(self) -> bool:
        return self.row["category"] == "medicine"

    @property
    def tracks_expiry(self) -> bool:
        return "lasting" not in self.flags

    @property
    def serialised(self) -> bool:
        return "serialised" in self.flags

    def fields(self) -> dict[str, Any]:
        """What the catalogue service takes."""
        return {
            **{name: self.row[name] or None for name in _TEXTS},
            **{flag: flag in self.flags for flag in _FLAGS},
            "base_unit": self.row["unit"],
            "dosage_form": self.row["form"] or None,
            "tracks_expiry": self.tracks_expiry,
            "temperature": "cold_chain" if "cold_chain" in self.flags else "ambient",
            "unit_weight_kg": self.grams / 1000,
            "unit_volume_m3": Decimal(self.row["litres"]) / 1000,
            "gtins": [Pack(self.row["gtin"], self.pack)] if self.row["gtin"] else [],
        }


with Path(__file__).with_name("items.csv").open(encoding="utf-8", newline="") as _file:
    THINGS: dict[str, Thing] = {row["code"]: Thing.of(row) for row in csv.DictReader(_file)}
"""code -> item, medicines first."""

EVERYDAY = tuple(code for code, thing in THINGS.items() if thing.weekly)
"""What the dispensaries hand out every week."""

MOBILE = (
    "PARA-500",
    "IBU-400",
    "AMOX-500",
    "COTRI-480",
    "ZINC-20",
    "ORS",
    "AMLO-5",
    "LORA-10",
    "ALBEN-400",
    "TETRA-EYE",
    "GAUZE-10",
    "GLOVE-M",
)
"""What a mobile clinic carries."""

SURVIVORS = {
    "SERT-50": 84,
    "PSY-BOOK": 4,
    "SPECULUM": 12,
    "CYTO-BRUSH": 12,
    "ACU-25": 180,
    "MOXA": 6,
    "ART-PAINT": 1,
    "ART-PAPER": 2,
    "ART-CLAY": 2,
    "SANPAD": 8,
}
"""What the Center for Survivors uses in a week."""
