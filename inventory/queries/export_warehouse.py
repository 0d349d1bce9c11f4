"""Exports of the warehouse's own lists: held goods and excursions of temperature."""

from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.queries import holds, temperatures
from inventory.queries.export_rows import BATCH, Asked, Table, every


def holds_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """What was set aside or refused, why, and what two people decided about it."""
    header = (
        "number", "site", "item", "item_name", "lot", "expires_on", "zone", "quantity", "cause", "document",
        "opened_at", "status", "outcome", "reason", "proposed_by", "decided_by", "decided_at",
    )  # fmt: skip
    wanted = holds.HoldFilter(asked.site, asked.status, asked.cause, asked.item, None, asked.q)
    found = every(lambda after: holds.holds_slice(session, actor, wanted, after, BATCH))
    rows = (
        (
            each.number, each.site.code, each.item.code, each.item.name, each.lot.number, each.lot.expires_on,
            each.zone, each.quantity, each.cause, each.document, each.opened_at, each.status, each.outcome,
            each.reason, each.proposed_by, each.decided_by, each.decided_at,
        )
        for each in found
    )  # fmt: skip
    return header, rows


def excursions_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """Runs of readings out of range, in degrees Celsius, and what was decided."""
    header = (
        "logger", "site", "kind", "limit_celsius", "extreme_celsius", "mkt_celsius", "started_at", "ended_at",
        "readings", "outcome", "note", "decided_by", "decided_at", "document",
    )  # fmt: skip
    waiting = {"open": True, "decided": False}.get(asked.state or "")
    site = asked.site
    found = every(lambda after: temperatures.excursions_slice(session, actor, site, waiting, after, BATCH))
    rows = (
        (
            each.logger.code, each.site.code if each.site else None, each.kind, each.limit, each.extreme,
            each.mkt, each.started_at, each.ended_at, each.readings, each.outcome, each.note, each.decided_by,
            each.decided_at, each.document,
        )
        for each in found
    )  # fmt: skip
    return header, rows
