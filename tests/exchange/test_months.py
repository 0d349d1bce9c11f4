"""Consumption that is told by the month: every way of telling it, and every way of getting it wrong."""

from datetime import date, datetime

import pytest

from inventory.exchange.fields import Kind, RowRefusedError, parse
from inventory.exchange.mapping import MappingError, open_mapped, plain
from inventory.exchange.mapping import parse as read_mapping
from inventory.exchange.rows import ConsumptionRow, MonthRow, NewItem, NewSite

ROW = {"site": "DSP", "item": "A1", "quantity": "4"}


def read(formats=None, columns=None, **values):
    return parse(Kind.CONSUMPTION, 7, ROW | values, formats, columns)


@pytest.mark.parametrize(
    ("told", "formats"),
    [
        ({"year": "2018", "month": "3"}, ()),
        ({"year": 2018, "month": "03"}, ()),
        ({"month": "2018-03"}, ()),
        ({"year": "2018", "month": "2018-03"}, ()),
        ({"month": date(2018, 3, 17)}, ()),
        ({"month": datetime(2018, 3, 31, 9)}, ()),
        ({"month": "03/2018"}, ("%m/%Y",)),
        ({"month": "201803"}, ("%Y%m",)),
        ({"month": "mars 2018"}, ("%B %Y",)),
        ({"year": "2018", "month": "Mars"}, ("%B",)),
    ],
)
def test_the_ways_of_telling_a_month(told, formats):
    row = read({"month": formats} if formats else None, **told)
    assert isinstance(row, MonthRow)
    assert (row.line, row.month, row.quantity) == (7, date(2018, 3, 1), 4)
    assert not row.tells_stock


def test_a_report_tells_the_stock_too():
    row = read(month="2018-03", quantity="0", opening="1 000", adjusted="-5", closing="0")
    assert isinstance(row, MonthRow)
    assert (row.quantity, row.opening, row.received, row.adjusted, row.closing) == (0, 1000, None, -5, 0)
    assert row.tells_stock


def test_a_day_is_what_it_was():
    row = read(
        occurred_on="2018-03-05", lot="L1", item_name="Amoxicillin", item_base_unit="tablet", year="2018"
    )
    assert row == ConsumptionRow(
        line=7, site="DSP", item="A1", quantity=4, occurred_on=date(2018, 3, 5), lot="L1"
    )
    with pytest.raises(RowRefusedError, match="is not between 1"):
        read(occurred_on="2018-03-05", quantity="0")


def test_what_is_needed_to_make_the_item_and_the_site():
    row = read(
        month="2018-03",
        item_name="Amoxicillin",
        item_base_unit="tablet",
        item_category="medicine",
        site_name="Darkar",
        site_kind="dispensary",
        site_country="Iraq",
    )
    assert isinstance(row, MonthRow)
    assert row.new_item == NewItem(name="Amoxicillin", base_unit="tablet", category="medicine")
    assert row.new_site == NewSite(name="Darkar", kind="dispensary", country="IQ")
    half = read(month="2018-03", item_name="Amoxicillin", site_name="Darkar")
    assert isinstance(half, MonthRow)
    assert (half.new_item, half.new_site) == (None, None)


@pytest.mark.parametrize(
    ("values", "column", "why"),
    [
        ({"year": "2018", "month": "13"}, "Mois", "is not between 1 and 12"),
        ({"year": "2018", "month": "0"}, "Mois", "is not between 1 and 12"),
        ({"month": "2018-13"}, "Mois", "is no date of the form YYYY-MM"),
        ({"year": "2018"}, "Mois", "This is missing"),
        ({"month": "3"}, "year", "Say the year too"),
        ({"year": "2017", "month": "2018-03"}, "year", "of another year"),
        ({"year": "18", "month": "3"}, "year", "is not between"),
        ({"month": "2018-03", "occurred_on": "2018-03-05"}, "occurred_on", "not both"),
        ({"month": "2018-03", "lot": "L1"}, "lot", "all lots together"),
        ({"occurred_on": "2018-03-05", "opening": "5"}, "opening", "This goes with a month"),
        ({"month": "2018-03", "quantity": "-4"}, "quantity", "is not between 0"),
        ({"month": "2018-03", "closing": "-1"}, "closing", "is not between 0"),
        ({"month": "2018-03", "received": "2.5"}, "received", "no whole number"),
        ({}, "occurred_on", "This is missing"),
    ],
)
def test_what_is_wrong_is_named(values, column, why):
    with pytest.raises(RowRefusedError, match=why) as refused:
        read(columns={"month": "Mois", "occurred_on": "occurred_on"}, **values)
    assert [fault.column for fault in refused.value.faults] == [column]


def test_a_file_by_the_month_that_lacks_a_month_in_a_row_is_asked_for_it():
    with pytest.raises(RowRefusedError) as refused:
        read(columns={"month": "Mois"})
    assert [fault.column for fault in refused.value.faults] == ["Mois"]


def test_a_file_needs_a_day_or_a_month(tmp_path):
    path = tmp_path / "use.csv"
    path.write_text("site,item,quantity,month\nDSP,A1,4,2018-03\n")
    with open_mapped(path, plain(Kind.CONSUMPTION)) as table:
        assert [row.values["month"] for row in table.rows()] == ["2018-03"]
    path.write_text("site,item,quantity,year\nDSP,A1,4,2018\n")
    with (
        pytest.raises(MappingError, match="The file lacks: occurred_on"),
        open_mapped(path, plain(Kind.CONSUMPTION)),
    ):
        pass
    columns = '[columns]\nsite = "site"\nitem = "item"\nquantity = "quantity"\n'
    with (
        pytest.raises(MappingError, match="The file lacks: occurred_on"),
        open_mapped(path, read_mapping(columns, Kind.CONSUMPTION, "mine")),
    ):
        pass
    of_march = read_mapping(columns + '[constants]\nmonth = "2018-03"\n', Kind.CONSUMPTION, "mine")
    with open_mapped(path, of_march) as table:
        assert [row.values["month"] for row in table.rows()] == ["2018-03"]
