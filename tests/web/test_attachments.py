"""Photos as pages: added, shown to those who may see the document, approved for donors, taken away."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from inventory.models import Attachment, AttachmentContent, AuditEntry, Receipt
from tests.web.driving import fields
from tests.web.world import make_world, rows


@pytest.fixture
def world(app, session):
    return make_world(app, session)


def picture(colour: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", comment=b"CAMP-SECRET")
    return out.getvalue()


def photos(session) -> list[Attachment]:
    session.expire_all()
    return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def number(world) -> str:
    """A receipt of the donor at the hub."""
    return world.session.scalars(select(Receipt.number).where(Receipt.site_id == world.hub.id)).first()


def add(world, role="warehouse", *files: bytes, document=None, **more):
    data = {
        "document": document or number(world),
        "caption": "قفل مكسور 📦",
        "files": [(BytesIO(each), f"IMG_{index}.jpg") for index, each in enumerate(files or (picture(),))],
    } | more
    return world.post(role, "/attachments", data, content_type="multipart/form-data")


def test_photos_are_kept_and_shown(world, session):
    grn = number(world)
    answer = add(world, "warehouse", picture("red"), picture("blue"), line="1")
    assert answer.status_code == 303
    kept = photos(session)
    assert [(each.document, each.line, each.media_type) for each in kept] == [(grn, 1, "image/jpeg")] * 2
    page = world.get("warehouse", answer.location)
    assert "قفل مكسور 📦" in page.text
    assert page.text.count("small.jpg") == 2
    receipt = world.get("warehouse", f"/receipts/{grn}")
    assert receipt.text.count("small.jpg") == 2
    assert 'alt="قفل مكسور 📦"' in receipt.text
    assert 'loading="lazy"' in receipt.text


def test_a_photo_is_sent_with_care(world, session):
    add(world)
    row = photos(session)[0]
    for name in ("photo", "small"):
        answer = world.get("warehouse", f"/attachments/{row.key}/{name}.jpg")
        assert answer.status_code == 200
        assert answer.mimetype == "image/jpeg"
        assert b"CAMP-SECRET" not in answer.data
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("inline; filename=")
        again = world.of("warehouse").get(
            f"/attachments/{row.key}/{name}.jpg", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert (again.status_code, again.data) == (304, b"")


def test_the_same_picture_twice_is_kept_once(world, session):
    add(world)
    add(world)
    assert len(photos(session)) == 1


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("donor", 403), ("elsewhere", 404), ("clinic", 404)]
)
def test_who_may_not_add(world, session, role, status):
    assert add(world, role).status_code == status
    assert photos(session) == []


def test_nobody_signed_in_adds_nothing(world, session):
    answer = world.clients["nobody"].post("/attachments", data={"document": number(world)})
    assert answer.status_code in (302, 303, 400, 401, 403)
    assert photos(session) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no photo"), (b"%PDF-1.4", "no photo"), (b"", "empty")],
)
def test_what_is_no_photo_is_refused_and_nothing_typed_is_lost(world, session, data, words):
    answer = add(world, "warehouse", picture(), data)
    assert answer.status_code == 422
    assert words in answer.text
    assert "IMG_1.jpg" in answer.text
    assert "قفل مكسور 📦" in answer.text
    assert photos(session) == []


def test_without_a_file_it_says_so(world):
    answer = world.post(
        "warehouse", "/attachments", {"document": number(world)}, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert "Choose a photo." in answer.text


def test_more_than_ten_at_once_are_refused(world, session):
    answer = add(world, "warehouse", *[picture(size=(20 + n, 20)) for n in range(11)])
    assert answer.status_code == 422
    assert photos(session) == []


def test_a_file_that_is_too_large_is_refused(world, session, app, monkeypatch):
    monkeypatch.setattr("inventory.web.attachments.most_bytes", lambda: 2000)
    answer = add(world, "warehouse", b"\xff\xd8\xff" + b"0" * 5000)
    assert answer.status_code == 413
    assert photos(session) == []


@pytest.mark.parametrize("document", ["GRN-2026-999999", "nothing", "", "~" + "0" * 23])
def test_of_an_unknown_document_there_is_no_page_with_photos(world, document):
    answer = world.get("warehouse", f"/attachments?document={document}")
    assert answer.status_code == (200 if document.startswith("~") else 404)
    assert "small.jpg" not in answer.text


def test_a_donor_sees_what_was_approved_of_their_own_gift_and_nothing_else(world, session):
    add(world)
    row = photos(session)[0]
    at = f"/attachments/{row.key}/photo.jpg"
    for role in ("donor", "stranger", "elsewhere"):
        assert world.get(role, at).status_code == 404
    assert world.post("warehouse", f"/attachments/{row.key}/approve").status_code == 403
    assert world.post("coordinator", f"/attachments/{row.key}/approve", {"shown": "1"}).status_code == 303
    assert world.get("donor", at).status_code == 200
    assert world.get("donor", f"/attachments?document={row.document}").text.count("small.jpg") == 1
    assert row.by not in world.get("donor", f"/attachments?document={row.document}").text
    unknown = world.get("stranger", f"/attachments/{uuid4()}/photo.jpg")
    theirs = world.get("stranger", at)
    assert (theirs.status_code, unknown.status_code) == (404, 404)
    assert world.get("stranger", f"/attachments?document={row.document}").status_code == 404
    assert world.post("coordinator", f"/attachments/{row.key}/approve", {"shown": "0"}).status_code == 303
    assert world.get("donor", at).status_code == 404
    noted = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == row.document)).all()
    assert {"approve", "withdraw"} <= set(noted)


def test_who_added_it_removes_it_within_a_day(world, session):
    add(world)
    row = photos(session)[0]
    document, at = row.document, f"/attachments/{row.key}/remove"
    assert world.post("coordinator", at).status_code == 403
    taken = row.recorded_at
    row.recorded_at = taken - timedelta(days=2)
    session.commit()
    assert world.post("warehouse", at).status_code == 403
    row.recorded_at = taken
    session.commit()
    assert world.post("elsewhere", at).status_code == 404
    assert world.post("warehouse", at).status_code == 303
    assert photos(session) == []
    assert session.scalar(select(func.count()).select_from(AttachmentContent)) == 0
    assert "remove" in session.scalars(select(AuditEntry.action).where(AuditEntry.subject == document)).all()


def test_an_administrator_removes_any(world, session):
    add(world)
    assert world.post("admin", f"/attachments/{photos(session)[0].key}/remove").status_code == 303
    assert photos(session) == []


def test_photos_taken_before_posting_come_with_the_receipt(world, session):
    form = fields(world.get("warehouse", "/receipts/new"))
    draft = form["token"]
    answer = world.of("warehouse").post(
        "/attachments",
        data={
            "csrf_token": form["csrf_token"],
            "draft": draft,
            "files": [(BytesIO(picture("green")), "a.jpg")],
        },
        content_type="multipart/form-data",
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert answer.text.count("small.jpg") == 1
    waiting = photos(session)[0]
    assert world.get("coordinator", f"/attachments/{waiting.key}/photo.jpg").status_code == 404
    assert world.get("warehouse", f"/attachments/{waiting.key}/photo.jpg").status_code == 200
    typed = rows("lines", {"item": "PARA", "lot": "N1", "expires_on": "2031-05-31", "quantity": 5})
    sent = world.of("warehouse").post("/receipts/new", data={**form, **typed})
    assert sent.status_code == 303, sent.text
    kept = photos(session)[0]
    assert sent.location.endswith(kept.document)
    assert kept.site_id == world.hub.id
    assert world.get("coordinator", f"/attachments/{kept.key}/photo.jpg").status_code == 200


def test_photos_of_shipments_are_for_both_ends_and_the_donor_of_what_it_carries(world, session):
    shipment = world.shipment(sent=True)
    add(world, document=shipment)
    row = photos(session)[0]
    at = f"/attachments/{row.key}/small.jpg"
    assert world.get("clinic", at).status_code == 200
    assert world.get("elsewhere", at).status_code == 404
    assert world.get("donor", at).status_code == 404
    world.post("coordinator", f"/attachments/{row.key}/approve")
    assert world.get("donor", at).status_code == 200
    assert world.get("stranger", at).status_code == 404
