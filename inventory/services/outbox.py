"""The outbox: mails written in the transaction that causes them, claimed and settled by whoever sends them."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import NotFound, msg
from inventory.ledger import insert_for
from inventory.models import Mail, User
from inventory.rules.mailing import CLOSED, NO_FAULT, next_try
from inventory.services import audit

CLAIM = timedelta(minutes=15)
"""How long a mail is its sender's alone: longer than any try takes, so that only a sender that died loses one."""

KEPT = timedelta(days=90)
"""After so long the text of a mail that is done with is forgotten; that it was sent is not."""

_LONGEST_ERROR = 500
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be. `key` says what it is about: the same is never written twice."""

    key: str
    kind: str
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    account_id: int | None = None
    unsubscribe_url: str | None = None


def write(session: Session, letter: Letter, host: str, due_at: datetime | None = None) -> bool:
    """Put a mail in the outbox, to be sent from `due_at` (now) on; whether it is new: one key is written once.

    `host` stands in the Message-ID, which is made here so that a mail that is sent twice after a crash is
    recognised as one.
    """
    now = clock.now()
    row = {
        "key": letter.key,
        "kind": letter.kind,
        "account_id": letter.account_id,
        "recipient": letter.recipient,
        "language": letter.language,
        "subject": one_line(letter.subject),
        "text": letter.text,
        "html": letter.html,
        "unsubscribe_url": letter.unsubscribe_url,
        "message_id": f"<{secrets.token_hex(16)}@{host}>",
        "created_at": now,
        "due_at": due_at or now,
    }
    insert = insert_for(session, Mail).values(row).on_conflict_do_nothing(index_elements=["key"])
    return session.execute(insert.returning(Mail.id)).first() is not None


def one_line(text: str) -> str:
    """Text that may stand in a header: no line breaks nor other control characters, nothing that turns text round.

    Joiners, which Kurdish needs, and isolates around names stay.
    """
    return " ".join(_NOT_IN_A_LINE.sub(" ", text).split())


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is one sender's to send."""

    id: int
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str | None
    message_id: str
    created_at: datetime


def claim(session: Session, sender: str) -> Claimed | None:
    """The next mail that is due, now `sender`'s for `CLAIM`; None where there is none.

    The try is counted here, so that a mail at which senders die is given up like any other. Mails to accounts that
    were closed meanwhile are given up on the way.
    """
    while True:
        now = clock.now()
        query = (
            select(Mail)
            .where(*_due(now))
            .order_by(Mail.due_at, Mail.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=Mail)
        )
        mail = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        if mail is None:
            return None
        if mail.account_id is not None and not session.scalar(
            select(User.active).where(User.id == mail.account_id)
        ):
            mail.given_up_at, mail.last_error = now, CLOSED
        elif next_try(mail.attempts, 0) is None:  # every sender so far died of it
            mail.given_up_at, mail.last_error = now, mail.last_error or "The sender ended each time."
        else:
            mail.claim, mail.claimed_until = sender, now + CLAIM
            mail.attempts += 1
            session.flush()
            return Claimed(**{name: getattr(mail, name) for name in Claimed.__slots__})
        session.flush()


def _due(now: datetime) -> list[ColumnElement[bool]]:
    free = or_(Mail.claimed_until.is_(None), Mail.claimed_until <= now)
    return [Mail.sent_at.is_(None), Mail.given_up_at.is_(None), Mail.due_at <= now, free]


def sent(session: Session, mail_id: int) -> None:
    """The server has taken the mail. That holds even where the claim had run out meanwhile."""
    _settle(session, mail_id, None, sent_at=clock.now(), given_up_at=None, last_error=None)


def failed(session: Session, mail_id: int, sender: str, error: str, luck: float, *, permanent: bool) -> bool:
    """The mail was refused: it is tried again later, or given up for good; whether it was given up."""
    now = clock.now()
    attempts = session.scalar(select(Mail.attempts).where(Mail.id == mail_id)) or 0
    wait = None if permanent else next_try(attempts, luck)
    told = one_line(error)[:_LONGEST_ERROR]
    if wait is None:
        _settle(session, mail_id, sender, given_up_at=now, last_error=told)
    else:
        _settle(session, mail_id, sender, due_at=now + wait, last_error=told)
    return wait is None


def release(session: Session, mail_id: int, sender: str, error: str) -> None:
    """The server could not be reached or would not let us in: not the mail's fault, and no try of it."""
    told = one_line(error)[:_LONGEST_ERROR]
    _settle(session, mail_id, sender, attempts=Mail.attempts - 1, last_error=told)


def _settle(session: Session, mail_id: int, sender: str | None, **values: object) -> None:
    mine = [Mail.id == mail_id, Mail.sent_at.is_(None)]
    if sender is not None:
        mine.append(Mail.claim == sender)
    change = update(Mail).where(*mine).values(claim=None, claimed_until=None, **values)
    session.execute(change.execution_options(synchronize_session=False))


def give_up(session: Session, account_id: int, kind: str, reason: str) -> None:
    """Mails of a kind to an account that nobody is sending just now are not sent any more."""
    now = clock.now()
    free = or_(Mail.claimed_until.is_(None), Mail.claimed_until <= now)
    waiting = and_(Mail.sent_at.is_(None), Mail.given_up_at.is_(None), free)
    change = update(Mail).where(Mail.account_id == account_id, Mail.kind == kind, waiting)
    session.execute(
        change.values(given_up_at=now, last_error=reason).execution_options(synchronize_session=False)
    )


def again(session: Session, actor: Actor, mail_id: int | None) -> int:
    """Try a mail again that was given up, from the beginning; all that failed where none is named. How many."""
    require(actor, "mail.manage")
    fault = or_(Mail.last_error.is_(None), Mail.last_error.not_in(NO_FAULT))
    wanted: list[ColumnElement[bool]] = [Mail.sent_at.is_(None), Mail.text != "", fault]
    wanted.append(Mail.given_up_at.is_not(None) if mail_id is None else Mail.id == mail_id)
    ids = list(session.scalars(select(Mail.id).where(*wanted).with_for_update()))
    if mail_id is not None and not ids:
        raise NotFound(msg("Not found."))
    now = clock.now()
    if ids:
        change = update(Mail).where(*wanted).values(given_up_at=None, due_at=now, attempts=0)
        session.execute(change.execution_options(synchronize_session=False))
        audit.note(session, actor, "try again", f"{len(ids)} mails", mails=ids[:100])
    return len(ids)


def forget(session: Session) -> int:
    """Empty the mails that have been done with for `KEPT`: personal texts are not kept for ever. How many."""
    before = clock.now() - KEPT
    done = or_(Mail.sent_at < before, Mail.given_up_at < before)
    change = update(Mail).where(done, Mail.text != "").values(text="", html="", unsubscribe_url=None)
    found = session.execute(change.execution_options(synchronize_session=False).returning(Mail.id))
    return len(found.all())
