"""How forecasts are measured."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.scoring import (
    BASELINES,
    CORRECTED,
    METHODS,
    OURS,
    Month,
    Score,
    ours,
    score,
    six_month_mean,
    six_month_median,
    three_month_mean,
)

JANUARY = 2024 * 12


def told(*used: int | None, out: tuple[int, ...] = ()) -> list[Month]:
    """Months from January 2024 on; None is missing, the places in `out` are without stock."""
    return [Month(JANUARY + at, amount, at in out) for at, amount in enumerate(used) if amount is not None]


def always(amount: float):
    return {"always": lambda history: amount}


class TestMethods:
    def test_the_baselines(self):
        history = told(100, 1, 2, 3, 10, 20, 60)
        assert three_month_mean(history) == 30
        assert six_month_median(history) == 6.5
        assert six_month_mean(history) == 16

    def test_short_histories_are_taken_whole(self):
        assert (three_month_mean(told(4)), six_month_median(told(4, 8))) == (4, 6)

    def test_ours_takes_a_month_without_stock_for_missing(self):
        assert ours(told(30, 30, 0, 30, out=(2,))) == ours(told(30, 30, None, 30))
        assert ours(told(0, 0, out=(0, 1))) == 0

    def test_the_corrected_baselines_leave_it_out(self):
        history = told(30, 30, 0, 30, out=(2,))
        assert {method(history) for method in CORRECTED.values()} == {30}
        assert {method(told(0, out=(0,))) for method in CORRECTED.values()} == {0}


class TestScore:
    def test_mae_wape_and_bias(self):
        series = [told(9, 10, 20, 30)]
        found = score(series, always(18), rolling=False, in_stock=False)["always"]
        assert found == Score(points=3, used=60, mae=22 / 3, wape=22 / 60, bias=-6 / 60)

    def test_the_last_origin_is_that_of_the_whole_file(self):
        series = [told(1, 2, 3), told(5, 5, 5, 5, 5, 5)]
        found = score(series, always(0), rolling=False, in_stock=False)["always"]
        assert (found.points, found.used) == (3, 15)  # the first was told nothing in the last three months

    def test_rolling_origins(self):
        found = score([told(*range(6))], always(0), rolling=True, in_stock=False)["always"]
        assert (found.points, found.used) == (9, 1 + 2 + 3 + 2 + 3 + 4 + 3 + 4 + 5)

    def test_a_missing_month_is_no_zero(self):
        found = score([told(5, None, 5, 5)], always(5), rolling=False, in_stock=False)["always"]
        assert (found.points, found.mae) == (2, 0)

    def test_a_month_without_stock_is_compared_only_as_recorded(self):
        series = [told(5, 5, 0, 5, out=(2,))]
        assert score(series, always(5), rolling=False, in_stock=True)["always"].points == 2
        found = score(series, always(5), rolling=False, in_stock=False)["always"]
        assert (found.points, found.mae) == (3, 5 / 3)

    def test_as_recorded_no_method_knows_of_months_without_stock(self):
        series = [told(30, 0, 0, 30, 30, 30, out=(1, 2))]
        seen: list[bool] = []

        def spy(history):
            seen.extend(month.out for month in history)
            return 0.0

        score(series, {"spy": spy}, rolling=False, in_stock=False)
        assert seen == [False, False, False]

    def test_no_method_sees_what_comes(self):
        series = [told(*range(10))]

        def spy(history):
            origins.append(history[-1].number)
            assert [month.number for month in history] == list(range(JANUARY, history[-1].number + 1))
            return 0.0

        origins: list[int] = []
        score(series, {"spy": spy}, rolling=True, in_stock=False)
        assert origins == list(range(JANUARY, JANUARY + 7))

    def test_nothing_used_has_no_share(self):
        found = score([told(0, 0, 0, 0)], METHODS, rolling=False, in_stock=True)[OURS]
        assert (found.mae, found.wape, found.bias) == (0, None, None)

    @pytest.mark.parametrize("series", [[], [[]], [told(1, 2, 3)]])
    def test_too_short(self, series):
        with pytest.raises(ValueError, match="compared"):
            score(series, METHODS, rolling=False, in_stock=False)

    @given(st.lists(st.none() | st.integers(0, 10**9), min_size=5, max_size=20), st.booleans(), st.booleans())
    def test_always_numbers_and_the_order_of_months_is_irrelevant(self, used, rolling, in_stock):
        months = told(1, *used, 1, 1, 1, out=(0, 2, 3))
        found = score([months], {**METHODS, **CORRECTED}, rolling=rolling, in_stock=in_stock)
        assert found == score([months[::-1]], {**METHODS, **CORRECTED}, rolling=rolling, in_stock=in_stock)
        assert set(BASELINES) < set(found)
        assert all(isfinite(one.mae) and isfinite(one.wape or 0) for one in found.values())
