"""Forecasts of a month's demand. Vectors: the domain handbook, 3.2."""

from fractions import Fraction
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.forecast import LONGEST, Forecast, Period, classify, croston, forecast, sba, tsb

HANDBOOK = [0, 5, 0, 0, 8, 0, 3, 0, 0, 0, 6, 0]
QUIET = [*HANDBOOK, 0, 0, 0, 0, 0, 0]

amounts = st.lists(st.floats(0, 1e12), max_size=40)
periods = st.builds(Period, st.integers(-100, 10**12), st.integers(-1, 400), st.integers(-1, 400))


def months(*quantities: int, out: int = 0) -> list[Period]:
    return [Period(quantity, 30, out) for quantity in quantities]


def known(history: list[Period]) -> Forecast:
    found = forecast(history)
    assert found is not None
    return found


class TestTheMethodsForIntermittentDemand:
    def test_croston(self):
        assert croston(HANDBOOK) == pytest.approx(2.263481, abs=5e-7)
        assert croston(QUIET) == pytest.approx(2.263481, abs=5e-7)

    def test_sba(self):
        assert sba(HANDBOOK) == pytest.approx(2.150307, abs=5e-7)

    def test_tsb_decays_once_demand_has_stopped(self):
        assert tsb(HANDBOOK) == pytest.approx(1.916598, abs=5e-7)
        assert tsb(QUIET) == pytest.approx(1.018559, abs=5e-7)

    @pytest.mark.parametrize("method", [croston, sba, tsb])
    def test_no_demand_at_all(self, method):
        assert method([]) == method([0, 0, 0]) == 0

    @given(amounts)
    def test_within_what_was_seen(self, demand):
        for method in (croston, sba, tsb):
            assert 0 <= method(demand) <= max(demand, default=0) * 1.000001


class TestPatterns:
    def test_the_handbooks_figures(self):
        pattern, adi, cv2 = classify(HANDBOOK)
        assert (pattern, adi) == ("intermittent", 3.0)
        assert cv2 == pytest.approx(0.10744, abs=5e-6)

    @pytest.mark.parametrize(
        ("demand", "pattern"),
        [
            ([30, 33, 27], "smooth"),
            ([1, 40, 2, 3], "erratic"),
            ([0, 5, 0, 6, 0, 5], "intermittent"),
            ([0, 1, 0, 60, 0, 2], "lumpy"),
            ([9, 8, 9, 0, 0, 0, 0], "obsolescent"),
            ([9, 8, 9, 0, 0, 0], "intermittent"),
            ([0, 0, 5, 0, 0, 5, 0, 0, 0, 0], "intermittent"),  # it was always as quiet as that
            ([0, 0], "none"),
            ([], "none"),
        ],
    )
    def test_each(self, demand, pattern):
        assert classify(demand)[0] == pattern


class TestForecast:
    @pytest.mark.parametrize("history", [[], [Period(0, 30, 30), Period(5, 31, 31)], [Period(5, 0, 0)]])
    def test_without_a_day_in_stock_nothing_is_known(self, history):
        assert forecast(history) is None

    def test_a_steady_demand(self):
        found = known(months(30, 30, 30, 30))
        assert (found.monthly, found.method, found.pattern) == (Fraction(487, 16), "blend", "smooth")
        assert found.deviation == pytest.approx(float(found.monthly) ** 0.5)  # no steadier than chance

    def test_a_month_half_out_of_stock_is_scaled_up(self):
        assert known([Period(15, 30, 15)]).monthly == known([Period(30, 30, 0)]).monthly == Fraction(487, 16)

    def test_a_month_out_of_stock_is_missing_not_zero(self):
        with_gap = known([*months(30, 24), *months(0, 0, out=30), *months(36)])
        assert with_gap == known(months(30, 24, 36))
        assert with_gap.periods == 3

    def test_a_few_days_in_stock_weigh_little(self):
        wild = known([*months(30, 30, 30), Period(30, 30, 28)]).monthly
        assert wild < 2 * known(months(30, 30, 30)).monthly

    def test_halfway_between_the_discounted_mean_and_median(self):
        # Weights 9, 12, 16: mean (90*9 + 30*12 + 60*16) / 37, median 60.
        mean = Fraction(90 * 9 + 30 * 12 + 60 * 16, 37)
        assert known(months(90, 30, 60)).monthly == (mean + 60) / 2 * Fraction(487, 480)

    def test_two_months_are_too_few_for_a_median(self):
        found = known(months(10, 20))
        assert (found.method, found.monthly) == ("mean", Fraction(10 * 3 + 20 * 4, 7) * Fraction(487, 480))

    def test_demand_that_stopped_dies_away(self):
        ends = [known(months(*[20] * 6, *[0] * quiet)) for quiet in range(4, 13)]
        assert {end.method for end in ends} == {"tsb"}
        assert {end.pattern for end in ends} == {"obsolescent"}
        forecasts = [end.monthly for end in ends]
        assert forecasts == sorted(forecasts, reverse=True)
        assert forecasts[-1] < 1

    def test_stock_that_nobody_uses(self):
        found = known(months(0, 0, 0))
        assert (found.monthly, found.method, found.pattern) == (0, "zero", "none")
        assert (found.adi, found.cv2, found.deviation) == (None, None, 0)

    def test_more_taken_back_than_given_counts_as_nothing(self):
        assert known(months(-5, 30)) == known(months(0, 30))

    def test_what_varies_more_deviates_more(self):
        assert known(months(10, 90, 20, 80)).deviation > known(months(45, 55, 48, 52)).deviation

    def test_the_fewer_months_the_more_doubt(self):
        once, often = known(months(40, 60, 50)), known(months(*[40, 60, 50] * 5))
        assert once.deviation > often.deviation
        assert known(months(1000, 1000)).deviation == float(known(months(1000, 1000)).monthly)

    def test_only_the_latest_periods_are_looked_at(self):
        recent = months(*range(1, LONGEST + 1))
        assert known([*months(10**9), *recent]) == known(recent)

    @given(st.lists(periods, max_size=40))
    def test_never_anything_but_a_number(self, history):
        found = forecast(history)
        in_stock = [p for p in history if p.days > max(0, p.days_out)]
        assert (found is None) == (not in_stock)
        if found is not None:
            # To a part in a million: one method works in floating point.
            most = max(
                max(0, p.quantity) * Fraction(487, 16) / (p.days - max(0, p.days_out)) for p in in_stock
            )
            assert 0 <= found.monthly <= most * Fraction(1000001, 1000000)
            assert isfinite(found.deviation)
            assert found.deviation >= 0
            assert all(value is None or isfinite(value) for value in (found.adi, found.cv2))
            assert found.periods == min(LONGEST, len(in_stock))

    @given(st.lists(st.builds(Period, st.integers(0, 1000), st.integers(28, 31)), min_size=1, max_size=30))
    def test_twice_the_demand_is_twice_the_forecast(self, history):
        twice = known([Period(2 * p.quantity, p.days) for p in history])
        assert float(twice.monthly) == pytest.approx(2 * float(known(history).monthly), rel=1e-5, abs=1e-5)
