"""What a scan means here: the item of its GTIN, what the pack holds, and whether the lot is known otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.errors import Invalid, msg
from inventory.exchange import gs1, typed_scans
from inventory.models import Gtin, Item, Lot
from inventory.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was read, and what is known of it. `quantity` is in base units; None where nothing tells it.

    `per_pack` is what one pack of that barcode holds. `layout` names the keyboard layout that had to be undone.
    """

    gtin: str | None
    item: Item | None
    lot: str | None
    expires_on: date | None
    serial: str | None
    sscc: str | None
    quantity: int | None
    warnings: Sequence[Finding]
    per_pack: int | None = None
    layout: str | None = None


def scan(session: Session, data: str, keys: str | None = None) -> Scanned:
    """Read a scan; `keys` is the same as a keyboard of the United States would have it (see `typed_scans`).

    Raises Invalid at `/data` where nothing can be read.
    """
    try:
        read, layout = typed_scans.read(data, keys)
    except gs1.Unreadable:
        raise Invalid.at("/data", msg("Nothing of this can be read as a GS1 code.")) from None
    pack = None
    if read.gtin is not None:
        pack = session.execute(
            select(Gtin, Item).join(Item, Item.id == Gtin.item_id).where(Gtin.gtin == read.gtin)
        ).one_or_none()
        if pack is None:
            text = msg("No item has the barcode number %(gtin)s yet.", gtin=read.gtin)
            read.warn(Finding("unknown_item", text))
    item: Item | None = pack[1] if pack is not None else None
    if read.gtin is None and read.item_code is not None:
        item = session.scalars(select(Item).where(Item.code == read.item_code)).one_or_none()
        if item is None:
            read.warn(Finding("unknown_item", msg("No item has the code %(code)s.", code=read.item_code)))
    lot = read.lot or (read.serial if item is not None and item.serialised else None)
    _judge(session, read, item, lot)
    return Scanned(
        gtin=read.gtin,
        item=item,
        lot=lot,
        expires_on=read.expires_on,
        serial=read.serial,
        sscc=read.sscc,
        quantity=_quantity(read, pack[0].quantity if pack is not None else None),
        warnings=read.warnings,
        per_pack=pack[0].quantity if pack is not None else None,
        layout=layout,
    )


def _quantity(read: gs1.Scan, per_pack: int | None) -> int | None:
    """A pack's units, times the packs that are told (AI 37); or the pieces that are told (AI 30)."""
    if read.count is None:
        return per_pack
    if not read.of_packs:
        return read.count
    return None if per_pack is None else per_pack * read.count


def _judge(session: Session, read: gs1.Scan, item: Item | None, lot: str | None) -> None:
    if read.expires_on is not None and read.expires_on < clock.today():
        text = msg("It expired on %(expires_on)s.", expires_on=read.expires_on.isoformat())
        read.warn(Finding("expired", text))
    if item is None or lot is None or read.expires_on is None:
        return
    known = set(session.scalars(select(Lot.expires_on).where(Lot.item_id == item.id, Lot.number == lot)))
    if known and read.expires_on not in known:
        days = ", ".join(sorted(day.isoformat() if day is not None else "–" for day in known))
        text = msg("Lot %(lot)s is known with the expiry %(known)s.", lot=lot, known=days)
        read.warn(Finding("expiry_mismatch", text))
