"""Proof of the ledger: every balance, reservation and day total computed again from the movements."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from inventory.ledger import bin_figures, kits, register
from inventory.models import (
    Balance,
    Location,
    Lot,
    Movement,
    Package,
    PackageLine,
    Posting,
    Shipment,
    StockDay,
)
from inventory.rules.effects import EFFECTS, INSIDE, ZONES, LocationKind, PostingKind


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many postings, movements and balances were looked at, and each fault in words."""

    postings: int
    movements: int
    balances: int
    faults: list[str]


def verify(session: Session) -> Verdict:
    """Check every invariant of the ledger; nothing is changed."""
    faults = [
        *_balances(session),
        *_reservations(session),
        *_days(session),
        *_effects(session),
        *_reversals(session),
        *_history(session),
        *_times(session),
        *_pieces(session),
        *_empty(session),
        *kits.prove(session),
        *bin_figures.prove(session),
        *register.prove(session),
    ]
    postings, movements, balances = (
        session.scalar(select(func.count()).select_from(table)) or 0 for table in (Posting, Movement, Balance)
    )
    return Verdict(postings, movements, balances, faults)


def _balances(session: Session) -> Iterator[str]:
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for column, sign in ((Movement.destination_id, 1), (Movement.source_id, -1)):
        rows = session.execute(
            select(column, Movement.lot_id, func.sum(Movement.quantity)).group_by(column, Movement.lot_id)
        )
        for location_id, lot_id, quantity in rows:
            sums[(location_id, lot_id)] += sign * int(quantity)
    lots: dict[int, int] = defaultdict(int)
    for balance in session.execute(
        select(Balance.location_id, Balance.lot_id, Balance.on_hand, Balance.inside, Location.inside).join(
            Location, Location.id == Balance.location_id
        )
    ):
        location_id, lot_id, on_hand, inside, truly = balance
        expected = sums.pop((location_id, lot_id), 0)
        lots[lot_id] += on_hand
        if on_hand != expected:
            yield f"balance of lot {lot_id} at location {location_id} is {on_hand}, its movements add up to {expected}"
        if inside != truly:
            yield f"balance of lot {lot_id} at location {location_id} is on the wrong side of the door"
        if inside and on_hand < 0:
            yield f"balance of lot {lot_id} at location {location_id} is below zero: {on_hand}"
    for (location_id, lot_id), quantity in sums.items():
        if quantity:
            yield f"lot {lot_id} has movements of {quantity} at location {location_id} and no balance there"
    for lot_id, total in lots.items():
        if total:
            yield f"lot {lot_id} is not conserved: its balances add up to {total} instead of 0"


def _reservations(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Location.id, PackageLine.lot_id, func.sum(PackageLine.quantity))
        .join(Package, Package.id == PackageLine.package_id)
        .join(Shipment, Shipment.id == Package.shipment_id)
        .join(Location, (Location.site_id == Shipment.origin_id) & (Location.kind == LocationKind.STOCK))
        .where(Shipment.status == "draft")
        .group_by(Location.id, PackageLine.lot_id)
    )
    expected = {(location_id, lot_id): int(quantity) for location_id, lot_id, quantity in rows}
    kept = session.execute(
        select(Balance.location_id, Balance.lot_id, Balance.reserved).where(Balance.reserved != 0)
    )
    reserved = {(location_id, lot_id): quantity for location_id, lot_id, quantity in kept}
    for location_id, lot_id in sorted(expected.keys() | reserved.keys()):
        said, packed = reserved.get((location_id, lot_id), 0), expected.get((location_id, lot_id), 0)
        if said != packed:
            yield f"lot {lot_id} at location {location_id} has {said} reserved, draft shipments hold {packed}"


def _days(session: Session) -> Iterator[str]:
    other = aliased(Location)
    sums: dict[tuple[int, int, date], list[int]] = defaultdict(lambda: [0, 0])
    for here, there, sign in (
        (Movement.destination_id, Movement.source_id, 1),
        (Movement.source_id, Movement.destination_id, -1),
    ):
        rows = session.execute(
            select(
                Location.site_id,
                Movement.lot_id,
                Posting.occurred_on,
                other.kind,
                func.sum(Movement.quantity),
            )
            .join(Posting, Posting.id == Movement.posting_id)
            .join(Location, Location.id == here)
            .join(other, other.id == there)
            .where(Location.kind == LocationKind.STOCK)
            .group_by(Location.site_id, Movement.lot_id, Posting.occurred_on, other.kind)
        )
        for site_id, lot_id, day, kind, quantity in rows:
            totals = sums[(site_id or 0, lot_id, day)]
            totals[0] += sign * int(quantity)
            totals[1] -= sign * int(quantity) if kind == LocationKind.PATIENTS else 0
    for row in session.execute(
        select(
            StockDay.site_id,
            StockDay.lot_id,
            StockDay.day,
            StockDay.change,
            StockDay.dispensed,
            StockDay.item_id,
            Lot.item_id,
        ).join(Lot, Lot.id == StockDay.lot_id)
    ):
        site_id, lot_id, day, change, dispensed, item_id, lot_item_id = row
        expected = sums.pop((site_id, lot_id, day), [0, 0])
        if [change, dispensed] != expected:
            said, moved = f"{change}/{dispensed}", f"{expected[0]}/{expected[1]}"
            yield f"day {day} of lot {lot_id} at site {site_id} says {said}, its movements {moved}"
        if item_id != lot_item_id:
            yield f"day {day} of lot {lot_id} at site {site_id} is under another item"
    for (site_id, lot_id, day), expected in sums.items():
        if any(expected):
            yield f"day {day} of lot {lot_id} at site {site_id} is missing"


