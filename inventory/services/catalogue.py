"""Items: made and changed by coordinators and administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, NotFound, msg
from inventory.ledger import register
from inventory.models import Gtin, Item, Lot
from inventory.models.words import Temperature
from inventory.rules.identifiers import InvalidIdentifier, gtin14
from inventory.rules.text import fold
from inventory.services import audit
from inventory.services.checks import Checks

TEXTS = ("name", "name_fr", "inn", "strength", "dosage_form", "base_unit")
SHORT_TEXTS = ("atc", "category", "un_number")
FLAGS = ("tracks_expiry", "serialised", "freeze_sensitive", "controlled", "dangerous")
REQUIRED = ("name", "base_unit", "category")


@dataclass(frozen=True, slots=True)
class Pack:
    """A barcode number and how many base units its pack holds."""

    gtin: str
    quantity: int


def add_item(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Item:
    """Add an item; `fields` are those of the contract, `gtins` a list of `Pack`."""
    require(actor, "items.write")
    checks = Checks(session)
    code = checks.code(fields.get("code"))
    item = Item(code=code, temperature=Temperature.AMBIENT, gtins=[])
    for flag in FLAGS:
        setattr(item, flag, flag == "tracks_expiry")
    _fill(session, checks, item, {name: fields.get(name) for name in REQUIRED} | dict(fields))
    checks.check()
    if session.scalar(select(Item.id).where(func.lower(Item.code) == code.lower())) is not None:
        raise _taken("/code", code)
    session.add(item)
    session.flush()
    audit.note(session, actor, "create", f"item {item.code}")
    _tell_waiting(session)
    return get_item(session, code)


def _tell_waiting(session: Session) -> None:
    """What a device recorded and could not be posted may have waited for this item."""
    from inventory.services.sync import retry_waiting  # which rests on receipts, and they on items

    retry_waiting(session)


def change_item(session: Session, actor: Actor, code: str, fields: Mapping[str, Any]) -> Item:
    """Change the given fields of an item. What its lots rest on stays once there are lots."""
    require(actor, "items.write")
    item = get_item(session, code)
    checks = Checks(session)
    before = {name: getattr(item, name) for name in ("base_unit", "serialised", "controlled")}
    with session.no_autoflush:  # what is wrong never gets as far as the database
        _fill(session, checks, item, fields)
    checks.check()
    if session.scalar(select(Lot.id).where(Lot.item_id == item.id).limit(1)) is not None:
        for name in ("base_unit", "serialised"):
            if getattr(item, name) != before[name]:
                text = msg("This cannot change any more: stock of %(item)s is recorded in it.", item=code)
                raise Conflict(text, [FieldError(f"/{name}", text)])
    session.flush()
    if item.controlled and not before["controlled"]:
        register.enter_history(session, [item.id])
    changed = sorted(name for name in fields if name != "code")
    audit.note(session, actor, "change", f"item {item.code}", fields=changed)
    return item


def get_item(session: Session, code: str) -> Item:
    """The item of that code, with its packs."""
    item = session.scalars(
        select(Item).where(Item.code == code).options(selectinload(Item.gtins))
    ).one_or_none()
    if item is None:
        raise NotFound(msg("There is no item with the code %(code)s.", code=code))
    return item


def _taken(pointer: str, code: str) -> Conflict:
    text = msg("The code %(code)s is taken.", code=code)
    return Conflict(text, [FieldError(pointer, text)])


def _fill(session: Session, checks: Checks, item: Item, fields: Mapping[str, Any]) -> None:
    for name in (*TEXTS, *SHORT_TEXTS):
        if name in fields:
            most = 200 if name in TEXTS else 8 if name == "un_number" else 32
            setattr(item, name, checks.text(fields[name], f"/{name}", most=most, required=name in REQUIRED))
    for name in FLAGS:
        if fields.get(name) is not None:
            setattr(item, name, bool(fields[name]))
    if fields.get("temperature") is not None:
        item.temperature = (
            checks.word(fields["temperature"], Temperature, "/temperature") or Temperature.AMBIENT
        )
    if "ven" in fields:
        item.ven = checks.word(fields["ven"] or None, "VEN", "/ven")
    for name, most in (("unit_weight_kg", 100_000), ("unit_volume_m3", 1000)):
        if name in fields:
            amount: Decimal | None = fields[name]
            setattr(item, name, checks.amount(amount, f"/{name}", places=9, most=most))
    if fields.get("gtins") is not None:
        _packs(session, checks, item, fields["gtins"])
    words = [item.code, item.name, item.name_fr, item.inn, item.strength, item.dosage_form, item.atc]
    item.search_text = fold(" ".join(word for word in words if word))


def _packs(session: Session, checks: Checks, item: Item, packs: Sequence[Pack]) -> None:
    found: dict[str, int] = {}
    for index, pack in enumerate(packs):
        at = f"/gtins/{index}"
        checks.quantity(pack.quantity, f"{at}/quantity")
        try:
            gtin = gtin14(pack.gtin)
        except InvalidIdentifier as error:
            checks.add(f"{at}/gtin", error.message)
            continue
        if gtin in found:
            checks.add(f"{at}/gtin", msg("This barcode number is there twice."))
        owner = session.scalar(select(Item.code).join(Gtin, Gtin.item_id == Item.id).where(Gtin.gtin == gtin))
        if owner is not None and owner != item.code:
            checks.add(f"{at}/gtin", msg("This barcode number belongs to the item %(item)s.", item=owner))
        found[gtin] = pack.quantity
    if checks:
        return
    kept = {row.gtin: row for row in item.gtins}
    for gtin in kept.keys() - found.keys():
        item.gtins.remove(kept[gtin])
    for gtin, quantity in found.items():
        if gtin in kept:
            kept[gtin].quantity = quantity
        else:
            item.gtins.append(Gtin(gtin=gtin, quantity=quantity))
