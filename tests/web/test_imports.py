"""The import wizard: guesses, matches, faults in their cells, each row once, everybody within their rights."""

import csv
import io
import os
import re
import time
from datetime import date
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM
from inventory.exchange.uploads import Uploads
from inventory.ledger import verify
from inventory.models import (
    ImportedRow,
    ImportMapping,
    Item,
    Lot,
    Receipt,
    ReceiptLine,
    Site,
    StockEvent,
)
from inventory.services import import_running
from tests.web.driving import fields
from tests.web.importing import (
    begin,
    count,
    guessed,
    start_clean,
    take,
    tell,
    the_file,
    upload,
    uploads,
    work,
)
from tests.web.world import World, make_world

RECEIPTS = "Depot;Date;Code article;N° de lot;Péremption;Qté\nHUB;03/11/2025;PARA;L1;04/2030;100\n"
RECEIPTS += "HUB;03/11/2025;ORS;L2;31/01/2031;50\nHUB;14/11/2025;ORS;L3;jamais;25\n"


@pytest.fixture
def world(app, session) -> World:
    start_clean(app)
    return make_world(app, session)


def test_the_whole_way_in_french(world):
    before = count(world, Receipt)
    at = begin(world, "coordinator", "receipts", "réception.csv", RECEIPTS.encode("cp1252"))
    page = world.get("coordinator", f"{at}/columns")
    assert guessed(page) == {
        "Depot": "site", "Date": "received_on", "Code article": "item", "N° de lot": "lot", "Péremption": "expires_on",
        "Qté": "quantity",
    }  # fmt: skip
    assert "DD/MM/YYYY" in page.text
    assert tell(world, "coordinator", at).status_code == 303
    file = work(world, "coordinator", at)
    assert (file.status, file.rows, file.refused) == ("checked", 3, 1)  # ORS has an expiry date
    assert count(world, Receipt) == before
    preview = world.get("coordinator", at)
    assert preview.status_code == 200
    assert "cell-fault" in preview.text
    assert "jamais" in preview.text
    file = take(world, "coordinator", at)
    assert (file.status, file.imported, file.refused, file.known) == ("done", 2, 1, 0)
    assert count(world, Receipt) == before + 1
    lot = world.session.scalars(select(Lot).where(Lot.number == "L1")).one()
    assert lot.expires_on == date(2030, 4, 30)
    refused = world.get("coordinator", f"{at}/refused.csv")
    rows = list(csv.reader(io.StringIO(refused.data.decode("utf-8-sig"))))
    assert rows[0] == ["Depot", "Date", "Code article", "N° de lot", "Péremption", "Qté", "reason"]
    assert rows[1][:6] == ["HUB", "14/11/2025", "ORS", "L3", "jamais", "25"]
    assert "Péremption" in rows[1][6]
    assert [name.split(".", 1)[1] for name in uploads(world)] == ["refused.csv"]
    assert "réception.csv" in world.get("coordinator", "/imports").text
    assert verify(world.session).faults == []


def test_the_same_file_again_is_taken_once(world):
    for expected in ((2, 0), (0, 2)):
        at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
        tell(world, "coordinator", at)
        work(world, "coordinator", at)
        file = take(world, "coordinator", at)
        assert (file.imported, file.known) == expected
    assert count(world, ImportedRow) == 2


def test_a_double_click_and_two_tabs_take_rows_once(world):
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
    tell(world, "coordinator", at)
    work(world, "coordinator", at)
    lines = count(world, ReceiptLine)
    for _ in range(2):
        assert world.post("coordinator", f"{at}/start", {"take": "good"}).status_code == 303
    for _ in range(3):
        assert world.post("coordinator", f"{at}/work").status_code == 303
    assert world.post("coordinator", f"{at}/start", {"take": "good"}).status_code == 303
    assert the_file(world, at).imported == 2
    assert count(world, ReceiptLine) == lines + 2
    token = str(uuid4())
    sent = [
        world.post(
            "coordinator",
            "/imports/new",
            {"kind": "receipts", "file": (io.BytesIO(RECEIPTS.encode()), "b.csv"), "token": token},
            content_type="multipart/form-data",
        ).headers["Location"]
        for _ in range(2)
    ]
    assert sent[0] == sent[1]


