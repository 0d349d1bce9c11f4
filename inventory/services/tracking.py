"""Links that show a shipment's status to whoever holds them, without a login."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import Invalid, NotFound, TooMany, msg
from inventory.models import LoginFailure, Shipment, TrackingLink
from inventory.services import audit
from inventory.services.accounts import digest
from inventory.services.shipments import everything, get_shipment

LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=366)
TRIES = 30
"""Unknown links that one address may try in `WINDOW`."""
WINDOW = timedelta(minutes=15)


def make_link(
    session: Session, actor: Actor, number: str, expires_at: datetime | None = None
) -> tuple[TrackingLink, str]:
    """A new link to a shipment, and its token (256 random bits), which is told this once and kept as a digest."""
    require(actor, "tracking.write")
    shipment = get_shipment(session, actor, number)
    now = clock.now()
    until = expires_at or now + LIFETIME
    if not now < until <= now + LONGEST:
        raise Invalid.at("/expires_at", msg("A link may last from now up to a year."))
    token = secrets.token_urlsafe(32)
    link = TrackingLink(
        shipment_id=shipment.id, digest=digest(token), expires_at=until, created_by_id=actor.user_id
    )
    session.add(link)
    session.flush()
    audit.note(session, actor, "track", shipment.number, link=link.id)
    return link, token


def revoke_link(session: Session, actor: Actor, number: str, link_id: int) -> None:
    """End a link; ending it again changes nothing."""
    require(actor, "tracking.write")
    shipment = get_shipment(session, actor, number)
    link = session.scalars(
        select(TrackingLink).where(TrackingLink.id == link_id, TrackingLink.shipment_id == shipment.id)
    ).one_or_none()
    if link is None:
        raise NotFound(msg("Not found."))
    link.revoked_at = link.revoked_at or clock.now()
    session.flush()
    audit.note(session, actor, "untrack", shipment.number, link=link.id)


def tracked(session: Session, token: str) -> Shipment:
    """The shipment of a link (read whole). Revoked, expired and unknown links are the same: NotFound."""
    found = session.scalars(
        select(Shipment)
        .join(TrackingLink, TrackingLink.shipment_id == Shipment.id)
        .where(
            TrackingLink.digest == digest(token),
            TrackingLink.revoked_at.is_(None),
            TrackingLink.expires_at > clock.now(),
        )
        .options(*everything())
    ).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found


def refuse_guesses(session: Session, address: str) -> None:
    """Raise TooMany after too many unknown links from an address."""
    tries = session.scalar(
        select(func.count())
        .select_from(LoginFailure)
        .where(LoginFailure.email == _bucket(address), LoginFailure.at >= clock.now() - WINDOW)
    )
    if (tries or 0) >= TRIES:
        raise TooMany(msg("Too many unknown links. Wait a quarter of an hour, then try again."))


def note_guess(session: Session, address: str) -> None:
    """Remember that an address tried an unknown link; what is older than the window is forgotten."""
    bucket = _bucket(address)
    session.execute(
        delete(LoginFailure).where(LoginFailure.email == bucket, LoginFailure.at < clock.now() - WINDOW)
    )
    session.add(LoginFailure(email=bucket, address=""))
    session.flush()


def _bucket(address: str) -> str:
    """Where an address' guesses are counted: beside the wrong passwords, and under no e-mail address."""
    return f"tracking link from {address}"[:254]
