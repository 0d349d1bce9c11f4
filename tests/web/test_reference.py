"""Sites, donors and reorder levels."""

import pytest
from sqlalchemy import func, select

from inventory.access import Role
from inventory.models import Donor, Policy, Site
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up
from tests.web.driving import fields, send


@pytest.fixture
def lead(session, client):
    """Signed in: a coordinator."""
    return sign_in(client, create_user(session, Role.COORDINATOR))


SITE = {"code": "DARKAR", "name": "Darkar camp", "kind": "dispensary", "country": "IQ"}


def test_a_site_is_added(session, lead):
    create_site(session, "HUB")
    more = {"supplied_by": "HUB", "lead_time_days": "14", "timezone": "Asia/Baghdad", "status": "planned"}
    assert send(lead, "/sites/new", SITE | more).location == "/sites/DARKAR"
    page = lead.get("/sites/DARKAR").text
    for words in ("Darkar camp", "Iraq", "The country only", "Asia/Baghdad", "Planned", "14"):
        assert words in page
    assert "Darkar camp" in lead.get("/sites/HUB").text


@pytest.mark.parametrize(
    ("wrong", "words", "status"),
    [
        ({"code": ""}, "Give a code.", 422),
        ({"code": "é"}, "A code has letters", 422),
        ({"kind": ""}, "Say what kind of site it is.", 422),
        ({"kind": "palace"}, "Choose one of the list.", 422),
        ({"country": ""}, "Say in which country.", 422),
        ({"lead_time_days": "-1"}, "between 0 and 1000", 422),
        ({"lead_time_days": "soon"}, "is no number", 422),
        ({"timezone": "Mars/Base"}, "Choose one of the list.", 422),
        ({"code": "hub"}, "is taken", 409),
    ],
)
def test_a_bad_site_names_its_field(session, lead, wrong, words, status):
    create_site(session, "HUB")
    answer = send(lead, "/sites/new", SITE | wrong)
    assert answer.status_code == status
    assert words in answer.text
    assert fields(answer)["name"] == "Darkar camp"
    assert session.scalar(select(func.count()).select_from(Site)) == 1


def test_a_site_is_changed(session, lead):
    create_site(session, "HUB", sensitive=True)
    assert send(lead, "/sites/HUB/edit", sensitive="no", admin1="Erbil").status_code == 303
    session.expire_all()
    site = session.scalars(select(Site)).one()
    assert (site.sensitive, site.admin1, site.code) == (False, "Erbil", "HUB")


def test_a_site_with_stock_stays_open(session, lead):
    site = create_site(session, "HUB")
    stock_up(session, site, create_item(session), 5)
    answer = send(lead, "/sites/HUB/edit", status="closed")
    assert answer.status_code == 409
    assert "still holds stock" in answer.text


def test_sites_are_filtered(session, lead):
    create_site(session, "HUB", name="Hub")
    create_site(session, "QADIA", name="Qadîa camp", kind="dispensary", status="closed")
    assert "Qadîa" not in lead.get("/sites?kind=warehouse").text
    assert "QADIA" in lead.get("/sites?q=qadia").text
    assert "QADIA" in lead.get("/sites?status=closed").text
    assert "No site fits" in lead.get("/sites?q=nowhere").text


def test_empty_lists_say_what_to_do(lead):
    assert "There is no site yet" in lead.get("/sites").text
    assert "There is no donor yet" in lead.get("/donors").text
    assert "Whose levels?" in lead.get("/policies").text


def test_a_donor_is_added_and_changed(session, lead):
    assert (
        send(lead, "/donors/new", code="CHU", name="Hospital", email="Gifts@CHU.fr").location == "/donors/CHU"
    )
    assert "gifts@chu.fr" in lead.get("/donors/CHU").text
    assert send(lead, "/donors/CHU/edit", name="Hospital of Lyon", email="").status_code == 303
    assert "Hospital of Lyon" in lead.get("/donors?q=lyon").text
    assert "No donor fits" in lead.get("/donors?q=paris").text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"code": ""}, 422), ({"name": ""}, 422), ({"email": "nobody"}, 422), ({"code": "chu"}, 409)],
)
def test_a_bad_donor_names_its_field(session, lead, wrong, status):
    create_donor(session, "CHU")
    answer = send(lead, "/donors/new", {"code": "NEW", "name": "New", "email": "a@b.fr"} | wrong)
    assert answer.status_code == status
    assert f'href="#{next(iter(wrong))}"' in answer.text
    assert session.scalar(select(func.count()).select_from(Donor)) == 1


