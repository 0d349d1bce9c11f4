"""Two people who draft the same surplus at once: one gets it, the other is told."""

import threading

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.db import atomically, db
from inventory.errors import Conflict, DomainError
from inventory.ledger.surplus import surplus
from inventory.models import Balance, Shipment
from inventory.services import surplus as service
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR
from tests.services.test_surplus import chosen, demand


@pytest.mark.parametrize("share", [1, 2])
def test_two_at_once(live_app, share):
    """Half of it each would fit the stock, but the second is judged by what the first has left."""
    with live_app.app_context():
        session = db.session()
        item = create_item(session)
        a, b = create_site(session, kind="dispensary"), create_site(session, kind="dispensary")
        demand(session, a, item, 0)
        demand(session, b, item, 30)
        stock_up(session, a, item, 500, expires_in=100)
        proposal = surplus(session, clock.today()).proposals[0]
        wanted = [chosen(proposal, proposal.quantity // share - (share - 1))]
        db.session.remove()
    answers, start = [None, None], threading.Barrier(2)

    def work(index):
        with live_app.app_context():
            start.wait()
            try:
                answers[index] = atomically(lambda s: service.draft_moves(s, COORDINATOR, wanted)[0].number)
            except DomainError as error:
                answers[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    refused = [each for each in answers if isinstance(each, Conflict)]
    assert len(refused) == (1 if share == 1 else 0), answers
    with live_app.app_context():
        session = db.session()
        total = sum(session.scalars(select(Balance.reserved)))
        assert total == wanted[0].quantity * (2 - len(refused))
        assert total <= proposal.quantity
        assert len(session.scalars(select(Shipment)).all()) == 2 - len(refused)
        db.session.remove()
