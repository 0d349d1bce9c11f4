"""The register of controlled medicines: per site and item every change of stock, numbered, with a running balance.

The ledger writes it with the posting, and nothing else does. Moves between the zones of a site change nothing that
it holds, and make no entry. What is posted late is entered when it is told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, exists, func, insert, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.errors import Conflict, msg
from inventory.ledger._sql import CHUNK, chunks
from inventory.models import (
    Balance,
    ControlledEntry,
    ControlledSignature,
    Item,
    Location,
    Lot,
    Movement,
    Posting,
)
from inventory.rules.effects import ZONES, LocationKind

Pair = tuple[int, int]
"""(site id, item id)"""

Change = tuple[int, int, int]
"""(posting id, lot id, signed quantity)"""

Flow = tuple[int, int, int, int]
"""(lot id, quantity, source id, destination id)"""


def kinds_of(session: Session, lot_ids: Iterable[int]) -> tuple[dict[int, int], set[int]]:
    """lot id -> item id, and those of the lots whose item is controlled.

    The items are held so that none is put under control until this transaction ends (`enter_history`).
    """
    items: dict[int, int] = {}
    controlled: set[int] = set()
    for chunk in chunks(set(lot_ids)):
        query = (
            select(Lot.id, Lot.item_id, Item.controlled)
            .join(Item, Item.id == Lot.item_id)
            .where(Lot.id.in_(chunk or []))
            .with_for_update(read=True, key_share=True, of=Item)
        )
        for lot_id, item_id, is_controlled in session.execute(query):
            items[lot_id] = item_id
            if is_controlled:
                controlled.add(lot_id)
    return items, controlled


def enter(
    session: Session,
    postings: Iterable[tuple[Posting, Iterable[Flow]]],
    locations: Mapping[int, Location],
    items: Mapping[int, int],
    controlled: set[int],
) -> frozenset[Pair]:
    """Enter postings that were just written; the (site, item) pairs whose registers they changed.

    A second name that was given with a posting is kept as its signature.
    """
    found: dict[Pair, list[Change]] = defaultdict(list)
    signed: list[dict[str, object]] = []
    for posting, flows in postings:
        changes: dict[tuple[int, int], int] = defaultdict(int)
        mine = [flow for flow in flows if flow[0] in controlled]
        for lot_id, quantity, source_id, destination_id in mine:
            for location_id, change in ((source_id, -quantity), (destination_id, quantity)):
                place = locations[location_id]
                if place.site_id is not None and place.kind in ZONES:
                    changes[(place.site_id, lot_id)] += change
        for (site_id, lot_id), change in sorted(changes.items()):
            if change:
                found[(site_id, items[lot_id])].append((posting.id, lot_id, change))
        if mine and posting.witness:
            signed.append({"posting_id": posting.id, "by": posting.witness, "signed_at": clock.now()})
    _append(session, found)
    for start in range(0, len(signed), CHUNK):
        session.execute(insert(ControlledSignature), signed[start : start + CHUNK])
    return frozenset(found)


def enter_history(session: Session, item_ids: Collection[int]) -> int:
    """Enter what items that are now under control did before, in the order in which it was recorded.

    What an earlier time under control entered already is left alone. How many entries were made.
    """
    found: dict[Pair, list[Change]] = defaultdict(list)
    for chunk in chunks(item_ids):
        # Postings hold their items weakly: this waits for those under way, and keeps others waiting.
        held = select(Item.id).where(Item.id.in_(chunk or [])).order_by(Item.id).with_for_update()
        session.execute(held)
        wanted: list[ColumnElement[bool]] = [Lot.item_id.in_(chunk or [])]
        for site_id, item_id, posting_id, lot_id, change in _changes(session, wanted, missing=True):
            found[(site_id, item_id)].append((posting_id, lot_id, change))
    _append(session, found)
    return sum(len(changes) for changes in found.values())


def sign(session: Session, posting_id: int, by: str, by_id: int | None, note: str | None) -> None:
    """Put a second person's name under a posting. Raises Conflict where there is one already."""
    held = select(Posting.id).where(Posting.id == posting_id).with_for_update(key_share=True)
    session.execute(held)
    there = session.get(ControlledSignature, posting_id, populate_existing=True)
    if there is not None:
        raise Conflict(msg("%(name)s has signed this already.", name=there.by))
    session.add(ControlledSignature(posting_id=posting_id, by=by, by_id=by_id, note=note))
    session.flush()


def _append(session: Session, found: Mapping[Pair, Sequence[Change]]) -> None:
    """Write the changes behind what the registers hold, numbered on, each balance from the one before."""
    if not found:
        return
    # An entry that is the last can be locked, but not the next: so the site's stock zone stands for its registers.
    sites = sorted({site_id for site_id, _ in found})
    session.execute(
        select(Location.id)
        .where(Location.site_id.in_(sites), Location.kind == LocationKind.STOCK)
        .order_by(Location.id)
        .with_for_update(key_share=True)
    )
    rows: list[dict[str, int]] = []
    for (site_id, item_id), changes in sorted(found.items()):
        last = session.execute(
            select(ControlledEntry.sequence, ControlledEntry.balance)
            .where(ControlledEntry.site_id == site_id, ControlledEntry.item_id == item_id)
            .order_by(ControlledEntry.sequence.desc())
            .limit(1)
        ).one_or_none()
        sequence, balance = (last.sequence, last.balance) if last is not None else (0, 0)
        for posting_id, lot_id, change in _feasible(changes, balance):
            sequence, balance = sequence + 1, balance + change
            rows.append(
                {
                    "site_id": site_id,
                    "item_id": item_id,
                    "sequence": sequence,
                    "posting_id": posting_id,
                    "lot_id": lot_id,
                    "change": change,
                    "balance": balance,
                }
            )
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(ControlledEntry), rows[start : start + CHUNK])


