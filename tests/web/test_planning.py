"""The pages of planning: the stock board, an item at a site, the expiry calendar, the network."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import openpyxl
import pytest

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.models import AssumedDemand, DemandMonth
from inventory.services import consumption, sites
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.queries.test_board import open_alert

TODAY = clock.today()
PAGES = ("/board", "/calendar")
NEVER = re.compile(r"\b(NaN|nan|inf|Infinity|None)\b|\d{16}")


@pytest.fixture
def hub(session):
    return create_site(session, "HUB", name="Hub of Erbil")


@pytest.fixture
def amox(session):
    return create_item(session, "AMOX", name="Amoxicillin", ven="V")


@pytest.fixture
def keeper(session, client, hub):
    return sign_in(client, create_user(session, Role.WAREHOUSE, [hub]))


@pytest.fixture
def leader(session, client):
    return sign_in(client, create_user(session, Role.COORDINATOR))


def words(answer) -> str:
    """What the main part of a page says, without tags."""
    assert answer.status_code == 200
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    said = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))
    assert not NEVER.search(said), NEVER.search(said)
    return said


def give(session, item, quantity, ago=1, site="HUB"):
    line = consumption.ConsumptionLine(item=item.code, quantity=quantity)
    day = TODAY - timedelta(days=ago)
    consumption.consume(session, SYSTEM, consumption.Consumption(site=site, occurred_on=day, lines=[line]))
    session.commit()


def fixed(session, item, reorder_point, maximum, emergency_point=0, site="HUB"):
    levels = {"reorder_point": reorder_point, "maximum": maximum, "emergency_point": emergency_point}
    sites.set_policy(session, SYSTEM, site, item.code, {"method": "fixed", **levels})
    session.commit()


@pytest.mark.parametrize("path", PAGES)
def test_empty_pages_say_what_to_do(keeper, path):
    assert "Goods received" in words(keeper.get(path))


def test_no_site_at_all(leader):
    assert "There is no site yet" in words(leader.get("/board"))
    assert "There is no site yet" in words(leader.get("/network"))


def test_the_board_says_states_in_words(session, keeper, hub, amox):
    stock_up(session, hub, amox, 1000, received_on=TODAY - timedelta(days=120))
    give(session, amox, 900)
    fixed(session, amox, 500, 2000)
    page = words(keeper.get("/board"))
    for said in ("Amoxicillin", "Hub of Erbil", "To reorder", "100", "0.4 months"):
        assert said in page, said


def test_unknown_demand_is_said(session, keeper, hub):
    new = create_item(session, "NEW", name="Brand new 😀 جديد")
    fixed(session, new, 500, 2000)
    page = words(keeper.get("/board"))
    assert "no demand known" in page
    assert "Brand new 😀 جديد" in page
    card = words(keeper.get("/stock/HUB/NEW"))
    assert "No demand is known" in card
    assert "Record what is dispensed" in card


@pytest.mark.parametrize("path", ["/board?site=OTHER", "/calendar?site=OTHER", "/board/file.csv?site=OTHER"])
def test_another_site_is_closed(session, keeper, path):
    create_site(session, "OTHER")
    assert keeper.get(path).status_code == 403
    assert keeper.get(path.replace("OTHER", "NONE")).status_code == 404


def test_another_site_is_not_shown(session, keeper, hub, amox):
    other = create_site(session, "OTHER", name="Elsewhere")
    stock_up(session, other, amox, 777, expires_in=300)
    for path in PAGES:
        assert "777" not in words(keeper.get(path))
        assert "Elsewhere" not in keeper.get(path).text


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=99999999999",
        "sites=99",
        "sites=-1",
        "state=none",
        "ven=%00",
        "q=%25_",
        "sort=x",
    ],
)
def test_a_strange_address_is_answered(session, keeper, hub, amox, query):
    stock_up(session, hub, amox, 5)
    for path in PAGES:
        assert keeper.get(f"{path}?{query}").status_code == 200
        assert keeper.get(f"{path}?month={query}").status_code == 200


def test_the_board_is_narrowed_by_state(session, keeper, hub, amox):
    gauze = create_item(session, "GAUZE", name="Gauze")
    for item in (amox, gauze):
        stock_up(session, hub, item, 5)
    open_alert(session, hub, gauze, "overstock")
    page = words(keeper.get("/board?state=overstock"))
    assert "Gauze" in page
    assert "Amoxicillin" not in page
    assert "No item fits" in words(keeper.get("/board?state=reorder"))


def test_many_sites_are_shown_a_few_at_a_time(session, leader, amox):
    for number in range(12):
        stock_up(session, create_site(session, f"S{number:02}", name=f"Place {number:02}"), amox, 5)
    first, second = leader.get("/board"), leader.get("/board?sites=2")
    assert "Sites 1 to 10 of 12" in words(first)
    assert 'data-site="Place 09"' in first.text
    assert 'data-site="Place 10"' not in first.text
    assert 'data-site="Place 11"' in second.text
    assert 'data-site="Place 09"' not in second.text


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_files(session, keeper, hub, amox, ending):
    evil = create_item(session, "EVIL", name="=1+1")
    stock_up(session, hub, amox, 1200, expires_in=60)
    stock_up(session, hub, evil, 5, lot="@lot", expires_in=60)
    for path, many in (("/board", 2), ("/calendar", 2)):
        answer = keeper.get(f"{path}/file.{ending}", buffered=True)
        assert answer.status_code == 200
        if ending == "csv":
            rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
            assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)
        else:
            book = openpyxl.load_workbook(io.BytesIO(answer.data))
            rows = [list(row) for row in book.active.iter_rows(values_only=True)]
        assert len(rows) == many + 1
        assert any("1200" in map(str, row) for row in rows)
    assert keeper.get("/board/file.pdf").status_code == 404


def test_the_item_at_a_site_draws_and_tells(session, keeper, hub, amox):
    stock_up(session, hub, amox, 500, lot="SOON", expires_in=60, received_on=TODAY - timedelta(days=90))
    stock_up(session, hub, amox, 400, lot="LATER", expires_in=300)
    give(session, amox, 100)
    fixed(session, amox, 300, 900, 60)
    answer = keeper.get("/stock/HUB/AMOX")
    page = words(answer)
    assert answer.text.count('class="chart-wide"') == 2
    assert 'class="band-waste"' in answer.text
    assert "will expire unused" in page
    for said in (
        "Reorder at",
        "Fill up to",
        "Emergency at",
        "The same as a table",
        "From what was dispensed",
    ):
        assert said in page, said
    assert "style=" not in answer.text
    assert "<script>" not in answer.text


def test_what_was_set_by_hand_has_name_and_reason(session, keeper, hub, amox):
    month = (TODAY.replace(day=1) + timedelta(days=32)).replace(day=1)
    session.add(
        DemandMonth(
            site_id=hub.id,
            item_id=amox.id,
            month=month,
            quantity=Decimal(77),
            reason="الطريق مغلق",
            by="Helen",
        )
    )
    session.add(
        AssumedDemand(
            site_id=hub.id, item_id=amox.id, quantity=Decimal(40), note="<b>as Darkar</b>", by="Zilan"
        )
    )
    session.commit()
    answer = keeper.get("/stock/HUB/AMOX")
    page = words(answer)
    for said in ("الطريق مغلق", "Helen", "Zilan", "<b>as Darkar</b>", "Assumed by a person", "77"):
        assert said in page, said
    assert "<b>as Darkar</b>" not in answer.text


def test_no_demand_at_all_is_no_division(session, keeper, hub, amox):
    stock_up(session, hub, amox, 999_999_999, received_on=TODAY - timedelta(days=300), expires_in=200)
    page = words(keeper.get("/stock/HUB/AMOX"))
    assert "none is used" in page
    assert "999,999,999" in page
    assert "none is used" in words(keeper.get("/board"))


def test_the_calendar(session, keeper, hub, amox):
    stock_up(session, hub, amox, 500, lot="SOON", expires_in=60, received_on=TODAY - timedelta(days=90))
    give(session, amox, 91)
    page = words(keeper.get("/calendar"))
    assert "349 will expire unused" in page
    assert "The next 90 days" in page
    assert "SOON" in page
    month = f"{TODAY + timedelta(days=60):%Y-%m}"
    opened = keeper.get(f"/calendar?month={month}")
    assert "SOON" in words(opened)
    assert 'aria-current="true"' in opened.text
    assert "Nothing expires then" in words(keeper.get("/calendar?month=expired"))


def test_the_network(session, leader, hub, amox):
    clinic = create_site(session, "CLINIC", kind="dispensary", supplied_by="HUB", name="Camp 😀")
    open_alert(session, clinic, amox, "stock_out")
    open_alert(session, clinic, amox, "emergency")
    page = words(leader.get("/network"))
    for said in ("Camp 😀", "1 out of stock", "Who supplies whom", "Amoxicillin", "silent"):
        assert said in page, said
    assert "1 emergency" not in page


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.WAREHOUSE, "/network", 403),
        (Role.CLINIC, "/network", 403),
        (Role.VIEWER, "/network", 200),
        (Role.ADMIN, "/network", 200),
        (Role.DONOR, "/network", 403),
        (Role.DONOR, "/board", 403),
        (Role.DONOR, "/calendar", 403),
        (Role.DONOR, "/calendar/file.csv", 403),
        (Role.VIEWER, "/board", 200),
        (Role.CLINIC, "/calendar", 200),
    ],
)
def test_who_may_look(session, client, hub, role, path, status):
    donor = create_donor(session) if role is Role.DONOR else None
    bound = [hub] if role in (Role.WAREHOUSE, Role.CLINIC) else []
    sign_in(client, create_user(session, role, bound, donor=donor, password=None))
    assert client.get(path).status_code == status


@pytest.mark.parametrize("path", ["/board", "/calendar", "/network"])
def test_nobody_must_sign_in(client, path):
    assert client.get(path).status_code in (302, 303)


def test_few_questions(session, leader, hub, amox, count_queries):
    for number in range(30):
        create_site(session, f"S{number:02}", kind="dispensary")
    stock_up(session, hub, amox, 5, expires_in=50)
    for path, most in (("/network", 20), ("/calendar", 28), ("/board?site=HUB", 28)):
        with count_queries() as sent:
            leader.get(path)
        assert len(sent) <= most, (path, len(sent))


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_other_languages(session, leader, hub, language):
    item = create_item(session, "SOAP", name="Soap", name_fr="Savon")
    stock_up(session, hub, item, 90, received_on=TODAY - timedelta(days=90), expires_in=80)
    give(session, item, 30)
    for path in ("/board", "/calendar", "/network", "/stock/HUB/SOAP"):
        answer = leader.get(f"{path}?lang={language}")
        words(answer)
        assert "Savon" in answer.text or language == "ar" or path == "/network"
