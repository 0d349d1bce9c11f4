"""Devices that send at the same moment: nothing twice, nothing lost, nothing oversold."""

import uuid
from collections import Counter

from inventory import clock, ledger
from tests.api.conftest import Program, good
from tests.api.test_idempotency import at_once, world


def consumption(quantity=1):
    data = {
        "site": "DEPOT",
        "occurred_on": clock.today().isoformat(),
        "lines": [{"item": "PARA500", "quantity": quantity}],
    }
    at = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": str(uuid.uuid4()), "type": "consumption", "occurred_at": at, "data": data}


def send(app, token, *events):
    body = {"device": "tablet", "events": list(events)}
    return [each["result"] for each in good(Program(app.test_client(), token).post("/sync", body))["events"]]


def faults(app):
    from inventory.db import db

    with app.app_context():
        return ledger.verify(db.session()).faults


def test_the_same_event_from_eight_at_once_counts_once(live_app):
    token = world(live_app)
    event = consumption(3)
    found = Counter(
        result for answer in at_once(8, lambda _: send(live_app, token, event)) for result in answer
    )
    assert found == {"accepted": 1, "duplicate": 7}
    assert faults(live_app) == []


def test_sixteen_at_ten(live_app):
    token = world(live_app)
    events = [consumption() for _ in range(16)]
    answers = at_once(16, lambda number: send(live_app, token, events[number]))
    assert Counter(answer[0] for answer in answers) == {"accepted": 10, "needs_attention": 6}
    assert faults(live_app) == []
    again = Counter(send(live_app, token, *events))
    assert again == {"duplicate": 10, "needs_attention": 6}
