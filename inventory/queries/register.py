"""The registers of controlled medicines as they are read, and what in them waits for a second name."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory.access import Actor, require
from inventory.errors import NotFound, msg
from inventory.models import (
    ControlledEntry,
    ControlledSignature,
    Donor,
    Item,
    Location,
    Lot,
    Movement,
    Posting,
    Shipment,
    Site,
)
from inventory.queries.paging import Page
from inventory.queries.stock import check_site
from inventory.rules.effects import ZONES, LocationKind

BATCH = 400


@dataclass(frozen=True, slots=True)
class Register:
    """The register of an item at a site: what is left, how many entries, and how many documents wait for a name."""

    site: Site
    item: Item
    balance: int
    entries: int
    unsigned: int


@dataclass(frozen=True, slots=True)
class Other:
    """Where something came from or went: an outside account, or a shipment with the site at its other end."""

    kind: str
    shipment: str | None = None
    site: str | None = None
    donor: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry: `change` is signed; `by` and `second` are the two names, `own_account` whether the second signed."""

    site_id: int
    item_id: int
    sequence: int
    posting_id: int
    occurred_on: date
    recorded_at: datetime
    kind: str
    document: str | None
    reason: str | None
    lot: str
    expires_on: date | None
    change: int
    balance: int
    by: str | None
    second: str | None
    own_account: bool
    signed_at: datetime | None
    note: str | None
    others: Sequence[Other] = ()


@dataclass(slots=True)
class Unsigned:
    """A posting that nobody but who made it stands for; `own`: by who asks, so somebody else must sign."""

    posting_id: int
    document: str | None
    kind: str
    occurred_on: date
    recorded_at: datetime
    by: str | None
    own: bool
    site: Site
    lines: list[tuple[Item, str, int]] = field(default_factory=list)


def _mine(actor: Actor) -> list[ColumnElement[bool]]:
    return [] if actor.sites is None else [ControlledEntry.site_id.in_(list(actor.sites))]


_UNSIGNED = ControlledSignature.posting_id.is_(None)


def _waiting(actor: Actor) -> list[ColumnElement[bool]]:
    return [_UNSIGNED, *_mine(actor)]


def registers(session: Session, actor: Actor, site: str | None = None) -> list[Register]:
    """The registers of the actor's sites, by site and item."""
    require(actor, "register.see")
    check_site(session, actor, site)
    last = (
        select(
            ControlledEntry.site_id, ControlledEntry.item_id, func.max(ControlledEntry.sequence).label("last")
        )
        .where(*_mine(actor))
        .group_by(ControlledEntry.site_id, ControlledEntry.item_id)
        .subquery()
    )
    query = (
        select(Site, Item, ControlledEntry.balance, ControlledEntry.sequence)
        .select_from(last)
        .join(
            ControlledEntry,
            and_(
                ControlledEntry.site_id == last.c.site_id,
                ControlledEntry.item_id == last.c.item_id,
                ControlledEntry.sequence == last.c.last,
            ),
        )
        .join(Site, Site.id == last.c.site_id)
        .join(Item, Item.id == last.c.item_id)
        .order_by(Site.code, Item.name, Item.id)
    )
    if site is not None:
        query = query.where(Site.code == site)
    counted = (
        select(
            ControlledEntry.site_id,
            ControlledEntry.item_id,
            func.count(ControlledEntry.posting_id.distinct()),
        )
        .outerjoin(ControlledSignature, ControlledSignature.posting_id == ControlledEntry.posting_id)
        .where(*_waiting(actor))
        .group_by(ControlledEntry.site_id, ControlledEntry.item_id)
    )
    unsigned = {(site_id, item_id): count for site_id, item_id, count in session.execute(counted)}
    return [
        Register(at, item, balance, entries, unsigned.get((at.id, item.id), 0))
        for at, item, balance, entries in session.execute(query)
    ]


def register_of(session: Session, actor: Actor, site: str, item: str) -> Register:
    """The register of an item at a site. Raises NotFound where there is none, Forbidden where it is another's site."""
    check_site(session, actor, site)
    found = [each for each in registers(session, actor, site) if each.item.code == item]
    if not found:
        raise NotFound(msg("There is no register of %(item)s at %(site)s.", item=item, site=site))
    return found[0]


