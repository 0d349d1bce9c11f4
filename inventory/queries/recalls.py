"""Recalls as they are followed: who holds the batch, who handled it, who carries it, what came back since."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from inventory import ledger
from inventory.access import Actor
from inventory.errors import NotFound, msg
from inventory.models import (
    Item,
    Location,
    Movement,
    Package,
    Posting,
    Recall,
    RecallNotice,
    Shipment,
    ShipmentEvent,
    StockDay,
    StockEvent,
)
from inventory.rules.effects import LocationKind, PostingKind
from inventory.rules.recalling import Held, Progress, progress


@dataclass(frozen=True, slots=True)
class Handler:
    """A person who received, sent, gave out or moved some of a batch at a site: whom to call."""

    name: str
    kind: str
    times: int
    last_on: date


@dataclass(slots=True)
class CameBack:
    """Base units at one site since the recall, by the ledger."""

    quarantined: int = 0
    returned: int = 0
    destroyed: int = 0
    received: int = 0
    dispensed: int = 0

    def __bool__(self) -> bool:
        return any((self.quarantined, self.returned, self.destroyed, self.received, self.dispensed))


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who has a shipment on the way: its papers, where it was last, which vehicle or container."""

    mode: str | None
    waybill: str | None
    vehicles: Sequence[str]
    place: str | None
    note: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Given:
    """What a site gave to patients of a batch, in which days."""

    quantity: int
    first_on: date
    last_on: date


@dataclass(slots=True)
class Line:
    """One holder with all that is known of it. `now` is what the books say today."""

    notice: RecallNotice
    now: int = 0
    given: Given | None = None
    back: CameBack = field(default_factory=CameBack)
    people: Sequence[Handler] = ()
    carrier: Carrier | None = None
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """A recall and what one may know of its holders. `untold`: those that hold some now and have no notice."""

    recall: Recall
    lines: Sequence[Line]
    progress: Progress
    untold: int


def recall_of(session: Session, recall_id: int) -> Recall:
    """The recall of that id, with its item."""
    query = select(Recall).where(Recall.id == recall_id).options(selectinload(Recall.item))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found


def recall_named(session: Session, item_code: str, lot: str) -> Recall | None:
    """The recall that blocks a batch, if there is one."""
    query = select(Recall).join(Item, Item.id == Recall.item_id).where(Item.code == item_code)
    return session.scalars(query.where(Recall.lot_number == lot, Recall.in_force())).one_or_none()


def progress_of(session: Session, recalls: Iterable[Recall]) -> dict[int, Progress]:
    """recall id -> how far it has come."""
    every = {recall.id: recall.created_at for recall in recalls}
    held: dict[int, list[Held]] = defaultdict(list)
    rows = session.execute(
        select(
            RecallNotice.recall_id, RecallNotice.quantity, RecallNotice.found, RecallNotice.answered_at
        ).where(RecallNotice.recall_id.in_(every))
    )
    for recall_id, quantity, found, answered_at in rows:
        held[recall_id].append(Held(quantity, found, answered_at))
    return {recall_id: progress(start, held[recall_id]) for recall_id, start in every.items()}


def followed(session: Session, actor: Actor, recall: Recall) -> Followed:
    """A recall with the holders that are the actor's business, those that have not answered first."""
    parts = ledger.parts_of(session, ledger.lots_of_batch(session, recall.item_id, recall.lot_number))
    where = ledger.whereabouts(session, parts)
    notices = _notices(session, recall)
    lines = [Line(each, where.held.get((each.site_id, each.shipment_id), 0)) for each in notices]
    known = {(each.site_id, each.shipment_id) for each in notices}
    untold = sum(1 for holder, quantity in where.held.items() if quantity and holder not in known)
    shown = [line for line in lines if _concerns(actor, line.notice)]
    sites = {line.notice.site_id for line in shown if line.notice.site_id is not None}
    shipments = {line.notice.shipment_id for line in shown if line.notice.shipment_id is not None}
    people = _people(session, parts, sites)
    back = _came_back(session, recall, parts, sites)
    given = _given(session, parts, sites)
    carriers = _carriers(session, shipments)
    signed = _signed(session, parts, sites)
    for line in shown:
        site_id, shipment_id = line.notice.site_id or 0, line.notice.shipment_id or 0
        line.people, line.carrier = people.get(site_id, ()), carriers.get(shipment_id)
        line.back, line.given = back.get(site_id, line.back), given.get(site_id)
        line.signed = signed.get(site_id)
    shown.sort(key=lambda line: (line.notice.answered_at is not None, -line.notice.quantity, line.notice.id))
    how_far = progress_of(session, [recall])[recall.id]
    return Followed(recall, shown, how_far, untold)


