"""The waybill: what a carrier takes over, from whom, for whom, and in what state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inventory.documents.paper import DRAFT, paper, signatures, unique
from inventory.documents.parts import Goods, Organisation, Package, Party, Totals
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording, by_unit
from inventory.documents.words import CONTAINERS, KINDS, MODES, word
from inventory.errors import Message, msg


@dataclass(frozen=True, slots=True, kw_only=True)
class Waybill:
    """A shipment's waybill: the outermost `packages` alone are listed, with what they hold counted.

    `waybill` is the carrier's own number. Carrier, vehicle and driver are left to write in where unknown.
    """

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
    carrier: str = ""
    vehicle: str = ""
    driver: str = ""
    instructions: str = ""
    draft: bool = False


def render_waybill(data: Waybill, *, locale: str, direction: Direction, translate: Translate) -> bytes:
    """The PDF, in the language of `locale`, whose script runs in `direction`."""
    return press("waybill", waybill(data, Wording(locale, direction, translate)))[0]


def waybill(data: Waybill, wording: Wording) -> Payload:
    """What `templates/waybill.typ` shows."""
    fact = wording.fact
    every = [package for outermost in data.packages for package in outermost.walk()]
    goods = [line.goods for package in every for line in package.lines]
    return {
        "paper": paper(
            wording,
            title=msg("Waybill"),
            number=data.number,
            organisation=data.organisation,
            issued_on=data.issued_on,
            mark=DRAFT if data.draft else None,
        ),
        "parties": wording.facts(
            [
                fact(msg("Consignor"), *wording.party(data.consignor)),
                fact(msg("Consignee"), *wording.party(data.consignee)),
            ]
        ),
        "facts": wording.facts(
            [
                fact(msg("Carriage"), word(MODES, data.mode), word(CONTAINERS, data.container)),
                fact(msg("Carrier's waybill"), data.waybill),
                fact(msg("Containers"), unique(package.container_number for package in every)),
                fact(msg("Seals"), unique(package.seal for package in every)),
                fact(msg("Sent on"), wording.day(data.dispatched_on) if data.dispatched_on else None),
                fact(msg("Expected on"), wording.day(data.eta) if data.eta else None),
            ]
        ),
        "carriage": [
            {"label": wording.say(label), "value": wording.say(value)}
            for label, value in (
                (msg("Carrier"), data.carrier),
                (msg("Vehicle"), data.vehicle),
                (msg("Driver"), data.driver),
            )
        ],
        "labels": wording.labels(
            package=msg("Package"),
            contents=msg("Contents"),
            weight=msg("Gross weight (kg)"),
            volume=msg("Volume (m³)"),
            total=msg("Total"),
            handling=msg("To be minded on the way"),
            instructions=msg("Instructions"),
            reservations=msg("Carrier's reservations"),
            before=msg("Written before signing: missing, damaged or wet packages, broken seals."),
        ),
        "packages": [_package(package, wording) for package in data.packages],
        "totals": {
            "packages": wording.say(
                msg("Packages in all: %(count)s", count=wording.number(data.totals.packages))
            ),
            "weight": wording.number(data.totals.gross_weight_kg),
            "volume": wording.number(data.totals.volume_m3),
        },
        "handling": _handling(goods, wording),
        "instructions": wording.lines(data.instructions),
        "signatures": signatures(
            wording,
            (msg("Consignor"), ""),
            (msg("Carrier"), data.driver or data.carrier),
            (msg("Consignee"), ""),
        ),
    }


def _package(package: Package, wording: Wording) -> Payload:
    return {
        "kind": wording.say(word(KINDS, package.kind)),
        "label": wording.say(package.label),
        "about": [
            wording.say(text)
            for text in (
                package.container_number,
                msg("Seal %(seal)s", seal=package.seal) if package.seal else "",
            )
            if text
        ],
        "holds": wording.lines(*_holds(package, wording)),
        "contents": _contents(package, wording),
        "weight": wording.number(package.gross_weight_kg),
        "volume": wording.number(package.volume_m3),
    }


def _holds(package: Package, wording: Wording) -> list[Message]:
    """How many packages of each kind lie in it."""
    inside = list(package.walk())[1:]
    kinds = by_unit((one.kind, 1) for one in inside)
    return [
        msg("%(kind)s: %(count)s", kind=wording.say(word(KINDS, kind)), count=wording.number(count))
        for kind, count in kinds.items()
    ]


def _contents(package: Package, wording: Wording) -> list[Payload]:
    """What it holds in all, an item a line, without lots: those are in the packing list."""
    names: dict[str, Goods] = {}
    quantities: dict[str, int] = {}
    for line in (line for one in package.walk() for line in one.lines):
        code = line.goods.item_code
        names.setdefault(code, line.goods)
        quantities[code] = quantities.get(code, 0) + line.quantity
    return [
        {
            "item": wording.say(names[code].item_name),
            "amount": f"{wording.number(quantity)} {wording.unit(names[code].unit)}",
        }
        for code, quantity in quantities.items()
    ]


def _handling(goods: Sequence[Goods], wording: Wording) -> list[Payload]:
    """What must be minded, and for which items: those that ask for the same stand together."""
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for one in goods:
        care = tuple(wording.care(one))
        if care:
            found.setdefault(care, {})[wording.say(one.item_name)] = None
    return [{"care": list(care), "items": list(items)} for care, items in found.items()]
