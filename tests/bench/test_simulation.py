"""The simulation: ours is out less and wastes less, and the simulation itself keeps its books."""

from datetime import timedelta
from functools import cache
from random import Random

import pytest

from bench.simulation.engine import Result, first_come, run
from bench.simulation.ours import Options, Ours
from bench.simulation.plain import Plain
from bench.simulation.policies import OURS, PLAIN, POLICIES, SERVICE, Named
from bench.simulation.report import as_json, tables
from bench.simulation.shelf import Lot, Shelf, on
from bench.simulation.world import PLACES, WAREHOUSE, Size, build
from inventory.rules.demand import LotDay, periods, usage

SMALL = Size(items=6, days=500, warm_up=183)
SEEDS = (1, 2, 3)


@cache
def results(policy: Named) -> list[Result]:
    found = []
    for seed in SEEDS:
        world = build(seed, SMALL)
        found.append(run(world, policy.make(world)))
    return found


def total(policy, measure):
    return sum(getattr(each, measure) for each in results(policy))


@pytest.mark.parametrize("ours", [OURS, SERVICE], ids=lambda policy: policy.name)
def test_ours_is_out_less_and_wastes_less_in_the_same_worlds(ours):
    assert total(ours, "days_out") < total(PLAIN, "days_out")
    assert total(ours, "wasted") < total(PLAIN, "wasted")


def test_a_seed_is_a_world_and_a_policy_a_result():
    assert build(7, SMALL) == build(7, SMALL) != build(8, SMALL)
    world = build(1, SMALL)
    assert run(world, PLAIN.make(world)) == results(PLAIN)[0]


def test_every_policy_meets_the_same_patients():
    assert [each.asked for each in results(OURS)] == [each.asked for each in results(PLAIN)]


class Books(Plain):
    """Plain, with an eye on the books each day."""

    def moves(self, state):
        self.state = state
        for row in state.shelves:
            for shelf in row:
                assert shelf.usable == sum(lot.quantity for lot in shelf.lots)
                assert all(lot.quantity > 0 and lot.expires > state.day for lot in shelf.lots)
                assert len({lot.key for lot in shelf.lots}) == len(shelf.lots)
        return []


def test_nothing_is_lost_on_the_way():
    world, books = build(3, Size(items=4, days=300, warm_up=0)), Books()
    result = run(world, books)
    opening = sum(quantity / world.items[item].course for _, item, quantity, _ in world.opening)
    on_the_way = sum(
        books.state.on_order(place, item) / about.course
        for place in range(1, len(PLACES))
        for item, about in enumerate(world.items)
    )
    assert opening + result.came == pytest.approx(result.given + result.wasted + result.closing + on_the_way)


def test_the_short_history_says_what_the_long_one_says():
    rng, shelf, rows = Random(5), Shelf(), []
    for day in range(420):
        before = shelf.usable
        if day % 37 == 0:
            shelf.add(Lot(day, day + rng.randint(5, 90), rng.randint(20, 120), day))
        came = shelf.usable - before
        given = shelf.take(rng.randint(0, 5))
        gone = shelf.close(day, given)
        rows.append(LotDay(0, None, None, on(day), came - given - gone, given))
        if day % 31 == 30:
            short = shelf.rows(day)
            assert usage(short, today=on(day)) == usage(rows, today=on(day))
            assert periods(short, on(day)) == periods(rows, on(day))


def test_a_shelf_gives_what_expires_first_and_lets_go_what_has_expired():
    shelf = Shelf()
    shelf.add(Lot(1, 10, 5, 0))
    shelf.add(Lot(2, 4, 5, 0))
    shelf.add(Lot(1, 10, 2, 1))
    assert (shelf.take(3), [(lot.key, lot.quantity) for lot in shelf.lots]) == (3, [(2, 2), (1, 7)])
    assert (shelf.close(3, 3), shelf.close(4, 0), shelf.usable, shelf.expired) == (0, 2, 7, 2)
    assert shelf.remove(1, 4).quantity == 4
    with pytest.raises(ValueError, match="not so much"):
        shelf.remove(1, 4)
    assert shelf.take(9) == 3


def test_a_closed_road_lets_nothing_through():
    world = build(2, SMALL)
    site = next(number for number, place in enumerate(PLACES) if place.winter)
    winter = world.winters[site][-1]
    assert all(world.closed[site][winter.first : min(winter.until, SMALL.days)])
    assert not any(world.closed[WAREHOUSE])

    class Watched(Plain):
        def asks(self, state, place):
            assert not world.closed[place][state.day]
            return super().asks(state, place)

        def moves(self, state):
            assert not any(
                world.closed[place][day]
                for place, row in enumerate(state.coming)
                for lots in row
                for day, _ in lots
                if place != WAREHOUSE and day < SMALL.days
            )
            return []

    run(world, Watched())


def test_first_come_first_served_gives_whole_packs_until_nothing_is_left():
    world = build(1, SMALL)

    class Shared(Plain):
        def share(self, state, supply, asks):
            parts = first_come(state, supply, asks)
            pack = state.world.items[asks[0].item].pack
            assert sum(parts) <= supply < sum(ask.wanted for ask in asks)
            assert all(0 <= part <= ask.wanted for part, ask in zip(parts, asks, strict=True))
            assert all(part % pack == 0 for part in parts)
            return parts

    run(world, Shared())


def test_what_is_known_of_winters_and_seasons_helps():
    world = build(1, SMALL)
    known = run(world, Ours(world, Options(months=(6.0, 2.5, 1.5), winter=True, seasons=True)))
    assert known.days_out < results(OURS)[0].days_out


def test_the_report_tells_means_and_differences():
    found = {PLAIN.name: results(PLAIN), OURS.name: results(OURS)}
    beside = {policy.name: policy.beside for policy in POLICIES}
    told = as_json(found, beside, {"items": 6})
    assert told["policies"]["plain"]["seeds"] == 3
    assert told["beside"][OURS.name]["wasted"]["mean"] < 0
    assert told["beside"][OURS.name]["policy"] == "plain"
    text = tables(found, beside)
    assert "3 of 3" in text or "2 of 3" in text
    assert "| policy |" in tables(found, beside, document=True)


def test_days_have_dates():
    assert on(366) - on(0) == timedelta(days=366)
