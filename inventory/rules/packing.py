"""What lies in what: containers, pallets, cartons, and whether they can carry what they hold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from inventory.errors import Message, msg
from inventory.rules.finding import Finding
from inventory.rules.identifiers import InvalidIdentifier, container_number


class PackageKind(StrEnum):
    """What goods are packed in."""

    CONTAINER = "container"
    PALLET = "pallet"
    CARTON = "carton"
    VEHICLE = "vehicle"
    LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class ContainerType:
    """What a container takes: inside volume in m3, payload in kg (the most of what owners give; its plate
    wins)."""

    volume_m3: Decimal
    payload_kg: Decimal


CONTAINER_TYPES: Mapping[str, ContainerType] = {
    "20DC": ContainerType(Decimal("33.1"), Decimal(28200)),
    "40DC": ContainerType(Decimal("67.7"), Decimal(28800)),
    "40HC": ContainerType(Decimal("76.4"), Decimal(28600)),
    "20RF": ContainerType(Decimal(28), Decimal(27000)),
    "40RF": ContainerType(Decimal(67), Decimal(29000)),
}
PLANNED_SHARE = Decimal("0.85")
"""How much of a container's volume can be filled in practice."""

CARTON_WARN_KG = Decimal(30)
CARTON_FAIL_KG = Decimal(50)
"""More than one person lifts; more than WHO's guidelines allow."""

NESTS_IN: Mapping[PackageKind, frozenset[PackageKind]] = {
    PackageKind.CONTAINER: frozenset(),
    PackageKind.PALLET: frozenset({PackageKind.CONTAINER}),
    PackageKind.VEHICLE: frozenset({PackageKind.CONTAINER}),
    PackageKind.CARTON: frozenset({PackageKind.PALLET, PackageKind.CONTAINER, PackageKind.VEHICLE}),
    PackageKind.LOOSE: frozenset({PackageKind.PALLET, PackageKind.CONTAINER, PackageKind.VEHICLE}),
}
"""What each kind may lie in."""


@dataclass(frozen=True, slots=True)
class Content:
    """Units of an item in a package; weight and volume of one unit where the catalogue knows them."""

    quantity: int
    item_is_medicine: bool
    unit_weight_kg: Decimal | None = None
    unit_volume_m3: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a shipment. Its weight and volume, where told, include what it holds."""

    label: str
    kind: PackageKind
    parent: str | None = None
    gross_weight_kg: Decimal | None = None
    volume_m3: Decimal | None = None
    container_number: str | None = None
    contents: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a whole shipment: the outermost packages added up; `packages` counts all."""

    gross_weight_kg: Decimal
    volume_m3: Decimal
    packages: int


@dataclass(frozen=True, slots=True)
class PackageFinding:
    """A warning about the package with that label, or about the shipment as a whole (None)."""

    label: str | None
    finding: Finding


def check_nesting(kind: PackageKind, parent: PackageKind | None) -> Message | None:
    """Why a package of `kind` cannot lie in one of kind `parent`; None where it can."""
    if parent is None or parent in NESTS_IN[kind]:
        return None
    return _NESTING[kind]


_NESTING: Mapping[PackageKind, Message] = {
    PackageKind.CONTAINER: msg("A container lies in nothing else."),
    PackageKind.PALLET: msg("A pallet lies in a container or in nothing."),
    PackageKind.VEHICLE: msg("A vehicle stands in a container or in nothing."),
    PackageKind.CARTON: msg("A carton lies on a pallet, in a container or in a vehicle."),
    PackageKind.LOOSE: msg("Loose goods lie on a pallet, in a container or in a vehicle."),
}


def check_tree(packages: Sequence[Package]) -> list[tuple[str, Message]]:
    """(label, what is wrong) of every package whose parent is unknown, of a wrong kind, or lies within
    itself."""
    by_label = {package.label: package for package in packages}
    wrong: list[tuple[str, Message]] = []
    for package in packages:
        if package.parent is None:
            continue
        parent = by_label.get(package.parent)
        if parent is None:
            wrong.append(
                (
                    package.label,
                    msg("No package of this shipment has the label %(label)s.", label=package.parent),
                )
            )
        elif _in_itself(package, by_label):
            wrong.append((package.label, msg("A package cannot lie within itself.")))
        elif (message := check_nesting(package.kind, parent.kind)) is not None:
            wrong.append((package.label, message))
    return wrong


def _in_itself(package: Package, by_label: Mapping[str, Package]) -> bool:
    seen = {package.label}
    above = package.parent
    while above is not None and above in by_label:
        if above in seen:
            return True
        seen.add(above)
        above = by_label[above].parent
    return False


def totals(packages: Sequence[Package]) -> Totals:
    """Weight (kg) and volume (m3) of the outermost packages, each its own or else what it holds.

    What is not known counts 0. The packages must form a tree (`check_tree`).
    """
    load = _Load(packages)
    return Totals(
        sum((load.weight(package) for package in load.outermost), Decimal(0)),
        sum((load.volume(package) for package in load.outermost), Decimal(0)),
        len(packages),
    )


