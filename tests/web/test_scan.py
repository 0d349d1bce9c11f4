"""Scans as the pages' scripts send them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.models import Alert, AuditEntry, Gtin
from inventory.services.catalogue import Pack
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.web.driving import fields

GTIN = "09506000134352"
NEW = "09506000134369"
SITED = (Role.WAREHOUSE, Role.CLINIC)


@pytest.fixture
def coded(session):
    """An item whose pack of ten has a barcode."""
    return create_item(session, "CODED", name="Coded 5 mg", name_fr="Codé 5 mg", gtins=[Pack(GTIN, 10)])


@pytest.fixture
def hub(session):
    return create_site(session, "HUB")


@pytest.fixture
def keeper(session, client, hub):
    """Signed in: a warehouse account of the hub."""
    return sign_in(client, create_user(session, Role.WAREHOUSE, [hub]))


def send(client, path, **given):
    """As the scripts do: JSON, with the token of the page in a header."""
    token = fields(client.get("/account"))["csrf_token"]
    return client.post(path, headers={"X-CSRFToken": token}, **given)


def scan(client, data, **more):
    return send(client, "/scan", json={"data": data, **more})


def rules(answer):
    return [each["rule"] for each in answer.json["warnings"]]


def test_a_pack_is_named_and_counted(keeper, coded):
    year = clock.today().year + 2
    answer = scan(keeper, f"]d201{GTIN}17{year % 100:02d}123110LOT1\x1d21S1")
    assert answer.status_code == 200
    assert answer.json == {
        "gtin": GTIN,
        "item": "CODED",
        "name": "Coded 5 mg",
        "base_unit": coded.base_unit,
        "per_pack": 10,
        "serialised": False,
        "lot": "LOT1",
        "expires_on": f"{year}-12-31",
        "serial": "S1",
        "sscc": None,
        "quantity": 10,
        "layout": None,
        "warnings": [],
    }


def test_a_keyboard_of_another_country(keeper, coded):
    answer = scan(keeper, 'à&àç(à-ààà&"\'"(é&àQBC')
    assert (answer.json["item"], answer.json["lot"], answer.json["layout"]) == ("CODED", "ABC", "fr")
    answer = scan(keeper, "؟؟", keys=f"]d201{GTIN}10ABC")
    assert (answer.json["item"], answer.json["lot"], answer.json["layout"]) == ("CODED", "ABC", "keys")


def test_a_label_of_our_own_for_goods_without_a_barcode(keeper, coded):
    answer = scan(keeper, "]d2240CODED\x1d10L7\x1d3050")
    assert (answer.json["item"], answer.json["lot"], answer.json["quantity"]) == ("CODED", "L7", 50)
    assert (answer.json["gtin"], rules(answer)) == (None, [])
    assert rules(scan(keeper, "(240)NOTHING(10)L7")) == ["unknown_item"]


def test_the_serial_of_a_piece_is_its_lot(session, keeper):
    create_item(session, "CAR", serialised=True, gtins=[Pack(GTIN, 1)])
    assert scan(keeper, f"01{GTIN}21V1").json["lot"] == "V1"


def test_what_is_odd_is_told_in_the_readers_words(session, keeper, coded, hub):
    known = stock_up(session, hub, coded, 5, lot="KNOWN", expires_in=500).expires_on
    answer = scan(keeper, f"01{GTIN}10KNOWN\x1d17{known + timedelta(days=40):%y%m%d}")
    assert rules(answer) == ["expiry_mismatch"]
    assert rules(scan(keeper, f"01{NEW}")) == ["unknown_item"]
    assert "check_digit" in rules(scan(keeper, "0109506000134353"))
    told = scan(keeper, f"01{GTIN}17200131").json["warnings"][0]
    assert told == {"rule": "expired", "detail": "It expired on 31 Jan 2020."}


@pytest.mark.parametrize("data", ["", "hello", "\x00", "]d2", "x" * 2001, None, 5, ["a"], {"b": 1}])
def test_what_cannot_be_read(keeper, data):
    answer = scan(keeper, data)
    assert answer.status_code == 422
    assert answer.json["pointers"] == ["/data"]
    assert answer.json["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"])
def test_bodies_that_are_no_scan(keeper, body):
    assert send(keeper, "/scan", data=body, content_type="application/json").status_code == 422


def test_staff_alone(session, app, coded, hub):
    donor = create_donor(session)
    for role in Role:
        user = create_user(
            session, role, [hub] if role in SITED else [], donor=donor if role is Role.DONOR else None
        )
        answer = scan(sign_in(app.test_client(), user), GTIN)
        assert answer.status_code == (403 if role is Role.DONOR else 200), role
    assert app.test_client().post("/scan", json={"data": GTIN}).status_code in (302, 400)


def test_a_token_of_the_page_is_needed(keeper, coded):
    for path in ("/scan", "/scan/learn", "/scan/ask"):
        assert keeper.post(path, json={"data": GTIN}).status_code == 400, path


# ---- a pack that nobody knows ---------------------------------------------------------------------------------------


@pytest.fixture
def lead(session, app):
    return sign_in(app.test_client(), create_user(session, Role.COORDINATOR))


def attention(session):
    query = select(Alert).where(Alert.subject == f"gtin:{NEW}").order_by(Alert.id)
    session.expire_all()
    return session.scalars(query).all()


def test_it_is_asked_for_once_and_learned(session, keeper, lead, coded, hub):
    assert send(keeper, "/scan/ask", json={"gtin": NEW, "site": "HUB"}).json == {
        "said": "The coordinators are told."
    }
    again = send(keeper, "/scan/ask", json={"gtin": NEW, "site": "HUB"})
    assert again.json == {"said": "The coordinators know already."}
    (alert,) = attention(session)
    assert (alert.kind, alert.site_id, alert.resolved_at) == ("needs_attention", hub.id, None)
    assert NEW in lead.get("/alerts").text

    answer = send(lead, "/scan/learn", json={"gtin": NEW, "item": "CODED", "quantity": "100"})
    assert answer.status_code == 200
    assert (answer.json["item"], answer.json["per_pack"]) == ("CODED", 100)
    session.expire_all()
    packs = {each.gtin: each.quantity for each in session.scalars(select(Gtin))}
    assert packs == {GTIN: 10, NEW: 100}
    assert attention(session)[0].resolved_at is not None
    assert scan(keeper, f"01{NEW}").json["quantity"] == 100
    assert session.scalars(select(AuditEntry).where(AuditEntry.subject == "item CODED")).all()
    assert "know already" in send(keeper, "/scan/ask", json={"gtin": NEW}).json["said"]


def test_a_site_of_somebody_else_is_not_named(session, keeper):
    create_site(session, "OTHER")
    assert send(keeper, "/scan/ask", json={"gtin": NEW, "site": "OTHER"}).status_code == 200
    assert attention(session)[0].site_id is None


@pytest.mark.parametrize(
    ("given", "status", "pointers"),
    [
        ({"gtin": "123"}, 422, ["/gtin"]),
        ({"gtin": NEW[:-1] + "0"}, 422, ["/gtin"]),
        ({"item": "NOTHING"}, 422, ["/item"]),
        ({"item": ""}, 422, ["/item"]),
        ({"quantity": "0"}, 422, ["/quantity"]),
        ({"quantity": "-3"}, 422, ["/quantity"]),
        ({"quantity": "ten"}, 422, ["/quantity"]),
        ({"quantity": "9" * 12}, 422, ["/quantity"]),
        ({"gtin": GTIN, "item": "SECOND"}, 409, ["/gtin"]),
    ],
)
def test_what_cannot_be_learned(session, lead, coded, given, status, pointers):
    create_item(session, "SECOND")
    answer = send(lead, "/scan/learn", json={"gtin": NEW, "item": "CODED", "quantity": "10"} | given)
    assert (answer.status_code, answer.json["pointers"]) == (status, pointers)
    assert session.scalars(select(Gtin.gtin)).all() == [GTIN]


def test_the_store_may_not_teach(keeper, coded):
    answer = send(keeper, "/scan/learn", json={"gtin": NEW, "item": "CODED", "quantity": "10"})
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [{}, {"gtin": "x"}, {"gtin": None}])
def test_what_cannot_be_asked_for(keeper, body):
    assert send(keeper, "/scan/ask", json=body).status_code == 422