def _feasible(changes: Iterable[Change], balance: int) -> Iterator[Change]:
    """The changes in their order, but what would take more than is there only once enough has come.

    Postings that are written together may name what goes before what it is taken from.
    """
    waiting: list[Change] = []
    for each in changes:
        waiting.append(each)
        for one in list(waiting):
            if balance + one[2] >= 0:
                balance += one[2]
                waiting.remove(one)
                yield one
    yield from waiting


def _changes(
    session: Session, wanted: Sequence[ColumnElement[bool]], *, missing: bool = False
) -> list[tuple[int, int, int, int, int]]:
    """(site id, item id, posting id, lot id, signed quantity): what the movements of the wanted lots did to the sites.

    In the order of recording; only what has no entry yet where it is `missing`.
    """
    sums: dict[tuple[int, int, int, int], int] = defaultdict(int)
    for column, sign_ in ((Movement.destination_id, 1), (Movement.source_id, -1)):
        query = (
            select(
                Movement.posting_id,
                Movement.lot_id,
                Location.site_id,
                Lot.item_id,
                func.sum(Movement.quantity),
            )
            .join(Location, Location.id == column)
            .join(Lot, Lot.id == Movement.lot_id)
            .join(Item, Item.id == Lot.item_id)
            .where(Location.kind.in_(list(ZONES)), *wanted)
            .group_by(Movement.posting_id, Movement.lot_id, Location.site_id, Lot.item_id)
        )
        if missing:
            entered = exists().where(
                ControlledEntry.posting_id == Movement.posting_id, ControlledEntry.lot_id == Movement.lot_id
            )
            query = query.where(~entered)
        for posting_id, lot_id, site_id, item_id, quantity in session.execute(query):
            sums[(posting_id, lot_id, site_id or 0, item_id)] += sign_ * int(quantity)
    return [
        (site_id, item_id, posting_id, lot_id, change)
        for (posting_id, lot_id, site_id, item_id), change in sorted(sums.items())
        if change
    ]


def prove(session: Session) -> Iterator[str]:
    """Faults of the registers: gaps, balances that do not run on, postings that are not entered or not as they are."""
    registers: dict[Pair, tuple[int, int]] = {}
    entries: dict[tuple[int, int, int], int] = {}
    query = select(
        ControlledEntry.site_id,
        ControlledEntry.item_id,
        ControlledEntry.sequence,
        ControlledEntry.posting_id,
        ControlledEntry.lot_id,
        ControlledEntry.change,
        ControlledEntry.balance,
        Lot.item_id,
    ).join(Lot, Lot.id == ControlledEntry.lot_id)
    ordered = query.order_by(ControlledEntry.site_id, ControlledEntry.item_id, ControlledEntry.sequence)
    for site_id, item_id, sequence, posting_id, lot_id, change, balance, lot_item_id in session.execute(
        ordered
    ):
        told = f"entry {sequence} of item {item_id} at site {site_id}"
        last, before = registers.get((site_id, item_id), (0, 0))
        if sequence != last + 1:
            yield f"{told} follows entry {last}"
        if balance != before + change:
            yield f"{told} says {balance} are left, {before} and {change} make {before + change}"
        if item_id != lot_item_id:
            yield f"{told} is about a lot of another item"
        registers[(site_id, item_id)] = sequence, balance
        key = (site_id, posting_id, lot_id)
        if key in entries:
            yield f"{told} enters posting {posting_id} a second time"
        entries[key] = entries.get(key, 0) + change
    for site_id, _, posting_id, lot_id, change in _changes(session, [Item.controlled.is_(True)]):
        said = entries.pop((site_id, posting_id, lot_id), None)
        if said is None:
            yield f"posting {posting_id} of lot {lot_id} is not in the register of site {site_id}"
        elif said != change:
            yield f"posting {posting_id} of lot {lot_id} is in the register of site {site_id} with {said}, not {change}"
    yield from _strays(session, entries)
    held = session.execute(
        select(Location.site_id, Lot.item_id, func.sum(Balance.on_hand))
        .join(Location, Location.id == Balance.location_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Location.kind.in_(list(ZONES)), Item.controlled)
        .group_by(Location.site_id, Lot.item_id)
    )
    for at, item_id, on_hand in held:
        balance = registers.get((at or 0, item_id), (0, 0))[1]
        if balance != int(on_hand):
            yield f"the register of item {item_id} at site {at} says {balance}, the ledger {int(on_hand)}"


def _strays(session: Session, entries: Mapping[tuple[int, int, int], int]) -> Iterator[str]:
    """Entries that no posting of a controlled item bears out: of items no longer controlled they must be true too."""
    lot_ids = {lot_id for _, _, lot_id in entries}
    true: dict[tuple[int, int, int], int] = {}
    for chunk in chunks(lot_ids):
        wanted: list[ColumnElement[bool]] = [Lot.id.in_(chunk or []), Item.controlled.is_(False)]
        for site_id, _, posting_id, lot_id, change in _changes(session, wanted):
            true[(site_id, posting_id, lot_id)] = change
    for key, said in entries.items():
        if true.get(key) != said:
            yield f"an entry of site {key[0]} says {said} of lot {key[2]}, the movements of posting {key[1]} do not"
