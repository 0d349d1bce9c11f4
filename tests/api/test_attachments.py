"""Photos through the API: multipart in, the picture out, once for a key."""

from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select

from inventory.access import Role
from inventory.models import Receipt
from tests.api.conftest import good, pointers, problem
from tests.factories import stock_up


def picture(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def grn(session, depot, item, donor):
    stock_up(session, depot, item, 10, donor=donor)
    session.commit()
    return session.scalars(select(Receipt.number)).first()


def send(program, document, data=None, **more):
    headers = more.pop("headers", {})
    form = {"document": document, "file": (BytesIO(picture() if data is None else data), "a.png"), **more}
    return program.ask("POST", "/attachments", headers=headers, data=form, content_type="multipart/form-data")


def test_a_photo_goes_in_and_comes_out_as_jpeg(program, depot, grn):
    keeper = program(Role.WAREHOUSE, [depot])
    told = good(send(keeper, grn, line="1", caption="a 📦"), 201)
    assert (told["document"], told["line"], told["caption"]) == (grn, 1, "a 📦")
    assert (told["width"], told["height"], told["media_type"]) == (60, 40, "image/jpeg")
    answer = keeper.get(f"/attachments/{UUID(told['key'])}")
    assert answer.status_code == 200
    assert Image.open(BytesIO(answer.data)).format == "JPEG"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")


def test_a_key_replays_whatever_the_boundary_is(program, depot, grn):
    keeper = program(Role.WAREHOUSE, [depot])
    first = send(keeper, grn, headers={"Idempotency-Key": "k1"})
    again = send(keeper, grn, headers={"Idempotency-Key": "k1"})
    assert good(first, 201) == good(again, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    problem(send(keeper, grn, picture("blue"), headers={"Idempotency-Key": "k1"}), 422)


def test_what_is_wrong_is_told(program, depot, grn):
    keeper = program(Role.WAREHOUSE, [depot])
    assert pointers(send(keeper, grn, b"%PDF-1.4")) == ["/file"]
    assert pointers(send(keeper, grn, line="x")) == ["/line"]
    assert pointers(
        keeper.ask("POST", "/attachments", data={"document": grn}, content_type="multipart/form-data")
    ) == ["/file"]
    assert pointers(send(keeper, "GRN-2026-999999")) == ["/document"]
    problem(keeper.post("/attachments", {"document": grn}), 415)
    problem(keeper.get("/attachments/no-key"), 404)


def test_who_may_not(program, depot, clinic, donor, grn, nobody):
    keeper = program(Role.WAREHOUSE, [depot])
    key = good(send(keeper, grn), 201)["key"]
    assert pointers(send(program(Role.WAREHOUSE, [clinic]), grn)) == ["/document"]
    problem(send(program(Role.VIEWER), grn), 403)
    problem(send(nobody, grn), 401)
    problem(program(Role.DONOR, donor=donor).get(f"/attachments/{key}"), 404)
    assert program(Role.VIEWER).get(f"/attachments/{key}").status_code == 200
