"""Recalls as pages: a lot blocked, and who holds it."""

import pytest
from sqlalchemy import select

from inventory.models import Lot, Mail, RecallNotice, Site
from tests.factories import stock_up
from tests.web.world import World, make_world

RECALL = {"item": "PARA", "lot": "EARLY", "reason": "Particles were seen"}


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def test_a_lot_is_blocked_and_its_holders_are_listed(world):
    number = world.shipment(sent=True, quantity=60)
    answer = world.post("coordinator", "/recalls/new", RECALL)
    assert answer.status_code == 303
    page = world.get("coordinator", answer.headers["Location"]).text
    assert "340" in page
    assert number in page
    assert "Particles were seen" in page
    assert "EARLY" in world.get("viewer", "/recalls").text


def test_one_sees_the_holders_of_ones_own_sites(world):
    stock_up(world.session, world.other, world.item, 8, lot="EARLY")
    where = world.post("coordinator", "/recalls/new", RECALL).headers["Location"]
    page = world.get("elsewhere", where).text
    assert "Site OTHER" in page
    assert "Site HUB" not in page


@pytest.mark.parametrize("name", ["item", "lot", "reason"])
def test_each_field_is_needed(world, name):
    answer = world.post("coordinator", "/recalls/new", RECALL | {name: ""})
    assert answer.status_code == 422
    kept = "Particles were seen" if name != "reason" else 'value="EARLY"'
    assert kept in answer.text


