from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.shelf_life import (
    InvalidExpiry,
    a_year_after,
    expired,
    month_end,
    parse_expiry,
    short_dated,
)

dates = st.dates(date(1990, 1, 1), date(2150, 12, 31))


def test_vectors_of_the_handbook():
    arrival = date(2026, 3, 10)
    assert not short_dated(date(2027, 3, 10), arrival)
    assert short_dated(date(2027, 3, 9), arrival)
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)
    assert not short_dated(date(2029, 2, 28), date(2028, 2, 29))
    assert short_dated(date(2029, 2, 27), date(2028, 2, 29))
    assert parse_expiry("04/2026") == (date(2026, 4, 30), "month")


def test_without_expiry_nothing_is_short_or_expired():
    assert not short_dated(None, date(2026, 1, 1))
    assert not expired(None, date(2026, 1, 1))


def test_expired_from_the_day_after():
    assert not expired(date(2026, 4, 30), date(2026, 4, 30))
    assert expired(date(2026, 4, 30), date(2026, 5, 1))


def test_the_calendar_has_an_end():
    assert a_year_after(date.max) == date.max
    assert month_end(9999, 12) == date.max
    with pytest.raises(ValueError, match="month"):
        month_end(2026, 13)


@pytest.mark.parametrize(
    "text",
    [
        "04/2026",
        "4/2026",
        "2026-04",
        "2026/4",
        "04-2026",
        "04.2026",
        " 04 / 2026 ",
        "04/26",
        "avr. 2026",
        "AVRIL 2026",
        "Apr 2026",
        "April, 2026",
        "apr-26",
        "نيسان 2026",
        "أبريل ٢٠٢٦",
        "۰۴/۲۰۲۶",
    ],
)
def test_a_month_is_its_last_day(text):
    assert parse_expiry(text) == (date(2026, 4, 30), "month")


@pytest.mark.parametrize(
    "text",
    [
        "30/04/2026",
        "2026-04-30",
        "30.4.2026",
        "30 04 2026",
        "30-Apr-2026",
        "30 avril 2026",
        "30 avr. 26",
        "April 30, 2026",
        "apr 30th 2026",
        "2026-04-30 00:00:00",
        "2026-04-30T00:00",
        "20260430",
        "٣٠/٠٤/٢٠٢٦",
        "30 نيسان 2026",
    ],
)
def test_a_day_is_itself(text):
    assert parse_expiry(text) == (date(2026, 4, 30), "day")


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("févr. 2027", 2),
        ("août 2027", 8),
        ("juil. 2027", 7),
        ("juin 2027", 6),
        ("déc 2027", 12),
        ("mai 2027", 5),
        ("كانون الثاني 2027", 1),
        ("كانون الأول 2027", 12),
        ("آب 2027", 8),
        ("sept. 2027", 9),
        ("Jun 2027", 6),
    ],
)
def test_names_of_months(text, month):
    assert parse_expiry(text) == (month_end(2027, month), "month")


def test_the_day_comes_first():
    assert parse_expiry("04/05/2026")[0] == date(2026, 5, 4)


@pytest.mark.parametrize(
    "text", ["31/04/2026", "2026-02-29", "13/2026", "2026-00", "00/04/2026", "32 Apr 2026"]
)
def test_impossible_dates(text):
    with pytest.raises(InvalidExpiry, match="no such date"):
        parse_expiry(text)


@pytest.mark.parametrize("text", ["01/0001", "9999-12-31", "1926-04-30", "0000-01-01"])
def test_years_that_cannot_be_right(text):
    with pytest.raises(InvalidExpiry):
        parse_expiry(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "15-11",
        "11-15",
        "04/11",
        "30/04/26",
        "jui 2027",
        "كانون 2027",
        "2026",
        "04",
        "N/A",
        "-",
        "2026-04-30-01",
        "x" * 10_000,
        "a " * 5_000 + "2026",
        "2026-04-30 12:30",
    ],
)
def test_what_is_not_read_is_refused_with_what_to_write(text):
    with pytest.raises(InvalidExpiry, match="not read as an expiry date"):
        parse_expiry(text)


def test_formats_of_a_mapping_alone_are_understood():
    assert parse_expiry("15-11", ["%y-%m"]) == (date(2015, 11, 30), "month")
    assert parse_expiry("04/30/2026", ["%y-%m", "%m/%d/%Y"]) == (date(2026, 4, 30), "day")
    with pytest.raises(InvalidExpiry):
        parse_expiry("30/04/2026", ["%m/%d/%Y"])
    with pytest.raises(InvalidExpiry):
        parse_expiry("15-13", ["%y-%m"])


@given(dates)
def test_every_date_is_read_back(day):
    assert parse_expiry(day.isoformat()) == (day, "day")
    assert parse_expiry(day.strftime("%d/%m/%Y")) == (day, "day")
    assert parse_expiry(day.strftime("%d %b %Y")) == (day, "day")
    assert parse_expiry(day.strftime("%m/%Y")) == (month_end(day.year, day.month), "month")


@given(dates, dates)
def test_a_year_is_at_least_365_days(arrived, expires):
    assert 365 <= (a_year_after(arrived) - arrived).days <= 366
    assert short_dated(expires, arrived) or (expires - arrived).days >= 365


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text):
    try:
        found, precision = parse_expiry(text)
    except InvalidExpiry:
        return
    assert precision == "day" or found == month_end(found.year, found.month)
