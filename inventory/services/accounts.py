"""Accounts: passwords, logins and their throttling, sites and roles, API tokens."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, Role, actor_for, require
from inventory.errors import Conflict, FieldError, NotFound, TooMany, msg
from inventory.models import ApiToken, Donor, LoginFailure, Site, User
from inventory.services import audit
from inventory.services.checks import Checks
from inventory.services.donors import email_address

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
TRIES = 10
"""Wrong passwords for one account in `WINDOW` before the next must wait."""
TRIES_FROM_ONE_ADDRESS = 30
WINDOW = timedelta(minutes=15)
TOUCHED_EVERY = timedelta(minutes=5)

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_urlsafe())


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account to be; `sites` and `donor` are codes."""

    email: str
    name: str
    role: str
    sites: Sequence[str] = ()
    donor: str | None = None
    password: str | None = None
    language: str | None = None


def add_user(session: Session, actor: Actor, command: NewUser) -> User:
    """Make an account. Warehouse and clinic accounts need a site, donor accounts their donor."""
    require(actor, "users.manage")
    checks = Checks(session)
    user = User(session_key=secrets.token_hex(16), active=True, language=command.language)
    email = email_address(checks, command.email)
    if not command.email:
        checks.add("/email", msg("Give an e-mail address."))
    _fill(session, checks, user, command)
    if command.password is not None:
        _check_password(checks, command.password)
    checks.check()
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        text = msg("There is an account with this e-mail address already.")
        raise Conflict(text, [FieldError("/email", text)])
    user.email = email or ""
    user.password_hash = _hasher.hash(_bytes(command.password)) if command.password else None
    session.add(user)
    session.flush()
    audit.note(session, actor, "create", f"account {user.email}"[:80], role=user.role)
    return user


def change_user(session: Session, actor: Actor, user_id: int, command: NewUser, *, active: bool) -> User:
    """Change name, role, sites, donor, language; deactivating ends every session. A given password is set."""
    require(actor, "users.manage")
    user = get_user(session, user_id)
    checks = Checks(session)
    with session.no_autoflush:  # what is wrong never gets as far as the database
        _fill(session, checks, user, command)
    if command.password:
        _check_password(checks, command.password)
    if user.id == actor.user_id and (not active or user.role != Role.ADMIN):
        checks.add("/active", msg("You cannot take your own access away."))
    checks.check()
    user.language = command.language
    if command.password:
        user.password_hash = _hasher.hash(_bytes(command.password))
    if command.password or not active:
        user.session_key = secrets.token_hex(16)
    user.active = active
    session.flush()
    audit.note(session, actor, "change", f"account {user.email}"[:80], role=user.role, active=active)
    return user


def set_password(session: Session, user: User, old: str, new: str) -> None:
    """A person changes their own password; other sessions of theirs end."""
    checks = Checks(session)
    if not _matches(user, old):
        checks.add("/old", msg("This is not your present password."))
    _check_password(checks, new, "/new")
    checks.check()
    user.password_hash = _hasher.hash(_bytes(new))
    user.session_key = secrets.token_hex(16)
    session.flush()


def set_language(session: Session, actor: Actor, tag: str | None) -> None:
    """A person chooses the language of their pages; None is that of the browser."""
    user = get_user(session, actor.user_id or 0)
    user.language = tag
    session.flush()


def get_user(session: Session, user_id: int) -> User:
    """The account of that id, with its sites."""
    user = session.scalars(
        select(User).where(User.id == user_id).options(selectinload(User.sites), selectinload(User.donor))
    ).one_or_none()
    if user is None:
        raise NotFound(msg("Not found."))
    return user


def actor_of(user: User) -> Actor:
    """The account as the rest of the program sees it; its sites must be loaded."""
    return actor_for(user.id, user.name, Role(user.role), [site.id for site in user.sites], user.donor_id)