def _concerns(actor: Actor, notice: RecallNotice) -> bool:
    if notice.site_id is not None:
        return actor.sees_site(notice.site_id)
    shipment = notice.shipment
    return shipment is not None and any(
        actor.sees_site(end) for end in (shipment.origin_id, shipment.destination_id)
    )


def _notices(session: Session, recall: Recall) -> list[RecallNotice]:
    query = select(RecallNotice).where(RecallNotice.recall_id == recall.id).order_by(RecallNotice.id)
    return list(
        session.scalars(
            query.options(
                selectinload(RecallNotice.site),
                selectinload(RecallNotice.shipment).selectinload(Shipment.destination),
                selectinload(RecallNotice.shipment).selectinload(Shipment.origin),
            ).execution_options(populate_existing=True)
        )
    )


_ACTS = (
    PostingKind.RECEIPT,
    PostingKind.SHIPMENT_RECEIPT,
    PostingKind.CONSUMPTION,
    PostingKind.DISPATCH,
    PostingKind.ZONE_MOVE,
    PostingKind.KIT_ASSEMBLY,
)


def _people(session: Session, parts: dict[int, int], sites: set[int]) -> dict[int, list[Handler]]:
    """site id -> who handled the lots there, the latest first."""
    source, destination = aliased(Location), aliased(Location)
    site_id = func.coalesce(source.site_id, destination.site_id)
    rows = session.execute(
        select(site_id, Posting.by, Posting.kind, func.count(), func.max(Posting.occurred_on))
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .where(Movement.lot_id.in_(parts), Posting.kind.in_(_ACTS), Posting.by.is_not(None))
        .where(or_(source.site_id.in_(sites), destination.site_id.in_(sites)))
        .group_by(site_id, Posting.by, Posting.kind)
        .order_by(func.max(Posting.occurred_on).desc(), Posting.by)
    )
    found: dict[int, list[Handler]] = defaultdict(list)
    for at, name, kind, times, last_on in rows:
        found[at].append(Handler(name or "", kind, times, last_on))
    return found


def _given(session: Session, parts: dict[int, int], sites: set[int]) -> dict[int, Given]:
    rows = session.execute(
        select(
            StockDay.site_id,
            StockDay.lot_id,
            func.sum(StockDay.dispensed),
            func.min(StockDay.day),
            func.max(StockDay.day),
        )
        .where(StockDay.site_id.in_(sites), StockDay.lot_id.in_(parts), StockDay.dispensed > 0)
        .group_by(StockDay.site_id, StockDay.lot_id)
    )
    found: dict[int, Given] = {}
    for site_id, lot_id, dispensed, first, last in rows:
        quantity = int(dispensed) * parts[lot_id]
        known = found.get(site_id, Given(0, first, last))
        found[site_id] = Given(
            known.quantity + quantity, min(known.first_on, first), max(known.last_on, last)
        )
    return found


