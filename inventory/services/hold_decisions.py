"""What becomes of held goods: one person proposes, another decides, and it is carried out at once."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, Forbidden, Message, NotFound, msg
from inventory.ledger import Move
from inventory.models import Hold, Location, StockEvent
from inventory.models.words import DisposalMethod, HoldOutcome, HoldStatus, StockEventKind
from inventory.rules import holding
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import audit, holds
from inventory.services.adjustments import another
from inventory.services.checks import Checks
from inventory.services.stock_events import new_event, post_event


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody would do with a hold and why; `quantity` None for all of it, the rest stays a hold."""

    outcome: str
    reason: str | None
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether another person agrees. `reason` says why not; the rest is of the disposal, where there is one."""

    confirm: bool
    reason: str | None = None
    method: str | None = None
    witness: str | None = None
    place: str | None = None
    authority: str | None = None
    certificate: str | None = None


def get_hold(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Hold:
    """The hold of that number with what it names, for somebody of its site."""
    query = (
        select(Hold)
        .where(Hold.number == number)
        .options(
            selectinload(Hold.site), selectinload(Hold.item), selectinload(Hold.lot), selectinload(Hold.event)
        )
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query.with_for_update(of=Hold) if lock else query).one_or_none()
    if found is None or not actor.sees_site(found.site_id):
        raise NotFound(msg("Not found."))
    return found


def propose(session: Session, actor: Actor, number: str, command: Proposal) -> Hold:
    """Say what is to become of a hold, or of part of it. Another proposal before the decision takes its place."""
    require(actor, "holds.propose")
    hold = get_hold(session, actor, number, lock=True)
    require_site(actor, "holds.propose", hold.site_id)
    if hold.status == HoldStatus.DECIDED:
        raise Conflict(msg("%(number)s is decided already.", number=hold.number))
    checks = Checks(session)
    outcome = checks.word(command.outcome, holding.PROPOSABLE, "/outcome", required=True)
    reason = checks.text(command.reason, "/reason", most=2000, required=True, lines=True)
    quantity = hold.quantity if command.quantity is None else command.quantity
    checks.quantity(quantity, "/quantity")
    if quantity > hold.quantity:
        checks.add("/quantity", msg("No more than %(most)s is held.", most=hold.quantity))
    if outcome is not None:
        against = objection(hold, outcome)
        if against is not None:
            checks.add("/outcome", against)
    checks.check()
    if quantity < hold.quantity:
        rest = holds.split(session, hold, hold.quantity - quantity)
        holds.reopen(rest)
    hold.status, hold.outcome, hold.reason = HoldStatus.PROPOSED, HoldOutcome(outcome or ""), reason
    hold.proposed_by_id, hold.proposed_by, hold.proposed_at = actor.user_id, actor.name, clock.now()
    audit.note(session, actor, "propose", hold.number, outcome=outcome, reason=reason, quantity=quantity)
    session.flush()
    return get_hold(session, actor, number)


def decide(session: Session, actor: Actor, number: str, command: Decision) -> Hold:
    """Confirm what another person proposed, which is done at once through the ledger, or send it back with a reason.

    Raises Forbidden where the same account proposed it, Conflict where the goods may not get that outcome any more.
    """
    require(actor, "holds.decide")
    hold = get_hold(session, actor, number, lock=True)
    require_site(actor, "holds.decide", hold.site_id)
    if hold.status != HoldStatus.PROPOSED or hold.outcome is None:
        raise Conflict(msg("Nothing is proposed for %(number)s.", number=hold.number))
    if same_person(actor, hold):
        raise Forbidden(msg("You proposed this: another person decides."))
    checks = Checks(session)
    reason = checks.text(command.reason, "/reason", most=2000, required=not command.confirm, lines=True)
    if not command.confirm:
        checks.check()
        audit.note(session, actor, "send back", hold.number, outcome=hold.outcome, reason=reason)
        holds.reopen(hold)
        hold.reason = reason
        session.flush()
        return get_hold(session, actor, number)
    outcome = HoldOutcome(hold.outcome)
    against = objection(hold, outcome)
    if against is not None:
        raise Conflict(against)
    if outcome in (HoldOutcome.RETURN, HoldOutcome.DESTROY):
        event = _dispose(session, actor, checks, hold, command)
    else:
        checks.check()
        event = _move(
            session,
            actor,
            hold,
            LocationKind.REFUSED if outcome is HoldOutcome.REFUSE else LocationKind.STOCK,
        )
    by = (actor.user_id, actor.name)
    holds.settle(hold, outcome, by, event)
    if outcome == HoldOutcome.REFUSE:
        holds.carry(session, hold, by, event)
    audit.note(session, actor, "decide", hold.number, outcome=str(outcome), event=event.number)
    session.flush()
    return get_hold(session, actor, number)


def explain(
    session: Session, actor: Actor, site_code: str, item_code: str, lot: str, zone: str, reason: str | None
) -> list[Hold]:
    """Make a hold of what stands in a zone without one, for a reason."""
    require(actor, "holds.propose")
    checks = Checks(session)
    site = checks.site(site_code)
    item = checks.item(item_code, "/item")
    checks.word(zone, holds.ASIDE, "/zone", required=True)
    text = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    checks.check()
    assert site is not None and item is not None
    require_site(actor, "holds.propose", site.id)
    place = ledger.zones(session, site.id)[LocationKind(zone)]
    found: list[Hold] = []
    for each in ledger.lots_at(session, place.id, [item.id], lock=True).get(item.id, []):
        if each.number == lot:
            quantity = holds.unexplained(session, site.id, each.lot_id, zone)
            if quantity > 0:
                move = Move(each.lot_id, quantity, 0, place.id)
                told = msg("%(note)s", note=text)
                found += holds.open_for(session, actor, site, [move], "by_hand", told)
    if not found:
        raise Conflict(msg("All of this lot is held for a reason already."))
    return found


def same_person(actor: Actor, hold: Hold) -> bool:
    """Whether the actor is who proposed: the same account, or, for what has none, the same name."""
    if actor.user_id is None or hold.proposed_by_id is None:
        return actor.user_id == hold.proposed_by_id and actor.name == hold.proposed_by
    return actor.user_id == hold.proposed_by_id


def possible(hold: Hold) -> list[str]:
    """The outcomes that may be proposed for a hold today."""
    return [each for each in holding.PROPOSABLE if objection(hold, each) is None]


def objection(hold: Hold, outcome: str) -> Message | None:
    """Why a hold may not get this outcome today; None where it may."""
    lot, today = hold.lot, clock.today(hold.site.timezone)
    return holding.objection(
        outcome,
        hold.cause,
        hold.zone,
        expired=lot.expires_on is not None and lot.expires_on < today,
        recalled=lot.recalled_on is not None,
    )


def _move(session: Session, actor: Actor, hold: Hold, to: LocationKind) -> StockEvent:
    today = clock.today(hold.site.timezone)
    event = new_event(session, actor, StockEventKind.ZONE_MOVE, hold.site, today, None)
    event.note = hold.reason
    target = ledger.zones(session, hold.site_id)[to]
    return _posted(session, actor, event, hold, PostingKind.ZONE_MOVE, target, hold.proposed_by)


def _dispose(session: Session, actor: Actor, checks: Checks, hold: Hold, command: Decision) -> StockEvent:
    """Returned to who gave it, or destroyed before a witness: who proposed it, where nobody else is named."""
    method: str | None = "return"
    if hold.outcome != HoldOutcome.RETURN:
        if not command.method:
            checks.add("/method", msg("Say how it was disposed of."))
        destroying = [each for each in DisposalMethod if each is not DisposalMethod.RETURN]
        method = checks.word(command.method or None, destroying, "/method")
    told = {
        name: checks.text(getattr(command, name), f"/{name}")
        for name in ("place", "authority", "certificate")
    }
    witness = another(checks, actor, command.witness) or hold.proposed_by
    checks.check()
    today = clock.today(hold.site.timezone)
    event = new_event(session, actor, StockEventKind.DISPOSAL, hold.site, today, None)
    event.method, event.note = method, hold.reason
    for name, text in told.items():
        setattr(event, name, text)
    target = ledger.place(session, LocationKind.DISPOSED)
    return _posted(session, actor, event, hold, PostingKind.DISPOSAL, target, witness)


def _posted(
    session: Session,
    actor: Actor,
    event: StockEvent,
    hold: Hold,
    kind: PostingKind,
    target: Location,
    witness: str | None,
) -> StockEvent:
    source = ledger.zones(session, hold.site_id)[LocationKind(hold.zone)]
    move = Move(hold.lot_id, hold.quantity, source.id, target.id, pointer="/quantity")
    return post_event(session, actor, event, hold.site, kind, [move], uuid4(), witness=witness, decided=True)
