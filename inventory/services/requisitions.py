"""Requisitions: drafted by a site, decided by a coordinator, fulfilled by shipments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from inventory import clock
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, Invalid, NotFound, msg
from inventory.models import Item, Requisition, RequisitionLine, Shipment, Site
from inventory.models.words import RequisitionKind, SiteKind
from inventory.rules.transitions import check
from inventory.services import alerts, audit
from inventory.services.checks import Checks, not_closed
from inventory.services.numbers import next_number

CHANGED = msg("Somebody else has changed this requisition meanwhile. Look at it again.")


@dataclass(frozen=True, slots=True)
class AskedLine:
    """So many base units of an item."""

    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewRequisition:
    """What a site asks for."""

    site: str
    kind: str
    lines: Sequence[AskedLine]
    note: str | None = None


def draft(session: Session, actor: Actor, command: NewRequisition) -> Requisition:
    """Start a requisition."""
    require(actor, "requisitions.write")
    checks = Checks(session)
    site, note, lines = _checked(checks, command)
    require_site(actor, "requisitions.write", site.id)
    not_closed(site)
    requisition = Requisition(
        number=next_number(session, "REQ"),
        site_id=site.id,
        kind=command.kind,
        status="draft",
        note=note,
        created_by_id=actor.user_id,
        lines=lines,
    )
    session.add(requisition)
    session.flush()
    audit.note(session, actor, "create", requisition.number)
    return get_requisition(session, actor, requisition.number)


def edit(
    session: Session, actor: Actor, number: str, command: NewRequisition, version: int | None = None
) -> Requisition:
    """Replace what a draft asks for. Raises Conflict where somebody else changed it since `version`."""
    requisition = _locked(session, actor, number, "requisitions.write")
    check("requisition", requisition.status, "edit")
    if version is not None and version != requisition.version:
        raise Conflict(CHANGED)
    site, note, lines = _checked(Checks(session), command)
    require_site(actor, "requisitions.write", site.id)
    not_closed(site)
    requisition.site_id, requisition.kind, requisition.note = site.id, command.kind, note
    requisition.lines = lines
    flag_modified(requisition, "note")  # lines alone would leave its version as it was
    session.flush()
    audit.note(session, actor, "edit", requisition.number)
    return get_requisition(session, actor, number)


def submit(session: Session, actor: Actor, number: str) -> Requisition:
    """Send a draft to whoever approves."""
    requisition = _locked(session, actor, number, "requisitions.write")
    return _move(session, actor, requisition, "submit")


def approve(
    session: Session, actor: Actor, number: str, approved: Mapping[str, int] | None = None
) -> Requisition:
    """Approve as asked, or for the items in `approved` as much as it says (0 is none of it)."""
    requisition = _locked(session, actor, number, "requisitions.approve")
    check("requisition", requisition.status, "approve")
    given = dict(approved or {})
    checks = Checks(session)
    asked: dict[str, int] = {}
    for line in requisition.lines:
        asked[line.item.code] = asked.get(line.item.code, 0) + line.quantity
    for index, (code, quantity) in enumerate(given.items()):
        checks.quantity(quantity, f"/lines/{index}/approved", least=0)
        if code not in asked:
            checks.add(f"/lines/{index}/item", msg("%(item)s is not in this requisition.", item=code))
        elif quantity > asked[code]:
            text = msg("No more can be approved than was asked for: %(asked)s.", asked=asked[code])
            checks.add(f"/lines/{index}/approved", text)
    checks.check()
    for line in requisition.lines:
        left = given.get(line.item.code)
        line.approved = line.quantity if left is None else min(left, line.quantity)
        if left is not None:
            given[line.item.code] = left - line.approved
    if not any(line.approved for line in requisition.lines):
        raise Invalid.at(
            "/lines", msg("Nothing would be approved. Reject the requisition instead, and say why.")
        )
    requisition.decided_at, requisition.decided_by_id = clock.now(), actor.user_id
    return _move(session, actor, requisition, "approve")


def reject(session: Session, actor: Actor, number: str, reason: str | None) -> Requisition:
    """Refuse a requisition, for a reason."""
    requisition = _locked(session, actor, number, "requisitions.approve")
    check("requisition", requisition.status, "reject")
    checks = Checks(session)
    requisition.reason = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    checks.check()
    requisition.decided_at, requisition.decided_by_id = clock.now(), actor.user_id
    return _move(session, actor, requisition, "reject", reason=requisition.reason)


def cancel(session: Session, actor: Actor, number: str) -> Requisition:
    """Drop a requisition that is still open. What is on its way for it arrives all the same; a draft stays behind."""
    requisition = _locked(session, actor, number, "requisitions.write")
    return _move(session, actor, requisition, "cancel")


def follow_shipment(
    session: Session, actor: Actor, requisition_id: int | None, action: str
) -> set[tuple[int, int]]:
    """Move a requisition along with its shipment: `ship` when it leaves, `fulfil` when none is under way any more.

    Answers the (site, item) pairs whose alerts are to be looked at again. Raises Conflict where a requisition that is
    to be shipped was cancelled.
    """
    if requisition_id is None:
        return set()
    requisition = session.scalars(
        select(Requisition)
        .where(Requisition.id == requisition_id)
        .with_for_update()
        .options(selectinload(Requisition.lines))
        .execution_options(populate_existing=True)
    ).one()
    if action == "ship" and requisition.status == "in_shipment":
        return set()
    if action == "fulfil":
        if requisition.status != "in_shipment":
            return set()
        others = select(Shipment.id).where(
            Shipment.requisition_id == requisition_id, Shipment.status.in_(["draft", "dispatched", "arrived"])
        )
        if session.scalars(others).first() is not None:
            return set()
    requisition.status = check("requisition", requisition.status, action)
    session.flush()
    audit.note(session, actor, action, requisition.number)
    return {(requisition.site_id, line.item_id) for line in requisition.lines}


def get_requisition(session: Session, actor: Actor, number: str) -> Requisition:
    """A requisition with its lines, for somebody of its site or of the site that supplies it."""
    return _found(session, actor, number, lock=False)


def _found(session: Session, actor: Actor, number: str, *, lock: bool) -> Requisition:
    query = (
        select(Requisition)
        .where(Requisition.number == number)
        .options(
            selectinload(Requisition.site),
            selectinload(Requisition.lines).selectinload(RequisitionLine.item),
        )
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query.with_for_update(of=Requisition) if lock else query).one_or_none()
    if found is None or not (actor.sees_site(found.site_id) or actor.sees_site(found.site.supplied_by_id)):
        raise NotFound(msg("Not found."))
    return found


def _locked(session: Session, actor: Actor, number: str, permission: str) -> Requisition:
    require(actor, permission)
    found = _found(session, actor, number, lock=True)
    require_site(actor, permission, found.site_id)
    return found


def _move(
    session: Session, actor: Actor, requisition: Requisition, action: str, **data: object
) -> Requisition:
    requisition.status = check("requisition", requisition.status, action)
    if action == "submit":
        requisition.submitted_at = clock.now()
    session.flush()
    alerts.refresh(session, {(requisition.site_id, line.item_id) for line in requisition.lines})
    audit.note(session, actor, action, requisition.number, **data)
    session.flush()
    return _found(session, actor, requisition.number, lock=False)


def _checked(checks: Checks, command: NewRequisition) -> tuple[Site, str | None, list[RequisitionLine]]:
    site = checks.site(command.site)
    if site is not None and site.kind == SiteKind.PARTNER:
        checks.add("/site", msg("A partner does not order here. Send a shipment instead."))
    checks.word(command.kind or None, RequisitionKind, "/kind")
    if not command.kind:
        checks.add("/kind", msg("Say whether it is a regular or an emergency one."))
    note = checks.text(command.note, "/note", most=2000, lines=True)
    checks.lines(list(command.lines))
    lines: list[tuple[Item, int]] = []
    seen: dict[str, int] = {}
    checks.know_items(line.item for line in command.lines)
    for index, line in enumerate(command.lines):
        item = checks.item(line.item, f"/lines/{index}/item")
        quantity = checks.quantity(line.quantity, f"/lines/{index}/quantity")
        if seen.setdefault(line.item, index) != index:
            text = msg(
                "%(item)s is asked for in line %(line)s already.", item=line.item, line=seen[line.item] + 1
            )
            checks.add(f"/lines/{index}/item", text)
        if item is not None:
            lines.append((item, quantity))
    checks.check()
    assert site is not None
    return site, note, [RequisitionLine(item_id=item.id, quantity=quantity) for item, quantity in lines]
