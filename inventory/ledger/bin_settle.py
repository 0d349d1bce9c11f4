"""What a posting takes out of a zone comes out of its bins, where it was not lying loose."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from inventory import clock
from inventory.ledger._sql import CHUNK, chunks
from inventory.models import Balance, Bin, BinMove, BinStock, Location, Posting
from inventory.rules.effects import ZONES
from inventory.rules.put_away import taken_from


def settle(
    session: Session, posting: Posting, left: Iterable[tuple[int, int]], locations: Mapping[int, Location]
) -> None:
    """Bring the bins down to what is left in the zones after a posting; for the ledger's writers.

    `left` are the (location id, lot id) out of which it took; their balances are locked and changed already. What was
    not put away goes first, then the bins in the order of the walk. One question, and none for what only comes in.
    """
    sources = {key for key in left if locations[key[0]].kind in ZONES}
    if not sources:
        return
    sites = {locations[location_id].site_id for location_id, _ in sources}
    zone_at: dict[tuple[int | None, str], int] = {
        (locations[at].site_id, locations[at].kind): at for at, _ in sources
    }
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for ids in chunks({lot_id for _, lot_id in sources}):
        rows = session.execute(
            select(Bin.id, Bin.site_id, Bin.zone, BinStock.lot_id, BinStock.quantity)
            .join(Bin, Bin.id == BinStock.bin_id)
            .where(BinStock.lot_id.in_(ids or []), BinStock.quantity > 0, Bin.site_id.in_(sites))
            .order_by(Bin.sequence, Bin.code)
            .with_for_update(of=BinStock)
        )
        for bin_id, site_id, zone, lot_id, quantity in rows:
            key = (zone_at.get((site_id, zone), 0), lot_id)
            if key in sources:
                found[key].append((bin_id, quantity))
    if not found:
        return
    on_hand = _on_hand(session, found)
    moves: list[dict[str, Any]] = []
    for (at, lot_id), lying in sorted(found.items()):
        over = sum(quantity for _, quantity in lying) - on_hand[(at, lot_id)]
        for taken, part in taken_from(0, lying, over) if over > 0 else []:
            moves.append({"lot_id": lot_id, "source_id": taken, "quantity": part})
    if not moves:
        return
    session.connection().execute(
        _TAKE,
        [{"at": move["source_id"], "of": move["lot_id"], "less": move["quantity"]} for move in moves],
    )
    forget(session, {(move["source_id"], move["lot_id"]) for move in moves})
    who = {"posting_id": posting.id, "by_id": posting.user_id, "by": posting.by, "recorded_at": clock.now()}
    session.execute(insert(BinMove), [move | who for move in moves])


_BIN_STOCK = BinStock.__table__
_TAKE = (
    update(_BIN_STOCK)  # type: ignore[arg-type]
    .where(_BIN_STOCK.c.bin_id == bindparam("at"), _BIN_STOCK.c.lot_id == bindparam("of"))
    .values(quantity=_BIN_STOCK.c.quantity - bindparam("less"))
)


def _on_hand(session: Session, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    lots: dict[int, list[int]] = defaultdict(list)
    for at, of in keys:
        lots[at].append(of)
    found: dict[tuple[int, int], int] = {}
    for location_id, lot_ids in lots.items():
        for start in range(0, len(lot_ids), CHUNK):
            rows = session.execute(
                select(Balance.lot_id, Balance.on_hand).where(
                    Balance.location_id == location_id, Balance.lot_id.in_(lot_ids[start : start + CHUNK])
                )
            )
            found |= {(location_id, lot_id): on_hand for lot_id, on_hand in rows}
    return found


def forget(session: Session, keys: Iterable[tuple[int, int]]) -> None:
    for key in keys:
        known = session.identity_map.get(session.identity_key(BinStock, key))
        if known is not None:
            session.expire(known)
