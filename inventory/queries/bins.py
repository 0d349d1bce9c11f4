"""Bins of a site as pages and the API tell of them: how full, what lies in them, what waits to be put away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.errors import Message, NotFound, msg
from inventory.ledger.bins import bins_of, has_bins, unplaced
from inventory.ledger.shelves import filled, goods_of, shelves
from inventory.models import (
    Bin,
    BinMove,
    Item,
    Lot,
    Package,
    PackageLine,
    Receipt,
    ReceiptLine,
    Shipment,
    Site,
)
from inventory.queries.stock import check_site
from inventory.rules.put_away import Placing, Shelf, objections, suggest, taken_from

Part = tuple[str | None, int]
"""(the bin's code, or None for what was not put away, base units)"""


@dataclass(frozen=True, slots=True)
class Lying:
    """So much of a lot in a bin, and why it should not lie there."""

    lot: Lot
    quantity: int
    wrong: Sequence[Message]


@dataclass(frozen=True, slots=True)
class BinView:
    """A bin, how full it is (None where its size is not known) and what lies in it.

    `unmeasured`: goods whose size the catalogue does not know lie in it, so that it is fuller than it says.
    """

    row: Bin
    shelf: Shelf[int]
    contents: Sequence[Lying]
    unmeasured: bool

    @property
    def volume_percent(self) -> int | None:
        """By volume, in percent."""
        return _percent(self.shelf.used_m3, self.shelf.volume_m3)

    @property
    def weight_percent(self) -> int | None:
        """By weight, in percent."""
        return _percent(self.shelf.used_kg, self.shelf.weight_kg)

    @property
    def wrong(self) -> int:
        """How many lots should not lie there."""
        return sum(1 for each in self.contents if each.wrong)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lot that was not put away yet, and where it would lie best: (code of the bin, base units)."""

    zone: str
    lot: Lot
    on_hand: int
    left: int
    placing: Placing[int]
    parts: Sequence[tuple[str, int]] = field(default_factory=list)


def site_of(session: Session, actor: Actor, code: str) -> Site:
    """The site of that code, if it is one of the actor's."""
    check_site(session, actor, code)
    return session.scalars(select(Site).where(Site.code == code)).one()


def bins_at(
    session: Session,
    actor: Actor,
    site_code: str,
    *,
    zone: str | None = None,
    text: str | None = None,
    closed: bool = False,
) -> list[BinView]:
    """The bins of a site on the walk's way; `text` is looked for in their codes, names and in what lies in them."""
    site = site_of(session, actor, site_code)
    state, lying, rows = shelves(session, site.id)
    found = []
    for row in rows:
        if (row.closed_on is not None and not closed) or (zone is not None and row.zone != zone):
            continue
        view = _view(row, state[row.id], [(each.lot, each.quantity) for each in lying.get(row.id, [])])
        if text and not _mentions(view, text.casefold()):
            continue
        found.append(view)
    return found


def bin_at(session: Session, actor: Actor, site_code: str, code: str) -> BinView:
    """One bin of a site; NotFound where there is none."""
    site = site_of(session, actor, site_code)
    row = session.scalars(select(Bin).where(Bin.site_id == site.id, Bin.code == code)).one_or_none()
    if row is None:
        raise NotFound(msg("There is no bin %(code)s at this site.", code=code[:80]))
    state, lying, _ = shelves(session, site.id, [row.id])
    return _view(row, state[row.id], [(each.lot, each.quantity) for each in lying.get(row.id, [])])


def last_moves(session: Session, bin_id: int, most: int = 20) -> list[tuple[BinMove, Lot, Item, int]]:
    """The last moves into and out of a bin: (move, lot, item, signed quantity)."""
    rows = session.execute(
        select(BinMove, Lot, Item)
        .join(Lot, Lot.id == BinMove.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(or_(BinMove.source_id == bin_id, BinMove.destination_id == bin_id))
        .order_by(BinMove.id.desc())
        .limit(most)
    )
    return [
        (move, lot, item, move.quantity if move.destination_id == bin_id else -move.quantity)
        for move, lot, item in rows
    ]


def waiting(
    session: Session,
    actor: Actor,
    site_code: str,
    *,
    receipt: str | None = None,
    zone: str | None = None,
    start: int = 0,
    most: int | None = None,
) -> tuple[list[Waiting], int]:
    """What a site has not put away yet, each with a suggestion that counts on those before it; and how much there is.

    With `receipt`, only the lots of that goods-received note.
    """
    site = site_of(session, actor, site_code)
    rows = unplaced(session, site.id, zone)
    if receipt is not None:
        lots = set(
            session.scalars(
                select(ReceiptLine.lot_id)
                .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
                .where(Receipt.number == receipt, Receipt.site_id == site.id)
            )
        )
        rows = [row for row in rows if row.lot.id in lots]
    state, _, bins = shelves(session, site.id)
    codes = {row.id: row.code for row in bins}
    found = []
    shown = rows[start : start + most] if most is not None else rows[start:]
    for row in shown:
        goods = goods_of(row.lot, row.zone)
        placing = suggest(goods, row.left, state.values())
        for bin_id, part in placing.parts:
            state[bin_id] = filled(state[bin_id], goods, part)
        parts = [(codes[bin_id], part) for bin_id, part in placing.parts]
        found.append(Waiting(row.zone, row.lot, row.on_hand, row.left, placing, parts))
    return found, len(rows)


def where_taken(session: Session, site_id: int, wanted: Iterable[tuple[int, int]]) -> dict[int, list[Part]]:
    """lot id -> from which bins of the stock zone (lot id, quantity) are taken; nothing where a site has no bins."""
    lines = [(lot_id, lot_id, quantity) for lot_id, quantity in wanted]
    return _fetched(session, site_id, lines, {}) if lines and has_bins(session, site_id) else {}


def pick_list(session: Session, shipment: Shipment) -> dict[int, list[Part]]:
    """package line id -> the bins that a draft shipment's goods are fetched from; older drafts are fetched first."""
    if shipment.status != "draft" or not has_bins(session, shipment.origin_id):
        return {}
    lines = (
        select(PackageLine.id, PackageLine.lot_id, PackageLine.quantity)
        .join(Package, Package.id == PackageLine.package_id)
        .where(Package.shipment_id == shipment.id)
        .order_by(PackageLine.id)
    )
    mine = [(line_id, lot_id, quantity) for line_id, lot_id, quantity in session.execute(lines)]
    earlier = session.execute(
        select(PackageLine.lot_id, func.sum(PackageLine.quantity))
        .join(Package, Package.id == PackageLine.package_id)
        .join(Shipment, Shipment.id == Package.shipment_id)
        .where(
            Shipment.status == "draft",
            Shipment.origin_id == shipment.origin_id,
            Shipment.id < shipment.id,
            PackageLine.lot_id.in_([lot_id for _, lot_id, _ in mine]),
        )
        .group_by(PackageLine.lot_id)
    )
    gone = {lot_id: int(quantity) for lot_id, quantity in earlier}
    return _fetched(session, shipment.origin_id, mine, gone)


def _fetched(
    session: Session, site_id: int, lines: Sequence[tuple[int, int, int]], gone: dict[int, int]
) -> dict[int, list[Part]]:
    """key -> the bins that (key, lot id, quantity) come out of, one line after the other; lot id -> what is `gone` by
    then."""
    lots = {lot_id for _, lot_id, _ in lines}
    lying = bins_of(session, site_id, lots, "stock")
    loose = {row.lot.id: row.left for row in unplaced(session, site_id, "stock", lots)}
    gone, found = dict(gone), {}
    for key, lot_id, quantity in lines:
        rows = [(each.bin.code, each.quantity) for each in lying.get(lot_id, [])]
        found[key] = taken_from(loose.get(lot_id, 0), rows, quantity, after=gone.get(lot_id, 0))
        gone[lot_id] = gone.get(lot_id, 0) + quantity
    return found


def _view(row: Bin, shelf: Shelf[int], lying: Iterable[tuple[Lot, int]]) -> BinView:
    contents = [
        Lying(lot, quantity, [each.message for each in objections(goods_of(lot, row.zone), shelf)])
        for lot, quantity in lying
    ]
    known = all(
        (shelf.volume_m3 is None or each.lot.item.unit_volume_m3 is not None)
        and (shelf.weight_kg is None or each.lot.item.unit_weight_kg is not None)
        for each in contents
    )
    return BinView(row, shelf, contents, not known)


def _mentions(view: BinView, text: str) -> bool:
    words = [view.row.code, view.row.name or ""]
    for each in view.contents:
        words += [each.lot.number, each.lot.item.code, each.lot.item.name]
    return any(text in word.casefold() for word in words)


def _percent(used: Decimal, capacity: Decimal | None) -> int | None:
    if capacity is None:
        return None
    return int(used * 100 / capacity) if capacity > 0 else 100
