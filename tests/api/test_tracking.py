"""Public links to a shipment."""

from datetime import timedelta

from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.models import TrackingLink
from tests.api.conftest import good, pointers, problem
from tests.api.test_donations import gift
from tests.api.test_shipments import drafted

__all__ = ["gift"]


def test_a_link_shows_the_status_and_little_else(admin, nobody, gift):
    _, shipment = gift
    link = good(admin.post(f"/shipments/{shipment}/tracking-links"), 201)
    assert len(link["token"]) >= 22
    assert link["token"] in link["url"]
    answer = nobody.get(f"/tracking/{link['token']}")
    told = good(answer)
    assert told["number"] == shipment
    assert told["status"] == "received"
    assert told["destination"] == "IQ"
    assert [event["milestone"] for event in told["events"]] == ["customs_held"]
    text = answer.get_data(as_text=True)
    for secret in ("CLINIC", "PARA500", "OURS", "WAYBILL-1", "Secret", "Ahmed", "GIVER"):
        assert secret not in text
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_token_is_kept_as_a_digest(admin, session, depot, clinic):
    link = good(admin.post(f"/shipments/{drafted(admin)}/tracking-links", {}), 201)
    assert link["token"] not in session.scalars(select(TrackingLink)).one().digest


def test_revoked_expired_and_unknown_ones_are_the_same(admin, nobody, session, depot, clinic):
    number = drafted(admin)
    revoked = good(admin.post(f"/shipments/{number}/tracking-links"), 201)
    expired = good(admin.post(f"/shipments/{number}/tracking-links"), 201)
    assert admin.delete(f"/shipments/{number}/tracking-links/{revoked['id']}").status_code == 204
    assert admin.delete(f"/shipments/{number}/tracking-links/{revoked['id']}").status_code == 204
    session.get_one(TrackingLink, expired["id"]).expires_at = clock.now()
    session.commit()
    answers = [nobody.get(f"/tracking/{token}") for token in (revoked["token"], expired["token"], "unknown")]
    for answer in answers:
        problem(answer, 404)
    assert len({answer.get_data() for answer in answers}) == 1


def test_guessing_is_slowed_down(admin, nobody, depot, clinic):
    link = good(admin.post(f"/shipments/{drafted(admin)}/tracking-links"), 201)
    answers = [nobody.get(f"/tracking/guess-{number}").status_code for number in range(40)]
    assert set(answers) == {404, 429}
    problem(nobody.get(f"/tracking/{link['token']}"), 429)


def test_links_that_cannot_be(admin, program, depot, clinic):
    number = drafted(admin)
    path = f"/shipments/{number}/tracking-links"
    past = (clock.now() - timedelta(hours=1)).isoformat()
    far = (clock.now() + timedelta(days=400)).isoformat()
    for moment in (past, far, "tomorrow"):
        assert pointers(admin.post(path, {"expires_at": moment})) == ["/expires_at"]
    problem(admin.post("/shipments/SHP-2026-999999/tracking-links"), 404)
    problem(program(Role.WAREHOUSE, [depot]).post(path), 403)
    for link in ("999999", "x"):
        problem(admin.delete(f"{path}/{link}"), 404)
