"""The register of controlled medicines: a second person signs what another posted. Its entries are the ledger's."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.errors import Forbidden, NotFound, msg
from inventory.ledger import register
from inventory.models import ControlledEntry, Posting
from inventory.rules.text import fold
from inventory.services import audit
from inventory.services.alert_controlled import refresh_registers
from inventory.services.checks import Checks

MOST_AT_ONCE = 200


def sign(
    session: Session, actor: Actor, posting_ids: Sequence[int], note: str | None = None
) -> list[Posting]:
    """Sign what others posted, all of it or nothing.

    Raises NotFound for what moved nothing controlled at a site of the actor's, Forbidden for what the actor posted,
    Conflict where somebody signed it before.
    """
    require(actor, "register.sign")
    ids = sorted(set(posting_ids))
    checks = Checks(session)
    text = checks.text(note, "/note", most=2000, lines=True)
    if not ids:
        checks.add("/postings", msg("Choose at least one document."))
    elif len(ids) > MOST_AT_ONCE:
        checks.add("/postings", msg("At most %(most)s at once.", most=MOST_AT_ONCE))
    checks.check()
    postings = session.scalars(select(Posting).where(Posting.id.in_(ids)).order_by(Posting.id)).all()
    sites: set[int] = set()
    for posting_id in ids:
        here = set(
            session.scalars(select(ControlledEntry.site_id).where(ControlledEntry.posting_id == posting_id))
        )
        if not any(actor.sees_site(site_id) for site_id in here):
            raise NotFound(msg("Not found."))
        sites |= here
    for posting in postings:
        if is_own(posting, actor):
            raise Forbidden(
                msg("You posted %(document)s: somebody else signs it.", document=posting.document or "")
            )
        register.sign(session, posting.id, actor.name, actor.user_id, text)
        audit.note(session, actor, "sign", f"posting {posting.id}", document=posting.document)
    refresh_registers(session, sites)
    return list(postings)


def is_own(posting: Posting, actor: Actor) -> bool:
    """Whether the actor is who posted it: nobody is the second person beside themselves."""
    if posting.user_id is not None and actor.user_id is not None:
        return posting.user_id == actor.user_id
    return posting.by is not None and fold(posting.by) == fold(actor.name)
