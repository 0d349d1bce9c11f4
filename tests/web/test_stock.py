"""Stock by item, site and lot, as a page and as a file; the stock card."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.services import consumption, sites
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.web.driving import fields


@pytest.fixture
def hub(session):
    return create_site(session, "HUB", name="Hub of Erbil")


@pytest.fixture
def amox(session):
    return create_item(session, "AMOX", name="Amoxicillin")


@pytest.fixture
def keeper(session, client, hub):
    return sign_in(client, create_user(session, Role.WAREHOUSE, [hub]))


VIEWS = ("item", "site", "lot")


def test_nothing_in_stock_says_what_to_do(keeper):
    assert "Nothing is in stock yet" in keeper.get("/stock").text


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_shows_what_is_there(session, keeper, hub, amox, view):
    stock_up(session, hub, amox, 1200, lot="L-1")
    stock_up(session, hub, amox, 34, lot="L-2", zone="quarantine")
    page = keeper.get(f"/stock?by={view}").text
    assert "Amoxicillin" in page
    assert "1,200" in page
    assert "34" in page
    assert 'aria-current="page"' in page


@pytest.mark.parametrize("view", VIEWS)
def test_another_site_is_not_shown(session, keeper, hub, amox, view):
    elsewhere = create_site(session, "ELSE", name="Elsewhere")
    stock_up(session, elsewhere, amox, 77_777, lot="SECRET")
    page = keeper.get(f"/stock?by={view}").text
    assert "77,777" not in page
    assert "Elsewhere" not in page
    assert keeper.get(f"/stock?by={view}&site=ELSE").status_code == 403
    assert keeper.get("/stock/file.csv?site=ELSE").status_code == 403
    assert keeper.get("/stock/ELSE/AMOX").status_code == 403


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=amoxicilline", {"A1", "A2"}, {"G1"}),
        ("q=g1", {"G1"}, {"A1", "A2"}),
        ("category=dressing", {"G1"}, {"A1", "A2"}),
        ("status=quarantine", {"A2"}, {"A1", "G1"}),
        ("zone=stock", {"A1", "G1"}, {"A2"}),
        ("within=90", {"A1"}, {"A2", "G1"}),
        ("donor=CHU", {"G1"}, {"A1", "A2"}),
        ("item=AMOX", {"A1", "A2"}, {"G1"}),
        ("site=HUB&lot=A1", {"A1"}, {"A2", "G1"}),
    ],
)
def test_filters(session, keeper, hub, query, shown, hidden):
    amox = create_item(session, "AMOX", name="Amoxicillin", name_fr="Amoxicilline")
    gauze = create_item(session, "GAUZE", name="Gauze", category="dressing")
    stock_up(session, hub, amox, 5, lot="A1", expires_in=60)
    stock_up(session, hub, amox, 5, lot="A2", zone="quarantine")
    stock_up(session, hub, gauze, 5, lot="G1", donor=create_donor(session, "CHU"))
    page = keeper.get(f"/stock?by=lot&{query}").text
    assert all(f">{lot}<" in page for lot in shown)
    assert not any(f">{lot}<" in page for lot in hidden)
    rows = csv.DictReader(
        io.StringIO(keeper.get(f"/stock/file.csv?by=lot&{query}", buffered=True).text.lstrip("\ufeff"))
    )
    assert {row["Lot"] for row in rows} == shown


@pytest.mark.parametrize(
    "query",
    [
        "by=nothing",
        "page=0",
        "page=x",
        "page=999999999999999",
        "sort=nothing",
        "sort=-",
        "within=-3",
        "q=%00%25_",
        "status=no",
        "site=",
    ],
)
def test_a_strange_address_is_answered(session, keeper, hub, amox, query):
    stock_up(session, hub, amox, 5)
    assert keeper.get(f"/stock?{query}").status_code == 200


def test_an_unknown_site_is_missing(keeper):
    assert keeper.get("/stock?site=NONE").status_code == 404


def test_sorting_and_pages(session, keeper, hub):
    for number in range(60):
        stock_up(session, hub, create_item(session, f"I{number:02}", name=f"Item {number:02}"), 100 - number)
    first, second = keeper.get("/stock").text, keeper.get("/stock?page=2").text
    assert "Item 00" in first
    assert "Item 59" not in first
    assert "Item 59" in second
    assert "51 to 60 of 60" in second
    assert "Item 59" in keeper.get("/stock?sort=usable").text


@pytest.mark.parametrize("view", VIEWS)
def test_files_hold_all_that_is_shown(session, keeper, hub, amox, view):
    evil = create_item(session, "EVIL", name="=1+1")
    stock_up(session, hub, amox, 1200, lot="L-1")
    stock_up(session, hub, evil, 5, lot="@lot")
    answer = keeper.get(f"/stock/file.csv?by={view}", buffered=True)
    assert answer.mimetype == "text/csv"
    assert f"stock-by-{view}" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 3
    assert "'=1+1" in answer.text
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)
    book = openpyxl.load_workbook(io.BytesIO(keeper.get(f"/stock/file.xlsx?by={view}", buffered=True).data))
    cells = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert len(cells) == 3
    assert cells[0] == rows[0]
    assert any(1200 in row for row in cells)


def test_files_of_another_kind_are_missing(keeper):
    assert keeper.get("/stock/file.pdf").status_code == 404


def test_the_card_tells_the_story(session, keeper, hub, amox):
    stock_up(session, hub, amox, 1000, lot="L-1", received_on=clock.today() - timedelta(days=40))
    given = consumption.Consumption(
        site="HUB",
        occurred_on=clock.today() - timedelta(days=2),
        lines=[consumption.ConsumptionLine(item="AMOX", quantity=300)],
    )
    consumption.consume(session, SYSTEM, given)
    policy = {"method": "fixed", "reorder_point": 800, "maximum": 2000, "emergency_point": 100}
    sites.set_policy(session, SYSTEM, "HUB", "AMOX", policy)
    session.commit()
    page = keeper.get("/stock/HUB/AMOX").text
    for words in (
        "L-1",
        "−300",
        "+1,000",
        "700",
        "Patients",
        "To reorder",
        "2,000",
        "1,300",
        "From what was dispensed",
    ):
        assert words in page, words


def test_a_card_of_what_was_never_there(keeper, amox):
    page = keeper.get("/stock/HUB/AMOX")
    assert page.status_code == 200
    assert "It was never here" in page.text


@pytest.mark.parametrize("path", ["/stock/HUB/NONE", "/stock/NONE/AMOX"])
def test_a_card_of_nothing_is_missing(keeper, amox, path):
    assert keeper.get(path).status_code == 404


def test_donors_see_no_stock(session, client, hub, amox):
    sign_in(client, create_user(session, Role.DONOR, donor=create_donor(session)))
    for path in ("/stock", "/stock/file.csv", "/stock/HUB/AMOX"):
        assert client.get(path).status_code == 403


def test_readers_see_every_site(session, client, hub, amox):
    stock_up(session, hub, amox, 5)
    sign_in(client, create_user(session, Role.VIEWER))
    assert "Hub of Erbil" in client.get("/stock?by=site").text
    page = client.get("/stock/HUB/AMOX")
    assert page.status_code == 200
    assert "/policies/HUB/AMOX" not in page.text


def test_the_page_takes_few_queries(session, keeper, hub, amox, count_queries):
    stock_up(session, hub, amox, 5)
    for view in VIEWS:
        with count_queries() as queries:
            keeper.get(f"/stock?by={view}")
        assert len(queries) <= 18, view


def test_french_names_for_french_readers(session, keeper, hub):
    stock_up(session, hub, create_item(session, "SOAP", name="Soap", name_fr="Savon"), 5)
    assert "Savon" in keeper.get("/stock?lang=fr").text
    assert fields(keeper.get("/receipts/new"))["site"] == "HUB"
