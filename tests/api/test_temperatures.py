"""Temperature loggers, readings and excursions through the API."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_site

START = clock.now().replace(microsecond=0) - timedelta(hours=5)


@pytest.fixture
def logger(admin, clinic) -> str:
    body = {"code": "F-1", "name": "Fridge", "site": "CLINIC", "low": "2.5", "calibrated_until": "2027-06-30"}
    told = good(admin.post("/temperature-loggers", body), 201)
    assert (told["site"], told["low"], told["high"], told["temperature"]) == (
        "CLINIC",
        "2.5",
        "8",
        "cold_chain",
    )
    assert (told["last_at"], told["open_excursions"], told["calibrated_until"]) == (None, 0, "2027-06-30")
    return "F-1"


def rows(*values: object) -> dict[str, list[dict[str, object]]]:
    return {
        "readings": [
            {"at": (START + n * timedelta(minutes=10)).isoformat(), "celsius": each}
            for n, each in enumerate(values)
        ]
    }


def test_readings_are_added_once(admin, logger):
    path = f"/temperature-loggers/{logger}/readings"
    taken = good(admin.post(path, rows(5, "9.25", 5.5)))
    assert taken == {"new": 3, "known": 0, "differing": 0, "before_placement": 0, "opened": 1}
    assert good(admin.post(path, rows(5, "9.25", 5.5))) == taken | {"new": 0, "known": 3, "opened": 0}
    assert good(admin.post(path, rows(6)))["differing"] == 1
    assert good(admin.post(path, {"readings": []}))["new"] == 0
    first = good(admin.get(f"{path}?limit=2"))
    assert [each["celsius"] for each in first["data"]] == ["5", "9.25"]
    rest = good(admin.get(f"{path}?limit=2&cursor={first['next']}"))
    assert ([each["celsius"] for each in rest["data"]], rest["next"]) == (["5.5"], None)
    since = first["data"][1]["at"]
    assert len(good(admin.get(f"{path}?since={since}"))["data"]) == 2
    (told,) = good(admin.get("/temperature-loggers?site=CLINIC"))["data"]
    assert (told["last_celsius"], told["open_excursions"]) == ("5.5", 1)


def test_excursions_are_listed(admin, logger):
    good(admin.post(f"/temperature-loggers/{logger}/readings", rows(5, 9, 12, 5, 1)))
    found = good(admin.get("/excursions?open=true&site=CLINIC"))["data"]
    assert [(each["kind"], each["extreme"], each["limit"], each["readings"]) for each in found] == [
        ("heat", "12", "8", 2),
        ("cold", "1", "2.5", 1),
    ]
    assert found[0]["mkt"] is not None and found[1]["mkt"] is None
    assert good(admin.get("/excursions?open=false"))["data"] == []
    (alert,) = good(admin.get("/alerts?kind=temperature"))["data"]
    assert (alert["severity"], alert["document"], alert["quantity"]) == ("critical", "F-1", 2)


def test_what_is_wrong_is_named(admin, logger):
    path = f"/temperature-loggers/{logger}/readings"
    assert pointers(admin.post(path, {})) == ["/readings"]
    assert pointers(admin.post(path, {"readings": [{"at": "today", "celsius": "warm"}]})) == [
        "/readings/0/at",
        "/readings/0/celsius",
    ]
    assert pointers(admin.post(path, rows(5, 900))) == ["/readings/1/celsius"]
    assert pointers(admin.post("/temperature-loggers", {"code": "F-2"})) == ["/site"]
    assert pointers(admin.post("/temperature-loggers", {"code": "F-1", "site": "CLINIC"}), 409) == ["/code"]
    assert pointers(admin.get(f"{path}?cursor=xyz")) == ["/cursor"]


def test_who_may(program, nobody, clinic, logger, session):
    path = f"/temperature-loggers/{logger}/readings"
    nurse, viewer = program(Role.CLINIC, [clinic]), program(Role.VIEWER)
    stranger = program(Role.CLINIC, [create_site(session, "ELSEWHERE", kind="dispensary")])
    assert good(nurse.post(path, rows(9)))["new"] == 1
    problem(nurse.post("/temperature-loggers", {"code": "F-3", "site": "CLINIC"}), 403)
    problem(viewer.post(path, rows(5)), 403)
    assert good(viewer.get(path))["data"] != []
    problem(stranger.post(path, rows(5)), 404)
    problem(stranger.get(path), 404)
    problem(stranger.get("/excursions?site=CLINIC"), 403)
    assert (
        good(stranger.get("/excursions"))["data"] == good(stranger.get("/temperature-loggers"))["data"] == []
    )
    problem(nobody.get("/excursions"), 401)
    problem(viewer.get("/temperature-loggers/NONE/readings"), 404)
