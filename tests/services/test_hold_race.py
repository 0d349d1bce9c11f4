"""Two people at one hold at the same time: what is held leaves once."""

import threading

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.access import Actor, Role
from inventory.db import atomically, db
from inventory.errors import DomainError
from inventory.models import Balance, Hold, Location
from inventory.services import adjustments, hold_decisions
from inventory.services.adjustments import Disposal, DisposalLine
from inventory.services.hold_decisions import Decision, Proposal
from tests.factories import create_item, create_site, stock_up

LEADS = [Actor(None, name, Role.COORDINATOR) for name in ("Rojîn", "روژین", "Ada")]


@pytest.mark.parametrize("other", ["decision", "disposal"])
def test_two_at_once(live_app, other):
    with live_app.app_context():
        session = db.session()
        site, item = create_site(session), create_item(session)
        stock_up(session, site, item, 100, lot="L1", zone="quarantine")
        number = session.scalars(select(Hold.number)).one()
        atomically(lambda s: hold_decisions.propose(s, LEADS[0], number, Proposal("release", "fine")))
        lot = DisposalLine(item.code, "L1", 100)
        place = site.code
        db.session.remove()

    def decide(s, who):
        return hold_decisions.decide(s, who, number, Decision(True)).number

    def dispose(s, who):
        command = Disposal(place, clock.today(), "landfill", [lot])
        return adjustments.dispose(s, who, command).number

    works = [decide, decide if other == "decision" else dispose]
    answers, start = [None, None], threading.Barrier(2)

    def work(index):
        with live_app.app_context():
            start.wait()
            try:
                answers[index] = atomically(lambda s: works[index](s, LEADS[index + 1]))
            except DomainError as error:
                answers[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with live_app.app_context():
        session = db.session()
        held = session.scalars(select(Hold.quantity).where(Hold.status != "decided")).all()
        waiting = session.scalars(
            select(Balance.on_hand)
            .join(Location, Location.id == Balance.location_id)
            .where(Location.kind == "quarantine")
        ).all()
        assert (held, sum(waiting)) == ([], 0), answers
        # A disposal that comes after the release takes the goods out of stock: both may be done then.
        if other == "decision":
            assert sum(isinstance(each, DomainError) for each in answers) == 1
        assert ledger.verify(session).faults == []
        db.session.remove()