def test_all_or_nothing(world):
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
    tell(world, "coordinator", at)
    work(world, "coordinator", at)
    before = count(world, Receipt)
    file = take(world, "coordinator", at, "whole")
    assert (file.status, file.imported, file.refused) == ("refused", 0, 1)
    assert count(world, Receipt) == before
    good = RECEIPTS.replace("jamais", "2031-02")
    at = begin(world, "coordinator", "receipts", "b.csv", good)
    tell(world, "coordinator", at)
    work(world, "coordinator", at)
    file = take(world, "coordinator", at, "whole")
    assert (file.status, file.imported) == ("done", 3)


def test_whole_file_whose_stock_is_gone_meanwhile(world):
    today = clock.today()
    use = f"site,date,item,lot,quantity\nHUB,{today},PARA,EARLY,300\nHUB,{today},PARA,LATE,500\n"
    ats = []
    for name in ("a.csv", "b.csv"):
        at = begin(
            world, "coordinator", "consumption", name, use.replace("300", "301") if name == "b.csv" else use
        )
        assert tell(world, "coordinator", at).status_code == 303
        assert work(world, "coordinator", at).refused == 0, world.get("coordinator", at).text
        ats.append(at)
    assert take(world, "coordinator", ats[0], "whole").imported == 2
    events = count(world, StockEvent)
    file = take(world, "coordinator", ats[1], "whole")
    assert (file.status, file.imported) == ("refused", 0)
    assert file.refused
    assert count(world, StockEvent) == events
    assert verify(world.session).faults == []


def test_a_mapping_is_kept_and_offered_for_files_like_it(world):
    strange = "a;b;c;d;e;f\nHUB;PARA;L7;04/2030;5;2025-11-03\n"
    names = {"a": "site", "b": "item", "c": "lot", "d": "expires_on", "e": "quantity", "f": "received_on"}
    at = begin(world, "coordinator", "receipts", "x.csv", strange)
    answer = tell(world, "coordinator", at, {"columns": names, "save_as": "Store of Erbil"})
    assert answer.status_code == 303, answer.text
    assert work(world, "coordinator", at).refused == 0
    assert world.session.scalars(select(ImportMapping)).one().name == "Store of Erbil"
    at = begin(world, "coordinator", "receipts", "y.csv", strange.replace("L7", "L8"))
    page = world.get("coordinator", f"{at}/columns")
    assert guessed(page) == names
    assert "Store of Erbil" in page.text
    tell(world, "coordinator", at)
    assert work(world, "coordinator", at).refused == 0


def test_unknown_items_are_matched_by_a_person_and_remembered(world):
    world.item.inn = "Paracetamol"
    world.item.strength, world.item.dosage_form = "500 mg", "tablet"
    world.session.commit()
    theirs = "site,received_on,code,description,expiry,quantity,batch\n"
    theirs += 'HUB,2025-11-03,DORAPARA5T,"PARACETAMOL (acetaminophen), 500 mg, tab.",2030-04,1000,B1\n'
    theirs += "HUB,2025-11-03,XNOTHING,Chalk for the blackboard,2030-04,1,B2\n"
    at = begin(world, "coordinator", "receipts", "their.csv", theirs)
    tell(world, "coordinator", at, {"save_as": "Their catalogue"})
    assert work(world, "coordinator", at).status == "matching"
    page = world.get("coordinator", f"{at}/items")
    assert re.search(r'<option value="PARA" selected>\d+ % · Paracetamol \(PARA\)', page.text)
    answer = world.post("coordinator", f"{at}/items", dict(fields(page, "")))
    assert answer.status_code == 303
    file = work(world, "coordinator", at)
    assert (file.status, file.rows, file.refused) == ("checked", 2, 1)
    assert take(world, "coordinator", at).imported == 1
    lot = world.session.scalars(select(Lot).where(Lot.number == "B1")).one()
    assert lot.item_id == world.item.id
    at = begin(world, "coordinator", "receipts", "next.csv", theirs.replace("B1", "B3"))
    tell(world, "coordinator", at)
    assert work(world, "coordinator", at).status == "checked"


