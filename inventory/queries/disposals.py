"""A disposal as its certificate tells it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.documents import DisposalCertificate, DisposedLine, Organisation, Party
from inventory.errors import NotFound, msg
from inventory.models import Hold, StockEvent
from inventory.models.words import StockEventKind
from inventory.queries import documents, events
from inventory.queries.documents import EventLine
from inventory.queries.papers import goods_of


def certificate(
    session: Session, actor: Actor, number: str, organisation: Organisation, tag: str
) -> DisposalCertificate:
    """The certificate of a disposal, its texts in the language of `tag`. Raises NotFound for another document."""
    event = documents.event(session, actor, number)
    if event.kind != StockEventKind.DISPOSAL:
        raise NotFound(msg("Not found."))
    undone = events.reversal(session, event)
    site = event.site
    reasons = _reasons(session, event)
    return DisposalCertificate(
        organisation=organisation,
        number=event.number,
        issued_on=clock.today(site.timezone),
        disposed_on=event.occurred_on,
        site=Party(name=site.name, code=site.code, country=site.country),
        method=event.method or "",
        lines=[_line(line, tag, reasons) for line in documents.event_lines(session, event)],
        reason=event.note or "",
        place=event.place or "",
        done_by=(event.posting.by or "") if event.posting else "",
        witness=(event.posting.witness or "") if event.posting else "",
        authority=event.authority or "",
        certificate=event.certificate or "",
        reversed_on=undone.occurred_on if undone else None,
    )


def _reasons(session: Session, event: StockEvent) -> dict[tuple[int, str], str]:
    """(lot id, zone) -> the rules for which it was held, as words of `rules/holding.CAUSES`."""
    rows = session.execute(
        select(Hold.lot_id, Hold.zone, Hold.cause).where(Hold.event_id == event.id).order_by(Hold.id)
    )
    found: dict[tuple[int, str], str] = {}
    for lot_id, zone, cause in rows:
        found.setdefault((lot_id, zone), cause)
    return found


def _line(line: EventLine, tag: str, reasons: dict[tuple[int, str], str]) -> DisposedLine:
    weight, value = line.item.unit_weight_kg, line.lot.unit_value
    return DisposedLine(
        goods=goods_of(line.item, line.lot, tag),
        quantity=line.quantity,
        zone=line.source,
        cause=reasons.get((line.lot.id, line.source), ""),
        weight_kg=None if weight is None else weight * line.quantity,
        value=None if value is None else value * line.quantity,
        currency=line.lot.currency or "",
    )
