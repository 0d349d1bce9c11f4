"""The data of a shipment's papers, taken from a shipment that was read whole."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from inventory import clock
from inventory.documents import (
    ArrivedLine,
    Gift,
    GiftCertificate,
    Goods,
    Organisation,
    Package,
    PackedLine,
    PackingList,
    Party,
    ShipmentNote,
    Totals,
    Waybill,
)
from inventory.models import Item, Lot, Shipment, Site
from inventory.models import Package as StoredPackage
from inventory.queries import shipments

Sent = tuple[Item, Lot, int]


def packing_list(found: Shipment, organisation: Organisation, tag: str) -> PackingList:
    """What lies in which package."""
    return PackingList(
        organisation=organisation,
        number=found.number,
        issued_on=_today(found),
        consignor=_party(found.origin),
        consignee=_party(found.destination),
        mode=found.mode or "",
        packages=_outermost(found, tag),
        totals=_totals(found),
        container=found.container or "",
        waybill=found.waybill or "",
        dispatched_on=_dispatched_on(found),
        eta=found.eta,
        draft=found.status == "draft",
    )


def waybill(found: Shipment, organisation: Organisation, tag: str) -> Waybill:
    """What a carrier takes over."""
    return Waybill(
        organisation=organisation,
        number=found.number,
        issued_on=_today(found),
        consignor=_party(found.origin),
        consignee=_party(found.destination),
        mode=found.mode or "",
        packages=_outermost(found, tag),
        totals=_totals(found),
        container=found.container or "",
        waybill=found.waybill or "",
        dispatched_on=_dispatched_on(found),
        eta=found.eta,
        draft=found.status == "draft",
    )


def gift_certificate(
    found: Shipment, organisation: Organisation, tag: str, donor_id: int | None = None
) -> GiftCertificate:
    """That the goods are given. With `donor_id`, for that donor: their goods alone, of the destination its country."""
    if donor_id is None:
        goods = list(shipments.sent(found).values())
        given = [lot for _, sent, _ in goods for lot in ([each.lot for each in sent.contents] or [sent])]
    else:
        goods = shipments.sent_of(found, donor_id)
        given = [lot for _, lot, _ in goods]
    donors = {lot.donor.name if lot.donor is not None else "" for lot in given}
    bases = {lot.value_basis or "" for _, lot, _ in goods}
    outsider = donor_id is not None
    return GiftCertificate(
        organisation=organisation,
        number=found.number,
        issued_on=_today(found),
        gifts=_gifts(goods, tag),
        country=found.destination.country,
        consignee=None if outsider else _party(found.destination),
        donor=donors.pop() if len(donors) == 1 else "",
        mode=found.mode or "",
        dispatched_on=_dispatched_on(found),
        value_basis=bases.pop() if len(bases) == 1 else "",
        draft=found.status == "draft",
    )


def goods_received_note(
    session: Session, found: Shipment, organisation: Organisation, tag: str
) -> ShipmentNote:
    """What came of what was sent; before it is counted, a form to fill in."""
    every = [package for outermost in _outermost(found, tag) for package in outermost.walk()]
    return ShipmentNote(
        organisation=organisation,
        number=found.number,
        issued_on=_today(found),
        origin=_party(found.origin),
        destination=_party(found.destination),
        mode=found.mode or "",
        lines=_arrived(session, found, tag),
        waybill=found.waybill or "",
        container_numbers=[package.container_number for package in every if package.container_number],
        seals=[package.seal for package in every if package.seal],
        dispatched_on=_dispatched_on(found),
        received_on=clock.today(found.destination.timezone, found.received_at) if found.received_at else None,
    )


def _arrived(session: Session, found: Shipment, tag: str) -> list[ArrivedLine]:
    counted: dict[int, tuple[int, int]] = {}
    for line in found.receipt_lines:
        received, damaged = counted.get(line.lot_id, (0, 0))
        counted[line.lot_id] = received + line.received, damaged + line.damaged
    closed = found.status == "received"
    lines = []
    for lot_id, (item, lot, sent) in shipments.sent(found).items():
        came = counted.get(lot_id, (0, 0)) if found.receipt_lines or closed else None
        lines.append(
            ArrivedLine(
                goods=goods_of(item, lot, tag),
                sent=sent,
                received=came[0] if came is not None else None,
                damaged=came[1] if came is not None else None,
                missing=max(0, sent - came[0]) if came is not None and closed else None,
            )
        )
    return lines


def goods_of(item: Item, lot: Lot, tag: str) -> Goods:
    """What a line is about."""
    return Goods(
        item_code=item.code,
        item_name=item.name_in(tag),
        unit=item.base_unit,
        lot=lot.number,
        expires_on=lot.expires_on,
        expiry_precision=lot.expiry_precision,
        inn=item.inn or "",
        strength=item.strength or "",
        dosage_form=item.dosage_form or "",
        temperature=item.temperature,
        freeze_sensitive=item.freeze_sensitive,
        controlled=item.controlled,
        dangerous=item.dangerous,
        un_number=item.un_number or "",
    )


def _gifts(goods: Sequence[Sent], tag: str) -> list[Gift]:
    """One gift for each item, with its value where every lot of it has one in one currency."""
    by_item: dict[int, list[Sent]] = defaultdict(list)
    for each in goods:
        by_item[each[0].id].append(each)
    gifts = []
    for lots in by_item.values():
        item = lots[0][0]
        currencies = {lot.currency or "" for _, lot, _ in lots}
        value = None
        if len(currencies) == 1 and all(lot.unit_value is not None for _, lot, _ in lots):
            each_ = ((lot.unit_value or Decimal(0)) * quantity for _, lot, quantity in lots)
            value = sum(each_, Decimal(0)).quantize(Decimal("0.01"))
        gifts.append(
            Gift(
                item_name=item.name_in(tag),
                quantity=sum(quantity for _, _, quantity in lots),
                unit=item.base_unit,
                inn=item.inn or "",
                strength=item.strength or "",
                dosage_form=item.dosage_form or "",
                serials=[lot.serial for _, lot, _ in lots if lot.serial],
                value=value,
                currency=currencies.pop() if value is not None else "",
            )
        )
    return gifts


def _outermost(found: Shipment, tag: str) -> list[Package]:
    held: dict[int | None, list[StoredPackage]] = defaultdict(list)
    for package in found.packages:
        held[package.parent_id].append(package)

    def made(package: StoredPackage) -> Package:
        return Package(
            label=package.label,
            kind=package.kind,
            container_number=package.container_number or "",
            seal=package.seal or "",
            gross_weight_kg=package.gross_weight_kg,
            volume_m3=package.volume_m3,
            lines=[
                PackedLine(goods=goods_of(line.item, line.lot, tag), quantity=line.quantity)
                for line in package.lines
            ],
            packages=[made(inner) for inner in held[package.id]],
        )

    return [made(package) for package in held[None]]


def _totals(found: Shipment) -> Totals:
    known = shipments.totals(found)
    return Totals(packages=known.packages, gross_weight_kg=known.gross_weight_kg, volume_m3=known.volume_m3)


def _party(site: Site) -> Party:
    return Party(name=site.name, code=site.code, address=site.admin1 or "", country=site.country)


def _today(found: Shipment) -> date:
    return clock.today(found.origin.timezone)


def _dispatched_on(found: Shipment) -> date | None:
    return clock.today(found.origin.timezone, found.dispatched_at) if found.dispatched_at else None
