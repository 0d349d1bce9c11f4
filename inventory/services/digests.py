"""Digests: who wants them how often, whose turn it is, what was told. Reading and wording are done elsewhere."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, Role
from inventory.errors import NotFound, msg
from inventory.ledger import insert_for
from inventory.models import MailPreference, User
from inventory.rules.mailing import (
    GRAVITIES,
    NO_DIGEST,
    SUPERSEDED,
    UNSUBSCRIBED,
    Due,
    Every,
    Wish,
    at_least,
    due,
)
from inventory.services import audit, outbox
from inventory.services.accounts import actor_of
from inventory.services.checks import Checks

KIND = "digest"


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody whose digest is due: what to look for, and since when.

    `zone` is the IANA name of the time zone of the person's first site. `gravities` are those that the person wants
    to read of. `unsubscribe` is the secret in the address that ends these mails.
    """

    actor: Actor
    email: str
    language: str | None
    zone: str | None
    due: Due
    gravities: tuple[str, ...]
    since: datetime | None
    unsubscribe: str

    @property
    def key(self) -> str:
        """What the mail is about, in the outbox."""
        return f"{KIND}:{self.actor.user_id}:{self.due.period}"


def maybe_due(session: Session, from_hour: int = 0) -> list[int]:
    """The accounts whose turn it seems to be, without locking anything."""
    people = session.execute(
        select(User, MailPreference)
        .outerjoin(MailPreference, MailPreference.account_id == User.id)
        .where(User.active, User.role.not_in(NO_DIGEST))
        .options(selectinload(User.sites))
        .order_by(User.id)
    ).all()
    now = clock.now()
    return [
        user.id
        for user, preference in people
        if due(user.role, _wish(preference, user), now, clock.zone(_zone(user)), from_hour)
    ]


def take_turn(session: Session, account_id: int, from_hour: int = 0) -> Turn | None:
    """The turn of an account, which is now nobody else's until the transaction ends; None if it is not (any more)."""
    preference = _locked(session, account_id)
    user = session.scalars(
        select(User).where(User.id == account_id, User.active).options(selectinload(User.sites))
    ).one_or_none()
    if user is None:
        return None
    wish = _wish(preference, user)
    found = due(user.role, wish, clock.now(), clock.zone(_zone(user)), from_hour)
    if found is None:
        return None
    immediate = found.every is Every.IMMEDIATELY
    return Turn(
        actor_of(user),
        user.email,
        user.language,
        _zone(user),
        found,
        GRAVITIES[:1] if immediate else at_least(wish.least),
        wish.last_at,
        preference.key,
    )


def told(session: Session, turn: Turn) -> None:
    """The digest of a turn is in the outbox: whatever older one still waits there is out of date now."""
    preference = session.get_one(MailPreference, turn.actor.user_id)
    preference.last_digest_on, preference.last_digest_at = turn.due.day, clock.now()
    session.flush()


def supersede(session: Session, turn: Turn) -> None:
    """Digests of the same person that were not sent yet say what was so then: the new one takes their place."""
    outbox.give_up(session, turn.actor.user_id or 0, KIND, SUPERSEDED)


def nothing_to_tell(session: Session, turn: Turn) -> None:
    """There was nothing to tell. A week is over with that; a day goes on, and what happens in it is still told."""
    if turn.due.every is Every.WEEKLY:
        session.get_one(MailPreference, turn.actor.user_id).last_digest_on = turn.due.day
        session.flush()


def wish_of(session: Session, user_id: int) -> Wish:
    """What an account has chosen; nothing yet is `by_role`."""
    user = session.scalars(
        select(User).where(User.id == user_id).options(selectinload(User.sites))
    ).one_or_none()
    if user is None:
        raise NotFound(msg("Not found."))
    return _wish(session.get(MailPreference, user_id), user)


def choose(session: Session, actor: Actor, every: str, least: str, weekday: int | None) -> None:
    """A person says how often the digest is to come, from which gravity on, and on which day of the week (0 Monday)."""
    if actor.user_id is None or actor.role is Role.DONOR:
        raise NotFound(msg("Not found."))
    checks = Checks(session)
    often = checks.word(every, Every, "/every", required=True)
    checks.word(least, GRAVITIES, "/least", required=True)
    if weekday is not None and weekday not in range(7):
        checks.add("/weekday", msg("Choose one of the list."))
    checks.check()
    preference = _locked(session, actor.user_id)
    preference.every, preference.least_severity = str(often), least
    preference.weekday = preference.weekday if weekday is None else weekday
    preference.changed_at = clock.now()
    if often == Every.NEVER:
        outbox.give_up(session, actor.user_id, KIND, UNSUBSCRIBED)
    session.flush()


def of_key(session: Session, key: str) -> MailPreference:
    """Whose mails the secret of an address is about. Raises NotFound for one that is nobody's."""
    found = None
    if 16 <= len(key) <= 64 and key.isascii():
        found = session.scalars(
            select(MailPreference)
            .join(User, User.id == MailPreference.account_id)
            .where(MailPreference.key == key, User.active)
        ).one_or_none()
    if found is None:
        raise NotFound(
            msg("This link is not known. Sign in and choose on your account page which mails you get.")
        )
    return found


def choose_by_key(session: Session, key: str, every: Every) -> Every:
    """Whoever holds the address from a mail ends these mails, or has them come again; how it was before."""
    preference = of_key(session, key)
    session.refresh(preference, with_for_update=True)
    before = Every(preference.every)
    if every is not before:
        preference.every = every
        preference.changed_at = clock.now()
        if every is Every.NEVER:
            outbox.give_up(session, preference.account_id, KIND, UNSUBSCRIBED)
        by = Actor(preference.account_id, "link in a mail", Role.VIEWER)
        audit.note(session, by, "mail", f"account {preference.account_id}", every=every.value)
        session.flush()
    return before


def _locked(session: Session, account_id: int) -> MailPreference:
    """The preference of an account, made where there is none, locked until the transaction ends."""
    row = {
        "account_id": account_id,
        "every": Every.BY_ROLE,
        "least_severity": "warning",
        "weekday": 0,
        "key": secrets.token_urlsafe(24),
        "changed_at": clock.now(),
    }
    query = select(MailPreference).where(MailPreference.account_id == account_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        session.execute(insert_for(session, MailPreference).values(row).on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found


def _wish(preference: MailPreference | None, user: User) -> Wish:
    if preference is None:
        return Wish()
    every = Every(preference.every)
    chosen: date | None = None
    if every is not Every.BY_ROLE:
        chosen = clock.today(_zone(user), preference.changed_at)
    return Wish(
        every,
        preference.weekday,
        preference.least_severity,
        chosen,
        preference.last_digest_on,
        preference.last_digest_at,
    )


def _zone(user: User) -> str | None:
    """The time zone of a person's first site; UTC for who works everywhere."""
    return user.sites[0].timezone if user.sites else None