def refuse_hasty(session: Session, email: str, address: str) -> None:
    """Raise TooMany after too many wrong passwords for an account or from an address."""
    since = clock.now() - WINDOW
    for column, value, most in (
        (LoginFailure.email, email.strip().lower()[:254], TRIES),
        (LoginFailure.address, address, TRIES_FROM_ONE_ADDRESS),
    ):
        tries = session.scalar(
            select(func.count()).select_from(LoginFailure).where(column == value, LoginFailure.at >= since)
        )
        if (tries or 0) >= most:
            raise TooMany(msg("Too many wrong passwords. Wait a quarter of an hour, then try again."))


def log_in(session: Session, email: str, password: str, address: str) -> User | None:
    """The account, if the password is its own; None otherwise, and the failure is remembered."""
    wanted = email.strip().lower()
    user = session.scalars(
        select(User).where(User.email == wanted, User.active).options(selectinload(User.sites))
    ).one_or_none()
    if user is None or not user.password_hash:
        _verify(_NOBODY, password)  # takes as long as for an account that exists
    elif _matches(user, password):
        session.execute(delete(LoginFailure).where(LoginFailure.email == wanted))
        user.last_login_at = clock.now()
        if _hasher.check_needs_rehash(user.password_hash):
            user.password_hash = _hasher.hash(_bytes(password))
        return user
    session.add(LoginFailure(email=wanted[:254], address=address))
    session.flush()
    return None


def make_token(session: Session, user: User, label: str | None = None) -> str:
    """A new API token of an account: shown now, kept as a digest."""
    token = secrets.token_urlsafe(32)
    session.add(ApiToken(user_id=user.id, digest=digest(token), hint=token[:6], label=label))
    session.flush()
    return token


def revoke_token(session: Session, user_id: int, token_id: int) -> None:
    """End a token of an account."""
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user_id:
        raise NotFound(msg("Not found."))
    token.revoked_at = token.revoked_at or clock.now()
    session.flush()


def user_of_token(session: Session, token: str) -> tuple[User, ApiToken] | None:
    """The account and the token record of a bearer token, if both are good."""
    found = session.execute(
        select(User, ApiToken)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.digest == digest(token), ApiToken.revoked_at.is_(None), User.active)
        .options(selectinload(User.sites))
    ).one_or_none()
    return (found[0], found[1]) if found is not None else None


def touch_token(session: Session, token_id: int) -> None:
    """Note that a token was used just now."""
    token = session.get(ApiToken, token_id)
    if token is not None:
        token.last_used_at = clock.now()
        session.flush()


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _matches(user: User, password: str) -> bool:
    return user.password_hash is not None and _verify(user.password_hash, password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, _bytes(password[:LONGEST_PASSWORD]))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """As UTF-8, whatever was typed or sent."""
    return password.encode("utf-8", "surrogatepass")


def _check_password(checks: Checks, password: str, pointer: str = "/password") -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        text = msg(
            "A password has %(least)s to %(most)s characters.", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD
        )
        checks.add(pointer, text)


def _fill(session: Session, checks: Checks, user: User, command: NewUser) -> None:
    user.name = checks.text(command.name, "/name", required=True) or ""
    user.role = checks.word(command.role or None, Role, "/role") or ""
    if not command.role:
        checks.add("/role", msg("Say which role."))
    sites: list[Site] = []
    for index, code in enumerate(command.sites):
        site = checks.site(code, f"/sites/{index}")
        if site is not None:
            sites.append(site)
    donor: Donor | None = checks.donor(command.donor) if command.donor else None
    if user.role in (Role.WAREHOUSE, Role.CLINIC) and not command.sites:
        checks.add("/sites", msg("Name at least one site for this role."))
    if user.role == Role.DONOR and not command.donor:
        checks.add("/donor", msg("Say which donor this account belongs to."))
    user.sites = sites if user.role in (Role.WAREHOUSE, Role.CLINIC) else []
    user.donor_id = donor.id if donor is not None and user.role == Role.DONOR else None
