"""A recall made in error is taken back: one person asks for it, another agrees, and exactly what it blocked is free."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor, require
from inventory.errors import Conflict, Forbidden, msg
from inventory.models import KitContent, Lot, Recall
from inventory.services import audit, recalls
from inventory.services.checks import Checks
from inventory.services.recall_notices import get_recall


def ask(session: Session, actor: Actor, recall_id: int, reason: str | None) -> Recall:
    """Ask for a recall to be withdrawn, for a reason; it blocks until another person agrees."""
    require(actor, "recalls.write")
    recall = _standing(session, recall_id)
    checks = Checks(session)
    text = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    checks.check()
    recall.withdrawal, recall.withdrawal_by_id, recall.withdrawal_by = text, actor.user_id, actor.name
    audit.note(session, actor, "ask to withdraw", f"recall {recall.id}", reason=text)
    session.flush()
    return recall


def agree(session: Session, actor: Actor, recall_id: int) -> Recall:
    """Withdraw a recall that another person asked to withdraw: its lots may be used again, and kits made of them.

    What stands in quarantine stays there until two people decide about it. Lots that another recall blocks, and kits
    that hold another recalled batch, stay blocked.
    """
    require(actor, "recalls.write")
    recall = _standing(session, recall_id)
    if recall.withdrawal is None:
        raise Conflict(msg("Nobody asked to withdraw this recall."))
    if same_person(actor, recall):
        raise Forbidden(msg("You asked for this: another person agrees."))
    recall.withdrawn_at, recall.withdrawn_by = clock.now(), actor.name
    session.flush()
    batch = select(Lot).where(Lot.item_id == recall.item_id, Lot.number == recall.lot_number)
    lots = list(session.scalars(batch.with_for_update()))
    for lot in lots:
        if not _holds_recalled(session, lot):
            lot.recalled_on = None
    session.flush()
    kits = ledger.kits_holding(session, [lot.id for lot in lots], lock=True)
    for kit in kits:
        if not _recalled_itself(session, kit) and not _holds_recalled(session, kit):
            kit.recalled_on = None
    session.flush()
    recalls.look_again(session, lots, kits)
    audit.note(session, actor, "withdraw recall", f"recall {recall.id}", reason=recall.withdrawal)
    session.flush()
    return recall


def keep(session: Session, actor: Actor, recall_id: int) -> Recall:
    """Turn down a request to withdraw: the recall stays."""
    require(actor, "recalls.write")
    recall = _standing(session, recall_id)
    if recall.withdrawal is None:
        raise Conflict(msg("Nobody asked to withdraw this recall."))
    audit.note(session, actor, "keep recall", f"recall {recall.id}", reason=recall.withdrawal)
    recall.withdrawal = recall.withdrawal_by_id = recall.withdrawal_by = None
    session.flush()
    return recall


def same_person(actor: Actor, recall: Recall) -> bool:
    """Whether the actor is who asked: the same account, or, for what has none, the same name."""
    if actor.user_id is None or recall.withdrawal_by_id is None:
        return actor.user_id == recall.withdrawal_by_id and actor.name == recall.withdrawal_by
    return actor.user_id == recall.withdrawal_by_id


def _standing(session: Session, recall_id: int) -> Recall:
    recall = get_recall(session, recall_id, lock=True)
    if recall.drill:
        raise Conflict(msg("A drill blocks nothing: close it instead."))
    if recall.withdrawn_at is not None:
        raise Conflict(msg("This recall was withdrawn."))
    return recall


def _recalled_itself(session: Session, lot: Lot) -> bool:
    """Whether a recall in force names the number of a lot."""
    named = select(Recall.id).where(
        Recall.item_id == lot.item_id, Recall.lot_number == lot.number, Recall.in_force()
    )
    return session.scalar(named) is not None


def _holds_recalled(session: Session, kit: Lot) -> bool:
    """Whether a kit lot holds something of a lot that is still blocked."""
    inside = (
        select(Lot.id)
        .join(KitContent, KitContent.lot_id == Lot.id)
        .where(KitContent.kit_lot_id == kit.id, Lot.recalled_on.is_not(None))
    )
    return session.scalars(inside.limit(1)).first() is not None
