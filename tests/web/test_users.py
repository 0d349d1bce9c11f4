"""Accounts, for administrators."""

import re

import pytest
from sqlalchemy import func, select

from inventory.access import Role
from inventory.models import ApiToken, User
from inventory.services import accounts
from tests.factories import PASSWORD, create_donor, create_site, create_user, sign_in
from tests.web.driving import fields, post, send


@pytest.fixture
def head(session):
    return create_user(session, Role.ADMIN, name="Head")


@pytest.fixture
def admin(client, head):
    """Signed in: an administrator."""
    return sign_in(client, head)


NEW = {"email": "New@example.org", "name": "New Person", "role": "coordinator", "password": PASSWORD}


def test_an_account_is_made_and_signs_in(session, app, admin):
    create_site(session, "HUB")
    answer = send(admin, "/users/new", NEW | {"role": "warehouse", "sites": ["HUB"], "language": "fr"})
    assert answer.status_code == 303
    page = admin.get(answer.location).text
    assert "New Person" in page
    assert "new@example.org" in page
    other = app.test_client()
    token = fields(other.get("/login"))["csrf_token"]
    entered = other.post(
        "/login", data={"csrf_token": token, "email": "new@example.org", "password": PASSWORD}
    )
    assert entered.status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words", "status"),
    [
        ({"email": ""}, "Give an e-mail address.", 422),
        ({"email": "nobody"}, "no e-mail address", 422),
        ({"name": ""}, "Give a name.", 422),
        ({"role": ""}, "Say which role.", 422),
        ({"role": "king"}, "Choose one of the list.", 422),
        ({"password": "short"}, "8 to 200", 422),
        ({"password": ""}, "Give a password", 422),
        ({"role": "clinic"}, "at least one site", 422),
        ({"role": "donor"}, "which donor", 422),
        ({"email": "taken@example.org"}, "already", 409),
    ],
)
def test_bad_input_names_its_field(session, admin, wrong, words, status):
    create_user(session, Role.VIEWER, email="taken@example.org")
    before = session.scalar(select(func.count()).select_from(User))
    answer = send(admin, "/users/new", NEW | wrong)
    assert answer.status_code == status
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert session.scalar(select(func.count()).select_from(User)) == before


def test_an_account_is_changed(session, admin):
    site, user = create_site(session, "HUB"), create_user(session, Role.VIEWER, email="a@example.org")
    donor = create_donor(session, "CHU")
    path = f"/users/{user.id}/edit"
    assert send(admin, path, role="clinic", sites=["HUB"], name="Nurse").status_code == 303
    session.expire_all()
    changed = accounts.get_user(session, user.id)
    assert (changed.role, changed.name, [each.id for each in changed.sites]) == ("clinic", "Nurse", [site.id])
    assert fields(admin.get(path)).getlist("sites") == ["HUB"]
    assert send(admin, path, role="donor", donor="CHU").status_code == 303
    session.expire_all()
    changed = accounts.get_user(session, user.id)
    assert (changed.donor_id, changed.sites, changed.email) == (donor.id, [], "a@example.org")


def test_closing_an_account_ends_its_sessions(session, app, admin):
    user = create_user(session, Role.VIEWER)
    theirs = sign_in(app.test_client(), user)
    assert theirs.get("/").status_code == 200
    assert send(admin, f"/users/{user.id}/edit", active=None).status_code == 303
    assert theirs.get("/").status_code == 302
    assert "is-off" in admin.get("/users").text


def test_nobody_takes_their_own_access_away(admin, head):
    answer = send(admin, f"/users/{head.id}/edit", active=None)
    assert answer.status_code == 422
    assert "your own access" in answer.text


def test_a_token_is_shown_once(session, admin):
    user = create_user(session, Role.COORDINATOR)
    page = post(admin, f"/users/{user.id}/tokens", {"label": "the bridge"})
    assert page.status_code == 200
    secret = re.search(r'class="code" dir="ltr">([\w-]{40,})<', page.text)
    assert secret is not None
    found = accounts.user_of_token(session, secret[1])
    assert found is not None
    assert found[0].id == user.id
    again = admin.get(f"/users/{user.id}").text
    assert secret[1] not in again
    assert "the bridge" in again


def test_a_token_is_revoked(session, admin):
    user = create_user(session, Role.COORDINATOR)
    secret = accounts.make_token(session, user)
    session.commit()
    token_id = session.scalars(select(ApiToken.id)).one()
    assert post(admin, f"/users/{user.id}/tokens/{token_id}/revoke").status_code == 303
    assert accounts.user_of_token(session, secret) is None
    other = create_user(session, Role.VIEWER)
    assert post(admin, f"/users/{other.id}/tokens/{token_id}/revoke").status_code == 404
    assert post(admin, "/users/999999/tokens").status_code == 404


@pytest.mark.parametrize("path", ["/users/999999", "/users/999999/edit", "/users/x"])
def test_an_unknown_account_is_missing(admin, path):
    assert admin.get(path).status_code == 404


def test_the_list_is_filtered(session, admin):
    create_user(session, Role.VIEWER, name="Reader Rosa")
    assert "Reader Rosa" in admin.get("/users?q=rosa").text
    assert "Reader Rosa" not in admin.get("/users?role=admin").text
    assert "No account fits" in admin.get("/users?q=%25nobody").text


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.WAREHOUSE, Role.CLINIC, Role.DONOR, Role.VIEWER])
def test_administrators_alone(session, client, role):
    user = create_user(session, role, [create_site(session)], create_donor(session))
    sign_in(client, user)
    for path in ("/users", "/users/new", f"/users/{user.id}", f"/users/{user.id}/edit"):
        assert client.get(path).status_code == 403, path
    assert post(client, f"/users/{user.id}/tokens").status_code == 403
