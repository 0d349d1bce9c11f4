"""The receipt form with scans where no script runs, and the recap before a receipt is recorded."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import Role
from inventory.models import AuditEntry, Lot, Posting, Receipt
from inventory.services.catalogue import Pack
from tests.factories import create_donor, create_item, create_site, create_user, sign_in
from tests.web.driving import fields, resend, send

GTIN = "09506000134352"
NEW = "09506000134369"
FAR = clock.today() + timedelta(days=1500)
DAY = f"{FAR:%y%m%d}"


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def coded(session):
    """An item whose pack of ten has a barcode."""
    return create_item(session, "CODED", name="Coded 5 mg", gtins=[Pack(GTIN, 10)])


@pytest.fixture
def keeper(session, client, hub, coded):
    """Signed in: a warehouse account of the hub."""
    return sign_in(client, create_user(session, Role.WAREHOUSE, [hub]))


def lines(page, *names):
    form = fields(page)
    found = []
    while f"lines-{len(found)}-item" in form:
        found.append(tuple(form[f"lines-{len(found)}-{name}"] for name in names))
    return found


def receipts(session) -> int:
    return session.scalar(select(func.count()).select_from(Receipt)) or 0


def test_scans_fill_rows_and_the_same_lot_adds_a_pack(session, keeper):
    page = send(keeper, "/receipts/new", scan=f"]d201{GTIN}17{DAY}10LOT1", scan_add="1", reference="Truck 7")
    assert page.status_code == 200
    row = ("CODED", "LOT1", FAR.isoformat(), "10")
    names = ("item", "lot", "expires_on", "quantity")
    assert lines(page, *names) == [row]
    assert "Coded 5 mg, lot LOT1: 10 now." in page.text
    form = fields(page)
    assert (form["scan"], form["reference"], form["recap"]) == ("", "Truck 7", "1")
    page = resend(
        keeper, page, scan=f"(01){GTIN}(17){DAY}(10)LOT1"
    )  # Enter in the box presses the main button
    assert lines(page, *names) == [(*row[:3], "20")]
    page = resend(keeper, page, scan=f"01{GTIN}17{DAY}10LOT2")
    assert lines(page, *names) == [(*row[:3], "20"), ("CODED", "LOT2", *row[2:])]
    assert receipts(session) == 0


def test_what_cannot_be_read_stays_in_the_box(session, keeper):
    page = send(keeper, "/receipts/new", {"scan": "PARA-500", "lines-0-note": "wet"})
    assert page.status_code == 422
    assert "Nothing of this can be read as a GS1 code." in page.text
    form = fields(page)
    assert (form["scan"], form["lines-0-note"]) == ("PARA-500", "wet")
    page = resend(keeper, page, scan="00106141412345678908")
    assert page.status_code == 422
    assert "names no goods" in page.text
    assert fields(page)["scan"] == "00106141412345678908"


def test_an_unknown_pack_keeps_what_was_read(keeper):
    page = send(keeper, "/receipts/new", scan=f"01{NEW}17{DAY}10LOT1")
    assert lines(page, "item", "lot", "expires_on", "note") == [
        ("", "LOT1", FAR.isoformat(), f"Barcode {NEW}")
    ]
    assert f"No item has the barcode number {NEW} yet." in page.text
    page = resend(keeper, page, scan=f"01{NEW}17{DAY}10LOT1")
    assert len(lines(page, "item")) == 1


def test_what_is_odd_is_said(keeper):
    page = send(keeper, "/receipts/new", scan=f"01{GTIN}1720010110OLD")
    assert "It expired on 1 Jan 2020." in page.text


def row(number=0, **values):
    return {f"lines-{number}-{name}": value for name, value in values.items()}


def test_after_a_scan_the_recap_comes_before_the_receipt(session, keeper, hub):
    create_donor(session, "CHU", "Hospital of Lyon")
    soon = clock.today(hub.timezone) + timedelta(days=60)
    page = send(keeper, "/receipts/new", scan=f"01{GTIN}17{DAY}10GOOD", donor="CHU")
    page = resend(keeper, page, scan=f"01{GTIN}17{soon:%y%m%d}10SOON")
    page = resend(keeper, page, scan=f"01{GTIN}1720010110OLD")
    page = resend(keeper, page, row(3, item="CODED", lot="TYPED", expires_on=FAR.isoformat(), quantity="7"))
    assert page.status_code == 200
    assert "Nothing is yet." in page.text
    for words in (
        "Not, or not wholly, to the usable stock:",
        "Quarantine",
        "Refused",
        "GOOD",
        "SOON",
        "OLD",
        "TYPED",
    ):
        assert words in page.text
    assert "37" in page.text
    assert receipts(session) == 0
    for model in (Posting, Lot):
        assert session.scalar(select(func.count()).select_from(model)) == 0
    back = resend(keeper, page, change="1")
    assert lines(back, "lot", "quantity") == [("GOOD", "10"), ("SOON", "10"), ("OLD", "10"), ("TYPED", "7")]
    assert fields(back)["donor"] == "CHU"

    page = resend(keeper, back)
    done = resend(keeper, page, confirm="1")
    assert done.status_code == 303
    again = resend(keeper, page, confirm="1")
    assert again.location == done.location
    looked = resend(keeper, page)
    assert looked.location == done.location, "the recap of what is recorded already leads to the receipt"
    assert receipts(session) == 1
    shown = keeper.get(done.location).text
    assert all(lot in shown for lot in ("GOOD", "SOON", "OLD", "TYPED"))


def test_the_recap_when_it_is_asked_for(session, keeper):
    typed = row(item="CODED", lot="L", expires_on=FAR.isoformat(), quantity="5")
    page = send(keeper, "/receipts/new", typed, look="1")
    assert page.status_code == 200
    assert "Look it over" in page.text
    assert receipts(session) == 0
    audits = session.scalar(
        select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "receive")
    )
    assert audits == 0


def test_typing_goes_straight_on(session, keeper):
    typed = row(item="CODED", lot="L", expires_on=FAR.isoformat(), quantity="5")
    assert send(keeper, "/receipts/new", typed).status_code == 303
    assert receipts(session) == 1


def test_what_is_wrong_is_told_before_the_recap(keeper):
    page = send(
        keeper, "/receipts/new", row(item="CODED", lot="", expires_on=FAR.isoformat(), quantity="5"), look="1"
    )
    assert page.status_code == 422
    assert "Lot or serial" in page.text


def test_pages_that_scan_alone_may_run_webassembly(keeper):
    assert (
        "script-src 'self' 'wasm-unsafe-eval'"
        in keeper.get("/receipts/new").headers["Content-Security-Policy"]
    )
    assert "wasm" not in keeper.get("/receipts").headers["Content-Security-Policy"]
