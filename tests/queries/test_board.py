"""The stock board: which items stand on it, in which order, and that no more is worked out than one page shows."""

import pytest

from inventory import clock
from inventory.models import Alert
from inventory.queries import board as queries
from inventory.queries.board import BoardFilter, board, sites_of
from inventory.services import requisitions, sites
from tests.factories import create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def clinic(session):
    return create_site(session, "CLINIC", kind="dispensary", supplied_by="HUB")


@pytest.fixture
def amox(session):
    return create_item(session, "AMOX", name="Amoxicillin", ven="V")


def open_alert(session, site, item, kind, quantity=0, lot=None):
    made = Alert(
        kind=kind,
        subject=f"{site.id}:{item.id}:{kind}",
        severity="warning",
        site_id=site.id,
        item_id=item.id,
        lot_id=lot.id if lot else None,
        quantity=quantity,
        message={"text": "x", "params": {}},
        opened_at=clock.now(),
    )
    session.add(made)
    session.commit()
    return made


def codes(page):
    return [row.item.code for row in page.rows]


def look(session, *sites_shown, sort="item", number=1, size=50, shown=None, **wanted):
    return board(session, sites_shown, BoardFilter(**wanted), number, size, sort, shown)


def test_only_items_that_a_site_has_to_do_with(session, hub, clinic, amox):
    create_item(session, "NOWHERE")
    stock_up(session, hub, amox, 100)
    found = look(session, hub, clinic)
    assert codes(found) == ["AMOX"]
    assert found.rows[0].cells[hub.id].usable == 100
    assert found.rows[0].cells[clinic.id] is None
    assert codes(look(session, clinic)) == []


def test_every_trace_counts(session, do, story, hub, clinic, amox):
    names = ("POLICY", "ASKED", "COMING", "HELD")
    items = {name: create_item(session, name, name=name) for name in names}
    fixed = {"method": "fixed", "reorder_point": 5, "maximum": 9, "emergency_point": 1}
    do(sites.set_policy, "CLINIC", "POLICY", fixed)
    line = requisitions.AskedLine("ASKED", 5)
    number = do(requisitions.draft, requisitions.NewRequisition("CLINIC", "regular", [line])).number
    do(requisitions.submit, number)
    stock_up(session, hub, items["COMING"], 50)
    story.send(hub, clinic, [(items["COMING"], 20)])
    stock_up(session, clinic, items["HELD"], 5)
    assert sorted(codes(look(session, clinic))) == sorted(names)
    assert sorted(codes(look(session, hub, clinic))) == sorted(names)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"category": "dressing"}, ["GAUZE"]),
        ({"ven": "V"}, ["AMOX"]),
        ({"ven": "none"}, ["GAUZE"]),
        ({"text": "amoxicilline"}, ["AMOX"]),
        ({"text": "%"}, []),
        ({"state": "reorder"}, ["GAUZE"]),
        ({"state": "stock_out"}, []),
    ],
)
def test_filters(session, hub, wanted, shown):
    amox = create_item(session, "AMOX", name="Amoxicillin", name_fr="Amoxicilline", ven="V")
    gauze = create_item(session, "GAUZE", name="Gauze", category="dressing")
    for each in (amox, gauze):
        stock_up(session, hub, each, 5)
    open_alert(session, hub, gauze, "reorder")
    assert codes(look(session, hub, **wanted)) == shown


def test_the_worst_first(session, hub, clinic):
    items = [create_item(session, code, name=code) for code in ("A", "B", "C")]
    for item in items:
        stock_up(session, hub, item, 5)
    open_alert(session, hub, items[1], "reorder")
    for site in (hub, clinic):
        open_alert(session, site, items[2], "stock_out")
    assert codes(look(session, hub, clinic, sort="worst")) == ["C", "B", "A"]
    resolved = open_alert(session, clinic, items[0], "stock_out")
    resolved.resolved_at = clock.now()
    session.commit()
    assert codes(look(session, hub, clinic, sort="worst")) == ["C", "B", "A"]


def test_figures_are_worked_out_for_one_page_alone(session, hub, clinic, monkeypatch):
    for number in range(7):
        stock_up(session, hub, create_item(session, f"I{number}", name=f"Item {number}"), 5)
    asked = []
    true = queries.figures_at

    def spy(session, days, item_ids):
        asked.append((list(days), len(item_ids)))
        return true(session, days, item_ids)

    monkeypatch.setattr(queries, "figures_at", spy)
    page = look(session, hub, clinic, number=2, size=3, shown=[clinic])
    assert (codes(page), page.total) == (["I3", "I4", "I5"], 7)
    assert asked == [([clinic.id], 3)]


def test_the_number_of_questions_does_not_grow_with_items(session, hub, count_queries):
    def count():
        session.expire_all()
        with count_queries() as sent:
            look(session, hub, size=50, sort="worst")
        return len(sent)

    stock_up(session, hub, create_item(session), 5)
    one = count()
    for _ in range(9):
        stock_up(session, hub, create_item(session), 5)
    assert count() == one <= 18


def test_partners_and_closed_sites_are_not_on_it(session, hub):
    create_site(session, "PARTNER", kind="partner")
    create_site(session, "OLD", status="closed")
    assert [site.code for site in sites_of(session, COORDINATOR)] == ["HUB"]
    assert sites_of(session, acting("warehouse")) == []


def test_no_site_no_item(session):
    assert codes(look(session)) == []
