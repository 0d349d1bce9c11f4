"""Permits for controlled medicines as they are listed: how they stand and what is left of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory import clock
from inventory.access import Actor, require
from inventory.ledger.permits import as_paper, used
from inventory.ledger.thresholds import rules_at
from inventory.models import Item, Permit, PermitLine, Shipment, Site
from inventory.queries.stock import check_site
from inventory.rules.permits import State, state

ORDER: Sequence[State] = ("expired", "ends_soon", "used_up", "valid", "not_yet", "replaced", "ended")
PAST: frozenset[State] = frozenset({"replaced", "ended"})


@dataclass(frozen=True, slots=True)
class Covers:
    """An item of a permit: what it covers (None: any quantity) and what has gone under it, in base units."""

    item: Item
    quantity: int | None
    used: int

    @property
    def left(self) -> int | None:
        """What may still go; below 0 where too much went."""
        return None if self.quantity is None else self.quantity - self.used


@dataclass(frozen=True, slots=True)
class Told:
    """A permit, how it stands today, the days that are left of it (negative: since), and what it covers."""

    row: Permit
    state: State
    days_left: int
    covers: Sequence[Covers]


def permits(
    session: Session,
    actor: Actor,
    site: str | None = None,
    wanted: str | None = None,
    kind: str | None = None,
    shipment: str | None = None,
) -> list[Told]:
    """The permits of the actor's sites and shipments, what is most pressing first.

    `wanted` is a state, `all`, or None for those that are neither ended nor replaced.
    """
    require(actor, "permits.see")
    check_site(session, actor, site)
    origin, destination = aliased(Site), aliased(Site)
    query = (
        select(Permit)
        .outerjoin(Site, Site.id == Permit.site_id)
        .outerjoin(Shipment, Shipment.id == Permit.shipment_id)
        .outerjoin(origin, origin.id == Shipment.origin_id)
        .outerjoin(destination, destination.id == Shipment.destination_id)
    )
    if actor.sites is not None:
        mine = list(actor.sites)
        query = query.where(or_(Site.id.in_(mine), origin.id.in_(mine), destination.id.in_(mine)))
    if site is not None:
        query = query.where(or_(Site.code == site, origin.code == site, destination.code == site))
    if kind is not None:
        query = query.where(Permit.kind == kind)
    if shipment is not None:
        query = query.where(Shipment.number == shipment)
    journey = selectinload(Permit.shipment)
    rows = session.scalars(
        query.options(
            selectinload(Permit.lines).selectinload(PermitLine.item),
            selectinload(Permit.site),
            journey.selectinload(Shipment.origin),
            journey.selectinload(Shipment.destination),
        ).order_by(Permit.id)
    ).all()
    # What took over from a permit, and what it shares its uses with, may not be among those that are asked for.
    family = session.scalars(
        select(Permit)
        .where(
            or_(
                Permit.site_id.in_({row.site_id for row in rows if row.site_id is not None}),
                Permit.shipment_id.in_({row.shipment_id for row in rows if row.shipment_id is not None}),
            )
        )
        .options(selectinload(Permit.lines))
    ).all()
    papers = {each.id: as_paper(each) for each in family}
    spent = used(session, papers.values())
    soon: dict[int, int] = {}
    found: list[Told] = []
    for row in rows:
        home = row.site if row.site is not None else _end(row)
        if home.id not in soon:
            soon[home.id] = rules_at(session, home.id).of(None).authorisation_days
        today = clock.today(home.timezone)
        found.append(
            Told(
                row,
                state(papers[row.id], papers.values(), today, soon[home.id], spent),
                (row.valid_until - today).days,
                [
                    Covers(line.item, line.quantity, spent.get((row.id, line.item_id), 0))
                    for line in row.lines
                ],
            )
        )
    kept = [each for each in found if _wanted(each.state, wanted)]
    return sorted(kept, key=lambda each: (ORDER.index(each.state), each.row.valid_until, each.row.id))


def _end(row: Permit) -> Site:
    assert row.shipment is not None  # one of the two is always there
    return row.shipment.origin if row.kind == "export" else row.shipment.destination


def _wanted(found: State, wanted: str | None) -> bool:
    return wanted in (found, "all") or (wanted is None and found not in PAST)
