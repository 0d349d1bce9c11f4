"""Monthly stock reports by `flask import consumption`: real ones from Côte d'Ivoire, and every way to get one wrong."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import SYSTEM
from inventory.ledger import verify
from inventory.ledger.figures import figures
from inventory.models import (
    Balance,
    ImportedRow,
    Item,
    Location,
    Lot,
    Movement,
    Posting,
    Receipt,
    Site,
    StockDay,
    StockEvent,
)
from inventory.services.stock_events import undo
from tests.cli.test_tables import DATA, needs, told
from tests.factories import create_item, create_site, stock_up

REPORTS = DATA / "civ_contraceptives" / "monthly_stock_sample.csv"
MAPPING = ("--mapping", "monthly-stock-report")
HEAD = "site,year,month,item,opening,received,quantity,adjusted,closing\n"
YEAR = (
    "DSP,2025,1,PILL,10,50,20,0,40\n"
    "DSP,2025,2,PILL,40,0,30,-2,8\n"
    "DSP,2025,3,PILL,8,0,20,12,0\n"
    "DSP,2025,1,COIL,0,0,0,0,0\n"
)


@pytest.fixture
def place(session):
    """A dispensary and two items."""
    create_item(session, "PILL", category="contraceptive")
    create_item(session, "COIL", category="contraceptive")
    return create_site(session, "DSP", kind="dispensary", timezone="Africa/Abidjan")


def held(session):
    """(site, item) -> what its stock is."""
    session.rollback()
    rows = session.execute(
        select(Site.code, Item.code, func.sum(Balance.on_hand))
        .join(Location, Location.id == Balance.location_id)
        .join(Site, Site.id == Location.site_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .group_by(Site.code, Item.code)
    )
    return {(site, item): int(total) for site, item, total in rows}


def days(session):
    session.rollback()
    rows = session.execute(
        select(Item.code, StockDay.day, StockDay.change, StockDay.dispensed)
        .join(Item, Item.id == StockDay.item_id)
        .order_by(Item.code, StockDay.day)
    )
    return [tuple(row) for row in rows]


@needs(REPORTS)
def test_the_reports_of_cote_divoire_whole(run, session):
    with REPORTS.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    dispensed, half_year = Counter[str](), Counter[tuple[str, str]]()
    closing: dict[tuple[str, str], tuple[tuple[int, int], int]] = {}
    for row in rows:
        key, month = (row["site_code"], row["product_code"]), (int(row["year"]), int(row["month"]))
        dispensed[key[1]] += int(row["stock_distributed"])
        if month >= (2019, 1):
            half_year[key] += int(row["stock_distributed"])
        closing[key] = max(closing.get(key, ((0, 0), 0)), (month, int(row["stock_end"])))

    assert run("import", "consumption", REPORTS, *MAPPING, "--dry-run")[:2] == (
        0,
        told(7906, 7906, warnings=147),
    )
    assert session.scalar(select(func.count()).select_from(ImportedRow)) == 0
    code, summary, said = run("import", "consumption", REPORTS, *MAPPING)
    assert (code, summary) == (0, told(7906, 7906, warnings=147))
    assert "No report of AS27000 at C1004 for 2016-08, 2016-09" in said
    assert "line 180, stock_initial: The month opens with 0; the one before it closed with 50." in said
    assert verify(session).faults == []

    assert held(session) == {key: left for key, (_, left) in closing.items() if left or key in held(session)}
    assert sum(held(session).values()) == sum(left for _, left in closing.values())
    by_item = dict(
        session.execute(
            select(Item.code, func.sum(StockDay.dispensed))
            .join(Item, Item.id == StockDay.item_id)
            .group_by(Item.code)
        ).all()
    )
    assert by_item == dispensed
    assert sum(dispensed.values()) == 101_988
    sites = session.scalars(select(Site)).all()
    assert (len(sites), {site.kind for site in sites}, {site.country for site in sites}) == (
        35,
        {"dispensary"},
        {"CI"},
    )
    assert session.scalar(select(func.count()).select_from(Item)) == 11

    with clock.pretend(datetime(2019, 6, 30, 18, tzinfo=UTC)):
        items = {item.id: item.code for item in session.scalars(select(Item))}
        seen = 0
        for site in sites:
            for item_id, found in figures(session, site.id, date(2019, 6, 30)).items():
                seen += 1
                key = (site.code, items[item_id])
                assert found.usage.dispensed == half_year[key]
                assert found.available == closing[key][1]
                if found.usage.days_out == 0 and found.usage.days == 182:
                    assert found.usage.amc == Fraction(half_year[key], 6)
        assert seen > 200

    again = run("import", "consumption", REPORTS, *MAPPING)
    assert again[:2] == (0, told(7906, 0))


def test_a_month_becomes_documents_with_their_days(run, file, place, session):
    assert run("import", "consumption", file("r.csv", HEAD + YEAR))[:2] == (0, told(4, 4))
    assert held(session) == {("DSP", "PILL"): 0}
    assert days(session) == [
        ("PILL", date(2025, 1, 1), 60, 0),
        ("PILL", date(2025, 1, 29), -20, 20),
        ("PILL", date(2025, 2, 26), -32, 30),
        ("PILL", date(2025, 3, 1), 12, 0),
        ("PILL", date(2025, 3, 29), -20, 20),
    ]
    moves = session.execute(
        select(Posting.kind, Posting.document, Posting.occurred_on, Movement.quantity, Movement.reason)
        .join(Posting, Posting.id == Movement.posting_id)
        .order_by(Movement.occurred_at, Movement.id)
    ).all()
    assert [(kind, document[:4], quantity, reason) for kind, document, _, quantity, reason in moves] == [
        ("adjustment", "ADJ-", 10, "correction"),
        ("receipt", "GRN-", 50, None),
        ("consumption", "CON-", 20, None),
        ("adjustment", "ADJ-", 2, "lost"),
        ("consumption", "CON-", 30, None),
        ("adjustment", "ADJ-", 12, "found"),
        ("consumption", "CON-", 20, None),
    ]
    documents = {document for _, document, *_ in moves}
    events = {event.number: event.note for event in session.scalars(select(StockEvent))}
    receipt = session.scalars(select(Receipt)).one()
    assert documents == {*events, receipt.number}
    assert set(events.values()) == {f"Monthly report 2025-0{month}" for month in (1, 2, 3)}
    assert (receipt.reference, receipt.donor_id) == ("Monthly report 2025-01", None)
    lot = session.scalars(select(Lot)).one()
    assert (lot.number, lot.expires_on, lot.donor_id) == ("REPORT-DSP", None, None)
    assert verify(session).faults == []


def test_the_order_of_the_rows_is_irrelevant(run, file, place, session):
    backwards = "".join(reversed(YEAR.splitlines(keepends=True)))
    assert run("import", "consumption", file("r.csv", HEAD + backwards))[:2] == (0, told(4, 4))
    assert held(session) == {("DSP", "PILL"): 0}
    assert days(session)[0] == ("PILL", date(2025, 1, 1), 60, 0)
    assert verify(session).faults == []


def test_a_later_file_goes_on_where_the_last_one_ended(run, file, place, session):
    path = file("r.csv", HEAD + YEAR)
    run("import", "consumption", path)
    path.write_text(
        HEAD + YEAR + "DSP,2025,5,PILL,3,40,13,0,30\nDSP,2025,4,COIL,,9,4,,\nDSP,2025,6,PILL,,,10,,\n"
    )
    code, summary, said = run("import", "consumption", path)
    assert (code, summary) == (0, told(7, 3, warnings=3))
    assert "line 6, month: No report of PILL at DSP for 2025-04 (months: 1)." in said
    assert "line 7, month: No report of COIL at DSP for 2025-02, 2025-03 (months: 2)." in said
    assert "line 6, opening: The month opens with 3; the one before it closed with 0." in said
    assert held(session) == {("DSP", "PILL"): 20, ("DSP", "COIL"): 5}
    assert run("import", "consumption", path)[:2] == (0, told(7, 0))
    for row in ("DSP,2025,4,PILL,0,0,0,0,0\n", "DSP,2025,6,PILL,30,0,9,0,21\n", "DSP,2025,3,COIL,,,1,,\n"):
        code, summary, said = run("import", "consumption", file("late.csv", HEAD + row))
        assert (code, summary) == (1, told(1, 0, 1))
        assert "line 2, month: Up to 2025-0" in said
        assert "was told before" in said
    assert verify(session).faults == []


def test_what_does_not_add_up_is_told_and_booked(run, file, place, session):
    rows = "DSP,2025,1,PILL,100,50,60,-5,80\nDSP,2025,2,PILL,80,0,90,0,4\n"
    code, summary, said = run("import", "consumption", file("r.csv", HEAD + rows))
    assert (code, summary) == (0, told(2, 2, warnings=2))
    assert "line 2, closing: 100 there + 50 received + -5 adjusted - 60 dispensed makes 85, not 80." in said
    assert "line 3, closing: 80 there + 0 received + 0 adjusted - 90 dispensed makes -10, not 4." in said
    assert held(session) == {("DSP", "PILL"): 4}
    assert verify(session).faults == []


@pytest.mark.parametrize(
    ("rows", "column", "why"),
    [
        ("DSP,2025,13,PILL,0,9,1,0,8\n", "month", '"13" is not between 1 and 12'),
        ("DSP,2025,1,PILL,0,9,-1,0,10\n", "quantity", '"-1" is not between 0'),
        ("DSP,2025,4,PILL,0,1,5,0,\n", "quantity", "Only 1 can have been dispensed."),
        ("DSP,2099,1,PILL,0,9,1,0,8\n", "month", "This month is not over yet."),
        ("NOPE,2025,1,PILL,0,9,1,0,8\n", "site", "There is no site with the code NOPE."),
        ("DSP,2025,1,NOPE,0,9,1,0,8\n", "item", "There is no item with the code NOPE."),
        ("DSP,2025,1,CAR,0,1,1,0,0\n", "item", "serial number"),
        ("PART,2025,1,PILL,0,9,1,0,8\n", "site", "A partner keeps its own stock."),
        ("SHUT,2025,1,PILL,0,9,1,0,8\n", "site", "The site SHUT is closed."),
    ],
)
def test_bad_rows_are_named_and_stop_the_file(run, file, place, session, rows, column, why):
    create_item(session, "CAR", category="vehicle", serialised=True)
    create_site(session, "PART", kind="partner")
    create_site(session, "SHUT", status="closed")
    code, summary, said = run("import", "consumption", file("r.csv", HEAD + YEAR + rows))
    assert (code, summary) == (1, told(5, 0, 1))
    assert f"line 6, {column}: " in said
    assert why in said
    assert held(session) == {}


def test_the_good_rows_alone_with_the_mapping_of_the_house(run, file, session):
    """A month told twice, one that is no month, a quantity below zero: each with the file's own header."""
    head = "year,month,region,site_code,product_code,stock_initial,stock_received,stock_distributed,"
    head += "stock_adjustment,stock_end\n"
    create_item(session, "PILL", name="Microgynon", category="contraceptive")
    rows = (
        "2025,1,BELIER,C1,PILL,0,50,20,0,30\n"
        "2025,2,BELIER,C1,PILL,30,0,-5,0,35\n"
        "2025,1,BELIER,C1,PILL,0,50,21,0,29\n"
        "2025,13,BELIER,C1,PILL,0,50,21,0,29\n"
        "2025,3,BELIER,C1,PILL,30,0,10,0,20\n"
        "2025,1,BELIER,C2,NEW,0,5,0,0,5\n"
    )
    path = file("r.csv", head + rows)
    code, summary, said = run("import", "consumption", path, *MAPPING, "--skip-bad")
    assert (code, summary) == (1, told(6, 3, 3, warnings=1))
    assert 'line 3, stock_distributed: "-5" is not between 0' in said
    assert "line 4, month: Line 2 tells this item's month already." in said
    assert 'line 5, month: "13" is not between 1 and 12' in said
    assert "line 6, month: No report of PILL at C1 for 2025-02 (months: 1)." in said
    assert held(session) == {("C1", "PILL"): 20, ("C2", "NEW"): 5}
    refused = path.with_name("r.csv.refused.csv")
    with refused.open(newline="") as stream:
        assert [row["month"] for row in csv.DictReader(stream)] == ["2", "1", "13"]
    sites = session.scalars(select(Site).order_by(Site.code)).all()
    assert [(site.code, site.kind, site.country, site.admin1) for site in sites] == [
        ("C1", "dispensary", "CI", "BELIER"),
        ("C2", "dispensary", "CI", "BELIER"),
    ]
    items = session.scalars(select(Item).order_by(Item.code)).all()
    assert [(item.name, item.base_unit, item.category) for item in items] == [
        ("NEW", "piece", "contraceptive"),
        ("Microgynon", "tablet", "contraceptive"),
    ]


