"""Every list as a file: what one may see of it, in words or as an import takes it, with HXL tags on request."""

import csv
import io
import re

import openpyxl
import pytest

from inventory import clock
from inventory.access import PERMISSIONS as ROLES
from inventory.access import SYSTEM, Role
from inventory.db import atomically
from inventory.exchange import hxl
from inventory.queries.export_rows import Asked
from inventory.queries.exports import TABLES, table
from inventory.services.counts import Count, CountedLine, count
from inventory.web.export_words import HEADS, NAMES, words_of
from inventory.web.exports import PERMISSIONS
from tests.factories import create_item, stock_up
from tests.web.world import World, make_world


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    made.shipment(sent=True)
    session.commit()
    return made


def got(world: World, role: str, path: str):
    """The answer, read whole before the request ends."""
    return world.of(role).get(path, buffered=True)


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_every_table_has_a_name_a_permission_and_words_for_its_columns(session):
    assert set(TABLES) == set(PERMISSIONS) == set(NAMES)
    for name in TABLES:
        header, _ = table(session, name)
        assert [each for each in header if each not in HEADS] == [], name


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("role", ["admin", "coordinator", "warehouse", "clinic", "viewer", "donor"])
def test_who_gets_which(world, name, role):
    allowed = Role(role) in ROLES[PERMISSIONS[name]] and role != "donor"
    assert got(world, role, f"/exports/{name}.csv").status_code == (200 if allowed else 403)


@pytest.mark.parametrize("name", TABLES)
def test_each_as_a_workbook_with_tags(world, name):
    answer = got(world, "coordinator", f"/exports/{name}.xlsx?hxl=1&names=api")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    header, tags = (list(row) for row in sheet.iter_rows(max_row=2, values_only=True))
    assert tags == hxl.tags(name, header)
    assert all(re.fullmatch(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*", each) for each in tags)
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref.startswith("A1:")


def test_nobody_without_an_account(world):
    assert got(world, "nobody", "/exports/items.csv").status_code == 302


def test_unknown_tables_and_endings(world):
    assert got(world, "coordinator", "/exports/users.csv").status_code == 404
    assert got(world, "coordinator", "/exports/items.exe").status_code == 404
    assert got(world, "coordinator", "/exports/file?table=account&ending=csv").status_code == 404
    assert got(world, "coordinator", "/exports/file?table=items&ending=exe").status_code == 404


@pytest.mark.parametrize("name", ["stock", "movements", "receipts", "consumption", "counts", "policies"])
def test_another_site_is_in_none_of_it(world, name):
    stock_up(world.session, world.other, world.item, 77_777, lot="SECRET")
    line = CountedLine(world.item.code, "SECRET", 77_776)
    atomically(lambda s: count(s, SYSTEM, Count("OTHER", clock.today(), [line])))
    world.session.commit()
    text = got(world, "clinic", f"/exports/{name}.csv").text
    assert "SECRET" not in text
    assert "OTHER" not in text
    assert got(world, "clinic", f"/exports/{name}.csv?site=OTHER").status_code == 403
    assert ("SECRET" in got(world, "viewer", f"/exports/{name}.csv").text) == (
        name in ("stock", "movements", "receipts", "counts")
    )


def test_headings_and_words_in_the_readers_language_or_as_an_import_takes_them(world):
    rows = rows_of(got(world, "coordinator", "/exports/shipments.csv"))
    assert rows[0][:2] == ["Number", "Reference"]
    assert "By road" in rows[1]
    rows = rows_of(got(world, "coordinator", "/exports/shipments.csv?names=api"))
    assert rows[0][:2] == ["number", "reference"]
    assert "road" in rows[1]
    assert words_of("shipments", "mode") is not None


def test_filters_are_those_of_the_list(world):
    every = rows_of(got(world, "coordinator", "/exports/shipments.csv"))
    assert len(every) == 2
    assert len(rows_of(got(world, "coordinator", "/exports/shipments.csv?status=draft"))) == 1
    assert len(rows_of(got(world, "coordinator", "/exports/shipments.csv?mode=road&site=HUB"))) == 2
    page = got(world, "coordinator", "/shipments?status=draft").text
    assert "/exports/shipments.csv?status=draft" in page
    assert len(rows_of(got(world, "coordinator", "/exports/items.csv?q=nosuchthing"))) == 1
    assert len(rows_of(got(world, "coordinator", "/exports/sites.csv?kind=warehouse"))) == 2
    assert len(rows_of(got(world, "coordinator", "/exports/donors.csv?q=nosuchthing"))) == 1
    later = rows_of(got(world, "coordinator", "/exports/movements.csv?since=2035-01-01"))
    assert len(later) == 1


def test_a_formula_is_made_harmless(world):
    create_item(world.session, "EVIL", name='=HYPERLINK("http://evil.example","x")')
    world.session.commit()
    text = got(world, "coordinator", "/exports/items.csv").text
    assert "'=HYPERLINK" in text
    book = openpyxl.load_workbook(io.BytesIO(got(world, "coordinator", "/exports/items.xlsx").data))
    cells = [cell for row in book.active.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert cells
    assert all(cell.data_type == "s" for cell in cells)


def test_names_in_any_script(world):
    create_item(world.session, "ELSE", name="باراسيتامول 💊 Պարացետամոլ")
    world.session.commit()
    assert "باراسيتامول 💊 Պարացետամոլ" in got(world, "coordinator", "/exports/items.csv").text


def test_the_page_offers_what_one_may_see(world):
    page = got(world, "clinic", "/exports").text
    assert 'value="stock"' in page
    assert 'value="donations"' in page
    answer = got(world, "clinic", "/exports/file?table=stock&ending=xlsx&hxl=1")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=stock-")


@pytest.mark.parametrize("path", ["/stock", "/board", "/calendar", "/surplus"])
def test_other_files_have_tags_too(world, path):
    plain, tagged = (
        rows_of(got(world, "coordinator", f"{path}/file.csv{query}")) for query in ("", "?hxl=1")
    )
    assert len(tagged) == len(plain) + 1
    assert all(each.startswith("#") for each in tagged[1])
    assert len(tagged[1]) == len(tagged[0])


def test_suggestions_as_a_file(world):
    answer = got(world, "clinic", "/suggestions/file.csv?site=CLINIC&hxl=1")
    assert rows_of(answer)[1][0] == "#item+code"
    assert got(world, "clinic", "/suggestions/file.csv?site=OTHER").status_code == 403
    assert got(world, "viewer", "/suggestions/file.csv?site=CLINIC").status_code == 403


def test_a_category_without_items(world):
    header, told = table(world.session, "items", SYSTEM, Asked(category="nosuch"))
    assert ("code" in header, list(told)) == (True, [])
