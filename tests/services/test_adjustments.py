"""Adjustments, disposals, and moves between the zones of a site."""

from datetime import timedelta
from uuid import uuid4

import pytest

from inventory import clock
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid
from inventory.rules.effects import LocationKind
from inventory.services import adjustments, consumption, recalls
from inventory.services.adjustments import (
    Adjustment,
    AdjustmentLine,
    Disposal,
    DisposalLine,
    ZoneMove,
    ZoneMoveLine,
)
from tests.factories import create_donor, create_item, create_site, stock_up
from tests.services.people import COORDINATOR, acting, pointers

TODAY = clock.today()
K = LocationKind


@pytest.fixture
def site(session):
    return create_site(session)


@pytest.fixture
def item(session):
    return create_item(session)


@pytest.fixture
def adjust(do, site, item):
    def call(*lines, ago: int = 0, actor=COORDINATOR, **fields):
        made = [AdjustmentLine(item.code, *line) for line in lines]
        command = {
            "site": site.code,
            "occurred_on": TODAY - timedelta(days=ago),
            "lines": made,
            "uuid": uuid4(),
        }
        return do(adjustments.adjust, actor, Adjustment(**command | fields))

    return call


@pytest.fixture
def dispose(do, site, item):
    def call(*lines, method: str | None = "incineration", ago: int = 0, actor=COORDINATOR, **fields):
        made = [DisposalLine(item.code, *line) for line in lines]
        day = TODAY - timedelta(days=ago)
        return do(
            adjustments.dispose,
            actor,
            Disposal(
                **{"site": site.code, "occurred_on": day, "method": method, "lines": made, "uuid": uuid4()}
                | fields
            ),
        )

    return call


@pytest.fixture
def move(do, site, item):
    def call(*lines, actor=COORDINATOR, **fields):
        made = [ZoneMoveLine(item.code, *line) for line in lines]
        return do(
            adjustments.move_zones,
            actor,
            ZoneMove(**{"site": site.code, "lines": made, "uuid": uuid4()} | fields),
        )

    return call


def test_found_and_lost_are_kept_in_accounts_of_their_own(session, site, item, adjust, on_hand, total, sound):
    stock_up(session, site, item, 100, lot="L1")
    event = adjust(("L1", 5, "found"), ("L1", -3, "lost"), ("L1", -2, "damaged"), ("L1", -1, "theft"))
    assert event.number == f"ADJ-{TODAY.year}-000001"
    assert on_hand(site, "L1") == 99
    assert (total(K.FOUND), total(K.LOST)) == (-5, 6)
    adjust(("L1", 10, "correction"), ("L1", -20, "correction"))
    assert on_hand(site, "L1") == 89
    sound()


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (("L1", 0, "found"), "/lines/0/quantity"),
        (("L1", -1, "found"), "/lines/0/quantity"),
        (("L1", 1, "lost"), "/lines/0/quantity"),
        (("L1", 1, "theft"), "/lines/0/quantity"),
        (("L1", 1, "damaged"), "/lines/0/quantity"),
        (("L1", 10**15, "found"), "/lines/0/quantity"),
        (("L1", 1, "gift"), "/lines/0/reason"),
        (("L1", -1, None), "/lines/0/reason"),
        (("", 1, "found"), "/lines/0/lot"),
        (("NOPE", 1, "found"), "/lines/0/lot"),
    ],
)
def test_a_wrong_adjustment_is_named(session, site, item, adjust, line, pointer):
    stock_up(session, site, item, 100, lot="L1")
    with pytest.raises(Invalid) as refused:
        adjust(line)
    assert pointers(refused) == [pointer]


def test_no_more_is_lost_than_is_there(session, site, item, adjust, on_hand):
    stock_up(session, site, item, 10, lot="L1")
    stock_up(session, site, item, 10, lot="L2")
    with pytest.raises(Conflict) as refused:
        adjust(("L1", -11, "lost"), ("L2", -6, "lost"), ("L2", -6, "theft"), ("NOPE", -1, "lost"))
    assert pointers(refused) == ["/lines/0/quantity", "/lines/2/quantity", "/lines/3/quantity"]
    assert on_hand(site, "L1") == 10


def test_a_loss_of_an_earlier_day_comes_off_the_lot_that_was_there_then(
    do, session, site, item, adjust, on_hand, sound
):
    """Of two donors' lots of one number the loss is taken from where the books allow it."""
    first = stock_up(session, site, item, 10, lot="L1", donor=create_donor(session))
    second = stock_up(
        session, site, item, 10, lot="L1", donor=create_donor(session), received_on=TODAY - timedelta(days=9)
    )
    adjust(("L1", -4, "lost"), ago=5)
    assert (on_hand(site, first), on_hand(site, second)) == (10, 6)
    sound()


def test_what_is_found_may_be_of_a_lot_known_elsewhere(session, site, item, adjust, on_hand):
    stock_up(session, create_site(session), item, 10, lot="L1")
    adjust(("L1", 2, "found"))
    assert on_hand(site, "L1") == 2


def test_a_piece_cannot_be_found_twice(session, site, item, adjust, do):
    piece = create_item(
        session, serialised=True, tracks_expiry=False, category="equipment", base_unit="piece"
    )
    stock_up(session, site, piece, 1, lot="SN1", expires_in=None)
    with pytest.raises(Conflict) as refused:
        adjust(lines=[AdjustmentLine(piece.code, "SN1", 1, "found")])
    assert pointers(refused) == ["/lines/0/quantity"]