def test_where_the_ledger_holds_the_stock_a_report_would_count_it_twice(run, file, place, session):
    pill = session.scalars(select(Item).where(Item.code == "PILL")).one()
    with clock.pretend(datetime(2025, 1, 5, 9, tzinfo=UTC)):
        stock_up(session, place, pill, 100, expires_in=3000)
    code, summary, said = run("import", "consumption", file("r.csv", HEAD + YEAR), "--skip-bad")
    assert (code, summary) == (1, told(4, 1, 3))
    assert "line 2, opening: The ledger keeps this item's stock here by other documents." in said
    use = file("use.csv", "site,month,item,quantity\nDSP,2025-01,PILL,30\nDSP,2025-02,PILL,0\n")
    assert run("import", "consumption", use)[:2] == (0, told(2, 2))
    assert run("import", "consumption", use)[:2] == (0, told(2, 0))
    assert held(session) == {("DSP", "PILL"): 70}
    assert ("PILL", date(2025, 1, 29), -30, 30) in days(session)
    use.write_text("site,month,item,quantity\nDSP,2025-02,PILL,3\n")
    assert "line 2, month: Up to 2025-02 this item was told before." in run("import", "consumption", use)[2]
    day = file("day.csv", "site,occurred_on,item,quantity\nDSP,2025-03-03,PILL,5\n")
    assert run("import", "consumption", day)[:2] == (0, told(1, 1))
    use.write_text("site,month,item,quantity\nDSP,2025-03,PILL,30\n")
    said = run("import", "consumption", use)[2]
    assert "line 2, quantity: 5 were dispensed in this month by documents that are there." in said
    use.write_text("site,month,item,quantity\nDSP,2025-04,PILL,66\n")
    assert "line 2, quantity: Only 65 of PILL can be taken, not 66." in run("import", "consumption", use)[2]
    assert verify(session).faults == []


