"""The one writer of stock: all or nothing, once, and never below zero on any day."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from inventory import ledger
from inventory.errors import Conflict
from inventory.models import Movement, Posting, StockDay
from inventory.rules.effects import IllegalEffect, LocationKind, PostingKind
from tests.factories import create_item

K = LocationKind


def count(session, table) -> int:
    return session.scalar(select(func.count()).select_from(table))


def test_a_posting_moves_balances_and_days(house):
    lot = house.lot()
    posted = house.receive(lot, 10)
    assert house.balance(lot) == (10, 0)
    assert house.balance(lot, K.SUPPLIER) == (-10, 0)
    assert posted.touched == {(house.site.id, house.item.id)}
    assert not posted.replayed
    house.consume(lot, 4)
    day = house.session.scalars(select(StockDay)).one()
    house.session.refresh(day)
    assert (day.change, day.dispensed, day.day) == (6, 4, house.day(0))
    assert house.faults() == []


def test_the_same_uuid_returns_the_first_posting(house):
    lot, uuid = house.lot(), uuid4()
    move = house.move(lot, 10, K.SUPPLIER, K.STOCK)
    first = house.post(PostingKind.RECEIPT, move, uuid=uuid)
    again = house.post(PostingKind.RECEIPT, move, uuid=uuid)
    assert again.replayed
    assert again.posting.id == first.posting.id
    assert again.touched == frozenset()
    assert house.balance(lot) == (10, 0)
    assert count(house.session, Posting) == 1


def test_every_short_line_is_named_and_nothing_is_written(house):
    one, two, three = house.lot("A"), house.lot("B"), house.lot("C")
    for lot in (one, two, three):
        house.receive(lot, 10)
    with pytest.raises(Conflict) as refused:
        house.post(
            PostingKind.CONSUMPTION,
            house.move(one, 11, K.STOCK, K.PATIENTS, "/lines/0/quantity"),
            house.move(two, 10, K.STOCK, K.PATIENTS, "/lines/1/quantity"),
            house.move(three, 7, K.STOCK, K.PATIENTS, "/lines/2/quantity"),
            house.move(three, 4, K.STOCK, K.PATIENTS, "/lines/3/quantity"),
        )
    assert [error.pointer for error in refused.value.errors] == ["/lines/0/quantity", "/lines/3/quantity"]
    assert refused.value.errors[0].message.params["available"] == 10
    assert refused.value.errors[1].message.params["available"] == 3
    assert [house.balance(lot) for lot in (one, two, three)] == [(10, 0)] * 3
    assert count(house.session, Movement) == 3


def test_a_document_cannot_do_what_is_not_its_effect(house):
    lot = house.lot()
    house.receive(lot, 10)
    for kind, source, destination in (
        (PostingKind.CONSUMPTION, K.QUARANTINE, K.PATIENTS),
        (PostingKind.CONSUMPTION, K.STOCK, K.LOST),
        (PostingKind.RECEIPT, K.FOUND, K.STOCK),
        (PostingKind.ADJUSTMENT, K.STOCK, K.DISPOSED),
        (PostingKind.ZONE_MOVE, K.STOCK, K.LOST),
    ):
        with pytest.raises(IllegalEffect):
            house.post(kind, house.move(lot, 1, source, destination))


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_movement_has_a_positive_quantity(house, quantity):
    with pytest.raises(ValueError):
        house.receive(house.lot(), quantity)


def test_a_posting_without_movements_is_refused(house):
    with pytest.raises(ValueError):
        house.post(PostingKind.RECEIPT)


def test_backdating_never_makes_a_past_day_negative(house):
    lot = house.lot()
    house.receive(lot, 10, ago=10)
    house.consume(lot, 8, ago=6)
    house.receive(lot, 20, ago=2)
    assert house.balance(lot) == (22, 0)
    for ago in (10, 8, 6, 5, 3):
        with pytest.raises(Conflict) as refused:
            house.consume(lot, 3, ago=ago)
        assert refused.value.errors[0].message.params["available"] == 2
    with pytest.raises(Conflict):
        house.consume(lot, 1, ago=11)  # it was not there yet
    house.consume(lot, 2, ago=8)
    house.consume(lot, 20, ago=2)
    assert house.balance(lot) == (0, 0)
    assert house.faults() == []


def test_a_backdated_posting_takes_both_of_its_lines_from_what_there_was(house):
    lot = house.lot()
    house.receive(lot, 10, ago=5)
    house.receive(lot, 90)
    line = [house.move(lot, 6, K.STOCK, K.PATIENTS, f"/lines/{i}") for i in range(2)]
    with pytest.raises(Conflict) as refused:
        house.post(PostingKind.CONSUMPTION, *line, ago=3)
    assert [error.pointer for error in refused.value.errors] == ["/lines/1"]
    assert refused.value.errors[0].message.params["available"] == 4


def test_reserved_stock_is_kept_apart(house):
    lot = house.lot()
    house.receive(lot, 10)
    zone = house.at(K.STOCK)
    ledger.reserve(house.session, zone, [(lot.id, 7, "/lines/0/quantity")])
    assert house.balance(lot) == (10, 7)
    with pytest.raises(Conflict) as refused:
        house.consume(lot, 4)
    assert refused.value.errors[0].message.params["available"] == 3
    house.consume(lot, 3)
    assert house.balance(lot) == (7, 7)
    with pytest.raises(Conflict):
        ledger.reserve(house.session, zone, [(lot.id, 1, "/lines/0/quantity")])
    ledger.release(house.session, zone, [(lot.id, 2)])
    assert house.balance(lot) == (7, 5)


def test_reserving_names_every_short_line_and_reserves_nothing_then(house):
    one, two = house.lot("A"), house.lot("B")
    house.receive(one, 10)
    house.receive(two, 10)
    wanted = [(one.id, 6, "/0"), (two.id, 10, "/1"), (one.id, 5, "/2"), (two.id, 1, "/3")]
    with pytest.raises(Conflict) as refused:
        ledger.reserve(house.session, house.at(K.STOCK), wanted)
    assert [error.pointer for error in refused.value.errors] == ["/2", "/3"]
    assert house.balance(one) == (10, 0)
    assert house.balance(two) == (10, 0)


def test_what_leaves_as_reserved_is_no_longer_reserved(house):
    lot = house.lot()
    house.receive(lot, 10)
    zone = house.at(K.STOCK)
    ledger.reserve(house.session, zone, [(lot.id, 7, "/")])
    move = house.move(lot, 7, K.STOCK, K.IN_TRANSIT)
    with pytest.raises(Conflict):
        house.post(PostingKind.DISPATCH, replace(move, reserved=True, quantity=8))
    house.post(PostingKind.DISPATCH, replace(move, reserved=True))
    assert house.balance(lot) == (3, 0)
    assert house.balance(lot, K.IN_TRANSIT) == (7, 0)


def test_outside_accounts_close_the_books_and_may_be_negative(house):
    lot = house.lot()
    house.receive(lot, 10)
    house.post(PostingKind.ADJUSTMENT, house.move(lot, 5, K.FOUND, K.STOCK))
    house.post(PostingKind.DISPOSAL, house.move(lot, 2, K.STOCK, K.DISPOSED))
    assert house.balance(lot, K.FOUND) == (-5, 0)
    assert house.balance(lot, K.SUPPLIER) == (-10, 0)
    assert house.balance(lot, K.DISPOSED) == (2, 0)
    assert house.balance(lot) == (13, 0)
    assert house.faults() == []


def test_places_are_made_once(house):
    assert house.at(K.PATIENTS).id == house.at(K.PATIENTS).id
    assert not house.at(K.PATIENTS).inside
    zones = ledger.zones(house.session, house.site.id)
    assert {kind: zone.inside for kind, zone in zones.items()} == {
        K.STOCK: True,
        K.QUARANTINE: True,
        K.REFUSED: True,
    }
    assert ledger.zone_ids(house.session, [house.site.id, house.other.id], K.STOCK) == {
        house.site.id: zones[K.STOCK].id,
        house.other.id: house.at(K.STOCK, house.other).id,
    }


def test_on_hand_at_the_end_of_a_day(house):
    lot = house.lot()
    zone = house.at(K.STOCK)
    house.receive(lot, 10, ago=5)
    house.consume(lot, 3, ago=4)
    house.consume(lot, 2)
    found = {
        ago: ledger.on_hand_at(house.session, zone.id, [lot.id], house.day(ago))[lot.id]
        for ago in (6, 5, 4, 1, 0)
    }
    assert found == {6: 0, 5: 10, 4: 7, 1: 7, 0: 5}


def test_holders_are_told_inside_and_with_partners(house):
    lot = house.lot()
    house.receive(lot, 10)
    house.receive(lot, 5, zone=K.QUARANTINE)
    house.consume(lot, 4)
    held = {(location.kind, quantity) for location, _, quantity in ledger.holders_of(house.session, [lot.id])}
    assert held == {(K.STOCK, 6), (K.QUARANTINE, 5)}


def test_a_piece_comes_in_once(house):
    piece = create_item(house.session, serialised=True, tracks_expiry=False, category="vehicle")
    lot = house.lot("S1", piece)
    lot.serial = "S1"
    house.session.flush()
    with pytest.raises(Conflict) as refused:
        house.post(
            PostingKind.RECEIPT, *(house.move(lot, 1, K.SUPPLIER, K.STOCK, f"/lines/{i}") for i in range(2))
        )
    assert [error.pointer for error in refused.value.errors] == ["/lines/1"]
    house.receive(lot, 1)
    with pytest.raises(Conflict):
        house.post(PostingKind.ADJUSTMENT, house.move(lot, 1, K.FOUND, K.QUARANTINE))
    house.post(PostingKind.ZONE_MOVE, house.move(lot, 1, K.STOCK, K.QUARANTINE))
    house.post(PostingKind.DISPOSAL, house.move(lot, 1, K.QUARANTINE, K.DISPOSED))
    house.post(PostingKind.ADJUSTMENT, house.move(lot, 1, K.FOUND, K.STOCK))
    assert house.faults() == []
