"""Counts bin by bin, and several people at once."""

import threading
from functools import partial

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.db import atomically, db
from inventory.errors import Conflict, DomainError
from inventory.ledger.bins import Put, in_bins, put
from inventory.models import Balance, Bin, CountLine, CountSheet, Location, StockEvent
from inventory.rules.effects import LocationKind
from inventory.services import consumption, count_entry, count_final, count_sheets
from inventory.services.count_entry import Figure
from inventory.services.count_final import Final
from inventory.services.count_sheets import NO_BIN, NewSheet
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.test_count_sheets import AVA, BEN, EXACT, Sheet, person

CLEO = person("Cleo")
TODAY = clock.today()


@pytest.fixture
def site(session):
    return create_site(session)


@pytest.fixture
def bins(session, site):
    made = {}
    for sequence, code in enumerate(("B2", "A1", "C3")):
        made[code] = Bin(site_id=site.id, zone="stock", code=code, sequence=sequence)
        session.add(made[code])
    session.commit()
    return made


@pytest.fixture
def put_away(do, bins):
    def call(lot, quantity: int, code: str | None, source: str | None = None) -> None:
        move = Put(lot.id, quantity, bins[source] if source else None, bins[code] if code else None)
        do(put, [move], AVA)

    return call


@pytest.fixture
def lying(session, site):
    def look() -> dict[tuple[str, str], int]:
        session.expire_all()
        return {(row.bin.code, row.lot.number): row.quantity for row in in_bins(session, site.id, "stock")}

    return look


@pytest.fixture
def sheet(do, session, site):
    def call(**fields) -> Sheet:
        made = do(count_sheets.open_sheet, AVA, NewSheet(**{"site": site.code} | fields))
        return Sheet(do, session, made.number)

    return call


def at(sheet: Sheet, code: str | None, lot: str) -> int:
    """The id of the line of a lot in a bin."""
    ids = {each.id: each.code for each in sheet.session.scalars(select(Bin))}
    return next(line.id for line in sheet.lines() if (ids.get(line.bin_id), line.lot_number) == (code, lot))


def count(sheet: Sheet, actor, **figures: int) -> None:
    """`A1_L=5` counts 5 of lot L in bin A1; `loose_L` outside every bin."""
    told = []
    for name, quantity in figures.items():
        code, lot = name.split("_")
        told.append(Figure(line=at(sheet, None if code == "loose" else code, lot), counted=quantity))
    sheet.enter(actor, *told)


def final(sheet: Sheet, **figures: int) -> None:
    count(sheet, AVA, **figures)
    if sheet.submit() == "recount":
        again = {line.id: line.counted for line in sheet.lines() if line.recount}
        sheet.enter(BEN, *[Figure(line=key, counted=value) for key, value in again.items()])
        assert sheet.submit() == "submitted"
    sheet.final(CLEO)


def test_lines_by_bin_in_walking_order(session, site, item, put_away, sheet):
    lot = stock_up(session, site, item, 100, lot="L")
    put_away(lot, 40, "A1")
    put_away(lot, 30, "B2")
    assert [line.bin_id for line in sheet().lines()].index(None) == 2
    codes = {each.id: each.code for each in session.scalars(select(Bin))}
    assert [codes.get(line.bin_id) for line in sheet().lines()] == ["B2", "A1", None]
    assert [codes.get(line.bin_id) for line in sheet(bins=["A1", NO_BIN]).lines()] == ["A1", None]


def test_each_place_against_its_own_books(session, site, item, put_away, sheet, lying, on_hand, sound):
    lot = stock_up(session, site, item, 100, lot="L")
    put_away(lot, 40, "A1")
    put_away(lot, 30, "B2")
    made = sheet()
    count(made, AVA, A1_L=38, B2_L=30, loose_L=31)
    assert {line.counted: line.expected for line in made.lines()} == {38: 40, 30: 30, 31: 30}
    made.submit()
    count(made, BEN, A1_L=38, loose_L=31)
    made.submit()
    made.final(CLEO)
    assert on_hand(site, "L") == 99
    assert lying() == {("A1", "L"): 38, ("B2", "L"): 30}
    [line] = session.scalars(select(CountLine))
    assert (line.expected, line.counted, line.partial) == (100, 99, False)
    sound()


def test_what_lies_in_another_bin_was_moved_not_lost(
    session, site, item, put_away, sheet, lying, total, sound
):
    lot = stock_up(session, site, item, 70, lot="L", donor=create_donor(session))
    put_away(lot, 40, "A1")
    put_away(lot, 30, "B2")
    made = sheet()
    final(made, A1_L=35, B2_L=35)
    assert lying() == {("A1", "L"): 35, ("B2", "L"): 35}
    assert total(LocationKind.LOST) == 0
    assert session.scalars(select(StockEvent).where(StockEvent.kind == "count")).one().posting_id is None
    sound()


def test_a_loss_in_one_bin_is_not_taken_out_of_another(
    session, site, item, put_away, sheet, lying, on_hand, sound
):
    lot = stock_up(session, site, item, 70, lot="L")
    put_away(lot, 40, "A1")
    put_away(lot, 30, "B2")  # first on the walk: a posting would take from it
    final(sheet(bins=["A1"]), A1_L=33)
    assert lying() == {("A1", "L"): 33, ("B2", "L"): 30}
    assert on_hand(site, "L") == 63
    [line] = session.scalars(select(CountLine))
    assert (line.expected, line.counted, line.partial) == (40, 33, True)
    sound()


