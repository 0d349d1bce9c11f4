"""Labels lie on their sheet, beside each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.label_sheets import A4, MOST_LABELS, SHEETS, InvalidSheet, Sheet


def lies_well(sheet):
    boxes = [(x, y, x + sheet.label[0], y + sheet.label[1]) for _, x, y in sheet.places(len(sheet))]
    for x, y, right, bottom in boxes:
        assert 0 <= x < right <= sheet.page[0]
        assert 0 <= y < bottom <= sheet.page[1]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("name", SHEETS)
def test_none_leaves_the_page_and_none_overlap(name):
    lies_well(SHEETS[name])


SIZES = st.integers(1_000, 12_000)
MARGINS = st.integers(-100, 3_000)


@given(
    st.tuples(st.integers(10_000, 45_000), st.integers(10_000, 45_000)),
    st.tuples(SIZES, SIZES),
    st.integers(0, 6),
    st.integers(0, 6),
    MARGINS,
    MARGINS,
    st.tuples(st.integers(-10, 500), st.integers(-10, 500)),
)
def test_a_size_of_ones_own_fits_or_is_refused(page, label, columns, rows, left, top, gap):
    try:
        sheet = Sheet(page=page, label=label, columns=columns, rows=rows, left=left, top=top, gap=gap)
    except InvalidSheet:
        return
    lies_well(sheet)


def test_a_sheet_partly_used():
    sheet = SHEETS["a4-3x7"]
    found = list(sheet.places(22, start=21))
    assert found[0] == (0, *sheet.place(20))
    assert found[1] == (1, *sheet.place(0))
    assert found[-1] == (1, *sheet.place(20))


@pytest.mark.parametrize(("count", "start"), [(1, 0), (1, 22), (MOST_LABELS + 1, 1)])
def test_what_no_sheet_has(count, start):
    with pytest.raises(InvalidSheet):
        list(SHEETS["a4-3x7"].places(count, start))


def test_too_wide():
    with pytest.raises(InvalidSheet, match="leave"):
        Sheet(page=A4, label=(7001, 3700), columns=3)
