"""Count sheets as pages: opened, counted on a phone, counted again, made final by another person."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.models import Bin, CountSheet, CountSheetLine, StockEvent
from tests.factories import create_item, stock_up
from tests.web.driving import fields
from tests.web.world import World, make_world, rows

TODAY = clock.today()


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def opened(world: World, role: str = "warehouse", **data) -> str:
    answer = world.post(
        role, "/counts/sheets/new", {"site": "HUB", "zone": "stock", "reason": "by_hand"} | data
    )
    assert answer.status_code == 303, answer.text
    return re.search(r"CSH-\d{4}-\d{6}", answer.headers["Location"]).group()


def lines(world: World, number: str) -> dict[str, CountSheetLine]:
    world.session.expire_all()
    query = select(CountSheetLine).join(CountSheet).where(CountSheet.number == number)
    return {line.lot_number: line for line in world.session.scalars(query)}


def typed(world: World, number: str, **lots: object) -> dict[str, str]:
    """The fields of the sheet's page, with figures typed."""
    ids = {lot: line.id for lot, line in lines(world, number).items()}
    return {f"known-{ids[lot]}-counted": str(value) for lot, value in lots.items()}


def state(world: World, number: str) -> str:
    world.session.expire_all()
    return world.session.scalars(select(CountSheet.status).where(CountSheet.number == number)).one()


def json(world: World, role: str, number: str, *told: dict[str, object]):
    client = world.of(role)
    token = fields(client.get("/account"))["csrf_token"]
    return client.post(
        f"/counts/sheets/{number}/lines", json={"lines": list(told)}, headers={"X-CSRFToken": token}
    )


def told(page: str) -> set[str]:
    """The numbers that a page says or holds in its fields; its tokens are left out."""
    plain = re.sub(r'<[^>]*name="(csrf_token|token)"[^>]*>', "", page)
    return set(re.findall(r'(?<=[>" ])\d[\d,]*(?=[<" ])', plain))


def test_the_whole_way(world):
    number = opened(world, blind="y", title="Étagère ٣ 📦")
    path = f"/counts/sheets/{number}"
    page = world.get("warehouse", path).text
    assert "Étagère ٣ 📦" in page
    assert "EARLY" in page
    assert not told(page) & {"400", "600"}
    assert "In the books" not in page
    assert "In no bin" in page
    answer = world.post("warehouse", path, typed(world, number, EARLY=390, LATE=600) | {"submit": "1"})
    assert answer.status_code == 303
    assert state(world, number) == "recount"
    page = world.get("admin", path).text
    assert "EARLY" in page
    assert "LATE" not in page
    assert not told(page) & {"390", "400"}
    answer = world.post("admin", path, typed(world, number, EARLY="390") | {"submit": "1"})
    assert state(world, number) == "submitted"
    page = world.get("coordinator", path).text
    assert "To be made final" in page
    assert "−10" in page
    assert "You counted" in world.get("warehouse", path).text
    assert world.post("warehouse", f"{path}/finalise").status_code == 409
    assert world.post("coordinator", f"{path}/finalise").status_code == 303
    assert state(world, number) == "final"
    event = world.session.scalars(select(StockEvent).where(StockEvent.kind == "count")).one()
    assert event.number in world.get("viewer", path).text
    assert number in world.get("viewer", f"/counts/{event.number}").text
    world.post("coordinator", f"{path}/finalise")
    assert len(world.session.scalars(select(StockEvent).where(StockEvent.kind == "count")).all()) == 1


def test_who_may(world):
    number = opened(world)
    path = f"/counts/sheets/{number}"
    assert world.get("viewer", path).status_code == 200
    assert 'name="submit"' not in world.get("viewer", path).text
    assert world.get("elsewhere", path).status_code == 404
    assert world.get("donor", path).status_code == 403
    for address in (path, f"{path}/finalise", f"{path}/again", f"{path}/cancel"):
        assert world.post("viewer", address).status_code == 403
        assert world.post("elsewhere", address).status_code == 404
    assert world.get("viewer", "/counts/sheets/new").status_code == 403
    assert json(world, "viewer", number, {"line": 1, "counted": "1"}).status_code == 403
    assert world.get("clinic", "/counts/due/intervals").status_code == 403
    assert world.get("warehouse", "/counts/sheets/CSH-2020-999999").status_code == 404


