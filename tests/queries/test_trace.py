"""What became of every gift: the parts add up, and a donor sees their own alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import NotFound
from inventory.models import Donation, Lot, Receipt
from inventory.queries import shipments as shown
from inventory.queries import trace
from inventory.services import adjustments, donations, receipts, shipments, shipping
from inventory.services.donations import NewDonation
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, VIEWER, acting

TODAY = clock.today()


@pytest.fixture
def world(session):
    return create_site(session), create_site(session, kind="dispensary"), create_item(session)


def fate(session, donation: Donation) -> dict[str, int]:
    session.expire_all()
    total = trace.trace(session, donation).total
    found = {name: getattr(total, name) for name in trace.Fate.__slots__}
    assert sum(found.values()) == 2 * found["donated"]
    return {name: quantity for name, quantity in found.items() if quantity}


def gift_of(session, lot: Lot) -> Donation:
    return session.get_one(Donation, lot.donation_id)


def test_two_donors_of_one_batch_are_told_apart_to_the_end(do, session, story, world):
    depot, clinic, item = world
    one, two = create_donor(session), create_donor(session)
    first = gift_of(session, stock_up(session, depot, item, 60, lot="L1", donor=one))
    second = gift_of(session, stock_up(session, depot, item, 40, lot="L1", donor=two))
    stock_up(session, depot, item, 7, lot="BOUGHT")
    number = story.send(depot, clinic, [(item, 100)])
    assert fate(session, first) == {"donated": 60, "in_transit": 60}
    assert fate(session, second) == {"donated": 40, "in_transit": 40}
    story.arrive(number, (item, "L1", 90, 5))
    story.consume(clinic, item, 30)
    line = adjustments.DisposalLine(item.code, "L1", 5, "quarantine")
    do(adjustments.dispose, adjustments.Disposal(clinic.code, TODAY, "incineration", [line]))
    lost = [adjustments.AdjustmentLine(item.code, "L1", -4, "lost")]
    do(adjustments.adjust, adjustments.Adjustment(clinic.code, TODAY, lost))
    parts = [fate(session, first), fate(session, second)]
    total = {name: sum(part.get(name, 0) for part in parts) for name in trace.Fate.__slots__}
    assert total == {
        "donated": 100,
        "in_stock": 51,
        "in_transit": 0,
        "dispensed": 30,
        "disposed": 5,
        "lost": 4,
        "missing": 10,
        "delivered_to_partner": 0,
    }
    assert [part["donated"] for part in parts] == [60, 40]
    do(shipping.write_off, number, "stolen")
    assert sum(fate(session, each).get("lost", 0) for each in (first, second)) == 14


def test_partners_found_goods_and_receipts_taken_back(do, session, story, world):
    depot, _clinic, item = world
    partner, donor = create_site(session, kind="partner"), create_donor(session)
    gift = gift_of(session, stock_up(session, depot, item, 50, lot="L1", donor=donor))
    number = story.send(depot, partner, [(item, 20)])
    story.arrive(number, (item, "L1", 20, 0))
    found = [adjustments.AdjustmentLine(item.code, "L1", 3, "found")]
    do(adjustments.adjust, adjustments.Adjustment(depot.code, TODAY, found))
    assert fate(session, gift) == {"donated": 50, "in_stock": 33, "delivered_to_partner": 20, "lost": -3}
    stock_up(session, depot, item, 8, lot="L2", donor=donor)
    assert fate(session, gift)["donated"] == 58
    last = session.scalars(select(Receipt.number).order_by(Receipt.id.desc())).first()
    do(receipts.undo_receipt, last, "wrong donor")
    assert fate(session, gift)["donated"] == 50


def test_lines_are_told_by_item(session, world):
    depot, _clinic, item = world
    other, donor = create_item(session), create_donor(session)
    gift = gift_of(session, stock_up(session, depot, item, 50, donor=donor))
    stock_up(session, depot, other, 5, donor=donor)
    lines = trace.trace(session, gift).lines
    assert [(found.code, each.donated, each.in_stock) for found, each in lines] == [
        (item.code, 50, 50),
        (other.code, 5, 5),
    ]


def test_donations_are_their_donors_alone(do, session, world):
    depot, _clinic, item = world
    mine, other = create_donor(session), create_donor(session)
    gift = gift_of(session, stock_up(session, depot, item, 50, donor=mine))
    theirs = gift_of(session, stock_up(session, depot, item, 50, donor=other))
    me = acting(Role.DONOR, donor_id=mine.id)
    assert trace.visible_donation(session, me, gift.number).id == gift.id
    assert trace.visible_donation(session, VIEWER, theirs.number).id == theirs.id
    for actor, number in (
        (me, theirs.number),
        (me, "DON-1"),
        (acting(Role.DONOR), gift.number),
        (me, "D\x00"),
    ):
        with pytest.raises(NotFound):
            trace.visible_donation(session, actor, number)
    assert [each.id for each in trace.donations_slice(session, me, None, 10).rows] == [gift.id]
    assert len(trace.donations_slice(session, COORDINATOR, None, 10).rows) == 2
    assert trace.donations_slice(session, acting(Role.DONOR), None, 10).rows == []


def test_the_shipments_of_a_gift(do, session, story, world):
    depot, clinic, item = world
    donor = create_donor(session)
    gift = gift_of(session, stock_up(session, depot, item, 50, donor=donor))
    draft = story.pack(depot, clinic, [(item, 5)])
    gone = story.send(depot, clinic, [(item, 5)])
    cancelled = story.pack(depot, clinic, [(item, 5)])
    do(shipments.cancel, cancelled)
    assert {each.number for each in trace.shipments_of(session, gift)} == {draft, gone}
    paid = do(shipments.draft, shipments.NewShipment(depot.code, clinic.code, "sea")).number
    money = NewDonation(donor.code, "money", TODAY, amount=Decimal(500), currency="EUR", shipment=paid)
    given = do(donations.donate, money)
    assert [each.number for each in trace.shipments_of(session, given)] == [paid]
    assert trace.trace(session, given).total == trace.Fate()
    do(shipments.cancel, paid)
    assert trace.shipments_of(session, given) == []


def test_donors_see_the_shipments_that_carry_their_goods_or_money(do, session, story, world):
    depot, clinic, item = world
    mine, other = create_donor(session), create_donor(session)
    stock_up(session, depot, item, 5, lot="MINE", donor=mine, expires_in=600)
    stock_up(session, depot, item, 50, lot="THEIRS", donor=other)
    both = story.send(depot, clinic, [(item, 15)])
    theirs = story.send(depot, clinic, [(item, 5)])
    paid = do(shipments.draft, shipments.NewShipment(depot.code, clinic.code, "sea")).number
    do(
        donations.donate,
        NewDonation(mine.code, "money", TODAY, amount=Decimal(500), currency="EUR", shipment=paid),
    )
    me, nobody = acting(Role.DONOR, donor_id=mine.id), acting(Role.DONOR)

    def numbers(actor) -> set[str]:
        return {each.number for each in shown.shipments_slice(session, actor, None, 50).rows}

    assert numbers(me) == {both, paid}
    assert numbers(acting(Role.DONOR, donor_id=other.id)) == {both, theirs}
    assert numbers(nobody) == set()
    assert numbers(COORDINATOR) == {both, theirs, paid}
    assert numbers(acting(Role.CLINIC, clinic)) == {both, theirs, paid}
    assert numbers(acting(Role.WAREHOUSE, create_site(session))) == set()
    for actor in (me, nobody, acting(Role.WAREHOUSE, create_site(session))):
        with pytest.raises(NotFound):
            shown.shipment(session, actor, theirs)
    do(shipments.cancel, paid)
    assert numbers(me) == {both}


def test_outsiders_are_told_the_country_and_their_own_goods(do, session, story, world):
    depot, _clinic, item = world
    hidden = create_site(session, kind="dispensary", sensitive=True, name="Darkar camp", country="IQ")
    mine, other = create_donor(session), create_donor(session)
    stock_up(session, depot, item, 5, lot="MINE", donor=mine, expires_in=600)
    stock_up(session, depot, create_item(session, "SECRET"), 9, donor=other)
    secret = session.scalars(select(Lot).where(Lot.donor_id == other.id)).one()
    number = story.send(depot, hidden, [(item, 5), (session.get_one(type(item), secret.item_id), 9)])
    for event in (
        shipments.NewEvent("departed", clock.now(), place="Darkar gate", note="driver Ali"),
        shipments.NewEvent("departed", clock.now() + timedelta(days=3), "planned", "Darkar gate"),
        shipments.NewEvent("delivered", clock.now() + timedelta(days=3), "estimated"),
    ):
        do(shipments.record_event, number, event)
    seen = shown.for_outsiders(shown.shipment(session, acting(Role.DONOR, donor_id=mine.id), number), mine.id)
    assert (seen.origin, seen.destination) == (depot.name, "IQ")
    assert [(found.code, quantity) for found, quantity in seen.lines] == [(item.code, 5)]
    assert [(step.milestone, step.classifier) for step in seen.steps] == [
        ("departed", "actual"),
        ("delivered", "estimated"),
    ]
    told = repr(seen)
    for word in ("Darkar", "Ali", "SECRET", hidden.code, other.code):
        assert word not in told
    assert shown.for_outsiders(shown.shipment(session, COORDINATOR, number), None).lines == []


def test_discrepancies_are_the_lines_at_fault(do, session, story, world):
    depot, clinic, item = world
    gauze = create_item(session, tracks_expiry=False, category="dressing")
    for donor in (create_donor(session), create_donor(session)):
        stock_up(session, depot, item, 10, lot="L1", donor=donor)
    stock_up(session, depot, gauze, 30, lot="G1", expires_in=None)
    number = story.send(depot, clinic, [(item, 20), (gauze, 30)])

    def faults():
        session.expire_all()
        whole = shown.shipment(session, COORDINATOR, number)
        found = shown.discrepancies(session, whole)
        return [
            (each.item.code, each.lot, each.sent, each.received, each.damaged, each.missing) for each in found
        ]

    assert faults() == []
    story.arrive(number, (item, "L1", 6, 0), final=False)
    assert faults() == []
    story.arrive(number, (item, "L1", 9, 2), (gauze, "G1", 30, 0))
    assert faults() == [(item.code, "L1", 20, 15, 2, 5)]
    do(shipping.found, number, [shipping.MissingLine(item.code, "L1", 2)])
    assert faults() == [(item.code, "L1", 20, 17, 2, 3)]
    do(shipping.write_off, number, "stolen")
    assert faults() == [(item.code, "L1", 20, 17, 2, 0)]


def test_totals_add_up_the_outermost(do, session, story, world):
    from inventory.services import packing

    depot, clinic, _item = world
    item = create_item(session, unit_weight_kg=Decimal("0.5"), unit_volume_m3=Decimal("0.001"))
    stock_up(session, depot, item, 100)
    number = do(shipments.draft, shipments.NewShipment(depot.code, clinic.code, "sea")).number
    pallet = do(packing.pack, number, packing.NewPackage("pallet", gross_weight_kg=Decimal(40)))[0].label
    for quantity in (20, 30):
        package = packing.NewPackage("carton", [packing.PackedLine(item.code, quantity)], parent=pallet)
        do(packing.pack, number, package)
    do(packing.pack, number, packing.NewPackage("loose", [packing.PackedLine(item.code, 10)]))
    found = shown.shipment(session, COORDINATOR, number)
    totals = shown.totals(found)
    assert (totals.gross_weight_kg, totals.volume_m3, totals.packages) == (Decimal(45), Decimal("0.06"), 4)
    assert [each.rule for each in shown.warnings(session, found)] == []