def test_a_partner_has_no_books_here(session, adjust):
    with pytest.raises(Invalid):
        adjust(("L1", 1, "found"), site=create_site(session, kind="partner").code)


def test_goods_are_disposed_of_from_the_worst_zone_first(session, site, item, dispose, on_hand, total, sound):
    lot = stock_up(session, site, item, 10, lot="L1")
    stock_up(session, site, item, 10, lot="L1", zone="quarantine")
    event = dispose(("L1", 12), certificate="C 7")
    assert (event.method, event.certificate) == ("incineration", "C 7")
    assert (on_hand(site, lot), on_hand(site, lot, "quarantine")) == (8, 0)
    assert total(K.DISPOSED) == 12
    with pytest.raises(Conflict) as refused:
        dispose(("L1", 3, "quarantine"))
    assert pointers(refused) == ["/lines/0/quantity"]
    dispose(("L1", 3, "stock"))
    sound()


def test_expired_and_recalled_goods_can_be_disposed_of(do, session, site, item, dispose, on_hand):
    stock_up(session, site, item, 10, lot="OLD", expires_in=-5)
    stock_up(session, site, item, 10, lot="BAD")
    do(recalls.recall, COORDINATOR, item.code, "BAD", "crystals")
    dispose(("OLD", 10), ("BAD", 10))
    assert on_hand(site, "OLD", "refused") == on_hand(site, "BAD") == 0


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"method": "burning"}, "/method"),
        ({"method": None}, "/method"),
        ({"certificate": "a\x00"}, "/certificate"),
    ],
)
def test_a_wrong_disposal_is_named(session, site, item, dispose, fields, pointer):
    stock_up(session, site, item, 10, lot="L1")
    with pytest.raises(Invalid) as refused:
        dispose(("L1", 1), **fields)
    assert pointers(refused) == [pointer]
    with pytest.raises(Invalid) as refused:
        dispose(("L1", 1, "in_transit"))
    assert pointers(refused) == ["/lines/0/zone"]


def test_goods_move_between_zones(session, site, item, move, on_hand, sound):
    stock_up(session, site, item, 10, lot="L1")
    event = move(("L1", 4, "stock", "quarantine"), ("L1", 1, "stock", "refused"), note="wet carton")
    assert event.note == "wet carton"
    assert [on_hand(site, "L1", zone) for zone in ("stock", "quarantine", "refused")] == [5, 4, 1]
    move(("L1", 4, "quarantine", "stock"))
    assert on_hand(site, "L1") == 9
    with pytest.raises(Conflict) as refused:
        move(("L1", 1, "quarantine", "stock"), ("L1", 10, "stock", "refused"))
    assert pointers(refused) == ["/lines/0/quantity", "/lines/1/quantity"]
    sound()


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (("L1", 1, "stock", "stock"), "/lines/0/to"),
        (("L1", 1, "stock", "patients"), "/lines/0/to"),
        (("L1", 1, "donor", "stock"), "/lines/0/from"),
        (("L1", 0, "stock", "refused"), "/lines/0/quantity"),
        (("L1", 1, None, "refused"), "/lines/0/from"),
        (("L1", 1, "stock", None), "/lines/0/to"),
    ],
)
def test_a_wrong_move_is_named(session, site, item, move, line, pointer):
    stock_up(session, site, item, 10, lot="L1")
    with pytest.raises(Invalid) as refused:
        move(line)
    assert pointers(refused) == [pointer]


def test_who_may(session, site, item, adjust, dispose, move):
    stock_up(session, site, item, 10, lot="L1")
    for actor in (acting(Role.VIEWER), acting(Role.DONOR), acting(Role.CLINIC, create_site(session))):
        for call in (
            lambda actor=actor: adjust(("L1", -1, "lost"), actor=actor),
            lambda actor=actor: dispose(("L1", 1), actor=actor),
            lambda actor=actor: move(("L1", 1, "stock", "refused"), actor=actor),
        ):
            with pytest.raises(Forbidden):
                call()
    clinic = acting(Role.CLINIC, site)
    adjust(("L1", -1, "lost"), actor=clinic)
    dispose(("L1", 1), actor=clinic)
    move(("L1", 1, "stock", "refused"), actor=clinic)


def test_the_same_uuid_is_posted_once(session, site, item, adjust, dispose, move, on_hand):
    stock_up(session, site, item, 10, lot="L1")
    for call in (
        lambda uuid: adjust(("L1", -1, "lost"), uuid=uuid),
        lambda uuid: dispose(("L1", 1), uuid=uuid),
        lambda uuid: move(("L1", 1, "stock", "refused"), uuid=uuid),
    ):
        uuid = uuid4()
        assert call(uuid).number == call(uuid).number
    assert on_hand(site, "L1") == 7


def test_days_that_have_not_come(adjust, dispose):
    for call in (lambda: adjust(("L1", -1, "lost"), ago=-3), lambda: dispose(("L1", 1), ago=-3)):
        with pytest.raises(Invalid) as refused:
            call()
        assert pointers(refused) == ["/occurred_on"]


def test_losses_are_no_consumption(do, session, site, item, adjust):
    from inventory.models import StockDay

    lot = stock_up(session, site, item, 10, lot="L1")
    adjust(("L1", -4, "lost"))
    command = consumption.Consumption(site.code, TODAY, [consumption.ConsumptionLine(item.code, 1)])
    do(consumption.consume, COORDINATOR, command)
    assert session.get_one(StockDay, (site.id, lot.id, TODAY)).dispensed == 1
