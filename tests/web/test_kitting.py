"""Kits on their pages: seen, put together after a look, looked into, taken apart, taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Lot, StockEvent
from inventory.services import kits, recalls
from inventory.services.kits import InKit, KitContent
from tests.factories import create_donor, create_item, stock_up
from tests.web.driving import changed, fields, resend, send
from tests.web.world import World, make_world, number_of

TODAY = clock.today()


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


@pytest.fixture
def bill(world, session):
    """A kit of 2 of paracetamol and 1 soap; soap for eight at the hub."""
    create_item(session, "KIT-A", name="Family kit عدة 🧰", category="kit", base_unit="kit")
    soap = create_item(session, "SOAP", name="Soap", category="hygiene", tracks_expiry=False)
    stock_up(
        session,
        world.hub,
        soap,
        8,
        lot="S 1",
        expires_in=None,
        donor=create_donor(session, "SOAPERS", "Soap makers"),
    )
    lines = [InKit("PARA", 2), InKit("SOAP", 1)]
    atomically(lambda s: kits.set_kit(s, SYSTEM, KitContent("KIT-A", None, None, lines)))
    session.commit()


def made(world) -> list[Lot]:
    world.session.expire_all()
    return list(world.session.scalars(select(Lot).where(Lot.item.has(code="KIT-A")).order_by(Lot.id)))


def put_together(world, quantity: int, **more) -> str:
    answer = send(world.of("warehouse"), "/kits/KIT-A/assemble", {"quantity": quantity} | more)
    assert answer.status_code == 303, answer.text
    return number_of(answer)


def test_nobody_has_said_what_a_kit_is(world):
    assert "There is no kit yet" in world.get("warehouse", "/kits").text
    assert world.get("warehouse", "/kits/KIT-A").status_code == 404
    assert world.get("warehouse", "/kits/KIT-A/assemble").status_code == 404
    assert world.get("warehouse", "/kits/lots/1").status_code == 404
    assert world.get("warehouse", f"/kits/lots/{10**30}").status_code == 404


def test_what_can_be_made_here(world, bill):
    page = world.get("warehouse", "/kits").text
    assert "Family kit عدة 🧰" in page
    assert "Soap" in page
    assert '<bdi class="number">8</bdi>' in page
    assert "/kits/KIT-A/assemble" in page
    page = world.get("warehouse", "/kits/KIT-A").text
    for words in ("There are none here", "no more for want of Soap", "Paracetamol"):
        assert words in page
    assert "Change the bill" not in page
    assert "Change the bill" in world.get("coordinator", "/kits/KIT-A?site=HUB").text
    clinic = world.get("clinic", "/kits").text
    assert "Secret camp" in clinic
    assert "/assemble" not in clinic


def test_who_may(world, bill):
    for role in ("donor", "stranger"):
        for path in (
            "/kits",
            "/kits/KIT-A",
            "/kits/KIT-A/assemble",
            "/kits/lots/1",
            "/kits/lots/1/take-apart",
        ):
            assert world.get(role, path).status_code == 403
    for role in ("clinic", "viewer"):
        assert world.get(role, "/kits/KIT-A/assemble").status_code == 403
        assert world.post(role, "/kits/KIT-A/assemble", {"quantity": 1}).status_code == 403
    assert world.get("warehouse", "/kits?site=OTHER").status_code == 403
    number = put_together(world, 1)
    lot = made(world)[0]
    assert world.get("elsewhere", f"/kits/lots/{lot.id}").status_code == 404
    assert world.get("elsewhere", f"/kits/lots/{lot.id}/take-apart").status_code == 404
    assert world.get("viewer", f"/kits/lots/{lot.id}").status_code == 200
    assert world.get("viewer", f"/kits/lots/{lot.id}/take-apart").status_code == 403
    assert world.get("elsewhere", f"/stock-events/{number}").status_code == 404
    data = {"site": "OTHER", "quantity": 1, "occurred_on": TODAY.isoformat()}
    assert world.post("warehouse", "/kits/KIT-A/assemble", data).status_code == 422


def test_looked_over_then_put_together(world, bill):
    client = world.of("warehouse")
    page = send(client, "/kits/KIT-A/assemble", {"quantity": 10}, look="1")
    assert page.status_code == 200
    for words in ("8 of 10 kits can be put together", "missing: 2 ×", "Make 8 instead", "EARLY", "free: 400"):
        assert words in page.text
    assert made(world) == []
    page = resend(client, page, fewer="8")
    assert 'value="8"' in page.text
    for words in ("Kit lots that come of it", "take 16", "What to pick"):
        assert words in page.text
    answer = resend(client, page)
    number = number_of(answer)
    assert number.startswith("KIT-")
    shown = world.get("warehouse", f"/stock-events/{number}").text
    for words in ("Kits put together", "EARLY", "S 1", "+8", "−16"):
        assert words in shown
    assert f"/kits/lots/{made(world)[0].id}" in shown
    assert ledger.verify(world.session).faults == []


def test_a_missing_component_names_the_next_arrival(world, bill, session):
    number = world.shipment(sent=True, quantity=60)
    lines = [InKit("PARA", 60)]
    atomically(lambda s: kits.set_kit(s, SYSTEM, KitContent("KIT-A", None, None, lines)))
    page = send(world.of("coordinator"), "/kits/KIT-A/assemble", site="CLINIC", quantity=2, look="1")
    assert "missing: 20 ×" in page.text
    assert number not in page.text  # nobody knows when it comes
    moment = TODAY + timedelta(days=9)
    from inventory.services import shipments

    atomically(lambda s: shipments.set_eta(s, SYSTEM, number, moment))
    page = send(world.of("coordinator"), "/kits/KIT-A/assemble", site="CLINIC", quantity=2, look="1")
    assert number in page.text
    assert "next arrival" in page.text


def test_what_is_missing_is_told_and_what_was_typed_kept(world, bill):
    answer = send(world.of("warehouse"), "/kits/KIT-A/assemble", quantity=9, note="for Ünal's camp")
    assert answer.status_code == 409
    for words in (
        "8 of 9 kits can be put together: components are missing.",
        "1 × Soap (SOAP) missing",
        "for Ünal&#39;s camp",
    ):
        assert words in answer.text
    for wrong in (
        {"quantity": ""},
        {"quantity": "many"},
        {"quantity": "-1"},
        {"occurred_on": "31/02/2026"},
        {"site": ""},
    ):
        answer = send(world.of("coordinator"), "/kits/KIT-A/assemble", {"quantity": 1, "site": "HUB"} | wrong)
        assert answer.status_code == 422, wrong
        looked = send(
            world.of("coordinator"),
            "/kits/KIT-A/assemble",
            {"quantity": 1, "site": "HUB", "look": "1"} | wrong,
        )
        assert looked.status_code == 200, wrong
    assert made(world) == []


def test_odd_things_sent_are_no_crash(world, bill):
    for odd in ({"fewer": "x"}, {"fewer": "9" * 30}, {"lots": ["", "PARA", "NOTHING X", "PARA \x00"]}):
        page = send(world.of("warehouse"), "/kits/KIT-A/assemble", {"quantity": 1, "look": "1"} | odd)
        assert page.status_code == 200
    answer = send(world.of("warehouse"), "/kits/KIT-A/assemble", {"quantity": 1, "lots": ["PARA GONE"]})
    assert answer.status_code == 422
    assert "There is no lot GONE of PARA here." in answer.text


def test_lots_ticked_by_hand(world, bill):
    page = send(
        world.of("warehouse"), "/kits/KIT-A/assemble", {"quantity": 2, "lots": ["PARA LATE"]}, look="1"
    )
    assert "left although it expires sooner" in page.text
    answer = resend(world.of("warehouse"), page)
    assert answer.status_code == 303
    shown = world.get("warehouse", f"/kits/lots/{made(world)[0].id}").text
    assert "LATE" in shown
    assert "EARLY" not in shown


def test_what_makes_a_kit_expire_soon_is_named(world, bill, session):
    stock_up(session, world.hub, world.item, 4, lot="SHORT", expires_in=100)
    page = send(world.of("warehouse"), "/kits/KIT-A/assemble", quantity=3, look="1").text
    assert "expires soon" in page
    assert "SHORT" in page
    assert "nothing else in it expires" in page


def test_sent_twice_it_is_done_once(world, bill):
    page = world.get("warehouse", "/kits/KIT-A/assemble")
    data = changed(fields(page), {"quantity": 3})
    first = world.of("warehouse").post("/kits/KIT-A/assemble", data=data)
    again = world.of("warehouse").post("/kits/KIT-A/assemble", data=data)
    assert first.headers["Location"] == again.headers["Location"]
    assert len(made(world)) == 1


def test_a_kit_lot_tells_what_is_in_it_and_is_taken_apart(world, bill, session):
    put_together(world, 5)
    [kit] = made(world)
    shown = world.get("warehouse", f"/kits/lots/{kit.id}").text
    for words in ("EARLY", "S 1", "Soap makers", kit.number, "Take apart"):
        assert words in shown
    assert f"/kits/lots/{kit.id}" in world.get("warehouse", "/stock?by=lot&item=KIT-A").text
    assert f"/kits/lots/{kit.id}" in world.get("warehouse", "/stock/HUB/KIT-A").text
    assert f"/kits/lots/{kit.id}/take-apart" in world.get("warehouse", "/kits/KIT-A").text
    client = world.of("warehouse")
    page = send(client, f"/kits/lots/{kit.id}/take-apart", quantity=2, look="1")
    assert page.status_code == 200
    assert '<bdi class="number">4</bdi>' in page.text
    assert resend(client, page, quantity=6).status_code == 409
    assert resend(client, page, quantity=0).status_code == 422
    answer = resend(client, page, quantity=5)
    number = number_of(answer)
    assert number.startswith("UNK-")
    assert "Kits taken apart" in world.get("warehouse", f"/stock-events/{number}").text
    assert "None is left" in world.get("warehouse", f"/kits/lots/{kit.id}").text
    assert "There are none here" in world.get("warehouse", f"/kits/lots/{kit.id}/take-apart").text
    listed = world.get("warehouse", "/stock-events").text
    assert number in listed
    assert "Kits put together" in listed


def test_taken_back_from_its_page(world, bill):
    number = put_together(world, 5)
    answer = world.post("warehouse", f"/stock-events/{number}/undo", {"reason": "wrong kit"})
    assert answer.status_code == 303
    assert world.session.scalars(select(StockEvent.reversed_by_id)).one() is not None
    assert "Taken back" in world.get("warehouse", f"/stock-events/{number}").text


def test_a_recall_shows_on_the_kit(world, bill):
    put_together(world, 5)
    atomically(lambda s: recalls.recall(s, SYSTEM, "PARA", "EARLY", "crystals"))
    [kit] = made(world)
    shown = world.get("warehouse", f"/kits/lots/{kit.id}").text
    assert "Something in it was recalled" in shown
    assert world.get("warehouse", "/stock?by=lot&status=recalled").text.count(kit.number) >= 1
    assert send(world.of("warehouse"), f"/kits/lots/{kit.id}/take-apart", quantity=5).status_code == 303


def test_lists_take_few_queries(world, bill, count_queries):
    for code in ("X1", "X2", "X3", "X4"):
        create_item(world.session, code)
        atomically(
            lambda s, code=code: kits.set_kit(s, SYSTEM, KitContent(code, None, None, [InKit("SOAP", 2)]))
        )
    with count_queries() as queries:
        assert world.get("warehouse", "/kits").status_code == 200
    assert len(queries) <= 16


def test_a_donor_follows_a_gift_into_kits(world, bill):
    put_together(world, 8)
    from inventory.services import packing, shipments, shipping
    from inventory.services.packing import NewPackage, PackedLine
    from inventory.services.shipments import NewShipment

    def work(s) -> str:
        number = shipments.draft(s, SYSTEM, NewShipment("HUB", "CLINIC", "road")).number
        packing.pack(s, SYSTEM, number, NewPackage("carton", [PackedLine("KIT-A", 3)]))
        shipping.dispatch(s, SYSTEM, number, clock.now() - timedelta(minutes=1))
        return number

    number = atomically(work)
    world.session.commit()
    page = world.get("donor", f"/shipments/{number}").text
    assert "Paracetamol" in page
    assert "Soap" not in page
    assert world.get("stranger", f"/shipments/{number}").status_code == 404
    gifts = world.get("donor", "/donations").text
    gift = next(part.split('"')[0] for part in gifts.split("/donations/")[1:])
    page = world.get("donor", f"/donations/{gift}").text
    assert number in page or "1,000" in gifts
