"""Which lots would be taken, shown before anything is: first expired, first out, without locking or reserving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock, ledger
from inventory.access import Actor
from inventory.models import Item, Site
from inventory.queries.bins import where_taken
from inventory.queries.stock import check_site
from inventory.rules import fefo
from inventory.rules.effects import LocationKind


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be taken of an item: (lot number, expiry, base units) in the order of taking. `free` is all there is
    that may be taken, `jumps` whether a named lot leaves others behind that expire first. `bins`: the codes of the bins
    that it is fetched from, in the order of the walk, where the site has some."""

    item: Item
    lots: Sequence[tuple[str, date | None, int]]
    free: int
    short: int
    jumps: bool = False
    bins: Sequence[str] = ()


def would_take(
    session: Session,
    actor: Actor,
    site_code: str,
    item_code: str,
    quantity: int,
    *,
    lot: str | None = None,
    usable_on: date | None = None,
    minimum_shelf_life_days: int = 0,
) -> Preview | None:
    """The lots that `quantity` of an item would come from at a site of the actor; None for an unknown item."""
    check_site(session, actor, site_code)
    site = session.scalars(select(Site).where(Site.code == site_code)).one()
    item = session.scalars(select(Item).where(Item.code == item_code)).one_or_none()
    if item is None:
        return None
    day = usable_on or clock.today(site.timezone)
    zone = ledger.zone_ids(session, [site.id], LocationKind.STOCK).get(site.id)
    here = ledger.lots_at(session, zone, [item.id]).get(item.id, []) if zone is not None else []
    fit = [
        each
        for each in here
        if each.recalled_on is None and fefo.may_be_used(each.expires_on, day, minimum_shelf_life_days)
    ]
    known = {each.lot_id: each for each in fit}
    candidates = [
        fefo.Candidate(each.lot_id, each.expires_on, each.received_on, each.lot_id, each.free) for each in fit
    ]
    named = [each for each in candidates if lot is None or known[each.key].number == lot]
    choice = fefo.pick(named, quantity, usable_on=day, minimum_shelf_life_days=minimum_shelf_life_days)
    jumps = lot is not None and not fefo.is_first_expired_first_out(
        dict(choice.taken), candidates, usable_on=day, minimum_shelf_life_days=minimum_shelf_life_days
    )
    lots = [(known[key].number, known[key].expires_on, part) for key, part in choice.taken]
    fetched = where_taken(session, site.id, choice.taken)
    bins = [code for parts in fetched.values() for code, _ in parts if code is not None]
    free = sum(each.available for each in named)
    return Preview(item, lots, free, choice.short, jumps, list(dict.fromkeys(bins)))
