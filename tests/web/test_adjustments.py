"""Stock put right: found and lost, disposed of, set aside."""

import pytest

from inventory import clock
from tests.factories import stock_up
from tests.web.world import World, make_world, number_of, rows

PATHS = ["/adjustments/new", "/disposals/new", "/zone-moves/new"]


@pytest.fixture
def world(app, session) -> World:
    return make_world(app, session)


def form(*lines, **more):
    data = {"site": "CLINIC", "occurred_on": clock.today().isoformat(), "witness": "Dr Rojîn", "note": "seen"}
    return data | rows("lines", *lines) | more


def here(quantity, **more):
    return {"item": "PARA", "lot": "HERE", "quantity": quantity} | more


def test_what_is_lost_is_taken_off_with_or_without_the_sign(world):
    data = form(here(5, reason="lost"), here("-2", reason="damaged"))
    number = number_of(world.post("clinic", "/adjustments/new", data))
    page = world.get("viewer", f"/stock-events/{number}").text
    assert "−5" in page
    assert "−2" in page
    assert "Lost" in page
    assert number in world.get("clinic", "/stock-events?kind=adjustment").text
    assert number not in world.get("clinic", "/stock-events?kind=disposal").text


def test_found_adds(world):
    number = number_of(world.post("clinic", "/adjustments/new", form(here(5, reason="found"))))
    assert "+5" in world.get("clinic", f"/stock-events/{number}").text


def test_disposed_of(world):
    data = form(here(10), method="incineration", certificate="C-9")
    number = number_of(world.post("clinic", "/disposals/new", data))
    page = world.get("clinic", f"/stock-events/{number}").text
    assert "Incineration" in page
    assert "C-9" in page
    assert "Dr Rojîn" in page
    assert f"/stock-events/{number}/certificate.pdf" in page
    paper = world.get("clinic", f"/stock-events/{number}/certificate.pdf?lang=ar")
    assert paper.mimetype == "application/pdf" and paper.data.startswith(b"%PDF")
    assert world.get("elsewhere", f"/stock-events/{number}/certificate.pdf").status_code == 404


def test_what_has_expired_is_filled_in(world):
    stock_up(world.session, world.clinic, world.item, 7, lot="OLD")
    data = form({"item": "", "lot": "", "quantity": ""}, method="", fill="1")
    answer = world.post("clinic", "/disposals/new", data)
    assert answer.status_code == 200
    assert "OLD" not in answer.text.split("<datalist")[0]  # neither expired, recalled nor refused
    move = form({"item": "PARA", "lot": "OLD", "quantity": 7, "source": "stock", "destination": "refused"})
    assert world.post("clinic", "/zone-moves/new", move).status_code == 303
    answer = world.post("clinic", "/disposals/new", data)
    assert 'value="OLD"' in answer.text
    assert 'value="7"' in answer.text


def test_set_aside_and_taken_back(world):
    data = form(here(10, source="stock", destination="quarantine"), note="wet cartons")
    number = number_of(world.post("clinic", "/zone-moves/new", data))
    page = world.get("clinic", f"/stock-events/{number}").text
    assert "Quarantine" in page
    assert "wet cartons" in page
    assert world.post("clinic", f"/stock-events/{number}/undo", {"reason": "dry"}).status_code == 303
    assert "dry" in world.get("clinic", f"/stock-events/{number}").text


def test_more_than_is_there(world):
    for path, line in (
        ("/adjustments/new", here(500, reason="theft")),
        ("/disposals/new", here(500)),
        ("/zone-moves/new", here(500, source="stock", destination="quarantine")),
    ):
        answer = world.post("clinic", path, form(line, method="landfill"))
        assert answer.status_code == 409
        assert "Only 100 of PARA, lot HERE, can be taken, not 500" in answer.text
        assert 'value="500"' in answer.text


@pytest.mark.parametrize(
    ("path", "line", "more", "says"),
    [
        ("/adjustments/new", here(5), {}, "This must be one of"),
        ("/adjustments/new", here("-5", reason="found"), {}, "What is found is more than 0"),
        ("/adjustments/new", here(0, reason="lost"), {}, "more or less than 0"),
        ("/adjustments/new", here(5, reason="found", lot="NONE"), {}, "is not known"),
        ("/adjustments/new", here(5, reason="lost"), {"occurred_on": "2099-01-01"}, "has not come yet"),
        ("/disposals/new", here(5), {}, "Say how."),
        ("/disposals/new", here("5,5"), {"method": "landfill"}, "is no whole number"),
        ("/zone-moves/new", here(5, source="stock", destination="stock"), {}, "Choose one of the list"),
        ("/zone-moves/new", here(5, source="stock", destination="refused"), {"note": ""}, "Say why"),
        ("/disposals/new", here(5), {"method": "landfill", "witness": ""}, "Name a second person"),
        ("/disposals/new", here(5), {"method": "landfill", "witness": "CLINIC person"}, "somebody else than"),
        (
            "/zone-moves/new",
            here(5, source="quarantine", destination="refused"),
            {},
            "Two people decide about this",
        ),
    ],
)
def test_what_they_refuse(world, path, line, more, says):
    answer = world.post("clinic", path, form(line, **more))
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{line["lot"]}"' in answer.text


def test_twice_is_once(world):
    data = form(here(60, reason="lost"), token="6b5b3c2e-0000-4000-8000-000000000006")
    first, second = (world.post("clinic", "/adjustments/new", data) for _ in range(2))
    assert number_of(first) == number_of(second)


def test_a_form_begins_with_what_sent_one_there(world):
    page = world.get("clinic", "/disposals/new?site=CLINIC&item=PARA&lot=HERE&quantity=9").text
    assert 'value="HERE"' in page
    assert 'value="9"' in page
    assert 'data-label="Paracetamol"' in page


@pytest.mark.parametrize("path", PATHS)
def test_who_may(world, path):
    assert world.get("viewer", path).status_code == 403
    assert world.post("viewer", path, form()).status_code == 403
    assert world.get("nobody", path).status_code == 302
    assert world.post("elsewhere", path, form(here(1, reason="lost"), method="landfill")).status_code == 422


def test_what_is_not_there(world):
    number = number_of(world.post("clinic", "/adjustments/new", form(here(1, reason="lost"))))
    assert world.get("elsewhere", f"/stock-events/{number}").status_code == 404
    assert world.get("clinic", "/stock-events/ADJ-2026-999999").status_code == 404
    assert world.get("clinic", f"/consumptions/{number}").status_code == 404
    assert number not in world.get("elsewhere", "/stock-events").text
