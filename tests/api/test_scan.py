"""Scans, from the barcode to the item."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.models import AuditEntry, Posting
from inventory.services import catalogue
from inventory.services.catalogue import Pack
from tests.api.conftest import good, pointers, problem
from tests.factories import create_item, stock_up

GTIN = "09506000134352"


@pytest.fixture
def coded(session):
    """An item whose pack of ten has a barcode."""
    return create_item(session, "CODED", gtins=[Pack(GTIN, 10)])


def scan(caller, data, status=200):
    return good(caller.post("/scan", {"data": data}), status)


def rules(told):
    return {each["rule"] for each in told["warnings"]}


def test_every_form_says_the_same(admin, coded):
    year = clock.today().year + 1
    day = f"{year % 100:02d}1231"
    for data in (
        f"01{GTIN}17{day}10LOT1",
        f"]d201{GTIN}17{day}10LOT1",
        f"]C101{GTIN}10LOT1\x1d17{day}",
        f"(01){GTIN}(17){day}(10)LOT1",
        f"https://id.gs1.org/01/{GTIN}/10/LOT1?17={day}",
    ):
        told = scan(admin, data)
        assert told == {
            "gtin": GTIN,
            "item": "CODED",
            "lot": "LOT1",
            "expires_on": f"{year}-12-31",
            "serial": None,
            "sscc": None,
            "quantity": 10,
            "warnings": [],
        }, data


def test_a_bare_number(admin, coded):
    told = scan(admin, "9506000134352")
    assert (told["gtin"], told["item"], told["quantity"]) == (GTIN, "CODED", 10)
    assert scan(admin, "106141412345678908")["sscc"] == "106141412345678908"


def test_how_many(admin, coded):
    assert scan(admin, f"02{GTIN}3712")["quantity"] == 120
    assert scan(admin, f"01{GTIN}307")["quantity"] == 7


def test_what_is_odd_is_told(admin, session, coded, depot):
    known = stock_up(session, depot, coded, 5, lot="KNOWN", expires_in=500).expires_on
    other = (known + timedelta(days=40)).strftime("%y%m%d")
    assert rules(scan(admin, "0109506000134369")) == {"unknown_item"}
    assert "check_digit" in rules(scan(admin, "0109506000134353"))
    assert rules(scan(admin, f"01{GTIN}17990231")) == {"invalid_date"}
    assert rules(scan(admin, f"01{GTIN}17200101")) == {"expired"}
    assert rules(scan(admin, f"01{GTIN}10KNOWN\x1d17{other}")) == {"expiry_mismatch"}
    assert rules(scan(admin, f"01{GTIN}10KNOWN\x1d17{known:%y%m%d}")) == set()
    assert rules(scan(admin, f"01{GTIN}88X\x1d10L")) == {"unknown_ai"}
    assert rules(scan(admin, f"01{GTIN}17")) == {"malformed"}


@pytest.mark.parametrize("data", ["", "hello", "\x00", "]d2", "https://example.org/", "(", "\ud800", "٠١"])
def test_nothing_to_be_read(admin, data):
    assert pointers(admin.post("/scan", {"data": data})) == ["/data"]


@pytest.mark.parametrize("body", [{}, {"data": 5}, {"data": None}, {"data": "x" * 2001}])
def test_scans_that_cannot_be(admin, body):
    assert pointers(admin.post("/scan", body)) == ["/data"]


def test_it_writes_nothing(program, session, coded):
    viewer = program(Role.VIEWER)
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    scan(viewer, GTIN)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    assert session.scalar(select(func.count()).select_from(Posting)) == 0
    assert catalogue.get_item(session, "CODED").name


def test_not_for_donors(program, donor):
    problem(program(Role.DONOR, donor=donor).post("/scan", {"data": GTIN}), 403)
