"""Two real files, whole: every figure of them, and what is odd about each."""

import csv
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from inventory.exchange import bundled, scms
from inventory.exchange.fields import parse
from inventory.exchange.mapping import open_mapped
from inventory.exchange.notes import Notes
from inventory.exchange.stock_count_fr import count_day

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SCMS = DATA / "scms" / "scms_sample.csv"
COUNT = DATA / "stock_count_fr" / "zanmi_lasante_two_rooms.xlsx"


def needs(path):
    return pytest.mark.skipif(not path.exists(), reason=f"the shared file {path.name} is not on this machine")


def read(name, path, **fixed):
    mapping, notes = bundled.load(name).fixed(**fixed), Notes()
    with open_mapped(path, mapping) as table:
        rows = [
            parse(mapping.kind, row.line, row.values, mapping.dates, table.columns)
            for row in bundled.BUNDLED[name].adapt(table, notes)
        ]
    return rows, Counter(note.message.text for note in notes.found), notes


@needs(SCMS)
def test_scms_every_line_is_one_line_and_every_figure_is_the_files():
    rows, warnings, _ = read("scms", SCMS)
    with SCMS.open(encoding="utf-8", newline="") as stream:
        source = list(csv.DictReader(stream))
    assert len(rows) == len(source) == 2203
    assert [row.quantity for row in rows] == [int(line["Line Item Quantity"]) for line in source]
    assert [row.unit_value for row in rows] == [Decimal(line["Pack Price"]) for line in source]
    assert sum(row.quantity for row in rows) == 37_608_913
    assert {row.reference for row in rows} == {line["ASN/DN #"] for line in source}
    assert len({row.reference for row in rows}) == 1446
    assert len({row.item for row in rows}) == len({line["Item Description"] for line in source}) == 151
    assert len({row.destination for row in rows}) == len({line["Country"] for line in source}) == 39
    assert len({row.lot for row in rows}) == 2203
    assert Counter(row.mode for row in rows) == {"air": 1450, "road": 624, "sea": 60, None: 69}
    assert warnings == {
        "The delivery's weight is not in the file.": 162,
        "The way of transport is not known.": 69,
        "The price is 0.": 6,
    }


@needs(SCMS)
def test_scms_a_weight_counts_once_however_many_lines_refer_to_it():
    rows, _, _ = read("scms", SCMS)
    weighed = Counter(row.reference for row in rows if row.gross_weight_kg is not None)
    assert max(weighed.values()) == 1
    assert len(weighed) == 1284
    assert sum(row.gross_weight_kg or 0 for row in rows) == 4_613_805
    assert max(Counter(row.reference for row in rows if row.freight is not None).values()) == 1


@needs(SCMS)
def test_scms_two_date_forms_in_one_row():
    rows, _, _ = read("scms", SCMS)
    line = next(row for row in rows if row.reference == "ASN-223")
    assert line.delivered_on == date(2007, 2, 16)
    assert "Ordered: 2006-12-01" in line.note
    assert all(row.delivered_on for row in rows)
    assert min(row.delivered_on for row in rows).year == 2006
    assert "Date Not Captured" not in " ".join(row.note for row in rows)


@needs(SCMS)
def test_scms_sentinels_are_unknown_and_nonsense_is_a_fault(tmp_path):
    with SCMS.open(encoding="utf-8", newline="") as stream:
        header, first, *_ = csv.reader(stream)
    at = {name: index for index, name in enumerate(header)}
    unknown, wrong, elsewhere = list(first), list(first), list(first)
    unknown[at["Delivered to Client Date"]] = "Date Not Captured"
    elsewhere[at["Weight (Kilograms)"]] = "See ASN-14 (ID#:999999)"
    path = tmp_path / "scms.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, unknown, elsewhere])
    rows, warnings, _ = read("scms", path)
    assert rows[0].delivered_on is None
    assert warnings["The date is not known."] == 1
    assert warnings["The line refers to one that is not in this delivery."] == 1
    for column, value in (
        ("Weight (Kilograms)", "heavy"),
        ("Shipment Mode", "Pigeon"),
        ("Country", "Atlantis"),
    ):
        wrong = list(first)
        wrong[at[column]] = value
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, wrong])
        with pytest.raises(Exception, match=re.escape(value)):
            read("scms", path)


def test_scms_item_codes_are_stable():
    code = scms.item_code("Efavirenz 600mg, tablets, 30 Tabs")
    assert code == scms.item_code("  EFAVIRENZ 600mg, tablets, 30 tabs ")
    assert re.fullmatch(r"[A-Z0-9-]{8,32}", code)


@needs(COUNT)
@pytest.mark.parametrize(
    ("sheet", "lots", "items", "total"), [("SALLE 2", 33, 24, 563_469), ("SALLE 4", 24, 12, 9_284_508)]
)
def test_french_count_lots_without_subtotals(sheet, lots, items, total):
    rows, _, _ = read("stock-count-fr", COUNT, sheet=sheet, site="HUB")
    assert len(rows) == lots
    assert len({row.item for row in rows}) == items
    assert sum(row.quantity for row in rows) == total
    assert {row.received_on for row in rows} == {date(2013, 12, 31)}
    assert all(row.item == row.item.strip() for row in rows)
    assert all(row.new_item is not None for row in rows)


@needs(COUNT)
def test_french_count_expiry_and_lots():
    rows, warnings, notes = read("stock-count-fr", COUNT, sheet="salle 2", site="HUB")
    lots = {row.lot: row for row in rows}
    assert (lots["5135199"].expires_on, lots["5135199"].expiry_precision) == (date(2014, 8, 31), "month")
    assert lots["HA2004"].expires_on == date(2015, 11, 30)
    assert (lots["2ML52"].expires_on, lots["2ML52"].expiry_precision) == (date(2013, 11, 15), "day")
    assert warnings.total() == 1
    assert "if 15-11 was typed it means 2015-11" in str(notes.found[0].message)
    assert notes.found[0].line == 34


def test_the_day_of_a_count_stands_in_its_title():
    assert count_day(["ZANMI LASANTE", "INVENTAIRE MOIS DE FÉVRIER 2012"]) == date(2012, 2, 29)
    assert count_day(["INVENTAIRE"]) is None
