"""The one function through which services post: write to the ledger, then look again at the alerts it touched."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.orm import Session

from inventory import ledger
from inventory.access import Actor
from inventory.errors import Invalid, Superseded, msg
from inventory.models import Posting
from inventory.rules.effects import PostingKind
from inventory.services import alerts, holds
from inventory.services.alert_controlled import refresh_registers
from inventory.services.checks import Checks
from inventory.services.second_person import witnessed

_later: ContextVar[set[tuple[int, int]] | None] = ContextVar("relais_alerts_later", default=None)


@contextmanager
def alerts_left() -> Iterator[set[tuple[int, int]]]:
    """Inside, postings leave the alerts alone and note here what they touched: whoever opens it looks at them later."""
    touched: set[tuple[int, int]] = set()
    token = _later.set(touched)
    try:
        yield touched
    finally:
        _later.reset(token)


@contextmanager
def alerts_at_the_end(session: Session) -> Iterator[None]:
    """Inside, postings leave the alerts alone; at the end those of all that was touched are looked at, once.

    For many documents of one file in one transaction.
    """
    with alerts_left() as touched:
        yield
    alerts.refresh(session, touched)


def _look_at_alerts(session: Session, touched: Iterable[tuple[int, int]]) -> None:
    later = _later.get()
    if later is None:
        alerts.refresh(session, touched)
    else:
        later.update(touched)


def post(
    session: Session, entry: ledger.Entry, also: Iterable[tuple[int, int]] = (), *, decided: bool = False
) -> ledger.Posted:
    """Post `entry` and refresh the alerts of the (site, item) pairs that it touched, and of those in `also`.

    Holds of what leaves quarantine are settled, unless this carries out what was `decided` about them. Raises
    Superseded where another document was posted under the same UUID: its service answers with that one.
    """
    posted = ledger.post(session, witnessed(session, entry))
    if posted.replayed:
        document = posted.posting.document or ""
        raise Superseded(msg("This was recorded already, as %(document)s.", document=document))
    if not decided:
        holds.follow(session, posted.posting)
    _look_at_alerts(session, posted.touched | set(also))
    if posted.entered and entry.kind is PostingKind.COUNT:
        refresh_registers(session, {site_id for site_id, _ in posted.entered})
    return posted


def reverse(
    session: Session, actor: Actor, posting: Posting, reason: str | None, also: Iterable[tuple[int, int]] = ()
) -> ledger.Posted:
    """Take back a posting, for a reason that must be given."""
    if not (reason or "").strip():
        raise Invalid.at("/reason", msg("Say why this is taken back."))
    checks = Checks(session)
    text = checks.text(reason, "/reason", most=2000, required=True, lines=True)
    checks.check()
    posted = ledger.reverse(
        session,
        posting,
        reason=text or "",
        user_id=actor.user_id,
        by=actor.name,
    )
    holds.follow(session, posted.posting)
    alerts.refresh(session, posted.touched | set(also))
    if posted.entered:
        refresh_registers(session, {site_id for site_id, _ in posted.entered})
    return posted
