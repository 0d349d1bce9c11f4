"""The plain data that papers are made of: what several of them share.

Texts that people typed (names, lots, notes) are plain strings and are printed as they are, never
interpreted. Words of a closed vocabulary (`zone`, `mode`, a package's `kind`, `temperature`) bear the
contract's names and are translated here. An absent fact is `None` or an empty string and is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose paper it is: printed at its head. `address` may have several lines."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sends or receives. `country` is ISO 3166-1 alpha-2; its name is printed."""

    name: str
    code: str = ""
    address: str = ""
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What a line is about. `lot` is the serial of a serialised item.

    `expiry_precision` is `day` or `month`; a month is printed without its day.
    """

    item_code: str
    item_name: str
    unit: str
    lot: str = ""
    expires_on: date | None = None
    expiry_precision: str = "day"
    inn: str = ""
    strength: str = ""
    dosage_form: str = ""
    temperature: str = "ambient"
    freeze_sensitive: bool = False
    controlled: bool = False
    dangerous: bool = False
    un_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedLine:
    """What a package holds of one lot, in base units."""

    goods: Goods
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A logistic unit and what lies in it: lines of its own, other packages, or both.

    `label` is its SSCC; `gross_weight_kg` includes what it holds.
    """

    label: str
    kind: str
    container_number: str = ""
    seal: str = ""
    gross_weight_kg: Decimal | None = None
    volume_m3: Decimal | None = None
    lines: Sequence[PackedLine] = ()
    packages: Sequence["Package"] = ()

    def walk(self) -> Iterator["Package"]:
        """This package and all that it holds, outermost first."""
        yield self
        for package in self.packages:
            yield from package.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """As the shipment tells them: the outermost packages' weights and volumes, and all packages counted."""

    packages: int
    gross_weight_kg: Decimal | None = None
    volume_m3: Decimal | None = None
