from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.rules.arrivals import Arrival, simulate
from inventory.rules.course import MONTH, SetMonth, course
from inventory.rules.expiry import ProjectedLot
from inventory.rules.redistribution import Costs, Holding, propose

ON = date(2026, 1, 15)


def day(days):
    return ON + timedelta(days=days)


def lot(key, quantity, days, order=0):
    return ProjectedLot(key, quantity, None if days is None else day(days), date(2025, 1, 1), order)


def a_day(units):
    return units * MONTH


def holding(site, *lots, a_day=0, item="PARA", **other):
    return Holding(item, site, tuple(lots), Fraction(a_day) * MONTH, **other)


def two_days(_origin, _destination):
    return 2


def moves(transfers):
    return [(each.lot, each.origin, each.destination, each.quantity) for each in transfers]


def test_what_would_expire_goes_where_it_is_used_in_time():
    found = propose([holding("A", lot("L", 500, 60), a_day=1), holding("B", a_day=10)], two_days, ON)
    assert moves(found) == [("L", "A", "B", 440)]
    assert (found[0].saved, found[0].expiring) == (440, 440)
    assert (found[0].arrives_on, found[0].expires_on) == (day(2), day(60))
    # Ten a day from the day after its arrival: the last on the 46th.
    assert found[0].used_by == day(44)


def test_no_more_than_the_other_site_uses_between_arrival_and_expiry():
    found = propose([holding("A", lot("L", 500, 60)), holding("B", a_day=3)], lambda *_: 20, ON)
    assert moves(found) == [("L", "A", "B", 120)]


def test_what_the_other_site_has_of_its_own_comes_first():
    own = lot("M", 100, 50)
    found = propose([holding("A", lot("L", 500, 60)), holding("B", own, a_day=3)], two_days, ON)
    # 180 in sixty days, 100 of which are its own.
    assert moves(found) == [("L", "A", "B", 80)]


def test_its_own_longer_lots_are_pushed_back_but_never_out():
    own = lot("M", 100, 70)
    found = propose([holding("A", lot("L", 500, 60)), holding("B", own, a_day=3)], two_days, ON)
    # 210 in seventy days less its own 100; 174 of them after the arrival.
    assert moves(found) == [("L", "A", "B", 110)]


def test_what_is_on_its_way_there_is_not_pushed_out_either():
    coming = Arrival(ProjectedLot("N", 60, day(60), day(40), 0))
    found = propose(
        [holding("A", lot("L", 500, 60)), holding("B", a_day=3, arrivals=(coming,))], two_days, ON
    )
    # 180 less 60, and no more than 174 after the arrival.
    assert moves(found) == [("L", "A", "B", 114)]


def test_the_maximum_of_the_other_site_holds():
    other = holding("B", a_day=10, maximum=Fraction(201, 2), position=40)
    assert moves(propose([holding("A", lot("L", 500, 60)), other], two_days, ON)) == [("L", "A", "B", 60)]


def test_the_sender_keeps_its_minimum_beside_its_own_need():
    sender = holding("A", lot("L", 500, 60), a_day=2, minimum=100)
    # 380 would expire; 500 - 120 - 100 may go.
    assert moves(propose([sender, holding("B", a_day=50)], two_days, ON)) == [("L", "A", "B", 280)]


def test_a_longer_lot_can_be_the_minimum_that_stays():
    sender = holding("A", lot("L", 500, 60), lot("M", 100, 300), a_day=2, minimum=100)
    found = propose([sender, holding("B", a_day=50)], two_days, ON)
    assert moves(found) == [("L", "A", "B", 380)]


def test_what_must_stay_stays():
    lots = (lot("L", 500, 60), lot("M", 50, 60, order=1))
    other = holding("B", a_day=50)
    assert propose([holding("A", *lots, gives=False), other], two_days, ON) == []
    assert moves(propose([holding("A", *lots, fixed=frozenset("L")), other], two_days, ON)) == [
        ("M", "A", "B", 50)
    ]


def test_nowhere_to_go():
    surplus = holding("A", lot("L", 500, 60))
    assert propose([surplus], two_days, ON) == []
    assert propose([surplus, holding("B", a_day=5, takes=False)], two_days, ON) == []
    assert propose([surplus, replace(holding("B"), demand=None)], two_days, ON) == []
    assert propose([surplus, holding("B", a_day=5)], lambda *_: None, ON) == []
    assert propose([surplus, holding("B", a_day=5)], lambda *_: 60, ON) == []
    assert propose([replace(surplus, demand=None), holding("B", a_day=5)], two_days, ON) == []
    assert propose([], two_days, ON) == []


