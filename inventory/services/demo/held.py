"""What became of what was set aside: proposed by one, decided by another; a recall followed, and a drill of one."""

from datetime import timedelta

from sqlalchemy import select

from inventory import clock
from inventory.models import Hold, Lot, Recall
from inventory.services import hold_decisions, recall_notices, recalls
from inventory.services.demo.places import HUB
from inventory.services.demo.world import World
from inventory.services.hold_decisions import Decision, Proposal
from inventory.services.recall_notices import Answer

_ANSWERS = (35, 52, 95, 140, 190, 260)
"""Minutes after which the holders answered in the drill, one after the other."""


def tell(world: World) -> None:
    """A page of holds in every state, a drill that went well, a recall that somebody was called about."""
    world.plan(-40, 9, lambda: _drill(world))
    world.plan(-11, 9, lambda: _decided(world))
    world.plan(-1, 9, lambda: _called(world))


def _hold(world: World, lot: str, cause: str) -> Hold | None:
    query = select(Hold).join(Lot, Lot.id == Hold.lot_id).where(Lot.number == lot, Hold.cause == cause)
    return world.session.scalars(query.where(Hold.status == "open").order_by(Hold.id)).first()


def _decided(world: World) -> None:
    """Of what a hospital had sent unasked: gauze is burnt, what had expired waits for a second person."""
    with world.at(-11, 9):
        gauze, expired = _hold(world, "XS3307", "damaged"), _hold(world, "XS0910", "expired")
        if gauze is not None:
            asked = Proposal("destroy", "Soaked in the container, the packs are open")
            hold_decisions.propose(world.session, world.person("warehouse"), gauze.number, asked)
        if expired is not None:
            asked = Proposal("destroy", "Expired before it came; the hospital does not take it back")
            hold_decisions.propose(world.session, world.person("warehouse"), expired.number, asked)
    with world.at(-10, 14):
        if gauze is not None:
            decision = Decision(
                True,
                method="incineration",
                place="Incinerator of Rizgary hospital",
                witness="Awat Hama Salih",
                authority="Directorate of Health, Erbil",
                certificate="ERB-ENV-0164",
            )
            hold_decisions.decide(world.session, world.person("coordinator"), gauze.number, decision)


def _drill(world: World) -> None:
    """The hub's biggest lot of paracetamol, as if it were recalled: everybody answers within five hours."""
    begun = world.moment(-40, 9)
    with clock.pretend(begun):
        lot = world.lots(HUB, "PARA-500")
        if not lot:
            return
        reason = "Drill of the half-year: act and answer as if it were real"
        drill = recalls.recall(
            world.session, world.person("coordinator"), "PARA-500", lot[0].number, reason, drill=True
        )
    notices = recall_notices.notices_of(world.session, drill)
    minutes = 0
    for index, notice in enumerate(notices):
        minutes = _ANSWERS[index] if index < len(_ANSWERS) else minutes + 45
        with clock.pretend(begun + timedelta(minutes=minutes)):
            reply = "blocked" if notice.quantity else "nothing_left"
            said = Answer(reply, notice.quantity, "By phone, counted on the shelf")
            recall_notices.answer(world.session, world.person("coordinator"), notice.id, said)
    with clock.pretend(begun + timedelta(minutes=minutes + 10)):
        recall_notices.close(world.session, world.person("coordinator"), drill.id, None)


def _called(world: World) -> None:
    """The day after the recall the first holder was called."""
    with world.at(-1, 9):
        query = select(Recall).where(Recall.lot_number == "EN9907", Recall.in_force())
        recall = world.session.scalars(query).first()
        notices = recall_notices.notices_of(world.session, recall) if recall is not None else []
        for notice in notices[:1]:
            recall_notices.inform(
                world.session, world.person("coordinator"), notice.id, "Shilan Omar", "phone"
            )
