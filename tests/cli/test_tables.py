"""`flask import` and `flask export`, as a person at the console meets them."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.ledger import verify
from inventory.models import (
    ImportedRow,
    Item,
    Movement,
    Package,
    PackageLine,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentEvent,
    Site,
    StockEvent,
)
from inventory.queries.exports import TABLES
from inventory.services.sites import add_site

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SCMS = DATA / "scms" / "scms_sample.csv"
COUNT = DATA / "stock_count_fr" / "zanmi_lasante_two_rooms.xlsx"

ITEMS = "code,name,base_unit,category,unit_weight_kg,gtins\n"
ITEMS += "AMOX,Amoxicillin 500 mg,tablet,medicine,0.0007,05712345678909:100\n"
SITES = "code,name,kind,country,supplied_by\nDSP,Darkar,dispensary,IQ,HUB\nHUB,Erbil,warehouse,iq,\n"
RECEIPTS = (
    "site,received_on,item,lot,expires_on,quantity\n"
    "HUB,2026-03-01,AMOX,L1,2030-06,100\n"
    "HUB,2026-03-01,AMOX,L2,2031-01-31,50\n"
)
USE = "site,occurred_on,consultations,item,quantity\nHUB,2026-03-02,12,AMOX,30\nHUB,2026-03-03,9,AMOX,90\n"


def needs(path):
    return pytest.mark.skipif(not path.exists(), reason=f"the shared file {path.name} is not on this machine")


@pytest.fixture
def world(run, file):
    """An item, a hub and a dispensary, by import."""
    assert run("import", "items", file("items.csv", ITEMS))[0] == 0
    assert run("import", "sites", file("sites.csv", SITES))[0] == 0


def count(session, table):
    session.rollback()
    return session.scalar(select(func.count()).select_from(table))


def told(rows, imported, refused=0, warnings=0):
    return {"rows": rows, "imported": imported, "refused": refused, "warnings": warnings}


def test_the_whole_way_each_row_once(run, file, world, session):
    receipts, use = file("receipts.csv", RECEIPTS), file("use.csv", USE)
    code, summary, _ = run("import", "receipts", receipts)
    assert (code, summary["imported"]) == (0, 2)
    assert run("import", "consumption", use)[:2] == (0, told(2, 2))
    assert count(session, Receipt) == 1
    assert count(session, StockEvent) == 2
    for kind, path in (("receipts", receipts), ("consumption", use), ("sites", file("s.csv", SITES))):
        again = run("import", kind, path)
        assert (again[0], again[1]["imported"], again[1]["refused"]) == (0, 0, 0)
    assert verify(session).faults == []
    site = session.scalars(select(Site).where(Site.code == "DSP")).one()
    assert site.supplied_by is not None
    assert site.supplied_by.code == "HUB"


def test_more_rows_of_the_same_file_import_only_what_is_new(run, file, world, session):
    use = USE.replace("90", "80")
    path = file("use.csv", use)
    run("import", "receipts", file("receipts.csv", RECEIPTS))
    run("import", "consumption", path)
    path.write_text(use + "HUB,2026-03-02,12,AMOX,30\nHUB,2026-03-03,9,AMOX,7\n")
    assert run("import", "consumption", path)[:2] == (0, told(4, 2))
    session.rollback()
    assert session.scalar(select(func.sum(StockEvent.consultations))) == 21


def test_an_item_is_changed_by_another_row_and_left_alone_by_the_same(run, file, world, session):
    renamed = file("items2.csv", ITEMS.replace("Amoxicillin 500 mg", "Amoxicilline 500 mg"))
    assert run("import", "items", renamed)[:2] == (0, told(1, 1))
    as_it_is = file("items3.csv", "code,name,base_unit,category\nAMOX,Amoxicilline 500 mg,tablet,medicine\n")
    assert run("import", "items", as_it_is)[:2] == (0, told(1, 0))
    assert run("import", "items", file("items.csv", ITEMS))[:2] == (0, told(1, 0))
    session.rollback()
    assert session.scalars(select(Item.name)).all() == ["Amoxicilline 500 mg"]


def test_one_bad_row_stops_the_whole_file(run, file, world, session):
    path = file(
        "receipts.csv",
        RECEIPTS + "HUB,2026-03-01,NOPE,L3,2030-01-31,5\nHUB,2026-03-01,AMOX,L4,31/12/2030,0\n",
    )
    code, summary, said = run("import", "receipts", path)
    assert (code, summary["imported"], summary["refused"]) == (1, 0, 2)
    assert "line 4, item: There is no item with the code NOPE." in said
    assert 'line 5, expires_on: "31/12/2030" is no date of the form YYYY-MM-DD' in said
    assert "line 5, quantity" in said
    assert count(session, Receipt) == 0
    assert count(session, ImportedRow) == 3


def test_skip_bad_takes_the_good_rows_and_writes_down_the_others(run, file, world, session):
    path = file("receipts.csv", RECEIPTS + "HUB,2026-03-01,NOPE,=L3,2030-01-31,5\n")
    code, summary, _ = run("import", "receipts", path, "--skip-bad")
    assert (code, summary["imported"], summary["refused"]) == (1, 2, 1)
    refused = path.with_name("receipts.csv.refused.csv")
    with refused.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["item"] == "NOPE"
    assert rows[0]["lot"] == "'=L3"
    assert "no item" in rows[0]["reason"]
    assert count(session, ReceiptLine) == 2
    refused.write_text(refused.read_text().replace("NOPE", "AMOX"))
    assert run("import", "receipts", refused)[1]["imported"] == 1


def test_a_dry_run_writes_nothing(run, file, world, session):
    path = file("receipts.csv", RECEIPTS)
    code, summary, said = run("import", "receipts", path, "--dry-run", "--skip-bad")
    assert (code, summary["rows"], summary["imported"]) == (0, 2, 2)
    assert "nothing was written" in said
    assert count(session, Receipt) == 0
    assert list(path.parent.glob("*.refused.csv")) == []
    assert run("import", "receipts", path)[1]["imported"] == 2


def test_too_little_stock_names_the_line(run, file, world):
    run("import", "receipts", file("receipts.csv", RECEIPTS))
    code, summary, said = run("import", "consumption", file("use.csv", USE + "HUB,2026-03-04,,AMOX,31\n"))
    assert (code, summary["imported"], summary["refused"]) == (1, 0, 1)
    assert "line 4, quantity: Only 30 of AMOX can be taken, not 31." in said


def test_all_of_a_document_is_refused_for_what_its_head_says(run, file, world):
    code, summary, said = run("import", "receipts", file("r.csv", RECEIPTS.replace("HUB", "XXX")))
    assert (code, summary["refused"]) == (1, 2)
    assert "line 2, site: There is no site with the code XXX." in said
    assert "line 3, site" in said


def test_drafts_from_a_site_of_ours(run, file, world, session):
    run("import", "receipts", file("receipts.csv", RECEIPTS))
    path = file(
        "s.csv",
        "reference,origin,destination,mode,item,quantity,gross_weight_kg\nR1,HUB,DSP,road,AMOX,40,3.5\nR1,HUB,DSP,road,AMOX,80,\n",
    )
    assert run("import", "shipments", path)[:2] == (0, told(2, 2))
    assert run("import", "shipments", path)[:2] == (0, told(2, 0))
    session.rollback()
    shipment = session.scalars(select(Shipment)).one()
    assert (shipment.status, shipment.reference, shipment.historical) == ("draft", "R1", False)
    assert session.scalar(select(func.sum(PackageLine.quantity))) == 120
    late = file(
        "late.csv",
        "reference,origin,destination,mode,item,quantity,delivered_on\nR2,HUB,DSP,road,AMOX,1,2026-03-05\n",
    )
    assert "line 2, delivered_on" in run("import", "shipments", late)[2]


def test_history_to_a_site_of_ours_becomes_stock(run, file, world, session):
    file_of = "reference,origin,origin_name,origin_country,destination,item,quantity,delivered_on,lot\n"
    path = file(
        "h.csv",
        file_of + "R1,IMRES,Imres,NL,HUB,AMOX,40,2026-02-01,L9\nR1,IMRES,,,HUB,AMOX,5,2026-02-01,L8\n",
    )
    assert run("import", "shipments", path)[:2] == (0, told(2, 2))
    more = file("more.csv", path.read_text() + "R1,IMRES,,,HUB,AMOX,2,2026-02-01,L8\n")
    assert run("import", "shipments", more)[:2] == (0, told(3, 1))
    assert count(session, Shipment) == 1
    assert verify(session).faults == []
    split = file(
        "split.csv", file_of + "R2,IMRES,,,HUB,AMOX,4,2026-02-01,\nR2,IMRES,,,DSP,AMOX,5,2026-02-01,\n"
    )
    assert (
        "line 3, destination: Another line of this shipment says otherwise."
        in run("import", "shipments", split)[2]
    )
    future = file("future.csv", file_of + "R3,IMRES,,,HUB,AMOX,4,2099-02-01,\nR4,IMRES,,,HUB,AMOX,4,,\n")
    said = run("import", "shipments", future)[2]
    assert "line 2, delivered_on: This day has not come yet" in said
    assert "line 3, delivered_on: Neither" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("items", "{dir}/nothing.csv"), "cannot be read"),
        (("items", "{dir}/x.csv", "--mapping", "nosuch"), "There is no mapping nosuch"),
        (("items", "{dir}/x.csv", "--mapping", "scms"), "The mapping scms is for shipments"),
        (("items", "{dir}/x.csv", "--site", "HUB"), "--site goes with"),
        (("items", "{dir}/x.csv"), "No header row"),
        (("items", "{dir}/half.csv"), "The file lacks: base_unit, category"),
        (("items", "{dir}/x.csv", "--mapping", "{dir}/bad.toml"), "unknown keys: [columns] cod"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_2(run, tmp_path, arguments, said):
    (tmp_path / "x.csv").write_text("hello\nworld\n")
    (tmp_path / "half.csv").write_text("code,name\nA,B\n")
    (tmp_path / "bad.toml").write_text("[columns]\ncod = 'Code'\n")
    code, summary, heard = run("import", *(each.format(dir=tmp_path) for each in arguments))
    assert (code, summary) == (2, None)
    assert said in heard
    assert len(heard.splitlines()) == 1


def test_a_file_that_breaks_off_leaves_nothing(run, file, session):
    path = file("items.csv", ITEMS + "B," + "x" * 200_000 + ",piece,other\n")
    assert run("import", "items", path)[0] == 2
    assert count(session, Item) == 0


def test_a_mapping_of_ones_own(run, file, world, session):
    mapping = file(
        "mine.toml",
        '[columns]\nitem = "Article"\nquantity = "Qté"\nlot = "Lot"\nexpires_on = "Péremption"\n'
        '[constants]\nsite = "HUB"\nreceived_on = 2026-03-01\n[dates]\nexpires_on = "%m/%Y"\n',
    )
    path = file("stock.csv", "Inventaire\nARTICLE;LOT;PEREMPTION;QTE\nAMOX;1234;06/2030;1 500\n")
    assert run("import", "receipts", path, "--mapping", mapping)[1]["imported"] == 1
    session.rollback()
    assert session.scalars(select(ReceiptLine.quantity)).one() == 1500


@needs(SCMS)
def test_scms_whole(run, session):
    code, summary, _ = run("import", "shipments", SCMS, "--mapping", "scms")
    assert (code, summary) == (0, told(2203, 2203, warnings=237))
    assert run("import", "shipments", SCMS, "--mapping", "scms")[:2] == (0, told(2203, 0, warnings=237))
    assert count(session, Shipment) == count(session, ShipmentEvent) == 1446
    assert count(session, PackageLine) == 2203
    assert count(session, Movement) == 2 * 2203
    assert count(session, Item) == 151
    assert count(session, Site) == 40
    assert session.scalar(select(func.sum(PackageLine.quantity))) == 37_608_913
    assert int(session.scalars(select(func.sum(Package.gross_weight_kg))).one()) == 4_613_805
    assert {
        row for row in session.execute(select(ShipmentEvent.milestone, ShipmentEvent.classifier).distinct())
    } == {("delivered", "actual")}
    assert verify(session).faults == []


@needs(COUNT)
def test_french_count_as_opening_stock(run, session):
    atomically(
        lambda s: add_site(s, SYSTEM, {"code": "HUB", "name": "Hub", "kind": "warehouse", "country": "HT"}).id
    )
    options = ("--mapping", "stock-count-fr", "--site", "HUB")
    code, _, said = run("import", "receipts", COUNT, *options)
    assert (code, "SALLE 2, SALLE 4" in said) == (2, True)
    for sheet, rows in (("SALLE 2", 33), ("SALLE 4", 24)):
        code, summary, _ = run("import", "receipts", COUNT, *options, "--sheet", sheet)
        assert (code, summary["rows"], summary["imported"]) == (0, rows, rows)
        assert run("import", "receipts", COUNT, *options, "--sheet", sheet)[1]["imported"] == 0
    session.rollback()
    zones = select(ReceiptLine.zone, func.sum(ReceiptLine.quantity)).group_by(ReceiptLine.zone)
    assert {zone: int(total) for zone, total in session.execute(zones)} == {
        "stock": 9_829_977,
        "refused": 18_000,
    }
    assert verify(session).faults == []


def test_every_table_is_exported_and_read_back(run, file, world, tmp_path):
    run("import", "receipts", file("receipts.csv", RECEIPTS))
    run("import", "consumption", file("use.csv", USE))
    for kind in TABLES:
        for ending in ("csv", "xlsx"):
            path = tmp_path / f"{kind}.{ending}"
            assert run("export", kind, path)[0] == 0
            assert path.stat().st_size > 0
    with (tmp_path / "items.csv").open(newline="") as stream:
        (item,) = csv.DictReader(stream)
    assert (item["code"], item["unit_weight_kg"], item["gtins"]) == ("AMOX", "0.0007", "05712345678909:100")
    for kind in ("items", "sites"):
        for ending in ("csv", "xlsx"):
            assert run("import", kind, tmp_path / f"{kind}.{ending}")[:2] == (
                0,
                told(1 if kind == "items" else 2, 0),
            )
    book = openpyxl.load_workbook(tmp_path / "stock.xlsx")
    sheet: Any = book.active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[rows[0].index("on_hand")] for row in rows[1:]] == [30]


def test_an_export_needs_a_known_ending(run, tmp_path):
    code, _, said = run("export", "items", tmp_path / "items.pdf")
    assert (code, "must end in .csv or .xlsx" in said) == (2, True)
    assert run("export", "items", tmp_path / "no" / "items.csv")[0] == 1