def test_only_whole_packs_go():
    sender = holding("A", lot("L", 75, 60), pack=20)
    assert moves(propose([sender, holding("B", a_day=5)], two_days, ON)) == [("L", "A", "B", 60)]


def test_what_is_worth_more_goes_first_and_the_shorter_way_where_both_save_the_same():
    values = {"L": Fraction(1), "M": Fraction(5)}
    sender = holding("A", lot("L", 100, 30), lot("M", 100, 30, order=1), values=values)
    assert moves(propose([sender, holding("B", a_day=4)], two_days, ON)) == [
        ("L", "A", "B", 12),
        ("M", "A", "B", 100),
    ]
    near = propose(
        [holding("A", lot("L", 10, 60)), holding("B", a_day=5), holding("C", a_day=5)],
        lambda _, to: {"B": 9, "C": 3}[to],
        ON,
    )
    assert moves(near) == [("L", "A", "C", 10)]


def test_a_journey_is_made_only_where_it_pays():
    worth = {"L": Fraction(2)}
    holdings = [
        holding("A", lot("L", 100, 60), values=worth),
        holding("B", a_day=1),
        holding("C", a_day=Fraction(1, 10)),
    ]
    assert {each.destination for each in propose(holdings, two_days, ON)} == {"B", "C"}
    found = propose(holdings, two_days, ON, costs=Costs(trip=Fraction(20)))
    assert moves(found) == [("L", "A", "B", 58)]
    assert found[0].worth == 116
    assert propose(holdings, two_days, ON, costs=Costs(trip=Fraction(200))) == []
    assert propose(holdings, two_days, ON, costs=Costs(unit=Fraction(2))) == []


def test_items_share_a_journey():
    holdings = [
        holding(site, *lots, a_day=units, item=item, values={"L": Fraction(1), "M": Fraction(1)})
        for item, key in (("AMOX", "L"), ("PARA", "M"))
        for site, lots, units in (("A", [lot(key, 30, 60)], 0), ("B", [], 5))
    ]
    found = propose(holdings, two_days, ON, costs=Costs(trip=Fraction(50)))
    assert moves(found) == [("L", "A", "B", 30), ("M", "A", "B", 30)]


SITES = "ABCD"
lots_of = st.lists(st.tuples(st.integers(0, 80), st.none() | st.integers(0, 60)), max_size=4)
demands = st.builds(
    lambda monthly, months: course(monthly, ON, [SetMonth(month, q) for month, q in months.items()]),
    st.fractions(0, 120, max_denominator=7),
    st.dictionaries(
        st.sampled_from([date(2026, m, 1) for m in (1, 2, 3)]),
        st.fractions(0, 90, max_denominator=5),
        max_size=2,
    ),
)
levels = st.none() | st.fractions(0, 120, max_denominator=3)


@st.composite
def worlds(draw):
    holdings = []
    for item in draw(st.sampled_from(["P", "PQ"])):
        for site in SITES:
            lots = tuple(
                lot(f"{item}{site}{i}", quantity, days, order=i)
                for i, (quantity, days) in enumerate(draw(lots_of))
            )
            arrivals = tuple(
                Arrival(
                    ProjectedLot(
                        f"{item}{site}+{i}", quantity, None if days is None else day(days), day(comes), 50 + i
                    )
                )
                for i, (quantity, days, comes) in enumerate(
                    draw(
                        st.lists(
                            st.tuples(st.integers(0, 50), st.none() | st.integers(0, 60), st.integers(1, 40)),
                            max_size=2,
                        )
                    )
                )
            )
            holdings.append(
                Holding(
                    item,
                    site,
                    lots,
                    draw(demands),
                    position=sum(each.quantity for each in lots),
                    minimum=draw(levels),
                    maximum=draw(levels),
                    arrivals=arrivals,
                    buffer_days=draw(st.sampled_from([0, 0, 7])),
                    gives=draw(st.sampled_from([True, True, False])),
                    values={each.key: Fraction(draw(st.integers(1, 5))) for each in lots},
                    pack=draw(st.sampled_from([1, 1, 10])),
                )
            )
    travel = {(a, b): draw(st.none() | st.integers(0, 20)) for a in SITES for b in SITES}
    return holdings, travel


