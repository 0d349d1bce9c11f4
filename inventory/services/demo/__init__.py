"""The demonstration: a year in the life of a made-up organisation, told through the use cases."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import SYSTEM
from inventory.errors import Conflict, msg
from inventory.models import AuditEntry, Donor, Item, Site, User
from inventory.services import alerts, audit
from inventory.services.demo import (
    abroad,
    cold,
    counting,
    foresight,
    guarded,
    held,
    history,
    present,
    shelves,
)
from inventory.services.demo.places import PASSWORD, logins, set_policies, settle
from inventory.services.demo.world import World

__all__ = ["PASSWORD", "is_loaded", "load", "logins"]

_SUBJECT = "demonstration"
_FIRST = -460
_LOOKED_AT = (-200, -127, -99, -52, -38, -24, -12, -5)
"""Days on which the alerts of the past were looked at, so that they have a history."""


def is_loaded(session: Session) -> bool:
    """Whether this database holds the demonstration."""
    query = select(AuditEntry.id).where(AuditEntry.subject == _SUBJECT, AuditEntry.action == "demo")
    return session.scalars(query.limit(1)).first() is not None


def load(session: Session) -> bool:
    """Write the demonstration into an empty database; False where it is there already.

    Raises Conflict where there is something else: its accounts have a password that everybody knows.
    """
    if is_loaded(session):
        return False
    if any(session.scalars(select(table.id).limit(1)).first() for table in (User, Site, Item, Donor)):
        raise Conflict(msg("This database is in use. The demonstration is loaded into an empty one only."))
    world = World(session, clock.now())
    with alerts.later(session):
        with world.at(_FIRST):
            settle(session)
        world.plan(-386, 9, lambda: set_policies(session))
        for chapter in (history, abroad, present, held, guarded, foresight, cold, counting, shelves):
            chapter.tell(world)
    looked_at = list(_LOOKED_AT)
    for step in sorted(world.steps, key=lambda step: (step.day, step.hour)):
        while looked_at and looked_at[0] < step.day:
            with world.at(looked_at.pop(0), 20):
                alerts.evaluate(session)
        with alerts.later(session):
            step.act()
    alerts.evaluate(session)
    present.acknowledge(world)
    audit.note(session, SYSTEM, "demo", _SUBJECT)
    session.flush()
    return True
