"""Corrections: exact, once, refused when the goods have moved on."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.errors import Conflict
from inventory.models import Movement, Posting
from inventory.rules.effects import LocationKind, PostingKind

K = LocationKind


def test_a_reversal_takes_back_exactly_what_was_posted(house):
    one, two = house.lot("A"), house.lot("B")
    posted = house.post(
        PostingKind.RECEIPT,
        house.move(one, 10, K.SUPPLIER, K.STOCK),
        house.move(one, 3, K.SUPPLIER, K.QUARANTINE),
        house.move(two, 7, K.SUPPLIER, K.STOCK),
        ago=3,
    )
    undone = house.reverse(posted).posting
    assert (undone.reverses_id, undone.kind, undone.reason) == (posted.posting.id, "reversal", "wrong")
    assert (undone.occurred_on, undone.occurred_at) == (
        posted.posting.occurred_on,
        posted.posting.occurred_at,
    )
    for lot in (one, two):
        for kind in (K.STOCK, K.QUARANTINE, K.SUPPLIER):
            assert house.balance(lot, kind) == (0, 0)
    zone = house.at(K.STOCK)
    assert ledger.on_hand_at(house.session, zone.id, [one.id], house.day(1))[one.id] == 0
    assert house.faults() == []


def test_a_posting_is_reversed_once_and_a_reversal_never(house):
    posted = house.receive(house.lot(), 10)
    undone = house.reverse(posted)
    with pytest.raises(Conflict, match="already"):
        house.reverse(posted)
    with pytest.raises(Conflict, match="cannot be reversed"):
        house.reverse(undone)
    assert len(house.session.scalars(select(Posting)).all()) == 2


def test_it_is_refused_when_the_goods_have_moved_on(house):
    lot = house.lot()
    posted = house.receive(lot, 10)
    house.consume(lot, 4)
    with pytest.raises(Conflict) as refused:
        house.reverse(posted)
    assert refused.value.errors[0].message.params["available"] == 6
    assert house.balance(lot) == (6, 0)


def test_it_is_refused_when_the_goods_were_needed_on_a_day_in_between(house):
    lot = house.lot()
    posted = house.receive(lot, 10, ago=5)
    house.consume(lot, 10, ago=3)
    house.receive(lot, 10, ago=1)
    with pytest.raises(Conflict):
        house.reverse(posted)
    assert house.faults() == []


def test_it_is_refused_on_the_very_day_that_is_tomorrow_elsewhere(house):
    """What is the past is told by the ledger, not by a clock that runs elsewhere."""
    lot = house.lot()
    posted = house.receive(lot, 10)
    house.consume(lot, 10)
    house.receive(lot, 10, ago=-1)
    with pytest.raises(Conflict):
        house.reverse(posted)
    assert house.faults() == []


def test_it_is_refused_while_the_goods_are_reserved(house):
    lot = house.lot()
    posted = house.receive(lot, 10)
    ledger.reserve(house.session, house.at(K.STOCK), [(lot.id, 1, "/")])
    with pytest.raises(Conflict):
        house.reverse(posted)


def test_dispensing_taken_back_is_no_consumption_any_more(house):
    from inventory.models import StockDay

    lot = house.lot()
    house.receive(lot, 10, ago=9)
    posted = house.consume(lot, 4, ago=2)
    house.reverse(posted)
    assert house.balance(lot) == (10, 0)
    day = house.session.get_one(StockDay, (house.site.id, lot.id, house.day(2)), populate_existing=True)
    assert (day.change, day.dispensed) == (0, 0)
    assert house.faults() == []


def test_a_reversal_keeps_the_reason_of_each_movement(house):
    lot = house.lot()
    move = replace(house.move(lot, 5, K.FOUND, K.STOCK), reason="correction")
    posted = house.post(PostingKind.ADJUSTMENT, move)
    undone = house.reverse(posted).posting
    movement = house.session.scalars(select(Movement).where(Movement.posting_id == undone.id)).one()
    assert movement.reason == "correction"
    assert undone.occurred_at <= clock.now()
