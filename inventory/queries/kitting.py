"""Kits at a site: how many are there, how many could be made now, what a number of them would be made of, kit lots."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from inventory import clock, ledger
from inventory.access import Actor
from inventory.errors import NotFound, msg
from inventory.ledger.projection import Part, parts_coming
from inventory.models import (
    Balance,
    Item,
    Kit,
    KitContent,
    KitLine,
    Location,
    Lot,
    Movement,
    Posting,
    Shipment,
    Site,
)
from inventory.queries.paging import Slice
from inventory.queries.stock import check_site
from inventory.rules import fefo, kitting
from inventory.rules.effects import INSIDE, LocationKind, PostingKind

SOON_DAYS = 180
"""A kit that would expire within so many days is warned of: it has its way to the patient before it."""


@dataclass(frozen=True, slots=True)
class KitHere:
    """A kit at a site: how many are in stock and free, how many could be made now, and what keeps from making more."""

    kit: Kit
    in_stock: int
    possible: int
    short_of: Sequence[Item]


@dataclass(frozen=True, slots=True)
class LotOffered:
    """A lot of a component: what is free of it for kits (0 where it may not be used), what the plan takes of it."""

    lot: ledger.LotBalance
    free: int
    taken: int
    status: str


@dataclass(frozen=True, slots=True)
class ComponentTold:
    """A component: what is needed of it and can be had, its lots, and the next of what is on its way if it is short."""

    item: Item
    per_kit: int
    needed: int
    available: int
    lots: Sequence[LotOffered]
    chosen: bool
    next_arrival: Part | None
    out_of_turn: Sequence[str]

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.available)


@dataclass(frozen=True, slots=True)
class BatchTold:
    """Kits that would be alike. `because_of` expires first; without it the kits would last until `otherwise`."""

    kits: int
    contents: Sequence[tuple[Item, ledger.LotBalance, int]]
    expires_on: date | None
    because_of: Sequence[tuple[Item, str]]
    otherwise: date | None
    soon: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a number of kits would be made of at a site, or what is missing for it."""

    kit: Kit
    quantity: int
    possible: int
    components: Sequence[ComponentTold]
    batches: Sequence[BatchTold]

    @property
    def missing(self) -> list[ComponentTold]:
        """The components of which there is too little."""
        return [each for each in self.components if each.missing]


def bills(session: Session, code: str | None = None) -> list[Kit]:
    """Every kit with lines and items, by name; or the one of that code."""
    query = select(Kit).join(Item, Item.id == Kit.item_id).order_by(Item.name, Item.id)
    if code is not None:
        query = query.where(Item.code == code)
    options = (joinedload(Kit.item), selectinload(Kit.lines).joinedload(KitLine.item))
    return list(session.scalars(query.options(*options)))


def bill(session: Session, code: str) -> Kit:
    """What a kit holds. Raises NotFound where nobody has said it."""
    found = bills(session, code)
    if not found:
        raise NotFound(msg("There is no kit with the code %(code)s.", code=code))
    return found[0]