def test_a_donors_page_shows_what_is_left(session, lead):
    donor, site, item = create_donor(session, "CHU"), create_site(session), create_item(session)
    stock_up(session, site, item, 1234, donor=donor)
    page = lead.get("/donors/CHU").text
    assert "1,234" in page
    assert "DON-" in page


LEVELS = {"method": "fixed", "emergency_point": "10", "reorder_point": "50", "maximum": "200"}


def test_levels_are_set_and_shown(session, lead):
    create_site(session, "HUB")
    create_item(session, "AMOX", name="Amoxicillin")
    found = lead.get("/policies/new?site=HUB&item=amoxicillin")
    assert found.location == "/policies/HUB/AMOX"
    assert send(lead, found.location, LEVELS | {"order_multiple": "25"}).location == "/policies?site=HUB"
    page = lead.get("/policies?site=HUB").text
    for words in ("Amoxicillin", "200", "50", "Out of stock", "Fixed levels"):
        assert words in page
    assert fields(lead.get("/policies/HUB/AMOX"))["order_multiple"] == "25"
    months = {"method": "months", "emergency_months": "1", "minimum_months": "2,5", "maximum_months": "4"}
    assert send(lead, found.location, months).status_code == 303
    session.expire_all()
    policy = session.scalars(select(Policy)).one()
    assert (str(policy.minimum_months), policy.maximum) == ("2.5000", None)
    assert "Months of stock" in lead.get("/policies?site=HUB").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"maximum": ""}, "maximum"),
        ({"maximum": "20"}, "maximum"),
        ({"reorder_point": "-1"}, "reorder_point"),
        ({"reorder_point": "1.5"}, "reorder_point"),
        ({"emergency_point": "60"}, "emergency_point"),
        ({"method": "guess"}, "method"),
        ({"order_multiple": "0"}, "order_multiple"),
        ({"expiry_buffer_days": "99999"}, "expiry_buffer_days"),
        ({"demand_override": "12"}, "demand_override_reason"),
    ],
)
def test_bad_levels_name_their_field(session, lead, wrong, field):
    create_site(session, "HUB")
    create_item(session, "AMOX")
    answer = send(lead, "/policies/HUB/AMOX", LEVELS | wrong)
    assert answer.status_code == 422
    assert "#" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert f'href="#{field}"' in answer.text or wrong.keys() & {"maximum", "emergency_point"}
    assert session.scalar(select(func.count()).select_from(Policy)) == 0


@pytest.mark.parametrize(
    "path",
    [
        "/policies/NONE/AMOX",
        "/policies/HUB/NONE",
        "/policies?site=NONE",
        "/sites/NONE",
        "/sites/NONE/edit",
        "/donors/NONE",
        "/donors/NONE/edit",
    ],
)
def test_what_is_unknown_is_missing(session, lead, path):
    create_site(session, "HUB")
    create_item(session, "AMOX")
    assert lead.get(path).status_code == 404


def test_levels_of_an_unknown_item_are_asked_again(session, lead):
    create_site(session, "HUB")
    answer = lead.get("/policies/new?site=HUB&item=nothing")
    assert answer.status_code == 422
    assert "No item fits" in answer.text
    assert lead.get("/policies/new?site=HUB").status_code == 422


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.CLINIC, Role.VIEWER])
def test_others_read_only(session, client, role):
    site = create_site(session, "HUB")
    create_item(session, "AMOX")
    create_donor(session, "CHU")
    sign_in(client, create_user(session, role, [site]))
    for path in ("/sites", "/sites/HUB", "/donors", "/donors/CHU", "/policies", "/policies?site=HUB"):
        assert client.get(path).status_code == 200, path
    for path in (
        "/sites/new", "/sites/HUB/edit", "/donors/new", "/donors/CHU/edit", "/policies/HUB/AMOX",
        "/policies/new?site=HUB&item=AMOX",
    ):  # fmt: skip
        assert client.get(path).status_code == 403, path


def test_levels_elsewhere_are_not_shown(session, client):
    mine = create_site(session, "HUB")
    create_site(session, "ELSE")
    sign_in(client, create_user(session, Role.WAREHOUSE, [mine]))
    assert client.get("/policies?site=ELSE").status_code == 403
    assert "ELSE" not in client.get("/policies").text


def test_donors_see_none_of_it(session, client):
    donor = create_donor(session, "CHU")
    create_site(session, "HUB")
    sign_in(client, create_user(session, Role.DONOR, donor=donor))
    for path in ("/sites", "/sites/HUB", "/donors", "/donors/CHU", "/policies"):
        assert client.get(path).status_code == 403, path
