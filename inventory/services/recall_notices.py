"""Who has to be told of a recall, and what comes of it: told, answered, set aside, closed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock, ledger
from inventory.access import Actor, require
from inventory.errors import Conflict, NotFound, msg
from inventory.models import Lot, Recall, RecallNotice, Shipment, Site
from inventory.models.words import RecallReply, SiteKind
from inventory.rules.effects import LocationKind
from inventory.rules.recalling import ANSWERS, WAYS
from inventory.services import adjustments, audit
from inventory.services.adjustments import ZoneMove, ZoneMoveLine
from inventory.services.checks import Checks


@dataclass(frozen=True, slots=True)
class Answer:
    """What a holder says: how many base units were found, what was done with them."""

    reply: str
    found: int | None
    person: str | None = None
    note: str | None = None


def note_holders(session: Session, recall: Recall) -> None:
    """A notice for everyone who holds the batch or ever did, with what the books say; those that exist stay."""
    lot_ids = ledger.lots_of_batch(session, recall.item_id, recall.lot_number)
    where = ledger.whereabouts(session, ledger.parts_of(session, lot_ids))
    known = {
        (notice.site_id, notice.shipment_id)
        for notice in session.scalars(select(RecallNotice).where(RecallNotice.recall_id == recall.id))
    }
    for holder in sorted(where.held, key=lambda each: (each[0] or 0, each[1] or 0)):
        site_id, shipment_id = holder
        if holder not in known:
            session.add(
                RecallNotice(
                    recall_id=recall.id,
                    site_id=site_id,
                    shipment_id=shipment_id,
                    quantity=where.held[holder],
                    dispensed=where.dispensed.get(site_id or 0, 0),
                    reply=RecallReply.OPEN,
                )
            )
    if recall.closed_at is not None and any(holder not in known for holder in where.held):
        recall.closed_at = recall.closed_by = recall.close_reason = None
    session.flush()


def renew(session: Session, actor: Actor, recall_id: int) -> Recall:
    """Look again who holds the batch: those to whom some came since are noted too."""
    require(actor, "recalls.write")
    recall = get_recall(session, recall_id, lock=True)
    if recall.withdrawn_at is not None:
        raise Conflict(msg("This recall was withdrawn."))
    note_holders(session, recall)
    return recall


def inform(
    session: Session, actor: Actor, notice_id: int, person: str | None, how: str | None
) -> RecallNotice:
    """Write down that somebody was told, who, and how."""
    notice = own_notice(session, actor, notice_id)
    _open(notice.recall)
    checks = Checks(session)
    name = checks.text(person, "/person", required=True)
    way = checks.word(how or None, WAYS, "/how", required=True)
    checks.check()
    told(notice, actor.name, name, way)
    audit.note(session, actor, "inform", _subject(notice), person=name, how=way)
    session.flush()
    return notice


def told(notice: RecallNotice, by: str, person: str | None, way: str | None) -> None:
    """A holder knows of the recall, unless it answered already."""
    notice.informed_at, notice.informed_by = clock.now(), by
    notice.person, notice.informed_how = person or notice.person, way
    if notice.reply == RecallReply.OPEN:
        notice.reply = RecallReply.INFORMED


def answer(session: Session, actor: Actor, notice_id: int, command: Answer) -> RecallNotice:
    """Write down what a holder found and did; the time counts in a drill. A later answer takes its place."""
    notice = own_notice(session, actor, notice_id)
    _open(notice.recall)
    checks = Checks(session)
    reply = checks.word(command.reply or None, ANSWERS, "/reply", required=True)
    found = command.found
    if reply == RecallReply.NOTHING_LEFT:
        found = found or 0
        if found:
            checks.add("/found", msg("Where nothing is left, nothing is found."))
    checks.quantity(found, "/found", least=0)
    person = checks.text(command.person, "/person")
    note = checks.text(command.note, "/note", most=2000, lines=True)
    checks.check()
    notice.reply, notice.found, notice.note = RecallReply(reply or ""), found, note
    notice.person = person or notice.person
    notice.answered_at, notice.answered_by = clock.now(), actor.name
    if notice.informed_at is None:
        notice.informed_at = notice.answered_at
    audit.note(session, actor, "answer", _subject(notice), reply=reply, found=found)
    session.flush()
    return notice


@dataclass(frozen=True, slots=True)
class SetAside:
    """What setting a recalled batch aside did: documents, base units, and what is packed and must be unpacked first."""

    documents: list[str]
    quantity: int
    packed: int


def set_aside(session: Session, actor: Actor, recall_id: int) -> SetAside:
    """Put all that is free of a recalled batch, and of kits made of it, into quarantine at each of the actor's sites.

    Their notices are answered with it. What lies packed in a draft shipment stays there until it is unpacked.
    """
    require(actor, "zone_moves.write")
    recall = get_recall(session, recall_id, lock=True)
    if recall.drill:
        raise Conflict(msg("This is a drill: nothing is blocked and nothing is moved."))
    _open(recall)
    parts = ledger.parts_of(session, ledger.lots_of_batch(session, recall.item_id, recall.lot_number))
    documents, total, packed = [], 0, 0
    for notice in notices_of(session, recall):
        site = notice.site
        if site is None or site.kind == SiteKind.PARTNER or not actor.sees_site(site.id):
            continue
        lines, rest = _free(session, site, parts)
        packed += rest
        if lines:
            command = ZoneMove(site.code, lines, recall.reason, cause="recall")
            event = adjustments.move_zones(session, actor, command)
            documents.append(event.number)
            total += sum(line.quantity for line in lines)
        if not rest and (lines or notice.reply not in ANSWERS):
            found = _here(session, site, parts)
            if found or lines:
                answer(session, actor, notice.id, Answer(RecallReply.BLOCKED, found, actor.name))
    session.flush()
    return SetAside(documents, total, packed)


def close(session: Session, actor: Actor, recall_id: int, reason: str | None) -> Recall:
    """End a recall or a drill: when all have answered, or for a written reason."""
    require(actor, "recalls.write")
    recall = get_recall(session, recall_id, lock=True)
    _open(recall)
    silent = [each for each in notices_of(session, recall) if each.reply not in ANSWERS]
    checks = Checks(session)
    text = checks.text(reason, "/reason", most=2000, lines=True)
    if silent and text is None:
        checks.add("/reason", msg("%(many)s have not answered: say why it is closed now.", many=len(silent)))
    checks.check()
    recall.closed_at, recall.closed_by, recall.close_reason = clock.now(), actor.name, text
    audit.note(session, actor, "close recall", f"recall {recall.id}", reason=text, silent=len(silent))
    session.flush()
    return recall


def get_recall(session: Session, recall_id: int, *, lock: bool = False) -> Recall:
    """The recall of that id, with its item."""
    query = select(Recall).where(Recall.id == recall_id).options(selectinload(Recall.item))
    query = query.execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound(msg("Not found."))
    return found


def notices_of(session: Session, recall: Recall) -> list[RecallNotice]:
    """The notices of a recall with their sites and shipments, in the order of their making."""
    return list(
        session.scalars(
            select(RecallNotice)
            .where(RecallNotice.recall_id == recall.id)
            .options(
                selectinload(RecallNotice.site),
                selectinload(RecallNotice.shipment).selectinload(Shipment.destination),
                selectinload(RecallNotice.shipment).selectinload(Shipment.origin),
            )
            .order_by(RecallNotice.id)
        )
    )


def own_notice(session: Session, actor: Actor, notice_id: int) -> RecallNotice:
    """A notice that is the actor's business: of their site, or of a shipment from or to it."""
    require(actor, "recalls.answer")
    found = session.scalars(
        select(RecallNotice)
        .where(RecallNotice.id == notice_id)
        .options(
            selectinload(RecallNotice.recall).selectinload(Recall.item),
            selectinload(RecallNotice.site),
            selectinload(RecallNotice.shipment),
        )
        .with_for_update(of=RecallNotice)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or not concerns(actor, found):
        raise NotFound(msg("Not found."))
    return found


def concerns(actor: Actor, notice: RecallNotice) -> bool:
    """Whether somebody may know of a holder: their own site, a shipment from or to it."""
    if notice.site_id is not None:
        return actor.sees_site(notice.site_id)
    shipment = notice.shipment
    return shipment is not None and (
        actor.sees_site(shipment.origin_id) or actor.sees_site(shipment.destination_id)
    )


def _open(recall: Recall) -> None:
    if recall.withdrawn_at is not None:
        raise Conflict(msg("This recall was withdrawn."))
    if recall.closed_at is not None:
        raise Conflict(msg("This recall is closed."))


def _subject(notice: RecallNotice) -> str:
    holder = f"site {notice.site_id}" if notice.site_id else f"shipment {notice.shipment_id}"
    return f"recall {notice.recall_id} {holder}"


def _free(session: Session, site: Site, parts: dict[int, int]) -> tuple[list[ZoneMoveLine], int]:
    """Lines that move what is free in stock, and how many base units of the batch are packed."""
    zone = ledger.place(session, LocationKind.STOCK, site_id=site.id)
    lots = list(
        session.scalars(select(Lot).where(Lot.id.in_(parts)).options(selectinload(Lot.item)).order_by(Lot.id))
    )
    codes = {lot.item_id: lot.item.code for lot in lots}
    free: dict[tuple[str, str], int] = {}
    packed = 0
    for found in ledger.lots_at(session, zone.id, codes, lock=True).values():
        for lot in found:
            if lot.lot_id in parts:
                key = codes[lot.item_id], lot.number
                free[key] = free.get(key, 0) + lot.free
                packed += lot.reserved * parts[lot.lot_id]
    lines = [
        ZoneMoveLine(item, number, quantity, "stock", "quarantine")
        for (item, number), quantity in free.items()
        if quantity
    ]
    return lines, packed


def _here(session: Session, site: Site, parts: dict[int, int]) -> int:
    """Base units of the batch in all zones of a site."""
    ids = {zone.id for zone in ledger.zones(session, site.id).values()}
    held = ledger.holders_of(session, parts)
    return sum(on_hand * parts[lot_id] for place, lot_id, on_hand in held if place.id in ids)
