"""Classes by value, groups by risk, the next count, the work that it makes."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from inventory.rules.cycle_counts import DEFAULTS, Facts, fill, grades, groups_of, plan, turn, workload

TODAY = date(2026, 5, 4)


def test_pareto():
    values = {"a": 800, "b": 100, "c": 60, "d": 30, "e": 10, "f": 0}
    told = grades({key: Decimal(value) for key, value in values.items()})
    assert told == {"a": "A", "b": "B", "c": "B", "d": "C", "e": "C", "f": "C"}


def test_one_item_alone_is_a_and_nothing_is_c():
    assert grades({1: Decimal(5)}) == {1: "A"}
    assert grades({1: Decimal(0), 2: Decimal(0)}) == {1: "C", 2: "C"}
    assert grades({}) == {}


def test_equal_values_are_parted_by_their_key():
    assert grades({n: Decimal(1) for n in range(10)}) == {n: "A" if n < 8 else "B" for n in range(10)}


def test_every_group_of_an_item():
    facts = Facts(True, "V", "frozen", TODAY + timedelta(days=90), True, "B")
    assert groups_of(facts, TODAY) == ["controlled", "inaccurate", "short_expiry", "vital", "cold_chain", "B"]
    assert groups_of(Facts(first_expiry=TODAY + timedelta(days=91), ven="E"), TODAY) == ["C"]


def test_the_shortest_interval_wins():
    last = TODAY - timedelta(days=100)
    told = plan(Facts(controlled=True, grade="A"), last, TODAY, {})
    assert (told.group, told.interval, told.overdue(TODAY)) == ("controlled", 30, 70)
    assert plan(Facts(grade="C"), last, TODAY, {}).overdue(TODAY) == -265
    assert plan(Facts(controlled=True, grade="A"), last, TODAY, {"controlled": 0}).group == "A"
    never = plan(Facts(grade="C"), last, TODAY, {"C": 0})
    assert never.next_on is None
    assert never.overdue(TODAY) < 0
    assert turn(never, TODAY) < 0


def test_what_is_latest_for_what_it_is_comes_first():
    monthly = plan(Facts(controlled=True), TODAY - timedelta(days=45), TODAY, DEFAULTS)
    yearly = plan(Facts(grade="C"), TODAY - timedelta(days=400), TODAY, DEFAULTS)
    assert (monthly.overdue(TODAY), yearly.overdue(TODAY)) == (15, 35)
    assert turn(monthly, TODAY) > turn(yearly, TODAY)


def test_work_a_day():
    assert workload([(30, 30), (10, 100), (5, 0)]) == Fraction(11, 10)


def test_a_sheet_of_so_many_lines():
    assert fill([("a", 4), ("b", 9), ("c", 3), ("d", 3)], 10) == ["a", "c", "d"]
    assert fill([("a", 40), ("b", 1)], 10) == ["a"]
    assert fill([], 10) == []
