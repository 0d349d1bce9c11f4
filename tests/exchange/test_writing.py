"""What is written can be opened by a spreadsheet without running anything, and read back the same."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.exchange import writing
from inventory.exchange.reading import open_table

HEADER = ["code", "name", "quantity", "price", "day", "at", "flag", "none"]
ROW = [
    "A1",
    "=HYPERLINK(1)",
    -5,
    Decimal("1.50"),
    date(2026, 3, 1),
    datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=3))),
    True,
    None,
]


def test_csv_cells():
    text = "".join(writing.csv_lines(HEADER, [ROW]))
    assert text == (
        "code,name,quantity,price,day,at,flag,none\r\n"
        "A1,'=HYPERLINK(1),-5,1.50,2026-03-01,2026-03-01T09:00:00Z,true,\r\n"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\x00=", " =", "\ufeff="])
def test_formulas_are_made_harmless(start):
    (cell,) = next(csv.reader(io.StringIO("".join(writing.csv_lines([start + "cmd"], [])), newline="")))
    assert cell.startswith("'")
    assert "\x00" not in cell


def test_numbers_as_text_stay_as_they_are():
    assert list(writing.csv_lines(["-12.5", "+3"], [])) == ["-12.5,+3\r\n"]


def test_bom_on_request():
    assert next(writing.csv_lines(["a"], [], bom=True)) == "\ufeffa\r\n"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), min_size=1), min_size=1))
def test_any_text_survives_csv_as_one_row(cells):
    text = "".join(writing.csv_lines(["x"] * len(cells), [cells]))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [len(row) for row in rows] == [len(cells), len(cells)]
    for cell in rows[1]:
        assert not cell.lstrip(" \u00a0\ufeff").startswith(("=", "@"))


def test_what_was_made_harmless_is_read_back(tmp_path):
    path = tmp_path / "out.csv"
    assert writing.write(path, ["code", "name"], [["A1", "=1+1"], ["A2", "'quoted"]], "Items") == 2
    with open_table(path, None, ["code"]) as table:
        assert [row.values["name"] for row in table.rows] == ["=1+1", "'quoted"]


def test_workbook_cells_are_typed(tmp_path):
    path = tmp_path / "out.xlsx"
    assert writing.write(path, HEADER, iter([ROW, ROW]), "Stock: [all]") == 2
    book = openpyxl.load_workbook(path)
    sheet: Any = book.active
    assert sheet.title == "Stock   all"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:H3"
    assert [cell.value for cell in sheet[1]] == HEADER
    values = [cell.value for cell in sheet[2]]
    assert values[:4] == ["A1", "=HYPERLINK(1)", -5, 1.5]
    assert sheet["B2"].data_type == "s" or sheet["B2"].quotePrefix or sheet["B2"].data_type == "inlineStr"
    assert values[4:] == [datetime(2026, 3, 1), datetime(2026, 3, 1, 9), True, None]


def test_workbook_without_rows_large_numbers_and_control_characters():
    target = io.BytesIO()
    assert writing.write_xlsx(target, ["a"], [], "Empty") == 0
    target = io.BytesIO()
    writing.write_xlsx(target, ["a", "b"], [[10**17, "x\x00\x07y"], [None, "z" * 40_000]], "Odd")
    sheet: Any = openpyxl.load_workbook(target).active
    assert sheet["A2"].value == str(10**17)
    assert sheet["B2"].value == "xy"
    assert len(sheet["B3"].value) == 32_767


def test_more_rows_than_a_sheet_holds(monkeypatch):
    monkeypatch.setattr(writing, "_ROW_LIMIT", 3)
    target = io.BytesIO()
    assert writing.write_xlsx(target, ["a"], ([n] for n in range(7)), "Many") == 7
    book = openpyxl.load_workbook(target)
    assert [(s.title, s.max_row) for s in book] == [("Many", 4), ("Many 2", 4), ("Many 3", 2)]


def test_a_file_appears_only_when_complete(tmp_path):
    def rows():
        yield ["A1"]
        raise RuntimeError("power cut")

    for name in ("out.csv", "out.xlsx"):
        with pytest.raises(RuntimeError):
            writing.write(tmp_path / name, ["code"], rows(), "Items")
    assert list(tmp_path.iterdir()) == []


def test_instants_without_zone_stay_so():
    assert list(writing.csv_lines(["a"], [[datetime(2026, 3, 1, 5)], [datetime(2026, 3, 1, 5, tzinfo=UTC)]]))[
        1:
    ] == [
        "2026-03-01T05:00:00\r\n",
        "2026-03-01T05:00:00Z\r\n",
    ]
