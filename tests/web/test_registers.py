"""Controlled medicines as pages: the second person on every form, the register, what waits to be signed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock, ledger
from inventory.models import Alert, ControlledSignature, Posting, StockEvent, User
from tests.factories import create_item, stock_up
from tests.web.world import World, make_world, number_of, rows

TODAY = clock.today()
NAME = "نادية حسن 🩺"


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    made.morphine = create_item(session, "MORPH", name="Morphine", controlled=True)
    stock_up(session, made.clinic, made.morphine, 100, lot="M1")
    stock_up(session, made.hub, made.morphine, 500, lot="H1")
    return made


def dispensed(quantity: int = 5, item: str = "MORPH", **more):
    data = {"site": "CLINIC", "occurred_on": TODAY.isoformat(), "consultations": "3"}
    return data | rows("lines", {"item": item, "quantity": quantity}) | more


def last_posting(world: World) -> Posting:
    world.session.expire_all()
    return world.session.scalars(select(Posting).order_by(Posting.id.desc())).first()


FORMS = {
    "consumption": ("clinic", "/consumptions/new", dispensed()),
    "adjustment": (
        "clinic",
        "/adjustments/new",
        {"site": "CLINIC", "occurred_on": TODAY.isoformat()}
        | rows("lines", {"item": "MORPH", "lot": "M1", "reason": "lost", "quantity": 2}),
    ),
    "zone_move": (
        "clinic",
        "/zone-moves/new",
        {"site": "CLINIC", "note": "the box is wet"}
        | rows("lines", {"item": "MORPH", "lot": "M1", "source": "stock", "destination": "quarantine", "quantity": 2}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FORMS)
def test_a_form_asks_for_the_second_person_and_keeps_what_was_typed(world, what):
    role, path, data = FORMS[what]
    assert "Second person" in world.get(role, path).text
    before = last_posting(world).id
    answer = world.post(role, path, data)
    assert answer.status_code == 422
    assert "MORPH: a controlled medicine moves before two people" in answer.text
    assert 'value="2"' in answer.text or 'value="5"' in answer.text
    assert last_posting(world).id == before
    own = world.post(role, path, data | {"witness": "Clinic  PERSON"})
    assert own.status_code == 422
    assert "the second person is somebody else than you" in own.text
    assert world.post(role, path, data | {"witness": NAME}).status_code == 303
    posted = last_posting(world)
    assert (posted.kind, posted.witness) == (what, NAME)
    assert world.session.get_one(ControlledSignature, posted.id).by == NAME
    assert ledger.verify(world.session).faults == []


def test_other_items_need_no_second_person(world):
    assert world.post("clinic", "/consumptions/new", dispensed(item="PARA")).status_code == 303


def test_sent_twice_it_is_done_once(world):
    data = dispensed(witness=NAME, token="4a1b0a51-52b5-4a4e-a3a2-9a2f5a6c1d11")
    one, two = (world.post("clinic", "/consumptions/new", data) for _ in range(2))
    assert number_of(one) == number_of(two)
    assert "95" in world.get("clinic", "/register/CLINIC/MORPH").text


def test_a_disposal_takes_its_witness(world):
    data = {"site": "CLINIC", "occurred_on": TODAY.isoformat(), "method": "incineration", "witness": NAME}
    lines = rows("lines", {"item": "MORPH", "lot": "M1", "quantity": 2})
    assert world.post("clinic", "/disposals/new", data | lines).status_code == 303
    assert world.session.get_one(ControlledSignature, last_posting(world).id).by == NAME


def test_a_receipt_takes_who_checked_it(world):
    line = {
        "item": "MORPH",
        "lot": "N1",
        "quantity": 9,
        "expires_on": (TODAY + timedelta(days=900)).isoformat(),
    }
    data = {"site": "CLINIC", "received_on": TODAY.isoformat()} | rows("lines", line)
    answer = world.post("clinic", "/receipts/new", data)
    assert answer.status_code == 422
    assert "controlled medicine moves before two people" in answer.text
    assert world.post("clinic", "/receipts/new", data | {"checked_by": NAME}).status_code == 303
    assert last_posting(world).witness == NAME


def test_a_count_asks_before_it_posts_a_difference(world):
    data = {"counted_on": TODAY.isoformat(), "confirm": "1"} | rows(
        "known",
        {"item": "MORPH", "lot": "M1", "expected": 100, "counted": 97},
        {"item": "PARA", "lot": "HERE", "expected": 100, "counted": 100},
    )
    answer = world.post("clinic", "/counts/new?site=CLINIC", data)
    assert answer.status_code == 422
    assert 'value="97"' in answer.text
    assert world.session.scalars(select(StockEvent)).all() == []
    assert world.post("clinic", "/counts/new?site=CLINIC", data | {"witness": NAME}).status_code == 303
    assert last_posting(world).witness == NAME
    query = select(Alert).where(Alert.kind == "discrepancy", Alert.resolved_at.is_(None))
    assert world.session.scalars(query).one().quantity == 3


def test_a_shipment_asks_at_either_end(world):
    number = world.shipment(item=world.morphine, quantity=50)
    at = clock.now().strftime("%Y-%m-%dT%H:%M")
    sent = world.post("warehouse", f"/shipments/{number}/dispatch", {"send-dispatched_at": at})
    assert sent.status_code == 422
    assert "controlled medicine moves before two people" in sent.text
    sent = world.post(
        "warehouse", f"/shipments/{number}/dispatch", {"send-dispatched_at": at, "send-witness": NAME}
    )
    assert sent.status_code == 303
    line = {"item": "MORPH", "lot": "H1", "received": 45, "damaged": 0, "zone": "stock"}
    data = {"received_at": clock.now().strftime("%Y-%m-%dT%H:%M"), "final": "yes"} | rows("lines", line)
    path = f"/shipments/{number}/receive"
    assert world.post("clinic", path, data).status_code == 422
    assert world.post("clinic", path, data | {"witness": NAME}).status_code == 303
    page = world.get("coordinator", "/register/CLINIC/MORPH").text
    assert "from Site HUB" in page
    assert "145" in page
    settle = {"settle-lines-0-quantity": "5"}
    assert world.post("clinic", f"/shipments/{number}/settle", settle).status_code == 422
    assert (
        world.post("clinic", f"/shipments/{number}/settle", settle | {"settle-witness": NAME}).status_code
        == 303
    )
    assert ledger.verify(world.session).faults == []


# ---- the register ------------------------------------------------------------------------------------------------


def test_the_register_is_read_by_the_team_and_leads_only(world):
    world.post("clinic", "/consumptions/new", dispensed(witness=NAME))
    for role in ("clinic", "coordinator", "admin", "viewer"):
        page = world.get(role, "/register/CLINIC/MORPH")
        assert page.status_code == 200
        assert NAME in page.text
        assert "Patients" in page.text
        assert world.get(role, "/register").status_code == 200
    assert world.get("elsewhere", "/register/CLINIC/MORPH").status_code == 403
    assert "MORPH" not in world.get("elsewhere", "/register").text
    assert world.get("warehouse", "/register/CLINIC/MORPH").status_code == 403
    for path in ("/register", "/register/CLINIC/MORPH", "/register/unsigned", "/exports/register.csv"):
        assert world.get("donor", path).status_code == 403
        assert world.get("nobody", path).status_code in (302, 303)
    for path in ("/register/CLINIC/PARA", "/register/NOWHERE/MORPH", "/register/CLINIC/NOTHING"):
        assert world.get("viewer", path).status_code == 404


def test_the_register_on_paper_and_as_a_file(world):
    world.post("clinic", "/consumptions/new", dispensed(witness=NAME))
    for query in (
        "",
        "?lang=ar",
        f"?since={TODAY.isoformat()}&until={TODAY.isoformat()}",
        "?since=2020-01-01&until=2020-01-02",
    ):
        pdf = world.get("clinic", f"/register/CLINIC/MORPH/register.pdf{query}")
        assert pdf.data.startswith(b"%PDF")
    assert world.get("donor", "/register/CLINIC/MORPH/register.pdf").status_code == 403
    told = world.of("clinic").get("/exports/register.csv?names=api", buffered=True).text.splitlines()
    assert told[0].lstrip("\ufeff").startswith("site,item,item_name,base_unit,sequence")
    assert len(told) == 3
    assert NAME in told[2]
    assert all(line.startswith("CLINIC,") for line in told[1:])
    assert world.of("clinic").get("/exports/register.xlsx", buffered=True).status_code == 200


def test_linked_from_where_people_are(world):
    assert "/register/CLINIC/MORPH" in world.get("clinic", "/stock/CLINIC/MORPH").text
    assert "/register/CLINIC/PARA" not in world.get("clinic", "/stock/CLINIC/PARA").text
    home = world.get("clinic", "/").text
    assert "/register/unsigned" in home
    assert "1 document waits for a second name" in home


def test_an_empty_house_says_what_to_do(app, session):
    bare = make_world(app, session)
    assert "No controlled medicine was ever here" in bare.get("viewer", "/register").text
    assert "Everything bears two names" in bare.get("viewer", "/register/unsigned").text


# ---- signing -----------------------------------------------------------------------------------------------------


def waiting(world: World, role: str = "clinic") -> str:
    return world.get(role, "/register/unsigned?site=CLINIC").text


def test_somebody_else_signs_what_a_device_posted(world):
    made = last_posting(world)  # the stock of the hub
    page = waiting(world, "coordinator")
    assert "M1" in page
    mine = world.session.scalars(select(Posting).where(Posting.site_id == world.clinic.id)).all()[-1]
    assert f'value="{mine.id}"' in page
    data = {"posting": [str(mine.id)], "note": NAME}
    assert world.post("viewer", "/register/sign", data).status_code == 403
    assert world.post("donor", "/register/sign", data).status_code == 403
    assert world.post("elsewhere", "/register/sign", data).status_code == 404
    assert world.post("clinic", "/register/sign", {"posting": [str(made.id)]}).status_code == 404
    assert world.post("clinic", "/register/sign", {}).status_code == 422
    assert world.post("clinic", "/register/sign", data).status_code == 303
    assert f'value="{mine.id}"' not in waiting(world)
    late = world.post("coordinator", "/register/sign", data)
    assert late.status_code == 409
    assert "clinic person has signed this already" in late.text
    found = world.session.get_one(ControlledSignature, mine.id)
    assert (found.by, found.note) == ("clinic person", NAME)
    assert NAME in world.get("viewer", "/register/CLINIC/MORPH").text


def test_nobody_signs_what_they_posted(world):
    nurse = world.session.scalars(select(User).where(User.role == "clinic").order_by(User.id)).first()
    posting = world.session.scalars(select(Posting).where(Posting.site_id == world.clinic.id)).all()[-1]
    posting.user_id = nurse.id
    world.session.commit()
    assert "You: somebody else signs it." in waiting(world)
    assert world.post("clinic", "/register/sign", {"posting": [str(posting.id)]}).status_code == 403
    assert world.session.get(ControlledSignature, posting.id) is None


@pytest.mark.parametrize("posting", ["abc", "-1", "9" * 40, "1; DROP TABLE posting"])
def test_a_posting_that_is_none_is_not_signed(world, posting):
    assert world.post("clinic", "/register/sign", {"posting": [posting]}).status_code == 422
