"""Bins: figures that follow what is put away and what leaves, and are proved from their moves."""

import pytest
from sqlalchemy import event, text

from inventory import ledger
from inventory.access import SYSTEM
from inventory.errors import Conflict
from inventory.ledger import bins
from inventory.ledger.bins import Put
from inventory.models import Bin, BinMove
from inventory.rules.effects import LocationKind, PostingKind

K = LocationKind


@pytest.fixture
def shelves(house):
    """Two bins in the stock zone, the second first on the walk, and one in quarantine."""
    rows = [
        Bin(site_id=house.site.id, code="A", sequence=2),
        Bin(site_id=house.site.id, code="B", sequence=1),
        Bin(site_id=house.site.id, code="Q", zone="quarantine"),
    ]
    house.session.add_all(rows)
    house.session.flush()
    return {row.code: row for row in rows}


def lying(house, zone="stock"):
    return {
        (row.bin.code, row.lot.number): row.quantity
        for row in bins.in_bins(house.session, house.site.id, zone)
    }


def loose(house, zone="stock"):
    return {row.lot.number: row.left for row in bins.unplaced(house.session, house.site.id, zone)}


def put(house, lot, quantity, source, destination):
    return bins.put(house.session, [Put(lot.id, quantity, source, destination)], SYSTEM)


def test_put_move_and_take_out(house, shelves):
    lot = house.lot()
    house.receive(lot, 100)
    put(house, lot, 60, None, shelves["A"])
    put(house, lot, 20, shelves["A"], shelves["B"])
    put(house, lot, 5, shelves["B"], None)
    assert lying(house) == {("A", "L1"): 40, ("B", "L1"): 15}
    assert loose(house) == {"L1": 45}
    assert house.balance(lot) == (100, 0)
    assert house.faults() == []
    assert [
        row.bin.code for row in bins.bins_of(house.session, house.site.id, [lot.id], "stock")[lot.id]
    ] == [
        "B",
        "A",
    ]


@pytest.mark.parametrize("kind", ["loose", "bin", "closed"])
def test_more_than_is_there(house, shelves, kind):
    lot = house.lot()
    house.receive(lot, 10)
    put(house, lot, 4, None, shelves["A"])
    if kind == "closed":
        shelves["B"].closed_on = house.day(0)
        house.session.flush()
    source, quantity = (None, 7) if kind == "loose" else (shelves["A"], 5 if kind == "bin" else 1)
    with pytest.raises(Conflict) as caught:
        put(house, lot, quantity, source, shelves["B"])
    assert caught.value.errors[0].pointer == ("/lines/to" if kind == "closed" else "/lines/quantity")
    assert lying(house) == {("A", "L1"): 4}


def test_what_no_program_may_do(house, shelves):
    lot = house.lot()
    house.receive(lot, 10)
    for quantity, source, destination in (
        (0, None, shelves["A"]),
        (1, None, None),
        (1, shelves["A"], shelves["A"]),
        (1, shelves["A"], shelves["Q"]),
    ):
        with pytest.raises(ValueError):
            put(house, lot, quantity, source, destination)
    assert bins.put(house.session, [], SYSTEM) == []


def test_what_leaves_is_taken_loose_first_and_then_on_the_walk(house, shelves):
    lot = house.lot()
    house.receive(lot, 100)
    put(house, lot, 30, None, shelves["A"])
    put(house, lot, 40, None, shelves["B"])
    house.consume(lot, 30)
    assert lying(house) == {("A", "L1"): 30, ("B", "L1"): 40}
    house.post(PostingKind.ZONE_MOVE, house.move(lot, 10, K.STOCK, K.QUARANTINE))
    posted = house.consume(lot, 45)
    assert lying(house) == {("A", "L1"): 15}
    assert loose(house, "quarantine") == {"L1": 10}
    taken = house.session.query(BinMove).filter_by(posting_id=posted.posting.id).order_by(BinMove.id)
    assert [(row.source_id, row.destination_id, row.quantity) for row in taken] == [
        (shelves["B"].id, None, 30),
        (shelves["A"].id, None, 15),
    ]
    assert house.faults() == []


def test_a_reversal_takes_out_and_brings_back_loose(house, shelves):
    lot = house.lot()
    received = house.receive(lot, 10)
    put(house, lot, 10, None, shelves["A"])
    eaten = house.consume(lot, 4)
    house.reverse(eaten)
    assert lying(house) == {("A", "L1"): 6}
    assert loose(house) == {"L1": 4}
    house.reverse(received)
    assert (lying(house), loose(house)) == ({}, {})
    assert house.faults() == []


def test_counted(house, shelves):
    lot, posting = house.lot(), None
    house.receive(lot, 20)
    put(house, lot, 10, None, shelves["A"])
    put(house, lot, 10, None, shelves["B"])
    with pytest.raises(Conflict):
        bins.set_counted(house.session, [(shelves["A"].id, lot.id, 11)], posting, SYSTEM)
    bins.set_counted(
        house.session, [(shelves["A"].id, lot.id, 15), (shelves["B"].id, lot.id, 5)], posting, SYSTEM
    )
    assert lying(house) == {("A", "L1"): 15, ("B", "L1"): 5}
    bins.set_counted(house.session, [(shelves["A"].id, lot.id, 0)], posting, SYSTEM)
    assert loose(house) == {"L1": 15}
    assert house.faults() == []


def test_statements_added(house, shelves):
    """None for what comes in, one for what leaves and lies in no bin."""
    lot, other = house.lot(), house.lot("L2")
    seen = []
    engine = house.session.get_bind()
    listen = lambda *args: seen.append(args[2]) if "bin" in args[2] else None  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    try:
        house.receive(lot, 10)
        house.receive(other, 10)
        assert seen == []
        house.consume(other, 1)
        assert len(seen) == 1
    finally:
        event.remove(engine, "before_cursor_execute", listen)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE bin_stock SET quantity = quantity + 1", "its moves add up to 10"),
        ("DELETE FROM bin_stock", "no figure of it"),
        ("UPDATE balance SET on_hand = 9 WHERE inside = true", "the zone 9"),
        ("UPDATE bin_move SET source_id = :q", "leads out of its zone"),
    ],
)
def test_tampering_is_found(house, shelves, sql, fault):
    lot = house.lot()
    house.receive(lot, 10)
    put(house, lot, 10, None, shelves["A"])
    assert house.faults() == []
    house.session.execute(text(sql), {"q": shelves["Q"].id} if ":q" in sql else {})
    house.session.expire_all()
    assert any(fault in each for each in ledger.verify(house.session).faults)