def test_what_people_did_with_the_reported_stock_is_not_told_again(run, file, place, session):
    run("import", "consumption", file("r.csv", HEAD + "DSP,2025,1,PILL,0,50,20,0,30\n"))
    day = file("day.csv", "site,occurred_on,item,quantity\nDSP,2025-02-03,PILL,5\n")
    assert run("import", "consumption", day)[:2] == (0, told(1, 1))
    later = file("later.csv", HEAD + "DSP,2025,2,PILL,30,0,9,0,21\n")
    assert (
        "The ledger has movements of this item here in this month" in run("import", "consumption", later)[2]
    )
    session.rollback()
    number = session.scalar(select(StockEvent.number).where(StockEvent.occurred_on == date(2025, 2, 3)))
    undo(session, SYSTEM, str(number), "told by the month instead")
    session.commit()
    assert run("import", "consumption", later)[:2] == (0, told(1, 1))
    assert held(session) == {("DSP", "PILL"): 21}
    assert verify(session).faults == []


def test_consultations_of_a_month_count_once(run, file, place, session):
    head = "site,month,item,opening,received,quantity,consultations\n"
    path = file(
        "r.csv",
        head
        + "DSP,2025-01,PILL,0,50,20,120\nDSP,2025-01,COIL,0,9,1,120\n"
        + "DSP,2025-02,PILL,,,0,90\nDSP,2025-02,COIL,,,0,95\n",
    )
    code, summary, said = run("import", "consumption", path)
    assert (code, summary) == (0, told(4, 4, warnings=1))
    assert "consultations: The rows of this month tell different numbers" in said
    create_item(session, "RING")
    assert run("import", "consumption", file("s.csv", head + "DSP,2025-01,RING,0,9,1,120\n"))[0] == 0
    session.rollback()
    told_on = defaultdict(list)
    for event in session.scalars(select(StockEvent).where(StockEvent.kind == "consumption")):
        told_on[event.occurred_on].append(event.consultations)
    assert {day: sorted(all_of_it, key=str) for day, all_of_it in told_on.items()} == {
        date(2025, 1, 29): [120, None],
        date(2025, 2, 26): [95],
    }
    assert verify(session).faults == []
