"""Where goods may lie: no suggestion breaks a rule, nor what a bin takes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.put_away import Goods, Shelf, objections, room_for, suggest, taken_from

CLASSES = ("ambient", "cool", "cold_chain", "frozen")
MEASURE = st.one_of(st.none(), st.decimals("0.0001", "2", places=4))
CAPACITY = st.one_of(st.none(), st.decimals("0", "10", places=3))
GOODS = st.builds(
    Goods,
    item_id=st.integers(1, 3),
    lot_id=st.integers(1, 5),
    zone=st.sampled_from(["stock", "quarantine"]),
    temperature=st.sampled_from(CLASSES),
    freeze_sensitive=st.booleans(),
    controlled=st.booleans(),
    dangerous=st.booleans(),
    volume_m3=MEASURE,
    weight_kg=MEASURE,
)
SHELVES = st.lists(
    st.builds(
        Shelf,
        key=st.integers(1, 10**6),
        zone=st.sampled_from(["stock", "quarantine"]),
        temperature=st.sampled_from(CLASSES),
        frost_free=st.booleans(),
        locked=st.booleans(),
        for_dangerous=st.booleans(),
        closed=st.booleans(),
        volume_m3=CAPACITY,
        weight_kg=CAPACITY,
        used_m3=st.decimals("0", "5", places=3),
        used_kg=st.decimals("0", "5", places=3),
        holds=st.dictionaries(st.integers(1, 5), st.tuples(st.integers(1, 3), st.integers(1, 9)), max_size=3),
        sequence=st.integers(0, 3),
    ),
    max_size=8,
    unique_by=lambda shelf: shelf.key,
)


@given(GOODS, st.integers(1, 10_000), SHELVES)
def test_no_suggestion_breaks_a_rule_or_the_room(goods, quantity, shelves):
    known = {shelf.key: shelf for shelf in shelves}
    placing = suggest(goods, quantity, shelves)
    assert sum(part for _, part in placing.parts) + placing.left == quantity
    assert bool(placing.why) == (placing.left > 0)
    for key, part in placing.parts:
        shelf = known[key]
        assert part > 0
        assert shelf.zone == goods.zone
        assert shelf.temperature == goods.temperature
        assert not shelf.closed
        assert shelf.locked == goods.controlled
        assert shelf.for_dangerous == goods.dangerous
        assert not goods.freeze_sensitive or (shelf.frost_free and shelf.temperature != "frozen")
        for capacity, used, unit in (
            (shelf.volume_m3, shelf.used_m3, goods.volume_m3),
            (shelf.weight_kg, shelf.used_kg, goods.weight_kg),
        ):
            assert capacity is None or unit is None or used + part * unit <= capacity


@given(GOODS, st.integers(1, 10_000), SHELVES)
def test_nothing_is_left_while_a_bin_that_suits_has_room(goods, quantity, shelves):
    placing = suggest(goods, quantity, shelves)
    if placing.left:
        placed = dict(placing.parts)
        for shelf in shelves:
            if not objections(goods, shelf):
                assert room_for(goods, shelf)[0] == placed.get(shelf.key, 0)


def goods(**more):
    return Goods(1, 1, "stock", **({"temperature": "ambient"} | more))


def shelf(key="A", **more):
    return Shelf(key, "stock", **({"temperature": "ambient"} | more))


@pytest.mark.parametrize(
    ("item", "place", "rule", "overridable"),
    [
        ({"temperature": "cold_chain"}, {}, "temperature", False),
        ({}, {"temperature": "cold_chain"}, "temperature", False),
        ({"temperature": "cool"}, {}, "temperature", True),
        ({"freeze_sensitive": True}, {}, "freezing", False),
        (
            {"freeze_sensitive": True, "temperature": "frozen"},
            {"temperature": "frozen", "frost_free": True},
            "freezing",
            False,
        ),
        ({"controlled": True}, {}, "controlled", False),
        ({}, {"locked": True}, "locked", False),
        ({"dangerous": True}, {}, "dangerous", True),
        ({}, {"for_dangerous": True}, "for_dangerous", True),
        ({}, {"closed": True}, "closed", False),
        ({"zone": "refused"}, {}, "zone", False),
    ],
)
def test_objections(item, place, rule, overridable):
    item = {"zone": "stock", "temperature": "ambient"} | item
    found = objections(Goods(1, 1, **item), shelf(**place))
    assert [(each.rule, each.overridable) for each in found] == [(rule, overridable)]


def test_the_same_lot_then_the_same_item_then_most_room_then_the_walk():
    one = Decimal(1)
    shelves = [
        shelf("walk 2", sequence=2, volume_m3=Decimal(5)),
        shelf("walk 1", sequence=1, volume_m3=Decimal(5)),
        shelf("room", sequence=3, volume_m3=Decimal(9)),
        shelf("item", volume_m3=Decimal(2), holds={9: (1, 1)}),
        shelf("lot", volume_m3=Decimal(1), holds={1: (1, 1)}),
    ]
    placing = suggest(goods(volume_m3=one), 20, shelves)
    assert placing.parts == [("lot", 1), ("item", 2), ("room", 9), ("walk 1", 5), ("walk 2", 3)]
    assert placing.measured


def test_what_is_not_known_is_said_and_blocks_nothing():
    placing = suggest(goods(), 5, [shelf(volume_m3=Decimal(1))])
    assert (placing.parts, placing.left, placing.measured) == ([("A", 5)], 0, False)


def test_why_something_finds_no_place():
    cold = goods(temperature="cold_chain")
    assert [each.text for each in suggest(cold, 1, []).why] == ["There is no bin here yet."]
    assert "refrigerator" in suggest(cold, 1, [shelf()]).why[0].text
    full = shelf(volume_m3=Decimal(1), used_m3=Decimal(2))
    assert "full" in suggest(goods(volume_m3=Decimal(1)), 1, [full]).why[0].text
    assert "zone" in suggest(goods(), 1, [Shelf("Q", "quarantine", "ambient")]).why[0].text


@given(
    st.integers(0, 50),
    st.lists(st.integers(0, 50), max_size=4),
    st.integers(0, 300),
    st.integers(0, 300),
)
def test_taken_loose_first_and_then_in_order(loose, bins, quantity, after):
    lying = list(enumerate(bins))
    first = taken_from(loose, lying, after)
    both = taken_from(loose, lying, after + quantity)
    mine = dict(taken_from(loose, lying, quantity, after=after))
    total: dict = dict(first)
    for key, part in mine.items():
        total[key] = total.get(key, 0) + part
    assert total == dict(both)
