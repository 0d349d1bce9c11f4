"""Locations found by what they are; made the first time that they are needed."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.ledger._sql import insert_for
from inventory.models import Location, Site
from inventory.rules.effects import INSIDE, ZONES, LocationKind

_FRESH = select(Location).execution_options(populate_existing=True)
"""Never what the session remembers: a savepoint that was rolled back may have had a location under the same id."""


def place(
    session: Session, kind: LocationKind, *, site_id: int | None = None, shipment_id: int | None = None
) -> Location:
    """The location of that kind: a zone of a site, the transit of a shipment, or an outside account."""
    wanted = _FRESH.where(
        Location.kind == kind, Location.site_id == site_id, Location.shipment_id == shipment_id
    )
    found = session.scalars(wanted).one_or_none()
    if found is None:
        row = {"kind": kind, "inside": kind in INSIDE, "site_id": site_id, "shipment_id": shipment_id}
        session.execute(insert_for(session, Location).values(row).on_conflict_do_nothing())
        found = session.scalars(wanted).one()
    return found


def zones(session: Session, site_id: int) -> dict[LocationKind, Location]:
    """The zones of a site: stock, quarantine, refused."""
    rows = session.scalars(_FRESH.where(Location.site_id == site_id, Location.kind.in_(ZONES)))
    found = {LocationKind(row.kind): row for row in rows}
    return {kind: found.get(kind) or place(session, kind, site_id=site_id) for kind in sorted(ZONES)}


def open_site(session: Session, site: Site) -> None:
    """Give a new site its zones."""
    zones(session, site.id)


def zone_ids(session: Session, site_ids: Iterable[int], kind: LocationKind) -> dict[int, int]:
    """site id -> id of its zone of that kind, for the sites that have one."""
    rows = session.execute(
        select(Location.site_id, Location.id).where(
            Location.kind == kind, Location.site_id.in_(list(site_ids))
        )
    )
    return {site_id: location_id for site_id, location_id in rows if site_id is not None}
