"""Goods received: the form, the list, the receipt, taking it back."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.models import Donation, Receipt
from inventory.services import donations
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.web.driving import changed, fields, resend, send

FAR = "2031-05-31"


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def amox(session):
    return create_item(session, "AMOX", name="Amoxicillin 500 mg", name_fr="Amoxicilline 500 mg")


@pytest.fixture
def keeper(session, client, hub):
    """Signed in: a warehouse account of the hub."""
    return sign_in(client, create_user(session, Role.WAREHOUSE, [hub]))


def row(number: int = 0, **values) -> dict[str, object]:
    return {f"lines-{number}-{name}": value for name, value in values.items()}


def receipts(session) -> int:
    return session.scalar(select(func.count()).select_from(Receipt)) or 0


def test_a_receipt_is_recorded_and_shown(session, keeper, amox, hub):
    donor = create_donor(session, "CHU", "Hospital of Lyon")
    answer = send(
        keeper,
        "/receipts/new",
        row(item="AMOX", lot="L1", expires_on="05/2031", quantity="1 200"),
        donor="CHU",
    )
    assert answer.status_code == 303
    page = keeper.get(answer.location)
    assert "Hospital of Lyon" in page.text
    assert "Amoxicillin 500 mg" in page.text
    session.expire_all()
    kept = session.scalars(select(Receipt)).one()
    assert (kept.site_id, kept.donor_id) == (hub.id, donor.id)
    assert page.text.count("31 May 2031") == 1


def test_the_only_site_and_today_are_there_already(keeper, hub):
    form = fields(keeper.get("/receipts/new"))
    assert form["site"] == "HUB"
    assert form["received_on"] == clock.today(hub.timezone).isoformat()


@pytest.mark.parametrize("typed", ["amox", "AMOXICILLIN 500 MG", "amoxicilline 500", "Amox"])
def test_items_are_found_by_what_was_typed(session, keeper, amox, typed):
    answer = send(keeper, "/receipts/new", row(item=typed, lot="L1", expires_on=FAR, quantity="5"))
    assert answer.status_code == 303


def test_what_fits_several_items_is_asked_again(session, keeper, amox):
    create_item(session, "AMOX2", name="Amoxicillin 250 mg")
    answer = send(keeper, "/receipts/new", row(item="amoxicillin", lot="L1", expires_on=FAR, quantity="5"))
    assert answer.status_code == 422
    assert "Several items fit" in answer.text


def test_the_expiry_of_a_known_lot_is_remembered(session, keeper, amox, hub):
    stock_up(session, hub, amox, 5, lot="KNOWN", expires_in=800)
    known = (clock.today() + timedelta(days=800)).isoformat()
    told = keeper.get("/receipts/lot?item=AMOX&lot=KNOWN")
    assert told.json == {"expires_on": known}
    answer = send(keeper, "/receipts/new", row(item="AMOX", lot="KNOWN", quantity="5"))
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "query", ["", "?item=AMOX", "?item=NONE&lot=1", "?item=AMOX&lot=%00", "?item=AMOX&lot=new"]
)
def test_nothing_is_remembered_of_an_unknown_lot(keeper, amox, query):
    answer = keeper.get(f"/receipts/lot{query}")
    assert answer.status_code == 200
    assert answer.json == {"expires_on": None}


def test_an_error_keeps_everything_that_was_typed(keeper, amox):
    typed = (
        row(0, item="AMOX", lot="L1", expires_on=FAR, quantity="1.5", damaged="2", exception_reason="needed")
        | row(1, item="nothing like it", lot="L2", expires_on="whenever", quantity="7", carton="C-9")
        | row(
            4, item="AMOX", lot="L3", expires_on="30/04/2030", quantity="9", currency="USD", zone="quarantine"
        )
    )
    answer = send(keeper, "/receipts/new", typed, reference="AWB <b>1</b>", checked_by="Åsa")
    assert answer.status_code == 422
    kept = fields(answer)
    assert kept["reference"] == "AWB <b>1</b>"
    assert kept["checked_by"] == "Åsa"
    for name, value in (typed | row(2, item="AMOX", lot="L3", expires_on="30/04/2030", quantity="9")).items():
        assert "-4-" in name or kept[name] == value, name
    assert kept["lines-2-currency"] == "USD"
    assert kept["lines-2-zone"] == "quarantine"
    for words in ("no whole number", "No item fits", "is not read as an expiry date"):
        assert words in answer.text
    assert "AWB <b>" not in answer.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"quantity": "0"}, "at least 1"),
        ({"quantity": "-3"}, "at least 1"),
        ({"quantity": "99999999999999999999"}, "more than can be right"),
        ({"quantity": ""}, "Give a quantity."),
        ({"quantity": "a few"}, "is no number"),
        ({"lot": ""}, "Give the lot number"),
        ({"lot": "L\x001"}, "control character"),
        ({"expires_on": ""}, "Give the expiry date"),
        ({"expires_on": "31/02/2030"}, "There is no such date"),
        ({"damaged": "6"}, "More cannot be damaged than came."),
        ({"unit_value": "-1"}, "may not be negative"),
        ({"exception_rule": "short_dated"}, "Say who takes responsibility."),
        ({"zone": "refused"}, "Choose one of the list."),
    ],
)
def test_bad_input_names_its_field_and_does_nothing(session, keeper, amox, wrong, words):
    good = {"item": "AMOX", "lot": "L1", "expires_on": FAR, "quantity": "5"}
    answer = send(keeper, "/receipts/new", row(**(good | wrong)))
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#lines-0-{next(iter(wrong))}' in answer.text or "exception" in str(wrong)
    assert receipts(session) == 0


def test_an_empty_form_says_what_is_missing(session, keeper, amox):
    answer = send(keeper, "/receipts/new", received_on="")
    assert answer.status_code == 422
    assert "Give a date." in answer.text


def test_no_lines_is_said(keeper):
    answer = send(keeper, "/receipts/new")
    assert answer.status_code == 422
    assert "Add at least one line." in answer.text


def test_sent_twice_it_is_one_receipt(session, keeper, amox):
    page = keeper.get("/receipts/new")
    typed = row(item="AMOX", lot="L1", expires_on=FAR, quantity="5")
    first, second = resend(keeper, page, typed), resend(keeper, page, typed)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert receipts(session) == 1


def test_a_token_that_is_none_is_replaced(session, keeper, amox):
    typed = row(item="AMOX", lot="L1", expires_on=FAR, quantity="5")
    assert send(keeper, "/receipts/new", typed, token="x").status_code == 303


def test_rows_are_added_and_removed_without_script(session, keeper, amox):
    page = send(keeper, "/receipts/new", row(item="AMOX", quantity="x"), add_line="1")
    assert page.status_code == 200
    assert "lines-1-item" in fields(page)
    page = resend(keeper, page, row(1, lot="SECOND"), remove_line="0")
    assert page.status_code == 200
    assert fields(page)["lines-0-lot"] == "SECOND"
    page = resend(keeper, page, remove_line="0")
    assert fields(page)["lines-0-lot"] == ""
    assert receipts(session) == 0


def test_zones_and_reasons_are_shown(session, keeper, amox):
    create_donor(session, "CHU")
    soon = (clock.today() + timedelta(days=90)).isoformat()
    gone = (clock.today() - timedelta(days=3)).isoformat()
    typed = (
        row(0, item="AMOX", lot="SHORT", expires_on=soon, quantity="5")
        | row(1, item="AMOX", lot="GONE", expires_on=gone, quantity="5")
        | row(2, item="AMOX", lot="DAMAGED", expires_on=FAR, quantity="9", damaged="2", declared="10")
        | row(3, item="AMOX", lot="TAKEN", expires_on=soon, quantity="5", exception_rule="short_dated")
        | row(3, exception_by="Dr Hawar", exception_reason="a course takes a week")
    )
    page = keeper.get(send(keeper, "/receipts/new", typed, donor="CHU").location)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
    for expected in (
        "Quarantine",
        "Refused",
        "less than a year",
        "before it was received",
        "Dr Hawar",
        "declared",
    ):
        assert expected in words
    assert "All in stock" not in keeper.get("/receipts").text


def test_a_donation_may_be_chosen(session, keeper, amox):
    create_donor(session, "CHU", "Hospital")
    wanted = donations.NewDonation(
        donor="CHU", kind="goods", pledged_on=clock.today(), lines=[donations.PromisedLine("AMOX", 5)]
    )
    number = donations.donate(session, SYSTEM, wanted).number
    session.commit()
    typed = row(item="AMOX", lot="L1", expires_on=FAR, quantity="5")
    answer = send(keeper, "/receipts/new", typed, donation=number)
    assert answer.status_code == 303
    assert number in keeper.get(answer.location).text
    assert session.scalar(select(func.count()).select_from(Donation)) == 1


def test_a_serial_comes_once(session, keeper):
    create_item(session, "AMB", category="vehicle", serialised=True, tracks_expiry=False, base_unit="vehicle")
    typed = row(item="AMB", lot="WDB9066331S123456", quantity="1")
    assert send(keeper, "/receipts/new", typed).status_code == 303
    again = send(keeper, "/receipts/new", typed)
    assert again.status_code == 409
    assert "was received already" in again.text
    assert fields(again)["lines-0-lot"] == "WDB9066331S123456"


def test_only_ones_own_sites_are_offered_and_taken(session, keeper, amox):
    create_site(session, "OTHER")
    answer = send(
        keeper, "/receipts/new", row(item="AMOX", lot="L", expires_on=FAR, quantity="1"), site="OTHER"
    )
    assert answer.status_code == 422
    assert receipts(session) == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DONOR])
def test_who_writes_nothing_receives_nothing(session, client, hub, role):
    donor = create_donor(session) if role is Role.DONOR else None
    sign_in(client, create_user(session, role, donor=donor))
    assert client.get("/receipts/new").status_code == 403
    assert client.get("/receipts").status_code == (200 if role is Role.VIEWER else 403)


def test_nobody_is_sent_to_sign_in(client, app):
    assert client.get("/receipts/new").location == "/login?next=/receipts/new"


def test_the_list_is_filtered_and_paged(session, keeper, amox, hub):
    donor = create_donor(session, "CHU", "Hospital")
    stock_up(session, hub, amox, 5, lot="ALPHA", donor=donor)
    stock_up(session, hub, amox, 5, lot="BETA")
    everything = keeper.get("/receipts").text
    numbers = set(re.findall(r"GRN-\d{4}-\d+", everything))
    assert len(numbers) == 2
    found = keeper.get("/receipts?q=alpha").text
    assert len(set(re.findall(r"GRN-\d{4}-\d+", found))) == 1
    assert "Hospital" in keeper.get("/receipts?donor=CHU").text
    assert "No receipt fits" in keeper.get("/receipts?until=2001-01-01").text
    assert "No receipt fits" in keeper.get("/receipts?site=NONE&page=99999999999999&q=%00").text


def test_an_empty_list_says_what_to_do(keeper):
    assert "Nothing was received yet" in keeper.get("/receipts").text


def test_a_receipt_elsewhere_is_not_known(session, keeper, amox):
    other = create_site(session, "OTHER")
    stock_up(session, other, amox, 5)
    number = session.scalars(select(Receipt.number)).one()
    for path in (f"/receipts/{number}", f"/receipts/{number}/take-back"):
        assert keeper.get(path).status_code == 404
    assert keeper.get(f"/receipts/{number}/goods-received-note.pdf").status_code == 404
    assert keeper.get("/receipts/GRN-1999-000001").status_code == 404
    assert keeper.get("/receipts/%00").status_code == 404


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_note_is_a_pdf(session, keeper, amox, hub, language):
    stock_up(session, hub, amox, 5, donor=create_donor(session))
    number = session.scalars(select(Receipt.number)).one()
    answer = keeper.get(f"/receipts/{number}/goods-received-note.pdf?lang={language}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")


def test_a_receipt_is_taken_back_for_a_reason(session, keeper, amox, hub):
    stock_up(session, hub, amox, 5)
    number = session.scalars(select(Receipt.number)).one()
    path = f"/receipts/{number}/take-back"
    refused = send(keeper, path)
    assert refused.status_code == 422
    assert "Say why it is taken back." in refused.text
    assert send(keeper, path, reason="typed twice").status_code == 303
    page = keeper.get(f"/receipts/{number}").text
    assert "typed twice" in page
    assert "/take-back" not in page
    again = send(keeper, path, reason="once more")
    assert again.status_code == 409
    assert fields(again)["reason"] == "once more"


def test_clinics_receive_but_do_not_take_back(session, client, amox, hub):
    sign_in(client, create_user(session, Role.CLINIC, [hub]))
    stock_up(session, hub, amox, 5)
    number = session.scalars(select(Receipt.number)).one()
    assert client.get("/receipts/new").status_code == 200
    assert client.get(f"/receipts/{number}/take-back").status_code == 403
    assert "/take-back" not in client.get(f"/receipts/{number}").text


def test_a_form_without_its_token_is_refused(session, keeper, amox):
    page = keeper.get("/receipts/new")
    sent = changed(fields(page), row(item="AMOX", lot="L", expires_on=FAR, quantity="1"))
    sent["csrf_token"] = "no"
    assert keeper.post("/receipts/new", data=sent).status_code == 400
    assert receipts(session) == 0


def test_the_list_takes_few_queries(session, keeper, amox, hub, count_queries):
    for _number in range(3):
        stock_up(session, hub, amox, 5)
    with count_queries() as queries:
        keeper.get("/receipts")
    few = len(queries)
    for _number in range(4):
        stock_up(session, hub, amox, 5, lot=uuid4().hex)
    with count_queries() as queries:
        keeper.get("/receipts")
    assert len(queries) == few
