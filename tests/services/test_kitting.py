"""Kits put together and taken apart: lots kept, expiry the earliest, what is missing named, nothing lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Invalid
from inventory.models import KitContent, Lot, StockDay
from inventory.rules.effects import LocationKind
from inventory.services import consumption, kits, packing, recalls, shipments, shipping
from inventory.services import stock_events as events
from inventory.services.kits import InKit
from inventory.services.kitting import ChosenLot
from tests.factories import create_donor, create_site, stock_up
from tests.services.kit_story import KitStory, kit_story
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()


@pytest.fixture
def story(session, do) -> KitStory:
    return kit_story(session, do, create_site(session))


def contents(session, lot: Lot) -> dict[str, int]:
    session.expire_all()
    rows = session.execute(
        select(Lot.number, KitContent.quantity)
        .join(Lot, Lot.id == KitContent.lot_id)
        .where(KitContent.kit_lot_id == lot.id)
    )
    return {number: quantity for number, quantity in rows}


def test_all_of_one_lot_each(story, session, on_hand, total, sound):
    donor = create_donor(session)
    gauze = stock_up(session, story.site, story.gauze, 20, lot="G1", expires_in=400, donor=donor)
    stock_up(session, story.site, story.soap, 9, lot="S1", expires_in=None)
    event = story.assemble(8, note="for the flood 🌊 عدة")
    assert event.number.startswith("KIT-")
    [kit] = story.lots()
    assert (kit.number, kit.expires_on, kit.donor_id, kit.donation_id) == (
        event.number,
        gauze.expires_on,
        None,
        None,
    )
    assert contents(session, kit) == {"G1": 2, "S1": 1}
    assert (on_hand(story.site, kit), on_hand(story.site, "G1"), on_hand(story.site, "S1")) == (8, 4, 1)
    assert total(LocationKind.KITTED) == 8 * 3 - 8
    sound()


def test_lots_that_change_make_several_kit_lots(story, session, on_hand, sound):
    first = stock_up(session, story.site, story.gauze, 5, lot="SOON", expires_in=300)
    later = stock_up(session, story.site, story.gauze, 50, lot="LATE", expires_in=500)
    stock_up(session, story.site, story.soap, 50, lot="S1", expires_in=None)
    number = story.assemble(10).number
    found = story.lots()
    assert [lot.number for lot in found] == [f"{number}/1", f"{number}/2", f"{number}/3"]
    assert [contents(session, lot) for lot in found] == [
        {"SOON": 2, "S1": 1},
        {"SOON": 1, "LATE": 1, "S1": 1},
        {"LATE": 2, "S1": 1},
    ]
    assert [on_hand(story.site, lot) for lot in found] == [2, 1, 7]
    assert [lot.expires_on for lot in found] == [first.expires_on, first.expires_on, later.expires_on]
    sound()


def test_worth_and_arrival_are_those_of_the_components(story, session):
    stock_up(session, story.site, story.gauze, 20, lot="G1")
    stock_up(session, story.site, story.soap, 20, lot="S1", expires_in=None)
    gauze, soap = session.scalars(select(Lot).order_by(Lot.id))
    gauze.unit_value, gauze.currency, soap.unit_value, soap.currency = (
        Decimal("0.25"),
        "EUR",
        Decimal("0.333333"),
        "EUR",
    )
    gauze.value_basis = soap.value_basis = "MSF list 2026"
    gauze.arrived_in_country_on, soap.arrived_in_country_on = TODAY, TODAY - timedelta(days=40)
    session.commit()
    story.assemble(1)
    [kit] = story.lots()
    assert (kit.unit_value, kit.currency, kit.value_basis) == (Decimal("0.833333"), "EUR", "MSF list 2026")
    assert kit.arrived_in_country_on == TODAY - timedelta(days=40)
    session.get_one(Lot, soap.id).currency = "USD"
    session.commit()
    story.assemble(1)
    assert (story.lots()[1].unit_value, story.lots()[1].currency) == (None, None)


def test_a_kit_without_any_date_has_none(session, do):
    story = kit_story(session, do, create_site(session))
    line = [InKit("SOAP", 3)]
    do(kits.set_kit, COORDINATOR, kits.KitContent(story.kit.code, None, None, line))
    stock_up(session, story.site, story.soap, 3, expires_in=None)
    story.assemble(1)
    assert story.lots()[0].expires_on is None


def test_missing_components_are_named_with_how_many_can_be_made(story, session, sound):
    stock_up(session, story.site, story.gauze, 15, lot="G1")
    with pytest.raises(Conflict, match="0 of 10 kits") as refused:
        story.assemble(10)
    assert pointers(refused) == ["/components/0", "/components/1"]
    assert [str(each.message) for each in refused.value.errors] == [
        "5 × Gauze (GAUZE) missing: 20 are needed, 15 can be taken.",
        "10 × Soap (SOAP) missing: 10 are needed, 0 can be taken.",
    ]
    stock_up(session, story.site, story.soap, 10, expires_in=None)
    with pytest.raises(Conflict, match="7 of 10 kits"):
        story.assemble(10)
    assert story.lots() == []
    story.assemble(7)
    sound()


def test_recalled_expired_quarantined_and_reserved_goods_go_into_no_kit(story, session, do):
    site = story.site
    stock_up(session, site, story.soap, 99, expires_in=None)
    stock_up(session, site, story.gauze, 2, lot="GOOD")
    stock_up(session, site, story.gauze, 2, lot="BAD")
    stock_up(session, site, story.gauze, 2, lot="OLD", expires_in=-1)
    stock_up(session, site, story.gauze, 2, lot="ASIDE", zone="quarantine")
    do(recalls.recall, COORDINATOR, story.gauze.code, "BAD", "crystals")
    stock_up(session, site, story.gauze, 2, lot="PACKED", expires_in=90)
    clinic = create_site(session)
    draft = do(shipments.draft, COORDINATOR, shipments.NewShipment(site.code, clinic.code, "road")).number
    line = packing.PackedLine(story.gauze.code, 2, "PACKED")
    do(packing.pack, COORDINATOR, draft, packing.NewPackage("carton", [line]))
    with pytest.raises(Conflict, match="1 of 2 kits"):
        story.assemble(2)
    story.assemble(1)
    assert contents(session, story.lots()[0]).keys() >= {"GOOD"}


def test_lots_chosen_by_hand(story, session, on_hand, sound):
    stock_up(session, story.site, story.gauze, 20, lot="SOON", expires_in=300)
    stock_up(session, story.site, story.gauze, 20, lot="LATE", expires_in=500)
    stock_up(session, story.site, story.gauze, 20, lot="LAST", expires_in=600)
    stock_up(session, story.site, story.soap, 20, lot="S1", expires_in=None)
    story.assemble(3, [ChosenLot("GAUZE", "LATE")])
    assert on_hand(story.site, "LATE") == 14
    story.assemble(3, [ChosenLot("GAUZE", "LATE", 4), ChosenLot("GAUZE", "LAST", 2), ChosenLot("SOAP", "S1")])
    assert (on_hand(story.site, "LATE"), on_hand(story.site, "LAST"), on_hand(story.site, "SOON")) == (
        10,
        18,
        20,
    )
    with pytest.raises(Conflict) as refused:
        story.assemble(3, [ChosenLot("SOAP", "S1"), ChosenLot("GAUZE", "LATE", 4)])
    assert pointers(refused) == ["/lines/1/lot"]
    with pytest.raises(Invalid) as refused:
        story.assemble(1, [ChosenLot("GAUZE", "NONE"), ChosenLot("SOAP", "s1")])
    assert pointers(refused) == ["/lines/0/lot", "/lines/1/lot"]
    with pytest.raises(Invalid) as refused:
        story.assemble(1, [ChosenLot("DRESSING-KIT", "X"), ChosenLot("SOAP", "", 0)])
    assert pointers(refused) == ["/lines/0/item", "/lines/1/lot", "/lines/1/quantity"]
    sound()


def test_kits_of_a_past_day_take_what_was_there_since(story, session, sound):
    then = TODAY - timedelta(days=5)
    stock_up(session, story.site, story.gauze, 20, lot="G0", received_on=then - timedelta(days=2))
    stock_up(session, story.site, story.gauze, 20, lot="G1", expires_in=300)
    stock_up(session, story.site, story.soap, 20, received_on=then, expires_in=None)
    story.assemble(5, day=then)
    assert contents(session, story.lots()[0]).keys() >= {"G0"}
    with pytest.raises(Conflict, match="5 of 6 kits"):
        story.assemble(6, day=then)
    with pytest.raises(Invalid) as refused:
        story.assemble(1, day=TODAY + timedelta(days=1))
    assert pointers(refused) == ["/occurred_on"]
    sound()


def test_taken_apart_everything_is_back_in_its_own_lot(story, session, on_hand, total, sound):
    stock_up(session, story.site, story.gauze, 5, lot="SOON", expires_in=300)
    stock_up(session, story.site, story.gauze, 50, lot="LATE", expires_in=500)
    stock_up(session, story.site, story.soap, 50, lot="S1", expires_in=None)
    number = story.assemble(10).number
    event = story.take_apart(f"{number}/3", 4)
    assert event.number.startswith("UNK-")
    assert (on_hand(story.site, "SOON"), on_hand(story.site, "LATE"), on_hand(story.site, "S1")) == (
        0,
        43,
        44,
    )
    assert on_hand(story.site, f"{number}/3") == 3
    sound()
    with pytest.raises(Conflict) as refused:
        story.take_apart(f"{number}/3", 4)
    assert pointers(refused) == ["/quantity"]
    for part, quantity in ((1, 2), (2, 1), (3, 3)):
        story.take_apart(f"{number}/{part}", quantity)
    assert (on_hand(story.site, "SOON"), on_hand(story.site, "LATE"), on_hand(story.site, "S1")) == (
        5,
        50,
        50,
    )
    assert total(LocationKind.KITTED) == 0
    sound()


def test_only_kits_put_together_here_can_be_taken_apart(story, session):
    stock_up(session, story.site, story.kit, 3, lot="BOUGHT")
    with pytest.raises(Invalid) as refused:
        story.take_apart("BOUGHT", 1)
    assert pointers(refused) == ["/lot"]


def test_at_another_site_the_components_are_there(story, session, do, on_hand, sound):
    stock_up(session, story.site, story.gauze, 20, lot="G1")
    stock_up(session, story.site, story.soap, 20, lot="S1", expires_in=None)
    kit = story.assemble(5).number
    clinic = create_site(session, kind="dispensary")
    sent = do(
        shipments.draft, COORDINATOR, shipments.NewShipment(story.site.code, clinic.code, "road")
    ).number
    do(packing.pack, COORDINATOR, sent, packing.NewPackage("carton", [packing.PackedLine(story.kit.code, 3)]))
    with pytest.raises(Conflict):  # what is packed is not taken apart
        story.take_apart(kit, 3)
    do(shipping.dispatch, COORDINATOR, sent, clock.now() - timedelta(minutes=5))
    arrived = shipping.Arrival(clock.now(), [shipping.ArrivedLine(story.kit.code, kit, 3)])
    do(shipping.receive, COORDINATOR, sent, arrived)
    story.take_apart(kit, 2, site=clinic.code, actor=acting(Role.CLINIC, clinic))
    assert (on_hand(clinic, "G1"), on_hand(clinic, "S1"), on_hand(clinic, kit)) == (4, 2, 1)
    sound()


def test_taken_back_while_the_kits_are_there(story, session, do, on_hand, sound):
    stock_up(session, story.site, story.gauze, 20, lot="G1")
    stock_up(session, story.site, story.soap, 20, lot="S1", expires_in=None)
    made = story.assemble(5).number
    apart = story.take_apart(made, 2).number
    with pytest.raises(Conflict):
        do(events.undo, COORDINATOR, made, "wrong kit")
    do(events.undo, COORDINATOR, apart, "wrong kit")
    sound()
    do(events.undo, COORDINATOR, made, "wrong kit")
    assert (on_hand(story.site, "G1"), on_hand(story.site, "S1"), on_hand(story.site, made)) == (20, 20, 0)
    sound()


def test_a_recalled_component_blocks_the_kits_everywhere(story, session, do, on_hand, open_alerts, sound):
    stock_up(session, story.site, story.gauze, 20, lot="G1")
    stock_up(session, story.site, story.soap, 20, lot="S1", expires_in=None)
    kit = story.assemble(6).number
    clinic = create_site(session, kind="dispensary")
    sent = do(
        shipments.draft, COORDINATOR, shipments.NewShipment(story.site.code, clinic.code, "road")
    ).number
    do(packing.pack, COORDINATOR, sent, packing.NewPackage("carton", [packing.PackedLine(story.kit.code, 2)]))
    do(shipping.dispatch, COORDINATOR, sent, clock.now() - timedelta(minutes=5))
    arrived = shipping.Arrival(clock.now(), [shipping.ArrivedLine(story.kit.code, kit, 2)])
    do(shipping.receive, COORDINATOR, sent, arrived)
    recalled = do(recalls.recall, COORDINATOR, "GAUZE", "G1", "not sterile")
    assert story.lots()[0].recalled_on == TODAY
    held = {each.site.code: each.quantity for each in recalls.holders(session, recalled) if each.site}
    assert held == {story.site.code: 8 + 8, clinic.code: 4}
    assert "recall" in open_alerts(clinic)

    def dispense(item: str, quantity: int) -> None:
        line = consumption.ConsumptionLine(item, quantity)
        do(consumption.consume, COORDINATOR, consumption.Consumption(clinic.code, TODAY, [line]))

    with pytest.raises(Conflict):
        dispense(story.kit.code, 1)
    story.take_apart(kit, 2, site=clinic.code)
    dispense("SOAP", 2)
    with pytest.raises(Conflict):
        dispense("GAUZE", 1)
    sound()


def test_what_is_put_in_a_kit_is_not_consumed(story, session, do):
    stock_up(session, story.site, story.gauze, 4, lot="G1", received_on=TODAY - timedelta(days=3))
    stock_up(session, story.site, story.soap, 2, expires_in=None, received_on=TODAY - timedelta(days=3))
    kit = story.assemble(2, day=TODAY - timedelta(days=1)).number

    def days(item) -> list[tuple[int, int, int]]:
        rows = session.execute(
            select(StockDay.day, StockDay.change, StockDay.dispensed)
            .where(StockDay.item_id == item.id)
            .order_by(StockDay.day)
        )
        return [((TODAY - day).days, change, dispensed) for day, change, dispensed in rows]

    assert days(story.gauze) == [(3, 4, 0), (1, -4, 0)]
    line = consumption.ConsumptionLine(story.kit.code, 1)
    do(consumption.consume, COORDINATOR, consumption.Consumption(story.site.code, TODAY, [line]))
    assert days(story.kit) == [(1, 2, 0), (0, -1, 1)]
    story.take_apart(kit, 1)
    assert days(story.gauze) == [(3, 4, 0), (1, -4, 0), (0, 2, 0)]
