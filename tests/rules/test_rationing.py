from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.rationing import Request, ration


def request(site, wanted, *, maximum=None, position=0, ven="E", emergency=None, usable=0, multiple=None):
    return Request(
        site, ven, wanted if maximum is None else maximum, position, emergency, usable, wanted, multiple
    )


def shares(supply, *requests):
    return [each.quantity for each in ration(supply, requests)]


def test_enough_for_all_is_what_all_ask_for():
    assert shares(100, request("A", 30), request("B", 20)) == [30, 20]


def test_too_little_is_shared_in_proportion_to_what_is_lacking():
    assert shares(
        60, request("A", 90, maximum=100, position=10), request("B", 90, maximum=40, position=10)
    ) == [45, 15]


def test_the_largest_remainder_gets_the_unit_that_is_left_and_then_the_first_code():
    assert shares(10, request("C", 10), request("B", 10), request("A", 10)) == [3, 3, 4]
    assert shares(5, request("A", 3), request("B", 4)) == [2, 3]


def test_a_vital_item_comes_to_its_emergency_point_first():
    low = request("A", 40, maximum=40, position=0, ven="V", emergency=20, usable=0)
    full = request("B", 200, maximum=300, position=100, ven="V", emergency=20, usable=100)
    # 20 first, then 30 over what is lacking: 20 to 200.
    assert shares(50, low, full) == [23, 27]
    assert shares(15, low, full) == [15, 0]
    assert [each.reason.text.split(":")[0] for each in ration(15, [low, full])] == [
        "A vital item",
        "There is not enough",
    ]


def test_other_items_have_no_emergency_first():
    assert shares(10, request("A", 20, ven="E", emergency=20), request("B", 20)) == [5, 5]


def test_only_whole_packs_are_given_and_never_more_than_was_asked_for():
    assert shares(100, request("A", 95, multiple=10), request("B", 7)) == [90, 7]
    assert shares(25, request("A", 50, multiple=10), request("B", 50, multiple=10)) == [10, 10]
    assert shares(9, request("A", 50, multiple=10)) == [0]


def test_what_a_full_site_cannot_take_goes_to_the_others():
    assert shares(90, request("A", 10, maximum=100), request("B", 100, maximum=100)) == [10, 80]


def test_above_the_maximum_only_from_what_is_left_over():
    above = request("A", 10, maximum=10, position=30)
    assert shares(20, above, request("B", 30)) == [0, 20]
    assert shares(35, above, request("B", 30)) == [5, 30]


def test_without_a_level_what_is_asked_for_counts_only_after_the_others():
    assert shares(20, Request("A", None, None, 0, None, 0, 15), request("B", 10)) == [10, 10]


def test_nothing_to_share_and_nobody_to_share_with():
    assert ration(10, []) == []
    assert shares(0, request("A", 5)) == [0]
    assert shares(-3, request("A", 5)) == [0]


requests_of = st.lists(
    st.builds(
        Request,
        site=st.sampled_from("ABCDEFGH"),
        ven=st.sampled_from(["V", "E", "N", None]),
        maximum=st.none() | st.fractions(0, 300, max_denominator=4),
        position=st.fractions(0, 300, max_denominator=4),
        emergency_point=st.none() | st.fractions(0, 80, max_denominator=4),
        usable=st.integers(0, 120),
        wanted=st.integers(0, 200),
        multiple=st.none() | st.integers(1, 30),
    ),
    max_size=6,
    unique_by=lambda each: each.site,
)
supplies = st.integers(0, 900)


def urgent(each):
    pack = each.multiple or 1
    if each.ven != "V" or each.emergency_point is None:
        return 0
    lacks = max(0, -((each.usable - each.emergency_point) // 1))
    return min(each.wanted // pack * pack, -(-lacks // pack) * pack)


@given(supplies, requests_of)
def test_no_more_than_there_is_nor_than_is_asked_for_and_whole_packs(supply, requests):
    found = ration(supply, requests)
    assert sum(each.quantity for each in found) <= supply
    for share, asked in zip(found, requests, strict=True):
        assert share.site == asked.site
        assert 0 <= share.quantity <= asked.wanted
        assert share.quantity % (asked.multiple or 1) == 0


@given(supplies, requests_of)
def test_nothing_stays_that_somebody_could_take(supply, requests):
    found = ration(supply, requests)
    left = supply - sum(each.quantity for each in found)
    for share, asked in zip(found, requests, strict=True):
        pack = asked.multiple or 1
        assert left < pack or share.quantity + pack > asked.wanted


@given(supplies, requests_of)
def test_vital_items_reach_their_emergency_point_before_anybody_gets_more(supply, requests):
    found = ration(supply, requests)
    needs = [urgent(each) for each in requests]
    if sum(needs) <= supply:
        assert all(share.quantity >= need for share, need in zip(found, needs, strict=True))
    elif all((each.multiple or 1) == 1 for each in requests):
        assert all(share.quantity <= need for share, need in zip(found, needs, strict=True))


@given(supplies, requests_of.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_requests_is_irrelevant(supply, two):
    assert {each.site: each for each in ration(supply, two[0])} == {
        each.site: each for each in ration(supply, two[1])
    }


@given(supplies, st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 300), min_size=1))
def test_without_packs_each_is_within_a_unit_of_its_proportion(supply, lacking):
    requests = [request(site, lacks) for site, lacks in lacking.items()]
    total = sum(lacking.values())
    for share, asked in zip(ration(supply, requests), requests, strict=True):
        assert abs(share.quantity - min(Fraction(asked.wanted), Fraction(supply * asked.wanted, total))) < 1
