"""Count sheets for programs: the whole way, what is hidden, who may, what cannot be."""

import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_site, stock_up


@pytest.fixture
def nurse(program, clinic):
    return program(Role.CLINIC, [clinic])


@pytest.fixture
def helper(program, clinic):
    return program(Role.CLINIC, [clinic], name="Helper")


@pytest.fixture
def sheet(nurse, session, clinic, item):
    stock_up(session, clinic, item, 100, lot="L1")
    stock_up(session, clinic, item, 50, lot="L2")

    def make(**body):
        return good(nurse.post("/count-sheets", {"site": "CLINIC"} | body), 201)

    return make


def ids(told):
    return {line["lot"]: line["line"] for line in told["lines"]}


def test_the_whole_way(sheet, nurse, helper, admin):
    told = sheet(title="Monday")
    number = told["number"]
    assert (told["status"], told["blind"], told["title"]) == ("open", True, "Monday")
    assert all(line["expected"] is None and line["basis"] is None for line in told["lines"])
    line = ids(told)
    at = f"/count-sheets/{number}"
    put = [{"line": line["L1"], "counted": 90}, {"line": line["L2"], "counted": 50}]
    answer = good(nurse.put(f"{at}/lines", {"lines": put}))
    assert [each["kept"] for each in answer["lines"]] == [False, False]
    answer = good(helper.put(f"{at}/lines", {"lines": put[:1]}))
    assert "person" in answer["lines"][0]["said"]
    told = good(nurse.post(f"{at}/submit"))
    assert told["status"] == "recount"
    first = next(each for each in told["lines"] if each["lot"] == "L1")
    assert (first["recount"], first["counted"], first["expected"]) == (True, None, None)
    good(helper.put(f"{at}/lines", {"lines": put[:1]}))
    told = good(nurse.post(f"{at}/submit", {"leave": False}))
    assert told["status"] == "submitted"
    first = next(each for each in told["lines"] if each["lot"] == "L1")
    assert (first["expected"], first["counted"], first["recounted"], first["difference"]) == (
        100,
        90,
        90,
        -10,
    )
    problem(nurse.post(f"{at}/finalise"), 409)
    told = good(admin.post(f"{at}/finalise"))
    assert told["status"] == "final"
    assert [each[:4] for each in told["counts"]] == ["CNT-"]
    assert good(admin.get(at)) == told
    problem(admin.post(f"{at}/finalise"), 409)
    problem(nurse.put(f"{at}/lines", {"lines": put}), 409)
    rows = {row["lot"]: row["on_hand"] for row in good(admin.get("/stock?site=CLINIC"))["data"]}
    assert rows == {"L1": 90, "L2": 50}


def test_lists(sheet, nurse, program, session):
    told = sheet()
    assert [each["number"] for each in good(nurse.get("/count-sheets?status=open"))["data"]] == [
        told["number"]
    ]
    assert good(nurse.get("/count-sheets?status=final&site=CLINIC"))["data"] == []
    other = program(Role.CLINIC, [create_site(session)])
    assert good(other.get("/count-sheets"))["data"] == []
    problem(other.get(f"/count-sheets/{told['number']}"), 404)


def test_who_may(sheet, program, donor, clinic):
    viewer = program(Role.VIEWER)
    number = sheet()["number"]
    problem(viewer.post("/count-sheets", {"site": "CLINIC"}), 403)
    bodies = {"lines": [{"line": 1}]}, {}, {"lines": [1]}, {}, {}
    for path, body in zip(("lines", "submit", "recount", "finalise", "cancel"), bodies, strict=True):
        way = "PUT" if path == "lines" else "POST"
        problem(viewer.ask(way, f"/count-sheets/{number}/{path}", body), 403)
    giver = program(Role.DONOR, donor=donor)
    problem(giver.get("/count-sheets"), 403)


def test_what_cannot_be(sheet, nurse, admin):
    told = sheet()
    at = f"/count-sheets/{told['number']}"
    assert pointers(nurse.post("/count-sheets", {"site": "NONE"})) == ["/site"]
    assert pointers(nurse.post("/count-sheets", {"site": "CLINIC", "zone": "roof"})) == ["/zone"]
    assert pointers(nurse.post("/count-sheets", {"site": "CLINIC", "items": ["NONE"]})) == ["/items/0"]
    assert pointers(nurse.put(f"{at}/lines", {"lines": [{"line": 10**9, "counted": 1}]})) == ["/lines/0/line"]
    assert pointers(
        nurse.put(f"{at}/lines", {"lines": [{"item": "PARA500", "lot": "NEW", "counted": 1}]})
    ) == ["/lines/0/expires_on"]
    problem(nurse.post(f"{at}/submit"), 409)
    problem(admin.post(f"{at}/finalise"), 409)
    problem(admin.post(f"{at}/recount", {"lines": [ids(told)["L1"]]}), 409)
    assert good(nurse.post(f"{at}/cancel", {"reason": "flood"}))["status"] == "cancelled"


def test_left_as_it_is_and_counted_once_more(sheet, nurse, admin):
    told = sheet(blind=False)
    at, line = f"/count-sheets/{told['number']}", ids(told)
    assert {each["basis"] for each in told["lines"]} == {"uncounted"}
    good(nurse.put(f"{at}/lines", {"lines": [{"line": line["L1"], "counted": 90}]}))
    assert good(nurse.post(f"{at}/submit", {"leave": True}))["status"] == "recount"
    assert good(nurse.post(f"{at}/submit", {"leave": True}))["status"] == "submitted"
    assert good(admin.post(f"{at}/recount", {"lines": [line["L1"]]}))["status"] == "recount"
    good(nurse.put(f"{at}/lines", {"lines": [{"line": line["L1"], "counted": 91}]}))
    good(nurse.post(f"{at}/submit"))
    assert pointers(admin.post(f"{at}/finalise"), 409)[0].endswith("/reason")
    reasons = [{"line": line["L1"], "reason": "a box was open"}]
    assert good(admin.post(f"{at}/finalise", {"reasons": reasons}))["status"] == "final"
