"""Moving surplus: proposals made into draft shipments, and the person who approves that they leave."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, FieldError, Invalid, msg
from inventory.ledger.surplus import Proposal, surplus
from inventory.models import Shipment, Site
from inventory.models.words import Mode
from inventory.rules.transitions import check
from inventory.services import audit, packing, shipments
from inventory.services.packing import NewPackage, PackedLine
from inventory.services.shipments import NewShipment, get_shipment, locked_shipment


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal that somebody chose, by lot and sites (their ids); `quantity` is at most what is proposed."""

    lot_id: int
    origin_id: int
    destination_id: int
    quantity: int


def draft_moves(session: Session, actor: Actor, chosen: Sequence[Chosen]) -> list[Shipment]:
    """One draft per origin and destination that holds what was chosen, reserved and waiting for approval.

    All of it or nothing: Conflict names each line (`/moves/0`, `/moves/0/quantity`) that is not proposed any more,
    because stock, demand or another draft has changed since it was shown.
    """
    require(actor, "surplus.write")
    if not chosen:
        raise Invalid.at("/moves", msg("Choose at least one line."))
    _lock(session, chosen)
    proposed = {each.key: each for each in surplus(session, clock.today()).proposals}
    by_way: dict[tuple[int, int], list[tuple[Chosen, Proposal]]] = {}
    wrong: list[FieldError] = []
    seen: set[tuple[int, int, int]] = set()
    gone = False
    for index, each in enumerate(chosen):
        require_site(actor, "surplus.write", each.origin_id)
        key = each.lot_id, each.origin_id, each.destination_id
        found = proposed.get(key)
        if key in seen:
            wrong.append(FieldError(f"/moves/{index}", msg("This is there twice.")))
        elif each.quantity < 1:
            wrong.append(FieldError(f"/moves/{index}/quantity", msg("This must be 1 or more.")))
        elif found is None:
            gone = True
            wrong.append(FieldError(f"/moves/{index}", msg("This is not proposed any more.")))
        elif each.quantity > found.quantity:
            gone = True
            text = msg("Only %(quantity)s are proposed now.", quantity=found.quantity)
            wrong.append(FieldError(f"/moves/{index}/quantity", text))
        else:
            seen.add(key)
            by_way.setdefault((each.origin_id, each.destination_id), []).append((each, found))
    if gone:
        raise Conflict(msg("Not all that was chosen can be moved now. Nothing was done."), wrong)
    if wrong:
        raise Invalid(wrong)
    return [_draft(session, actor, moves) for _, moves in sorted(by_way.items())]


def approve(session: Session, actor: Actor, number: str) -> Shipment:
    """Say that a proposed draft may leave. What is packed or taken out later takes the approval back."""
    require(actor, "surplus.write")
    shipment = locked_shipment(session, actor, number)
    if not shipment.needs_approval:
        raise Conflict(msg("This shipment needs no approval."))
    check("shipment", shipment.status, "edit")
    if shipment.approved_at is not None:
        raise Conflict(
            msg("This shipment was approved by %(name)s already.", name=shipment.approved_by or "")
        )
    shipment.approved_at = clock.now()
    shipment.approved_by_id, shipment.approved_by = actor.user_id, actor.name
    audit.note(session, actor, "approve", shipment.number)
    session.flush()
    return get_shipment(session, actor, number)


def _lock(session: Session, chosen: Sequence[Chosen]) -> None:
    """Whoever drafts moves between the same sites waits here, and then sees what the first has drafted."""
    ids = {each.origin_id for each in chosen} | {each.destination_id for each in chosen}
    session.execute(
        select(Site.id).where(Site.id.in_(ids)).order_by(Site.id).with_for_update(key_share=True)
    ).all()


def _draft(session: Session, actor: Actor, moves: Sequence[tuple[Chosen, Proposal]]) -> Shipment:
    first = moves[0][1]
    command = NewShipment(
        origin=first.origin.code,
        destination=first.destination.code,
        mode=Mode.ROAD,
        eta=max(proposal.arrives_on for _, proposal in moves),
    )
    shipment = shipments.draft(session, actor, command)
    saves = sum(each.quantity for each, _ in moves)
    reason = msg(
        "%(saves)s units would expire unused at %(origin)s. %(destination)s will have used them by %(day)s.",
        saves=saves,
        origin=first.origin.name,
        destination=first.destination.name,
        day=max(proposal.used_by for _, proposal in moves).isoformat(),
    )
    # As a message, so that everybody reads it in a language of their own.
    shipment.reason, shipment.saves, shipment.needs_approval = json.dumps(reason.as_json()), saves, True
    session.flush()
    lines = [PackedLine(proposal.item.code, each.quantity, proposal.lot.number) for each, proposal in moves]
    packing.pack(session, actor, shipment.number, NewPackage("loose", lines))
    audit.note(session, actor, "propose", shipment.number, saves=saves)
    return get_shipment(session, actor, shipment.number)