def expired(each, lots=None, more=(), horizon=200):
    return simulate(
        each.lots if lots is None else lots,
        [*each.arrivals, *more],
        each.demand,
        ON,
        each.buffer_days,
        horizon,
    ).projected_expired


def after(holdings, transfers):
    """Each holding with its lots and what comes, once all is moved."""
    gone, coming = defaultdict(int), defaultdict(list)
    for i, each in enumerate(transfers):
        gone[each.item, each.origin, each.lot] += each.quantity
        coming[each.item, each.destination].append(
            Arrival(ProjectedLot(f"moved{i}", each.quantity, each.expires_on, each.arrives_on, 99))
        )
    for each in holdings:
        lots = [
            replace(one, quantity=one.quantity - gone[each.item, each.site, one.key]) for one in each.lots
        ]
        yield each, lots, coming[each.item, each.site]


@settings(max_examples=120, deadline=None)
@given(worlds(), st.sampled_from([30, 200]), st.sampled_from([0, 0, 30]))
def test_all_that_is_moved_is_saved_and_nobody_is_worse_off(world, horizon, trip):
    holdings, travel = world
    found = propose(
        holdings, lambda a, b: travel[a, b], ON, horizon_days=horizon, costs=Costs(Fraction(trip))
    )
    before = after_all = 0
    for each, lots, coming in after(holdings, found):
        assert all(one.quantity >= 0 for one in lots)
        before += expired(each)
        after_all += expired(each, lots, coming)
        assert expired(each, lots, coming) <= expired(each)
        gone = sum(one.quantity for one in each.lots) - sum(one.quantity for one in lots)
        if gone:
            assert each.gives and not coming
            assert gone % each.pack == 0
            assert expired(each, lots) == expired(each) - gone
        moved = sum(arrival.lot.quantity for arrival in coming)
        if moved and each.maximum is not None:
            assert each.position + moved <= each.maximum
    assert before - after_all == sum(each.saved for each in found)
    for each in found:
        assert 0 < each.quantity <= each.expiring
        assert travel[each.origin, each.destination] is not None
        assert each.arrives_on < each.used_by <= each.expires_on <= day(horizon + 7)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_the_sender_holds_its_minimum_when_what_it_gave_would_have_expired(world):
    holdings, travel = world
    found = propose(holdings, lambda a, b: travel[a, b], ON)
    for each, lots, _ in after(holdings, found):
        if lots == list(each.lots):
            continue
        last = max(one.expires_on for one, left in zip(each.lots, lots, strict=True) if left != one)
        days = (last - ON).days - each.buffer_days
        used = [
            one
            for one in simulate(each.lots, (), each.demand, ON, each.buffer_days, days).per_lot
            if next(x for x in each.lots if x.key == one.key).expires_on is not None
            and next(x for x in each.lots if x.key == one.key).expires_on <= last
        ]
        need = sum(one.used for one in used)
        assert sum(one.quantity for one in lots) + 1 >= need + (each.minimum or 0)


@settings(max_examples=40, deadline=None)
@given(worlds().flatmap(lambda world: st.tuples(st.just(world), st.permutations(world[0]))))
def test_the_order_of_input_is_irrelevant(two):
    (holdings, travel), other = two
    assert propose(holdings, lambda a, b: travel[a, b], ON) == propose(other, lambda a, b: travel[a, b], ON)


def test_five_hundred_lots_and_twenty_sites_take_about_a_second():
    # All of one item, which is the hardest: what each lot could do at each site hangs together.
    givers = [
        holding(
            f"G{g:02}",
            *(lot(f"{g}-{i}", 40 + i, 20 + (7 * i + g) % 300, order=i) for i in range(50)),
            a_day=1,
        )
        for g in range(10)
    ]
    takers = [
        holding(f"T{t:02}", lot(f"T{t}", 30 * t, 40 + 5 * t), a_day=2 + t, maximum=4000, position=30 * t)
        for t in range(20)
    ]
    started = perf_counter()
    found = propose([*givers, *takers], lambda a, b: 2 + (int(a[1:]) + int(b[1:])) % 9, ON)
    took = perf_counter() - started
    assert sum(each.saved for each in found) > 10_000
    assert took < 10
