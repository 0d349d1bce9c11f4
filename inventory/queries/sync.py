"""What devices recorded offline, as it is listed."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.models import Site, SyncEvent, User
from inventory.queries.paging import Slice, after_id
from inventory.queries.stock import check_site


def visible(actor: Actor) -> ColumnElement[bool]:
    """Events of the actor's sites, and those that they sent themselves."""
    if actor.sites is None:
        return SyncEvent.id.is_not(None)
    return or_(SyncEvent.site_id.in_(list(actor.sites)), SyncEvent.user_id == actor.user_id)


def events_slice(
    session: Session, actor: Actor, site: str | None, result: str | None, after: int | None, limit: int
) -> Slice[SyncEvent]:
    """Events, the first that came first."""
    check_site(session, actor, site)
    query = select(SyncEvent).where(visible(actor))
    if site is not None:
        query = query.where(SyncEvent.site_id.in_(select(Site.id).where(Site.code == site)))
    if result is not None:
        query = query.where(SyncEvent.result == result)
    return after_id(session, query, SyncEvent.id, after, limit)


def names(session: Session, events: list[SyncEvent]) -> tuple[dict[int, str], dict[int, str]]:
    """(site id -> code, account id -> name) of what the events speak of."""
    site_ids = {event.site_id for event in events if event.site_id is not None}
    user_ids = {event.user_id for event in events if event.user_id is not None}
    sites = session.execute(select(Site.id, Site.code).where(Site.id.in_(site_ids)))
    users = session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {key: code for key, code in sites}, {key: name for key, name in users}
