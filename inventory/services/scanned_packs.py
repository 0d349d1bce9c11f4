"""A pack whose barcode nobody knows yet: learned by who may write in the catalogue, asked for by who may not."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, Invalid, msg
from inventory.models import Alert, Gtin, Item, Site
from inventory.models.words import AlertKind
from inventory.rules.identifiers import InvalidIdentifier, gtin14
from inventory.services import alerts, audit, catalogue
from inventory.services.catalogue import Pack


def learn(session: Session, actor: Actor, gtin: str, item_code: str, quantity: int | None) -> Item:
    """Give an item the barcode of one of its packs, which holds `quantity` base units.

    Whoever asked for it has their answer. Raises Invalid at `/gtin`, `/item` or `/quantity`, and Conflict where the
    barcode has been given to another item.
    """
    require(actor, "items.write")
    number = _number(gtin)
    known = session.scalar(select(Item.code).join(Gtin, Gtin.item_id == Item.id).where(Gtin.gtin == number))
    code = session.scalar(select(Item.code).where(Item.code == item_code))
    if code is None:
        raise Invalid.at("/item", msg("Say which item it is."))
    if known is not None and known != code:
        text = msg("This barcode number belongs to the item %(item)s.", item=known)
        raise Conflict(text, [FieldError("/gtin", text)])
    if quantity is None or quantity < 1:
        raise Invalid.at("/quantity", msg("Say how many units a pack holds."))
    packs = {pack.gtin: pack.quantity for pack in catalogue.get_item(session, code).gtins}
    packs[number] = quantity
    item = catalogue.change_item(
        session, actor, code, {"gtins": [Pack(each, units) for each, units in packs.items()]}
    )
    alerts.settle_attention(session, _subject(number))
    return item


def ask(session: Session, actor: Actor, gtin: str, site: Site | None) -> bool:
    """Tell the coordinators that a pack's barcode is unknown; False where they have been told, or it is known."""
    require(actor, "stock.scan")
    number = _number(gtin)
    if session.get(Gtin, number) is not None:
        return False
    if session.scalar(select(Alert.id).where(Alert.subject == _subject(number), Alert.resolved_at.is_(None))):
        return False
    text = msg("No item has the barcode number %(gtin)s: %(by)s scanned it.", gtin=number, by=actor.name)
    alerts.raise_attention(
        session,
        alerts.Finding(
            AlertKind.NEEDS_ATTENTION,
            _subject(number),
            text,
            site.id if site is not None and actor.sees_site(site.id) else None,
        ),
    )
    audit.note(session, actor, "ask", f"gtin {number}")
    return True


def _subject(gtin: str) -> str:
    return f"gtin:{gtin}"


def _number(gtin: str) -> str:
    try:
        return gtin14(gtin)
    except InvalidIdentifier as error:
        raise Invalid.at("/gtin", error.message) from None
