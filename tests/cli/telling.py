"""People who get digests, alerts to tell them of, and the mails that came of it."""

from datetime import timedelta
from itertools import count

from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.db import atomically
from inventory.errors import msg
from inventory.models import Alert, Mail
from inventory.services import accounts, digests
from tests.factories import create_user

_subjects = count(1)


def alert(session, site, item=None, severity="critical", **more) -> Alert:
    """An open alert, as one would be opened by what happens to stock."""
    text = msg("%(item)s has run out at %(site)s.", item=item.code if item else "X", site=site.code)
    given = {
        "kind": "stock_out",
        "subject": f"test:{next(_subjects)}",
        "severity": severity,
        "site_id": site.id,
        "item_id": item.id if item else None,
        "message": text.as_json(),
        "opened_at": clock.now(),
    }
    made = Alert(**(given | more))
    session.add(made)
    session.commit()
    return made


def person(session, role=Role.CLINIC, sites=(), tag=None, **more):
    user = create_user(session, role, sites, password=None, **more)
    user.language = tag
    session.commit()
    return user


def mails(session, user=None) -> list[Mail]:
    session.expire_all()
    query = select(Mail).order_by(Mail.id)
    return list(session.scalars(query if user is None else query.where(Mail.account_id == user.id)))


def only(session, user) -> Mail:
    (found,) = mails(session, user)
    return found


def tomorrow(days: int = 1, **more):
    return clock.pretend(clock.now() + timedelta(days=days, **more))


def choose(session, user, every: str, least: str = "warning", weekday: int | None = None) -> None:
    who = accounts.actor_of(accounts.get_user(session, user.id))
    atomically(lambda s: digests.choose(s, who, every, least, weekday))