def test_new_items_that_look_like_ours_are_asked_about(world):
    given = "code;name;base unit;category\nAAA;Paracetamol;tablet;medicine\n"
    given += "BBB;Amoxicillin 250 mg capsule;capsule;medicine\n"
    at = begin(world, "coordinator", "items", "items.csv", given)
    tell(world, "coordinator", at)
    assert work(world, "coordinator", at).status == "matching"
    page = world.get("coordinator", f"{at}/items")
    assert "BBB" not in page.text
    assert world.post("coordinator", f"{at}/items", {"item-0": "PARA"}).status_code == 303
    work(world, "coordinator", at)
    file = take(world, "coordinator", at)
    assert (file.imported, file.refused) == (1, 0)
    assert world.session.scalars(select(Item.code).where(Item.code.in_(["AAA", "BBB"]))).all() == ["BBB"]


def test_each_role_imports_what_is_its_own(world):
    for role, kinds in {
        "admin": {"items", "sites", "receipts", "consumption", "shipments"},
        "warehouse": {"receipts", "consumption", "shipments"},
        "clinic": {"consumption"},
    }.items():
        page = world.get(role, "/imports/new")
        assert set(re.findall(r'<option (?:selected )?value="(\w+)"', page.text)) == kinds
        for kind in ("items", "sites", "receipts", "consumption", "shipments"):
            answer = upload(world, role, kind, "a.csv", "code,name\nA,B\n")
            assert (answer.status_code == 303) == (kind in kinds), (role, kind)
    for role in ("viewer", "donor"):
        assert world.get(role, "/imports").status_code == 403
        assert upload(world, role, "items", "a.csv", "a").status_code == 403
    assert world.get("nobody", "/imports").status_code == 302


def test_a_row_of_somebody_elses_site_is_a_named_fault(world):
    use = "site,date,item,quantity\n" + "".join(
        f"{s},{clock.today()},PARA,3\n" for s in ("CLINIC", "OTHER", "NOWHERE")
    )
    at = begin(world, "clinic", "consumption", "use.csv", use)
    tell(world, "clinic", at)
    work(world, "clinic", at)
    page = world.get("clinic", f"{at}?show=bad")
    assert "OTHER is not one of yours" in page.text
    assert (the_file(world, at).rows, the_file(world, at).refused) == (3, 2)
    assert world.get("elsewhere", at).status_code == 404
    assert world.get("coordinator", at).status_code == 200
    assert take(world, "clinic", at).imported == 1


def test_a_past_shipment_only_to_ones_own_site(world):
    rows = "reference,origin,origin_name,origin_country,destination,delivered_on,item,quantity\n"
    rows += "A1,SUP,Supplier,FR,CLINIC,2026-01-05,PARA,5\n"
    at = begin(world, "warehouse", "shipments", "s.csv", rows)
    tell(world, "warehouse", at)
    assert work(world, "warehouse", at).refused == 1
    assert "CLINIC is not one of yours" in world.get("warehouse", at).text


def test_sheets_are_chosen_and_a_workbook_is_handed_back_as_one(world):
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active["A1"] = "Hello"
    sheet = book.create_sheet("Stock")
    for row in (
        ["Inventory of March"],
        [],
        ["Site", "Item", "Batch", "Expiry", "Qty"],
        ["HUB", "PARA", 123, date(2030, 4, 30), "7"],
        ["HUB", "WRONG", 5, None, 1],
    ):
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    at = begin(world, "coordinator", "receipts", "stock.xlsx", made.getvalue())
    assert the_file(world, at).told["file"]["sheet"] == "Stock"
    world.post("coordinator", f"{at}/sheet", {"sheet": "Read me", "header_row": ""})
    assert guessed(world.get("coordinator", f"{at}/columns")) == {"Hello": ""}
    world.post("coordinator", f"{at}/sheet", {"sheet": "Stock", "header_row": ""})
    answer = tell(world, "coordinator", at)
    assert answer.status_code == 303, answer.text
    assert work(world, "coordinator", at).status == "matching"
    world.post("coordinator", f"{at}/items", {"item-0": ""})
    work(world, "coordinator", at)
    file = take(world, "coordinator", at)
    assert (file.imported, file.refused) == (1, 1)
    lot = world.session.scalars(select(Lot).where(Lot.number == "123")).one()
    assert lot.expires_on == date(2030, 4, 30)
    back = openpyxl.load_workbook(io.BytesIO(world.get("coordinator", f"{at}/refused.xlsx").data))
    assert [[cell.value for cell in row] for row in back.active.rows][1][:4] == ["HUB", "WRONG", 5, None]
    assert world.post("coordinator", f"{at}/forget").status_code == 303
    assert world.get("coordinator", f"{at}/refused.xlsx").status_code == 404
    assert uploads(world) == []