def test_twice_is_once(world):
    data = RECALL | {"token": "6b5b3c2e-0000-4000-8000-000000000007"}
    first, second = (world.post("coordinator", "/recalls/new", data) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_who_may_and_what_is_not_there(world):
    for role in ("warehouse", "clinic", "viewer", "donor"):
        assert world.get(role, "/recalls/new").status_code == 403
        assert world.post(role, "/recalls/new", RECALL).status_code == 403
    assert world.get("coordinator", "/recalls/999999").status_code == 404
    assert world.get("donor", "/recalls").status_code == 403
    assert world.get("nobody", "/recalls").status_code == 302


def begin(world, **more) -> str:
    answer = world.post("coordinator", "/recalls/new", RECALL | more)
    assert answer.status_code == 303
    return answer.headers["Location"]


def notice_of(world, code: str) -> int:
    query = select(RecallNotice.id).join(Site, Site.id == RecallNotice.site_id).where(Site.code == code)
    return world.session.scalars(query.order_by(RecallNotice.id.desc())).first()


def test_several_lots_and_those_of_a_maker(world):
    stock_up(world.session, world.hub, world.item, 5, lot="MADE-1").manufacturer = "Awa Pharma"
    world.session.commit()
    where = begin(world, lot="", lots="EARLY\r\n\r\nNOBODY-KNOWS", manufacturer="awa pharma")
    assert where.endswith("/recalls")
    page = world.get("viewer", where).text
    assert all(number in page for number in ("EARLY", "NOBODY-KNOWS", "MADE-1"))


def test_told_answered_and_closed(world):
    where = begin(world, source="WHO alert 7")
    assert "WHO alert 7" in world.get("warehouse", where).text
    mine = f"{where}/holders/{notice_of(world, 'HUB')}"
    page = world.get("warehouse", mine).text
    assert "Whom to call" in page and "system" in page
    assert world.post("warehouse", f"{mine}/inform", {"person": "", "how": "phone"}).status_code == 422
    assert world.post("warehouse", f"{mine}/inform", {"person": "Rêbîn", "how": "radio"}).status_code == 303
    bad = {"reply": "blocked", "found": "4o0", "note": "on the top shelf"}
    answer = world.post("warehouse", f"{mine}/answer", bad)
    assert answer.status_code == 422 and "on the top shelf" in answer.text
    assert world.post("warehouse", f"{mine}/answer", bad | {"found": "399"}).status_code == 303
    page = world.get("coordinator", where).text
    assert "1 of 1 have answered" in page and "399 of 400 located (99 %)" in page and "Rêbîn" not in page
    assert "Rêbîn" in world.get("coordinator", mine).text
    assert world.post("coordinator", f"{where}/close", {"reason": ""}).status_code == 303
    assert "Closed by coordinator person" in world.get("viewer", where).text
    assert world.post("warehouse", f"{mine}/answer", bad | {"found": "400"}).status_code == 409


def test_closed_for_a_reason_where_somebody_is_silent(world):
    where = begin(world)
    answer = world.post("coordinator", f"{where}/close", {"reason": ""})
    assert answer.status_code == 422 and "have not answered" in answer.text
    assert world.post("coordinator", f"{where}/close", {"reason": "site burnt down"}).status_code == 303


def test_all_of_it_goes_into_quarantine(world):
    where = begin(world)
    assert world.post("warehouse", f"{where}/set-aside").status_code == 303
    page = world.get("warehouse", where).text
    assert "400 units set aside" in page and "Found and set aside" in page and "400 of 400 located" in page
    assert "Recalled" in world.get("warehouse", "/holds").text


def test_withdrawn_by_two(world):
    where = begin(world)
    assert world.post("coordinator", f"{where}/withdraw", {"reason": ""}).status_code == 422
    assert world.post("coordinator", f"{where}/withdraw", {"reason": "another item"}).status_code == 303
    assert 'value="agree"' not in world.get("coordinator", where).text
    assert world.post("coordinator", f"{where}/withdrawal", {"verdict": "agree"}).status_code == 403
    assert 'value="agree"' in world.get("admin", where).text
    assert world.post("admin", f"{where}/withdrawal", {"verdict": "agree"}).status_code == 303
    assert "may be used again" in world.get("viewer", where).text
    lots = world.session.scalars(select(Lot).where(Lot.number == "EARLY")).all()
    assert [lot.recalled_on for lot in lots] == [None]


def test_a_drill_is_marked_and_timed_and_blocks_nothing(world):
    where = begin(world, drill="y", reason="Spring drill")
    page = world.get("warehouse", where).text
    assert page.count("DRILL") >= 3 and "nothing is blocked" in page and "Put all into quarantine" not in page
    assert "Spring drill" not in world.get("viewer", "/recalls").text
    assert world.session.scalars(select(Mail.subject)).one().startswith("DRILL")
    mine = f"{where}/holders/{notice_of(world, 'HUB')}"
    world.post("warehouse", f"{mine}/answer", {"reply": "blocked", "found": "400"})
    assert "All located after" in world.get("viewer", where).text
    listed = world.get("viewer", "/recalls?kind=drill").text
    assert "Spring drill" in listed and "100 %" in listed and "0 min" in listed
    report = world.of("viewer").get(f"{where}/report.csv", buffered=True)
    assert report.mimetype == "text/csv"
    assert "yes,PARA,EARLY" in report.text and ",HUB,site,400,0,blocked,400," in report.text
    assert world.session.scalars(select(Lot).where(Lot.recalled_on.is_not(None))).all() == []


def test_what_came_later_is_told_too(world):
    where = begin(world)
    stock_up(world.session, world.other, world.item, 8, lot="EARLY")
    assert "that came later" in world.get("coordinator", where).text
    assert world.post("coordinator", f"{where}/look-again").status_code == 303
    assert notice_of(world, "OTHER") is not None
    assert "Site OTHER" in world.get("elsewhere", where).text


def test_reminding_sends_mails(world):
    where = begin(world)
    assert "1 mail is on its way" not in world.get("coordinator", where).text
    assert world.post("coordinator", f"{where}/remind").status_code == 303
    assert "mail is on its way" in world.get("coordinator", where).text
    assert world.session.scalars(select(Mail.kind)).all() == ["recall", "recall"]


def test_who_may_answer_and_close(world):
    where = begin(world)
    mine = f"{where}/holders/{notice_of(world, 'HUB')}"
    given = {"reply": "blocked", "found": "1"}
    assert world.get("clinic", mine).status_code == 404
    assert world.post("clinic", f"{mine}/answer", given).status_code == 404
    assert world.post("viewer", f"{mine}/answer", given).status_code == 403
    assert "Save the answer" not in world.get("viewer", mine).text
    for action in ("remind", "close", "withdraw", "withdrawal", "look-again"):
        assert world.post("warehouse", f"{where}/{action}").status_code == 403
    assert world.get("coordinator", "/recalls/1/holders/999999").status_code == 404
    assert world.get("donor", f"{where}/report.csv").status_code == 403


def test_its_alert_leads_there(world):
    where = begin(world)
    assert f'href="{where}"' in world.get("warehouse", "/alerts?kind=recall").text