def entries(
    session: Session,
    site_id: int,
    item_id: int,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Iterator[Line]:
    """The entries of a register in their order, read in handfuls; of documents of some days, where told."""
    after = 0
    wanted = [ControlledEntry.site_id == site_id, ControlledEntry.item_id == item_id, *_days(since, until)]
    while True:
        query = _entries(wanted).where(ControlledEntry.sequence > after)
        found = _lines(session, query.order_by(ControlledEntry.sequence).limit(BATCH))
        yield from found
        if len(found) < BATCH:
            return
        after = found[-1].sequence


def page_of(session: Session, register: Register, number: int, size: int) -> Page[Line]:
    """The entries of a register, the newest first."""
    number = max(1, min(number, -(-register.entries // size) or 1))
    wanted = [
        ControlledEntry.site_id == register.site.id,
        ControlledEntry.item_id == register.item.id,
        ControlledEntry.sequence <= register.entries - (number - 1) * size,
    ]
    query = _entries(wanted).order_by(ControlledEntry.sequence.desc()).limit(size)
    return Page(_lines(session, query), number, size, register.entries)


def slice_of(session: Session, register: Register, after: int, limit: int) -> tuple[list[Line], int | None]:
    """At most `limit` entries after one, and the number that the next come after; None where these are the last."""
    wanted = [
        ControlledEntry.site_id == register.site.id,
        ControlledEntry.item_id == register.item.id,
        ControlledEntry.sequence > after,
    ]
    found = _lines(session, _entries(wanted).order_by(ControlledEntry.sequence).limit(limit))
    last = found[-1].sequence if found else after
    return found, last if last < register.entries else None


def _days(since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if since is not None:
        found.append(Posting.occurred_on >= since)
    if until is not None:
        found.append(Posting.occurred_on <= until)
    return found


def _entries(
    wanted: Sequence[ColumnElement[bool]],
) -> Any:
    return (
        select(ControlledEntry, Posting, Lot, ControlledSignature)
        .join(Posting, Posting.id == ControlledEntry.posting_id)
        .join(Lot, Lot.id == ControlledEntry.lot_id)
        .outerjoin(ControlledSignature, ControlledSignature.posting_id == Posting.id)
        .where(*wanted)
    )


def _lines(session: Session, query: Any) -> list[Line]:
    rows = session.execute(query).all()
    others = _others(session, {entry.posting_id for entry, *_ in rows})
    return [
        Line(
            site_id=entry.site_id,
            item_id=entry.item_id,
            sequence=entry.sequence,
            posting_id=posting.id,
            occurred_on=posting.occurred_on,
            recorded_at=posting.recorded_at,
            kind=posting.kind,
            document=posting.document,
            reason=posting.reason,
            lot=lot.number,
            expires_on=lot.expires_on,
            change=entry.change,
            balance=entry.balance,
            by=posting.by,
            second=signature.by if signature is not None else None,
            own_account=signature is not None and signature.by_id is not None,
            signed_at=signature.signed_at if signature is not None else None,
            note=signature.note if signature is not None else None,
            others=others.get((posting.id, lot.id, entry.site_id), ()),
        )
        for entry, posting, lot, signature in rows
    ]


def _others(session: Session, posting_ids: Collection[int]) -> dict[tuple[int, int, int], list[Other]]:
    """(posting id, lot id, site id) -> where its movements led that did not stay at the site."""
    here, there = aliased(Location), aliased(Location)
    origin, destination = aliased(Site), aliased(Site)
    found: dict[tuple[int, int, int], list[Other]] = defaultdict(list)
    for mine, other, leaves in (
        (Movement.source_id, Movement.destination_id, True),
        (Movement.destination_id, Movement.source_id, False),
    ):
        query = (
            select(
                Movement.posting_id,
                Movement.lot_id,
                here.site_id,
                there.kind,
                Shipment.number,
                destination.name if leaves else origin.name,
                Donor.name,
            )
            .join(Lot, Lot.id == Movement.lot_id)
            .join(here, here.id == mine)
            .join(there, there.id == other)
            .outerjoin(Donor, Donor.id == Lot.donor_id)
            .outerjoin(Shipment, Shipment.id == there.shipment_id)
            .outerjoin(origin, origin.id == Shipment.origin_id)
            .outerjoin(destination, destination.id == Shipment.destination_id)
            .where(
                Movement.posting_id.in_(list(posting_ids)),
                here.kind.in_(list(ZONES)),
                there.kind.not_in(list(ZONES)),
            )
            .order_by(Movement.id)
        )
        for posting_id, lot_id, site_id, kind, shipment, end, donor in session.execute(query):
            told = Other(kind, shipment, end, donor if kind == LocationKind.DONOR else None)
            known = found[(posting_id, lot_id, site_id or 0)]
            if told not in known:
                known.append(told)
    return found


def unsigned_count(session: Session, actor: Actor) -> int:
    """How many documents of the actor's sites wait for a second name that the actor can give."""
    query = (
        select(func.count(ControlledEntry.posting_id.distinct()))
        .join(Posting, Posting.id == ControlledEntry.posting_id)
        .outerjoin(ControlledSignature, ControlledSignature.posting_id == ControlledEntry.posting_id)
        .where(*_waiting(actor), Posting.user_id.is_distinct_from(actor.user_id))
    )
    return session.scalar(query) or 0


def unsigned(
    session: Session, actor: Actor, number: int, size: int, site: str | None = None
) -> Page[Unsigned]:
    """What waits for a second name, the oldest first."""
    require(actor, "register.see")
    check_site(session, actor, site)
    chosen = (
        select(ControlledEntry.posting_id)
        .join(Site, Site.id == ControlledEntry.site_id)
        .outerjoin(ControlledSignature, ControlledSignature.posting_id == ControlledEntry.posting_id)
        .where(*_waiting(actor))
    )
    if site is not None:
        chosen = chosen.where(Site.code == site)
    ids = chosen.distinct().subquery()
    total = session.scalar(select(func.count()).select_from(ids)) or 0
    number = max(1, min(number, -(-total // size) or 1))
    postings = session.scalars(
        select(Posting)
        .where(Posting.id.in_(select(ids.c.posting_id)))
        .order_by(Posting.id)
        .limit(size)
        .offset((number - 1) * size)
    ).all()
    rows: dict[int, Unsigned] = {}
    entries_of = (
        select(ControlledEntry)
        .where(ControlledEntry.posting_id.in_([each.id for each in postings]), *_mine(actor))
        .options(
            selectinload(ControlledEntry.site),
            selectinload(ControlledEntry.item),
            selectinload(ControlledEntry.lot),
        )
        .order_by(ControlledEntry.id)
    )
    known = {each.id: each for each in postings}
    for entry in session.scalars(entries_of):
        posting = known[entry.posting_id]
        own = actor.user_id is not None and posting.user_id == actor.user_id
        row = rows.get(posting.id)
        if row is None:
            row = rows[posting.id] = Unsigned(
                posting.id,
                posting.document,
                posting.kind,
                posting.occurred_on,
                posting.recorded_at,
                posting.by,
                own,
                entry.site,
            )
        row.lines.append((entry.item, entry.lot.number, entry.change))
    return Page([rows[each.id] for each in postings if each.id in rows], number, size, total)
