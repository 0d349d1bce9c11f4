"""Exports of the registers of controlled medicines and of their permits."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.queries import permits, register
from inventory.queries.export_rows import Asked, Table
from inventory.queries.register import Line, Other

REGISTER = (
    "site", "item", "item_name", "base_unit", "sequence", "occurred_on", "recorded_at", "document", "kind", "lot",
    "expires_on", "from_or_to", "quantity_in", "quantity_out", "balance", "by", "second_person", "note",
)  # fmt: skip
PERMIT = (
    "number",
    "authority",
    "importer",
    "exporter",
    "cites",
    "valid_from",
    "valid_until",
    "ended_on",
    "note",
)


def register_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """Every entry, register by register, in its order."""
    found = [
        each
        for each in register.registers(session, actor, asked.site)
        if asked.item in (None, each.item.code)
    ]

    def rows() -> Iterator[Sequence[Any]]:
        for each in found:
            named = [each.site.code, each.item.code, each.item.name, each.item.base_unit]
            lines = register.entries(
                session, each.site.id, each.item.id, since=asked.since, until=asked.until
            )
            for line in lines:
                yield [*named, *_cells(line)]

    return REGISTER, rows()


def _cells(line: Line) -> list[Any]:
    return [
        line.sequence,
        line.occurred_on,
        line.recorded_at,
        line.document,
        line.kind,
        line.lot,
        line.expires_on,
        ", ".join(_named(each) for each in line.others),
        max(0, line.change) or None,
        max(0, -line.change) or None,
        line.balance,
        line.by,
        line.second,
        line.note,
    ]


def _named(other: Other) -> str:
    parts = (other.kind, other.shipment, other.site, other.donor)
    return " ".join(each for each in parts if each)


def permits_table(session: Session, actor: Actor, asked: Asked) -> Table:
    """A row for each item of each permit, with what has gone under it."""
    header = ("kind", *PERMIT, "site", "shipment", "status", "item", "item_name", "quantity", "used")
    found = permits.permits(session, actor, asked.site, asked.state or "all", asked.kind)

    def rows() -> Iterator[Sequence[Any]]:
        for each in found:
            row = each.row
            said = [row.kind, *(getattr(row, name) for name in PERMIT)]
            said.append(row.site.code if row.site is not None else None)
            said.append(row.shipment.number if row.shipment is not None else None)
            for part in each.covers:
                yield [*said, each.state, part.item.code, part.item.name, part.quantity, part.used]

    return header, rows()
