"""Files as nobody should have them: each fault is said, nothing half done."""

import io
import zipfile

import pytest

from inventory.models import ImportFile
from tests.web.importing import begin, count, start_clean, take, tell, the_file, upload, uploads, work
from tests.web.world import World, make_world


@pytest.fixture
def world(app, session) -> World:
    start_clean(app)
    return make_world(app, session)


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("xl/workbook.xml", "<workbook/>")
    archive.writestr("xl/worksheets/sheet1.xml", b"0" * (32 << 20))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"\n\n\n", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "neither CSV nor XLSX"),
        (BOMB.getvalue(), "unpacks to far more"),
        (b"code,name\n" + b"x," * 700_000, "longer than a million"),
        (b"a," * 5000 + b"\n", "this is no table of rows"),
        (b"PK\x03\x04broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), "save it as .xlsx"),
    ],
)
def test_what_is_no_table_is_said_and_nothing_kept(world, content, said):
    before = uploads(world)
    answer = upload(world, "coordinator", "items", "a.csv", content)
    assert answer.status_code == 422
    assert said in answer.text
    assert uploads(world) == before
    assert count(world, ImportFile) == 0


def test_a_file_that_is_too_large_is_said_and_only_this_page_takes_more_than_a_form(world):
    answer = upload(world, "coordinator", "items", "a.csv", b"x" * (21 << 20))
    assert answer.status_code == 413
    assert "larger than 20 MB" in answer.text
    sent = {"kind": "items", "file": (io.BytesIO(b"x" * (2 << 20)), "a.csv")}
    assert world.of("nobody").post("/imports/new", data=sent).status_code == 413


def test_utf16_titles_subtotals_wide_rows_and_bad_dates(world):
    text = "Stock report\t\t\t\n\t\t\t\nsite\titem\treceived on\texpiry\tbatch\tquantity\n"
    text += "HUB\tPARA\t31/02/2026\t2030-04\tB1\t5\n"
    text += "HUB\tPARA\t03/02/2026\t2030-04\tB1\t5\t9\t9\n"
    text += "Total\t\t\t\t\t10\n"
    text += "HUB\tPARA\t03/02/2026\t2030-04\tB1\t=1+1\n"
    text += "HUB\tPARA\t03/02/2026\t2030-04\tB2\t1 200\n"
    text += "HUB\tPARA\t03/02/2026\t2030-04\tB2\t1 200\n"
    at = begin(world, "coordinator", "receipts", "r.txt", text.encode("utf-16"))
    answer = tell(
        world,
        "coordinator",
        at,
        {"skip_column": "site", "skip_values": "total; subtotal", "leave_repeats": "y"},
    )
    assert answer.status_code == 303, answer.text
    file = work(world, "coordinator", at)
    page = world.get("coordinator", f"{at}?show=bad").text
    assert (file.rows, file.refused) == (5, 3), page
    assert "31/02/2026" in page
    assert "2 cells more than the header" in page
    assert "is no whole number" in page
    assert "The same stands in line" in world.get("coordinator", f"{at}?show=left_out").text
    assert take(world, "coordinator", at).imported == 1


def test_two_columns_for_one_field_and_a_missing_one(world):
    at = begin(world, "coordinator", "items", "a.csv", "code,name,other\nA,B,C\n")
    answer = tell(world, "coordinator", at, {"columns": {"name": "code", "other": "name"}})
    assert answer.status_code == 422
    assert "More than one column is Code" in answer.text
    answer = tell(world, "coordinator", at, {"columns": {"other": ""}})
    assert answer.status_code == 422
    assert "base_unit" in answer.text
    assert the_file(world, at).status == "uploaded"
