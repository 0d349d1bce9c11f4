"""The outbox as an administrator looks at it: who, what about, how it went. Never the texts themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.models import Mail
from inventory.queries.paging import Page
from inventory.rules.mailing import NO_FAULT

LATELY = timedelta(days=7)
STATES = ("waiting", "failed", "sent", "dropped")


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail without its text."""

    id: int
    kind: str
    recipient: str
    subject: str
    created_at: datetime
    due_at: datetime
    attempts: int
    last_error: str | None
    sent_at: datetime | None
    given_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many mails wait, how many of them were refused at least once, failed, or went out lately."""

    waiting: int
    refused: int
    failed: int
    sent: int
    oldest: datetime | None


def _of(state: str) -> list[ColumnElement[bool]]:
    fault = or_(Mail.last_error.is_(None), Mail.last_error.not_in(NO_FAULT))
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "waiting": [Mail.sent_at.is_(None), Mail.given_up_at.is_(None)],
        "failed": [Mail.sent_at.is_(None), Mail.given_up_at.is_not(None), fault],
        "sent": [Mail.sent_at.is_not(None)],
        "dropped": [Mail.sent_at.is_(None), Mail.given_up_at.is_not(None), ~fault],
    }
    return conditions[state]


def state_of_outbox(session: Session) -> Outbox:
    """The outbox in figures; `sent` are those of the last seven days."""

    def count(*conditions: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(Mail).where(*conditions)) or 0

    waiting = _of("waiting")
    return Outbox(
        waiting=count(*waiting),
        refused=count(*waiting, Mail.last_error.is_not(None)),
        failed=count(*_of("failed")),
        sent=count(Mail.sent_at >= clock.now() - LATELY),
        oldest=session.scalar(select(func.min(Mail.created_at)).where(*waiting)),
    )


def mails_page(session: Session, state: str, number: int, size: int) -> Page[MailRow]:
    """Mails in one of `STATES`: those that wait in their order, others the newest first."""
    columns = [getattr(Mail, name) for name in MailRow.__slots__]
    conditions = _of(state)
    order = {
        "waiting": (Mail.due_at, Mail.id),
        "sent": (Mail.sent_at.desc(), Mail.id.desc()),
    }.get(state, (Mail.given_up_at.desc(), Mail.id.desc()))
    total = session.scalar(select(func.count()).select_from(Mail).where(*conditions)) or 0
    number = max(1, min(number, -(-total // size) or 1))
    rows = session.execute(
        select(*columns).where(*conditions).order_by(*order).limit(size).offset((number - 1) * size)
    )
    return Page([MailRow(*row) for row in rows], number, size, total)
