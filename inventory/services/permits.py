"""Permits for controlled medicines: written down, put right, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, NotFound, msg
from inventory.models import Permit, PermitLine, Shipment
from inventory.models.words import PermitKind
from inventory.services import alerts, audit
from inventory.services.checks import Checks

MOST_ITEMS = 200
TEXTS = ("authority", "importer", "exporter", "cites")


@dataclass(frozen=True, slots=True)
class Covered:
    """An item that a permit covers, and how many base units of it; None: any quantity."""

    item: str
    quantity: int | None = None


def add_permit(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Permit:
    """Write down a permit.

    `kind`, `number`, `valid_from`, `valid_until` (both days count) and `lines` (`Covered`) are needed, and either a
    `site` (a code) or a `shipment` (a number). `authority`, `importer`, `exporter`, `cites` and `note` may be empty;
    an export authorisation must cite the import authorisation that it rests on. Raises Invalid, or Conflict where the
    number is known.
    """
    require(actor, "permits.write")
    permit = Permit(by_id=actor.user_id, by=actor.name, lines=[])
    return _written(session, actor, permit, fields, "permit")


def change_permit(session: Session, actor: Actor, permit_id: int, fields: Mapping[str, Any]) -> Permit:
    """Put right what was written down wrongly; `fields` are those of `add_permit`, all of them."""
    permit = get_permit(session, actor, permit_id, "permits.write", lock=True)
    if permit.ended_on is not None:
        raise Conflict(msg("This permit was ended. Add a new one."))
    return _written(session, actor, permit, fields, "permit_change")


def end_permit(session: Session, actor: Actor, permit_id: int, note: str | None = None) -> Permit:
    """Say that a permit is not used any more: nothing goes under it from today on. Ended again, nothing happens."""
    permit = get_permit(session, actor, permit_id, "permits.write", lock=True)
    checks = Checks(session)
    text = checks.text(note, "/note", most=2000, lines=True)
    checks.check()
    if permit.ended_on is not None:
        return permit
    permit.ended_on = clock.today(permit.site.timezone if permit.site else None)
    permit.note = text or permit.note
    session.flush()
    audit.note(session, actor, "permit_end", f"permit {permit.id}", number=permit.number)
    alerts.refresh_papers(session, _places(permit))
    return permit


def get_permit(
    session: Session, actor: Actor, permit_id: int, permission: str = "permits.see", *, lock: bool = False
) -> Permit:
    """The permit of that id with its lines and place, if it is the actor's business."""
    require(actor, permission)
    journey = selectinload(Permit.shipment)
    query = (
        select(Permit)
        .where(Permit.id == permit_id)
        .options(
            selectinload(Permit.lines).selectinload(PermitLine.item),
            selectinload(Permit.site),
            journey.selectinload(Shipment.origin),
            journey.selectinload(Shipment.destination),
        )
        .execution_options(populate_existing=True)
    )
    permit = session.scalars(query.with_for_update(of=Permit) if lock else query).one_or_none()
    if permit is None or not any(actor.sees_site(site_id) for site_id in _places(permit)):
        raise NotFound(msg("Not found."))
    return permit


def _places(permit: Permit) -> set[int]:
    journey = permit.shipment
    ids = {permit.site_id} if journey is None else {journey.origin_id, journey.destination_id}
    return {each for each in ids if each is not None}


def _written(
    session: Session, actor: Actor, permit: Permit, fields: Mapping[str, Any], action: str
) -> Permit:
    before = _places(permit) if permit.id is not None else set()
    checks = Checks(session)
    with session.no_autoflush:
        _fill(session, checks, permit, fields)
    checks.check()
    same = select(Permit.id).where(Permit.kind == permit.kind, Permit.number == permit.number)
    with session.no_autoflush:
        known = session.scalar(same)
    if known is not None and known != permit.id:
        text = msg("A permit of that kind with the number %(number)s is there already.", number=permit.number)
        raise Conflict(text, [FieldError("/number", text)])
    session.add(permit)
    session.flush()
    audit.note(
        session,
        actor,
        action,
        f"permit {permit.id}",
        number=permit.number,
        kind=permit.kind,
        valid_until=permit.valid_until.isoformat(),
    )
    found = get_permit(session, actor, permit.id)
    alerts.refresh_papers(session, before | _places(found))
    return found


def _fill(session: Session, checks: Checks, permit: Permit, fields: Mapping[str, Any]) -> None:
    permit.kind = checks.word(fields.get("kind"), PermitKind, "/kind", required=True) or ""
    permit.number = checks.text(fields.get("number"), "/number", most=64, required=True) or ""
    for name in TEXTS:
        setattr(permit, name, checks.text(fields.get(name), f"/{name}"))
    permit.note = checks.text(fields.get("note"), "/note", most=2000, lines=True)
    if permit.kind == PermitKind.EXPORT and not permit.cites:
        checks.add("/cites", msg("An export authorisation names the import authorisation that it rests on."))
    _place(session, checks, permit, fields)
    days = checks.validity(fields.get("valid_from"), fields.get("valid_until"))
    if days is not None:
        permit.valid_from, permit.valid_until = days
    _lines(checks, permit, fields.get("lines") or ())


def _place(session: Session, checks: Checks, permit: Permit, fields: Mapping[str, Any]) -> None:
    number, code = fields.get("shipment"), fields.get("site")
    permit.site_id = permit.shipment_id = None
    if number:
        found = session.scalars(select(Shipment).where(Shipment.number == number)).one_or_none()
        if found is None:
            checks.add("/shipment", msg("There is no shipment %(number)s.", number=number))
        elif code:
            checks.add("/shipment", msg("Either a site or one shipment, please, not both."))
        elif permit.kind == PermitKind.LICENCE:
            checks.add("/shipment", msg("A licence is for a site, not for a shipment."))
        else:
            permit.shipment_id = found.id
    else:
        site = checks.site(code)
        permit.site_id = site.id if site is not None else None


def _lines(checks: Checks, permit: Permit, lines: Sequence[Covered]) -> None:
    checks.lines(list(lines), MOST_ITEMS)
    wanted: dict[int, int | None] = {}
    for index, line in enumerate(lines):
        at = f"/lines/{index}"
        item = checks.item(line.item, f"{at}/item")
        if line.quantity is not None:
            checks.quantity(line.quantity, f"{at}/quantity")
        if item is None:
            continue
        if item.id in wanted:
            checks.add(f"{at}/item", msg("This item is there twice."))
        elif not item.controlled:
            checks.add(f"{at}/item", msg("%(item)s is not marked as a controlled medicine.", item=item.code))
        wanted[item.id] = line.quantity
    if checks:
        return
    kept = {line.item_id: line for line in permit.lines}
    for item_id in kept.keys() - wanted.keys():
        permit.lines.remove(kept[item_id])
    for item_id, quantity in wanted.items():
        if item_id in kept:
            kept[item_id].quantity = quantity
        else:
            permit.lines.append(PermitLine(item_id=item_id, quantity=quantity))
