"""Many postings at once keep every promise of the ledger."""

from datetime import date

import pytest

from inventory import clock, ledger
from inventory.access import SYSTEM
from inventory.ledger import Entry, Move, verify
from inventory.ledger.bulk import post_all
from inventory.models import Item, Lot
from inventory.rules.effects import IllegalEffect, LocationKind, PostingKind
from inventory.services.sites import add_site

DAY = date(2026, 3, 1)
NEXT = date(2026, 3, 2)


@pytest.fixture
def places(session):
    """A lot, and the locations: supplier, the stock zone of a hub, patients."""
    site = add_site(session, SYSTEM, {"code": "HUB", "name": "Hub", "kind": "warehouse", "country": "IQ"})
    item = Item(code="A1", name="Gauze", base_unit="piece", category="dressing")
    session.add(item)
    session.flush()
    lot = Lot(item_id=item.id, number="L1", received_on=DAY)
    session.add(lot)
    session.flush()
    supplier = ledger.place(session, LocationKind.SUPPLIER)
    stock = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    patients = ledger.place(session, LocationKind.PATIENTS)
    return lot.id, supplier.id, stock.id, patients.id, (site.id, item.id)


def entry(kind, day, *moves):
    return Entry(kind=kind, occurred_on=day, occurred_at=clock.noon(day), moves=list(moves))


def test_they_add_up(session, places):
    lot, supplier, stock, patients, pair = places
    postings, touched = post_all(
        session,
        [
            entry(PostingKind.RECEIPT, DAY, Move(lot, 10, supplier, stock), Move(lot, 5, supplier, stock)),
            entry(PostingKind.CONSUMPTION, NEXT, Move(lot, 12, stock, patients)),
        ],
    )
    assert len(postings) == 2
    assert touched == {pair}
    assert ledger.balances_of(session, stock) == {lot: (3, 0)}
    post_all(session, [entry(PostingKind.CONSUMPTION, NEXT, Move(lot, 3, stock, patients))])
    assert verify(session).faults == []
    assert post_all(session, []) == ([], frozenset())


def test_no_day_ends_below_zero(session, places):
    lot, supplier, stock, patients, _ = places
    with pytest.raises(ValueError, match="too little"):
        post_all(
            session,
            [
                entry(PostingKind.RECEIPT, NEXT, Move(lot, 10, supplier, stock)),
                entry(PostingKind.CONSUMPTION, DAY, Move(lot, 1, stock, patients)),
            ],
        )
    post_all(session, [entry(PostingKind.RECEIPT, NEXT, Move(lot, 10, supplier, stock))])
    for day, quantity in ((DAY, 1), (NEXT, 11)):
        with pytest.raises(ValueError, match="too little"):
            post_all(session, [entry(PostingKind.CONSUMPTION, day, Move(lot, quantity, stock, patients))])


def test_what_no_document_may_do(session, places):
    lot, supplier, stock, patients, _ = places
    with pytest.raises(IllegalEffect):
        post_all(session, [entry(PostingKind.RECEIPT, DAY, Move(lot, 1, stock, patients))])
    for moves in ([], [Move(lot, 0, supplier, stock)], [Move(lot, 1, supplier, stock, reserved=True)]):
        with pytest.raises(ValueError, match="movement"):
            post_all(session, [entry(PostingKind.RECEIPT, DAY, *moves)])
