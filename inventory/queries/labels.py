"""What labels say: lots of a receipt or at a site, packages of a shipment, bins; each with its barcode."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor, require, require_any_site
from inventory.documents.labels import BinLabel, Label, LotLabel, PackageLabel, Symbol
from inventory.documents.parts import Goods
from inventory.documents.wording import un_number
from inventory.errors import Invalid, NotFound, msg
from inventory.exchange import gs1, gs1_writing
from inventory.exchange.gs1_writing import Elements, Unwritable
from inventory.models import (
    Balance,
    Bin,
    Gtin,
    Item,
    Location,
    Lot,
    Package,
    Receipt,
    ReceiptLine,
    Shipment,
    Site,
)
from inventory.queries import shipments
from inventory.queries.papers import goods_of
from inventory.queries.stock import check_site
from inventory.rules.bin_codes import InvalidPattern, bin_code, expand, parse_bin_code
from inventory.rules.effects import ZONES
from inventory.rules.label_sheets import MOST_LABELS

_QUIET_MATRIX, _QUIET_BARS, _QUIET_QR = 1, 10, 4
"""Modules that stay white around: ISO/IEC 16022, GS1 General Specifications, ISO/IEC 18004."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What labels are asked for. `what`: receipt, lot, shipment, package, bins; `of` names it (for bins: codes, a row
    of them, or nothing for all), at `site` for lots (of `item`, a code) and bins.
    """

    what: str
    of: str = ""
    site: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Printable:
    """A label, and what a list calls it: `code` (lot, SSCC, bin), `name`, and a `key` that stays the same."""

    key: str
    code: str
    name: str
    label: Label


def printable(
    session: Session, actor: Actor, wanted: Wanted, organisation: str, tag: str
) -> Sequence[Printable]:
    """The labels that are asked for, in the language `tag`, for staff of the site.

    Raises Invalid at `/of`, `/site` or `/item`, NotFound and Forbidden.
    """
    require(actor, "labels.print")
    found = {
        "receipt": _of_receipt,
        "lot": _of_lot,
        "shipment": _of_shipment,
        "package": _of_package,
        "bins": _of_bins,
    }.get(wanted.what)
    if found is None:
        raise Invalid.at("/what", msg("Say what the labels are for."))
    if not wanted.of and wanted.what != "bins":
        raise Invalid.at("/of", msg("Give its number."))
    return found(session, actor, wanted, organisation, tag)


# ---- lots -------------------------------------------------------------------------------------------------------


def _of_receipt(
    session: Session, actor: Actor, wanted: Wanted, organisation: str, tag: str
) -> list[Printable]:
    receipt = session.execute(
        select(Receipt.id, Receipt.site_id).where(Receipt.number == wanted.of)
    ).one_or_none()
    if receipt is None or not actor.sees_site(receipt.site_id):
        raise NotFound(msg("There is no receipt %(number)s.", number=wanted.of))
    lots = session.scalars(
        select(Lot)
        .join(ReceiptLine, ReceiptLine.lot_id == Lot.id)
        .where(ReceiptLine.receipt_id == receipt.id)
        .order_by(ReceiptLine.id)
        .options(selectinload(Lot.item).selectinload(Item.gtins))
    )
    return _lots(lots, organisation, tag)


def _of_lot(session: Session, actor: Actor, wanted: Wanted, organisation: str, tag: str) -> list[Printable]:
    if not wanted.site:
        raise Invalid.at("/site", msg("Say which site."))
    check_site(session, actor, wanted.site)
    here = (
        select(Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .where(Site.code == wanted.site, Location.kind.in_(ZONES))
    )
    query = select(Lot).join(Item, Item.id == Lot.item_id).where(Lot.number == wanted.of, Lot.id.in_(here))
    if wanted.item:
        query = query.where(Item.code == wanted.item)
    lots = session.scalars(
        query.order_by(Lot.id).options(selectinload(Lot.item).selectinload(Item.gtins)).limit(MOST_LABELS)
    )
    found = _lots(lots, organisation, tag)
    if not found:
        raise Invalid.at("/of", msg("No lot %(lot)s was ever at this site.", lot=wanted.of))
    return found


def _lots(lots: Iterable[Lot], organisation: str, tag: str) -> list[Printable]:
    """A label for each batch: lots that differ in their donor alone have the same."""
    found: dict[tuple[object, ...], Printable] = {}
    for lot in lots:
        same = (lot.item_id, lot.number, lot.expires_on)
        if same not in found:
            label = lot_label(lot.item, lot, organisation, tag)
            found[same] = Printable(str(lot.id), lot.number, lot.item.name_in(tag), label)
    return list(found.values())


def lot_label(item: Item, lot: Lot, organisation: str, tag: str) -> LotLabel:
    """The label of a lot. Item and its GTINs must be loaded."""
    elements, whole = _elements(item, lot)
    symbol = None
    if elements is not None:
        picture = gs1_writing.svg(gs1_writing.data_matrix(elements))
        symbol = Symbol(picture, _QUIET_MATRIX, gs1_writing.under_code(elements))
    return LotLabel(
        organisation=organisation,
        goods=goods_of(item, lot, tag),
        symbol=symbol,
        serialised=item.serialised,
        left_out=not whole,
    )


def pack_gtin(gtins: Sequence[Gtin]) -> str | None:
    """The GTIN for a label: that of a pack of one unit, else the only one; None where it would have to be guessed."""
    single = [each.gtin for each in gtins if each.quantity == 1]
    if single:
        return single[0]
    return gtins[0].gtin if len(gtins) == 1 else None


def _elements(item: Item, lot: Lot) -> tuple[Elements | None, bool]:
    """What the barcode says, and whether the lot is in it; None where it cannot even name the item."""
    gtin = pack_gtin(item.gtins)
    number, serial = (None, lot.number) if item.serialised else (lot.number, None)
    day = lot.expires_on
    if day is not None and gs1.read(f"]d217{day:%y%m%d}").expires_on != day:
        day = None  # so far away that GS1 takes its two digits for another century
    for whole in (True, False):
        try:
            elements = gs1_writing.lot(
                number if whole else None,
                gtin=gtin,
                item_code=None if gtin else item.code,
                expires_on=day,
                serial=serial if whole else None,
            )
            return elements, whole
        except Unwritable:
            continue
    return None, False


# ---- packages ---------------------------------------------------------------------------------------------------


def _of_shipment(
    session: Session, actor: Actor, wanted: Wanted, organisation: str, tag: str
) -> list[Printable]:
    return package_labels(shipments.shipment(session, actor, wanted.of), organisation, tag)


def _of_package(
    session: Session, actor: Actor, wanted: Wanted, organisation: str, tag: str
) -> list[Printable]:
    row = session.execute(
        select(Shipment.number, Shipment.origin_id, Shipment.destination_id)
        .join(Package, Package.shipment_id == Shipment.id)
        .where(Package.label == wanted.of)
    ).one_or_none()
    if row is None:
        raise NotFound(msg("There is no package %(label)s.", label=wanted.of))
    require_any_site(actor, (row.origin_id, row.destination_id))
    every = package_labels(shipments.shipment(session, actor, row.number), organisation, tag)
    return [each for each in every if each.code == wanted.of]


def package_labels(found: Shipment, organisation: str, tag: str) -> list[Printable]:
    """The labels of all packages of a shipment that was read whole."""
    inner: dict[int | None, list[Package]] = {}
    for package in found.packages:
        inner.setdefault(package.parent_id, []).append(package)

    def goods_in(package: Package) -> list[Goods]:
        own = [goods_of(line.item, line.lot, tag) for line in package.lines]
        return own + [each for below in inner.get(package.id, []) for each in goods_in(below)]

    made = []
    for number, package in enumerate(found.packages, start=1):
        goods = goods_in(package)
        dangerous = [each for each in goods if each.dangerous]
        elements = gs1_writing.parcel(package.label)
        picture = gs1_writing.svg(gs1_writing.gs1_128(elements))
        label = PackageLabel(
            organisation=organisation,
            sscc=package.label,
            symbol=Symbol(picture, _QUIET_BARS, gs1_writing.under_code(elements)),
            shipment=found.number,
            origin=_outside(found.origin, tag),
            destination=_outside(found.destination, tag),
            kind=package.kind,
            number=number,
            count=len(found.packages),
            weight_kg=package.gross_weight_kg,
            container_number=package.container_number or "",
            temperatures=sorted({each.temperature for each in goods}),
            freeze_sensitive=any(each.freeze_sensitive for each in goods),
            dangerous=bool(dangerous),
            un_numbers=sorted({un_number(each) for each in dangerous if each.un_number}),
        )
        made.append(Printable(package.label, package.label, found.number, label))
    return made


def _outside(site: Site, tag: str) -> str:
    """A site as whoever sees the parcel may know it: its code, or of a sensitive one the country alone."""
    if not site.sensitive:
        return site.code
    locale = Locale.parse(
        {"fr": "fr", "ar": "ar", "ckb": "ckb", "kmr-Arab": "ckb", "hy": "hy"}.get(tag, "en")
    )
    return locale.territories.get(site.country) or site.country


# ---- bins -------------------------------------------------------------------------------------------------------


def _of_bins(session: Session, actor: Actor, wanted: Wanted, organisation: str, _tag: str) -> list[Printable]:
    if not wanted.site:
        raise Invalid.at("/site", msg("Say which site."))
    check_site(session, actor, wanted.site)
    site = session.scalars(select(Site).where(Site.code == wanted.site)).one()
    query = select(Bin).where(Bin.site_id == site.id).order_by(Bin.sequence, Bin.code)
    codes: list[str] = []
    if wanted.of:
        scanned = parse_bin_code(wanted.of)
        try:
            codes = [scanned.code] if scanned is not None else expand(wanted.of)
        except InvalidPattern as error:
            raise Invalid.at("/of", error.message) from None
        query = query.where(Bin.code.in_(codes))
    else:
        query = query.where(Bin.closed_on.is_(None))
    rows = session.scalars(query.limit(MOST_LABELS)).all()
    missing = [code for code in codes if code not in {row.code for row in rows}]
    if missing:
        text = msg("There is no bin %(code)s at this site.", code=", ".join(missing[:5]))
        raise Invalid.at("/of", text)
    if not rows:
        raise Invalid.at("/site", msg("This site has no bins."))
    return [
        Printable(f"bin{row.id}", row.code, row.name or "", bin_label(row, site, organisation))
        for row in rows
    ]


def bin_label(row: Bin, site: Site, organisation: str) -> BinLabel:
    """The label of a bin."""
    picture = gs1_writing.svg(gs1_writing.qr_code(bin_code(site.code, row.code)))
    return BinLabel(
        organisation=organisation,
        site=f"{site.name} ({site.code})",
        code=row.code,
        symbol=Symbol(picture, _QUIET_QR),
        name=row.name or "",
        zone=row.zone,
        temperature=row.temperature,
        frost_free=row.frost_free,
        locked=row.locked,
        for_dangerous=row.for_dangerous,
    )
