"""Proof of the ledger: whatever is changed behind its back is found."""

import pytest
from sqlalchemy import text

from inventory import ledger
from inventory.access import SYSTEM
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import packing, shipments
from tests.factories import create_item, stock_up

K = LocationKind


@pytest.fixture
def written(house):
    """A few postings of all sorts, with a reservation by a draft shipment."""
    lot = stock_up(house.session, house.site, house.item, 100, lot="L1")
    house.lot_one = lot
    house.consumed = house.consume(lot, 10)
    house.post(PostingKind.ADJUSTMENT, house.move(lot, 5, K.FOUND, K.STOCK))
    house.post(PostingKind.ZONE_MOVE, house.move(lot, 3, K.STOCK, K.QUARANTINE))
    house.undone = house.reverse(house.consume(lot, 7))
    command = shipments.NewShipment(house.site.code, house.other.code, "road")
    number = shipments.draft(house.session, SYSTEM, command).number
    line = packing.PackedLine(house.item.code, 20)
    packing.pack(house.session, SYSTEM, number, packing.NewPackage("carton", [line]))
    assert house.faults() == []
    verdict = ledger.verify(house.session)
    assert (verdict.postings, verdict.movements) == (6, 6)
    assert verdict.balances == 5  # stock, quarantine, supplier, patients, found
    return house


@pytest.fixture
def tamper(written):
    def change(sql: str, **values: object) -> list[str]:
        session = written.session
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA ignore_check_constraints = ON"))
        session.execute(text(sql), values)
        session.expire_all()
        try:
            return ledger.verify(session).faults
        finally:
            if session.get_bind().dialect.name == "sqlite":
                session.execute(text("PRAGMA ignore_check_constraints = OFF"))

    return change


def zone(house) -> dict[str, int]:
    return {"place": house.at(K.STOCK).id, "lot": house.lot_one.id, "site": house.site.id}


AT = "WHERE location_id = :place AND lot_id = :lot"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (f"UPDATE balance SET on_hand = on_hand + 1 {AT}", "add up to"),
        (f"UPDATE balance SET reserved = reserved + 1 {AT}", "reserved"),
        (f"UPDATE balance SET reserved = 0 {AT}", "reserved"),
        (f"DELETE FROM balance {AT}", "no balance there"),
    ],
)
def test_a_balance(tamper, written, sql, said):
    found = tamper(sql, **{key: value for key, value in zone(written).items() if key != "site"})
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE stock_day SET change = change + 1 WHERE site_id = :site", "says"),
        ("UPDATE stock_day SET dispensed = dispensed - 1 WHERE site_id = :site", "says"),
        ("DELETE FROM stock_day WHERE site_id = :site", "is missing"),
    ],
)
def test_a_day_total(tamper, written, sql, said):
    found = tamper(sql, site=written.site.id)
    assert any(said in fault for fault in found), found


def test_a_day_under_another_item(tamper, written):
    other = create_item(written.session)
    found = tamper(
        "UPDATE stock_day SET item_id = :item WHERE site_id = :site", item=other.id, site=written.site.id
    )
    assert any("another item" in fault for fault in found), found


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM movement WHERE posting_id = :posting", "no movements"),
        ("DELETE FROM movement WHERE posting_id = :posting", "add up to"),
        ("UPDATE movement SET quantity = quantity + 1 WHERE posting_id = :posting", "add up to"),
        (
            "UPDATE movement SET source_id = destination_id, destination_id = source_id WHERE posting_id = :posting",
            "go from",
        ),
        ("UPDATE posting SET occurred_on = '2020-01-01' WHERE id = :posting", "below zero on"),
        ("UPDATE posting SET occurred_on = '2020-01-01' WHERE id = :posting", "is missing"),
        ("UPDATE posting SET kind = 'disposal' WHERE id = :posting", "go from"),
        (
            "UPDATE movement SET occurred_at = '2020-01-01 00:00:00' WHERE posting_id = :posting",
            "another time",
        ),
    ],
)
def test_a_movement_or_posting(tamper, written, sql, said):
    found = tamper(sql, posting=written.consumed.posting.id)
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE movement SET quantity = quantity - 1 WHERE posting_id = :posting", "exactly"),
        ("DELETE FROM movement WHERE posting_id = :posting", "exactly"),
        ("UPDATE posting SET reverses_id = NULL WHERE id = :posting", "reverses nothing"),
        ("UPDATE posting SET kind = 'adjustment' WHERE id = :posting", "is no reversal"),
    ],
)
def test_a_reversal(tamper, written, sql, said):
    found = tamper(sql, posting=written.undone.posting.id)
    assert any(said in fault for fault in found), found


def test_units_that_appear_from_nowhere(tamper, written):
    """Movement and balance changed to agree, on one side alone: the lot is not conserved."""
    found = tamper(
        "UPDATE balance SET on_hand = on_hand + 5 WHERE location_id = :place", place=written.at(K.PATIENTS).id
    )
    assert any("not conserved" in fault for fault in found), found


def test_a_draft_that_lost_its_package(tamper, written):
    written.session.execute(text("DELETE FROM package_line"))
    found = tamper("DELETE FROM package")
    assert any("draft shipments hold 0" in fault for fault in found), found


def test_a_piece_that_is_there_twice(house):
    piece = create_item(house.session, serialised=True, tracks_expiry=False, category="vehicle")
    lot = house.lot("S1", piece)
    house.receive(lot, 1)
    house.post(PostingKind.ADJUSTMENT, house.move(lot, 1, K.FOUND, K.STOCK))
    assert house.faults() == []
    lot.serial, lot.serial_key = "S1", f"{piece.id}:S1"
    assert any("one piece" in fault for fault in house.faults())
