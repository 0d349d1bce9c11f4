"""Where a receipt's lines go: the rules for donations, their exceptions, serial numbers."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from inventory import clock
from inventory.errors import Conflict, Invalid
from inventory.services import receipts
from inventory.services.receipts import LineException, NewReceipt, NewReceiptLine
from tests.factories import create_donor, create_item, create_site
from tests.services.people import COORDINATOR, pointers

TODAY = clock.today()
ACCEPTED = [LineException("short_dated", "Dr Azad", "used up within a month")]
VIN = "1M8GDM9AXKP042788"
EUROPEAN = "WDB9066331S123456"


def a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 2, 28)


@pytest.fixture
def receive(do, session):
    """`receive(header=..., expires_on=..., ...)`: a receipt of one line of ten tablets from a donor."""
    site, item, donor = create_site(session), create_item(session), create_donor(session)

    def call(header: dict | None = None, **fields):
        given = {"item": item.code, "lot": "L1", "quantity": 10, "expires_on": TODAY + timedelta(days=800)}
        command = NewReceipt(
            site.code,
            **{"received_on": TODAY, "donor": donor.code, "lines": [NewReceiptLine(**given | fields)]}
            | (header or {}),
        )
        return do(receipts.receive, COORDINATOR, replace(command, uuid=uuid4()))

    call.site, call.item = site, item
    return call


def rules(receipt, index: int = 0) -> set[str]:
    return {each["rule"] for each in receipt.lines[index].warnings}


def test_a_year_on_arrival_in_the_country_is_enough_and_a_day_less_is_not(receive, on_hand):
    receipt = receive(expires_on=a_year_after(TODAY))
    assert (receipt.lines[0].zone, "short_dated" in rules(receipt)) == ("stock", False)
    receipt = receive(lot="L2", expires_on=a_year_after(TODAY) - timedelta(days=1))
    assert (receipt.lines[0].zone, "short_dated" in rules(receipt)) == ("quarantine", True)
    assert on_hand(receive.site, "L2", "quarantine") == 10
    assert on_hand(receive.site, "L2") == 0


def test_the_year_counts_from_the_arrival_in_the_country(receive):
    early = TODAY - timedelta(days=40)
    receipt = receive({"arrived_in_country_on": early}, expires_on=a_year_after(early))
    assert receipt.lines[0].zone == "stock"
    receipt = receive(
        {"arrived_in_country_on": early}, lot="L2", expires_on=a_year_after(early) - timedelta(days=1)
    )
    assert receipt.lines[0].zone == "quarantine"


def test_an_exception_names_who_took_a_short_dated_lot(receive, on_hand):
    receipt = receive(expires_on=TODAY + timedelta(days=60), exceptions=ACCEPTED)
    assert receipt.lines[0].zone == "stock"
    assert receipt.lines[0].exceptions == [
        {"rule": "short_dated", "accepted_by": "Dr Azad", "reason": "used up within a month"}
    ]
    assert "short_dated" in rules(receipt)
    assert on_hand(receive.site, "L1") == 10


def test_an_expired_lot_is_refused_and_on_its_last_day_it_is_not(receive, on_hand):
    receipt = receive(expires_on=TODAY - timedelta(days=1))
    assert receipt.lines[0].zone == "refused"
    assert "expired" in rules(receipt)
    assert on_hand(receive.site, "L1", "refused") == 10
    assert "expired" not in rules(receive(lot="L2", expires_on=TODAY))


def test_nobody_puts_an_expired_lot_into_stock(receive):
    given = [LineException("expired", "Dr Azad", "we want it")]
    receipt = receive(expires_on=TODAY - timedelta(days=1), exceptions=given)
    assert receipt.lines[0].zone == "quarantine"


def test_returned_medicines_and_samples_are_refused_without_exception(receive):
    given = [LineException("returned_or_sample", "Dr Azad", "we want it")]
    receipt = receive(returned_or_sample=True, exceptions=given)
    assert receipt.lines[0].zone == "refused"


def test_the_damaged_part_goes_to_quarantine(receive, on_hand):
    receipt = receive(damaged=3)
    assert receipt.lines[0].zone == "stock"
    assert (on_hand(receive.site, "L1"), on_hand(receive.site, "L1", "quarantine")) == (7, 3)
    receive(lot="L2", damaged=10)
    assert (on_hand(receive.site, "L2"), on_hand(receive.site, "L2", "quarantine")) == (0, 10)


def test_a_line_may_be_set_aside_by_hand(receive, on_hand):
    receive(zone="quarantine")
    assert on_hand(receive.site, "L1", "quarantine") == 10


def test_a_label_nobody_reads(receive):
    receipt = receive(label_languages=["ja"])
    assert receipt.lines[0].zone == "quarantine"
    assert "label" in rules(receipt)
    read = receive(lot="L2", label_languages=["ja", "fr-FR"])
    assert (read.lines[0].zone, "label" in rules(read)) == ("stock", False)


def test_papers_that_are_missing_only_warn(receive):
    receipt = receive()
    assert {"consent", "label", "value_basis", "unannounced"} <= rules(receipt)
    assert receipt.lines[0].zone == "stock"
    told = receive(
        {"consent_reference": "letter 7"},
        lot="L2",
        label_languages=["en"],
        unit_value=Decimal("0.05"),
        currency="EUR",
        value_basis="wholesale",
    )
    assert rules(told) == {"unannounced"}


@pytest.mark.parametrize(("weight", "warned"), [("30", False), ("30.001", True), ("50.5", True)])
def test_a_heavy_carton(receive, weight, warned):
    receipt = receive(carton="C1", gross_weight_kg=Decimal(weight))
    assert ("carton_weight" in rules(receipt)) is warned


def test_medicines_and_other_goods_in_one_carton(do, session, receive):
    gauze = create_item(session, category="dressing", tracks_expiry=False)
    lines = [
        NewReceiptLine(receive.item.code, "L1", 1, TODAY + timedelta(days=800), carton="C1"),
        NewReceiptLine(gauze.code, "G1", 1, carton="C1"),
        NewReceiptLine(gauze.code, "G2", 1, carton="C2"),
    ]
    receipt = do(receipts.receive, COORDINATOR, NewReceipt(receive.site.code, TODAY, lines))
    assert ["mixed_carton" in rules(receipt, index) for index in range(3)] == [True, True, False]


@pytest.fixture
def ambulance(session):
    return create_item(
        session, "AMB", category="vehicle", serialised=True, tracks_expiry=False, base_unit="piece"
    )


def piece(ambulance, **changes):
    return {"item": ambulance.code, "lot": None, "quantity": 1, "expires_on": None, "serial": VIN} | changes


def test_a_serial_is_one_piece_received_once(receive, ambulance, on_hand):
    receipt = receive(**piece(ambulance))
    assert receipt.lines[0].lot.serial == VIN
    assert on_hand(receive.site, VIN) == 1
    with pytest.raises(Conflict) as refused:
        receive(**piece(ambulance))
    assert pointers(refused) == ["/lines/0/serial"]
    with pytest.raises(Invalid) as wrong:
        receive(**piece(ambulance, serial=EUROPEAN, quantity=2))
    assert pointers(wrong) == ["/lines/0/quantity"]


def test_a_serial_twice_in_one_receipt(do, receive, ambulance):
    lines = [NewReceiptLine(**piece(ambulance)), NewReceiptLine(**piece(ambulance, serial=VIN.lower()))]
    with pytest.raises(Conflict) as refused:
        do(receipts.receive, COORDINATOR, NewReceipt(receive.site.code, TODAY, lines))
    assert pointers(refused) == ["/lines/1/serial"]


def test_the_lot_of_a_serialised_item_is_its_serial(receive, ambulance):
    receipt = receive(**piece(ambulance, lot=VIN, serial=None))
    assert receipt.lines[0].lot.number == VIN
    with pytest.raises(Conflict) as refused:
        receive(**piece(ambulance, lot=VIN, serial=None))
    assert pointers(refused) == ["/lines/0/lot"]


@pytest.mark.parametrize("serial", ["SHORT", VIN + "9", "1M8GDM9AXKP04278O", "IM8GDM9AXKP042788", ""])
def test_a_vehicle_has_a_vin(receive, ambulance, serial):
    with pytest.raises(Invalid) as refused:
        receive(**piece(ambulance, serial=serial))
    assert pointers(refused)[0] in ("/lines/0/serial", "/lines/0/lot")


def test_a_check_digit_that_fails_only_warns(receive, ambulance):
    assert "vin" in rules(receive(**piece(ambulance, serial=EUROPEAN)))
    assert "vin" not in rules(receive(**piece(ambulance)))


def test_a_serial_whose_receipt_was_taken_back_may_come_again(do, receive, ambulance, on_hand, sound):
    receipt = receive(**piece(ambulance))
    do(receipts.undo_receipt, COORDINATOR, receipt.number, "of another donor")
    again = receive({"donor": None}, **piece(ambulance))
    assert again.lines[0].lot.donor_id is None
    assert on_hand(receive.site, VIN) == 1
    with pytest.raises(Conflict):
        receive(**piece(ambulance))
    sound()


def test_many_faults_of_a_serial_are_told_at_once(receive, ambulance):
    with pytest.raises(Invalid) as refused:
        receive(**piece(ambulance, serial="SHORT", quantity=3))
    assert set(pointers(refused)) == {"/lines/0/serial", "/lines/0/quantity"}