def _came_back(
    session: Session, recall: Recall, parts: dict[int, int], sites: set[int]
) -> dict[int, CameBack]:
    """site id -> what was set aside, returned, destroyed, received and given out since the recall was made."""
    source, destination = aliased(Location), aliased(Location)
    rows = session.execute(
        select(
            source.site_id,
            source.kind,
            destination.site_id,
            destination.kind,
            StockEvent.method,
            Movement.lot_id,
            func.sum(Movement.quantity),
        )
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .outerjoin(StockEvent, StockEvent.posting_id == Posting.id)
        .where(Movement.lot_id.in_(parts), Posting.recorded_at >= recall.created_at)
        .where(or_(source.site_id.in_(sites), destination.site_id.in_(sites)))
        .group_by(
            source.site_id,
            source.kind,
            destination.site_id,
            destination.kind,
            StockEvent.method,
            Movement.lot_id,
        )
    )
    found: dict[int, CameBack] = defaultdict(CameBack)
    for from_id, from_kind, to_id, to_kind, method, lot_id, units in rows:
        here, quantity = found[from_id or to_id or 0], int(units) * parts[lot_id]
        if from_kind in _ARRIVES_FROM:
            here.received += quantity
        elif from_kind == LocationKind.STOCK and to_kind in _ASIDE:
            here.quarantined += quantity
        elif from_kind in _ASIDE and to_kind == LocationKind.STOCK:
            here.quarantined -= quantity
        elif to_kind == LocationKind.DISPOSED and method == "return":
            here.returned += quantity
        elif to_kind == LocationKind.DISPOSED:
            here.destroyed += quantity
        elif to_kind == LocationKind.PATIENTS:
            here.dispensed += quantity
    return found


_ASIDE = (LocationKind.QUARANTINE, LocationKind.REFUSED)
_ARRIVES_FROM = (
    LocationKind.IN_TRANSIT,
    LocationKind.DONOR,
    LocationKind.SUPPLIER,
    LocationKind.MISSING,
)


def _carriers(session: Session, shipment_ids: set[int]) -> dict[int, Carrier]:
    """shipment id -> who carries it."""
    vehicles: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(Package.shipment_id, Package.container_number)
        .where(Package.shipment_id.in_(shipment_ids), Package.container_number.is_not(None))
        .distinct()
    )
    for shipment_id, name in rows:
        vehicles[shipment_id].append(name or "")
    latest: dict[int, ShipmentEvent] = {}
    for event in session.scalars(
        select(ShipmentEvent)
        .where(ShipmentEvent.shipment_id.in_(shipment_ids), ShipmentEvent.classifier == "actual")
        .order_by(ShipmentEvent.occurred_at, ShipmentEvent.id)
    ):
        latest[event.shipment_id] = event
    found = {}
    for shipment in session.scalars(select(Shipment).where(Shipment.id.in_(shipment_ids))):
        last = latest.get(shipment.id)
        found[shipment.id] = Carrier(
            shipment.mode,
            shipment.waybill,
            vehicles.get(shipment.id, []),
            last.place if last else None,
            last.note if last else None,
            last.occurred_at if last else shipment.dispatched_at,
        )
    return found


def _signed(session: Session, parts: dict[int, int], sites: set[int]) -> dict[int, str]:
    """site id of a partner -> who wrote down that it arrived there, and what the delivery says."""
    rows = session.execute(
        select(Location.site_id, Posting.by, Posting.shipment_id)
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(Location, Location.id == Movement.destination_id)
        .where(Movement.lot_id.in_(parts), Location.kind == LocationKind.PARTNER, Location.site_id.in_(sites))
        .order_by(Movement.id)
    ).all()
    notes: dict[int, str] = {}
    for event in session.scalars(
        select(ShipmentEvent)
        .where(
            ShipmentEvent.shipment_id.in_({shipment_id for *_, shipment_id in rows if shipment_id}),
            ShipmentEvent.milestone == "delivered",
        )
        .order_by(ShipmentEvent.id)
    ):
        if event.note:
            notes[event.shipment_id] = event.note
    return {site_id or 0: notes.get(shipment_id or 0, by or "") for site_id, by, shipment_id in rows}