def test_a_find_in_a_bin_goes_into_it(session, site, item, bins, put_away, sheet, lying, on_hand, sound):
    stock_up(session, site, item, 20, lot="L")
    made = sheet(bins=["C3"])
    made.enter(AVA, Figure(item=item.code, lot="L", bin="C3", counted=6))
    made.submit()
    count(made, BEN, C3_L=6)
    made.submit()
    made.final(CLEO)
    assert lying() == {("C3", "L"): 6}
    assert on_hand(site, "L") == 26
    sound()


def test_moved_between_two_bins_after_one_was_counted(
    session, site, item, put_away, sheet, lying, on_hand, sound
):
    lot = stock_up(session, site, item, 70, lot="L")
    put_away(lot, 40, "A1")
    put_away(lot, 30, "B2")
    made = sheet()
    count(made, AVA, A1_L=38)
    put_away(lot, 10, "B2", source="A1")
    count(made, AVA, B2_L=40)
    made.submit()
    assert [line.counted for line in made.lines() if line.recount] == [38]
    count(made, BEN, A1_L=28)
    made.submit()
    made.final(CLEO)
    assert lying() == {("A1", "L"): 28, ("B2", "L"): 40}
    assert on_hand(site, "L") == 68
    sound()


# ---- several at once --------------------------------------------------------------------------------------


def ready(session, *, submitted: bool) -> str:
    """A sheet of a lot of 100, of which 90 were counted twice."""
    site, item = create_site(session, "RACE"), create_item(session, "THING")
    stock_up(session, site, item, 100, lot="L1")
    stock_up(session, site, item, 100, lot="L2")
    made = atomically(lambda s: count_sheets.open_sheet(s, AVA, NewSheet("RACE")).number)
    if submitted:
        for actor in (AVA, BEN):
            figures = [Figure(line=line.id, counted=90) for line in lines_of(made)]
            atomically(partial(count_entry.enter, actor=actor, number=made, figures=figures))
            atomically(lambda s: count_sheets.submit(s, AVA, made, EXACT))
    return made


def lines_of(number: str):
    return count_sheets.get_sheet(db.session(), AVA, number, "stock.see").lines


def together(app, *works):
    """What each answered or raised, all begun at once."""
    answers, start = [None] * len(works), threading.Barrier(len(works))

    def run(index, work):
        with app.app_context():
            start.wait()
            try:
                answers[index] = atomically(work)
            except DomainError as error:
                answers[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_two_who_make_it_final_at_once(live_app):
    with live_app.app_context():
        number = ready(db.session(), submitted=True)
        db.session.remove()
    works = [
        lambda s, name=name: str(count_final.finalise(s, person(name), Final(number)).status)
        for name in ("Cleo", "Dan")
    ]
    answers = together(live_app, *works)
    assert answers.count("final") == 1
    assert sum(isinstance(each, Conflict) for each in answers) == 1
    with live_app.app_context():
        session = db.session()
        assert (
            sum(session.scalars(select(Balance.on_hand).join(Location).where(Location.kind == "stock")))
            == 180
        )
        assert len(session.scalars(select(StockEvent).where(StockEvent.kind == "count")).all()) == 1
        assert ledger.verify(session).faults == []
        db.session.remove()


def test_two_who_count_different_parts_and_one_who_dispenses(live_app):
    with live_app.app_context():
        number = ready(db.session(), submitted=False)
        ids = [line.id for line in lines_of(number)]
        db.session.remove()

    def dispense(s):
        line = consumption.ConsumptionLine("THING", 7, "L1")
        return consumption.consume(s, AVA, consumption.Consumption("RACE", TODAY, [line])).number

    works = [
        lambda s: len(count_entry.enter(s, AVA, number, [Figure(line=ids[0], counted=100)])),
        lambda s: len(count_entry.enter(s, BEN, number, [Figure(line=ids[1], counted=100)])),
        dispense,
    ]
    answers = together(live_app, *works)
    assert answers[:2] == [1, 1]
    assert str(answers[2]).startswith("CON-")
    with live_app.app_context():
        assert [line.counted for line in lines_of(number)] == [100, 100]
        db.session.remove()


def test_dispensed_while_it_is_made_final(live_app):
    with live_app.app_context():
        number = ready(db.session(), submitted=True)
        db.session.remove()

    def dispense(s):
        line = consumption.ConsumptionLine("THING", 60, "L1")
        return consumption.consume(s, AVA, consumption.Consumption("RACE", TODAY, [line])).number

    answers = together(
        live_app,
        lambda s: str(count_final.finalise(s, CLEO, Final(number)).status),
        dispense,
        dispense,
    )
    assert answers[0] == "final"
    assert sum(isinstance(each, Conflict) for each in answers) == 1
    with live_app.app_context():
        session = db.session()
        assert (
            sum(session.scalars(select(Balance.on_hand).join(Location).where(Location.kind == "stock")))
            == 120
        )
        assert session.scalars(select(CountSheet.status)).one() == "final"
        assert ledger.verify(session).faults == []
        db.session.remove()