def test_a_file_is_removed_before_it_is_taken(world):
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
    assert world.post("coordinator", f"{at}/forget").status_code == 303
    assert uploads(world) == []
    assert world.get("coordinator", at).status_code == 404


def test_with_script_the_pieces_are_polled(world):
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
    tell(world, "coordinator", at)
    assert 'hx-trigger="load' in world.get("coordinator", at).text
    answer = world.post("coordinator", f"{at}/work", headers={"HX-Request": "true"})
    for _ in range(20):
        if "HX-Redirect" in answer.headers:
            break
        assert '<progress value="' in answer.text
        answer = world.post("coordinator", f"{at}/work", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].endswith(at)


def test_sites_that_supply_each_other(world):
    given = "Code site,Nom,Type,Pays,Approvisionné par\nZ1,Un,dispensary,Iraq,Z2\nZ2,Deux,warehouse,IQ,\n"
    at = begin(world, "coordinator", "sites", "sites.csv", given)
    assert tell(world, "coordinator", at).status_code == 303
    assert work(world, "coordinator", at).refused == 0, world.get("coordinator", at).text
    assert take(world, "coordinator", at).imported == 2
    assert world.session.scalars(select(Site).where(Site.code == "Z1")).one().supplied_by.code == "Z2"


def test_a_file_nobody_went_on_with_is_forgotten_after_a_week(world):
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
    folder = Path(world.app.config["RELAIS"].instance) / "uploads"
    for path in folder.iterdir():
        os.utime(path, (time.time() - 8 * 86400,) * 2)
    other = begin(world, "coordinator", "receipts", "b.csv", RECEIPTS)
    assert world.get("coordinator", at).status_code == 404
    assert world.get("coordinator", f"{other}/columns").status_code == 200


def test_what_was_written_before_a_server_died_is_not_written_again(world, monkeypatch):
    """The rows are committed, but the process ends before the spool or the next slice hears of it."""
    monkeypatch.setattr(import_running, "AT_ONCE", 1)
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS.replace("jamais", "2031-02"))
    tell(world, "coordinator", at)
    work(world, "coordinator", at)
    world.post("coordinator", f"{at}/start", {"take": "good"})
    file, lines = the_file(world, at), count(world, ReceiptLine)
    uploads_of = Uploads(world.app.config["RELAIS"].instance)
    assert import_running.run_some(world.session, SYSTEM, uploads_of, file.id) is False
    world.session.commit()
    with uploads_of.spool(str(the_file(world, at).stored)) as spool, spool.writing():
        spool.judge(dict.fromkeys((2, 3, 4), ("good", ())))  # what the spool had noted is lost
    file = work(world, "coordinator", at)
    assert (file.status, file.imported, file.refused) == ("done", 3, 0)
    assert count(world, ReceiptLine) == lines + 3
    assert verify(world.session).faults == []


def test_nothing_is_read_anew_while_another_tab_reads_or_once_it_is_done(world):
    at = begin(world, "coordinator", "receipts", "a.csv", RECEIPTS)
    page = world.get("coordinator", f"{at}/columns")
    with Uploads(world.app.config["RELAIS"].instance).alone(str(the_file(world, at).stored)):
        assert world.of("coordinator").post(f"{at}/columns", data=fields(page, "")).status_code == 409
        assert world.post("coordinator", f"{at}/sheet", {"header_row": "1"}).status_code == 409
    tell(world, "coordinator", at)
    work(world, "coordinator", at)
    take(world, "coordinator", at)
    assert world.post("coordinator", f"{at}/sheet", {"header_row": "1"}).status_code == 409
    assert world.get("coordinator", f"{at}/columns").status_code == 303
    assert world.post("coordinator", f"{at}/back").status_code == 409
