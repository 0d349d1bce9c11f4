"""Labels as pages and PDF: what is on them is read back, and who may print them."""

import io
from typing import Any
from urllib.parse import urlencode

import pypdf
import pytest
from sqlalchemy import select

from inventory.access import SYSTEM
from inventory.models import Package, Receipt
from inventory.services import bins
from tests.factories import create_item, stock_up
from tests.web.world import World, make_world


@pytest.fixture
def world(app, session) -> World:
    made = make_world(app, session)
    bins.add_bins(session, SYSTEM, "HUB", {"codes": "A-01..A-03", "name": "Regal 😀 رف"})
    session.commit()
    return made


def pdf(world: World, role: str = "warehouse", status: int = 200, **asked: Any):
    answer = world.get(role, "/labels/labels.pdf?" + urlencode(asked))
    assert answer.status_code == status, answer.text[:3000]
    if status != 200:
        return answer.text
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("inline")
    return pypdf.PdfReader(io.BytesIO(answer.data))


def words(found: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in found.pages)


def receipt_of(world: World) -> str:
    """The receipt of EARLY."""
    number = world.session.scalars(select(Receipt.number).order_by(Receipt.id)).first()
    assert number is not None
    return number


def test_a_receipt_with_a_count_for_each_line(world):
    number = receipt_of(world)
    show = world.get("warehouse", f"/receipts/{number}").text
    assert f"/labels?what=receipt&amp;of={number}" in show
    page = world.get("warehouse", f"/labels?what=receipt&of={number}").text
    assert "EARLY" in page
    key = page.split('name="n-')[1].split('"')[0]
    found = pdf(world, what="receipt", of=number, format="60x40", **{f"n-{key}": "3"})
    assert len(found.pages) == 3
    assert "EARLY" in words(found)
    kept = world.get("warehouse", f"/labels?what=receipt&of={number}").text
    assert '<option selected value="60x40">' in kept
    assert "give a whole number" in pdf(world, status=422, what="receipt", of=number, **{f"n-{key}": "-1"})
    assert "No label is asked for" in pdf(world, status=422, what="receipt", of=number, **{f"n-{key}": "0"})


def test_a_lot_from_its_stock_card(world):
    assert "what=lot&amp;site=HUB&amp;item=PARA&amp;of=LATE" in world.get("warehouse", "/stock/HUB/PARA").text
    asked = {"what": "lot", "site": "HUB", "item": "PARA", "of": "LATE"}
    found = pdf(world, **asked, copies=22, format="a4-3x7")
    assert len(found.pages) == 2
    assert len(pdf(world, **asked, copies=20, start=2, format="a4-3x7").pages) == 1
    assert len(pdf(world, **asked, copies=20, start=3, format="a4-3x7").pages) == 2
    assert "labels 1 to 21" in pdf(world, status=422, **asked, start=22, format="a4-3x7")
    assert "labels 1 to 21" in pdf(world, status=422, **asked, start=0, format="a4-3x7")
    assert "At most 2000 labels" in pdf(world, status=422, **asked, copies=2001, format="60x40")
    assert "Choose one of the list" in pdf(world, status=422, **asked, format="a0")
    assert "was ever at this site" in pdf(world, status=422, **asked | {"of": "NONE"})
    assert "Say which site" in pdf(world, status=422, **asked | {"site": ""})


def test_names_from_everywhere_fit(world):
    item = create_item(world.session, "LONG", name="محلول " * 30 + "😀" * 3, temperature="cold_chain")
    stock_up(world.session, world.hub, item, 5, lot="دفعة 7 😀")
    found = pdf(world, what="lot", site="HUB", of="دفعة 7 😀", format="50x30", language="ar")
    assert len(found.pages) == 1


def test_packages_tell_nothing_of_a_secret_place_nor_of_what_is_in_them(world):
    morphine = create_item(world.session, "MORPH", name="Morphine", controlled=True)
    stock_up(world.session, world.hub, morphine, 50)
    number = world.shipment(item=morphine, quantity=5)
    assert f"what=shipment&amp;of={number}" in world.get("warehouse", f"/shipments/{number}").text
    label = world.session.scalars(select(Package.label)).one()
    for asked in ({"what": "shipment", "of": number}, {"what": "package", "of": label}):
        told = words(pdf(world, **asked, format="100x150"))
        assert "Iraq" in told
        assert label[:4] in told
        assert "1 of 1" in told
        for secret in ("Secret", "CLINIC", "Morphine", "MORPH", "ontrolled"):
            assert secret not in told
    assert "does not fit" in pdf(world, status=422, what="shipment", of=number, format="50x30")


def test_bins(world):
    assert "/labels?what=bins&amp;site=HUB" in world.get("warehouse", "/bins?site=HUB").text
    told = words(pdf(world, what="bins", site="HUB", of="", format="100x50"))
    assert all(code in told for code in ("A-01", "A-02", "A-03"))
    assert len(pdf(world, what="bins", site="HUB", of="A-01..A-02", format="100x50").pages) == 2
    assert len(pdf(world, what="bins", site="HUB", of="BIN:HUB:A-02", format="100x50").pages) == 1
    assert "There is no bin A-04" in pdf(world, status=422, what="bins", site="HUB", of="A-02..A-04")
    assert "has no bins" in pdf(world, "coordinator", status=422, what="bins", site="OTHER", of="")


def test_who_may(world):
    number, sent = receipt_of(world), world.shipment()
    for path in ("/labels", f"/labels/labels.pdf?what=receipt&of={number}"):
        assert world.get("donor", path).status_code == 403
        assert world.get("nobody", path).status_code == 302
        assert world.get("viewer", path).status_code == 200
    assert world.get("elsewhere", f"/labels?what=receipt&of={number}").status_code == 404
    pdf(world, "elsewhere", 404, what="shipment", of=sent)
    pdf(world, "elsewhere", 404, what="package", of=world.session.scalars(select(Package.label)).one())
    pdf(world, "elsewhere", 403, what="lot", site="HUB", of="LATE")
    pdf(world, "elsewhere", 403, what="bins", site="HUB", of="")
    pdf(world, "warehouse", 404, what="package", of="1" * 18)
    pdf(world, "warehouse", 422, what="nothing", of="x")
    assert world.get("warehouse", "/labels?what=receipt&of=").status_code == 422
    assert world.get("warehouse", "/labels").status_code == 200
