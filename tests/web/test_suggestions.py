"""What a site should ask for, and what is proposed where a supplier has too little."""

import pytest
from sqlalchemy import select

from inventory.access import SYSTEM
from inventory.db import atomically
from inventory.models import Requisition
from inventory.services import levels, requisitions
from inventory.services.requisitions import AskedLine, NewRequisition
from tests.web.driving import changed, fields
from tests.web.world import make_world, number_of

AT = "/suggestions?site=CLINIC"
FIXED = {"method": "fixed", "reorder_point": 200, "maximum": 500, "emergency_point": 10}


@pytest.fixture
def world(app, session):
    made = make_world(app, session)
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED | {"order_multiple": 30}))
    return made


def ask(site, quantity, item="PARA", submit=True):
    """The number of a requisition."""

    def work(s):
        made = requisitions.draft(s, SYSTEM, NewRequisition(site, "regular", [AskedLine(item, quantity)]))
        if submit:
            requisitions.submit(s, SYSTEM, made.number)
        return made.number

    return atomically(work)


def made(world):
    world.session.expire_all()
    return list(world.session.scalars(select(Requisition).order_by(Requisition.id)))


def test_the_sum_behind_a_suggestion_is_shown(world):
    ask("CLINIC", 30)
    world.shipment(sent=True, quantity=60)
    page = world.get("clinic", AT).text
    # 100 usable, and as none was ever used all will expire; + 60 on the way + 30 asked for = 90.
    # 500 - 90 = 410, in packs of 30: 420.
    sums = ("100 usable", "100 will expire", "60 on the way", "30 asked for", "410", "in packs of 30")
    for words in (*sums, 'value="420"'):
        assert words in page


def test_one_click_makes_one_draft(world):
    page = world.get("clinic", AT)
    sent = fields(page, AT)
    sent["pick"] = "PARA"
    first = world.of("clinic").post(AT, data=sent)
    assert number_of(first) == number_of(world.of("clinic").post(AT, data=sent))
    found = made(world)
    assert [(each.status, each.kind) for each in found] == [("draft", "regular")]
    assert "510" in world.get("clinic", f"/requisitions/{found[0].number}").text


def test_what_stands_in_a_draft_is_not_chosen_again(world):
    number = ask("CLINIC", 400, submit=False)
    page = world.get("clinic", AT)
    assert number in page.text
    assert " checked" not in page.text
    atomically(lambda s: requisitions.submit(s, SYSTEM, number))
    assert "Nothing is suggested" in world.get("clinic", AT).text


def test_whether_it_is_an_emergency_is_asked(world):
    atomically(lambda s: levels.set_policy(s, SYSTEM, "CLINIC", "PARA", FIXED | {"emergency_point": 150}))
    page = world.get("clinic", AT)
    sent = changed(fields(page, AT), {"pick": "PARA", "quantity.PARA": 77})
    sent.poplist("kind")
    answer = world.of("clinic").post(AT, data=sent)
    assert answer.status_code == 422
    assert "Say how urgent it is" in answer.text
    assert fields(answer, AT)["quantity.PARA"] == "77"
    assert made(world) == []
    assert number_of(world.of("clinic").post(AT, data=changed(sent, {"kind": "emergency"})))
    assert made(world)[0].kind == "emergency"


@pytest.mark.parametrize("wrong", ["0", "-5", "abc", "", "99999999999"])
def test_a_wrong_quantity_is_named(world, wrong):
    sent = changed(fields(world.get("clinic", AT), AT), {"pick": "PARA", "quantity.PARA": wrong})
    answer = world.of("clinic").post(AT, data=sent)
    assert answer.status_code == 422
    assert 'href="#quantity-PARA"' in answer.text
    assert made(world) == []


def test_nothing_chosen_makes_nothing(world):
    sent = fields(world.get("clinic", AT), AT)
    sent.poplist("pick")
    answer = world.of("clinic").post(AT, data=sent)
    assert answer.status_code == 422
    assert "Choose at least one item" in answer.text


def test_who_may(world):
    assert "Make a draft requisition" not in world.get("viewer", AT).text
    assert world.post("viewer", AT, {"pick": "PARA"}).status_code == 403
    assert world.get("donor", AT).status_code == 403
    assert world.get("elsewhere", AT).status_code in (403, 404)
    assert world.get("coordinator", "/suggestions").status_code == 200


# ---- too little for all -----------------------------------------------------------------------------------------


@pytest.fixture
def short(world):
    """The hub has 1,000; the clinic asks for 900 and the other site, which has nothing, for 600."""
    world.other.supplied_by_id = world.hub.id
    world.session.commit()
    atomically(
        lambda s: levels.set_policy(
            s, SYSTEM, "CLINIC", "PARA", FIXED | {"maximum": 700, "order_multiple": 1}
        )
    )
    atomically(lambda s: levels.set_policy(s, SYSTEM, "OTHER", "PARA", FIXED | {"maximum": 600}))
    return ask("CLINIC", 900), ask("OTHER", 600)


def test_shares_are_proposed_where_the_supplier_has_too_little(world, short):
    mine, other = short
    page = world.get("coordinator", f"/requisitions/{mine}")
    # They lack 700 and 600 of their maxima (what the clinic has will expire): of 1,000 that is 538 and 462.
    assert "1,000 to give, 1,500 asked for in all" in page.text
    assert "In proportion to what is lacking to the maximum." in page.text
    assert other in page.text
    assert fields(page, f"{mine}/approve")["lines-0-approved"] == "900"
    answer = world.post("coordinator", f"/requisitions/{mine}/approve", {"propose": "1"})
    assert answer.status_code == 200
    assert fields(answer, f"{mine}/approve")["lines-0-approved"] == "538"
    assert [each.status for each in made(world)] == ["submitted", "submitted"]
    done = world.of("coordinator").post(
        f"/requisitions/{mine}/approve", data=fields(answer, f"{mine}/approve")
    )
    assert done.status_code == 303
    # What is approved is promised: the other gets what is left.
    page = world.get("coordinator", f"/requisitions/{other}")
    assert "462 to give, 600 asked for in all" in page.text
    assert "538 promised to others" in page.text


def test_all_shortages_of_a_supplier_stand_on_one_page(world, short):
    page = world.get("coordinator", "/rationing?site=HUB")
    for words in (*short, "538", "462", "1,000 to give, 1,500 asked for in all"):
        assert words in page.text
    assert world.get("coordinator", "/rationing").status_code == 200
    assert world.get("coordinator", "/rationing?site=NONE").status_code == 404
    for role in ("clinic", "warehouse", "viewer", "donor"):
        assert world.get(role, "/rationing?site=HUB").status_code == 403


def test_two_requisitions_of_one_site_share_its_share(world, short):
    mine, _other = short
    again = ask("CLINIC", 100)
    first = world.post("coordinator", f"/requisitions/{mine}/approve", {"propose": "1"})
    second = world.post("coordinator", f"/requisitions/{again}/approve", {"propose": "1"})
    assert fields(first, f"{mine}/approve")["lines-0-approved"] == "538"
    assert fields(second, f"{again}/approve")["lines-0-approved"] == "0"


def test_where_there_is_enough_nothing_is_rationed(world):
    mine = ask("CLINIC", 300)
    assert "Too little for all" not in world.get("coordinator", f"/requisitions/{mine}").text
    assert "There is enough" in world.get("coordinator", "/rationing?site=HUB").text
