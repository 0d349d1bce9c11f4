"""An artificial world of any size, for benchmarks. The same seed gives the same world on the same day."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import SYSTEM
from inventory.db import continue_counting
from inventory.errors import Conflict, Invalid, msg
from inventory.ledger.history import Document, write_history
from inventory.models import Donor, Item, Location, Site, User
from inventory.models.words import SiteKind
from inventory.rules.effects import LocationKind, PostingKind
from inventory.services import audit
from inventory.services.demo import artificial_rows as rows

DAYS = 365
_OTHERS = (SiteKind.DISPENSARY, SiteKind.MOBILE_CLINIC, SiteKind.HOSPITAL)
_LOTS_A_PARTNER = 2
_SENT = 10
"""Base units of a lot that a partner is sent."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is to be, exactly."""

    sites: int
    items: int
    lots: int
    movements: int


@dataclass(slots=True)
class World:
    """What is to be made. Ids count from 1; `received` and `dispensed` gather (lot id, quantity) by (site id, day)."""

    size: Size
    rng: Random
    today: date
    now: datetime
    kinds: list[SiteKind]
    lots: list[rows.LotRow] = field(default_factory=list)
    received: dict[tuple[int, date], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    dispensed: dict[tuple[int, date], list[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    sent: list[rows.Sent] = field(default_factory=list)

    @property
    def partners(self) -> list[int]:
        """The ids of the partners."""
        return [key for key, kind in enumerate(self.kinds, 1) if kind == SiteKind.PARTNER]


def generate(session: Session, size: Size, seed: int) -> None:
    """Fill an empty database. Raises Conflict where it is not empty, Invalid where there can be no such world.

    Alerts are not looked at: `flask alerts evaluate` does that.
    """
    if any(session.scalars(select(table.id).limit(1)).first() for table in (User, Site, Item, Donor)):
        raise Conflict(msg("This database is in use. An artificial world is made in an empty one only."))
    now = clock.now()
    rng = Random(seed)  # nosec B311
    world = World(size, rng, now.date(), now, kinds_of(size.sites))
    _check(world)
    _deal(world)
    rows.write_reference(session, size, world.kinds, now)
    rows.write_lots(session, world.lots, now)
    rows.write_journeys(session, world.sent, now)
    rows.write_places(session, len(world.kinds), world.sent)
    items = {lot.id: lot.item_id for lot in world.lots}
    documents = _documents(session, world)
    postings = write_history(session, documents, items, SYSTEM.name)
    written = list(zip(documents, postings, strict=True))
    rows.write_receipts(
        session, [each for each in written if each[0].kind == PostingKind.RECEIPT], world.lots, now
    )
    rows.write_consumptions(
        session, [each for each in written if each[0].kind == PostingKind.CONSUMPTION], now
    )
    audit.note(session, SYSTEM, "generate", "artificial world", size=str(size), seed=seed)
    continue_counting(session)
    session.flush()


def kinds_of(sites: int) -> list[SiteKind]:
    """At most a fifth are warehouses, one in twenty a partner; where there are five or more, every kind is there."""
    warehouses, partners = sites // 5, sites // 20 or int(sites >= 5)
    others = sites - warehouses - partners
    return [
        *[SiteKind.WAREHOUSE] * warehouses,
        *(_OTHERS[index % len(_OTHERS)] for index in range(others)),
        *[SiteKind.PARTNER] * partners,
    ]


def _check(world: World) -> None:
    size = world.size
    if min(size.sites, size.items, size.lots) < 1:
        raise Invalid.at("/lots", msg("There must be at least one site, one item and one lot."))
    least = size.lots + 2 * _to_partners(world)
    if size.movements < least:
        raise Invalid.at("/movements", msg("So many lots need at least %(least)s movements.", least=least))


def _to_partners(world: World) -> int:
    return min(len(world.partners) * _LOTS_A_PARTNER, world.size.lots)


def _deal(world: World) -> None:
    """Give every lot its site, its days and its movements."""
    size, rng = world.size, world.rng
    own = [key for key, kind in enumerate(world.kinds, 1) if kind != SiteKind.PARTNER]
    sent = _to_partners(world)
    sites = [own[(index + index // size.items) % len(own)] for index in range(size.lots)]
    dispensing = [index for index, site in enumerate(sites) if world.kinds[site - 1] != SiteKind.WAREHOUSE]
    dispensing = dispensing or list(range(size.lots))
    share, more = divmod(size.movements - size.lots - 2 * sent, len(dispensing))
    times = {index: share + (turn < more) for turn, index in enumerate(dispensing)}
    start = world.today - timedelta(days=DAYS)
    days = [start + timedelta(days=day) for day in range(DAYS)]
    for index, site in enumerate(sites):
        lot_id, first = index + 1, rng.randrange(0, DAYS - 30)
        lasts = rng.randrange(400 if index < sent else 60, 1000)
        expires = first + lasts
        used = _dispense(world, site, lot_id, days[first + 1 : min(DAYS, expires + 1)], times.get(index, 0))
        if index < sent:
            partner = world.partners[index % len(world.partners)]
            world.sent.append(rows.Sent(index + 1, lot_id, index % size.items + 1, site, partner, _SENT))
            used += _SENT
        world.received[(site, days[first])].append((lot_id, used + rng.randrange(1, 200)))
        donor = index % rows.DONORS + 1
        lot = rows.LotRow(lot_id, index % size.items + 1, donor, days[first], start + timedelta(days=expires))
        world.lots.append(lot)


def _dispense(world: World, site: int, lot_id: int, days: list[date], times: int) -> int:
    """Spread so many movements of a lot over the days; how much they take."""
    if not times:
        return 0
    used = 0
    for day, quantity in zip(
        world.rng.choices(days, k=times), world.rng.choices(range(1, 16), k=times), strict=True
    ):
        world.dispensed[(site, day)].append((lot_id, quantity))
        used += quantity
    return used


def _documents(session: Session, world: World) -> list[Document]:
    """Every document in the order in which it happened: each day what comes, then what goes."""
    places: dict[tuple[LocationKind, int | None, int | None], int] = {
        (LocationKind(kind), site_id, shipment_id): key
        for key, kind, site_id, shipment_id in session.execute(
            select(Location.id, Location.kind, Location.site_id, Location.shipment_id)
        )
    }
    stock = {site: places[(LocationKind.STOCK, site, None)] for site in range(1, world.size.sites + 1)}
    donor, patients = (places[(kind, None, None)] for kind in (LocationKind.DONOR, LocationKind.PATIENTS))
    found = [*_stock_documents(world, stock, donor, patients)]
    for each in world.sent:
        transit = places[(LocationKind.IN_TRANSIT, None, each.shipment_id)]
        partner = places[(LocationKind.PARTNER, each.partner_id, None)]
        leg = [
            (
                PostingKind.DISPATCH,
                2,
                each.site_id,
                (each.lot_id, each.quantity, stock[each.site_id], transit),
            ),
            (
                PostingKind.SHIPMENT_RECEIPT,
                1,
                each.partner_id,
                (each.lot_id, each.quantity, transit, partner),
            ),
        ]
        for kind, ago, site, move in leg:
            day = world.today - timedelta(days=ago)
            at = clock.noon(day, rows.TIMEZONE)
            number = rows.number("SHP", world.today.year, each.shipment_id)
            found.append(Document(_uuid(world), kind, number, site, day, at, [move], each.shipment_id))
    return sorted(found, key=lambda each: each.occurred_at)


def _stock_documents(world: World, stock: dict[int, int], donor: int, patients: int) -> Iterator[Document]:
    year = world.today.year
    for count, ((site, day), lots) in enumerate(sorted(world.received.items()), 1):
        moves = [(lot_id, quantity, donor, stock[site]) for lot_id, quantity in lots]
        at = clock.noon(day, rows.TIMEZONE) - timedelta(hours=4)
        yield Document(
            _uuid(world), PostingKind.RECEIPT, rows.number("GRN", year, count), site, day, at, moves
        )
    for count, ((site, day), lots) in enumerate(sorted(world.dispensed.items()), 1):
        moves = [(lot_id, quantity, stock[site], patients) for lot_id, quantity in lots]
        at = clock.noon(day, rows.TIMEZONE) + timedelta(hours=4)
        yield Document(
            _uuid(world), PostingKind.CONSUMPTION, rows.number("CON", year, count), site, day, at, moves
        )


def _uuid(world: World) -> UUID:
    return UUID(int=world.rng.getrandbits(128), version=4)
