"""Count sheets: opened from the books, counted by several, counted again, made final by somebody else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Actor, Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.models import AuditEntry, CountLine, CountSheet, CountSheetLine, Hold, Lot
from inventory.rules.counting import Tolerance
from inventory.rules.effects import LocationKind
from inventory.services import (
    count_entry,
    count_final,
    count_sheets,
)
from inventory.services.count_entry import Figure
from inventory.services.count_final import Final
from inventory.services.count_sheets import NewSheet
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import VIEWER, acting, pointers

TODAY = clock.today()
K = LocationKind
EXACT = Tolerance(percent=Decimal(0))


def person(name: str, role: Role = Role.COORDINATOR) -> Actor:
    return Actor(None, name, role)


AVA, BEN, ADA = person("Ava"), person("Ben"), person("Ada", Role.ADMIN)


@pytest.fixture
def site(session):
    return create_site(session)


class Sheet:
    """A sheet and what people do with it."""

    def __init__(self, do, session, number):
        self.do, self.session, self.number = do, session, number

    def row(self) -> CountSheet:
        self.session.expire_all()
        return self.session.scalars(select(CountSheet).where(CountSheet.number == self.number)).one()

    def lines(self) -> list[CountSheetLine]:
        query = (
            select(CountSheetLine).where(CountSheetLine.sheet_id == self.row().id).order_by(CountSheetLine.id)
        )
        return list(self.session.scalars(query))

    def line(self, lot: str) -> CountSheetLine:
        return next(each for each in self.lines() if each.lot_number == lot)

    def count(self, actor, at=None, **lots):
        figures = [Figure(line=self.line(lot).id, counted=n, counted_at=at) for lot, n in lots.items()]
        return self.do(count_entry.enter, actor, self.number, figures)

    def enter(self, actor, *figures):
        return self.do(count_entry.enter, actor, self.number, list(figures))

    def submit(self, actor=AVA, tolerance=EXACT, leave=False) -> str:
        return str(self.do(count_sheets.submit, actor, self.number, tolerance, leave=leave).status)

    def final(self, actor=BEN, **fields) -> CountSheet:
        return self.do(count_final.finalise, actor, Final(self.number, **fields))

    def twice(self, again=BEN, actor=AVA, **lots) -> "Sheet":
        """Counted, submitted, counted again the same where it differs, submitted."""
        self.count(actor, **lots)
        if self.submit() == "recount":
            self.count(
                again, **{line.lot_number: lots[line.lot_number] for line in self.lines() if line.recount}
            )
            assert self.submit() == "submitted"
        return self


@pytest.fixture
def sheet(do, session, site):
    def call(actor=AVA, **fields) -> Sheet:
        made = do(count_sheets.open_sheet, actor, NewSheet(**{"site": site.code} | fields))
        return Sheet(do, session, made.number)

    return call


@pytest.fixture
def counted(session):
    def look() -> list[tuple[int, int, str, bool]]:
        session.expire_all()
        query = select(CountLine).order_by(CountLine.id)
        return [(each.expected, each.counted, each.zone, each.partial) for each in session.scalars(query)]

    return look


def test_a_line_for_each_lot_number_that_the_books_hold(session, site, item, sheet):
    stock_up(session, site, item, 10, lot="B", expires_in=500)
    stock_up(session, site, item, 5, lot="A", donor=create_donor(session))
    stock_up(session, site, item, 6, lot="A", donor=create_donor(session))
    stock_up(session, site, item, 7, lot="ASIDE", zone="quarantine")
    other = create_item(session, category="consumable")
    stock_up(session, site, other, 7, lot="OTHER")
    made = sheet()
    assert made.number == f"CSH-{TODAY.year}-000001"
    assert sorted(line.lot_number for line in made.lines()) == ["A", "B", "OTHER"]
    assert [line.lot_number for line in sheet(zone="quarantine").lines()] == ["ASIDE"]
    assert [line.lot_number for line in sheet(items=[other.code]).lines()] == ["OTHER"]
    assert [line.lot_number for line in sheet(categories=["consumable"]).lines()] == ["OTHER"]
    assert sheet(zone="refused").lines() == []


def test_who_may_open_one(session, do, site, sheet):
    other = create_site(session)
    with pytest.raises(Forbidden):
        sheet(VIEWER)
    with pytest.raises(Forbidden):
        sheet(acting(Role.CLINIC, other))
    made = sheet()
    with pytest.raises(NotFound):
        do(count_sheets.get_sheet, acting(Role.CLINIC, other), made.number, "stock.see")
    for fields, pointer in (
        ({"site": "NONE"}, "/site"),
        ({"zone": "roof"}, "/zone"),
        ({"reason": "whim"}, "/reason"),
        ({"items": ["NONE"]}, "/items/0"),
        ({"bins": ["NONE"]}, "/bins/0"),
    ):
        with pytest.raises(Invalid) as refused:
            sheet(**fields)
        assert pointers(refused) == [pointer]


def test_what_agrees_is_final_at_once_and_moves_nothing(session, site, item, sheet, on_hand, counted, sound):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=100)
    assert made.submit() == "submitted"
    assert made.final().status == "final"
    assert counted() == [(100, 100, "stock", False)]
    assert on_hand(site, "L1") == 100
    sound()


def test_what_differs_is_counted_again_and_then_posted(
    session, site, item, sheet, on_hand, total, counted, sound
):
    for lot in ("MORE", "LESS", "SAME", "SLIP"):
        stock_up(session, site, item, 100, lot=lot)
    made = sheet()
    made.count(AVA, MORE=103, LESS=95, SAME=100, SLIP=10)
    assert made.submit() == "recount"
    assert {line.lot_number for line in made.lines() if line.recount} == {"MORE", "LESS", "SLIP"}
    with pytest.raises(Conflict):
        made.count(BEN, SAME=99)
    with pytest.raises(Conflict) as refused:
        made.submit()
    assert len(pointers(refused)) == 3
    made.count(BEN, MORE=103, LESS=95, SLIP=100)
    assert made.submit() == "submitted"
    cleo = person("Cleo")
    made.final(cleo)
    assert [on_hand(site, lot) for lot in ("MORE", "LESS", "SAME", "SLIP")] == [103, 95, 100, 100]
    assert (total(K.FOUND), total(K.LOST)) == (-3, 5)
    assert sorted(counted()) == [
        (100, 95, "stock", False),
        (100, 100, "stock", False),
        (100, 100, "stock", False),
        (100, 103, "stock", False),
    ]
    row = made.row()
    assert (row.closed_by, row.alone_reason) == ("Cleo", None)
    sound()


def test_a_little_off_is_fine_but_not_of_controlled_and_vital_goods(session, site, sheet):
    plain, vital = create_item(session), create_item(session, ven="V")
    locked = create_item(session, controlled=True)
    for item, lot in ((plain, "PLAIN"), (vital, "VITAL"), (locked, "LOCKED")):
        stock_up(session, site, item, 1000, lot=lot)
    made = sheet()
    made.count(AVA, PLAIN=995, VITAL=995, LOCKED=995)
    assert made.submit(tolerance=Tolerance()) == "recount"
    assert {line.lot_number for line in made.lines() if line.recount} == {"VITAL", "LOCKED"}


def test_two_figures_that_do_not_agree_need_a_reason_or_a_third(session, site, item, sheet, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=90)
    made.submit()
    made.count(BEN, L1=92)
    assert made.submit() == "submitted"
    cleo = person("Cleo")
    with pytest.raises(Conflict) as refused:
        made.final(cleo)
    assert pointers(refused) == ["/lines/0/reason"]
    made.do(count_sheets.send_back, cleo, made.number, [made.line("L1").id])
    assert made.row().status == "recount"
    made.count(AVA, L1=92)
    made.submit()
    made.final(cleo)
    assert on_hand(site, "L1") == 92


def test_a_contested_figure_stands_where_somebody_says_why(session, site, item, sheet, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=90)
    made.submit()
    made.count(BEN, L1=92)
    made.submit()
    made.final(person("Cleo"), reasons={made.line("L1").id: "Two were under the shelf 🧾"})
    assert on_hand(site, "L1") == 92
    assert made.line("L1").note == "Two were under the shelf 🧾"


def test_what_is_not_counted_stops_it_unless_it_is_left(session, site, item, sheet, on_hand, counted):
    stock_up(session, site, item, 100, lot="L1")
    stock_up(session, site, item, 50, lot="L2")
    made = sheet()
    made.count(AVA, L1=100)
    with pytest.raises(Conflict) as refused:
        made.submit()
    assert pointers(refused) == [f"/lines/{[line.lot_number for line in made.lines()].index('L2')}/counted"]
    made.enter(AVA, Figure(line=made.line("L2").id, skipped=True))
    assert made.submit() == "submitted"
    made.final()
    assert counted() == [(100, 100, "stock", False)]
    assert on_hand(site, "L2") == 50


def test_left_all_at_once_also_in_a_recount(session, site, item, sheet, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    stock_up(session, site, item, 50, lot="L2")
    made = sheet()
    made.count(AVA, L1=90)
    assert made.submit(leave=True) == "recount"
    assert made.submit(leave=True) == "submitted"
    with pytest.raises(Conflict):
        made.final()
    made.final(reasons={made.line("L1").id: "nobody else is here"})
    assert (on_hand(site, "L1"), on_hand(site, "L2")) == (90, 50)


def test_zero_is_a_figure_and_a_figure_can_be_taken_back(session, site, item, sheet, on_hand):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=5)
    made.enter(AVA, Figure(line=made.line("L1").id))
    assert made.line("L1").counted is None
    made.twice(L1=0)
    made.final(person("Cleo"))
    assert on_hand(site, "L1") == 0


def test_two_people_and_the_latest_figure(session, site, item, sheet):
    stock_up(session, site, item, 100, lot="L1")
    stock_up(session, site, item, 100, lot="L2")
    made = sheet()
    now = clock.now()
    [mine] = made.count(AVA, L1=90)
    made.count(BEN, L2=100)
    assert mine.said is None
    [theirs] = made.count(BEN, L1=91)
    assert "Ava" in str(theirs.said)
    assert (made.line("L1").counted, made.line("L1").counted_by) == (91, "Ben")
    seen = made.line("L1").counted_at
    [known] = made.enter(AVA, Figure(line=made.line("L1").id, counted=92, known_at=seen))
    assert known.said is None
    with clock.pretend(now + timedelta(minutes=9)):
        [late] = made.count(BEN, at=now, L1=93)
    assert late.kept
    assert "Ava" in str(late.said)
    assert made.line("L1").counted == 92
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == made.number, AuditEntry.action == "count")
    )
    history = [line for entry in entries for line in entry.data["lines"] if line["lot"] == "L1"]
    assert [line["counted"] for line in history] == [90, 91, 92, 93]


def test_who_counted_does_not_make_it_final_even_where_another_figure_stands(session, site, item, sheet):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(AVA, L1=90)
    made.count(BEN, L1=100)
    made.submit()
    for actor in (AVA, BEN):
        with pytest.raises(Conflict, match="You counted"):
            made.final(actor)
    made.final(person("Cleo"))


def test_an_administrator_alone_says_why(session, site, item, sheet):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    made.count(ADA, L1=100)
    made.submit(ADA)
    with pytest.raises(Conflict) as refused:
        made.final(ADA)
    assert pointers(refused) == ["/alone"]
    made.final(ADA, alone="I am the only one here")
    assert made.row().alone_reason == "I am the only one here"
    with pytest.raises(Conflict):
        made.final(BEN)


def test_a_batch_that_nobody_knew(session, site, item, sheet, on_hand, counted, sound):
    made = sheet()
    with pytest.raises(Invalid) as refused:
        made.enter(AVA, Figure(item=item.code, lot="NEW", counted=12))
    assert pointers(refused) == ["/lines/0/expires_on"]
    expires_on = TODAY + timedelta(days=400)
    made.enter(AVA, Figure(item=item.code, lot="NEW", expires_on=expires_on, counted=12))
    made.enter(BEN, Figure(item=item.code, lot="NEW", counted=13))
    assert [(line.counted, line.lot_id) for line in made.lines()] == [(13, None)]
    made.submit()
    made.count(AVA, NEW=13)
    made.submit()
    made.final(person("Cleo"))
    lot = session.scalars(select(Lot).where(Lot.number == "NEW")).one()
    assert (lot.expires_on, lot.donor_id, on_hand(site, lot)) == (expires_on, None, 13)
    assert counted() == [(0, 13, "stock", False)]
    assert made.line("NEW").lot_id == lot.id
    sound()


def test_what_is_found_and_has_expired_is_refused(session, site, item, sheet, on_hand, counted, sound):
    made = sheet()
    old = TODAY - timedelta(days=3)
    made.enter(AVA, Figure(item=item.code, lot="OLD", expires_on=old, counted=7))
    made.submit()
    made.count(BEN, OLD=7)
    made.submit()
    made.final(person("Cleo"))
    assert (on_hand(site, "OLD"), on_hand(site, "OLD", "refused")) == (0, 7)
    assert counted() == [(0, 7, "refused", False)]
    assert [hold.cause for hold in session.scalars(select(Hold))] == ["expired"]
    sound()


def test_a_known_lot_with_another_expiry_is_a_slip(session, site, item, sheet):
    stock_up(session, create_site(session), item, 5, lot="L1", expires_in=300)
    made = sheet()
    with pytest.raises(Invalid) as refused:
        made.enter(AVA, Figure(item=item.code, lot="L1", expires_on=TODAY, counted=1))
    assert pointers(refused) == ["/lines/0/expires_on"]
    made.enter(AVA, Figure(item=item.code, lot="L1", counted=1))


@pytest.mark.parametrize(
    ("figure", "pointer"),
    [
        ({"line": 99999, "counted": 1}, "/lines/0/line"),
        ({"item": "NONE", "lot": "X", "counted": 1}, "/lines/0/item"),
        ({"counted": -1}, "/lines/0/counted"),
        ({"counted": 10**12}, "/lines/0/counted"),
        ({"counted": 1, "counted_at": clock.now() - timedelta(days=2)}, "/lines/0/counted_at"),
        ({"counted": 1, "counted_at": clock.now() + timedelta(days=2)}, "/lines/0/counted_at"),
        ({"item": "NONE", "lot": "", "counted": None}, "/lines/0/item"),
    ],
)
def test_a_wrong_figure_is_named_and_nothing_is_written(session, site, item, sheet, figure, pointer):
    stock_up(session, site, item, 100, lot="L1")
    made = sheet()
    given = figure if "line" in figure or "item" in figure else {"line": made.line("L1").id} | figure
    with pytest.raises(Invalid) as refused:
        made.enter(AVA, Figure(**given))
    assert pointer in pointers(refused)
    assert made.line("L1").counted is None