def test_figures_are_saved_as_they_are_typed(world):
    number = opened(world)
    line = lines(world, number)["EARLY"].id
    answer = json(world, "warehouse", number, {"line": str(line), "counted": "1 200", "age": "60"})
    assert answer.status_code == 200
    told = answer.json
    assert (told["done"], told["total"]) == (1, 2)
    assert told["lines"][0]["counted"] == 1200
    assert "expected" not in answer.text
    kept = lines(world, number)["EARLY"]
    assert kept.counted == 1200
    answer = json(world, "admin", number, {"line": str(line), "counted": "5", "known_at": ""})
    assert "warehouse person" in answer.json["lines"][0]["said"]
    answer = json(world, "admin", number, {"line": str(line), "counted": "12,5"})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["index"] == 0
    assert lines(world, number)["EARLY"].counted == 5
    for bad in ({"lines": 1}, {"lines": ["x"]}, None):
        token = fields(world.of("warehouse").get("/account"))["csrf_token"]
        answer = world.of("warehouse").post(
            f"/counts/sheets/{number}/lines", json=bad, headers={"X-CSRFToken": token}
        )
        assert answer.status_code == 400
    answer = json(world, "warehouse", number, {"line": "999999", "counted": "1"})
    assert answer.status_code == 422
    answer = json(world, "warehouse", number, {"line": "x", "counted": "1"})
    assert answer.status_code == 422


def test_what_was_shown_and_not_typed_anew_is_not_saved_over_another_figure(world):
    number = opened(world)
    line = lines(world, number)["EARLY"].id
    json(world, "warehouse", number, {"line": str(line), "counted": "5"})
    shown = {f"known-{line}-was": "7", f"known-{line}-counted": "7"}
    world.post("admin", f"/counts/sheets/{number}", shown)
    assert lines(world, number)["EARLY"].counted == 5


def test_bad_input_keeps_what_was_typed(world):
    number = opened(world)
    path = f"/counts/sheets/{number}"
    data = typed(world, number, EARLY="many", LATE=7)
    data |= rows("others", {"item": "ORS", "lot": "شرط-1", "counted": "3"})
    answer = world.post("warehouse", path, data)
    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert "شرط-1" in answer.text
    assert lines(world, number)["LATE"].counted is None
    data = typed(world, number, LATE=7) | rows("others", {"item": "ORS", "lot": "NEW", "counted": "3"})
    answer = world.post("warehouse", path, data)
    assert answer.status_code == 422
    assert "Write down its expiry" in answer.text
    data |= {"others-0-expires_on": "2035-04"}
    assert world.post("warehouse", path, data).status_code == 303
    assert lines(world, number)["NEW"].counted == 3
    answer = world.post("warehouse", path, {"submit": "1"})
    assert answer.status_code == 409
    assert "is not counted" in answer.text


def test_left_as_it_is(world):
    number = opened(world)
    path = f"/counts/sheets/{number}"
    line = lines(world, number)["EARLY"].id
    world.post("warehouse", path, {"skip": str(line)})
    assert "Count it after all" in world.get("warehouse", path).text
    world.post("warehouse", path, {"unskip": str(line)})
    assert not lines(world, number)["EARLY"].skipped
    world.post("warehouse", path, {"skip": str(line)})
    world.post("warehouse", path, typed(world, number, LATE=600) | {"submit": "1"})
    assert state(world, number) == "submitted"


def test_sent_back_and_called_off(world):
    number = opened(world)
    path = f"/counts/sheets/{number}"
    world.post("warehouse", path, typed(world, number, EARLY=400, LATE=600) | {"submit": "1"})
    line = lines(world, number)["EARLY"].id
    assert world.post("coordinator", f"{path}/again").status_code == 409
    assert world.post("coordinator", f"{path}/again", {"again": str(line)}).status_code == 303
    assert state(world, number) == "recount"
    world.post("coordinator", f"{path}/cancel", {"reason": "flood"})
    assert state(world, number) == "cancelled"
    assert world.post("warehouse", path, typed(world, number, EARLY=1)).status_code == 303
    assert lines(world, number)["EARLY"].recounted is None
    assert "Called off" in world.get("warehouse", path).text


def test_typed_from_paper(world, session):
    number = opened(world)
    sheet = session.scalars(select(CountSheet).where(CountSheet.number == number)).one()
    sheet.opened_at = clock.now() - timedelta(hours=5)
    session.commit()
    moment = (clock.now() - timedelta(hours=3)).replace(second=0, microsecond=0)
    data = typed(world, number, EARLY=1) | {"counted_at": moment.strftime("%Y-%m-%dT%H:%M")}
    world.post("warehouse", f"/counts/sheets/{number}", data)
    assert lines(world, number)["EARLY"].counted_at == moment
    line = lines(world, number)["LATE"].id
    told = {"line": str(line), "counted": "2", "paper": moment.strftime("%Y-%m-%dT%H:%M")}
    json(world, "warehouse", number, told)
    assert lines(world, number)["LATE"].counted_at == moment