def bills_slice(session: Session, after: int | None, limit: int) -> Slice[Kit]:
    """Kits in the order of their making, with lines and items."""
    query = select(Kit).options(joinedload(Kit.item), selectinload(Kit.lines).joinedload(KitLine.item))
    if after is not None:
        query = query.where(Kit.id > after)
    rows = list(session.scalars(query.order_by(Kit.id).limit(limit + 1)))
    return Slice(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def kits_here(session: Session, actor: Actor, site: Site, kits: Sequence[Kit]) -> list[KitHere]:
    """These kits (read with lines and items) at a site of the actor's."""
    check_site(session, actor, site.code)
    today = clock.today(site.timezone)
    zone = _stock_zone(session, site)
    parts = ledger.components_here(session, kits, zone, today)
    ready: dict[int, int] = defaultdict(int)
    for item_id, lots in ledger.lots_at(session, zone.id, [kit.item_id for kit in kits]).items():
        usable = (lot for lot in lots if lot.recalled_on is None and fefo.may_be_used(lot.expires_on, today))
        ready[item_id] = sum(lot.free for lot in usable)
    found = []
    for kit in kits:
        most = {part.item.id: kitting.possible([part.component()], usable_on=today) for part in parts[kit.id]}
        least = min(most.values(), default=0)
        short = [part.item for part in parts[kit.id] if most[part.item.id] == least]
        found.append(KitHere(kit, ready[kit.item_id], least, short))
    return found


def preview(
    session: Session,
    actor: Actor,
    site: Site,
    kit: Kit,
    quantity: int,
    *,
    day: date | None = None,
    chosen: Mapping[str, Collection[str]] | None = None,
) -> Preview:
    """What `quantity` kits would be made of at a site, as the service would make them.

    `chosen` says by item code from which lot numbers a component is to be taken; others the soonest-expiring first.
    """
    check_site(session, actor, site.code)
    today = clock.today(site.timezone)
    day = min(day or today, today)
    zone = _stock_zone(session, site)
    since = day if day < today else None
    parts = ledger.components_here(session, [kit], zone, day, since=since)[kit.id]
    by_hand = {code: sorted(numbers) for code, numbers in (chosen or {}).items() if numbers}
    components = [
        part.component([(number, None) for number in by_hand.get(part.item.code, ())]) for part in parts
    ]
    plan = kitting.plan(components, quantity, usable_on=day)
    taken: dict[int, int] = defaultdict(int)
    for batch in plan.batches:
        for lot_id, many in batch.contents.items():
            taken[lot_id] += many * batch.kits
    told = []
    for part, component in zip(parts, components, strict=True):
        available = sum(lot.available for lot in component.lots)
        needed = part.per_kit * quantity
        coming = parts_coming(session, site, part.item.id, today) if available < needed else []
        told.append(
            ComponentTold(
                item=part.item,
                per_kit=part.per_kit,
                needed=needed,
                available=available,
                lots=[_offered(part, lot, taken, day) for lot in sorted(part.lots, key=_order)],
                chosen=part.item.code in by_hand,
                next_arrival=next((each for each in coming if each.expected is not None), None),
                out_of_turn=_out_of_turn(part, taken, day) if part.item.code in by_hand else (),
            )
        )
    by_id = {lot.lot_id: (part.item, lot) for part in parts for lot in part.lots}
    batches = [_batch(batch, by_id, today) for batch in plan.batches]
    return Preview(kit, quantity, plan.possible, told, batches)


def _stock_zone(session: Session, site: Site) -> Location:
    found = session.scalars(
        select(Location).where(Location.kind == LocationKind.STOCK, Location.site_id == site.id)
    ).one_or_none()
    if found is None:
        raise NotFound(msg("%(site)s keeps its own stock: no kits are put together there.", site=site.code))
    return found


def _order(lot: ledger.LotBalance) -> tuple[date, date, int]:
    return (lot.expires_on or date.max, lot.received_on, lot.lot_id)


def _offered(
    part: ledger.PartHere, lot: ledger.LotBalance, taken: Mapping[int, int], day: date
) -> LotOffered:
    state = "usable"
    if lot.recalled_on is not None:
        state = "recalled"
    elif not fefo.may_be_used(lot.expires_on, day):
        state = "expired"
    return LotOffered(lot, part.free[lot.lot_id], taken.get(lot.lot_id, 0), state)


def _out_of_turn(part: ledger.PartHere, taken: Mapping[int, int], day: date) -> list[str]:
    """The lots that expire sooner and are left, where the lots were chosen by hand."""
    candidates = part.component().lots
    mine = {each.key: taken[each.key] for each in candidates if taken.get(each.key)}
    left = set(fefo.passed_over(mine, candidates, usable_on=day))
    return [lot.number for lot in sorted(part.lots, key=_order) if lot.lot_id in left]


@dataclass(frozen=True, slots=True)
class Standing:
    """So many kits of a lot in a zone of a site, or on their way in a shipment."""

    site: Site | None
    shipment: Shipment | None
    zone: str
    quantity: int
    reserved: int


@dataclass(frozen=True, slots=True)
class KitLot:
    """A kit lot, what is in one kit of it, where its kits are (those the actor may know of), and its document."""

    lot: Lot
    contents: Sequence[KitContent]
    standing: Sequence[Standing]
    document: str | None


def kit_lot(session: Session, actor: Actor, lot_id: int) -> KitLot:
    """The kit lot of that id, if it is or was at a site of the actor's, or is on its way to or from one."""
    content = selectinload(Lot.contents).selectinload(KitContent.lot)
    lot = session.scalars(
        select(Lot)
        .where(Lot.id == lot_id, Lot.id.in_(select(KitContent.kit_lot_id)))
        .options(selectinload(Lot.item), content.selectinload(Lot.item), content.selectinload(Lot.donor))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if lot is None:
        raise NotFound(msg("Not found."))
    rows = session.execute(
        select(Balance, Location, Site, Shipment)
        .join(Location, Location.id == Balance.location_id)
        .outerjoin(Site, Site.id == Location.site_id)
        .outerjoin(Shipment, Shipment.id == Location.shipment_id)
        .where(Balance.lot_id == lot.id, Location.kind.in_([*INSIDE, LocationKind.MISSING]))
        .order_by(Site.code, Location.kind, Location.id)
    ).all()
    mine = [
        (balance, location, site, shipment)
        for balance, location, site, shipment in rows
        if actor.sites is None
        or (site is not None and actor.sees_site(site.id))
        or (shipment is not None and {shipment.origin_id, shipment.destination_id} & actor.sites)
    ]
    if not mine:
        raise NotFound(msg("Not found."))
    standing = [
        Standing(site, shipment, location.kind, balance.on_hand, balance.reserved)
        for balance, location, site, shipment in mine
        if balance.on_hand
    ]
    document = session.scalars(
        select(Posting.document)
        .join(Movement, Movement.posting_id == Posting.id)
        .where(Movement.lot_id == lot.id, Posting.kind == PostingKind.KIT_ASSEMBLY)
        .order_by(Posting.id)
        .limit(1)
    ).one_or_none()
    inside = sorted(lot.contents, key=lambda each: (each.lot.expires_on or date.max, each.lot.item.name))
    return KitLot(lot, inside, standing, document)


def put_together_here(session: Session, lot_ids: Sequence[int]) -> set[int]:
    """Those of the lots that are kits put together here: each has a page that tells what is in it."""
    return ledger.kit_lots_among(session, lot_ids)


def _batch(
    batch: kitting.Batch[int], by_id: Mapping[int, tuple[Item, ledger.LotBalance]], today: date
) -> BatchTold:
    first, otherwise = kitting.holding_back((key, by_id[key][1].expires_on) for key in batch.contents)
    return BatchTold(
        kits=batch.kits,
        contents=[(*by_id[key], quantity) for key, quantity in batch.contents.items()],
        expires_on=batch.expires_on,
        because_of=[(by_id[key][0], by_id[key][1].number) for key in first],
        otherwise=otherwise,
        soon=batch.expires_on is not None and (batch.expires_on - today).days <= SOON_DAYS,
    )
