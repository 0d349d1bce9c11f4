"""What the documents of one site share: their number and posting, the lots they name, and taking them back."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import ledger
from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, Invalid, NotFound, msg
from inventory.ledger import Entry, Move
from inventory.models import Item, Location, Lot, Posting, Site, StockEvent
from inventory.models.words import StockEventKind
from inventory.rules.effects import PostingKind
from inventory.services import audit, stock
from inventory.services.checks import occurrence
from inventory.services.numbers import next_number

PREFIXES = {
    StockEventKind.CONSUMPTION: "CON",
    StockEventKind.ADJUSTMENT: "ADJ",
    StockEventKind.DISPOSAL: "DSP",
    StockEventKind.ZONE_MOVE: "ZMV",
    StockEventKind.COUNT: "CNT",
    StockEventKind.KIT_ASSEMBLY: "KIT",
    StockEventKind.KIT_DISASSEMBLY: "UNK",
}


def known_event(session: Session, actor: Actor, uuid: UUID) -> StockEvent | None:
    """The document that was posted under this UUID before, if any."""
    found = session.scalars(
        select(StockEvent).join(Posting, Posting.id == StockEvent.posting_id).where(Posting.uuid == uuid)
    ).one_or_none()
    if found is not None and not actor.sees_site(found.site_id):
        raise NotFound(msg("Not found."))
    return found


def undo(session: Session, actor: Actor, number: str, reason: str | None) -> StockEvent:
    """Take back a consumption, adjustment, disposal or zone move by a posting that reverses it."""
    require(actor, "postings.reverse")
    event = session.scalars(
        select(StockEvent).where(StockEvent.number == number).with_for_update()
    ).one_or_none()
    if event is None or not actor.sees_site(event.site_id):
        raise NotFound(msg("Not found."))
    posting = session.get(Posting, event.posting_id) if event.posting_id else None
    if posting is None:
        raise Conflict(msg("There is nothing to take back: this document moved no stock."))
    event.reversed_by_id = stock.reverse(session, actor, posting, reason).posting.id
    audit.note(session, actor, "reverse", event.number, reason=reason)
    session.flush()
    return event


def known_lots(session: Session, item: Item, number: str, pointer: str, site: Site) -> list[Lot]:
    """The lots of that number, those ever at the site first, then the oldest. Raises Invalid where there is none."""
    lots = list(
        session.scalars(select(Lot).where(Lot.item_id == item.id, Lot.number == number).order_by(Lot.id))
    )
    if not lots:
        raise Invalid.at(
            pointer,
            msg(
                "Lot %(lot)s of %(item)s is not known. Record its receipt first.", lot=number, item=item.code
            ),
        )
    zone_ids = [zone.id for zone in ledger.zones(session, site.id).values()]
    here = ledger.lots_known_at(session, zone_ids, [lot.id for lot in lots])
    return sorted(lots, key=lambda lot: (lot.id not in here, lot.id))


def out_of(
    session: Session,
    sources: Sequence[Location],
    item: Item,
    number: str,
    quantity: int,
    at: str,
    already: Sequence[Move],
    short: list[FieldError],
    day: date,
) -> list[tuple[int, int, int]]:
    """(source id, lot id, quantity) that make up `quantity` of a lot number, from the sources in turn, whatever its
    state.

    No more than was there at the end of every day since `day`. What `already` takes is not taken again; where too
    little is left, the line is added to `short`.
    """
    parts: list[tuple[int, int, int]] = []
    left = quantity
    for source in sources:
        found = ledger.lots_at(session, source.id, [item.id], lock=True).get(item.id, [])
        lots = [lot for lot in found if lot.number == number]
        lowest = ledger.lowest_since(session, source, [lot.lot_id for lot in lots], day)
        for lot in lots:
            gone = sum(m.quantity for m in already if (m.lot_id, m.source_id) == (lot.lot_id, source.id))
            free = min(lot.free, lot.on_hand + lowest.get(lot.lot_id, 0))
            part = min(left, max(free - gone, 0))
            if part > 0:
                parts.append((source.id, lot.lot_id, part))
                left -= part
    if left:
        text = msg(
            "Only %(available)s of %(item)s, lot %(lot)s, can be taken, not %(quantity)s.",
            available=quantity - left,
            item=item.code,
            lot=number,
            quantity=quantity,
        )
        short.append(FieldError(f"{at}/quantity", text))
    return parts


def refuse_shortages(short: Sequence[FieldError]) -> None:
    """Raise Conflict with every line that is short, if any is."""
    if short:
        raise Conflict(msg("There is too little stock."), short)


def new_event(
    session: Session, actor: Actor, kind: StockEventKind, site: Site, day: date, at: datetime | None
) -> StockEvent:
    event = StockEvent(
        number=next_number(session, PREFIXES[kind]),
        kind=kind,
        site_id=site.id,
        site=site,
        occurred_on=day,
        occurred_at=occurrence(day, site, at, arrives=False),
        created_by_id=actor.user_id,
    )
    session.add(event)
    return event


def post_event(
    session: Session,
    actor: Actor,
    event: StockEvent,
    site: Site,
    kind: PostingKind,
    moves: Sequence[Move],
    uuid: UUID,
    *,
    witness: str | None = None,
    decided: bool = False,
) -> StockEvent:
    """Post what an event moved. `witness` is the second person's name; `decided`: holds are settled by the caller."""
    entry = Entry(
        kind=kind,
        occurred_on=event.occurred_on,
        occurred_at=event.occurred_at,
        moves=moves,
        document=event.number,
        site_id=site.id,
        user_id=actor.user_id,
        by=actor.name,
        witness=witness,
        uuid=uuid,
    )
    event.posting_id = stock.post(session, entry, decided=decided).posting.id
    session.flush()
    return event
