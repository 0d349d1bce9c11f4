"""Surplus as it is read: the proposals between sites that the actor sees, and why a shipment was proposed."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory.access import Actor, require
from inventory.errors import Message
from inventory.ledger import surplus as reading
from inventory.ledger.surplus import Proposal
from inventory.models import Lot, Shipment, Site


@dataclass(frozen=True, slots=True)
class Way:
    """The proposals from one site to another."""

    origin: Site
    destination: Site
    proposals: list[Proposal]

    @property
    def arrives_on(self) -> date:
        """When they would be there."""
        return max(each.arrives_on for each in self.proposals)


@dataclass(frozen=True, slots=True)
class Found:
    """What is proposed to an actor, and what would expire within a year at the sites that they see."""

    ways: list[Way] = field(default_factory=list)
    units: int = 0
    worth: dict[str, Decimal] = field(default_factory=dict)
    expiring_lots: int = 0
    expiring_units: int = 0

    @property
    def proposals(self) -> list[Proposal]:
        """All of them, in the order of the ways."""
        return [each for way in self.ways for each in way.proposals]


def proposals(session: Session, actor: Actor, today: date) -> Found:
    """What to move today between sites both of which the actor sees."""
    require(actor, "surplus.see")
    found = reading.surplus(session, today)
    mine = [
        each
        for each in found.proposals
        if actor.sees_site(each.origin.id) and actor.sees_site(each.destination.id)
    ]
    ways: dict[tuple[int, int], Way] = {}
    for each in mine:
        key = each.origin.id, each.destination.id
        ways.setdefault(key, Way(each.origin, each.destination, [])).proposals.append(each)
    seen = [told for site_id, told in found.expiring.items() if actor.sees_site(site_id)]
    units, worth = reading.totals(mine)
    return Found(
        list(ways.values()), units, worth, sum(lots for lots, _ in seen), sum(units for _, units in seen)
    )


def reason_of(shipment: Shipment) -> Message | None:
    """Why a shipment was proposed; None where nobody said it."""
    if not shipment.reason:
        return None
    try:
        return Message.from_json(json.loads(shipment.reason))
    except (ValueError, KeyError, TypeError):
        return Message(shipment.reason)


def named(session: Session, lot_ids: Collection[int]) -> list[Lot]:
    """Lots with their items, to name what is not proposed any more."""
    wanted = (
        select(Lot).where(Lot.id.in_(list(lot_ids)[:100])).options(selectinload(Lot.item)).order_by(Lot.id)
    )
    return list(session.scalars(wanted)) if lot_ids else []
