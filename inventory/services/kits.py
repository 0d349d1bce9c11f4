"""Kits: items that are made of others, such as an emergency health kit for 10,000 people during three months."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor, require
from inventory.errors import Conflict, NotFound, msg
from inventory.models import Item, Kit, KitLine, Site, SitePlan
from inventory.services import alerts, audit
from inventory.services.checks import Checks

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
    lines = _lines(checks, command)
    checks.check()
    assert item is not None
    kit = _locked(session, item.id) or Kit(item_id=item.id, lines=[])
    kit.people, kit.months = command.people, months
    if kit.id is not None:
        kit.lines.clear()
        session.flush()  # the old lines go first: an item may stand in a kit once
    kit.lines.extend(KitLine(item_id=item_id, quantity=quantity) for item_id, quantity in lines)
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


def _lines(checks: Checks, command: KitContent) -> list[tuple[int, int]]:
    checks.lines(list(command.lines), most=MOST_LINES)
    checks.know_items(line.item for line in command.lines)
    found: dict[int, int] = {}
    for index, line in enumerate(command.lines):
        item = checks.item(line.item, f"/lines/{index}/item")
        quantity = checks.quantity(line.quantity, f"/lines/{index}/quantity")
        if item is None:
            continue
        if item.code == command.item:
            checks.add(f"/lines/{index}/item", msg("A kit cannot hold itself."))
        if item.id in found:
            checks.add(f"/lines/{index}/item", msg("%(item)s stands in the kit already.", item=item.code))
        found[item.id] = quantity
    return list(found.items())


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
