"""Who puts kits together, what is refused, and kits beside other goods."""

from uuid import uuid4

import pytest

from inventory import clock, ledger
from inventory.access import Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound
from inventory.services import adjustments, kits, lots, recall_notices, recalls
from inventory.services.kits import InKit
from tests.factories import create_item, create_site, stock_up
from tests.services.kit_story import KitStory, kit_story
from tests.services.people import COORDINATOR, VIEWER, acting, pointers

TODAY = clock.today()


@pytest.fixture
def story(session, do) -> KitStory:
    return kit_story(session, do, create_site(session))


def test_who_may_and_where(story, session):
    other = create_site(session)
    stock_up(session, story.site, story.gauze, 20)
    stock_up(session, story.site, story.soap, 20, expires_in=None)
    kit = story.assemble(1, actor=acting(Role.WAREHOUSE, story.site)).number
    for actor in (VIEWER, acting(Role.CLINIC, story.site), acting(Role.DONOR), acting(Role.WAREHOUSE, other)):
        with pytest.raises(Forbidden):
            story.assemble(1, actor=actor)
    for actor in (VIEWER, acting(Role.DONOR), acting(Role.CLINIC, other)):
        with pytest.raises(Forbidden):
            story.take_apart(kit, 1, actor=actor)
    story.take_apart(kit, 1, actor=acting(Role.CLINIC, story.site))


def test_the_same_document_twice_is_one(story, session, on_hand):
    stock_up(session, story.site, story.gauze, 20)
    stock_up(session, story.site, story.soap, 20, expires_in=None)
    uuid, other = uuid4(), uuid4()
    first = story.assemble(2, uuid=uuid)
    assert story.assemble(2, uuid=uuid).id == first.id
    assert [on_hand(story.site, lot) for lot in story.lots()] == [2]
    assert (
        story.take_apart(first.number, 1, uuid=other).id == story.take_apart(first.number, 1, uuid=other).id
    )
    with pytest.raises(NotFound):
        story.assemble(2, uuid=uuid, actor=acting(Role.WAREHOUSE, create_site(session)))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"site": "NOWHERE"}, ["/site"]),
        ({"kit": "NOTHING"}, ["/kit"]),
        ({"kit": "GAUZE"}, ["/kit"]),
        ({"quantity": 0}, ["/quantity"]),
        ({"quantity": -3}, ["/quantity"]),
        ({"quantity": 10**12}, ["/quantity", "/quantity"]),
        ({"note": "x" * 2001}, ["/note"]),
        ({"site": "", "kit": "", "quantity": 0}, ["/site", "/kit", "/quantity"]),
    ],
)
def test_what_cannot_be_assembled(story, wrong, named):
    with pytest.raises(Invalid) as refused:
        story.assemble(**({"quantity": 1} | wrong))
    assert sorted(pointers(refused)) == sorted(named)


def test_too_many_kit_lots(story, session):
    asset = create_item(session, "PUMP", serialised=True, tracks_expiry=False, category="equipment")
    story.do(kits.set_kit, COORDINATOR, kits.KitContent(story.kit.code, None, None, [InKit(asset.code, 1)]))
    for serial in ("A1", "A2", "A3"):
        stock_up(session, story.site, asset, 1, lot=serial, expires_in=None)
    story.assemble(2)
    assert len(story.lots()) == 2
    story.take_apart(story.lots()[0].number, 1)
    assert ledger.verify(session).faults == []


def test_a_kit_holds_no_kits(story, session, do):
    outer, other = create_item(session, "OUTER"), create_item(session, "OTHER")
    with pytest.raises(Invalid) as refused:
        do(
            kits.set_kit,
            COORDINATOR,
            kits.KitContent("OUTER", None, None, [InKit("OTHER", 1), InKit("DRESSING-KIT", 1)]),
        )
    assert pointers(refused) == ["/lines/1/item"]
    with pytest.raises(Invalid) as refused:
        do(kits.set_kit, COORDINATOR, kits.KitContent("GAUZE", None, None, [InKit(other.code, 1)]))
    assert pointers(refused) == ["/item"]
    stock_up(session, story.site, story.gauze, 2)
    stock_up(session, story.site, story.soap, 1, expires_in=None)
    story.assemble(1)
    do(kits.remove_kit, COORDINATOR, "DRESSING-KIT")
    with pytest.raises(Invalid):  # some were put together: they may be in stock
        do(kits.set_kit, COORDINATOR, kits.KitContent(outer.code, None, None, [InKit("DRESSING-KIT", 1)]))
    asset = create_item(session, serialised=True, tracks_expiry=False, category="equipment")
    with pytest.raises(Invalid) as refused:
        do(kits.set_kit, COORDINATOR, kits.KitContent(asset.code, None, None, [InKit(other.code, 1)]))
    assert pointers(refused) == ["/item"]


def test_goods_from_outside_never_join_a_kit_lot(story, session, sound):
    stock_up(session, story.site, story.gauze, 20, lot="G1", expires_in=400)
    stock_up(session, story.site, story.soap, 20, expires_in=None)
    number = story.assemble(2).number
    stock_up(session, story.site, story.kit, 5, lot=number, expires_in=400)
    assert len(story.lots()) == 2
    sound()
    assert lots.known_expiry(session, story.kit, number) is not None


def test_lost_and_found_kits(story, session, do, sound):
    stock_up(session, story.site, story.gauze, 20)
    stock_up(session, story.site, story.soap, 20, expires_in=None)
    kit = story.assemble(4).number
    for quantity, reason in ((-1, "lost"), (2, "found")):
        line = adjustments.AdjustmentLine(story.kit.code, kit, quantity, reason)
        do(adjustments.adjust, COORDINATOR, adjustments.Adjustment(story.site.code, TODAY, [line]))
    sound()
    with pytest.raises(Conflict):
        story.take_apart(kit, 6)
    story.take_apart(kit, 5)  # a kit too many was found: what it holds came from somewhere
    sound()


def test_kits_set_aside_are_counted_once(story, session, do, sound):
    stock_up(session, story.site, story.gauze, 20, lot="G1")
    stock_up(session, story.site, story.soap, 20, expires_in=None)
    story.assemble(6)
    recalled = do(recalls.recall, COORDINATOR, "GAUZE", "G1", "not sterile")
    do(recall_notices.set_aside, COORDINATOR, recalled.id)
    session.expire_all()
    assert [each.found for each in recall_notices.notices_of(session, recalled)] == [20]
    sound()
