"""Authorisations of a site's team to enter a place, such as a camp: added, renewed, put right, ended."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import Conflict, NotFound, msg
from inventory.models import Authorisation, Site
from inventory.services import alerts, audit
from inventory.services.checks import Checks, not_closed


def add_authorisation(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Authorisation:
    """Write down an authorisation.

    `site` (a code), `place`, `valid_from` and `valid_until` (dates, both count) are needed; `authority`, `reference`
    and `note` may be empty. Raises Invalid, or Conflict where the site is closed.
    """
    require(actor, "authorisations.write")
    checks = Checks(session)
    site = checks.site(fields.get("site"))
    checks.own_stock(site)
    paper = Authorisation(by_id=actor.user_id, by=actor.name)
    _fill(checks, paper, fields)
    checks.check()
    assert site is not None
    not_closed(site)
    paper.site_id = site.id
    session.add(paper)
    return _written(session, actor, paper, site, "authorisation")


def renew_authorisation(
    session: Session, actor: Actor, paper_id: int, fields: Mapping[str, Any]
) -> Authorisation:
    """A new authorisation for the same site and place; `fields` are the others of `add_authorisation`."""
    old = get_authorisation(session, actor, paper_id, "authorisations.write")
    if old.ended_on is not None:
        raise Conflict(msg("This authorisation was ended. Add a new one."))
    return add_authorisation(
        session, actor, {"authority": old.authority, **fields, "site": old.site.code, "place": old.place}
    )


def change_authorisation(
    session: Session, actor: Actor, paper_id: int, fields: Mapping[str, Any]
) -> Authorisation:
    """Put right what was written down wrongly; the site stays."""
    paper = get_authorisation(session, actor, paper_id, "authorisations.write", lock=True)
    checks = Checks(session)
    with session.no_autoflush:
        _fill(checks, paper, fields)
    checks.check()
    return _written(session, actor, paper, paper.site, "authorisation_change")


def end_authorisation(session: Session, actor: Actor, paper_id: int, note: str | None) -> Authorisation:
    """Say that an authorisation is not needed any more: nobody is reminded of it. Ended again, nothing happens."""
    paper = get_authorisation(session, actor, paper_id, "authorisations.write", lock=True)
    checks = Checks(session)
    text = checks.text(note, "/note", most=2000, lines=True)
    checks.check()
    if paper.ended_on is not None:
        return paper
    paper.ended_on = clock.today(paper.site.timezone)
    paper.note = text or paper.note
    return _written(session, actor, paper, paper.site, "authorisation_end")


def get_authorisation(
    session: Session, actor: Actor, paper_id: int, permission: str, *, lock: bool = False
) -> Authorisation:
    """The authorisation of that id with its site, if it is the actor's business."""
    require(actor, permission)
    query = (
        select(Authorisation)
        .where(Authorisation.id == paper_id)
        .options(selectinload(Authorisation.site))
        .execution_options(populate_existing=True)
    )
    paper = session.scalars(query.with_for_update(of=Authorisation) if lock else query).one_or_none()
    if paper is None or not actor.sees_site(paper.site_id):
        raise NotFound(msg("Not found."))
    return paper


def _fill(checks: Checks, paper: Authorisation, fields: Mapping[str, Any]) -> None:
    paper.place = checks.text(fields.get("place"), "/place", required=True) or ""
    paper.authority = checks.text(fields.get("authority"), "/authority")
    paper.reference = checks.text(fields.get("reference"), "/reference", most=64)
    paper.note = checks.text(fields.get("note"), "/note", most=2000, lines=True)
    days = checks.validity(fields.get("valid_from"), fields.get("valid_until"))
    if days is not None:
        paper.valid_from, paper.valid_until = days


def _written(session: Session, actor: Actor, paper: Authorisation, site: Site, action: str) -> Authorisation:
    session.flush()
    paper.site = site
    audit.note(
        session,
        actor,
        action,
        f"authorisation {paper.id}",
        site=site.code,
        place=paper.place,
        valid_until=paper.valid_until.isoformat(),
    )
    alerts.refresh_papers(session, [site.id])
    return paper
