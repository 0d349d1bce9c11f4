"""Excursions decided on: harmless, for a reason, or the goods go to quarantine."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from inventory import clock
from inventory.access import Actor, require, require_site
from inventory.errors import Conflict, Invalid, NotFound, msg
from inventory.ledger import Move
from inventory.ledger.exposed import Exposed, exposed, site_of
from inventory.models import Excursion, Movement, Site, StockEvent, TemperatureLogger
from inventory.models.words import ExcursionKind, ExcursionOutcome
from inventory.rules.effects import LocationKind
from inventory.services import adjustments, audit, holds
from inventory.services.adjustments import ZoneMove, ZoneMoveLine
from inventory.services.alert_temperatures import refresh_logger
from inventory.services.checks import Checks
from inventory.services.stock_events import known_event

CAUSE = "excursion"


def get_excursion(
    session: Session, actor: Actor, excursion_id: int, permission: str, *, lock: bool = False
) -> Excursion:
    """The excursion of that id with its logger and place, if it is the actor's business."""
    require(actor, permission)
    query = (
        select(Excursion)
        .where(Excursion.id == min(excursion_id, 2**62))
        .options(
            selectinload(Excursion.logger),
            selectinload(Excursion.site),
            selectinload(Excursion.bin),
            selectinload(Excursion.shipment),
        )
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query.with_for_update(of=Excursion) if lock else query).one_or_none()
    if found is None or not _mine(actor, found):
        raise NotFound(msg("Not found."))
    return found


def _mine(actor: Actor, excursion: Excursion) -> bool:
    if excursion.shipment is not None:
        ends = excursion.shipment.origin_id, excursion.shipment.destination_id
        return any(actor.sees_site(each) for each in ends)
    return actor.sees_site(excursion.site_id)


def call_harmless(session: Session, actor: Actor, excursion_id: int, reason: str | None) -> Excursion:
    """Decide that an excursion did no harm; `reason` says why. Raises Conflict where somebody has decided."""
    excursion = get_excursion(session, actor, excursion_id, "excursions.judge", lock=True)
    _check_open(excursion)
    checks = Checks(session)
    note = checks.text(reason, "/reason", most=2000, lines=True)
    if not note and not checks:
        checks.add("/reason", msg("Say why the goods took no harm."))
    checks.check()
    return _decided(session, actor, excursion, ExcursionOutcome.HARMLESS, note, None)


def put_aside(
    session: Session,
    actor: Actor,
    excursion_id: int,
    batches: Sequence[str],
    note: str | None = None,
    uuid: UUID | None = None,
) -> Excursion:
    """Decide that goods go to quarantine: all that is free of `batches` (keys of what was exposed), in one document.

    Raises Conflict where somebody has decided, or the goods have not arrived; Invalid where none is chosen.
    """
    excursion = get_excursion(session, actor, excursion_id, "zone_moves.write", lock=True)
    before = known_event(session, actor, uuid) if uuid is not None else None
    if before is not None and before.number == excursion.document:
        return excursion
    _check_open(excursion)
    checks = Checks(session)
    text = checks.text(note, "/note", most=1500, lines=True)
    checks.check()
    site_id = site_of(session, excursion)
    site = session.get(Site, site_id) if site_id is not None else None
    if site is None:
        raise Conflict(msg("Nobody knows where the goods are."))
    require_site(actor, "zone_moves.write", site.id)
    known = {each.key: each for each in exposed(session, excursion, excursion.logger)}
    chosen = [known[key] for key in dict.fromkeys(batches) if key in known]
    if not chosen or len(chosen) < len(set(batches)):
        text_ = (
            msg("Choose the batches that go to quarantine.")
            if not batches
            else msg("What was there has changed meanwhile. Look again.")
        )
        raise Invalid.at("/batches", text_)
    empty = next((each for each in chosen if each.free <= 0), None)
    if empty is not None:
        raise Invalid.at(
            "/batches",
            msg("Nothing is free of %(item)s, lot %(lot)s.", item=empty.item.code, lot=empty.number),
        )
    event = adjustments.move_zones(
        session,
        actor,
        ZoneMove(
            site.code, [_line(each) for each in chosen], note=_note(excursion, text), uuid=uuid or uuid4()
        ),
    )
    _hold(session, actor, site, event, excursion)
    return _decided(session, actor, excursion, ExcursionOutcome.QUARANTINED, text, event.number)


def _line(batch: Exposed) -> ZoneMoveLine:
    return ZoneMoveLine(
        batch.item.code, batch.number, batch.free, LocationKind.STOCK, LocationKind.QUARANTINE
    )


def _note(excursion: Excursion, text: str | None) -> str:
    """What the document of the move says: logger, degrees and time need no translation."""
    logger: TemperatureLogger = excursion.logger
    facts = f"{logger.code}: {excursion.extreme:.1f} °C, {excursion.started_at:%Y-%m-%d %H:%M}Z"
    return f"{facts}\n{text}" if text else facts


def _hold(session: Session, actor: Actor, site: Site, event: StockEvent, excursion: Excursion) -> None:
    """What was moved waits for a decision, and says why."""
    facts = {"logger": excursion.logger.code, "degrees": f"{excursion.extreme:.1f}"}
    detail = (
        msg("%(logger)s read %(degrees)s °C, and these goods must not freeze.", **facts)
        if excursion.kind == ExcursionKind.FREEZING
        else msg(
            "%(logger)s read %(degrees)s °C; the limit is %(limit)s °C.",
            **facts,
            limit=f"{excursion.limit:.1f}",
        )
    )
    moves = [
        Move(row.lot_id, row.quantity, row.source_id, row.destination_id)
        for row in session.scalars(select(Movement).where(Movement.posting_id == event.posting_id))
    ]
    holds.open_for(session, actor, site, moves, CAUSE, detail, event.number)


def _check_open(excursion: Excursion) -> None:
    if excursion.outcome is not None:
        raise Conflict(msg("%(name)s has decided about this already.", name=excursion.decided_by or ""))


def _decided(
    session: Session,
    actor: Actor,
    excursion: Excursion,
    outcome: ExcursionOutcome,
    note: str | None,
    document: str | None,
) -> Excursion:
    excursion.outcome, excursion.note, excursion.document = outcome, note, document
    excursion.decided_by_id, excursion.decided_by = actor.user_id, actor.name
    excursion.decided_at = clock.now()
    session.flush()
    audit.note(
        session,
        actor,
        f"excursion_{outcome}",
        f"excursion {excursion.id}",
        logger=excursion.logger.code,
        document=document,
    )
    _refresh(session, excursion)
    return excursion


def _refresh(session: Session, excursion: Excursion) -> None:
    """The alerts where the logger is, and where it was."""
    refresh_logger(session, excursion.logger, also=site_of(session, excursion))
