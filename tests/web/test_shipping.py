"""A shipment on its way: sent off, told of, counted on arrival, what is missing settled."""

import pytest

from tests.web.world import World, make_world, rows

NOW = "2026-01-02T08:00"


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def clock_now() -> str:
    from inventory import clock

    return clock.now().strftime("%Y-%m-%dT%H:%M")


def arrived(
    received: int, damaged: int = 0, final: str = "yes", lot: str = "EARLY", zone: str = "stock", **more: str
):
    line = {"item": "PARA", "lot": lot, "received": received, "damaged": damaged, "zone": zone}
    return {"received_at": clock_now(), "final": final, **rows("lines", line), **more}


def test_sent_off_with_its_waybill(world):
    number = world.shipment()
    data = {"send-dispatched_at": clock_now(), "send-waybill": "WB-77"}
    assert world.post("warehouse", f"/shipments/{number}/dispatch", data).status_code == 303
    page = world.get("clinic", f"/shipments/{number}").text
    assert "On its way" in page
    assert "WB-77" in page
    assert "Left the sender" in page
    answer = world.post("warehouse", f"/shipments/{number}/dispatch", data)
    assert answer.status_code == 409
    assert "This shipment is on its way" in answer.text


@pytest.mark.parametrize("at", ["", "yesterday", "2999-01-01T10:00"])
def test_a_time_that_cannot_be(world, at):
    number = world.shipment()
    data = {"send-dispatched_at": at, "send-waybill": "kept"}
    answer = world.post("warehouse", f"/shipments/{number}/dispatch", data)
    assert answer.status_code == 422
    assert 'value="kept"' in answer.text


def test_times_are_those_of_the_site(world):
    from inventory.access import SYSTEM
    from inventory.services import shipments, sites

    sites.change_site(world.session, SYSTEM, "HUB", {"timezone": "Asia/Baghdad"})
    world.session.commit()
    number = world.shipment()
    data = {"send-dispatched_at": "2026-01-02T08:00"}
    answer = world.post("warehouse", f"/shipments/{number}/dispatch", data)
    assert answer.status_code == 409  # the goods came today: they cannot have left in January
    found = shipments.get_shipment(world.session, SYSTEM, number)
    assert found.status == "draft"


def test_milestones_are_told_apart_in_words(world):
    number = world.shipment(sent=True)
    for milestone, classifier, at in (
        ("departed", "actual", clock_now()),
        ("arrived_port", "estimated", "2031-01-01T10:00"),
        ("out_for_delivery", "planned", "2031-01-02T10:00"),
    ):
        data = {
            "event-milestone": milestone,
            "event-classifier": classifier,
            "event-occurred_at": at,
            "event-place": "Zakho",
            "event-note": "told by phone",
        }
        assert world.post("clinic", f"/shipments/{number}/events", data).status_code == 303
    page = world.get("viewer", f"/shipments/{number}").text
    assert "Departed" in page
    assert "Arrived at the port or airport (estimated)" in page
    assert "Out for delivery (planned)" in page
    assert "told by phone" in page
    told = world.get("donor", f"/shipments/{number}").text
    assert "Departed" in told
    assert "told by phone" not in told
    assert "Zakho" not in told


def test_what_a_milestone_refuses(world):
    number = world.shipment(sent=True)
    data = {
        "event-milestone": "",
        "event-classifier": "actual",
        "event-occurred_at": "2999-01-01T10:00",
        "event-place": "kept",
    }
    answer = world.post("clinic", f"/shipments/{number}/events", data)
    assert answer.status_code == 422
    assert 'value="kept"' in answer.text
    answer = world.post("clinic", f"/shipments/{number}/events", data | {"event-milestone": "departed"})
    assert answer.status_code == 422
    assert "the time lies ahead" in answer.text
    assert world.post("viewer", f"/shipments/{number}/events", data).status_code == 403
    assert world.post("elsewhere", f"/shipments/{number}/events", data).status_code == 404


def test_the_checklist_is_filled_with_what_was_sent(world):
    number = world.shipment(sent=True)
    page = world.get("clinic", f"/shipments/{number}/receive").text
    assert "EARLY" in page
    assert 'value="60"' in page
    assert world.post("clinic", f"/shipments/{number}/receive", arrived(60)).status_code == 303
    page = world.get("clinic", f"/shipments/{number}").text
    assert "Received and counted" in page
    assert "What did not arrive whole" not in page
    answer = world.get("clinic", f"/shipments/{number}/receive")
    assert answer.status_code == 409


def test_more_to_come_and_then_the_rest(world):
    number = world.shipment(sent=True)
    assert world.post("clinic", f"/shipments/{number}/receive", arrived(20, final="no")).status_code == 303
    page = world.get("clinic", f"/shipments/{number}/receive").text
    assert 'value="40"' in page
    assert world.post("clinic", f"/shipments/{number}/receive", arrived(40)).status_code == 303


def test_the_same_receipt_twice_counts_once(world):
    number = world.shipment(sent=True)
    data = arrived(20, final="no", token="6b5b3c2e-0000-4000-8000-000000000003")
    for _ in range(2):
        assert world.post("clinic", f"/shipments/{number}/receive", data).status_code == 303
    assert 'value="40"' in world.get("clinic", f"/shipments/{number}/receive").text


def test_more_than_was_sent_is_refused_and_kept(world):
    number = world.shipment(sent=True)
    answer = world.post("clinic", f"/shipments/{number}/receive", arrived(61))
    assert answer.status_code == 409
    assert "Only 60 of PARA" in answer.text
    assert 'value="61"' in answer.text
    answer = world.post("clinic", f"/shipments/{number}/receive", arrived(10, damaged=11))
    assert answer.status_code == 422
    assert "More cannot be damaged than came" in answer.text


def test_what_is_missing_is_found_or_given_up(world):
    number = world.shipment(sent=True)
    world.post("clinic", f"/shipments/{number}/receive", arrived(50, damaged=5))
    page = world.get("clinic", f"/shipments/{number}").text
    assert "What did not arrive whole" in page
    assert (
        world.post("clinic", f"/shipments/{number}/settle", {"settle-lines-0-quantity": "4"}).status_code
        == 303
    )
    gives_up = {"settle-lines-0-quantity": "6", "write_off": "1"}
    assert (
        world.post("clinic", f"/shipments/{number}/settle", gives_up | {"settle-reason": "x"}).status_code
        == 403
    )
    answer = world.post("coordinator", f"/shipments/{number}/settle", gives_up)
    assert answer.status_code == 422
    assert "This may not be empty" in answer.text
    answer = world.post(
        "coordinator", f"/shipments/{number}/settle", gives_up | {"settle-reason": "Fell in the river"}
    )
    assert answer.status_code == 303
    assert "Settle what is missing" not in world.get("coordinator", f"/shipments/{number}").text
    answer = world.post("coordinator", f"/shipments/{number}/settle", {"settle-lines-0-quantity": "1"})
    assert answer.status_code == 409


def test_only_the_destination_counts(world):
    number = world.shipment(sent=True)
    assert world.get("warehouse", f"/shipments/{number}/receive").status_code == 403
    assert world.post("warehouse", f"/shipments/{number}/receive", arrived(60)).status_code == 403
    assert world.get("elsewhere", f"/shipments/{number}/receive").status_code == 404
    assert world.get("donor", f"/shipments/{number}/receive").status_code == 403
