"""What devices recorded offline: never dropped, posted once, one bad event spoils no other."""

import json
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.access import Role
from inventory.models import SyncEvent
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, create_site, stock_up

TODAY = clock.today()


def at(**delta):
    return (clock.now() + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def consumption(quantity=1, **fields):
    data = {
        "site": "CLINIC",
        "occurred_on": TODAY.isoformat(),
        "lines": [{"item": "PARA500", "quantity": quantity}],
    }
    return {
        "id": str(uuid.uuid4()),
        "type": "consumption",
        "occurred_at": at(seconds=-5),
        "data": data,
    } | fields


def receipt(quantity=10, **fields):
    later = (TODAY + timedelta(days=800)).isoformat()
    line = {"item": "PARA500", "lot": "NEW", "expires_on": later, "quantity": quantity}
    data = {"site": "CLINIC", "received_on": TODAY.isoformat(), "lines": [line]}
    return {"id": str(uuid.uuid4()), "type": "receipt", "occurred_at": at(seconds=-5), "data": data} | fields


def count(counted, moment, lot="L1"):
    data = {"site": "CLINIC", "lines": [{"item": "PARA500", "lot": lot, "counted": counted}]}
    return {"id": str(uuid.uuid4()), "type": "count", "occurred_at": moment, "data": data}


def results(answer):
    return [each["result"] for each in good(answer)["events"]]


@pytest.fixture
def nurse(program, clinic):
    return program(Role.CLINIC, [clinic])


@pytest.fixture
def send(nurse):
    def sending(*events, **fields):
        return nurse.post("/sync", {"device": "tablet-1", "sent_at": at(), "events": list(events)} | fields)

    return sending


@pytest.fixture
def lot(session, clinic, item):
    """A hundred tablets at the clinic, two days ago."""
    return stock_up(session, clinic, item, 100, lot="L1", received_on=TODAY - timedelta(days=2))


def on_hand(caller):
    return sum(row["on_hand"] for row in good(caller.get("/stock?site=CLINIC&zone=stock"))["data"])


def waiting(caller):
    return good(caller.get("/sync/events?result=needs_attention"))["data"]


def open_attention(admin):
    return good(admin.get("/alerts?kind=needs_attention&open=true"))["data"]


def test_every_type_is_posted(send, nurse, lot):
    day = TODAY.isoformat()
    line = {"item": "PARA500", "lot": "L1"}
    adjustment = {
        "site": "CLINIC",
        "occurred_on": day,
        "lines": [line | {"quantity": -2, "reason": "damaged"}],
    }
    asked = {"site": "CLINIC", "kind": "regular", "lines": [{"item": "PARA500", "quantity": 50}]}
    events = [
        consumption(5),
        receipt(),
        {"id": str(uuid.uuid4()), "type": "adjustment", "occurred_at": at(), "data": adjustment},
        {"id": str(uuid.uuid4()), "type": "requisition", "occurred_at": at(), "data": asked},
        count(90, at()),
    ]
    told = good(send(*events))["events"]
    assert [each["result"] for each in told] == ["accepted"] * 5
    assert [each["id"] for each in told] == [each["id"] for each in events]
    assert [each["document"][:3] for each in told] == ["CON", "GRN", "ADJ", "REQ", "CNT"]
    assert on_hand(nurse) == 100


def test_the_same_event_again_counts_once(send, nurse, lot):
    event = consumption(5)
    assert results(send(event)) == ["accepted"]
    assert results(send(event, event)) == ["duplicate", "duplicate"]
    assert on_hand(nurse) == 95
    twice = consumption(1)
    assert results(send(twice, twice)) == ["accepted", "duplicate"]


def test_one_bad_event_spoils_no_other(send, nurse, admin, lot):
    unknown = consumption()
    unknown["data"]["lines"][0]["item"] = "NONE"
    told = good(send(consumption(5), unknown, consumption(1000), consumption(3)))["events"]
    assert [each["result"] for each in told] == ["accepted", "needs_attention", "needs_attention", "accepted"]
    assert "NONE" in told[1]["detail"]
    assert "/lines/0/quantity" in told[2]["detail"]
    assert on_hand(nurse) == 92
    assert len(waiting(nurse)) == 2
    alerts = open_attention(admin)
    assert len(alerts) == 2
    assert alerts[0]["site"] == "CLINIC"


@pytest.mark.parametrize(
    "event",
    [
        None,
        5,
        "text",
        [],
        {},
        {"id": "no-uuid", "type": "consumption"},
        {"id": str(uuid.uuid4()), "type": "dance", "occurred_at": "2026-01-01T00:00:00Z", "data": {}},
        {"id": str(uuid.uuid4()), "type": "consumption", "occurred_at": "yesterday", "data": {}},
        {"id": str(uuid.uuid4()), "type": "consumption", "occurred_at": "2026-01-01T00:00:00Z", "data": None},
        {
            "id": str(uuid.uuid4()),
            "type": "consumption",
            "occurred_at": "2026-01-01T00:00:00Z",
            "data": {"x": 1.5},
        },
        {
            "id": str(uuid.uuid4()),
            "type": "count",
            "occurred_at": 7,
            "data": {"a\x00b": "\x00", "s": "\ud800"},
        },
        {"id": {"a": 1}, "type": ["x"], "occurred_at": {}, "data": "\u202e" * 3, "extra": True},
        {
            "id": str(uuid.uuid4()),
            "type": "requisition",
            "occurred_at": "9999-12-31T23:59:59Z",
            "data": {"site": "\x00"},
        },
    ],
)
def test_whatever_it_is_it_is_kept(send, nurse, admin, session, clinic, event):
    answer = send(event)
    assert results(answer) == ["needs_attention"]
    kept = session.scalars(select(SyncEvent)).all()
    assert len(kept) == 1
    assert isinstance(good(answer)["events"][0]["id"], str)
    if isinstance(event, dict) and "data" in event:
        assert json.dumps(kept[0].data) == json.dumps(event["data"])
    assert len(waiting(nurse)) == 1
    assert len(open_attention(admin)) == 1
    assert results(send(event)) == ["needs_attention"]  # and once only
    session.expire_all()
    assert len(session.scalars(select(SyncEvent)).all()) == 1
    assert len(open_attention(admin)) == 1


def test_requests_that_cannot_be(nurse, program):
    problem(nurse.post("/sync", data=b'{"events": [', content_type="application/json"), 400)
    for body in ({}, {"events": {}}, {"events": None}, {"device": "d", "events": "x"}):
        assert pointers(nurse.post("/sync", body)) == ["/events"]
    assert good(nurse.post("/sync", {"events": []})) == {"events": []}
    problem(program(Role.VIEWER).post("/sync", {"events": []}), 403)


def test_another_teams_site(send, nurse, program, admin, session, item, clinic):
    other = create_site(session, "OTHER", kind="dispensary")
    stock_up(session, other, item, 10)
    event = consumption(1)
    event["data"]["site"] = "OTHER"
    assert results(send(event)) == ["needs_attention"]
    theirs = program(Role.CLINIC, [other])
    assert [each["id"] for each in waiting(theirs)] == [event["id"]]
    told = good(theirs.post(f"/sync/events/{event['id']}/retry"))  # they take it on
    assert told["result"] == "accepted"
    assert open_attention(admin) == []


def test_posted_by_itself_when_a_receipt_arrives(send, nurse, admin, clinic, item):
    assert results(send(consumption(4))) == ["needs_attention"]
    assert results(send(receipt(10))) == ["accepted"]
    assert waiting(nurse) == []
    assert open_attention(admin) == []
    assert on_hand(nurse) == 6
    event = good(nurse.get("/sync/events"))["data"][0]
    assert event["result"] == "accepted"
    assert event["document"].startswith("CON-")
    assert event["settled_at"]


def test_within_one_batch_too(send, nurse, clinic, item):
    assert results(send(consumption(4), receipt(10))) == ["accepted", "accepted"]
    assert on_hand(nurse) == 6


def test_posted_by_itself_when_the_item_is_entered(send, nurse, admin, clinic, session):
    assert results(send(receipt(10))) == ["needs_attention"]
    good(
        admin.post("/items", {"code": "PARA500", "name": "P", "base_unit": "tablet", "category": "medicine"}),
        201,
    )
    assert waiting(nurse) == []
    assert on_hand(nurse) == 10


def test_posted_when_a_shipment_arrives(send, nurse, admin, session, depot, clinic, item):
    stock_up(session, depot, item, 50, lot="SENT", received_on=TODAY - timedelta(days=1))
    number = good(
        admin.post("/shipments", {"origin": "DEPOT", "destination": "CLINIC", "mode": "road"}), 201
    )["number"]
    package = {"kind": "loose", "lines": [{"item": "PARA500", "quantity": 20}]}
    good(admin.post(f"/shipments/{number}/packages", package), 201)
    good(admin.post(f"/shipments/{number}/dispatch", {"dispatched_at": at(seconds=-2)}))
    assert results(send(consumption(4))) == ["needs_attention"]
    lines = [{"item": "PARA500", "lot": "SENT", "received": 20}]
    good(nurse.post(f"/shipments/{number}/receive", {"received_at": at(), "lines": lines}))
    assert waiting(nurse) == []
    assert on_hand(nurse) == 16


def test_posted_when_it_is_sent_again(send, nurse, admin, session, clinic, item):
    event = consumption(4)
    assert results(send(event)) == ["needs_attention"]
    stock = create_item(session, "OTHER")
    assert results(send(event)) == ["needs_attention"]
    event["data"]["lines"][0]["quantity"] = 1  # the device puts it right
    stock_up(session, clinic, stock, 5)
    event["data"]["lines"][0]["item"] = "OTHER"
    assert results(send(event)) == ["accepted"]
    assert open_attention(admin) == []


def test_an_id_used_for_something_else_is_kept_for_a_person(send, nurse, lot):
    event = consumption(5)
    assert results(send(event)) == ["accepted"]
    other = json.loads(json.dumps(event))
    other["data"]["lines"][0]["quantity"] = 7
    assert results(send(other)) == ["needs_attention"]
    assert results(send(other)) == ["needs_attention"]
    assert on_hand(nurse) == 95
    assert results(send(event)) == ["duplicate"]
    kept = waiting(nurse)
    assert len(kept) == 1
    assert kept[0]["id"] != event["id"]
    assert good(nurse.post(f"/sync/events/{kept[0]['id']}/retry"))["result"] == "accepted"
    assert on_hand(nurse) == 88


def test_retry_and_resolve_by_hand(send, nurse, admin, lot):
    event = consumption(1000)
    send(event)
    path = f"/sync/events/{event['id']}"
    told = good(nurse.post(f"{path}/retry"))
    assert told["result"] == "needs_attention"
    assert [each["pointer"] for each in told["errors"]] == ["/lines/0/quantity"]
    assert pointers(nurse.post(f"{path}/resolve", {})) == ["/note"]
    instead = json.loads(json.dumps(event["data"]))
    instead["lines"][0]["quantity"] = 2000
    assert pointers(nurse.post(f"{path}/resolve", {"note": "n", "data": instead}), 409) == [
        "/data/lines/0/quantity"
    ]
    assert pointers(nurse.post(f"{path}/resolve", {"note": "n", "data": [1]})) == ["/data"]
    instead["lines"][0]["quantity"] = 10
    told = good(nurse.post(f"{path}/resolve", {"note": "a slip", "data": instead}))
    assert told["result"] == "accepted"
    assert told["data"] == event["data"]  # what was recorded stays
    assert on_hand(nurse) == 90
    assert open_attention(admin) == []
    assert results(send(event)) == ["duplicate"]
    assert good(nurse.post(f"{path}/retry"))["result"] == "accepted"
    problem(nurse.post(f"{path}/resolve", {"note": "again"}), 409)


def test_closed_without_being_posted(send, nurse, admin, lot):
    event = consumption(1000)
    send(event)
    told = good(nurse.post(f"/sync/events/{event['id']}/resolve", {"note": "written twice"}))
    assert told["result"] == "resolved"
    assert told["note"] == "written twice"
    assert open_attention(admin) == []
    problem(nurse.post(f"/sync/events/{event['id']}/retry"), 409)
    assert results(send(event)) == ["duplicate"]
    assert on_hand(nurse) == 100


def test_events_of_others_are_not_known(send, program, session, lot):
    event = consumption(1000)
    send(event)
    stranger = program(Role.CLINIC, [create_site(session, "OTHER", kind="dispensary")])
    problem(stranger.post(f"/sync/events/{event['id']}/retry"), 404)
    problem(stranger.post("/sync/events/nothing/resolve", {"note": "n"}), 404)
    problem(stranger.get("/sync/events?site=CLINIC"), 403)
    assert good(stranger.get("/sync/events"))["data"] == []


def test_a_clock_that_is_wrong(send, nurse, session, lot):
    """One that runs three hours ahead is corrected by what it says at sending."""
    event = consumption(1, occurred_at=at(hours=3, minutes=-10))
    assert results(send(event, sent_at=at(hours=3))) == ["accepted"]
    kept = session.scalars(select(SyncEvent)).one()
    assert abs(kept.occurred_at - (clock.now() - timedelta(minutes=10))) < timedelta(minutes=1)
    assert kept.raw_occurred_at == event["occurred_at"]


@pytest.mark.parametrize("sent_at", [None, "nonsense", 5])
def test_a_time_ahead_is_set_back_to_now(send, nurse, session, lot, sent_at):
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    near, far = consumption(1, occurred_at=at(hours=23)), consumption(1, occurred_at=at(hours=25))
    near["data"]["occurred_on"] = tomorrow
    assert results(send(near, far, sent_at=sent_at)) == ["accepted", "needs_attention"]
    kept = session.scalars(select(SyncEvent).where(SyncEvent.event_id == near["id"])).one()
    assert kept.occurred_at <= clock.now()


def test_earlier_consumption_told_later_does_not_come_off_a_count(send, nurse, session, lot):
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert results(send(count(80, at(minutes=-10)))) == ["accepted"]
    late = consumption(15, occurred_at=at(days=-1))
    late["data"]["occurred_on"] = yesterday
    today = consumption(3, occurred_at=at(minutes=-20))
    after = consumption(5, occurred_at=at(minutes=-1))
    assert results(send(late, today, after)) == ["accepted"] * 3
    assert on_hand(nurse) == 75
    rows = good(nurse.get("/movements?site=CLINIC&item=PARA500"))["data"]
    assert sum(row["quantity"] for row in rows if row["destination"] == "patients") == 23
    assert rows[-1]["balance"] == 75
    as_of = good(nurse.get(f"/stock?site=CLINIC&as_of={yesterday}"))["data"]
    assert [row["on_hand"] for row in as_of] == [85]
    assert ledger.verify(session).faults == []


def test_a_lot_counted_as_gone_was_dispensed_before(send, nurse, session, lot):
    """The count found nothing; that a hundred were dispensed before it explains it, and is no shortage."""
    assert results(send(count(0, at(minutes=-10)))) == ["accepted"]
    assert on_hand(nurse) == 0
    assert results(send(consumption(60, occurred_at=at(minutes=-30)))) == ["accepted"]
    assert on_hand(nurse) == 0
    assert results(send(consumption(50, occurred_at=at(minutes=-25)))) == ["needs_attention"]  # 40 were left
    assert results(send(consumption(40, occurred_at=at(minutes=-20)))) == ["accepted"]
    assert results(send(consumption(1, occurred_at=at(minutes=-1)))) == ["needs_attention"]
    assert ledger.verify(session).faults == []


def test_a_count_told_late_is_of_its_own_moment(send, nurse, session, lot):
    assert results(send(consumption(10, occurred_at=at(minutes=-5)))) == ["accepted"]
    assert results(send(count(95, at(minutes=-20)))) == ["accepted"]
    assert on_hand(nurse) == 85
    assert ledger.verify(session).faults == []


def test_other_things_told_late_leave_a_count_alone_too(send, nurse, session, lot):
    assert results(send(count(80, at(minutes=-10)))) == ["accepted"]
    line = {"item": "PARA500", "lot": "L1", "quantity": -7, "reason": "lost"}
    data = {"site": "CLINIC", "occurred_on": TODAY.isoformat(), "lines": [line]}
    event = {"id": str(uuid.uuid4()), "type": "adjustment", "occurred_at": at(minutes=-20), "data": data}
    assert results(send(event)) == ["accepted"]
    assert on_hand(nurse) == 80
    assert results(send(count(90, at(minutes=-30)))) == ["accepted"]
    assert on_hand(nurse) == 80
    assert ledger.verify(session).faults == []


def test_a_batch_is_replayed_whole(send, nurse, lot):
    body = {"device": "d", "events": [consumption(5), consumption(1000)]}
    key = {"headers": {"Idempotency-Key": "batch"}}
    first, again = nurse.post("/sync", body, **key), nurse.post("/sync", body, **key)
    assert first.get_data() == again.get_data()
    assert results(first) == ["accepted", "needs_attention"]
    assert on_hand(nurse) == 95


def test_the_list_pages_and_filters(send, nurse, lot):
    send(*[consumption(1000) for _ in range(3)], consumption(1))
    page = good(nurse.get("/sync/events?site=CLINIC&result=needs_attention&limit=2"))
    rest = good(nurse.get(f"/sync/events?site=CLINIC&result=needs_attention&limit=2&cursor={page['next']}"))
    assert len(page["data"]) == 2
    assert len(rest["data"]) == 1
    assert pointers(nurse.get("/sync/events?result=maybe")) == ["/result"]
