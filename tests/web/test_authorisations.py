"""Authorisations as pages: who sees them, who writes, and what state each is in."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.models import Alert, Authorisation
from tests.web.world import World, make_world

TODAY = clock.today()


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def paper(world: World, last: int, first: int = -100, **fields: str) -> Authorisation:
    data = {
        "site": "CLINIC",
        "place": "Camp Khanke",
        "authority": "Duhok governorate",
        "reference": "D/114",
        "valid_from": (TODAY + timedelta(days=first)).isoformat(),
        "valid_until": (TODAY + timedelta(days=last)).isoformat(),
    }
    answer = world.post("coordinator", "/authorisations/new", data | fields)
    assert answer.status_code == 303, answer.text
    world.session.expire_all()
    return world.session.scalars(select(Authorisation).order_by(Authorisation.id.desc())).first()


def opened(world: World) -> list[Alert]:
    world.session.expire_all()
    query = select(Alert).where(Alert.kind == "authorisation_expiring", Alert.resolved_at.is_(None))
    return list(world.session.scalars(query))


def test_written_down_listed_and_seen_by_those_of_the_site(world):
    assert "There is no authorisation yet" in world.get("coordinator", "/authorisations").text
    paper(world, 10)
    page = world.get("clinic", "/authorisations").text
    for words in ("Camp Khanke", "Duhok governorate", "D/114", "Ends soon", "10 days left"):
        assert words in page
    assert "/renew" not in page
    assert "Camp Khanke" not in world.get("elsewhere", "/authorisations").text
    assert "Camp Khanke" in world.get("viewer", "/authorisations").text
    assert world.get("donor", "/authorisations").status_code == 403
    assert world.get("clinic", "/authorisations?site=OTHER").status_code == 403
    for path in ("/authorisations/new", "/authorisations/1/renew", "/authorisations/1/edit"):
        assert world.get("clinic", path).status_code == 403
        assert world.post("clinic", path).status_code == 403
    assert world.post("clinic", "/authorisations/1/end").status_code == 403


def test_states(world):
    paper(world, 31, place="Valid")
    paper(world, 30, place="Soon")
    paper(world, -1, place="Over")
    paper(world, 200, 20, place="Later")
    page = world.get("coordinator", "/authorisations").text
    order = [page.index(f"<bdi>{each}</bdi>") for each in ("Over", "Soon", "Valid", "Later")]
    assert order == sorted(order)
    for state, place in (
        ("expired", "Over"),
        ("ends_soon", "Soon"),
        ("valid", "Valid"),
        ("not_yet", "Later"),
    ):
        page = world.get("coordinator", f"/authorisations?state={state}").text
        assert page.count("<bdi>Camp") == 0
        assert f"<bdi>{place}</bdi>" in page
    assert "No authorisation fits" in world.get("coordinator", "/authorisations?state=ended").text
    assert {alert.severity for alert in opened(world)} == {"warning", "critical"}


def test_renewed_it_is_told_no_more(world):
    old = paper(world, 5)
    assert len(opened(world)) == 1
    assert "Authorisation ends" in world.get("clinic", "/alerts").text
    shown = world.get("coordinator", f"/authorisations/{old.id}/renew").text
    assert old.valid_until.isoformat() in shown
    dates = {
        "valid_from": (TODAY + timedelta(days=6)).isoformat(),
        "valid_until": (TODAY + timedelta(days=200)).isoformat(),
    }
    answer = world.post(
        "coordinator", f"/authorisations/{old.id}/renew", dates | {"site": "CLINIC", "place": "x"}
    )
    assert answer.status_code == 303, answer.text
    assert opened(world) == []
    rows = world.session.scalars(select(Authorisation).order_by(Authorisation.id)).all()
    assert [row.place for row in rows] == ["Camp Khanke", "Camp Khanke"]
    assert rows[1].valid_until - TODAY == timedelta(days=200)


def test_ended_it_is_told_no_more(world):
    old = paper(world, -3)
    assert [alert.severity for alert in opened(world)] == ["critical"]
    for _ in range(2):
        assert world.post("coordinator", f"/authorisations/{old.id}/end").status_code == 303
    assert opened(world) == []
    assert "Camp Khanke" not in world.get("coordinator", "/authorisations").text
    assert "No longer needed" in world.get("coordinator", "/authorisations?state=all").text
    again = {"site": "CLINIC", "place": "x"} | _dates(1, 9)
    assert world.post("coordinator", f"/authorisations/{old.id}/renew", again).status_code == 409


def test_put_right(world):
    old = paper(world, -3)
    fields = {"site": "CLINIC", "place": "Camp Esyan", **_dates(-10, 300)}
    assert world.post("coordinator", f"/authorisations/{old.id}/edit", fields).status_code == 303
    assert opened(world) == []
    assert "Camp Esyan" in world.get("clinic", "/authorisations").text


def test_what_is_wrong_is_named(world):
    good = {"site": "CLINIC", "place": "Camp", **_dates(0, 10)}
    for changes, words in (
        ({"place": ""}, "Say which place"),
        ({"site": ""}, "Say which site"),
        (_dates(10, 0), "The last day is before the first"),
        (_dates(0, 5000), "At most 10 years"),
        ({"valid_from": "1989-01-01"}, "not read as a date"),
        ({"valid_until": "soon"}, "not read as a date"),
        ({"note": "x" * 2001}, "too long"),
    ):
        answer = world.post("coordinator", "/authorisations/new", good | changes)
        assert answer.status_code == 422, changes
        assert words in answer.text, (changes, words)
    assert world.post("coordinator", "/authorisations/99999/edit", good).status_code == 404
    assert world.session.scalars(select(Authorisation)).all() == []


def _dates(first: int, last: int) -> dict[str, str]:
    def told(days: int) -> str:
        return date.fromordinal(TODAY.toordinal() + days).isoformat()

    return {"valid_from": told(first), "valid_until": told(last)}
