"""The labels of a shipment's packages."""

import io

import pypdf
import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem
from tests.factories import create_site, stock_up


@pytest.fixture
def number(admin, session, depot, clinic, item):
    """A shipment with two cartons."""
    stock_up(session, depot, item, 100, lot="L1")
    body = {"origin": "DEPOT", "destination": "CLINIC", "mode": "road"}
    made = good(admin.post("/shipments", body), 201)["number"]
    for _ in range(2):
        carton = {"kind": "carton", "lines": [{"item": "PARA500", "quantity": 5}]}
        good(admin.post(f"/shipments/{made}/packages", carton), 201)
    return made


def test_labels(admin, number):
    answer = admin.get(f"/shipments/{number}/labels.pdf?format=100x150&lang=fr")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(pypdf.PdfReader(io.BytesIO(answer.get_data())).pages) == 2
    label = good(admin.get(f"/shipments/{number}"))["packages"][1]["label"]
    answer = admin.get(f"/shipments/{number}/labels.pdf?format=100x50&package={label}")
    [page] = pypdf.PdfReader(io.BytesIO(answer.get_data())).pages
    assert "2 of 2" in page.extract_text()


def test_what_cannot_be(admin, number):
    path = f"/shipments/{number}/labels.pdf"
    assert pointers(admin.get(f"{path}?start=5")) == ["/start"]
    assert pointers(admin.get(f"{path}?format=50x30")) == ["/format"]
    problem(admin.get(f"{path}?package=106141412345678908"), 404)
    problem(admin.get("/shipments/SHP-2026-999999/labels.pdf"), 404)


def test_who_may(program, session, donor, number):
    path = f"/shipments/{number}/labels.pdf"
    problem(program(Role.DONOR, donor=donor).get(path), 403)
    problem(program(Role.WAREHOUSE, [create_site(session, "ELSEWHERE")]).get(path), 404)
    assert program(Role.VIEWER).get(path).status_code == 200
