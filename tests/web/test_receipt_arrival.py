"""Goods received in full: how they came, what holds for all lots, the packing list, and the recap."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.models import Hold, Receipt, ReceiptLine
from inventory.services import donations
from tests.factories import create_donor, create_item, create_site, create_user, sign_in
from tests.web.driving import fields, send

FAR = "2031-05-31"


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def goods(session):
    create_item(session, "AMOX", name="Amoxicillin 500 mg", strength="500 mg")
    return create_item(session, "INS", name="Insulin", temperature="cold_chain", freeze_sensitive=True)


@pytest.fixture
def keeper(session, client, hub, goods):
    create_donor(session, "CHU", "Hospital of Lyon")
    return sign_in(client, create_user(session, Role.WAREHOUSE, [hub]))


def row(number: int = 0, **values) -> dict[str, object]:
    return {f"lines-{number}-{name}": value for name, value in values.items()}


def kept(session) -> Receipt:
    session.expire_all()
    return session.scalars(select(Receipt)).one()


def lines(session) -> list[ReceiptLine]:
    return list(session.scalars(select(ReceiptLine).order_by(ReceiptLine.position)))


AMOX = row(item="AMOX", lot="L1", expires_on=FAR, quantity="100")
INS = row(1, item="INS", lot="L2", expires_on=FAR, quantity="20")


def test_how_it_came_is_kept_and_shown_and_decides(session, keeper):
    answer = send(
        keeper,
        "/receipts/new",
        AMOX | INS,
        donor="CHU",
        vehicle="34 ABC 12 🚚",
        seal_declared="S-1",
        seal_found="S-2",
        seal_intact="no",
        logger="LOG7",
        logger_low="−1,5",
        logger_high="12",
        logger_alarm="yes",
        costs_paid_by="المانح",
        announced_on=clock.today().isoformat(),
    )
    assert answer.status_code == 303, answer.text
    receipt = kept(session)
    assert (receipt.vehicle, receipt.seal_intact, receipt.logger_alarm) == ("34 ABC 12 🚚", False, True)
    assert (receipt.logger_low, receipt.logger_high) == (Decimal("-1.5"), Decimal("12"))
    assert [line.zone for line in lines(session)] == ["stock", "quarantine"]
    assert {each["rule"] for each in lines(session)[1].warnings} >= {"seal", "logger"}
    assert session.scalars(select(Hold.document)).all() == [receipt.number]
    page = keeper.get(answer.location).text
    for words in ("34 ABC 12 🚚", "S-1", "S-2", "LOG7", "المانح", "this must not freeze"):
        assert words in page
    assert keeper.get(f"{answer.location}/goods-received-note.pdf").data.startswith(b"%PDF")


def test_what_holds_for_all_lots_is_taken_where_a_lot_says_nothing_else(session, keeper):
    send(
        keeper,
        "/receipts/new",
        AMOX | INS | row(1, label_languages="fr", condition="wet"),
        donor="CHU",
        all_languages="en, ar",
        all_condition="good",
    )
    first, second = lines(session)
    assert (first.label_languages, first.condition, first.zone) == (["en", "ar"], "good", "stock")
    assert (second.label_languages, second.condition, second.zone) == (["fr"], "wet", "quarantine")


def test_what_was_looked_at_is_kept(session, keeper):
    more = row(
        brand="Clamoxyl",
        presentation="250 mg capsule",
        pack_quantity="12",
        storage="cold_chain",
        label_missing=["batch", "route", "nonsense"],
        on_list="yes",
        registered="no",
        quality_seen="no",
        declared="90",
        declared_weight_kg="12,5",
        value_source="MSH 2024",
    )
    answer = send(keeper, "/receipts/new", AMOX | more, donor="CHU")
    assert answer.status_code == 303, answer.text
    line = lines(session)[0]
    assert (line.brand, line.presentation, line.pack_quantity) == ("Clamoxyl", "250 mg capsule", 12)
    assert (line.label_missing, line.on_list, line.registered, line.quality_seen) == (
        ["batch", "route"],
        True,
        False,
        False,
    )
    rules = {each["rule"] for each in line.warnings}
    assert {"label", "not_on_list", "source_quality", "storage", "unusual_form", "packing_list"} <= rules
    page = keeper.get(answer.location).text
    assert "The label lacks the batch number." in page
    assert "Ask the donor for the certificate" in page
    assert "On the packing list" in page


def test_an_error_keeps_all_of_it(keeper, session):
    answer = send(
        keeper,
        "/receipts/new",
        AMOX | row(item="NOTHING", label_missing=["batch"], quality_seen="no", condition="wet"),
        vehicle="34 ABC 12",
        logger_low="9",
        logger_high="3",
        seal_intact="no",
    )
    assert answer.status_code == 422
    form = fields(answer, "/receipts/new")
    assert form["vehicle"] == "34 ABC 12"
    assert form["seal_intact"] == "no"
    assert form["lines-0-quality_seen"] == "no"
    assert form["lines-0-condition"] == "wet"
    assert form.getlist("lines-0-label_missing") == ["batch"]
    assert session.scalars(select(Receipt)).all() == []


@pytest.mark.parametrize(
    ("name", "typed"), [("logger_high", "abc"), ("logger_low", "-300"), ("logger_high", "5.123")]
)
def test_a_wrong_temperature_is_told_at_its_field(keeper, name, typed):
    answer = send(keeper, "/receipts/new", AMOX, **{name: typed})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert '<details class="arrival" open>' in answer.text


def test_the_recap_tells_reasons_remedies_and_the_test_of_the_exception(keeper, session):
    soon = (clock.today() + timedelta(days=100)).isoformat()
    answer = send(keeper, "/receipts/new", AMOX | row(expires_on=soon, declared="120"), donor="CHU", look="1")
    assert answer.status_code == 200, answer.text
    assert "names a facility that will use all of it in time" in answer.text
    assert "What is used here is not known" in answer.text
    assert "Short" in answer.text
    assert session.scalars(select(Receipt)).all() == []
    sent = send_on(keeper, answer)
    assert sent.status_code == 303
    assert lines(session)[0].zone == "quarantine"


def send_on(client, page):
    return client.post("/receipts/new", data={**fields(page, "/receipts/new"), "confirm": "1"})


LIST = (
    "Packing list of CHU\n\nCarton\tItem\tLot\tExpiry\tQuantity\n"
    "1\tAMOX\tP1\t05/2031\t100\n2\tInsulin\tP2\t2031-06\t20\n"
)


def test_a_packing_list_stands_ready_to_be_counted(keeper, session):
    answer = send(keeper, "/receipts/packing-list", pasted=LIST)
    assert answer.status_code == 200, answer.text
    assert "2 lots of the packing list" in answer.text
    form = fields(answer, "/receipts/new")
    assert (form["lines-0-item"], form["lines-0-lot"], form["lines-0-declared"]) == ("AMOX", "P1", "100")
    assert (form["lines-1-item"], form["lines-1-carton"], form["lines-1-quantity"]) == ("INS", "2", "")
    form["lines-0-quantity"], form["lines-1-quantity"] = "95", "0"
    form["donor"] = "CHU"
    sent = keeper.post("/receipts/new", data=form)
    assert sent.status_code == 303, sent.text
    receipt = kept(session)
    assert [(line.declared, line.quantity) for line in lines(session)] == [(100, 95)]
    assert receipt.not_found == [
        {"item": "INS", "lot": "P2", "expires_on": "2031-06-30", "declared": 20, "carton": "2"}
    ]
    page = keeper.get(sent.location).text
    assert "On the packing list, not found:" in page
    assert page.count("Short") == 2
    assert keeper.get(f"{sent.location}/goods-received-note.pdf").status_code == 200


def test_what_was_promised_stands_beside_what_was_found(keeper, session):
    gift = donations.donate(
        session,
        SYSTEM,
        donations.NewDonation("CHU", "goods", clock.today(), lines=[donations.PromisedLine("AMOX", 500)]),
    )
    session.commit()
    number = gift.number
    answer = send(keeper, "/receipts/new", AMOX | INS, donation=number)
    page = keeper.get(answer.location).text
    assert "Promised, on the packing list, found" in page
    assert "Not announced" in page
    assert "−400" in page or "-400" in page


def test_a_list_not_counted_yet_is_asked_for(keeper):
    form = fields(send(keeper, "/receipts/packing-list", pasted=LIST), "/receipts/new")
    assert keeper.post("/receipts/new", data=form).status_code == 422


@pytest.mark.parametrize(
    "pasted", ["", "hello", "a,b\n1,2\n", "\x00\x01\x02", "Item;Lot\n", "Item,Lot,Quantity\n,,\n"]
)
def test_a_list_that_says_nothing_is_refused(keeper, pasted):
    answer = send(keeper, "/receipts/packing-list", pasted=pasted)
    assert answer.status_code == 422


def test_a_list_may_be_a_file(keeper):
    form = fields(keeper.get("/receipts/packing-list"))
    answer = keeper.post(
        "/receipts/packing-list",
        data={**form, "file": (BytesIO("Item;Lot;Quantity\nAMOX;ü1;5\n".encode("cp1252")), "list.csv")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 200
    assert fields(answer, "/receipts/new")["lines-0-lot"] == "ü1"


def test_viewers_put_no_list_in(session, client, hub):
    viewer = sign_in(client, create_user(session, Role.VIEWER))
    assert viewer.get("/receipts/packing-list").status_code == 403