def _effects(session: Session) -> Iterator[str]:
    source, destination = aliased(Location), aliased(Location)
    rows = session.execute(
        select(Posting.kind, source.kind, destination.kind, func.count(), func.min(Movement.id))
        .join(Posting, Posting.id == Movement.posting_id)
        .join(source, source.id == Movement.source_id)
        .join(destination, destination.id == Movement.destination_id)
        .group_by(Posting.kind, source.kind, destination.kind)
    )
    for kind, from_kind, to_kind, many, first in rows:
        if (LocationKind(from_kind), LocationKind(to_kind)) not in EFFECTS[PostingKind(kind)]:
            yield f"{many} movements of a {kind} go from {from_kind} to {to_kind} (first: movement {first})"


def _reversals(session: Session) -> Iterator[str]:
    undone, undoing = aliased(Movement), aliased(Movement)
    sums: dict[int, dict[tuple[int, int, int], int]] = defaultdict(lambda: defaultdict(int))
    pairs = select(Posting.id, Posting.reverses_id).where(Posting.reverses_id.is_not(None)).subquery()
    for row in session.execute(
        select(pairs.c.id, undone).join(undone, undone.posting_id == pairs.c.reverses_id)
    ):
        sums[row[0]][(row[1].lot_id, row[1].source_id, row[1].destination_id)] += row[1].quantity
    for row in session.execute(select(pairs.c.id, undoing).join(undoing, undoing.posting_id == pairs.c.id)):
        sums[row[0]][(row[1].lot_id, row[1].destination_id, row[1].source_id)] -= row[1].quantity
    for posting_id, left in sums.items():
        if any(left.values()):
            yield f"posting {posting_id} does not take back exactly what it reverses"
    for posting_id, kind, reverses_id in session.execute(
        select(Posting.id, Posting.kind, Posting.reverses_id).where(
            (Posting.kind == PostingKind.REVERSAL) != Posting.reverses_id.is_not(None)
        )
    ):
        fault = "reverses nothing" if reverses_id is None else f"is no reversal and reverses {reverses_id}"
        yield f"posting {posting_id}, a {kind}, {fault}"


def _history(session: Session) -> Iterator[str]:
    """No balance inside the house was below zero at the end of any day; in transit, at any instant.

    A day is one at the site; a shipment may leave on the 2nd, here, and arrive on the 1st, there.
    """
    changes: dict[tuple[int, int], dict[date | datetime, int]] = defaultdict(lambda: defaultdict(int))
    for column, sign in ((Movement.destination_id, 1), (Movement.source_id, -1)):
        for when, kinds in ((Posting.occurred_on, ZONES), (Posting.occurred_at, INSIDE - ZONES)):
            rows = session.execute(
                select(column, Movement.lot_id, when, func.sum(Movement.quantity))
                .join(Posting, Posting.id == Movement.posting_id)
                .join(Location, Location.id == column)
                .where(Location.kind.in_(list(kinds)))
                .group_by(column, Movement.lot_id, when)
            )
            for location_id, lot_id, moment, quantity in rows:
                changes[(location_id, lot_id)][moment] += sign * int(quantity)
    for (location_id, lot_id), by_time in changes.items():
        running = 0
        for moment, change in sorted(by_time.items()):
            running += change
            if running < 0:
                yield f"lot {lot_id} at location {location_id} was below zero on {moment}: {running}"
                break


def _times(session: Session) -> Iterator[str]:
    rows = session.scalars(
        select(Movement.id)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Movement.occurred_at != Posting.occurred_at)
    )
    for movement_id in rows:
        yield f"movement {movement_id} is of another time than its posting"


def _pieces(session: Session) -> Iterator[str]:
    """The lot of a serialised item is one piece, wherever it is."""
    held = func.sum(Balance.on_hand)
    rows = session.execute(
        select(Lot.id, held)
        .join(Balance, Balance.lot_id == Lot.id)
        .where(Lot.serial.is_not(None), Balance.inside)
        .group_by(Lot.id)
        .having(held > 1)
    )
    for lot_id, quantity in rows:
        yield f"lot {lot_id} is one piece and is there {quantity} times"


def _empty(session: Session) -> Iterator[str]:
    rows = session.scalars(
        select(Posting.id).outerjoin(Movement, Movement.posting_id == Posting.id).where(Movement.id.is_(None))
    )
    for posting_id in rows:
        yield f"posting {posting_id} has no movements"
