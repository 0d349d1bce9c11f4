"""The catalogue: list, search, item, form."""

import pytest
from sqlalchemy import select

from inventory.access import Role
from inventory.models import Item
from inventory.services.catalogue import get_item
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.web.driving import fields, resend, send

GTIN = "09520123456788"


@pytest.fixture
def lead(session, client):
    """Signed in: a coordinator."""
    return sign_in(client, create_user(session, Role.COORDINATOR))


NEW = {"code": "AMOX", "name": "Amoxicillin", "category": "medicine", "base_unit": "capsule"}


def test_an_item_is_added_with_its_packs(session, lead):
    typed = NEW | {"gtins-0-gtin": GTIN, "gtins-0-quantity": "500", "unit_weight_kg": "0,0008", "ven": "V"}
    answer = send(lead, "/items/new", typed)
    assert answer.location == "/items/AMOX"
    page = lead.get("/items/AMOX").text
    assert GTIN in page
    assert "0.0008" in page
    session.expire_all()
    item = get_item(session, "AMOX")
    assert (item.tracks_expiry, item.ven, item.gtins[0].quantity) == (True, "V", 500)


@pytest.mark.parametrize(
    ("wrong", "words", "status"),
    [
        ({"code": ""}, "Give a code.", 422),
        ({"code": "A B"}, "A code has letters", 422),
        ({"name": ""}, "Give a name.", 422),
        ({"name": "x\x00"}, "control character", 422),
        ({"category": ""}, "Choose a category.", 422),
        ({"unit_weight_kg": "-1"}, "may not be negative", 422),
        ({"unit_weight_kg": "heavy"}, "is no number", 422),
        ({"gtins-0-gtin": "123"}, "gtins-0-gtin", 422),
        ({"gtins-0-gtin": GTIN, "gtins-0-quantity": "0"}, "at least 1", 422),
        ({"code": "taken"}, "is taken", 409),
    ],
)
def test_bad_input_names_its_field(session, lead, wrong, words, status):
    create_item(session, "TAKEN")
    answer = send(lead, "/items/new", NEW | wrong)
    assert answer.status_code == status
    assert words in answer.text
    assert len(session.scalars(select(Item)).all()) == 1


def test_a_pack_may_be_added_without_script(lead):
    page = send(lead, "/items/new", NEW, add_line="1")
    assert page.status_code == 200
    assert fields(page)["gtins-1-gtin"] == ""
    assert fields(page)["name"] == "Amoxicillin"
    assert "gtins-1-gtin" not in fields(resend(lead, page, remove_line="1"))


def test_an_item_is_changed(session, lead):
    create_item(session, "AMOX", name="Amoxicilin", freeze_sensitive=True)
    answer = send(lead, "/items/AMOX/edit", name="Amoxicillin", freeze_sensitive=None, code="OTHER")
    assert answer.location == "/items/AMOX"
    session.expire_all()
    item = get_item(session, "AMOX")
    assert (item.name, item.freeze_sensitive) == ("Amoxicillin", False)


def test_what_stock_rests_on_stays(session, lead):
    site, item = create_site(session), create_item(session, "AMOX")
    stock_up(session, site, item, 5)
    answer = send(lead, "/items/AMOX/edit", base_unit="box", inn="kept")
    assert answer.status_code == 409
    assert "cannot change any more" in answer.text
    assert fields(answer)["inn"] == "kept"


def test_a_category_of_ones_own_stays(session, lead):
    create_item(session, "CLAY", category="pottery")
    assert fields(lead.get("/items/CLAY/edit"))["category"] == "pottery"


@pytest.mark.parametrize("path", ["/items/NONE", "/items/NONE/edit"])
def test_an_unknown_item_is_missing(lead, path):
    assert lead.get(path).status_code == 404


def test_the_list_finds_whatever_the_spelling(session, lead):
    create_item(session, "AMOX", name="Amoxicillin 500 mg", name_fr="Amoxicilline")
    create_item(session, "GAUZE", name="Gauze", category="dressing")
    assert "Gauze" not in lead.get("/items?q=amoxicilline").text
    assert "Amoxicillin 500 mg" in lead.get("/items?q=amoxicilin").text
    assert "Amoxicillin" not in lead.get("/items?category=dressing").text
    assert "No item fits" in lead.get("/items?category=none").text


def test_an_empty_catalogue_says_what_to_do(lead):
    assert "The catalogue is empty" in lead.get("/items").text


def test_search_gives_the_best_first(session, client):
    site = create_site(session, "HUB")
    sign_in(client, create_user(session, Role.CLINIC, [site]))
    amox = create_item(session, "AMOX", name="Amoxicillin 500 mg", gtins=None)
    create_item(session, "AZI", name="Azithromycin")
    stock_up(session, site, amox, 1200)
    found = client.get("/items/search?q=amoxicilin&site=HUB").json
    assert found[0] == {
        "code": "AMOX",
        "name": "Amoxicillin 500 mg",
        "base_unit": "tablet",
        "detail": "1,200 here",
    }
    assert client.get("/items/search?q=AZI").json[0]["detail"] == ""
    assert client.get("/items/search?q=").json == []
    assert client.get("/items/search?q=%00&site=ELSE").json == []


def test_stock_elsewhere_is_not_told(session, client):
    site, other = create_site(session, "HUB"), create_site(session, "OTHER", name="Elsewhere")
    amox = create_item(session, "AMOX")
    stock_up(session, other, amox, 4321)
    sign_in(client, create_user(session, Role.CLINIC, [site]))
    assert client.get("/items/search?q=AMOX&site=OTHER").json[0]["detail"] == ""
    page = client.get("/items/AMOX").text
    assert "4,321" not in page
    assert "Elsewhere" not in page


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.CLINIC, Role.VIEWER])
def test_others_read_only(session, client, role):
    create_item(session, "AMOX")
    sign_in(client, create_user(session, role, [create_site(session)]))
    assert client.get("/items").status_code == client.get("/items/AMOX").status_code == 200
    assert client.get("/items/new").status_code == client.get("/items/AMOX/edit").status_code == 403
    assert "/items/new" not in client.get("/items").text


def test_donors_see_no_catalogue(session, client):
    create_item(session, "AMOX")
    sign_in(client, create_user(session, Role.DONOR, donor=create_donor(session)))
    for path in ("/items", "/items/AMOX", "/items/search?q=a"):
        assert client.get(path).status_code == 403
