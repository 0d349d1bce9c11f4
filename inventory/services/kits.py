"""Kits: items that are made of others, such as an emergency health kit for 10,000 people during three months."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from inventory import models
from inventory.access import Actor, require
from inventory.errors import Conflict, NotFound, msg
from inventory.models import Item, Kit, KitLine, Lot, Site, SitePlan
from inventory.services import alerts, audit
from inventory.services.checks import Checks
from inventory.services.numbers import count_up

MOST_MONTHS = 120
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class InKit:
    """So many base units of an item in one kit."""

    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class KitContent:
    """What one kit holds, for how many people and months it is meant."""

    item: str
    people: int | None
    months: Decimal | None
    lines: Sequence[InKit]


def set_kit(session: Session, actor: Actor, command: KitContent) -> Kit:
    """Say what a kit holds; what was said before is replaced."""
    require(actor, "policies.write")
    checks = Checks(session)
    item = checks.item(command.item, "/item")
    if command.people is not None:
        checks.quantity(command.people, "/people")
    months = checks.amount(command.months, "/months", places=4, most=MOST_MONTHS)
    if months == 0:
        checks.add("/months", msg("This must be more than 0."))
    count_up(session, "kits", 0)  # one bill after the other: two at once could put kits into kits
    lines = _lines(checks, command)
    if item is not None:
        _no_kit_in_a_kit(checks, item, lines)
    checks.check()
    assert item is not None
    kit = _locked(session, item.id) or Kit(item_id=item.id, lines=[])
    kit.people, kit.months = command.people, months
    if kit.id is not None:
        kit.lines.clear()
        session.flush()  # the old lines go first: an item may stand in a kit once
    kit.lines.extend(KitLine(item_id=item_id, quantity=quantity) for item_id, quantity, _ in lines)
    session.add(kit)
    session.flush()
    audit.note(session, actor, "kit", f"item {item.code}")
    _refresh(session, kit)
    return kit


def remove_kit(session: Session, actor: Actor, code: str) -> None:
    """Forget what a kit holds. Raises Conflict while a site plans with it."""
    require(actor, "policies.write")
    item_id = session.scalars(select(Item.id).where(Item.code == code)).one_or_none()
    kit = _locked(session, item_id) if item_id is not None else None
    if kit is None:
        raise NotFound(msg("There is no kit with the code %(code)s.", code=code))
    used = session.scalars(
        select(Site.name).join(SitePlan, SitePlan.site_id == Site.id).where(SitePlan.kit_id == kit.id)
    ).first()
    if used is not None:
        raise Conflict(msg("%(site)s plans with this kit. Change its plan first.", site=used))
    session.delete(kit)
    session.flush()
    audit.note(session, actor, "remove", f"kit {code}")


def _lines(checks: Checks, command: KitContent) -> list[tuple[int, int, int]]:
    """(item id, base units in one kit, index of the line)."""
    checks.lines(list(command.lines), most=MOST_LINES)
    checks.know_items(line.item for line in command.lines)
    found: dict[int, tuple[int, int, int]] = {}
    for index, line in enumerate(command.lines):
        item = checks.item(line.item, f"/lines/{index}/item")
        quantity = checks.quantity(line.quantity, f"/lines/{index}/quantity")
        if item is None:
            continue
        if item.code == command.item:
            checks.add(f"/lines/{index}/item", msg("A kit cannot hold itself."))
        if item.id in found:
            checks.add(f"/lines/{index}/item", msg("%(item)s stands in the kit already.", item=item.code))
        found[item.id] = (item.id, quantity, index)
    return list(found.values())


def _no_kit_in_a_kit(checks: Checks, item: Item, lines: list[tuple[int, int, int]]) -> None:
    """What is in a kit must be told lot by lot: a kit holds no kits, and what is in a kit is none."""
    session = checks.session
    outer = session.scalars(
        select(Item.code)
        .join(Kit, Kit.item_id == Item.id)
        .join(KitLine, KitLine.kit_id == Kit.id)
        .where(KitLine.item_id == item.id, Kit.item_id != item.id)
        .order_by(Item.code)
    ).first()
    if outer is not None:
        text = msg("%(item)s is in the kit %(kit)s: it cannot be a kit itself.", item=item.code, kit=outer)
        checks.add("/item", text)
    if item.serialised:
        text = msg("%(item)s comes in single pieces with serials: it is no kit.", item=item.code)
        checks.add("/item", text)
    ids = [item_id for item_id, _, _ in lines]
    put_together = select(Lot.item_id).join(models.KitContent, models.KitContent.kit_lot_id == Lot.id)
    kits = session.execute(
        select(Item.id, Item.code).where(
            Item.id.in_(ids), or_(Item.id.in_(select(Kit.item_id)), Item.id.in_(put_together))
        )
    )
    codes = {item_id: code for item_id, code in kits}
    for item_id, _, index in lines:
        if item_id in codes and item_id != item.id:
            text = msg("%(item)s is a kit: list what is in it instead.", item=codes[item_id])
            checks.add(f"/lines/{index}/item", text)


def _locked(session: Session, item_id: int) -> Kit | None:
    return session.scalars(
        select(Kit)
        .where(Kit.item_id == item_id)
        .options(selectinload(Kit.lines))
        .with_for_update(of=Kit)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _refresh(session: Session, kit: Kit) -> None:
    """Look again at the alerts of the sites that plan with a kit."""
    sites = select(Site).where(Site.id.in_(select(SitePlan.site_id).where(SitePlan.kit_id == kit.id)))
    for site in session.scalars(sites.order_by(Site.id)).all():
        alerts.refresh_site(session, site)
