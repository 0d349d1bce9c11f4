"""The packing list: what lies in which package, down to the lot (WHO's donation guidelines, article 9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from inventory.documents.paper import DRAFT, paper, total_rows, unique
from inventory.documents.parts import Organisation, Package, PackedLine, Party, Totals
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording, by_unit
from inventory.documents.words import CONTAINERS, KINDS, MODES, word
from inventory.errors import msg


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingList:
    """A shipment's packing list; `packages` are the outermost ones; a `draft` may still change."""

    organisation: Organisation
    number: str
    issued_on: date
    consignor: Party
    consignee: Party
    mode: str
    packages: Sequence[Package]
    totals: Totals
    container: str = ""
    waybill: str = ""
    dispatched_on: date | None = None
    eta: date | None = None
    draft: bool = False


def render_packing_list(
    data: PackingList, *, locale: str, direction: Direction, translate: Translate
) -> bytes:
    """The PDF, in the language of `locale`, whose script runs in `direction`."""
    return press("packing_list", packing_list(data, Wording(locale, direction, translate)))[0]


def packing_list(data: PackingList, wording: Wording) -> Payload:
    """What `templates/packing_list.typ` shows."""
    fact = wording.fact
    every = [package for outermost in data.packages for package in outermost.walk()]
    return {
        "paper": paper(
            wording,
            title=msg("Packing list"),
            number=data.number,
            organisation=data.organisation,
            issued_on=data.issued_on,
            mark=DRAFT if data.draft else None,
            facts=[
                fact(msg("Consignor"), *wording.party(data.consignor)),
                fact(msg("Consignee"), *wording.party(data.consignee)),
                fact(msg("Carriage"), word(MODES, data.mode), word(CONTAINERS, data.container)),
                fact(msg("Waybill"), data.waybill),
                fact(msg("Containers"), unique(package.container_number for package in every)),
                fact(msg("Seals"), unique(package.seal for package in every)),
                fact(msg("Sent on"), wording.day(data.dispatched_on) if data.dispatched_on else None),
                fact(msg("Expected on"), wording.day(data.eta) if data.eta else None),
            ],
        ),
        "labels": wording.labels(
            item=msg("Item"),
            lot=msg("Lot or serial"),
            expiry=msg("Expiry"),
            quantity=msg("Quantity"),
            unit=msg("Unit"),
            nothing=msg("Nothing is packed yet."),
        ),
        "summary": wording.facts(
            [
                fact(msg("Packages"), wording.number(data.totals.packages)),
                fact(msg("Gross weight (kg)"), wording.number(data.totals.gross_weight_kg)),
                fact(msg("Volume (m³)"), wording.number(data.totals.volume_m3)),
            ]
        ),
        "packages": list(_packages(data.packages, (), wording)),
        "totals": _totals(every, wording),
    }


def _packages(packages: Sequence[Package], above: tuple[int, ...], wording: Wording) -> Iterator[Payload]:
    """The tree in reading order, each package with its place in it (`2.1` lies in `2`)."""
    for index, package in enumerate(packages, start=1):
        place = (*above, index)
        yield {
            "place": ".".join(str(step) for step in place),
            "depth": len(above),
            "kind": wording.say(word(KINDS, package.kind)),
            "label": wording.say(package.label),
            "about": _about(package, wording),
            "measures": _measures(package, wording),
            "lines": [_line(line, wording) for line in package.lines],
        }
        yield from _packages(package.packages, place, wording)


def _about(package: Package, wording: Wording) -> list[str]:
    said = []
    if package.container_number:
        said.append(wording.say(package.container_number))
    if package.seal:
        said.append(wording.say(msg("Seal %(seal)s", seal=package.seal)))
    return said


def _measures(package: Package, wording: Wording) -> list[str]:
    measures = []
    if package.gross_weight_kg is not None:
        measures.append(f"{wording.number(package.gross_weight_kg)} kg")
    if package.volume_m3 is not None:
        measures.append(f"{wording.number(package.volume_m3)} m³")
    return measures


def _line(line: PackedLine, wording: Wording) -> Payload:
    return {**wording.goods(line.goods), "quantity": wording.number(line.quantity)}


def _totals(packages: Sequence[Package], wording: Wording) -> list[Payload]:
    lines = [line for package in packages for line in package.lines]
    quantities = by_unit((line.goods.unit, line.quantity) for line in lines)
    return total_rows(wording, [quantities])
