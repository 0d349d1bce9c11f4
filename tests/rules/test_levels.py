"""Levels by service level and by months. Vectors: the domain handbook, 2.3."""

from decimal import Decimal
from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.levels import (
    SERVICE_LEVELS,
    count_quantile,
    min_max_months,
    order_to,
    order_up_to,
    safety_stock,
    service_levels_for,
)

demands = st.fractions(0, 10**6, max_denominator=1000)
deviations = st.floats(0, 10**6)
days = st.integers(0, 1000)
services = st.floats(0.5, 0.9999)


class TestByServiceLevel:
    def test_i17_order_up_to(self):
        assert order_up_to(300, 60, 1, 3, 0.95) == pytest.approx(1397.382, abs=5e-4)

    def test_i18_poisson(self):
        assert count_quantile(4, 4, 0.95) == 8
        assert count_quantile(4, 4, 0.94886) == 7
        assert count_quantile(4, 4, 0.97865) == 9

    def test_i18_as_a_reorder_point_without_review(self):
        # Mean 4 over a lead time of 30 days, no steadier than chance.
        monthly = 4 * Fraction(487, 480)
        assert service_levels_for(monthly, sqrt(monthly), 30, 0, 0.95).reorder_point == 8

    def test_negative_binomial(self):
        # scipy.stats.nbinom(2, 1/3).ppf((0.5, 0.95)): mean 4, variance 12.
        assert count_quantile(4, 12, 0.5) == 3
        assert count_quantile(4, 12, 0.95) == 11

    def test_nothing_is_needed_of_what_nobody_uses(self):
        assert count_quantile(0, 0, 0.9999) == 0
        levels = service_levels_for(0, 5, 30, 30, 0.98)
        assert (levels.reorder_point, levels.maximum, levels.emergency_point, levels.safety_stock) == (0,) * 4

    def test_levels_of_what_is_used_much(self):
        levels = service_levels_for(Fraction(3044), 600, 30, 61, Decimal("0.95"))
        span = 91 / 30.4375
        safety = 1.6448536 * 600 * sqrt(span)
        assert levels.safety_stock == pytest.approx(safety, abs=1)
        # What is left above the reorder point on a review date lasts until the next one's order has come.
        assert levels.reorder_point == pytest.approx(3044 * span + safety, abs=1)
        assert levels.maximum == pytest.approx(3044 * (span + 61 / 30.4375) + safety, abs=1)
        assert levels.emergency_point == 1501  # half the lead time: 15 days

    def test_the_emergency_point_may_be_told_in_days(self):
        assert service_levels_for(Fraction(487, 16), 5, 30, 30, 0.95, emergency_days=7).emergency_point == 7
        assert service_levels_for(Fraction(487, 16), 5, 30, 30, 0.95, emergency_days=0).emergency_point == 0

    def test_the_emergency_point_is_never_above_the_reorder_point(self):
        levels = service_levels_for(100, 1, 10, 30, 0.5, emergency_days=90)
        assert levels.emergency_point == levels.reorder_point

    def test_vital_medicines_are_to_be_there_more_surely(self):
        assert SERVICE_LEVELS == {"V": 0.98, "E": 0.95, "N": 0.90}
        safety = [
            service_levels_for(300, 60, 30, 30, level).safety_stock for level in SERVICE_LEVELS.values()
        ]
        assert safety == sorted(safety, reverse=True)

    @pytest.mark.parametrize(
        "given_",
        [
            (1, 1, 30, 30, 1.0),
            (1, 1, 30, 30, 0.4),
            (-1, 1, 30, 30, 0.9),
            (1, float("nan"), 30, 30, 0.9),
            (1, float("inf"), 30, 30, 0.9),
            (1, 1, -1, 30, 0.9),
            (1, 1, 30, -1, 0.9),
            (1, 1, 30, 30, 0.9, -1),
        ],
    )
    def test_what_makes_no_sense(self, given_):
        with pytest.raises(ValueError, match=r"."):
            service_levels_for(*given_)

    @given(demands, deviations, days, days, services, st.none() | days)
    def test_in_their_order(self, monthly, deviation, lead, review, service, emergency):
        levels = service_levels_for(monthly, deviation, lead, review, service, emergency)
        assert 0 <= levels.emergency_point <= levels.reorder_point <= levels.maximum
        assert 0 <= levels.safety_stock <= levels.reorder_point

    @given(demands, deviations, days, days, services, services)
    def test_more_service_never_takes_less(self, monthly, deviation, lead, review, one, other):
        low, high = sorted((one, other))
        less = service_levels_for(monthly, deviation, lead, review, low)
        more = service_levels_for(monthly, deviation, lead, review, high)
        assert less.safety_stock <= more.safety_stock
        assert less.maximum <= more.maximum

    @given(st.floats(0.01, 9.9), st.floats(0, 1000), services)
    def test_a_quantile_is_the_least_that_is_enough(self, mean, variance, service):
        found = count_quantile(mean, variance, service)
        assert 0 <= found <= mean / (1 - service) + 1

    def test_safety_is_never_less_than_nothing(self):
        assert safety_stock(9, 100, 1, 0.5) == 0


class TestByMonths:
    def test_i8_forced_ordering(self):
        minimum, maximum = min_max_months("forced", 1, 1, Decimal("0.5"))
        assert (minimum, maximum) == (Fraction(3, 2), Fraction(5, 2))
        assert maximum * 120 == 300
        assert order_to(maximum * 120, 90 + 0) == 210

    def test_standard_control_waits_for_the_review(self):
        assert min_max_months("standard", 1, 1, 1) == (3, 4)
        assert min_max_months("continuous", 1, 1, 1) == (2, 3)

    def test_i22_up_to_the_maximum(self):
        assert order_to(Fraction(3) * 33, Fraction(5, 4) * 33) == 58

    def test_nothing_is_sent_back(self):
        assert order_to(100, 150) == 0
