"""Accounts: logins and their throttling, roles and sites, tokens."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from inventory.models import ApiToken, LoginFailure, User
from inventory.services import accounts
from inventory.services.accounts import NewUser
from tests.factories import PASSWORD, create_donor, create_site, create_user
from tests.services.people import COORDINATOR, acting, pointers

NEW = {"email": "New.Person@Example.org", "name": "New Person", "role": "viewer", "password": PASSWORD}


def test_an_account(do, session):
    user = do(accounts.add_user, SYSTEM, NewUser(**NEW))
    assert (user.email, user.role, user.active) == ("new.person@example.org", "viewer", True)
    assert PASSWORD not in (user.password_hash or "")
    with pytest.raises(Conflict) as refused:
        do(accounts.add_user, SYSTEM, NewUser(**NEW | {"email": "NEW.person@example.org"}))
    assert pointers(refused) == ["/email"]
    for actor in (COORDINATOR, acting(Role.WAREHOUSE), acting(Role.DONOR)):
        with pytest.raises(Forbidden):
            do(accounts.add_user, actor, NewUser(**NEW))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": ""}, "/email"),
        ({"name": " "}, "/name"),
        ({"role": "king"}, "/role"),
        ({"role": ""}, "/role"),
        ({"role": "clinic"}, "/sites"),
        ({"role": "warehouse", "sites": ["NOPE"]}, "/sites/0"),
        ({"role": "donor"}, "/donor"),
        ({"role": "donor", "donor": "NOPE"}, "/donor"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 201}, "/password"),
    ],
)
def test_a_wrong_account_is_named(do, session, fields, pointer):
    with pytest.raises(Invalid) as refused:
        do(accounts.add_user, SYSTEM, NewUser(**NEW | fields))
    assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).select_from(User)) == 0
    user = create_user(session, Role.VIEWER)
    if pointer != "/email":
        also = {} if pointer == "/sites" else {"sites": ["NOPE"]}
        with pytest.raises(Invalid) as refused:
            do(accounts.change_user, SYSTEM, user.id, NewUser(**NEW | also | fields), active=True)
        assert pointer in pointers(refused)


def test_roles_are_bound_to_their_sites_and_donor(do, session):
    site, donor = create_site(session), create_donor(session)
    clinic = accounts.get_user(session, create_user(session, Role.CLINIC, [site]).id)
    assert accounts.actor_of(clinic).sites == {site.id}
    giver = accounts.get_user(session, create_user(session, Role.DONOR, donor=donor).id)
    assert (accounts.actor_of(giver).donor_id, accounts.actor_of(giver).sites) == (donor.id, frozenset())
    changed = do(
        accounts.change_user, SYSTEM, giver.id, NewUser(giver.email, "Now staff", "coordinator"), active=True
    )
    assert (changed.donor_id, accounts.actor_of(accounts.get_user(session, changed.id)).sites) == (None, None)
    with pytest.raises(NotFound):
        do(accounts.change_user, SYSTEM, 10**9, NewUser(**NEW), active=True)


def test_nobody_locks_themselves_out(do, session):
    admin = accounts.get_user(session, create_user(session, Role.ADMIN).id)
    actor = accounts.actor_of(admin)
    for role, active in (("admin", False), ("viewer", True)):
        with pytest.raises(Invalid):
            do(accounts.change_user, actor, admin.id, NewUser(admin.email, admin.name, role), active=active)


def log_in(email: str, password: str, address: str):
    def work(session):
        accounts.refuse_hasty(session, email, address)
        return accounts.log_in(session, email, password, address)

    return work


@pytest.fixture
def enter(do):
    return lambda email, password=PASSWORD, address="10.0.0.1": do(log_in(email, password, address))


def test_logging_in(session, enter):
    user = create_user(session, Role.VIEWER, email="a@example.org")
    assert enter(" A@Example.org ").id == user.id
    assert enter("a@example.org", "wrong") is None
    assert enter("nobody@example.org") is None
    assert enter("n\x00@example.org", "a\x00b") is None
    assert enter("\ud800", "\ud800") is None


def test_who_left_does_not_get_in(do, session, enter):
    user = create_user(session, Role.VIEWER, email="a@example.org")
    key, token = user.session_key, do(lambda s: accounts.make_token(s, user))
    assert accounts.user_of_token(session, token) is not None
    do(accounts.change_user, SYSTEM, user.id, NewUser(user.email, user.name, "viewer"), active=False)
    assert enter("a@example.org") is None
    assert accounts.user_of_token(session, token) is None
    assert accounts.get_user(session, user.id).session_key != key


def test_wrong_passwords_are_throttled_within_forty_tries(session, enter):
    create_user(session, Role.VIEWER, email="a@example.org")
    for _ in range(accounts.TRIES):
        assert enter("a@example.org", "wrong") is None
    assert accounts.TRIES < 40
    with pytest.raises(TooMany):
        enter("a@example.org")
    with pytest.raises(TooMany):
        enter("A@Example.org ", address="10.9.9.9")
    session.execute(
        LoginFailure.__table__.update().values(at=clock.now() - accounts.WINDOW - timedelta(seconds=1))
    )
    session.commit()
    assert enter("a@example.org") is not None
    assert session.scalar(select(func.count()).select_from(LoginFailure)) == 0


def test_one_address_trying_many_accounts_is_throttled_within_forty_tries(enter):
    for index in range(accounts.TRIES_FROM_ONE_ADDRESS):
        assert enter(f"user{index}@example.org", "wrong") is None
    assert accounts.TRIES_FROM_ONE_ADDRESS < 40
    with pytest.raises(TooMany):
        enter("one.more@example.org", "wrong")
    assert enter("somebody@example.org", address="10.0.0.2") is None


def test_a_right_password_does_not_clear_the_address(session, enter):
    """Who knows one password may not use it to go on guessing others."""
    create_user(session, Role.VIEWER, email="mine@example.org")
    for index in range(accounts.TRIES_FROM_ONE_ADDRESS):
        assert enter(f"user{index}@example.org", "wrong") is None
        if index < accounts.TRIES_FROM_ONE_ADDRESS - 1:
            assert enter("mine@example.org") is not None
    with pytest.raises(TooMany):
        enter("mine@example.org")


def test_a_password_of_ones_own(do, session, enter):
    user = create_user(session, Role.VIEWER, email="a@example.org")
    key = user.session_key
    with pytest.raises(Invalid) as refused:
        do(accounts.set_password, accounts.get_user(session, user.id), "wrong", "short")
    assert pointers(refused) == ["/old", "/new"]

    def change(s):
        accounts.set_password(s, accounts.get_user(s, user.id), PASSWORD, "another good one")

    do(change)
    assert enter("a@example.org", "another good one") is not None
    assert accounts.get_user(session, user.id).session_key != key


def test_tokens(do, session):
    user, other = create_user(session, Role.VIEWER), create_user(session, Role.VIEWER)
    token = do(lambda s: accounts.make_token(s, user, "scripts"))
    kept = session.scalars(select(ApiToken)).one()
    assert token not in (kept.digest, kept.hint)
    assert accounts.user_of_token(session, token)[0].id == user.id
    for wrong in ("", "x", token + "x", token[:-1], "\x00", "\ud800"):
        assert accounts.user_of_token(session, wrong) is None
    with pytest.raises(NotFound):
        do(accounts.revoke_token, other.id, kept.id)
    do(accounts.revoke_token, user.id, kept.id)
    assert accounts.user_of_token(session, token) is None
