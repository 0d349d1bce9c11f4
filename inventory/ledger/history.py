"""A whole history written into an empty ledger at once: movements streamed, balances and day totals kept in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import cast
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.db import continue_counting, write_rows
from inventory.ledger import register
from inventory.models import Balance, Item, Location, Movement, Posting, StockDay
from inventory.rules.effects import LocationKind, PostingKind, check_effect

Move = tuple[int, int, int, int]
"""lot id, quantity in base units, source id, destination id"""


@dataclass(frozen=True, slots=True)
class Document:
    """The movements of one document, as they happened."""

    uuid: UUID
    kind: PostingKind
    number: str
    site_id: int
    occurred_on: date
    occurred_at: datetime
    moves: Sequence[Move]
    shipment_id: int | None = None


def write_history(
    session: Session, documents: Iterable[Document], items: Mapping[int, int], by: str
) -> list[int]:
    """Write documents, in the order in which they happened; the ids of their postings. `items`: lot id -> item id.

    Raises ValueError where the ledger is not empty, a document may not do what it does, or something inside would be
    below zero.
    """
    if session.scalars(select(Posting.id).limit(1)).first() is not None:
        raise ValueError("the ledger is not empty")
    locations = {row.id: row for row in session.scalars(select(Location))}
    kinds = {key: LocationKind(row.kind) for key, row in locations.items()}
    postings: list[tuple[object, ...]] = []
    movements: list[tuple[object, ...]] = []
    balances: dict[tuple[int, int], int] = {}
    days: dict[tuple[int, int, date], list[int]] = {}
    allowed: set[tuple[PostingKind, int, int]] = set()
    now = clock.now()
    for key, each in zip(count(1), documents):
        postings.append(
            (
                key,
                each.uuid,
                each.kind,
                each.number,
                each.site_id,
                each.shipment_id,
                each.occurred_on,
                each.occurred_at,
                now,
                by,
            )
        )
        for lot_id, quantity, source, destination in each.moves:
            if (each.kind, source, destination) not in allowed:
                check_effect(each.kind, kinds[source], kinds[destination])
                allowed.add((each.kind, source, destination))
            left = balances.get((source, lot_id), 0) - quantity
            if quantity <= 0 or (left < 0 and locations[source].inside):
                raise ValueError(f"too little of lot {lot_id} at location {source} on {each.occurred_on}")
            balances[(source, lot_id)] = left
            balances[(destination, lot_id)] = balances.get((destination, lot_id), 0) + quantity
            movements.append((key, lot_id, quantity, source, destination, each.occurred_at))
            for here, other, change in ((source, destination, -quantity), (destination, source, quantity)):
                if kinds[here] is LocationKind.STOCK:
                    day = days.setdefault((locations[here].site_id or 0, lot_id, each.occurred_on), [0, 0])
                    day[0] += change
                    day[1] -= change if kinds[other] is LocationKind.PATIENTS else 0
    named = (
        "id",
        "uuid",
        "kind",
        "document",
        "site_id",
        "shipment_id",
        "occurred_on",
        "occurred_at",
        "recorded_at",
        "by",
    )
    write_rows(session, cast(Table, Posting.__table__), named, postings)
    moved = ("posting_id", "lot_id", "quantity", "source_id", "destination_id", "occurred_at")
    write_rows(session, cast(Table, Movement.__table__), moved, movements)
    held = ("location_id", "lot_id", "inside", "on_hand", "reserved")
    rows = (
        (place, lot_id, locations[place].inside, on_hand, 0)
        for (place, lot_id), on_hand in sorted(balances.items())
    )
    write_rows(session, cast(Table, Balance.__table__), held, rows)
    daily = ("site_id", "lot_id", "day", "item_id", "change", "dispensed")
    sums = (
        (site, lot, day, items[lot], change, given)
        for (site, lot, day), (change, given) in sorted(days.items())
        if change or given
    )
    write_rows(session, cast(Table, StockDay.__table__), daily, sums)
    continue_counting(session)
    register.enter_history(session, session.scalars(select(Item.id).where(Item.controlled)).all())
    return list(range(1, len(postings) + 1))