def warnings(packages: Sequence[Package], container: str | None = None) -> list[PackageFinding]:
    """Everything to be said of a shipment's packages. `container` is the type of container it travels in.

    Each package of kind container is measured against that type; where there is none, all packages together.
    """
    load = _Load(packages)
    found = [PackageFinding(p.label, finding) for p in packages for finding in _of_package(p, load)]
    kind = CONTAINER_TYPES.get(container or "")
    if kind is None:
        return found
    containers = [p for p in packages if p.kind is PackageKind.CONTAINER]
    for p in containers:
        weight, volume = max(load.weight(p), load.held_weight(p)), max(load.volume(p), load.held_volume(p))
        found.extend(PackageFinding(p.label, finding) for finding in _capacity(kind, weight, volume))
    if not containers:
        whole = totals(packages)
        found.extend(PackageFinding(None, f) for f in _capacity(kind, whole.gross_weight_kg, whole.volume_m3))
    return found


def warnings_for(label: str, packages: Sequence[Package], container: str | None = None) -> list[Finding]:
    """What is to be said of one package, of all that it lies in, and of the shipment as a whole."""
    by_label = {package.label: package for package in packages}
    concerned: set[str | None] = {None}
    above: str | None = label
    while above is not None and above not in concerned:
        concerned.add(above)
        above = by_label[above].parent if above in by_label else None
    return [each.finding for each in warnings(packages, container) if each.label in concerned]


def carton_weight(
    gross_weight_kg: Decimal, warn_kg: Decimal = CARTON_WARN_KG, fail_kg: Decimal = CARTON_FAIL_KG
) -> Iterator[Message]:
    """What to say of a carton of that weight, if anything."""
    if gross_weight_kg > fail_kg:
        yield msg(
            "The carton weighs %(weight)s kg: the guidelines for donations allow %(limit)s kg at most.",
            weight=plain(gross_weight_kg),
            limit=plain(fail_kg),
        )
    elif gross_weight_kg > warn_kg:
        yield msg(
            "The carton weighs %(weight)s kg: more than %(limit)s kg is too much for one person.",
            weight=plain(gross_weight_kg),
            limit=plain(warn_kg),
        )


def plain(number: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Load:
    """Sums up what packages hold; a package is looked at once."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self._packages = packages
        self._weights: dict[str, Decimal] = {}
        self._volumes: dict[str, Decimal] = {}

    @cached_property
    def _held(self) -> Mapping[str, list[Package]]:
        held: dict[str, list[Package]] = defaultdict(list)
        for package in self._packages:
            if package.parent is not None:
                held[package.parent].append(package)
        return held

    @cached_property
    def outermost(self) -> list[Package]:
        return [package for package in self._packages if package.parent is None]

    def weight(self, package: Package) -> Decimal:
        return package.gross_weight_kg if package.gross_weight_kg is not None else self.held_weight(package)

    def volume(self, package: Package) -> Decimal:
        return package.volume_m3 if package.volume_m3 is not None else self.held_volume(package)

    def held_weight(self, package: Package) -> Decimal:
        if package.label not in self._weights:
            own = sum((c.quantity * (c.unit_weight_kg or 0) for c in package.contents), Decimal(0))
            inner = sum((self.weight(p) for p in self._held.get(package.label, ())), Decimal(0))
            self._weights[package.label] = own + inner
        return self._weights[package.label]

    def held_volume(self, package: Package) -> Decimal:
        if package.label not in self._volumes:
            own = sum((c.quantity * (c.unit_volume_m3 or 0) for c in package.contents), Decimal(0))
            inner = sum((self.volume(p) for p in self._held.get(package.label, ())), Decimal(0))
            self._volumes[package.label] = own + inner
        return self._volumes[package.label]


def _of_package(package: Package, load: _Load) -> Iterator[Finding]:
    if package.container_number:
        try:
            container_number(package.container_number)
        except InvalidIdentifier as wrong:
            yield Finding("container_number", wrong.message)
    held = load.held_weight(package)
    if package.gross_weight_kg is not None and package.gross_weight_kg < held:
        yield Finding(
            "parent_weight",
            msg(
                "Its gross weight of %(weight)s kg is less than the %(held)s kg of what it holds.",
                weight=plain(package.gross_weight_kg),
                held=plain(held),
            ),
        )
    if package.kind is PackageKind.CARTON:
        for detail in carton_weight(load.weight(package)):
            yield Finding("carton_weight", detail)
        if len({content.item_is_medicine for content in package.contents}) > 1:
            yield Finding("mixed_carton", msg("The carton holds medicines and other goods."))


def _capacity(kind: ContainerType, weight: Decimal, volume: Decimal) -> Iterable[Finding]:
    percent = plain(round(volume * 100 / kind.volume_m3, 1))
    if volume > kind.volume_m3:
        detail = msg(
            "%(volume)s m³ do not fit: the container holds %(inside)s m³.",
            volume=plain(volume),
            inside=plain(kind.volume_m3),
        )
        yield Finding("capacity_volume", detail)
    elif volume > kind.volume_m3 * PLANNED_SHARE:
        planned = plain(PLANNED_SHARE * 100)
        detail = msg(
            "%(percent)s %% of the container's volume is filled; plan for %(planned)s %%.",
            percent=percent,
            planned=planned,
        )
        yield Finding("capacity_volume", detail)
    if weight > kind.payload_kg:
        detail = msg(
            "%(weight)s kg are too heavy: the container carries %(payload)s kg.",
            weight=plain(weight),
            payload=plain(kind.payload_kg),
        )
        yield Finding("capacity_weight", detail)