def test_bins_in_walking_order_and_only_those_chosen(world, session):
    for sequence, code in ((2, "A-1"), (1, "Z-9")):
        session.add(Bin(site_id=world.hub.id, zone="stock", code=code, sequence=sequence))
    session.commit()
    page = world.get("warehouse", "/counts/sheets/new?site=HUB").text
    assert "Z-9" in page
    number = opened(world)
    data = rows(
        "others", *[{"item": "PARA", "lot": "EARLY", "bin": code, "counted": 1} for code in ("A-1", "Z-9")]
    )
    assert world.post("warehouse", f"/counts/sheets/{number}", data).status_code == 303
    page = world.get("warehouse", f"/counts/sheets/{number}").text
    assert page.index("Bin Z-9") < page.index("Bin A-1") < page.index("In no bin")
    assert (
        world.post(
            "warehouse",
            "/counts/sheets/new",
            {"site": "HUB", "zone": "stock", "reason": "by_hand", "bins": "NO"},
        ).status_code
        == 422
    )
    again = world.post("warehouse", "/counts/sheets/new", {"site": "HUB", "zone": "quarantine", "again": "1"})
    assert again.status_code == 200


def test_lists_and_an_empty_database(world):
    assert "No count waits" in world.get("viewer", "/counts/sheets").text
    number = opened(world)
    for path in ("/counts/sheets", "/counts/sheets?status=open&site=HUB", "/counts/sheets?status=all&q=csh"):
        assert number in world.get("viewer", path).text
    assert number not in world.get("elsewhere", "/counts/sheets?status=all").text
    assert "Nothing fits" in world.get("viewer", "/counts/sheets?status=final").text


def test_cycle_counts(world, session):
    page = world.get("warehouse", "/counts/due").text
    assert "Nothing is due" in page
    vital = create_item(session, "VITAL", ven="V")
    stock_up(session, world.hub, vital, 10, received_on=TODAY - timedelta(days=100))
    page = world.get("warehouse", "/counts/due?site=HUB").text
    assert "VITAL" in page
    assert "10 days late" in page
    answer = world.post("warehouse", "/counts/due/sheet", {"site": "HUB", "lines": "5"})
    assert answer.status_code == 303
    number = answer.headers["Location"].rsplit("/", 1)[1]
    assert len(lines(world, number)) == 1
    assert number in world.get("warehouse", "/counts/due?show=all").text
    answer = world.post("warehouse", "/counts/due/sheet", {"site": "HUB", "lines": "5"})
    assert answer.headers["Location"].endswith("/counts/due?site=HUB")
    assert world.post("warehouse", "/counts/due/sheet", {"site": "OTHER"}).status_code == 404
    answer = world.post("coordinator", "/counts/due/intervals", {"vital": "0", "A": "10", "controlled": "x"})
    assert answer.status_code == 422
    answer = world.post("coordinator", "/counts/due/intervals", {"vital": "0", "A": "9999"})
    assert answer.status_code == 422
    assert world.post("coordinator", "/counts/due/intervals", {"vital": "0", "A": "10"}).status_code == 303
    assert 'value="10"' in world.get("coordinator", "/counts/due/intervals").text


def test_accuracy(world):
    assert "Nothing was counted" in world.get("viewer", "/counts/accuracy").text
    number = opened(world)
    path = f"/counts/sheets/{number}"
    world.post("warehouse", path, typed(world, number, EARLY=300, LATE=600) | {"submit": "1"})
    world.post("admin", path, typed(world, number, EARLY=300) | {"submit": "1"})
    world.post("coordinator", f"{path}/finalise")
    page = world.get("viewer", "/counts/accuracy").text
    assert "50 %" in page
    assert "<svg" in page
    told = world.of("viewer").get("/counts/accuracy/months.csv?hxl=1", buffered=True).text
    assert "HUB" in told
    assert world.get("viewer", "/counts/accuracy/months.xlsx").status_code == 200
    assert world.get("elsewhere", "/counts/accuracy?site=HUB").status_code == 403
    assert "Nothing was counted" in world.get("elsewhere", "/counts/accuracy").text
    assert world.get("donor", "/counts/accuracy").status_code == 403
