"""The geometry of the charts: whole axes, labels apart, nothing outside the drawing."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.ledger.projection import Part, Window, project_parts
from inventory.rules.course import MONTH, course
from inventory.web import charts
from inventory.web.charts import Expected, Level

TODAY = date(2026, 11, 25)


def part(number, quantity, days, coming=None):
    expires_on = None if days is None else TODAY + timedelta(days=days)
    expected = None if coming is None else TODAY + timedelta(days=coming)
    key = (number, 0 if coming is None else number)
    shipment = None if coming is None else f"SHP-{number}"
    return Part(key, f"L{number}", expires_on, TODAY, quantity, shipment, "Hub", expected)


def draw(here, coming, monthly, levels=(), width=720):
    simulation = project_parts(here, coming, course(Fraction(monthly), TODAY), TODAY)
    return charts.projection(
        width,
        300,
        [*here, *coming],
        simulation,
        TODAY,
        levels,
        number=str,
        month=lambda day: f"{day:%b}",
        title=lambda each, _left: each.lot,
    )


@given(st.floats(min_value=0, max_value=1e18))
def test_an_axis_is_whole_and_holds_all(most):
    top, ticks = charts.scale(most)
    assert top >= most * (1 - 1e-9)
    assert ticks[0] == 0
    assert ticks[-1] == top
    assert 2 <= len(ticks) <= 6
    assert all(isinstance(each, int) for each in ticks)


quantities = st.integers(min_value=1, max_value=10**9)
lots = st.lists(st.tuples(quantities, st.none() | st.integers(min_value=0, max_value=900)), max_size=6)


@given(lots, st.integers(min_value=0, max_value=400), st.fractions(min_value=0, max_value=10**7), quantities)
def test_everything_lies_in_the_drawing(held, comes, monthly, level):
    here = [part(number + 1, quantity, days) for number, (quantity, days) in enumerate(held)]
    coming = [part(99, 1000, 500, comes)]
    lines = [Level(kind, Fraction(level), kind) for kind in ("maximum", "reorder", "emergency")]
    chart = draw(here, coming, monthly, lines, 350)
    if chart is None:
        return
    for shape in chart.shapes:
        for point in shape.points.split():
            x, y = map(float, point.split(","))
            assert chart.left - 0.1 <= x <= chart.right + 0.1
            assert chart.top - 0.1 <= y <= chart.bottom + 0.1
    labels = sorted(mark.label_at for mark in chart.lines)
    assert all(b - a >= charts.LABEL - 0.2 for a, b in pairwise(labels))


def test_what_will_expire_is_hatched_and_the_end_is_marked():
    chart = draw([part(1, 100, 20), part(2, 50, 200)], [], MONTH)
    assert [shape.kind for shape in chart.shapes] == ["here-too", "here", "waste"]
    assert [mark.kind for mark in chart.uprights] == ["out"]
    assert len([mark for mark in chart.along if mark.text]) >= 2


def test_what_comes_has_a_mark_of_its_own():
    chart = draw([part(1, 10, 300)], [part(2, 50, 300, 40)], MONTH)
    assert "coming" in {shape.kind for shape in chart.shapes}
    assert [mark.text for mark in chart.arrivals] == ["SHP-2"]


def test_nothing_to_draw():
    assert draw([], [], 10) is None
    assert draw([], [part(1, 5, 300)], 10) is None


@pytest.mark.parametrize("used", [0, 1, 10**15])
def test_history_fits(used):
    windows = [
        Window(TODAY - timedelta(days=30 * n + 29), TODAY - timedelta(days=30 * n), used, 4 if n == 1 else 0)
        for n in range(24)
    ][::-1]
    expected = [Expected(TODAY + timedelta(days=1), TODAY + timedelta(days=30), Fraction(7, 3), True)]
    chart = charts.history(
        350,
        220,
        windows,
        expected,
        Level("demand", Fraction(5), "a month"),
        number=str,
        month=lambda day: "تشرين الثاني",
        title=lambda each: "",
    )
    bars = [shape for shape in chart.shapes if shape.kind in ("used", "by-hand")]
    assert len(bars) == 25
    assert all(chart.top - 0.1 <= bar.y <= chart.bottom and bar.x + bar.width <= 350 for bar in bars)
    assert [shape.kind for shape in chart.shapes].count("out") == 1
    texts = [mark.at for mark in chart.along]
    assert all(b - a > 80 for a, b in pairwise(texts))


def test_a_history_of_nothing_is_not_drawn():
    window = Window(TODAY - timedelta(days=29), TODAY, 0, 0)
    nothing = charts.history(350, 220, [window], [], None, number=str, month=str, title=str)
    assert nothing is None
